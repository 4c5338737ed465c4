"""What must hold of the answers of module 7's novel scenario."""

from __future__ import annotations

import functools
import json
import math

from graders.checks import Decision, Equal, Exercise, ModelAnswer, value
from reference_solutions.m07_mlperf import procurement as page

# --- what each offer costs --------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2048)
def bought(text):
    return page.procurement(json.loads(text))


def procurement(scenario):
    """The right procurement, worked out once for each scenario."""
    return bought(json.dumps(scenario))


def able(scenario):
    """Offers that keep the accuracy, and their costs, the cheapest first."""
    costs = procurement(scenario)["million_usd"]
    kept = [name for name, offer in scenario["offers"].items() if offer["accuracy"] >= scenario["accuracy_floor"]]
    return sorted((costs[name], name) for name in kept)


def over_the_best(answer, scenario):
    """Cost of the chosen offer over that of the best; less than nothing if it is not accurate enough."""
    name, best = str(answer["choice"]), able(scenario)[0][0]
    ratio = procurement(scenario)["million_usd"][name] / best
    return ratio if name in [kept for _, kept in able(scenario)] else -ratio


def slide_price(answer, scenario):
    """Price of the slides' offer for its offline rate: of equal ones, either counts."""
    offer = scenario["offers"][str(answer["slide_choice"])]
    return offer["machine_usd"] / offer["offline_per_s"]


PROCUREMENT = Exercise(
    "m07_procurement",
    reference=procurement,
    personal=True,
    checks=[
        Equal(
            "rates",
            weight=1.25,
            cases=[value()],
            part=lambda answer: {name: dict(tiers) for name, tiers in answer["tier_per_s"].items()},
            message="What a machine of each offer serves to each tier.",
        ),
        Equal(
            "machines",
            weight=1,
            cases=[value()],
            part=lambda answer: dict(answer["machines"]),
            message="Machines for both tiers, with headroom and spares.",
        ),
        Equal(
            "costs",
            weight=1.25,
            cases=[value()],
            part=lambda answer: dict(answer["million_usd"]),
            rtol=1e-3,
            message="What a million tokens cost with each offer.",
        ),
        Equal(
            "the choice",
            weight=1,
            cases=[value()],
            part=over_the_best,
            rtol=1e-2,
            message="The cheapest token that is accurate enough.",
        ),
        Equal(
            "the slide",
            weight=0.5,
            cases=[value()],
            part=slide_price,
            rtol=1e-9,  # two that are not equal differ by a millionth, at least
            message="What the offline rates would have made you buy.",
        ),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


def lead(scenario):
    """By how much the best leads over the next that is accurate enough, in per cent."""
    costs = [cost for cost, _ in able(scenario)]
    return 100 * (costs[1] / costs[0] - 1) if len(costs) > 1 else 100.0


CHOICE = Decision(
    "choice",
    right=lambda scenario: procurement(scenario)["choice"],
    margin=lead,
    at_least=1e-4,  # within a hundredth both are right
    most=0.5,
)
SLIDE = Decision(
    "choice of the slides",
    right=lambda scenario: procurement(scenario)["slide_choice"],
    margin=lambda _scenario: 1.0,
    at_least=1.0,
    most=0.5,
)

# --- the defence ------------------------------------------------------------------------------------------------------


def counted(scenario, name, tier):
    """Machines that one tier needs, before spares, unrounded."""
    rate = procurement(scenario)["tier_per_s"][name][tier]
    return scenario["tiers"][tier]["requests_per_s"] / (rate * (1 - scenario["headroom"]))


def without_floor(scenario, plan):
    """What would be bought without the floor, in words."""
    costs = plan["million_usd"]
    cheapest = min(costs, key=costs.get)
    if cheapest == plan["choice"]:
        kept = 100 * scenario["offers"][cheapest]["accuracy"]
        return f"nothing changes: {cheapest} keeps {kept:.2f} %, and is the cheapest as it is"
    saved = 100 * (1 - costs[cheapest] / costs[plan["choice"]])
    return (
        f"it would be {cheapest}, with {100 * scenario['offers'][cheapest]['accuracy']:.2f} %, and save {saved:.0f} %"
    )


def defence_facts(scenario):
    plan = procurement(scenario)
    name, costs = plan["choice"], plan["million_usd"]
    live, needed = plan["tier_per_s"][name]["live"], counted(scenario, plan["choice"], "live")
    others = able(scenario)[1:]
    other = plan["slide_choice"] if plan["slide_choice"] != name else others[0][1] if others else None
    against = "No other offer keeps the accuracy, and the slides favour the same one"
    if other:
        kept = [
            f"{one} {100 * plan['tier_per_s'][one]['live'] / scenario['offers'][one]['offline_per_s']:.0f} %"
            for one in (other, name)
        ]
        against = (
            f"Against {other}: {costs[other]:.3f} USD and {plan['machines'][other]} machines; of their offline rates "
            f"the live tier leaves {' and '.join(kept)}"
        )
    return {
        "name": name,
        "cost": f"{costs[name]:.3f}",
        "all_machines": plan["machines"][name],
        "live_rate": f"{live:g}",
        "asked": f"{scenario['tiers']['live']['requests_per_s']:g}",
        "free": f"{100 * scenario['headroom']:.0f}",
        "needed": f"{needed:.2f}",
        "whole": math.ceil(needed - 1e-9),
        "spare": scenario["spares"],
        "against": against,
        "floor": without_floor(scenario, plan),
    }


DEFENCE = ModelAnswer("m07_procurement_defence", facts=defence_facts)
