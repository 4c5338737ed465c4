"""A candidate's own notebook answers, read from what they handed in and was graded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graders.authoring.answers import exercise_answered, release, text
from graders.authoring.material import Module
from graders.course import Course
from graders.grading.written import answer_cells
from graders.panel.questions import Answer
from graders.records import Json
from graders.reports.untouched import untouched

_ASSIGNMENT = "="


def answers_of(course: Course, student: str) -> tuple[Answer, ...]:
    """What a student answered in every module.

    Parameters
    ----------
    course : Course
        With the graded notebooks.
    student : str
        Whose.

    Returns
    -------
    tuple of Answer
        By module and exercise; what is still as it was released says nothing and is left out.
    """
    return tuple(
        answer
        for slug in course.modules
        for path in sorted(course.autograded(student, slug).glob("*.ipynb"))
        for answer in _of_notebook(course.module(slug), path, course.source(slug) / path.name)
    )


def _of_notebook(module: Module, path: Path, source_path: Path) -> Iterator[Answer]:
    document, source = _read(path), _read(source_path)
    as_released = set(untouched(document, release(source))) if "cells" in source else set()
    titles = {entry.id: entry.title for entry in module.exercises}
    cells: Any = document.get("cells", [])
    for cell in cells:
        exercise = exercise_answered(cell)
        said = text(cell).strip()
        if exercise in titles and said and exercise not in as_released:
            kind = "code" if cell.get("cell_type") == "code" else "text"
            yield Answer(exercise, titles[exercise], _kind(kind, said), said)
    written = {entry.id for entry in module.exercises if entry.kind == "written"}
    for exercise in sorted(written):
        said = "\n\n".join(text(cell) for cell in answer_cells(source, document, exercise))
        if said.strip():
            yield Answer(exercise, titles[exercise], "text", said)


def _kind(kind: str, said: str) -> str:
    """A single assignment is a value; anything longer is code."""
    lines = [line for line in said.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return "value" if kind == "code" and len(lines) == 1 and _ASSIGNMENT in lines[0] else kind


def _read(path: Path) -> Json:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
