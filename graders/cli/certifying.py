"""`aisa certify`, `verify` and `revoke`: the examination office, and whoever is shown a certificate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from graders.cli.options import AsJson, CourseOption, print_json
from graders.errors import UsageError

if TYPE_CHECKING:
    from graders.certify.handed_in import Handed
    from graders.certify.issue import Outcome
    from graders.course import Course

NewKey = Literal["retired", "lost", "stolen"]
Circumstances = Literal["extension", "resit", "accommodation", "proctored"]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the ledger.")]
By = Annotated[str, typer.Option(help="Who decides or records it.")]


def certify(
    students: Annotated[list[str] | None, typer.Argument(help="Students' ids; all of the course, if none.")] = None,
    rule: Annotated[Path | None, typer.Option(help="Another rule than rubrics/certification.yaml.")] = None,
    issuer: Annotated[str, typer.Option(help="Name of the office, at first use.")] = "",
    url: Annotated[str, typer.Option(help="Address of the office, at first use; may be left out.")] = "",
    new_key: Annotated[NewKey | None, typer.Option(help="Replace the issuer's key; says what became of it.")] = None,
    record: Annotated[Circumstances | None, typer.Option(help="Keep a circumstance of one student's way.")] = None,
    about: Annotated[str, typer.Option(help="What the circumstance is about: a slug, capstone, defence.")] = "",
    reason: Reason = "",
    by: By = "",
    workers: Annotated[int, typer.Option(help="Processes that sign and write side by side.", min=1)] = 2,
    course: CourseOption = Path(),
    as_json: AsJson = False,
) -> None:
    """Certify whoever has all that the rule asks, once; write certificates and transcripts."""
    from graders.certify import keys, papers
    from graders.certify.enclosure import standard
    from graders.certify.gathering import gather
    from graders.certify.issue import issue
    from graders.certify.panel_rounds import rounds
    from graders.course import load
    from graders.ledger import Ledger

    opened = load(course)
    with Ledger(opened) as ledger:
        require_sound(opened, ledger)
        if record is not None:
            _record(opened, ledger, students, record, about, reason, by)
            return
        signer = keys.rotate(opened, new_key, reason) if new_key else keys.signer(opened, issuer, url)
        by_what = standard(opened.material, rule)
        evidence = gather(opened, by_what.rule, rounds(ledger), ledger)
        if unknown := sorted(set(students or ()) - set(evidence)):
            raise UsageError(f"the course knows no student {unknown[0]!r}", str(opened.root), "See `aisa status`.")
        chosen = {student: evidence[student] for student in students or evidence}
        outcomes = issue(opened, ledger, by_what, chosen, signer, workers)
        papers.write(opened, by_what, outcomes, workers)
        papers.write_status(opened, ledger, signer)
    if as_json:
        typer.echo(json.dumps([_said(one) for one in outcomes], indent=2))
    else:
        for one in outcomes:
            _print(one)
    if any(one.certificate is None for one in outcomes):
        raise typer.Exit(1)


def verify(
    certificates: Annotated[
        list[Path], typer.Argument(help="credential.json, certificate.html, the folder of one, or of many.")
    ],
    status: Annotated[Path | None, typer.Option(help="The issuer's status list.")] = None,
    trust: Annotated[Path | None, typer.Option(help="The issuer's profile, got by another way.")] = None,
    recipient: Annotated[str, typer.Option(help="Whose it is said to be.")] = "",
    evidence: Annotated[Path | None, typer.Option(help="The evidence, where it does not lie beside or inside.")] = None,
    file: Annotated[list[Path] | None, typer.Option(help="Another file that it may name: the design document.")] = None,
    rederive: Annotated[
        bool, typer.Option("--rederive", help="Derive the decision again; fail if that cannot be.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes that verify side by side.", min=1)] = 2,
    as_json: AsJson = False,
) -> None:
    """Look at certificates, offline: exits with 1 if something in one does not hold."""
    from graders.certify.finding import Beside
    from graders.certify.handed_in import all_of, looked_at, status_list
    from graders.certify.keys import read_profile

    beside = Beside(
        trust=read_profile(trust) if trust is not None else None,
        status=status_list(status) if status is not None else None,
        recipient=recipient,
        rederive=rederive,
        files=tuple(file or ()),
    )
    found: list[Handed] = []
    paths = all_of(certificates)
    for one in looked_at(paths, beside, evidence, workers):
        found.append(one)
        if not as_json:
            _tell(one, alone=len(paths) == 1)
    if as_json:
        print_json(found[0].finding.checks if len(paths) == 1 else found)
    wrong = sum(not one.finding.holds for one in found)
    if len(paths) > 1 and not as_json:
        typer.echo(f"{len(paths)} certificates: {len(paths) - wrong} hold, {wrong} do NOT.")
    if wrong:
        raise typer.Exit(1)


def revoke(
    certificate: Annotated[str, typer.Argument(help="Its id, or the student whose it is.")],
    reason: Reason,
    by: By,
    course: CourseOption = Path(),
) -> None:
    """Withdraw a certificate, and sign a new status list."""
    from graders.certify import keys, papers
    from graders.certify.issue import revoke as withdraw
    from graders.course import load
    from graders.ledger import Ledger

    opened = load(course)
    with Ledger(opened) as ledger:
        require_sound(opened, ledger)
        one = withdraw(ledger, certificate, reason, by)
        path = papers.write_status(opened, ledger, keys.signer(opened))
    typer.echo(f"revoked {one.id} of {one.student}; {path} is new: publish it.")


def require_sound(course: Course, ledger: Any) -> None:
    """Nothing is certified from a ledger that somebody has changed."""
    from graders.errors import GradebookError
    from graders.ledger import FILE

    if found := ledger.faults():
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        what = f"entry {found[0].number} of the ledger {found[0].what}{more}"
        raise GradebookError(what, str(course.root / FILE), "Restore it from a backup, and find out who changed it.")


def _record(
    course: Course, ledger: Any, students: list[str] | None, what: str, about: str, detail: str, by: str
) -> None:
    from graders.certify.gathering import record
    from graders.certify.records import Circumstance

    if not students or len(students) != 1:
        raise UsageError("a circumstance is one student's", do="Name the student.")
    entry = record(course, ledger, students[0], Circumstance(what, about, detail, by))
    typer.echo(f"kept as entry {entry.number} of the ledger.")


def _said(one: Outcome) -> dict[str, object]:
    return {
        "student": one.student,
        "certified": one.decision.certified,
        "reasons": list(one.decision.reasons),
        "certificate": one.certificate.id if one.certificate else None,
        "new": one.new,
        "note": one.note,
    }


def _print(one: Outcome) -> None:
    if one.certificate is not None:
        word = "certified" if one.new else "has been certified"
        typer.echo(f"{one.student}: {word}, {one.certificate.id}{f' ({one.note})' if one.note else ''}")
        return
    more = f" (and {len(one.decision.reasons) - 1} more in the transcript)" if len(one.decision.reasons) > 1 else ""
    typer.echo(f"{one.student}: transcript only. {one.decision.reasons[0]}{more}")


def _tell(one: Handed, alone: bool) -> None:
    """What was found: check by check of one alone, a line for each of many."""
    finding = one.finding
    if not alone:
        wrong = next((f": {check.name}: {check.says}" for check in finding.checks if check.held == "fails"), "")
        typer.echo(f"{'holds' if finding.holds else 'does NOT hold'}  {one.path}{wrong}")
        return
    for check in finding.checks:
        typer.echo(f"{check.held:12} {check.name}: {check.says}")
    what = "credential, which is no certificate of a track," if finding.foreign else "certificate"
    typer.echo(f"The {what} holds." if finding.holds else f"This {what} does NOT hold.")
