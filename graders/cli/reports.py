"""`aisa report`: pages about what was earned, lost and left to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from graders.cli.options import AsJson, Assignment, CourseOption

report = typer.Typer(no_args_is_help=True, help="Write pages about what was earned, lost and left to do.")

To = Annotated[Path | None, typer.Option(help="Folder for the pages; reports/SLUG in the course, if not given.")]


@report.command("cohort")
def cohort(assignment: Assignment, to: To = None, course: CourseOption = Path(), as_json: AsJson = False) -> None:
    """Write the instructor's page about a module, and a page for each student."""
    from graders.course import load
    from graders.reports.data import cohort_data
    from graders.reports.publishing import report as read

    found = read(load(course), assignment)
    if as_json:
        typer.echo(json.dumps(cohort_data(found.module, found.cohort), indent=2))
    else:
        typer.echo(f"wrote {found.write_cohort(to)}")


@report.command("student")
def student(
    assignment: Assignment,
    student: Annotated[str, typer.Argument(help="The student's id.")],
    to: To = None,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a student's own page about a module."""
    from graders.course import load
    from graders.reports.data import student_data
    from graders.reports.publishing import report as read

    found = read(load(course), assignment)
    if as_json:
        typer.echo(json.dumps(student_data(found.row(student)), indent=2))
    else:
        typer.echo(f"wrote {found.write_student(student, to)}")


@report.command("module")
def module(assignment: Assignment, to: To = None, course: CourseOption = Path(), as_json: AsJson = False) -> None:
    """Write the page for a module's author: which checks tell, which mistakes are made, which hints help."""
    from graders.course import load
    from graders.reports.author import author_data, author_lines
    from graders.reports.publishing import report as read

    found = read(load(course), assignment)
    looked, quality = found.findings(), found.cohort.quality
    if as_json:
        typer.echo(json.dumps(author_data(found.module, looked, quality), indent=2))
        return
    for line in author_lines(found.module, looked, quality):
        typer.echo(line)
    typer.echo(f"wrote {found.write_module(to, looked)}")
