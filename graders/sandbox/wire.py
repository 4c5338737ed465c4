"""The trusted end of a line to a process that is not trusted: nothing blocks, nothing is believed."""

from __future__ import annotations

import array
import os
import socket
import struct
from collections import deque
from dataclasses import dataclass

from graders.sandbox.inside import codec

_CHUNK = 1 << 18
_CREDENTIALS = struct.Struct("iII")


@dataclass(frozen=True)
class Message:
    """One message as it came: well formed, but whatever a student's process chose to say."""

    head: codec.Head
    buffers: list[memoryview]


class Wire:
    """Sends what is queued and collects what has come, as far as it goes without waiting.

    Parameters
    ----------
    end : socket.socket
        This side of a socket pair.
    """

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._out: deque[tuple[memoryview, tuple[int, ...]]] = deque()
        self._in = bytearray()
        self._scanned = 0
        self.ended = False
        self.sender = 0
        self.passed: list[int] = []

    def fileno(self) -> int:
        """Descriptor to poll."""
        return self._end.fileno()

    @property
    def sending(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._out)

    @property
    def pending(self) -> int:
        """Bytes of a message that has not come whole."""
        return len(self._in)

    def queue(self, data: bytes, handles: tuple[int, ...] = ()) -> None:
        """Put a message behind those that wait; the descriptors travel with its first byte."""
        self._out.append((memoryview(data), handles))

    def push(self) -> None:
        """Send what can be sent now."""
        while self._out:
            data, handles = self._out.popleft()
            try:
                sent = self._send(data, handles)
            except BlockingIOError:
                self._out.appendleft((data, handles))
                return
            except OSError:
                self._out.clear()  # it has gone: whoever reads will see
                return
            if sent < len(data):
                self._out.appendleft((data[sent:], ()))

    def _send(self, data: memoryview, handles: tuple[int, ...]) -> int:
        if not handles:
            return self._end.send(data, socket.MSG_NOSIGNAL)
        passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handles))]
        return self._end.sendmsg([data], passed, socket.MSG_NOSIGNAL)

    def introduce(self) -> None:
        """Let the kernel say who sends, and take descriptors, until the first message has come."""
        self._end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._introduced = False

    _introduced = True

    def pull(self) -> None:
        """Collect what has come."""
        try:
            data = self._first() if not self._introduced else self._end.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.ended = True
        self._in += data

    def _first(self) -> bytes:
        data, passed, _, _ = self._end.recvmsg(_CHUNK, socket.CMSG_SPACE(64) + socket.CMSG_SPACE(_CREDENTIALS.size))
        for level, kind, raw in passed:
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                self.sender = _CREDENTIALS.unpack_from(raw)[0]
            elif level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(raw[: len(raw) - len(raw) % numbers.itemsize])
                self.passed += numbers
        self._introduced = True
        self._end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        return data

    def take(self) -> Message | None:
        """The next message, if all of it has come; ProtocolError if what came is none."""
        if len(self._in) < codec.HEADER.size:
            return None
        head, body = codec.measure(self._in)
        end = codec.HEADER.size + head + body
        if len(self._in) < end:
            return None
        data = bytes(memoryview(self._in)[codec.HEADER.size : end])
        del self._in[:end]
        view = memoryview(data)
        return Message(*codec.unpack(view[:head], view[head:]))

    def close(self) -> None:
        """Let go of this end, and of descriptors that nobody took."""
        for handle in self.passed:
            os.close(handle)
        self.passed = []
        self._end.close()
