"""Module 8's novel scenario over many students: solvable for everybody, the same for nobody, all on its page."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import util

import numpy as np
import pytest
from scipy import special

from graders.authoring.build.percent import read
from graders.authoring.material import load_module
from graders.checks import load
from graders.paths import material_root
from reference_solutions.m08_tail_latency.hedging_load import hedged_arrivals_per_s
from reference_solutions.m08_tail_latency.rag_pipeline import burn_alert_file, pipeline_plan

FOLDER = material_root() / "assignments/authoring/m08_tail_latency/novel_scenario"
STUDENTS = [f"student-{number:04}" for number in range(1, 151)]


def loaded():
    spec = util.spec_from_file_location("novel_scenario_of_module_8", FOLDER / "scenario.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made():
    author = loaded()
    return [author.scenario(student, "salt") for student in STUDENTS]


@pytest.fixture(scope="module")
def plans(made):
    return [pipeline_plan(scenario) for scenario in made]


def test_everybody_can_keep_the_promise(made, plans):
    for scenario, plan in zip(made, plans, strict=True):
        assert plan["p99_ms"] <= scenario["budget_ms"]
        times = plan["booked_ms"]
        assert all(np.isfinite(times[tier["tier"]]).all() for tier in scenario["tiers"])


def test_no_plan_is_right_for_too_many(made, plans):
    copies = Counter(plan["hedged"] for plan in plans)
    assert all(0.4 <= times / len(plans) <= 0.6 for times in copies.values())
    for number, most in ((0, 0.55), (1, 0.45), (2, 0.6), (3, 0.65)):
        name = made[0]["tiers"][number]["tier"]
        beyond = Counter(
            plan["replicas"][name] - scenario["tiers"][number]["replicas"][0]
            for scenario, plan in zip(made, plans, strict=True)
        )
        assert max(beyond.values()) / len(plans) <= most, name
        assert len(beyond) >= 3


def test_alerts_are_above_the_promise_and_can_be_reached(made):
    for scenario in made:
        for alert in json.loads(burn_alert_file(scenario))["alerts"]:
            assert alert["burn_rate"] > 1
            assert 0.01 < alert["late_share"] < 0.9


def test_a_scenario_is_plain_data_and_always_the_same(made):
    other = loaded()
    for student, scenario in list(zip(STUDENTS, made, strict=True))[:30]:
        assert json.loads(json.dumps(scenario)) == scenario == other.scenario(student, "salt")
        assert other.scenario(student, "another salt") != scenario
    assert len({json.dumps(scenario) for scenario in made}) == len(made)


def test_the_data_hold_no_answer(made):
    assert not re.search("booked|hedged|burn_rate|late|cheapest|best|p99", json.dumps(made[:50]))


def test_the_notebooks_load_with_copies_is_ours():
    cell = next(cell for cell in read(FOLDER / "notebook.py") if "def hedged_arrivals_per_s(" in cell.text)
    namespace = {"np": np, "special": special}
    exec(cell.text[cell.text.index("def hedged_arrivals_per_s(") :], namespace)
    rng = np.random.default_rng(1)
    for _ in range(50):
        service, delay = float(rng.uniform(100, 1000)), float(rng.uniform(0.001, 0.03))
        arrival = rng.uniform(0.1, 1.1, size=6) * service
        theirs = namespace["hedged_arrivals_per_s"](arrival, service, delay)
        np.testing.assert_allclose(theirs, hedged_arrivals_per_s(arrival, service, delay), rtol=1e-6)
        alone = namespace["hedged_arrivals_per_s"](arrival, service, np.inf)
        np.testing.assert_allclose(alone[arrival < service], arrival[arrival < service])


def test_the_model_answers_numbers_agree_with_each_other(made, plans):
    facts_of = load(load_module(FOLDER.parent)).model_answers["m08_pipeline_defence"].facts
    for scenario, plan in list(zip(made, plans, strict=True))[:10]:
        facts = facts_of(scenario)
        assert 1 - (1 - float(facts["shard_miss"])) ** facts["shards"] == pytest.approx(0.0025, rel=0.05)
        assert np.exp(-float(facts["means"])) == pytest.approx(float(facts["shard_miss"]), rel=0.05)
        other = re.fullmatch(r"\$(\d+)", facts["other_usd"])
        assert other is None or int(other[1]) >= plan["usd_per_hour"]
        assert facts["usd"] == plan["usd_per_hour"]
