"""Files of a course: there whole or not at all, and always its owner's."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from graders.errors import GraderError


def write(course: Path, path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file of a course under a temporary name, then give it its own.

    Parameters
    ----------
    course : Path
        Root of the course: what is made belongs to whoever owns it.
    path : Path
        Somewhere below it; missing folders are made.
    content : bytes
        What it shall hold.
    mode : int
        Permissions of the file.

    Raises
    ------
    GraderError
        If the disk is full, read-only, or forbids it; nothing is left behind then.
    """
    with explained(path):
        make_folders(course, path.parent)
        _clear_away(path)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{os.getpid()}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            temporary = Path(name)
            temporary.chmod(mode)
            give_to_owner(course, temporary)
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise


def _clear_away(path: Path) -> None:
    """Remove what was to become this file when its writer was killed."""
    mark = f".{path.name}."
    for found in path.parent.iterdir():
        writer = found.name.removeprefix(mark).partition(".")[0] if found.name.startswith(mark) else ""
        if writer.isdigit() and not Path(f"/proc/{writer}").exists():
            with contextlib.suppress(FileNotFoundError):
                found.unlink()


def make_folders(course: Path, folder: Path) -> None:
    """Make a folder of a course and those above it, all of them its owner's."""
    if folder.is_dir():
        return
    make_folders(course, folder.parent)
    folder.mkdir(exist_ok=True)
    give_to_owner(course, folder)


def give_to_owner(course: Path, path: Path) -> None:
    """As the superuser, hand a file to whoever owns the course: they could not change it otherwise."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        owner = course.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the operating system says about a file into one message with a place and a remedy."""
    try:
        yield
    except OSError as failure:
        reason = failure.strerror or str(failure)
        raise GraderError(
            f"cannot be written ({reason})", str(path), "Free the disk or mend its permissions."
        ) from None
