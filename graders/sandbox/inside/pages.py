"""What the kernel says of this process's memory: how much there is, and in pages of which size.

Forking copies the tables of all pages that were written to, and ending a process takes them down again. With pages of
2 MiB there are 500 times fewer entries; where a child writes, the kernel splits one such page for that child alone.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator

from . import kernel

_HUGE = 2 << 20
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25


class Memory:
    """Descriptors of this process's own figures: they work on when /proc is gone."""

    def __init__(self) -> None:
        self._size = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        self._maps = os.open("/proc/self/maps", os.O_RDONLY | os.O_CLOEXEC)

    def address_space_bytes(self) -> int:
        """All that is mapped."""
        return int(os.pread(self._size, 100, 0).split()[0]) * os.sysconf("SC_PAGE_SIZE")

    def join_pages(self) -> None:
        """Put what has been written so far into large pages; where the kernel cannot, it stays as it is."""
        for start, end in list(self._written()):
            kernel.LIBC.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_HUGEPAGE)
            for page in range(start, end, _HUGE):
                kernel.LIBC.madvise(ctypes.c_void_p(page), ctypes.c_size_t(_HUGE), _MADV_COLLAPSE)

    def _written(self) -> Iterator[tuple[int, int]]:
        """Anonymous writable memory, in whole large pages."""
        os.lseek(self._maps, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._maps), encoding="utf-8") as lines:
            for line in lines:
                place, rights, _offset, _device, _inode, *name = line.split()
                if not rights.startswith("rw") or name not in ([], ["[heap]"]):
                    continue
                first, last = (int(side, 16) for side in place.split("-"))
                start, end = -(-first // _HUGE) * _HUGE, last // _HUGE * _HUGE
                if start < end:
                    yield start, end

    def close(self) -> None:
        """Let go of both."""
        os.close(self._size)
        os.close(self._maps)
