"""`aisa capstone`: personal briefs, documents to start from, and the check that recomputes every claim."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.options import AllowUnsafe, AsJson, CourseOption, bring_up_to_date
from graders.errors import UsageError

if TYPE_CHECKING:
    from graders.capstone.findings import Report
    from graders.capstone.levels.matter import Matter
    from graders.capstone.records import Brief
    from graders.capstone.use_case import UseCase as UseCaseRecord
    from graders.capstone.what_if import WhatIf

capstone = typer.Typer(no_args_is_help=True, help="Make briefs and documents, check claims, answer what-if questions.")

Student = Annotated[str, typer.Argument(help="The student's id.")]
Whose = Annotated[str, typer.Argument(help="The student's id; none with --sample.", show_default=False)]
UseCase = Annotated[
    str, typer.Option("--use-case", help="Which use case; that of the brief, if not given.", show_default=False)
]
SampleFlag = Annotated[bool, typer.Option("--sample", help="The sample document and its brief, or yours before it.")]
Folder = Annotated[
    Path | None, typer.Option("--document", help="The document's folder; capstone/STUDENT/design, if not given.")
]


@capstone.command("brief")
def brief(
    students: Annotated[list[str] | None, typer.Argument(help="Students' ids; the roster, if none is given.")] = None,
    use_case: UseCase = "",
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Write each student's personal brief, with its trace and benchmark."""
    from graders.capstone import folders
    from graders.course import load

    opened = load(course)
    wanted = list(students or opened.students)
    if not wanted:
        raise UsageError("the course has no roster", str(opened.root / "course.yaml"), "Name the students.")
    written = [folders.write_brief(opened, one, use_case or folders.use_case_of(opened, one)) for one in wanted]
    if as_json:
        typer.echo(json.dumps([str(path) for path in written], indent=2))
    else:
        for path in written:
            typer.echo(f"wrote {path}")


@capstone.command("new")
def new(student: Student, use_case: UseCase = "", course: CourseOption = Path()) -> None:
    """Write a document to start from, with its self-check; nothing that is there is written over."""
    from graders.capstone import folders
    from graders.course import load

    opened = load(course)
    name = use_case or folders.use_case_of(opened, student)
    typer.echo(f"wrote {folders.write_document(opened, student, name)}")


@capstone.command("check")
def check(
    student: Whose = "",
    document: Folder = None,
    use_case: UseCase = "",
    sample: SampleFlag = False,
    no_evidence: Annotated[bool, typer.Option("--no-evidence", help="Do not run evidence notebooks.")] = False,
    allow_unsafe: AllowUnsafe = False,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Recompute every claim of a design document; exits with 1 if there are findings."""
    from graders.capstone import document as documents
    from graders.capstone import evidence
    from graders.capstone.check import check as run

    case, made, folder, interpreter = _whose(student, document, use_case, sample, course)
    read, unreadable = documents.read(folder)
    readings = None if no_evidence else evidence.run(read, made, interpreter, allow_unsafe=allow_unsafe)
    report = run(read, made, case.pack, unreadable, readings)
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2))
    else:
        _print(report)
    if any(one.severity != "info" for one in report.findings):
        raise typer.Exit(1)


@capstone.command("defend")
def defend(
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="id=value, id=x2 or id=-20%; may be given many times.", metavar="CHANGE"),
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--page", help="Write questions with folded answers there.", show_default=False)
    ] = None,
    student: Whose = "",
    document: Folder = None,
    use_case: UseCase = "",
    sample: SampleFlag = False,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Change claims of a document, and see everything that follows on its own graph; or prepare a page of questions."""
    from graders.capstone import document as documents
    from graders.capstone.levels.matter import matter
    from graders.capstone.pack import PackIndex
    from graders.capstone.what_if import what_if

    case, made, folder, _ = _whose(student, document, use_case, sample, course)
    read, unreadable = documents.read(folder)
    if unreadable and not read.claims:
        raise UsageError(unreadable[0].message, unreadable[0].where)
    seen = matter(read, PackIndex(case.pack), made)
    if to is not None:
        _write_defence(to, seen, case)
    if not changes:
        if to is None:
            raise UsageError("nothing was asked", do="Change a claim with --set id=value, or write a page with --page.")
        return
    pairs = [one.partition("=") for one in changes]
    if wrong := [one for one, pair in zip(changes, pairs, strict=True) if not pair[1]]:
        raise UsageError(f"found --set {wrong[0]!r}, expected id=value")
    answer = what_if(seen, {id_: value for id_, _, value in pairs})
    if as_json:
        typer.echo(json.dumps(asdict(answer), indent=2))
    else:
        _print_answer(answer)


@capstone.command("render")
def render(
    student: Whose = "",
    html: Annotated[Path | None, typer.Option("--html", help="Where the page goes.", show_default=False)] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Where the PDF goes.", show_default=False)] = None,
    document: Folder = None,
    use_case: UseCase = "",
    sample: SampleFlag = False,
    checked: Annotated[
        bool, typer.Option("--checked", help="Check it, and show each finding where it belongs.")
    ] = False,
    no_evidence: Annotated[bool, typer.Option("--no-evidence", help="Do not run evidence notebooks.")] = False,
    allow_unsafe: AllowUnsafe = False,
    course: CourseOption = Path(),
) -> None:
    """Make a page and a PDF of a design document, tables and figures drawn from its claims."""
    from graders.capstone import document as documents
    from graders.capstone import evidence
    from graders.capstone.check import check as run
    from graders.capstone.rendering.document import rendered
    from graders.capstone.rendering.html import page
    from graders.capstone.rendering.pdf import paper

    if html is None and pdf is None:
        raise UsageError("nothing to write", do="Say where: --html PATH, --pdf PATH, or both.")
    case, made, folder, interpreter = _whose(student, document, use_case, sample, course)
    read, unreadable = documents.read(folder)
    report = None
    if checked:
        readings = None if no_evidence else evidence.run(read, made, interpreter, allow_unsafe=allow_unsafe)
        report = run(read, made, case.pack, unreadable, readings)
    elif unreadable and not (read.claims and read.sections):
        raise UsageError(unreadable[0].message, unreadable[0].where)
    one = rendered(read, made, case, report)
    if html is not None:
        html.write_text(page(one), encoding="utf-8")
        typer.echo(f"wrote {html}")
    if pdf is not None:
        pdf.write_bytes(paper(one))
        typer.echo(f"wrote {pdf}")


@capstone.command("build", hidden=True)
def build(
    check_only: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file is stale.")] = False,
) -> None:
    """Write schemas and the sample's claims anew."""
    from graders.capstone.generated import generated

    bring_up_to_date(generated(), check_only)


def _whose(
    student: str, document: Path | None, name: str, sample: bool, course: Path
) -> tuple[UseCaseRecord, Brief, Path, Path | None]:
    """Use case, brief and document of a student, or of the sample; and the sandbox's Python."""
    from graders.capstone import folders
    from graders.capstone.packs import DEFAULT, use_case
    from graders.course import load

    if sample:
        case = use_case(name or _written_in(document) or DEFAULT)
        return case, case.sample.brief(), document or case.sample.folder, None
    if not student:
        raise UsageError("no student was named", do="Name one, or take the sample with --sample.")
    opened = load(course)
    folder = document or folders.student_folder(opened, student) / folders.DOCUMENT
    case = use_case(name or folders.use_case_of(opened, student, _written_in(folder)))
    return case, folders.brief_of(opened, student, case.pack.id), folder, opened.sandbox_interpreter


def _written_in(folder: Path | None) -> str:
    """The use case that a document says it is about; nothing where it cannot be read."""
    from graders.capstone import document as documents

    return documents.read(folder)[0].pack if folder is not None and folder.is_dir() else ""


def _write_defence(path: Path, seen: Matter, case: UseCaseRecord) -> None:
    """Try every change of the page, with a bar where somebody watches."""
    from graders.capstone.defence import count, defence
    from graders.capstone.rendering.defence_page import defence_page
    from graders.capstone.rendering.document import rendered
    from graders.capstone.rendering.figures import Drawn, figure, tornado

    with typer.progressbar(length=count(seen, case), label="asking", file=sys.stderr) as bar:
        made = defence(seen, case, lambda: bar.update(1))
    drawn = Drawn(seen.graph, seen.values, seen.document.claims)
    page = defence_page(rendered(seen.document, seen.brief, case), made, figure("tornado", {"tornado": tornado}, drawn))
    path.write_text(page, encoding="utf-8")
    typer.echo(f"wrote {path}")


def _print(report: Report) -> None:
    for one in report.findings:
        where = " ".join(part for part in (one.section, one.where) if part)
        typer.echo(f"{one.level} {one.severity:8} {one.claim or one.section}: {one.message}  [{where}]")
        if one.recomputed:
            typer.echo(f"            claimed {one.claimed or '-'}, recomputed {one.recomputed}  by {one.formula}")
        if one.inputs:
            typer.echo(f"            from {', '.join(one.inputs)}")
        if one.flips:
            typer.echo(f"            turns over: {', '.join(one.flips)}")
    for verdict in report.verdicts:
        held = {True: "yes", False: "NO", None: "-"}[verdict.recomputed]
        typer.echo(f"{held:3} {verdict.says}")
    for cap in report.caps:
        typer.echo(f"{cap.criterion} is capped at level {cap.level}: {', '.join(cap.because)}")
    gate = f"{len(report.blocking)} findings block it" if report.blocking else "passed"
    typer.echo(f"{report.claims} claims recomputed, {len(report.findings)} findings. Gate: {gate}.")


def _print_answer(answer: WhatIf) -> None:
    for one in answer.claims:
        share = "" if one.share is None else f"  {one.share:+.1%}"
        typer.echo(f"{'*' if one.is_asked else ' '} {one.id}: {one.before} -> {one.after}{share}")
    words = {True: "yes", False: "no", None: "unknown"}
    for flip in answer.flips:
        typer.echo(f"TURNS OVER  {flip.says}: {words[flip.before]} -> {words[flip.after]}")
    typer.echo(f"{len(answer.claims)} claims change, {len(answer.flips)} verdicts turn over, {len(answer.held)} hold.")
