r"""Hedged requests: a second copy for those that are late.

Question
    A copy is sent to another replica when no answer has come after a delay. How long is the tail then, and what does
    it cost?
Model
    .. math:: P(T > t) = \begin{cases} \bar F(t) & t < \Delta \\ \bar F(t)\,\bar F(t - \Delta) & t \ge \Delta
        \end{cases}, \qquad \text{extra load} = \bar F(\Delta)

    :math:`\bar F(t)` is the share of single requests that take longer than :math:`t`. The copy starts :math:`\Delta`
    later and counts from there; the first answer wins. Only requests that are still open at :math:`\Delta` send one.
Assumes
    Replicas whose latencies are independent and the same for the copy as for the first; and copies so few that they
    make nobody slower (see `hedged_arrivals_per_s` for when they do).
Breaks when
    Both replicas are slow for one reason: a hot key, a slow query, an overloaded network. Then the copy is as late.
Source
    Dean, Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013, pp. 74-80; the formula follows from
    independence.
Oracle
    Closed forms for exponential latencies (p99 3.80045, p99.9 4.95174 means at a delay of the 95th percentile);
    recorded survival functions of three distributions; every pair of measured latencies, tried one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["hedge_extra_load", "hedged_exceeds", "hedged_quantile_s", "hedged_quantile_s_by_definition"]


def hedged_exceeds(latency_s: ArrayLike, delay_s: float, t_s: ArrayLike) -> Array:
    """Share of hedged requests that take longer than some times, from measured latencies of single ones.

    Parameters
    ----------
    latency_s : (n,) array_like
        Measured latencies of requests without a copy. [s]
    delay_s : float
        When the copy is sent; infinite for never. [s]
    t_s : (...) array_like
        Times. [s]

    Returns
    -------
    (...) ndarray
        Share that takes longer. [1]

    Raises
    ------
    ValueError
        If there is no latency, or the delay is negative or not a number.

    Examples
    --------
    One in ten takes 100 ms, the others 10 ms. With a copy after 20 ms, one in a hundred takes longer than 30 ms:

    >>> hedged_exceeds([0.01] * 9 + [0.1], delay_s=0.02, t_s=[0.015, 0.025, 0.035]).round(3)
    array([0.1 , 0.1 , 0.01])
    """
    measured, t = np.sort(np.asarray(latency_s, dtype=float)), np.asarray(t_s, dtype=float)
    if measured.size == 0 or not delay_s >= 0:
        raise ValueError("there must be a latency, and a delay is not negative")
    alone = 1 - np.searchsorted(measured, t, side="right") / measured.size
    copy = 1 - np.searchsorted(measured, t - delay_s, side="right") / measured.size
    return np.asarray(alone * np.where(t >= delay_s, copy, 1.0))


def hedge_extra_load(latency_s: ArrayLike, delay_s: ArrayLike) -> Array:
    """Share of the requests that send a copy.

    Parameters
    ----------
    latency_s : (n,) array_like
        Measured latencies of requests without a copy. [s]
    delay_s : (...) array_like
        When the copy is sent. [s]

    Returns
    -------
    (...) ndarray
        Copies per request. [1]

    Raises
    ------
    ValueError
        If there is no latency, or a delay is negative or not a number.

    Examples
    --------
    >>> hedge_extra_load([0.01] * 9 + [0.1], [0.0, 0.02, 0.1])
    array([1. , 0.1, 0. ])
    """
    measured, delay = np.sort(np.asarray(latency_s, dtype=float)), np.asarray(delay_s, dtype=float)
    if measured.size == 0 or not np.all(delay >= 0):
        raise ValueError("there must be a latency, and a delay is not negative")
    return np.asarray(1 - np.searchsorted(measured, delay, side="right") / measured.size)


def hedged_quantile_s(latency_s: ArrayLike, delay_s: float, quantile: ArrayLike) -> Array:
    """Latency that a share of the hedged requests does not exceed, from measured latencies of single ones.

    Parameters
    ----------
    latency_s : (n,) array_like
        Measured latencies of requests without a copy. [s]
    delay_s : float
        When the copy is sent; infinite for never. [s]
    quantile : (...) array_like
        Share of the requests, between 0 and 1. [1]

    Returns
    -------
    (...) ndarray
        The least measured latency, or delay and measured latency, that at most 1 - quantile exceed. [s]

    Raises
    ------
    ValueError
        If there is no latency, the delay is negative, or a quantile is not between 0 and 1.

    Examples
    --------
    >>> hedged_quantile_s([0.01] * 9 + [0.1], delay_s=0.02, quantile=[0.9, 0.98]).round(3)
    array([0.01, 0.03])
    """
    q = np.asarray(quantile, dtype=float)
    if not np.all((q > 0) & (q < 1)):
        raise ValueError("a quantile lies between 0 and 1")
    measured = np.sort(np.asarray(latency_s, dtype=float))
    open_at_s = hedged_exceeds(measured, delay_s, measured)  # at times when a first copy may answer, and a second
    open_later = hedge_extra_load(measured, measured) * hedge_extra_load(measured, measured + delay_s)
    times = np.concatenate([measured, measured + delay_s])
    order = np.argsort(times, kind="stable")
    share = np.minimum.accumulate(np.concatenate([open_at_s, open_later])[order])
    # at most 1 - q; a share that is too large by rounding only is not
    place = np.searchsorted(-share, -(1 - q) - 1e-12, side="left")
    return np.asarray(times[order][place])


def hedged_quantile_s_by_definition(latency_s: ArrayLike, delay_s: float, quantile: float) -> float:
    """Latency that a share of the hedged requests does not exceed, by trying every latency with every copy.

    Parameters
    ----------
    latency_s : (n,) array_like
        Measured latencies of requests without a copy. [s]
    delay_s : float
        When the copy is sent. [s]
    quantile : float
        Share of the requests, between 0 and 1. [1]

    Returns
    -------
    float
        Nearest rank among the latencies of all pairs of a request and a copy. [s]

    Raises
    ------
    ValueError
        If there is no latency, the delay is negative, or the quantile is not between 0 and 1.

    Examples
    --------
    >>> round(hedged_quantile_s_by_definition([0.01] * 9 + [0.1], delay_s=0.02, quantile=0.98), 3)
    0.03
    """
    measured = np.asarray(latency_s, dtype=float).tolist()
    if not measured or not delay_s >= 0 or not 0 < quantile < 1:
        raise ValueError("there must be a latency, a delay is not negative, and a quantile lies between 0 and 1")
    pairs = sorted(min(first, delay_s + copy) for first in measured for copy in measured)
    return float(pairs[int(np.ceil(quantile * len(pairs) - 1e-9)) - 1])
