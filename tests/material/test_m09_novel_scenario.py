"""Module 9's novel scenario over many students: solvable for everybody, the same for nobody, all on its page."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import util

import numpy as np
import pytest

from graders.authoring.material import load_module
from graders.checks import load
from graders.paths import material_root
from reference_solutions.m09_cluster.shared_cluster import cluster_plan

FOLDER = material_root() / "assignments/authoring/m09_cluster/novel_scenario"
STUDENTS = [f"student-{number:04}" for number in range(1, 301)]


def loaded():
    spec = util.spec_from_file_location("novel_scenario_of_module_9", FOLDER / "scenario.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made():
    author = loaded()
    return [author.scenario(student, "salt") for student in STUDENTS]


@pytest.fixture(scope="module")
def plans(made):
    return [cluster_plan(scenario) for scenario in made]


def place_of(plan):
    return "ABCDEF".index(plan["plan"])


def test_everybody_has_a_plan(made, plans):
    for scenario, plan in zip(made, plans, strict=True):
        place = place_of(plan)
        assert plan["days"][place] <= scenario["training"]["deadline_days"]
        assert plan["service_nodes"][place] >= scenario["service"]["replicas"]
        assert all(0.5 < share < 1 for share in plan["goodput"])
        for one in scenario["plans"]:
            pairs = zip(one["nodes"], scenario["leaves"]["free_nodes"], strict=True)
            assert all(0 <= count <= free for count, free in pairs)


def test_no_plan_is_right_for_too_many(made, plans):
    letters = Counter(plan["plan"] for plan in plans)
    assert max(letters.values()) / len(plans) < 0.25
    shapes = Counter()
    for scenario, plan in zip(made, plans, strict=True):
        nodes = scenario["plans"][place_of(plan)]["nodes"]
        smallest = min(sum(one["nodes"]) for one in scenario["plans"])
        shapes[sum(nodes) - smallest, sum(count > 0 for count in nodes)] += 1
    assert max(shapes.values()) / len(plans) < 0.55
    assert len(shapes) >= 4
    cheapest = [int(np.argmin(plan["usd"])) == place_of(plan) for plan in plans]
    assert 0.15 < np.mean(cheapest) < 0.6


def test_a_scenario_is_plain_data_and_always_the_same(made):
    other = loaded()
    for student, scenario in list(zip(STUDENTS, made, strict=True))[:30]:
        assert json.loads(json.dumps(scenario)) == scenario == other.scenario(student, "salt")
        assert other.scenario(student, "another salt") != scenario
    assert len({json.dumps(scenario) for scenario in made}) == len(made)


def test_rounding_orders_no_queue():
    author, balanced = loaded(), 0
    for number in range(1, 2001):
        queue = author.scenario(f"student-{number:04}", "salt")["queue"]
        for one, other in zip(queue["jobs"][::2], queue["jobs"][1::2], strict=True):
            ages = [min(job["age_h"], queue["oldest_h"]) for job in (one, other)]
            age, size = queue["weights"]["age"] * queue["gpus"], queue["weights"]["size"] * queue["oldest_h"]
            if age * ages[0] + size * one["gpus"] == age * ages[1] + size * other["gpus"]:
                assert (ages[0], one["gpus"]) == (ages[1], other["gpus"])
                balanced += 1
    assert balanced > 50, "jobs that are alike stay equal: the first listed goes first"
    pair = [{"age_h": 12, "gpus": 64}, {"age_h": 24, "gpus": 32}]
    untied = author.untied([dict(job) for job in pair], 300 * 128, 100 * 144, 144)
    assert untied == [{"age_h": 13, "gpus": 64}, {"age_h": 24, "gpus": 32}]


def test_the_data_hold_no_answer(made):
    assert not re.search("step_s|goodput|interval|priority|cheapest|best|fair_share_factor", json.dumps(made[:50]))


def test_the_model_answers_numbers_agree_with_each_other(made, plans):
    facts_of = load(load_module(FOLDER.parent)).model_answers["m09_cluster_defence"].facts
    for scenario, plan in list(zip(made, plans, strict=True))[:20]:
        facts, place = facts_of(scenario), place_of(plan)
        assert facts["letter"] == plan["plan"]
        assert facts["other"] != facts["letter"]
        assert float(facts["worse_goodput"][:-1]) < float(facts["goodput"][:-1])
        assert float(facts["worse_days"]) >= plan["days"][place] - 0.06
        assert (facts["kept"] == "missed") == (float(facts["worse_days"]) > facts["deadline"]) or abs(
            float(facts["worse_days"]) - facts["deadline"]
        ) < 0.1
