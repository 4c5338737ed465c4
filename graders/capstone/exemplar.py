"""Claims that are right, for any brief: what the sample document states, and what tests perturb."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from graders.capstone.graph import Graph
from graders.capstone.pack import PackIndex, Required
from graders.capstone.records import Claim, Evidence, Uncertainty, Value

_DIGITS = 4
_FILES = {"val": "evidence/validation.ipynb", "opt": "evidence/prototype.ipynb"}


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
        _source(one, values),
        _uncertainty(one, graph, values, value),
        _evidence(one, files),
    )


def stated(value: float, one: Required) -> float:
    """A number with the digits that a reader needs; of an availability, those of what is missing to one."""
    if one.tolerance == "complement":
        return 1 - float(f"{1 - value:.{_DIGITS}g}")
    return float(f"{value:.{_DIGITS}g}")


def _source(one: Required, values: Mapping[str, Value]) -> str:
    by_kind = {
        "input": "brief",
        "target": "brief",
        "vendor": f"data sheet of the {values.get('hw.machine')}, as the brief prints it",
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
        half = 0.1 * abs(value)  # the pack's tolerance of a simulation
        return Uncertainty(value - half, value + half)
    return None


def _evidence(one: Required, files: Mapping[str, bytes]) -> Evidence | None:
    if one.kind != "measured":
        return None
    file = _FILES[one.id.split(".", maxsplit=1)[0]]
    digest = hashlib.sha256(files.get(file, b"")).hexdigest()
    return Evidence(file, one.id.replace(".", "_"), digest)
