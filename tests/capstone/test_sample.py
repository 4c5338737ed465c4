"""The sample document raises no finding, as committed and for other briefs; every planted fault raises its own."""

from __future__ import annotations

import dataclasses

import pytest

from graders.capstone import evidence
from graders.capstone.check import check
from graders.capstone.generated import generated
from graders.capstone.llm_serving.pack import PACK
from graders.paths import material_root
from graders.rubrics import rubric
from tests.capstone.faults import FAULTS


@pytest.fixture(scope="module")
def readings(document, brief):
    return evidence.run(document, brief, allow_unsafe=True)


def test_the_sample_raises_no_finding(document, brief, graph, readings):
    report = check(document, brief, PACK, readings=readings, graph=graph)
    assert report.findings == ()
    assert report.blocking == ()
    assert report.caps == ()
    assert {one.recomputed for one in report.verdicts} == {True}
    assert report.claims > 70


def test_what_is_generated_is_current():
    stale = [str(path) for path, content in generated().items() if path.read_bytes() != content]
    assert stale == []  # run `aisa capstone build`


def test_there_are_enough_faults_of_every_level():
    assert len(FAULTS) >= 20
    assert {one.level for one in FAULTS} == {f"L{number}" for number in range(1, 10)}  # L0: test_files
    assert {one.severity for one in FAULTS} == {"minor", "major", "blocking"}
    assert len({one.name for one in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_raises_its_finding(fault, document, brief, graph, readings):
    report = check(fault.edit(document), brief, PACK, readings=readings, graph=graph)
    found = {(one.level, one.severity, one.code, one.claim or one.section) for one in report.findings}
    assert (fault.level, fault.severity, fault.code, fault.about) in found
    assert bool(report.blocking) >= fault.blocks


@pytest.mark.parametrize("fault", [one for one in FAULTS if not one.blocks], ids=lambda fault: fault.name)
def test_what_is_no_matter_of_the_gate_does_not_block(fault, document, brief, graph, readings):
    report = check(fault.edit(document), brief, PACK, readings=readings, graph=graph)
    ours = [one for one in report.findings if (one.level, one.code) == (fault.level, fault.code)]
    assert ours
    assert all(one.severity != "blocking" for one in ours)


def test_the_gate_is_levels_0_to_3_and_6(document, brief, graph, readings):
    """Section 1.7: nothing of L4, L5, L7, L8 or L9 blocks, whatever it caps."""
    for fault in FAULTS:
        report = check(fault.edit(document), brief, PACK, readings=readings, graph=graph)
        assert {one.level for one in report.findings if one.severity == "blocking"} <= {"L0", "L1", "L2", "L3", "L6"}


def test_a_decision_error_caps_its_criterion(document, brief, graph, readings):
    fault = next(one for one in FAULTS if one.about == "cost.tco")
    report = check(fault.edit(document), brief, PACK, readings=readings, graph=graph)
    caps = {one.criterion: one.level for one in report.caps}
    assert caps["C7"] == 1
    finding = next(one for one in report.findings if one.code == "decision-error")
    assert finding.flips == ("budget",)
    assert finding.claimed
    assert finding.recomputed
    assert "ownership_usd" in finding.formula
    assert any(one.startswith("cost.capex = ") for one in finding.inputs)


def test_caps_name_criteria_of_the_rubric():
    criteria = {one.id for one in rubric(material_root(), "capstone").criteria}
    assert set(PACK.criteria.values()) <= criteria
    assert {one.id.split(".")[0] for one in PACK.claims} == set(PACK.criteria)


def test_a_refuted_input_does_not_refute_what_follows_from_it(document, brief, graph, readings):
    """Who computes rightly from a wrong number is told once, and the rest is marked as inherited."""
    claims = dict(document.claims)
    wrong = dataclasses.replace(claims["mem.kv_bytes_per_token"], value=claims["mem.kv_bytes_per_token"].value * 8)
    room = claims["mem.kv_budget"].value / (wrong.value * 16) // 1 * 16
    tokens = dataclasses.replace(claims["mem.kv_capacity_tokens"], value=room)
    changed = dataclasses.replace(document, claims={**claims, wrong.id: wrong, tokens.id: tokens})
    report = check(changed, brief, PACK, readings=readings, graph=graph)
    about = {one.claim: (one.severity, one.code) for one in report.findings if one.level == "L4"}
    assert about["mem.kv_bytes_per_token"] == ("major", "recomputed-otherwise")
    assert about["mem.kv_capacity_tokens"] == ("info", "inherited")
