r"""Delta cycles: how a simulator of hardware lets everything happen at once, in any order.

Question
    Two registers swap their values at a clock edge. A simulator runs one process after the other: why does the second
    not see what the first has just written?
Model
    A write changes a signal's *next* value only. One delta cycle is

    1. evaluate: run every process that waits for a signal which has changed, in any order;
    2. update: let written signals take their next values, all together; one whose value stays has no event;
    3. notify: processes that wait for a signal which has changed run in the next delta cycle.

    If none is left to run, time advances to the earliest write for later, which is made as an update of its own. At
    :math:`k` delta cycles after a change, logic without delay holds the state :math:`F^k(s)`: all gates at once, again
    and again, until nothing changes.
Assumes
    Processes run from start to end and depend on nothing but signals. Time counts in whole ticks.
Breaks when
    Processes share variables: then their order matters again. Logic that feeds back on itself without a delay never
    settles; the kernel gives up and says so. A delayed write is never taken back (VHDL calls that *transport*; its
    usual, *inertial*, delay drops pulses that are shorter).
Source
    IEEE 1666 (SystemC), clause 4, on evaluation, update, delta notification and timed notification phases, as described
    by tutorials that name the clause; the standard itself was not read. That only one process writes a signal in a
    delta cycle is our own rule; SystemC's `sc_signal` has one like it.
Oracle
    Circuits that were simulated with MyHDL, change by change; all gates of a network evaluated at once, again and
    again; processes in another order.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence

__all__ = ["DeltaKernel"]


class DeltaKernel:
    """Signals, and processes that wait for them.

    Parameters
    ----------
    signals : mapping of str to int
        Name -> value at the start.
    most_deltas : int
        Delta cycles at one time after which signals are said to oscillate. [1]

    Attributes
    ----------
    now : int
        Time. [tick]
    deltas : int
        Delta cycles so far that ran a process. [1]
    changes : list of (int, str, int)
        Time, name and new value of each change, in order; those of one delta cycle by name.

    Examples
    --------
    Two registers swap at a clock edge:

    >>> kernel = DeltaKernel({"clock": 0, "a": 1, "b": 2})
    >>> def register(source, target):
    ...     return lambda: kernel.write(target, kernel.read(source)) if kernel.read("clock") else None
    >>> kernel.add_process(register("a", "b"), ["clock"])
    >>> kernel.add_process(register("b", "a"), ["clock"])
    >>> kernel.write("clock", 1, after=5)
    >>> kernel.run(10)
    >>> kernel.changes
    [(5, 'clock', 1), (5, 'a', 2), (5, 'b', 1)]
    """

    def __init__(self, signals: Mapping[str, int], most_deltas: int = 1000) -> None:
        self._values = dict(signals)
        self._next: dict[str, int] = {}
        self._writers: dict[str, int] = {}  # which process has written a next value
        self._later: list[tuple[int, int, str, int]] = []
        self._processes: list[Callable[[], object]] = []
        self._waiting: dict[str, list[int]] = {name: [] for name in signals}
        self._runnable: set[int] = set()
        self._running = -1
        self._most_deltas = most_deltas
        self._now = self._deltas = self._scheduled = 0
        self._changes: list[tuple[int, str, int]] = []

    @property
    def now(self) -> int:
        """Time."""
        return self._now

    @property
    def deltas(self) -> int:
        """Delta cycles so far that ran a process."""
        return self._deltas

    @property
    def changes(self) -> list[tuple[int, str, int]]:
        """Time, name and new value of each change."""
        return list(self._changes)

    def add_process(self, process: Callable[[], object], waits_for: Sequence[str]) -> None:
        """Add a process; it runs at the start, and whenever a signal that it waits for has changed.

        Parameters
        ----------
        process : callable
            Called without arguments; it reads and writes signals. What it returns is dropped.
        waits_for : sequence of str
            Signals that it waits for.

        Raises
        ------
        ValueError
            If there is no such signal.
        """
        for name in waits_for:
            self._require(name)
            self._waiting[name].append(len(self._processes))
        self._runnable.add(len(self._processes))
        self._processes.append(process)

    def read(self, name: str) -> int:
        """Value of a signal, as the last update left it.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        int
            Its value, whatever was written since.

        Raises
        ------
        ValueError
            If there is no such signal.
        """
        self._require(name)
        return self._values[name]

    def write(self, name: str, value: int, after: int = 0) -> None:
        """Write a signal; of two writes for one moment the last one counts.

        Parameters
        ----------
        name : str
            Its name.
        value : int
            Its next value.
        after : int
            When: 0 is the next update, without any time. [tick]

        Raises
        ------
        ValueError
            If there is no such signal, the time is past, or another process has written it in this delta cycle.
        """
        self._require(name)
        if after < 0:
            raise ValueError("a signal cannot be written in the past")
        if after:
            self._scheduled += 1
            heapq.heappush(self._later, (self._now + after, self._scheduled, name, value))
            return
        if self._writers.setdefault(name, self._running) != self._running:
            raise ValueError(f"two processes write {name} in one delta cycle")
        self._next[name] = value

    def run(self, until: int) -> None:
        """Go on until nothing is left to happen, or time is up.

        Parameters
        ----------
        until : int
            Last time at which anything happens. [tick]

        Raises
        ------
        RuntimeError
            If signals still change after the most delta cycles that one time may take.
        """
        while True:
            self._settle()
            if not self._later or self._later[0][0] > until:
                self._now = max(self._now, until)
                return
            self._now = self._later[0][0]
            while self._later and self._later[0][0] == self._now:
                _, _, name, value = heapq.heappop(self._later)
                self._next[name] = value
            self._update()

    def _settle(self) -> None:
        """Delta cycles until no process is left to run."""
        cycles = 0
        self._update()
        while self._runnable:
            cycles += 1
            if cycles > self._most_deltas:
                raise RuntimeError(f"signals still change at {self._now} after {self._most_deltas} delta cycles")
            evaluated, self._runnable = sorted(self._runnable), set()
            for self._running in evaluated:
                self._processes[self._running]()
            self._running = -1
            self._deltas += 1
            self._update()

    def _update(self) -> None:
        """Let signals take their next values, and wake who waits for those that change."""
        for name in sorted(self._next):
            if self._next[name] != self._values[name]:
                self._values[name] = self._next[name]
                self._changes.append((self._now, name, self._values[name]))
                self._runnable.update(self._waiting[name])
        self._next, self._writers = {}, {}

    def _require(self, name: str) -> None:
        """Refuse a signal that there is not."""
        if name not in self._values:
            raise ValueError(f"there is no signal {name}")
