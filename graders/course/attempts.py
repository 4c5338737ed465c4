"""Attempts: everything that a student ever handed in, kept as it was.

::

    attempts/<assignment>/<student>/002-1f3a5b7c9d0e/   the second attempt, and the start of its digest
        practical.ipynb  ...                            its notebooks
        attempt.json                                    what it consists of, when it came; sealed

A folder is made whole under a hidden name, then given its own; nothing in it is ever changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from graders.course.course import Course
from graders.course.files import explained, give_to_owner, make_folders
from graders.course.seal import holds, seal
from graders.errors import CourseError

_RECORD = "attempt.json"
_PURPOSE = "seal of attempts"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a student handed in once.

    Attributes
    ----------
    student, assignment : str
    number : int
        From 1.
    received : str
        When, naive UTC in ISO form.
    items : tuple of str
        Names in the inbox that it came as.
    notebooks : mapping of str to str
        Name without extension -> SHA-256 of the file.
    carried : tuple of str
        Notebooks that were not handed in again: they stay as in the attempt before.
    """

    student: str
    assignment: str
    number: int
    received: str
    items: tuple[str, ...]
    notebooks: Mapping[str, str]
    carried: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of its notebooks, whenever they came."""
        return hashlib.sha256(json.dumps(dict(self.notebooks), sort_keys=True).encode()).hexdigest()

    @property
    def received_at(self) -> datetime:
        """When it came, naive UTC."""
        return datetime.fromisoformat(self.received)


def attempts(course: Course, student: str, assignment: str) -> tuple[Attempt, ...]:
    """What a student has handed in so far.

    Parameters
    ----------
    course : Course
        Whose files they are.
    student : str
        An id of the roster.
    assignment : str
        Slug of the module.

    Returns
    -------
    tuple of Attempt
        The first first.

    Raises
    ------
    CourseError
        If one of them was changed.
    """
    folder = course.attempts_of(student, assignment)
    with explained(folder):
        kept = [one for one in folder.iterdir() if one.name[:3].isdigit()] if folder.is_dir() else []
    return tuple(sorted((_read(course, one) for one in kept), key=lambda attempt: attempt.number))


def attempted(course: Course, assignment: str) -> list[str]:
    """Who has handed in something, sorted.

    Parameters
    ----------
    course : Course
        Whose files they are.
    assignment : str
        Slug of the module.

    Returns
    -------
    list of str
        Students' ids.
    """
    folder = course.root / "attempts" / assignment
    students = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
    return [student for student in students if attempts(course, student, assignment)]


def keep(
    course: Course,
    student: str,
    assignment: str,
    notebooks: Mapping[str, bytes],
    received: datetime,
    items: Sequence[str],
) -> tuple[Attempt, bool]:
    """Keep what a student handed in; notebooks that are not handed in again stay as they were.

    Parameters
    ----------
    course : Course
        Whose files they are.
    student : str
        An id of the roster.
    assignment : str
        Slug of the module.
    notebooks : mapping of str to bytes
        By name without extension.
    received : datetime
        When, naive UTC.
    items : sequence of str
        Names in the inbox.

    Returns
    -------
    (Attempt, bool)
        The attempt that holds it, and whether it is a new one: the same as the last is none.

    Raises
    ------
    GraderError
        If it cannot be written; nothing is left behind then.
    """
    before = attempts(course, student, assignment)
    carried = sorted(set(before[-1].notebooks) - set(notebooks)) if before else []
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in notebooks.items()}
    digests |= {name: before[-1].notebooks[name] for name in carried}
    number = before[-1].number + 1 if before else 1
    told = received.isoformat(sep=" ", timespec="microseconds")
    new = Attempt(student, assignment, number, told, tuple(items), dict(sorted(digests.items())), tuple(carried))
    if before and before[-1].digest == new.digest:
        return before[-1], False
    _write(course, new, {**notebooks, **(contents(course, before[-1], carried) if before else {})})
    return new, True


def contents(course: Course, attempt: Attempt, names: Sequence[str] | None = None) -> dict[str, bytes]:
    """Notebooks of an attempt, as they were handed in.

    Parameters
    ----------
    course : Course
        Whose files they are.
    attempt : Attempt
        One of the course's.
    names : sequence of str, optional
        Which of them; all, if not given.

    Returns
    -------
    dict of str to bytes
        By name without extension.

    Raises
    ------
    CourseError
        If a file is missing, or is not what was handed in.
    """
    found = {}
    for name in attempt.notebooks if names is None else names:
        path = _folder(course, attempt) / f"{name}.ipynb"
        try:
            found[name] = path.read_bytes()
        except OSError as failure:
            raise _spoilt(f"cannot be read ({failure.strerror})", path) from None
        if hashlib.sha256(found[name]).hexdigest() != attempt.notebooks[name]:
            raise _spoilt("is not what was handed in: its digest differs", path)
    return found


# --- on disk --------------------------------------------------------------------------------------------------


def _folder(course: Course, attempt: Attempt) -> Path:
    name = f"{attempt.number:03}-{attempt.digest[:12]}"
    return course.attempts_of(attempt.student, attempt.assignment) / name


def _write(course: Course, attempt: Attempt, notebooks: Mapping[str, bytes]) -> None:
    place = _folder(course, attempt)
    said = asdict(attempt)
    record = json.dumps(said | {"seal": seal(course.secret, _PURPOSE, said)}, indent=2)
    files = {f"{name}.ipynb": content for name, content in notebooks.items()} | {_RECORD: record.encode()}
    with explained(place):
        make_folders(course.root, place.parent)
        for left in place.parent.glob(".new.*"):  # of a run that was killed
            shutil.rmtree(left)
        new = Path(tempfile.mkdtemp(dir=place.parent, prefix=".new."))
        try:
            for name, content in files.items():
                _write_down(new / name, content)
                give_to_owner(course.root, new / name)
            new.chmod(0o755)
            give_to_owner(course.root, new)
            new.rename(place)
            _sync(place.parent)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise


def _write_down(path: Path, content: bytes) -> None:
    """A file that is on the disk when this returns: after it, the original may go."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(course: Course, folder: Path) -> Attempt:
    path = folder / _RECORD
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        found = said.pop("seal")
        attempt = Attempt(**said | {name: tuple(said[name]) for name in ("items", "carried")})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as failure:
        raise _spoilt(f"cannot be read ({type(failure).__name__})", path) from None
    named = (attempt.assignment, attempt.student, f"{attempt.number:03}-{attempt.digest[:12]}")
    if not holds(course.secret, _PURPOSE, said, str(found)) or named != folder.parts[-3:]:
        raise _spoilt("was changed: its seal does not hold", path)
    return attempt


def _spoilt(found: str, path: Path) -> CourseError:
    return CourseError(found, str(path), "Restore it from a backup.")
