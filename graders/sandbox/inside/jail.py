"""The zygote's own jail: namespaces, and a tree that holds the student's environment and nothing else.

Built once. What a child adds for itself is in `lock_in`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import kernel

HOME = "/sandbox"
"""Where each child mounts a file system of its own: `work` (current folder), `home`, `tmp`."""

_DEVICES = ("null", "zero", "full", "random", "urandom")
_LIBRARIES = ("libstdc++.so.6", "libgcc_s.so.1", "libm.so.6", "libz.so.1", "libdl.so.2", "libpthread.so.0")
_LINKS = ("/lib", "/lib64", "/usr/lib64", "/lib32")
_SCRATCH = ("/mnt", "/media", "/srv", "/opt", "/var")


def separate() -> None:
    """Leave the machine's namespaces; the process that is forked next is the first of the new pid namespace."""
    kinds = kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
    kernel.unshare(kinds)
    with contextlib.suppress(OSError):  # older kernels; nothing depends on it
        kernel.unshare(kernel.CLONE_NEWCGROUP)


def hand_over() -> None:
    """Fork: the child goes on as the first process of its pid namespace; this one waits for its end."""
    child = os.fork()
    if child == 0:
        kernel.control(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        return
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0x7F)


def own_pid_namespace() -> int:
    """Descriptor of this process's pid namespace; to be opened while /proc is still there."""
    return os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)


def fold_away() -> None:
    """Make a tree of the environment, the standard library, shared libraries and five devices the root."""
    libraries = _library_folders()
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    folders = [*libraries, *python_folders()]
    handles = [os.open(folder, os.O_PATH | os.O_CLOEXEC) for folder in folders]
    masks = [_masks(folder) for folder in folders]
    devices = {name: os.open(f"/dev/{name}", os.O_PATH | os.O_CLOEXEC) for name in _DEVICES}
    links = {path: Path(path).readlink() for path in _LINKS if Path(path).is_symlink()}
    cache = _read("/etc/ld.so.cache")
    root = next(path for path in _SCRATCH if Path(path).is_dir())
    kernel.mount("tmpfs", root, "tmpfs", kernel.MS_NOSUID, "mode=755,size=4m")
    for folder, handle, hidden in zip(folders, handles, masks, strict=True):
        _bind(handle, root + folder)
        for name in hidden:
            kernel.mount("tmpfs", f"{root}{folder}/{name}", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=64k")
    for name, handle in devices.items():
        target = Path(f"{root}/dev/{name}")
        target.parent.mkdir(exist_ok=True)
        target.touch()
        kernel.mount(f"/proc/self/fd/{handle}", str(target), flags=kernel.MS_BIND)
    for path, leads_to in links.items():
        if not Path(root + path).exists():
            Path(root + path).symlink_to(leads_to)
    _furnish(Path(root), cache)
    for handle in [*handles, *devices.values()]:
        os.close(handle)
    kernel.mount("tmpfs", root + HOME, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755,size=16m")
    kernel.pivot_into(root)
    kernel.mount("none", "/", flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID)


def python_folders() -> list[str]:
    """Standard library and installed packages of this interpreter, outer folders before inner ones."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    found = {str(Path(sysconfig.get_paths()[name]).resolve()) for name in names}
    as_written = {sysconfig.get_paths()[name] for name in names}
    return sorted(folder for folder in found | as_written if Path(folder).is_dir())


def _masks(folder: str) -> list[str]:
    """What is hidden in a bound folder: packages of other environments, other Pythons beside shared libraries."""
    own = set(python_folders())
    if folder in own:
        candidates = [Path(folder, name) for name in ("site-packages", "dist-packages")]
    else:
        candidates = [path for path in Path(folder).iterdir() if path.name.startswith("python")]
    return [path.name for path in candidates if path.is_dir() and not path.is_symlink() and str(path) not in own]


def _library_folders() -> list[str]:
    """Folders of the shared libraries that an interpreter and its extension modules load."""
    for name in _LIBRARIES:
        with contextlib.suppress(OSError):
            ctypes.CDLL(name)
    lines = Path("/proc/self/maps").read_text().splitlines()
    files = {Path(line.split(None, 5)[5]) for line in lines if line.endswith(".so") or ".so." in line}
    inside = [Path(folder) for folder in python_folders()]
    folders = {file.parent for file in files if not any(file.is_relative_to(folder) for folder in inside)}
    return sorted(str(folder) for folder in folders if folder.is_dir())


def _bind(handle: int, target: str) -> None:
    Path(target).mkdir(parents=True, exist_ok=True)
    kernel.mount(f"/proc/self/fd/{handle}", target, flags=kernel.MS_BIND | kernel.MS_REC)
    locked = os.statvfs(target).f_flag & (os.ST_NOEXEC | os.ST_NOATIME | os.ST_NODIRATIME | os.ST_RELATIME)
    kept = {os.ST_NOEXEC: 8, os.ST_NOATIME: 1024, os.ST_NODIRATIME: 2048, os.ST_RELATIME: 1 << 21}
    flags = sum(mount for stat, mount in kept.items() if locked & stat)
    flags |= kernel.MS_BIND | kernel.MS_REMOUNT | kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("none", target, flags=flags)


def _furnish(root: Path, cache: bytes) -> None:
    (root / HOME[1:]).mkdir()
    (root / "etc").mkdir()
    (root / "etc/ld.so.cache").write_bytes(cache)
    (root / "etc/passwd").write_text("student:x:1000:1000::/sandbox/home:/bin/false\n")
    if not (root / "tmp").exists():
        (root / "tmp").symlink_to("sandbox/tmp")


def _read(path: str) -> bytes:
    with contextlib.suppress(OSError):
        return Path(path).read_bytes()
    return b""


def leave_only(folders: list[str]) -> None:
    """Cut the import path to what lies in the jail."""
    kept = [entry for entry in sys.path if any(entry == folder or entry.startswith(folder + "/") for folder in folders)]
    sys.path[:] = kept
    sys.path_importer_cache.clear()


@contextlib.contextmanager
def scratch(*, mounts: bool) -> Iterator[None]:
    """A folder to write to while modules load: matplotlib does not load without one."""
    if mounts:
        kernel.mount("tmpfs", HOME, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC, "mode=700,size=8m")
    folder = HOME if mounts else tempfile.mkdtemp()
    os.environ.update(TMPDIR=folder, MPLCONFIGDIR=folder)
    try:
        yield
    finally:
        if not mounts:
            shutil.rmtree(folder)


def readable_folders() -> Iterator[str]:
    """Where no tree of its own can be made: what Landlock lets a child read."""
    yield from _library_folders()
    own = set(python_folders())
    for folder in sorted(own):
        if "packages" in Path(folder).name:
            yield folder
            continue
        for entry in sorted(Path(folder).iterdir()):
            if entry.name not in ("site-packages", "dist-packages"):
                yield str(entry)
