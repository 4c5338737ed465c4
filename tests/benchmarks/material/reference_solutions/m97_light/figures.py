"""Small figures that every performance report holds.

Question
    What do a handful of numbers say together?
Model
    Each function states its own.
Assumes
    Short arrays.
Breaks when
    They are empty, where that is not refused.
Source
    Amdahl, AFIPS 1967; the rest are definitions.
Oracle
    The right answers beside the checks, by other algorithms.
"""

__all__ = [
    "amdahl_speedup",
    "busy_share",
    "empirical_cdf",
    "harmonic_mean",
    "lines_touched",
    "mean_by_node",
    "moving_mean",
    "nearest_rank_percentile_s",
]

import numpy as np


def amdahl_speedup(fraction, factor):
    """Speed-up of a program of which a fraction runs `factor` times faster."""
    fraction = np.asarray(fraction, dtype=float)
    if np.any((fraction < 0) | (fraction > 1)):
        raise ValueError("a fraction lies between 0 and 1")
    return 1 / (1 - fraction + fraction / factor)


def harmonic_mean(rates):
    """Mean of rates over equal amounts of work."""
    rates = np.asarray(rates, dtype=float)
    if rates.size == 0:
        raise ValueError("no rate, no mean")
    return rates.size / np.sum(1 / rates)


def nearest_rank_percentile_s(latencies_s, percent):
    """Smallest latency that at least `percent` percent of the requests do not exceed."""
    ordered = np.sort(np.asarray(latencies_s, dtype=float))
    rank = np.ceil(percent / 100 * ordered.size).astype(int)
    return ordered[max(rank - 1, 0)]


def moving_mean(values, window):
    """Means of `window` neighbours."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    return (sums[window:] - sums[:-window]) / window


def lines_touched(addresses, line_bytes):
    """Number of distinct cache lines of each address's run so far."""
    lines = np.asarray(addresses) // line_bytes
    _, first = np.unique(lines, return_index=True)
    new = np.zeros(lines.size, dtype=int)
    new[first] = 1
    return np.cumsum(new)


def busy_share(start_s, end_s, horizon_s):
    """Share of a horizon in which at least one of the intervals runs."""
    order = np.argsort(start_s)
    starts, ends = np.asarray(start_s, dtype=float)[order], np.asarray(end_s, dtype=float)[order]
    reached = np.concatenate([[0.0], np.maximum.accumulate(ends)[:-1]])
    return float(np.sum(np.maximum(ends - np.maximum(starts, reached), 0)) / horizon_s)


def mean_by_node(table):
    """Mean power of each node."""
    nodes, row = np.unique(np.asarray(table["node"]), return_inverse=True)
    total = np.bincount(row, weights=np.asarray(table["power_w"], dtype=float))
    return {"node": nodes, "power_w": total / np.bincount(row)}


def empirical_cdf(values):
    """Sorted values, and the share of values that do not exceed each."""
    ordered = np.sort(np.asarray(values, dtype=float))
    return {"value": ordered, "share": np.arange(1, ordered.size + 1) / ordered.size}
