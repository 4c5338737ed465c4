"""A student is told what helps most: first what completion hangs on, then where most points are."""

from __future__ import annotations

from dataclasses import replace

from graders.reports.next_steps import next_steps
from graders.reports.submission import Submission
from graders.reports.summary import row_of
from tests.reports import cohort_records as made_up


def steps(submission: Submission):
    return next_steps(row_of(made_up.MODULE, submission, made_up.PASS_MARKS))


def of(student: str):
    return steps(next(one for one in made_up.COHORT if one.student == student))


def test_a_hint_of_a_known_mistake_is_the_advice() -> None:
    (roofline, multiplexer) = of("student-04")  # the written answer waits: nothing to do about it
    assert (roofline.exercise, roofline.text, roofline.points) == (made_up.ROOFLINE.id, made_up.SUM["hint"], 4.0)
    assert roofline.needed, "1 of 5 points, and every practical exercise needs half"
    assert multiplexer.text == "A group that never ran has no count, not zero. Yours: 3 of 20 cases differ."
    assert not multiplexer.needed, "4 of 6 are enough"


def test_what_completion_hangs_on_comes_first_even_if_it_is_worth_less() -> None:
    lost = made_up.submission(
        "student-01",
        multiplexer=made_up.result(made_up.MULTIPLEXER, "never ran"),  # 2 points, not needed
        metrics=made_up.result(made_up.METRICS, "names its version"),  # 1 point; 3 of 4 are exactly enough
        explained=made_up.mark("student-01", 1, 0, comment="Count the bytes."),  # 3 points, 1 of 4 is too few
    )
    assert [(step.exercise, step.needed) for step in steps(lost)] == [
        (made_up.EXPLAINED.id, True),
        (made_up.MULTIPLEXER.id, False),
        (made_up.METRICS.id, False),
    ]
    assert steps(lost)[0].text == "Count the bytes."


def test_a_notebook_that_never_came_is_one_step() -> None:
    one = made_up.submission("student-01", explained=made_up.mark("student-01", 2, 2))
    absent = replace(one.notebooks[0], submitted_digest="", exercises=(), document=None)
    (step,) = steps(replace(one, notebooks=(absent, *one.notebooks[1:])))
    assert (step.title, step.points, step.exercise, step.needed) == ("Hand in practical.ipynb", 16.0, "", True)


def test_who_has_everything_or_waits_has_nothing_to_do() -> None:
    assert steps(made_up.submission("student-01", explained=made_up.mark("student-01", 2, 2))) == ()
    assert of("student-02") == (), "only a marker is waited for"
    assert of("student-10") == (), "the machine failed, not the student"


def test_an_answer_as_released_is_told_to_begin() -> None:
    texts = {step.exercise: step.text for step in of("student-08")}
    assert "still the one that was released" in texts[made_up.MULTIPLEXER.id]
