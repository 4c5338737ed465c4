"""A folder that somebody else has filled, read with suspicion.

It is walked by descriptors that never follow a link, so that nothing can be swapped between looking and reading. Sizes
are looked at before contents.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from graders.course.notebook_file import LARGEST_NOTEBOOK, too_large
from graders.errors import SubmissionError

LARGEST_FOLDER = 200 << 20
MOST_FILES = 1000
DEEPEST_FOLDER = 5
LONGEST_NAME = 128

_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_WALK = _READ | getattr(os, "O_DIRECTORY", 0)


@dataclass(slots=True)
class Tally:
    """What a walk has met so far."""

    files: int = 0
    size: int = 0


@contextlib.contextmanager
def opened(root: Path | str, *parts: str, inside: int | None = None) -> Iterator[int]:
    """Descriptor of a folder, reached without following a link.

    Parameters
    ----------
    root : Path or str
        Where to begin.
    *parts : str
        Names of folders, each in the one before.
    inside : int, optional
        Descriptor of the folder that `root` is relative to.

    Yields
    ------
    int
        Closed afterwards.
    """
    here = os.open(root, _WALK, dir_fd=inside)
    try:
        for part in parts:
            below = os.open(part, _WALK, dir_fd=here)
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


def walk(folder: int, at: PurePosixPath, where: str, tally: Tally) -> Iterator[tuple[str, int]]:
    """Path and size of every file that is not hidden.

    Parameters
    ----------
    folder : int
        Descriptor.
    at : PurePosixPath
        What paths begin with.
    where : str
        What messages call it.
    tally : Tally
        What was met already.

    Yields
    ------
    (str, int)
        A path, and bytes.

    Raises
    ------
    SubmissionError
        Where there is a link, a device, an odd name, or too much of anything.
    """
    for name in sorted(os.listdir(folder)):
        path = at / name
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        tally.files, tally.size = tally.files + 1, tally.size + found.st_size
        require_decent(path, found, where, tally)
        if stat.S_ISREG(found.st_mode) and not name.startswith("."):
            yield str(path), found.st_size
        elif stat.S_ISDIR(found.st_mode) and not name.startswith("."):
            with opened(name, inside=folder) as below:
                yield from walk(below, path, where, tally)


def require_decent(path: PurePosixPath, found: os.stat_result, where: str, tally: Tally) -> None:
    """Refuse what is no plain file or folder, or one too many.

    Parameters
    ----------
    path : PurePosixPath
        What messages call it.
    found : os.stat_result
        What it is, links not followed.
    where : str
        What messages call the folder.
    tally : Tally
        With it counted.

    Raises
    ------
    SubmissionError
        That says which, and what to do.
    """
    if is_odd(path.name):
        raise SubmissionError(f"a file has an odd name: {str(path)[:LONGEST_NAME]!r}", where, "Rename it.")
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "neither a file nor a folder"
        raise SubmissionError(f"{path} is {kind}", where, "Hand in the file itself.")
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:  # of a source notebook, perhaps: it would earn all points
        raise SubmissionError(f"{path} is a second name (hard link) of another file", where, "Hand in a copy of it.")
    if tally.files > MOST_FILES or tally.size > LARGEST_FOLDER or len(path.parts) > DEEPEST_FOLDER:
        limits = f"{MOST_FILES} files, {LARGEST_FOLDER >> 20} MiB, {DEEPEST_FOLDER} levels"
        raise SubmissionError(f"the folder holds more than {limits} (at {path})", where, "Hand in the notebooks only.")


def read(folder: int, name: str, where: str, largest: int = LARGEST_NOTEBOOK) -> bytes:
    """The content of a file.

    Parameters
    ----------
    folder : int
        Descriptor of the folder that it lies in.
    name : str
        Its name.
    where : str
        What messages call the folder.
    largest : int
        How much of it is read at most. [B]

    Returns
    -------
    bytes

    Raises
    ------
    SubmissionError
        If it is none but a file, or too large.
    """
    with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise SubmissionError(f"{name} is not a file", where)
        content = file.read(largest + 1) if found.st_size <= largest else b""
    if max(found.st_size, len(content)) > largest:
        raise too_large(max(found.st_size, len(content)), f"{where}/{name}", largest)
    return content


@contextlib.contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn what the operating system says about a submission into one message.

    Parameters
    ----------
    where : str
        What the message calls it.

    Raises
    ------
    SubmissionError
        In the place of an OSError.
    """
    try:
        yield
    except OSError as failure:
        if failure.errno in (errno.ELOOP, errno.ENOTDIR):
            raise SubmissionError("is a link, or no folder", where, "Hand in the file itself.") from None
        reason = failure.strerror or str(failure)
        raise SubmissionError(f"cannot be read ({reason})", where, "Mend its permissions.") from None


def is_odd(name: str) -> bool:
    """Whether a file's name is too long, or holds what no honest name has: a control character, a backslash.

    Parameters
    ----------
    name : str
        Without folders.

    Returns
    -------
    bool
    """
    odd = any(unicodedata.category(character)[0] == "C" for character in name)
    return odd or "\\" in name or len(name) > LONGEST_NAME
