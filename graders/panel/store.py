"""What a panel must keep and must not tell: openings of seals, drafts, sessions. For the owner only."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from graders.course import Course
from graders.course.files import give_to_owner
from graders.errors import GradebookError
from graders.panel.sealing import Opening

FILE = "panel.db"
_PATIENCE_S = 10.0
_TABLES = """
CREATE TABLE IF NOT EXISTS opening (commitment TEXT PRIMARY KEY, nonce TEXT NOT NULL, said TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS draft (
    candidate TEXT NOT NULL, round TEXT NOT NULL, rater TEXT NOT NULL, began TEXT NOT NULL, said TEXT NOT NULL,
    PRIMARY KEY (candidate, round, rater)
) STRICT;
CREATE TABLE IF NOT EXISTS session (
    digest TEXT PRIMARY KEY, rater TEXT NOT NULL, until TEXT NOT NULL
) STRICT;
"""


class Store:
    """A course's `panel.db`, open.

    Parameters
    ----------
    course : Course
        Whose it is.
    """

    def __init__(self, course: Course) -> None:
        self._path = course.root / FILE
        with self._explained():
            new = not self._path.exists()
            if new:
                self._path.touch(mode=0o600)
            self._db = sqlite3.connect(self._path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA synchronous = FULL")
            for statement in _TABLES.split(";\n"):
                self._db.execute(statement)
        if new:
            give_to_owner(course.root, self._path)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def keep(self, opening: Opening) -> None:
        """Keep what opens a seal: before the seal stands in the ledger, so that no crash leaves one without."""
        row = (opening.commitment, opening.nonce, _text(opening.said))
        self._do("INSERT OR REPLACE INTO opening VALUES (?, ?, ?)", row)

    def opening(self, commitment: str) -> Opening | None:
        """What opens a seal; None if it is not there or cannot be read."""
        row = self._do("SELECT nonce, said FROM opening WHERE commitment = ?", (commitment,)).fetchone()
        if row is None:
            return None
        try:
            said = json.loads(row[1])
        except ValueError:
            return None
        return Opening(row[0], said) if isinstance(said, dict) else None

    def save_draft(self, candidate: str, round_: str, rater: str, said: Mapping[str, Any], at: str) -> None:
        """Keep what a reviewer has written so far; when they began stays."""
        statement = "INSERT INTO draft VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET said = excluded.said"
        self._do(statement, (candidate, round_, rater, at, _text(said)))

    def draft(self, candidate: str, round_: str, rater: str) -> tuple[str, dict[str, Any]]:
        """When a reviewer began, and what they have written so far; empty where nothing is."""
        asked = "SELECT began, said FROM draft WHERE candidate = ? AND round = ? AND rater = ?"
        row = self._do(asked, (candidate, round_, rater)).fetchone()
        return (row[0], json.loads(row[1])) if row else ("", {})

    def begin_session(self, digest: str, rater: str, until: str) -> None:
        """Keep that somebody has come in; only the digest of what their browser holds."""
        self._do("INSERT INTO session VALUES (?, ?, ?)", (digest, rater, until))

    def session(self, digest: str) -> tuple[str, str] | None:
        """Who holds a session, and until when."""
        row = self._do("SELECT rater, until FROM session WHERE digest = ?", (digest,)).fetchone()
        return (row[0], row[1]) if row else None

    def end_session(self, digest: str) -> None:
        """Forget a session."""
        self._do("DELETE FROM session WHERE digest = ?", (digest,))

    def _do(self, statement: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        with self._explained():
            return self._db.execute(statement, values)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as failure:
            do = "See that the file is whole and writable for you, or restore it from a backup."
            raise GradebookError(f"the panel's store: {failure}", str(self._path), do) from failure


def _text(said: Mapping[str, Any]) -> str:
    return json.dumps(dict(said), sort_keys=True, ensure_ascii=False, allow_nan=False)
