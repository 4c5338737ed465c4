"""Scores that were given by hand in formgrader, and become evidence when a named marker adopts them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from graders.errors import UsageError
from graders.gradebook import Gradebook
from graders.gradebook.adoptable import ByHand
from graders.marking.giving import required_name
from graders.records import Mark
from graders.scoring.words import amount


def adopt(
    gradebook: Gradebook,
    assignment: str,
    marker: str,
    *,
    reason: str = "",
    students: Iterable[str] | None = None,
    exercises: Iterable[str] | None = None,
) -> tuple[Mark, ...]:
    """Take scores given by hand as evidence, all of them or none.

    Parameters
    ----------
    gradebook : Gradebook
        Open.
    assignment : str
        Slug of the module.
    marker : str
        Who vouches for them.
    reason : str
        Why they are right; needed where an automatic score or an earlier mark is overridden, or there are more points
        than the exercise has.
    students, exercises : iterable of str, optional
        Only these.

    Returns
    -------
    tuple of Mark
        What was adopted; what still waits for its marker in formgrader is not.

    Raises
    ------
    UsageError
        If nobody is named, or a reason is needed and not given; nothing is adopted then.
    GradebookError
        If the database refuses; nothing is adopted then.
    """
    name = required_name(marker)
    wanted = (None if students is None else set(students), None if exercises is None else set(exercises))
    found = [
        one
        for one in gradebook.given_by_hand(assignment)
        if (wanted[0] is None or one.student in wanted[0]) and (wanted[1] is None or one.exercise in wanted[1])
    ]
    if unexplained := [one for one in found if one.overrides] if not reason.strip() else []:
        first = unexplained[0]
        more = f", and {len(unexplained) - 1} more" if len(unexplained) > 1 else ""
        where = f"{first.student} {assignment}/{first.notebook} {first.exercise}"
        told = f"{amount(first.points)} points {first.overrides}{more}"
        raise UsageError(told, where, "Say why, with --reason; or choose with --student and --exercise.")
    marks = [_mark(one, assignment, name, reason.strip()) for one in found]
    if marks:
        gradebook.write_marks(marks, lambda _: None)
    return tuple(marks)


def _mark(one: ByHand, assignment: str, marker: str, reason: str) -> Mark:
    return Mark(
        student=one.student,
        assignment=assignment,
        notebook=one.notebook,
        exercise=one.exercise,
        marker=marker,
        levels={},
        points=one.points,
        comment=one.comment,
        reason=reason,
        submitted_digest=one.submitted_digest,
        answer_digest=one.answer_digest,
        marked_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
