"""What must hold of the answers of module 5's novel scenario, and of all scenarios together."""

from __future__ import annotations

import functools
import json

from graders.checks import Decision, Equal, Exercise, ModelAnswer, column, in_json, value
from reference_solutions.m05_llm_inference import replica_plan

PARTS = ("model", "traffic", "promise", "machines")


@functools.lru_cache(maxsize=2048)
def profile_of(text):
    """A profile by a scenario that is written as JSON."""
    return replica_plan.replica_profile(**json.loads(text))


def replica_profile(scenario):
    return profile_of(json.dumps({part: scenario[part] for part in PARTS}))


def capacity_plan(scenario):
    return replica_plan.capacity_plan(
        replica_profile(scenario), scenario["machines"], scenario["traffic"], scenario["promise"]
    )


# --- what one replica serves ------------------------------------------------------------------------------------------


PROFILE = Exercise(
    "m05_replica_profile",
    reference=replica_profile,
    personal=True,
    checks=[
        Equal(
            "what memory holds",
            weight=1.5,
            cases=[value()],
            part=column("slots", by="machine"),
            message="Requests of the mean length, beside the weights.",
        ),
        Equal(
            "the largest batch",
            weight=1.75,
            cases=[value()],
            part=column("batch", by="machine"),
            message="As many as memory holds and the limit on a step allows.",
        ),
        Equal(
            "what binds",
            weight=0.75,
            cases=[value()],
            # Two words are soon guessed: they count with the batch that they are about.
            part=column("bound_by", "batch", by="machine"),
            message="Memory or the limit on TPOT, and the batch that it allows.",
        ),
        Equal(
            "requests a second",
            weight=2,
            cases=[value()],
            rtol=1e-4,
            part=column("requests_per_s", by="machine"),
            message="What a replica serves: prompts by their operations, answers by their share of the steps.",
        ),
    ],
)

# --- the plan ---------------------------------------------------------------------------------------------------------


def replicas(text):
    return {name: offer["replicas"] for name, offer in in_json("offers")(text).items()}


def bills(text):
    return {name: float(offer["usd_per_hour"]) for name, offer in in_json("offers")(text).items()}


def choice(text):
    """A letter alone is right by chance for one in three: it counts with its bill."""
    chosen = in_json("choice")(text)
    return [chosen, bills(text)[chosen]]


PLAN = Exercise(
    "m05_capacity_plan",
    reference=capacity_plan,
    personal=True,
    checks=[
        Equal(
            "replicas",
            weight=2,
            cases=[value()],
            part=replicas,
            message="Whole replicas for the load with its headroom, and the spares.",
        ),
        Equal("bills", weight=1, cases=[value()], rtol=1e-6, part=bills, message="What all of them cost in an hour."),
        Equal(
            "the choice", weight=1, cases=[value()], rtol=1e-6, part=choice, message="The cheapest plan, and its bill."
        ),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


def offers(scenario):
    return json.loads(capacity_plan(scenario))["offers"]


def chosen(scenario):
    return json.loads(capacity_plan(scenario))["choice"]


def lead(scenario):
    """How many times the cheapest bill the next one is."""
    cheapest, second = sorted(offer["usd_per_hour"] for offer in offers(scenario).values())[:2]
    return second / cheapest


def row_of(scenario, name):
    table = replica_profile(scenario)
    place = table["machine"].index(name)
    return {column: table[column][place] for column in table}


CHOICE = Decision("which machine", right=chosen, margin=lead, at_least=1.1, most=0.45)
BOUND = Decision(
    "what stops the chosen machine",
    right=lambda scenario: row_of(scenario, chosen(scenario))["bound_by"],
    margin=lambda scenario: float(row_of(scenario, chosen(scenario))["batch"]),
    at_least=8,
    most=0.6,
)

# --- the defence ------------------------------------------------------------------------------------------------------


def defence_facts(scenario):
    """What a defence should say, in words and rounded numbers."""
    first, second = sorted(offers(scenario), key=lambda name: offers(scenario)[name]["usd_per_hour"])[:2]
    one, other = row_of(scenario, first), row_of(scenario, second)
    bill, rival = offers(scenario)[first], offers(scenario)[second]
    load, headroom = scenario["traffic"]["requests_per_s"], scenario["promise"]["headroom"]
    remedy = {
        "memory": "what each request keeps: fewer key-value heads, or fewer bits of the cache, make room for more",
        "tpot": "what each step reads: fewer bits for the weights or the cache, whichever are more of it here",
    }
    return {
        "first": first,
        "replicas": bill["replicas"],
        "bill": f"{bill['usd_per_hour']:,.0f}",
        "rate": f"{one['requests_per_s']:.2f}",
        "load": load,
        "usable": f"{one['requests_per_s'] * (1 - headroom):.2f}",
        "headroom": f"{headroom:.0%}",
        "spares": scenario["promise"]["spares"],
        "batch": one["batch"],
        "slots": one["slots"],
        "bound": {"memory": "memory", "tpot": "the limit on TPOT"}[one["bound_by"]],
        "remedy": remedy[one["bound_by"]],
        "second": second,
        "second_rate": f"{other['requests_per_s']:.2f}",
        "second_replicas": rival["replicas"],
        "second_bill": f"{rival['usd_per_hour']:,.0f}",
        "second_price": f"{bill['usd_per_hour'] / rival['replicas']:.2f}",
        "limit": f"{1e3 * scenario['promise']['tpot_limit_s']:.0f}",
    }


DEFENCE = ModelAnswer("m05_plan_defence", facts=defence_facts)
