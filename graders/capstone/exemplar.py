"""The sample document of a use case: prose of the repository, claims that are right for any brief.

The committed sample answers one fixed case. Tests instantiate its prose for other briefs: it speaks of claims only.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from graders.capstone import document as documents
from graders.capstone.expression import evaluate
from graders.capstone.graph import Graph
from graders.capstone.pack import Pack, PackIndex, Required
from graders.capstone.records import Brief, Claim, Document, Evidence, Uncertainty, Value
from graders.capstone.writing import claims_yaml
from graders.paths import material_root

_DIGITS = 4
_FILES = {"opt": "evidence/prototype.ipynb"}
"""Beginning of a measured claim's id -> the notebook that it is read from; the others' is `_VALIDATION`."""

_VALIDATION = "evidence/validation.ipynb"


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample document of a use case.

    Attributes
    ----------
    pack : Pack
    brief : callable
        `brief()`: the one that the committed sample answers.
    values : callable
        `values(graph)`: of the graph's brief, all values of the right design, measured ones included, by claim's id.
    own : tuple of Claim
        Claims that it makes beside those that are required; values are computed.
    """

    pack: Pack
    brief: Callable[[], Brief]
    values: Callable[[Graph], dict[str, Value]]
    own: tuple[Claim, ...] = ()

    @property
    def folder(self) -> Path:
        """Where the committed sample lies."""
        return material_root() / "capstone_templates" / self.pack.id / "sample"

    def instantiated(self, brief: Brief, graph: Graph | None = None) -> Document:
        """The sample's prose with claims that are right for a brief.

        Parameters
        ----------
        brief : Brief
            Any of this use case.
        graph : Graph, optional
            One that has computed for it before.

        Returns
        -------
        Document
        """
        read = _committed(self.folder)
        graph = graph or Graph(PackIndex(self.pack), brief)
        made = claims(graph.index, graph, self.values(graph), read.files)
        made |= {one.id: _own(one, made) for one in self.own}
        return dataclasses.replace(read, pack=self.pack.id, claims=made)

    def text(self) -> str:
        """`claims.yaml` of the committed sample."""
        return claims_yaml(self.pack.id, self.instantiated(self.brief()).claims.values())


@functools.cache
def _committed(folder: Path) -> Document:
    return documents.read(folder)[0]


def _own(one: Claim, made: Mapping[str, Claim]) -> Claim:
    number = evaluate(one.formula, {name: made[name].value for name in one.inputs})
    return dataclasses.replace(one, value=float(f"{float(number):.4g}"))


def claims(index: PackIndex, graph: Graph, values: Mapping[str, Value], files: Mapping[str, bytes]) -> dict[str, Claim]:
    """A pack's claims with these values, as a careful candidate states them: four digits, sources, intervals.

    Parameters
    ----------
    index : PackIndex
        The use case.
    graph : Graph
        Of the brief.
    values : mapping of str to Value
        All of them.
    files : mapping of str to bytes
        Evidence notebooks.

    Returns
    -------
    dict of str to Claim
        In the order of the pack.
    """
    return {one.id: _claim(one, graph, values, files) for one in index.pack.claims}


def _claim(one: Required, graph: Graph, values: Mapping[str, Value], files: Mapping[str, bytes]) -> Claim:
    value = values[one.id]
    if isinstance(value, float) and one.tolerance != "exact" and one.kind not in ("input", "target", "vendor"):
        value = stated(value, one)
    return Claim(
        one.id,
        one.kind,
        value,
        one.unit,
        one.formula if one.kind == "derived" else "",
        one.inputs if one.kind == "derived" else (),
        _source(one, values.get(graph.index.pack.machine)),
        _uncertainty(one, graph, values, value),
        _evidence(one, files),
    )


def stated(value: float, one: Required) -> float:
    """A number with the digits that a reader needs; of an availability, those of what is missing to one."""
    if one.tolerance == "complement":
        return 1 - float(f"{1 - value:.{_DIGITS}g}")
    return float(f"{value:.{_DIGITS}g}")


def _source(one: Required, machine: Value | None) -> str:
    by_kind = {
        "input": "brief",
        "target": "brief",
        "vendor": f"data sheet of the {machine}, as the brief prints it",
        "measured": "benchmark of the platform team, read in the evidence notebook",
        "choice": "decided here",
    }
    return by_kind.get(one.kind, "")


def _uncertainty(one: Required, graph: Graph, values: Mapping[str, Value], value: Value) -> Uncertainty | None:
    if not isinstance(value, float):
        return None
    for interval in graph.index.pack.intervals:
        if interval.claim == one.id:
            found = graph.results(one, values)
            low, high = (float(f"{found[name]:.{_DIGITS}g}") for name in (interval.low, interval.high))
            return Uncertainty(min(low, value), max(high, value))
    if one.tolerance == "simulated" or (one.kind == "measured" and one.tolerance != "exact"):
        half = 0.1 * abs(1 - value if one.tolerance == "complement" else value)  # the tolerance of a simulation
        return Uncertainty(value - half, value + half)
    return None


def _evidence(one: Required, files: Mapping[str, bytes]) -> Evidence | None:
    if one.kind != "measured":
        return None
    file = _FILES.get(one.id.split(".", maxsplit=1)[0], _VALIDATION)
    digest = hashlib.sha256(files.get(file, b"")).hexdigest()
    return Evidence(file, one.id.replace(".", "_"), digest)
