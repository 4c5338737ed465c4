"""What a student handed in, read once and with suspicion.

What is found wrong is said in one message, and nothing else of the submission is used.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from graders.course import folder
from graders.course.course import Course
from graders.course.settings import STUDENT_ID
from graders.errors import SubmissionError
from graders.records import Flag

NBGRADER_FILES = ("submission_secret.txt", "timestamp.txt")
_LONGEST_RECEIPT = 1024
_MOST_BESIDE = 16 << 20


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
    beside : mapping of str to bytes
        Other files of the student's that lie beside the notebooks when they run: for assignments that no module
        covers, which may need them.
    """

    student: str
    assignment: str
    notebooks: Mapping[str, bytes]
    flags: tuple[Flag, ...] = ()
    timestamp: datetime | None = None
    receipts: Mapping[str, bytes] = field(default_factory=dict)
    beside: Mapping[str, bytes] = field(default_factory=dict)

    def digest(self, notebook: str) -> str:
        """SHA-256 of a notebook, and of the files that lie beside it when it runs; empty where it is missing."""
        content = self.notebooks.get(notebook)
        if content is None:
            return ""
        whole = hashlib.sha256(content)
        for name, other in sorted(self.beside.items()):
            whole.update(f"{name}\0{len(other)}\0".encode() + other)
        return whole.hexdigest()


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
        students = sorted(entry.name for entry in (course.root / "submitted").iterdir())
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
    require_student(course, student, where)
    with folder.explained(where), folder.opened(course.root / "submitted", student, assignment) as here:
        files = dict(folder.walk(here, PurePosixPath(), where, folder.Tally()))
        contents = {name: folder.read(here, f"{name}.ipynb", where) for name in names if f"{name}.ipynb" in files}
        receipts = {name: folder.read(here, name, where)[:_LONGEST_RECEIPT] for name in NBGRADER_FILES if name in files}
        extra = {name: size for name, size in files.items() if name not in wanted and name not in NBGRADER_FILES}
        beside = _beside(here, extra, where) if course.is_foreign(assignment) else {}
    if not contents:
        found = ", ".join(name for name in files if name.endswith(".ipynb")) or "none"
        raise SubmissionError(f"no notebook of {assignment}: expected {', '.join(wanted)}, found {found}", where)
    told = "It lies beside the notebooks when they run." if beside else "It is not used."
    flags = [Flag("extra-file", name, told) for name in extra if not (source / name).is_file()]
    stamp = _timestamp(receipts.get("timestamp.txt", b""))
    if "timestamp.txt" in receipts and stamp is None:
        del receipts["timestamp.txt"]
        flags.append(Flag("timestamp", "timestamp.txt", "It holds no time; the submission counts as in time."))
    return Submission(student, assignment, contents, tuple(flags), stamp, receipts, beside)


def _beside(here: int, sizes: Mapping[str, int], where: str) -> dict[str, bytes]:
    """The other files of a submission, notebooks excepted."""
    if sum(sizes.values()) > _MOST_BESIDE:
        found = f"its files besides the notebooks hold more than {_MOST_BESIDE >> 20} MiB"
        raise SubmissionError(found, where, "Hand in less.")
    contents = {}
    for name in sizes:
        *above, last = PurePosixPath(name).parts
        if not name.endswith(".ipynb"):
            with folder.opened(".", *above, inside=here) as inner:
                contents[name] = folder.read(inner, last, where)
    return contents


def require_student(course: Course, student: str, where: str) -> None:
    """Refuse whoever is no student of a course.

    Parameters
    ----------
    course : Course
        With its roster, which may be empty.
    student : str
        Whose name a folder carries.
    where : str
        What messages call it.

    Raises
    ------
    SubmissionError
        If the name cannot be a student's, or is not on the roster.
    """
    if not STUDENT_ID.fullmatch(student):
        raise SubmissionError(f"{student!r} is no student id", where, "Rename the folder.")
    if course.students and student not in course.students:
        do = "Add the student to course.yaml, or move the folder to the right name."
        raise SubmissionError(f"{student} is not on the roster", where, do)


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
