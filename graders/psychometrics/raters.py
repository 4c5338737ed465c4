r"""How one reviewer scores beside the others: stricter, less apart, or differently as time goes on. Pure.

Question
    Whoever sits on a panel should not decide it. Who gives fewer points than the others to the same documents, whose
    criteria rise and fall together, and whose standard moves?
Model
    Severity is a reviewer's effect :math:`\nu_r` in :math:`X_{pr} = \mu + \nu_p + \nu_r + e`, fitted by least squares
    with :math:`\sum_r \nu_r = 0`; without gaps it is the reviewer's mean less everybody's. Its interval is Student's.
    Halo is how much more closely a reviewer's criteria are correlated over documents than another's over the same
    documents, on average over pairs of criteria and over the others. Drift is the slope of a reviewer's scores, less
    the mean of the others' for the same document once their severity is taken out, over the order in which the
    reviewer scored.
Assumes
    Who reads what, and in which order, has nothing to do with the documents. What is left is independent, and about
    equally large for everybody. Halo's interval is the jackknife's over documents.
Breaks when
    A panel is right to differ: a reviewer who is alone in knowing the field looks severe. Criteria may well rise and
    fall together in the documents themselves; only the difference to others is halo, and even that may understate
    it (Fisicaro and Lance). All three are reasons to talk to somebody, never to correct a score.
Source
    De Gruijter, "Two Simple Models for Rater Effects", Applied Psychological Measurement 8(2), 1984; Braun,
    "Understanding Scoring Reliability: Experiments in Calibrating Essay Readers", Journal of Educational Statistics
    13(1), 1988, pp. 1-18. Halo, severity and their measures: Saal, Downey and Lahey, "Rating the Ratings",
    Psychological Bulletin 88(2), 1980; Fisicaro and Lance, "Implications of Three Causal Models for the Measurement
    of Halo Error", Applied Psychological Measurement 14(4), 1990. Jackknife: Efron and Tibshirani, *An Introduction
    to the Bootstrap* (1993), chapter 11.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from graders.psychometrics.design import FEWEST, Design, Table, why_not
from graders.psychometrics.estimate import SHARE, Estimate, not_estimable

Levels = npt.NDArray[np.float64]
"""Documents, reviewers, criteria; NaN where somebody did not score."""

FEWEST_FOR_HALO = 10
"""Documents that two reviewers must share: correlations over fewer say next to nothing (`items.FEWEST`)."""


def severity(table: Table) -> tuple[Estimate, ...]:
    """How many points more than the others each reviewer gives to the same document; less than 0 is severe.

    Parameters
    ----------
    table : array, shape (documents, reviewers)
        Scores; NaN where somebody did not score.

    Returns
    -------
    tuple of Estimate
        In the scores' unit, one for each reviewer.
    """
    many = np.sum(~np.isnan(table), axis=0)
    if why := why_not(table):
        return tuple(not_estimable(int(one), why) for one in many)
    design = Design.of(table)
    effects, spread = design.effects
    rest = float(design.sum_of_squares("both", design.scores)) / design.freedom
    half = _student(design.freedom) * np.sqrt(np.diag(spread) * rest)
    found = iter(zip(effects, half, strict=True))
    return tuple(_about(*next(found), int(one)) if one else not_estimable(0, "has scored nothing") for one in many)


def halo(levels: Levels) -> tuple[Estimate, ...]:
    """How much more closely a reviewer's criteria hang together than others' do over the same documents.

    Parameters
    ----------
    levels : array, shape (documents, reviewers, criteria)
        NaN where somebody did not score.

    Returns
    -------
    tuple of Estimate
        A difference of mean correlations, one for each reviewer. [1]
    """
    return tuple(_halo(levels, rater) for rater in range(levels.shape[1]))


def drift(table: Table, order: Table) -> tuple[Estimate, ...]:
    """By how much a reviewer's standard moves from one document to the next.

    Parameters
    ----------
    table : array, shape (documents, reviewers)
        Scores; NaN where somebody did not score.
    order : array, shape (documents, reviewers)
        Number of each score in its reviewer's own sequence.

    Returns
    -------
    tuple of Estimate
        In the scores' unit for each document scored; less than 0 grows stricter.
    """
    if why := why_not(table):
        return tuple(not_estimable(int(one), why) for one in np.sum(~np.isnan(table), axis=0))
    effects = np.full(table.shape[1], np.nan)
    effects[~np.isnan(table).all(axis=0)] = Design.of(table).effects[0]
    adjusted = table - effects
    found = []
    for rater in range(table.shape[1]):
        others = np.delete(adjusted, rater, axis=1)
        seen = ~np.isnan(table[:, rater]) & ~np.isnan(others).all(axis=1)
        found.append(_slope(order[seen, rater], table[seen, rater] - np.nanmean(others[seen], axis=1)))
    return tuple(found)


def _slope(when: Table, deviations: Table) -> Estimate:
    n = when.size
    if n < FEWEST:
        return not_estimable(n, f"{n} documents scored beside others are too few, it takes {FEWEST}")
    centred = when - when.mean()
    slope = float((centred * deviations).sum() / (centred**2).sum())
    left = deviations - deviations.mean() - slope * centred
    error = math.sqrt(float((left**2).sum()) / (n - 2) / float((centred**2).sum()))
    return _about(slope, _student(n - 2) * error, n)


def _halo(levels: Levels, rater: int) -> Estimate:
    own = ~np.isnan(levels[:, rater]).any(axis=1)
    shared = {
        other: np.flatnonzero(own & ~np.isnan(levels[:, other]).any(axis=1))
        for other in range(levels.shape[1])
        if other != rater
    }
    enough = {other: rows for other, rows in shared.items() if rows.size >= FEWEST_FOR_HALO}
    if not enough:
        most = max((rows.size for rows in shared.values()), default=0)
        return not_estimable(most, f"{most} documents shared with another are too few, it takes {FEWEST_FOR_HALO}")
    value = _excess(levels, rater, enough)
    seen = np.unique(np.concatenate(list(enough.values())))
    if math.isnan(value):
        return not_estimable(seen.size, "a reviewer gave each criterion the same level throughout")
    left = [_excess(levels, rater, {other: rows[rows != one] for other, rows in enough.items()}) for one in seen]
    n = seen.size
    error = math.sqrt((n - 1) / n * float(((np.array(left) - np.mean(left)) ** 2).sum()))
    return _about(value, _student(n - 1) * error, n)


def _excess(levels: Levels, rater: int, shared: dict[int, npt.NDArray[np.intp]]) -> float:
    """Mean difference to the others, each weighted by the documents shared."""
    gaps = [together(levels[rows, rater]) - together(levels[rows, other]) for other, rows in shared.items()]
    return float(np.average(gaps, weights=[rows.size for rows in shared.values()]))


def together(levels: Levels) -> float:
    """Mean correlation between criteria over documents.

    Parameters
    ----------
    levels : array, shape (documents, criteria)
        Of one reviewer.

    Returns
    -------
    float
        Criteria whose levels are all the same are left out; NaN where fewer than two are left.
    """
    telling = levels[:, np.ptp(levels, axis=0) > 0]
    many = telling.shape[1]
    if many < 2:
        return math.nan
    return float((np.corrcoef(telling, rowvar=False).sum() - many) / (many * (many - 1)))


def _student(freedom: int) -> float:
    from scipy.stats import t

    return float(t.isf((1 - SHARE) / 2, freedom))


def _about(value: float, half: float, n: int) -> Estimate:
    return Estimate(float(value), float(value - half), float(value + half), n)
