"""The command line: a thin shell over the stages. Exit status 0 done, 1 findings, 2 wrong use.

Heavy imports stay inside the commands, so that help answers at once.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import Annotated, NoReturn

import typer

from graders.cli import certifying, courses, grading, marking
from graders.cli.authoring import author
from graders.cli.capstone import capstone
from graders.cli.exporting import export
from graders.cli.panel import panel
from graders.cli.reports import report
from graders.errors import AisaError, CourseError

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback()
def aisa(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """Assess the AI System Architect track: build, release, grade, prove."""
    if version:
        from graders import __version__

        typer.echo(__version__)
        raise typer.Exit


# in the order of the work, which is the order of help
_MAKE = (grading.demo, courses.init, courses.release)
_GRADE = (courses.collect, grading.grade, marking.mark, courses.feedback, courses.status)
_CERTIFY = (certifying.certify, certifying.verify, certifying.revoke)
for command in (*_MAKE, *_GRADE, *_CERTIFY, courses.backup, grading.doctor):
    app.command()(command)
app.add_typer(author, name="author")
app.add_typer(capstone, name="capstone")
app.add_typer(report, name="report")
app.add_typer(export, name="export")
app.add_typer(panel, name="panel")


def program() -> NoReturn:
    """The program `aisa`: `main`, and then an end at once, without taking apart what was loaded object by object."""
    code: object = 0
    try:
        main()
    except SystemExit as ending:
        code = ending.code
    with contextlib.suppress(OSError):  # whoever listened may have gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1 if code else 0)


def main() -> None:
    """Run a command; say what went wrong in one message, without a traceback."""
    gc.set_threshold(50_000, 20, 20)  # what is loaded stays: a third of the start was to search it for garbage
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # on small arrays its threads only spin beside the workers
    try:
        app(standalone_mode=True)
    except AisaError as error:
        typer.echo(f"aisa: {error}", err=True)
        sys.exit(2 if isinstance(error, CourseError) else 1)
