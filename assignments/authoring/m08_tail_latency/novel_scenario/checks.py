"""What must hold of the answers of module 8's novel scenario."""

from __future__ import annotations

import functools
import json

import numpy as np

from graders.checks import Decision, Equal, Exercise, ModelAnswer, in_json, value
from reference_solutions.m08_tail_latency import rag_pipeline

# --- the plan ---------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2048)
def planned(text):
    return rag_pipeline.pipeline_plan(json.loads(text))


def pipeline_plan(scenario):
    """The right plan, worked out once for each scenario."""
    return planned(json.dumps(scenario))


def tiers_alone(answer):
    return {name: list(times) for name, times in answer["booked_ms"].items() if name != "search, hedged"}


def search_with_copies(answer):
    return list(answer["booked_ms"]["search, hedged"])


def what_it_comes_to(answer, scenario):
    """Price and time of the replicas that were answered, by the right times: equally good plans are equal."""
    booked_ms, usd, tenths = pipeline_plan(scenario)["booked_ms"], 0, 0
    hedged = bool(answer["hedged"])
    for tier in scenario["tiers"]:
        name, count = tier["tier"], answer["replicas"][tier["tier"]]
        with_copies = hedged and tier["shards"] > 1
        tenths += 10 * booked_ms[name + ", hedged" if with_copies else name][tier["replicas"].index(count)]
        usd += count * tier["shards"] * tier["usd_per_hour"] + with_copies * scenario["hedge"]["usd_per_hour"]
    return [usd, round(tenths) / 10, hedged]


PLAN = Exercise(
    "m08_pipeline_plan",
    reference=pipeline_plan,
    personal=True,
    checks=[
        Equal(
            "what each tier takes",
            weight=1.5,
            cases=[value()],
            part=tiers_alone,
            message="The times booked for each number of replicas, without copies.",
        ),
        Equal(
            "what copies change",
            weight=1,
            cases=[value()],
            part=search_with_copies,
            message="The times booked for the search with copies, and with the load that they make.",
        ),
        Equal(
            "the plan",
            weight=1.5,
            cases=[value()],
            part=what_it_comes_to,
            message="The replicas of each tier, and copies or not: the cheapest that keeps the promise.",
        ),
        Equal(
            "its price and its promise",
            weight=1,
            cases=[value()],
            part=lambda answer: [answer["usd_per_hour"], answer["p99_ms"]],
            message="What the plan costs, and what it books.",
        ),
    ],
)

# --- the alerts -------------------------------------------------------------------------------------------------------


def of_each_alert(*keys):
    return lambda text: [[alert[key] for key in keys] for alert in in_json("alerts")(text)]


ALERTS = Exercise(
    "m08_burn_alert_file",
    reference=rag_pipeline.burn_alert_file,
    personal=True,
    checks=[
        Equal(
            "the promise",
            weight=0.25,
            cases=[value()],
            part=lambda text: [
                in_json("objective")(text),
                in_json("period_days")(text),
                of_each_alert("severity", "long_window_h")(text),
            ],
            message="What is promised, over which period, and what was asked for.",
        ),
        Equal(
            "burn rates",
            weight=0.75,
            cases=[value()],
            rtol=1e-3,
            part=of_each_alert("burn_rate"),
            message="How fast the budget must burn for each alert.",
        ),
        Equal(
            "short windows",
            weight=0.25,
            cases=[value()],
            rtol=1e-6,
            part=of_each_alert("short_window_min"),
            message="The windows that end an alert.",
        ),
        Equal(
            "late questions",
            weight=0.75,
            cases=[value()],
            rtol=1e-3,
            part=of_each_alert("late_share"),
            message="The share of late questions at each of these rates.",
        ),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2048)
def both_sides(text):
    """The best plan without copies and with them, as price and tenths of a ms; None where none keeps the promise."""
    scenario = json.loads(text)
    booked_ms, best = planned(text)["booked_ms"], {}
    for hedged in (False, True):
        price, spent = np.zeros(1), np.zeros(1)  # of every plan
        for tier in scenario["tiers"]:
            copies = hedged and tier["shards"] > 1
            times = booked_ms[tier["tier"] + ", hedged" if copies else tier["tier"]]
            usd = np.array(tier["replicas"]) * tier["shards"] * tier["usd_per_hour"]
            price = np.add.outer(price, usd + copies * scenario["hedge"]["usd_per_hour"]).ravel()
            spent = np.add.outer(spent, 10 * np.array(times)).ravel()
        kept = spent < 10 * scenario["budget_ms"] + 0.5
        plans = zip(price[kept].tolist(), np.round(spent[kept]).tolist(), strict=True)
        best[hedged] = min(plans, default=None)
    return best


def lead(scenario):
    """By how much the right side leads over the other: in dollars, or where these are equal, in tenths of a ms."""
    one, other = both_sides(json.dumps(scenario)).values()
    if one is None or other is None:
        return 1_000.0
    return float(abs(one[0] - other[0]) or abs(one[1] - other[1]))


COPIES = Decision(
    "copies or not",
    right=lambda scenario: "copies" if pipeline_plan(scenario)["hedged"] else "no copies",
    margin=lead,
    at_least=1.0,
    most=0.6,
)
SEARCH = Decision(
    "replicas of a shard, beyond the fewest",
    right=lambda scenario: str(pipeline_plan(scenario)["replicas"]["search"] - scenario["tiers"][1]["replicas"][0]),
    margin=lambda scenario: 1.0,
    at_least=1.0,
    most=0.45,
)

# --- the defence ------------------------------------------------------------------------------------------------------


def defence_facts(scenario):
    """What a defence should say, in words and rounded numbers."""
    plan, tiers = pipeline_plan(scenario), {tier["tier"]: tier for tier in scenario["tiers"]}
    sides = both_sides(json.dumps(scenario))
    other = sides[not plan["hedged"]]
    search, replicas = tiers["search"], plan["replicas"]
    miss = 0.01 / 4
    loads = {
        name: scenario["arrival_per_s"] / replicas[name] * tier["service_ms"] / 1e3 for name, tier in tiers.items()
    }
    booked = plan["booked_ms"]["search, hedged" if plan["hedged"] else "search"]
    tightest = max(loads, key=loads.get)
    return {
        "usd": plan["usd_per_hour"],
        "p99": plan["p99_ms"],
        "embed": replicas["embed"],
        "search": replicas["search"],
        "rerank": replicas["rerank"],
        "generate": replicas["generate"],
        "with_copies": "with copies" if plan["hedged"] else "without copies",
        "other_side": "without copies" if plan["hedged"] else "with copies",
        "other_usd": f"${other[0]}" if other else "more than any plan on offer (none keeps the promise)",
        "shards": search["shards"],
        "shard_miss": f"{1 - (1 - miss) ** (1 / search['shards']):.5f}",
        "means": f"{-np.log(1 - (1 - miss) ** (1 / search['shards'])):.2f}",
        "search_load": f"{loads['search']:.0%}",
        "search_ms": f"{booked[search['replicas'].index(replicas['search'])]:.1f}",
        "flat_price": scenario["hedge"]["usd_per_hour"],
        "delay": scenario["hedge"]["delay_ms"],
        "tightest": tightest,
        "tightest_load": f"{loads[tightest]:.0%}",
        "tightest_grown": f"{1.1 * loads[tightest]:.0%}",
        "tightest_times": f"{(1 - loads[tightest]) / (1 - 1.1 * loads[tightest]):.2f}",
    }


DEFENCE = ModelAnswer("m08_pipeline_defence", facts=defence_facts)
