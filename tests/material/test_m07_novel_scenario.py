"""Module 7's novel scenario over many students: solvable for everybody, the same for nobody, all on its page."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from importlib import util

import numpy as np
import pytest

from graders.authoring.material import load_module
from graders.checks import load
from graders.paths import material_root
from reference_solutions.m07_mlperf.procurement import procurement

FOLDER = material_root() / "assignments/authoring/m07_mlperf/novel_scenario"
STUDENTS = [f"student-{number:04}" for number in range(1, 301)]


def loaded():
    spec = util.spec_from_file_location("novel_scenario_of_module_7", FOLDER / "scenario.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made():
    author = loaded()
    return [author.scenario(student, "salt") for student in STUDENTS]


@pytest.fixture(scope="module")
def plans(made):
    return [procurement(scenario) for scenario in made]


def test_everybody_has_an_accurate_offer_and_rates_for_both_tiers(made, plans):
    for scenario, plan in zip(made, plans, strict=True):
        assert scenario["offers"][plan["choice"]]["accuracy"] >= scenario["accuracy_floor"]
        for name, offer in scenario["offers"].items():
            measured = [point["requests_per_s"] for point in offer["sweep"]]
            assert len(set(measured)) == len(measured)
            live, chat = (plan["tier_per_s"][name][tier] for tier in ("live", "chat"))
            assert 0 < live <= chat < offer["offline_per_s"]


def test_the_slides_mislead_most_and_not_all(plans):
    assert 0.2 < np.mean([plan["choice"] == plan["slide_choice"] for plan in plans]) < 0.5
    assert max(Counter(plan["choice"] for plan in plans).values()) < 0.45 * len(plans)


def test_the_floor_changes_many_choices(made, plans):
    free = [procurement({**scenario, "accuracy_floor": 0.0})["choice"] for scenario in made]
    changed = np.mean([one != plan["choice"] for one, plan in zip(free, plans, strict=True)])
    assert 0.3 < changed < 0.6


def test_luck_stands_in_many_sweeps(made):
    lucky = 0
    for scenario in made:
        for offer in scenario["offers"].values():
            sweep = sorted(offer["sweep"], key=lambda point: point["requests_per_s"])
            for tier in scenario["tiers"].values():
                kept = [one["ttft_p99_s"] <= tier["ttft_s"] and one["tpot_p99_s"] <= tier["tpot_s"] for one in sweep]
                lucky += any(late and not early for early, late in itertools.pairwise(kept))
    assert 0.3 < lucky / len(made) < 1.5


def test_a_scenario_is_plain_data_and_always_the_same(made):
    other = loaded()
    for student, scenario in list(zip(STUDENTS, made, strict=True))[:30]:
        assert json.loads(json.dumps(scenario)) == scenario == other.scenario(student, "salt")
        assert other.scenario(student, "another salt") != scenario
    assert len({json.dumps(scenario) for scenario in made}) == len(made)


def test_the_data_hold_no_answer(made):
    assert not re.search("choice|machines|million|quick|broad|plain", json.dumps(made[:50]))


def test_the_model_answers_numbers_agree_with_each_other(made, plans):
    facts_of = load(load_module(FOLDER.parent)).model_answers["m07_procurement_defence"].facts
    for scenario, plan in list(zip(made, plans, strict=True))[:40]:
        facts = facts_of(scenario)
        needed = float(facts["asked"]) / (float(facts["live_rate"]) * (1 - float(facts["free"]) / 100))
        assert needed == pytest.approx(float(facts["needed"]), abs=0.006)
        assert facts["whole"] >= needed - 1e-6 > facts["whole"] - 1 - 1e-6
        assert facts["name"] == plan["choice"]
        assert plan["machines"][plan["choice"]] == facts["all_machines"] > facts["whole"] + facts["spare"]
        assert plan["choice"] not in facts["floor"] or "nothing changes" in facts["floor"]
