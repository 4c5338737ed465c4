"""What belongs to a written answer is found wherever the student put it, and counts as changed when its text does."""

from __future__ import annotations

import copy

import pytest

from graders.grading.rebuild import rebuild
from graders.grading.written import answer_cells, written_answers
from graders.records import WrittenAnswer
from tests.grading.test_rebuild import ANSWER, DONE, SETUP, SOURCE, TASK, TESTS, code, markdown, nbgrader, submission

NEXT = code("table = 1", nbgrader("table"), "table")
PROSE = markdown("## Next\nRead on.", None, "next")
LONG = SOURCE | {"cells": [*SOURCE["cells"], PROSE, NEXT]}
TEXT = markdown("Because of the *bytes*.", None, "mine")


def answers(*cells, source=LONG):
    return written_answers(source, rebuild(source, submission(*cells)).notebook)


def written(*cells):
    """Digest of what stands behind the task."""
    (answer,) = answers(SETUP, DONE, TESTS, TASK, *cells, NEXT)
    return answer.digest


def test_the_cells_behind_the_task_are_the_answer():
    notebook = rebuild(LONG, submission(SETUP, DONE, TESTS, TASK, TEXT, code("1 + 1"), PROSE, NEXT, TEXT)).notebook
    found = answer_cells(LONG, notebook, "why")
    assert [cell["source"] for cell in found] == ["Because of the *bytes*.", "1 + 1"]


def test_nothing_is_written_where_only_course_text_stands():
    assert answers(SETUP, ANSWER, TESTS, TASK, PROSE, NEXT) == (WrittenAnswer("why", 3.0, ""),)
    assert written(markdown("  \n"), PROSE) == ""
    assert written_answers(LONG, None) == (WrittenAnswer("why", 3.0, ""),)
    assert written_answers(LONG | {"cells": [SETUP]}, None) == ()


def test_what_is_typed_into_the_course_text_is_an_answer_too():
    assert written(markdown("## Next\nRead on. Because of the bytes.", None, "next"))


@pytest.mark.parametrize(
    "other",
    [
        [markdown("Because of the *bits*.")],
        [TEXT, markdown("And more.")],
        [code("Because of the *bytes*.")],
        [TEXT | {"attachments": {"a.png": {"image/png": "aGk="}}}],
    ],
)
def test_another_text_is_another_answer(other):
    assert written(*other) != written(TEXT)


def test_the_same_text_is_the_same_answer():
    assert written(TEXT) == written(TEXT, PROSE) == written(markdown("Because of the *bytes*.", None, "other"))
    ran = rebuild(LONG, submission(SETUP, DONE, TESTS, TASK, code("1 + 1"), NEXT)).notebook
    before = written_answers(LONG, ran)
    after = copy.deepcopy(ran)
    after["cells"][4] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "2"}], "execution_count": 3}
    after["cells"][4]["source"] = ["1 + ", "1"]  # as nbformat writes a long one
    assert written_answers(LONG, after) == before


def test_a_picture_alone_is_an_answer():
    assert written(markdown("", None, "mine") | {"attachments": {"a.png": {"image/png": "aGk="}}})


def test_a_task_that_was_moved_takes_what_stands_behind_it():
    (answer,) = answers(TASK, TEXT, SETUP, DONE, TESTS, NEXT)
    assert answer.digest == written(TEXT)
