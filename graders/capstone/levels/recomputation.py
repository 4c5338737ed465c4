"""L4 every claim recomputed; L7 every verdict, and whether a decision rests on a wrong number."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import numpy as np

from graders.capstone import expression, units
from graders.capstone.expression import ExpressionError
from graders.capstone.findings import Finding
from graders.capstone.graph import NoValueError
from graders.capstone.levels.matter import Matter, agrees, error
from graders.capstone.pack import Required
from graders.capstone.records import Claim, Value

_POINTS = 16
_SMALL_ERROR = 0.1


def is_recomputed(matter: Matter) -> Iterator[Finding]:
    """L4: each claim with a formula, from the brief first, then from what the document itself says goes into it."""
    for required in matter.index.pack.claims:
        made = matter.document.claims.get(required.id)
        if made is None or not required.formula:
            continue
        yield from _formula(matter, required, made)
        if required.id in matter.values and required.id != matter.index.pack.sensitivity.claim:
            yield from _value(matter, required)
    yield from _own_claims(matter)


def _own_claims(matter: Matter) -> Iterator[Finding]:
    """Claims beside the required ones: arithmetic over what the document says, in base units."""
    claims = matter.document.claims
    own = {id_: one for id_, one in claims.items() if id_ not in matter.index.required}
    scope = dict(matter.values)
    for id_, one in own.items():
        with contextlib.suppress(ValueError):
            scope[id_] = one.value * units.unit(one.unit).factor if isinstance(one.value, float) else one.value
    for id_, one in own.items():
        if not one.formula or id_ not in scope:
            continue
        try:
            found = expression.evaluate(one.formula, scope)
        except ExpressionError as failure:
            yield matter.finding("L4", "major", "other-formula", id_, str(failure))
            continue
        right = float(found) if np.ndim(found) == 0 and not isinstance(found, str) else found
        if not agrees(Required(id_, one.unit, one.kind, "", ""), scope[id_], right):
            shown = right / units.unit(one.unit).factor if isinstance(right, float) else right
            message = f"its own formula gives {shown}"
            yield matter.finding("L4", "major", "recomputed-otherwise", id_, message)


def _value(matter: Matter, required: Required) -> Iterator[Finding]:
    stated, true = matter.values[required.id], matter.truth.get(required.id)
    if true is None:
        message = f"cannot be recomputed: {matter.gaps.get(required.id, 'an input is missing')}"
        yield matter.finding("L4", "major", "not-recomputable", required.id, message)
        return
    if agrees(required, stated, true):
        return
    local = _from_its_inputs(matter, required)
    if local is not None and agrees(required, stated, local):
        message = "follows from its inputs, one of which is refuted: mend that one, then this"
        yield matter.finding("L4", "info", "inherited", required.id, message, true)
        return
    found = true if local is None else local
    flips = matter.flips(required.id)
    is_small = not flips and min(error(stated, true), error(stated, found)) <= _SMALL_ERROR
    message = f"recomputed otherwise: {required.says}"
    severity = "minor" if is_small else "major"
    yield matter.finding("L4", severity, "recomputed-otherwise", required.id, message, found)  # type: ignore[arg-type]


def _from_its_inputs(matter: Matter, required: Required) -> Value | None:
    """The claim from what the document says goes into it; None where something is missing."""
    if any(name not in matter.values for name in required.needed):
        return None
    try:
        return matter.graph.value(required, matter.values)
    except NoValueError:
        return None


def _formula(matter: Matter, required: Required, made: Claim) -> Iterator[Finding]:
    """The formula is the pack's, or arithmetic that gives the same wherever it is tried."""
    if made.formula in ("", required.formula):
        if made.kind == "derived" and made.inputs and set(made.inputs) != set(required.inputs):
            odd = ", ".join(sorted(set(made.inputs) ^ set(required.inputs)))
            message = f"inputs are not those of the formula: {odd}"
            yield matter.finding("L4", "minor", "other-inputs", required.id, message)
        return
    if made.formula.isidentifier() or required.tolerance == "simulated" or not _only_claims(required):
        message = f"expected the formula {required.formula}, found {made.formula}"
        yield matter.finding("L4", "major", "other-formula", required.id, message)
        return
    try:
        worst = _furthest(matter, required, made.formula)
    except ExpressionError as failure:
        yield matter.finding("L4", "major", "other-formula", required.id, str(failure))
        return
    if worst > 1e-6:
        message = f"the formula of its own differs from the model by up to {worst:.0%} over {_POINTS} points"
        yield matter.finding("L4", "major", "other-formula", required.id, message)


def _only_claims(required: Required) -> bool:
    return required.needed == required.inputs


def _furthest(matter: Matter, required: Required, formula: str) -> float:
    """Largest relative difference of a formula of one's own from the model, at inputs around the document's."""
    draw = random.Random(f"{required.id}\0{formula}")  # noqa: S311  points to try, no secret
    names = set(expression.names(formula)) | set(required.inputs)
    worst = 0.0
    for _ in range(_POINTS):
        point = {name: matter.truth[name] for name in names if name in matter.truth}
        for name, value in point.items():
            if isinstance(value, float):
                factor = draw.uniform(0.5, 2)
                point[name] = float(max(1, round(value * factor))) if value.is_integer() else value * factor
        try:
            right = matter.graph.value(required, point)
        except NoValueError:
            continue  # a point that no machine is
        own = expression.evaluate(formula, point)
        if isinstance(right, float) and np.ndim(own) == 0 and not isinstance(own, str):
            worst = max(worst, abs(float(own) - right) / max(abs(right), 1e-300))
        elif own != right:
            worst = float("inf")
    return worst


def decisions_stand(matter: Matter) -> Iterator[Finding]:
    """L7: a verdict that turns over is a decision error; a target that is honestly missed is no less in the way."""
    for target, verdict in zip(matter.index.pack.targets, matter.verdicts, strict=True):
        if verdict.recomputed is None or verdict.claimed is None:
            continue
        found, stated = matter.truth.get(target.claim), matter.values.get(target.claim)
        if verdict.claimed != verdict.recomputed:
            if _is_close(matter, target.claim, stated, found):
                message = f"too close to call: whether {target.says} turns on less than the model's own error"
                yield matter.finding("L7", "minor", "too-close", target.claim, message, found)
                continue
            words = f"{_word(verdict.claimed)} as claimed, {_word(verdict.recomputed)} as recomputed"
            message = f"decision error: whether {target.says}: {words}"
            yield matter.finding("L7", "major", "decision-error", target.claim, message, found)
        elif not verdict.recomputed:
            message = f"by the document's own numbers it does not hold that {target.says}"
            yield matter.finding("L7", "major", "target-missed", target.claim, message, found)


def _is_close(matter: Matter, claim: str, stated: Value | None, found: Value | None) -> bool:
    required = matter.index.required.get(claim)
    if required is None or not isinstance(stated, float) or not isinstance(found, float):
        return False
    return agrees(required, stated, found)


def _word(holds: bool) -> str:
    return "yes" if holds else "no"
