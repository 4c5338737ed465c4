"""Samples raise no finding, as committed; every planted fault raises its own."""

from __future__ import annotations

import dataclasses
from typing import get_args

import pytest

from graders.capstone.generated import generated
from graders.capstone.packs import USE_CASES
from graders.capstone.records import PackName
from graders.paths import material_root
from graders.rubrics import rubric
from tests.capstone.planted import FAULTS
from tests.capstone.samples import made

PLANTED = [(name, fault) for name in USE_CASES for fault in FAULTS[name]]


def named(pairs):
    return {"argvalues": pairs, "ids": [f"{name}: {fault.name}" for name, fault in pairs]}


def test_a_sample_raises_no_finding(each):
    report = each.report(each.document, with_evidence=True)
    assert report.findings == ()
    assert report.blocking == ()
    assert report.caps == ()
    assert {one.recomputed for one in report.verdicts} == {True}
    assert report.claims >= 60


def test_what_is_generated_is_current():
    stale = [str(path) for path, content in generated().items() if path.read_bytes() != content]
    assert stale == []  # run `aisa capstone build`


def test_every_use_case_may_stand_in_a_document():
    assert set(get_args(PackName)) == set(USE_CASES) == set(FAULTS)


def test_there_are_enough_faults_of_every_level(each):
    faults = FAULTS[each.case.pack.id]
    assert len(faults) >= 20
    assert {one.level for one in faults} == {f"L{number}" for number in range(1, 10)}  # L0: test_files
    assert {one.severity for one in faults} == {"minor", "major", "blocking"}
    assert len({one.name for one in faults}) == len(faults)


@pytest.mark.parametrize(("name", "fault"), **named(PLANTED))
def test_a_planted_fault_raises_its_finding(name, fault):
    report = made(name).report(fault.edit(made(name).document), with_evidence=True)
    found = {(one.level, one.severity, one.code, one.claim or one.section) for one in report.findings}
    assert (fault.level, fault.severity, fault.code, fault.about) in found
    assert bool(report.blocking) >= fault.blocks


@pytest.mark.parametrize(("name", "fault"), **named([pair for pair in PLANTED if not pair[1].blocks]))
def test_what_is_no_matter_of_the_gate_does_not_block(name, fault):
    report = made(name).report(fault.edit(made(name).document), with_evidence=True)
    ours = [one for one in report.findings if (one.level, one.code) == (fault.level, fault.code)]
    assert ours
    assert all(one.severity != "blocking" for one in ours)


def test_the_gate_is_levels_0_to_3_and_6(each):
    """Nothing of L4, L5, L7, L8 or L9 blocks, whatever it caps."""
    for fault in FAULTS[each.case.pack.id]:
        report = each.report(fault.edit(each.document), with_evidence=True)
        assert {one.level for one in report.findings if one.severity == "blocking"} <= {"L0", "L1", "L2", "L3", "L6"}


def test_a_document_of_another_use_case_is_not_what_was_asked_for(each):
    report = each.report(dataclasses.replace(each.document, pack="lunch"))
    assert "another-use-case" in {one.code for one in report.findings}
    assert report.blocking


def test_caps_name_criteria_of_the_rubric(each):
    pack, criteria = each.case.pack, {one.id for one in rubric(material_root(), "capstone").criteria}
    assert set(pack.criteria.values()) <= criteria
    assert {one.id.split(".")[0] for one in pack.claims} == set(pack.criteria)


def test_a_decision_error_caps_its_criterion():
    name = "llm_serving"
    fault = next(one for one in FAULTS[name] if one.about == "cost.tco")
    report = made(name).report(fault.edit(made(name).document), with_evidence=True)
    caps = {one.criterion: one.level for one in report.caps}
    assert caps["C7"] == 1
    finding = next(one for one in report.findings if one.code == "decision-error")
    assert finding.flips == ("budget",)
    assert finding.claimed
    assert finding.recomputed
    assert "ownership_usd" in finding.formula
    assert any(one.startswith("cost.capex = ") for one in finding.inputs)


def test_a_refuted_input_does_not_refute_what_follows_from_it(document):
    """Who computes rightly from a wrong number is told once, and the rest is marked as inherited."""
    claims = dict(document.claims)
    wrong = dataclasses.replace(claims["mem.kv_bytes_per_token"], value=claims["mem.kv_bytes_per_token"].value * 8)
    room = claims["mem.kv_budget"].value / (wrong.value * 16) // 1 * 16
    tokens = dataclasses.replace(claims["mem.kv_capacity_tokens"], value=room)
    changed = dataclasses.replace(document, claims={**claims, wrong.id: wrong, tokens.id: tokens})
    report = made("llm_serving").report(changed, with_evidence=True)
    about = {one.claim: (one.severity, one.code) for one in report.findings if one.level == "L4"}
    assert about["mem.kv_bytes_per_token"] == ("major", "recomputed-otherwise")
    assert about["mem.kv_capacity_tokens"] == ("info", "inherited")
