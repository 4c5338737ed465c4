"""A document as blocks of a few kinds, plain data: what the PDF is set from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from graders.capstone.findings import Finding
from graders.capstone.records import Decision, Leaf, Measurement
from graders.capstone.rendering.document import Chapter, Entry, Prose, Rendered, Table
from graders.capstone.rendering.figures import Figure
from graders.capstone.rendering.html import value_in_prose
from graders.capstone.rendering.markdown import phrase

Words = list[dict[str, Any]]
"""Parts of a line: `is` names the kind, `text` or `parts` is what stands in it."""
Block = dict[str, Any]
_Entries = Mapping[str, Entry]

_SHORT = 24
"""Characters of a value that stay on one line."""

_HELD = {True: "yes", False: "no", None: "unknown"}


def blocks(one: Rendered) -> list[Block]:
    """All that stands below the title.

    Parameters
    ----------
    one : Rendered
        The document.

    Returns
    -------
    list of dict
    """
    made = [_heading(1, "What the design promises"), _answers(one), *_outcome(one)]
    for chapter in one.chapters:
        made += _chapter(chapter, one)
    made.append(_heading(1, "Register of claims"))
    for name, group in one.groups.items():
        made.append(_register(name, group, one.entries))
        for entry in group:
            made += _found(entry.findings, f"What the check found about {entry.claim.id}")
    return made


# --- what is ours


def _plain(text: str) -> dict[str, Any]:
    return {"is": "text", "text": text}


def _soft(text: str) -> dict[str, Any]:
    return {"is": "soft", "parts": [_plain(text)]}


def _code(text: str) -> dict[str, Any]:
    return {"is": "code", "text": text}


def _heading(level: int, text: str) -> Block:
    return {"is": "heading", "level": level, "parts": [_plain(text)]}


def _par(*parts: dict[str, Any]) -> Block:
    return {"is": "par", "parts": list(parts)}


def _table(
    caption: str,
    widths: Sequence[float],
    head: Sequence[str],
    rows: Iterable[Sequence[Words]],
    labels: Iterable[str] = (),
) -> Block:
    named = list(labels)
    made = [{"cells": list(cells), "label": named[place] if named else ""} for place, cells in enumerate(rows)]
    return {"is": "table", "caption": caption, "widths": list(widths), "head": list(head), "rows": made}


def _id(name: str, entries: _Entries) -> dict[str, Any]:
    """An id that leads to the register, if there is such a claim."""
    return {"is": "claim", "to": f"claim-{name}", "parts": [_code(name)]} if name in entries else _code(name)


def _ids(names: Iterable[str], entries: _Entries) -> Words:
    made: Words = []
    for name in names:
        made += [_plain(", "), _id(name, entries)] if made else [_id(name, entries)]
    return made


def _answers(one: Rendered) -> Block:
    rows = []
    for answer in one.answers:
        entry = one.entries.get(answer.claim)
        by = [_id(answer.claim, one.entries), _plain(f" {entry.value}" if entry else " is not claimed")]
        row = [[_plain(answer.says)], by, [_plain(_HELD[answer.claimed])]]
        if one.report:
            turned = " (turns over)" if answer.claimed != answer.recomputed else ""
            row.append([_plain(_HELD[answer.recomputed] + turned)])
        rows.append(row)
    head = ["Target", "Answered by", "Claimed"] + ["Recomputed"] * bool(one.report)
    return _table("Targets of the use case, and what the document says", [1.3, 1.2, 0, 0][: len(head)], head, rows)


def _outcome(one: Rendered) -> Iterator[Block]:
    if one.report is None:
        return
    count = len(one.report.blocking)
    gate = f"{count} findings keep the document from the panel." if count else "Nothing keeps it from the panel."
    yield _par(_plain(f"{one.report.claims} claims were recomputed. {gate}"))
    for cap in one.report.caps:
        yield _par(_plain(f"{cap.criterion} is capped at level {cap.level}: {', '.join(cap.because)}"))
    yield from _found(one.elsewhere, "Findings about the document as a whole")


def _found(findings: Sequence[Finding], head: str) -> Iterator[Block]:
    if findings:
        items = [[_par(*_finding(one))] for one in findings]
        yield {
            "is": "aside",
            "blocks": [_par({"is": "strong", "parts": [_plain(head)]}), {"is": "list", "items": items}],
        }


def _finding(one: Finding) -> Words:
    said = f" {one.level} {one.code}: {one.message}"
    if one.recomputed:
        said += f" Claimed {one.claimed or 'nothing'}, recomputed {one.recomputed}."
    if one.inputs:
        said += f" From {', '.join(one.inputs)}."
    if one.flips:
        said += f" Turns over: {', '.join(one.flips)}."
    return [{"is": "strong", "parts": [_plain(one.severity)]}, _plain(said)]


def _register(name: str, group: Sequence[Entry], entries: _Entries) -> Block:
    rows: list[list[Words]] = [
        [
            [_plain(str(one.number))],
            [_code(one.claim.id), {"is": "break"}, _soft(one.says or "the candidate's own")],
            [_plain(one.value), *([{"is": "break"}, _soft(one.interval)] if one.interval else [])],
            _rests(one, entries),
        ]
        for one in group
    ]
    labels = [f"claim-{one.claim.id}" for one in group]
    head = ["No.", "Claim", "Value", "What it rests on"]
    return _table(f"Claims that begin with {name}", [0, 1.2, 0.8, 1.6], head, rows, labels)


def _rests(one: Entry, entries: _Entries) -> Words:
    claim = one.claim
    made = [_plain(claim.kind)]
    if claim.formula:
        made += [_plain(", by "), _code(claim.formula)]
    if claim.inputs:
        made += [_plain(" from "), *_ids(claim.inputs, entries)]
    if claim.source:
        made.append(_plain(f"; {claim.source}"))
    if claim.evidence:
        file = f"; variable {claim.evidence.variable} in {claim.evidence.file}, SHA-256 {claim.evidence.sha256}"
        made.append(_plain(file))
    spoken = f"spoken of in {', '.join(one.spoken)}" if one.spoken else "nowhere spoken of"
    return [*made, {"is": "break"}, _soft(spoken)]


# --- sections


def _chapter(chapter: Chapter, one: Rendered) -> Iterator[Block]:
    yield _heading(1, f"{chapter.id} {chapter.title}")
    for part in chapter.parts:
        if isinstance(part, Prose):
            yield from _nodes(SyntaxTreeNode(part.tokens).children, one.entries)
        elif isinstance(part, Table):
            yield _claims(part, one)
        else:
            yield from _figure(part, one.entries)
    if chapter.beside == "tree":
        yield from _under("Utility tree", (block for leaf in one.leaves for block in _leaf(leaf, one.entries)))
    elif chapter.beside == "validation":
        yield from _under(
            "What would refute a claim", (block for item in one.validation for block in _item(item, one.entries))
        )
    elif chapter.beside == "decisions":
        for decision in one.decisions:
            yield from _decision(decision, one.entries)
    yield from _found(chapter.findings, f"What the check found in {chapter.id}")


def _under(head: str, made: Iterator[Block]) -> Iterator[Block]:
    found = list(made)
    if found:
        yield _heading(2, head)
        yield from found


def _claims(part: Table, one: Rendered) -> Block:
    if not part.entries:
        return _par(_plain(f"No claim begins like this: {part.asked}"))
    head = ["What it is", "Value", "Kind", "Claim"] + ["Check"] * bool(one.report)
    rows = []
    for entry in part.entries:
        row = [[_plain(entry.says or "the candidate's own")], [_plain(entry.value)], [_plain(entry.claim.kind)],
               [_id(entry.claim.id, one.entries)]]  # fmt: skip
        rows.append(row + [[_plain(entry.gravest or "holds")]] * bool(one.report))
    return _table(f"Claims: {part.asked}", [1.5, 0.9, 0, 1.2, 0][: len(head)], head, rows)


def _figure(one: Figure, entries: _Entries) -> Iterator[Block]:
    yield _heading(2, one.title)
    if not one.marks:
        yield _par(_plain(one.says))
        return
    yield {"is": "figure", "title": one.title, "says": one.says, "height": one.height,
           "marks": [asdict(mark) for mark in one.marks]}  # fmt: skip
    rows = [[*([_plain(cell)] for cell in row.cells), _ids(row.claims, entries)] for row in one.rows]
    widths = [*(1.0 for _ in one.columns), 1.2]
    yield _table(f"The numbers of the figure {one.name}", widths, [*one.columns, "Drawn from"], rows)


def _leaf(one: Leaf, entries: _Entries) -> Iterator[Block]:
    yield _heading(
        3, f"{one.quality}, {one.refinement}: {one.id} (importance {one.importance}, difficulty {one.difficulty})"
    )
    for name in ("source", "stimulus", "environment", "artefact", "response", "measure"):
        yield _par(_soft(f"{name.capitalize()}: "), *_line(getattr(one, name), entries))
    to = ", ".join((*one.decisions, *one.validation))
    yield _par(_soft("Leads to: "), *_ids(one.claims, entries), _plain(f"; {to}" if to else ""))


def _item(one: Measurement, entries: _Entries) -> Iterator[Block]:
    yield _heading(3, f"{one.id}: {one.claim}")
    for head, text in (("Method", one.method), ("Metric", one.metric), ("Accepted", one.threshold), ("When", one.when),
                       ("Otherwise", one.otherwise)):  # fmt: skip
        yield _par(_soft(f"{head}: "), *_line(text, entries))
    yield _par(_soft("Samples: "), _plain(str(one.samples)))


def _decision(one: Decision, entries: _Entries) -> Iterator[Block]:
    yield _heading(2, f"{one.title}: {one.outcome}")
    yield _par(_soft(f"Decision {one.id}, {one.status}, {one.date}"))
    yield _par(*_line(one.context, entries))
    for text in one.drivers:
        yield _par(_soft("What decides: "), *_line(text, entries))
    for option in one.options:
        yield _heading(3, option.name + (" (chosen)" if option.name == one.outcome else ""))
        said = [("for ", text) for text in option.good] + [("against ", text) for text in option.bad]
        yield {"is": "list", "items": [[_par(_soft(side), *_line(text, entries))] for side, text in said]}
    yield _par(_soft("Why: "), *_line(one.because, entries))
    for text in one.consequences:
        yield _par(_soft("What follows: "), *_line(text, entries))
    yield _par(_soft("What will show it: "), _id(one.confirmation, entries))


# --- prose


def _line(text: str, entries: _Entries) -> Words:
    return _words(SyntaxTreeNode(phrase(text)).children, entries)


def _nodes(nodes: Sequence[SyntaxTreeNode], entries: _Entries) -> Iterator[Block]:
    for node in nodes:
        yield from _node(node, entries)


def _node(node: SyntaxTreeNode, entries: _Entries) -> Iterator[Block]:
    inside = node.children
    match node.type:
        case "paragraph":
            yield _par(*_words(inside, entries))
        case "heading":
            yield {"is": "heading", "level": int(node.tag[1]) - 1, "parts": _words(inside, entries)}
        case "bullet_list":
            yield {"is": "list", "items": [list(_nodes(item.children, entries)) for item in inside]}
        case "ordered_list":
            start = int(node.attrs.get("start", 1))
            items = [list(_nodes(item.children, entries)) for item in inside]
            yield {"is": "enum", "start": start, "items": items}
        case "blockquote":
            yield {"is": "quote", "blocks": list(_nodes(inside, entries))}
        case "fence" | "code_block":
            yield {"is": "pre", "text": node.content}
        case "hr":
            yield {"is": "rule"}
        case "table":
            yield _written_table(node, entries)


def _written_table(node: SyntaxTreeNode, entries: _Entries) -> Block:
    """A table of the candidate's own."""
    rows = [
        [_words(cell.children, entries) for cell in row.children] for part in node.children for row in part.children
    ]
    head = ["".join(_said(cell)) for cell in rows[0]]
    return _table("", [1.0] * len(head), head, rows[1:])


def _said(parts: Words) -> Iterator[str]:
    for one in parts:
        yield from _said(one["parts"]) if "parts" in one else [one.get("text", " ")]


def _words(nodes: Sequence[SyntaxTreeNode], entries: _Entries) -> Words:
    return [part for node in nodes for part in _part(node, entries)]


def _part(node: SyntaxTreeNode, entries: _Entries) -> Words:
    match node.type:
        case "inline":
            return _words(node.children, entries)
        case "text":
            return [_plain(node.content)]
        case "softbreak":
            return [_plain(" ")]
        case "hardbreak":
            return [{"is": "break"}]
        case "code_inline":
            return [_code(node.content)]
        case "em" | "strong" | "s":
            return [{"is": node.type, "parts": _words(node.children, entries)}]
        case "link":
            return [{"is": "link", "to": str(node.attrs["href"]), "parts": _words(node.children, entries)}]
        case "unbound":
            return [{"is": "mark", "parts": [_plain(node.content)]}]
        case "claim":
            return [_claim(node.token, entries)]
    return [_plain(node.content)]


def _claim(token: Token | None, entries: _Entries) -> dict[str, Any]:
    assert token is not None  # noqa: S101  it is a leaf
    entry = entries.get(token.meta["id"])
    value = value_in_prose(entry, token.meta["unit"]) if entry else None
    if entry is None or value is None:
        return {"is": "mark", "parts": [_plain(token.content)]}
    parts = [_plain(value), {"is": "number", "text": str(entry.number)}]
    made = {"is": "claim", "to": f"claim-{entry.claim.id}", "parts": parts, "short": len(value) < _SHORT}
    return {"is": "mark", "parts": [made]} if entry.gravest else made
