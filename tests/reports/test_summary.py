"""The figures of the made-up cohort, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graders.reports.submission import Submission
from graders.reports.summary import summarise
from tests.reports import cohort_records as made_up


def summary(*submissions: Submission):
    hints = {(made_up.ROOFLINE.id, made_up.SUM["misconception"]): 5}
    return summarise(made_up.MODULE, submissions, made_up.PASS_MARKS, hints, made_up.RUBRICS)


@pytest.fixture(scope="module")
def cohort():
    return summary(*made_up.COHORT)


def test_states(cohort) -> None:
    states = {row.submission.student[-2:]: row.submission.state for row in cohort.rows}
    assert {student: state for student, state in states.items() if state != "graded"} == {
        "06": "nothing handed in",
        "07": "blank",
        "09": "unproven",
        "10": "not graded",
        "13": "refused",
    }


def test_points_are_of_what_is_known(cohort) -> None:
    # 16 points in the practical, 4 in each other notebook; 02, 04 and 07 wait for a marker, 09 has a score that is
    # not proven, the practical of 12 ran in an unsafe sandbox, 10 is not graded
    known = {row.submission.student[-2:]: (pytest.approx(row.points), row.known_points) for row in cohort.rows}
    assert known == {
        "01": (23, 24),
        "02": (20, 20),
        "03": (20, 24),
        "04": (14, 20),
        "05": (13, 24),
        "06": (0, 24),
        "07": (0, 20),
        "08": (17, 24),
        "09": (18, 19),
        "10": (0, 0),
        "11": (22, 24),
        "12": (7, 8),
        "13": (0, 24),
    }


def test_what_nobody_vouches_for_is_not_averaged(cohort) -> None:
    # 06 handed in nothing, 09 is unproven, 10 not graded, 13 unreadable
    shares = [23 / 24, 1, 20 / 24, 14 / 20, 13 / 24, 0, 17 / 24, 22 / 24, 7 / 8]
    assert cohort.mean == pytest.approx(sum(shares) / 9)
    assert cohort.median == pytest.approx(20 / 24)


def test_decisions(cohort) -> None:
    outcomes = {row.submission.student[-2:]: row.decision.outcome for row in cohort.rows}
    assert {student for student, outcome in outcomes.items() if outcome == "complete"} == {"01", "11"}
    undecided = {"02", "09", "10", "12"}  # not marked, not proven, not graded, not safe
    assert {student for student, outcome in outcomes.items() if outcome == "not decidable yet"} == undecided
    assert (cohort.decided("complete"), cohort.decided("not yet"), cohort.decided("not decidable yet")) == (2, 7, 4)


def test_difficulty_of_an_exercise(cohort) -> None:
    roofline, top_down, multiplexer, explained, metrics = cohort.difficulties
    assert (roofline.tried, roofline.full, roofline.nothing, roofline.untouched) == (9, 5, 1, 1)
    assert roofline.share == pytest.approx(31 / 45)
    assert [(check.name, check.lost, check.tried) for check in roofline.checks] == [
        ("below the ridge", 3, 9),
        ("above the ridge", 3, 9),
        ("impossible machines", 2, 9),
    ]
    assert top_down.tried == 8, "the unproven one says nothing about this exercise"
    assert top_down.share == pytest.approx(30 / 40)
    assert multiplexer.share == pytest.approx(40 / 54)
    assert (explained.tried, explained.share) == (7, pytest.approx(20 / 28)), "what is marked counts like the rest"
    assert (metrics.tried, metrics.share) == (10, pytest.approx(33 / 40))
    assert all(one.interval[0] < one.share < one.interval[1] for one in cohort.difficulties)


def test_few_students_have_no_interval() -> None:
    four = summary(*made_up.COHORT[:4])
    assert [one.interval for one in four.difficulties] == [None] * 5
    assert four.difficulties[0].share == pytest.approx(12 / 20)


def test_the_costliest_first_checks_and_criteria_alike(cohort) -> None:
    assert [(check.name, check.lost, pytest.approx(check.points)) for check in cohort.costliest] == [
        ("scaled counts", 2, 8),
        ("Names the limit", 6, 7),  # of seven who are marked, one has both points and one has neither
        ("below the ridge", 3, 6),
        ("above the ridge", 3, 6),
        ("shares add up to one", 2, 6),
        ("never ran", 3, 6),
        ("this core's events", 2, 6),
        ("four categories", 2, 4),
        ("impossible machines", 2, 2),
        ("Counts the traffic", 1, 1),
        ("names its version", 1, 1),
    ]


def test_misconceptions_the_commonest_first(cohort) -> None:
    assert [(one.name, one.students, one.told) for one in cohort.misconceptions] == [
        ("sum instead of minimum", ("student-03", "student-04"), 5),
        ("cycles for slots", ("student-05",), 1),
    ]


def test_flags_by_kind_then_student(cohort) -> None:
    assert [(raised.kind, raised.student) for raised in cohort.flags] == [
        ("changed-test-cell", "student-11"),
        ("crashed", "student-12"),
        ("foreign-metadata", "student-12"),
    ]


def test_what_is_left_to_mark(cohort) -> None:
    (left,) = cohort.unmarked
    assert (left.exercise, left.students) == (made_up.EXPLAINED, ("student-02", "student-04", "student-07"))


def test_the_order_of_the_submissions_does_not_matter(cohort) -> None:
    assert summary(*made_up.COHORT[::-1]) == cohort


def test_a_forfeited_submission_does_not_make_exercises_hard() -> None:
    late = replace(made_up.submission("student-01"), late="2 d 0 h late", forfeit=True)
    one = summary(late)
    assert [difficulty.tried for difficulty in one.difficulties] == [0] * 5
    assert one.decided("not yet") == 1


def test_an_empty_course_has_no_mean() -> None:
    cohort = summary()
    assert (cohort.mean, cohort.median, cohort.misconceptions, cohort.flags) == (None, None, (), ())
    assert [difficulty.share for difficulty in cohort.difficulties] == [None] * 5


def test_a_cohort_that_handed_nothing_in_has_no_mean() -> None:
    cohort = summary(Submission("student-01"), Submission("student-02"))
    assert cohort.mean is None
    assert cohort.count("nothing handed in") == 2


def test_the_same_flag_at_several_places_is_said_once() -> None:
    flags = (
        made_up.Flag("missing-test-cell", "m02_a", "It was put back."),
        made_up.Flag("crashed", "cell 3", "exited with status 1"),
        made_up.Flag("missing-test-cell", "m02_b", "It was put back."),
        made_up.Flag("missing-test-cell", "m02_c", "It was empty."),
    )
    raised = summary(made_up.submission("student-01", flags=flags)).flags
    assert [(one.kind, one.places) for one in raised] == [
        ("crashed", ("cell 3",)),
        ("missing-test-cell", ("m02_a", "m02_b")),
        ("missing-test-cell", ("m02_c",)),
    ]
