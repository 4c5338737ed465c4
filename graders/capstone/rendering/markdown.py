"""Prose of a design document, parsed once: Markdown without HTML, and our references, tables and figures in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from graders.capstone import prose
from graders.pages import visible

LONGEST = 100_000
"""Characters of a section that are shown: a design document has about as many in all."""

_LINK = re.compile(r"(https?:|mailto:)", re.I)
_DEEPEST = 6


def parsed(text: str) -> list[Token]:
    """A section's prose as tokens.

    Beside Markdown's own there are `claim` (inline; `meta` holds its id and a unit), `claims_table` and `claims_figure`
    (blocks; `meta` holds the patterns, or the name), and `unbound`, a number that no claim stands for.

    Parameters
    ----------
    text : str
        Of a section; anything at all may stand in it.

    Returns
    -------
    list of Token
    """
    return _parser().parse(visible(text, LONGEST))


def phrase(text: str) -> list[Token]:
    """A text of one line, as it stands in decision records: its inline tokens."""
    found = _parser().parseInline(visible(text, LONGEST))
    return [child for token in found for child in token.children or ()]


@cache
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.disable(["image", "html_block", "html_inline"])
    made.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]  # no `#claim-...` of theirs
    made.inline.ruler.before("emphasis", "claim", _claim)
    made.block.ruler.before("paragraph", "directive", _directive, {"alt": ["paragraph"]})
    made.core.ruler.push("headings", _headings)
    made.core.ruler.push("unbound", _unbound)
    return made


def _claim(state: StateInline, silent: bool) -> bool:
    found = prose.REFERENCE.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        token = state.push("claim", "", 0)
        token.content, token.meta = found[0], {"id": found[1], "unit": found[2] or ""}
    state.pos = found.end()
    return True


def _directive(state: StateBlock, start: int, _: int, silent: bool) -> bool:
    line = state.src[state.bMarks[start] : state.eMarks[start]]
    for kind, pattern in (("table", prose.TABLE), ("figure", prose.FIGURE)):
        if found := pattern.fullmatch(line):
            if not silent:
                token = state.push(f"claims_{kind}", "", 0)
                token.content, token.meta = line, {"asked": found[1]}
                state.line = start + 1
            return True
    return False


def _headings(state: StateCore) -> None:
    """Headings begin below that of their section, and leave no level out."""
    last = 2
    for token in state.tokens:
        if token.type == "heading_open":
            last = min(max(int(token.tag[1]), 3), last + 1, _DEEPEST)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{last}"


def _unbound(state: StateCore) -> None:
    before = ""
    for token in state.tokens:
        if token.type == "inline" and before != "heading_open":
            token.children = list(_marked(token.children or ()))
        before = token.type


def _marked(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type != "text":
            yield token
            continue
        end = 0
        for found in prose.NUMBER.finditer(token.content):
            yield Token("text", "", 0, content=token.content[end : found.start()])
            yield Token("unbound", "", 0, content=found[0].rstrip())
            end = found.start() + len(found[0].rstrip())
        yield Token("text", "", 0, content=token.content[end:])
