"""One child and its notebook: cells one after the other, copies where they are asked for."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from graders.errors import SandboxError
from graders.records import Cell, CellRun, Limits
from graders.sandbox.course_cells import Order, Watch
from graders.sandbox.endings import GoneError, check_starved
from graders.sandbox.inside import codec
from graders.sandbox.outputs import Outputs
from graders.sandbox.process import Deadline, Event, Process
from graders.sandbox.wire import Message, Wire
from graders.sandbox.zygotes import Newborn, how_it_ended

_GRACE_S, _GRACE_WALL_S = 1.0, 5.0  # CPU and wall seconds between the interrupt and the end
_COPY_WALL_S = 10.0  # a copy takes milliseconds, and nothing else goes on in the notebook meanwhile
_CURIOUS = 2  # matplotlib asks for fonts, Python for its machine
_STATUSES = ("ok", "error", "memory")


@dataclass(frozen=True)
class Ran:
    """A cell that came to its end.

    Attributes
    ----------
    run : CellRun
    cut : bool
        Whether output was cut.
    """

    run: CellRun
    cut: bool


class Session:
    """A child that runs the cells of one notebook.

    Parameters
    ----------
    newborn : Newborn
        As the zygote made it.
    limits : Limits
    folder : str
        Its folder on this machine, where it has no file system of its own; removed at the end.
    """

    def __init__(self, newborn: Newborn, limits: Limits, folder: str = "") -> None:
        self._process = newborn.process
        self._guard = newborn.guard
        self._report = newborn.report
        self._limits = limits
        self._folder = folder
        self._number = 0
        self._copies: list[Process] = []
        self._twice = False
        self.waited_s = 0.0
        self._closed = False

    @property
    def refused(self) -> bool:
        """Whether it tried to start processes, or more programs than a library that looks around in its place."""
        return self._guard is not None and (self._guard.refused > 0 or self._guard.programs > _CURIOUS)

    def waiting_s(self) -> float:
        """Seconds that it has waited for a processor, so far."""
        return self._process.waited_s()

    def place(self, files: Mapping[str, bytes]) -> None:
        """Put files into its folder."""
        if not files:
            return
        names = list(files)
        head = {"op": "files", "n": self._next_number(), "names": names}
        self._before_cells(codec.pack(head, [files[name] for name in names]), "write the notebook's files")

    def watch(self, watch: Watch) -> None:
        """Let it look at its libraries, before any cell runs."""
        head = {"op": "watch", "n": self._next_number(), **asdict(watch)}
        self._before_cells(codec.pack(head), "look at its libraries")

    def _before_cells(self, message: bytes, what: str) -> None:
        self._process.wire.queue(message)
        patience = Deadline(self._process.cpu_s() + 60.0, time.monotonic() + self._limits.cell_wall_s)
        event = self._process.next(patience)
        if event.message is None or event.message.head != {"done": self._number}:
            raise SandboxError(f"a child of the sandbox could not {what}: {self._ending(event)}")

    def run(self, cell: Cell, cpu_s: float, wall_s: float) -> Ran:
        """Run a cell.

        Parameters
        ----------
        cell : Cell
            What to run.
        cpu_s, wall_s : float
            What it may use, and how long it may take.

        Returns
        -------
        Ran
            What it did. GoneError if it took the child down, or had to be taken down.
        """
        outputs, number = Outputs(self._limits.output_bytes), self._next_number()
        start, begun = self._process.cpu_s(), time.monotonic()
        order = Order(cell.course) if cell.course else None
        told = {} if order is None else {"course": order.told()}
        self._process.wire.queue(codec.pack({"op": "cell", "n": number, "source": cell.source, **told}))
        deadline = Deadline(start + cpu_s, begun + wall_s)
        interrupted = ""
        while True:
            event = self._process.next(deadline)
            try:
                done = self._heard(event.message, number, outputs) if event.message else None
            except codec.ProtocolError as reason:
                event = Event("protocol", detail=str(reason))
                done = None
            if done is not None:
                count = done.get("count")
                status = "timeout" if interrupted else done.get("status")
                run = CellRun(
                    cell.index,
                    status if status in _STATUSES or interrupted else "error",  # type: ignore[arg-type]
                    outputs.done(),
                    count if type(count) is int and 0 <= count < 1 << 31 else None,
                    self._process.cpu_s() - start,
                )
                return Ran(run if order is None else _of_the_course(run, order, done), outputs.cut)
            if event.kind == "message":
                if not self._over(deadline):  # else it floods its line: no reason to listen for ever
                    continue
                event = Event("cpu")
            if event.kind == "wall" and not interrupted:
                check_starved(self._process, wall_s)
            if event.kind in ("cpu", "wall") and not interrupted:
                interrupted = "used up its CPU time" if event.kind == "cpu" else "waited for what does not come"
                self._process.send(signal.SIGINT)
                deadline = Deadline(self._process.cpu_s() + _GRACE_S, time.monotonic() + _GRACE_WALL_S)
                continue
            raise self._gone(event, interrupted, outputs, start)

    def _over(self, deadline: Deadline) -> bool:
        return self._process.cpu_s() >= deadline.cpu_s or time.monotonic() >= deadline.wall_s

    def _heard(self, message: Message, number: int, outputs: Outputs) -> codec.Head | None:
        head = message.head
        if "output" in head:
            outputs.add(head["output"])
            return None
        if head.get("done") != number:
            self._twice = head.get("done") == number - 1
            raise codec.ProtocolError("answer to a question that was not asked")
        return head

    def _gone(self, event: Event, interrupted: str, outputs: Outputs, start: float) -> GoneError:
        cpu_s = self._process.cpu_s() - start
        if event.kind == "protocol":
            said = f"wrote what no cell writes to the sandbox's line: {event.detail}"
            return GoneError("crashed", said, outputs.done(), cpu_s, protocol=True, earlier=self._twice)
        if event.kind in ("cpu", "wall"):
            return GoneError("timeout", f"{interrupted} and could not be interrupted", outputs.done(), cpu_s)
        detail = self._ending(event)
        memory = "SIGKILL" in detail
        if interrupted:
            return GoneError("timeout", f"{interrupted}; {detail}", outputs.done(), cpu_s)
        return GoneError("memory" if memory else "crashed", detail, outputs.done(), cpu_s)

    def _ending(self, event: Event) -> str:
        if event.kind != "ended":
            return event.detail or event.kind
        self._process.send(signal.SIGKILL)  # it may have cut only its line
        return how_it_ended(self._report)

    def copy(self) -> Process:
        """Let the child copy itself; the copy is stopped until it is asked.

        Returns
        -------
        Process
            The copy. GoneError where the child broke down over it.
        """
        number = self._next_number()
        ours, theirs = socket.socketpair()
        wire = Wire(ours)
        wire.introduce()
        with theirs:
            passed = os.dup(theirs.fileno())
        if self._guard is not None:
            self._guard.order()
        try:
            self._process.wire.queue(codec.pack({"op": "copy", "n": number}), (passed,))
            self._process.wire.push()
        finally:
            os.close(passed)
        try:
            deadline = self._obeyed(number, "did not copy itself when it was told to")
            return self._copied(number, wire, deadline)
        except BaseException:
            wire.close()
            raise
        finally:
            if self._guard is not None:
                self._guard.settle()

    def turn(self) -> Process:
        """Let the child itself answer from now on: no cell is run any more, and nothing that it shows is heard.

        Returns
        -------
        Process
            The child. GoneError where it broke down over it.
        """
        number = self._next_number()
        self._process.wire.queue(codec.pack({"op": "answer", "n": number}))
        self._obeyed(number, "did not stop to run cells when it was told to")
        return self._process

    def is_alone(self) -> bool:
        """Whether nothing else computes in the child: no thread, and no copy that would end with it."""
        return not self._copies and self._process.threads() == 1

    def _obeyed(self, number: int, otherwise: str) -> Deadline:
        """Wait until the child has done what it was told between cells; what it still shows is not heard."""
        wall_s = min(self._limits.call_wall_s, _COPY_WALL_S)
        deadline = Deadline(self._process.cpu_s() + self._limits.call_cpu_s, time.monotonic() + wall_s)
        event = self._process.next(deadline)
        while event.message is not None and "output" in event.message.head:  # of a thread that goes on printing
            if self._over(deadline):
                raise GoneError("crashed", otherwise, protocol=True)
            event = self._process.next(deadline)
        if event.message is None or event.message.head != {"done": number}:
            if event.kind == "wall":
                check_starved(self._process, wall_s)
            detail = self._ending(event) if event.kind == "ended" else otherwise
            raise GoneError("crashed", detail, protocol=event.kind in ("protocol", "message"))
        return deadline

    def _copied(self, number: int, wire: Wire, deadline: Deadline) -> Process:
        message = self._first_word(wire, deadline.wall_s)
        known = {self._process.pid, *(copy.pid for copy in self._copies)}
        if message is None or message.head != {"copy": number} or wire.sender in known or not wire.sender:
            raise GoneError("crashed", "its copy did not come to life", protocol=message is not None)
        copied = Process(wire, wire.sender)
        copied.pause()
        self._copies.append(copied)
        family = (self._process, *self._copies)
        for process in family:
            process.companions = tuple(other for other in family if other is not process)
        if self._guard is not None:
            copied.watch(self._guard.listener, self._guard.decide)
        return copied

    def _first_word(self, wire: Wire, until_s: float) -> Message | None:
        """First message of a copy; None if there is none."""
        poll = select.poll()
        poll.register(wire.fileno(), select.POLLIN)
        if self._guard is not None:  # the copy may have questions of its own before it speaks
            poll.register(self._guard.listener, select.POLLIN)
        with contextlib.suppress(codec.ProtocolError):
            while (message := wire.take()) is None and not wire.ended:
                came = dict(poll.poll(max(0.0, until_s - time.monotonic()) * 1000))
                if not came:
                    return None
                if wire.fileno() in came:
                    wire.pull()
                elif self._guard is not None and came.get(self._guard.listener, 0) & select.POLLIN:
                    self._guard.decide()
                else:
                    return None
            return message
        return None

    def finish(self) -> None:
        """Stop listening to the child, and stop it: from now on only its copies are talked to."""
        self._process.send(signal.SIGSTOP)  # first: at the end of its line it would exit, and its copies with it
        self._process.wire.close()

    def kill(self) -> None:
        """Kill the child and its copies; `close` waits until nothing of them is left."""
        for process in (*self._copies, self._process):
            process.send(signal.SIGKILL)

    def close(self) -> None:
        """Kill the child and its copies, and wait until nothing of them is left."""
        if self._closed:
            return
        self._closed = True
        waited_s = self._process.waited_s()
        self.waited_s = 0.0 if waited_s == float("inf") else waited_s  # it has gone already
        for process in self._copies:
            process.close(wait=bool(self._folder))  # without a pid namespace they do not end with the child
        self._process.close()
        how_it_ended(self._report)
        os.close(self._report)
        if self._guard is not None:
            self._guard.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _next_number(self) -> int:
        self._number += 1
        return self._number


def _of_the_course(run: CellRun, order: Order, done: codec.Head) -> CellRun:
    """A run of a cell of the course's own: it is all right only if it can be believed to have come to its end."""
    status = "error" if run.status == "ok" and not order.finished(done) else run.status
    return replace(run, status=status, shown=order.shown(done), found=order.found(done))
