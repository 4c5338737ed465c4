"""Notebooks that were graded before: what a run need not grade again, and what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from graders.gradebook import evidence, proof, tables
from graders.gradebook.late import LateRule
from graders.records import NotebookResult


@dataclass(frozen=True, slots=True)
class Graded:
    """A notebook of a submission as the gradebook has it.

    Attributes
    ----------
    result : NotebookResult or None
        What its evidence says, without the document; None where there is none, or its seal does not hold.
    proven : bool
        Whether its automatic scores are still what the evidence says.
    timestamp : datetime or None
        When it was handed in.
    scores : mapping of str to float or None
        Automatic score of each graded cell, by grade id.
    penalty, penalty_due : float or None
        What is taken off because it came late, and what would be today: rule, due date and marks may have changed.
    """

    result: NotebookResult | None
    proven: bool
    timestamp: datetime | None
    scores: Mapping[str, float | None]
    penalty: float | None
    penalty_due: float | None

    @property
    def digests(self) -> tuple[str, str]:
        """Of the submitted file, and of everything else that the result depends on."""
        return (self.result.submitted_digest, self.result.context_digest) if self.result else ("", "")


def known_notebooks(
    connection: Connection, assignment: str, secret: bytes, late_rule: LateRule
) -> dict[tuple[str, str], Graded]:
    """Every notebook that has rows.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    assignment : str
        Slug of the module.
    secret : bytes
        The course's, to check the seals.
    late_rule : callable
        What is taken off for being late.

    Returns
    -------
    dict
        By student and notebook.
    """
    kept = evidence.latest(connection, assignment, secret)
    scores = proof.scores(connection, assignment)
    doubtful = proof.doubtful(scores, kept)
    arrivals = _arrivals(connection, assignment)
    by_notebook: dict[tuple[str, str], list[proof.Score]] = {}
    for row in scores:
        by_notebook.setdefault((row.student, row.notebook), []).append(row)
    found = {}
    for key, rows in by_notebook.items():
        one = kept.get(key)
        result = one.execution.result if one is not None and one.sealed else None
        stamp, seconds_late = arrivals[key[0]]
        due = late_rule(key[0], sum(row.total or 0.0 for row in rows), seconds_late)
        there = result is not None and result.submitted_digest
        found[key] = Graded(
            result,
            result is not None and key not in doubtful,
            stamp,
            {row.cell: row.auto for row in rows},
            rows[0].penalty,
            due if there else rows[0].penalty,
        )
    return found


def _arrivals(connection: Connection, assignment: str) -> dict[str, tuple[datetime | None, float]]:
    """When each submission came, and how many seconds late that was."""
    table = tables.submitted_assignment
    chosen = (
        select(table.c.student_id, table.c.timestamp, table.c.extension, tables.assignment.c.duedate)
        .join(tables.assignment, tables.assignment.c.id == table.c.assignment_id)
        .where(tables.assignment.c.name == assignment)
    )
    return {
        row.student_id: (row.timestamp, seconds_late(row.timestamp, row.duedate, row.extension))
        for row in connection.execute(chosen)
    }


def seconds_late(stamp: datetime | None, due: datetime | None, extension: timedelta | None) -> float:
    """How late a submission is; not at all where a time is missing.

    Parameters
    ----------
    stamp, due : datetime or None
        When it came, and when it was due, naive UTC.
    extension : timedelta or None
        What the student was given on top.

    Returns
    -------
    float
        Seconds; negative before the due date.
    """
    if stamp is None or due is None:
        return 0.0
    return (stamp - due - (extension or timedelta())).total_seconds()
