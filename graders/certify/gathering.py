"""A student's evidence, from the gradebook and the ledger. What is not proven there does not count here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from graders import __version__
from graders.certify.records import Circumstance, Evidence, ModuleEvidence, RoundEvidence
from graders.course import Course
from graders.errors import UsageError
from graders.ledger import Entry, Ledger
from graders.panel.records import OPENED, STOPPED
from graders.reports.publishing import report
from graders.reports.summary import Row
from graders.rubrics import Rule

Rounds = Callable[[str], tuple[RoundEvidence, ...]]
"""What panels decided about a student."""

RECORDED = "circumstance recorded"
WHAT = ("extension", "resit", "accommodation", "proctored")


def gather(course: Course, rule: Rule, rounds: Rounds, ledger: Ledger) -> dict[str, Evidence]:
    """Every student's evidence.

    Parameters
    ----------
    course : Course
        Whose gradebook is read.
    rule : Rule
        Which modules matter.
    rounds : callable
        Student -> what panels decided.
    ledger : Ledger
        The course's: circumstances stand in it.

    Returns
    -------
    dict of str to Evidence
        By student, sorted.
    """
    modules: dict[str, list[ModuleEvidence]] = {}
    for slug in sorted(set(rule.modules) & set(course.modules)):
        found = report(course, slug)
        for row in found.cohort.rows:
            modules.setdefault(row.submission.student, []).append(_module(slug, found.module.title, row))
    circumstances = _circumstances(ledger.entries(kinds=[RECORDED]))
    stopped = _stopped(ledger.entries(kinds=[STOPPED, OPENED]))
    return {
        student: Evidence(
            student,
            tuple(modules.get(student, ())),
            rounds(student),
            course.attempts,
            circumstances.get(student, ()),
            {"aisa": __version__},
            stopped.get(student, ()),
        )
        for student in sorted({*course.students, *modules})
    }


def record(course: Course, ledger: Ledger, student: str, circumstance: Circumstance) -> Entry:
    """Keep a circumstance of a student's way.

    Parameters
    ----------
    course : Course
        Whose student it is.
    ledger : Ledger
        Where it is kept.
    student : str
        Whose.
    circumstance : Circumstance
        What.

    Returns
    -------
    Entry

    Raises
    ------
    UsageError
        If the course knows no such student, or something is not said.
    """
    if course.students and student not in course.students:
        raise UsageError(f"the course knows no student {student!r}", str(course.root), "See `aisa status`.")
    if circumstance.what not in WHAT:
        raise UsageError(f"a circumstance is one of {', '.join(WHAT)}, not {circumstance.what!r}")
    if not (circumstance.about.strip() and circumstance.detail.strip() and circumstance.recorded_by.strip()):
        raise UsageError("a circumstance says what it is about, what it is, and who records it")
    said = {"what": circumstance.what, "about": circumstance.about, "detail": circumstance.detail}
    return ledger.append(RECORDED, student, said | {"recorded_by": circumstance.recorded_by})


def _circumstances(entries: Iterable[Entry]) -> Mapping[str, tuple[Circumstance, ...]]:
    found: dict[str, tuple[Circumstance, ...]] = {}
    for one in entries:
        said = Circumstance(one.body["what"], one.body["about"], one.body["detail"], one.body["recorded_by"])
        found[one.subject] = (*found.get(one.subject, ()), said)
    return found


def _stopped(entries: Iterable[Entry]) -> Mapping[str, tuple[str, ...]]:
    """Student -> why the check lets no design document pass; nothing once one has passed."""
    return {one.subject: tuple(map(str, one.body["blocking"])) if one.kind == STOPPED else () for one in entries}


def _module(slug: str, title: str, row: Row) -> ModuleEvidence:
    parts = row.decision.parts
    reasons = tuple(
        f"{part.notebook}: {reason.exercise + ': ' if reason.exercise else ''}{reason.text}"
        for part in parts
        for reason in part.reasons
    )
    return ModuleEvidence(
        slug,
        title,
        row.decision.outcome,
        sum(part.points for part in parts),
        sum(part.max_points for part in parts),
        reasons if row.decision.outcome != "complete" else (),
        tuple(sorted(row.submission.executions.values())),
        tuple(sorted(one.number for one in row.works if one.mark is not None and one.number is not None)),
    )
