"""Hidden calls: requests go to a copy of the notebook's process, plain data comes back."""

from __future__ import annotations

import builtins
import re
import signal
import time
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from graders.errors import CourseError, SandboxError
from graders.records import Limits, Reply, Request
from graders.sandbox.inside import codec
from graders.sandbox.process import Deadline, Process
from graders.sandbox.session import GoneError, check_starved
from graders.sandbox.wire import Message

_GRACE_S = 0.5
_AHEAD_BYTES = 1 << 20  # requests in flight
_KINDS = ("value", "raised", "opaque", "missing", "memory")
_STANDARD = frozenset(name for name, kind in vars(builtins).items() if isinstance(kind, type))

Kind = Literal["value", "raised", "opaque", "missing", "timeout", "memory", "crashed", "retry"]


class Names:
    """Names of classes that may be reported: a student must not smuggle hidden inputs out in a made-up name.

    Parameters
    ----------
    sources : sequence of str
        The notebook's cells: a name that stands there was there before any hidden input.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        self._known = _STANDARD | {name for source in sources for name in re.findall(r"[^\W\d]\w{0,63}", source)}

    def kept(self, names: object) -> tuple[str, ...]:
        """Those of the names that may be reported."""
        if not isinstance(names, list):
            raise codec.ProtocolError("names of an exception")
        known = [name for name in names[:32] if isinstance(name, str) and (name in self._known or name in _NUMERIC)]
        return tuple(known) or ("BaseException",)

    def type_name(self, name: object) -> str:
        """Name of a type, or `object` for one that was made up."""
        plain = isinstance(name, str) and (name in self._known or name in _NUMERIC or _DESCRIBED.fullmatch(name))
        return str(name) if plain else "object"


_NUMERIC_NAMES = """
    Axes AxisError Decimal DivisionByZero EmptyDataError Figure Fraction Generator InvalidOperation
    JSONDecodeError LinAlgError MaskedArray NAType NaTType OutOfBoundsDatetime ParserError RandomState
    Timedelta Timestamp UFuncTypeError UndefinedVariableError _UFuncNoLoopError _UFuncOutputCastingError
    builtin_function_or_method date datetime deque dict_items dict_keys dict_values filter function generator
    map method module timedelta zip
"""
_NUMERIC = frozenset(_NUMERIC_NAMES.split())  # of libraries, generators, iterators: no student made them up
_DESCRIBED = re.compile(
    r"array of (object|void\d*)|[a-z]+ of more than \d+ (items|bytes|bits)|deeply nested value"
    r"|value that is too large|numpy scalar"
)


class SnapshotEndpoint:
    """Answers requests in the copy that was taken at one snapshot.

    Parameters
    ----------
    process : Process or None
        The copy; None: none is there (any more).
    revive : callable
        Makes a new one by running the notebook again; GoneError if that does not lead there.
    limits : Limits
    names : Names
    flag : callable
        Takes kind and detail of what a human should look at.
    take_turn : callable
        Puts the copy that was asked before to rest: no other one computes beside the one whose clock is read.
    """

    def __init__(
        self,
        process: Process | None,
        revive: Callable[[], Process],
        limits: Limits,
        names: Names,
        flag: Callable[[str, str], None],
        take_turn: Callable[[SnapshotEndpoint], None],
    ) -> None:
        self._process = process
        self._revive = revive
        self._limits = limits
        self._names = names
        self._flag = flag
        self._take_turn = take_turn
        self._left_cpu_s = limits.exercise_cpu_s
        self._running = False
        self._number = 0
        self._past: list[Request] = []

    def ask(self, requests: Sequence[Request], cpu_s: float | None = None) -> list[Reply]:
        """Answer each request, in order.

        Parameters
        ----------
        requests : sequence of Request
            What to do.
        cpu_s : float, optional
            CPU seconds of each; the call limit, if None.

        Returns
        -------
        list of Reply
            As many as there are requests.
        """
        self._take_turn(self)
        return self._ask(requests, self._limits.call_cpu_s if cpu_s is None else cpu_s)

    def _ask(self, requests: Sequence[Request], limit: float) -> list[Reply]:
        replies: list[Reply] = []
        while len(replies) < len(requests):
            if self._left_cpu_s <= 0.0:
                return replies + [Reply("timeout")] * (len(requests) - len(replies))
            try:
                self._wake()
            except GoneError as reason:
                kind: Kind = "timeout" if reason.status == "timeout" else "crashed"
                return replies + [Reply(kind)] * (len(requests) - len(replies))
            except SandboxError:
                return replies + [Reply("retry")] * (len(requests) - len(replies))
            replies += self._exchange(requests[len(replies) :], limit)
            if replies[-1].kind == "retry":
                return replies + [Reply("retry")] * (len(requests) - len(replies))
        return replies

    def _wake(self) -> None:
        """Have a copy that runs; a new one gets the objects that were made so far."""
        revived = self._process is None
        if self._process is None:
            self._process = self._revive()
            self._running = False
        if not self._running:
            self._process.send(signal.SIGCONT)
            self._running = True
        if revived and self._past:
            past, self._past = self._past, []
            self._exchange(past, self._limits.call_cpu_s)
            if self._process is None:
                raise GoneError("crashed", "what it did before could not be repeated")

    def _exchange(self, requests: Sequence[Request], limit: float) -> list[Reply]:
        """Send requests and read replies until all are there, the copy has gone, or the exercise's time is used up."""
        assert self._process is not None  # noqa: S101
        process, frames = self._process, [self._packed(place, request) for place, request in enumerate(requests)]
        first = self._number + 1
        self._number += len(requests)
        replies: list[Reply] = []
        sent = in_flight = 0
        mark, begun = process.cpu_s(), time.monotonic()
        interrupted = False
        while len(replies) < len(requests):
            if sent < len(frames) and (in_flight < _AHEAD_BYTES or sent == len(replies)):
                burst = self._burst(frames, sent, _AHEAD_BYTES - in_flight)
                process.wire.queue(b"".join(frames[sent:burst]))
                in_flight += sum(map(len, frames[sent:burst]))
                sent = burst
            grace, patience = (_GRACE_S, 2) if interrupted else (0.0, 1)
            cpu_s = mark + min(limit, self._left_cpu_s) + grace
            event = process.next(Deadline(cpu_s, begun + patience * self._limits.call_wall_s))
            if event.message is not None:
                used = process.cpu_s()
                reply = self._read(event.message, first + len(replies), used - mark, interrupted=interrupted)
                in_flight -= len(frames[len(replies)])
                if reply is not None:
                    replies.append(reply)
                    self._remember(requests[len(replies) - 1], reply)
                    self._left_cpu_s -= used - mark
                    mark, begun, interrupted = used, time.monotonic(), False
                    if self._left_cpu_s > 0.0:
                        continue
                    self._lose()
                    return replies
                event_kind = "protocol"
            else:
                event_kind = event.kind
            if event_kind in ("cpu", "wall") and not interrupted:
                if event_kind == "wall":
                    try:
                        check_starved(process, self._limits.call_wall_s)
                    except SandboxError:
                        self._lose()
                        return [*replies, Reply("retry")]
                process.send(signal.SIGINT)
                interrupted = True
                continue
            used = process.cpu_s() - mark
            self._left_cpu_s -= used
            self._lose()
            if event_kind == "protocol":
                self._flag("protocol", "a hidden call was answered with what no call answers")
            kind: Kind = "timeout" if interrupted else "crashed"
            return [*replies, Reply(kind, cpu_s=used)]
        return replies

    @staticmethod
    def _burst(frames: Sequence[bytes], start: int, room: int) -> int:
        """Up to which frame, at least one, they fit into `room` bytes."""
        end = start + 1
        size = len(frames[start])
        while end < len(frames) and size + len(frames[end]) <= room:
            size += len(frames[end])
            end += 1
        return end

    def _packed(self, place: int, request: Request) -> bytes:
        buffers: list[bytes] = []
        try:
            args, kwargs = codec.encode(list(request.args), buffers), codec.encode(dict(request.kwargs), buffers)
            asked = [request.op, request.target, request.handle, args, kwargs]
            return codec.pack({"n": self._number + 1 + place, "ask": asked}, buffers)
        except codec.OpaqueError as reason:
            raise CourseError(
                f"a check passes what cannot travel to a student's process: {reason}",
                where=request.target,
                do="Pass numbers, strings, lists, dicts, arrays or data frames",
            ) from None

    def _read(self, message: Message, number: int, cpu_s: float, *, interrupted: bool) -> Reply | None:
        """A reply out of a message; None if it is none."""
        head = message.head
        kind = head.get("kind")
        if head.get("n") != number or type(head.get("n")) is not int or kind not in _KINDS:
            return None
        if interrupted:
            return Reply("timeout", cpu_s=cpu_s)
        try:
            if kind == "raised":
                return Reply("raised", exception=self._names.kept(head.get("exception")), cpu_s=cpu_s)
            if kind == "opaque":
                return Reply("opaque", self._names.type_name(head.get("value")), cpu_s=cpu_s)
            value = codec.decode(head.get("value"), message.buffers) if kind == "value" else None
        except (codec.ProtocolError, MemoryError):
            return None
        return Reply(_kind(kind), value, cpu_s=cpu_s)

    def _remember(self, request: Request, reply: Reply) -> None:
        if request.op in ("new", "method") and reply.kind != "timeout":
            self._past.append(request)

    def _lose(self) -> None:
        if self._process is not None:
            self._process.close()
        self._process = None
        self._running = False

    def rest(self) -> None:
        """Stop the copy until it is asked again."""
        if self._process is not None and self._running:
            self._process.send(signal.SIGSTOP)
            self._running = False


def _kind(word: object) -> Kind:
    return next(kind for kind in get_args(Kind) if kind == word)
