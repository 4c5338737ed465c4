"""From a panel's sealed scores to a certificate: only a final decision counts, and an appeal's in its place."""

from __future__ import annotations

import json

import pytest

from graders.certify import papers
from graders.certify.gathering import gather
from graders.certify.issue import issue
from graders.certify.keys import signer
from graders.certify.panel_rounds import evidence_of, rounds
from graders.errors import UsageError
from graders.gradebook import Gradebook
from graders.ledger import Ledger
from graders.panel.desk import Desk
from tests.certify.looking import held
from tests.certify.sample import STANDARD, evidence, with_round
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


def appeal(desk, level):
    """A pair decides an appeal of the document, and the case is closed."""
    desk.appeal(panels.CANDIDATE, "fact", "document", "C4 says that S6 is missing; it is on page 9")
    desk.assign(panels.CANDIDATE, ["rater-4", "rater-5"], "rater-8")
    for rater in ("rater-4", "rater-5", "rater-8"):
        desk.declare(panels.CANDIDATE, rater, "")
    panels.decide_round(desk, panels.CANDIDATE, level)
    if desk.case(panels.CANDIDATE).round == "defence":
        panels.decide_round(desk, panels.CANDIDATE)
    desk.sign(panels.CANDIDATE, "rater-8")
    desk.release(panels.CANDIDATE)
    desk.close_case(panels.CANDIDATE, waived="the candidate asks for nothing more")


def test_after_an_appeal_levels_and_their_number_are_the_pairs(desk):
    panels.released(desk, document=3)
    appeal(desk, level=4)
    document, defence = evidence_of(desk.case(panels.CANDIDATE))
    assert (set(document.levels.values()), document.raters, document.appealed_from) == ({4.0}, 2, 3)
    assert (set(defence.levels.values()), defence.raters, defence.appealed_from) == ({3.0}, 3, 0)
    assert decided(desk).certified
    found = evidence(panels.CANDIDATE, rounds=(document, defence))
    with Ledger(desk.course) as ledger:
        outcomes = issue(desk.course, ledger, STANDARD, {panels.CANDIDATE: found}, signer(desk.course))
    (folder,) = papers.write(desk.course, STANDARD, outcomes)
    for name in ("certificate.html", "transcript.html"):
        page = (folder / name).read_text()
        assert "levels of 2 reviewers who decided an appeal from the 3 of the panel" in page
        assert "levels of 3 reviewers" in page


@pytest.mark.parametrize(
    ("raters", "before", "said"),
    [(2, 0, "2 reviewers scored it, 3 are needed"), (2, 2, "2 reviewers scored it, 3 are needed"),
     (1, 3, "1 reviewers decided its appeal, a pair is needed"), (2, 3, "")],
)  # fmt: skip
def test_a_pair_decides_after_a_panel_and_not_in_its_place(raters, before, said):
    decision = STANDARD.decide(with_round(evidence(), "capstone", raters=raters, appealed_from=before))
    assert decision.reasons == ((f"capstone: {said}",) if said else ())


def test_a_document_that_its_check_stops_is_told_why_until_one_passes(desk):
    course, wrong = desk.course, ["L3 fleet.machine: not on offer", "L6 mem.kv: <b>more</b> than fits"]
    for _ in range(2):  # asked twice, known once
        with pytest.raises(UsageError, match="the machine's gate blocks"):
            desk.open_case(panels.CANDIDATE, panels.packet(course), wrong)
    Gradebook.open(course).close()
    with Ledger(course) as ledger:
        assert len(ledger.entries(panels.CANDIDATE)) == 1
        found = gather(course, STANDARD.rule, rounds(ledger), ledger)[panels.CANDIDATE]
        (outcome,) = issue(course, ledger, STANDARD, {panels.CANDIDATE: found}, signer(course))
        (folder,) = papers.write(course, STANDARD, [outcome])
        page = (folder / "transcript.html").read_text()
        assert "design document: its check stops it: L3 fleet.machine: not on offer" in page
        assert "&lt;b&gt;more&lt;/b&gt; than fits" in page
        assert STANDARD.decide(evidence(stopped=tuple(wrong))).certified is False
        desk.open_case(panels.CANDIDATE, panels.packet(course), [])
        assert gather(course, STANDARD.rule, rounds(ledger), ledger)[panels.CANDIDATE].stopped == ()


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
