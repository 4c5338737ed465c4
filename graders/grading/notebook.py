"""One notebook at a time, as nbgrader's converters ask for it: the graders stay, with their sandboxes."""

from __future__ import annotations

import atexit
import threading
from typing import Any

from graders.course.course import Course
from graders.course.intake import Submission
from graders.grading.foreign import ForeignGrader
from graders.grading.grader import Grader
from graders.grading.opening import open_grader
from graders.records import NotebookResult

_graders: dict[tuple[str, str], Grader | ForeignGrader] = {}
_lock = threading.Lock()


def grade_notebook(course: Course, submission: Submission, notebook: str) -> NotebookResult:
    """Grade one notebook of one student in this process's sandbox for the assignment.

    Parameters
    ----------
    course : Course
        The course.
    submission : Submission
        What was handed in.
    notebook : str
        Name without extension; the submission need not have it.

    Returns
    -------
    NotebookResult
        The same that `grade_course` gives.
    """
    return _grader(course, submission.assignment).grade(submission, notebook)


def rebuilt_notebook(course: Course, submission: Submission, notebook: str) -> dict[str, Any]:
    """One notebook of one student as it will run, without outputs.

    Parameters
    ----------
    course : Course
        The course.
    submission : Submission
        What was handed in.
    notebook : str
        Name without extension; the submission has it.

    Returns
    -------
    dict
        Its JSON.
    """
    return _grader(course, submission.assignment).rebuilt(submission, notebook).notebook


def notebook_names(course: Course, assignment: str) -> tuple[str, ...]:
    """Names of an assignment's notebooks, without extension."""
    return _grader(course, assignment).module.notebooks


def _grader(course: Course, assignment: str) -> Grader | ForeignGrader:
    with _lock:
        key = (str(course.root), assignment)
        grader = _graders.get(key)
        if grader is None or grader.is_stale(course):
            if grader is not None:
                grader.close()
            grader = _graders[key] = open_grader(course, assignment)
        return grader


@atexit.register
def close_graders() -> None:
    """End every sandbox of this process."""
    with _lock:
        while _graders:
            _graders.popitem()[1].close()
