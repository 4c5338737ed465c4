"""`aisa panel`: reviewers, sealed scores, moderation, a decision by rule, an appeal."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli import serving
from graders.cli.options import AsJson, CourseOption, panel_desk, print_json

if TYPE_CHECKING:
    from graders.panel.records import Case

panel = typer.Typer(no_args_is_help=True, help="Review a capstone: sealed scores, a decision by rule, an appeal.")

Student = Annotated[str, typer.Argument(metavar="STUDENT", help="The candidate's id.")]
Rater = Annotated[str, typer.Option(help="The reviewer's id.")]
To = Annotated[Path | None, typer.Option(help="Folder for what is written; panel/forms in the course, if not given.")]


def _tell(case: Case, as_json: bool) -> None:
    from graders.panel.state import missing, next_steps

    if as_json:
        typer.echo(json.dumps({**asdict(case), "missing": missing(case), "next": next_steps(case)}, indent=2))
        return
    waits = "; ".join(missing(case))
    typer.echo(
        f"{case.candidate} ({case.pseudonym}): {case.stage}, {case.round}{f'. Waits for {waits}' if waits else ''}"
    )


@panel.command("init")
def init(course: CourseOption = Path()) -> None:
    """Write panel.yaml to fill in: reviewers and candidates, and three anchors on which reviewers qualify."""
    from graders.course import load
    from graders.panel.settings import FILE, require_none, write_skeleton
    from graders.panel.shipped_anchors import lay_out

    opened = load(course)
    require_none(opened)
    anchors = lay_out(opened)
    write_skeleton(opened, anchors)
    typer.echo(f"wrote {opened.root / FILE}, and {len(anchors)} documents in {opened.root / 'anchors'}")


@panel.command("open")
def open_case(
    student: Student,
    document: Annotated[
        Path | None, typer.Option(help="The design document; the checked one of capstone/STUDENT/design, if not given.")
    ] = None,
    findings: Annotated[
        Path | None, typer.Option(help="The report of its check, as `aisa capstone check --json` prints it.")
    ] = None,
    name: Annotated[list[str] | None, typer.Option(help="A name to take out of the text; may be repeated.")] = None,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Bring a document before the panel, with its findings and questions from the candidate's own notebooks."""
    from graders.panel.assembly import blocking
    from graders.panel.opening import packet_of

    with panel_desk(course) as desk:
        found = packet_of(desk.course, student, document, findings, name or [])
        _tell(desk.open_case(student, found, blocking(found)), as_json)


@panel.command("assign")
def assign(
    student: Student,
    rater: Annotated[list[str] | None, typer.Option(help="A rater, instead of the draw; may be repeated.")] = None,
    chair: Annotated[str, typer.Option(help="The chair, where raters are named.")] = "",
    expertise: Annotated[str, typer.Option(help="Use case: who knows it comes first in the draw.")] = "",
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Draw a panel without conflicts of interest; for an appeal, a new pair."""
    with panel_desk(course) as desk:
        _tell(desk.assign(student, rater or [], chair, expertise), as_json)


@panel.command("declare")
def declare(
    student: Student,
    rater: Rater,
    conflict: Annotated[str, typer.Option(help="What stands between them; empty: nothing.")] = "",
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Keep what a reviewer says about conflicts of interest."""
    with panel_desk(course) as desk:
        _tell(desk.declare(student, rater, conflict), as_json)


@panel.command("replace")
def replace(
    student: Student,
    rater: Rater,
    by: Annotated[str, typer.Option(help="Who takes the seat.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Give a seat to another reviewer, before they have scored."""
    with panel_desk(course) as desk:
        _tell(desk.replace(student, rater, by, reason), as_json)


@panel.command("form")
def form(
    student: Annotated[str, typer.Argument(help="The candidate's id; none: calibration.")] = "",
    rater: Annotated[str, typer.Option(help="Only this reviewer's.")] = "",
    to: To = None,
    course: CourseOption = Path(),
) -> None:
    """Write forms to fill in: for a case, for its moderation once scores lie apart, or for calibration."""
    from graders.panel.writing import write_forms

    with panel_desk(course) as desk:
        for path in write_forms(desk, student, rater, to):
            typer.echo(f"wrote {path}")


@panel.command("packet")
def packet(student: Student, to: To = None, course: CourseOption = Path()) -> None:
    """Write what a reviewer reads as one HTML page."""
    from graders.panel.writing import write_packet

    with panel_desk(course) as desk:
        typer.echo(f"wrote {write_packet(desk, desk.case(student), to)}")


@panel.command("calibrate")
def calibrate(
    filled: Annotated[list[Path], typer.Argument(help="Filled-in calibration forms.")],
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Compare reviewers' levels of the anchors with those that were agreed; exit status 1 if somebody fails."""
    from graders.panel.form_reading import read_calibration

    with panel_desk(course) as desk:
        found = [desk.calibrate(*read_calibration(desk, path)) for path in filled]
    if as_json:
        print_json(found)
    else:
        for one in found:
            verdict = "qualifies" if one.passed else f"does not qualify: {'; '.join(one.reasons)}"
            typer.echo(f"{one.rater} {verdict} ({one.exact:.0%} exact, {one.adjacent:.0%} adjacent)")
    if not all(one.passed for one in found):
        raise typer.Exit(1)


@panel.command("seal")
def seal(
    filled: Annotated[list[Path], typer.Argument(help="Filled-in scoring forms.")],
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Seal the scores of filled-in forms: nobody sees them before all are sealed."""
    from graders.panel.form_reading import seal_form

    with panel_desk(course) as desk:
        for path in filled:
            _tell(seal_form(desk, path).case, as_json)


@panel.command("reveal")
def reveal(
    student: Student,
    reason: Annotated[str, typer.Option(help="Why to go on without a rater who is late.")] = "",
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Open the seals of a round; exit status 1 if the scores lie apart and must be talked about."""
    with panel_desk(course) as desk:
        case = desk.reveal(student, reason)
    _tell(case, as_json)
    if case.current.discrepancies:
        if not as_json:
            for one in case.current.discrepancies:
                typer.echo(f"  {one.key}: {one.says}")
        raise typer.Exit(1)


@panel.command("moderate")
def moderate(
    student: Student,
    filled: Annotated[Path, typer.Argument(help="The chair's filled-in form.")],
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Keep what came of the talk: changed levels with reasons; what was sealed stays."""
    from graders.panel.moderation_form import read_moderation

    with panel_desk(course) as desk:
        _tell(desk.moderate(student, *read_moderation(desk.case(student), filled)), as_json)


@panel.command("decide")
def decide(student: Student, course: CourseOption = Path(), as_json: AsJson = False) -> None:
    """Apply the rubric's rule to the medians of a round."""
    with panel_desk(course) as desk:
        before = desk.case(student).round
        case = desk.decide(student)
    _tell(case, as_json)
    outcome = case.rounds[before].outcome
    if outcome and not as_json:
        typer.echo(
            f"  {before}: {outcome.total:.1f} of 100, cut {outcome.cut:.1f}: {'pass' if outcome.passed else 'fail'}"
        )
        for one in outcome.reasons:
            typer.echo(f"  {one}")


@panel.command("sign")
def sign(
    student: Student,
    by: Annotated[str, typer.Option(help="The chair.")],
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Keep that the chair stands behind the decision."""
    with panel_desk(course) as desk:
        _tell(desk.sign(student, by), as_json)


@panel.command("release")
def release(student: Student, course: CourseOption = Path(), as_json: AsJson = False) -> None:
    """Let the decision go to the candidate; the time for an appeal begins."""
    with panel_desk(course) as desk:
        _tell(desk.release(student), as_json)


@panel.command("appeal")
def appeal(
    student: Student,
    ground: Annotated[str, typer.Option(help="process, fact or conflict.")],
    text: Annotated[str, typer.Option(help="What happened.")],
    of: Annotated[str, typer.Option(help="document or defence.")] = "document",
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Keep a candidate's appeal: two raters who have not sat on the panel will score."""
    with panel_desk(course) as desk:
        _tell(desk.appeal(student, ground, of, text), as_json)


@panel.command("close")
def close(
    student: Student,
    waived: Annotated[str, typer.Option(help="Words in which the candidate does without an appeal.")] = "",
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """End a case once no appeal can come."""
    with panel_desk(course) as desk:
        _tell(desk.close_case(student, waived), as_json)


@panel.command("status")
def status(course: CourseOption = Path(), as_json: AsJson = False) -> None:
    """Where every case stands, and what it waits for."""
    with panel_desk(course) as desk:
        cases = desk.cases()
    if as_json:
        print_json(cases)
        return
    for one in cases:
        _tell(one, as_json=False)
    if not cases:
        typer.echo("No case is open.")


@panel.command("agreement")
def agreement(
    of: Annotated[str, typer.Option(help="document or defence.")] = "document",
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """How far reviewers agreed before they talked, with intervals; nothing where documents are too few."""
    from graders.panel.agreement import agreement as agreed

    with panel_desk(course) as desk:
        found = agreed(desk.cases(), desk.rubric("defence" if of == "defence" else "capstone"), of)
    if as_json:
        print_json(found)
        return
    for one in found:
        for name, index in one.indices.items():
            said = index.why or f"{index.value:.2f} [{index.low:.2f}, {index.high:.2f}]"
            typer.echo(f"{one.of:6} {name:28} {said} (n = {index.n})")


@panel.command("check")
def check(course: CourseOption = Path(), as_json: AsJson = False) -> None:
    """Whether anything was changed afterwards: log, seals, packets, decisions; exit status 1 if so."""
    from graders.panel.checking import examine

    with panel_desk(course) as desk:
        found = examine(desk)
    if as_json:
        print_json(found)
    else:
        for one in found:
            typer.echo(f"{one.where}: {one.what}")
        typer.echo(f"{len(found)} faults.")
    if found:
        raise typer.Exit(1)


for command in (serving.link, serving.serve):
    panel.command()(command)
