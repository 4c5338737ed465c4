"""What is taken off a notebook that came late: nbgrader's rules, and rules of a course's own.

A rule of a course's own is one of nbgrader's plugins: a class with `late_submission_penalty(student_id, score,
total_seconds_late)`, named in `course.yaml` as `late: module.Class`; the module may lie in the course.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

from graders.course.course import SETTINGS, Course
from graders.errors import CourseError
from graders.gradebook.scores import late_penalty

LateRule = Callable[[str, float, float], float | None]
"""Points off for a student, the notebook's score, and how many seconds late it came; None where there are none."""

OWN = ("none", "zero")
"""nbgrader's predefined rules."""


def late_rule(course: Course) -> LateRule:
    """The rule that a course has.

    Parameters
    ----------
    course : Course
        `late` names it.

    Returns
    -------
    callable
        Of student, score and seconds late; as nbgrader does, it takes no more than there is, and gives nothing.

    Raises
    ------
    CourseError
        If it names no such plugin, or what it names fails.
    """
    if course.late in OWN:
        return lambda student, score, seconds: late_penalty(course.late, seconds, score)  # noqa: ARG005
    plugin = _plugin(course)
    where = f"{course.root / SETTINGS}: late"

    def rule(student: str, score: float, seconds: float) -> float | None:
        if seconds <= 0:
            return None
        try:
            penalty = plugin.late_submission_penalty(student, score, seconds)  # type: ignore[attr-defined]
            return None if penalty is None else min(max(0.0, float(penalty)), max(0.0, score))
        except Exception as failure:
            found = f"{course.late} failed for {student} ({type(failure).__name__}: {failure})"
            raise CourseError(found, where) from failure

    return rule


def _plugin(course: Course) -> object:
    """The plugin, found in the course or among what is installed."""
    module, _, name = course.late.rpartition(".")
    where = f"{course.root / SETTINGS}: late"
    sys.path.insert(0, str(course.root))
    try:
        found = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, TypeError) as failure:
        do = "Name `none`, `zero`, or a plugin as `module.Class`."
        raise CourseError(f"{course.late!r} is no plugin ({failure})", where, do) from None
    finally:
        sys.path.remove(str(course.root))
    if not callable(getattr(found, "late_submission_penalty", None)):
        do = "See nbgrader's documentation of plugins."
        raise CourseError(f"{course.late} has no late_submission_penalty", where, do)
    return found
