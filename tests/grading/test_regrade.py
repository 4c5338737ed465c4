"""Graded again: only what a change touches is asked, and every score that it changes is listed, with the reason."""

from __future__ import annotations

import json
import shutil
import sqlite3

import pytest

from graders.cli import main
from graders.course import load
from graders.gradebook import Gradebook
from graders.grading import ScoreChange, grade_course
from graders.grading import grader as grading
from graders.sandbox import Sandbox
from tests.pipeline import small_course
from tests.pipeline.small_course import ONLY_SQUARES, RIGHT, SLUG

STUDENTS = {
    "student-01": RIGHT,
    "student-02": RIGHT | ONLY_SQUARES,
    "student-03": ONLY_SQUARES,
    "student-04": {},
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The course, graded once."""
    with small_course.own_references():
        course = small_course.make_course(tmp_path_factory.mktemp("regrade"), STUDENTS)
        grade_course(course, SLUG)
        yield course


@pytest.fixture
def course(graded, tmp_path):
    """A copy of it, with material of its own."""
    root = small_course.copy(graded, tmp_path / "course")
    material = shutil.copytree(
        graded.material, tmp_path / "material", ignore=shutil.ignore_patterns("reference_solutions")
    )
    text = (root / "course.yaml").read_text().replace(str(graded.material), str(material))
    (root / "course.yaml").write_text(text)
    return load(root)


@pytest.fixture
def asked(monkeypatch):
    """Exercises that are asked from now on, one entry for each submission."""
    found, run = [], grading.run

    def noting(exercise, *rest):
        found.append(exercise.id)
        return run(exercise, *rest)

    monkeypatch.setattr(grading, "run", noting)
    return found


@pytest.fixture
def ran(monkeypatch):
    """How many notebooks run from now on."""
    found, run = [], Sandbox.run

    def noting(sandbox, cells, *rest, **more):
        found.append(cells)
        return run(sandbox, cells, *rest, **more)

    monkeypatch.setattr(Sandbox, "run", noting)
    return found


def receipts(course):
    return {receipt.student: receipt for receipt in grade_course(course, SLUG, workers=1)}


def changes(course):
    return [change for receipt in receipts(course).values() for change in receipt.changes]


def points(course):
    query = """SELECT a.student_id, c.name, g.auto_score FROM grade g JOIN base_cell c ON g.cell_id = c.id
        JOIN submitted_notebook n ON g.notebook_id = n.id JOIN submitted_assignment a ON n.assignment_id = a.id"""
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        return {(student, cell): score for student, cell, score in connection.execute(query)}


def test_a_corrected_check_is_asked_alone(course, asked, ran):
    small_course.correct(course)
    found = receipts(course)
    assert sorted(asked) == ["m96_area_m2"] * len(STUDENTS)
    assert len(ran) == len(STUDENTS), "only the notebook that it stands in"
    assert {receipt.detail for receipt in found.values()} == {"practical: 1 of 2 again"}


def test_every_changed_score_is_listed_and_no_other(course):
    before = points(course)
    small_course.correct(course)
    listed = changes(course)
    assert listed == [
        ScoreChange(student, "practical", "m96_area_m2", 4.0, 2.0, "lost now: any")
        for student in ("student-02", "student-03")
    ]
    after = points(course)
    assert {key for key in after if after[key] != before[key]} == {(one.student, one.exercise) for one in listed}


def test_regraded_is_what_it_would_be_graded_anew(course, tmp_path):
    """Results that stand and results that were asked again are those of a course that never knew the weak check."""
    small_course.correct(course)
    anew = load(small_course.copy(course, tmp_path / "anew"))
    with sqlite3.connect(anew.root / "gradebook.db") as connection:
        for table in ("grade", "comment", "submitted_notebook", "submitted_assignment"):
            connection.execute(f"DELETE FROM {table}")
    again, fresh = receipts(course), receipts(anew)
    assert {name: (one.points, one.flags) for name, one in again.items()} == {
        name: (one.points, one.flags) for name, one in fresh.items()
    }
    evidence = []
    for one in (course, anew):
        with Gradebook.open(one) as gradebook:
            assert gradebook.unproven(SLUG) == ()
            evidence.append(gradebook.evidence(SLUG))
    assert evidence[0] == evidence[1]
    for path in sorted((course.root / "autograded").rglob("*.ipynb")):
        assert path.read_bytes() == (anew.root / path.relative_to(course.root)).read_bytes()
    assert {receipt.state for receipt in receipts(course).values()} == {"unchanged"}


def test_a_check_that_comes_back_gives_the_points_back(course):
    weak = (course.material / "assignments/authoring" / SLUG / "practical/checks.py").read_text()
    small_course.correct(course)
    receipts(course)
    (course.material / "assignments/authoring" / SLUG / "practical/checks.py").write_text(weak)
    assert {(one.before, one.after, one.why) for one in changes(course)} == {(2.0, 4.0, "kept now: any")}


def edit_checks(course, text, other):
    path = course.material / "assignments/authoring" / SLUG / "practical/checks.py"
    path.write_text(path.read_text().replace(text, other, 1))


def test_a_check_that_weighs_more(course):
    small_course.correct(course)
    receipts(course)
    edit_checks(course, '"any", weight=1', '"any", weight=3')
    found = {one.student: (one.before, one.after, one.why) for one in changes(course)}
    assert found == dict.fromkeys(("student-02", "student-03"), (2.0, 1.0, "its checks weigh otherwise"))


def test_a_check_of_another_name_is_another_check(course):
    edit_checks(course, '"any", weight=1, cases=SQUARES', '"bars", weight=1, cases=BARS')
    assert {one.why for one in changes(course)} == {"new check, lost: bars; no check any more: any"}


def test_an_unchanged_score_is_not_listed(course, asked):
    small_course.correct(course)
    receipts(course)
    edit_checks(course, '"any"', '"bars"')
    asked.clear()
    assert changes(course) == []
    assert asked == ["m96_area_m2"] * len(STUDENTS)


def test_what_else_changes_has_everything_asked_again(course, asked):
    """Whatever a notebook runs on may change any answer: limits, data, the source itself."""
    path = course.root / "course.yaml"
    path.write_text(path.read_text() + "limits: {memory_bytes: 3000000000}\n")
    assert changes(load(course.root)) == []
    assert len(asked) == 4 * len(STUDENTS)


def test_evidence_that_does_not_hold_does_not_stand(course, asked):
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        connection.execute("DROP TRIGGER aisa_exercise_result_no_update")
        connection.execute("UPDATE aisa_exercise_result SET points = 2 WHERE exercise = 'm96_perimeter_m'")
        connection.execute("UPDATE grade SET auto_score = 2 WHERE auto_score < 2")
    small_course.correct(course)
    receipts(course)
    assert sorted(set(asked)) == sorted(RIGHT)
    assert points(course)["student-04", "m96_perimeter_m"] == 0.0


def test_a_score_that_somebody_changed_is_put_right_and_listed(course):
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        connection.execute("UPDATE grade SET auto_score = 3.5 WHERE auto_score = 3")
    found = changes(course)
    assert [(one.student, one.exercise, one.before, one.after) for one in found] == [
        (student, "m96_diagonal_m", 3.5, 3.0) for student in ("student-01", "student-02")
    ]
    assert {one.why for one in found} == {"the gradebook had been changed: the evidence said 3"}


def test_another_submission_changes_scores_and_says_so(course):
    small_course.hand_in(course, "student-04", RIGHT)
    found = changes(course)
    assert {one.exercise: (one.before, one.after) for one in found} == {
        exercise: (0.0, most) for exercise, most in small_course.POINTS.items()
    }
    assert {one.why for one in found} == {"another notebook was handed in"}


def test_one_notebook_handed_in_again_leaves_the_others_alone(course, ran):
    folder = course.submitted("student-04", SLUG)
    kept = {name: (folder / f"{name}.ipynb").read_bytes() for name in ("practical", "novel_scenario")}
    small_course.hand_in(course, "student-04", RIGHT)
    for name, content in kept.items():
        (folder / f"{name}.ipynb").write_bytes(content)
    receipt = receipts(course)["student-04"]
    assert len(ran) == 1
    assert receipt.points == 3.0
    assert [one.exercise for one in receipt.changes] == ["m96_diagonal_m"]


def test_a_notebook_that_is_taken_back_is_listed(course):
    (course.submitted("student-01", SLUG) / "worked_example.ipynb").unlink()
    gone = [("m96_diagonal_m", 3.0, 0.0), ("m96_longest", None, 0.0)]  # the second is written, and was not marked
    assert [(one.exercise, one.before, one.after) for one in changes(course)] == gone


# --- lateness --------------------------------------------------------------------------------------------------------


@pytest.fixture
def late(course):
    """The same, handed in after what will be the due date, and graded so."""
    for student in ("student-01", "student-04"):
        (course.submitted(student, SLUG) / "timestamp.txt").write_text("2026-02-01 01:00:00.000000 UTC")
    receipts(course)
    path = course.root / "course.yaml"
    path.write_text(path.read_text() + f"late: zero\ndue: {{{SLUG}: 2026-02-01T00:00:00}}\n")
    return load(course.root)


def test_a_changed_late_rule_is_listed_and_runs_nothing(late, ran):
    found = changes(late)
    assert {(one.student, one.notebook): (one.exercise, one.before, one.after) for one in found} == {
        ("student-01", "practical"): ("late penalty", 0.0, 6.0),
        ("student-01", "worked_example"): ("late penalty", 0.0, 3.0),
        ("student-01", "novel_scenario"): ("late penalty", 0.0, 1.0),
    }
    assert ran == []
    assert penalties(late) == {
        ("student-01", name): lost for name, lost in (("practical", 6), ("worked_example", 3), ("novel_scenario", 1))
    }
    assert {receipt.state for receipt in receipts(late).values()} == {"unchanged"}


def test_a_corrected_check_and_a_late_rule_at_once(late, ran):
    small_course.hand_in(late, "student-04", ONLY_SQUARES)
    receipts(late)
    small_course.correct(late)
    found = {(one.student, one.exercise): (one.before, one.after) for one in changes(late)}
    assert found["student-04", "m96_area_m2"] == (4.0, 2.0)
    assert found["student-04", "late penalty"] == (4.0, 2.0)
    assert penalties(late)["student-04", "practical"] == 2.0


def penalties(course):
    query = """SELECT a.student_id, b.name, n.late_submission_penalty FROM submitted_notebook n
        JOIN notebook b ON n.notebook_id = b.id JOIN submitted_assignment a ON n.assignment_id = a.id"""
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        return {(student, name): lost for student, name, lost in connection.execute(query) if lost}


# --- what the command says ------------------------------------------------------------------------------------------


def aisa(capsys, monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["aisa", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().out


def test_the_command_lists_them(course, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    small_course.correct(course)
    code, said = aisa(capsys, monkeypatch, "grade", SLUG, "--course", str(course.root))
    assert code == 0
    assert "2 scores changed" in said
    lines = [line.split() for line in said.splitlines() if "m96_area_m2" in line]
    assert [line[:6] for line in lines] == [
        [name, "practical:", "m96_area_m2", "4", "->", "2"] for name in ("student-02", "student-03")
    ]
    assert all("lost now: any" in line for line in said.splitlines() if "m96_area_m2" in line)


def test_the_command_lists_them_as_json(course, capsys, monkeypatch):
    small_course.correct(course)
    _, said = aisa(capsys, monkeypatch, "grade", SLUG, "--course", str(course.root), "--json")
    found = {receipt["student"]: receipt["changes"] for receipt in json.loads(said)}
    assert found["student-01"] == found["student-04"] == []
    change = {"student": "student-02", "notebook": "practical", "exercise": "m96_area_m2"}
    assert found["student-02"] == [change | {"before": 4.0, "after": 2.0, "why": "lost now: any"}]
