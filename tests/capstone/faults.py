"""Edits of a document, as candidates make them, and the finding that each must raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graders.capstone.records import Claim, Document


@dataclass(frozen=True, slots=True)
class Fault:
    """An edit, and what it must raise: level, severity, code, claim (or section), and what is capped."""

    name: str
    edit: Callable[[Document], Document]
    level: str
    severity: str
    code: str
    about: str
    blocks: bool = False


def with_claim(id_: str, **changes: Any) -> Callable[[Document], Document]:
    """The document with a claim changed; a callable gets the old value."""

    def edit(document: Document) -> Document:
        claim = document.claims[id_]
        new = {name: one(claim) if callable(one) else one for name, one in changes.items()}
        return replace(document, claims={**document.claims, id_: replace(claim, **new)})

    return edit


def scaled(id_: str, factor: float) -> Callable[[Document], Document]:
    return with_claim(id_, value=lambda claim: claim.value * factor, uncertainty=_scaled(factor))


def _scaled(factor: float) -> Callable[[Claim], Any]:
    def interval(claim: Claim) -> Any:
        if claim.uncertainty is None:
            return None
        return replace(claim.uncertainty, low=claim.uncertainty.low * factor, high=claim.uncertainty.high * factor)

    return interval


def without_claim(id_: str) -> Callable[[Document], Document]:
    return lambda document: replace(document, claims={k: v for k, v in document.claims.items() if k != id_})


def with_text(section: str, change: Callable[[str], str]) -> Callable[[Document], Document]:
    def edit(document: Document) -> Document:
        sections = [replace(one, text=change(one.text)) if one.id == section else one for one in document.sections]
        return replace(document, sections=tuple(sections))

    return edit


def without_section(section: str) -> Callable[[Document], Document]:
    return lambda document: replace(document, sections=tuple(one for one in document.sections if one.id != section))


def with_first(kind: str, **changes: Any) -> Callable[[Document], Document]:
    """The document with its first decision, leaf or validation item changed."""

    def edit(document: Document) -> Document:
        first, *rest = getattr(document, kind)
        return replace(document, **{kind: (replace(first, **changes), *rest)})

    return edit


def without_evidence(name: str) -> Callable[[Document], Document]:
    def edit(document: Document) -> Document:
        files: Mapping[str, bytes] = {k: v for k, v in document.files.items() if k != name}
        return replace(document, files=files)

    return edit


def both(*edits: Callable[[Document], Document]) -> Callable[[Document], Document]:
    def edit(document: Document) -> Document:
        for one in edits:
            document = one(document)
        return document

    return edit
