"""A small module of three notebooks in a material root of its own, and a course of it: quick to grade in any way."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import reference_solutions
from graders.authoring.answers import fill, release
from graders.authoring.build import build
from graders.authoring.material import load_module
from graders.course import Course, init
from tests.nbgrader_commands import nbgrader

SLUG = "m96_small"
POINTS = {"m96_area_m2": 4.0, "m96_perimeter_m": 2.0, "m96_diagonal_m": 3.0, "m96_is_square": 1.0}
NOTEBOOKS = {
    "practical": ("m96_area_m2", "m96_perimeter_m"),
    "worked_example": ("m96_diagonal_m",),
    "novel_scenario": ("m96_is_square",),
}
RIGHT = {
    "m96_area_m2": "def area_m2(width_m, height_m):\n    return width_m * height_m\n",
    "m96_perimeter_m": "def perimeter_m(width_m, height_m):\n    return 2 * (width_m + height_m)\n",
    "m96_diagonal_m": "def diagonal_m(width_m, height_m):\n    return np.hypot(width_m, height_m)\n",
    "m96_is_square": "def is_square(width_m, height_m):\n    return width_m == height_m\n",
}
ONLY_SQUARES = {"m96_area_m2": "def area_m2(width_m, height_m):\n    return width_m * width_m\n"}
"""Right for squares."""

WRITTEN, WRITTEN_POINTS = "m96_longest", 5.0
"""A written exercise of the worked example, and what it is worth."""

_YAML = """\
title: Rectangles
phase: 1
minutes: 50
points: 15
outcomes: [Measure a rectangle.]
notebooks: [practical, worked_example, novel_scenario]
imports: [numpy]
exercises:
  - {id: m96_area_m2, title: Area, kind: function, notebook: practical, points: 4, minutes: 10}
  - {id: m96_perimeter_m, title: Perimeter, kind: function, notebook: practical, points: 2, minutes: 10}
  - {id: m96_diagonal_m, title: Diagonal, kind: function, notebook: worked_example, points: 3, minutes: 10}
  - {id: m96_longest, title: The longest line, kind: written, notebook: worked_example, points: 5, minutes: 10}
  - {id: m96_is_square, title: Square, kind: function, notebook: novel_scenario, points: 1, minutes: 10}
"""
_REFERENCE = '''\
"""Rectangles."""

import numpy as np


def area_m2(width_m, height_m):
    """Area [m2]."""
    return width_m * height_m


def perimeter_m(width_m, height_m):
    """Perimeter [m]."""
    return 2 * (width_m + height_m)


def diagonal_m(width_m, height_m):
    """Diagonal [m]."""
    return np.sqrt(width_m**2 + height_m**2)


def is_square(width_m, height_m):
    """Whether both sides are the same."""
    return width_m == height_m
'''
_IMPORTS = "# %% [markdown]\n# # Rectangles\n\n# %%\nimport numpy as np\n"
_EXERCISE = '''
# %% exercise={{"id": "{id}", "reference": "m96_small.rectangle:{name}"}}
def {name}(width_m, height_m):
    """What is asked for."""
    ### SOLUTION

# %% tests={{"id": "{id}"}}
assert {name}(3, 3) == {shown}, "a square of three metres"
'''
_TASK = """
# %% [markdown] exercise={"id": "m96_longest"}
# Why is no line in a rectangle longer than its diagonal?
"""
_RUBRIC = """\
exercises:
  m96_longest:
    criteria:
      - id: corner
        title: Starts at a corner
        levels:
          - {points: 0, says: "Starts nowhere."}
          - {points: 2, says: "Moves an end of the line to a corner."}
      - id: legs
        title: Names both legs
        levels:
          - {points: 0, says: "Names no leg."}
          - {points: 1, says: "Names one of them."}
          - {points: 3, says: "Both legs are at most as long as the sides."}
    model_answer: |
      Its shadow on each side is no longer than the side.
"""
_SHOWN = {"area_m2": "9", "perimeter_m": "12", "diagonal_m": "np.sqrt(18)", "is_square": "True"}
_CHECKS = """\
from reference_solutions.m96_small.rectangle import area_m2, diagonal_m, is_square, perimeter_m

from graders.checks import Equal, Exercise, call

SQUARES = [call(2, 2), call(5, 5)]
BARS = [call(2, 3), call(5, 1)]
"""
_EXERCISE_CHECKS = """
{constant} = Exercise(
    "{id}",
    reference={name},
    checks=[
        Equal("squares", weight=1, cases=SQUARES, message="Both sides are the same."),
        Equal("any", weight=1, cases={cases}, message="Any rectangle."),
    ],
)
"""
TOO_WEAK = ("m96_area_m2", "SQUARES")
"""The exercise whose second check tries squares only until somebody corrects it, and what stands there till then."""


def checks_text(notebook: str, cases: Mapping[str, str] = {}) -> str:
    """`checks.py` of a notebook; `cases` names other cases for the second check of an exercise."""
    parts = [
        _EXERCISE_CHECKS.format(
            constant=exercise[4:].upper(), id=exercise, name=exercise[4:], cases=cases.get(exercise, "BARS")
        )
        for exercise in NOTEBOOKS[notebook]
    ]
    return _CHECKS + "".join(parts)


def make_material(root: Path) -> Path:
    """Write the module below `root` and build its notebooks."""
    folder = root / "assignments" / "authoring" / SLUG
    package = root / "reference_solutions" / SLUG
    package.mkdir(parents=True)
    (package / "rectangle.py").write_text(_REFERENCE)
    for notebook, exercises in NOTEBOOKS.items():
        (folder / notebook).mkdir(parents=True)
        cells = [_EXERCISE.format(id=one, name=one[4:], shown=_SHOWN[one[4:]]) for one in exercises]
        task = _TASK if notebook == "worked_example" else ""
        (folder / notebook / "notebook.py").write_text(_IMPORTS + "".join(cells) + task)
        (folder / notebook / "checks.py").write_text(checks_text(notebook, dict([TOO_WEAK])))
        (folder / notebook / "wrong_answers.py").write_text("")
    (folder / "module.yaml").write_text(_YAML)
    (root / "rubrics").mkdir()
    (root / "rubrics" / f"{SLUG}.yaml").write_text(_RUBRIC)
    module = load_module(folder)
    module.source.mkdir(parents=True)
    for name, content in build(module).items():
        (module.source / name).write_bytes(content)
    return root


def make_course(place: Path, students: Mapping[str, Mapping[str, str]], late: str = "") -> Course:
    """A course with a submission of each student, released and ungraded.

    Parameters
    ----------
    place : Path
        An empty folder.
    students : mapping of str to mapping of str to str
        Student -> exercise -> answer; what is not answered stays as released.
    late : str
        Lines to add to `course.yaml`.
    """
    course = init(
        place / "course", course_id="small", students=list(students), material=make_material(place / "material")
    )
    with (course.root / "course.yaml").open("a") as settings:
        settings.write(late)
    nbgrader(course.root, "generate_assignment", SLUG)
    for student, answers in students.items():
        hand_in(course, student, answers)
    return course


def hand_in(course: Course, student: str, answers: Mapping[str, str], written: str = "") -> None:
    """Fill in the released notebooks, and write something behind the task cell; put them where they are looked for."""
    folder = course.submitted(student, SLUG)
    folder.mkdir(parents=True, exist_ok=True)
    for notebook, exercises in NOTEBOOKS.items():
        source = json.loads((course.source(SLUG) / f"{notebook}.ipynb").read_bytes())
        mine = {exercise: answers[exercise] for exercise in exercises if exercise in answers}
        document = fill(release(source), mine)
        if written and notebook == "worked_example":
            document["cells"].append({"cell_type": "markdown", "id": "mine", "metadata": {}, "source": written})
        (folder / f"{notebook}.ipynb").write_text(json.dumps(document))


def correct(course: Course) -> None:
    """Correct the check that tries squares only, in place."""
    path = course.material / "assignments" / "authoring" / SLUG / "practical" / "checks.py"
    path.write_text(checks_text("practical"))


@contextmanager
def own_references(slug: str = SLUG) -> Iterator[None]:
    """Let go, afterwards, of the reference solutions that a module brought along."""
    before = list(reference_solutions.__path__)
    try:
        yield
    finally:
        reference_solutions.__path__[:] = before
        for name in [name for name in sys.modules if name.startswith(f"reference_solutions.{slug}")]:
            del sys.modules[name]


def copy(course: Course, place: Path) -> Path:
    """The course directory once more."""
    return Path(shutil.copytree(course.root, place))
