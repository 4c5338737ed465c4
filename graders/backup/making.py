"""A backup is made: the gradebook in one state, and the files of the course that cannot be made again.

::

    backup.json      what is in it, with digests; sealed
    gradebook.db     the gradebook, as a SQLite file whatever database it lives in
    course/          course.yaml, the secret, source, release, attempts, receipts, submitted, inbox, the ledger,
                     the issuer's keys, capstones, certificates, ...

Graded notebooks, feedback and reports are not in it: `aisa grade`, `feedback` and `report` make them again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from graders import __version__
from graders.course.collection import alone
from graders.course.course import SECRET, SETTINGS, Course
from graders.course.files import explained
from graders.course.seal import seal
from graders.errors import GradebookError, UsageError
from graders.gradebook import snapshot
from graders.ledger import FILE as LEDGER

RECORD, GRADEBOOK, COURSE = "backup.json", "gradebook.db", "course"
PURPOSE = "seal of backups"
ARCHIVES = (".tar.gz", ".tgz")
_FILES = (SETTINGS, "nbgrader_config.py", "README.md", ".gitignore", "issuer.json", "panel.yaml", SECRET.as_posix())
_DATABASES = (LEDGER, "panel.db")  # what the panel did; what its reviewers sealed, and have not opened yet
_FOLDERS = (
    *("source", "release", "attempts", "receipts", "submitted", "inbox", "capstone", "certificates", "panel"),
    *("readiness", ".aisa/replaced", ".aisa/issuer"),
)


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes
    ----------
    course_id : str
    database : str
        Kind of database that the gradebook lives in: `sqlite`, `postgresql`.
    made_at, version : str
        When, UTC, and by which aisa.
    files : mapping of str to str
        Path in the backup -> SHA-256.
    left_out : tuple of str
        Links, pipes and the like that lay among the files.
    """

    course_id: str
    database: str
    made_at: str
    version: str
    files: dict[str, str]
    left_out: tuple[str, ...]


def make(course: Course, place: Path) -> Backup:
    """Make a backup; others may go on working with the course.

    Parameters
    ----------
    course : Course
        What is kept.
    place : Path
        A folder that is not there yet, or is empty; or a file, if it ends in `.tar.gz`.

    Returns
    -------
    Backup

    Raises
    ------
    UsageError
        If something is there already, or students' work is being collected just now.
    GraderError
        If something cannot be read or written; nothing is left behind then.
    """
    place = place.absolute()
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise UsageError("is there already", str(place), "Name another place: a backup is never written over.")
    with explained(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))  # mode 0700: it holds the secret
    try:
        backup = _fill(course, new)
        with explained(place):
            if place.name.endswith(ARCHIVES):
                _pack(new, place)
                shutil.rmtree(new)
            else:
                new.replace(place)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return backup


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by path.

    Parameters
    ----------
    folder : Path
        Of a backup.

    Returns
    -------
    dict of str to str
        Sorted; without the record itself.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    found = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items() if name != RECORD}


def _fill(course: Course, new: Path) -> Backup:
    with alone(course):  # what is collected meanwhile would be half in it
        snapshot.take(course, new / GRADEBOOK)
        with explained(new):
            left_out = tuple(_copy(course.root, new / COURSE))
        for name in _DATABASES:
            if (course.root / name).is_file():
                _copy_database(course.root / name, new / COURSE / name)
    kind = course.database.partition(":")[0].partition("+")[0]
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    with explained(new):
        backup = Backup(course.course_id, kind, moment, __version__, digests(new), left_out)
        said = asdict(backup)
        record = said | {"seal": seal(course.secret, PURPOSE, said)}
        (new / RECORD).write_text(json.dumps(record, indent=2), encoding="utf-8")
    return backup


def _copy(root: Path, target: Path) -> Iterator[str]:
    """Copy the files of a course; links and what is no file are named and left out."""
    for name in (*_FILES, *(path for folder in _FOLDERS for path in _walk(root, root / folder))):
        source, copy = root / name, target / name
        if not os.path.lexists(source):
            continue
        if not stat.S_ISREG(source.lstat().st_mode):
            yield name
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy, follow_symlinks=False)
        shutil.copystat(source, copy, follow_symlinks=False)
    (target / SECRET).parent.chmod(0o700)


def _copy_database(source: Path, target: Path) -> None:
    """One state of it, while others go on writing."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as old,
            contextlib.closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
        target.chmod(stat.S_IMODE(source.stat().st_mode))
    except sqlite3.Error as failure:
        raise GradebookError(str(failure), str(source), "Wait until nobody writes, or mend the file.") from None


def _walk(root: Path, folder: Path) -> Iterator[str]:
    for directory, folders, names in os.walk(folder):
        links = [name for name in folders if Path(directory, name).is_symlink()]
        for name in sorted([*names, *links]):
            yield Path(directory, name).relative_to(root).as_posix()
        folders.sort()


def _pack(folder: Path, place: Path) -> None:
    """One file that only its owner reads."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
            archive.add(folder, arcname=place.name.partition(".")[0])
        Path(name).replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
