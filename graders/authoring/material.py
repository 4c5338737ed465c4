"""What a module consists of: its `module.yaml`, read strictly, and the folders that it lies in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

import reference_solutions
from graders.authoring import yaml_document
from graders.errors import CourseError
from graders.paths import material_root

LONGEST_ID = 57
"""nbformat allows 64 characters in a cell id, and an answer cell adds `-answer` to the exercise's."""

READINESS = Path("assignments", "readiness", "readiness.ipynb")
"""A notebook of no module, under a material root: students test themselves before the first one. Built from the text
beside it."""

Kind = Literal["function", "class", "policy", "value", "table", "figure", "file", "written"]
Notebook = Literal["practical", "worked_example", "novel_scenario"]


@dataclass(frozen=True, slots=True)
class ExerciseEntry:
    """An exercise as `module.yaml` lists it.

    Attributes
    ----------
    id : str
        `mNN_` and the name of the function, or of the class in snake case, that the student writes.
    title : str
        What feedback and reports call it.
    kind : str
        Function, class with state, policy, value, table, figure, file, or written: that one a human marks.
    notebook : str
        The notebook it stands in, without extension.
    points, minutes : float
        What it is worth, and how long it takes a student who has the prerequisites.
    """

    id: str
    title: str
    kind: str
    notebook: str
    points: float
    minutes: float

    @property
    def is_written(self) -> bool:
        """Whether a human marks it, by a rubric; it has no checks."""
        return self.kind == "written"


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the track: one assignment in nbgrader's sense.

    Attributes
    ----------
    slug, title : str
        `m02_tools_methods`, and what people read.
    phase : int
        Phase of the track, 1 to 4.
    minutes : float
        Sum of its exercises' minutes.
    outcomes : tuple of str
        What a student can do afterwards.
    folder : Path
        Where its author text lies: `module.yaml`, `data/`, and a folder for each notebook.
    notebooks : tuple of str
        Names without extension, in the order in which they are worked through.
    exercises : tuple of ExerciseEntry
        In the order of the notebooks.
    data : tuple of str
        Files under `folder/data` that are released beside the notebooks as `data/<name>`.
    imports : tuple of str
        Modules that the sandbox imports before the notebook starts.
    """

    slug: str
    title: str
    phase: int
    minutes: float
    outcomes: tuple[str, ...]
    folder: Path
    notebooks: tuple[str, ...]
    exercises: tuple[ExerciseEntry, ...]
    data: tuple[str, ...]
    imports: tuple[str, ...]

    @property
    def root(self) -> Path:
        """The material root that the module belongs to."""
        return self.folder.parents[2]

    @property
    def source(self) -> Path:
        """Folder of its generated source notebooks."""
        return self.root / "assignments" / "source" / self.slug

    @property
    def personal(self) -> str:
        """The notebook that has a `scenario.py`, and so another scenario for each student; empty if none has."""
        return next((name for name in self.notebooks if (self.folder / name / "scenario.py").is_file()), "")

    @property
    def points(self) -> float:
        """Points of all its exercises together."""
        return sum(exercise.points for exercise in self.exercises)

    def exercises_in(self, notebook: str) -> tuple[ExerciseEntry, ...]:
        """The exercises that stand in one notebook."""
        return tuple(exercise for exercise in self.exercises if exercise.notebook == notebook)

    def checked_in(self, notebook: str) -> tuple[ExerciseEntry, ...]:
        """Those of them that checks look at: all but the written ones."""
        return tuple(exercise for exercise in self.exercises_in(notebook) if not exercise.is_written)

    def notebook_of(self, exercise: str) -> str:
        """Name of the notebook that an exercise stands in."""
        return next(entry.notebook for entry in self.exercises if entry.id == exercise)

    def author_file(self, notebook: str, name: str) -> Path:
        """A file of one notebook's author text: `notebook.py`, `checks.py`, `wrong_answers.py`, ..."""
        return self.folder / notebook / name


def modules(root: Path | None = None) -> tuple[Module, ...]:
    """All modules under a material root, by slug.

    Parameters
    ----------
    root : Path, optional
        A folder that has `assignments/` and perhaps `reference_solutions/`; our own material, if not given.

    Returns
    -------
    tuple of Module
        One for each folder that has a `module.yaml`.
    """
    authoring = (root or material_root()) / "assignments" / "authoring"
    return tuple(load_module(description.parent) for description in sorted(authoring.glob("*/module.yaml")))


def load_module(folder: Path) -> Module:
    """Read one module.

    Parameters
    ----------
    folder : Path
        `<root>/assignments/authoring/<slug>`; the root's own `reference_solutions` become importable.

    Returns
    -------
    Module
        What its `module.yaml` says, checked.

    Raises
    ------
    CourseError
        If something in it is wrong; file, line and field are named.
    """
    folder = folder.resolve()
    path = folder / "module.yaml"
    if not re.fullmatch(r"m\d\d_[a-z0-9_]+", folder.name):
        raise CourseError(f"a module's folder is called like m02_tools_methods, not {folder.name!r}", where=str(folder))
    if folder.parts[-3:-1] != ("assignments", "authoring"):
        raise CourseError("a module lies in assignments/authoring/ of a material root", where=str(folder))
    described = yaml_document.read(path, _ModuleYaml, ours=True)
    _require_files(folder, described)
    for index, exercise in enumerate(described.exercises):
        if not exercise.id.startswith(folder.name[:4]):
            where = f"{path}: exercises[{index}].id"
            raise CourseError(f"{exercise.id!r} does not start with {folder.name[:4]!r}", where=where)
    _add_references(folder.parents[2], folder.name)
    return Module(
        slug=folder.name,
        title=described.title,
        phase=described.phase,
        minutes=described.minutes,
        outcomes=tuple(described.outcomes),
        folder=folder,
        notebooks=tuple(described.notebooks),
        exercises=tuple(ExerciseEntry(**exercise.model_dump()) for exercise in described.exercises),
        data=tuple(described.data),
        imports=tuple(described.imports),
    )


# --- the file ---------------------------------------------------------------------------------------------

_Text = Annotated[str, Field(min_length=1)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _ExerciseYaml(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(pattern=r"^m\d\d_[a-z0-9_]+$", max_length=LONGEST_ID)]
    title: _Text
    kind: Kind
    notebook: Notebook
    points: _Positive
    minutes: _Positive


class _ModuleYaml(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: _Text
    phase: Annotated[int, Field(ge=1, le=4)]
    minutes: _Positive
    points: _Positive
    outcomes: Annotated[list[_Text], Field(min_length=1)]
    notebooks: Annotated[list[Notebook], Field(min_length=1)]
    exercises: Annotated[list[_ExerciseYaml], Field(min_length=1)]
    data: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]] = []
    imports: list[Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]] = []

    @model_validator(mode="after")
    def _adds_up(self) -> _ModuleYaml:
        for name in ("notebooks", "data", "imports"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"{name} names something twice")
        ids = [exercise.id for exercise in self.exercises]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"exercise ids are there twice: {', '.join(twice)}")
        order = [self.notebooks.index(e.notebook) if e.notebook in self.notebooks else -1 for e in self.exercises]
        if -1 in order:
            raise ValueError(f"{ids[order.index(-1)]} stands in a notebook that `notebooks` does not list")
        if order != sorted(order):
            raise ValueError("exercises are not in the order of the notebooks")
        for name in ("points", "minutes"):
            total = sum(getattr(exercise, name) for exercise in self.exercises)
            if abs(total - getattr(self, name)) > 1e-9:
                raise ValueError(f"the exercises' {name} add up to {total:g}, not {getattr(self, name):g}")
        return self


def _require_files(folder: Path, described: _ModuleYaml) -> None:
    """Every notebook and data file that `module.yaml` names is there, and no notebook is forgotten."""
    for notebook in described.notebooks:
        if not (folder / notebook / "notebook.py").is_file():
            raise CourseError(f"there is no {notebook}/notebook.py", where=f"{folder / 'module.yaml'}: notebooks")
    for unlisted in sorted(set(get_args(Notebook)) - set(described.notebooks)):
        if (folder / unlisted).exists():
            raise CourseError(f"{unlisted}/ is there but not listed", where=f"{folder / 'module.yaml'}: notebooks")
    personal = [name for name in described.notebooks if (folder / name / "scenario.py").is_file()]
    if len(personal) > 1:
        raise CourseError("a second scenario.py: a module has one", where=str(folder / personal[1]))
    for name in described.data:
        if not (folder / "data" / name).is_file():
            raise CourseError(f"there is no data/{name}", where=f"{folder / 'module.yaml'}: data")


def _add_references(root: Path, slug: str) -> None:
    """Make the reference solutions of another material root importable beside ours."""
    theirs = root / "reference_solutions"
    paths = reference_solutions.__path__
    if not (theirs / slug).is_dir() or str(theirs) in paths:
        return
    for known in paths:
        if Path(known, slug).is_dir():
            raise CourseError(
                f"reference solutions called {slug} are at {known} already", where=str(theirs), do="Rename the module."
            )
    paths.append(str(theirs))
