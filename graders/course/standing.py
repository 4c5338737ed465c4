"""Which of a student's attempts counts, and that it is what lies in `submitted/`, where nbgrader looks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from graders.course.attempts import Attempt, attempts, contents, keep
from graders.course.course import Course
from graders.course.deadline import Deadline
from graders.course.files import explained, give_to_owner, make_folders
from graders.course.intake import read_submission

Earned = Callable[[Attempt], float | None]
"""Automatic points of an attempt; None where it is not graded yet."""

_STAMP = "timestamp.txt"


def counting(course: Course, kept: Sequence[Attempt], deadline: Deadline, earned: Earned) -> Attempt:
    """Of all attempts of one student, the one that counts.

    An attempt that would lose all its points for being late never counts before one in time. Where the best counts,
    an attempt that is not graded yet comes first: it must be graded to be compared.

    Parameters
    ----------
    course : Course
        Says which counts: the first, the last or the best.
    kept : sequence of Attempt
        All of them; at least one.
    deadline : Deadline
        Of the assignment.
    earned : callable
        Automatic points of an attempt.

    Returns
    -------
    Attempt
    """
    in_time = [one for one in kept if not deadline.lateness(one.student, one.received_at)]
    eligible = in_time if course.late == "zero" and in_time else list(kept)
    if course.attempts == "first":
        return eligible[0]
    if course.attempts == "best":
        points = {one.number: earned(one) for one in eligible}
        waiting = [one for one in eligible if points[one.number] is None]
        return waiting[-1] if waiting else max(eligible, key=lambda one: (points[one.number] or 0.0, one.number))
    return eligible[-1]


def settle(course: Course, student: str, assignment: str, deadline: Deadline, earned: Earned) -> tuple[Attempt, bool]:
    """See that the attempt that counts is the one in `submitted/`.

    Parameters
    ----------
    course : Course
        Whose files they are.
    student : str
        Who has handed something in.
    assignment : str
        Slug of the module.
    deadline : Deadline
        Of the assignment.
    earned : callable
        Automatic points of an attempt.

    Returns
    -------
    (Attempt, bool)
        The one that counts, and whether another one lay there before.

    Raises
    ------
    SubmissionError
        If something lies in `submitted/` that cannot be read.
    GraderError
        If it cannot be written.
    CourseError
        If an attempt was changed.
    """
    keep_foreign(course, student, assignment)
    attempt = counting(course, attempts(course, student, assignment), deadline, earned)
    files = {f"{name}.ipynb": content for name, content in contents(course, attempt).items()}
    files[_STAMP] = f"{attempt.received} UTC".encode()
    place = course.submitted(student, assignment)
    if all((place / name).is_file() and (place / name).read_bytes() == content for name, content in files.items()):
        return attempt, False
    _put(course, place, files)
    return attempt, True


def keep_foreign(course: Course, student: str, assignment: str) -> None:
    """Keep what lies in `submitted/` and is no attempt yet: nbgrader or somebody put it there.

    Parameters
    ----------
    course : Course
        Whose files they are.
    student : str
        An id of the roster.
    assignment : str
        Slug of the module.

    Raises
    ------
    SubmissionError
        If it cannot be read: then somebody must look at it before anything takes its place.
    """
    place = course.submitted(student, assignment)
    if not place.exists():
        return
    found = read_submission(course, student, assignment, expected=course.module(assignment).notebooks)
    known = [contents(course, one) for one in attempts(course, student, assignment)]
    if dict(found.notebooks) not in known:
        received = found.timestamp or datetime.fromtimestamp(place.stat().st_mtime, UTC).replace(tzinfo=None)
        keep(course, student, assignment, found.notebooks, received, (f"submitted/{student}/{assignment}",))


def _put(course: Course, place: Path, files: dict[str, bytes]) -> None:
    """Let a folder hold these files and no others; whoever looks sees the old ones, or none, or the new ones."""
    with explained(place):
        make_folders(course.root, place.parent)
        for left in place.parent.glob(f".{place.name}.*"):  # of a run that was killed
            shutil.rmtree(left)
        new = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}.new."))
        for name, content in files.items():
            (new / name).write_bytes(content)
            (new / name).chmod(0o644)
            give_to_owner(course.root, new / name)
        new.chmod(0o755)
        give_to_owner(course.root, new)
        if place.exists():
            _move_aside(course, place)
        new.rename(place)


def _move_aside(course: Course, place: Path) -> None:
    """What gives way to another attempt is kept as one itself; other files beside it go where nobody grades them."""
    ours = [path for path in place.iterdir() if path.suffix == ".ipynb" or path.name == _STAMP]
    if len(ours) == len(list(place.iterdir())):
        old = place.with_name(f".{place.name}.old.{place.stat().st_ino}")
        place.rename(old)
        shutil.rmtree(old)
        return
    folder = course.root / ".aisa" / "replaced" / place.relative_to(course.root)
    make_folders(course.root, folder)
    place.rename(folder / f"{len(list(folder.iterdir())) + 1:03}")
