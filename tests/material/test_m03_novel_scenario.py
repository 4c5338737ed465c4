"""Module 3's novel scenario over many students: solvable for everybody, the same for nobody, all on its page."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import util

import pytest

from graders.authoring.material import load_module
from graders.checks import load
from graders.paths import material_root
from reference_solutions.m03_modeling_simulation.card_study import card_plan, experiment_file

FOLDER = material_root() / "assignments/authoring/m03_modeling_simulation/novel_scenario"
STUDENTS = [f"student-{number:04}" for number in range(1, 121)]


def loaded():
    spec = util.spec_from_file_location("novel_scenario_of_module_3", FOLDER / "scenario.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made():
    author = loaded()
    return [author.scenario(student, "salt") for student in STUDENTS]


@pytest.fixture(scope="module")
def plans(made):
    return [card_plan(scenario) for scenario in made]


def test_everybody_has_a_card_that_is_good_enough_and_one_that_is_not(made, plans):
    for scenario, plan in zip(made, plans, strict=True):
        assert plan["lost"][-1][-1] <= scenario["most_lost"] < plan["lost"][0][0]
        for row in plan["lost"]:
            assert row == sorted(row, reverse=True)


def test_decisions_differ(made, plans):
    assert max(Counter(plan["level"] for plan in plans).values()) / len(plans) < 0.5
    beyond = Counter(plan["tiles"] - one["tiles"][0] for one, plan in zip(made, plans, strict=True))
    assert max(beyond.values()) / len(plans) < 0.7
    assert len(beyond) >= 3
    assert len({plan["places"] for plan in plans}) >= 3


def test_experiments_are_neither_trivial_nor_endless(made):
    files = [json.loads(experiment_file(scenario)) for scenario in made]
    assert max(file["runs"] for file in files) < 400
    assert sum(file["runs"] > 5 for file in files) > 0.8 * len(files)
    assert len({file["warm_up_jobs"] for file in files}) > 8


def test_a_scenario_is_plain_data_and_always_the_same(made):
    other = loaded()
    for student, scenario in list(zip(STUDENTS, made, strict=True))[:20]:
        assert json.loads(json.dumps(scenario)) == scenario == other.scenario(student, "salt")
        assert other.scenario(student, "another salt") != scenario
    assert len({json.dumps(scenario) for scenario in made}) == len(made)


def test_the_data_hold_no_answer(made):
    assert not re.search('mean_wait|"usd"|chosen|cheapest|best|warm_up|"runs"', json.dumps(made[:20]))


def test_the_model_answers_numbers_agree_with_each_other(made, plans):
    facts_of = load(load_module(FOLDER.parent)).model_answers["m03_card_defence"].facts
    for scenario, plan in list(zip(made, plans, strict=True))[:10]:
        facts = facts_of(scenario)
        assert facts["usd"] == facts["tiles"] * facts["tile_usd"] + facts["places"] * facts["place_usd"]
        assert facts["lost"] <= facts["most_lost"]
        assert facts["error"] <= facts["tolerance"]
        assert int(facts["load"].rstrip("%")) < 100
        other = re.search(r"\$(\d+)", facts["neighbour"])
        assert other is None or int(other[1]) >= plan["usd"]
