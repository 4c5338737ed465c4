r"""Intervals for means, their difference and their ratio.

Question
    A change made a program faster: by how much, and how sure is that? Of each mean, of the difference, of the speed-up?
Model
    .. math:: \bar x \pm t_{n-1} \frac{s}{\sqrt n}, \qquad
        \bar x_1 - \bar x_2 \pm t_\nu \sqrt{v_1 + v_2}, \quad v_i = \frac{s_i^2}{n_i}, \quad
        \nu = \frac{(v_1 + v_2)^2}{v_1^2 / (n_1 - 1) + v_2^2 / (n_2 - 1)}

    .. math:: \frac{1}{1 - g} \left( \rho \pm \frac{t_\nu}{\bar x_2} \sqrt{(1 - g)\, v_1 + \rho^2 v_2} \right), \quad
        \rho = \frac{\bar x_1}{\bar x_2}, \quad g = \frac{t_\nu^2\, v_2}{\bar x_2^2}

    Student's interval of a mean, Welch's of a difference, Fieller's of a ratio: the ratios :math:`\rho` for which
    :math:`(\bar x_1 - \rho \bar x_2)^2 \le t^2 (v_1 + \rho^2 v_2)`. They are an interval only while the denominator can
    be told from zero, :math:`g < 1`.
Assumes
    Independent runs, means that are near to normal. Fieller's quantile takes Welch's degrees of freedom.
Breaks when
    Runs come from one process that warms up or drifts: then n is smaller than it looks. Two intervals that overlap do
    not say that the difference may be zero.
Source
    Student, "The probable error of a mean", Biometrika 6(1), 1908; Welch, "The generalization of 'Student's' problem
    when several different population variances are involved", Biometrika 34(1-2), 1947; Fieller, "Some problems in
    interval estimation", Journal of the Royal Statistical Society B 16(2), 1954.
Oracle
    scipy.stats: t.interval, ttest_ind(equal_var=False).confidence_interval; the recorded Welch tests; the ratio by
    bisection of its definition; coverage of drawn samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["interval_table"]


def interval_table(before_s: ArrayLike, after_s: ArrayLike, confidence: float = 0.95) -> dict[str, Any]:
    """Means, difference and ratio of two samples of run times, with intervals.

    Parameters
    ----------
    before_s, after_s : (n,) array_like
        Run times before and after a change; not necessarily equally many. [s]
    confidence : float
        Of each interval, between 0 and 1. [1]

    Returns
    -------
    dict
        Columns `quantity` ("before", "after", "difference", "ratio"), `estimate`, `low`, `high`: the means [s], before
        less after [s], before over after [1]. The ratio's limits are infinite where the second mean may be zero.

    Raises
    ------
    ValueError
        If a sample has fewer than two runs, neither varies, or the confidence is no share.

    Examples
    --------
    >>> table = interval_table([10.1, 9.9, 10.0, 10.2], [8.0, 8.1, 7.9])
    >>> table["estimate"].round(3).tolist(), table["low"].round(3).tolist()
    ([10.05, 8.0, 2.05, 1.256], [9.845, 7.752, 1.827, 1.225])
    """
    samples = [np.asarray(sample, dtype=float) for sample in (before_s, after_s)]
    if min(sample.size for sample in samples) < 2 or not 0 < confidence < 1:
        raise ValueError("each sample needs two runs, and the confidence lies between 0 and 1")
    if all(np.all(sample == sample[0]) for sample in samples):
        raise ValueError("runs that never vary have no interval")
    (first, second), share = [sample.mean() for sample in samples], (1 + confidence) / 2
    v1, v2 = (sample.var(ddof=1) / sample.size for sample in samples)
    df1, df2 = (sample.size - 1 for sample in samples)
    t = special.stdtrit((v1 + v2) ** 2 / (v1**2 / df1 + v2**2 / df2), share)
    half = [special.stdtrit(df1, share) * np.sqrt(v1), special.stdtrit(df2, share) * np.sqrt(v2), t * np.sqrt(v1 + v2)]
    estimate = [first, second, first - second]
    low, high = ([mean + sign * width for mean, width in zip(estimate, half, strict=True)] for sign in (-1, 1))
    g, ratio = t**2 * v2 / second**2, first / second
    if g < 1:
        width = t / abs(second) * np.sqrt((1 - g) * v1 + ratio**2 * v2)
        low, high = [*low, (ratio - width) / (1 - g)], [*high, (ratio + width) / (1 - g)]
    else:
        low, high = [*low, -np.inf], [*high, np.inf]
    return {
        "quantity": ["before", "after", "difference", "ratio"],
        "estimate": np.array([*estimate, ratio]),
        "low": np.array(low),
        "high": np.array(high),
    }
