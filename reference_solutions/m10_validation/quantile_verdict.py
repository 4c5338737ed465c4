r"""Is the promise about a percentile kept? Yes, no, or: the test was too short to tell.

Question
    A load test is to show that 99 % of the requests take less than 100 ms. When may one say so, when the opposite, and
    how many requests must a test have before it can say anything good at all?
Model
    .. math:: P(K < r) \le \alpha, \qquad P(K \ge s) \le \alpha, \qquad K \sim \mathrm{Binomial}(n, q), \qquad
        n \ge \frac{\ln \alpha}{\ln q}

    One-sided limits of the true quantile, each with confidence :math:`1 - \alpha`: the sorted latency of the largest
    such rank :math:`r` is a lower one, that of the smallest such rank :math:`s` an upper one. The promise is kept if
    the upper limit does not exceed it, broken if the lower limit does, and open in between. There is an upper limit at
    all only if all :math:`n` requests fall below the quantile with no more than :math:`\alpha`: :math:`q^n \le \alpha`.
Assumes
    Requests that are independent and from one distribution.
Breaks when
    Latencies come in clumps: then more requests are needed than the formula says. Or the limit is chosen after the
    latencies have been seen.
Source
    David, Nagaraja, Order Statistics, 3rd edition, Wiley 2003 (distribution-free intervals of quantiles).
Oracle
    scipy.stats.quantile_test, one-sided; Clopper and Pearson's limit of the share of late requests, which must give
    the same verdict; 299 requests for a 99th percentile with 95 %.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.m08_tail_latency.quantiles import quantile_interval_s

__all__ = ["quantile_verdict"]


def quantile_verdict(latency_s: ArrayLike, quantile: float, limit_s: float, confidence: float = 0.95) -> dict[str, Any]:
    """Whether a limit on a percentile is kept, by one-sided limits, and how many requests it takes to say so.

    Parameters
    ----------
    latency_s : (n,) array_like
        Measured latencies, in any order. [s]
    quantile : float
        Share of the requests that must keep the limit, between 0 and 1. [1]
    limit_s : float
        What has been promised. [s]
    confidence : float
        Of each one-sided limit, more than one half, less than 1. [1]

    Returns
    -------
    dict
        `lower_s` and `upper_s`, the one-sided limits (0 and infinity where there is none) [s]; `verdict`: "kept",
        "broken" or "open"; `requests_needed`: the fewest with which a test has an upper limit [1].

    Raises
    ------
    ValueError
        If there is no latency, the quantile does not lie between 0 and 1, or the confidence between one half and 1.

    Examples
    --------
    >>> quantile_verdict(np.arange(1, 301) / 1000, 0.99, limit_s=0.3)
    {'lower_s': 0.294, 'upper_s': 0.3, 'verdict': 'kept', 'requests_needed': 299}
    """
    if not 0 < quantile < 1 or not 0.5 < confidence < 1:
        raise ValueError("the quantile lies between 0 and 1, the confidence between one half and 1")
    both = quantile_interval_s(latency_s, quantile, 2 * confidence - 1)  # leaves 1 - confidence on either side
    verdict = "kept" if both["high"] <= limit_s else "broken" if both["low"] > limit_s else "open"
    return {
        "lower_s": both["low"],
        "upper_s": both["high"],
        "verdict": verdict,
        "requests_needed": int(np.ceil(np.log(1 - confidence) / np.log(quantile))),
    }
