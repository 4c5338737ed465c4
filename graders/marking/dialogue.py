"""Marking at a terminal: one answer after the other, a level for each criterion, kept as soon as it is whole."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence

from graders.authoring.rubrics import Criterion
from graders.gradebook import Gradebook
from graders.marking.answers import AnswerToMark
from graders.marking.giving import give, mark_of, required_name
from graders.records import Mark
from graders.scoring.words import amount

Ask = Callable[[str], str]
"""Shows a question and gives what was typed; EOFError ends the work."""

Show = Callable[[str], None]
"""Shows a text."""

_WIDTH = 96
_HELP = "a number chooses a level, s leaves this answer for later, b goes back a criterion, q ends"


class _Later(Exception):  # noqa: N818  no error: the marker's wish
    """The answer is left for later."""


class _End(Exception):  # noqa: N818  no error: the marker's wish
    """The marker has done enough."""


def mark_by_dialogue(
    gradebook: Gradebook, answers: Sequence[AnswerToMark], marker: str, ask: Ask, show: Show
) -> tuple[Mark, ...]:
    """Walk through answers with a marker.

    Parameters
    ----------
    gradebook : Gradebook
        Open.
    answers : sequence of AnswerToMark
        What is left to mark, in the order in which it shall be marked.
    marker : str
        Who marks.
    ask, show : callable
        The terminal.

    Returns
    -------
    tuple of Mark
        What was given; each of them is in the gradebook before the next answer is shown.

    Raises
    ------
    UsageError
        If nobody is named.
    GradebookError
        If the database refuses; the marks before it are kept.
    """
    name = required_name(marker)
    given: list[Mark] = []
    exercise = ""
    for number, answer in enumerate(answers, start=1):
        if answer.exercise.id != exercise:
            exercise = answer.exercise.id
            show("\n".join(_rubric(answer)))
        show("\n".join(_shown(answer, number, len(answers))))
        try:
            levels = _levels(answer, ask, show)
            comment = _typed(ask("comment (Enter for none): "))
        except _Later:
            continue
        except (_End, EOFError):
            break
        mark = mark_of(answer, levels, name, comment=comment, reason=_reason(answer))
        given += give(gradebook, [(answer, mark)])
        show(f"  {amount(mark.points)} of {amount(answer.exercise.points)} points are kept.")
    return tuple(given)


def _levels(answer: AnswerToMark, ask: Ask, show: Show) -> dict[str, int]:
    """A level for each criterion, in their order."""
    criteria = answer.rubric.criteria
    chosen: dict[str, int] = {}
    while len(chosen) < len(criteria):
        criterion = criteria[len(chosen)]
        most = len(criterion.levels) - 1
        typed = _typed(ask(f"{criterion.title} [0 to {most}{_earlier(answer, criterion)}]: "))
        if typed == "b" and chosen:
            chosen.popitem()
        elif not typed and (before := _before(answer, criterion)) is not None:
            chosen[criterion.id] = before
        elif typed.isascii() and typed.isdigit() and int(typed) <= most:
            chosen[criterion.id] = int(typed)
        else:
            show(f"  {_HELP}; {criterion.id} has the levels 0 to {most}")
    return chosen


def _reason(answer: AnswerToMark) -> str:
    """Why an earlier mark does not stand: the marker has just seen it, and the answer."""
    if answer.last is None:
        return ""
    return "The answer has changed." if answer.last.stale else "Marked again at the terminal."


def _typed(said: str) -> str:
    """What was typed, unless it says what to do."""
    said = said.strip()
    if said == "s":
        raise _Later
    if said == "q":
        raise _End
    return said


def _before(answer: AnswerToMark, criterion: Criterion) -> int | None:
    """The level of an earlier mark, which Enter confirms."""
    return None if answer.last is None else answer.last.mark.levels.get(criterion.id)


def _earlier(answer: AnswerToMark, criterion: Criterion) -> str:
    before = _before(answer, criterion)
    return "" if before is None else f", Enter for {before} as before"


def _rubric(answer: AnswerToMark) -> Iterator[str]:
    entry = answer.exercise
    yield f"\n{'=' * _WIDTH}\n{entry.id}: {entry.title} ({amount(entry.points)} points)"
    for criterion in answer.rubric.criteria:
        yield f"  {criterion.title}"
        for number, level in enumerate(criterion.levels):
            start = f"    {number}  ({amount(level.points)})  "
            yield textwrap.fill(level.says, _WIDTH, initial_indent=start, subsequent_indent=" " * len(start))


def _shown(answer: AnswerToMark, number: int, many: int) -> Iterator[str]:
    yield f"\n{'-' * _WIDTH}\n{number} of {many}   {answer.id}   {answer.exercise.id}"
    yield from _indented("model answer", answer.model_answer)
    yield from _indented("answer", answer.shown or "(nothing is written)")
    if answer.last is not None:
        last = answer.last.mark
        said = "for an earlier answer" if answer.last.stale else "already"
        yield f"\n{last.marker} gave {amount(last.points)} points on {last.marked_at[:10]}, {said}."


def _indented(title: str, said: str) -> Iterator[str]:
    yield f"\n{title}:"
    for line in said.split("\n"):
        yield textwrap.fill(line, _WIDTH, initial_indent="  ", subsequent_indent="  ", drop_whitespace=False)
