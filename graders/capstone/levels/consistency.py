"""L5: prose and claims say the same, because prose has no numbers of its own."""

from __future__ import annotations

from collections.abc import Iterator

from graders.capstone import prose, units
from graders.capstone.findings import Finding
from graders.capstone.levels.matter import Matter
from graders.capstone.records import Decision

_SHOWN = 6


def is_consistent(matter: Matter) -> Iterator[Finding]:
    """Every reference leads to a claim, every number of prose is one, and every claim is spoken of."""
    known = matter.document.claims
    ids = frozenset(known)
    spoken: set[str] = set()
    for section in matter.document.sections:
        where = f"design.md:{section.line}"
        found, nowhere = prose.referred(section.text, ids)
        spoken |= found
        if nowhere:
            message = f"section {section.id} refers to claims that there are not: {', '.join(sorted(nowhere))}"
            yield Finding("L5", "major", "unknown-reference", message, "", section.id, where)
        for reference in prose.REFERENCE.finditer(section.text):
            if reference[2] and reference[1] in known and not _fits(known[reference[1]].unit, reference[2]):
                message = f"{reference[0]}: {reference[2]} does not measure what {reference[1]} does"
                yield Finding("L5", "major", "unknown-reference", message, reference[1], section.id, where)
        for line in prose.misasked(section.text, matter.index.pack.figures):
            names = " or ".join(f"{{figure {name}}}" for name in matter.index.pack.figures)
            message = f"{line[:80]!r} asks for nothing; expected {{table mem.*}}, {names} on a line of its own"
            yield Finding("L5", "major", "unknown-figure", message, "", section.id, where)
        if numbers := prose.unbound_numbers(section.text):
            shown = ", ".join(numbers[:_SHOWN]) + (" ..." if len(numbers) > _SHOWN else "")
            message = f"section {section.id} states {len(numbers)} numbers that no claim stands for: {shown}"
            yield Finding("L5", "minor", "unbound-number", message, "", section.id, where)
    for decision in matter.document.decisions:
        yield from _decision(decision, ids)
    if silent := [one.id for one in matter.index.pack.claims if one.id in known and one.id not in spoken]:
        shown = ", ".join(silent[:_SHOWN]) + (" ..." if len(silent) > _SHOWN else "")
        message = f"{len(silent)} claims are nowhere spoken of: {shown}"
        yield Finding("L5", "minor", "silent-claim", message, silent[0], where="design.md")


def _decision(decision: Decision, known: frozenset[str]) -> Iterator[Finding]:
    """A decision record's texts; names of options may hold a product's number."""
    pros_and_cons = (text for one in decision.options for text in (*one.good, *one.bad))
    texts = (decision.context, decision.because, *decision.drivers, *decision.consequences, *pros_and_cons)
    where = f"decisions.yaml: {decision.id}"
    for text in texts:
        _, nowhere = prose.referred(text, known)
        if nowhere:
            message = f"{decision.id} refers to claims that there are not: {', '.join(sorted(nowhere))}"
            yield Finding("L5", "major", "unknown-reference", message, "", "S13", where)
        if numbers := prose.unbound_numbers(text):
            message = f"{decision.id} rests on numbers that no claim stands for: {', '.join(numbers[:_SHOWN])}"
            yield Finding("L5", "minor", "unbound-number", message, "", "S13", where)


def _fits(own: str, other: str) -> bool:
    try:
        units.converted(1.0, own, other)
    except ValueError:
        return False
    return True
