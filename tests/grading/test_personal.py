"""Personal notebooks, graded: everybody by their own scenario, whatever id the notebook names."""

from __future__ import annotations

import json
import shutil

import pytest

from graders.authoring.answers import fill, text
from graders.authoring.build import write
from graders.course import init, load
from graders.course.intake import Submission
from graders.errors import CourseError
from graders.grading import Grader
from graders.grading.personal import mistyped_id
from tests.checks.conftest import _own_references  # noqa: F401  reference solutions of this module's own root
from tests.checks.personal_module import SLUG, personal_module

STUDENTS = ("student-01", "student-02")
FULL = {"m94_verdict": 4.0, "m94_price_list": 2.0, "m94_revenue": 2.0}


@pytest.fixture
def course(tmp_path):
    write([personal_module(tmp_path / "material")])
    return init(tmp_path / "course", students=STUDENTS, material=tmp_path / "material")


@pytest.fixture
def grader(course):
    with Grader(course, SLUG, allow_unsafe=True) as made:
        yield made


def answered(grader, *, student="student-01", **cells):
    """The release with right answers; `verdict="..."` puts a text into a cell of its own."""
    catalogue = grader.assignment.catalogue
    right = {id_: catalogue.quoted(answers[0]) for id_, answers in catalogue.answers.items()}
    right |= {f"m94_{name}": answer for name, answer in cells.items()}
    notebook = fill(grader.assignment.releases["novel_scenario"], right)
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == "student-id"]
    cell["source"] = text(cell).replace('""', repr(student))
    return notebook


def graded(grader, student, notebook):
    submission = Submission(student, SLUG, {"novel_scenario": json.dumps(notebook).encode()})
    return grader.grade(submission, "novel_scenario")


def points(result):
    return {one.exercise: one.points for one in result.exercises}


def test_each_student_is_checked_by_their_own_scenario(grader):
    for student in STUDENTS:
        result = graded(grader, student, answered(grader, student=student))
        assert points(result) == FULL
        assert result.flags == ()


@pytest.mark.parametrize("named", ["student-02", "Student-01", "", "student-01\u200b", "<b>me</b>"])
def test_a_mistyped_id_is_flagged_and_costs_nothing(grader, named):
    result = graded(grader, "student-01", answered(grader, student=named))
    assert points(result) == FULL
    (flag,) = result.flags
    assert (flag.kind, flag.where) == ("mistyped-id", "STUDENT")
    assert "checked with the scenario of student-01" in flag.detail
    assert "<" not in flag.detail


def test_spaces_around_an_id_are_no_mistake(grader):
    result = graded(grader, "student-01", answered(grader, student=" student-01 "))
    assert (points(result), result.flags) == (FULL, ())


def test_the_last_id_that_a_student_writes_counts(grader):
    notebook = answered(grader, student="student-02")
    own = {"cell_type": "code", "id": "own", "metadata": {}, "outputs": [], "execution_count": None}
    notebook["cells"].insert(2, own | {"source": "# mine is another\nSTUDENT='student-01' # sorry"})
    assert graded(grader, "student-01", notebook).flags == ()


@pytest.mark.parametrize("said", ["STUDENT = " + " " * 500_000 + "x", "STUDENT = '" + "#" * 500_000, "STUDENT == 'me'"])
def test_what_is_no_id_names_nobody_and_takes_no_time(said):
    cell = {"cell_type": "code", "metadata": {}, "source": said}
    (flag,) = mistyped_id("me", {"cells": [cell]})
    assert "names nobody" in flag.detail


def test_a_cell_of_the_id_that_is_gone_is_flagged(grader):
    notebook = answered(grader)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "student-id"]
    result = graded(grader, "student-01", notebook)
    assert [flag.kind for flag in result.flags] == ["mistyped-id"]
    assert "names nobody" in result.flags[0].detail


def test_somebody_else_s_numbers_are_wrong(grader):
    theirs = grader.assignment.scenario("student-02", "novel_scenario")
    copied = f"import json\nscenario = {theirs!r}\n"
    notebook = answered(grader)
    index = next(index for index, cell in enumerate(notebook["cells"]) if cell["id"] == "m94_verdict-answer")
    notebook["cells"][index]["source"] = copied + text(notebook["cells"][index])
    result = graded(grader, "student-01", notebook)
    assert points(result)["m94_verdict"] < FULL["m94_verdict"]
    assert points(result)["m94_price_list"] == 0
    assert points(result)["m94_revenue"] == FULL["m94_revenue"]


def test_the_marker_reads_a_model_answer_about_this_student(grader):
    for student in STUDENTS:
        scenario = grader.assignment.scenario(student, "novel_scenario")
        earned = {good: price * scenario["sold"][good] for good, price in scenario["price"].items()}
        result = graded(grader, student, answered(grader, student=student))
        (task,) = [cell for cell in result.document["cells"] if cell["id"] == "m94_verdict_explained"]
        least = min(earned, key=earned.get)
        expected = f"In {scenario['town']} {least} earn {earned[least]:,d}, the least, since $x_{{max}}$ is larger at a"
        assert expected in text(task)


# --- what students got decides --------------------------------------------------------------------------------------


def test_students_get_the_salt_and_never_the_secret(course):
    given = (course.source(SLUG) / "scenario.py").read_text()
    assert course.salt.hex() in given
    assert course.secret.hex() not in given


def test_the_file_that_students_got_decides_not_the_author_s(course, tmp_path):
    path = tmp_path / "material" / "assignments" / "authoring" / SLUG / "novel_scenario" / "scenario.py"
    with Grader(course, SLUG, allow_unsafe=True) as before:
        path.write_text(path.read_text().replace("10, 40", "41, 90"))
        with Grader(course, SLUG, allow_unsafe=True) as after:
            for student in STUDENTS:
                scenario = before.assignment.scenario(student, "novel_scenario")
                assert after.assignment.scenario(student, "novel_scenario") == scenario
            assert points(graded(after, "student-01", answered(after))) == FULL


def test_another_scenario_is_another_context(course, grader):
    before = grader.context_digest("novel_scenario")
    path = course.source(SLUG) / "scenario.py"
    path.write_text(path.read_text().replace("10, 40", "41, 90"))
    assert grader.assignment.is_stale(course)
    with Grader(course, SLUG, allow_unsafe=True) as again:
        assert again.context_digest("novel_scenario") != before


def test_another_course_has_other_scenarios(course, tmp_path):
    other = init(tmp_path / "other", students=STUDENTS, material=tmp_path / "material")
    assert (other.source(SLUG) / "scenario.py").read_text() != (course.source(SLUG) / "scenario.py").read_text()


def test_a_missing_file_is_one_message(course):
    (course.source(SLUG) / "scenario.py").unlink()
    with pytest.raises(CourseError, match="there are no personal scenarios"):
        Grader(course, SLUG)


def test_a_moved_course_has_the_same_scenarios(course, grader, tmp_path):
    moved = load(shutil.copytree(course.root, tmp_path / "moved"))
    with Grader(moved, SLUG, allow_unsafe=True) as there:
        scenarios = [one.assignment.scenario("student-01", "novel_scenario") for one in (grader, there)]
        assert scenarios[0] == scenarios[1]
