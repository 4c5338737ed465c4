"""The command line: a thin shell over the stages. Exit status 0 done, 1 findings, 2 wrong use.

Heavy imports stay inside the commands, so that help answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.errors import AisaError, CourseError, UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from graders.authoring.material import Module

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
author = typer.Typer(no_args_is_help=True, help="Build source notebooks from author text, and prove them.")
app.add_typer(author, name="author")

Directory = Annotated[Path, typer.Argument(help="Course directory.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Modules = Annotated[list[str] | None, typer.Argument(help="Slugs of modules; all, if none is given.")]
Material = Annotated[Path | None, typer.Option(help="Folder with `assignments/`; the installed one, if not given.")]
AllowUnsafe = Annotated[
    bool, typer.Option("--allow-unsafe", help="Grade although a sandbox property does not hold; results are marked.")
]


@app.callback()
def aisa(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """Assess the AI System Architect track: build, release, grade, prove."""
    if version:
        from graders import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="Where to make the sample course.")] = Path("build/demo"),
) -> None:
    """Make a sample course, grade 24 submissions and write their report."""
    from graders.demo import run

    run(directory)


@app.command()
def init(
    directory: Directory,
    course_id: Annotated[str, typer.Option(help="The course's name in the gradebook.")] = "aisa",
    student: Annotated[list[str] | None, typer.Option(help="A student's id; may be given many times.")] = None,
    material: Material = None,
) -> None:
    """Make a course directory: an ordinary nbgrader course, graded by aisa."""
    from graders.course import init as make

    course = make(directory, course_id=course_id, students=student or (), material=material)
    typer.echo(f"{course.root}: a course of {len(course.modules)} modules. README.md there says how to go on.")


@author.command("build")
def build(
    modules: Modules = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a notebook is stale.")] = False,
    material: Material = None,
) -> None:
    """Turn author text into the nbgrader notebooks of assignments/source."""
    from graders.authoring.build import stale, write

    chosen = _modules(modules, material)
    if not check:
        for path in write(chosen):
            typer.echo(f"wrote {path}")
        return
    if old := stale(chosen):
        for path in old:
            typer.echo(f"stale: {path}", err=True)
        typer.echo("Run `aisa author build` and commit what it writes.", err=True)
        raise typer.Exit(1)


@author.command("prove")
def prove(
    modules: Modules = None,
    students: Annotated[int, typer.Option(min=1, help="Student ids whose sampled inputs are tried.")] = 200,
    material: Material = None,
    as_json: AsJson = False,
) -> None:
    """Prove that each exercise's checks keep right answers and lose the wrong ones they name."""
    from graders.authoring.prove import prove as findings_of

    found = [finding for module in _modules(modules, material) for finding in findings_of(module, students=students)]
    if as_json:
        _print_json(found)
    else:
        for finding in found:
            typer.echo(str(finding))
        typer.echo("Every gate holds." if not found else f"{len(found)} findings.", err=bool(found))
    if found:
        raise typer.Exit(1)


@app.command()
def grade(
    assignment: Annotated[str, typer.Argument(help="Slug of the module.")],
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be given many times.")] = None,
    course: Annotated[Path, typer.Option(help="Course directory.")] = Path(),
    workers: Annotated[
        int | None, typer.Option(min=1, help="Notebooks run at a time; course.yaml says, if not given.")
    ] = None,
    allow_unsafe: AllowUnsafe = False,
    as_json: AsJson = False,
) -> None:
    """Grade the submissions of an assignment; what has not changed is left as it is."""
    from graders.course import load
    from graders.grading import grade_course
    from graders.terminal import GradingProgress, print_receipts

    progress = GradingProgress(show=sys.stderr.isatty() and not as_json)
    try:
        receipts = grade_course(
            load(course), assignment, students=student, workers=workers, progress=progress, allow_unsafe=allow_unsafe
        )
    finally:
        progress.close()
    if as_json:
        _print_json(receipts)
    else:
        print_receipts(receipts)
    if any(receipt.state in ("refused", "not graded") for receipt in receipts):
        raise typer.Exit(1)


@app.command()
def status(course: Annotated[Path, typer.Option(help="Course directory.")] = Path(), as_json: AsJson = False) -> None:
    """Show what is submitted, graded and proven, and every score that no evidence stands behind."""
    from graders.course import load
    from graders.grading import course_status
    from graders.terminal import print_status

    assignments = course_status(load(course))
    if as_json:
        _print_json(assignments)
    else:
        print_status(assignments)
    if any(assignment.unproven for assignment in assignments):
        raise typer.Exit(1)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Probe what the sandbox can promise on this machine."""
    from graders.sandbox import default_interpreter
    from graders.sandbox.probes import doctor as examine
    from graders.terminal import print_findings

    findings = examine(default_interpreter())
    if as_json:
        _print_json(findings)
    else:
        print_findings(findings)
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)


def _modules(slugs: list[str] | None, material: Path | None) -> tuple[Module, ...]:
    from graders.authoring.material import modules

    found = {module.slug: module for module in modules(material)}
    if unknown := sorted(set(slugs or ()) - set(found)):
        raise UsageError(f"no module {', '.join(unknown)}", "assignments/authoring", f"There are: {', '.join(found)}.")
    return tuple(module for slug, module in found.items() if not slugs or slug in slugs)


def _print_json(records: Iterable[DataclassInstance]) -> None:
    typer.echo(json.dumps([asdict(record) for record in records], indent=2))


def main() -> None:
    """Run a command; say what went wrong in one message, without a traceback."""
    try:
        app(standalone_mode=True)
    except AisaError as error:
        typer.echo(f"aisa: {error}", err=True)
        sys.exit(2 if isinstance(error, CourseError) else 1)


if __name__ == "__main__":
    main()
