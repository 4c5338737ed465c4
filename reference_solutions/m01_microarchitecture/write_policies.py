r"""Writes to caches: what is read for them, what is written back, and accesses that touch two lines.

Question
    A loop only writes. How many bytes does the memory move, and would it be fewer if the cache passed writes on?
Model
    *Write back, write allocate*: a write to a line that is not held first brings it in; a held line that was written is
    *dirty*, and is written to the next level when it leaves, where the same rules hold for it. *Write through, no
    allocate*: every write goes on at once, and brings nothing in. Lines of :math:`b` bytes move

    .. math:: Q_{back} = b\,(\text{filled} + \text{written back}), \qquad
        Q_{through} = b \cdot \text{filled} + \text{bytes written}

    An access of :math:`n` bytes at :math:`a` touches the lines from :math:`\lfloor a / b \rfloor` to
    :math:`\lfloor (a + n - 1) / b \rfloor`, each an access of its own.
Assumes
    One access at a time. A level is asked for a line before it is given the one that leaves. At the end all that is
    dirty is written back, level by level.
Breaks when
    Stores bypass the caches, neighbouring writes are merged before they leave, or a level excludes what another holds.
Source
    Hennessy, Patterson, *Computer Architecture: A Quantitative Approach*, 6th ed., 2017, appendix B, is the textbook
    for both policies; not seen for this.
Oracle
    Counts of pycachesim for two levels of FIFO caches on recorded traces (its LRU is another: a store that hits does
    not count as a use); a triad by hand; what happens to each line between two misses of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions import validate
from reference_solutions.m01_microarchitecture.set_associative import cache_hits

__all__ = ["touched_lines", "write_back_traffic", "write_through_traffic"]


def touched_lines(
    addresses: ArrayLike, sizes_bytes: ArrayLike, line_bytes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lines that accesses touch, one after the other.

    Parameters
    ----------
    addresses : (N,) array_like of int
        Where each access starts, not negative. [B]
    sizes_bytes : (N,) or () array_like of int
        How long it is. [B]
    line_bytes : int
        Size of a line. [B]

    Returns
    -------
    (L,) ndarray of int
        Lines, those of an access in rising order.
    (L,) ndarray of int
        Access that touches each.

    Raises
    ------
    ValueError
        If an address is negative, or a size is not positive.

    Examples
    --------
    The second access straddles two lines:

    >>> lines, accesses = touched_lines([0, 60, 128], 8, 64)
    >>> lines.tolist(), accesses.tolist()
    ([0, 0, 1, 2], [0, 1, 1, 2])
    """
    validate.require_positive(sizes_bytes=sizes_bytes, line_bytes=line_bytes)
    start = np.asarray(addresses, dtype=np.int64)
    if np.any(start < 0):
        raise ValueError("an address is not negative")
    first, last = start // line_bytes, (start + np.asarray(sizes_bytes, dtype=np.int64) - 1) // line_bytes
    counts = last - first + 1
    accesses = np.repeat(np.arange(start.size), counts)
    before = np.cumsum(counts) - counts
    lines: NDArray[np.int64] = first[accesses] + np.arange(accesses.size) - before[accesses]
    return lines, accesses


class _Level:
    """A write-back cache in front of another level, or of memory."""

    def __init__(self, sets: int, ways: int, lru: bool, below: _Level | None) -> None:
        self.held: list[dict[int, bool]] = [{} for _ in range(sets)]  # line: dirty; the next to leave first
        self.ways, self.lru, self.below = ways, lru, below
        self.counts = {"accesses": 0, "filled": 0, "written_back": 0}

    def access(self, line: int, write: bool) -> None:
        """Read or write a line."""
        self.counts["accesses"] += 1
        there = self.held[line % len(self.held)]
        if line in there:
            dirty = there[line] or write
            if self.lru:
                del there[line]
            there[line] = dirty
            return
        self.counts["filled"] += 1
        if self.below:
            self.below.access(line, False)
        if len(there) == self.ways:
            victim = next(iter(there))
            self.leave(victim, there.pop(victim))
        there[line] = write

    def leave(self, line: int, dirty: bool) -> None:
        """Write a line back if it is dirty."""
        self.counts["written_back"] += dirty
        if dirty and self.below:
            self.below.access(line, True)

    def flush(self) -> None:
        """Write back all that is dirty."""
        for there in self.held:
            for line, dirty in there.items():
                self.leave(line, dirty)


def write_back_traffic(
    lines: ArrayLike, writes: ArrayLike, levels: Sequence[tuple[int, int]], policy: str = "lru"
) -> list[dict[str, int]]:
    """Lines that move through levels of write-back, write-allocate caches.

    Parameters
    ----------
    lines : (N,) array_like of int
        Line that each access touches, in order.
    writes : (N,) array_like of bool
        Whether it writes.
    levels : sequence of (int, int)
        Sets and ways of each level, the first level first. [1]
    policy : {"lru", "fifo"}
        Which line of a full set leaves: the one used, or brought in, longest ago.

    Returns
    -------
    list of dict of str to int
        For each level: `accesses`, what comes back from above among them; `filled`, lines brought in from below;
        `written_back`, lines given to below, in the end all that are dirty. [1]

    Raises
    ------
    ValueError
        If the columns differ in length, there is no level or no such cache or policy.

    Examples
    --------
    Two lines are written in turn, in a cache for one, before a cache for both:

    >>> for level in write_back_traffic([0, 1] * 3, [True] * 6, [(1, 1), (1, 2)]):
    ...     print(level)
    {'accesses': 6, 'filled': 6, 'written_back': 6}
    {'accesses': 12, 'filled': 2, 'written_back': 2}
    """
    trace, written = np.asarray(lines, dtype=np.int64), np.asarray(writes, dtype=bool)
    if trace.shape != written.shape or trace.ndim != 1:
        raise ValueError("an access is a line, and whether it writes")
    if not levels or min(min(level) for level in levels) < 1 or policy not in ("lru", "fifo"):
        raise ValueError("one level at least, each with a set and a way; lru or fifo")
    caches: list[_Level] = []
    for sets, ways in reversed(levels):
        caches.insert(0, _Level(sets, ways, policy == "lru", caches[0] if caches else None))
    for line, write in zip(trace.tolist(), written.tolist(), strict=True):
        caches[0].access(line, write)
    for cache in caches:
        cache.flush()
    return [cache.counts for cache in caches]


def write_through_traffic(lines: ArrayLike, writes: ArrayLike, sets: int, ways: int) -> dict[str, int]:
    """What moves past an LRU cache that passes writes on, and does not allocate for them.

    Parameters
    ----------
    lines : (N,) array_like of int
        Line that each access touches, in order.
    writes : (N,) array_like of bool
        Whether it writes.
    sets, ways : int
        Shape of the cache. [1]

    Returns
    -------
    dict of str to int
        `filled`: lines that reads bring in; `written`: writes that are passed on. [1]

    Raises
    ------
    ValueError
        If the columns differ in length, or there is no such cache.

    Notes
    -----
    Reads decide what is held: a write to a held line neither brings it in nor counts as a use.

    Examples
    --------
    >>> write_through_traffic([0, 0, 1, 0], [True, False, True, False], sets=1, ways=2)
    {'filled': 1, 'written': 2}
    """
    trace, written = np.asarray(lines, dtype=np.int64), np.asarray(writes, dtype=bool)
    if trace.shape != written.shape or trace.ndim != 1:
        raise ValueError("an access is a line, and whether it writes")
    filled = int(np.count_nonzero(~cache_hits(trace[~written], sets, ways)))
    return {"filled": filled, "written": int(np.count_nonzero(written))}
