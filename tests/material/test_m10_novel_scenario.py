"""Module 10's novel scenario over many students: solvable for everybody, the same for nobody, all on its page."""

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
from reference_solutions.m10_validation.claim_audit import claim_audit, remeasure_file

FOLDER = material_root() / "assignments/authoring/m10_validation/novel_scenario"
STUDENTS = [f"student-{number:04}" for number in range(1, 301)]


def loaded():
    spec = util.spec_from_file_location("novel_scenario_of_module_10", FOLDER / "scenario.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made():
    author = loaded()
    return [author.scenario(student, "salt") for student in STUDENTS]


@pytest.fixture(scope="module")
def audits(made):
    return [claim_audit(scenario) for scenario in made]


def test_each_verdict_is_right_for_about_a_quarter(audits):
    verdicts = Counter(audit["verdict"] for audit in audits)
    assert set(verdicts) == {"holds", "refuted", "open", "other work"}
    assert all(0.18 <= times / len(audits) <= 0.33 for times in verdicts.values())


def test_throttled_runs_would_mislead_a_third(made, audits):
    misled = 0
    for scenario, audit in zip(made, audits, strict=True):
        blind = {side: scenario[side] | {"throttled": [False] * len(scenario[side]["ms"])} for side in ("old", "new")}
        misled += claim_audit(scenario | blind)["verdict"] != audit["verdict"]
        assert all(any(scenario[side]["throttled"]) for side in ("old", "new"))
    assert misled / len(made) > 0.33


def test_no_edge_is_near(made, audits):
    """Limits without Welch, or with a normal quantile, give no other verdict: only what is clearly wrong does."""
    for scenario, audit in zip(made, audits, strict=True):
        width = audit["high"] - audit["low"]
        assert min(abs(audit["low"] - scenario["claim"]), abs(audit["high"] - scenario["claim"])) > 0.02 * width


def test_the_next_measurement_can_be_made(made):
    for scenario in made:
        plan = json.loads(remeasure_file(scenario))
        assert 3 <= plan["runs_per_side"] < 1000
        assert 20 <= plan["requests"] < 10_000
        assert plan["turns"] <= max(scenario[side]["turns"] for side in ("old", "new"))


def test_a_scenario_is_plain_data_and_always_the_same(made):
    other = loaded()
    for student, scenario in list(zip(STUDENTS, made, strict=True))[:30]:
        assert json.loads(json.dumps(scenario)) == scenario == other.scenario(student, "salt")
        assert other.scenario(student, "another salt") != scenario
    assert len({json.dumps(scenario) for scenario in made}) == len(made)


def test_the_data_hold_no_answer(made):
    assert not re.search("verdict|holds|refuted|open|speedup|kept|same|low|factor|mean", json.dumps(made[:50]))


def test_the_model_answers_numbers_agree_with_each_other(made, audits):
    facts_of = load(load_module(FOLDER.parent)).model_answers["m10_audit_defence"].facts
    for scenario, audit in list(zip(made, audits, strict=True))[:20]:
        facts = facts_of(scenario)
        assert float(facts["low"]) <= float(facts["speedup"]) <= float(facts["high"])
        (old, u_old), (new, u_new) = (
            (float(part) for part in facts[which].split(" ± ")) for which in ("old_count", "new_count")
        )
        assert (facts["same"] == "no more") == audit["same_work"]
        if abs(abs(old - new) / (2 * np.hypot(u_old, u_new)) - 1) > 0.1:
            assert (abs(old - new) <= 2 * np.hypot(u_old, u_new)) == audit["same_work"]
        claimed = {
            "holds": facts["claim"] <= float(facts["low"]) + 1e-3,
            "refuted": facts["claim"] > float(facts["high"]),
        }
        assert claimed.get(facts["verdict"], True)
