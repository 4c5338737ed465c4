"""Time that one notebook may take: cells, replays, copies and calls together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from graders.errors import SandboxError
from graders.records import Limits

_REPLAY_SHARE = 2.0  # CPU that replays may use, in parts of what the notebook may use


class SpentError(Exception):
    """No time is left for this notebook."""


class Budget:
    """What is left of a notebook's time.

    Parameters
    ----------
    limits : Limits
        Of the notebook.
    """

    def __init__(self, limits: Limits) -> None:
        self._wall_s = limits.notebook_wall_s
        self._cells_cpu_s = limits.notebook_cpu_s
        self._replays_cpu_s = limits.notebook_cpu_s * _REPLAY_SHARE
        self._taken_s = 0.0
        self._starved_s = 0.0
        self._begun = 0.0
        self._depth = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """While this lasts, the notebook's wall clock runs; what the grader does in between is not its time."""
        if not self._depth:
            self._begun = time.monotonic()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._taken_s += time.monotonic() - self._begun

    def wall_left_s(self) -> float:
        """Wall seconds that are left; never negative."""
        taken = self._taken_s + (time.monotonic() - self._begun if self._depth else 0.0)
        return max(0.0, self._wall_s - taken)

    def cpu_left_s(self, *, again: bool) -> float:
        """CPU seconds that are left for cells, or for running them again."""
        return self._replays_cpu_s if again else self._cells_cpu_s

    def spend(self, cpu_s: float, *, again: bool) -> None:
        """Count CPU seconds of a cell."""
        if again:
            self._replays_cpu_s -= cpu_s
        else:
            self._cells_cpu_s -= cpu_s

    def starve(self, waited_s: float) -> None:
        """Count seconds that a process of the notebook was kept waiting for a processor."""
        self._starved_s += waited_s

    def check(self, waiting_s: Callable[[], float] = float) -> None:
        """Raise SpentError if the wall clock has run out; SandboxError if the machine was why.

        Parameters
        ----------
        waiting_s : callable
            Says what a process that still lives has been kept waiting.
        """
        if self.wall_left_s() > 0.0:
            return
        starved = self._starved_s + waiting_s()
        if not starved < self._wall_s / 2:
            raise SandboxError(
                f"the machine is too slow: a notebook's processes waited {starved:.0f} s for a processor",
                do="Run it again with fewer workers",
            )
        raise SpentError
