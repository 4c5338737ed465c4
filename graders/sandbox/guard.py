"""Decides about copies of a student's process: the kernel asks, and only a copy that was ordered may start.

So a notebook's processes are exactly those that are supervised: no helper computes beside the CPU clock, nothing is
left behind, and a fork bomb is a refused system call.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct

from graders.sandbox.inside import kernel, seccomp

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTICE = struct.Struct("<QIIiIQ6Q")  # struct seccomp_notif
_VERDICT = struct.Struct("<QqiI")  # struct seccomp_notif_resp
_CONTINUE = 1
_EPERM = 1


class Guard:
    """Answers the kernel's questions about one notebook's processes.

    Parameters
    ----------
    listener : int
        Descriptor of the filter's notifications.
    """

    def __init__(self, listener: int) -> None:
        self.listener = listener
        self.refused = 0
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
        identity, _, _, number, _, _, flags, *_ = _NOTICE.unpack(notice)
        plain = number != _clone_number() or (flags & 0xFFFFFF00) in seccomp.COPY_FLAGS
        allowed = self._ordered and plain
        verdict = _VERDICT.pack(identity, 0, 0, _CONTINUE) if allowed else _VERDICT.pack(identity, 0, -_EPERM, 0)
        with contextlib.suppress(OSError):
            fcntl.ioctl(self.listener, _SEND, verdict)
            if allowed:
                self._ordered = False
            else:
                self.refused += 1

    def close(self) -> None:
        """Let go of the listener: from now on every question is refused by the kernel."""
        os.close(self.listener)


def _clone_number() -> int:
    return {"x86_64": 56, "aarch64": 220}[kernel.MACHINE]
