"""The life of a child: files, cells and copies on request, until the line is cut."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Any

from . import answer, codec, shell
from .channel import Channel
from .course_cells import CourseCells
from .libraries import Libraries
from .outlet import Outlet
from .witness import Witness


class _Patience:
    """Whether an interrupt may hit: only while student code runs."""

    running = False


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    if _Patience.running:
        _Patience.running = False
        raise KeyboardInterrupt


class Child:
    """A notebook's process.

    Parameters
    ----------
    channel : Channel
        Line to the trusted side.
    made : shell.Shell
        The zygote's shell, now this child's own.
    output_bytes : int
        Output of one cell that is sent.
    """

    def __init__(self, channel: Channel, made: shell.Shell, output_bytes: int) -> None:
        self.channel = channel
        self.shell = made
        self.outlet = Outlet(self._emit, output_bytes)
        self.course: CourseCells | None = None
        self._output_bytes = output_bytes
        shell.connect(made, self.outlet)
        signal.signal(signal.SIGINT, _interrupted)
        sys.path.insert(0, "")  # modules beside the notebook
        random.seed(0)  # the same run gives the same numbers, where the notebook does not choose otherwise
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(0)

    def _emit(self, output: dict[str, Any], last: bool) -> None:
        send = self.channel.hold if last else self.channel.send
        try:
            send({"output": output})
        except (codec.OpaqueError, TypeError, ValueError):
            send({"output": {"output_type": "cut"}})

    def live(self) -> None:
        """Do what the trusted side asks, until it cuts the line."""
        while True:
            head, buffers, handles = self.channel.receive()
            op = head["op"]
            if op == "cell":
                self._run(head["n"], head["source"], head.pop("course", None))
            elif op == "copy":
                if self._copy(head["n"], handles[0]):
                    self._answer()
                    return
            elif op == "answer":
                self.outlet.silence()
                self.channel.send({"done": head["n"]})
                self._answer()
                return
            elif op == "watch":
                os.environ.update(head["environment"])
                witness = Witness(head["expected"])
                self.course = CourseCells(self.shell, Libraries(head["packages"]), witness)
                self.channel.send({"done": head["n"]})
            elif op == "files":
                for name, data in zip(head["names"], buffers, strict=True):
                    Path(name).parent.mkdir(parents=True, exist_ok=True)
                    Path(name).write_bytes(data)
                self.channel.send({"done": head["n"]})

    def _run(self, number: int, source: str, order: dict[str, Any] | None) -> None:
        """Run a cell of the student's in the shell, or one of the course's own past it."""
        self.outlet.begin()
        status, said = "error", {}
        try:
            _Patience.running = True
            if order is not None and self.course is not None:
                said = self.course.run(source, order)
            else:
                status = self._run_in_shell(source)
            _Patience.running = False
        except KeyboardInterrupt:
            pass
        except BaseException as raised:  # noqa: BLE001  what IPython let through
            self.outlet.write("stderr", f"{type(raised).__name__}\n")
        _Patience.running = False
        self._terminal()
        self.outlet.flush(last=True)
        count = self.shell.execution_count - 1
        self.channel.send({"done": number, "status": status, "count": count, **said})

    def _run_in_shell(self, source: str) -> str:
        result = self.shell.run_cell(source, store_history=True, silent=False)
        _Patience.running = False
        failed = result.error_in_exec or result.error_before_exec
        return "ok" if result.success else "memory" if isinstance(failed, MemoryError) else "error"

    def _terminal(self) -> None:
        """Show what was written to descriptors 1 and 2 past Python's own streams."""
        with contextlib.suppress(OSError):
            size = os.fstat(1).st_size
            if size:
                text = os.pread(1, min(size, self._output_bytes), 0)
                os.ftruncate(1, 0)
                self.outlet.write("stdout", text.decode("utf-8", "replace"))

    def _copy(self, number: int, handle: int) -> bool:
        """Fork; True in the copy."""
        state = random.getstate()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            copied = os.fork()
        if copied:
            os.close(handle)
            self.channel.send({"done": number})
            return False
        random.setstate(state)  # Python seeds it anew after a fork
        self.outlet.silence()
        self.channel.close()
        self.channel = Channel(socket.socket(fileno=handle))
        self.channel.send({"copy": number})
        return True

    def _answer(self) -> None:
        """Answer requests, as a copy or after the last cell."""
        objects: dict[int, Any] = {}
        namespace = self.shell.user_ns
        while True:
            head, buffers, _ = self.channel.receive()
            op, target, handle, args_node, kwargs_node = head["ask"]
            args, kwargs = codec.decode(args_node, buffers), codec.decode(kwargs_node, buffers)
            question = answer.Question(op, target, args, kwargs, handle)
            try:
                _Patience.running = True
                reply, made = answer.encoded(answer.perform(namespace, objects, question))
                _Patience.running = False
            except KeyboardInterrupt:
                reply, made = {"kind": "raised", "value": None, "exception": ["KeyboardInterrupt"]}, []
            try:
                self.channel.send({"n": head["n"], **reply}, made)
            except codec.OpaqueError as reason:
                self.channel.send({"n": head["n"], "kind": "opaque", "value": str(reason), "exception": []})
