"""The translate step: author cells -> a notebook in nbgrader's metadata schema, version 3.

Each cell's part in grading:

- the answer cell `<id>-answer`: solution, not locked, no points;
- the test cell `<id>`: grade, locked, the exercise's points;
- course code `code-NN`: locked, so that nbgrader restores it, since answers may use what it defines;
- a written exercise's task cell `<id>`: task, locked, the exercise's points, and its rubric as nbgrader's mark scheme;
  behind it a cell of the student's own to answer in;
- the cell `student-id` of a personal notebook: no part either, so that students can write into it;
- prose `text-NN`: no part at all. Nothing depends on it, and students may write into it.

Prose and code are numbered apart: a paragraph more moves no code cell's id, so submissions of an earlier release
still find theirs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graders.authoring.answers import SUFFIX
from graders.authoring.build import names
from graders.authoring.build.percent import AuthorCell
from graders.authoring.build.quote import Quoted, exercise_name, public_name, quote
from graders.authoring.build.quote_variable import asks_for_variable, quote_variable
from graders.authoring.build.tests_guard import require_able_to_fail
from graders.authoring.material import ExerciseEntry, Module
from graders.authoring.rubrics import Rubric, mark_scheme, rubrics_of
from graders.errors import CourseError

RESPONSE = "*Your answer here. You may add cells of your own below this one: text, code, pictures.*"
"""What stands where students write."""

STUDENT_CELL = "student-id"
"""Id of the cell in which students of a personal notebook write their own."""
_STUDENT = re.compile(r'(#[^\n]*\n)*STUDENT = ""[ ]*(#[^\n]*)?')

_VARIABLES, _DEFINITIONS = {"value", "file"}, {"function", "class", "policy", "figure"}
"""Kinds that ask for a variable, and for something to call; a table may be either."""

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
    translation = _Translation({entry.id: entry for entry in module.exercises_in(notebook)}, rubrics_of(module))
    for cell in cells:
        translation.add(cell)
    _require_student_cell([cell for cell in cells if cell.role == "student"], notebook == module.personal, str(path))
    if missing := [one for one in translation.entries if one not in translation.tested]:
        raise CourseError(f"{missing[0]} has no answer or no test cell", where=str(path))
    _require_checks(module.author_file(notebook, "checks.py"), [entry.id for entry in module.checked_in(notebook)])
    return _document(translation.cells, path.relative_to(module.root))


def translate_ungraded(cells: Sequence[AuthorCell], path: Path) -> dict[str, Any]:
    """Make a notebook that nobody grades: prose and code, and no part of a cell in grading.

    Parameters
    ----------
    cells : sequence of AuthorCell
        The author text.
    path : Path
        Where it stands, from the material root.

    Returns
    -------
    dict
        The notebook.

    Raises
    ------
    CourseError
        If a cell is an exercise, its tests, or asks for the student's id.
    """
    translation = _Translation({}, {})
    for cell in cells:
        if cell.role not in ("prose", "code"):
            raise CourseError(f"a cell for {cell.role} in a notebook that is not graded", where=cell.where)
        translation.add(cell)
    for made in translation.cells:
        made["metadata"] = {}
    return _document(translation.cells, path)


def _document(cells: list[dict[str, Any]], path: Path) -> dict[str, Any]:
    """The notebook of these cells; the first says which text it is made from."""
    banner = f"<!-- Generated from {path.as_posix()} by `aisa author build`: edit that. -->"
    cells[0]["source"] = f"{banner}\n{cells[0]['source']}"
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


class _Translation:
    """A notebook in the making: its cells, what they have defined, and the exercises met on the way."""

    def __init__(self, entries: Mapping[str, ExerciseEntry], rubrics: Mapping[str, Rubric]) -> None:
        self.entries = entries
        self.rubrics = rubrics
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
        self._append(f"text-{self.numbered['prose']:02d}", cell.text)

    def _code(self, cell: AuthorCell) -> None:
        self.numbered["code"] += 1
        self._append_code(f"code-{self.numbered['code']:02d}", cell, cell.text, locked=True)

    def _student(self, cell: AuthorCell) -> None:
        if not _STUDENT.fullmatch(cell.text):
            raise CourseError('the cell of the student id is `STUDENT = ""`, with comments', where=cell.where)
        self._append_code(STUDENT_CELL, cell, cell.text)

    def _written(self, cell: AuthorCell) -> None:
        exercise = cell.header["id"]
        self._begin(exercise, cell.where)
        if not self.entries[exercise].is_written:
            do = "Give it an answer cell and a test cell, or call it written."
            raise CourseError(f"module.yaml calls {exercise} a {self.entries[exercise].kind}", where=cell.where, do=do)
        self.answered[exercise] = ""
        self.tested.add(exercise)
        source = f"{cell.text}\n\n{mark_scheme(self.rubrics[exercise])}"
        self._append(exercise, source, task=True, locked=True, points=self._points(exercise))
        self._append(exercise + SUFFIX, RESPONSE)

    def _exercise(self, cell: AuthorCell) -> None:
        exercise, reference = cell.header["id"], cell.header["reference"]
        self._begin(exercise, cell.where)
        name = public_name(reference)
        if exercise != f"{exercise[:3]}_{exercise_name(name)}":
            expected = f"{exercise[:3]}_{exercise_name(name)}"
            raise CourseError(f"the exercise of {name} is called {expected}, not {exercise}", where=cell.where)
        quoted = self._quoted(cell)
        if unknown := names.undefined(quoted.text, cell.where, self.names):
            do = "Define them in an earlier cell, or write the reference without them."
            raise CourseError(f"the quoted solution uses {', '.join(unknown)}", where=cell.where, do=do)
        self.answered[exercise] = name
        self._append_code(exercise + SUFFIX, cell, quoted.text, solution=True)

    def _quoted(self, cell: AuthorCell) -> Quoted:
        kind, variable = self.entries[cell.header["id"]].kind, asks_for_variable(cell.text)
        if kind == "written" or kind in (_DEFINITIONS if variable else _VARIABLES):
            found = "a variable" if variable else "a function or class"
            raise CourseError(f"the cell asks for {found}, and module.yaml calls it a {kind}", where=cell.where)
        return (quote_variable if variable else quote)(cell.text, cell.header["reference"], cell.where)

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
        self._append_code(exercise, cell, cell.text, grade=True, locked=True, points=self._points(exercise))

    def _begin(self, exercise: str, where: str) -> None:
        """The answer or task cell of an exercise, the first and only one."""
        self._require_listed(exercise, where)
        if exercise in self.answered:
            raise CourseError(f"{exercise} has two answer cells", where=where)

    def _points(self, exercise: str) -> float:
        points = self.entries[exercise].points
        return int(points) if points % 1 == 0 else points

    def _require_listed(self, exercise: str, where: str) -> None:
        if exercise not in self.entries:
            raise CourseError(f"module.yaml lists no exercise {exercise} for this notebook", where=where)

    def _append_code(self, identity: str, cell: AuthorCell, source: str, **part: object) -> None:
        """Add a code cell, and what it defines."""
        self.names |= names.defined(source if cell.role == "exercise" else cell.python, cell.where)
        self._append(identity, source, **part)
        self.cells[-1] |= {"cell_type": "code", "execution_count": None, "outputs": []}

    def _append(self, identity: str, source: str, **part: object) -> None:
        """Add a cell, of prose at first, with its part in grading, if it has one."""
        usual = {"grade": False, "grade_id": identity, "locked": False, "schema_version": 3, "solution": False}
        metadata = {"nbgrader": {**usual, "task": False, **part}} if part else {}
        self.cells.append({"cell_type": "markdown", "id": identity, "metadata": metadata, "source": source})


def _require_student_cell(cells: Sequence[AuthorCell], personal: bool, where: str) -> None:
    if len(cells) != personal:
        expected = "one, since there is a scenario.py" if personal else "none without a scenario.py"
        raise CourseError(f"{len(cells)} cells for the student id, expected {expected}", where=where)


def _require_checks(path: Path, exercises: Sequence[str]) -> None:
    """Every exercise that is checked is named in `checks.py`; whether its checks can be lost, the gates find out."""
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
