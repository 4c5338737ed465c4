"""Commands that grade, and say what can be graded here."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from graders.cli.options import AllowUnsafe, AsJson, Assignment, CourseOption, Students, print_json


def demo(
    directory: Annotated[Path, typer.Argument(help="Where to make the sample course.")] = Path("build/demo"),
    full: Annotated[bool, typer.Option("--full", help="Let all 24 students do every module.")] = False,
) -> None:
    """Make a sample course, grade 24 submissions of one module and some of each other, and write their reports."""
    from graders.demo import run

    run(directory, full=full)


def grade(
    assignment: Assignment,
    student: Students = None,
    course: CourseOption = Path(),
    workers: Annotated[
        int | None, typer.Option(min=1, help="Notebooks run at a time; course.yaml says, if not given.")
    ] = None,
    allow_unsafe: AllowUnsafe = False,
    as_json: AsJson = False,
) -> None:
    """Grade the submissions of an assignment; what has not changed is left as it is.

    An assignment that no module covers is graded by the tests in its own notebooks, in a course of nbgrader's own, too.
    """
    from graders.course import load, submitted_students
    from graders.early import sandbox_of

    opened = load(course, adopting=True)
    handed_in = student or submitted_students(opened, assignment)
    sandbox = sandbox_of(opened, assignment, handed_in, allow_unsafe=allow_unsafe)
    from graders.grading import grade_course  # while the sandbox starts
    from graders.grading.best import changed_by_settling
    from graders.terminal import GradingProgress, print_receipts, print_weaker

    progress = GradingProgress(show=sys.stderr.isatty() and not as_json)
    run = partial(grade_course, opened, assignment, workers=workers, progress=progress, allow_unsafe=allow_unsafe)
    try:
        found = {one.student: one for one in run(students=student, sandbox=sandbox)}
        while again := changed_by_settling(opened, assignment):
            found |= {one.student: one for one in run(students=again)}
    finally:
        progress.close()
    receipts = [found[one] for one in sorted(found)]
    if as_json:
        print_json(receipts)
    else:
        print_receipts(receipts)
        if opened.is_foreign(assignment):
            print_weaker(assignment)
    if any(receipt.state in ("refused", "not graded") for receipt in receipts):
        raise typer.Exit(1)


def doctor(as_json: AsJson = False) -> None:
    """Probe what the sandbox can promise on this machine."""
    from graders.sandbox import default_interpreter
    from graders.sandbox.probes import doctor as examine
    from graders.terminal import print_findings

    findings = examine(default_interpreter())
    if as_json:
        print_json(findings)
    else:
        print_findings(findings)
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)
