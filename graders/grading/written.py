"""Written answers: what a student put behind a task cell, for a human to read.

nbgrader's task cell is locked, and asks; the student's own cells behind it answer. Course text that stands there
unchanged is no answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from graders.authoring.answers import nbgrader_metadata, text
from graders.records import Json, WrittenAnswer


def written_answers(source: Json, notebook: Json | None) -> tuple[WrittenAnswer, ...]:
    """What was written for each task of a notebook.

    Parameters
    ----------
    source : Json
        The notebook as it was released: it says which tasks there are.
    notebook : Json or None
        The rebuilt submission; None where there is none.

    Returns
    -------
    tuple of WrittenAnswer
        In the order of the source.
    """
    tasks = [said for cell in _cells(source) if (said := nbgrader_metadata(cell)).get("task")]
    return tuple(
        WrittenAnswer(task["grade_id"], float(task["points"]), digest(answer_cells(source, notebook, task["grade_id"])))
        for task in tasks
    )


def answer_cells(source: Json, notebook: Json | None, task: str) -> tuple[Json, ...]:
    """The student's cells behind a task cell, up to the next cell that is ours.

    Parameters
    ----------
    source : Json
        The notebook as it was released.
    notebook : Json or None
        The rebuilt submission, before or after it ran.
    task : str
        Grade id of the task cell.

    Returns
    -------
    tuple of Json
        Those that say something; cells of course text are left out.
    """
    prose = {text(cell).strip() for cell in _cells(source)} | {""}
    return tuple(cell for cell in _behind(task, notebook) if text(cell).strip() not in prose or cell.get("attachments"))


def digest(cells: tuple[Json, ...]) -> str:
    """SHA-256 of an answer's text and pictures, whatever it did when it ran; empty where nothing is written.

    Parameters
    ----------
    cells : tuple of Json
        What `answer_cells` gives.

    Returns
    -------
    str
        64 hexadecimal digits, or none.
    """
    said = [(cell["cell_type"], text(cell), cell.get("attachments", {})) for cell in cells]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest() if said else ""


def _behind(task: str, notebook: Json | None) -> Iterator[Json]:
    inside = False
    for cell in _cells(notebook or {}):
        if grade_id := nbgrader_metadata(cell).get("grade_id"):
            inside = grade_id == task
        elif inside:
            yield cell


def _cells(notebook: Json) -> list[Json]:
    cells: Any = notebook.get("cells", [])
    return list(cells)
