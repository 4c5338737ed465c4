"""Module 11's novel scenario over many students: solvable for everybody, the same for nobody, all on its page."""

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
from reference_solutions.m11_power_thermal.power_plan import power_plan

FOLDER = material_root() / "assignments/authoring/m11_power_thermal/novel_scenario"
STUDENTS = [f"student-{number:04}" for number in range(1, 301)]


def loaded():
    spec = util.spec_from_file_location("novel_scenario_of_module_11", FOLDER / "scenario.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made():
    author = loaded()
    return [author.scenario(student, "salt") for student in STUDENTS]


@pytest.fixture(scope="module")
def plans(made):
    return [power_plan(scenario) for scenario in made]


def test_everybody_has_a_plan_that_is_allowed(made, plans):
    for scenario, plan in zip(made, plans, strict=True):
        assert scenario["ambient_c"] < plan["temperature_c"] <= scenario["limit_c"]
        assert plan["tokens_per_s"] >= scenario["promise_tokens_per_s"]


def test_no_plan_is_right_for_too_many(plans):
    for name, most, kinds in (("cooling", 0.5, 3), ("prefill_mhz", 0.45, 3), ("decode_mhz", 0.6, 3)):
        times = Counter(plan[name] for plan in plans)
        assert max(times.values()) <= most * len(plans), name
        assert len(times) >= kinds
    assert 0.2 < np.mean([plan["prefill_mhz"] != plan["decode_mhz"] for plan in plans]) < 0.8


def test_both_rules_hold_somebody_back(made, plans):
    for rule, free, share in (("limit_c", 1000, 0.1), ("promise_tokens_per_s", 0.0, 0.4)):
        gained = [
            power_plan({**scenario, rule: free})["tokens_per_j"] > plan["tokens_per_j"]
            for scenario, plan in list(zip(made, plans, strict=True))[:100]
        ]
        assert share < np.mean(gained) < 0.95, rule


def test_a_fan_that_stops_leaves_a_time_for_nearly_everybody(plans):
    left_s = np.array([plan["boost_s"] for plan in plans])
    assert np.mean(np.isfinite(left_s)) > 0.9
    assert np.all(left_s > 30)
    assert 0.05 < np.mean([np.isinf(plan["settled_c"]["passive"]) for plan in plans]) < 0.5


def test_a_scenario_is_plain_data_and_always_the_same(made):
    other = loaded()
    for student, scenario in list(zip(STUDENTS, made, strict=True))[:30]:
        assert json.loads(json.dumps(scenario)) == scenario == other.scenario(student, "salt")
        assert other.scenario(student, "another salt") != scenario
    assert len({json.dumps(scenario) for scenario in made}) == len(made)


def test_the_data_hold_no_answer(made):
    assert not re.search("settled|cooling|best|boost|per_j\\b|prefill_mhz", json.dumps(made[:50]))


def test_the_model_answers_numbers_agree_with_each_other(made, plans):
    facts_of = load(load_module(FOLDER.parent)).model_answers["m11_power_plan_defence"].facts
    for scenario, plan in list(zip(made, plans, strict=True))[:20]:
        facts = facts_of(scenario)
        time_s, dynamic = float(facts["time_ms"]) / 1e3, float(facts["dynamic_w"])
        assert float(facts["switched_j"]) / time_s == pytest.approx(dynamic, rel=0.02)
        assert float(facts["per_second"]) * time_s == pytest.approx(scenario["tokens"], rel=0.02)
        heat_w = dynamic + float(facts["leaking_w"])
        assert scenario["ambient_c"] + heat_w * float(facts["resistance"]) == pytest.approx(
            plan["temperature_c"], abs=0.6
        )
        assert float(facts["gained"]) >= 0
        assert facts["binding"] in ("the limit", "the promise", "neither")
