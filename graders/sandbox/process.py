"""A process that is not trusted, seen from outside: its line, its CPU clock, its end.

The CPU clock is the kernel's, read from here (`clock_gettime` on the clock of another process): nothing that the
process says about itself decides.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from graders.sandbox.inside import codec
from graders.sandbox.wire import Message, Wire

_PROCESSORS = len(os.sched_getaffinity(0))
_SHORTEST_WAIT_MS, _LAST_MS = 1, 10_000
_STALL_S = 2.0  # patience with half a message: whole ones are written at once


@dataclass(frozen=True)
class Event:
    """What happened first: a message, or why none will come."""

    kind: Literal["message", "ended", "cpu", "wall", "protocol"]
    message: Message | None = None
    detail: str = ""


@dataclass(frozen=True)
class Deadline:
    """CPU seconds on the process's clock, and wall seconds on ours, at which patience ends."""

    cpu_s: float
    wall_s: float


class Process:
    """Supervises one process.

    Parameters
    ----------
    wire : Wire
        Its line.
    pid : int
        As the kernel says here.
    """

    def __init__(self, wire: Wire, pid: int) -> None:
        self.wire = wire
        self.pid = pid
        self._handle = os.pidfd_open(pid)
        self._clock = (~pid << 3) | 2
        self._last_cpu_s = 0.0
        self._alive = True
        self._closed = False
        self.asked = 0  # questions so far, whoever asks: each has its own number
        self._paused = False
        # stopped ones of the same notebook: they have the same user, who might wake one to compute beside the clock
        self.companions: tuple[Process, ...] = ()
        self._others: dict[int, Callable[[], None]] = {}
        self._stalled: tuple[float, float, int] | None = None

    def watch(self, descriptor: int, react: Callable[[], None]) -> None:
        """Call `react` when `descriptor` has something to read while this process is waited for."""
        self._others[descriptor] = react

    def cpu_s(self) -> float:
        """CPU seconds that it and its companions have used, all threads together."""
        return self.own_cpu_s() + sum(other.own_cpu_s() for other in self.companions)

    def own_cpu_s(self) -> float:
        """CPU seconds that it has used itself."""
        with contextlib.suppress(OSError):
            if self._alive and not self._closed:
                self._last_cpu_s = time.clock_gettime(self._clock)
        return self._last_cpu_s

    def waited_s(self) -> float:
        """Seconds that it was ready to run and did not get a processor; infinite where the kernel does not say."""
        try:
            tasks = list(Path(f"/proc/{self.pid}/task").iterdir())
            return sum(int((task / "schedstat").read_text().split()[1]) for task in tasks) / 1e9
        except (OSError, IndexError, ValueError):
            return float("inf")

    def next(self, deadline: Deadline) -> Event:
        """Wait for its next message, its end, or the end of patience, whichever comes first."""
        self.wire.push()
        if (found := self._come()) is not None:
            return found
        while True:
            used, now = self.cpu_s(), time.monotonic()
            self.wire.push()
            found = self._taken()
            if found is not None:
                return found
            # `used` was read before the line was found empty: it all belongs to what is going on now
            if used >= deadline.cpu_s:
                return Event("cpu")
            if now >= deadline.wall_s:
                return Event("wall")
            if self._stalls(now):
                return Event("protocol", detail="a message that does not end")
            rest_s = min((deadline.cpu_s - used) / _PROCESSORS, deadline.wall_s - now)
            if self._stalled is not None:
                rest_s = min(rest_s, _STALL_S)
            self._wait(max(_SHORTEST_WAIT_MS, rest_s * 1000))

    def _come(self) -> Event | None:
        """A message that is here already."""
        try:
            message = self.wire.take()
        except codec.ProtocolError as reason:
            return Event("protocol", detail=str(reason))
        return None if message is None else Event("message", message)

    def _taken(self) -> Event | None:
        if not self.wire.ended:
            self.wire.pull()
        if (found := self._come()) is not None:
            return found
        return Event("ended") if self.wire.ended or not self._alive else None

    def _stalls(self, now: float) -> bool:
        """Whether a message has begun and does not go on, though its sender could run."""
        pending = self.wire.pending
        if not pending:
            self._stalled = None
        elif self._stalled is None or self._stalled[2] != pending:
            self._stalled = (now, self.waited_s(), pending)
        elif now - self._stalled[0] > _STALL_S:
            return not self.waited_s() - self._stalled[1] > _STALL_S / 2
        return False

    def _wait(self, timeout_ms: float) -> None:
        poll = select.poll()
        poll.register(self.wire.fileno(), select.POLLIN | (select.POLLOUT if self.wire.sending else 0))
        poll.register(self._handle, select.POLLIN)
        for descriptor in self._others:
            poll.register(descriptor, select.POLLIN)
        for descriptor, events in poll.poll(timeout_ms):
            if descriptor in self._others:
                if events & select.POLLIN:
                    self._others[descriptor]()
                else:  # hung up: nobody is left who could ask
                    del self._others[descriptor]
            elif descriptor == self._handle:
                self.wire.pull()  # its last words
                self._alive = False

    @property
    def closed(self) -> bool:
        """Whether it was killed and let go of."""
        return self._closed

    def threads(self) -> int:
        """Threads that it has now; none where the kernel does not say."""
        try:
            return sum(1 for _ in Path(f"/proc/{self.pid}/task").iterdir())
        except OSError:
            return 0

    def send(self, number: int) -> None:
        """Send it a signal, if it is still there."""
        if self._closed:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    def pause(self) -> None:
        """Stop it until it is to go on."""
        if not self._paused:
            self.send(signal.SIGSTOP)
            self._paused = True

    def go_on(self) -> None:
        """Let it run, if it is paused."""
        if self._paused:
            self.send(signal.SIGCONT)
            self._paused = False

    def close(self, *, wait: bool = False) -> None:
        """Kill it, wait until it has gone if that is wanted, and let go of it."""
        if self._closed:
            return
        self.send(signal.SIGKILL)
        self._closed = True
        if wait:
            poll = select.poll()
            poll.register(self._handle, select.POLLIN)
            poll.poll(_LAST_MS)
        self.wire.close()
        os.close(self._handle)
