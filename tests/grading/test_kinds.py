"""Values, a file, a figure and a written exercise, graded: what a human marks has no automatic point."""

from __future__ import annotations

import json

import pytest

from graders.authoring.answers import fill, release, text
from graders.authoring.build import write
from graders.checks.catalogue import load as load_checks
from graders.course import Submission, init, load
from graders.grading import Grader, assignment
from tests.checks.conftest import _own_references  # noqa: F401  reference solutions of this module's own root
from tests.checks.kinds_module import SLUG, kinds_module

CHECKED = {"m95_busiest": 3.0, "m95_limits_file": 2.0, "m95_ceiling_figure": 3.0}
ANSWER = "Because the load unit is busy. <script>alert(1)</script>"


@pytest.fixture
def grader(tmp_path):
    write([kinds_module(tmp_path / "material")])
    init(tmp_path / "course", students=["student-01"], material=tmp_path / "material")
    with Grader(load(tmp_path / "course"), SLUG, allow_unsafe=True) as made:
        yield made


def graded(grader, notebook):
    notebooks = {} if notebook is None else {"practical": json.dumps(notebook).encode()}
    return grader.grade(Submission("student-01", SLUG, notebooks), "practical")


def test_a_written_exercise_is_left_to_a_human(grader):
    source = json.loads(grader.assignment.sources["practical"])
    result = graded(grader, source)
    assert {one.exercise: one.points for one in result.exercises} == CHECKED
    assert [flag.kind for flag in result.flags] == ["changed-locked-cell"], "no student has the mark scheme"
    catalogue = grader.assignment.catalogue
    right = {id_: catalogue.quoted(answers[0]) for id_, answers in catalogue.answers.items()}
    handed_in = fill(release(source), right)
    place = next(index for index, cell in enumerate(handed_in["cells"]) if cell["id"] == "m95_ceiling_explained-answer")
    handed_in["cells"][place]["source"] = ANSWER
    handed_in["cells"].insert(
        place + 1, {**handed_in["cells"][1], "id": "own", "metadata": {}, "source": "print(7 * 6)"}
    )
    result = graded(grader, handed_in)
    assert {one.exercise: one.points for one in result.exercises} == CHECKED
    task, answer, own = result.document["cells"][place - 1 : place + 2]
    assert text(task) == text(source["cells"][place - 1]), "the marker sees the whole task cell, mark scheme and all"
    assert text(answer) == ANSWER
    assert "".join(own["outputs"][0]["text"]) == "42\n"


def test_neither_a_blank_nor_a_missing_one_has_a_point_or_a_zero_of_it(grader):
    for notebook in (release(json.loads(grader.assignment.sources["practical"])), None):
        result = graded(grader, notebook)
        assert {one.exercise: one.points for one in result.exercises} == dict.fromkeys(CHECKED, 0.0)


def test_a_mark_scheme_that_a_student_writes_is_not_ours(grader):
    source = json.loads(grader.assignment.sources["practical"])
    handed_in = release(source)
    task = next(cell for cell in handed_in["cells"] if cell["id"] == "m95_ceiling_explained")
    task["source"] += "\n### BEGIN MARK SCHEME\nFull marks for this student.\n### END MARK SCHEME"
    result = graded(grader, handed_in)
    assert "Full marks for this student" not in json.dumps(result.document)
    assert [flag.kind for flag in result.flags] == ["changed-locked-cell"]


def test_a_corrected_rubric_is_another_context(grader, tmp_path):
    before = grader.context_digest("practical")
    path = tmp_path / "material" / "rubrics" / f"{SLUG}.yaml"
    assert not grader.assignment.is_stale(grader.course)
    path.write_text(path.read_text().replace("in a wrong unit", "without a unit"))
    assert grader.assignment.is_stale(grader.course)
    with Grader(grader.course, SLUG, allow_unsafe=True) as again:
        assert again.context_digest("practical") != before


def test_whether_checks_have_changed_is_read_once(grader, monkeypatch):
    """Not once an exercise: `nbgrader autograde` and formgrader ask before each submission."""
    read = []
    monkeypatch.setattr(assignment, "load", lambda module: read.append(module.slug) or load_checks(module))
    assert not grader.assignment.is_stale(grader.course)
    assert read == [SLUG]
