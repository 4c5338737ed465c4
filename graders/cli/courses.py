"""Commands of a course's own life: made, collected, looked at."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from graders.cli.options import AsJson, Assignment, CourseOption, Material, Students, print_json


def init(
    directory: Annotated[Path, typer.Argument(help="Course directory.")],
    course_id: Annotated[str, typer.Option(help="The course's name in the gradebook.")] = "aisa",
    student: Annotated[list[str] | None, typer.Option(help="A student's id; may be given many times.")] = None,
    material: Material = None,
) -> None:
    """Make a course directory: an ordinary nbgrader course, graded by aisa."""
    from graders.course import init as make

    course = make(directory, course_id=course_id, students=student or (), material=material)
    typer.echo(f"{course.root}: a course of {len(course.modules)} modules. README.md there says how to go on.")


def release(
    assignment: Assignment,
    update: Annotated[bool, typer.Option("--update", help="Take the module's new notebooks and data first.")] = False,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Make what students get of a module, see that it gives nothing away, and keep its version."""
    from graders.course import load
    from graders.nbgrader_bridge.releasing import make_release
    from graders.terminal import print_release

    made = make_release(load(course), assignment, update=update)
    if as_json:
        print_json([made])
    else:
        print_release(made)


def collect(
    assignment: Assignment,
    inbox: Annotated[Path | None, typer.Option(help="Folder of what was handed in; `inbox` in the course.")] = None,
    received: Annotated[
        datetime | None, typer.Option(help="When it was all handed in, UTC; each file's own time, if not given.")
    ] = None,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Collect what was handed in: keep every attempt, place the one that counts, write a receipt for each file."""
    from graders.course import load
    from graders.course.collection import collect as run
    from graders.gradebook import Gradebook
    from graders.terminal import print_intake

    opened = load(course)
    with Gradebook.open(opened) as gradebook:
        gradebook.enrol()
        due, points = gradebook.deadline(assignment), gradebook.earned(assignment)
    moment = received.astimezone(UTC).replace(tzinfo=None) if received and received.tzinfo else received
    receipts = run(opened, assignment, inbox or opened.root / "inbox", due, points, received=moment)
    if as_json:
        print_json(receipts)
    else:
        print_intake(receipts)
    if any(receipt.outcome == "refused" for receipt in receipts):
        raise typer.Exit(1)


def feedback(
    assignment: Assignment, student: Students = None, course: CourseOption = Path(), as_json: AsJson = False
) -> None:
    """Write what students get back: nbgrader's feedback, with the levels and comments of their marks."""
    from graders.course import load
    from graders.gradebook import Gradebook
    from graders.nbgrader_bridge.feedback import write_feedback
    from graders.terminal import print_feedback

    opened = load(course)
    with Gradebook.open(opened) as gradebook:
        waiting = [one.student for one in gradebook.unmarked(assignment)]
    written = write_feedback(opened, assignment, student, waiting)
    if as_json:
        print_json(written)
    else:
        print_feedback(written)


def status(course: CourseOption = Path(), as_json: AsJson = False) -> None:
    """Show what is submitted, graded, marked and proven, and every score that no evidence stands behind."""
    from graders.course import load
    from graders.grading import course_status
    from graders.terminal import print_status

    assignments = course_status(load(course))
    if as_json:
        print_json(assignments)
    else:
        print_status(assignments)
    if any(assignment.unproven for assignment in assignments):
        raise typer.Exit(1)


def backup(
    place: Annotated[Path, typer.Argument(help="A new folder, or a file.tar.gz.")],
    verify: Annotated[bool, typer.Option("--verify", help="Look through a backup that is there already.")] = False,
    restore: Annotated[
        Path | None, typer.Option(help="Make a course from a backup that is there already.", metavar="DIR")
    ] = None,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Keep the gradebook and all that was handed in, while others go on working; or look through such a backup."""
    from graders.backup import make
    from graders.backup import restore as put_back
    from graders.backup import verify as findings_of
    from graders.course import load

    if restore is not None:
        typer.echo(f"{put_back(place, restore).root}: the course as it was. `aisa status` looks at its scores.")
        return
    if not verify:
        made = make(load(course), place)
        if as_json:
            print_json([made])
        else:
            typer.echo(f"{place}: {len(made.files)} files of {made.course_id}; the gradebook was {made.database}.")
        typer.echo("It holds the course secret and students' work: keep it where nobody else can read it.", err=True)
        return
    found = findings_of(place)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        typer.echo("\n".join(found) or "Everything in it holds.")
    if found:
        raise typer.Exit(1)
