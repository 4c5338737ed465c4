"""Notebooks that were graded before: what a run need not grade again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from graders.gradebook import evidence, proof, tables
from graders.records import NotebookResult


@dataclass(frozen=True, slots=True)
class Graded:
    """A notebook that was graded before, and whose rows still say what its evidence says.

    Attributes
    ----------
    digests : tuple of (str, str)
        Of the submitted file, and of everything else that the result depends on.
    timestamp : datetime or None
        When it was handed in, as the gradebook has it.
    points, max_points : float
    flags : int
        Things that a human should look at.
    """

    digests: tuple[str, str]
    timestamp: datetime | None
    points: float
    max_points: float
    flags: int


def known_notebooks(connection: Connection, assignment: str, secret: bytes) -> dict[tuple[str, str], Graded]:
    """Notebooks whose rows are what their evidence says.

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
    kept = evidence.latest(connection, assignment, secret)
    scores = proof.scores(connection, assignment)
    stamps = _timestamps(connection, assignment)
    there = {(row.student, row.notebook) for row in scores} - proof.doubtful(scores, kept)
    return {key: _graded(one.execution.result, stamps[key[0]]) for key, one in kept.items() if key in there}


def _timestamps(connection: Connection, assignment: str) -> dict[str, datetime | None]:
    table = tables.submitted_assignment
    chosen = (
        select(table.c.student_id, table.c.timestamp)
        .join(tables.assignment, tables.assignment.c.id == table.c.assignment_id)
        .where(tables.assignment.c.name == assignment)
    )
    return {row.student_id: row.timestamp for row in connection.execute(chosen)}


def _graded(result: NotebookResult, timestamp: datetime | None) -> Graded:
    return Graded(
        (result.submitted_digest, result.context_digest),
        timestamp,
        sum(exercise.points for exercise in result.exercises),
        sum(exercise.max_points for exercise in result.exercises),
        len(result.flags),
    )
