"""What nbgrader's rows say of a graded notebook: exactly what unmodified nbgrader would write for these points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graders.authoring.answers import nbgrader_metadata
from graders.course.checksum import untouched
from graders.errors import CourseError
from graders.records import Json, NotebookResult

NO_RESPONSE = "No response."


def auto_scores(result: NotebookResult) -> dict[str, float | None]:
    """Score of each graded cell of a notebook; None where a human must look.

    Parameters
    ----------
    result : NotebookResult
        With its document.

    Returns
    -------
    dict of str to float or None
        By grade id. Task cells are not in it: nbgrader leaves them to the marker.

    Raises
    ------
    CourseError
        If a test cell belongs to no exercise.
    """
    points = {exercise.exercise: float(exercise.points) for exercise in result.exercises}
    scores: dict[str, float | None] = {}
    for grade_id, said, cell in _graded(result.document):
        if said.get("solution"):
            scores[grade_id] = 0.0 if untouched(cell) else None
        elif cell["cell_type"] != "code":
            scores[grade_id] = None
        elif grade_id in points:
            scores[grade_id] = points[grade_id]
        else:
            raise CourseError(f"test cell {grade_id} belongs to no exercise", result.notebook, "See module.yaml.")
    return scores


def auto_comments(result: NotebookResult) -> dict[str, str | None]:
    """What is said by itself on each answer and task cell: that nobody has answered.

    Parameters
    ----------
    result : NotebookResult
        With its document.

    Returns
    -------
    dict of str to str or None
        By grade id.
    """
    comments: dict[str, str | None] = {}
    for cell in _cells(result.document):
        said = nbgrader_metadata(cell)
        if said.get("task"):
            comments[str(said["grade_id"])] = None
        elif said.get("solution"):
            comments[str(said["grade_id"])] = NO_RESPONSE if untouched(cell) else None
    return comments


def late_penalty(rule: str, seconds_late: float, score: float) -> float | None:
    """What nbgrader takes off a notebook that came late.

    Parameters
    ----------
    rule : str
        `none`, or `zero`: all of it.
    seconds_late : float
        After the due date, extension included.
    score : float
        Of the notebook, marks by hand included.

    Returns
    -------
    float or None
        Points; None where the rule has nothing to say.
    """
    return max(0.0, score) if rule == "zero" and seconds_late > 0 else None


def _graded(document: Json | None) -> Iterator[tuple[str, Mapping[str, Any], Json]]:
    for cell in _cells(document):
        said = nbgrader_metadata(cell)
        if said.get("grade"):
            yield str(said["grade_id"]), said, cell


def _cells(document: Json | None) -> list[Json]:
    cells: Any = (document or {}).get("cells", [])
    return list(cells)
