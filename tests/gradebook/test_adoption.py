"""What was given in formgrader counts when a named marker vouches for it, and says why where it overrides something."""

from __future__ import annotations

import pytest

from graders.errors import UsageError
from graders.gradebook import Gradebook
from graders.marking.adoption import adopt
from tests.gradebook import tiny
from tests.gradebook.databases import execute
from tests.gradebook.test_evidence import CELL, FULL, unproven, write

GIVEN = "UPDATE grade SET manual_score = {}, needs_manual_grade = 0 WHERE " + CELL
SAID = "UPDATE comment SET manual_comment = '{}' WHERE " + CELL


def as_in_formgrader(course, cell, points, comment="", on=""):
    """Rows as formgrader leaves them."""
    execute(course.database, GIVEN.format(points, cell), SAID.format(comment, on or cell))


def adopted(course, marker="A. Marker", **options):
    with Gradebook.open(course) as gradebook:
        return adopt(gradebook, tiny.SLUG, marker, **options)


def test_a_written_answer_is_adopted_as_it_was_marked(course):
    write(course)
    as_in_formgrader(course, "why", 3, "Nearly.")
    assert unproven(course) == {("why", "a mark by hand that no named marker has adopted")}
    (mark,) = adopted(course)
    assert (mark.points, mark.comment, mark.marker, mark.levels, mark.reason) == (3.0, "Nearly.", "A. Marker", {}, "")
    assert mark.answer_digest == "w" * 64
    assert unproven(course) == set()
    assert adopted(course) == ()  # there is nothing more


def test_an_automatic_score_that_is_overridden_needs_a_reason(course):
    write(course)
    as_in_formgrader(course, "m99_b", 3, "The check was too strict.", on="m99_b-answer")
    with pytest.raises(UsageError, match=r"student-01 m99_tiny/first m99_b: 3 points override the automatic 1\.5"):
        adopted(course)
    assert unproven(course) == {("m99_b", "a mark by hand that no named marker has adopted")}
    (mark,) = adopted(course, reason="Agreed with the author.")
    assert (mark.reason, mark.comment) == ("Agreed with the author.", "The check was too strict.")
    assert unproven(course) == set()


def test_more_points_than_there_are_need_a_reason(course):
    write(course)
    as_in_formgrader(course, "why", 4)
    execute(course.database, "UPDATE grade SET extra_credit = 0.5 WHERE " + CELL.format("why"))
    with pytest.raises(UsageError, match=r"4\.5 points are more than the 4 that there are"):
        adopted(course)
    (mark,) = adopted(course, reason="A proof of its own.")
    assert mark.points == 4.5
    assert unproven(course) == set()


def test_extra_credit_alone_is_adopted_too(course):
    write(course)
    execute(course.database, "UPDATE grade SET extra_credit = 0.5 WHERE " + CELL.format("m99_c"))
    execute(course.database, "UPDATE grade SET auto_score = auto_score WHERE " + CELL.format("m99_c"))
    with pytest.raises(UsageError, match="are more than the 1"):
        adopted(course)
    (mark,) = adopted(course, reason="Elegant.")
    assert mark.points == 1.5
    assert unproven(course) == set()


def test_all_or_nothing(course):
    write(course)
    as_in_formgrader(course, "why", 3)
    as_in_formgrader(course, "m99_b", 3)
    with pytest.raises(UsageError, match="override the automatic"):
        adopted(course)
    assert len(unproven(course)) == 2
    assert [mark.exercise for mark in adopted(course, exercises=["why"])] == ["why"]
    assert adopted(course, students=["student-02"]) == ()
    assert {exercise for exercise, _ in unproven(course)} == {"m99_b"}


def test_what_still_waits_for_its_marker_is_not_adopted(course):
    """The answer has changed: the old score is nobody's judgement of the new one."""
    write(course)
    as_in_formgrader(course, "why", 3)
    write(course, [tiny.result("first", {"m99_a": 2.0, "m99_b": 1.5}, digest="t", why="v"), FULL[1]])
    assert adopted(course) == ()
    as_in_formgrader(course, "why", 2)
    assert [mark.points for mark in adopted(course)] == [2.0]
    assert unproven(course) == set()


def test_a_mark_that_was_changed_in_formgrader_needs_a_reason(course):
    write(course)
    with Gradebook.open(course) as gradebook:
        gradebook.write_marks([tiny.mark()], lambda mark: mark.comment)
    as_in_formgrader(course, "why", 4)
    with pytest.raises(UsageError, match="4 points are not what its mark says"):
        adopted(course)
    assert [mark.points for mark in adopted(course, "B. Marker", reason="Second look.")] == [4.0]
    assert unproven(course) == set()


def test_a_score_without_evidence_is_not_adopted(course):
    """As unmodified nbgrader would leave it: nobody can say for which submission it was given."""
    write(course, [FULL[0]])
    execute(course.database, "UPDATE grade SET manual_score = 1, needs_manual_grade = 0 WHERE " + CELL.format("m99_c"))
    assert adopted(course, reason="So I say.") == ()
    assert {exercise for exercise, _ in unproven(course)} == {"m99_c"}


def test_nobody_adopts_without_a_name(course):
    write(course)
    as_in_formgrader(course, "why", 3)
    with pytest.raises(UsageError, match="names no marker"):
        adopted(course, "")
