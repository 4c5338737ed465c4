"""Marks by a named marker: appended and never changed, as the executions are; the last one of an exercise counts."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, insert, select

from graders.errors import UsageError
from graders.gradebook import tables as t
from graders.gradebook.evidence import Kept, text
from graders.gradebook.seal import seal_of_mark
from graders.records import Mark

Exercise = tuple[str, str, str]
"""Student, notebook and exercise: what a mark is of."""

_NAMES = (
    *("student", "assignment", "notebook", "exercise", "marker", "points", "comment", "reason"),
    *("submitted_digest", "answer_digest", "marked_at"),
)


@dataclass(frozen=True, slots=True)
class KeptMark:
    """A mark as it was read back.

    Attributes
    ----------
    mark : Mark
    sealed : bool
        Whether its seal holds.
    stale : bool
        Whether it was given for something else than what is graded now.
    number : int
        Its number in the evidence tables.
    """

    mark: Mark
    sealed: bool
    stale: bool
    number: int

    @property
    def holds(self) -> bool:
        """Whether it may count, if it is the last of its exercise."""
        return self.sealed and not self.stale


def append(connection: Connection, secret: bytes, mark: Mark) -> None:
    """Write a mark down for good.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    secret : bytes
        The course's.
    mark : Mark
        What was given.
    """
    mark = replace(
        mark, points=float(mark.points), marker=text(mark.marker), comment=text(mark.comment), reason=text(mark.reason)
    )
    row = {name: getattr(mark, name) for name in _NAMES}
    row |= {"levels": json.dumps(dict(mark.levels), sort_keys=True), "seal": seal_of_mark(secret, mark)}
    connection.execute(insert(t.mark), row)


def kept(
    connection: Connection, assignment: str, secret: bytes, evidence: Mapping[tuple[str, str], Kept]
) -> dict[Exercise, tuple[KeptMark, ...]]:
    """Every mark of an assignment.

    Parameters
    ----------
    connection : Connection
        To the gradebook.
    assignment : str
        Slug of the module.
    secret : bytes
        The course's, to check the seals.
    evidence : mapping
        The last execution of each student's notebook.

    Returns
    -------
    dict
        By student, notebook and exercise; the newest first.
    """
    found: dict[Exercise, tuple[KeptMark, ...]] = {}
    chosen = select(t.mark).where(t.mark.c.assignment == assignment).order_by(t.mark.c.student, t.mark.c.id)
    for row in connection.execute(chosen):
        mark = Mark(levels=json.loads(row.levels), **{name: getattr(row, name) for name in _NAMES})
        sealed = hmac.compare_digest(seal_of_mark(secret, mark), row.seal)
        now = evidence.get((mark.student, mark.notebook))
        key = (mark.student, mark.notebook, mark.exercise)
        found[key] = (KeptMark(mark, sealed, is_stale(mark, now), row.id), *found.get(key, ()))
    return found


def assignments(connection: Connection) -> list[str]:
    """Slugs of the modules that have marks, sorted."""
    return sorted(connection.execute(select(t.mark.c.assignment).distinct()).scalars())


def is_stale(mark: Mark, now: Kept | None) -> bool:
    """Whether what a mark was given for is no longer what is graded.

    A written answer that stays the same keeps its mark, whatever else the student hands in anew.

    Parameters
    ----------
    mark : Mark
        As it was given.
    now : Kept or None
        The last execution of its notebook.

    Returns
    -------
    bool
    """
    if now is None:
        return True
    result = now.execution.result
    written = {one.exercise: one.digest for one in result.written}
    if mark.exercise in written:
        return mark.answer_digest != written[mark.exercise]
    return mark.submitted_digest != result.submitted_digest


def require_current(mark: Mark, now: Kept | None) -> None:
    """See that a mark is for what is graded now.

    Parameters
    ----------
    mark : Mark
        Not yet written.
    now : Kept or None
        The last execution of its notebook.

    Raises
    ------
    UsageError
        If the submission was never graded, or has changed since the marker saw it.
    """
    where = f"{mark.student} {mark.assignment}/{mark.notebook} {mark.exercise}"
    if now is None or not now.sealed:
        raise UsageError("is not graded, so there is nothing to mark", where, f"Run `aisa grade {mark.assignment}`.")
    result = now.execution.result
    written = {one.exercise: one.digest for one in result.written}
    if (mark.submitted_digest, mark.answer_digest) != (result.submitted_digest, written.get(mark.exercise, "")):
        raise UsageError("was graded anew since the marker saw it", where, "Look at the answer again, and mark that.")
