"""One notebook at a time, as nbgrader's converters ask for it: the graders stay, with their sandboxes."""

from __future__ import annotations

import atexit
import threading

from graders.course.course import Course
from graders.grading.grader import Grader
from graders.records import NotebookResult

_graders: dict[tuple[str, str], Grader] = {}
_lock = threading.Lock()


def grade_notebook(
    course: Course, assignment: str, student: str, notebook: str, submitted: bytes | None
) -> NotebookResult:
    """Grade one notebook of one student in this process's sandbox for the assignment.

    Parameters
    ----------
    course : Course
        The course.
    assignment, student, notebook : str
        What is graded.
    submitted : bytes or None
        The file as it was handed in; None where it is missing.

    Returns
    -------
    NotebookResult
        The same that `grade_course` gives.
    """
    with _lock:
        key = (str(course.root), assignment)
        grader = _graders.get(key)
        if grader is None or grader.is_stale(course):
            if grader is not None:
                grader.close()
            grader = _graders[key] = Grader(course, assignment)
    return grader.grade(student, notebook, submitted)


@atexit.register
def close_graders() -> None:
    """End every sandbox of this process."""
    with _lock:
        while _graders:
            _graders.popitem()[1].close()
