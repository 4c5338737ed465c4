"""Run a command as somebody else: `become.py ordinary|no-admin|open COMMAND...`, started by the superuser.

`ordinary` is a user without any rights (65534), `no-admin` the superuser of a container that was given no
CAP_SYS_ADMIN, `open` the superuser where everybody can read the interpreter. Folders on the way to this interpreter
that only the superuser may enter are replaced, in a mount namespace of this process alone, by ones that everybody may
enter.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from graders.sandbox.inside import kernel

_CAP_SYS_ADMIN = 21
_NOBODY = 65534


def open_way(target: Path) -> None:
    """Let everybody reach `target`: the first closed folder above it is covered, with only `target` in it."""
    closed = next((folder for folder in reversed(target.parents) if not folder.stat().st_mode & 0o001), None)
    if closed is None:
        return
    handle = os.open(target, os.O_PATH)
    kernel.mount("tmpfs", str(closed), "tmpfs", 0, "mode=755,size=1m")
    target.mkdir(parents=True)
    kernel.mount(f"/proc/self/fd/{handle}", str(target), flags=kernel.MS_BIND | kernel.MS_REC)
    os.close(handle)


def main(who: str, command: list[str]) -> None:
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    if who == "ordinary":
        open_way(Path(sys.base_prefix))
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    elif who == "open":
        open_way(Path(sys.base_prefix))
    else:
        kernel.control(kernel.PR_CAPBSET_DROP, _CAP_SYS_ADMIN)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
