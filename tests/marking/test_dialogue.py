"""At the terminal: a level for each criterion, kept as soon as an answer is whole; nothing else is."""

from __future__ import annotations

import pytest

from graders.errors import GraderError, UsageError
from graders.marking.answers import answers
from graders.marking.dialogue import mark_by_dialogue
from tests.marking.essays import LEVER, NOTEBOOK, SLUG, STUDENTS, TRAFFIC, hand_in


def play(course, gradebook, *typed, marker="A. Marker", exercise=TRAFFIC):
    """Type these lines, then end; what was given, asked and shown."""
    lines, asked, shown = iter(typed), [], []

    def ask(question):
        asked.append(question)
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    found = [one for one in answers(course, gradebook, SLUG) if one.exercise.id == exercise]
    return mark_by_dialogue(gradebook, found, marker, ask, shown.append), asked, "\n".join(shown)


def test_levels_become_a_mark_at_once(course, gradebook):
    given, asked, shown = play(course, gradebook, "2", "1", "Fine.", "1", "0", "")
    assert [(mark.levels, mark.points, mark.comment) for mark in given] == [
        ({"bytes": 2, "roof": 1}, 3.0, "Fine."),
        ({"bytes": 1, "roof": 0}, 0.5, ""),
    ]
    assert asked[:3] == ["Counts the bytes [0 to 2]: ", "Names the roof [0 to 1]: ", "comment (Enter for none): "]
    assert len(gradebook.marks(SLUG)) == 2
    assert gradebook.unproven(SLUG) == ()
    assert "3 of 3 points are kept." in shown


def test_the_marker_sees_rubric_answer_and_model_answer_but_no_name(course, gradebook):
    _, _, shown = play(course, gradebook)
    assert f"{TRAFFIC}: Traffic explained (3 points)" in shown
    assert "1  (0.5)  Counts the reads: without the writes it is half of the truth." in shown
    assert "It reads *and writes*: 24 bytes." in shown
    assert "Three lines are moved" in shown
    assert not any(student in shown for student in STUDENTS)


@pytest.mark.parametrize("odd", ["3", "-1", "x", "", "1.5", "\N{SUPERSCRIPT TWO}", "1 0", "b"])
def test_what_is_no_level_is_asked_for_again(course, gradebook, odd):
    given, asked, shown = play(course, gradebook, odd, "1", "1", "")
    assert given[0].levels == {"bytes": 1, "roof": 1}
    assert asked[0] == asked[1]
    assert "bytes has the levels 0 to 2" in shown


def test_a_criterion_back(course, gradebook):
    given, _, _ = play(course, gradebook, "0", "b", "2", "1", "")
    assert given[0].levels == {"bytes": 2, "roof": 1}


def test_an_answer_for_later(course, gradebook):
    given, _, _ = play(course, gradebook, "1", "s", "2", "1", "", "1", "1", "s", "q")
    assert len(given) == 1
    assert len([one for one in gradebook.unmarked(SLUG) if one.exercise == TRAFFIC]) == len(STUDENTS) - 1


def test_the_end_keeps_what_is_whole_and_nothing_else(course, gradebook):
    given, _, _ = play(course, gradebook, "1", "1", "", "2")  # the line breaks off
    assert len(given) == 1
    assert [kept[0].mark for kept in gradebook.marks(SLUG).values()] == list(given)


def test_an_answer_that_has_changed_is_confirmed_with_enter(course, gradebook):
    play(course, gradebook, *["1", "1", ""] * len(STUDENTS))
    hand_in(course, gradebook, "student-01", {TRAFFIC: "Another answer."})
    (mark,), asked, shown = play(course, gradebook, "", "0", "", marker="B. Marker")
    assert asked[0] == "Counts the bytes [0 to 2, Enter for 1 as before]: "
    assert "A. Marker gave 1.5 points" in shown
    assert (mark.levels, mark.reason) == ({"bytes": 1, "roof": 0}, "The answer has changed.")
    kept = gradebook.marks(SLUG)["student-01", NOTEBOOK, TRAFFIC]
    assert [one.mark.marker for one in kept] == ["B. Marker", "A. Marker"]


def test_nothing_written_is_shown_as_that(course, gradebook):
    _, _, shown = play(course, gradebook, exercise=LEVER)
    assert "(nothing is written)" in shown


def test_nobody_marks_without_a_name(course, gradebook):
    with pytest.raises(UsageError, match="names no marker"):
        play(course, gradebook, "1", "1", "", marker=" ")


def test_a_database_that_fails_keeps_the_marks_before(course, gradebook, monkeypatch):
    write, calls = type(gradebook).write_marks, []

    def fails_second(self, *arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise GraderError("the plug was pulled")
        write(self, *arguments)

    monkeypatch.setattr(type(gradebook), "write_marks", fails_second)
    with pytest.raises(GraderError, match="plug"):
        play(course, gradebook, "1", "1", "", "2", "1", "")
    assert len(gradebook.marks(SLUG)) == 1
