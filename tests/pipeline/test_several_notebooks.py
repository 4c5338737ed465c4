"""nbgrader's commands and ours on several notebooks with task cells: the same rows, before and after a marker."""

from __future__ import annotations

import json
import sqlite3

import pytest

from graders.course import load
from graders.gradebook import Gradebook
from graders.grading import grade_course
from graders.grading.notebook import close_graders
from tests.foreign.courses import rows, ungraded
from tests.gradebook.test_rows import COMMENTS, GRADES
from tests.nbgrader_commands import nbgrader
from tests.pipeline import small_course
from tests.pipeline.small_course import NOTEBOOKS, ONLY_SQUARES, RIGHT, SLUG, WRITTEN

MARKED = """UPDATE grade SET manual_score = 4, needs_manual_grade = 0
    WHERE cell_id IN (SELECT id FROM base_cell WHERE name = ?)"""


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    """The same submissions of three notebooks, graded by `nbgrader autograde` and by `aisa grade`."""
    with small_course.own_references():
        place = tmp_path_factory.mktemp("several")
        late = f"late: zero\ndue: {{{SLUG}: 2026-02-01T00:00:00}}\n"
        course = small_course.make_course(place, {"blank": {}, "done": RIGHT, "late": RIGHT, "lacking": RIGHT}, late)
        small_course.hand_in(course, "done", RIGHT, "The shadow of a line on a side is shorter than the side.")
        (course.submitted("late", SLUG) / "timestamp.txt").write_text("2026-02-01 01:00:00.000000 UTC")
        (course.submitted("lacking", SLUG) / "practical.ipynb").unlink()
        other = load(ungraded(course.root, place / "aisa"))
        graded(load(course.root), other)
        yield load(course.root), other
    close_graders()


def graded(theirs, ours, *more):
    nbgrader(theirs.root, "autograde", SLUG, *more)
    grade_course(ours, SLUG)


def compare(courses):
    for query in (GRADES, COMMENTS):
        theirs, ours = (rows(course.root, query) for course in courses)
        assert theirs == ours
    return {(row[0], row[3]): row for row in rows(courses[0].root, GRADES)}


def test_rows_are_the_same_whichever_way(courses):
    found = compare(courses)
    assert len(found) == 4 * 5
    assert {key[0] for key in found} == {"blank", "done", "lacking", "late"}
    for student in ("blank", "done", "late"):
        assert found[student, WRITTEN][4:8] == (None, None, None, 1), "a human has to mark it"
    assert (found["lacking", "m96_area_m2"][4], found["lacking", "m96_diagonal_m"][4]) == (0.0, 3.0)
    assert {key[1]: row[8] for key, row in found.items() if key[0] == "late" and row[8]} == {
        "m96_area_m2": 6.0,
        "m96_perimeter_m": 6.0,
        "m96_diagonal_m": 3.0,
        WRITTEN: 3.0,
        "m96_is_square": 1.0,
    }


def test_evidence_is_the_same_whichever_way(courses):
    evidence = []
    for course in courses:
        with Gradebook.open(course) as gradebook:
            assert gradebook.unproven(SLUG) == ()
            evidence.append(gradebook.evidence(SLUG))
    assert evidence[0] == evidence[1]
    assert [result.notebook for result in evidence[0]["done"]] == sorted(NOTEBOOKS)


def test_the_graded_notebooks_are_there_and_the_task_shows_its_rubric(courses):
    for course in courses:
        names = {path.stem for path in course.autograded("lacking", SLUG).glob("*.ipynb")}
        assert names == {"worked_example", "novel_scenario"}
        document = json.loads((course.autograded("done", SLUG) / "worked_example.ipynb").read_bytes())
        text = "".join("".join(cell["source"]) for cell in document["cells"])
        assert "Moves an end of the line to a corner." in text
        assert "Its shadow on each side" in text


def test_rows_are_the_same_when_a_marker_has_been_there(courses):
    """Marks by hand stay; a notebook that is graded again asks its marker to look again, and a late one loses them."""
    for course in courses:
        _execute(course, MARKED, WRITTEN)
        small_course.hand_in(course, "blank", ONLY_SQUARES, "Because it is so.")
        small_course.hand_in(course, "late", RIGHT, "Another answer.")
        (course.submitted("late", SLUG) / "timestamp.txt").write_text("2026-02-01 02:00:00.000000 UTC")
    graded(*courses, "--force")
    found = compare_of(courses, {"blank", "late"})
    assert found["blank", WRITTEN][4:8] == (None, 4.0, None, 1)
    assert found["late", WRITTEN][8] == 3.0 + 4.0


def compare_of(courses, students):
    """Rows of some students: of the others nbgrader was made to grade what had not changed."""
    theirs, ours = ([row for row in rows(one.root, GRADES) if row[0] in students] for one in courses)
    assert theirs == ours
    return {(row[0], row[3]): row for row in theirs}


def _execute(course, statement, *values):
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        connection.execute(statement, values)


def test_nothing_is_left_to_do_after_nbgrader(courses):
    found = {receipt.student: receipt.state for receipt in grade_course(courses[0], SLUG)}
    assert set(found.values()) == {"unchanged"}
