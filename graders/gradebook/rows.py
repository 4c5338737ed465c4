"""Rows of one submission in nbgrader's tables, written in place: the same rows, whoever grades and however often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, RowMapping, Table, Update, bindparam, insert, select, update

from graders.course.intake import Submission
from graders.gradebook import tables as t
from graders.gradebook.known import seconds_late
from graders.gradebook.late import LateRule
from graders.gradebook.released import Released, ReleasedCell
from graders.gradebook.scores import auto_comments, auto_scores
from graders.records import NotebookResult

Row = dict[str, Any]


def write_rows(
    connection: Connection,
    known: Released,
    submission: Submission,
    results: Sequence[NotebookResult],
    late_rule: LateRule,
) -> dict[str, float | None]:
    """Write what nbgrader would have written for these results.

    Rows that are missing are made as nbgrader makes them, all of a submission at once; those that are there keep their
    ids, and whatever a marker gave by hand.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    known : Released
        The assignment.
    submission : Submission
        Whose rows.
    results : sequence of NotebookResult
        Of some or all of its notebooks.
    late_rule : callable
        What is taken off for being late.

    Returns
    -------
    dict of str to float or None
        What is taken off each of these notebooks because it came late.
    """
    _make_student(connection, submission.student)
    submitted, late_s = _submitted_assignment(connection, known, submission)
    notebooks = _submitted_notebooks(connection, known, submitted)
    grades, comments = (_cell_rows(connection, known, notebooks, submitted, table) for table in (t.grade, t.comment))
    for result in results:
        mine = [cell for cell in known.cells if cell.notebook == result.notebook]
        _set_scores(mine, grades.by_key, result)
        if result.document is not None:
            _set_comments(mine, comments.by_key, result)
            score = _total(mine, grades.by_key)
            notebooks.by_key[known.notebooks[result.notebook]][_PENALTY] = late_rule(submission.student, score, late_s)
    for rows in (notebooks, grades, comments):
        rows.save(connection)
    return {one.notebook: notebooks.by_key[known.notebooks[one.notebook]][_PENALTY] for one in results}


def write_penalties(connection: Connection, known: Released, submission: Submission, late_rule: LateRule) -> None:
    """Write what is taken off a submission that came late, and nothing else: its scores stand.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    known : Released
        The assignment.
    submission : Submission
        Whose rows; they are there already.
    late_rule : callable
        What is taken off for being late.
    """
    submitted, late_s = _submitted_assignment(connection, known, submission)
    notebooks = _submitted_notebooks(connection, known, submitted)
    grades = _cell_rows(connection, known, notebooks, submitted, t.grade)
    for name in submission.notebooks:
        mine = [cell for cell in known.cells if cell.notebook == name]
        score = _total(mine, grades.by_key)
        notebooks.by_key[known.notebooks[name]][_PENALTY] = late_rule(submission.student, score, late_s)
    notebooks.save(connection)


# --- values ---------------------------------------------------------------------------------------------------


def _set_scores(mine: Sequence[ReleasedCell], grades: Mapping[str, Row], result: NotebookResult) -> None:
    """Automatic scores; a cell that a human has marked before wants to be looked at again."""
    scores = {} if result.document is None else auto_scores(result)
    for cell in mine:
        if not cell.graded:
            continue
        row = grades[cell.id]
        if result.document is None:
            row["auto_score"], row["needs_manual_grade"] = 0.0, False
        elif cell.kind == "GradeCell" and cell.name in scores:
            row["auto_score"] = scores[cell.name]
            row["needs_manual_grade"] = row["auto_score"] is None or row["manual_score"] is not None


def _set_comments(mine: Sequence[ReleasedCell], comments: Mapping[str, Row], result: NotebookResult) -> None:
    said = auto_comments(result)
    for cell in mine:
        if cell.commented and cell.name in said:
            comments[cell.id]["auto_comment"] = said[cell.name]


def _total(mine: Sequence[ReleasedCell], grades: Mapping[str, Row]) -> float:
    """Score of a notebook."""
    return sum(_score(grades[cell.id]) for cell in mine if cell.graded)


def _score(grade: Row) -> float:
    """The score as nbgrader adds it up: by hand before by machine, and extra credit on top of either."""
    base = grade["auto_score"] if grade["manual_score"] is None else grade["manual_score"]
    return 0.0 if base is None else float(base) + float(grade["extra_credit"] or 0.0)


# --- rows -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one table and one submission: those that are there, and new ones that will be.

    Attributes
    ----------
    by_key : dict of str to dict
        By the id of the notebook or cell that they are of.
    before : dict of str to dict
        Those that were there, as they were.
    """

    table: Table
    by_key: dict[str, Row]
    before: Mapping[str, Row]

    @classmethod
    def of(cls, table: Table, found: Iterable[RowMapping], key: str, wanted: Mapping[str, Row]) -> _Rows:
        before: dict[str, Row] = {row[key]: dict(row) for row in found}
        new = {one: {"id": uuid4().hex, key: one, **blank} for one, blank in wanted.items() if one not in before}
        return cls(table, {one: dict(row) for one, row in before.items()} | new, before)

    def save(self, connection: Connection) -> None:
        new = [row for key, row in self.by_key.items() if key not in self.before]
        if new:
            connection.execute(insert(self.table), new)
        changed = [row for key, row in self.by_key.items() if row != self.before.get(key, row)]
        if changed:
            connection.execute(_CHANGE[self.table], [{f"new_{name}": row[name] for name in row} for row in changed])


def _make_student(connection: Connection, student: str) -> None:
    if connection.execute(_STUDENT, {"student": student}).first() is None:
        connection.execute(insert(t.student), {"id": student})


def _submitted_assignment(connection: Connection, known: Released, submission: Submission) -> tuple[str, float]:
    """Id of the submission's row, and how many seconds late it is; no time leaves the one that is there."""
    key: Row = {"assignment_id": known.id, "student_id": submission.student}
    row = connection.execute(_SUBMITTED, key).mappings().first()
    found: Row = dict(row or {"id": uuid4().hex, **key, "timestamp": submission.timestamp, "extension": None})
    if row is None:
        connection.execute(insert(t.submitted_assignment), found)
    stamp = submission.timestamp or found["timestamp"]
    if stamp != found["timestamp"]:
        connection.execute(_STAMP, {"new_id": found["id"], "new_timestamp": stamp})
    return found["id"], seconds_late(stamp, known.due, found["extension"])


def _submitted_notebooks(connection: Connection, known: Released, submitted: str) -> _Rows:
    """Rows of the submission's notebooks, by the notebook's id."""
    found = connection.execute(_SUBMITTED_NOTEBOOKS, {"submitted": submitted}).mappings()
    blank = {"assignment_id": submitted, "flagged": False, _PENALTY: None}
    return _Rows.of(t.submitted_notebook, found, "notebook_id", dict.fromkeys(known.notebooks.values(), blank))


def _cell_rows(connection: Connection, known: Released, notebooks: _Rows, submitted: str, table: Table) -> _Rows:
    """Grade or comment rows of a submission, by cell id; none are there while its notebooks have no row."""
    found = connection.execute(_CELL_ROWS[table], {"submitted": submitted}).mappings() if notebooks.before else ()
    cells = [cell for cell in known.cells if (cell.graded if table is t.grade else cell.commented)]
    wanted = {cell.id: {"notebook_id": notebooks.by_key[cell.notebook_id]["id"], **_BLANK[table]} for cell in cells}
    return _Rows.of(table, found, "cell_id", wanted)


# --- statements, made once: making them takes longer than running them ---------------------------------------------

_PENALTY = "late_submission_penalty"
_BLANK: dict[Table, Row] = {
    t.grade: {"auto_score": None, "manual_score": None, "extra_credit": None, "needs_manual_grade": True},
    t.comment: {"auto_comment": None, "manual_comment": None},
}
_STUDENT = select(t.student.c.id).where(t.student.c.id == bindparam("student"))
_SUBMITTED = select(t.submitted_assignment).where(
    t.submitted_assignment.c.assignment_id == bindparam("assignment_id"),
    t.submitted_assignment.c.student_id == bindparam("student_id"),
)
_SUBMITTED_NOTEBOOKS = select(t.submitted_notebook).where(
    t.submitted_notebook.c.assignment_id == bindparam("submitted")
)
_CELL_ROWS = {
    table: select(table)
    .join(t.submitted_notebook, t.submitted_notebook.c.id == table.c.notebook_id)
    .where(t.submitted_notebook.c.assignment_id == bindparam("submitted"))
    for table in (t.grade, t.comment)
}


def _change(table: Table, *names: str) -> Update:
    new: Row = {name: bindparam(f"new_{name}") for name in names}
    return update(table).where(table.c.id == bindparam("new_id")).values(new)


_STAMP = _change(t.submitted_assignment, "timestamp")
_CHANGE = {
    t.submitted_notebook: _change(t.submitted_notebook, _PENALTY),
    t.grade: _change(t.grade, "auto_score", "needs_manual_grade"),
    t.comment: _change(t.comment, "auto_comment"),
}
