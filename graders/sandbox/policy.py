"""What "safe" means: properties, and the layers any of which is enough for each.

A layer is something that the operating system does for us. What stands is what the system calls of a child that has
locked itself in have reported, not what the machine is believed to have.
"""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graders.records import Limits
from graders.sandbox.inside.lock_in import Terms

COUNTED_FILES = 256
"""Files that a notebook may make where they are counted one by one, for want of a file system of its own."""
_UNUSED_USERS = range(1_900_000_000, 2_100_000_000)
"""User numbers that no distribution, container engine or service manager hands out."""
MAPPED_USERS = 4096
"""How many of them a user namespace gets."""


@dataclass(frozen=True)
class Property:
    """Something that must hold for a run to be called safe.

    Attributes
    ----------
    name : str
    promise : str
        In a sentence.
    enough : tuple of (set of layers)
        It holds where all layers of any one of these sets stand.
    lost : str
        What can happen without it.
    """

    name: str
    promise: str
    enough: tuple[frozenset[str], ...]
    lost: str


def _any(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(names.split()) for names in sets)


PROPERTIES = (
    Property(
        "network",
        "student code reaches no network",
        _any("network-namespace", "seccomp"),
        "student code can send what it sees to anywhere and fetch answers",
    ),
    Property(
        "files",
        "student code reads no file but the environment's and its own, and writes none but its own",
        _any("own-tree", "landlock-files"),
        "student code can read answers, other submissions and the gradebook, and change them",
    ),
    Property(
        "others",
        "student code can neither signal nor look into other processes",
        _any("pid-namespace", "landlock-signals seccomp landlock-files", "own-user seccomp landlock-files"),
        "student code can stop the grader or other students' runs",
    ),
    Property(
        "privileges",
        "student code cannot gain rights",
        _any("no-new-privileges seccomp"),
        "a set-uid program or a flaw in a rarely used system call can be tried",
    ),
    Property(
        "memory",
        "the memory of a notebook's processes is bounded together",
        _any("limits one-process", "limits counted-processes"),
        "a notebook can use up the machine's memory",
    ),
    Property(
        "processes",
        "the number of a notebook's processes and threads is bounded",
        _any("counted-processes", "one-process asked-threads"),
        "a fork bomb takes the machine's process table",
    ),
    Property(
        "disk",
        "all files of a notebook together are bounded",
        _any("own-disk", "asked-files limits"),
        "a notebook can fill the disk with many files",
    ),
    Property(
        "time",
        "CPU time is counted from outside, over all that runs",
        _any("one-process"),
        "a helper process can compute beside the clock; a speed check can be beaten",
    ),
    Property(
        "nothing-left",
        "when a notebook ends, nothing of it is left",
        _any("pid-namespace", "one-process"),
        "a process of a student can go on after grading",
    ),
)


def layers_of(shape: str, reported: Mapping[str, Any]) -> frozenset[str]:
    """Names of the layers that stand, out of what a child reports.

    Parameters
    ----------
    shape : str
        How the zygote was jailed.
    reported : mapping
        The child's first words.

    Returns
    -------
    frozenset of str
    """
    spaces = shape != "plain"
    landlock = int(reported.get("landlock", 0))
    counted = bool(reported.get("counted"))
    stands = {
        "network-namespace": spaces,
        "own-tree": spaces,
        "pid-namespace": spaces,
        "own-disk": bool(reported.get("tmpfs")),
        "own-user": bool(reported.get("uid")),
        "landlock-files": landlock >= (1 if reported.get("uid") else 3),  # the first versions let files be truncated
        "landlock-signals": landlock >= 6,
        "seccomp": bool(reported.get("seccomp")),
        "one-process": bool(reported.get("asked")),
        "asked-threads": bool(reported.get("asked")) and not spaces,
        "asked-files": bool(reported.get("asked")) and not spaces,
        "limits": bool(reported.get("rlimits")),
        "counted-processes": counted,
        "no-new-privileges": bool(reported.get("privileges")),
    }
    return frozenset(name for name, stand in stands.items() if stand)


def broken(layers: frozenset[str]) -> tuple[Property, ...]:
    """Properties that no set of the standing layers meets."""
    return tuple(promise for promise in PROPERTIES if not any(enough <= layers for enough in promise.enough))


_SHARING = 10  # exercises that may use up their time in one process before the clock outside is not the first to end it


def terms(limits: Limits, *, uid: int | None, mounts: bool, nested: bool = False, folder: str = "") -> Terms:
    """Limits of a notebook as what a child sets for itself.

    Parameters
    ----------
    limits : Limits
        Of the notebook.
    uid : int or None
        User that the child becomes.
    mounts : bool
        Whether it is in a mount namespace.
    nested : bool
        Whether it shall have a user namespace of its own.
    folder : str
        Its folder where it can have no file system of its own.

    Returns
    -------
    Terms
        Plain, to be sent.
    """
    return Terms(
        uid=uid,
        memory_bytes=limits.memory_bytes,
        processes=limits.processes,
        open_files=limits.open_files,
        disk_bytes=limits.disk_bytes if mounts else limits.disk_bytes // 4,  # of one file, where files are counted
        cpu_s=math.ceil(limits.notebook_cpu_s + 2 * limits.cell_cpu_s + _SHARING * limits.exercise_cpu_s) + 5,
        mounts=mounts,
        nested=nested,
        folder=folder,
    )


class Users:
    """User numbers for children: each its own, beginning at random, so that two graders do not meet.

    Parameters
    ----------
    numbers : range
        To choose from; empty: every child stays who it is.
    """

    def __init__(self, numbers: range) -> None:
        self._numbers = numbers
        self._next = secrets.randbelow(max(1, len(numbers)))

    def part(self, place: int, size: int) -> Users:
        """The `place`-th of `size` parts of them, which have no number in common."""
        return Users(self._numbers[place::size])

    def take(self) -> int | None:
        """A number that no running child has; None where there are none to give."""
        if not self._numbers:
            return None
        self._next = (self._next + 1) % len(self._numbers)
        return self._numbers[self._next]


def unused_users() -> range:
    """User numbers that the superuser may give away here: unused ones if they are mapped, else high ones.

    `AISA_SANDBOX_UIDS` (`FIRST-LAST`) chooses others.
    """
    chosen = os.environ.get("AISA_SANDBOX_UIDS", "")
    if chosen:
        first, _, last = chosen.partition("-")
        return range(int(first), int(last) + 1)
    mapped = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    for inner, _, count in mapped:
        if inner <= _UNUSED_USERS.start and _UNUSED_USERS.stop <= inner + count:
            return _UNUSED_USERS
    inner, _, count = max(mapped, key=lambda line: line[2])
    return range(inner + count - min(count, 5000), inner + count - 10) if count > 20_000 else range(0)
