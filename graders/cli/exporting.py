"""`aisa export`: scores for other systems."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.options import AsJson, CourseOption
from graders.errors import UsageError

if TYPE_CHECKING:
    from graders.reports.publishing import Report

export = typer.Typer(no_args_is_help=True, help="Write scores for other systems: only what is proven or marked.")

Modules = Annotated[list[str] | None, typer.Argument(metavar="SLUG", help="Modules; all of the course, if none.")]
To = Annotated[Path | None, typer.Option(help="A file; standard output, if not given.")]


@export.command("canvas")
def canvas(modules: Modules = None, to: To = None, course: CourseOption = Path()) -> None:
    """Write what Canvas' gradebook imports."""
    from graders.exports import tables

    _write(tables.canvas(_reports(course, modules)), to)


@export.command("moodle")
def moodle(
    module: Annotated[str, typer.Argument(metavar="SLUG", help="The module.")],
    worksheet: Annotated[Path, typer.Option(help="The offline grading worksheet, as Moodle gives it.")],
    to: To = None,
    course: CourseOption = Path(),
) -> None:
    """Fill in Moodle's offline grading worksheet."""
    from graders.exports import tables

    try:
        given = worksheet.read_bytes()
    except OSError as failure:
        raise UsageError(f"cannot be read ({failure.strerror})", str(worksheet)) from None
    filled, absent = tables.moodle(given, _reports(course, [module])[0])
    _write(filled, to)
    if absent:
        typer.echo(f"not in the worksheet: {', '.join(absent)}", err=True)
        raise typer.Exit(1)


@export.command("csv")
def tidy(modules: Modules = None, to: To = None, course: CourseOption = Path(), as_json: AsJson = False) -> None:
    """Write a row for each exercise of each student, with the evidence that it rests on."""
    from graders.exports import tables

    found = _reports(course, modules)
    content = (json.dumps(list(tables.records(found)), indent=1) + "\n").encode() if as_json else tables.tidy(found)
    _write(content, to)


def _reports(course: Path, modules: list[str] | None) -> list[Report]:
    from graders.course import load
    from graders.reports.publishing import report

    opened = load(course)
    return [report(opened, slug) for slug in modules or opened.modules]


def _write(content: bytes, to: Path | None) -> None:
    if to is None:
        sys.stdout.write(content.decode())
        return
    new = to.with_name(f".{to.name}.new")
    try:
        new.write_bytes(content)
        new.replace(to)
    except OSError as failure:
        raise UsageError(f"cannot be written ({failure.strerror})", str(to)) from None
    typer.echo(f"wrote {to}", err=True)
