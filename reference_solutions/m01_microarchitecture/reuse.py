r"""LRU stack distances: one pass over a trace, and the misses of every cache size.

Question
    How many misses would this trace have in a cache of any capacity?
Model
    .. math:: d_i = \left| \{ x_j : p_i < j < i \} \right|, \qquad m(C) = P(d \ge C)

    Access :math:`i` touched its line last at :math:`p_i`; its *stack distance* is the number of distinct lines
    touched in between, infinite for a first touch. A fully associative LRU cache of :math:`C` lines holds the line
    exactly if :math:`d_i < C`: larger caches hold all that smaller ones hold (inclusion).
    Counted at once: of the :math:`i - p_i - 1` accesses in between, those that touch a line again leave it. Access
    :math:`j` does so if :math:`p_j > p_i`, so :math:`d_i = i - p_i - 1 - |\{j < i : p_j > p_i\}|`. Such pairs
    are counted bit by bit: at each bit all accesses are parted, in their order, and the lower ones count the upper ones
    before them. That takes :math:`O(N \log N)`, and no loop over accesses.
Assumes
    One line an access, LRU replacement, full associativity, and a cache that is cold at the start.
Breaks when
    Sets are few (`cache_hits` cuts the trace by sets), replacement is not LRU (FIFO has no inclusion), or hardware
    fetches lines that nobody asked for.
Source
    Mattson, Gecsei, Slutz, Traiger, "Evaluation techniques for storage hierarchies", IBM Systems Journal 9(2), 1970,
    pp. 78-117; counting in O(N log N): Bennett, Kruskal, "LRU stack processing", IBM Journal of Research and
    Development, July 1975, pp. 353-357 (with a tree; the partition here is our own form).
Oracle
    Histograms of libCacheSim on recorded traces; direct simulation of every capacity; the stack of the definition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions.units import Array

_LEAF = 32  # so many numbers are compared each with each

__all__ = ["miss_ratios", "stack_distances", "stack_distances_by_definition"]


def stack_distances(lines: ArrayLike) -> Array:
    """Number of distinct lines between each access and the last one to the same line.

    Parameters
    ----------
    lines : (N,) array_like of int
        Line that each access touches, in order.

    Returns
    -------
    (N,) ndarray
        Stack distance of each access; infinite for the first touch of a line. [1]

    Examples
    --------
    >>> stack_distances([1, 2, 3, 2, 2, 1])
    array([inf, inf, inf,  1.,  0.,  2.])
    """
    before = _previous_access(np.asarray(lines))
    again = np.flatnonzero(before >= 0)
    distances = np.full(before.size, np.inf)
    distances[again] = again - before[again] - 1 - _earlier_and_larger(before[again])
    return distances


def stack_distances_by_definition(lines: ArrayLike) -> Array:
    """Number of distinct lines between each access and the last one to the same line, with the stack itself.

    Parameters
    ----------
    lines : (N,) array_like of int
        Line that each access touches, in order.

    Returns
    -------
    (N,) ndarray
        Stack distance of each access; infinite for the first touch of a line. [1]

    Examples
    --------
    >>> stack_distances_by_definition([1, 2, 3, 2, 2, 1])
    array([inf, inf, inf,  1.,  0.,  2.])
    """
    stack: list[int] = []  # the line that was touched last comes first
    distances = []
    for line in np.asarray(lines).tolist():
        distances.append(stack.index(line) if line in stack else np.inf)
        if line in stack:
            stack.remove(line)
        stack.insert(0, line)
    return np.asarray(distances, dtype=float)


def miss_ratios(distances: ArrayLike, capacities: ArrayLike) -> Array:
    """Share of the accesses that miss in fully associative LRU caches of given capacities.

    Parameters
    ----------
    distances : (N,) array_like
        Stack distance of each access, at least one. [1]
    capacities : (...) array_like
        Lines that each cache holds. [1]

    Returns
    -------
    (...) ndarray
        Miss ratios, first touches included. [1]

    Examples
    --------
    >>> miss_ratios([np.inf, np.inf, 1, 0], [0, 1, 2])
    array([1.  , 0.75, 0.5 ])
    """
    ordered = np.sort(np.asarray(distances, dtype=float))
    hits = np.searchsorted(ordered, np.asarray(capacities), side="left")
    ratios: Array = 1 - hits / ordered.size
    return ratios


def _previous_access(lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find out when each access's line was touched before; -1 if never."""
    order = np.argsort(lines, kind="stable")
    before = np.full(lines.size, -1, dtype=np.int64)
    same = lines[order[1:]] == lines[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before


def _earlier_and_larger(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count for each of different numbers how many that stand before it are larger."""
    if not values.size:
        return values
    present = np.zeros(int(values.max()) + 1, dtype=np.int32)
    present[values] = 1
    rank = np.cumsum(present)[values] - 1
    whole = max(2 * _LEAF, 1 << int(values.size - 1).bit_length())
    level = np.arange(whole)  # behind the last, larger ones fill up to a power of two
    level[: values.size] = rank
    level <<= 32  # the rank in the upper half, the count in the lower
    half = whole // 2
    while half >= _LEAF:  # ranks that agree above this bit stand together; cut them into lower and upper ones
        upper = (level & (half << 32)) != 0
        uppers_before = np.cumsum(upper, dtype=np.int32).reshape(-1, 2 * half)
        uppers_before -= half * np.arange(whole // (2 * half), dtype=np.int32)[:, np.newaxis]
        parted = np.empty((whole // (2 * half), 2, half), dtype=np.int64)
        parted[:, 0] = (level[~upper] + uppers_before.ravel()[~upper]).reshape(-1, half)
        parted[:, 1] = level[upper].reshape(-1, half)
        level = parted.ravel()
        half //= 2
    counts = np.empty(whole, dtype=np.int64)
    counts[level >> 32] = (level & (2**32 - 1)) + _within_leaves(level >> 32)
    return counts[rank]


def _within_leaves(ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the same within each leaf, pair by pair: all leaves at a time."""
    place = np.ascontiguousarray((ranks % _LEAF).astype(np.int8).reshape(-1, _LEAF).T)
    counts = np.zeros(place.shape, dtype=np.int64)
    for later in range(1, _LEAF):
        counts[later] = np.sum(place[:later] > place[later], axis=0, dtype=np.int8)
    return counts.T.ravel()
