"""A mark by hand counts while a named marker's sealed evidence says the same, of the answer that is graded now."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import create_engine, text

from graders.errors import UsageError
from graders.gradebook import Gradebook
from tests.gradebook import tiny
from tests.gradebook.databases import engine_of, execute
from tests.gradebook.test_evidence import CELL, FULL, unproven, write

KEY = ("student-01", "first", "why")
OVERRIDE = tiny.mark(exercise="m99_b", levels={}, points=3.0, answer_digest="", reason="The check was too strict.")


def mark(course, *given, told=lambda mark: mark.comment):
    with Gradebook.open(course) as gradebook:
        gradebook.write_marks(given or [tiny.mark()], told)


def marks(course):
    with Gradebook.open(course) as gradebook:
        return gradebook.marks(tiny.SLUG)


def left(course):
    with Gradebook.open(course) as gradebook:
        return {(one.exercise, one.stale) for one in gradebook.unmarked(tiny.SLUG)}


def grade_row(course, cell="why"):
    query = "SELECT manual_score, extra_credit, needs_manual_grade FROM grade WHERE " + CELL.format(cell)
    with engine_of(course.database) as engine, engine.connect() as connection:
        manual, extra, needs = connection.execute(text(query)).one()
    return manual, extra, bool(needs)


def comments(course, cell):
    query = "SELECT manual_comment FROM comment WHERE " + CELL.format(cell)
    with engine_of(course.database) as engine, engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


def test_a_mark_is_proven_and_nbgrader_has_it(open_course):
    write(open_course)
    assert left(open_course) == {("why", False)}
    mark(open_course, told=lambda mark: f"Level 1. {mark.comment}")
    assert unproven(open_course) == left(open_course) == set()
    assert grade_row(open_course) == (2.5, None, False)
    assert comments(open_course, "why") == ["Level 1. Name the limit."]
    (kept,) = marks(open_course)[KEY]
    assert kept.mark == tiny.mark()
    assert kept.holds


def test_the_newest_mark_counts_and_the_others_stay(course):
    write(course)
    mark(course)
    mark(course, tiny.mark(marker="B. Marker", points=4.0, reason="Second marking."))
    assert [one.mark.points for one in marks(course)[KEY]] == [4.0, 2.5]
    assert grade_row(course)[0] == 4.0
    assert unproven(course) == set()


def test_a_changed_answer_makes_its_mark_stale(open_course):
    write(open_course)
    mark(open_course)
    write(open_course, [tiny.result("first", {"m99_a": 2.0}, digest="t", why="v"), FULL[1]])
    assert left(open_course) == {("why", True)}
    assert unproven(open_course) == {("why", "its mark was given for an earlier answer")}
    assert not marks(open_course)[KEY][0].holds
    mark(open_course, tiny.mark(submitted_digest="t" * 64, answer_digest="v" * 64))
    assert unproven(open_course) == left(open_course) == set()


def test_an_answer_that_stays_the_same_keeps_its_mark(course):
    """A student who mends the code of one exercise has not changed what was written about another."""
    write(course)
    mark(course)
    write(course, [tiny.result("first", {"m99_a": 1.0}, digest="t"), FULL[1]])
    assert left(course) == unproven(course) == set()


BY_HAND = "UPDATE grade SET manual_score = 2.5, needs_manual_grade = false WHERE " + CELL.format("why")
AGAIN = [tiny.result("first", {"m99_a": 2.0}, digest="t"), FULL[1]]
CHANGED = [tiny.result("first", {"m99_a": 2.0}, digest="t", why="v"), FULL[1]]
TAKEN_BACK = [tiny.result("first"), FULL[1]]


@pytest.mark.parametrize(("later", "waits"), [(FULL, False), (AGAIN, False), (CHANGED, True), (TAKEN_BACK, True)])
@pytest.mark.parametrize("adopted", [True, False])
def test_an_answer_that_changed_waits_for_its_marker_again(course, adopted, later, waits):
    """Where nbgrader itself would leave the old mark on the new answer, as if it had been read."""
    write(course)
    if adopted:
        mark(course)
    else:
        execute(course.database, BY_HAND)
    write(course, later)
    assert grade_row(course) == (2.5, None, waits)


def test_an_answer_that_is_as_it_was_marked_waits_no_longer(course):
    write(course)
    mark(course)
    write(course, CHANGED)
    write(course)
    assert grade_row(course) == (2.5, None, False)
    assert left(course) == unproven(course) == set()


def test_a_mark_of_an_empty_answer_stays_while_it_is_empty(course):
    write(course, [tiny.result("first", {"m99_a": 2.0}, why=""), FULL[1]])
    mark(course, tiny.mark(points=0.0, answer_digest=""))
    write(course, [tiny.result("first", {"m99_a": 2.0}, digest="t", why=""), FULL[1]])
    assert left(course) == set()
    write(course, [tiny.result("first", {"m99_a": 2.0}, digest="t", why="v"), FULL[1]])
    assert left(course) == {("why", True)}


def test_an_override_is_of_the_whole_notebook(course):
    write(course)
    mark(course, OVERRIDE)
    assert unproven(course) == set()
    assert grade_row(course, "m99_b") == (3.0, None, False)
    assert comments(course, "m99_b-answer") == [OVERRIDE.comment]  # a test cell has no comment of its own
    write(course, [tiny.result("first", {"m99_a": 2.0, "m99_b": 1.5}, digest="t"), FULL[1]])
    assert ("m99_b", True) in left(course)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE grade SET manual_score = 4 WHERE " + CELL.format("why"), "the mark of A. Marker says 2.5"),
        ("UPDATE grade SET manual_score = NULL WHERE " + CELL.format("why"), "the mark of A. Marker says 2.5"),
        ("UPDATE grade SET extra_credit = 1 WHERE " + CELL.format("why"), "the mark of A. Marker says 2.5"),
        ("UPDATE aisa_mark SET points = 4", "its mark was changed: the seal does not hold"),
        ("UPDATE aisa_mark SET marker = 'nobody'", "its mark was changed: the seal does not hold"),
        ("UPDATE aisa_mark SET levels = '{}'", "its mark was changed: the seal does not hold"),
        ("UPDATE aisa_mark SET answer_digest = ''", "its mark was changed: the seal does not hold"),
        ("DELETE FROM aisa_mark", "a mark by hand that no named marker has adopted"),
    ],
)
def test_what_was_changed_past_the_marker_is_unproven(course, statement, reason):
    write(course)
    mark(course)
    drop_guards(course)
    execute(course.database, statement)
    assert unproven(course) == {("why", reason)}


def drop_guards(course):
    execute(course.database, *(f"DROP TRIGGER aisa_mark_no_{verb}" for verb in ("update", "delete", "insert")))


def test_a_mark_of_somebody_else_does_not_count(course):
    write(course)
    write(course, student="student-02")
    mark(course)
    drop_guards(course)
    execute(course.database, "UPDATE aisa_mark SET student = 'student-02'", "UPDATE grade SET manual_score = 2.5")
    reasons = {reason for cell, reason in unproven(course) if cell == "why"}
    assert reasons == {
        "its mark was changed: the seal does not hold",
        "a mark by hand that no named marker has adopted",
    }


def test_points_that_a_marker_adopts_with_extra_credit(open_course):
    write(open_course)
    credited = "UPDATE grade SET manual_score = 3, extra_credit = 0.5, needs_manual_grade = false WHERE "
    execute(open_course.database, credited + CELL.format("why"))
    execute(open_course.database, "UPDATE comment SET manual_comment = 'Fine.' WHERE " + CELL.format("why"))
    mark(open_course, tiny.mark(levels={}, points=3.5, reason="Moderated."), told=lambda mark: None)
    assert unproven(open_course) == set()
    assert grade_row(open_course) == (3.0, 0.5, False)
    assert comments(open_course, "why") == ["Fine."]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (tiny.mark(answer_digest="v" * 64), "graded anew since the marker saw it"),
        (tiny.mark(submitted_digest="t" * 64), "graded anew since the marker saw it"),
        (tiny.mark(student="student-02"), "is not graded"),
        (tiny.mark(exercise="nothing", answer_digest=""), "no score to mark"),
    ],
)
def test_all_or_nothing(course, given, message):
    write(course)
    with pytest.raises(UsageError, match=message):
        mark(course, tiny.mark(), given)
    assert marks(course) == {}
    assert grade_row(course) == (None, None, True)


def test_a_late_notebook_loses_what_the_marker_gives(course):
    """The penalty of before, which nbgrader itself keeps, would leave the late answer its mark."""
    execute(course.database, "UPDATE assignment SET duedate = '2026-02-01 00:00:00.000000'")
    strict = replace(course, late="zero")
    write(strict, timestamp=datetime(2026, 2, 2))
    mark(strict)
    query = (
        "SELECT n.name, sn.late_submission_penalty FROM submitted_notebook sn JOIN notebook n ON n.id = sn.notebook_id"
    )
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        assert dict(connection.execute(query).fetchall()) == {"first": 2.0 + 1.5 + 2.5, "second": 1.0}


def test_a_mark_changes_what_a_plugin_takes_off(course):
    (course.root / "halves.py").write_text(
        "class Half:\n    late_submission_penalty = lambda self, who, score, late: score / 2\n"
    )
    execute(course.database, "UPDATE assignment SET duedate = '2026-02-01 00:00:00.000000'")
    strict = replace(course, late="halves.Half")
    write(strict, timestamp=datetime(2026, 2, 2))
    mark(strict)
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        found = connection.execute("SELECT late_submission_penalty FROM submitted_notebook ORDER BY 1").fetchall()
    assert found == [(0.5,), ((2.0 + 1.5 + 2.5) / 2,)]


def test_a_notebook_in_time_has_no_penalty_after_marking(course):
    write(course, timestamp=datetime(2026, 2, 2))
    mark(course)
    engine = create_engine(course.database)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT late_submission_penalty FROM submitted_notebook")).scalars()
        assert set(found) == {None}
    engine.dispose()


def test_text_of_markers_is_kept_as_far_as_a_database_can(open_course):
    write(open_course)
    mark(open_course, tiny.mark(comment="NUL \0 and \ud800", marker="Ä. Märker"))
    (kept,) = marks(open_course)[KEY]
    assert kept.sealed
    assert kept.mark.comment == "NUL \N{REPLACEMENT CHARACTER} and ?"
    assert kept.mark.marker == "Ä. Märker"
