"""The right grader for an assignment: by our own checks where a module covers it, else by its notebooks' tests."""

from __future__ import annotations

from graders.course.course import Course
from graders.gradebook import Gradebook
from graders.grading.foreign import ForeignGrader
from graders.grading.grader import Grader
from graders.sandbox import SharedSandbox


def open_grader(
    course: Course, assignment: str, *, allow_unsafe: bool = False, sandbox: SharedSandbox | None = None
) -> Grader | ForeignGrader:
    """Make the grader of an assignment.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        Slug of a module, or the name of an assignment that no module covers.
    allow_unsafe : bool
        Grade although a sandbox property does not hold here.
    sandbox : SharedSandbox, optional
        Where the notebooks of a module run, if it was made already.

    Returns
    -------
    Grader or ForeignGrader
        To be closed.

    Raises
    ------
    CourseError
        If there is no such assignment, or its material is wrong.
    """
    if not course.is_foreign(assignment):
        return Grader(course, assignment, allow_unsafe=allow_unsafe, sandbox=sandbox)
    with Gradebook.open(course) as gradebook:
        sources = gradebook.sources(assignment)
    return ForeignGrader(course, assignment, sources, allow_unsafe=allow_unsafe)
