"""What students really write in module 7's novel scenario."""

from __future__ import annotations

import math

from graders.checks import mistake

RATES, MACHINES, COSTS, CHOICE, SLIDE = "rates", "machines", "costs", "the choice", "the slide"


def buy(
    scenario, *, order=True, luck=False, first_only=False, headroom=True, whole=math.ceil, spares="each", idle=True,
    pue=True, energy=True, all_tokens=True, per=1e6, floor=True, slide="all", slide_by="rate", dearest=False,
    choose_by=None, years=True, spread=True,
):  # fmt: skip
    """The right procurement, but for what is given."""
    tiers, offers = scenario["tiers"], scenario["offers"]
    rates, machines, costs = {}, {}, {}
    tokens = sum(tier["requests_per_s"] * (tier["tokens"] if all_tokens else 1) for tier in tiers.values())
    for name, offer in offers.items():
        sweep = sorted(offer["sweep"], key=lambda one: one["requests_per_s"]) if order else offer["sweep"]
        rates[name], machines[name], usd = {}, 0, 0.0
        for place, (label, tier) in enumerate(tiers.items()):
            best = sweep[0]["requests_per_s"]
            for one in sweep:
                kept = one["ttft_p99_s"] <= tier["ttft_s"] and (first_only or one["tpot_p99_s"] <= tier["tpot_s"])
                if kept:
                    best = one["requests_per_s"]
                elif not luck:
                    break
            rates[name][label] = best
            needed = tier["requests_per_s"] / (best * (1 - scenario["headroom"] * headroom))
            count = whole(needed - 1e-9) if whole is math.ceil else whole(needed)
            count += {"each": scenario["spares"], "once": scenario["spares"] * (place == 0), "none": 0}[spares]
            busy = tier["requests_per_s"] / (max(count, 1) * best) if spread else 1.0
            watts = (scenario["pue"] if pue else 1) * (busy * offer["busy_w"] + (1 - busy) * offer["idle_w"] * idle)
            capital = offer["machine_usd"] / 8760 / (scenario["years"] if years else 1)
            machines[name] += count
            usd += count * (capital + energy * watts / 1000 * scenario["usd_per_kwh"])
        costs[name] = usd / (3600 * tokens) * per
    able = [name for name in offers if offers[name]["accuracy"] >= scenario["accuracy_floor"] or not floor]
    shown = list(offers) if slide == "all" else able
    by = {
        "rate": lambda name: offers[name]["machine_usd"] / offers[name]["offline_per_s"],
        "fastest": lambda name: -offers[name]["offline_per_s"],
        "cheapest": lambda name: offers[name]["machine_usd"],
    }
    prices = {"usd": lambda name: costs[name], "machines": lambda name: machines[name], **by}
    return {
        "tier_per_s": rates,
        "machines": machines,
        "million_usd": costs,
        "choice": min(able, key=prices[choose_by or "usd"]),
        "slide_choice": min(shown, key=by[slide_by]),
    }


@mistake(
    "m07_procurement",
    misconception="sweeps come sorted",
    loses=[RATES, MACHINES, COSTS, CHOICE],
    mostly=0.1,
    hint="You read the sweeps as they stand. They were measured in another order.",
)
def sweeps_come_sorted(scenario):
    return buy(scenario, order=False)


@mistake(
    "m07_procurement",
    misconception="the highest that passes",
    loses=[RATES, MACHINES, COSTS, CHOICE],
    mostly=0.02,
    hint="Yours are the highest rates that pass at all. Beyond a miss a measurement was lucky.",
)
def the_highest_that_passes(scenario):
    return buy(scenario, luck=True)


@mistake(
    "m07_procurement",
    misconception="the first token is all",
    loses=[RATES, MACHINES, COSTS, CHOICE],
    mostly=0.01,
    hint="Your tiers keep the limit on the first token only.",
)
def the_first_token_is_all(scenario):
    return buy(scenario, first_only=True)


@mistake(
    "m07_procurement",
    misconception="machines may be full",
    loses=[MACHINES, COSTS, CHOICE],
    mostly=0.01,
    hint="Your machines have no headroom.",
)
def machines_may_be_full(scenario):
    return buy(scenario, headroom=False)


@mistake(
    "m07_procurement",
    misconception="parts of machines",
    loses=[MACHINES, COSTS, CHOICE],
    mostly=0.005,
    hint="You bought parts of machines, or rounded to the nearest. They come whole, and enough of them.",
)
def parts_of_machines(scenario):
    return buy(scenario, whole=lambda needed: max(1, round(needed)))


@mistake(
    "m07_procurement",
    misconception="spares once",
    loses=[MACHINES, COSTS, CHOICE],
    mostly=0.005,
    hint="Your spares are there once. The tiers share no machines: each needs its own.",
)
def spares_once(scenario):
    return buy(scenario, spares="once")


@mistake(
    "m07_procurement",
    misconception="electricity is for nothing",
    loses=[COSTS, CHOICE],
    mostly=0.005,
    hint="Your tokens pay for machines only.",
)
def electricity_is_for_nothing(scenario):
    return buy(scenario, energy=False)


@mistake(
    "m07_procurement",
    misconception="always busy",
    loses=[COSTS],
    mostly=0.8,
    hint="Your machines draw their busy power all the time.",
)
def always_busy(scenario):
    return buy(scenario, spread=False)


@mistake(
    "m07_procurement",
    misconception="the machines' own meters",
    loses=[COSTS, CHOICE],
    mostly=0.005,
    hint="You left out the PUE: the facility's meter is the one that is paid for.",
)
def the_machines_own_meters(scenario):
    return buy(scenario, pue=False)


@mistake(
    "m07_procurement",
    misconception="requests are tokens",
    loses=[COSTS],
    hint="You divided by requests. A request has many tokens, and not the same number in both tiers.",
)
def requests_are_tokens(scenario):
    return buy(scenario, all_tokens=False)


@mistake(
    "m07_procurement",
    misconception="accuracy is somebody else's business",
    loses=[CHOICE],
    mostly=0.3,
    hint="Yours is the cheapest token, of a machine that is not accurate enough.",
)
def accuracy_is_somebody_elses(scenario):
    return buy(scenario, floor=False)


@mistake(
    "m07_procurement",
    misconception="the fewest machines",
    loses=[CHOICE],
    mostly=0.3,
    hint="Yours needs the fewest machines. Asked for is the cheapest token.",
)
def the_fewest_machines(scenario):
    return buy(scenario, choose_by="machines")


@mistake(
    "m07_procurement",
    misconception="slides know of the floor",
    loses=[SLIDE],
    mostly=0.3,
    hint="Your slides leave the inaccurate out. They show an offline rate and a price, whatever the accuracy.",
)
def slides_know_of_the_floor(scenario):
    return buy(scenario, slide="able")


@mistake(
    "m07_procurement",
    misconception="the largest number",
    loses=[SLIDE],
    mostly=0.3,
    hint="Your slide has the largest rate. Asked for is the lowest price for it.",
)
def the_largest_number(scenario):
    return buy(scenario, slide_by="fastest")
