"""Answer cells of a notebook: which they are, how they are emptied for a release, how they are filled in.

Works on a notebook's plain JSON, so that nothing else in it changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graders.errors import UsageError
from graders.records import Json

SUFFIX = "-answer"
"""An answer cell's grade id is its exercise's with this at the end; the test cell has the bare id."""

BEGIN_MARK, END_MARK = "BEGIN SOLUTION", "END SOLUTION"
"""nbgrader takes a line for a mark if it holds these words, whatever else it holds."""

BEGIN_SCHEME, END_SCHEME = "BEGIN MARK SCHEME", "END MARK SCHEME"
"""What lies between them, in a written exercise's task cell, is for the marker."""

STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
"""What nbgrader puts in the place of a solution in Python."""


def fill(notebook: Json, answers: Mapping[str, str]) -> dict[str, Any]:
    """Put answers into the answer cells of a released notebook.

    Parameters
    ----------
    notebook : Json
        A notebook; it is left as it is.
    answers : mapping of str to str
        Exercise id -> text of its answer cell.

    Returns
    -------
    dict
        A copy with these cells' text replaced.

    Raises
    ------
    UsageError
        If the notebook has no answer cell for one of the exercises.
    """
    filled: dict[str, Any] = copied(dict(notebook))
    left = dict(answers)
    for cell in filled["cells"]:
        exercise = exercise_answered(cell)
        if exercise in left:
            _write(cell, left.pop(exercise))
    if left:
        raise UsageError(f"the notebook has no answer cell for {', '.join(sorted(left))}")
    return filled


def release(source: Json) -> dict[str, Any]:
    """Strip solutions and mark schemes from a source notebook, as nbgrader's ClearSolutions and ClearMarkScheme do.

    Parameters
    ----------
    source : Json
        A source notebook; it is left as it is.

    Returns
    -------
    dict
        A copy without solutions, mark schemes and outputs.
    """
    released: dict[str, Any] = copied(dict(source))
    for cell in released["cells"]:
        if nbgrader_metadata(cell).get("task"):
            _write(cell, without_mark_scheme(text(cell)))
        if cell["cell_type"] != "code":
            continue
        cell["outputs"], cell["execution_count"] = [], None
        if nbgrader_metadata(cell).get("solution"):
            _write(cell, _without_solution(text(cell)))
    return released


def with_mark_schemes(notebook: Json, schemes: Mapping[str, str]) -> dict[str, Any]:
    """Put mark schemes back into the task cells of a notebook as it was released.

    Parameters
    ----------
    notebook : Json
        It is left as it is.
    schemes : mapping of str to str
        Exercise id -> its mark scheme, marks included.

    Returns
    -------
    dict
        A copy for the marker.
    """
    shown: dict[str, Any] = copied(dict(notebook))
    for cell in shown["cells"]:
        said = nbgrader_metadata(cell)
        if said.get("task") and said["grade_id"] in schemes:
            _write(cell, f"{text(cell)}\n{schemes[said['grade_id']]}")
    return shown


def without_mark_scheme(task: str) -> str:
    """Text of a task cell without what is for the marker alone."""
    kept: list[str] = []
    inside = False
    for line in task.split("\n"):
        if BEGIN_SCHEME in line or END_SCHEME in line:
            inside = BEGIN_SCHEME in line
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def exercise_answered(cell: Json) -> str:
    """Id of the exercise that a cell answers; empty if it is no answer cell."""
    metadata = nbgrader_metadata(cell)
    grade_id = str(metadata.get("grade_id", ""))
    return grade_id.removesuffix(SUFFIX) if metadata.get("solution") and grade_id.endswith(SUFFIX) else ""


def copied(value: Any) -> Any:
    """A copy of what JSON can hold.

    Parameters
    ----------
    value : object
        Dicts, lists, and what cannot be changed.

    Returns
    -------
    object
        With no dict and no list in common; in a tenth of the time of `copy.deepcopy`, which asks each part what it is.
    """
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def nbgrader_metadata(cell: Json) -> Mapping[str, Any]:
    """What nbgrader says about a cell; empty where it, or a student's editing of it, says nothing usable."""
    metadata = cell.get("metadata")
    ours = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return ours if isinstance(ours, dict) else {}


def text(cell: Json) -> str:
    """The cell's source as one string; nbformat also allows a list of lines."""
    source: Any = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _write(cell: dict[str, Any], new: str) -> None:
    """Replace a cell's text and keep its form."""
    cell["source"] = new if isinstance(cell.get("source", ""), str) else new.splitlines(keepends=True)


def _without_solution(source: str) -> str:
    """Put the stub in the place of each marked region, indented as its mark; of the whole cell, if none is marked."""
    kept: list[str] = []
    inside = marked = False
    for line in source.split("\n"):
        if BEGIN_MARK in line:
            inside = marked = True
            indent = re.match(r"\s*", line).group()  # type: ignore[union-attr]
            kept += [indent + stub for stub in STUB]
        elif END_MARK in line:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept if marked else STUB)
