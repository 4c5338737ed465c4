"""A selection of the attacks on module 2 itself: what earns nothing on the victim earns nothing there either."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from graders.authoring.answers import fill, nbgrader_metadata, release
from graders.authoring.material import load_module
from graders.checks.catalogue import Catalogue
from graders.checks.catalogue import load as load_checks
from graders.course import Submission, init, load
from graders.grading import Grader
from graders.paths import material_root
from tests.attacks.attack import Notebook, code_cell, found

pytestmark = pytest.mark.long
SLUG = "m02_tools_methods"
MODULE = load_module(material_root() / "assignments" / "authoring" / SLUG)
CELLS = {  # attacks that are cells of their own and name nothing of the victim's
    name: attack
    for name, attack in found()
    if name.startswith("interpreter-hooks")
    and set(attack.cells) <= {"start", "end"}
    and "breach" not in "".join(attack.cells.values())
    and not any(word in name for word in ("signals", "input", "debugger"))
}
BODIES = {
    "nothing": "return None",
    "zero": "return 0.0",
    "one": "return 1.0",
    "nan": "return float('nan')",
    "echo": "return args[0] if args else None",
    "all-arguments": "return args",
    "raises": "raise ValueError('no')",
    "equal": "return type('Same', (float,), {'__eq__': lambda self, other: True, '__hash__': None})(1)",
    "table": "return dict.fromkeys(['retiring', 'bad_speculation', 'frontend_bound', 'backend_bound'], [0.25])",
    "reference": "import reference_solutions; return reference_solutions",
}


@cache
def catalogue() -> Catalogue:
    return load_checks(MODULE)


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    root = tmp_path_factory.mktemp("module-2") / "course"
    init(root)
    with Grader(load(root), SLUG) as made:
        yield made


def released(notebook: str) -> Notebook:
    return release(json.loads((MODULE.source / f"{notebook}.ipynb").read_bytes()))


def points(grader: Grader, content: Mapping[str, Any], notebook: str = "practical") -> float:
    submission = Submission("student-01", SLUG, {notebook: json.dumps(content).encode()})
    result = grader.grade(submission, notebook)
    return sum(exercise.points for exercise in result.exercises)


def answered(body: str, notebook: str = "practical") -> dict[str, str]:
    """Every exercise answered with the same body: functions, methods of classes, and what variables are set to."""
    texts = {}
    for exercise in (catalogue().exercises[entry.id] for entry in MODULE.checked_in(notebook)):
        if exercise.is_class:
            names = [name for name in vars(exercise.reference) if not name.startswith("_")]
            methods = "".join(f"    def {name}(self, *args, **more):\n        {body}\n" for name in names)
            texts[exercise.id] = (
                f"class {exercise.target}:\n    def __init__(self, *args, **more):\n        pass\n{methods}"
            )
        else:
            texts[exercise.id] = f"def {exercise.target}(*args, **more):\n    {body}\n"
            if exercise.is_value:
                texts[exercise.id] += f"\n{exercise.target} = {exercise.target}({', '.join(exercise.given)})\n"
    return texts


@pytest.mark.parametrize("notebook", MODULE.notebooks)
def test_right_answers_earn_everything(grader: Grader, notebook: str) -> None:
    entries = MODULE.checked_in(notebook)
    right = {entry.id: catalogue().quoted(catalogue().answers[entry.id][0]) for entry in entries}
    assert points(grader, fill(released(notebook), right), notebook) == sum(entry.points for entry in entries)


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("notebook", MODULE.notebooks)
def test_answers_that_know_nothing_earn_nothing(grader: Grader, notebook: str, kind: str) -> None:
    assert points(grader, fill(released(notebook), answered(BODIES[kind], notebook)), notebook) == 0


@pytest.mark.parametrize("name", CELLS)
def test_hooks_earn_nothing(grader: Grader, name: str) -> None:
    notebook = fill(released("practical"), answered(BODIES["one"]))
    for place, text in CELLS[name].cells.items():
        notebook["cells"].insert(0 if place == "start" else len(notebook["cells"]), code_cell(text))
    assert points(grader, notebook) == 0


@pytest.mark.parametrize("change", ["skipped", "emptied", "deleted", "renamed", "worth 50", "ungraded", "duplicated"])
def test_games_with_test_cells_earn_nothing(grader: Grader, change: str) -> None:
    notebook = copy.deepcopy(fill(released("practical"), answered(BODIES["one"])))
    for cell in [cell for cell in notebook["cells"] if nbgrader_metadata(cell).get("grade")]:
        said = cell["metadata"]["nbgrader"]
        if change == "skipped":
            cell["metadata"]["tags"] = ["skip-execution"]
        elif change == "emptied":
            cell["source"] = "50.0"
        elif change == "deleted":
            notebook["cells"].remove(cell)
        elif change == "renamed":
            said["grade_id"] += "_2"
        elif change == "worth 50":
            said["points"] = 50
        elif change == "ungraded":
            said["grade"], said["solution"] = False, True
        else:
            notebook["cells"].append({**copy.deepcopy(cell), "source": "50.0"})
    assert points(grader, notebook) == 0


def test_the_selection_is_no_empty_one() -> None:
    assert len(CELLS) > 12
