"""`coverage.yaml` of a module: its official exercises, its models, and every line that holds them. Read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from graders.authoring import yaml_document
from graders.authoring.material import Module

FILE = "coverage.yaml"


@dataclass(frozen=True, slots=True)
class OfficialExercise:
    """A practical exercise that the track's own page of a module names.

    Attributes
    ----------
    asks : str
        What it asks for.
    exercises : tuple of str
        Graded exercises that do.
    """

    asks: str
    exercises: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """An analysis model of the catalogue.

    Attributes
    ----------
    id, title : str
        `8.05`, and what it is called.
    core : bool
        Whether the catalogue wants a graded exercise of it.
    functions : tuple of str
        Reference implementations, as `package.file:name`.
    exercises : tuple of str
        Graded exercises that teach it.
    in_part : bool
        Whether they teach a part of it, or what is near it, and not the whole.
    """

    id: str
    title: str
    core: bool
    functions: tuple[str, ...]
    exercises: tuple[str, ...]
    in_part: bool = False


@dataclass(frozen=True, slots=True)
class ModuleCoverage:
    """What the track asks of a module.

    Attributes
    ----------
    official : tuple of OfficialExercise
    models : tuple of Model
    lines : mapping of str to tuple of str
        Exercise -> names of its checks, or ids of its rubric's criteria: what may not vanish unseen.
    """

    official: tuple[OfficialExercise, ...]
    models: tuple[Model, ...]
    lines: Mapping[str, tuple[str, ...]]


def asked(module: Module) -> ModuleCoverage:
    """What the track asks of a module, and what is said to hold it.

    Parameters
    ----------
    module : Module
        One with a `coverage.yaml`.

    Returns
    -------
    ModuleCoverage

    Raises
    ------
    CourseError
        If the file is not there, or says something wrong; file, line and field are named.
    """
    return yaml_document.read(module.folder / FILE, _CoverageYaml, ours=True).record()


_Text = Annotated[str, Field(min_length=1)]
_Exercise = Annotated[str, Field(pattern=r"^m\d\d_[a-z0-9_]+$")]
_Function = Annotated[str, Field(pattern=r"^m\d\d_[a-z0-9_]+\.[a-z0-9_]+:[A-Za-z]\w*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _OfficialYaml(_Strict):
    asks: _Text
    exercises: Annotated[list[_Exercise], Field(min_length=1)]


class _ModelYaml(_Strict):
    title: _Text
    core: bool = False
    functions: Annotated[list[_Function], Field(min_length=1)]
    exercises: list[_Exercise] = []
    in_part: bool = False


class _CoverageYaml(_Strict):
    official_exercises: Annotated[list[_OfficialYaml], Field(min_length=1)]
    models: dict[Annotated[str, Field(pattern=r"^\d+\.\d\d$")], _ModelYaml]
    lines: dict[_Exercise, Annotated[list[_Text], Field(min_length=1)]]

    def record(self) -> ModuleCoverage:
        official = tuple(OfficialExercise(one.asks, tuple(one.exercises)) for one in self.official_exercises)
        models = tuple(
            Model(id_, one.title, one.core, tuple(one.functions), tuple(one.exercises), one.in_part)
            for id_, one in self.models.items()
        )
        return ModuleCoverage(official, models, {id_: tuple(names) for id_, names in self.lines.items()})
