"""Decides what a student's process may start and make: the kernel asks, and only a copy that was ordered may start.

So a notebook's processes are exactly those that are supervised: no helper computes beside the CPU clock, nothing is
left behind, and a fork bomb is a refused system call. Where no namespace bounds threads and no file system of its own
bounds files, the kernel asks about those, too, and they are counted here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from pathlib import Path

from graders.sandbox.inside import kernel, seccomp

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTICE = struct.Struct("<QIIiIQ6Q")  # struct seccomp_notif
_VERDICT = struct.Struct("<QqiI")  # struct seccomp_notif_resp
_CONTINUE = 1
_EPERM = 1
_CLONE, _FORK, _VFORK = (table.get(kernel.MACHINE, -1) for table in (seccomp.CLONE, seccomp.FORK, seccomp.VFORK))


class Guard:
    """Answers the kernel's questions about one notebook's processes.

    Parameters
    ----------
    listener : int
        Descriptor of the filter's notifications.
    threads, files : int
        How many there may be at a time, and how many may be made, where that is asked.
    """

    def __init__(self, listener: int, threads: int, files: int) -> None:
        self.listener = listener
        self.refused = 0
        self._threads = threads
        self._files = files
        self._program_next = False
        self.programs = 0
        self._ordered = False

    def order(self) -> None:
        """Allow one copy."""
        self._ordered = True

    def settle(self) -> bool:
        """Take back what was not used; True if it was."""
        used, self._ordered = not self._ordered, False
        return used

    def decide(self) -> None:
        """Answer the question that waits."""
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(self.listener, _RECEIVE, notice)
        except OSError:
            return  # whoever asked has been interrupted or killed
        identity, pid, _, number, _, _, flags, *_ = _NOTICE.unpack(notice)
        allowed = self._allowed(pid, number, flags)
        verdict = _VERDICT.pack(identity, 0, 0, _CONTINUE) if allowed else _VERDICT.pack(identity, 0, -_EPERM, 0)
        with contextlib.suppress(OSError):  # interrupted meanwhile: it will ask again
            fcntl.ioctl(self.listener, _SEND, verdict)
            self._book(number, flags, allowed=allowed)

    def _allowed(self, pid: int, number: int, flags: int) -> bool:
        if not _starts(number):
            return self._files > 0
        if number == _CLONE and flags & kernel.CLONE_THREAD:
            return _threads(pid) < self._threads
        plain = number == _FORK or (number == _CLONE and (flags & 0xFFFFFF00) in seccomp.COPY_FLAGS)
        return self._ordered and plain

    def _book(self, number: int, flags: int, *, allowed: bool) -> None:
        if not _starts(number):
            self._files -= 1
        elif number == _VFORK or (number == _CLONE and flags & kernel.CLONE_VFORK):
            self._program_next = True  # a C library starts a program; Python tries again with a plain copy
            self.programs += 1
        elif not allowed:
            self.refused += not self._program_next
            self._program_next = False
        elif not flags & kernel.CLONE_THREAD:
            self._ordered = False

    def close(self) -> None:
        """Let go of the listener: from now on every question is refused by the kernel."""
        os.close(self.listener)


def _starts(number: int) -> bool:
    """Whether the system call starts a process or thread; else it makes a file."""
    return number in (_CLONE, _FORK, _VFORK)


def _threads(pid: int) -> int:
    """Threads of the process to which the thread `pid` belongs."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 1 << 30  # it has gone: whatever it asked for
    return next((int(line.split()[1]) for line in lines if line.startswith("Threads:")), 1 << 30)
