r"""Percentiles of measured latencies, and how far to trust them.

Question
    A load test printed "p99 = 84 ms". From how many requests, and between which two values does the true one lie?
Model
    .. math:: \hat x_q = x_{(\lceil qn \rceil)}, \qquad
        P\bigl(x_{(r)} \le x_q < x_{(s)}\bigr) = P(r \le K < s), \quad K \sim \mathrm{Binomial}(n, q)

    The estimate is the nearest rank of the sorted latencies :math:`x_{(1)} \le \dots \le x_{(n)}`. How many of
    :math:`n` requests fall below the true quantile :math:`x_q` is binomial, whatever the distribution; so two of the
    sorted latencies are an interval for it. :math:`r` is the largest rank with :math:`P(K < r) \le \alpha/2`,
    :math:`s` the smallest with :math:`P(K \ge s) \le \alpha/2`, for a confidence of :math:`1 - \alpha`.
Assumes
    Requests that are independent and from one distribution: one configuration, a steady load, no warm-up.
Breaks when
    The sample is too small to have such a rank: then there is no limit on that side. Or latencies come in clumps, as
    behind a queue they do: then n requests are worth far fewer.
Source
    The interval is the classical distribution-free one for quantiles (order statistics; David and Nagaraja, Order
    Statistics, 3rd edition, Wiley 2003). Percentiles of parts cannot be averaged: they are no sums.
Oracle
    scipy's binomial distribution and its own interval (scipy.stats.quantile_test); planted distributions are covered
    as often as promised.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reference_solutions.units import Array

__all__ = ["nearest_rank_quantile_s", "quantile_interval_s"]


def nearest_rank_quantile_s(latency_s: ArrayLike, quantile: ArrayLike) -> Array:
    """Smallest measured latency that a share of the requests does not exceed.

    Parameters
    ----------
    latency_s : (n,) array_like
        Measured latencies, in any order. [s]
    quantile : (...) array_like
        Share of the requests, more than 0, at most 1. [1]

    Returns
    -------
    (...) ndarray
        One of the measured latencies for each quantile. [s]

    Raises
    ------
    ValueError
        If there is no latency, or a quantile is not between 0 and 1.

    Examples
    --------
    >>> nearest_rank_quantile_s([0.04, 0.01, 0.02, 0.03], [0.5, 0.51, 0.99])
    array([0.02, 0.03, 0.04])
    """
    ordered, q = np.sort(np.asarray(latency_s, dtype=float)), np.asarray(quantile, dtype=float)
    if ordered.size == 0 or not np.all((q > 0) & (q <= 1)):
        raise ValueError("there must be a latency, and a quantile lies between 0 and 1")
    rank = np.ceil(q * ordered.size - 1e-9).astype(int)  # 0.07 * 100 is a little more than 7 in floats
    return np.asarray(ordered[rank - 1])


def quantile_interval_s(latency_s: ArrayLike, quantile: float, confidence: float = 0.95) -> dict[str, float]:
    """Percentile of measured latencies, and an interval for the true one.

    Parameters
    ----------
    latency_s : (n,) array_like
        Measured latencies, in any order. [s]
    quantile : float
        Share of the requests, between 0 and 1. [1]
    confidence : float
        Probability that the interval holds the true quantile, at least; half of the rest on either side. [1]

    Returns
    -------
    dict of str to float
        `estimate`, `low` and `high`; 0 and infinity where so few requests set no limit. [s]

    Raises
    ------
    ValueError
        If there is no latency, or quantile or confidence are not between 0 and 1.

    Examples
    --------
    A hundred latencies of 1 to 100 ms say next to nothing about the 99th percentile from above:

    >>> interval = quantile_interval_s(np.arange(1, 101) / 1000, 0.99)
    >>> interval["low"], interval["estimate"], interval["high"]
    (0.097, 0.099, inf)
    """
    ordered = np.sort(np.asarray(latency_s, dtype=float))
    n = ordered.size
    if n == 0 or not 0 < quantile < 1 or not 0 < confidence < 1:
        raise ValueError("there must be a latency; quantile and confidence lie between 0 and 1")
    at_most = special.bdtr(np.arange(n), n, quantile)  # P(K <= 0), P(K <= 1), ...
    tail = (1 - confidence) / 2
    low = np.sum(at_most <= tail)  # ranks up to it have P(K < rank) <= tail
    high = np.sum(at_most < 1 - tail) + 1
    estimate = int(np.ceil(quantile * n - 1e-9))  # in floats 0.07 * 100 is a little more than 7
    return {
        "estimate": float(ordered[estimate - 1]),
        "low": float(ordered[low - 1]) if low > 0 else 0.0,
        "high": float(ordered[high - 1]) if high <= n else np.inf,
    }
