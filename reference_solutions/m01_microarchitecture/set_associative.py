r"""Set-associative caches: which accesses hit, and why the others miss.

Question
    Of the accesses that miss, which would a larger cache have held, and which a cache without sets?
Model
    Line :math:`x` belongs to set :math:`x \bmod S`, and a set holds :math:`W` lines in the order of their last use: a
    stack. An access that does not find its line at place :math:`k` of the stack pushes what it found there down to
    place :math:`k + 1`, where the next access that gets so far will find it. So a trace that is sorted by sets (each
    set's accesses in their order) passes the whole cache place by place instead of access by access: :math:`W` times,
    each time those that are left.
    A miss is *compulsory* if it is the first touch of its line; *capacity* if a fully associative LRU cache of
    :math:`S W` lines misses, too; *conflict* otherwise. Conflicts may even be negative in sum: an access that hits
    although the fully associative cache misses is no miss, and is not counted.
    Tree-PLRU keeps :math:`W - 1` bits a set, each pointing to the half that is to be replaced; an access turns those on
    its path away from itself. Empty ways are filled first, in order.
Assumes
    One access at a time, writes allocate like reads, and the cache is cold at the start.
Breaks when
    Hardware prefetches, hashes the set index, or a level above filters the accesses.
Source
    Hill, Smith, "Evaluating associativity in CPU caches", IEEE Transactions on Computers 38(12), 1989, pp. 1612-1630,
    for all associativities from one pass; the three kinds of misses go back to Hill, "Aspects of cache memory and
    instruction buffer performance", PhD thesis, UC Berkeley, 1987 (as Arpaci-Dusseau, *Operating Systems: Three Easy
    Pieces*, quotes it; not seen itself).
Oracle
    Misses that pycachesim, libCacheSim and nanoBench give on recorded traces, for LRU, FIFO and PLRU.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions.m01_microarchitecture.reuse import stack_distances

__all__ = ["LruCache", "cache_hits", "cache_hits_by_definition", "miss_kinds"]


def cache_hits(lines: ArrayLike, sets: int, ways: int) -> NDArray[np.bool_]:
    """Whether each access hits in a set-associative LRU cache; without a loop over the accesses.

    Parameters
    ----------
    lines : (N,) array_like of int
        Line that each access touches, in order: its address over the line's size, rounded down.
    sets, ways : int
        Shape of the cache; `sets` need not be a power of two. [1]

    Returns
    -------
    (N,) ndarray of bool
        Whether it hits.

    Raises
    ------
    ValueError
        If there is no set, or no way.

    Examples
    --------
    Lines 0 and 2 fall into the same of two sets, which has room for one:

    >>> cache_hits([0, 1, 2, 1, 0], sets=2, ways=1)
    array([False, False, False,  True, False])
    """
    if min(sets, ways) < 1:
        raise ValueError("a cache has at least one set and one way")
    trace = np.asarray(lines, dtype=np.int64)
    of_set = trace % sets
    access = np.argsort(of_set.astype(np.uint16) if sets <= 2**16 else of_set, kind="stable")
    wanted = pushed = trace[access]
    empty = np.min(trace, initial=0) - 1
    hits = np.zeros(trace.size, dtype=bool)
    for _ in range(ways):
        there = np.concatenate([[empty], pushed])[:-1]  # another set's line is never the wanted one
        found = wanted == there
        hits[access[found]] = True
        access, wanted, pushed = access[~found], wanted[~found], there[~found]
    return hits


def cache_hits_by_definition(lines: ArrayLike, sets: int, ways: int, policy: str = "lru") -> NDArray[np.bool_]:
    """Whether each access hits in a set-associative cache, access by access.

    Parameters
    ----------
    lines : (N,) array_like of int
        Line that each access touches, in order.
    sets, ways : int
        Shape of the cache; `ways` is a power of two for "plru". [1]
    policy : {"lru", "fifo", "plru"}
        Which line of a full set makes room.

    Returns
    -------
    (N,) ndarray of bool
        Whether it hits.

    Raises
    ------
    ValueError
        If there is no such cache or policy.

    Examples
    --------
    >>> cache_hits_by_definition([0, 1, 0, 2, 0], sets=1, ways=2, policy="fifo")
    array([False, False,  True, False, False])
    """
    if min(sets, ways) < 1 or (policy == "plru" and ways & (ways - 1)):
        raise ValueError("a cache has at least one set and one way; PLRU needs a power of two of them")
    if policy not in ("lru", "fifo", "plru"):
        raise ValueError(f"no policy {policy!r}: lru, fifo or plru")
    made = [_TreeSet(ways) if policy == "plru" else _QueueSet(ways, policy == "lru") for _ in range(sets)]
    return np.array([made[line % sets].access(line) for line in np.asarray(lines).tolist()], dtype=bool)


def miss_kinds(lines: ArrayLike, sets: int, ways: int) -> dict[str, int]:
    """Misses of a set-associative LRU cache by their cause.

    Parameters
    ----------
    lines : (N,) array_like of int
        Line that each access touches, in order.
    sets, ways : int
        Shape of the cache. [1]

    Returns
    -------
    dict of str to int
        `compulsory`, `capacity` and `conflict`; together they are the misses. [1]

    Raises
    ------
    ValueError
        If there is no set, or no way.

    Examples
    --------
    >>> miss_kinds([0, 1, 2, 1, 0], sets=2, ways=1)
    {'compulsory': 3, 'capacity': 1, 'conflict': 0}
    """
    missed = ~cache_hits(lines, sets, ways)
    distances = stack_distances(lines)
    first = np.isinf(distances)
    too_far = (distances >= sets * ways) & ~first
    return {
        "compulsory": int(np.sum(first)),
        "capacity": int(np.sum(missed & too_far)),
        "conflict": int(np.sum(missed & ~too_far & ~first)),
    }


class LruCache:
    """An LRU cache that says of each access whether it hits, or why it misses.

    Parameters
    ----------
    sets, ways : int
        Shape of the cache; `sets` need not be a power of two. [1]

    Raises
    ------
    ValueError
        If there is no set, or no way.

    Examples
    --------
    Lines 0 and 2 take turns in one of two sets, while the other one is empty:

    >>> cache = LruCache(sets=2, ways=1)
    >>> [cache.access(line) for line in (0, 2, 2, 0)]
    ['compulsory', 'compulsory', 'hit', 'conflict']
    """

    def __init__(self, sets: int, ways: int) -> None:
        if min(sets, ways) < 1:
            raise ValueError("a cache has at least one set and one way")
        self._ways = ways
        self._sets: list[list[int]] = [[] for _ in range(sets)]  # each in the order of the last use
        self._whole: list[int] = []  # the same lines without sets
        self._touched: set[int] = set()

    def access(self, line: int) -> str:
        """Touch a line.

        Parameters
        ----------
        line : int
            Which line.

        Returns
        -------
        str
            "hit", or the kind of the miss: "compulsory", "capacity" or "conflict".
        """
        own = self._sets[line % len(self._sets)]
        hit, hits_without_sets, again = line in own, line in self._whole, line in self._touched
        for held, room in ((own, self._ways), (self._whole, self._ways * len(self._sets))):
            if line in held:
                held.remove(line)
            held.append(line)
            del held[:-room]  # what was used longest ago, if there is one too many
        self._touched.add(line)
        if hit:
            return "hit"
        if not again:
            return "compulsory"
        return "conflict" if hits_without_sets else "capacity"


class _QueueSet:
    """A set whose next victim comes first: the oldest, or with LRU the one that was used longest ago."""

    def __init__(self, ways: int, renewed: bool) -> None:
        self._ways = ways
        self._renewed = renewed
        self._lines: list[int] = []

    def access(self, line: int) -> bool:
        hit = line in self._lines
        if hit and self._renewed:
            self._lines.remove(line)
        elif not hit and len(self._lines) == self._ways:
            del self._lines[0]
        if not hit or self._renewed:
            self._lines.append(line)
        return hit


class _TreeSet:
    """A set whose victim a tree of bits points to; node n has the children 2 n and 2 n + 1, and the root is 1."""

    def __init__(self, ways: int) -> None:
        self._ways = ways
        self._points_right = [False] * ways
        self._lines: list[int] = []

    def access(self, line: int) -> bool:
        hit = line in self._lines
        if not hit and len(self._lines) < self._ways:
            self._lines.append(line)
        elif not hit:
            self._lines[self._victim()] = line
        self._turn_away(self._lines.index(line))
        return hit

    def _victim(self) -> int:
        node = 1
        while node < self._ways:
            node = 2 * node + self._points_right[node]
        return node - self._ways

    def _turn_away(self, way: int) -> None:
        node = way + self._ways
        while node > 1:
            self._points_right[node // 2] = node % 2 == 0
            node //= 2
