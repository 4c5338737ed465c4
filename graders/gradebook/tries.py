"""Every answer that was ever graded, in order: what a student was told, and what they handed in next."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from graders.gradebook import tables as t


@dataclass(frozen=True, slots=True)
class Try:
    """An exercise of one file that was handed in, as it was graded last.

    Attributes
    ----------
    student, exercise : str
    number : int
        Of the execution, in the evidence tables.
    points, max_points : float
    misconception : str
        The known mistake that was named to the student; empty where none was.
    """

    student: str
    exercise: str
    number: int
    points: float
    max_points: float
    misconception: str


def tries(connection: Connection, assignment: str) -> dict[tuple[str, str], tuple[Try, ...]]:
    """What each student tried.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    assignment : str
        Slug of the module.

    Returns
    -------
    dict
        By student and exercise, the first first: one for each file, however often it was graded.
    """
    execution, result = t.execution.c, t.exercise_result.c
    chosen = (
        select(
            *(execution.id, execution.student, execution.submitted_digest),
            *(result.exercise, result.points, result.max_points, result.misconception),
        )
        .join(t.execution, execution.id == result.execution)
        .where(execution.assignment == assignment, execution.submitted_digest != "")
        .order_by(execution.id, result.position)
    )
    found: dict[tuple[str, str], dict[str, Try]] = {}
    for row in connection.execute(chosen):
        one = Try(row.student, row.exercise, row.id, row.points, row.max_points, row.misconception)
        found.setdefault((one.student, one.exercise), {})[row.submitted_digest] = one  # graded again: in its old place
    return {key: tuple(theirs.values()) for key, theirs in found.items()}
