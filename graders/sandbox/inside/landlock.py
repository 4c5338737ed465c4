"""Landlock: files, TCP, abstract sockets and signals, refused by the kernel without any privilege."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

from . import kernel

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1

_WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL_DEV = 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_CHANGES = sum(1 << bit for bit in (4, 5, 7, 8, 9, 10, 12))  # remove and make: all but device files
_ALL_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}

READ = _READ_FILE | _READ_DIR
CHANGE = READ | _WRITE_FILE | _CHANGES | 1 << 13 | _TRUNCATE
"""Read, write, make, move and remove below a folder."""
USE = _READ_FILE | _WRITE_FILE | _IOCTL_DEV
"""Read and write a device file."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Landlock's version here; 0 where there is none."""
    try:
        return kernel.call(_CREATE, None, 0, _VERSION)
    except OSError:
        return 0


class Rules:
    """What a process may reach, to be put in force later, when it may no longer open everything.

    Parameters
    ----------
    allowed : iterable of (path, access)
        A folder with all below it, or a file, and what may be done there: `READ`, `CHANGE`, `USE`.
    """

    def __init__(self, allowed: Iterable[tuple[str, int]]) -> None:
        self._version = version()
        self._ruleset = -1
        if not self._version:
            return
        files = _ALL_BY_VERSION[min(self._version, 5)]
        rules = _Ruleset(files, 0b11 if self._version >= 4 else 0, 0b11 if self._version >= 6 else 0)
        size = 24 if self._version >= 6 else 16 if self._version >= 4 else 8
        self._ruleset = kernel.call(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), 0)
        for path, access in allowed:
            _allow(self._ruleset, path, access & files)

    def restrict(self) -> int:
        """Allow this thread, and all that it starts, nothing else.

        Returns
        -------
        int
            Landlock's version, 0 where it is missing. From 4 on TCP is refused too, from 6 on signals to others.
        """
        if self._version:
            kernel.call(_RESTRICT, self._ruleset, 0)
            os.close(self._ruleset)
        return self._version


def _allow(ruleset: int, path: str, access: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not Path(path).is_dir():
            access &= _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV | 1
        kernel.call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_Beneath(access, parent)), 0)
    finally:
        os.close(parent)
