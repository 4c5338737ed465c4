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
    plain: dict[str, Callable[[Ratings], Ratings]] = {
        "exact agreement": lambda counts: _agreement(counts, 0),
        "adjacent agreement": lambda counts: _agreement(counts, 1),
        "Krippendorff alpha, ordinal": _alpha_ordinal,
        "Gwet AC2, ordinal": _ac2,
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
    return float(_agreement(_counts(ratings), apart))


def _agreement(counts: Ratings, apart: int) -> Ratings:
    """Of any number of samples: documents and levels are the last two axes of all that follows."""
    given = counts.sum(axis=-1)
    pairs = (given * (given - 1)).sum(axis=-1) / 2
    near = (counts * (counts - 1)).sum(axis=(-2, -1)) / 2
    for gap in range(1, apart + 1):
        near = near + (counts[..., gap:] * counts[..., :-gap]).sum(axis=(-2, -1))
    return _ratio(near, pairs)


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
    return float(_alpha_ordinal(_counts(ratings)))


def _alpha_ordinal(counts: Ratings) -> Ratings:
    given = counts.sum(axis=-1, keepdims=True)
    shared = np.where(given >= 2, counts / np.maximum(given - 1, 1), 0.0)
    together = np.swapaxes(shared, -1, -2) @ counts - np.eye(_LEVELS) * shared.sum(axis=-2)[..., None, :]
    margin = together.sum(axis=-2)
    inside = np.cumsum(margin, axis=-1)
    level = np.arange(_LEVELS)
    low, high = np.minimum.outer(level, level), np.maximum.outer(level, level)
    between = inside[..., high] - inside[..., low] + margin[..., low]
    metric = (between - (margin[..., low] + margin[..., high]) / 2) ** 2
    observed = (together * metric).sum(axis=(-2, -1))
    expected = (margin[..., :, None] * margin[..., None, :] * metric).sum(axis=(-2, -1))
    return 1 - _ratio(observed * (margin.sum(axis=-1) - 1), expected)


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
    return float(_ac2(_counts(ratings)))


def _ac2(counts: Ratings) -> Ratings:
    level = np.arange(_LEVELS)
    apart = np.abs(np.subtract.outer(level, level))
    weights = 1 - apart * (apart + 1) / (_LEVELS * (_LEVELS - 1))
    given = counts.sum(axis=-1)
    like = counts @ weights
    found = (counts * (like - 1)).sum(axis=-1) / np.maximum(given * (given - 1), 1)
    agreed = _ratio(found.sum(axis=-1), (given >= 2).sum(axis=-1))
    share = _ratio((counts / np.maximum(given, 1)[..., None]).sum(axis=-2), (given > 0).sum(axis=-1)[..., None])
    chance = weights.sum() / (_LEVELS * (_LEVELS - 1)) * (share * (1 - share)).sum(axis=-1)
    return _ratio(agreed - chance, 1 - chance)


def _ratio(one: Ratings, other: Ratings) -> Ratings:
    """NaN where it would be of nothing."""
    ratio: Ratings = np.divide(one, other, out=np.full(np.shape(one), np.nan), where=other > 0)
    return ratio


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


def _bootstrapped(table: Ratings, index: Callable[[Ratings], Ratings], why: str) -> Estimate:
    if why:
        return not_estimable(len(table), why)
    draw = np.random.default_rng(_SEED)
    counts = _counts(table)
    drawn = index(counts[draw.integers(len(table), size=(_DRAWS, len(table)))])
    drawn = drawn[~np.isnan(drawn)]  # a sample of documents that all have one level says nothing
    low, high = np.quantile(drawn, [(1 - _SHARE) / 2, (1 + _SHARE) / 2])
    return Estimate(float(index(counts)), float(low), float(high), len(table))
