"""`aisa report`: pages about what was earned, lost and left to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from graders.cli.options import AsJson, Assignment, CourseOption, panel_desk

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


@report.command("transcript")
def transcript(
    student: Annotated[str, typer.Argument(help="The student's id.")],
    rule: Annotated[Path | None, typer.Option(help="Another rule than rubrics/certification.yaml.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder for the page; reports/transcripts in the course.")] = None,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Write where a student stands in the whole track, and what is missing; nothing is issued."""
    from dataclasses import asdict

    from graders.certify.enclosure import standard
    from graders.certify.gathering import gather
    from graders.certify.issue import Outcome
    from graders.certify.page import transcript_page
    from graders.certify.panel_rounds import rounds
    from graders.certify.rule import apply
    from graders.cli.certifying import require_sound
    from graders.course import files, load
    from graders.errors import UsageError
    from graders.ledger import Ledger

    opened = load(course)
    with Ledger(opened) as ledger:
        require_sound(opened, ledger)
        by_what = standard(opened.material, rule)
        evidence = gather(opened, by_what.rule, rounds(ledger), ledger).get(student)
    if evidence is None:
        raise UsageError(f"the course knows no student {student!r}", str(opened.root), "See `aisa status`.")
    decision = apply(by_what.rule, by_what.rubrics, evidence)
    if as_json:
        typer.echo(json.dumps({"decision": asdict(decision), "evidence": asdict(evidence)}, indent=2))
        return
    path = (to or opened.root / "reports" / "transcripts").absolute() / f"{student}.html"
    files.write(opened.root, path, transcript_page(Outcome(student, decision, evidence), by_what).encode())
    typer.echo(f"wrote {path}")


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


@report.command("panel")
def panel(
    of: Annotated[str, typer.Option(help="document or defence.")] = "document",
    to: Annotated[Path | None, typer.Option(help="Folder for the page; reports/panel in the course.")] = None,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Write the page about the panel's reviewers: who is severe, how far they agree, how many it takes."""
    from dataclasses import asdict

    from graders.course import files
    from graders.errors import UsageError
    from graders.panel.report import reviewers_lines, reviewers_report
    from graders.panel.reviewers import panel_of

    rubrics = {"document": "capstone", "defence": "defence"}
    if of not in rubrics:
        raise UsageError(
            f"{of!r} is no round that reviewers are looked at in", "--of", f"One of: {', '.join(rubrics)}."
        )
    with panel_desk(course) as desk:
        rubric = desk.rubric(rubrics[of])
        found = panel_of(desk.cases(), desk.ledger.entries(), rubric, of)
        if as_json:
            typer.echo(json.dumps(asdict(found), indent=2))
            return
        for line in reviewers_lines(found):
            typer.echo(line)
        path = (to or desk.course.root / "reports" / "panel").absolute() / f"{of}.html"
        page = reviewers_report(found, course=f"{desk.course.course_id} course")
        files.write(desk.course.root, path, page.encode(), 0o600)
    typer.echo(f"wrote {path}")
