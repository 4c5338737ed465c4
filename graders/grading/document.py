"""The autograded notebook: what the student handed in, what it did, and what each check found.

nbgrader reads the points of a test cell from its first `execute_result`, so ours stands first, and holds nothing but
`repr` of the points. A cell that shows its own error after it still has the points that its answer earned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graders.grading.outputs import harmless
from graders.records import CellRun, ExerciseResult, Json
from graders.scoring import feedback


def document(rebuilt: Json, runs: Sequence[CellRun], results: Mapping[str, ExerciseResult]) -> Json:
    """The rebuilt notebook with outputs and, in each test cell, points and feedback.

    Parameters
    ----------
    rebuilt : Json
        What was run.
    runs : sequence of CellRun
        What its code cells did.
    results : mapping of str to ExerciseResult
        By exercise id.
    """
    by_index = {run.index: run for run in runs}
    cells = []
    for index, cell in enumerate(_cells(rebuilt)):
        if cell["cell_type"] != "code":
            cells.append(cell)
            continue
        run = by_index.get(index)
        shown = list(harmless(run.outputs)) if run else []
        result = results.get(_grade_id(cell))
        count = run.execution_count if run else None
        verdict = [] if result is None else _verdict(result, count)
        cells.append({**cell, "execution_count": count, "outputs": verdict + shown})
    return {**rebuilt, "cells": cells}


def _verdict(result: ExerciseResult, count: int | None) -> list[Json]:
    points: Json = {
        "output_type": "execute_result",
        "execution_count": count,
        "metadata": {},
        "data": {"text/plain": repr(float(result.points))},
    }
    words: Json = {"output_type": "stream", "name": "stdout", "text": feedback(result)}
    return [points, words]


def _cells(notebook: Json) -> list[dict[str, object]]:
    cells = notebook["cells"]
    assert isinstance(cells, list)  # noqa: S101  `rebuild` made it
    return cells


def _grade_id(cell: Mapping[str, object]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader", {}) if isinstance(metadata, Mapping) else {}
    return str(nbgrader.get("grade_id", "")) if nbgrader.get("grade") else ""
