"""What a candidate wrote is what they are asked about: all of it, and nothing that the course wrote."""

from __future__ import annotations

import json

import pytest

from graders.authoring.answers import exercise_answered, release, text
from graders.course import init, load
from graders.panel.answers import answers_of

SLUG, STUDENT = "m02_tools_methods", "student-01"
CLASS = "m02_counter_multiplexer"


@pytest.fixture
def course(tmp_path):
    return load(init(tmp_path / "course", course_id="spring", students=[STUDENT]).root)


def graded(course, edit):
    """The released practical notebook with answers edited, where a graded one lies."""
    document = release(json.loads((course.source(SLUG) / "practical.ipynb").read_bytes()))
    for cell in document["cells"]:
        if exercise := exercise_answered(cell):
            cell["source"] = edit(exercise, text(cell))
    path = course.autograded(STUDENT, SLUG) / "practical.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(document))
    return {one.exercise: one for one in answers_of(course, STUDENT)}


def test_what_is_as_it_was_released_is_left_out(course):
    assert graded(course, lambda _, said: said) == {}
    assert graded_again(course, lambda _, said: said + "\n   \n") == {}, "blanks are no answer"


def graded_again(course, edit):
    for path in course.autograded(STUDENT, SLUG).glob("*"):
        path.unlink()
    course.autograded(STUDENT, SLUG).rmdir()
    return graded(course, edit)


def test_a_class_with_one_method_left_is_kept_with_what_was_written(course):
    def edit(exercise, said):
        assert said.count("raise NotImplementedError") >= 1
        if exercise != CLASS:
            return said
        assert said.count("raise NotImplementedError") >= 2, "a method each"
        return said.replace("raise NotImplementedError", "self.counts = {name: 0.25 for name in ()}", 1)

    found = graded(course, edit)
    assert list(found) == [CLASS]
    assert "self.counts = {name: 0.25 for name in ()}" in found[CLASS].said
    assert found[CLASS].kind == "code"
