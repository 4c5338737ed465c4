"""Main of the process that all children are forked from: jails itself, loads what notebooks import, then forks.

It reads only from the trusted side, runs no student code, and never sees a cell, a file or a request: those go over
each child's own socket pair, whose end is merely handed through.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import os
import shutil
import signal
import socket
import struct
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from . import jail, kernel, landlock, lock_in
from .channel import Channel

_FORBIDDEN = ("graders", "reference_solutions", "nbgrader")
_SIZE = "/proc/self/statm"
_COLLECT = (100_000, 20, 20)  # a notebook makes some 10,000 objects: Python's own 700 would look through them 15 times


def main(handle: int) -> None:
    """Jail this process as the first message says, say what stands, fork on request.

    Parameters
    ----------
    handle : int
        Descriptor of the line to the trusted side.
    """
    gc.disable()  # until all is loaded: it would look through what stays
    line = socket.socket(fileno=handle)
    channel = Channel(line)
    settings, _, _ = channel.receive()
    try:
        zygote = Zygote(channel, settings)
    except BaseException as reason:  # noqa: BLE001  whatever it is, the trusted side reports it
        channel.send({"failed": told(reason)})
        os._exit(1)
    zygote.serve()
    os._exit(0)


class Zygote:
    """The process that is forked.

    Parameters
    ----------
    channel : Channel
        Line to the trusted side.
    settings : dict
        `shape` (`root`, `user` or `plain`), `imports`, and a `folder` to write to where there is no tree of its own.
    """

    def __init__(self, channel: Channel, settings: dict[str, Any]) -> None:
        self._channel = channel
        self._shape = settings["shape"]
        self._namespace: int | None = None
        self._proc: int | None = None
        self._readable: list[str] = []
        self._watched: dict[int, int] = {}
        from . import child, shell  # while our files can be read: IPython takes a moment, and failing is reported

        self._child, self._made, self._warm_up = child.Child, shell.make, shell.warm_up
        size = os.open(_SIZE, os.O_RDONLY | os.O_CLOEXEC)  # it tells on when /proc is gone
        if self._shape == "plain":
            self._readable = list(jail.readable_folders())
            kernel.control(kernel.PR_SET_CHILD_SUBREAPER, 1)
        else:
            size = self._fold_away(size)
        self._folders = [folder for folder in [settings["folder"]] if folder]
        lock_in.furnish(settings["folder"] or jail.HOME)
        kernel.control(kernel.PR_SET_DUMPABLE, 0)
        imported = self._load(settings["imports"])
        self._start_bytes = int(os.pread(size, 100, 0).split()[0]) * os.sysconf("SC_PAGE_SIZE")
        os.close(size)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, self._bury)
        channel.send({"ready": True, "landlock": landlock.version(), "imported": imported})

    def _fold_away(self, size: int) -> int:
        """Go where nothing of the machine is; the descriptor of the size of what this process has become by then."""
        if self._shape == "user":
            kernel.unshare(kernel.CLONE_NEWUSER)
            self._channel.send({"map": True})
            self._channel.receive()
        jail.separate()
        jail.hand_over()
        os.close(size)
        size = os.open(_SIZE, os.O_RDONLY | os.O_CLOEXEC)
        self._namespace = jail.own_pid_namespace()
        if self._shape == "user":
            self._proc = os.open("/proc", os.O_PATH | os.O_CLOEXEC)
        folders = jail.python_folders()
        jail.fold_away()
        jail.leave_only(folders)
        return size

    def _load(self, names: list[str]) -> list[str]:
        """Load the shell and what notebooks import; what cannot be loaded is left to the notebook to find out."""
        found = [name for name in _FORBIDDEN if importlib.util.find_spec(name)]
        if found:
            raise RuntimeError(f"the sandbox's environment holds {', '.join(found)}")
        self._shell = self._made()
        loaded = []
        with jail.scratch(mounts=self._shape != "plain"):
            for name in names:
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)
                    loaded.append(name)
            self._warm_up(self._shell, loaded)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT)
        gc.enable()
        return loaded

    def serve(self) -> None:
        """Fork a child for each message; end when the line is cut."""
        while True:
            try:
                head, _, handles = self._channel.receive()
            except EOFError:
                break
            self._fork(head, handles)
        if self._namespace is None:
            self._sweep()
            for folder in self._folders:
                shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Kill all children, and theirs: without a pid namespace they would outlive this process.

        Whatever loses its parent becomes a child of this process, and comes under the next stroke.
        """
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        mine = Path(f"/proc/self/task/{os.getpid()}/children")
        while True:
            for pid in map(int, mine.read_text().split()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def _fork(self, head: dict[str, Any], handles: list[int]) -> None:
        end, report = handles
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # a child may die before it is in the book
        try:
            if self._namespace is not None:
                kernel.enter(self._namespace, kernel.CLONE_NEWPID)
                kernel.unshare(kernel.CLONE_NEWPID)
            forked = os.fork()
        except OSError as reason:
            os.write(report, struct.pack("<i", -(reason.errno or 1)))
            forked = -1
        if forked == 0:
            self._become(head, end, report)
        if forked > 0:
            self._watched[forked] = report
            self._folders += [folder for folder in [head["terms"]["folder"]] if folder]
        else:
            os.close(report)
        os.close(end)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])

    def _become(self, head: dict[str, Any], end: int, report: int) -> None:
        """Go on as a child; never returns."""
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
            os.close(report)
            for other in self._watched.values():
                os.close(other)
            self._channel.close()
            if self._namespace is not None:
                os.close(self._namespace)
            os.setsid()
            channel = Channel(socket.socket(fileno=end))
            terms = lock_in.Terms(**head["terms"])
            locked = lock_in.lock_in(terms, self._start_bytes, self._readable, self._proc)
            handles = () if locked.listener is None else (locked.listener,)
            channel.send({"hello": locked.layers}, handles=handles)
            for handle in handles:
                os.close(handle)
            child = self._child(channel, self._shell, head["output_bytes"])
        except BaseException as reason:  # noqa: BLE001  reported, then the process ends
            with contextlib.suppress(BaseException):
                channel.send({"failed": told(reason)})
            os._exit(70)
        try:
            child.live()
        finally:
            os._exit(0)

    def _bury(self, _signal: int, _frame: FrameType | None) -> None:
        ended: dict[int, int] = {}
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                ended.update([found])
        for pid, status in ended.items():  # only when all are buried: the trusted side may look
            report = self._watched.pop(pid, None)
            if report is not None:
                with contextlib.suppress(OSError):
                    os.write(report, struct.pack("<i", status))
                os.close(report)


def told(reason: BaseException) -> str:
    """An exception in one line, with the place that it came from."""
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(reason.__traceback__)]
    return f"{type(reason).__name__}: {reason} (at {' < '.join(reversed(places[-4:]))})"


if __name__ == "__main__":
    main(int(sys.argv[1]))
