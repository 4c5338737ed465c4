"""A ledger on disk: a SQLite file whose one table nobody can change or delete from, not even we."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graders.course.course import Course
from graders.course.files import give_to_owner
from graders.errors import GradebookError, UsageError
from graders.ledger.entry import GENESIS, Entry, Fault, chained, faults

FILE = "ledger.db"
"""Where it lies in a course."""

_VERSION = 1
_PATIENCE_S = 10.0
_TABLE = """
CREATE TABLE entry (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
    previous TEXT NOT NULL UNIQUE, digest TEXT NOT NULL UNIQUE, seal TEXT NOT NULL
) STRICT;
CREATE INDEX entry_of_subject ON entry (subject, number);
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER entry_remains BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
"""
_REMEDIES = {
    "locked": "Another program is writing: close it, or wait, and run this again.",
    "readonly": "Make the file and its folder writable for you.",
    "full": "Free some disk space.",
    "malformed": "Restore it from a backup.",
    "not a database": "Restore it from a backup.",
    "unable to open": "Make the file and its folder readable and writable for you.",
}


class Ledger:
    """A course's ledger, open.

    Parameters
    ----------
    course : Course
        Whose it is.
    """

    def __init__(self, course: Course) -> None:
        self._path, self._secret = course.root / FILE, course.secret
        with self._explained():
            made = not self._path.exists()
            self._db = sqlite3.connect(self._path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
            self._prepare()
        if made:
            give_to_owner(course.root, self._path)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def append(self, kind: str, subject: str, body: Mapping[str, Any], at: str = "") -> Entry:
        """Add what happened.

        Parameters
        ----------
        kind, subject : str
            What, and to whom.
        body : mapping of str to Any
            What is known of it: plain data.
        at : str
            When, UTC, as ISO 8601; now, if not said.

        Returns
        -------
        Entry

        Raises
        ------
        GradebookError
            If the ledger cannot be written.
        """
        with self.writing() as write:
            return write(kind, subject, body, at)

    @contextlib.contextmanager
    def writing(self) -> Iterator[_Write]:
        """A transaction: what is read in it stays so until its entries are in, and either all of them are or none.

        Yields
        ------
        callable
            Adds an entry, as `append` does.
        """
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield _Write(self._db, self._secret)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def entries(self, subject: str | None = None, kinds: Sequence[str] = ()) -> tuple[Entry, ...]:
        """What happened, in order.

        Parameters
        ----------
        subject : str or None
            Only what is about this one.
        kinds : sequence of str
            Only entries of these kinds; of all, if empty.

        Returns
        -------
        tuple of Entry
        """
        asked = "SELECT number, at, kind, subject, body, previous, digest, seal FROM entry"
        with self._explained():
            rows = (
                self._db.execute(f"{asked} ORDER BY number")
                if subject is None
                else self._db.execute(f"{asked} WHERE subject = ? ORDER BY number", (subject,))
            ).fetchall()
        found = (Entry(row[0], row[1], row[2], row[3], _body(row[4]), *row[5:]) for row in rows)
        return tuple(one for one in found if not kinds or one.kind in kinds)

    def head(self) -> str:
        """Digest of the last entry: it stands for the whole log."""
        with self._explained():
            return _last(self._db)[1]

    def faults(self) -> tuple[Fault, ...]:
        """What somebody changed in it; nothing, if nobody did."""
        return faults(self.entries(), self._secret)

    def _prepare(self) -> None:
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("BEGIN IMMEDIATE" if _writable(self._path) else "BEGIN")
        try:
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _TABLE.split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {_VERSION}")
            elif version != _VERSION:
                raise GradebookError(f"the ledger is of version {version}, not {_VERSION}", str(self._path))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as failure:
            do = next(
                (remedy for word, remedy in _REMEDIES.items() if word in str(failure)), "See that the file is whole."
            )
            raise GradebookError(f"the ledger: {failure}", str(self._path), do) from failure


class _Write:
    """What adds entries inside a transaction."""

    def __init__(self, db: sqlite3.Connection, secret: bytes) -> None:
        self._db, self._secret = db, secret

    def __call__(self, kind: str, subject: str, body: Mapping[str, Any], at: str = "") -> Entry:
        if not kind or not subject:
            raise UsageError(
                "an entry says what happened, and to whom", where=f"ledger: {kind or '?'}, {subject or '?'}"
            )
        number, previous = _last(self._db)
        said = at or datetime.now(UTC).isoformat(timespec="microseconds")
        one = chained(self._secret, number + 1, said, kind, subject, body, previous)
        text = json.dumps(dict(body), sort_keys=True, ensure_ascii=False, allow_nan=False)
        row = (one.number, one.at, one.kind, one.subject, text, one.previous, one.digest, one.seal)
        self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return one


def _last(db: sqlite3.Connection) -> tuple[int, str]:
    found = db.execute("SELECT number, digest FROM entry ORDER BY number DESC LIMIT 1").fetchone()
    return found or (0, GENESIS)


def _body(text: str) -> dict[str, Any]:
    """What an entry says; what somebody made of it that is no JSON is shown as it is, and its digest will not hold."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"unreadable": text}


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK)
