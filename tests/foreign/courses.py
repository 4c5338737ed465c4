"""Courses of nbgrader's own: its quickstart course, read in place from its wheel, and one with every kind of cell."""

from __future__ import annotations

import copy
import json
import shutil
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from graders.course import Course, load
from tests import nbgrader_commands

Notebook = dict[str, Any]

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "World Music"
c.ExecutePreprocessor.timeout = 120  # by the clock on the wall: a busy machine shall not lose anybody's points
c.ExecutePreprocessor.iopub_timeout = 120
c.Aisa.limits = {"cell_cpu_s": 3.0, "cell_wall_s": 120.0, "notebook_cpu_s": 60.0}
c.LateSubmissionPlugin.penalty_method = "zero"
c.Autograde.exclude_overwriting = {"rows": ["settings.py"], "odd": ["settings.py"]}
"""
DUE = "2026-02-01 00:00:00 UTC"


def user_guide() -> Path:
    """Where nbgrader's wheel has its quickstart course and two submissions of it."""
    found = find_spec("nbgrader")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "docs" / "source" / "user_guide"


def nbgrader(root: Path, *commands: Sequence[str]) -> str:
    """Run commands of nbgrader's in a course, with nothing of this machine's settings.

    Parameters
    ----------
    root : Path
        The course.
    *commands : sequence of str
        Name of the command's class in `nbgrader.apps`, then its arguments.

    Returns
    -------
    str
        What they said.
    """
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(root), "IPYTHONDIR": str(root)}
    environment |= {"JUPYTER_RUNTIME_DIR": str(root / "runtime"), "JUPYTER_PREFER_ENV_PATH": "1"}
    said = ""
    for app, *arguments in commands:
        done = nbgrader_commands.nbgrader(root, *arguments, app=app, environment=environment, check=False)
        assert "Traceback (most recent call last)" not in done.stderr[-200:], done.stderr
        said += f"{done.stdout}{done.stderr}{app} {done.returncode}\n"
    return said


def quickstart(root: Path, assignment: str = "ps1") -> Path:
    """A course with nbgrader's own first assignment and its two submissions, not released yet."""
    shutil.copytree(user_guide() / "source" / assignment, root / "source" / "ps1")
    shutil.copy(user_guide() / "source" / "header.ipynb", root / "source")
    shutil.copytree(user_guide() / "submitted", root / "submitted")
    config = 'c = get_config()\nc.IncludeHeaderFooter.header = "source/header.ipynb"\n'
    (root / "nbgrader_config.py").write_text(config)
    return root


# --- a notebook with every kind of cell --------------------------------------------------------------------------


def cell(kind: str, grade_id: str, source: str, **said: Any) -> Notebook:
    """A cell that nbgrader knows of."""
    role = {"grade": False, "solution": False, "locked": False, "task": False} | said
    metadata = {"nbgrader": {"grade_id": grade_id, "schema_version": 3, **role}}
    return {"cell_type": kind, "id": grade_id, "metadata": metadata, "source": source} | _empty(kind)


def own(source: str, kind: str = "code", **metadata: Any) -> Notebook:
    """A cell that nbgrader knows nothing of."""
    return {"cell_type": kind, "metadata": metadata, "source": source} | _empty(kind)


def _empty(kind: str) -> dict[str, Any]:
    return {"outputs": [], "execution_count": None} if kind == "code" else {}


def answer(grade_id: str, solution: str) -> Notebook:
    """An answer cell whose whole body is the solution."""
    head, _, body = solution.partition("\n")
    return cell("code", grade_id, f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION", solution=True)


def graded(grade_id: str, points: float, source: str) -> Notebook:
    """A test cell."""
    return cell("code", grade_id, source, grade=True, locked=True, points=points)


DOUBLE = "def double(x):\n    return 2 * x"
SQUARE = "def square(x):\n    return x ** 2"
TOTAL = "def total():\n    return sum(int(line) for line in open('data.csv'))"
MAIN = [
    own("# Numbers\nCourse text.", "markdown"),
    own("import math\nimport numpy as np"),
    cell("code", "helper", "def close(a, b):\n    assert math.isclose(a, b), (a, b)", locked=True),
    answer("double", DOUBLE),
    graded(
        "test_double",
        2,
        "assert double(2) == 4\n### BEGIN HIDDEN TESTS\n"
        "close(double(0.1), 0.2)\nassert np.allclose(double(np.ones(2)), 2)\n### END HIDDEN TESTS",
    ),
    answer("square", SQUARE),
    graded(
        "test_square",
        5,
        "points = 0\nif square(2) == 4:\n    points += 2\nif square(3) == 9:\n    points += 3\npoints  # as it reads",
    ),
    answer("total", TOTAL),
    graded("test_total", 1, "assert total() == 6;"),
    cell("code", "settings", "import settings\nfactor = settings.factor", locked=True),
    graded("test_settings", 1, "assert factor == 2"),
    cell("code", "use", "# YOUR CODE HERE", grade=True, solution=True, points=2),
    cell("markdown", "why", "YOUR ANSWER HERE", grade=True, solution=True, points=3),
    cell(
        "markdown",
        "explain",
        "Explain.\n\n### BEGIN MARK SCHEME\nTwo reasons.\n### END MARK SCHEME",
        task=True,
        locked=True,
        points=4,
    ),
]
SECOND = [answer("half", "def half(x):\n    return x / 2"), graded("test_half", 1.5, "assert half(3) == 1.5")]
POINTS = {"test_double": 2.0, "test_square": 5.0, "test_total": 1.0, "test_settings": 1.0}


def notebook(cells: Sequence[Notebook]) -> Notebook:
    """A notebook of these cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": list(cells), "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}


def make(root: Path, *assignments: str) -> Path:
    """A course whose assignments are all the same, released by nbgrader."""
    root.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(CONFIG)
    for assignment in assignments:
        folder = root / "source" / assignment
        folder.mkdir(parents=True)
        for name, cells in {"main": MAIN, "second": SECOND}.items():
            copied = [{key: value for key, value in one.items() if key != "id"} for one in cells]
            (folder / f"{name}.ipynb").write_text(json.dumps(notebook(copied)))
        (folder / "data.csv").write_text("1\n2\n3\n")
        (folder / "settings.py").write_text("factor = 2\n")
    added = [("DbAssignmentAddApp", name, f"--duedate={DUE}") for name in assignments]
    said = nbgrader(root, *added, *(("GenerateAssignmentApp", name) for name in assignments))
    assert all((root / "release" / name / "main.ipynb").is_file() for name in assignments), said
    return root


def released(root: Path, assignment: str, name: str = "main") -> Notebook:
    """A notebook as students got it."""
    found: Notebook = json.loads((root / "release" / assignment / f"{name}.ipynb").read_bytes())
    return found


def cell_of(document: Notebook, grade_id: str) -> Notebook:
    """The cell that carries a grade id."""
    found: Notebook = next(
        one for one in document["cells"] if one["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )
    return found


def filled(document: Notebook, answers: Mapping[str, str]) -> Notebook:
    """A copy with these cells' texts."""
    made = copy.deepcopy(document)
    for grade_id, source in answers.items():
        cell_of(made, grade_id)["source"] = source
    return made


RIGHT = {"double": DOUBLE, "square": SQUARE, "total": TOTAL, "use": "print(double(4))", "why": "Because it is so."}


def hand_in(
    root: Path,
    assignment: str,
    student: str,
    notebooks: Mapping[str, Notebook],
    files: Mapping[str, str] = {},
) -> Path:
    """Put a submission where nbgrader looks for it."""
    folder = root / "submitted" / student / assignment
    folder.mkdir(parents=True)
    for name, document in notebooks.items():
        (folder / f"{name}.ipynb").write_text(json.dumps(document))
    given = {path.name: path.read_text() for path in (root / "release" / assignment).glob("*.[cp][sy]*")}
    changed = {"data.csv": "7\n"} if "data.csv" in given else {}  # nbgrader puts the course's own in its place
    for name, content in {**given, **changed, **files}.items():
        (folder / name).write_text(content)
    return folder


# --- what came of it ---------------------------------------------------------------------------------------------


def rows(root: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a course's gradebook."""
    with sqlite3.connect(root / "gradebook.db") as connection:
        return connection.execute(query).fetchall()


def ungraded(root: Path, place: Path) -> Path:
    """A copy of a course in which nothing has been graded."""
    shutil.copytree(root, place, ignore=shutil.ignore_patterns("autograded", "runtime"))
    with sqlite3.connect(place / "gradebook.db") as connection:
        for table in ("grade", "comment", "submitted_notebook", "submitted_assignment", "student"):
            connection.execute(f"DELETE FROM {table}")
    return place


def opened(root: Path) -> Course:
    """The course, as `aisa grade` opens it."""
    return load(root, adopting=True)
