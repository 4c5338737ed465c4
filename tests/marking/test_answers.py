"""A marker sees the answer, its rubric and the model answer, but not whose it is; and nothing in it does anything."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.errors import CourseError
from graders.marking.answers import answers, plain
from graders.marking.giving import give, mark_of
from tests.marking.essays import ANSWER, LEVER, NOTEBOOK, SLUG, STUDENTS, TRAFFIC, hand_in


def of(found, exercise=TRAFFIC):
    return [answer for answer in found if answer.exercise.id == exercise]


def test_every_answer_is_there_once_by_exercise(course, gradebook):
    found = answers(course, gradebook, SLUG)
    assert [answer.exercise.id for answer in found] == [TRAFFIC] * len(STUDENTS) + [LEVER] * len(STUDENTS)
    for exercise in (TRAFFIC, LEVER):
        assert sorted(answer.student for answer in of(found, exercise)) == STUDENTS


def test_it_says_what_was_written_and_what_a_good_answer_says(course, gradebook):
    answer = next(one for one in answers(course, gradebook, SLUG) if one.student == "student-03")
    assert answer.shown == f"{ANSWER} That is what I, number 03, say."
    assert answer.model_answer.startswith("Three lines are moved")
    assert answer.model_answer.endswith("$B \\cdot I$.")
    assert [criterion.id for criterion in answer.rubric.criteria] == ["bytes", "roof"]
    (lever,) = [one for one in of(answers(course, gradebook, SLUG), LEVER) if one.student == "student-03"]
    assert (lever.shown, lever.answer_digest) == ("", "")


def test_a_model_answer_is_the_students_own_where_there_is_one(course, gradebook):
    hand_in(course, gradebook, "student-01", {TRAFFIC: "x"}, model_answers={TRAFFIC: "It is 17 bytes.\n\nFor you."})
    models = {one.student: one.model_answer for one in of(answers(course, gradebook, SLUG))}
    assert models["student-01"] == "It is 17 bytes.\n\nFor you."
    assert models["student-02"].startswith("Three lines")


def test_ids_give_nobody_away_and_the_order_says_nothing(course, gradebook):
    found = answers(course, gradebook, SLUG)
    assert answers(course, gradebook, SLUG) == found
    assert len({answer.id for answer in found}) == len(STUDENTS)
    orders = [[answer.student for answer in of(found, exercise)] for exercise in (TRAFFIC, LEVER)]
    assert orders[0] != orders[1]
    assert STUDENTS not in orders
    others = answers(replace(course, secret=b"x" * 32), gradebook, SLUG)
    assert {answer.id for answer in others}.isdisjoint({answer.id for answer in found})


def test_what_is_marked_is_left_out_unless_it_is_asked_for(course, gradebook):
    answer = answers(course, gradebook, SLUG)[0]
    give(gradebook, [(answer, mark_of(answer, {"bytes": 1, "roof": 0}, "A. Marker"))])
    assert answer.student not in [one.student for one in of(answers(course, gradebook, SLUG))]
    again = next(one for one in answers(course, gradebook, SLUG, marked=True) if one.student == answer.student)
    assert again.last.mark.points == 0.5


def test_a_graded_notebook_that_was_exchanged_is_not_marked(course, gradebook):
    path = course.autograded("student-01", SLUG) / f"{NOTEBOOK}.ipynb"
    document = json.loads(path.read_bytes())
    cell = next(cell for cell in document["cells"] if cell["id"] == f"{TRAFFIC}-answer")
    cell["source"] = "Something better."
    path.chmod(0o644)
    path.write_text(json.dumps(document))
    with pytest.raises(CourseError, match=f"the answer to {TRAFFIC} is not the one that was graded"):
        answers(course, gradebook, SLUG)
    path.unlink()
    with pytest.raises(CourseError, match="aisa grade"):
        answers(course, gradebook, SLUG)


@given(st.text())
def test_text_that_is_shown_does_nothing(said):
    shown = plain(said)
    assert not [c for c in shown.replace("\n", "") if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029"]
    assert plain(shown) == shown


def test_honest_text_is_shown_as_it_is():
    said = "Zwölf *Bytes*:\n\n| a | b |\n    code  # x\n\n- 日本 😀 é"
    assert plain(said) == said
    assert plain("\x1b[2J\x07a\tb\r\nc\u202ed ") == "\ufffd[2J\ufffda  b\nc\ufffdd"
