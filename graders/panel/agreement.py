"""How far a course's reviewers agreed: from what they sealed, before anybody talked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graders.panel.records import Case, Round
from graders.panel.statistics import of_levels, of_totals
from graders.psychometrics.estimate import Estimate
from graders.rubrics import TOP_LEVEL, Rubric


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on a criterion, or on the total.

    Attributes
    ----------
    of : str
        `C4`, or `total`.
    indices : mapping of str to Estimate
        By name of the index.
    """

    of: str
    indices: Mapping[str, Estimate]


def agreement(cases: Sequence[Case], rubric: Rubric, round_: str) -> tuple[Agreement, ...]:
    """Agreement in one round over all cases of a course.

    Parameters
    ----------
    cases : sequence of Case
        Those whose scores are not revealed yet are passed over.
    rubric : Rubric
        Scores by another wording of it are passed over.
    round_ : str
        `document` or `defence`.

    Returns
    -------
    tuple of Agreement
        By criterion, the total last.
    """
    scored = [one.rounds[round_] for one in revealed(cases, rubric, round_)]
    raters = sorted({rater for one in scored for rater in one.scores})
    found = [Agreement(one.id, of_levels(table(scored, raters, {one.id: 1.0}))) for one in rubric.criteria]
    return (*found, Agreement("total", of_totals(table(scored, raters, weights(rubric)))))


def revealed(cases: Sequence[Case], rubric: Rubric, round_: str) -> tuple[Case, ...]:
    """Cases whose scores of a round are known, and given by this wording of the rubric.

    Parameters
    ----------
    cases : sequence of Case
        Of a course.
    rubric : Rubric
        That they are scored by.
    round_ : str
        `document` or `defence`.

    Returns
    -------
    tuple of Case
    """
    there = [one for one in cases if round_ in one.rounds and one.rounds[round_].scores]
    return tuple(
        one for one in there if all(scores.rubric == rubric.digest for scores in one.rounds[round_].scores.values())
    )


def weights(rubric: Rubric) -> dict[str, float]:
    """Points of a level on each criterion: the top level throughout gives 100."""
    return {one.id: one.weight / TOP_LEVEL for one in rubric.criteria}


def table(scored: Sequence[Round], raters: Sequence[str], weights: Mapping[str, float]) -> np.ndarray:
    """Documents in rows, reviewers in columns; NaN where somebody did not sit on the panel."""
    table = np.full((len(scored), len(raters)), np.nan)
    for row, one in enumerate(scored):
        for rater, scores in one.scores.items():
            table[row, raters.index(rater)] = sum(weight * scores.levels[id_] for id_, weight in weights.items())
    return table
