"""What the rule says of a student's evidence. Pure, so that anyone can redo it.

A certificate needs all that the rule lists: each of its modules complete, the document and the defence passed by their
rubrics, decided by enough reviewers, and final. Whoever has a part of it gets a transcript, never a certificate.
"""

from __future__ import annotations

from collections.abc import Mapping

from graders.certify.records import Decision, Evidence, RoundEvidence
from graders.rubrics import Rubric, Rule, decide


def apply(rule: Rule, rubrics: Mapping[str, Rubric], evidence: Evidence) -> Decision:
    """Decide about one student.

    Parameters
    ----------
    rule : Rule
        What is needed.
    rubrics : mapping of str to Rubric
        Those that the rule names, by id.
    evidence : Evidence
        What there is.

    Returns
    -------
    Decision
    """
    reasons = [
        *_modules(rule, evidence),
        *(f"design document: its check stops it: {one}" for one in evidence.stopped),
        *(one for name in rule.rubrics for one in _round(rule, rubrics[name], evidence)),
    ]
    return Decision(rule.id, rule.version, not reasons, tuple(reasons))


def _modules(rule: Rule, evidence: Evidence) -> list[str]:
    known = {one.module: one for one in evidence.modules}
    reasons = []
    for slug in rule.modules:
        one = known.get(slug)
        if one is None:
            reasons.append(f"{slug}: nothing is known of this module")
        elif one.outcome != "complete":
            reasons.append(f"{slug}: {one.outcome} ({'; '.join(one.reasons) or 'no reason is given'})")
        elif not one.executions and not one.marks:
            reasons.append(f"{slug}: complete, but no evidence is named for it")
    return reasons


def _round(rule: Rule, rubric: Rubric, evidence: Evidence) -> list[str]:
    found = [one for one in evidence.rounds if one.rubric == rubric.id]
    if not found:
        return [f"{rubric.id}: no panel has decided"]
    one = found[-1]
    return [f"{rubric.id}: {reason}" for reason in (*_unsound(rule, rubric, one), *_short(rubric, one))]


def _unsound(rule: Rule, rubric: Rubric, one: RoundEvidence) -> list[str]:
    reasons = []
    if (one.version, one.rubric_digest) != (rubric.version, rubric.digest):
        reasons.append(f"was scored by another rubric (version {one.version}, not {rubric.version} as it stands)")
    panel = one.appealed_from or one.raters  # a pair that decides an appeal sits beside a panel, not in its place
    if panel < rule.raters:
        reasons.append(f"{panel} reviewers scored it, {rule.raters} are needed")
    if one.appealed_from and one.raters < 2:
        reasons.append(f"{one.raters} reviewers decided its appeal, a pair is needed")
    if not one.final:
        reasons.append("the decision is not final: an appeal is still possible, or open")
    if not one.log_head or not one.work:
        reasons.append("no evidence is named for the decision")
    return reasons


def _short(rubric: Rubric, one: RoundEvidence) -> tuple[str, ...]:
    if missing := {criterion.id for criterion in rubric.criteria} ^ set(one.levels):
        return (f"levels and criteria do not agree: {', '.join(sorted(missing))}",)
    return decide(rubric, one.levels).reasons
