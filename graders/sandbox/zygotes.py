"""Starts the zygote and asks it for children.

The zygote is executed, not forked: it shares no memory with the process that holds answers and grades. Its
environment is a small fixed set of variables. It ends when its line is cut, and everything in it dies with it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from graders.errors import SandboxError
from graders.sandbox import inside, policy
from graders.sandbox.guard import Guard
from graders.sandbox.inside import codec
from graders.sandbox.inside.lock_in import Terms
from graders.sandbox.process import Process
from graders.sandbox.wire import Wire

Shape = Literal["root", "user", "plain"]
"""How the zygote is jailed: namespaces as the superuser, namespaces below a user namespace, or none."""

_START_S = 120.0
_BOOT = """
import importlib.util, sys
where = sys.argv[1]
spec = importlib.util.spec_from_file_location("aisa_inside", where + "/__init__.py", submodule_search_locations=[where])
package = importlib.util.module_from_spec(spec)
sys.modules["aisa_inside"] = package
from aisa_inside import zygote
zygote.main(int(sys.argv[2]))
"""
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONUTF8": "1",
    "PYTHONHASHSEED": "0",  # the order of a set is the same in every run
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Expected:
    """A child that was asked for.

    Attributes
    ----------
    wire : Wire
        Our end of its line.
    report : int
        Where the zygote writes how it ended.
    terms : Terms
        What it may use.
    """

    wire: Wire
    report: int
    terms: Terms

    def forget(self) -> None:
        """Let go of it: it ends at the end of its line."""
        self.wire.close()
        os.close(self.report)


@dataclass(frozen=True)
class Newborn:
    """A child that has locked itself in and waits.

    Attributes
    ----------
    process : Process
    layers : dict
        What stands, as it says.
    guard : Guard or None
        None where the kernel cannot ask about copies.
    report : int
        Where the zygote writes how it ended.
    """

    process: Process
    layers: dict[str, Any]
    guard: Guard | None
    report: int


class ZygoteProcess:
    """One running zygote.

    Parameters
    ----------
    interpreter : Path
        Python of the sandbox's environment.
    imports : sequence of str
        Modules to load before the forks.
    shape : str
        How it is jailed.
    """

    def __init__(self, interpreter: Path, imports: Sequence[str], shape: Shape) -> None:
        self.shape = shape
        self.spare_users = 0
        self._parent = os.getpid()
        self._asking = threading.Lock()
        self._folder = tempfile.mkdtemp(prefix="aisa-zygote-") if shape == "plain" else ""
        ours, theirs = socket.socketpair()
        with theirs:
            command = [str(interpreter), "-s", "-P", "-B", "-c", _BOOT, str(Path(inside.__file__).parent)]
            self._started = subprocess.Popen(  # noqa: S603
                [*command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        self._line = ours
        self._wire = Wire(ours)
        try:
            self._wire.queue(codec.pack({"shape": shape, "imports": list(imports), "folder": self._folder}))
            self.settings = self._first_word()
        except BaseException:
            self.close()
            raise

    def _first_word(self) -> dict[str, Any]:
        """Wait until it is ready; map its users if it asks."""
        deadline = time.monotonic() + _START_S
        while True:
            said = self._hear(deadline)
            if said is None:
                code = self._started.wait(10)
                raise SandboxError(f"the sandbox's process ended with status {code} before it was ready")
            if "failed" in said:
                raise SandboxError(f"the sandbox cannot start in the shape {self.shape!r}: {said['failed']}")
            if "ready" in said:
                return said
            self.spare_users = map_users(self._started.pid)
            self._wire.queue(codec.pack({"mapped": True}))

    def _hear(self, deadline: float) -> dict[str, Any] | None:
        poll = select.poll()
        while True:
            self._wire.push()
            message = self._wire.take()
            if message is not None:
                return message.head
            if self._wire.ended:
                return None
            poll.register(self._wire.fileno(), select.POLLIN)
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise SandboxError(f"the sandbox's process was not ready after {_START_S:.0f} s")
            self._wire.pull()

    def ask(self, terms: Terms, output_bytes: int) -> Expected:
        """Ask for a child; it comes beside whatever else goes on.

        Parameters
        ----------
        terms : Terms
            What it may use.
        output_bytes : int
            Output of one cell that it sends.

        Returns
        -------
        Expected
            To be welcomed.
        """
        ours, theirs = socket.socketpair()
        report, reported = os.pipe()
        wire = Wire(ours)
        wire.introduce()
        try:
            request = codec.pack({"terms": asdict(terms), "output_bytes": output_bytes})
            passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("ii", theirs.fileno(), reported))]
            with self._asking:  # processes may ask beside each other: the kernel does not mix so small messages
                self._line.setblocking(True)
                self._line.sendmsg([request], passed, socket.MSG_NOSIGNAL)
        except OSError as reason:
            wire.close()
            os.close(report)
            raise SandboxError(f"the sandbox's process has gone: {reason}", do="Run the command again") from reason
        finally:
            theirs.close()
            os.close(reported)
        return Expected(wire, report, terms)

    def close(self) -> None:
        """End it and everything in it; a process that was forked from its parent only lets go of it."""
        self._wire.close()
        if os.getpid() != self._parent:
            return
        try:
            self._started.wait(10)
        except subprocess.TimeoutExpired:
            self._started.kill()
            self._started.wait()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def welcome(expected: Expected, wall_s: float) -> Newborn:
    """Wait for a child that was asked for.

    Parameters
    ----------
    expected : Expected
        As `ZygoteProcess.ask` gave it.
    wall_s : float
        How long to wait for it.

    Returns
    -------
    Newborn
        Waiting for what to run.
    """
    wire, report, terms = expected.wire, expected.report, expected.terms
    poll = select.poll()
    poll.register(wire.fileno(), select.POLLIN)
    deadline = time.monotonic() + wall_s
    try:
        while (message := wire.take()) is None:
            if wire.ended:
                raise SandboxError(f"a child of the sandbox ended before it was ready ({how_it_ended(report)})")
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise SandboxError(f"a child of the sandbox was not ready after {wall_s:.0f} s")
            wire.pull()
        if "hello" not in message.head:
            raise SandboxError(f"a child of the sandbox could not lock itself in: {message.head.get('failed')}")
    except BaseException:
        wire.close()
        os.close(report)
        raise
    guard = Guard(wire.passed.pop(), terms.processes, policy.COUNTED_FILES) if wire.passed else None
    process = Process(wire, wire.sender)
    if guard is not None:
        process.watch(guard.listener, guard.decide)
    return Newborn(process, message.head["hello"], guard, report)


def how_it_ended(report: int) -> str:
    """What the zygote reports about a child's end, in words; waits until it has been buried."""
    poll = select.poll()
    poll.register(report, select.POLLIN)
    data = os.read(report, 4) if poll.poll(10_000) else b""
    if len(data) < 4:
        return "no report"
    (status,) = struct.unpack("<i", data)
    if status < 0:
        return f"the kernel refused to fork: {os.strerror(-status)}"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"killed by {signal.Signals(number).name}" if number in set(signal.Signals) else f"killed by {number}"
    return f"exited with status {os.WEXITSTATUS(status)}"


def map_users(pid: int) -> int:
    """Say who the users of a new user namespace are.

    Parameters
    ----------
    pid : int
        The process that has entered it.

    Returns
    -------
    int
        How many users besides the first there are for children: as the superuser a range that nobody else has,
        else none (an ordinary user may map only itself).
    """
    folder = Path(f"/proc/{pid}")
    spare = policy.unused_users() if os.geteuid() == 0 else range(0)
    spare = spare[: policy.MAPPED_USERS]
    if spare:
        with contextlib.suppress(OSError):
            ours = (
                f"\n1 {spare.start + secrets.randbelow(1000) * len(spare)} {len(spare)}"
                if spare.start > 1 << 20
                else ""
            )
            ours = ours or f"\n1 {spare.start} {len(spare)}"
            (folder / "uid_map").write_text(f"0 0 1{ours}")
            (folder / "gid_map").write_text(f"0 0 1{ours}")
            return len(spare)
    (folder / "setgroups").write_text("deny")
    (folder / "uid_map").write_text(f"0 {os.geteuid()} 1")
    (folder / "gid_map").write_text(f"0 {os.getegid()} 1")
    return 0
