"""Anchors: the sample with what weaker candidates leave out or get wrong, and the level of each criterion.

On them reviewers show that they read the rubric as it is meant. What an anchor changes is known, so that it is also
known what a reviewer has overlooked.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from graders.authoring import yaml_document
from graders.capstone import document as documents
from graders.capstone.document import CLAIMS, DESIGN
from graders.capstone.records import Claim
from graders.capstone.use_case import UseCase
from graders.capstone.writing import claims_yaml
from graders.errors import CourseError


@dataclass(frozen=True, slots=True)
class Anchor:
    """A document whose levels are settled.

    Attributes
    ----------
    id, title, about : str
    sections : mapping of str to str
        Section -> its text in place of the sample's.
    claims : mapping of str to float
        Claim -> factor on the sample's value.
    levels : mapping of str to int
        Criterion -> level.
    because : mapping of str to str
        Criterion -> what in the document makes it this level.
    """

    id: str
    title: str
    about: str
    sections: Mapping[str, str]
    claims: Mapping[str, float]
    levels: Mapping[str, int]
    because: Mapping[str, str]


def anchors(case: UseCase) -> tuple[Anchor, ...]:
    """All that ship with a use case, the best first.

    Parameters
    ----------
    case : UseCase
        Whose sample they change.

    Returns
    -------
    tuple of Anchor

    Raises
    ------
    CourseError
        If a file is not as it should be.
    """
    return tuple(_read(path) for path in sorted((case.sample.folder.parent / "anchors").glob("*.yaml")))


def write(anchor: Anchor, case: UseCase, place: Path) -> Path:
    """Write an anchor as a design document's folder, as a candidate would have handed it in.

    Parameters
    ----------
    anchor : Anchor
        Which one.
    case : UseCase
        Whose sample it changes.
    place : Path
        Where its folder is to be made, under its id; nothing may be there.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    CourseError
        If the sample has no such claim, or no such section.
    """
    sample = case.sample.folder
    known, _ = documents.read(sample)
    unknown = sorted({*anchor.claims} - {*known.claims}) + sorted(
        {*anchor.sections} - {one.id for one in known.sections}
    )
    if unknown:
        raise CourseError(f"the sample has no {', '.join(unknown)}", anchor.id, "Name its claims and sections only.")
    made = place / anchor.id
    shutil.copytree(sample, made)
    title = (sample / DESIGN).read_text(encoding="utf-8").split("\n## ", 1)[0]
    parts = [f"## {one.id} {one.title}\n\n{anchor.sections.get(one.id, one.text).strip()}\n" for one in known.sections]
    (made / DESIGN).write_text("\n".join([f"{title.strip()}\n", *parts]), encoding="utf-8")
    claims = [_scaled(one, anchor.claims.get(one.id, 1.0)) for one in known.claims.values()]
    (made / CLAIMS).write_text(claims_yaml(known.pack, claims), encoding="utf-8")
    return made


def _scaled(claim: Claim, factor: float) -> Claim:
    if factor == 1.0 or not isinstance(claim.value, float):
        return claim
    interval = claim.uncertainty
    scaled = interval and replace(interval, low=interval.low * factor, high=interval.high * factor)
    return replace(claim, value=claim.value * factor, uncertainty=scaled)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Level(_Strict):
    level: int = Field(ge=0, le=4)
    because: str = Field(min_length=1)


class _AnchorYaml(_Strict):
    id: str
    title: str
    about: str
    sections: dict[str, str] = {}
    claims: dict[str, float] = {}
    levels: dict[str, _Level]


def _read(path: Path) -> Anchor:
    said = yaml_document.read(path, _AnchorYaml, ours=True)
    levels = {id_: one.level for id_, one in said.levels.items()}
    because = {id_: one.because for id_, one in said.levels.items()}
    return Anchor(said.id, said.title, said.about, said.sections, said.claims, levels, because)
