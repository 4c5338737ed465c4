"""What the desk looks at before a step is written: each guard stops its step, and then nothing is left behind."""

from __future__ import annotations

import dataclasses

import pytest

from graders.errors import UsageError
from graders.panel.assignment import conflict_known
from graders.panel.desk import Desk
from graders.panel.records import Case, Change
from graders.panel.settings import Candidate, Reviewer
from tests.panel import panels
from tests.panel.panels import CANDIDATE, CHAIR, CRITERIA, RATERS


def stopped(desk: Desk, told: str, step, *words: object) -> None:
    before = desk.ledger.head()
    with pytest.raises(UsageError, match=told):
        step(*words)
    assert desk.ledger.head() == before, "nothing was written"


def test_scores_that_may_not_be_sealed_are_not(desk):
    case = panels.qualified(desk)
    good = panels.scores(desk, case, "rater-1")
    for bad, told in (
        (dataclasses.replace(good, levels={**good.levels, "C1": 9}), "9 is no level"),
        (dataclasses.replace(good, levels={**good.levels, "C1": 0}, comments={}), "needs a comment"),
        (dataclasses.replace(good, rubric="0" * 64), "the rubric has changed"),
        (dataclasses.replace(good, rater="rater-5"), "rater-5 is no rater of this panel"),
    ):
        stopped(desk, told, desk.seal, bad)
    assert desk.seal(good)[0].current.seals.keys() == {"rater-1"}


def test_a_moderated_level_is_a_level_with_a_comment(desk):
    case = panels.qualified(desk)
    for rater, level in zip(RATERS, (1, 3, 3), strict=True):
        desk.seal(panels.scores(desk, case, rater, 3, C4=level))
    case = desk.reveal(CANDIDATE)
    answers = {one.key: "talked about" for one in case.current.discrepancies}
    for after, told in ((7, "7 is no level"), (-1, "-1 is no level")):
        stopped(desk, told, desk.moderate, CANDIDATE, CHAIR, [Change("rater-1", "C4", 1, after, "saw S6")], answers)
    change = Change("rater-1", "C4", 1, 2, "saw S6")
    assert desk.moderate(CANDIDATE, CHAIR, [change], answers).current.changes == (change,)


def test_whoever_failed_the_last_calibration_scores_nothing(desk):
    panels.calibrate_all(desk)
    far = {id_: dict.fromkeys(CRITERIA, 4 - level) for id_, level in panels.ANCHOR_LEVELS.items()}
    assert not desk.calibrate("rater-1", far).passed
    desk.open_case(CANDIDATE, panels.packet(desk.course), [])
    desk.assign(CANDIDATE, RATERS, CHAIR)
    for rater in (*RATERS, CHAIR):
        case = desk.declare(CANDIDATE, rater, "")
    assert case.stage == "cleared of conflicts"
    assert [one.qualified for one in case.seats] == [False, True, True]


def test_a_seat_goes_to_nobody_with_a_conflict_and_the_chair_to_nobody_who_leads_none(tmp_path):
    people = [
        *({"id": f"rater-{n}"} for n in range(1, 5)),
        {"id": "rater-5", "mentors": [CANDIDATE]},
        {"id": "rater-9", "chair": True},
    ]
    with Desk(panels.course(tmp_path / "course", reviewers=people)) as desk:
        desk.open_case(CANDIDATE, panels.packet(desk.course), [])
        desk.assign(CANDIDATE, RATERS, CHAIR)
        stopped(desk, "rater-5 cannot sit .*: mentor", desk.replace, CANDIDATE, "rater-1", "rater-5", "ill")
        stopped(desk, "rater-4 does not lead panels", desk.replace, CANDIDATE, CHAIR, "rater-4", "ill")
        assert desk.replace(CANDIDATE, "rater-1", "rater-4", "ill").seat("rater-4")


def test_peers_are_known_by_the_ids_that_they_have_as_students():
    """Rater 7 is student 1: they sit on the panel of student 3, so whoever is student 3 does not sit on theirs."""
    reviewers = [Reviewer("rater-7", student="student-01"), Reviewer("rater-8", student="student-03")]
    cases = [Case("student-03", sat=("rater-7",))]
    told = conflict_known(reviewers[1], Candidate("student-01"), reviewers, cases)
    assert told == "reciprocal review: the candidate scores their work"
    assert conflict_known(reviewers[1], Candidate("student-02"), reviewers, cases) == ""
    assert conflict_known(reviewers[0], Candidate("student-03"), reviewers, cases) == "has had a seat in this case"
