"""What the levels look at: the document's values, the recomputed ones, and what follows from what."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from graders.capstone import prose, units
from graders.capstone.expression import ExpressionError, evaluate, names
from graders.capstone.findings import Finding, Severity, Verdict
from graders.capstone.graph import Graph
from graders.capstone.pack import PackIndex, Required, Target
from graders.capstone.records import Brief, Claim, Document, Value

_REL, _STATED, _SIMULATED, _COMPLEMENT, _DIFFERENCE = 0.02, 0.05, 0.1, 0.1, 0.001


@dataclass(frozen=True)
class Matter:
    """A document before its brief.

    Attributes
    ----------
    document : Document
    brief : Brief
    index : PackIndex
    graph : Graph
    values : mapping of str to Value
        What the document claims, in the pack's units; claims whose unit does not fit are left out.
    truth : mapping of str to Value
        What follows from the brief and from the document's choices and free measurements.
    gaps : mapping of str to str
        Claims that have no recomputed value -> why.
    """

    document: Document
    brief: Brief
    index: PackIndex
    graph: Graph
    values: Mapping[str, Value]
    truth: Mapping[str, Value]
    gaps: Mapping[str, str]

    def finding(
        self, level: str, severity: Severity, code: str, claim: str, message: str, found: Value | None = None
    ) -> Finding:
        """A finding about a claim, with everything that a reader needs to redo it.

        Parameters
        ----------
        level : str
            `L4`.
        severity : str
            How grave it is.
        code : str
            What is wrong, in two words.
        claim : str
            Whose id it is about.
        message : str
            What was found, and what was expected.
        found : float, str or tuple, optional
            What was recomputed, in the pack's unit.

        Returns
        -------
        Finding
        """
        made, required = self.document.claims.get(claim), self.index.required.get(claim)
        section = required.section if required else ""
        return Finding(
            level,
            severity,
            code,
            message,
            claim,
            section,
            f"claims.yaml:{made.line}" if made and made.line else "claims.yaml",
            prose.shown(made, digits=6) if made else "",
            "" if found is None else shown(found, made, required),
            formula_of(required),
            self.inputs(required),
            self.flips(claim),
        )

    def inputs(self, required: Required | None) -> tuple[str, ...]:
        """`id = value unit` of everything that a claim is computed from."""
        if required is None:
            return ()
        claims = [self.document.claims[name] for name in required.inputs if name in self.document.claims]
        return tuple(f"{one.id} = {prose.shown(one, digits=6)}" for one in claims)

    def flips(self, claim: str) -> tuple[str, ...]:
        """Targets downstream of a claim whose verdict is another one when recomputed."""
        below = self.index.downstream.get(claim, frozenset({claim}))
        return tuple(
            verdict.id
            for target, verdict in zip(self.index.pack.targets, self.verdicts, strict=True)
            if verdict.claimed is not None
            and verdict.recomputed is not None
            and verdict.claimed != verdict.recomputed
            and below & set(names_of(target))
        )

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Each target, by the document's numbers and by the recomputed ones."""
        return tuple(
            Verdict(one.id, one.says, holds(one, self.values), holds(one, self.truth))
            for one in self.index.pack.targets
        )


def matter(document: Document, index: PackIndex, brief: Brief, graph: Graph | None = None) -> Matter:
    """Put a document before its brief, and recompute what follows.

    Parameters
    ----------
    document : Document
        As it was read.
    index : PackIndex
        The use case.
    brief : Brief
        The student's own.
    graph : Graph, optional
        One that has computed for this brief before, to keep its simulations.

    Returns
    -------
    Matter
    """
    graph = graph or Graph(index, brief)
    values = claimed(document, index)
    free = {one.id: values[one.id] for one in index.pack.claims if not one.formula and one.id in values}
    truth, gaps = graph.filled(free)
    return Matter(document, brief, index, graph, values, truth, gaps)


def claimed(document: Document, index: PackIndex) -> dict[str, Value]:
    """A document's values in the pack's units, those that can be converted."""
    found: dict[str, Value] = {}
    for one in document.claims.values():
        required = index.required.get(one.id)
        if required is None or required.is_word != (not isinstance(one.value, float)):
            continue
        try:
            found[one.id] = (
                units.converted(one.value, one.unit, required.unit) if isinstance(one.value, float) else one.value
            )
        except ValueError:
            continue
    return found


def agrees(required: Required, stated: Value, found: Value) -> bool:
    """Whether a claim is what was recomputed, within the pack's tolerance.

    Parameters
    ----------
    required : Required
        Whose tolerance counts.
    stated, found : float, str or tuple
        In one unit.

    Returns
    -------
    bool
    """
    if not (isinstance(stated, float) and isinstance(found, float)):
        return stated == found
    if not (math.isfinite(stated) and math.isfinite(found)):
        return False
    if required.tolerance == "exact":
        return math.isclose(stated, found, rel_tol=1e-9)
    if required.tolerance == "complement":
        return math.isclose(1 - stated, 1 - found, rel_tol=_COMPLEMENT, abs_tol=1e-12)
    if required.tolerance == "difference":
        return abs(stated - found) <= _DIFFERENCE
    if required.tolerance == "simulated":
        return math.isclose(stated, found, rel_tol=_SIMULATED)
    gap = abs(stated - found)
    return gap <= max(_REL * max(abs(stated), abs(found)), 1e-12) or gap <= _last_digit(stated, found)


def _last_digit(stated: float, found: float) -> float:
    """Half a unit in the last stated digit, at most a twentieth of the value: who writes 0.3 has not said 0.25."""
    text = f"{stated!r}".lower().partition("e")
    digits = text[0].removesuffix(".0").lstrip("-")
    power = int(text[2] or 0) - len(digits.partition(".")[2])
    if "." not in digits:
        power += len(digits) - len(digits.rstrip("0"))
    return min(0.5 * 10.0**power, _STATED * abs(found))


def error(stated: Value, found: Value) -> float:
    """Relative distance of two numbers; infinite where they are none."""
    if not (isinstance(stated, float) and isinstance(found, float)):
        return math.inf
    return abs(stated - found) / abs(found) if found else math.inf


def shown(value: Value, made: Claim | None, required: Required | None) -> str:
    """A value of the pack's unit, in the unit that the document uses for this claim."""
    if not isinstance(value, float):
        return value if isinstance(value, str) else ", ".join(value)
    unit = required.unit if required else "1"
    if made is not None:
        with contextlib.suppress(ValueError):
            value, unit = units.converted(value, unit, made.unit), made.unit
    return prose.shown(Claim("", "derived", value, unit), digits=6)


def formula_of(required: Required | None) -> str:
    """A formula as a reader may redo it: `ring_all_reduce_s(size_bytes=..., devices=par.tp, ...)`."""
    if required is None or not required.is_function or not required.arguments:
        return required.formula if required else ""
    arguments = ", ".join(f"{name}={text}" for name, text in required.arguments.items())
    return f"{required.formula}({arguments})" + (f"[{required.result}]" if required.result else "")


def names_of(target: Target) -> tuple[str, ...]:
    """Claims that a target speaks of."""
    return names(target.holds)


def holds(target: Target, values: Mapping[str, Value]) -> bool | None:
    """Whether a target is met; None where a claim is missing."""
    try:
        return bool(evaluate(target.holds, values))
    except ExpressionError:
        return None
