"""The state machine: a case is what its entries amount to, and each step says what it still needs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from graders.errors import AisaError, GradebookError, UsageError
from graders.ledger import Entry
from graders.panel import records as are
from graders.panel.records import Case, Seat, Stage
from graders.panel.transitions import TRANSITIONS, Step


def fold(candidate: str, entries: Iterable[Entry]) -> Case:
    """What the ledger says about a candidate.

    Parameters
    ----------
    candidate : str
        The student.
    entries : iterable of Entry
        The ledger's; those of other subjects and kinds are passed over.

    Returns
    -------
    Case

    Raises
    ------
    GradebookError
        If an entry stands where it cannot stand: the log was not written by these rules.
    """
    steps = (one for one in entries if one.subject == candidate and one.kind in are.STEPS)
    return reduce(_folded, steps, Case(candidate))


def _folded(case: Case, entry: Entry) -> Case:
    try:
        return advance(case, entry.kind, entry.body, entry.at, entry.digest)
    except (AisaError, KeyError, TypeError, ValueError, AttributeError) as problem:
        where = f"ledger: entry {entry.number}, {entry.kind}"
        said = problem.message if isinstance(problem, AisaError) else f"it says nothing usable ({problem!r})"
        raise GradebookError(said, where, "Restore the ledger from a backup.") from None


def advance(case: Case, kind: str, body: Mapping[str, Any], at: str, digest: str = "") -> Case:
    """The case after one more step.

    Parameters
    ----------
    case : Case
        Before it.
    kind : str
        One of `records.STEPS`.
    body : mapping of str to Any
        What the entry says.
    at : str
        When, UTC, as ISO 8601.
    digest : str
        Of the entry, where it is written already.

    Returns
    -------
    Case

    Raises
    ------
    UsageError
        If the step cannot come now, or something is missing that it needs.
    """
    stages, step = TRANSITIONS[kind]
    if case.stage not in stages:
        told = f"{case.candidate} is {case.stage} ({case.round}): {kind!r} cannot come now"
        raise UsageError(told, "panel", f"What may come next: {', '.join(next_steps(case)) or 'nothing'}.")
    return step(case, Step(body, at, digest))


def next_steps(case: Case) -> tuple[str, ...]:
    """Kinds of entries that may come next.

    Parameters
    ----------
    case : Case
        As it stands.

    Returns
    -------
    tuple of str
    """
    return tuple(kind for kind, (stages, _) in TRANSITIONS.items() if case.stage in stages)


def missing(case: Case) -> tuple[str, ...]:
    """What the case waits for, in words.

    Parameters
    ----------
    case : Case
        As it stands.

    Returns
    -------
    tuple of str
        A phrase for each thing.
    """
    everyone = (*case.seats, case.chair) if case.chair else case.seats
    waits: dict[Stage, list[str]] = {
        Stage.DRAFT: ["a document that passes the machine's gate"],
        Stage.GATE_PASSED: ["a panel"],
        Stage.ASSIGNED: [_declaration(one) for one in everyone if not one.declared or one.conflict],
        Stage.CLEARED: [f"calibration of {one.rater}" for one in case.seats if not one.qualified],
        Stage.QUALIFIED: [f"scores of {one.rater}" for one in case.seats if one.rater not in case.current.seals],
        Stage.SEALED: ["reveal"],
        Stage.REVEALED: [f"moderation of {one.key}" for one in case.current.discrepancies],
        Stage.AGREED: [f"a decision on the {case.round}"],
        Stage.DECIDED: ["the chair's signature"],
        Stage.SIGNED: ["release"],
        Stage.RELEASED: [f"the end of the time for an appeal, {case.appeal_until}"],
        Stage.APPEALED: ["two raters who have not sat on the panel"],
        Stage.FINAL: [],
    }
    return tuple(waits[case.stage])


def _declaration(seat: Seat) -> str:
    return f"a replacement for {seat.rater}" if seat.conflict else f"a declaration of {seat.rater}"
