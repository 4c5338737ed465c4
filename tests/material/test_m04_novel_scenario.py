"""Module 4's novel scenario over many students: solvable for everybody, the same for nobody, all on its page."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import util

import pytest

from graders.authoring.material import load_module
from graders.checks import load
from graders.paths import material_root
from reference_solutions.m04_sampling.serving_day import sampling_plan_file

FOLDER = material_root() / "assignments/authoring/m04_sampling/novel_scenario"
STUDENTS = [f"student-{number:04}" for number in range(1, 151)]


def loaded():
    spec = util.spec_from_file_location("novel_scenario_of_module_4", FOLDER / "scenario.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made():
    author = loaded()
    return [author.scenario(student, "salt") for student in STUDENTS]


@pytest.fixture(scope="module")
def plans(made):
    return [json.loads(sampling_plan_file(scenario)) for scenario in made]


def test_everybody_can_keep_the_promise_with_a_part_of_the_day(made, plans):
    for scenario, plan in zip(made, plans, strict=True):
        assert plan["half_width"] <= scenario["error"]
        day = sum(phase["windows"] for phase in scenario["phases"])
        assert plan["random"]["windows"] < day / 8
        assert all(plan["stratified"]["windows"][phase["phase"]] < phase["windows"] / 8 for phase in scenario["phases"])
        assert plan["random"]["stride"] > 6


def test_neither_plan_is_right_for_too_many(plans):
    chosen = Counter(plan["chosen"] for plan in plans)
    assert all(0.35 <= times / len(plans) <= 0.65 for times in chosen.values())
    most = Counter(max(plan["stratified"]["windows"].items(), key=lambda one: one[1])[0] for plan in plans)
    assert len(most) >= 3


def test_a_rollout_is_small_and_gets_its_two_windows(plans):
    few = [plan["stratified"]["windows"]["rollout"] for plan in plans]
    assert min(few) == 2
    assert max(few) <= 6


def test_a_scenario_is_plain_data_and_always_the_same(made):
    other = loaded()
    for student, scenario in list(zip(STUDENTS, made, strict=True))[:30]:
        assert json.loads(json.dumps(scenario)) == scenario == other.scenario(student, "salt")
        assert other.scenario(student, "another salt") != scenario
    assert len({json.dumps(scenario) for scenario in made}) == len(made)


def test_the_data_hold_no_answer(made):
    assert not re.search("random|stratified|stride|half|hours.*hours|chosen|best", json.dumps(made[0]))


def test_the_model_answers_numbers_agree_with_each_other(made, plans):
    facts_of = load(load_module(FOLDER.parent)).model_answers["m04_plan_defence"].facts
    for scenario, plan in list(zip(made, plans, strict=True))[:20]:
        facts = facts_of(scenario)
        within, between, allowed = (float(facts[name]) for name in ("within", "between", "allowed"))
        assert facts["chosen_hours"] <= facts["other_hours"]
        n = plan["random"]["windows"]
        assert (within + between) / n == pytest.approx(allowed**2, rel=0.1)
        assert 0.02 * float(facts["mean"]) / 1.96 == pytest.approx(allowed, rel=1e-3)
        at_turning = json.loads(sampling_plan_file({**scenario, "profile_hours": facts["turning"]}))
        assert at_turning["stratified"]["hours"] == at_turning["random"]["hours"]
