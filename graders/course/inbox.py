"""The inbox: a folder where an instructor puts what students handed in, however a learning platform gives it.

Each file or folder in it belongs to one student: `student-01.ipynb`, `student-01.zip`, `student-01/`. `course.yaml` can
say how they are called otherwise.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from graders.course import archive, folder
from graders.course.course import Course
from graders.course.intake import require_student
from graders.errors import SubmissionError, UsageError

DONE = "done"
"""Where things go that are safely stored."""

_SUFFIXES = (".ipynb", ".zip")


@dataclass(frozen=True, slots=True)
class Item:
    """A file or folder in the inbox.

    Attributes
    ----------
    name : str
    modified : datetime
        When it was put there, naive UTC; never later than now.
    """

    name: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in an item.

    Attributes
    ----------
    notebooks : mapping of str to bytes
        By path inside the item, unread.
    others : tuple of str
        Paths of what else is in it; it is not used.
    """

    notebooks: Mapping[str, bytes]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose an item is, and when it was handed in: naive UTC."""

    student: str
    received: datetime


def items(inbox: Path, now: datetime) -> list[Item]:
    """What lies in an inbox.

    Parameters
    ----------
    inbox : Path
        The folder.
    now : datetime
        Naive UTC.

    Returns
    -------
    list of Item
        Sorted by name; what a system leaves behind is none, nor is `done`.

    Raises
    ------
    UsageError
        If there is no such folder.
    """
    try:
        names = sorted(path.name for path in inbox.iterdir() if not _is_litter(path.name))
    except OSError as failure:
        do = "Make it, or name another one with --inbox."
        raise UsageError(f"the inbox cannot be read ({failure.strerror})", str(inbox), do) from None
    return [Item(name, min(now, _modified(inbox / name))) for name in names]


def sender(course: Course, item: Item) -> Sender:
    """Whose an item is.

    Parameters
    ----------
    course : Course
        With its roster, and what it says about names.
    item : Item
        From the inbox.

    Returns
    -------
    Sender

    Raises
    ------
    SubmissionError
        If its name says no student of the course.
    """
    claimed, received = item.name, item.modified
    if folder.is_odd(claimed) or not claimed.isprintable():
        raise SubmissionError("has an odd name", repr(claimed)[:200], "Rename it.")
    found = re.fullmatch(course.inbox_pattern, claimed) if course.inbox_pattern else None
    if found:
        claimed = found["student"]
        received = _told(found.groupdict().get("timestamp")) or received
    else:
        claimed = _without_suffix(course, claimed)
    student = course.inbox_aliases.get(claimed, claimed)
    _require_no_other_case(course, student, item.name)
    require_student(course, student, item.name)
    return Sender(student, received)


def read(inbox: Path, name: str) -> Contents:
    """Read an item, once.

    Parameters
    ----------
    inbox : Path
        The folder.
    name : str
        Of the item.

    Returns
    -------
    Contents

    Raises
    ------
    SubmissionError
        If anything about it is not as it must be.
    """
    with folder.explained(name), folder.opened(inbox) as here:
        found = os.stat(name, dir_fd=here, follow_symlinks=False)
        folder.require_decent(PurePosixPath(name), found, name, folder.Tally())
        if stat.S_ISDIR(found.st_mode):
            with folder.opened(name, inside=here) as below:
                return _read_folder(below, name)
        return _read_file(here, name, name)


def _read_file(here: int, name: str, where: str) -> Contents:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".zip":
        notebooks, others = archive.notebooks(folder.read(here, name, where, archive.LARGEST_ARCHIVE), where)
        return Contents(notebooks, tuple(others))
    if suffix == ".ipynb":
        return Contents({name: folder.read(here, name, where)})
    raise SubmissionError("is neither a notebook (.ipynb), a zip nor a folder", where, "Hand in the notebooks.")


def _read_folder(here: int, where: str) -> Contents:
    """Notebooks at any depth, and those in zips that lie at the top, as learning platforms leave them."""
    notebooks: dict[str, bytes] = {}
    others: list[str] = []
    for path in [PurePosixPath(path) for path, _ in folder.walk(here, PurePosixPath(), where, folder.Tally())]:
        suffix = path.suffix.lower()
        if suffix == ".zip" and len(path.parts) == 1:
            found = _read_file(here, path.name, f"{where}/{path}")
            notebooks |= {f"{path}/{name}": content for name, content in found.notebooks.items()}
            others += [f"{path}/{name}" for name in found.others]
        elif suffix == ".ipynb":
            with folder.opened(".", *path.parts[:-1], inside=here) as holder:
                notebooks[str(path)] = folder.read(holder, path.name, where)
        else:
            others.append(str(path))
        if sum(map(len, notebooks.values())) > folder.LARGEST_FOLDER:  # many small zips may make much of little
            limit = folder.LARGEST_FOLDER >> 20
            raise SubmissionError(f"holds notebooks of more than {limit} MiB", where, "Hand in the notebooks only.")
    archive.require_distinct([*notebooks, *others], where)
    return Contents(notebooks, tuple(others))


def _modified(path: Path) -> datetime:
    """When an item was put there: its own time, or that of the newest file in it."""
    try:
        newest = path.lstat().st_mtime
        if stat.S_ISDIR(path.lstat().st_mode):
            newest = max((one.lstat().st_mtime for one in path.iterdir()), default=newest)
        return datetime.fromtimestamp(newest, UTC).replace(tzinfo=None)
    except (OSError, OverflowError, ValueError):
        return datetime.max


def _is_litter(name: str) -> bool:
    """Whether a file is none that somebody handed in."""
    hidden = name.startswith(".") and not name.lower().endswith(_SUFFIXES)
    return hidden or name.startswith("._") or name == DONE


def _without_suffix(course: Course, name: str) -> str:
    """A name up to its suffix; a student's is known whatever follows it, so that the receipt finds them."""
    if name.lower().endswith(_SUFFIXES):
        return name.rpartition(".")[0]
    return next((known for known in course.students if name.startswith(f"{known}.")), name)


def _told(text: str | None) -> datetime | None:
    """A time whose numbers stand in a name; None where they are no time."""
    numbers = [int(number) for number in re.findall(r"\d+", text or "")[:6]]
    try:
        return datetime(*numbers) if len(numbers) >= 3 else None  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return None


def _require_no_other_case(course: Course, student: str, where: str) -> None:
    plain = unicodedata.normalize("NFKC", student).casefold()
    twins = [known for known in course.students if known != student and known.casefold() == plain]
    if twins and student not in course.students:
        raise SubmissionError(f"{student} is not on the roster, but {twins[0]} is", where, f"Is it {twins[0]}'s?")
