"""Is a backup whole, and does everything in it still hold? Every digest and every seal is looked at again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from graders.backup.making import COURSE, GRADEBOOK, PURPOSE, digests
from graders.backup.opening import opened, record_of
from graders.course import receipts
from graders.course.attempts import attempted, attempts, contents
from graders.course.course import Course, load
from graders.course.seal import holds
from graders.errors import AisaError
from graders.gradebook import Gradebook, snapshot
from graders.ledger import FILE as LEDGER
from graders.ledger import Ledger


def verify(place: Path) -> tuple[str, ...]:
    """Look through a backup; nothing of it is changed.

    Parameters
    ----------
    place : Path
        A folder, or an archive.

    Returns
    -------
    tuple of str
        What does not hold, in sentences; empty where all of it does.

    Raises
    ------
    UsageError
        If it is no backup.
    """
    with opened(place) as folder:
        record = record_of(folder, place)
        found = [*_files(folder, record)]
        try:
            course = load(folder / COURSE)
        except AisaError as failure:
            return (*found, str(failure))
        said = {name: value for name, value in record.items() if name != "seal"}
        if not holds(course.secret, PURPOSE, said, str(record.get("seal"))):
            found.append("backup.json was changed: its seal does not hold.")
        with tempfile.TemporaryDirectory(prefix="aisa-backup-") as copy:
            kept = (*_gradebook(course, folder, Path(copy)), *_ledger(course, Path(copy)))
            return (*found, *kept, *_attempts(course), *_receipts(course))


def _files(folder: Path, record: dict[str, object]) -> Iterator[str]:
    known, found = record.get("files"), digests(folder)
    listed = known if isinstance(known, dict) else {}
    for name in sorted({*listed, *found}):
        if name not in found:
            yield f"{name} is missing."
        elif name not in listed:
            yield f"{name} does not belong to it."
        elif found[name] != listed[name]:
            yield f"{name} was changed: its digest differs."


def _gradebook(course: Course, folder: Path, place: Path) -> Iterator[str]:
    """On a copy: an older gradebook is brought up to date when it is opened."""
    if not (folder / GRADEBOOK).is_file():
        return
    copy = Path(shutil.copyfile(folder / GRADEBOOK, place / GRADEBOOK))
    if broken := snapshot.is_whole(copy):
        yield f"{GRADEBOOK} is damaged: {broken}."
        return
    try:
        with Gradebook.open(replace(course, database=f"sqlite:///{copy}")) as gradebook:
            yield from gradebook.broken_seals()
    except AisaError as failure:
        yield str(failure)


def _ledger(course: Course, place: Path) -> Iterator[str]:
    """On a copy, since whoever opens a ledger may write to it."""
    if not (course.root / LEDGER).is_file():
        return
    shutil.copyfile(course.root / LEDGER, place / LEDGER)
    try:
        with Ledger(replace(course, root=place)) as ledger:
            for fault in ledger.faults():
                yield f"Entry {fault.number} of the ledger {fault.what}."
    except AisaError as failure:
        yield str(failure)


def _attempts(course: Course) -> Iterator[str]:
    root = course.root / "attempts"
    for assignment in sorted(path.name for path in root.iterdir()) if root.is_dir() else []:
        try:
            for student in attempted(course, assignment):
                for attempt in attempts(course, student, assignment):
                    contents(course, attempt)
        except AisaError as failure:
            yield str(failure)


def _receipts(course: Course) -> Iterator[str]:
    for path in sorted((course.root / "receipts").rglob("*.json")):
        if not receipts.is_ours(course, path):
            yield f"{path.relative_to(course.root)} is no receipt of this course."
