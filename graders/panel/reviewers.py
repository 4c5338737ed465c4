"""How a course's reviewers score beside each other, and how many a panel takes: from what they sealed, before any talk.

Every figure rests on entries of the ledger: when each reviewer sealed what for whom. Appeals are left out, since their
pairs read what others have decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graders.ledger import Entry
from graders.panel.agreement import Agreement, agreement, revealed, table, weights
from graders.panel.records import REVEALED, SEALED, SEATS, Case
from graders.psychometrics.estimate import Estimate
from graders.psychometrics.generalizability import Projection, at_cut, d_study
from graders.psychometrics.raters import drift, halo, severity
from graders.rubrics import Rubric


@dataclass(frozen=True, slots=True)
class Reviewer:
    """How one reviewer scores.

    Attributes
    ----------
    rater : str
    documents : int
        That they scored.
    severity : Estimate
        Points of 100 that they give more than the others to the same document; less than 0 is severe.
    drift : Estimate
        Points by which that moves from one document to the next.
    halo : Estimate
        How much more closely their criteria hang together than the others'. [1]
    """

    rater: str
    documents: int
    severity: Estimate
    drift: Estimate
    halo: Estimate


@dataclass(frozen=True, slots=True)
class Reading:
    """A document, and the entries of the ledger that its scores rest on.

    Attributes
    ----------
    pseudonym : str
    seals : mapping of str to int
        Reviewer -> number of the entry that sealed their scores.
    reveal : int
        Number of the entry that opened them.
    """

    pseudonym: str
    seals: Mapping[str, int]
    reveal: int


@dataclass(frozen=True, slots=True)
class Panel:
    """All that there is to say about the reviewers of one round.

    Attributes
    ----------
    round : str
        `document` or `defence`.
    cut : float
        That totals are held against, of 100.
    readings : tuple of Reading
        By pseudonym.
    agreement : tuple of Agreement
        By criterion, the total last.
    reviewers : tuple of Reviewer
        By id.
    projections : tuple of Projection
        What panels of one reviewer and more would be worth.
    at_cut : Estimate
        How dependable a decision at the cut is, by the mean of a panel. [1]
    """

    round: str
    cut: float
    readings: tuple[Reading, ...]
    agreement: tuple[Agreement, ...]
    reviewers: tuple[Reviewer, ...]
    projections: tuple[Projection, ...]
    at_cut: Estimate


def panel_of(cases: Sequence[Case], entries: Sequence[Entry], rubric: Rubric, round_: str) -> Panel:
    """Look at the reviewers of a round.

    Parameters
    ----------
    cases : sequence of Case
        Of a course; those whose scores are not revealed are passed over.
    entries : sequence of Entry
        Of the ledger, in order.
    rubric : Rubric
        That the round is scored by; scores by another wording of it are passed over.
    round_ : str
        `document` or `defence`.

    Returns
    -------
    Panel
    """
    chosen = sorted(revealed(cases, rubric, round_), key=lambda one: one.pseudonym)
    readings = tuple(_reading(one, entries, round_) for one in chosen)
    scored = [one.rounds[round_] for one in chosen]
    raters = sorted({rater for one in scored for rater in one.scores})
    totals = table(scored, raters, weights(rubric))
    levels = np.stack([table(scored, raters, {one.id: 1.0}) for one in rubric.criteria], axis=2)
    many = np.sum(~np.isnan(totals), axis=0)
    found = zip(raters, many, severity(totals), drift(totals, _order(readings, raters)), halo(levels), strict=True)
    return Panel(
        round=round_,
        cut=rubric.cut_score,
        readings=readings,
        agreement=agreement(cases, rubric, round_),
        reviewers=tuple(Reviewer(rater, int(number), *figures) for rater, number, *figures in found),
        projections=d_study(totals),
        at_cut=at_cut(totals, rubric.cut_score, SEATS),
    )


def _reading(case: Case, entries: Sequence[Entry], round_: str) -> Reading:
    mine = [one for one in entries if one.subject == case.candidate]
    seals = {str(one.body["rater"]): one.number for one in mine if one.kind == SEALED and one.body["round"] == round_}
    reveal = next(one.number for one in mine if one.kind == REVEALED and _opens(one, round_))
    return Reading(case.pseudonym, {rater: seals[rater] for rater in sorted(case.rounds[round_].scores)}, reveal)


def _opens(entry: Entry, round_: str) -> bool:
    return any(one["said"]["round"] == round_ for one in entry.body["openings"])


def _order(readings: Sequence[Reading], raters: Sequence[str]) -> np.ndarray:
    """The how-manieth document of each reviewer each is; NaN where they did not score it."""
    sealed = np.array([[one.seals.get(rater, np.nan) for rater in raters] for one in readings], dtype=float)
    sealed = sealed.reshape(len(readings), len(raters))
    order = np.argsort(np.argsort(sealed, axis=0), axis=0) + 1.0
    return np.where(np.isnan(sealed), np.nan, order)
