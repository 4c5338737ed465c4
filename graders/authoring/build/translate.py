"""The translate step: author cells -> a notebook in nbgrader's metadata schema, version 3.

Each cell's part in grading:

- the answer cell `<id>-answer`: solution, not locked, no points;
- the test cell `<id>`: grade, locked, the exercise's points;
- course code `code-NN`: locked, so that nbgrader restores it, since answers may use what it defines;
- prose `text-NN`: no part at all. Nothing depends on it, and students may write into it.

Prose and code are numbered apart: a paragraph more moves no code cell's id, so submissions of an earlier release
still find theirs.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graders.authoring.answers import SUFFIX
from graders.authoring.build import names
from graders.authoring.build.percent import AuthorCell
from graders.authoring.build.quote import exercise_name, public_name, quote
from graders.authoring.build.tests_guard import require_able_to_fail
from graders.authoring.material import ExerciseEntry, Module
from graders.errors import CourseError

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def translate(cells: Sequence[AuthorCell], module: Module, notebook: str) -> dict[str, Any]:
    """Make the source notebook of one author text.

    Parameters
    ----------
    cells : sequence of AuthorCell
        The author text.
    module : Module
        The module that it belongs to; `module.yaml` says which exercises must be there, and what they are worth.
    notebook : str
        Which of its notebooks this is.

    Returns
    -------
    dict
        The notebook.
    """
    path = module.author_file(notebook, "notebook.py")
    banner = f"<!-- Generated from {path.relative_to(module.root).as_posix()} by `aisa author build`: edit that. -->"
    translation = _Translation({entry.id: entry for entry in module.exercises_in(notebook)})
    for cell in cells:
        translation.add(cell)
    if missing := [one for one in translation.entries if one not in translation.tested]:
        raise CourseError(f"{missing[0]} has no answer or no test cell", where=str(path))
    _require_checks(module.author_file(notebook, "checks.py"), translation.entries)
    translation.cells[0]["source"] = f"{banner}\n{translation.cells[0]['source']}"
    return {"cells": translation.cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


class _Translation:
    """A notebook in the making: its cells, what they have defined, and the exercises met on the way."""

    def __init__(self, entries: dict[str, ExerciseEntry]) -> None:
        self.entries = entries
        self.cells: list[dict[str, Any]] = []
        self.names: frozenset[str] = frozenset()
        self.answered: dict[str, str] = {}  # exercise -> what the student writes
        self.tested: set[str] = set()
        self.numbered = {"prose": 0, "code": 0}

    def add(self, cell: AuthorCell) -> None:
        """Translate one more cell."""
        getattr(self, f"_{cell.role}")(cell)

    def _prose(self, cell: AuthorCell) -> None:
        self.numbered["prose"] += 1
        identity = f"text-{self.numbered['prose']:02d}"
        self.cells.append({"cell_type": "markdown", "id": identity, "metadata": {}, "source": cell.text})

    def _code(self, cell: AuthorCell) -> None:
        self.numbered["code"] += 1
        self._append(f"code-{self.numbered['code']:02d}", cell, cell.text, locked=True)

    def _exercise(self, cell: AuthorCell) -> None:
        exercise, reference = cell.header["id"], cell.header["reference"]
        self._require_listed(exercise, cell.where)
        if exercise in self.answered:
            raise CourseError(f"{exercise} has two answer cells", where=cell.where)
        name = public_name(reference)
        if exercise != f"{exercise[:3]}_{exercise_name(name)}":
            expected = f"{exercise[:3]}_{exercise_name(name)}"
            raise CourseError(f"the exercise of {name} is called {expected}, not {exercise}", where=cell.where)
        quoted = quote(cell.text, reference, cell.where)
        if unknown := names.undefined(quoted.text, cell.where, self.names):
            do = "Define them in an earlier cell, or write the reference without them."
            raise CourseError(f"the quoted solution uses {', '.join(unknown)}", where=cell.where, do=do)
        self.answered[exercise] = name
        self._append(exercise + SUFFIX, cell, quoted.text, solution=True)

    def _tests(self, cell: AuthorCell) -> None:
        exercise = cell.header["id"]
        self._require_listed(exercise, cell.where)
        if exercise not in self.answered:
            raise CourseError(f"the tests of {exercise} come before its answer cell", where=cell.where)
        if exercise in self.tested:
            raise CourseError(f"{exercise} has two test cells", where=cell.where)
        names.defined(cell.python, cell.where)  # is Python
        require_able_to_fail(cell.python, self.answered[exercise], cell.where)
        self.tested.add(exercise)
        points = self.entries[exercise].points
        self._append(
            exercise, cell, cell.text, grade=True, locked=True, points=int(points) if points % 1 == 0 else points
        )

    def _require_listed(self, exercise: str, where: str) -> None:
        if exercise not in self.entries:
            raise CourseError(f"module.yaml lists no exercise {exercise} for this notebook", where=where)

    def _append(self, identity: str, cell: AuthorCell, source: str, **part: object) -> None:
        """Add a code cell that has a part in grading."""
        self.names |= names.defined(source if cell.role == "exercise" else cell.python, cell.where)
        part = {"grade": False, "grade_id": identity, "locked": False, "solution": False, "task": False} | part
        self.cells.append(
            {
                "cell_type": "code",
                "execution_count": None,
                "id": identity,
                "metadata": {"nbgrader": part | {"schema_version": 3}},
                "outputs": [],
                "source": source,
            }
        )


def _require_checks(path: Path, exercises: dict[str, ExerciseEntry]) -> None:
    """Every exercise is named in `checks.py`; whether its checks can be lost, the gates find out."""
    named: set[object] = set()
    if path.is_file():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    if missing := [exercise for exercise in exercises if exercise not in named]:
        raise CourseError(
            f"no checks for {missing[0]}", where=str(path), do="Write an Exercise with at least one Equal."
        )
