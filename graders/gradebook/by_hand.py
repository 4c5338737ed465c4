"""What a mark changes in nbgrader's rows: score and comment by hand."""

from __future__ import annotations

from sqlalchemy import Connection, Row, bindparam, select, update

from graders.authoring.answers import SUFFIX
from graders.errors import UsageError
from graders.gradebook import tables as t
from graders.gradebook.evidence import text
from graders.records import Mark, NotebookResult


def write(connection: Connection, mark: Mark, told: str | None) -> None:
    """Let nbgrader's rows say what a mark says.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    mark : Mark
        What was given.
    told : str or None
        What the student reads about it; None leaves the comment that is there.

    Raises
    ------
    UsageError
        If the gradebook has no such row.
    """
    row = connection.execute(_GRADE, _key(mark)).one_or_none()
    if row is None:
        where = f"{mark.student} {mark.assignment}/{mark.notebook} {mark.exercise}"
        raise UsageError("the gradebook has no score to mark", where, f"Run `aisa grade {mark.assignment}` first.")
    score: dict[str, object] = {"needs_manual_grade": False}
    if _total(row) != mark.points:
        score |= {"manual_score": mark.points, "extra_credit": None}
    connection.execute(update(t.grade).where(t.grade.c.id == row.id).values(score))
    if told is not None:
        _comment(connection, mark, row.notebook_id, told)


def reopen(connection: Connection, student: str, assignment: str, result: NotebookResult) -> None:
    """Let written answers that have changed wait for a marker again; nbgrader itself leaves them as they are.

    Parameters
    ----------
    connection : Connection
        In a transaction, after the rows of the new execution, and before its evidence.
    student, assignment : str
        Whose.
    result : NotebookResult
        The new execution.
    """
    for answer in result.written:
        key = {"student": student, "assignment": assignment, "notebook": result.notebook, "exercise": answer.exercise}
        row = connection.execute(_GRADE, key).one_or_none()
        if row is None or row.manual_score is None:
            continue
        mark = connection.execute(_LAST_MARK, key).first()
        if mark is not None and mark.points == _total(row):
            waits = mark.answer_digest != answer.digest
        else:
            waits = bool(row.needs_manual_grade) or answer.digest != connection.execute(_LAST_ANSWER, key).scalar()
        connection.execute(update(t.grade).where(t.grade.c.id == row.id).values(needs_manual_grade=waits))


def _key(mark: Mark) -> dict[str, str]:
    return {name: getattr(mark, name) for name in ("student", "assignment", "notebook", "exercise")}


def _total(row: Row[tuple[object, ...]]) -> float | None:
    """The score as nbgrader adds it up."""
    base = row.auto_score if row.manual_score is None else row.manual_score
    return None if base is None else float(base) + float(row.extra_credit or 0.0)


def _comment(connection: Connection, mark: Mark, notebook: str, told: str) -> None:
    """On the cell itself; a test cell has no comments, but its answer cell has."""
    cells = select(t.base_cell.c.id).where(t.base_cell.c.name.in_((mark.exercise, mark.exercise + SUFFIX)))
    here = (t.comment.c.notebook_id == notebook) & t.comment.c.cell_id.in_(cells)
    connection.execute(update(t.comment).where(here).values(manual_comment=text(told)))


_GRADE = (
    select(t.grade)
    .join(t.base_cell, t.base_cell.c.id == t.grade.c.cell_id)
    .join(t.notebook, t.notebook.c.id == t.base_cell.c.notebook_id)
    .join(t.submitted_notebook, t.submitted_notebook.c.id == t.grade.c.notebook_id)
    .join(t.submitted_assignment, t.submitted_assignment.c.id == t.submitted_notebook.c.assignment_id)
    .join(t.assignment, t.assignment.c.id == t.submitted_assignment.c.assignment_id)
    .where(
        t.submitted_assignment.c.student_id == bindparam("student"),
        t.assignment.c.name == bindparam("assignment"),
        t.notebook.c.name == bindparam("notebook"),
        t.base_cell.c.name == bindparam("exercise"),
    )
)
_LAST_MARK = (
    select(t.mark.c.points, t.mark.c.answer_digest)
    .where(*(t.mark.c[name] == bindparam(name) for name in ("student", "assignment", "notebook", "exercise")))
    .order_by(t.mark.c.id.desc())
    .limit(1)
)
_LAST_ANSWER = (
    select(t.written_answer.c.digest)
    .join(t.execution, t.execution.c.id == t.written_answer.c.execution)
    .where(*(t.execution.c[name] == bindparam(name) for name in ("student", "assignment", "notebook")))
    .where(t.written_answer.c.exercise == bindparam("exercise"))
    .order_by(t.execution.c.id.desc())
    .limit(1)
)
