"""A marking form: YAML that a marker fills in with any editor, and that says all that they need.

Students stand in it under ids that give nobody away, in an order that says nothing. Answers are quoted as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from graders.authoring.rubrics import Rubric
from graders.course import files
from graders.course.course import Course
from graders.errors import UsageError
from graders.marking.answers import AnswerToMark, plain
from graders.marking.form_reading import NOTHING
from graders.scoring.words import amount

_HEAD = """\
# Marking form of {assignment}. Fill in `marker`, and a level for each criterion: its number, from 0.
# An answer without any level is left for later. Then: aisa mark {assignment} --import {name}
"""


def write_forms(
    course: Course, answers: Sequence[AnswerToMark], place: Path, *, by: Literal["exercise", "student"] = "exercise"
) -> tuple[Path, ...]:
    """Write forms for answers.

    Parameters
    ----------
    course : Course
        Whose they are.
    answers : sequence of AnswerToMark
        In the order in which they are to be marked.
    place : Path
        A file for all of them, if it ends in `.yaml`; else a folder for one file each.
    by : str
        What a file in a folder holds: one `exercise`, or one `student` under their id.

    Returns
    -------
    tuple of Path
        What was written, sorted.

    Raises
    ------
    UsageError
        If a file is there already: somebody may have filled it in.
    GraderError
        If it cannot be written.
    """
    parts: dict[Path, list[AnswerToMark]] = {}
    for answer in answers:
        name = answer.exercise.id if by == "exercise" else answer.id
        path = place if place.suffix == ".yaml" else place / f"{name}.yaml"
        parts.setdefault(path, []).append(answer)
    for path in parts:
        if path.exists():
            raise UsageError("is there already, and may be filled in", str(path), "Name another place, or move it.")
    if place.suffix != ".yaml":
        with files.explained(place):
            files.make_folders(course.root, place.absolute())  # there is one, even where nothing is left to mark
    for path, theirs in parts.items():
        files.write(course.root, path.absolute(), form(theirs, path.name).encode(), 0o600)
    return tuple(sorted(parts))


def form(answers: Sequence[AnswerToMark], name: str) -> str:
    """The text of a form.

    Parameters
    ----------
    answers : sequence of AnswerToMark
        Of one assignment.
    name : str
        What the file will be called.

    Returns
    -------
    str
        YAML; its comments hold the rubrics.
    """
    assignment = answers[0].assignment
    lines = [*_HEAD.format(assignment=assignment, name=name).splitlines(), f"assignment: {assignment}", 'marker: ""']
    lines.append("answers:")
    models: dict[str, set[str]] = {}
    for answer in answers:
        models.setdefault(answer.exercise.id, set()).add(answer.model_answer)
    exercise = ""
    for answer in answers:
        personal = len(models[answer.exercise.id]) > 1
        if answer.exercise.id != exercise:
            exercise = answer.exercise.id
            lines += ["", *_rubric(answer, with_model=not personal)]
        lines += ["", *_answer(answer, with_model=personal)]
    return "\n".join(lines) + "\n"


def _rubric(answer: AnswerToMark, *, with_model: bool) -> Iterator[str]:
    entry = answer.exercise
    yield f"  # {'=' * 100}"
    yield f"  # {entry.id}: {entry.title} ({amount(entry.points)} points)"
    for criterion in answer.rubric.criteria:
        yield f"  # {criterion.id}: {criterion.title}"
        for number, level in enumerate(criterion.levels):
            yield f"  #   {number}  ({amount(level.points)})  {level.says}"
    if with_model:
        yield "  # Model answer:"
        yield from (f"  #   {line}".rstrip() for line in answer.model_answer.split("\n"))


def _answer(answer: AnswerToMark, *, with_model: bool) -> Iterator[str]:
    yield f"  - id: {answer.id}"
    yield f"    exercise: {answer.exercise.id}"
    yield from _block("answer", answer.shown or "(nothing is written)")
    if with_model:
        yield from _block("model_answer", answer.model_answer)
    if answer.last is not None:
        yield f"    # {_about_last(answer)}"
    yield "    levels:"
    for criterion in answer.rubric.criteria:
        proposed = _proposed(answer, answer.rubric, criterion.id)
        yield f"      {criterion.id}:{proposed:>2}  # 0 to {len(criterion.levels) - 1}"
    yield f"    comment: {_quoted(answer.last.mark.comment if answer.last else '')}"
    yield '    reason: ""'
    yield f"    answer_digest: {answer.answer_digest or NOTHING}"


def _proposed(answer: AnswerToMark, rubric: Rubric, criterion: str) -> str:
    """What stands there already: the levels of an earlier mark, or 0 where nothing is written."""
    known = {one.id for one in rubric.criteria}
    if answer.last is not None and set(answer.last.mark.levels) == known:
        return str(answer.last.mark.levels[criterion])
    return "0" if not answer.answer_digest else ""


def _about_last(answer: AnswerToMark) -> str:
    assert answer.last is not None  # noqa: S101
    last = answer.last.mark
    when = f"{last.marker} gave {amount(last.points)} points on {last.marked_at[:10]}"
    return f"{when}, for an earlier answer: confirm the levels, or change them." if answer.last.stale else f"{when}."


def _block(name: str, said: str) -> Iterator[str]:
    """A literal block: whatever stands in it is text. The 2 says where its lines begin, however the first one does."""
    yield f"    {name}: |2"
    for line in said.split("\n"):
        yield f"      {line}" if line else ""


def _quoted(said: str) -> str:
    """Text on one line, as JSON, which YAML reads too."""
    return json.dumps(plain(said), ensure_ascii=False)
