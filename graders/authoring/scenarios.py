"""Personal scenarios: parameters of a notebook that are others for each student, and always the same for one.

The author's `scenario.py` defines `scenario(student, salt)`. Students get it with the course's salt and `my_scenario`;
the sandbox gets it with a `my_scenario` that always gives the scenario of whoever handed the notebook in.
"""

from __future__ import annotations

import ast
import copy
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graders.authoring.material import Module
from graders.errors import CourseError

FILE = "scenario.py"
"""What the file is called, in the notebook's folder and beside the released notebook."""

Scenario = Mapping[str, Any]

_FOR_STUDENTS = '''

SALT = "{salt}"
"""Of this course: in another one everybody has another scenario."""


def my_scenario(student):
    """Your scenario; `student` is your id as your course has it."""
    student = str(student).strip()
    if not student:
        raise ValueError("write your student id into STUDENT first")
    return scenario(student, SALT)
'''

_BOUND = '''

def my_scenario(student):
    """The scenario of the student who handed the notebook in, whatever the notebook says."""
    import json

    return json.loads({scenario!r})
'''


def author_file(module: Module) -> Path | None:
    """The author's `scenario.py` of a module; None where no notebook is personal."""
    return module.author_file(module.personal, FILE) if module.personal else None


def student_scenario(module: Module, salt: str) -> str:
    """What students get as `scenario.py`.

    Parameters
    ----------
    module : Module
        With a personal notebook.
    salt : str
        The course's; students see it, and no secret follows from it.

    Returns
    -------
    str
        Python source that needs the standard library and numpy only.

    Raises
    ------
    CourseError
        If the author's file imports anything else, or defines what is added here.
    """
    path = author_file(module)
    if path is None:
        raise CourseError(f"no notebook has a {FILE}", where=str(module.folder))
    text = path.read_text(encoding="utf-8")
    _require_shippable(text, path)
    return text.rstrip("\n") + "\n" + _FOR_STUDENTS.format(salt=salt)


class PersonalScenarios:
    """Everybody's scenarios, from the file that students got.

    Parameters
    ----------
    text : str
        As `student_scenario` gives it.
    where : str
        What messages call it.

    Raises
    ------
    CourseError
        If it cannot be run.
    """

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self._where = where
        self._namespace: dict[str, Any] = {"__name__": "scenario"}
        try:
            exec(compile(text, where, "exec"), self._namespace)  # noqa: S102  our material
        except Exception as error:
            raise CourseError(f"it cannot be run: {error!r}", where=where) from error
        self._made: dict[str, str] = {}

    def of(self, student: str) -> dict[str, Any]:
        """One student's scenario: plain data that survives JSON, a copy each time.

        Raises
        ------
        CourseError
            If there is none for this id, or it holds anything else.
        """
        made: dict[str, Any] = json.loads(self._json(student))
        return made

    def bound(self, student: str) -> bytes:
        """`scenario.py` for the sandbox: all of the students' file, and this student's scenario for whoever asks."""
        return (self.text + _BOUND.format(scenario=self._json(student))).encode()

    def _json(self, student: str) -> str:
        if student not in self._made:
            self._made[student] = self._make(student)
        return self._made[student]

    def _make(self, student: str) -> str:
        where = f"{self._where}: student {student}"
        try:
            made = self._namespace["my_scenario"](student)
            text = json.dumps(copy.deepcopy(made))
        except Exception as error:
            raise CourseError(f"no scenario, or one that is no plain data: {error!r}", where=where) from error
        if not isinstance(made, dict) or json.loads(text) != made:
            do = "Let it be a dict of text, numbers, truth values, lists and such dicts; no tuples, no NaN."
            raise CourseError("the scenario is no plain data", where=where, do=do)
        return text


def _require_shippable(text: str, path: Path) -> None:
    """It runs where a student works, and leaves room for what is added."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise CourseError(f"it is no Python: {error.msg}", where=f"{path}:{error.lineno}") from error
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.split(".")[0] not in {*sys.stdlib_module_names, "numpy"}:
                do = "Use the standard library and numpy: students have nothing of ours."
                raise CourseError(f"it imports {name}", where=f"{path}:{node.lineno}", do=do)  # type: ignore[attr-defined]
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    defined |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    if "scenario" not in defined:
        raise CourseError("it defines no scenario(student, salt)", where=str(path))
    for name in ("my_scenario", "SALT"):
        if name in defined:
            raise CourseError(f"it defines {name}, which is added for students", where=str(path))
