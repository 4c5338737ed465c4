"""Where a course stands: what is handed in, graded and left to mark, and which scores nothing proves."""

from __future__ import annotations

from dataclasses import dataclass

from graders.course.course import Course
from graders.course.intake import submitted_students
from graders.gradebook import Gradebook, Unmarked, Unproven


@dataclass(frozen=True, slots=True)
class AssignmentStatus:
    """One assignment of a course.

    Attributes
    ----------
    assignment : str
    submitted, graded, flagged : int
        Students who handed something in; whose work is graded and proven; who have a flag for a human.
    unproven : tuple of Unproven
        Scores that no evidence stands behind: they never certify.
    unmarked : tuple of Unmarked
        What a human has yet to mark.
    """

    assignment: str
    submitted: int
    graded: int
    flagged: int
    unproven: tuple[Unproven, ...]
    unmarked: tuple[Unmarked, ...]


def course_status(course: Course) -> tuple[AssignmentStatus, ...]:
    """Look at every assignment of a course.

    Parameters
    ----------
    course : Course
        The course; nothing in it is changed.

    Returns
    -------
    tuple of AssignmentStatus
        Sorted by assignment.
    """
    with Gradebook.open(course) as gradebook:
        return tuple(_assignment(course, gradebook, assignment) for assignment in course.assignments)


def _assignment(course: Course, gradebook: Gradebook, assignment: str) -> AssignmentStatus:
    evidence = gradebook.evidence(assignment)
    unproven = gradebook.unproven(assignment)
    doubted = {score.student for score in unproven}
    return AssignmentStatus(
        assignment,
        submitted=len(submitted_students(course, assignment)),
        graded=len(set(evidence) - doubted),
        flagged=sum(any(result.flags for result in results) for results in evidence.values()),
        unproven=unproven,
        unmarked=gradebook.unmarked(assignment),
    )
