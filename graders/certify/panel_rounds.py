"""What panels decided about a student, as evidence: read from the ledger, by the panel's own rules."""

from __future__ import annotations

from graders.certify.gathering import Rounds
from graders.certify.records import RoundEvidence
from graders.ledger import Ledger
from graders.panel.records import DEFENCE, DOCUMENT, Case, Stage
from graders.panel.state import fold


def rounds(ledger: Ledger) -> Rounds:
    """Decisions of panels.

    Parameters
    ----------
    ledger : Ledger
        The course's.

    Returns
    -------
    callable
        Student -> what was decided about document and defence, appeals included.
    """
    return lambda student: evidence_of(fold(student, ledger.entries(student)))


def evidence_of(case: Case) -> tuple[RoundEvidence, ...]:
    """A case's decisions.

    Parameters
    ----------
    case : Case
        As it stands.

    Returns
    -------
    tuple of RoundEvidence
        Of document and defence, those that were decided.
    """
    found = []
    for name in (DOCUMENT, DEFENCE):
        outcome = case.outcome(name)
        if outcome is None:
            continue
        panel = case.rounds[name].outcome  # its own scores stay in the ledger when a pair decides an appeal
        before = panel.raters if panel is not None and panel is not outcome else 0
        found.append(
            RoundEvidence(
                outcome.rubric,
                outcome.version,
                outcome.digest,
                dict(outcome.levels),
                outcome.raters,
                case.stage is Stage.FINAL,
                outcome.entry,
                case.work,
                before,
            )
        )
    return tuple(found)
