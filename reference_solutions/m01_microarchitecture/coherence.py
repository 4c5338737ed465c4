r"""MESI: what caches tell each other, and the price of sharing a line.

Question
    Two cores write two different counters. Why do they slow each other down, and how often do they meet?
Model
    Each core's cache holds a line in one of four states: Modified (the only copy, newer than memory), Exclusive (the
    only copy), Shared, Invalid. Reading an invalid line puts BusRd on the bus: whoever has it keeps it Shared, a
    Modified one is written back; the reader gets it Exclusive if nobody else has it, otherwise Shared. Writing makes
    the line Modified: silently from Modified and Exclusive, with BusUpgr from Shared, with BusRdX from Invalid; other
    copies are invalidated, a Modified one is written back.
Assumes
    One transaction at a time, caches that never evict.
Breaks when
    Lines are evicted, a directory stands in for the bus, or other states pass dirty lines on (Owned, Forward).
Source
    Papamarcos, Patel, "A low-overhead coherence solution for multiprocessors with private cache memories", ISCA 1984,
    pp. 348-354; Nagarajan, Sorin, Hill, Wood, *A Primer on Memory Consistency and Cache Coherence*, 2nd ed., 2020. The
    names of the bus transactions are the textbooks'.
Oracle
    States and counts from the history alone (who wrote last, who has read since); closed forms of alternating writers.
"""

from __future__ import annotations

__all__ = ["SnoopingBus"]


class SnoopingBus:
    """Caches of several cores on one bus, with the MESI protocol.

    Parameters
    ----------
    cores : int
        How many; they are numbered from 0. [1]

    Raises
    ------
    ValueError
        If there is none.

    Attributes
    ----------
    transactions : dict of str to int
        `BusRd`, `BusRdX` and `BusUpgr` so far. [1]
    invalidations : int
        Copies that lost their line to somebody's write. [1]
    write_backs : int
        Modified lines that were written back. [1]

    Examples
    --------
    Two cores add to counters in one line, in turns:

    >>> bus = SnoopingBus(cores=2)
    >>> for turn in range(6):
    ...     bus.write(turn % 2, line=7)
    >>> bus.invalidations, bus.state(0, 7), bus.state(1, 7)
    (5, 'I', 'M')
    """

    def __init__(self, cores: int) -> None:
        if cores < 1:
            raise ValueError("there is at least one core")
        self._caches: list[dict[int, str]] = [{} for _ in range(cores)]
        self.transactions = {"BusRd": 0, "BusRdX": 0, "BusUpgr": 0}
        self.invalidations = 0
        self.write_backs = 0

    def state(self, core: int, line: int) -> str:
        """State of a line in a core's cache.

        Parameters
        ----------
        core, line : int
            Whose cache, and which line.

        Returns
        -------
        str
            "M", "E", "S" or "I".
        """
        return self._caches[core].get(line, "I")

    def read(self, core: int, line: int) -> None:
        """Let a core read from a line.

        Parameters
        ----------
        core, line : int
            Who, and from which line.
        """
        if self.state(core, line) != "I":
            return
        self.transactions["BusRd"] += 1
        holders = [cache for cache in self._caches if cache.get(line, "I") != "I"]
        for cache in holders:
            self.write_backs += cache[line] == "M"
            cache[line] = "S"
        self._caches[core][line] = "S" if holders else "E"

    def write(self, core: int, line: int) -> None:
        """Let a core write to a line.

        Parameters
        ----------
        core, line : int
            Who, and to which line.
        """
        mine = self.state(core, line)
        if mine in ("S", "I"):
            self.transactions["BusUpgr" if mine == "S" else "BusRdX"] += 1
        for other, cache in enumerate(self._caches):
            if other != core and cache.get(line, "I") != "I":
                self.write_backs += cache[line] == "M"
                self.invalidations += 1
                cache[line] = "I"
        self._caches[core][line] = "M"
