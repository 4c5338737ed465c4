"""Claims as YAML, as a person would have written them: a claim a paragraph, in the order of the pack."""

from __future__ import annotations

import json
from collections.abc import Iterable

from graders.capstone.records import Claim, Value

_MODELINE = "# yaml-language-server: $schema=claims.schema.json\n"


def claims_yaml(pack: str, claims: Iterable[Claim], remarks: dict[str, str] | None = None) -> str:
    """`claims.yaml`.

    Parameters
    ----------
    pack : str
        Use case.
    claims : iterable of Claim
        In the order in which they shall stand.
    remarks : dict of str to str, optional
        Claim's id -> what stands as a comment above it.

    Returns
    -------
    str
    """
    parts = [f"{_MODELINE}pack: {pack}\nclaims:\n"]
    for one in claims:
        if remarks and one.id in remarks:
            parts.append(f"  # {remarks[one.id]}\n")
        parts.append(_claim(one))
    return "".join(parts)


def _claim(one: Claim) -> str:
    lines = [f"  - id: {one.id}", f"    kind: {one.kind}", f"    value: {value_text(one.value)}"]
    if one.unit != "1":
        lines.append(f"    unit: {one.unit}")
    if one.formula:
        lines.append(f"    formula: {json.dumps(one.formula)}")
    if one.inputs:
        lines.append(f"    inputs: [{', '.join(one.inputs)}]")
    if one.source:
        lines.append(f"    source: {json.dumps(one.source)}")
    if one.uncertainty:
        low, high = (value_text(float(f"{end:.6g}")) for end in (one.uncertainty.low, one.uncertainty.high))
        lines.append(f"    uncertainty: {{low: {low}, high: {high}}}")
    if one.evidence:
        lines += ["    evidence:", f"      file: {one.evidence.file}", f"      variable: {one.evidence.variable}",
                  f"      sha256: {one.evidence.sha256}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def value_text(value: Value) -> str:
    """A value as YAML reads it back: whole numbers without a point, exponents with a sign."""
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    if isinstance(value, str):
        return json.dumps(value)
    if value.is_integer() and abs(value) < 1e15:
        return f"{value:.0f}"
    text = repr(value)
    mantissa, sign, power = text.partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{power}" if sign else text
