"""From the inbox to `submitted/`: everything that is handed in is kept, and gets one receipt.

Something in the inbox stays there until it is safely stored, or for as long as it is refused.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath

from graders.course import inbox as box
from graders.course.attempts import Attempt, attempted, keep
from graders.course.course import Course
from graders.course.deadline import Deadline, duration
from graders.course.files import explained, make_folders
from graders.course.inbox import Item, Sender
from graders.course.receipts import IntakeReceipt, Outcome, write
from graders.course.recognition import Assignment, Recognised
from graders.course.standing import Earned, keep_foreign, settle
from graders.errors import SubmissionError, UsageError


@dataclass(frozen=True, slots=True)
class Handed:
    """An item that could be read: whose it is, and what is in it."""

    item: Item
    sender: Sender
    recognised: Recognised


def collect(
    course: Course,
    assignment: str,
    inbox: Path,
    deadline: Deadline,
    earned: Earned,
    *,
    received: datetime | None = None,
) -> tuple[IntakeReceipt, ...]:
    """Collect what lies in an inbox, and see that of each student the attempt that counts is in `submitted/`.

    Parameters
    ----------
    course : Course
        Where it goes.
    assignment : str
        Slug of the module that it is for.
    inbox : Path
        A folder with one file or folder for each student; what is stored is moved to its `done/`.
    deadline : Deadline
        Of the assignment.
    earned : callable
        Automatic points of an attempt; asked only where the best counts.
    received : datetime, optional
        When it was all handed in, naive UTC; the files' own times, if not given.

    Returns
    -------
    tuple of IntakeReceipt
        One for each item, sorted by its name; each is written under `receipts/` too.

    Raises
    ------
    CourseError
        If there is no such assignment or inbox, or an attempt was changed.
    GraderError
        If something cannot be written; what was collected before is stored, the rest is in the inbox.
    """
    expected = Assignment(course, assignment)
    with alone(course):
        run = _Run(course, expected, inbox, deadline, earned)
        found = box.items(inbox, datetime.now(UTC).replace(tzinfo=None))
        receipts = run.receipts([replace(item, modified=received or item.modified) for item in found])
        for student in attempted(course, assignment):
            with contextlib.suppress(SubmissionError):  # it is refused when it is graded
                settle(course, student, assignment, deadline, earned)
    return tuple(sorted(receipts, key=lambda receipt: receipt.item))


@dataclass(frozen=True, slots=True)
class _Run:
    """One look into an inbox."""

    course: Course
    assignment: Assignment
    inbox: Path
    deadline: Deadline
    earned: Earned

    def receipts(self, items: Sequence[Item]) -> list[IntakeReceipt]:
        """Read every item, then store each student's together."""
        told: list[IntakeReceipt] = []
        handed: dict[str, list[Handed]] = {}
        for item in items:
            one = self._read(item)
            if isinstance(one, IntakeReceipt):
                told.append(one)
            else:
                handed.setdefault(one.sender.student, []).append(one)
        for student, theirs in handed.items():
            try:
                self._require_one_of_the_name(student, handed)
                told += self._store(student, theirs)
            except SubmissionError as refusal:
                told += [self._refused(one.item, student, refusal) for one in theirs]
        return told

    def _require_one_of_the_name(self, student: str, others: Collection[str]) -> None:
        """Where there is no roster, two who differ in case are one on some machine or other."""
        known = set() if self.course.students else {*others, *attempted(self.course, self.assignment.slug)}
        twins = sorted(one for one in known - {student} if one.casefold() == student.casefold())
        if twins:
            do = "List the students in course.yaml, or name the file after the right one."
            raise SubmissionError(f"{student} and {twins[0]} differ in case alone", "inbox", do)

    def _read(self, item: Item) -> Handed | IntakeReceipt:
        student = ""
        try:
            sender = box.sender(self.course, item)
            student = sender.student
            recognised = self.assignment.recognise(box.read(self.inbox, item.name), item.name)
        except SubmissionError as refusal:
            return self._refused(item, student, refusal)
        return Handed(item, sender, recognised)

    def _refused(self, item: Item, student: str, refusal: SubmissionError) -> IntakeReceipt:
        """It stays in the inbox, for somebody to look at."""
        name = item.name.encode("utf-8", "replace").decode()
        said = (str(refusal),)
        receipt = IntakeReceipt(self.assignment.slug, name, student, "refused", None, _iso(item.modified), {}, said)
        write(self.course, receipt)
        return receipt

    def _store(self, student: str, handed: Sequence[Handed]) -> list[IntakeReceipt]:
        """Keep what one student handed in, place it, write the receipts; only then the originals move."""
        slug = self.assignment.slug
        notebooks = _together(handed)
        keep_foreign(self.course, student, slug)
        names = [one.item.name for one in handed]
        moment = max(one.sender.received for one in handed)
        attempt, new = keep(self.course, student, slug, notebooks, moment, names)
        counts, _ = settle(self.course, student, slug, self.deadline, self.earned)
        receipts = [self._stored(one, attempt, counts, new) for one in handed]
        for receipt in receipts:
            write(self.course, receipt)
        for one in handed:
            self._move_to_done(one.item.name)
        return receipts

    def _stored(self, one: Handed, attempt: Attempt, counts: Attempt, new: bool) -> IntakeReceipt:
        outcome: Outcome = "accepted" if attempt.number == 1 else "replaced"
        if counts.number != attempt.number:
            outcome = "kept"
        details = [*self._of_time(attempt), *one.recognised.notes]
        if outcome == "kept":
            details.insert(0, self._why_not(counts))
        if attempt.carried:
            files = ", ".join(f"{name}.ipynb" for name in attempt.carried)
            details.append(f"Not handed in again, so as in the attempt before: {files}.")
        if missing := [f"{name}.ipynb" for name in self.assignment.notebooks if name not in attempt.notebooks]:
            details.append(f"Not handed in yet: {', '.join(missing)}.")
        return IntakeReceipt(
            assignment=attempt.assignment,
            item=one.item.name,
            student=attempt.student,
            outcome=outcome if new else "unchanged",
            attempt=attempt.number,
            received=attempt.received,
            notebooks={f"{name}.ipynb": digest for name, digest in attempt.notebooks.items()},
            details=tuple(details),
        )

    def _of_time(self, attempt: Attempt) -> list[str]:
        late = self.deadline.lateness(attempt.student, attempt.received_at)
        if not late:
            return []
        costs = {"none": "it costs nothing", "zero": "the late rule takes all of its points"}
        return [f"Late by {duration(late)}: {costs.get(self.course.late, 'the late rule takes points')}."]

    def _why_not(self, counts: Attempt) -> str:
        if self.course.attempts == "first":
            return f"The first attempt counts: number {counts.number}."
        if self.course.attempts == "best":
            return f"The best attempt counts, so far number {counts.number}."
        return f"Attempt {counts.number} counts: it came in time."

    def _move_to_done(self, name: str) -> None:
        """Under its own name, or one with a number where an earlier attempt has that."""
        done = self.inbox / box.DONE
        path = PurePath(name)
        with explained(done):
            make_folders(self.course.root, done)
            number, place = 1, done / name
            while place.exists() or place.is_symlink():
                number += 1
                place = done / f"{path.stem} ({number}){path.suffix}"
            (self.inbox / name).rename(place)


def _together(handed: Sequence[Handed]) -> dict[str, bytes]:
    """The notebooks of several items of one student, which must not speak against each other."""
    found: dict[str, tuple[str, bytes]] = {}
    for one in handed:
        for name, content in one.recognised.notebooks.items():
            item, other = found.setdefault(name, (one.item.name, content))
            if other != content:
                do = "Leave the one that counts in the inbox."
                raise SubmissionError(f"{item} and {one.item.name} both hold a {name}.ipynb", one.sender.student, do)
    return {name: content for name, (_, content) in found.items()}


@contextlib.contextmanager
def alone(course: Course) -> Iterator[None]:
    """Collect, or look at what is collected, while nobody else collects.

    Parameters
    ----------
    course : Course
        Whose inbox it is.

    Raises
    ------
    UsageError
        If somebody does just now.
    """
    path = course.root / ".aisa" / "collecting"
    with explained(path), path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError("is collected already by another program", str(course.root), "Wait for it.") from None
        yield


def _iso(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="microseconds")
