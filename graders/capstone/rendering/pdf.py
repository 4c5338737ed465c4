"""The PDF of a design document: PDF/UA-1, set by a fixed Typst document that reads everything it shows as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from graders.capstone.rendering.blocks import blocks
from graders.capstone.rendering.document import Rendered
from graders.capstone.rendering.markdown import LONGEST
from graders.errors import GraderError
from graders.pages import folder, visible

_WITHOUT_GLYPH = re.compile(
    r"[^\n\t -~\u00a0-\u0377\u0384-\u04ff\u2010-\u2027\u2030-\u203a\u2070-\u208e\u20a0-\u20bf\u2190-\u22ff]"
)
"""What the fonts inside the compiler cannot be relied on to show; PDF/UA forbids to leave it out."""
_LONG_WORD = re.compile(r"\S{25,}")
_BREAK = "\N{ZERO WIDTH SPACE}"

_LEAD = (
    "Every number of the prose is a claim. The number in brackets behind it is its place in the register at the end,"
    " which says what it rests on. What is marked rests on nothing yet, or the check has something to say about it."
)


def paper(one: Rendered) -> bytes:
    """The PDF of a document: tagged, with no date, and the same bytes from the same document.

    Parameters
    ----------
    one : Rendered
        Put together by `document.rendered`.

    Returns
    -------
    bytes

    Raises
    ------
    GraderError
        If it cannot be set, whatever the document holds.
    """
    import typst

    given = {
        "title": one.title,
        "kicker": f"AI System Architect track · {one.use_case} · design document" + (", as checked" * bool(one.report)),
        "lead": _LEAD,
        "blocks": blocks(one),
    }
    try:
        made = typst.compile(
            (folder("design") / "document.typ").read_bytes(),
            sys_inputs={"document": json.dumps(_printable(given))},
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
        )
    except typst.TypstError as failure:
        raise GraderError(f"the PDF cannot be set ({failure})", do="Take the page instead, and tell us.") from None
    assert isinstance(made, bytes)  # noqa: S101  one file of one format
    return made


def _printable(value: object) -> object:
    """Every text of the data as a page can show it: visible, with glyphs, and with no word wider than a column."""
    if isinstance(value, str):
        shown = _WITHOUT_GLYPH.sub(lambda found: f"‹U+{ord(found[0]):04X}›", visible(value, 2 * LONGEST))
        return _LONG_WORD.sub(_broken, shown)
    if isinstance(value, Mapping):
        return {key: one if key in ("is", "to", "label", "shape", "look", "anchor") else _printable(one)
                for key, one in value.items()}  # fmt: skip
    if isinstance(value, Iterable):
        return [_printable(one) for one in value]
    return value


def _broken(found: re.Match[str]) -> str:
    parts = re.findall(r"[^._/(),]{1,12}[._/(),]*|[._/(),]+", found[0])
    return _BREAK.join(parts)
