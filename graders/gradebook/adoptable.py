"""Scores that somebody gave by hand and no mark stands behind: what a marker may adopt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from graders.authoring.answers import SUFFIX
from graders.gradebook import tables as t
from graders.gradebook.proof import Evidence, Marks, Score


@dataclass(frozen=True, slots=True)
class ByHand:
    """A score that somebody gave by hand.

    Attributes
    ----------
    student, notebook, exercise : str
    points : float
        What nbgrader counts, extra credit included.
    comment : str
        What was written beside it.
    submitted_digest, answer_digest : str
        Of what is graded now.
    overrides : str
        What it overrides, in words that follow the points; empty where it was a human's to give anyway.
    """

    student: str
    notebook: str
    exercise: str
    points: float
    comment: str
    submitted_digest: str
    answer_digest: str
    overrides: str


def given_by_hand(
    connection: Connection, assignment: str, rows: list[Score], evidence: Evidence, marks: Marks
) -> Iterator[ByHand]:
    """Scores by hand that no mark says.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    assignment : str
        Slug of the module.
    rows : list of Score
        What the gradebook says.
    evidence : mapping
        The last execution of each student's notebook.
    marks : mapping
        What named markers gave.

    Yields
    ------
    ByHand
        Sorted by student, notebook, exercise; without those that still wait to be looked at.
    """
    comments = _comments(connection, assignment)
    for row in rows:
        kept, last = evidence.get((row.student, row.notebook)), next(iter(marks.get(row.key, ())), None)
        by_hand = row.manual is not None or bool(row.extra)
        said = last is not None and last.holds and last.mark.points == row.total
        if not by_hand or row.waits or said or row.total is None or kept is None or not kept.sealed:
            continue
        result = kept.execution.result
        written = {one.exercise: one.digest for one in result.written}
        yield ByHand(
            student=row.student,
            notebook=row.notebook,
            exercise=row.cell,
            points=row.total,
            comment=comments.get(row.key) or comments.get((row.student, row.notebook, row.cell + SUFFIX)) or "",
            submitted_digest=result.submitted_digest,
            answer_digest=written.get(row.cell, ""),
            overrides=_overridden(row, of_mark=last is not None and not last.stale),
        )


def _overridden(row: Score, *, of_mark: bool) -> str:
    if row.total is not None and row.total > row.max_score:
        return f"are more than the {row.max_score:g} that there are"
    if of_mark:
        return "are not what its mark says"
    return f"override the automatic {row.auto:g}" if row.auto is not None else ""


def _comments(connection: Connection, assignment: str) -> dict[tuple[str, str, str], str]:
    """What was written by hand, by student, notebook and cell."""
    chosen = (
        select(t.submitted_assignment.c.student_id, t.notebook.c.name, t.base_cell.c.name, t.comment.c.manual_comment)
        .join(t.submitted_notebook, t.submitted_notebook.c.id == t.comment.c.notebook_id)
        .join(t.submitted_assignment, t.submitted_assignment.c.id == t.submitted_notebook.c.assignment_id)
        .join(t.assignment, t.assignment.c.id == t.submitted_assignment.c.assignment_id)
        .join(t.notebook, t.notebook.c.id == t.submitted_notebook.c.notebook_id)
        .join(t.base_cell, t.base_cell.c.id == t.comment.c.cell_id)
        .where(t.assignment.c.name == assignment, t.comment.c.manual_comment.is_not(None))
    )
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(chosen)}
