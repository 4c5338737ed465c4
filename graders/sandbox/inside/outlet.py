"""What a notebook shows, on its way out: streams merged, cut at the limit while they stream, or dropped."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

_KEEP = 8 << 10  # characters of a stream held back before they are sent
OUTPUT_COST = 64  # what an output weighs besides its text

Emit = Callable[[dict[str, Any], bool], None]
"""Takes an output, and whether it is a cell's last, which need not travel before the cell has ended."""


class Outlet:
    """Where outputs go: merged, cut at the limit while they stream, or dropped.

    Parameters
    ----------
    emit : callable
        Sends one output.
    limit : int
        Characters of one cell that are sent.
    """

    def __init__(self, emit: Emit, limit: int) -> None:
        self._emit: Emit | None = emit
        self._limit = limit
        self._left = limit
        self._stream, self._held, self._size = "", [""], 0

    def begin(self) -> None:
        """A new cell starts."""
        self._left = self._limit

    def silence(self) -> None:
        """Drop everything from now on."""
        self._emit = None
        self._held = []

    def write(self, stream: str, text: str) -> None:
        """Take text of a stream."""
        if self._emit is None or self._left <= 0:
            return
        if stream != self._stream:
            self.flush()
            self._stream = stream
        self._held.append(text[: self._left + 1])
        self._size += len(text)
        if self._size > min(_KEEP, self._left):
            self.flush()

    def show(self, output: dict[str, Any], size: int, *, last: bool = False) -> None:
        """Take an output that is no stream; `last` if it is the value of a cell's last expression."""
        self.flush()
        if self._emit is None or self._left <= 0:
            return
        self._left -= size + OUTPUT_COST
        self._emit(output if self._left > 0 else {"output_type": "cut"}, last)

    def flush(self, *, last: bool = False) -> None:
        """Send what is held back; `last` if the cell has ended."""
        text = "".join(self._held)
        self._held, self._size = [], 0
        if not text or self._emit is None:
            return
        kept = text[: max(0, self._left)]
        self._left -= len(text) + OUTPUT_COST
        self._emit({"output_type": "stream", "name": self._stream, "text": kept}, last)
        if self._left <= 0:
            self._emit({"output_type": "cut"}, last)


class Stream(io.TextIOBase):
    """sys.stdout and sys.stderr of a notebook.

    Parameters
    ----------
    outlet : Outlet
        Where text goes.
    name : str
        `stdout` or `stderr`.
    """

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, outlet: Outlet, name: str) -> None:
        self._outlet, self._name = outlet, name

    def writable(self) -> bool:
        """True: text may be written."""
        return True

    def write(self, text: str) -> int:
        """Take text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outlet.write(self._name, text)
        return len(text)

    def flush(self) -> None:
        """Send what is held back."""
        self._outlet.flush()
