"""How far reviewers agree: indices with intervals, and nothing where the documents are too few to say anything.

Sources
-------
Krippendorff, *Computing Krippendorff's Alpha-Reliability* (2011), section C and E: alpha, ordinal metric.
Gwet, *Handbook of Inter-Rater Reliability*, 4th ed. (2014), chapters 4 and 5: AC2 with ordinal weights, missing levels.
McGraw & Wong, *Forming inferences about some intraclass correlation coefficients*, Psychological Methods 1 (1996),
tables 4 and 7: ICC(A,1), ICC(A,k) and their intervals; they are Shrout & Fleiss' ICC(2,1) and ICC(2,k).
Efron & Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13: percentile intervals.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from graders.psychometrics.estimate import Estimate, not_estimable

Ratings = npt.NDArray[np.float64]
"""Documents in rows, reviewers in columns, levels; NaN where somebody did not score."""

FEWEST = 5
"""Documents below which no index is shown (specification of the track, 2.5)."""
_LEVELS = 5
_SHARE = 0.95
_DRAWS = 2000
"""Samples of a bootstrap interval; Efron & Tibshirani ask for 1000 at least."""
_SEED = 20_260_101
"""Any fixed number: the same scores give the same interval."""


def of_levels(ratings: Ratings) -> dict[str, Estimate]:
    """How far reviewers agree on a criterion; whoever they are, and whoever scored what.

    Parameters
    ----------
    ratings : array, shape (documents, reviewers)
        Levels 0 to 4; NaN where somebody did not score.

    Returns
    -------
    dict of str to Estimate
        Exact and adjacent agreement, ordinal alpha, AC2; none with a value where documents are too few or alike.
    """
    table = _paired(ratings)
    why = _why_not(table)
    plain: dict[str, Callable[[Ratings], float]] = {
        "exact agreement": lambda one: agreement(one, 0),
        "adjacent agreement": lambda one: agreement(one, 1),
        "Krippendorff alpha, ordinal": alpha_ordinal,
        "Gwet AC2, ordinal": ac2,
    }
    return {name: _bootstrapped(table, index, why) for name, index in plain.items()}


def of_totals(ratings: Ratings) -> dict[str, Estimate]:
    """How reliable totals are: of one reviewer, and of the mean of them all.

    Parameters
    ----------
    ratings : array, shape (documents, reviewers)
        Totals; a column is one person throughout. NaN where they did not score.

    Returns
    -------
    dict of str to Estimate
        ICC(2,1) and ICC(2,k).
    """
    table = _paired(ratings)
    why = _why_not(table)
    if not why and np.isnan(table).any():
        why = "not everybody scored every document"
    if not why and _mean_squares(table)[2] <= 0:
        why = "nothing is left to chance: everybody agrees"
    return {
        name: not_estimable(len(table), why) if why else Estimate(*intraclass(table, average=average), len(table))
        for name, average in (("ICC(2,1)", False), ("ICC(2,k)", True))
    }


def _paired(ratings: Ratings) -> Ratings:
    """Documents that two reviewers scored at least."""
    table: Ratings = np.asarray(ratings, dtype=float)
    paired: Ratings = table[np.sum(~np.isnan(table), axis=1) >= 2]
    return paired


def agreement(ratings: Ratings, apart: int) -> float:
    """Share of pairs of levels of one document that lie at most so far apart.

    Parameters
    ----------
    ratings : array, shape (documents, reviewers)
        Levels; NaN where somebody did not score.
    apart : int
        0 for exact agreement, 1 for adjacent.

    Returns
    -------
    float
        NaN where no document has two levels.
    """
    left, right = np.triu_indices(ratings.shape[1], 1)
    gaps = np.abs(ratings[:, left] - ratings[:, right])
    gaps = gaps[~np.isnan(gaps)]
    return float(np.mean(gaps <= apart)) if gaps.size else float("nan")


def alpha_ordinal(ratings: Ratings) -> float:
    """Krippendorff's alpha with the ordinal metric.

    1 - D_o / D_e on the coincidence matrix o_ck, delta^2(c, k) = (sum_{g=c..k} n_g - (n_c + n_k) / 2)^2.

    Parameters
    ----------
    ratings : array, shape (documents, reviewers)
        Levels from 0; NaN where somebody did not score.

    Returns
    -------
    float
        NaN where all levels are the same.
    """
    counts = _counts(ratings)
    counts = counts[counts.sum(axis=1) >= 2]
    pairs = counts.sum(axis=1, keepdims=True) - 1
    together = (counts / pairs).T @ counts - np.diag((counts / pairs).sum(axis=0))
    margin = together.sum(axis=0)
    total = margin.sum()
    inside = np.cumsum(margin)
    level = np.arange(margin.size)
    low, high = np.minimum.outer(level, level), np.maximum.outer(level, level)
    between = inside[high] - inside[low] + margin[low]
    metric = (between - (margin[low] + margin[high]) / 2) ** 2
    expected = (np.outer(margin, margin) * metric).sum() / (total - 1) if total > 1 else 0.0
    return float(1 - (together * metric).sum() / expected) if expected > 0 else float("nan")


def ac2(ratings: Ratings) -> float:
    """Gwet's AC2 with ordinal weights: it does not fall where nearly all levels are the same.

    w_kl = 1 - C(|k - l| + 1, 2) / C(q, 2), p_e = T_w / (q (q - 1)) sum pi_k (1 - pi_k), AC2 = (p_a - p_e) / (1 - p_e).

    Parameters
    ----------
    ratings : array, shape (documents, reviewers)
        Levels 0 to 4; NaN where somebody did not score.

    Returns
    -------
    float
    """
    counts = _counts(ratings)
    level = np.arange(_LEVELS)
    apart = np.abs(np.subtract.outer(level, level))
    weights = 1 - apart * (apart + 1) / (_LEVELS * (_LEVELS - 1))
    given = counts.sum(axis=1)
    both = given >= 2
    like = counts @ weights
    agreed = (counts * (like - 1)).sum(axis=1)[both] / (given * (given - 1))[both]
    share = (counts[given > 0] / given[given > 0, None]).mean(axis=0)
    chance = weights.sum() / (_LEVELS * (_LEVELS - 1)) * (share * (1 - share)).sum()
    return float((agreed.mean() - chance) / (1 - chance)) if both.any() else float("nan")


def intraclass(ratings: Ratings, *, average: bool) -> tuple[float, float, float]:
    """ICC(2,1), or ICC(2,k) of the reviewers' mean, with its interval of 95 %.

    Parameters
    ----------
    ratings : array, shape (documents, reviewers)
        Whole: every reviewer scored every document.
    average : bool
        Of the mean over reviewers, not of one reviewer.

    Returns
    -------
    tuple of float
        Value, low, high.
    """
    from scipy.stats import f

    n, k = ratings.shape
    rows, columns, rest = _mean_squares(ratings)
    one = (rows - rest) / (rows + (k - 1) * rest + k * (columns - rest) / n)
    ratio = columns / rest
    inner = n * (1 + (k - 1) * one) - k * one
    freedom = (k - 1) * (n - 1) * (k * one * ratio + inner) ** 2 / ((n - 1) * (k * one * ratio) ** 2 + inner**2)
    tail = (1 + _SHARE) / 2
    above, below = f.ppf(tail, n - 1, freedom), f.ppf(tail, freedom, n - 1)
    spread = k * columns + (k * n - k - n) * rest
    low = n * (rows - above * rest) / (above * spread + n * rows)
    high = n * (below * rows - rest) / (spread + n * below * rows)
    if not average:
        return float(one), float(low), float(high)
    of_mean = (float(k * x / (1 + (k - 1) * x)) for x in (one, low, high))
    return next(of_mean), next(of_mean), next(of_mean)


def _mean_squares(ratings: Ratings) -> tuple[float, float, float]:
    """Of documents, of reviewers, and what is left."""
    n, k = ratings.shape
    mean = ratings.mean()
    rows = k * ((ratings.mean(axis=1) - mean) ** 2).sum()
    columns = n * ((ratings.mean(axis=0) - mean) ** 2).sum()
    rest = ((ratings - mean) ** 2).sum() - rows - columns
    return float(rows / (n - 1)), float(columns / (k - 1)), float(rest / ((n - 1) * (k - 1)))


def _counts(ratings: Ratings) -> Ratings:
    """How often each level was given to each document."""
    return np.stack([(ratings == level).sum(axis=1) for level in range(_LEVELS)], axis=1).astype(float)


def _why_not(table: Ratings) -> str:
    if len(table) < FEWEST:
        return f"{len(table)} documents are too few, it takes {FEWEST}"
    levels = table[~np.isnan(table)]
    return "all levels are the same" if np.ptp(levels) == 0 else ""


def _bootstrapped(table: Ratings, index: Callable[[Ratings], float], why: str) -> Estimate:
    if why:
        return not_estimable(len(table), why)
    draw = np.random.default_rng(_SEED)
    drawn = np.array([index(table[draw.integers(len(table), size=len(table))]) for _ in range(_DRAWS)])
    drawn = drawn[~np.isnan(drawn)]  # a sample of documents that all have one level says nothing
    low, high = np.quantile(drawn, [(1 - _SHARE) / 2, (1 + _SHARE) / 2])
    return Estimate(index(table), float(low), float(high), len(table))
