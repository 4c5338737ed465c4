"""What a child does to itself before a line of student code runs: its own files, uid, limits, and no way back."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import jail, kernel, landlock, seccomp


@dataclass(frozen=True)
class Terms:
    """What a child may use, as the trusted side sent it.

    Attributes
    ----------
    uid : int or None
        The user that it becomes; None: it stays who it is.
    memory_bytes, processes, open_files, disk_bytes, cpu_s : int
        Limits; `memory_bytes` is added to what the zygote has.
    mounts : bool
        Whether the zygote is in a mount namespace, so that the child can have a file system of its own.
    nested : bool
        Whether it enters a user namespace of its own: its processes are then counted apart from its siblings'.
    folder : str
        Its folder where it cannot.
    """

    uid: int | None
    memory_bytes: int
    processes: int
    open_files: int
    disk_bytes: int
    cpu_s: int
    mounts: bool
    nested: bool = False
    folder: str = ""


@dataclass(frozen=True)
class Locked:
    """What stands.

    Attributes
    ----------
    layers : dict
        Name of each layer and whether, or in which version, it stands.
    listener : int or None
        Where the supervisor is asked about copies of processes.
    """

    layers: dict[str, Any]
    listener: int | None


def lock_in(terms: Terms, start_bytes: int, readable: list[str], proc: int | None) -> Locked:
    """Lock this process in, for good.

    Parameters
    ----------
    terms : Terms
        What it may use.
    start_bytes : int
        Address space that it has already.
    readable : list of str
        Folders that it may read where there is no tree of its own.
    proc : int or None
        Descriptor of /proc, closed here.

    Returns
    -------
    Locked
        Layers that stand.
    """
    if terms.nested and proc is not None:
        _nest(proc)
    if proc is not None:
        os.close(proc)
    home = _own_files(terms)
    devices = [(f"/dev/{name}", landlock.USE) for name in ("null", "zero", "full", "random", "urandom")]
    roots = ["/"] if terms.mounts else readable
    rules = landlock.Rules([*((path, landlock.READ) for path in roots), *devices, (home, landlock.CHANGE)])
    layers: dict[str, Any] = {"tmpfs": terms.mounts, "uid": _own_user(terms)}
    _check_readable(readable)
    settle(home)  # before anybody has to be asked about new files
    kernel.drop_capabilities()
    kernel.control(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.control(kernel.PR_SET_DUMPABLE, 0)
    kernel.control(kernel.PR_SET_NO_NEW_PRIVS, 1)
    layers["privileges"] = True
    layers["counted"] = terms.uid is not None or (terms.nested and _counts_by_namespace())
    layers["rlimits"] = _limits(terms, start_bytes, counted=layers["counted"])
    layers["landlock"] = rules.restrict()
    layers["seccomp"], listener = seccomp.install(count=not terms.mounts)
    layers["asked"] = listener is not None
    return Locked(layers, listener)


def _nest(proc: int) -> None:
    """Enter a user namespace of one's own, as the same user."""
    kernel.unshare(kernel.CLONE_NEWUSER)
    kernel.control(kernel.PR_SET_DUMPABLE, 1)  # else these files belong to the machine's superuser
    for name, text in (("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")):
        handle = os.open(f"self/{name}", os.O_WRONLY | os.O_CLOEXEC, dir_fd=proc)
        os.write(handle, text.encode())
        os.close(handle)


def _counts_by_namespace() -> bool:
    """Whether the limit on processes is kept for each user namespace; before 5.14 it counted all of a user's."""
    major, minor = os.uname().release.split(".")[:2]
    return (int(major), int("".join(filter(str.isdigit, minor)))) >= (5, 14)


def _own_files(terms: Terms) -> str:
    home = jail.HOME if terms.mounts else terms.folder
    if terms.mounts:
        kernel.unshare(kernel.CLONE_NEWNS)
        owner = "" if terms.uid is None else f",uid={terms.uid},gid={terms.uid}"
        flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
        kernel.mount("tmpfs", home, "tmpfs", flags, f"mode=700,size={terms.disk_bytes},nr_inodes=20000{owner}")
    elif terms.uid is not None:
        os.chown(home, terms.uid, terms.uid)
    return home


def _own_user(terms: Terms) -> bool:
    if terms.uid is None:
        return False
    os.setgroups([])
    os.setresgid(terms.uid, terms.uid, terms.uid)
    os.setresuid(terms.uid, terms.uid, terms.uid)
    return True


def _check_readable(folders: list[str]) -> None:
    for folder in folders:
        if not os.access(folder, os.R_OK):
            raise PermissionError(f"{folder}: a user without rights cannot read the sandbox's Python there")


def _limits(terms: Terms, start_bytes: int, *, counted: bool) -> bool:
    limits = {
        resource.RLIMIT_AS: start_bytes + terms.memory_bytes,
        resource.RLIMIT_NOFILE: terms.open_files,
        resource.RLIMIT_FSIZE: terms.disk_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: terms.cpu_s,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_RTPRIO: 0,
    }
    if counted:
        limits[resource.RLIMIT_NPROC] = terms.processes
    for limit, value in limits.items():
        _, hard = resource.getrlimit(limit)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return True


def settle(home: str) -> None:
    """Make the folders below `home`, go to the first, and keep what is meant for the terminal in a file there."""
    for name in ("work", "home", "tmp"):
        Path(home, name).mkdir(mode=0o700, exist_ok=True)
    os.chdir(Path(home, "work"))
    _name_folders(home)
    kept = os.open(f"{home}/terminal", os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(kept, 1)
    os.dup2(kept, 2)
    with contextlib.suppress(OSError):
        Path(home, "terminal").unlink()
    os.close(kept)


def furnish(home: str) -> None:
    """Give the zygote the same folders, for what is written while modules load."""
    for name in ("home", "tmp"):
        Path(home, name).mkdir(mode=0o700, exist_ok=True)
    _name_folders(home)


def _name_folders(home: str) -> None:
    for name, folder in (("HOME", "home"), ("TMPDIR", "tmp"), ("MPLCONFIGDIR", "home"), ("IPYTHONDIR", "home")):
        os.environ[name] = f"{home}/{folder}"
