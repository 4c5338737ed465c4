"""The page of a design document: one file that loads nothing and runs nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from graders.capstone.prose import shown
from graders.capstone.rendering.document import Entry, Prose, Rendered, Table
from graders.capstone.rendering.drawing import svg
from graders.capstone.rendering.figures import Figure
from graders.capstone.rendering.markdown import LONGEST, phrase
from graders.pages import clean, environment, visible

_NO_BREAK = "\N{NO-BREAK SPACE}"
_FOOTER = "Tables and figures are drawn from the claims of the document. The page loads nothing and runs nothing."


def page(one: Rendered) -> str:
    """The page of a document.

    Parameters
    ----------
    one : Rendered
        Put together by `document.rendered`.

    Returns
    -------
    str
        HTML.
    """
    return (
        design_templates()
        .get_template("document.html.j2")
        .render(document=one, entries=one.entries, course=one.use_case, made="", footer=_FOOTER)
    )


def value_in_prose(entry: Entry, unit: str) -> str | None:
    """A claim's value as prose shows it, never broken between number and unit; None if the unit does not fit."""
    try:
        value = visible(shown(entry.claim, unit))
        return value.replace(" ", _NO_BREAK) if isinstance(entry.claim.value, float) else value
    except ValueError:
        return None


class _Renderer(RendererHTML):
    """Markdown's own tokens, and ours."""

    def claim(self, tokens: Sequence[Token], place: int, _: OptionsDict, env: EnvType) -> str:
        """A reference: the value, and a link to its entry in the register."""
        token = tokens[place]
        entry = env["entries"].get(token.meta["id"])
        value = value_in_prose(entry, token.meta["unit"]) if entry else None
        if entry is None or value is None:
            return Markup('<mark title="this refers to no claim, or in a unit that does not fit">{}</mark>').format(
                token.content
            )
        link = Markup('<a href="#claim-{id}" title="{title}">{value}<sup>[{number}]</sup></a>').format(
            id=entry.claim.id, title=f"{entry.claim.id}, {entry.claim.kind}", value=value, number=entry.number
        )
        return Markup('<mark title="{} finding">{}</mark>').format(entry.gravest, link) if entry.gravest else link

    def unbound(self, tokens: Sequence[Token], place: int, _: OptionsDict, __: EnvType) -> str:
        """A number that no claim stands for."""
        return Markup('<mark title="no claim stands for this number">{}</mark>').format(tokens[place].content)


def _prose(part: Prose, entries: Mapping[str, Entry]) -> Markup:
    return _clean(part.tokens, entries)


def _phrase(text: str, entries: Mapping[str, Entry]) -> Markup:
    """A text of decision records: a line of Markdown with references."""
    return _clean(phrase(text), entries)


def _clean(tokens: Sequence[Token], entries: Mapping[str, Entry]) -> Markup:
    made = _Renderer().render(tokens, _OPTIONS, {"entries": entries})
    return Markup(re.sub("<(table|pre)", r'<\1 tabindex="0"', clean(made)))  # noqa: S704  written anew from few tags


def _figure(one: Figure, key: str) -> Markup:
    return svg(one, f"figure-{key}")


def _share(share: float | None) -> str:
    """A change in per cent, with its sign; a dash where it is no ratio."""
    return "–" if share is None else f"{100 * share:+.1f} %".replace("-", "\N{MINUS SIGN}")


def _kind(part: object) -> str:
    return {Prose: "prose", Table: "table", Figure: "figure"}[type(part)]


@cache
def design_templates() -> Environment:
    """Templates of documents and defences, with what they call."""
    filters: dict[str, Any] = {"prose": _prose, "phrase": _phrase, "figure": _figure, "kind": _kind, "share": _share}
    return environment("design", "reports", longest=LONGEST, **filters)


_OPTIONS = OptionsDict(
    {"maxNesting": 20, "html": False, "linkify": False, "typographer": False, "quotes": "", "xhtmlOut": False,
     "breaks": False, "langPrefix": "language-", "highlight": None}
)  # fmt: skip
