"""The gradebook's database, opened: made by nbgrader if it is new, of the right version, with our tables in it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from graders.course.course import Course
from graders.course.files import give_to_owner
from graders.errors import CourseError, GradebookError
from graders.gradebook import tables

_REMEDIES = {
    "locked": "Another program is writing: close it, or wait, and run this again.",
    "readonly": "Make the file and its folder writable for you.",
    "full": "Free some disk space.",
    "not a database": "Restore it from a backup, or move it away to begin anew.",
    "unable to open": "Make the file and its folder readable and writable for you.",
}


def open_engine(course: Course, patience_s: float) -> Engine:
    """Open a course's gradebook.

    Parameters
    ----------
    course : Course
        Whose `database` it is.
    patience_s : float
        How long to wait while another program writes.

    Returns
    -------
    Engine
        Whose transactions take SQLite's write lock at once, so that none of them fails half way.

    Raises
    ------
    GradebookError
        If it cannot be opened, or is of another version.
    """
    url = _url(course)
    engine = _engine(url, patience_s)
    try:
        with explained(engine):
            _prepare(engine, course)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextlib.contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn what a database driver says into one message with a place and a remedy."""
    try:
        yield
    except SQLAlchemyError as failure:
        said = str(getattr(failure, "orig", None) or failure).strip().splitlines()[0]
        do = next((remedy for word, remedy in _REMEDIES.items() if word in said), "See that the database is there.")
        raise GradebookError(said, engine.url.render_as_string(hide_password=True), do) from failure


@contextlib.contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """All or nothing."""
    with explained(engine), engine.begin() as connection:
        yield connection


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One state of the database, which may be read-only."""
    with explained(engine), engine.execution_options(reading=True).begin() as connection:
        yield connection


def _url(course: Course) -> URL:
    try:
        return make_url(course.database)
    except ArgumentError:
        raise CourseError("is no database URL", f"{course.root}: database {course.database!r}") from None


def _engine(url: URL, patience_s: float) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": max(2, int(patience_s))})
        engine = create_engine(url, connect_args={"timeout": patience_s})
    except (ImportError, NoSuchModuleError) as failure:
        raise CourseError(f"the database needs a driver that is not here ({failure})", str(url)) from None
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    return engine


def _leave_transactions_to_us(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]


def _begin(connection: Connection) -> None:
    only_reads = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


# --- what is in it ---------------------------------------------------------------------------------------------


def _prepare(engine: Engine, course: Course) -> None:
    """See that nbgrader's tables and ours are there, and of the versions that we know."""
    theirs = set(tables.nbgrader.tables) - {"alembic_version"}
    if not theirs <= set(inspect(engine).get_table_names()):
        _let_nbgrader_make_it(engine, course)
    with reading(engine) as connection:
        names = set(inspect(connection).get_table_names())
        lacking = "alembic_version" not in names or not _has_course(connection, course.course_id)
        lacking = lacking or _our_version(connection) < tables.VERSION
    if lacking:
        with transaction(engine) as connection:
            _complete(connection, course.course_id)
    with reading(engine) as connection:
        _require_versions(connection)


def _let_nbgrader_make_it(engine: Engine, course: Course) -> None:
    """Its own tables before ours: otherwise nbgrader would think that the database is not new."""
    with _alembic_on_path():
        from nbgrader.api import Gradebook

        Gradebook(engine.url.render_as_string(hide_password=False), course.course_id).close()
    if engine.url.get_backend_name() == "sqlite" and engine.url.database:
        give_to_owner(course.root, Path(engine.url.database))


@contextlib.contextmanager
def _alembic_on_path() -> Iterator[None]:
    """Where `alembic` is found: nbgrader starts it by name, and our interpreter need not be on PATH."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _has_course(connection: Connection, course_id: str) -> bool:
    table = tables.course
    return connection.execute(select(table.c.id).where(table.c.id == course_id)).first() is not None


def _complete(connection: Connection, course_id: str) -> None:
    """Add what a database lacks that nbgrader alone has made, or was killed while making."""
    names = set(inspect(connection).get_table_names())
    if "alembic_version" not in names and not _missing_columns(connection):
        tables.alembic_version.create(connection)
        connection.execute(insert(tables.alembic_version).values(version_num=tables.NBGRADER_REVISION))
    if not _has_course(connection, course_id):
        connection.execute(insert(tables.course).values(id=course_id))
    if _our_version(connection) < tables.VERSION:  # each version has added tables, and changed none
        tables.ours.create_all(connection)
        for statement in tables.guards(connection.dialect.name):
            connection.exec_driver_sql(statement)
        connection.execute(delete(tables.schema))
        connection.execute(insert(tables.schema).values(version=tables.VERSION))


def _our_version(connection: Connection) -> int:
    """Version of our own tables; 0 where there are none."""
    if tables.schema.name not in inspect(connection).get_table_names():
        return 0
    return connection.execute(select(tables.schema.c.version)).scalar() or 0


def _require_versions(connection: Connection) -> None:
    where = connection.engine.url.render_as_string(hide_password=True)
    missing = _missing_columns(connection)
    found = None if missing else connection.execute(select(tables.alembic_version.c.version_num)).scalar()
    if found != tables.NBGRADER_REVISION:
        what = f"lacks {missing[0]}" if missing else f"is of nbgrader's revision {found}"
        do = "Back it up, then run `nbgrader db upgrade` (or update aisa, if the gradebook is newer)."
        raise GradebookError(f"the gradebook {what}, expected revision {tables.NBGRADER_REVISION}", where, do)
    ours = _our_version(connection)
    if ours != tables.VERSION:
        message = f"the evidence tables are of version {ours}, expected {tables.VERSION}"
        raise GradebookError(message, where, "Use the aisa that wrote them, or a newer one.")


def _missing_columns(connection: Connection) -> list[str]:
    """Columns of nbgrader's that we need and that are not there, of the tables that are."""
    look = inspect(connection)
    names = set(look.get_table_names())
    return [
        f"{table.name}.{column}"
        for table in tables.nbgrader.sorted_tables
        if table.name in names
        for column in sorted(set(table.columns.keys()) - {found["name"] for found in look.get_columns(table.name)})
    ]
