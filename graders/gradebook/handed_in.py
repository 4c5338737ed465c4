"""What the gradebook knows about handing in: when an assignment is due for whom, and what an attempt has earned."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from graders.course.attempts import Attempt
from graders.course.deadline import Deadline
from graders.course.standing import Earned
from graders.gradebook import tables as t


def deadline(connection: Connection, assignment: str, otherwise: datetime | None) -> Deadline:
    """When an assignment is due.

    Parameters
    ----------
    connection : Connection
        To the gradebook: its due date counts, and the extensions that nbgrader keeps there.
    assignment : str
        Slug of the module.
    otherwise : datetime or None
        What `course.yaml` says, for before the release.

    Returns
    -------
    Deadline
    """
    sent = t.submitted_assignment
    extended = (
        select(sent.c.student_id, sent.c.extension)
        .join(t.assignment, t.assignment.c.id == sent.c.assignment_id)
        .where(t.assignment.c.name == assignment, sent.c.extension.is_not(None))
    )
    released = connection.execute(select(t.assignment.c.duedate).where(t.assignment.c.name == assignment)).first()
    extensions: dict[str, timedelta] = {row.student_id: row.extension for row in connection.execute(extended)}
    return Deadline(released.duedate if released else otherwise, extensions)


def earned(connection: Connection, assignment: str) -> Earned:
    """How many automatic points an attempt has earned, whichever lies in `submitted/` now.

    Parameters
    ----------
    connection : Connection
        To the gradebook, with the evidence of all that was ever graded.
    assignment : str
        Slug of the module.

    Returns
    -------
    callable
        Points of an attempt; None where one of its notebooks was not graded yet.
    """
    last = (
        select(func.max(t.execution.c.id))
        .where(t.execution.c.assignment == assignment)
        .group_by(t.execution.c.student, t.execution.c.notebook, t.execution.c.submitted_digest)
        .scalar_subquery()
    )
    chosen = (
        select(t.execution.c.student, t.execution.c.notebook, t.execution.c.submitted_digest)
        .add_columns(func.coalesce(func.sum(t.exercise_result.c.points), 0.0).label("points"))
        .outerjoin(t.exercise_result, t.exercise_result.c.execution == t.execution.c.id)
        .where(t.execution.c.id.in_(last))
        .group_by(t.execution.c.id)
    )
    points = {(row[0], row[1], row[2]): float(row.points) for row in connection.execute(chosen)}

    def of(attempt: Attempt) -> float | None:
        found = [points.get((attempt.student, name, digest)) for name, digest in attempt.notebooks.items()]
        return None if None in found else sum(one for one in found if one is not None)

    return of
