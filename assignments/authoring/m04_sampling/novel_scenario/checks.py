"""What must hold of the answers of module 4's novel scenario."""

from __future__ import annotations

import functools
import json

import numpy as np

from graders.checks import Decision, Equal, Exercise, ModelAnswer, in_json, value
from reference_solutions.m04_sampling.serving_day import sampling_plan_file

# --- the plan ---------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2048)
def planned(text):
    return json.loads(sampling_plan_file(json.loads(text)))


def plan_of(scenario):
    """The right plan, worked out once for each scenario."""
    return planned(json.dumps(scenario))


def parts(*paths):
    return lambda text: [in_json(*path)(text) for path in paths]


PLAN = Exercise(
    "m04_sampling_plan_file",
    reference=sampling_plan_file,
    personal=True,
    checks=[
        Equal(
            "what is promised",
            weight=0.25,
            cases=[value()],
            part=parts(["error"], ["confidence"]),
            message="The error and the confidence.",
        ),
        Equal(
            "windows at random",
            weight=1.25,
            cases=[value()],
            part=parts(["random", "windows"], ["random", "hours"]),
            message="How many windows of the whole day are needed, and what they cost.",
        ),
        Equal(
            "the stride",
            weight=0.75,
            cases=[value()],
            part=in_json("random", "stride"),
            message="The largest stride that meets every place of what repeats itself.",
        ),
        Equal(
            "phase by phase",
            weight=1.75,
            cases=[value()],
            part=parts(["stratified", "windows"], ["stratified", "hours"]),
            message="How many windows of each phase are needed, and what they cost with the profile.",
        ),
        Equal(
            "the choice",
            weight=1,
            cases=[value()],
            rtol=1e-6,
            part=parts(["chosen"], ["half_width"]),
            message="The cheaper plan, and how wide its interval will be.",
        ),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


def lead(scenario):
    """By how many hours the right plan leads; a draw is decided by a rule."""
    plan = plan_of(scenario)
    return float(abs(plan["random"]["hours"] - plan["stratified"]["hours"]) or 1)


def whole_stride(scenario):
    return sum(phase["windows"] for phase in scenario["phases"]) // plan_of(scenario)["random"]["windows"]


CHOICE = Decision("the plan", right=lambda scenario: plan_of(scenario)["chosen"], margin=lead, at_least=1.0, most=0.6)
STRIDE = Decision(
    "the longest stride, or a shorter one",
    right=lambda scenario: "longest" if whole_stride(scenario) == plan_of(scenario)["random"]["stride"] else "shorter",
    margin=lambda scenario: 1.0,
    at_least=1.0,
    most=0.75,
)

# --- the defence ------------------------------------------------------------------------------------------------------


def defence_facts(scenario):
    """What a defence should say, in words and rounded numbers."""
    plan = plan_of(scenario)
    windows, means, cv, minutes = (
        np.array([phase[name] for phase in scenario["phases"]]) for name in ("windows", "mean_cpi", "cv", "minutes")
    )
    share = windows / windows.sum()
    mean = float(share @ means)
    within, between = float(share @ (cv * means) ** 2), float(share @ (means - mean) ** 2)
    at_random = plan["chosen"] == "random"
    dealt = plan["stratified"]["windows"]
    turning = scenario["profile_hours"] + plan["random"]["hours"] - plan["stratified"]["hours"]
    return {
        "mean": f"{mean:.3f}",
        "allowed": f"{scenario['error'] * mean / scenario['z']:.5f}",
        "within": f"{within:.4f}",
        "between": f"{between:.4f}",
        "chosen_words": "windows at random" if at_random else "phase by phase",
        "other_words": "phase by phase" if at_random else "windows at random",
        "chosen_hours": plan["random" if at_random else "stratified"]["hours"],
        "other_hours": plan["stratified" if at_random else "random"]["hours"],
        "chosen_windows": plan["random"]["windows"] if at_random else sum(dealt.values()),
        "chosen_variance": "within and between phases" if at_random else "within phases alone",
        "dealt": ", ".join(f"{count} of {name}" for name, count in dealt.items()),
        "half_width": f"{plan['half_width']:.2%}",
        "turning": turning,
        "five_hours": f"{minutes.sum() / 60:.1f}",
        "stride": plan["random"]["stride"],
    }


DEFENCE = ModelAnswer("m04_plan_defence", facts=defence_facts)
