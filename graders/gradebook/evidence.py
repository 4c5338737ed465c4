"""What stands behind a score: every execution with its exercises, checks and flags, appended and never changed."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, select

from graders.errors import GraderError
from graders.gradebook import tables as t
from graders.gradebook.seal import Execution, seal
from graders.records import CheckResult, ExerciseResult, Flag, NotebookResult, WrittenAnswer


@dataclass(frozen=True, slots=True)
class Kept:
    """An execution as it was read back, whether its seal holds, and its number in the evidence tables."""

    execution: Execution
    sealed: bool
    number: int


def require_possible(result: NotebookResult) -> None:
    """See that nobody has more points than there are, or fewer than none.

    Parameters
    ----------
    result : NotebookResult
        Not yet written anywhere.

    Raises
    ------
    GraderError
        If a check or the scoring is at fault.
    """
    for exercise in result.exercises:
        if not 0.0 <= exercise.points <= exercise.max_points:  # NaN, too, is not between them
            found = f"{exercise.points!r} points of {exercise.max_points!r}"
            raise GraderError(f"{exercise.exercise} was given {found}", do="This is a fault of a check or of scoring.")


def append(connection: Connection, secret: bytes, execution: Execution) -> None:
    """Write an execution down for good.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    secret : bytes
        The course's.
    execution : Execution
        What happened.
    """
    execution = _plain(execution)
    result = execution.result
    row = {
        "student": execution.student,
        "assignment": execution.assignment,
        "notebook": result.notebook,
        "submitted_digest": result.submitted_digest,
        "context_digest": result.context_digest,
        "unsafe": json.dumps(result.unsafe),
        "graded_at": execution.graded_at,
        "seal": seal(secret, execution),
    }
    written = connection.execute(insert(t.execution), row)
    assert written.inserted_primary_key is not None  # noqa: S101  both databases return it
    key = written.inserted_primary_key[0]
    _append_parts(connection, key, t.exercise_result, (_exercise_row(one) for one in result.exercises))
    checks = (_check_row(one.exercise, check) for one in result.exercises for check in one.checks)
    _append_parts(connection, key, t.check_result, checks)
    flags = ({"kind": flag.kind, "place": flag.where, "detail": flag.detail} for flag in result.flags)
    _append_parts(connection, key, t.flag, flags)
    _append_parts(connection, key, t.written_answer, (_written_row(one) for one in result.written))


def latest(connection: Connection, assignment: str, secret: bytes) -> dict[tuple[str, str], Kept]:
    """The last execution of each student's notebook.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    assignment : str
        Slug of the module.
    secret : bytes
        The course's, to check the seals.

    Returns
    -------
    dict
        By student and notebook.
    """
    table = t.execution
    last = (
        select(func.max(table.c.id))
        .where(table.c.assignment == assignment)
        .group_by(table.c.student, table.c.notebook)
        .scalar_subquery()
    )
    return {(one.execution.student, one.execution.result.notebook): one for one in _kept(connection, last, secret)}


def every(connection: Connection, secret: bytes) -> Iterator[Kept]:
    """All executions that there ever were.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    secret : bytes
        The course's, to check the seals.

    Yields
    ------
    Kept
        Student by student.
    """
    for student in list(connection.execute(select(t.execution.c.student).distinct()).scalars()):
        theirs = select(t.execution.c.id).where(t.execution.c.student == student).scalar_subquery()
        yield from _kept(connection, theirs, secret)


def _kept(connection: Connection, keys: Any, secret: bytes) -> Iterator[Kept]:
    table = t.execution
    rows = connection.execute(select(table).where(table.c.id.in_(keys)).order_by(table.c.student, table.c.notebook))
    parts = [_by_execution(connection, part, keys) for part in _PARTS]
    for row in rows:
        result = _result(row, *(part.get(row.id, []) for part in parts))
        execution = Execution(row.student, row.assignment, result, row.graded_at)
        yield Kept(execution, hmac.compare_digest(seal(secret, execution), row.seal), row.id)


def hints(connection: Connection, assignment: str) -> Counter[tuple[str, str]]:
    """How often a known mistake was named: once for each file that somebody handed in with it.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    assignment : str
        Slug of the module.

    Returns
    -------
    Counter
        By exercise and misconception.
    """
    named = (
        select(
            t.execution.c.student,
            t.execution.c.submitted_digest,
            t.exercise_result.c.exercise,
            t.exercise_result.c.misconception,
        )
        .join(t.execution, t.execution.c.id == t.exercise_result.c.execution)
        .where(t.execution.c.assignment == assignment, t.exercise_result.c.misconception != "")
        .distinct()
    )
    return Counter((row.exercise, row.misconception) for row in connection.execute(named))


# --- writing ----------------------------------------------------------------------------------------------------


def _append_parts(connection: Connection, key: int, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    numbered = [{"execution": key, "position": position, **row} for position, row in enumerate(rows)]
    if numbered:
        connection.execute(insert(table), numbered)


def _exercise_row(result: ExerciseResult) -> dict[str, Any]:
    names = ("exercise", "points", "max_points", "misconception", "hint", "digest")
    return {name: getattr(result, name) for name in names}


def _written_row(answer: WrittenAnswer) -> dict[str, Any]:
    return {"exercise": answer.exercise, "max_points": answer.max_points, "digest": answer.digest}


def _check_row(exercise: str, check: CheckResult) -> dict[str, Any]:
    names = ("name", "message", "weight", "kept", "counted", "reason")
    return {"exercise": exercise} | {name: getattr(check, name) for name in names}


def _plain(execution: Execution) -> Execution:
    """The same with numbers as floats and text that every database can hold, so that it reads back as it was sealed."""
    result = execution.result
    exercises = tuple(
        replace(
            one,
            points=float(one.points),
            max_points=float(one.max_points),
            misconception=text(one.misconception),
            hint=text(one.hint),
            checks=tuple(replace(check, weight=float(check.weight), reason=text(check.reason)) for check in one.checks),
        )
        for one in result.exercises
    )
    flags = tuple(Flag(text(flag.kind)[:64], text(flag.where), text(flag.detail)) for flag in result.flags)
    written = tuple(replace(one, max_points=float(one.max_points)) for one in result.written)
    return replace(execution, result=replace(result, exercises=exercises, flags=flags, document=None, written=written))


def text(said: str) -> str:
    """The same without NUL and halves of surrogate pairs: PostgreSQL refuses the one, UTF-8 the other."""
    return said.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


# --- reading -----------------------------------------------------------------------------------------------------

_PARTS = (t.exercise_result, t.check_result, t.flag, t.written_answer)


def _by_execution(connection: Connection, table: Table, keys: Any) -> dict[int, list[Row[Any]]]:
    chosen = select(table).where(table.c.execution.in_(keys)).order_by(table.c.execution, table.c.position)
    return {key: list(rows) for key, rows in groupby(connection.execute(chosen), lambda row: int(row.execution))}


def _result(
    row: Row[Any],
    exercises: list[Row[Any]],
    checks: list[Row[Any]],
    flags: list[Row[Any]],
    written: list[Row[Any]],
) -> NotebookResult:
    by_exercise: dict[str, list[CheckResult]] = {}
    for check in checks:
        found = CheckResult(
            check.name, check.message, check.weight, bool(check.kept), bool(check.counted), check.reason
        )
        by_exercise.setdefault(check.exercise, []).append(found)
    return NotebookResult(
        notebook=row.notebook,
        exercises=tuple(
            ExerciseResult(
                one.exercise,
                one.points,
                one.max_points,
                tuple(by_exercise.get(one.exercise, ())),
                one.misconception,
                one.hint,
                one.digest,
            )
            for one in exercises
        ),
        flags=tuple(Flag(flag.kind, flag.place, flag.detail) for flag in flags),
        document=None,
        submitted_digest=row.submitted_digest,
        context_digest=row.context_digest,
        unsafe=tuple(json.loads(row.unsafe)),
        written=tuple(WrittenAnswer(one.exercise, one.max_points, one.digest) for one in written),
    )
