r"""Bootstrap intervals: percentile, and bias-corrected and accelerated.

Question
    Instructions per cycle of a whole run is a ratio of sums, over intervals that differ much. No formula gives its
    interval. What does resampling say, and why not simply take its percentiles?
Model
    .. math:: z_0 = \Phi^{-1}\!\left(
        \frac{\#\{\theta^* < \hat\theta\} + \tfrac12 \#\{\theta^* = \hat\theta\}}{B}\right), \qquad
        a = \frac{\sum_i (\bar\theta_{(\cdot)} - \theta_{(i)})^3}
        {6\, \bigl(\sum_i (\bar\theta_{(\cdot)} - \theta_{(i)})^2\bigr)^{3/2}}

    .. math:: p_\beta = \Phi\!\left(z_0 + \frac{z_0 + z_\beta}{1 - a\,(z_0 + z_\beta)}\right), \qquad
        \beta = \frac{1 \mp \gamma}{2}

    The statistic :math:`\hat\theta = \sum x / \sum y` is computed anew for each resample, with repetition. The
    percentile interval takes the quantiles :math:`\beta` of these :math:`\theta^*`; BCa takes the quantiles
    :math:`p_\beta`: it knows how many resamples fall below the estimate (:math:`z_0`), and from the statistic without
    each point in turn (:math:`\theta_{(i)}`, the jackknife) how its spread changes with its value (:math:`a`).
Assumes
    Independent intervals of the run, enough of them to stand for all there are.
Breaks when
    There are fewer than about ten points, most of them equal, or neighbours resemble one another: then resample blocks.
Source
    Efron, "Better Bootstrap Confidence Intervals", Journal of the American Statistical Association 82(397), 1987.
Oracle
    scipy.stats.bootstrap(method="BCa") on the same resamples; recorded intervals of means; the interval of a mean by
    normal theory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["bca_interval"]


def bca_interval(
    numerator: ArrayLike, denominator: ArrayLike, resamples: ArrayLike, confidence: float = 0.95
) -> dict[str, float]:
    """Ratio of two sums, with its percentile and its BCa interval.

    Parameters
    ----------
    numerator, denominator : (n,) array_like
        One pair for each interval of the run, such as instructions and cycles.
    resamples : (B, n) array_like of int
        Places (from 0) of the pairs that each resample takes.
    confidence : float
        Of the intervals, between 0 and 1. [1]

    Returns
    -------
    dict of str to float
        `estimate`; `percentile_low`, `percentile_high`; `low`, `high` by BCa; quantiles by linear interpolation.

    Raises
    ------
    ValueError
        If there are fewer than two pairs, the arguments do not fit together, or all resamples lie on one side of the
        estimate.

    Examples
    --------
    >>> resamples = np.random.default_rng(1).integers(4, size=(2000, 4))
    >>> found = bca_interval([4.0, 6.0, 3.0, 9.0], [2.0, 4.0, 2.0, 3.0], resamples)
    >>> found["estimate"], found["low"] < 2.0 < found["high"]
    (2.0, True)
    """
    x, y = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    places = np.asarray(resamples)
    if x.shape != y.shape or x.size < 2 or places.ndim != 2 or places.shape[1] != x.size:
        raise ValueError("there must be two pairs or more, and as many in each resample")
    estimate = x.sum() / y.sum()
    again = x[places].sum(axis=1) / y[places].sum(axis=1)
    share = (np.mean(again < estimate) + np.mean(again <= estimate)) / 2
    if not 0 < share < 1:
        raise ValueError("all resamples lie on one side of the estimate")
    without = (x.sum() - x) / (y.sum() - y)
    pull = without.mean() - without
    a = np.sum(pull**3) / (6 * np.sum(pull**2) ** 1.5)
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    z0, z = special.ndtri(share), special.ndtri(tails)
    percentile = np.quantile(again, tails)
    bca = np.quantile(again, special.ndtr(z0 + (z0 + z) / (1 - a * (z0 + z))))
    return {
        "estimate": float(estimate),
        "percentile_low": float(percentile[0]),
        "percentile_high": float(percentile[1]),
        "low": float(bca[0]),
        "high": float(bca[1]),
    }
