"""What a student's code displayed, reduced to what cannot run in anybody's browser.

Outputs are made by the student's process, so every field of them is the student's. Text stays text, pictures stay if
they are nothing but base64, tables of HTML are written anew from their cells. Scripts, SVG, widgets and everything
else are dropped; their plain text form, if there is one, stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape, unescape
from typing import Any

from graders.records import Json

_PICTURES = ("image/png", "image/jpeg")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_TABLE = frozenset({"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"})
_DEEPEST = 16  # open tags
_SILENT = frozenset({"style", "script", "head", "title", "template", "noscript", "iframe", "object", "svg", "math"})
_TAG = re.compile(r"<(?P<closing>/?)(?P<tag>[A-Za-z][A-Za-z0-9]*)(?P<attributes>[^<>]*)>")
_SPAN = re.compile(r"\b(rowspan|colspan)=[\"']?([0-9]{1,4})\b", re.IGNORECASE)


def harmless(outputs: Sequence[Json]) -> tuple[Json, ...]:
    """Keep of each output what is safe to show.

    Parameters
    ----------
    outputs : sequence of Json
        nbformat outputs as a student's process made them; anything at all may stand in them.

    Returns
    -------
    tuple of Json
        Valid nbformat outputs: streams, errors, and displays of plain text, pictures and tables.
    """
    return tuple(kept for output in outputs if isinstance(output, Mapping) and (kept := _output(output)))


def _output(output: Json) -> Json | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": _text(output.get("text"))}
    if kind == "error":
        trace = output.get("traceback")
        lines = [_text(line) for line in trace] if isinstance(trace, list | tuple) else []
        return {
            "output_type": "error",
            "ename": _text(output.get("ename")),
            "evalue": _text(output.get("evalue")),
            "traceback": lines,
        }
    if kind in ("display_data", "execute_result"):
        data = _data(output.get("data"))
        shown: dict[str, Any] = {"output_type": kind, "metadata": {}, "data": data}
        if kind == "execute_result":
            count = output.get("execution_count")
            shown["execution_count"] = count if type(count) is int else None
        return shown if data else None
    return None


def _data(bundle: object) -> dict[str, str]:
    if not isinstance(bundle, Mapping):
        return {}
    kept = {}
    for kind in _PICTURES:
        picture = _text(bundle.get(kind))
        if picture and _BASE64.fullmatch(picture):
            kept[kind] = picture
    if table := _table(_text(bundle.get("text/html"))):
        kept["text/html"] = table
    if "text/plain" in bundle:
        kept["text/plain"] = _text(bundle["text/plain"])
    return kept


def _text(value: object) -> str:
    """One string of what nbformat allows to be a list of lines, without halves of surrogate pairs and NUL."""
    joined = "".join(str(line) for line in value) if isinstance(value, list | tuple) else str(value or "")
    return joined.replace("\0", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _table(html: str) -> str:
    """The tables in a piece of HTML, written anew from a few tags and escaped text; empty if it has none."""
    if "<table" not in html.lower():
        return ""
    written: list[str] = []
    opened: list[str] = []
    silent, end = "", 0
    for token in _TAG.finditer(html):
        if opened and not silent:
            written.append(escape(unescape(html[end : token.start()])))
        end = token.end()
        closing, tag = bool(token["closing"]), token["tag"].lower()
        if silent or tag in _SILENT:
            silent = "" if closing and tag == silent else silent or ("" if closing else tag)
        elif tag in _TABLE:
            written += _close(tag, opened) if closing else _open(tag, token["attributes"], opened)
        elif tag == "br" and opened:
            written.append("<br>")
    return "".join(written) + "".join(f"</{tag}>" for tag in reversed(opened))


def _open(tag: str, attributes: str, opened: list[str]) -> list[str]:
    if len(opened) == _DEEPEST:
        return []
    opened.append(tag)
    spans = "".join(f' {name.lower()}="{count}"' for name, count in _SPAN.findall(attributes))
    style = ' class="dataframe"' if tag == "table" else ""
    return [f"<{tag}{style}{spans}>"]


def _close(tag: str, opened: list[str]) -> list[str]:
    """End tags up to the innermost open `tag`; none if it is not open."""
    closed: list[str] = []
    while tag in opened and (not closed or closed[-1] != f"</{tag}>"):
        closed.append(f"</{opened.pop()}>")
    return closed
