"""`aisa mark`: at the terminal, from filled-in forms, or by adopting what was given in formgrader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from graders.cli.options import AsJson, Assignment, CourseOption, Students, print_json
from graders.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.course import Course
    from graders.gradebook import Gradebook
    from graders.marking.answers import AnswerToMark
    from graders.records import Mark


def mark(
    assignment: Assignment,
    marker: Annotated[str, typer.Option(help="Who marks: kept with every mark.")] = "",
    form: Annotated[
        Path | None, typer.Option(help="Write forms to fill in: a file.yaml for all, or a folder.", metavar="PATH")
    ] = None,
    by: Annotated[Literal["exercise", "student"], typer.Option(help="What a form in the folder holds.")] = "exercise",
    filled: Annotated[
        list[Path] | None, typer.Option("--import", help="Take filled-in forms: files or folders.", metavar="PATH")
    ] = None,
    adopt: Annotated[bool, typer.Option("--adopt", help="Vouch for scores that were given in formgrader.")] = False,
    reason: Annotated[str, typer.Option(help="Why adopted scores override automatic ones.")] = "",
    student: Students = None,
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise; may be given many times.")] = None,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Mark written answers by their rubrics; without an option, at the terminal."""
    from graders.course import load
    from graders.gradebook import Gradebook
    from graders.marking.adoption import adopt as adopted
    from graders.marking.answers import answers

    if sum((form is not None, bool(filled), adopt)) > 1:
        raise UsageError("--form, --import and --adopt are three ways to mark", do="Choose one.")
    opened = load(course)
    with Gradebook.open(opened) as gradebook:
        if adopt:
            given = adopted(gradebook, assignment, marker, reason=reason, students=student, exercises=exercise)
        else:
            found = answers(opened, gradebook, assignment, marked=bool(filled))
            chosen = [one for one in found if _is_chosen(one, student, exercise)]
            if form is not None:
                _write(opened, chosen, form, by)
                return
            if filled:
                given = _imported(gradebook, assignment, found, filled, marker)
            else:
                given = _asked(gradebook, chosen, marker)
        left = len(gradebook.unmarked(assignment))
    if as_json:
        print_json(given)
    else:
        typer.echo(f"{len(given)} marks kept, {left} left to mark.")


def _is_chosen(answer: AnswerToMark, students: list[str] | None, exercises: list[str] | None) -> bool:
    return (not students or answer.student in students) and (not exercises or answer.exercise.id in exercises)


def _write(course: Course, answers: Sequence[AnswerToMark], place: Path, by: Literal["exercise", "student"]) -> None:
    from graders.marking.form import write_forms

    for path in write_forms(course, answers, place, by=by):
        typer.echo(f"wrote {path}")
    if not answers:
        typer.echo("Nothing is left to mark.")


def _imported(
    gradebook: Gradebook, assignment: str, answers: Sequence[AnswerToMark], given: Sequence[Path], marker: str
) -> tuple[Mark, ...]:
    from graders.marking.form_reading import read_forms
    from graders.marking.giving import give

    paths = [path for one in given for path in (sorted(one.glob("*.yaml")) if one.is_dir() else [one])]
    return give(gradebook, read_forms(paths, assignment, answers, marker))


def _asked(gradebook: Gradebook, answers: Sequence[AnswerToMark], marker: str) -> tuple[Mark, ...]:
    from graders.marking.dialogue import mark_by_dialogue

    return mark_by_dialogue(gradebook, answers, marker, ask=input, show=typer.echo)
