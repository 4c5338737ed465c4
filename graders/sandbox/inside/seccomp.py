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
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

CLONE = {"x86_64": 56, "aarch64": 220}
FORK = {"x86_64": 57, "aarch64": -1}
VFORK = {"x86_64": 58, "aarch64": -1}
COPY_FLAGS = (0x01200000, 0)
"""Flags of `clone`, signal aside, when a C library forks: set and clear the thread's id (glibc), or none (musl)."""

_CLONE3, _OPENAT2 = 435, 437
_NEWER = 463  # the first number that this table does not know
_OPEN = {"x86_64": ((257, 2), (2, 1)), "aarch64": ((56, 2),)}  # number, and which argument holds the flags
_CREATES = 0o100 | 0o20000000  # O_CREAT, __O_TMPFILE


def _table(text: str) -> dict[str, tuple[int, ...]]:
    """Numbers by machine, out of `name=x86-64/arm` (a dash where a machine has no such call)."""
    entries = [line.split() for line in text.splitlines() if not line.strip().startswith("#")]
    columns = zip(*(entry.split("=")[1].split("/") for line in entries for entry in line), strict=True)
    numbers = [tuple(int(number) for number in column if number != "-") for column in columns]
    return dict(zip(("x86_64", "aarch64"), numbers, strict=True))


_REFUSED = _table(
    """
    # processes and programs
    execve=59/221 execveat=322/281 ptrace=101/117 process_vm_readv=310/270 process_vm_writev=311/271
    kcmp=312/272 pidfd_open=434/434 pidfd_getfd=438/438 process_madvise=440/440 process_mrelease=448/448
    # sockets
    socket=41/198
    # things that outlive a process, or escape the limit on the disk
    shmget=29/194 shmat=30/196 shmctl=31/195 shmdt=67/197 semget=64/190 semop=65/193 semctl=66/191
    semtimedop=220/192 msgget=68/186 msgsnd=69/189 msgrcv=70/188 msgctl=71/187 mq_open=240/180 mq_unlink=241/181
    memfd_create=319/279 memfd_secret=447/447
    # roots, mounts, namespaces, handles of files
    chroot=161/51 pivot_root=155/41 mount=165/40 umount2=166/39 open_tree=428/428 move_mount=429/429 fsopen=430/430
    fsconfig=431/431 fsmount=432/432 fspick=433/433 mount_setattr=442/442 statmount=457/457 listmount=458/458
    unshare=272/97 setns=308/268 name_to_handle_at=303/264 open_by_handle_at=304/265 fanotify_init=300/262
    quotactl=179/60 quotactl_fd=443/443
    # doors to the kernel
    bpf=321/280 perf_event_open=298/241 userfaultfd=323/282 io_setup=206/0 io_uring_setup=425/425
    io_uring_enter=426/426 io_uring_register=427/427 add_key=248/217 request_key=249/218 keyctl=250/219
    syslog=103/116 lookup_dcookie=212/18 lsm_get_self_attr=459/459 lsm_set_self_attr=460/460
    lsm_list_modules=461/461
    # the machine
    personality=135/92 modify_ldt=154/- vhangup=153/58 iopl=172/- ioperm=173/- adjtimex=159/171 settimeofday=164/170
    clock_settime=227/112 clock_adjtime=305/266 uselib=134/- ustat=136/- sysfs=139/- _sysctl=156/- acct=163/89
    swapon=167/224 swapoff=168/225 reboot=169/142 sethostname=170/161 setdomainname=171/162 init_module=175/105
    delete_module=176/106 finit_module=313/273 nfsservctl=180/42 kexec_load=246/104 kexec_file_load=320/294
    migrate_pages=256/238 move_pages=279/239
    """
)
_MAKE = _table("mkdir=83/- mkdirat=258/34 creat=85/-")
_LINK = _table("link=86/- linkat=265/37 symlink=88/- symlinkat=266/36 mknod=133/- mknodat=259/33")
_ALTER = _table(
    """
    # what Landlock leaves alone: mode, owner, times and attributes of files of the same user
    chmod=90/- fchmod=91/52 fchmodat=268/53 fchmodat2=452/452 chown=92/- fchown=93/55 lchown=94/- fchownat=260/54
    utime=132/- utimes=235/- futimesat=261/- utimensat=280/88 setxattr=188/5 lsetxattr=189/6 fsetxattr=190/7
    removexattr=197/14 lremovexattr=198/15 fremovexattr=199/16
    """
)


def _instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value)


def _on(number: int, verdict: bytes) -> list[bytes]:
    return [_instruction(_EQUAL, number, no=1), verdict]


def _program(*, ask: bool, count: bool) -> bytes:
    """Filter for this machine.

    `ask`: the supervisor decides about copies, else all of them are allowed; `count`: it decides about threads and
    new files, too, where no namespace and no file system of one's own bounds them.
    """
    machine = kernel.MACHINE
    allowed, asked = _instruction(_RETURN, _ALLOW), _instruction(_RETURN, _ASK)
    denied, absent = _instruction(_RETURN, _ERRNO | _EPERM), _instruction(_RETURN, _ERRNO | _ENOSYS)
    copy = asked if ask else allowed
    lines = [
        _instruction(_LOAD, _MACHINE),
        _instruction(_EQUAL, _ARCHITECTURE[machine], yes=1),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
        _instruction(_AT_LEAST, _NEWER, no=1),
        absent,  # numbers of the x32 interface are above, too
        *_on(_CLONE3, absent),
    ]
    if FORK[machine] >= 0:
        lines += [*_on(FORK[machine], copy), *_on(VFORK[machine], asked if ask else denied)]
    for number in _REFUSED[machine]:
        lines += _on(number, denied)
    if count:
        lines += _counting(asked, denied, absent)
    lines += [
        _instruction(_EQUAL, CLONE[machine], yes=1),
        allowed,
        _instruction(_LOAD, _ARGUMENTS),
        _instruction(_ANY_BIT, kernel.CLONE_THREAD, no=1),
        asked if count else allowed,
        _instruction(_ANY_BIT, kernel.CLONE_VFORK, no=1),
        asked if ask else denied,
        _instruction(_AND, 0xFFFFFF00),
        _instruction(_EQUAL, COPY_FLAGS[0], yes=2),
        _instruction(_EQUAL, COPY_FLAGS[1], yes=1),
        denied,
        copy,
    ]
    return b"".join(lines)


def _counting(asked: bytes, denied: bytes, absent: bytes) -> list[bytes]:
    """Lines that let the supervisor count what makes files."""
    machine = kernel.MACHINE
    lines = _on(_OPENAT2, absent)
    for number in _MAKE[machine]:
        lines += _on(number, asked)
    for number in _LINK[machine] + _ALTER[machine]:
        lines += _on(number, denied)
    for number, place in _OPEN[machine]:
        lines += [
            _instruction(_EQUAL, number, no=4),
            _instruction(_LOAD, _ARGUMENTS + 8 * place),
            _instruction(_ANY_BIT, _CREATES, no=1),
            asked,
            _instruction(_RETURN, _ALLOW),
        ]
    return lines


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def available() -> bool:
    """Whether there is a table for this machine."""
    return kernel.MACHINE in _REFUSED


def install(*, count: bool) -> tuple[bool, int | None]:
    """Refuse, from now on, in this process and all that it starts.

    Parameters
    ----------
    count : bool
        Whether the supervisor shall decide about threads and new files, too.

    Returns
    -------
    tuple of bool and (int or None)
        Whether the filter stands, and the descriptor on which the supervisor is asked about copies; None where the
        kernel cannot ask: then copies are allowed, and only their number is limited.
    """
    if not available():
        return False, None
    try:
        return True, _install(_program(ask=True, count=count), _NEW_LISTENER)
    except OSError:
        pass
    try:
        _install(_program(ask=False, count=False), 0)
    except OSError:
        return False, None
    return True, None


def _install(code: bytes, flags: int) -> int:
    program = _Filter(len(code) // 8, code)
    descriptor = kernel.call(_SECCOMP[kernel.MACHINE], _SET_MODE_FILTER, flags, ctypes.byref(program))
    if flags:
        os.set_inheritable(descriptor, False)
    return descriptor
