r"""Percentiles of many machines: merge counts, never percentiles; and count the requests that were never sent.

Question
    Each of fifty machines reports its own p99, and the load tester stood still while the service did. What is the p99?
Model
    .. math:: n_b = \sum_i n_{ib}, \qquad x_q \in (e_b, e_{b+1}], \quad
        b = \min\Bigl\{ b : \textstyle\sum_{j \le b} n_j \ge \lceil q n \rceil \Bigr\}, \qquad
        e_b = e_0\,(1 + \varepsilon)^b

    Histograms with the same edges add up; edges that grow by a factor keep the relative error of every percentile below
    :math:`\varepsilon`. A tester that sends one request at a time at an interval :math:`h` and meets a latency
    :math:`L > h` has left out the requests that were due meanwhile: they would have taken :math:`L - h, L - 2h, \dots`
    (coordinated omission).
Assumes
    All histograms have the same edges. The filled-in latencies assume that the service stood still and came back at
    once.
Breaks when
    Percentiles are averaged: the mean of the machines' p99 is the p99 of nothing. Or latencies are filled in although
    requests were sent on schedule: then they count twice.
Source
    Dunning, Ertl, "Computing Extremely Accurate Quantiles Using t-Digests", arXiv 1902.04023, 2019 (why sketches are
    merged); HdrHistogram, `recordValueWithExpectedInterval` (the latencies that it adds: decreasing by the interval,
    down to the interval).
Oracle
    Exact quantiles of the pooled latencies; a stall replayed in time, with the requests that were due.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = [
    "filled_in_latency_s",
    "histogram_quantile_s",
    "latency_edges_s",
    "latency_histogram",
    "merged_quantile_s",
]


def latency_edges_s(shortest_s: float, longest_s: float, relative_error: float) -> Array:
    """Edges of a histogram in which every percentile is known to within a relative error.

    Parameters
    ----------
    shortest_s, longest_s : float
        Range that is covered. [s]
    relative_error : float
        By which part the upper edge of a bin may be above its lower edge. [1]

    Returns
    -------
    (m,) ndarray
        Edges, from the shortest to the longest or a little beyond. [s]

    Raises
    ------
    ValueError
        If the range is empty or not positive, or the error is not positive.

    Examples
    --------
    From 1 ms to 1 s in steps of a tenth: 74 numbers a machine.

    >>> len(latency_edges_s(0.001, 1.0, 0.1))
    74
    """
    if not 0 < shortest_s < longest_s or not relative_error > 0:
        raise ValueError("a range from more than 0 to more than that, and an error of more than 0")
    bins = int(np.ceil(np.log(longest_s / shortest_s) / np.log1p(relative_error)))
    return np.asarray(shortest_s * (1 + relative_error) ** np.arange(bins + 1))


def latency_histogram(latency_s: ArrayLike, edges_s: ArrayLike) -> Array:
    """Number of latencies in each bin; what is shorter than all bins is in the first, what is longer in the last.

    Parameters
    ----------
    latency_s : (n,) array_like
        Measured latencies. [s]
    edges_s : (m,) array_like
        Rising edges of the bins; a latency on an edge belongs to the bin below it. [s]

    Returns
    -------
    (m - 1,) ndarray
        Counts; those of many machines add up. [1]

    Raises
    ------
    ValueError
        If there are not two edges, or they do not rise.

    Examples
    --------
    >>> latency_histogram([0.5, 1.0, 1.5, 2.0, 9.0], [1.0, 2.0, 4.0])
    array([4., 1.])
    """
    edges = np.asarray(edges_s, dtype=float)
    if edges.size < 2 or not np.all(np.diff(edges) > 0):
        raise ValueError("at least two edges, and they rise")
    bins = np.searchsorted(edges, np.asarray(latency_s, dtype=float), side="left") - 1
    return np.bincount(np.clip(bins, 0, edges.size - 2), minlength=edges.size - 1).astype(float)


def histogram_quantile_s(counts: ArrayLike, edges_s: ArrayLike, quantile: ArrayLike) -> Array:
    """Upper edge of the bin that holds a percentile: never too low, and too high by a bin at most.

    Parameters
    ----------
    counts : (..., m - 1) array_like
        Counts of each bin. [1]
    edges_s : (m,) array_like
        Edges of the bins. [s]
    quantile : (...) array_like
        Share of the requests, more than 0, at most 1. [1]

    Returns
    -------
    (...) ndarray
        Latency that at least this share does not exceed. [s]

    Raises
    ------
    ValueError
        If a histogram is empty, or a quantile is not between 0 and 1.

    Examples
    --------
    A machine with 99 fast answers and one slow, and one with a hundred slow ones:

    >>> histogram_quantile_s(np.add([99, 1], [0, 100]), [0.0, 0.01, 1.0], [0.25, 0.5, 0.99])
    array([0.01, 1.  , 1.  ])
    """
    cumulated, q = np.cumsum(np.asarray(counts, dtype=float), axis=-1), np.asarray(quantile, dtype=float)
    total = cumulated[..., -1]
    if not (np.all(total > 0) and np.all((q > 0) & (q <= 1))):
        raise ValueError("a histogram has a request, and a quantile lies between 0 and 1")
    wanted = np.ceil(q * total - 1e-9)
    below = np.sum(cumulated < wanted[..., np.newaxis], axis=-1)
    return np.asarray(np.asarray(edges_s, dtype=float)[below + 1])


def merged_quantile_s(counts: ArrayLike, edges_s: ArrayLike, quantile: float) -> float:
    """Percentile of the requests of many machines, from their histograms: never too low, too high by a bin at most.

    Parameters
    ----------
    counts : (machines, m - 1) array_like
        Requests of each machine in each bin. [1]
    edges_s : (m,) array_like
        Rising edges of the bins, the same for all machines. [s]
    quantile : float
        Share of the requests, more than 0, at most 1. [1]

    Returns
    -------
    float
        Upper edge of the bin that holds the percentile. [s]

    Raises
    ------
    ValueError
        If no machine had a request, bins and edges do not fit, or the quantile is no share.

    Examples
    --------
    Nine machines with a hundred answers within 10 ms, one with a hundred within a second: the p95 is a slow answer.

    >>> merged_quantile_s([[100, 0]] * 9 + [[0, 100]], [0.0, 0.01, 1.0], 0.95)
    1.0
    """
    counted, edges = np.asarray(counts, dtype=float), np.asarray(edges_s, dtype=float)
    if counted.ndim != 2 or counted.shape[1] != edges.size - 1:
        raise ValueError("a row of counts for each machine, with one count between any two edges")
    if not np.sum(counted) > 0 or not 0 < quantile <= 1:
        raise ValueError("some machine had a request, and a quantile lies between 0 and 1")
    up_to_edge = np.cumsum(np.sum(counted, axis=0))
    rank = np.ceil(quantile * up_to_edge[-1] - 1e-9)
    return float(edges[1:][up_to_edge >= rank][0])


def filled_in_latency_s(latency_s: ArrayLike, interval_s: float) -> Array:
    """Measured latencies, and those of the requests that a waiting tester did not send.

    Parameters
    ----------
    latency_s : (n,) array_like
        Latencies that were measured one after the other. [s]
    interval_s : float
        Time at which requests were due. [s]

    Returns
    -------
    (m,) ndarray
        Sorted: each latency L, and L - interval, L - 2 interval, ... as long as that is not less than the interval. [s]

    Raises
    ------
    ValueError
        If the interval is not positive.

    Examples
    --------
    Requests were due every 10 ms; one of them took 35 ms:

    >>> filled_in_latency_s([0.002, 0.035, 0.003], 0.01).round(3)
    array([0.002, 0.003, 0.015, 0.025, 0.035])
    """
    if not interval_s > 0:
        raise ValueError("an interval is positive")
    measured = np.asarray(latency_s, dtype=float)
    missed = np.maximum(0, np.floor(measured / interval_s + 1e-9) - 1).astype(int)
    of = np.repeat(measured, missed)
    turn = np.arange(of.size) - np.repeat(np.cumsum(missed) - missed, missed) + 1
    return np.sort(np.concatenate([measured, of - turn * interval_s]))
