"""Rubrics of written answers: `rubrics/mNN_slug.yaml`, read strictly, and the mark scheme that a marker reads.

A rubric has criteria, a criterion has levels from nothing to full marks, and a level says in a sentence what an answer
on it holds. Marking is choosing a level for each criterion.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from graders.authoring import yaml_document
from graders.authoring.answers import BEGIN_SCHEME, END_SCHEME
from graders.authoring.material import Module
from graders.errors import CourseError


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a criterion.

    Attributes
    ----------
    points : float
        What it is worth.
    says : str
        What an answer on this level holds.
    """

    points: float
    says: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that a marker looks for.

    Attributes
    ----------
    id, title : str
        Snake case, and what people read.
    levels : tuple of Level
        From 0 points upwards.
    """

    id: str
    title: str
    levels: tuple[Level, ...]

    @property
    def points(self) -> float:
        """Full marks: those of its last level."""
        return self.levels[-1].points


@dataclass(frozen=True, slots=True)
class Rubric:
    """How a written answer is marked.

    Attributes
    ----------
    exercise : str
        Its id.
    criteria : tuple of Criterion
        Their full marks add up to the exercise's points.
    model_answer : str
        Markdown, for the marker's eyes.
    """

    exercise: str
    criteria: tuple[Criterion, ...]
    model_answer: str

    @property
    def points(self) -> float:
        """Full marks of all criteria together."""
        return sum(criterion.points for criterion in self.criteria)


def path_of(module: Module) -> Path:
    """The file that a module's rubrics stand in."""
    return module.root / "rubrics" / f"{module.slug}.yaml"


def rubrics_of(module: Module) -> dict[str, Rubric]:
    """Rubrics of a module's written exercises.

    Parameters
    ----------
    module : Module
        What `module.yaml` says: which exercises are written, and what they are worth.

    Returns
    -------
    dict of str to Rubric
        By exercise id, in the order of the module; empty where nothing is written.

    Raises
    ------
    CourseError
        If the file says something wrong, or does not agree with `module.yaml`; file, line and field are named.
    """
    written = {entry.id: entry for entry in module.exercises if entry.is_written}
    path = path_of(module)
    if not written and not path.exists():
        return {}
    described = yaml_document.read(path, RubricsYaml, ours=True).exercises
    for unknown in sorted(set(described) - set(written)):
        raise CourseError("module.yaml lists no written exercise of this id", where=f"{path}: exercises.{unknown}")
    found = {}
    for id_, entry in written.items():
        where = f"{path}: exercises.{id_}"
        if id_ not in described:
            raise CourseError("the written exercise has no rubric", where=where, do="Write its criteria and levels.")
        rubric = described[id_].rubric(id_)
        if abs(rubric.points - entry.points) > 1e-9:
            raise CourseError(f"the criteria add up to {rubric.points:g} points, not {entry.points:g}", where=where)
        found[id_] = rubric
    return found


def filled(rubric: Rubric, values: Mapping[str, object]) -> Rubric:
    """A rubric whose model answer speaks of one student's scenario.

    Parameters
    ----------
    rubric : Rubric
        In its model answer `{name}` and `{name:.3g}` stand for values; what has no value, as in a formula, stays.
    values : mapping of str to object
        Only text and numbers are filled in.

    Returns
    -------
    Rubric
    """
    return replace(rubric, model_answer=_NAME.sub(lambda found: _value(found, values), rubric.model_answer))


def unfilled(rubric: Rubric, values: Mapping[str, object]) -> tuple[str, ...]:
    """What stands in braces in the model answer and has no value, formulas excepted."""
    prose = _MATH.sub("", filled(rubric, values).model_answer)
    return tuple(found.group() for found in _NAME.finditer(prose))


_NAME = re.compile(r"\{([a-z][a-z0-9_]*)(:[^{}\n]*)?\}")
_MATH = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$", re.DOTALL)


def _value(found: re.Match[str], values: Mapping[str, object]) -> str:
    value = values.get(found[1])
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return found.group()
    return format(value, (found[2] or ":")[1:])


def mark_scheme(rubric: Rubric) -> str:
    """A rubric as the part of a task cell that nbgrader keeps from students and shows to markers.

    Parameters
    ----------
    rubric : Rubric
        What to show.

    Returns
    -------
    str
        Markdown between nbgrader's marks.
    """
    parts = [f"### {BEGIN_SCHEME}"]
    for criterion in rubric.criteria:
        parts.append(f"**{criterion.title}** (`{criterion.id}`, {criterion.points:g} points)")
        parts.append("\n".join(f"- {level.points:g}: {level.says}" for level in criterion.levels))
    parts += ["**Model answer**", rubric.model_answer.strip("\n")]
    return "\n\n".join(parts) + f"\n\n### {END_SCHEME}"


def schema() -> bytes:
    """JSON Schema of such a file, as editors read it."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **RubricsYaml.model_json_schema()}
    return (json.dumps(described, indent=2, sort_keys=True) + "\n").encode()


# --- the file ---------------------------------------------------------------------------------------------

_FORBIDDEN = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)|### AUTOTEST|\(attachment:")


def _shown(text: str) -> str:
    """Text that may stand in a mark scheme: nbgrader would trip over its own marks, and over attachments."""
    if found := _FORBIDDEN.search(text):
        raise ValueError(f"{found.group()!r} cannot stand in a mark scheme")
    if not text.strip():
        raise ValueError("says nothing")
    return text


_Text = Annotated[str, AfterValidator(_shown), Field(min_length=1)]
_Line = Annotated[_Text, Field(pattern=r"^[^\n]+$")]
_Points = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _LevelYaml(BaseModel):
    """A level: what it is worth, and what an answer on it holds."""

    model_config = ConfigDict(extra="forbid")
    points: _Points
    says: _Line


class _CriterionYaml(BaseModel):
    """A criterion: its levels go from 0 points upwards, and the last is full marks."""

    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: _Line
    levels: Annotated[list[_LevelYaml], Field(min_length=2)]

    @model_validator(mode="after")
    def _rises(self) -> _CriterionYaml:
        points = [level.points for level in self.levels]
        if points[0] or any(low >= high for low, high in itertools.pairwise(points)):
            raise ValueError(f"levels go from 0 points upwards, found {', '.join(f'{one:g}' for one in points)}")
        return self


class _RubricYaml(BaseModel):
    """A rubric: at least two criteria, and a model answer for the marker."""

    model_config = ConfigDict(extra="forbid")
    criteria: Annotated[list[_CriterionYaml], Field(min_length=2)]
    model_answer: _Text

    @model_validator(mode="after")
    def _differ(self) -> _RubricYaml:
        ids = [criterion.id for criterion in self.criteria]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"criteria are there twice: {', '.join(twice)}")
        return self

    def rubric(self, exercise: str) -> Rubric:
        """The record."""
        criteria = [
            Criterion(one.id, one.title, tuple(Level(level.points, level.says) for level in one.levels))
            for one in self.criteria
        ]
        return Rubric(exercise, tuple(criteria), self.model_answer)


class RubricsYaml(BaseModel):
    """Rubrics of a module's written exercises, by exercise id."""

    model_config = ConfigDict(extra="forbid")
    exercises: dict[str, _RubricYaml]
