r"""Who makes room: the best that any policy could do, and what chance does.

Question
    A cache misses more than it should. How much of that would a better replacement policy save, and is least recently
    used better than drawing lots?
Model
    *Optimal* (Belady's MIN): the line makes room whose next use is furthest away. It needs the future, and bounds every
    policy that has to fetch what is accessed. *Random*: any line of the set, with equal chances. If accesses come
    independently of each other, line :math:`i` with probability :math:`p_i`, a random cache of :math:`C` lines holds a
    set :math:`s` in the long run with a probability in proportion to the product of its lines', and hits

    .. math:: \sum_s \pi(s) \sum_{i \in s} p_i, \qquad \pi(s) \propto \prod_{i \in s} p_i

    Over a loop that is one line too long for it, LRU misses always; the optimal and the random cache do not.
Assumes
    One access at a time, every miss brings its line in, and a cache is cold at the start; empty ways are filled first.
Breaks when
    A level above filters the accesses, so that what is used most is never asked for; or lines may bypass the cache.
Source
    Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2), 1966, pp.
    78-101; that random replacement and FIFO hit equally often under independent accesses: Gelenbe, "A unified approach
    to the evaluation of a class of replacement algorithms", IEEE Transactions on Computers C-22(6), 1973. Neither was
    read; the stationary distribution was checked by its balance equations.
Oracle
    Misses that libCacheSim's Belady and a brute force give on recorded traces; every possible choice on short traces;
    the transition matrix of a random cache.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["optimal_hits", "random_cache_hit_ratio", "random_hits"]


def optimal_hits(lines: ArrayLike, sets: int, ways: int) -> NDArray[np.bool_]:
    """Whether each access hits if the line whose next use is furthest away makes room.

    Parameters
    ----------
    lines : (N,) array_like of int
        Line that each access touches, in order.
    sets, ways : int
        Shape of the cache. [1]

    Returns
    -------
    (N,) ndarray of bool
        Whether it hits.

    Raises
    ------
    ValueError
        If there is no such cache.

    Examples
    --------
    A loop over three lines in a cache for two; LRU never hits:

    >>> optimal_hits([0, 1, 2] * 3, sets=1, ways=2).tolist()
    [False, False, False, True, False, True, False, True, False]
    """
    trace = np.asarray(lines, dtype=np.int64).tolist()
    _require_cache(sets, ways)
    next_use = [0] * len(trace)
    seen: dict[int, int] = {}
    for place in reversed(range(len(trace))):
        next_use[place] = seen.get(trace[place], len(trace))
        seen[trace[place]] = place
    held: list[dict[int, int]] = [{} for _ in range(sets)]  # line: when it is used next
    hits = np.zeros(len(trace), dtype=bool)
    for place, line in enumerate(trace):
        there = held[line % sets]
        hits[place] = line in there
        if line not in there and len(there) == ways:
            del there[max(there, key=there.__getitem__)]
        there[line] = next_use[place]
    return hits


def random_hits(lines: ArrayLike, sets: int, ways: int, seed: int) -> NDArray[np.bool_]:
    """Whether each access hits if any line of a full set makes room, with equal chances.

    Parameters
    ----------
    lines : (N,) array_like of int
        Line that each access touches, in order.
    sets, ways : int
        Shape of the cache. [1]
    seed : int
        Of `np.random.default_rng`, which draws a way for each access, whether it is needed or not.

    Returns
    -------
    (N,) ndarray of bool
        Whether it hits.

    Raises
    ------
    ValueError
        If there is no such cache.

    Examples
    --------
    >>> random_hits([0, 1, 0, 1, 3, 0, 1], sets=1, ways=2, seed=1).tolist()
    [False, False, True, True, False, False, True]
    """
    trace = np.asarray(lines, dtype=np.int64).tolist()
    _require_cache(sets, ways)
    drawn = np.random.default_rng(seed).integers(0, ways, len(trace)).tolist()
    held: list[list[int]] = [[] for _ in range(sets)]
    hits = np.zeros(len(trace), dtype=bool)
    for place, (line, way) in enumerate(zip(trace, drawn, strict=True)):
        there = held[line % sets]
        hits[place] = line in there
        if hits[place]:
            continue
        if len(there) == ways:
            there[way] = line
        else:
            there.append(line)
    return hits


def random_cache_hit_ratio(probabilities: ArrayLike, ways: int) -> float:
    """Hit ratio of a small random cache in the long run, for accesses that are independent of each other.

    Parameters
    ----------
    probabilities : (L,) array_like
        How often each line is accessed; all positive, they add up to 1. [1]
    ways : int
        Lines that the cache, of a single set, holds; fewer than there are. [1]

    Returns
    -------
    float
        Hit ratio. [1]

    Raises
    ------
    ValueError
        If the probabilities are none, or the cache holds nothing or everything.

    Notes
    -----
    All sets of lines are gone through: meant for two dozen lines or fewer.

    Examples
    --------
    >>> round(random_cache_hit_ratio([0.5, 0.25, 0.25], 1), 3)
    0.375
    """
    share = np.asarray(probabilities, dtype=float)
    if np.any(share <= 0) or abs(share.sum() - 1) > 1e-9 or not 1 <= ways < share.size:
        raise ValueError("positive probabilities that add up to 1, and a cache for some of the lines")
    chosen = np.asarray(list(combinations(range(share.size), ways)))
    weight = share[chosen].prod(axis=1)
    return float(weight @ share[chosen].sum(axis=1) / weight.sum())


def _require_cache(sets: int, ways: int) -> None:
    """Refuse a cache that holds nothing."""
    if min(sets, ways) < 1:
        raise ValueError("a cache has at least one set and one way")
