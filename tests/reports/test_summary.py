"""The figures of the made-up cohort, worked out by hand."""

from __future__ import annotations

import pytest

from graders.reports.summary import Submission, summarise
from tests.reports import cohort_records as made_up


@pytest.fixture(scope="module")
def cohort():
    return summarise(made_up.MODULE.exercises, made_up.COHORT)


def test_states(cohort) -> None:
    states = [row.submission.state for row in cohort.rows]
    expected = ["graded"] * 5 + [
        "nothing handed in",
        "blank",
        "graded",
        "unproven",
        "not graded",
        "graded",
        "graded",
        "refused",
    ]
    assert states == expected


def test_points_are_sums_of_the_exercises(cohort) -> None:
    # 16 points in all; 03 and 04 lose 4/5 of the roofline, 04 two of the multiplexer, 05 the table, 08 the class, ...
    points = {row.submission.student[-2:]: pytest.approx(row.points) for row in cohort.rows}
    expected = {
        "01": 16,
        "02": 16,
        "03": 12,
        "04": 10,
        "05": 11,
        "06": 0,
        "07": 0,
        "08": 10,
        "09": 16,
        "10": 0,
        "11": 15,
    }
    assert points == expected | {"12": 11, "13": 0}
    assert {row.max_points for row in cohort.rows} == {16}


def test_what_nobody_vouches_for_is_not_averaged(cohort) -> None:
    # 06 handed in nothing, 09 is unproven, 10 not graded, 13 unreadable: nine are left, with 101 of 144 points
    assert cohort.mean == pytest.approx(101 / 144)
    assert cohort.median == pytest.approx(11 / 16)
    assert cohort.histogram == (1, 0, 0, 0, 0, 0, 4, 1, 0, 3)


def test_difficulty_of_an_exercise(cohort) -> None:
    roofline, top_down, multiplexer = cohort.difficulties
    assert (roofline.tried, roofline.full, roofline.nothing, roofline.untouched) == (10, 5, 2, 1)
    assert roofline.share == pytest.approx(0.62)
    assert [(check.name, check.lost, check.tried) for check in roofline.checks] == [
        ("below the ridge", 4, 10),
        ("above the ridge", 4, 10),
        ("impossible machines", 3, 10),
    ]
    assert top_down.tried == 9, "the unproven one says nothing about this exercise"
    assert top_down.share == pytest.approx(7 / 9)
    assert multiplexer.share == pytest.approx((7 + 4 / 6) / 10)


def test_misconceptions_the_commonest_first(cohort) -> None:
    assert [(one.name, one.students) for one in cohort.misconceptions] == [
        ("sum instead of minimum", ("student-03", "student-04")),
        ("cycles for slots", ("student-05",)),
    ]


def test_flags_by_kind_then_student(cohort) -> None:
    assert [(raised.kind, raised.student) for raised in cohort.flags] == [
        ("changed-test-cell", "student-11"),
        ("crashed", "student-12"),
        ("foreign-metadata", "student-12"),
    ]


def test_the_order_of_the_submissions_does_not_matter(cohort) -> None:
    assert summarise(made_up.MODULE.exercises, made_up.COHORT[::-1]) == cohort


def test_an_empty_course_has_no_mean() -> None:
    cohort = summarise(made_up.MODULE.exercises, [])
    assert (cohort.mean, cohort.median, cohort.misconceptions, cohort.flags) == (None, None, (), ())
    assert [difficulty.share for difficulty in cohort.difficulties] == [None, None, None]


def test_a_cohort_that_handed_nothing_in_has_no_mean() -> None:
    cohort = summarise(made_up.MODULE.exercises, [Submission("student-01"), Submission("student-02")])
    assert cohort.mean is None
    assert cohort.count("nothing handed in") == 2


def test_one_more_tenth_does_not_fall_into_the_bin_below() -> None:
    # 0.3 * 10 is 3.0000000000000004 or 2.9999999999999996, by the way it was come to
    result = made_up.notebook(
        made_up.ExerciseResult(made_up.MULTIPLEXER.id, 0.1 + 0.2, 1.0, ()),
    )
    (entry,) = [made_up.ExerciseEntry(made_up.MULTIPLEXER.id, "t", "class", "practical", 1.0, 1.0)]
    assert summarise([entry], [Submission("student-01", (result,))]).histogram[3] == 1


def test_the_same_flag_at_several_places_is_said_once() -> None:
    flags = (
        made_up.Flag("missing-test-cell", "m02_a", "It was put back."),
        made_up.Flag("crashed", "cell 3", "exited with status 1"),
        made_up.Flag("missing-test-cell", "m02_b", "It was put back."),
        made_up.Flag("missing-test-cell", "m02_c", "It was empty."),
    )
    raised = summarise(made_up.MODULE.exercises, [made_up.submission("student-01", flags=flags)]).flags
    assert [(one.kind, one.places) for one in raised] == [
        ("crashed", ("cell 3",)),
        ("missing-test-cell", ("m02_a", "m02_b")),
        ("missing-test-cell", ("m02_c",)),
    ]
