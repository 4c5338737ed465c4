"""One batch of requests to one copy: pipelined, numbered, each on its own clock."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from graders.errors import CourseError, SandboxError
from graders.records import Reply, Request
from graders.sandbox.endings import check_starved
from graders.sandbox.inside import codec
from graders.sandbox.names import Names
from graders.sandbox.process import Deadline, Process
from graders.sandbox.wire import Message

GRACE_CPU_S, GRACE_WALL_S = 0.5, 2.0  # between the interrupt and the end
_AHEAD_BYTES = 1 << 20  # requests in flight
_KINDS = ("value", "raised", "opaque", "missing", "memory")

Kind = Literal["value", "raised", "opaque", "missing", "timeout", "memory", "crashed", "retry"]


def packed(request: Request, number: int) -> bytes:
    """A request as a message; CourseError if it holds what cannot travel."""
    buffers: list[bytes] = []
    try:
        args, kwargs = codec.encode(list(request.args), buffers), codec.encode(dict(request.kwargs), buffers)
        return codec.pack({"n": number, "ask": [request.op, request.target, request.handle, args, kwargs]}, buffers)
    except codec.OpaqueError as reason:
        raise CourseError(
            f"a check passes what cannot travel to a student's process: {reason}",
            where=request.target,
            do="Pass numbers, strings, lists, dicts, arrays or data frames",
        ) from None


@dataclass(frozen=True)
class Lost:
    """The copy is no use any more.

    Attributes
    ----------
    kind : str
        What the request that was being answered gets.
    cpu_s : float
        What it had used.
    protocol : bool
        Whether it was answered with what no call answers.
    """

    kind: Kind
    cpu_s: float = 0.0
    protocol: bool = False


class Exchange:
    """Requests sent, replies read.

    Parameters
    ----------
    process : Process
        The copy.
    frames : sequence of bytes
        Requests as `packed` made them.
    first : int
        Number of the first.
    names : Names
        That may be reported.
    cpu_s, wall_s : float
        Limits of each request.
    """

    def __init__(
        self, process: Process, frames: Sequence[bytes], first: int, names: Names, cpu_s: float, wall_s: float
    ) -> None:
        self._process = process
        self._frames = frames
        self._first = first
        self._names = names
        self._cpu_s, self._wall_s = cpu_s, wall_s
        self._sent = self._answered = self._in_flight = 0
        self._interrupted = False
        self._start(process.cpu_s())

    def _start(self, mark: float) -> None:
        """The clocks of the next request begin."""
        self._mark = mark
        self._deadline = Deadline(self._mark + self._cpu_s, time.monotonic() + self._wall_s)
        self._interrupted = False

    def next(self, most_cpu_s: float) -> Reply | Lost:
        """The next reply, or why there is none.

        Parameters
        ----------
        most_cpu_s : float
            CPU seconds that it may use at most, whatever its own limit.

        Returns
        -------
        Reply or Lost
            After `Lost` nothing more is to be expected.
        """
        self._send()
        while True:
            used_up = min(self._deadline.cpu_s, self._mark + most_cpu_s + GRACE_CPU_S * self._interrupted)
            event = self._process.next(Deadline(used_up, self._deadline.wall_s))
            used = self._process.cpu_s() - self._mark
            if event.message is not None:
                reply = self._read(event.message, used)
                if reply is None:
                    return Lost(self._why("crashed"), used, protocol=True)
                self._in_flight -= len(self._frames[self._answered])
                self._answered += 1
                self._start(self._mark + used)
                return reply
            if event.kind not in ("cpu", "wall") or self._interrupted:
                return Lost(self._why("crashed"), used, protocol=event.kind == "protocol")
            if event.kind == "wall" and self._starved():
                return Lost("retry", used)
            self._interrupt()

    def _why(self, kind: Kind) -> Kind:
        return "timeout" if self._interrupted else kind

    def _starved(self) -> bool:
        try:
            check_starved(self._process, self._wall_s)
        except SandboxError:
            return True
        return False

    def _interrupt(self) -> None:
        self._process.send(signal.SIGINT)
        self._interrupted = True
        self._deadline = Deadline(self._process.cpu_s() + GRACE_CPU_S, time.monotonic() + GRACE_WALL_S)

    def _send(self) -> None:
        """Send as many requests as may be in flight, at least the next one."""
        burst: list[bytes] = []
        while self._sent < len(self._frames):
            frame = self._frames[self._sent]
            if self._in_flight + len(frame) > _AHEAD_BYTES and self._sent > self._answered:
                break
            burst.append(frame)
            self._in_flight += len(frame)
            self._sent += 1
        if burst:
            self._process.wire.queue(b"".join(burst))

    def _read(self, message: Message, cpu_s: float) -> Reply | None:
        """A reply out of a message; None if it is none."""
        head = message.head
        kind, number = head.get("kind"), head.get("n")
        if type(number) is not int or number != self._first + self._answered or kind not in _KINDS:
            return None
        if self._interrupted:
            return Reply("timeout", cpu_s=cpu_s)
        try:
            if kind == "raised":
                return Reply("raised", exception=self._names.kept(head.get("exception")), cpu_s=cpu_s)
            if kind == "opaque":
                return Reply("opaque", self._names.type_name(head.get("value")), cpu_s=cpu_s)
            value = codec.decode(head.get("value"), message.buffers) if kind == "value" else None
        except (codec.ProtocolError, MemoryError):
            return None
        return Reply(next(word for word in get_args(Kind) if word == kind), value, cpu_s=cpu_s)
