"""Does the evidence say what the gradebook says? What it does not say is unproven, and never certified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import starmap

from sqlalchemy import Connection, func, select

from graders.gradebook import tables as t
from graders.gradebook.evidence import Kept
from graders.gradebook.marks import Exercise, KeptMark

Evidence = Mapping[tuple[str, str], Kept]
"""The last execution of each student's notebook."""

Marks = Mapping[Exercise, tuple[KeptMark, ...]]
"""The marks of each student's exercise, the newest first."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """A score that no evidence stands behind.

    Attributes
    ----------
    student, assignment, notebook, exercise : str
    score : float or None
        What the gradebook says.
    reason : str
        Why it is not proven.
    """

    student: str
    assignment: str
    notebook: str
    exercise: str
    score: float | None
    reason: str

    def __str__(self) -> str:
        score = "no score" if self.score is None else f"{self.score:g} points"
        return f"{self.student} {self.assignment}/{self.notebook} {self.exercise}: {score}; {self.reason}"


@dataclass(frozen=True, slots=True)
class Unmarked:
    """An exercise of a submission that a human has yet to mark.

    Attributes
    ----------
    student, assignment, notebook, exercise : str
    stale : bool
        Whether it was marked, but for an earlier answer.
    """

    student: str
    assignment: str
    notebook: str
    exercise: str
    stale: bool


@dataclass(frozen=True, slots=True)
class Score:
    """A grade row of nbgrader's, with the names of what it grades."""

    student: str
    notebook: str
    cell: str
    kind: str
    max_score: float
    auto: float | None
    manual: float | None
    extra: float | None
    penalty: float | None
    waits: bool

    @property
    def key(self) -> Exercise:
        """What a mark of it is kept under."""
        return self.student, self.notebook, self.cell

    @property
    def total(self) -> float | None:
        """What nbgrader counts."""
        base = self.auto if self.manual is None else self.manual
        return None if base is None else base + (self.extra or 0.0)


def scores(connection: Connection, assignment: str) -> list[Score]:
    """Every grade row of an assignment.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    assignment : str
        Slug of the module.

    Returns
    -------
    list of Score
        Sorted by student, notebook, cell.
    """
    worth = func.coalesce(t.grade_cells.c.max_score, t.task_cells.c.max_score, 0.0)
    chosen = (
        select(
            t.submitted_assignment.c.student_id,
            t.notebook.c.name,
            t.base_cell.c.name,
            t.base_cell.c.type,
            worth,
            t.grade.c.auto_score,
            t.grade.c.manual_score,
            t.grade.c.extra_credit,
            t.submitted_notebook.c.late_submission_penalty,
            t.grade.c.needs_manual_grade,
        )
        .join(t.submitted_notebook, t.submitted_notebook.c.id == t.grade.c.notebook_id)
        .join(t.submitted_assignment, t.submitted_assignment.c.id == t.submitted_notebook.c.assignment_id)
        .join(t.assignment, t.assignment.c.id == t.submitted_assignment.c.assignment_id)
        .join(t.notebook, t.notebook.c.id == t.submitted_notebook.c.notebook_id)
        .join(t.base_cell, t.base_cell.c.id == t.grade.c.cell_id)
        .outerjoin(t.grade_cells, t.grade_cells.c.id == t.grade.c.cell_id)
        .outerjoin(t.task_cells, t.task_cells.c.id == t.grade.c.cell_id)
        .where(t.assignment.c.name == assignment)
        .order_by(t.submitted_assignment.c.student_id, t.notebook.c.name, t.base_cell.c.name)
    )
    return list(starmap(Score, connection.execute(chosen)))


def unproven(assignment: str, rows: list[Score], evidence: Evidence, marks: Marks) -> Iterator[Unproven]:
    """Compare scores with evidence.

    Parameters
    ----------
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
    Unproven
        Each score that differs from its evidence, or has none. A row without any score claims nothing.
    """
    for row in rows:
        kept = evidence.get((row.student, row.notebook))
        if reason := _by_hand(row, marks.get(row.key, ())) or _doubt(row, kept):
            yield Unproven(row.student, assignment, row.notebook, row.cell, row.total, reason)


def unmarked(assignment: str, rows: list[Score], marks: Marks) -> Iterator[Unmarked]:
    """What is left to mark.

    Parameters
    ----------
    assignment : str
        Slug of the module.
    rows : list of Score
        What the gradebook says.
    marks : mapping
        What named markers gave.

    Yields
    ------
    Unmarked
        Each exercise that waits for its mark, or whose mark was given for an earlier answer.
    """
    for row in rows:
        stale = any(last.stale for last in marks.get(row.key, ())[:1])
        if row.waits or stale:
            yield Unmarked(row.student, assignment, row.notebook, row.cell, stale)


def doubtful(rows: list[Score], evidence: Evidence) -> set[tuple[str, str]]:
    """Notebooks, by student and name, whose automatic scores differ from their evidence: grading mends them.

    Parameters
    ----------
    rows : list of Score
        What the gradebook says.
    evidence : mapping
        The last execution of each student's notebook.

    Returns
    -------
    set of (str, str)
    """
    keys = ((row, (row.student, row.notebook)) for row in rows)
    return {key for row, key in keys if _doubt(row, evidence.get(key))}


def _by_hand(row: Score, marks: tuple[KeptMark, ...]) -> str:
    """Why what a human gave is not proven: only the last mark of an exercise, and exactly its points, count."""
    if marks and (doubt := _doubt_of_mark(row, marks[0])):
        return doubt
    if not marks and row.manual is not None:
        return "a mark by hand that no named marker has adopted"
    if not marks and row.extra:
        return "extra credit that no named marker has adopted"
    return "its late penalty adds points" if (row.penalty or 0.0) < 0.0 else ""


def _doubt_of_mark(row: Score, last: KeptMark) -> str:
    if not last.sealed:
        return "its mark was changed: the seal does not hold"
    if row.total != last.mark.points:
        return f"the mark of {last.mark.marker} says {last.mark.points:g}"
    return "its mark was given for an earlier answer" if last.stale else ""


def _doubt(row: Score, kept: Kept | None) -> str:
    """Why the automatic score is not what its evidence says; empty if it is, or if there is no score."""
    if kept is None:
        return "" if row.auto is None else "there is no evidence for it"
    if not kept.sealed:
        return "its evidence was changed: the seal does not hold"
    result = kept.execution.result
    if not result.submitted_digest:
        return "" if row.auto == 0.0 else "the evidence says that there is no such notebook"
    found = next((one for one in result.exercises if one.exercise == row.cell), None)
    if found is None:  # marked by hand: an automatic score says that nobody answered
        return "" if not row.auto else "there is no evidence for it"
    if row.auto != found.points:
        return f"the evidence says {found.points:g}"
    if row.max_score != found.max_points:
        return f"the gradebook says of {row.max_score:g}, the evidence of {found.max_points:g}"
    return ""
