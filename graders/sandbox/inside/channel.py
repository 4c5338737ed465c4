"""A child's end of the line: blocking messages over its own socket pair."""

from __future__ import annotations

import array
import os
import socket
import threading

from . import codec


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

    def send(self, head: codec.Head, buffers: list[bytes] | None = None, handles: tuple[int, ...] = ()) -> None:
        """Send a message, with descriptors if there are any."""
        data = codec.pack(head, buffers)
        with self._sending:
            if handles:
                passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handles))]
                sent = self._end.sendmsg([data], passed)
                data = data[sent:]
            self._end.sendall(data)

    def receive(self) -> tuple[codec.Head, list[memoryview], list[int]]:
        """Wait for a message; EOFError when the other side has gone."""
        start, handles = self._exactly(codec.HEADER.size, passing=True)
        head, body = codec.measure(start)
        data, _ = self._exactly(head + body)
        view = memoryview(data)
        return *codec.unpack(view[:head], view[head:]), handles

    def _exactly(self, wanted: int, *, passing: bool = False) -> tuple[bytearray, list[int]]:
        data, handles = bytearray(wanted), []
        view, have = memoryview(data), 0
        while have < wanted:
            if passing and not have:
                size, passed, _, _ = self._end.recvmsg_into([view], socket.CMSG_SPACE(64))
                handles = [number for _, kind, raw in passed if kind == socket.SCM_RIGHTS for number in _numbers(raw)]
            else:
                size = self._end.recv_into(view[have:])
            if not size:
                raise EOFError
            have += size
        return data, handles

    def close(self) -> None:
        """Let go of this end."""
        self._end.close()


def _numbers(raw: bytes) -> list[int]:
    found = array.array("i")
    found.frombytes(raw[: len(raw) - len(raw) % found.itemsize])
    for number in found:
        os.set_inheritable(number, False)
    return list(found)
