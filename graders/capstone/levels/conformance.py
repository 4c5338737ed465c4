"""L1 units, L2 completeness, L3 the brief: what a document must have before its numbers are worth a look."""

from __future__ import annotations

import math
from collections.abc import Iterator

from graders.capstone import units
from graders.capstone.findings import Finding
from graders.capstone.levels.matter import Matter
from graders.capstone.records import SECTIONS, Decision, Leaf, Value

_FEWEST_WORDS = {"S12": 60, "S13": 60, "S14": 60}
"""Sections that no design passes the gate without; the others need a sentence."""

_A_SENTENCE = 12
_ALTERNATIVES = 2


def units_fit(matter: Matter) -> Iterator[Finding]:
    """L1: every unit is known, and measures what the claim is about."""
    for one in matter.document.claims.values():
        required = matter.index.required.get(one.id)
        if required is not None and required.is_word != (not isinstance(one.value, float)):
            kind = "a name" if required.is_word else "a number"
            yield matter.finding("L1", "blocking", "not-a-value", one.id, f"expected {kind}, found {one.value!r}")
            continue
        if required is not None and required.tolerance == "exact" and _is_broken(one.value):
            yield matter.finding("L1", "blocking", "not-a-value", one.id, f"expected a count, found {one.value!r}")
        try:
            unit = units.unit(one.unit)
            if required is not None and unit.dimensions != units.unit(required.unit).dimensions:
                message = f"{one.unit} measures {units.measured(unit)}; expected a unit such as {required.unit}"
                yield matter.finding("L1", "blocking", "wrong-dimension", one.id, message)
        except ValueError as failure:
            yield matter.finding("L1", "blocking", "unknown-unit", one.id, str(failure))


def _is_broken(value: Value) -> bool:
    return isinstance(value, float) and not (value >= 0 and value.is_integer())


def is_complete(matter: Matter) -> Iterator[Finding]:
    """L2: claims, sections, alternatives, the utility tree's leaves and what they lead to."""
    for required in matter.index.pack.claims:
        made = matter.document.claims.get(required.id)
        if made is None:
            yield matter.finding("L2", "blocking", "missing-claim", required.id, f"missing: {required.says}")
        elif made.kind != required.kind:
            message = f"is of kind {made.kind}, expected {required.kind}"
            yield matter.finding("L2", "major", "wrong-kind", required.id, message)
    yield from _sections(matter)
    for decision in matter.document.decisions:
        yield from _decision(matter, decision)
    for leaf in matter.document.leaves:
        yield from _leaf(matter, leaf)
    for item in matter.document.validation:
        if item.claim not in matter.document.claims:
            message = f"{item.id} would measure {item.claim}, which the document does not claim"
            yield Finding("L2", "major", "measures-nothing", message, item.claim, "S12", f"validation.yaml: {item.id}")


def _sections(matter: Matter) -> Iterator[Finding]:
    there = {one.id: one for one in matter.document.sections}
    for id_ in SECTIONS:
        words = len(there[id_].text.split()) if id_ in there else 0
        fewest = _FEWEST_WORDS.get(id_, _A_SENTENCE)
        if id_ not in there:
            yield Finding("L2", "blocking", "missing-section", f"section {id_} is missing", "", id_, "design.md")
        elif words < fewest:
            where = f"design.md:{there[id_].line}"
            message = f"section {id_} has {words} words, expected {fewest} at least"
            yield Finding("L2", "blocking", "empty-section", message, "", id_, where)
    ids = [one.id for one in matter.document.sections]
    if ids != sorted(set(ids), key=SECTIONS.index):
        message = f"expected each section once and in order, found {', '.join(ids)}"
        yield Finding("L2", "minor", "order-of-sections", message, where="design.md")


def _decision(matter: Matter, decision: Decision) -> Iterator[Finding]:
    where = f"decisions.yaml: {decision.id}"
    if len(decision.options) - 1 < _ALTERNATIVES:
        message = f"{decision.id} names {len(decision.options) - 1} alternatives, expected {_ALTERNATIVES} at least"
        yield Finding("L2", "blocking", "missing-alternatives", message, "", "S13", where)
    confirmed_by = {one.id for one in matter.document.validation} | set(matter.document.claims)
    if decision.confirmation not in confirmed_by:
        message = f"{decision.id} is confirmed by {decision.confirmation!r}, which is no claim and no validation item"
        yield Finding("L2", "major", "unconfirmed-decision", message, "", "S13", where)


def _leaf(matter: Matter, leaf: Leaf) -> Iterator[Finding]:
    where = f"utility_tree.yaml: {leaf.id}"
    known = {
        "a target claim": {one.id for one in matter.document.claims.values() if one.kind == "target"},
        "a decision": {one.id for one in matter.document.decisions},
        "a validation item": {one.id for one in matter.document.validation},
    }
    led = dict(zip(known, (leaf.claims, leaf.decisions, leaf.validation), strict=True))
    for what, ids in led.items():
        if unknown := [one for one in ids if one not in known[what] and one not in matter.document.claims]:
            message = f"{leaf.id} leads to {', '.join(unknown)}, which is no such thing in this document"
            yield Finding("L2", "major", "leads-nowhere", message, "", "S2", where)
        if (leaf.importance, leaf.difficulty) == ("H", "H") and not known[what] & set(ids):
            message = f"{leaf.id} is rated (H, H) and leads to no {what.removeprefix('a ')}"
            yield Finding("L2", "blocking", "unanswered-leaf", message, "", "S2", where)
    if not any((one.importance, one.difficulty) == ("H", "H") for one in matter.document.leaves):
        message = "no leaf of the utility tree is rated (H, H): a design without a hard problem has not looked for one"
        yield Finding("L2", "major", "no-hard-leaf", message, "", "S2", "utility_tree.yaml")


def is_the_brief(matter: Matter) -> Iterator[Finding]:
    """L3: inputs and targets are the brief's, figures of devices those of the machine that is bought."""
    pack = matter.index.pack
    if matter.document.pack not in ("", pack.id):
        message = f"the brief asks for {pack.id}, the document answers {matter.document.pack}"
        yield Finding("L3", "blocking", "another-use-case", message, "", "S1", "claims.yaml: pack")
    machine = matter.values.get(pack.machine)
    if machine is not None and machine not in matter.brief.machines:
        message = f"the brief offers {', '.join(matter.brief.machines)}"
        yield matter.finding("L3", "blocking", "not-on-offer", pack.machine, message)
    given = matter.graph.given(machine)
    for id_, right in given.items():
        stated = matter.values.get(id_)
        if stated is None or stated == right:
            continue
        if not (isinstance(stated, float) and isinstance(right, float) and math.isclose(stated, right, rel_tol=0.002)):
            required = matter.index.required[id_]
            whose = "the brief's" if id_ in matter.brief.values else f"that of the {machine}"
            message = f"this {required.kind} is not {whose}"
            yield matter.finding("L3", "blocking", "not-the-brief", id_, message, right)
    for id_, words in pack.options.items():
        if matter.values.get(id_, words[0]) not in words:
            yield matter.finding("L3", "blocking", "no-such-option", id_, f"expected {' or '.join(words)}")
