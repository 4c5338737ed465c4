"""A child's end of the line: blocking messages over its own socket pair."""

from __future__ import annotations

import array
import os
import socket
import threading

from . import codec

_CHUNK = 1 << 18
_SPACE = socket.CMSG_SPACE(64)


class Channel:
    """Sends and receives messages; one thread at a time may send.

    Parameters
    ----------
    end : socket.socket
        This side of the pair.
    """

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._sending = threading.Lock()
        self._held = b""
        self._come = bytearray()
        self._handles: list[int] = []

    def send(self, head: codec.Head, buffers: list[bytes] | None = None, handles: tuple[int, ...] = ()) -> None:
        """Send a message, with descriptors if there are any."""
        data = codec.pack(head, buffers)
        with self._sending:
            data, self._held = self._held + data, b""
            if handles:
                passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handles))]
                sent = self._end.sendmsg([data], passed)
                data = data[sent:]
            self._end.sendall(data)

    def hold(self, head: codec.Head) -> None:
        """Send a message together with the next one: whoever listens wakes up once."""
        data = codec.pack(head)
        with self._sending:
            self._held += data

    def receive(self) -> tuple[codec.Head, list[memoryview], list[int]]:
        """Wait for a message; EOFError when the other side has gone."""
        while len(self._come) < codec.HEADER.size:
            self._fill()
        head, body = codec.measure(self._come)
        end = codec.HEADER.size + head + body
        while len(self._come) < end:
            self._fill()
        view = memoryview(bytes(memoryview(self._come)[codec.HEADER.size : end]))
        del self._come[:end]
        handles, self._handles = self._handles, []  # the other side waits for an answer before it sends more of them
        return *codec.unpack(view[:head], view[head:]), handles

    def _fill(self) -> None:
        data, passed, _, _ = self._end.recvmsg(_CHUNK, _SPACE)
        if not data:
            raise EOFError
        self._come += data
        for level, kind, raw in passed:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                self._handles += _numbers(raw)

    def close(self) -> None:
        """Let go of this end."""
        self._end.close()


def _numbers(raw: bytes) -> list[int]:
    found = array.array("i")
    found.frombytes(raw[: len(raw) - len(raw) % found.itemsize])
    for number in found:
        os.set_inheritable(number, False)
    return list(found)
