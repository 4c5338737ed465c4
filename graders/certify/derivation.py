"""Can a certificate's decision be derived again from what is enclosed, and is that what the certificate says?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graders.certify import enclosure
from graders.certify.credential import recipient
from graders.certify.finding import Beside, Check, Held
from graders.certify.records import Evidence
from graders.errors import AisaError


def derived(document: Mapping[str, Any], beside: Beside) -> Iterator[Check]:
    """Look at the evidence that there is, and apply the rule to it.

    Parameters
    ----------
    document : mapping of str to Any
        A certificate whose signatures hold.
    beside : Beside
        What else there is.

    Yields
    ------
    Check
    """
    named = {one["id"].removeprefix("urn:sha256:"): one["name"] for one in document["evidence"]}
    for path in beside.files:
        found = enclosure.digest(path.read_bytes())
        says = (
            f"{path.name} is the {named[found].lower()}" if found in named else f"{path.name} is nothing that it names"
        )
        yield Check("evidence", "holds" if found in named else "fails", says)
    if beside.enclosed is None:
        held: Held = "fails" if beside.rederive else "not checked"
        yield Check("decision", held, "the enclosed evidence is not here, so the decision cannot be derived again")
        return
    if enclosure.digest(beside.enclosed) not in named:
        yield Check("evidence", "fails", "the enclosed evidence is not what the certificate names: it was changed")
        return
    yield Check("evidence", "holds", "the enclosed evidence is what the certificate names")
    yield _decision(document, beside.enclosed)


def _decision(document: Mapping[str, Any], enclosed: bytes) -> Check:
    """Apply the enclosed rule to the enclosed evidence, and compare with what the certificate says."""
    name = "decision"
    try:
        standard, evidence = enclosure.open_enclosed(enclosed, "the enclosed evidence")
        decision = standard.decide(evidence)
        if not decision.certified:
            return Check(name, "fails", f"the rule does not certify this evidence: {'; '.join(decision.reasons)}")
        differs = [what for what, said, found in _compared(document, standard, evidence) if said != found]
    except (AisaError, ArithmeticError) as failure:  # whoever signs for themselves may enclose anything: 1 of 0 points
        return Check(name, "fails", f"cannot be derived again: {failure}")
    if differs:
        return Check(name, "fails", f"the certificate says otherwise than its evidence: {', '.join(differs)}")
    return Check(name, "holds", f"derived again from its evidence by rule {decision.rule} {decision.version}")


def _compared(
    document: Mapping[str, Any], standard: enclosure.Standard, evidence: Evidence
) -> Iterator[tuple[str, object, object]]:
    subject = document["credentialSubject"]
    yield "the rule", subject["achievement"]["id"], f"urn:sha256:{standard.rule.digest}"
    (whose,) = subject["identifier"]
    yield "whose it is", whose, recipient(evidence.student, whose["salt"])
    said = {one["resultDescription"].removeprefix(f"{document['id']}:"): one["value"] for one in subject["result"]}
    for one in evidence.modules:
        if one.module in standard.rule.modules:
            yield one.module, said.pop(one.module, None), f"{100 * one.points / one.max_points:.1f}"
    for rubric in standard.rule.rubrics:
        levels = next(one.levels for one in reversed(evidence.rounds) if one.rubric == rubric)
        for criterion, level in levels.items():
            yield f"{rubric} {criterion}", said.pop(f"{rubric}:{criterion}", None), f"{level:g}"
    yield "results that no evidence stands behind", sorted(said), []
