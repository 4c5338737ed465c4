r"""Banks of a DRAM behind a cache: what a read takes depends on what its bank did last.

Question
    Two traces miss the caches equally often. Why does one wait twice as long for the memory?
Model
    A bank has one row open, or none. A read of the open row is a *hit*: one column command, data :math:`CL` cycles
    later, for a burst of some cycles. If no row is open, the row is activated first, :math:`t_{RCD}` before the column
    command. If another row is open, it is a *conflict*: the bank is precharged first, :math:`t_{RP}` before the
    activation, and not before the open row has been active for :math:`t_{RAS}`. All banks share the command and data
    bus: column commands are :math:`t_{CCD}` apart, activations :math:`t_{RRD}`, and no five activations fall into
    :math:`t_{FAW}`. Every :math:`t_{REFI}` a refresh closes all rows and takes :math:`t_{RFC}`.

    .. math:: \text{hit } CL + b, \quad \text{closed } t_{RCD} + CL + b, \quad
        \text{conflict } t_{RP} + t_{RCD} + CL + b, \quad t_{RC} = t_{RAS} + t_{RP}
Assumes
    One rank, reads only, served in the order in which they are asked for, rows left open. A read that is taken up
    before a refresh goes ahead of it.
Breaks when
    Writes turn the bus around, bank groups have spacings of their own, or a controller reorders (`served_requests`).
Source
    Names and meaning of the timings as in configuration files of DRAMsim3 (repository umd-memsys/DRAMsim3, folder
    `configs`): Li, Yang, Reddy, Srivastava, Jacob, "DRAMsim3: a cycle-accurate, thermal-capable DRAM simulator", IEEE
    Computer Architecture Letters 19(2), 2020. This is a model of the idea, not DRAMsim3.
Oracle
    Closed forms of a single bank; a scheduler that tries cycle by cycle which command all rules allow; caches as in
    module 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions.m01_microarchitecture.set_associative import cache_hits

__all__ = ["DramBanks", "trace_cycles"]


class DramBanks:
    """The banks of a memory channel; reads are asked for in the order of time.

    Parameters
    ----------
    banks : int
        Number of banks. [1]
    timing : mapping of str to int
        `CL`, `tRCD`, `tRP`, `tRAS`, `tCCD`, `tRRD`, `tFAW`, `tREFI`, `tRFC` and `burst`. [cycle]

    Attributes
    ----------
    open_rows : list of int
        Row that each bank has open, -1 for none.
    counts : dict of str to int
        Reads so far by kind: `hit`, `closed`, `conflict`. [1]

    Examples
    --------
    >>> timing = {"CL": 16, "tRCD": 16, "tRP": 16, "tRAS": 39, "tCCD": 4, "tRRD": 4, "tFAW": 26}
    >>> memory = DramBanks(4, timing | {"tREFI": 9364, "tRFC": 420, "burst": 4})
    >>> [memory.read(0, bank=0, row=7), memory.read(100, bank=0, row=7), memory.read(200, bank=0, row=8)]
    [36, 120, 252]
    >>> memory.counts
    {'hit': 1, 'closed': 1, 'conflict': 1}
    """

    def __init__(self, banks: int, timing: Mapping[str, int]) -> None:
        if banks < 1:
            raise ValueError("a memory has a bank at least")
        self._timing = dict(timing)
        self._rows = [-1] * banks
        never = float("-inf")
        self._activated = [never] * banks  # when the open row was
        self._column = [never] * banks  # last column command of each bank
        self._free = [never] * banks  # earliest activation of a closed bank
        self._activations: list[float] = []
        self._last_column = self._last_arrival = never
        self._refreshes = 0
        self._counts = {"hit": 0, "closed": 0, "conflict": 0}

    @property
    def open_rows(self) -> list[int]:
        """Row that each bank has open, -1 for none."""
        return list(self._rows)

    @property
    def counts(self) -> dict[str, int]:
        """Reads so far by kind."""
        return dict(self._counts)

    def read(self, cycle: int, bank: int, row: int) -> int:
        """Ask for data.

        Parameters
        ----------
        cycle : int
            When; not before the read before it. [cycle]
        bank, row : int
            Where.

        Returns
        -------
        int
            When its burst has ended. [cycle]

        Raises
        ------
        ValueError
            If there is no such bank, the row is negative, or the cycle is before that of the last read.
        """
        if not 0 <= bank < len(self._rows) or row < 0 or cycle < self._last_arrival:
            raise ValueError("no such bank or row, or a read out of order")
        self._last_arrival = cycle
        timing = self._timing
        taken_up = max(cycle, self._last_column)
        if taken_up // timing["tREFI"] > self._refreshes:
            self._refreshes = int(taken_up // timing["tREFI"])
            self._rows = [-1] * len(self._rows)
            self._free = [self._refreshes * timing["tREFI"] + timing["tRFC"]] * len(self._rows)
        kind = "hit" if self._rows[bank] == row else "closed" if self._rows[bank] < 0 else "conflict"
        self._counts[kind] += 1
        earliest: float = max(cycle, self._last_column + timing["tCCD"])
        if kind != "hit":
            ready: float = max(cycle, self._free[bank])
            if kind == "conflict":
                precharge = max(cycle, self._activated[bank] + timing["tRAS"], self._column[bank])
                ready = precharge + timing["tRP"]
            recent = self._activations[-1:] + self._activations[-4:-3]
            spaced = [then + gap for then, gap in zip(recent, (timing["tRRD"], timing["tFAW"]), strict=False)]
            self._activated[bank] = max([ready, *spaced])
            self._activations.append(self._activated[bank])
            self._rows[bank] = row
            earliest = max(earliest, self._activated[bank] + timing["tRCD"])
        self._column[bank] = self._last_column = earliest
        return int(earliest) + timing["CL"] + timing["burst"]


def trace_cycles(
    lines: ArrayLike,
    levels: list[tuple[int, int, int]],
    banks: int,
    lines_per_row: int,
    timing: Mapping[str, int],
) -> NDArray[np.int64]:
    """Cycles that each access of a trace takes: two levels of cache, then the banks; one access at a time.

    Parameters
    ----------
    lines : (N,) array_like of int
        Line that each access touches, in order.
    levels : list of (int, int, int)
        Sets, ways and latency of each cache, the first level first; a miss pays the latency of every level that it
        passes. Each level sees the misses of the one before. [1, cycle]
    banks : int
        Banks of the memory; neighbouring rows lie in neighbouring banks. [1]
    lines_per_row : int
        Lines in a row of a bank. [1]
    timing : mapping of str to int
        As `DramBanks` takes it. [cycle]

    Returns
    -------
    (N,) ndarray of int
        Cycles from each access to its data; the next access follows at once. [cycle]

    Examples
    --------
    >>> timing = {"CL": 16, "tRCD": 16, "tRP": 16, "tRAS": 39, "tCCD": 4, "tRRD": 4, "tFAW": 26}
    >>> timing |= {"tREFI": 9364, "tRFC": 420, "burst": 4}
    >>> trace_cycles([0, 0, 1, 2, 0], [(1, 1, 3), (2, 2, 12)], banks=2, lines_per_row=4, timing=timing).tolist()
    [51, 3, 35, 35, 15]
    """
    trace = np.asarray(lines, dtype=np.int64)
    left, spent = np.arange(trace.size), np.zeros(trace.size, dtype=np.int64)
    for sets, ways, latency in levels:
        spent[left] += latency
        left = left[~cache_hits(trace[left], sets, ways)]
    memory, missed, now = DramBanks(banks, timing), set(left.tolist()), 0
    for place, line in enumerate(trace.tolist()):
        now += int(spent[place])
        if place in missed:
            row, bank = divmod(line // lines_per_row, banks)
            done = memory.read(now, bank, row)
            spent[place] += done - now
            now = done
    return spent
