"""What a student handed in, read once and with suspicion.

The folder is walked by descriptors that never follow a link, so that nothing can be swapped between looking and
reading. Sizes are looked at before contents. What is found wrong is said in one message, and nothing else of the
submission is used.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import stat
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from graders.course.course import Course
from graders.course.settings import STUDENT_ID
from graders.errors import SubmissionError
from graders.records import Flag

LARGEST_NOTEBOOK = 20 << 20
LARGEST_FOLDER = 200 << 20
MOST_FILES = 1000
DEEPEST_FOLDER = 5
DEEPEST_JSON = 32
LONGEST_CELL = 2 << 20
MOST_CELLS = 2000
_LONGEST_NAME = 128
_SCHEMA = "3"

_NBGRADER_FILES = ("submission_secret.txt", "timestamp.txt")
_LONGEST_RECEIPT = 1024

_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_WALK = _READ | getattr(os, "O_DIRECTORY", 0)


@dataclass(frozen=True, slots=True)
class Submission:
    """What one student handed in for one assignment.

    Attributes
    ----------
    student, assignment : str
    notebooks : mapping of str to bytes
        The assignment's notebooks that are there, by name without extension, unread.
    flags : tuple of Flag
        Files that are no part of the assignment; they are not used.
    timestamp : datetime or None
        When it was handed in, naive UTC, as nbgrader's `timestamp.txt` says.
    receipts : mapping of str to bytes
        The small files by which nbgrader knows a submission again, as they are.
    """

    student: str
    assignment: str
    notebooks: Mapping[str, bytes]
    flags: tuple[Flag, ...] = ()
    timestamp: datetime | None = None
    receipts: Mapping[str, bytes] = field(default_factory=dict)


def submitted_students(course: Course, assignment: str) -> list[str]:
    """Who handed something in for an assignment.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        Slug of the module.

    Returns
    -------
    list of str
        Names of folders under `submitted/`, sorted; whether they are students is for `read_submission` to say.
    """
    with contextlib.suppress(FileNotFoundError):
        students = sorted(folder.name for folder in (course.root / "submitted").iterdir())
        return [student for student in students if os.path.lexists(course.submitted(student, assignment))]
    return []


def read_submission(
    course: Course, student: str, assignment: str, *, expected: Collection[str] | None = None
) -> Submission:
    """Read one submission, once.

    Parameters
    ----------
    course : Course
        The course; only students of its roster are read.
    student : str
        The student's id.
    assignment : str
        Slug of the module.
    expected : collection of str, optional
        Names of the assignment's notebooks, without extension; those that lie in its source folder, if not given.

    Returns
    -------
    Submission

    Raises
    ------
    SubmissionError
        If anything about the folder is not as it must be; the message says what.
    """
    where = f"submitted/{student}/{assignment}"
    source = course.source(assignment)
    names = sorted(path.stem for path in source.glob("*.ipynb")) if expected is None else sorted(expected)
    wanted = [f"{name}.ipynb" for name in names]
    _require_student(course, student, where)
    with _explained(where), _folder(course.root / "submitted", student, assignment) as folder:
        files = dict(_walk(folder, PurePosixPath(), where, _Tally()))
        contents = {name: _read(folder, f"{name}.ipynb", where) for name in names if f"{name}.ipynb" in files}
        receipts = {name: _read(folder, name, where)[:_LONGEST_RECEIPT] for name in _NBGRADER_FILES if name in files}
    if not contents:
        found = ", ".join(name for name in files if name.endswith(".ipynb")) or "none"
        raise SubmissionError(f"no notebook of {assignment}: expected {', '.join(wanted)}, found {found}", where)
    extra = [name for name in files if name not in wanted and name not in _NBGRADER_FILES]
    flags = [Flag("extra-file", name, "It is not used.") for name in extra if not (source / name).is_file()]
    stamp = _timestamp(receipts.get("timestamp.txt", b""))
    if "timestamp.txt" in receipts and stamp is None:
        del receipts["timestamp.txt"]
        flags.append(Flag("timestamp", "timestamp.txt", "It holds no time; the submission counts as in time."))
    return Submission(student, assignment, contents, tuple(flags), stamp, receipts)


def parse_notebook(content: bytes, where: str = "") -> dict[str, Any]:
    """Read a notebook's JSON and look whether it is one.

    Parameters
    ----------
    content : bytes
        The file.
    where : str
        What messages call it.

    Returns
    -------
    dict
        A notebook of nbformat 4: its cells are objects with a type and text. Nothing else about it is certain.

    Raises
    ------
    SubmissionError
        If it is no JSON, no notebook, of an old format, or made to be a burden.
    """
    if len(content) > LARGEST_NOTEBOOK:
        raise _too_large(len(content), where)
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError) as failure:
        reason = "it is nested too deeply" if isinstance(failure, RecursionError) else str(failure)
        raise SubmissionError(f"is not JSON ({reason})", where, "Save it again in JupyterLab.") from None
    if _depth_exceeds(notebook, DEEPEST_JSON):
        raise SubmissionError(f"is nested more than {DEEPEST_JSON} levels deep", where)
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise SubmissionError("is JSON, but not a notebook", where, "Hand in the .ipynb file that was released.")
    if notebook["nbformat"] != 4:
        found = notebook["nbformat"]
        raise SubmissionError(f"is of nbformat {found}, expected 4", where, "Save it with JupyterLab 3 or newer.")
    _require_cells(notebook.get("cells"), where)
    _require_schema(notebook["cells"], where)
    return notebook


# --- the folder ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """What a walk has met so far."""

    files: int = 0
    size: int = 0


def _require_student(course: Course, student: str, where: str) -> None:
    if not STUDENT_ID.fullmatch(student):
        raise SubmissionError(f"{student!r} is no student id", where, "Rename the folder.")
    if course.students and student not in course.students:
        do = "Add the student to course.yaml, or move the folder to the right name."
        raise SubmissionError(f"{student} is not on the roster", where, do)


@contextlib.contextmanager
def _folder(root: Path | str, *parts: str, inside: int | None = None) -> Iterator[int]:
    """Descriptor of a folder, reached from `root` without following a link."""
    here = os.open(root, _WALK, dir_fd=inside)
    try:
        for part in parts:
            below = os.open(part, _WALK, dir_fd=here)
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


def _walk(folder: int, at: PurePosixPath, where: str, tally: _Tally) -> Iterator[tuple[str, int]]:
    """Path and size of every file that is not hidden; refuses links, devices, odd names, too much of anything."""
    for name in sorted(os.listdir(folder)):
        path = at / name
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        tally.files, tally.size = tally.files + 1, tally.size + found.st_size
        _require_decent(path, found, where, tally)
        if stat.S_ISREG(found.st_mode) and not name.startswith("."):
            yield str(path), found.st_size
        elif stat.S_ISDIR(found.st_mode) and not name.startswith("."):
            with _folder(name, inside=folder) as below:
                yield from _walk(below, path, where, tally)


def _require_decent(path: PurePosixPath, found: os.stat_result, where: str, tally: _Tally) -> None:
    odd = any(unicodedata.category(character)[0] == "C" for character in path.name)
    if odd or "\\" in path.name or len(path.name) > _LONGEST_NAME:
        raise SubmissionError(f"a file has an odd name: {str(path)[:_LONGEST_NAME]!r}", where, "Rename it.")
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "neither a file nor a folder"
        raise SubmissionError(f"{path} is {kind}", where, "Hand in the file itself.")
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:  # of a source notebook, perhaps: it would earn all points
        raise SubmissionError(f"{path} is a second name (hard link) of another file", where, "Hand in a copy of it.")
    if tally.files > MOST_FILES or tally.size > LARGEST_FOLDER or len(path.parts) > DEEPEST_FOLDER:
        limits = f"{MOST_FILES} files, {LARGEST_FOLDER >> 20} MiB, {DEEPEST_FOLDER} levels"
        raise SubmissionError(f"the folder holds more than {limits} (at {path})", where, "Hand in the notebooks only.")


def _read(folder: int, name: str, where: str) -> bytes:
    """The content of a file that is none but a file, and not too large."""
    with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise SubmissionError(f"{name} is not a file", where)
        content = file.read(LARGEST_NOTEBOOK + 1) if found.st_size <= LARGEST_NOTEBOOK else b""
    if max(found.st_size, len(content)) > LARGEST_NOTEBOOK:
        raise _too_large(max(found.st_size, len(content)), f"{where}/{name}")
    return content


def _too_large(size: int, where: str) -> SubmissionError:
    found, limit = size / (1 << 20), LARGEST_NOTEBOOK >> 20
    do = "Clear its outputs, save it, and hand it in again."
    return SubmissionError(f"is {found:.0f} MiB large, at most {limit} are read", where, do)


@contextlib.contextmanager
def _explained(where: str) -> Iterator[None]:
    """Turn what the operating system says about a submission into one message."""
    try:
        yield
    except OSError as failure:
        if failure.errno in (errno.ELOOP, errno.ENOTDIR):
            raise SubmissionError("is a link, or no folder", where, "Hand in the file itself.") from None
        reason = failure.strerror or str(failure)
        raise SubmissionError(f"cannot be read ({reason})", where, "Mend its permissions.") from None


def _timestamp(content: bytes) -> datetime | None:
    """Naive UTC of nbgrader's `2026-02-03 15:58:23.948203 UTC`; the zone may be a name, an offset, or missing."""
    parts = content.decode("utf-8", "replace").split()
    try:
        moment = datetime.fromisoformat(" ".join(parts[:2]))
        zone = _zone(parts[2]) if len(parts) == 3 else moment.tzinfo
        return moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) if zone else moment
    except (ValueError, OverflowError, OSError, LookupError):
        return None


def _zone(text: str) -> tzinfo:
    if text in ("UTC", "GMT", "Z"):
        return UTC
    if re.fullmatch(r"[+-]\d{4}", text):
        minutes = int(text[1:3]) * 60 + int(text[3:])
        return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
    return ZoneInfo(text)


# --- the notebook ---------------------------------------------------------------------------------------------


def _depth_exceeds(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True


def _require_cells(cells: object, where: str) -> None:
    if not isinstance(cells, list) or len(cells) > MOST_CELLS:
        found = f"{len(cells)} cells" if isinstance(cells, list) else "no list of cells"
        raise SubmissionError(f"has {found}, expected 0 to {MOST_CELLS}", where)
    for number, cell in enumerate(cells, start=1):
        source = cell.get("source") if isinstance(cell, dict) else None
        lines = source if isinstance(source, list) else [source]
        if not isinstance(cell, dict) or not all(isinstance(line, str) for line in lines):
            raise SubmissionError(f"cell {number} is no notebook cell", where, "Save it again in JupyterLab.")
        if sum(map(len, lines)) > LONGEST_CELL:
            raise SubmissionError(f"cell {number} holds more than {LONGEST_CELL >> 20} MiB of text", where)


def _require_schema(cells: list[dict[str, Any]], where: str) -> None:
    """Refuse what an nbgrader of other times released; one odd cell is the student's, and is rebuilt."""
    said = [cell["metadata"].get("nbgrader") for cell in cells if isinstance(cell.get("metadata"), dict)]
    versions = {str(one.get("schema_version", 0)) for one in said if isinstance(one, dict) and one}
    if versions and _SCHEMA not in versions:
        found = ", ".join(sorted(versions))[:40]
        do = "Run `nbgrader update` on it, or hand in the notebook that was released."
        raise SubmissionError(f"carries nbgrader metadata of schema {found}, expected {_SCHEMA}", where, do)
