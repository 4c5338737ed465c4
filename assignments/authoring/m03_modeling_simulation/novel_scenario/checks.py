"""What must hold of the answers of module 3's novel scenario."""

from __future__ import annotations

import functools
import json

from graders.checks import Decision, Equal, Exercise, ModelAnswer, in_json, value
from reference_solutions.m03_modeling_simulation import card_study

# --- the card ---------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2048)
def planned(text):
    return card_study.card_plan(json.loads(text))


def card_plan(scenario):
    """The right plan, worked out once for each scenario."""
    return planned(json.dumps(scenario))


def price(scenario, tiles, places):
    return tiles * scenario["tile_usd"] + places * scenario["place_usd"]


def allowed(scenario):
    """The cards that lose no more than allowed, best first: price, jobs lost, tiles and places."""
    return sorted(
        (price(scenario, tiles, places), away, tiles, places)
        for tiles, row in zip(scenario["tiles"], card_plan(scenario)["lost"], strict=True)
        for places, away in zip(scenario["places"], row, strict=True)
        if away <= scenario["most_lost"]
    )


CARD = Exercise(
    "m03_card_plan",
    reference=card_plan,
    personal=True,
    checks=[
        Equal(
            "the level of fidelity",
            weight=0.75,
            cases=[value()],
            part=lambda plan: plan["level"],
            message="The level whose error can be borne, and whose study is done first.",
        ),
        Equal(
            "what is lost",
            weight=2,
            cases=[value()],
            part=lambda plan: [list(row) for row in plan["lost"]],
            message="Jobs lost by each of the cards on offer.",
        ),
        Equal(
            "the card",
            weight=1.25,
            cases=[value()],
            part=lambda plan: [plan["tiles"], plan["places"]],
            message="The cheapest card that loses no more than allowed.",
        ),
        Equal(
            "its price and its wait",
            weight=1,
            cases=[value()],
            rtol=1e-6,
            part=lambda plan: [plan["usd"], plan["mean_wait_us"]],
            message="What it costs, and how long jobs wait on it.",
        ),
    ],
)

# --- the experiment ---------------------------------------------------------------------------------------------------

EXPERIMENT = Exercise(
    "m03_experiment_file",
    reference=card_study.experiment_file,
    personal=True,
    checks=[
        Equal(
            "the warm-up",
            weight=0.75,
            cases=[value()],
            part=in_json("warm_up_jobs"),
            message="Jobs that are dropped at the beginning of each run.",
        ),
        Equal("the runs", weight=0.75, cases=[value()], part=in_json("runs"), message="How many runs are enough."),
        Equal(
            "seeds and confidence",
            weight=0.5,
            cases=[value()],
            part=lambda text: [in_json("seeds")(text)[:5], in_json("seeds")(text)[-1], in_json("confidence")(text)],
            message="A seed for each run, and how sure the interval is.",
        ),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


def lead_over_the_next(scenario):
    """By how much the best card leads: in dollars, or where these are equal, in jobs."""
    best, *others = allowed(scenario)
    if not others:
        return 100.0
    return float(others[0][0] - best[0] or others[0][1] - best[1] or 1)


LEVEL = Decision(
    "level of fidelity",
    right=lambda scenario: card_plan(scenario)["level"],
    margin=lambda scenario: 1.0,
    at_least=1.0,
    most=0.5,
)
TILES = Decision(
    "tiles, beyond the fewest",
    right=lambda scenario: str(card_plan(scenario)["tiles"] - scenario["tiles"][0]),
    margin=lead_over_the_next,
    at_least=1.0,
    most=0.65,
)
PLACES = Decision(
    "places",
    right=lambda scenario: str(card_plan(scenario)["places"]),
    margin=lead_over_the_next,
    at_least=1.0,
    most=0.65,
)

# --- the defence ------------------------------------------------------------------------------------------------------


def study_min(scenario, level):
    rounds = -(-len(scenario["tiles"]) * len(scenario["places"]) // scenario["hosts"])
    return level["setup_min"] + rounds * level["run_min"]


def neighbour(scenario, plan):
    """The best card with another number of tiles, in words."""
    others = [one for one in allowed(scenario) if abs(one[2] - plan["tiles"]) == 1]
    if not others:
        return "no card with one tile more or less is allowed"
    usd, away, tiles, places = others[0]
    return f"with {tiles} tiles the best would be {places} places for ${usd}, losing {away}"


def defence_facts(scenario):
    """What a defence should say, in words and rounded numbers."""
    plan = card_plan(scenario)
    levels = scenario["levels"]
    here = next(place for place, level in enumerate(levels) if level["level"] == plan["level"])
    better = levels[here + 1] if here + 1 < len(levels) else None
    row = plan["lost"][scenario["tiles"].index(plan["tiles"])]
    offered = sum(scenario["jobs"]["work_us"]) / scenario["jobs"]["arrival_us"][-1]
    experiment = json.loads(card_study.experiment_file(scenario))
    return {
        "tiles": plan["tiles"],
        "places": plan["places"],
        "usd": plan["usd"],
        "lost": row[scenario["places"].index(plan["places"])],
        "most_lost": scenario["most_lost"],
        "jobs": len(scenario["jobs"]["arrival_us"]),
        "wait": f"{plan['mean_wait_us']:.0f}",
        "neighbour": neighbour(scenario, plan),
        "tile_usd": scenario["tile_usd"],
        "place_usd": scenario["place_usd"],
        "level": plan["level"],
        "error": levels[here]["error_percent"],
        "tolerance": scenario["tolerance_percent"],
        "study_h": f"{study_min(scenario, levels[here]) / 60:.0f}",
        "better": f"{better['level']} would take {study_min(scenario, better) / 60:.0f} h"
        if better
        else "there is no better one",
        "load": f"{offered / plan['tiles']:.0%}",
        "runs": experiment["runs"],
        "warm_up": experiment["warm_up_jobs"],
    }


DEFENCE = ModelAnswer("m03_card_defence", facts=defence_facts)
