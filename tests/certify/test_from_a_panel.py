"""From a panel's sealed scores to a certificate: only a final decision counts, and an appeal's in its place."""

from __future__ import annotations

import json

import pytest

from graders.certify import papers
from graders.certify.issue import issue
from graders.certify.keys import signer
from graders.certify.panel_rounds import evidence_of, rounds
from graders.ledger import Ledger
from graders.panel.desk import Desk
from tests.certify.looking import held
from tests.certify.sample import STANDARD, evidence
from tests.panel import panels


@pytest.fixture
def desk(tmp_path):
    with Desk(panels.course(tmp_path / "course")) as opened:
        yield opened


def decided(desk):
    return STANDARD.decide(evidence(panels.CANDIDATE, rounds=evidence_of(desk.case(panels.CANDIDATE))))


def test_only_a_final_decision_certifies(desk):
    panels.released(desk)
    assert decided(desk).reasons == tuple(
        f"{name}: the decision is not final: an appeal is still possible, or open" for name in ("capstone", "defence")
    )
    desk.close_case(panels.CANDIDATE, waived="the candidate asks for no appeal")
    assert decided(desk).certified


def test_a_document_that_failed_certifies_nobody(desk):
    panels.released(desk, document=1)
    desk.close_case(panels.CANDIDATE, waived="the candidate asks for no appeal")
    reasons = decided(desk).reasons
    assert any("C4 Memory hierarchy: level 1, at least 2 is needed" in one for one in reasons)
    assert "defence: no panel has decided" in reasons


def test_the_certificate_names_the_ledgers_entry_of_each_decision(desk):
    panels.released(desk)
    desk.close_case(panels.CANDIDATE, waived="the candidate asks for no appeal")
    course = desk.course
    with Ledger(course) as ledger:
        found = {panels.CANDIDATE: evidence(panels.CANDIDATE, rounds=rounds(ledger)(panels.CANDIDATE))}
        outcomes = issue(course, ledger, STANDARD, found, signer(course))
        entries = {one.digest: one for one in ledger.entries(panels.CANDIDATE)}
    papers.write(course, STANDARD, outcomes)
    credential = json.loads((course.root / "certificates" / panels.CANDIDATE / "credential.json").read_bytes())
    named = [one["id"].removeprefix("urn:sha256:") for one in credential["evidence"]]
    assert [entries[one].kind for one in named if one in entries] == ["panel round decided"] * 2
    assert held(credential, enclosed=outcomes[0].certificate.enclosed, rederive=True)["decision"][0] == "holds"
