"""Whether anything of a panel was changed afterwards: log, sealed scores, packets, and every decision done again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from graders.errors import AisaError, GraderError
from graders.panel import packet
from graders.panel.decision import outcome
from graders.panel.desk import Desk
from graders.panel.moderation import discrepancies
from graders.panel.records import STEPS, Case, Round
from graders.panel.state import fold


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written.

    Attributes
    ----------
    where : str
        Entry of the ledger, opening or packet.
    what : str
        What is wrong with it.
    """

    where: str
    what: str


def examine(desk: Desk) -> tuple[Fault, ...]:
    """Look at everything that a panel rests on.

    Parameters
    ----------
    desk : Desk
        Open.

    Returns
    -------
    tuple of Fault
        Nothing, if nobody changed anything.
    """
    found = [Fault(f"ledger: entry {one.number}", one.what) for one in desk.ledger.faults()]
    entries = desk.ledger.entries(kinds=STEPS)
    for candidate in sorted({one.subject for one in entries}):
        try:
            case = fold(candidate, entries)
        except GraderError as problem:
            found.append(Fault(problem.where, problem.message))
            continue
        found += _case(desk, case)
    return tuple(found)


def _case(desk: Desk, case: Case) -> list[Fault]:
    found = []
    try:
        packet.load(desk.course, case.work)
    except GraderError as problem:
        found.append(Fault(problem.where, problem.message))
    for scored in case.rounds.values():
        for rater, commitment in scored.seals.items():
            opening = desk.store.opening(commitment)
            if opening is None or opening.commitment != commitment:
                what = "were changed" if opening else "are not there, or cannot be read"
                told = f"the sealed scores of {rater} for the {scored.name} of {case.pseudonym} {what}"
                found.append(Fault(f"panel.db: opening {commitment}", told))
        try:
            found += _redone(desk, case, scored)
        except (AisaError, KeyError, TypeError, ValueError) as problem:
            found.append(Fault(f"ledger: {scored.name} of {case.pseudonym}", f"cannot be done again ({problem})"))
    return found


def _redone(desk: Desk, case: Case, scored: Round) -> list[Fault]:
    """Discrepancies and decision as the rubric gives them from the revealed scores."""
    read = desk.rubric(scored.rubric)
    if not scored.scores or any(one.rubric != read.digest for one in scored.scores.values()):
        return []  # nothing is open yet, or the rubric has a new wording: the ledger keeps the digest of the old
    where = f"ledger: {scored.name} of {case.pseudonym}"
    found = []
    if discrepancies(read, {rater: one.levels for rater, one in scored.scores.items()}) != scored.discrepancies:
        found.append(Fault(where, "its discrepancies are not those of the revealed scores"))
    if scored.outcome is not None and _text(asdict(replace(scored.outcome, entry=""))) != _text(
        asdict(outcome(read, scored))
    ):
        found.append(Fault(where, "its decision is not the one that the rule gives"))
    return found


def _text(said: object) -> str:
    return json.dumps(said, sort_keys=True)
