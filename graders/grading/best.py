"""Where the best attempt counts: the attempts that are not graded yet are, and the best one is put back."""

from __future__ import annotations

from graders.course.attempts import attempted
from graders.course.course import Course
from graders.course.standing import settle
from graders.gradebook import Gradebook


def changed_by_settling(course: Course, assignment: str) -> tuple[str, ...]:
    """See that of each student the attempt that counts lies in `submitted/`.

    Parameters
    ----------
    course : Course
        Any; where the first or the last attempt counts, nothing depends on scores.
    assignment : str
        Slug of the module.

    Returns
    -------
    tuple of str
        Students whose submission is another one now, and wants to be graded; sorted. Called after each grading until
        there is none, it ends: each attempt is graded once, and the best of graded attempts stays the best.
    """
    if course.attempts != "best":
        return ()
    with Gradebook.open(course) as gradebook:
        due, points = gradebook.deadline(assignment), gradebook.earned(assignment)
    students = attempted(course, assignment)
    return tuple(student for student in students if settle(course, student, assignment, due, points)[1])
