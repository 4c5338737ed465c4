"""What `aisa doctor` says about the sandbox: each property, the layers that meet it, and what happens when it is tried.

The layers are what a child's system calls have reported. The probes are what a hostile notebook would do: they run in
a child like any other and say what they got.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from graders.errors import SandboxError
from graders.records import Cell, CellRun, Limits
from graders.sandbox import policy
from graders.sandbox.pool import Sandbox


@dataclass(frozen=True)
class Finding:
    """One property of the sandbox on this machine.

    Attributes
    ----------
    name : str
        Short and stable.
    holds : bool
        Layers that are enough for it stand, and the probe did not get through.
    promise : str
        What it says.
    layers : tuple of str
        Layers that meet it.
    detail : str
        What was tried, and what came of it.
    lost : str
        What can happen without it; empty where it holds.
    do : str
        What to do about it; empty where it holds.
    """

    name: str
    holds: bool
    promise: str
    layers: tuple[str, ...]
    detail: str
    lost: str = ""
    do: str = ""


@dataclass(frozen=True)
class Probe:
    """Code that tries to break a property, and prints `through` if it could."""

    name: str
    tries: str
    source: str


PROBES = (
    Probe(
        "network",
        "connect to a port of this machine, send a datagram",
        """
import socket
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    try:
        end = socket.socket(socket.AF_INET, kind); end.settimeout(1); end.connect(("127.0.0.1", {port})); end.send(b"x")
        print("through")
    except OSError as reason: print(reason)
""",
    ),
    Probe(
        "files",
        "read a file of the grader, find one in the whole tree, write outside its folder",
        """
import os
for path in {canaries}:
    try: open(path).read(); print("through")
    except OSError as reason: print(reason)
for folder in ("/usr/lib", "/etc", "/"):
    try: open(folder + "/aisa-probe", "w"); print("through")
    except OSError as reason: print(reason)
for folder, _, names in os.walk("/"):
    if {name!r} in names: print("through")
""",
    ),
    Probe(
        "others",
        "signal the grader and every process, list processes",
        """
import os
for pid in set({pids}) - {{os.getpid()}}:
    try: os.kill(pid, 0); print("through")
    except OSError as reason: print(reason)
try: print("through" if [name for name in os.listdir("/proc") if name.isdigit()] else "empty")
except OSError as reason: print(reason)
""",
    ),
    Probe(
        "privileges",
        "become the superuser, enter a namespace of its own, start a program",
        """
import os, ctypes
libc = ctypes.CDLL(None, use_errno=True)
try: os.setuid(0); print("through" if os.getuid() == 0 and libc.unshare(0x20000) == 0 else "no")
except OSError as reason: print(reason)
print("through" if libc.unshare(0x10000000) == 0 else os.strerror(ctypes.get_errno()))
try: os.execv("/bin/sh", ["sh"])
except OSError as reason: print(reason)
""",
    ),
    Probe(
        "memory",
        "fill twice the memory that it may have",
        """
try: print("through" if bytearray(2 * {memory_bytes}) else "")
except MemoryError as reason: print("MemoryError")
""",
    ),
    Probe(
        "processes",
        "start more threads than it may have, fork",
        """
import os, threading, time
gate, started = threading.Event(), 0
try:
    for _ in range({processes} + 8):
        threading.Thread(target=gate.wait, daemon=True).start(); started += 1
    print("through")
except RuntimeError as reason: print(reason)
gate.set()
try:
    if os.fork() == 0: os._exit(0)
    print("through")
except OSError as reason: print(reason)
""",
    ),
    Probe(
        "disk",
        "write more than it may, in many files",
        """
try:
    for number in range({files}):
        with open(f"filler{{number}}", "wb") as file: file.write(bytes(1 << 20))
    print("through")
except OSError as reason: print(reason)
""",
    ),
    Probe(
        "time",
        "compute in a process beside the one whose clock is read",
        """
import os
try:
    if os.fork() == 0: os._exit(0)
    print("through")
except OSError as reason: print(reason)
""",
    ),
)

_DO = {
    "network": "Give the grader namespaces (CAP_SYS_ADMIN or unprivileged user namespaces), or a kernel with seccomp",
    "files": "Give the grader namespaces, or a kernel with Landlock (5.13 or newer, 6.2 for an ordinary user)",
    "others": "Give the grader namespaces, or a kernel with Landlock 6 (6.12 or newer)",
    "disk": "Give the grader namespaces, or a kernel that lets a supervisor decide system calls (5.5 or newer)",
    "processes": "Run the grader as the superuser or with user namespaces, on Linux 5.14 or newer",
}
_DO_ELSE = "Use a kernel with seccomp and its user notifications (5.5 or newer) on x86-64 or 64-bit Arm"


def doctor(interpreter: Path, limits: Limits = Limits()) -> tuple[Finding, ...]:  # noqa: B008  frozen
    """Probe every property of the sandbox.

    Parameters
    ----------
    interpreter : Path
        Python of the sandbox's environment.
    limits : Limits
        Whose bounds are tried; memory, processes and disk are made small for the probes.

    Returns
    -------
    tuple of Finding
        In the order of `policy.PROPERTIES`; a single one named `start` if nothing can start at all.
    """
    small = replace(limits, memory_bytes=256 << 20, processes=16, disk_bytes=8 << 20, cell_cpu_s=20.0)
    try:
        with Sandbox(interpreter, limits=small, allow_unsafe=True) as sandbox:
            return _examine(sandbox)
    except SandboxError as reason:
        promise = "the sandbox starts"
        return (Finding("start", False, promise, (), reason.message, "nothing can be graded", reason.do),)


def _examine(sandbox: Sandbox) -> tuple[Finding, ...]:
    name = f"aisa-canary-{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder, name)
        canary.write_text("canary")
        canaries = [str(canary), str(Path(__file__)), "/etc/shadow", "/proc/1/environ", "/etc/hostname"]
        values = {
            "port": 9,
            "canaries": [path for path in canaries if not path.startswith("/etc") or Path(path).exists()],
            "name": name,
            "pids": [os.getpid(), os.getppid()],
            "memory_bytes": sandbox.limits.memory_bytes,
            "processes": sandbox.limits.processes,
            "files": 4 * policy.COUNTED_FILES,
        }
        cells = [Cell(place, probe.source.format(**values)) for place, probe in enumerate(PROBES)]
        with sandbox.run(cells, {}) as run:
            said = {probe.name: _told(cell) for probe, cell in zip(PROBES, run.cells, strict=True)}
    return tuple(_finding(promise, sandbox.layers, said) for promise in policy.PROPERTIES)


def _told(cell: CellRun) -> str:
    if cell.status not in ("ok", "error"):
        return cell.status
    parts = [str(output.get("text", output.get("evalue", ""))) for output in cell.outputs]
    return "; ".join(dict.fromkeys(" ".join(parts).strip().splitlines()))


def _finding(promise: policy.Property, layers: frozenset[str], said: dict[str, str]) -> Finding:
    probe = next((probe for probe in PROBES if probe.name == promise.name), None)
    answer = said.get(promise.name, "")
    through = "through" in answer
    meeting = [enough for enough in promise.enough if enough <= layers]
    holds = bool(meeting) and not through
    detail = f"tried to {probe.tries}: {answer}" if probe is not None else "follows from the layers"
    do = "" if holds else _DO.get(promise.name, _DO_ELSE)
    return Finding(promise.name, holds, promise.promise, _names(meeting), detail, "" if holds else promise.lost, do)


def _names(sets: Sequence[frozenset[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for names in sets for name in names}))
