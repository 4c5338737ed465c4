"""`rubrics/capstone.yaml`, `rubrics/defence.yaml` and `rubrics/track.yaml`, read strictly."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from graders.authoring import yaml_document
from graders.rubrics.records import TOP_LEVEL, Criterion, Level, Rubric
from graders.rubrics.rule import RuleYaml

_Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
_Judged = Annotated[float, Field(ge=0, le=TOP_LEVEL, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Goal:
    """A success metric or a learning outcome of the track, and where it is assessed.

    Attributes
    ----------
    id, title : str
    criteria : tuple of str
        `capstone.C4`, `defence.D1`.
    exercises : tuple of str
        Ids of graded exercises.
    """

    id: str
    title: str
    criteria: tuple[str, ...]
    exercises: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """What the track promises.

    Attributes
    ----------
    metrics, outcomes : tuple of Goal
        Its four success metrics, and its seven learning outcomes.
    """

    metrics: tuple[Goal, ...]
    outcomes: tuple[Goal, ...]


def rubric(root: Path, name: str) -> Rubric:
    """A rubric with levels.

    Parameters
    ----------
    root : Path
        Root of the course material.
    name : str
        `capstone` or `defence`.

    Returns
    -------
    Rubric

    Raises
    ------
    CourseError
        If the file says something wrong; file, line and field are named.
    """
    path = root / "rubrics" / f"{name}.yaml"
    said = yaml_document.read(path, RubricYaml, ours=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    criteria = tuple(one.criterion() for one in said.criteria)
    return Rubric(said.id, said.version, said.title, said.about.strip(), criteria, digest)


def track(root: Path) -> Track:
    """The track's success metrics and learning outcomes.

    Parameters
    ----------
    root : Path
        Root of the course material.

    Returns
    -------
    Track

    Raises
    ------
    CourseError
        If the file says something wrong; file, line and field are named.
    """
    said = yaml_document.read(root / "rubrics" / "track.yaml", TrackYaml, ours=True)
    return Track(tuple(one.goal() for one in said.metrics), tuple(one.goal() for one in said.outcomes))


def schemas() -> dict[str, bytes]:
    """JSON Schema of these files, as editors read it, by file name."""
    kinds: dict[str, type[BaseModel]] = {
        "levels.json": RubricYaml,
        "track.json": TrackYaml,
        "certification.json": RuleYaml,
    }
    return {
        name: (
            json.dumps(
                {"$schema": "https://json-schema.org/draft/2020-12/schema", **kind.model_json_schema()},
                indent=2,
                sort_keys=True,
            )
            + "\n"
        ).encode()
        for name, kind in kinds.items()
    }


class LevelYaml(BaseModel):
    """A level: what it is called, and which evidence a work on it shows."""

    model_config = ConfigDict(extra="forbid")
    name: _Text
    says: _Text


class BorderlineYaml(BaseModel):
    """What a candidate who just deserves to pass is expected to reach: a level from each judge, and why."""

    model_config = ConfigDict(extra="forbid")
    levels: Annotated[list[_Judged], Field(min_length=1)]
    because: _Text


class CriterionYaml(BaseModel):
    """A criterion: weight, floor, where it is read, what a borderline candidate reaches, five levels."""

    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(pattern=r"^[A-Z][1-9][0-9]?$")]
    title: _Text
    weight: Annotated[float, Field(gt=0, le=100)]
    floor: Annotated[int, Field(ge=0, le=TOP_LEVEL)] = 0
    sections: list[Annotated[str, Field(pattern=r"^S([0-9]|1[0-5])$")]] = []
    claims: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?$")]] = []
    borderline: BorderlineYaml
    levels: Annotated[list[LevelYaml], Field(min_length=TOP_LEVEL + 1, max_length=TOP_LEVEL + 1)]

    def criterion(self) -> Criterion:
        """The record."""
        return Criterion(
            self.id,
            self.title,
            self.weight,
            self.floor,
            tuple(self.sections),
            tuple(self.claims),
            tuple(self.borderline.levels),
            self.borderline.because.strip(),
            tuple(Level(one.name, " ".join(one.says.split())) for one in self.levels),
        )


class RubricYaml(BaseModel):
    """A rubric whose criteria have levels 0 to 4; the weights add up to 100."""

    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    title: _Text
    about: _Text
    criteria: Annotated[list[CriterionYaml], Field(min_length=2)]

    @model_validator(mode="after")
    def _adds_up(self) -> RubricYaml:
        total = sum(one.weight for one in self.criteria)
        if abs(total - 100) > 1e-9:
            raise ValueError(f"the weights add up to {total:g}, not 100")
        ids = [one.id for one in self.criteria]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"criteria are there twice: {', '.join(twice)}")
        judges = {len(one.borderline.levels) for one in self.criteria}
        if len(judges) > 1:
            raise ValueError(f"each judge gives a level for every criterion, found {sorted(judges)} levels")
        return self


class GoalYaml(BaseModel):
    """A success metric or learning outcome: which criteria and exercises assess it."""

    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: _Text
    criteria: Annotated[list[Annotated[str, Field(pattern=r"^(capstone|defence)\.[A-Z]\d+$")]], Field(min_length=1)]
    exercises: Annotated[list[Annotated[str, Field(pattern=r"^m\d\d_[a-z0-9_]+$")]], Field(min_length=1)]

    def goal(self) -> Goal:
        """The record."""
        return Goal(self.id, self.title, tuple(self.criteria), tuple(self.exercises))


class TrackYaml(BaseModel):
    """The track's four success metrics and seven learning outcomes."""

    model_config = ConfigDict(extra="forbid")
    metrics: Annotated[list[GoalYaml], Field(min_length=4, max_length=4)]
    outcomes: Annotated[list[GoalYaml], Field(min_length=7, max_length=7)]
