"""Marks given: from levels to a record, and into the gradebook, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from graders.errors import UsageError
from graders.gradebook import Gradebook
from graders.marking.answers import AnswerToMark
from graders.records import Mark
from graders.scoring.levels import points_of, words
from graders.scoring.words import amount

_LONGEST_NAME = 200


def mark_of(
    answer: AnswerToMark, levels: Mapping[str, int], marker: str, *, comment: str = "", reason: str = ""
) -> Mark:
    """The mark that a choice of levels gives.

    Parameters
    ----------
    answer : AnswerToMark
        What is marked.
    levels : mapping of str to int
        Criterion -> number of the level, from 0.
    marker : str
        Who marks it.
    comment : str
        What the student reads beside the levels.
    reason : str
        Why an earlier mark of the same answer does not stand.

    Returns
    -------
    Mark

    Raises
    ------
    UsageError
        If the levels are not those of the rubric, nobody is named, or the answer is marked otherwise already and no
        reason is given.
    """
    mark = Mark(
        student=answer.student,
        assignment=answer.assignment,
        notebook=answer.notebook,
        exercise=answer.exercise.id,
        marker=required_name(marker),
        levels=dict(levels),
        points=points_of(answer.rubric, levels),
        comment=comment.strip(),
        reason=reason.strip(),
        submitted_digest=answer.submitted_digest,
        answer_digest=answer.answer_digest,
        marked_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    if problem := contradiction(answer, mark):
        raise UsageError(problem, f"{answer.id} {answer.exercise.id}", "Give a reason, if it shall be marked again.")
    return mark


def contradiction(answer: AnswerToMark, mark: Mark) -> str:
    """How a mark speaks against the one that stands, without a reason; empty if it does not.

    Parameters
    ----------
    answer : AnswerToMark
        With its newest mark.
    mark : Mark
        The one to be given.

    Returns
    -------
    str
        A sentence without a full stop.
    """
    if answer.last is None or not answer.last.holds or mark.reason or stands(answer, mark):
        return ""
    last = answer.last.mark
    levels = ", ".join(f"{criterion}: {level}" for criterion, level in last.levels.items())
    given = f"{amount(last.points)} points{f' ({levels})' if levels else ''}"
    return f"it is marked already: {last.marker} gave {given}"


def stands(answer: AnswerToMark, mark: Mark) -> bool:
    """Whether the mark that stands says the same already.

    Parameters
    ----------
    answer : AnswerToMark
        With its newest mark.
    mark : Mark
        The one to be given.

    Returns
    -------
    bool
    """
    if answer.last is None or not answer.last.holds:
        return False
    last = answer.last.mark
    return (dict(last.levels), last.points, last.comment) == (dict(mark.levels), mark.points, mark.comment)


def give(gradebook: Gradebook, given: Sequence[tuple[AnswerToMark, Mark]]) -> tuple[Mark, ...]:
    """Write marks into the gradebook, as evidence and as nbgrader's scores and comments.

    Parameters
    ----------
    gradebook : Gradebook
        Open.
    given : sequence of (AnswerToMark, Mark)
        What was marked; what says the same as the mark that stands is left out.

    Returns
    -------
    tuple of Mark
        Those that are new.

    Raises
    ------
    UsageError
        If an answer was graded anew since the marker saw it; nothing is written then.
    GradebookError
        If the database refuses; nothing is written then.
    """
    new = [(answer, mark) for answer, mark in given if not stands(answer, mark)]
    rubrics = {answer.exercise.id: answer.rubric for answer, _ in new}
    marks = [mark for _, mark in new]
    if marks:
        gradebook.write_marks(marks, lambda mark: words(rubrics[mark.exercise], mark.levels, mark.comment))
    return tuple(marks)


def required_name(marker: str) -> str:
    """A marker's name, which nobody may leave out.

    Parameters
    ----------
    marker : str
        As it was given.

    Returns
    -------
    str
        Without space around it.

    Raises
    ------
    UsageError
        If it is none.
    """
    name = marker.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise UsageError(f"{marker[:_LONGEST_NAME]!r} names no marker", do="Give your name, as it shall be kept.")
    return name
