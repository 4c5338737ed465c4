"""The sandbox of an assignment, begun before all that grading needs is loaded: either takes half a second."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from graders.course.course import Course
from graders.sandbox import SharedSandbox


def sandbox_of(
    course: Course, assignment: str, students: Sequence[str], *, allow_unsafe: bool = False
) -> SharedSandbox | None:
    """What notebooks of an assignment will run in; it starts, if it seems that there are some to run.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        Slug of the module.
    students : sequence of str
        Whose submissions are to be graded.
    allow_unsafe : bool
        Go on although a sandbox property does not hold here.

    Returns
    -------
    SharedSandbox or None
        To be closed. None where only the notebooks say what they import: no module covers the assignment.
    """
    if course.is_foreign(assignment):
        return None
    imports = course.module(assignment).imports
    sandbox = SharedSandbox(course.sandbox_interpreter, imports, course.limits, allow_unsafe=allow_unsafe)
    if any(_looks_new(course, student, assignment) for student in students):
        sandbox.begin()
    return sandbox


def _looks_new(course: Course, student: str, assignment: str) -> bool:
    """Whether a submission seems not to have been graded: a guess from file times, good for starting early only."""
    with contextlib.suppress(OSError):
        written = course.autograded(student, assignment).stat().st_mtime
        return any(path.stat().st_mtime > written for path in course.submitted(student, assignment).iterdir())
    return True
