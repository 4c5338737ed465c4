"""Markup of others, written anew from a few tags and attributes: it runs nothing and loads nothing.

What is cleaned here is parsed as a browser would parse it, so that no trick of spelling gets past.
"""

from __future__ import annotations

import re
from typing import Any

import bleach  # type: ignore[import-untyped]

_TAGS = (
    frozenset(
        {"a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "details"}
    )
    | {"div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol"}
    | {
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
    }
    | {"th", "thead", "tr", "tt", "u", "ul", "var"}
)
_CLASS = re.compile(r"highlight|dataframe|anchor-link|language-[\w+-]+|[a-z]{1,2}\d?")
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*|(?![a-z][a-z0-9+.-]*:|//)[^:\\]*", re.I)
_LINK = re.compile(r"(https?:|mailto:|#)|(?![a-z][a-z0-9+.-]*:)[^:\\]*", re.I)
_NUMBER = re.compile(r"[0-9]{1,4}")
_TEX_THAT_LINKS = re.compile(r"\\(?=(?:href|url|cssId|class|style|require|unicode|html\w*|data)\b)")
_WORD_JOINER = "\N{WORD JOINER}"


def clean(html: object) -> str:
    """Write HTML anew from harmless tags and attributes.

    Parameters
    ----------
    html : object
        HTML, as text or bytes.

    Returns
    -------
    str
        Without scripts, styles, frames, forms, event handlers and addresses of other kinds than web and mail.
    """
    text = html.decode("utf-8", "replace") if isinstance(html, bytes) else str(html)
    cleaned = bleach.clean(text, tags=_TAGS, attributes=_allowed, protocols=("http", "https", "mailto", "data"))
    return _TEX_THAT_LINKS.sub(lambda found: found.group() + _WORD_JOINER, cleaned)  # MathJax follows \href anywhere


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stay."""
    rules: dict[tuple[str, str], Any] = {
        ("a", "href"): _LINK.match,
        ("img", "src"): _PICTURE.fullmatch,
        ("ol", "start"): _NUMBER.fullmatch,
    }
    if (tag, name) in rules:
        return rules[tag, name](value) is not None
    if name in ("colspan", "rowspan", "width", "height"):
        return _NUMBER.fullmatch(value) is not None
    if name == "class":
        return all(_CLASS.fullmatch(one) for one in value.split())
    return name in ("alt", "title") or (name == "id" and re.fullmatch(r"h[1-6]", tag) is not None)
