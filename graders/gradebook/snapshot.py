"""One state of a gradebook, as a SQLite file: also of one that lives in PostgreSQL, and back into it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select

from graders.course.course import Course
from graders.errors import GradebookError, UsageError
from graders.gradebook import tables
from graders.gradebook.database import explained, open_engine

_SQLITE = "sqlite:///"
_PATIENCE_S = 60.0
_AT_A_TIME = 1000


def take(course: Course, place: Path) -> None:
    """Copy a gradebook while others go on working with it.

    Parameters
    ----------
    course : Course
        Whose it is.
    place : Path
        A file that is not there yet.

    Raises
    ------
    GradebookError
        If it cannot be read or written.
    """
    if not course.database.startswith(_SQLITE):
        _copy(course, replace(course, database=f"{_SQLITE}{place}"))
        return
    source = Path(course.database.removeprefix(_SQLITE))
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=_PATIENCE_S)) as old,
            contextlib.closing(sqlite3.connect(place)) as new,
        ):
            old.backup(new, progress=_patience())  # in one step, under a lock that waits for who writes just now
    except sqlite3.Error as failure:
        raise GradebookError(str(failure), str(source), "Wait until nobody writes, or mend its permissions.") from None


def _patience() -> Callable[[int, int, int], None]:
    """SQLite's backup waits for ever where somebody holds the database; this ends it."""
    end = time.monotonic() + _PATIENCE_S

    def look(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > end:
            raise sqlite3.OperationalError("database is locked")

    return look


def put_back(course: Course, place: Path) -> None:
    """Let a new course have the gradebook of a snapshot.

    Parameters
    ----------
    course : Course
        Whose database is empty, or not there yet.
    place : Path
        What `take` wrote.

    Raises
    ------
    UsageError
        If the database holds something already.
    GradebookError
        If it cannot be written.
    """
    if course.database.startswith(_SQLITE):
        target = Path(course.database.removeprefix(_SQLITE))
        if target.exists():
            raise UsageError("is there already", str(target), "Move it away: it would be lost.")
        shutil.copyfile(place, target)
        return
    with tempfile.TemporaryDirectory(prefix="aisa-gradebook-") as folder:  # an older one is brought up to date there
        copy = shutil.copyfile(place, Path(folder, "gradebook.db"))
        _copy(replace(course, database=f"{_SQLITE}{copy}"), course)


def _copy(source: Course, target: Course) -> None:
    """Every row of nbgrader's tables and ours, from one database to another that is empty."""
    old, new = (open_engine(one, _PATIENCE_S) for one in (source, target))
    try:
        with explained(old), explained(new), _one_state(old) as reader, new.begin() as writer:
            everything = _tables()
            _require_empty(writer, everything, target)
            for table in everything:
                _copy_table(reader, writer, table)
            for table in (tables.execution, tables.mark):
                _count_on(writer, table)
    finally:
        old.dispose()
        new.dispose()


def _one_state(engine: Engine) -> contextlib.AbstractContextManager[Connection]:
    level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    return engine.execution_options(reading=True, **level).begin()


def _tables() -> list[Table]:
    """All tables, those first that others refer to, with all of their columns: only nbgrader itself knows them."""
    from nbgrader.api import Base

    theirs: Sequence[Table] = Base.metadata.sorted_tables
    return [tables.alembic_version, *theirs, *tables.ours.sorted_tables]


_MADE_WITH_IT = ("alembic_version", "course", "aisa_schema")
"""Tables that an empty gradebook has rows in."""


def _require_empty(writer: Connection, everything: Sequence[Table], target: Course) -> None:
    for table in everything:
        filled = writer.execute(select(func.count()).select_from(table)).scalar()
        if filled and table.name not in _MADE_WITH_IT:
            do = "Name an empty database in course.yaml."
            raise UsageError(f"the gradebook is not empty: {table.name} has rows", str(target.root), do)
    for table in everything:
        if table.name in _MADE_WITH_IT:
            writer.execute(delete(table))


def _copy_table(reader: Connection, writer: Connection, table: Table) -> None:
    for rows in reader.execute(select(table)).mappings().partitions(_AT_A_TIME):
        writer.execute(insert(table), [dict(row) for row in rows])


def _count_on(writer: Connection, table: Table) -> None:
    """PostgreSQL numbers new rows from a sequence of its own, which does not see the ones that were copied."""
    if writer.dialect.name == "postgresql":
        last = select(func.max(table.c.id)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(table.name, "id")
        writer.execute(select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None))))


def is_whole(place: Path) -> str:
    """What SQLite finds wrong with a file; empty if it is whole.

    Parameters
    ----------
    place : Path
        What `take` wrote.

    Returns
    -------
    str
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{place.as_uri()}?mode=ro", uri=True)) as connection:
            found = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.Error as failure:
        return str(failure)
    return "" if found == "ok" else found
