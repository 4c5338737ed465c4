r"""A metric from a sample, with an interval: means, and ratios of two counts.

Question
    Units were measured. What is the CPI, or the miss ratio, of the whole program, and how far off may it be?
Model
    .. math:: \hat r = \frac{\sum_i y_i}{\sum_i x_i}, \qquad
        s^2 = \frac{1}{n - 1} \sum_i (y_i - \hat r\,x_i)^2, \qquad
        h = t_{n-1}\,\frac{s}{\bar x \sqrt{n}}\,\sqrt{1 - \frac{n}{N}}

    The ratio of two sums, linearised around its mean (the delta method); with :math:`x_i = 1` it is the mean of
    :math:`y`, and the interval Student's. Part of what a sample leaves unknown vanishes as it nears the population.
Assumes
    Units drawn at random, or systematically from a program without a matching period.
Breaks when
    Few units carry most of :math:`y`: then the sample seldom has one of them, and the interval is too short and in the
    wrong place. Bias (cold caches) is in no interval.
Source
    Cochran, Sampling Techniques, 3rd edition, Wiley 1977 (ratio estimators; finite populations).
Oracle
    Recorded intervals of scipy.stats; scipy's t-interval; intervals that cover the truth as often as promised.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["sampled_interval"]


def sampled_interval(
    values: ArrayLike, bases: ArrayLike | None = None, confidence: float = 0.95, population: float = np.inf
) -> dict[str, float]:
    """Estimate of a mean or a ratio, with its interval.

    Parameters
    ----------
    values : (n,) array_like
        What was measured in each unit: cycles, misses.
    bases : (n,) array_like, optional
        What it is a ratio to, in each unit: instructions, accesses; one, if there is none.
    confidence : float
        Probability with which the interval is to hold the truth. [1]
    population : float
        Units of the whole program. [1]

    Returns
    -------
    dict of str to float
        `estimate`, `low`, `high`, and `relative`, the half width over the estimate.

    Raises
    ------
    ValueError
        If there are fewer than two units, not as many bases, fewer units in the program than in the sample, or a
        confidence that does not lie between 0 and 1.

    Examples
    --------
    >>> found = sampled_interval([1.0, 2.0, 3.0, 4.0])
    >>> {name: round(value, 4) for name, value in found.items()}
    {'estimate': 2.5, 'low': 0.4457, 'high': 4.5543, 'relative': 0.8217}
    """
    y = np.asarray(values, dtype=float)
    x = np.ones(len(y)) if bases is None else np.asarray(bases, dtype=float)
    n = len(y)
    if n < 2 or len(x) != n or not population >= n or not 0 < confidence < 1:
        raise ValueError("two units or more, a base for each, and a confidence between 0 and 1")
    estimate = y.sum() / x.sum()
    scatter = np.sum((y - estimate * x) ** 2) / (n - 1)
    error = np.sqrt(scatter / n * (1 - n / population)) / x.mean()
    half = special.stdtrit(n - 1, (1 + confidence) / 2) * error
    return {
        "estimate": float(estimate),
        "low": float(estimate - half),
        "high": float(estimate + half),
        "relative": float(half / estimate),
    }
