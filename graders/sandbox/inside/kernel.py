"""System calls that Python does not wrap, by ctypes; x86-64 and 64-bit Arm."""

from __future__ import annotations

import ctypes
import os
import platform

LIBC = ctypes.CDLL(None, use_errno=True)
MACHINE = platform.machine()

# unshare, clone
CLONE_VM = 0x00000100
CLONE_VFORK = 0x00004000
CLONE_THREAD = 0x00010000
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

# mount
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2

# prctl
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 36, 38, 47

_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}


def call(number: int, *arguments: object) -> int:
    """A system call by number; OSError where it fails."""
    return _checked(LIBC.syscall(ctypes.c_long(number), *arguments), f"system call {number}")


def unshare(flags: int) -> None:
    """Leave namespaces for new ones."""
    _checked(LIBC.unshare(flags), "unshare")


def enter(namespace: int, kind: int) -> None:
    """Enter the namespace behind a descriptor."""
    _checked(LIBC.setns(namespace, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount `source` on `target`."""
    parts = (source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), options.encode() or None)
    _checked(LIBC.mount(*parts), f"mount {kind or source} on {target}")


def pivot_into(folder: str) -> None:
    """Make `folder`, a mount point, the root, and let go of the old one."""
    os.chdir(folder)
    call(_PIVOT_ROOT[MACHINE], b".", b".")
    _checked(LIBC.umount2(b".", MNT_DETACH), "umount of the old root")
    os.chdir("/")


def control(option: int, argument: int = 0, other: int = 0) -> None:
    """Set one property of this process by `prctl`."""
    _checked(LIBC.prctl(option, ctypes.c_ulong(argument), ctypes.c_ulong(other), 0, 0), f"prctl {option}")


def drop_capabilities() -> None:
    """Give up every capability, for good."""
    for capability in range(64):
        try:
            control(PR_CAPBSET_DROP, capability)
        except OSError:
            break  # the last one is behind us, or there was none to drop
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    call(_CAPSET[MACHINE], header, (ctypes.c_uint32 * 6)())


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return int(result)
