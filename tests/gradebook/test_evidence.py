"""A score counts only while its evidence says the same, is whole, and was sealed by this course."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.exc import SQLAlchemyError

from graders.errors import GraderError
from graders.gradebook import Gradebook
from graders.records import Flag
from tests.gradebook import tiny
from tests.gradebook.databases import execute

PARTS = ("aisa_exercise_result", "aisa_check_result", "aisa_flag", "aisa_written_answer")
EVIDENCE = ("aisa_execution", *PARTS, "aisa_mark")
FULL = (tiny.result("first", {"m99_a": 2.0, "m99_b": 1.5}), tiny.result("second", {"m99_c": 1.0}))


def change(course, *statements):
    """As somebody with the database's password would."""
    execute(course.database, *statements)


def unproven(course):
    with Gradebook.open(course) as gradebook:
        return {(one.exercise, one.reason) for one in gradebook.unproven(tiny.SLUG)}


def write(course, results=FULL, student="student-01", timestamp=None):
    with Gradebook.open(course) as gradebook:
        gradebook.write_rows(tiny.handed_in(student, timestamp), results)


def test_what_was_graded_is_proven_and_known(open_course):
    write(open_course, timestamp=datetime(2026, 2, 1))
    assert unproven(open_course) == set()
    with Gradebook.open(open_course) as gradebook:
        known = gradebook.known(tiny.SLUG)
        evidence = gradebook.evidence(tiny.SLUG)
    assert known["student-01", "first"].digests == ("s" * 64, "c" * 64)
    assert known["student-01", "first"].scores == {"m99_a": 2.0, "m99_b": 1.5, "why": None}
    assert [known["student-01", name].result for name in ("first", "second")] == list(evidence["student-01"])
    assert known["student-01", "second"].timestamp == datetime(2026, 2, 1)
    assert evidence["student-01"] == tuple(replace(one, document=None) for one in FULL)


def test_the_last_execution_counts(open_course):
    write(open_course)
    later = [tiny.result("first", {"m99_a": 1.0}, digest="t"), FULL[1]]
    write(open_course, later)
    assert unproven(open_course) == set()
    with Gradebook.open(open_course) as gradebook:
        assert gradebook.known(tiny.SLUG)["student-01", "first"].result.exercises[0].points == 1.0


def test_a_missing_notebook_has_evidence_of_its_absence(open_course):
    write(open_course, [FULL[0], tiny.result("second")])
    assert unproven(open_course) == set()
    with Gradebook.open(open_course) as gradebook:
        assert gradebook.known(tiny.SLUG)["student-01", "second"].digests == ("", "c" * 64)


CELL = "cell_id IN (SELECT id FROM base_cell WHERE name = '{}')"


@pytest.mark.parametrize(
    ("statement", "cell", "reason"),
    [
        ("UPDATE grade SET auto_score = 2 WHERE " + CELL, "m99_b", "the evidence says 1.5"),
        ("UPDATE grade SET auto_score = 0 WHERE " + CELL, "m99_b", "the evidence says 1.5"),
        ("UPDATE grade SET auto_score = NULL WHERE " + CELL, "m99_b", "the evidence says 1.5"),
        ("UPDATE grade SET manual_score = 3 WHERE " + CELL, "m99_b", "by hand that no named marker"),
        ("UPDATE grade SET extra_credit = 5 WHERE " + CELL, "m99_b", "extra credit that no named marker"),
        ("UPDATE grade SET auto_score = 4 WHERE " + CELL, "why", "no evidence"),
        ("UPDATE grade SET manual_score = 4 WHERE " + CELL, "why", "by hand that no named marker"),
        (
            "UPDATE grade_cells SET max_score = 1 WHERE " + CELL.replace("cell_id", "id"),
            "m99_b",
            "of 1",
        ),
    ],
)
def test_a_score_that_was_changed_is_unproven(open_course, statement, cell, reason):
    write(open_course)
    change(open_course, statement.format(cell))
    assert [(name, reason in found) for name, found in unproven(open_course)] == [(cell, True)]


def test_a_penalty_that_gives_points_is_unproven(open_course):
    write(open_course)
    change(open_course, "UPDATE submitted_notebook SET late_submission_penalty = -5")
    assert {reason for _, reason in unproven(open_course)} == {"its late penalty adds points"}


def test_a_score_without_evidence_is_unproven(open_course):
    """As unmodified nbgrader leaves it, when our configuration was removed."""
    write(open_course, [FULL[0]])
    change(open_course, "UPDATE grade SET auto_score = 1, needs_manual_grade = false WHERE " + CELL.format("m99_c"))
    assert unproven(open_course) == {("m99_c", "there is no evidence for it")}


def test_a_grade_of_a_notebook_that_was_never_handed_in_is_unproven(open_course):
    write(open_course, [FULL[0], tiny.result("second")])
    change(open_course, "UPDATE grade SET auto_score = 1 WHERE " + CELL.format("m99_c"))
    assert {name for name, _ in unproven(open_course)} == {"m99_c"}


def test_somebody_elses_evidence_does_not_count(open_course):
    write(open_course)
    write(open_course, [tiny.result("first", {}), tiny.result("second", {})], student="student-02")
    drop_guards(open_course)
    change(open_course, "UPDATE aisa_execution SET student = 'student-02' WHERE student = 'student-01'")
    found = {reason for _, reason in unproven(open_course)}
    assert "there is no evidence for it" in found


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE aisa_exercise_result SET points = 3 WHERE exercise = 'm99_b'",
        "UPDATE aisa_check_result SET kept = true",
        "UPDATE aisa_execution SET unsafe = '[]', graded_at = '2020-01-01'",
        "UPDATE aisa_execution SET seal = '" + "0" * 64 + "'",
        "UPDATE aisa_execution SET submitted_digest = '" + "9" * 64 + "'",
        "DELETE FROM aisa_check_result",
        "DELETE FROM aisa_flag",
        "INSERT INTO aisa_flag VALUES (1, 9, 'k', 'p', 'd')",
        "UPDATE aisa_written_answer SET digest = ''",
        "DELETE FROM aisa_written_answer",
    ],
)
def test_evidence_that_was_changed_breaks_its_seal(open_course, statement):
    flagged = [replace(one, flags=(tiny.flag(),)) for one in FULL]
    write(open_course, flagged)
    drop_guards(open_course)
    change(open_course, statement, "UPDATE grade SET auto_score = 3 WHERE " + CELL.format("m99_b"))
    assert "its evidence was changed: the seal does not hold" in {reason for _, reason in unproven(open_course)}
    with Gradebook.open(open_course) as gradebook:
        assert not gradebook.known(tiny.SLUG)["student-01", "first"].proven


def test_the_seal_of_another_course_does_not_hold(open_course):
    write(open_course)
    assert unproven(replace(open_course, secret=b"x" * 32))


def drop_guards(course):
    if course.database.startswith("sqlite"):
        verbs = ("update", "delete", "insert")
        change(course, *(f"DROP TRIGGER {table}_no_{verb}" for table in EVIDENCE for verb in verbs))
    else:
        change(course, *(f"DROP TRIGGER {table}_append_only ON {table}" for table in EVIDENCE))


@pytest.mark.parametrize("table", EVIDENCE)
@pytest.mark.parametrize("verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "replace", "TRUNCATE {0} CASCADE"])
def test_evidence_is_append_only(open_course, table, verb):
    write(open_course, [replace(one, flags=(tiny.flag(),)) for one in FULL])
    with Gradebook.open(open_course) as gradebook:
        gradebook.write_marks([tiny.mark()], lambda mark: mark.comment)
    sqlite = open_course.database.startswith("sqlite")
    if (verb == "replace" and not sqlite) or (verb.startswith("TRUNCATE") and sqlite):
        pytest.skip("the other database's way")
    column = "position" if table in PARTS else "id"
    statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" if verb == "replace" else verb
    with pytest.raises(SQLAlchemyError, match="evidence is append-only"):
        change(open_course, statement.format(table, column))
    assert unproven(open_course) == set()


def test_a_score_that_was_changed_is_graded_again(open_course):
    write(open_course)
    change(open_course, "UPDATE grade SET auto_score = 3 WHERE " + CELL.format("m99_b"))
    with Gradebook.open(open_course) as gradebook:
        assert {key: one.proven for key, one in gradebook.known(tiny.SLUG).items()} == {
            ("student-01", "first"): False,
            ("student-01", "second"): True,
        }
    write(open_course)
    assert unproven(open_course) == set()


def test_a_mark_by_hand_is_no_reason_to_grade_again(open_course):
    write(open_course)
    change(open_course, "UPDATE grade SET manual_score = 1, extra_credit = 1")
    with Gradebook.open(open_course) as gradebook:
        assert [one.proven for one in gradebook.known(tiny.SLUG).values()] == [True, True]


def test_a_student_who_was_removed_is_not_known(open_course):
    write(open_course)
    change(open_course, "DELETE FROM grade", "DELETE FROM comment", "DELETE FROM submitted_notebook")
    change(open_course, "DELETE FROM submitted_assignment")
    with Gradebook.open(open_course) as gradebook:
        assert gradebook.known(tiny.SLUG) == {}


def test_text_of_students_is_kept_as_far_as_a_database_can(open_course):
    odd = Flag("tags", "cell \ud800", "NUL \0, a quote ' and \N{SNOWMAN}")
    write(open_course, [replace(FULL[0], flags=(odd,)), FULL[1]])
    with Gradebook.open(open_course) as gradebook:
        (kept,) = gradebook.evidence(tiny.SLUG)["student-01"][0].flags
    assert kept.detail == "NUL \N{REPLACEMENT CHARACTER}, a quote ' and \N{SNOWMAN}"
    assert unproven(open_course) == set()


def test_what_is_odd_about_the_folder_is_said_once(open_course):
    submission = replace(tiny.handed_in(), flags=(Flag("extra-file", "x.txt", "It is not used."),))
    with Gradebook.open(open_course) as gradebook:
        gradebook.write_rows(submission, FULL)
        kinds = [[flag.kind for flag in one.flags] for one in gradebook.evidence(tiny.SLUG)["student-01"]]
    assert kinds == [["extra-file"], []]


@pytest.mark.parametrize("points", [float("nan"), float("inf"), -1.0, 2.5])
def test_points_that_cannot_be_are_never_written(open_course, points):
    first, second = FULL[0].exercises
    wrong = replace(FULL[0], exercises=(replace(first, points=points), second))
    with pytest.raises(GraderError, match="m99_a was given"):
        write(open_course, [wrong, FULL[1]])
    with Gradebook.open(open_course) as gradebook:
        assert gradebook.evidence(tiny.SLUG) == {}
        assert gradebook.known(tiny.SLUG) == {}
