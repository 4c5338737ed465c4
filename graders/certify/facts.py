"""What a certificate shows to people, on its page and on paper: the same facts, taken from what is signed."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import segno

from graders.certify.enclosure import Standard, open_enclosed
from graders.certify.issue import Certificate
from graders.certify.records import Evidence
from graders.ledger import digest_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A result.

    Attributes
    ----------
    name : str
        Of the module or criterion.
    place : int
        Where the credential has it among its results.
    value : str
        Percent of a module's points, or the level.
    level, says : str
        The level's name and what it says; empty for a module.
    """

    name: str
    place: int
    value: str
    level: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Results by one rubric.

    Attributes
    ----------
    id, title : str
        Of the rubric.
    reviewers : str
        Whose levels these are.
    criteria : tuple of Shown
    """

    id: str
    title: str
    reviewers: str
    criteria: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All results of a certificate, and what paper shows of its text.

    Attributes
    ----------
    modules : tuple of Shown
    rubrics : tuple of Table
    fingerprint : str
        SHA-256 of the signed credential's canonical text.
    qr : str
        SVG of the code that holds id and fingerprint.
    """

    modules: tuple[Shown, ...]
    rubrics: tuple[Table, ...]
    fingerprint: str
    qr: str


def facts_of(one: Certificate) -> Facts:
    """What a certificate shows.

    Parameters
    ----------
    one : Certificate
        To show.

    Returns
    -------
    Facts
    """
    standard, evidence = open_enclosed(one.enclosed, one.id)
    subject = one.credential["credentialSubject"]
    names = {said["id"]: said["name"] for said in subject["achievement"]["resultDescription"]}
    shown = {
        said["resultDescription"].removeprefix(f"{one.id}:"): Shown(
            names[said["resultDescription"]], place, said["value"]
        )
        for place, said in enumerate(subject["result"])
    }
    fingerprint = digest_of(dict(one.credential))
    modules = tuple(shown[slug] for slug in standard.rule.modules)
    return Facts(modules, tuple(_tables(standard, evidence, shown)), fingerprint, _qr(f"{one.id} sha256:{fingerprint}"))


def _tables(standard: Standard, evidence: Evidence, shown: Mapping[str, Shown]) -> Iterator[Table]:
    for rubric in standard.rubrics.values():
        criteria = []
        for one in rubric.criteria:
            reached = shown[f"{rubric.id}:{one.id}"]
            level = one.levels[math.floor(float(reached.value))]
            criteria.append(Shown(reached.name, reached.place, reached.value, level.name, level.says))
        found = next(one for one in reversed(evidence.rounds) if one.rubric == rubric.id)
        yield Table(rubric.id, rubric.title, found.reviewers, tuple(criteria))


def _qr(text: str) -> str:
    out = io.BytesIO()
    options: dict[str, Any] = {"xmldecl": False, "svgns": True, "nl": False, "scale": 4}
    segno.make(text, error="m", micro=False).save(out, kind="svg", title="Certificate's id and fingerprint", **options)
    return out.getvalue().decode()
