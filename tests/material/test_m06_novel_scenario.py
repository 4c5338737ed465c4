"""Module 6's novel scenario over many students: solvable for everybody, the same for nobody, all on its page."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import util

import numpy as np
import pytest

from graders.authoring.build.percent import read
from graders.authoring.material import load_module
from graders.checks import load
from graders.paths import material_root
from reference_solutions.m06_multimodal.vlm_plan import vlm_plan
from reference_solutions.m08_tail_latency.mg1 import allen_cunneen_mean_wait_s

FOLDER = material_root() / "assignments/authoring/m06_multimodal/novel_scenario"
STUDENTS = [f"student-{number:04}" for number in range(1, 301)]


def loaded():
    spec = util.spec_from_file_location("novel_scenario_of_module_6", FOLDER / "scenario.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made():
    author = loaded()
    return [author.scenario(student, "salt") for student in STUDENTS]


@pytest.fixture(scope="module")
def plans(made):
    return [vlm_plan(scenario) for scenario in made]


def test_everybody_has_a_plan_that_keeps_the_promise(made, plans):
    for scenario, plan in zip(made, plans, strict=True):
        assert 0 < plan["ttft_s"] <= scenario["promise_ms"] / 1e3
        assert max(plan["utilisation"]) <= scenario["busiest"]
        assert sum(plan["machines"]) == scenario["machines"]


def test_each_version_is_right_for_many(plans):
    times = Counter(plan["fusion"] for plan in plans)
    assert len(times) == 3
    assert min(times.values()) > 0.15 * len(plans)
    assert max(times.values()) < 0.5 * len(plans)


def test_no_split_is_exactly_as_busy_as_allowed(made, plans):
    """There rounding would decide whether it is allowed."""
    for scenario, plan in zip(made, plans, strict=True):
        work = scenario["requests_per_s"] * scenario["write_s"]
        busy = [
            work / (writers * slots) for slots in plan["slots"].values() for writers in range(1, scenario["machines"])
        ]
        assert min(abs(one - scenario["busiest"]) for one in busy) > 1e-7


def test_quality_and_promise_both_decide(made, plans):
    fastest = [min(plan["least_ttft_s"], key=plan["least_ttft_s"].get) for plan in plans]
    best = [max(scenario["quality"], key=scenario["quality"].get) for scenario in made]
    assert 0.2 < np.mean([plan["fusion"] != one for plan, one in zip(plans, fastest, strict=True)]) < 0.95
    assert 0.1 < np.mean([plan["fusion"] != one for plan, one in zip(plans, best, strict=True)]) < 0.6


def test_a_scenario_is_plain_data_and_always_the_same(made):
    other = loaded()
    for student, scenario in list(zip(STUDENTS, made, strict=True))[:30]:
        assert json.loads(json.dumps(scenario)) == scenario == other.scenario(student, "salt")
        assert other.scenario(student, "another salt") != scenario
    assert len({json.dumps(scenario) for scenario in made}) == len(made)


def test_the_data_hold_no_answer(made):
    assert not re.search("ttft|slots|fusion|best|least|utilisation", json.dumps(made[:50]))


def test_the_notebooks_wait_is_ours():
    cell = next(one.text for one in read(FOLDER / "notebook.py") if "def allen_cunneen" in one.text)
    namespace = {"math": __import__("math")}
    exec(cell, namespace)
    for given in ((2.0, 0.3, 1, 1.0, 0.4), (9.0, 0.5, 6, 1.0, 0.0), (3.0, 0.9, 3, 1.0, 1.7), (5.0, 0.5, 2, 1.0, 1.0)):
        found = namespace["allen_cunneen_mean_wait_s"](*given)
        assert found == pytest.approx(float(allen_cunneen_mean_wait_s(*given)))


def test_the_model_answers_numbers_agree_with_each_other(made, plans):
    facts_of = load(load_module(FOLDER.parent)).model_answers["m06_vlm_defence"].facts
    for scenario, plan in list(zip(made, plans, strict=True))[:20]:
        facts = facts_of(scenario)
        parts = [float(facts[name]) for name in ("encode", "read", "waits")]
        assert sum(parts) == pytest.approx(float(facts["ttft"]), abs=2)
        assert float(facts["ttft"]) <= scenario["promise_ms"] + 1
        assert float(facts["holds"]) * float(facts["busy"]) / 100 == pytest.approx(scenario["requests_per_s"], rel=0.03)
        assert facts["bottleneck"] in ("encode", "prefill", "decode")
        assert plan["fusion"] not in facts["others"]
