"""The certification rule, `rubrics/certification.yaml`, read strictly."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from graders.authoring import yaml_document

_Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
_Slug = Annotated[str, Field(pattern=r"^m\d\d_[a-z0-9_]+$")]


class RuleYaml(BaseModel):
    """What a certificate needs."""

    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    title: _Text
    about: _Text
    modules: Annotated[list[_Slug], Field(min_length=1)]
    rubrics: Annotated[list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]], Field(min_length=1)]
    raters: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a certificate needs.

    Attributes
    ----------
    id, version, title, about : str
        `about` is what the credential says of how it was earned.
    modules : tuple of str
        Slugs of modules that must be complete.
    rubrics : tuple of str
        Rubrics that a panel must have passed the candidate by.
    raters : int
        How many reviewers must stand behind each level, at least.
    digest : str
        SHA-256 of the file.
    """

    id: str
    version: str
    title: str
    about: str
    modules: tuple[str, ...]
    rubrics: tuple[str, ...]
    raters: int
    digest: str


def read_rule(path: Path) -> Rule:
    """Read a rule.

    Parameters
    ----------
    path : Path
        `rubrics/certification.yaml`, or another of its kind.

    Returns
    -------
    Rule

    Raises
    ------
    CourseError
        If the file says something wrong; file, line and field are named.
    """
    said = yaml_document.read(path, RuleYaml, ours=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    about = " ".join(said.about.split())
    return Rule(said.id, said.version, said.title, about, tuple(said.modules), tuple(said.rubrics), said.raters, digest)
