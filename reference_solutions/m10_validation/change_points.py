r"""Change points: from which commit on has the benchmark been another one?

Question
    A benchmark ran with each of two hundred commits. Where did its results change, in whatever way, and which of the
    changes are not noise?
Model
    .. math:: \hat E(X, Y) = \frac{2}{nm} \sum_{i,j} |x_i - y_j| - \binom{n}{2}^{-1} \sum_{i<k} |x_i - x_k|
        - \binom{m}{2}^{-1} \sum_{j<k} |y_j - y_k|, \qquad
        \hat Q = \frac{nm}{n + m} \hat E

    The energy distance of what comes before a split and what comes after it: 0 if both are alike, on average, and
    larger the more they differ, in their mean, scatter or shape. The best split has the largest :math:`\hat Q`. It
    counts if orders drawn at random have a best split as large so rarely that their share, with the series' own order
    among them, is within the significance. Then both parts are searched in turn, until nothing more counts.
Assumes
    Results that are independent but for the changes; segments of a few results at least.
Breaks when
    A benchmark drifts slowly: then splits are found, and none of them is a commit's. Short segments hide behind long
    ones: the search goes from the largest change to the smallest and never takes one back.
Source
    Matteson, James, "A nonparametric approach for multiple change point analysis of multivariate data", Journal of the
    American Statistical Association 109(505), 2014, pp. 334-345, as the documentation of the R package ecp (e.divisive,
    alpha = 1) describes it; in use for benchmarks: "The Use of Change Point Detection to Identify Software Performance
    Regressions in a Continuous Integration System", ICPE 2020. Here each segment is tested on its own orders.
Oracle
    Sums over all pairs; scipy's energy distance; planted shifts of mean and of scatter; false alarms of steady series.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["best_split", "change_points"]


def best_split(series: ArrayLike, least: int = 3) -> tuple[int, float]:
    """Split of a series whose two parts differ most.

    Parameters
    ----------
    series : (n,) array_like
        Results in their order, in one unit.
    least : int
        Results that each part has, at least. [1]

    Returns
    -------
    tuple of int and float
        Place of the first result of the second part, from 0, the first of equals; and the energy statistic there, in
        the series' unit.

    Raises
    ------
    ValueError
        If a part would have fewer than two results, or the series is too short for two parts.

    Examples
    --------
    >>> place, statistic = best_split([1.0, 1.1, 0.9, 3.0, 3.1, 2.9])
    >>> place, round(statistic, 3)
    (3, 5.6)
    """
    x = np.asarray(series, dtype=float)
    if least < 2 or x.size < 2 * least:
        raise ValueError("two parts have two results each, at least")
    away = np.abs(x[:, np.newaxis] - x)
    statistics = _statistics(away)[least - 1 : x.size - least]
    best = int(np.argmax(statistics))
    return best + least, float(statistics[best])


def _statistics(away: Array) -> Array:
    """The statistic of each split, from the distances of all pairs."""
    n = len(away)
    square = np.cumsum(np.cumsum(away, axis=0), axis=1).diagonal()[:-1]  # twice the pairs within the first part
    rows = np.cumsum(away.sum(axis=1))[:-1]  # from the first part to all
    first = np.arange(1, n)
    second = n - first
    between = rows - square
    behind = away.sum() - 2 * between - square
    with np.errstate(invalid="ignore", divide="ignore"):
        energy = 2 * between / (first * second) - square / (first * (first - 1)) - behind / (second * (second - 1))
    return np.asarray(first * second / n * energy)


def change_points(
    series: ArrayLike, significance: float = 0.05, least: int = 3, orders: int = 199, seed: int = 0
) -> list[int]:
    """Places at which a series changes.

    Parameters
    ----------
    series : (n,) array_like
        Results in their order, in one unit.
    significance : float
        Share of drawn orders that may look as changed as the series does, between 0 and 1. [1]
    least : int
        Results between two changes, at least. [1]
    orders : int
        Orders that are drawn for each segment. [1]
    seed : int
        Of the drawn orders.

    Returns
    -------
    list of int
        Place of the first result after each change, from 0, in their order.

    Raises
    ------
    ValueError
        If fewer than two results may lie between changes, no order is drawn, or the significance is none.

    Examples
    --------
    >>> results = np.random.default_rng(1).normal([10.0] * 30 + [11.0] * 30 + [10.2] * 20, 0.2)
    >>> change_points(results)
    [30, 60]
    """
    x = np.asarray(series, dtype=float)
    if least < 2 or orders < 1 or not 0 < significance < 1:
        raise ValueError("two results lie between changes, an order is drawn, and significance lies between 0 and 1")
    draw, found, segments = np.random.default_rng(seed), [], [(0, x.size)]
    while segments:
        begin, end = segments.pop()
        if end - begin < 2 * least:
            continue
        part = x[begin:end]
        place, statistic = best_split(part, least)
        as_large = 1 + sum(best_split(draw.permutation(part), least)[1] >= statistic for _ in range(orders))
        if as_large <= significance * (orders + 1):
            found.append(begin + place)
            segments += [(begin, begin + place), (begin + place, end)]
    return sorted(found)
