"""Points count when they are proven and current; everything else is open, and says what it waits for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graders.gradebook import KeptMark
from graders.reports.standing import works
from graders.reports.submission import Submission
from tests.reports import cohort_records as made_up

WHOLE = made_up.submission("student-01", explained=made_up.mark("student-01"))


def standing(submission: Submission, exercise=made_up.ROOFLINE) -> tuple[float | None, str]:
    (work,) = (work for work in works(made_up.MODULE.exercises, submission) if work.entry == exercise)
    return work.points, work.standing.why


def test_proven_points_and_current_marks_count() -> None:
    assert [work.points for work in works(made_up.MODULE.exercises, WHOLE)] == [5, 5, 6, 3, 4]
    assert [work.number for work in works(made_up.MODULE.exercises, WHOLE)] == [101, 101, 101, 7, 103]


@pytest.mark.parametrize(
    ("change", "exercise", "points", "why"),
    [
        ({"unproven": {made_up.ROOFLINE.id: "the evidence says 2"}}, made_up.ROOFLINE, None, "the evidence says 2"),
        ({"unproven": {made_up.EXPLAINED.id: "by hand"}}, made_up.EXPLAINED, None, "by hand"),
        ({"marks": {}, "waiting": frozenset({made_up.EXPLAINED.id})}, made_up.EXPLAINED, None, "has yet to read it"),
        ({"not_graded": "the disk is full"}, made_up.ROOFLINE, None, "not graded yet"),
        ({"refused": "no JSON"}, made_up.ROOFLINE, None, "cannot be read"),
        ({"forfeit": True}, made_up.ROOFLINE, 0, "it came late"),
        ({"forfeit": True}, made_up.EXPLAINED, 0, "it came late"),
        ({"notebooks": ()}, made_up.ROOFLINE, 0, "it was not handed in"),
        ({"notebooks": (), "not_graded": "the disk is full"}, made_up.ROOFLINE, None, "it is not graded yet"),
        ({"notebooks": (), "refused": "no JSON"}, made_up.ROOFLINE, 0, "cannot be read"),
        ({"notebooks": WHOLE.notebooks[:1]}, made_up.METRICS, None, "it is not graded yet"),
    ],
)
def test_what_is_not_both_is_open_or_nothing(change, exercise, points, why: str) -> None:
    found, said = standing(replace(WHOLE, **change), exercise)
    assert found == points
    assert why in said


def test_a_notebook_that_never_came_is_worth_nothing() -> None:
    absent = replace(WHOLE.notebooks[2], submitted_digest="", document=None)
    points, why = standing(replace(WHOLE, notebooks=(*WHOLE.notebooks[:2], absent)), made_up.METRICS)
    assert (points, why) == (0.0, "it was not handed in")


def test_an_unsafe_run_counts_for_nobody() -> None:
    unsafe = replace(WHOLE.notebooks[0], unsafe=("network",))
    points, why = standing(replace(WHOLE, notebooks=(unsafe, *WHOLE.notebooks[1:])))
    assert points is None
    assert "(network)" in why


@pytest.mark.parametrize("broken", [{"stale": True}, {"sealed": False}])
def test_a_mark_that_does_not_hold_gives_nothing(broken) -> None:
    kept = made_up.mark("student-01")
    known = {"sealed": kept.sealed, "stale": kept.stale} | broken
    marks = {made_up.EXPLAINED.id: KeptMark(kept.mark, number=kept.number, **known)}
    waiting = frozenset({made_up.EXPLAINED.id})
    points, why = standing(replace(WHOLE, marks=marks, waiting=waiting), made_up.EXPLAINED)
    assert points is None
    assert "has changed since it was marked" in why


def test_a_marker_may_overrule_a_check() -> None:
    given = made_up.mark(
        "student-01", exercise=made_up.ROOFLINE.id, points=2.5, number=9, reason="A fault of the check."
    )
    marked = replace(WHOLE, marks={**WHOLE.marks, made_up.ROOFLINE.id: given})
    (work,) = (work for work in works(made_up.MODULE.exercises, marked) if work.entry == made_up.ROOFLINE)
    assert (work.points, work.number) == (2.5, 9)
