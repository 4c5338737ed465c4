"""Hidden calls: requests go to a copy of the notebook's process, plain data comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from graders.errors import SandboxError
from graders.records import Limits, Reply, Request
from graders.sandbox.budget import Budget, SpentError
from graders.sandbox.endings import GoneError
from graders.sandbox.exchange import Exchange, Kind, Lost, packed
from graders.sandbox.names import Names
from graders.sandbox.process import Process

_MOST_LOST = 3  # copies, or calls slept through, of one exercise; then the rest gets the same answer, unasked


class SnapshotEndpoint:
    """Answers requests in the copy that was taken at one snapshot.

    Parameters
    ----------
    process : Process or None
        The copy; None: none is there (any more).
    revive : callable
        Makes a new one by running the notebook again; GoneError or SpentError if that does not lead there.
    limits : Limits
        Of calls.
    budget : Budget
        Of the notebook.
    names : Names
        That may be reported.
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
        budget: Budget,
        names: Names,
        flag: Callable[[str, str], None],
        take_turn: Callable[[SnapshotEndpoint], None],
    ) -> None:
        self._process = process
        self._revive = revive
        self._limits = limits
        self._budget = budget
        self._names = names
        self._flag = flag
        self._take_turn = take_turn
        self._left_cpu_s = limits.exercise_cpu_s
        self._lost = 0
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
        replies: list[Reply] = []
        with self._budget.running():
            while len(replies) < len(requests):
                kind = self._ready()
                if kind is not None:
                    return replies + [Reply(kind)] * (len(requests) - len(replies))
                limit = self._limits.call_cpu_s if cpu_s is None else cpu_s
                replies += self._exchange(requests[len(replies) :], limit)
                if replies and replies[-1].kind == "retry":
                    return replies + [Reply("retry")] * (len(requests) - len(replies))
        return replies

    def _ready(self) -> Kind | None:
        """Have a copy that can be asked; else what requests get without being asked."""
        if self._left_cpu_s <= 0.0:
            return "timeout"
        try:
            self._budget.check()
            self._wake()
        except SpentError:
            return "timeout"
        except GoneError as gone:
            return "timeout" if gone.status == "timeout" else "crashed"
        except SandboxError:
            return "retry"
        return None

    def _wake(self) -> None:
        """Have a copy that runs; a new one gets the objects that were made so far."""
        if self._process is not None and self._process.closed:  # another exercise, which shared it, broke it down
            self._process = None
        revived = self._process is None
        if self._process is None:
            if self._lost >= _MOST_LOST:
                raise GoneError(self._last, "lost too many copies")
            self._process = self._revive()
        self._process.go_on()
        if revived and self._past:
            past, self._past = self._past, []
            self._exchange(past, self._limits.call_cpu_s)
            if self._process is None:
                raise GoneError("crashed", "what it did before could not be repeated")

    def _exchange(self, requests: Sequence[Request], limit: float) -> list[Reply]:
        """Ask until all is answered, the copy has gone, or the exercise's time is used up."""
        assert self._process is not None  # noqa: S101
        first = self._process.asked + 1
        self._process.asked += len(requests)
        frames = [packed(request, first + place) for place, request in enumerate(requests)]
        wall_s = min(self._limits.call_wall_s, self._budget.wall_left_s())
        exchange = Exchange(self._process, frames, first, self._names, limit, wall_s)
        replies: list[Reply] = []
        while len(replies) < len(requests) and self._process is not None:
            came = exchange.next(self._left_cpu_s)
            self._left_cpu_s -= came.cpu_s
            if isinstance(came, Lost):
                self._lose(came)
                replies.append(Reply(came.kind, cpu_s=came.cpu_s))
                break
            replies.append(came)
            self._remember(requests[len(replies) - 1], came)
            if came.kind == "timeout" and came.cpu_s < limit / 2:  # it slept the time away: that is no loss of CPU
                self._lost, self._last = self._lost + 1, "timeout"
            if self._left_cpu_s <= 0.0 or self._lost >= _MOST_LOST:
                self._drop()
        return replies

    def _remember(self, request: Request, reply: Reply) -> None:
        if request.op in ("new", "method") and reply.kind != "timeout":
            self._past.append(request)

    _last: Literal["crashed", "timeout"] = "crashed"

    def _lose(self, lost: Lost) -> None:
        if lost.protocol:
            self._flag("protocol", "a hidden call was answered with what no call answers")
        elif lost.kind == "crashed":
            self._flag("crashed", "its process ended in a hidden call")
        if lost.kind != "retry":
            self._lost += 1
            self._last = "timeout" if lost.kind == "timeout" else "crashed"
        self._drop()

    def _drop(self) -> None:
        if self._process is not None:
            self._process.close()
        self._process = None

    def give_way(self, following: SnapshotEndpoint) -> None:
        """Stop the copy until it is asked again, unless the one that is asked next is the same."""
        if self._process is not None and self._process is not following._process:
            self._process.pause()
