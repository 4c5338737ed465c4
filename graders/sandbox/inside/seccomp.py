"""A seccomp filter, made by hand: what no notebook needs is refused by the kernel.

Refused: sockets (socketpair stays: `await` needs it), new programs, tracing and reading other processes, mounts and
namespaces, bpf, io_uring, keys, perf, userfaultfd, System V and POSIX queues and shared memory (they would outlive a
process), files without a name (they would escape the limit on the disk), clocks, modules; and whatever is newer than
this table. `clone3` does not exist here, so that `clone` with its flags in a register is what starts threads. Threads
may start; a process may be copied only when the supervisor, asked by the kernel, says so.
"""

from __future__ import annotations

import ctypes
import os
import struct

from . import kernel

_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER, _NEW_LISTENER = 1, 1 << 3
_ALLOW, _ERRNO, _ASK, _KILL = 0x7FFF0000, 0x00050000, 0x7FC00000, 0x80000000
_EPERM, _ENOSYS = 1, 38

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data

_CLONE = {"x86_64": 56, "aarch64": 220}
_FORK = {"x86_64": 57, "aarch64": -1}
COPY_FLAGS = (0x01200000, 0)
"""Flags of `clone`, signal aside, when a C library forks: set and clear the thread's id (glibc), or none (musl)."""

_CLONE3 = 435
_NEWER = 463  # the first number that this table does not know
_SAME_EVERYWHERE = (425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 438, 440, 442, 443, 447, 448, 457, 458, 459)
"""io_uring (3), new mount interface (6), pidfd_open, pidfd_getfd, process_madvise, mount_setattr, quotactl_fd,
memfd_secret, process_mrelease, statmount, listmount, lsm_get_self_attr."""

_REFUSED = {
    "x86_64": (
        (29, 30, 31, 67, 64, 65, 66, 220, 68, 69, 70, 71, 240, 241)  # System V and POSIX shared things
        + (41, 58, 59, 322, 101, 310, 311, 312, 319)  # socket, vfork, exec, ptrace, process_vm, kcmp, memfd_create
        + (161, 155, 165, 166, 272, 308, 303, 304, 300)  # roots, mounts, namespaces, handles, fanotify
        + (321, 298, 323, 248, 249, 250, 103, 212)  # bpf, perf, userfaultfd, keys, the kernel's log
        + (135, 154, 153, 172, 173, 159, 164, 227, 305)  # personality, ldt, vhangup, ports, clocks
        + (134, 136, 139, 156, 163, 167, 168, 169, 170, 171, 175, 176, 179, 180, 206, 246, 256, 279, 313, 320)
    ),
    "aarch64": (
        (194, 195, 196, 197, 190, 191, 192, 193, 186, 187, 188, 189, 180, 181)
        + (198, 221, 281, 117, 270, 271, 272, 279)
        + (51, 41, 40, 39, 97, 268, 264, 265, 262)
        + (280, 241, 282, 217, 218, 219, 116, 18)
        + (92, 58, 171, 170, 112, 266)
        + (0, 42, 60, 89, 224, 225, 142, 161, 162, 105, 106, 104, 238, 239, 273, 294)
    ),
}


def _instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value)


def _program(*, ask: bool) -> bytes:
    """Filter for this machine; `ask`: the supervisor decides about copies, else all of them are allowed."""
    machine = kernel.MACHINE
    copy = _instruction(_RETURN, _ASK if ask else _ALLOW)
    denied, absent = _instruction(_RETURN, _ERRNO | _EPERM), _instruction(_RETURN, _ERRNO | _ENOSYS)
    lines = [
        _instruction(_LOAD, _MACHINE),
        _instruction(_EQUAL, _ARCHITECTURE[machine], yes=1),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
        _instruction(_AT_LEAST, _NEWER, no=1),
        absent,  # numbers of the x32 interface are above, too
        _instruction(_EQUAL, _CLONE3, no=1),
        absent,
    ]
    if _FORK[machine] >= 0:
        lines += [_instruction(_EQUAL, _FORK[machine], no=1), copy]
    for number in sorted(_REFUSED[machine] + _SAME_EVERYWHERE):
        lines += [_instruction(_EQUAL, number, no=1), denied]
    lines += [
        _instruction(_EQUAL, _CLONE[machine], yes=1),
        _instruction(_RETURN, _ALLOW),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_ANY_BIT, kernel.CLONE_THREAD, no=1),
        _instruction(_RETURN, _ALLOW),
        _instruction(_AND, 0xFFFFFF00),
        _instruction(_EQUAL, COPY_FLAGS[0], yes=2),
        _instruction(_EQUAL, COPY_FLAGS[1], yes=1),
        denied,
        copy,
    ]
    return b"".join(lines)


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def available() -> bool:
    """Whether there is a table for this machine."""
    return kernel.MACHINE in _REFUSED


def install() -> tuple[bool, int | None]:
    """Refuse, from now on, in this process and all that it starts.

    Returns
    -------
    tuple of bool and (int or None)
        Whether the filter stands, and the descriptor on which the supervisor is asked about copies; None where the
        kernel cannot ask: then copies are allowed, and only their number is limited.
    """
    if not available():
        return False, None
    try:
        return True, _install(ask=True, flags=_NEW_LISTENER)
    except OSError:
        pass
    try:
        _install(ask=False, flags=0)
    except OSError:
        return False, None
    return True, None


def _install(*, ask: bool, flags: int) -> int:
    code = _program(ask=ask)
    program = _Filter(len(code) // 8, code)
    descriptor = kernel.call(_SECCOMP[kernel.MACHINE], _SET_MODE_FILTER, flags, ctypes.byref(program))
    if flags:
        os.set_inheritable(descriptor, False)
    return descriptor
