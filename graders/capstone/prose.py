"""`design.md`: sections, references to claims in braces, and numbers that no claim stands for.

``{mem.weight_bytes}`` is written as the claim's value in its own unit, ``{mem.weight_bytes:GB}`` in another one. A line
``{table mem.*}`` becomes a table of these claims, ``{figure roofline}`` a figure that is drawn from claims.
"""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from graders.capstone import units
from graders.capstone.records import Claim, Section

REFERENCE = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)(?::([A-Za-z%/*1]+))?\}")
TABLE = re.compile(r"^\{table ([a-z0-9_.* ]+)\}[ \t]*$", re.MULTILINE)
FIGURE = re.compile(r"^\{figure ([a-z0-9_]+)\}[ \t]*$", re.MULTILINE)
_ASKED = re.compile(r"^.*\{(?:table|figure)\b.*$", re.MULTILINE)
_HEADING = re.compile(r"^## (S(?:1[0-5]|[0-9]))\b[.:]?[ \t]*(.*)$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\([^)\s]*\)")
_LISTED = re.compile(r"^[ \t]*\d+\.[ \t]", re.MULTILINE)
_HEADINGS = re.compile(r"^#.*$", re.MULTILINE)
_KEPT = 512
"""Texts whose reading is kept: those of a document, which a defence or a second check reads again."""
NUMBER = re.compile(r"(?<![\w.,/-])\d+(?:[.,]\d+)*(?:e[-+]?\d+)?\s?(?:%|(?!st\b|nd\b|rd\b|th\b)[A-Za-z]+\b)?(?![\w-])")


def sections(text: str) -> tuple[Section, ...]:
    """Sections of a design, in their order.

    Parameters
    ----------
    text : str
        Markdown; a section begins with `## S6 Title`.

    Returns
    -------
    tuple of Section
    """
    found = list(_HEADING.finditer(text))
    ends = [*(one.start() for one in found[1:]), len(text)][: len(found)]
    return tuple(
        Section(one[1], one[2].strip(), text[one.end() : end].strip("\n"), text.count("\n", 0, one.start()) + 1)
        for one, end in zip(found, ends, strict=True)
    )


def referred(text: str, known: Collection[str]) -> tuple[set[str], set[str]]:
    """Claims that a text refers to, and references that lead nowhere.

    Parameters
    ----------
    text : str
        Of a section.
    known : collection of str
        Ids of claims.

    Returns
    -------
    set of str, set of str
        Ids that are known, and references that are not.
    """
    ids = frozenset(known)
    spoken, nowhere = _referred(text, ids)
    return set(spoken), set(nowhere)


@lru_cache(_KEPT)
def _referred(text: str, known: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    direct = {one[1] for one in REFERENCE.finditer(text)}
    patterns = {pattern for table in TABLE.finditer(text) for pattern in table[1].split()}
    listed = {id_ for id_ in known for pattern in patterns if fnmatch.fnmatchcase(id_, pattern)}
    empty = {pattern for pattern in patterns if not fnmatch.filter(known, pattern)}
    return frozenset(direct & known) | listed, frozenset(direct - known) | empty


@lru_cache(_KEPT)
def unbound_numbers(text: str) -> tuple[str, ...]:
    """Numbers in prose that are no claim's; code, links, headings and the numbers of a list aside.

    Parameters
    ----------
    text : str
        Of a section.

    Returns
    -------
    tuple of str
        As they stand there, in order.
    """
    for pattern in (_FENCE, _CODE, REFERENCE, TABLE, FIGURE, _LINK, _LISTED, _HEADINGS):
        text = pattern.sub(" ", text)
    return tuple(one[0].strip() for one in NUMBER.finditer(text))


def misasked(text: str, figures: Collection[str]) -> tuple[str, ...]:
    """Lines that ask for a table or a figure and get none: misspelt, not alone on their line, of no known name.

    Parameters
    ----------
    text : str
        Of a section.
    figures : collection of str
        Names that there are.

    Returns
    -------
    tuple of str
        As they stand there, in order.
    """
    return tuple(
        line.strip()
        for line in _asking(text)
        if not TABLE.fullmatch(line) and not ((found := FIGURE.fullmatch(line)) and found[1] in figures)
    )


@lru_cache(_KEPT)
def _asking(text: str) -> tuple[str, ...]:
    """Lines outside of code that begin to ask for a table or a figure."""
    for pattern in (_FENCE, _CODE):
        text = pattern.sub(" ", text)
    return tuple(one[0] for one in _ASKED.finditer(text))


def shown(claim: Claim, unit: str = "", digits: int = 3) -> str:
    """A claim's value as prose shows it: three digits that count, its unit behind.

    Parameters
    ----------
    claim : Claim
        Whose value.
    unit : str
        Another unit than its own.
    digits : int
        How many count; whole numbers below a hundred thousand are shown in full.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the unit measures something else.
    """
    if not isinstance(claim.value, float):
        return claim.value if isinstance(claim.value, str) else ", ".join(claim.value)
    wanted = unit or claim.unit
    value = claim.value if wanted == claim.unit else units.converted(claim.value, claim.unit, wanted)
    behind = "" if wanted == "1" else wanted if wanted == "%" else f" {wanted}"
    return number(value, digits) + behind


def number(value: float, digits: int = 3) -> str:
    """A number with so many digits that count, and no more zeros than it needs."""
    if not math.isfinite(value):
        return f"{value}"
    if value == round(value) and abs(value) < 100_000:
        return f"{value:.0f}"
    if 0.9 < value < 1:  # an availability lives in its last digits
        return f"{value:.6f}".rstrip("0")
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        text = f"{value:.{digits}g}"
        return f"{float(text):,.0f}".replace(",", " ") if "e" in text else text
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(power)}"


def written(text: str, claims: Mapping[str, Claim]) -> str:
    """A text with its references to claims filled in; tables and figures are left to whoever draws them.

    Parameters
    ----------
    text : str
        Of a section.
    claims : mapping of str to Claim
        By id.

    Returns
    -------
    str
        References that lead nowhere stay as they are.
    """

    def value(found: re.Match[str]) -> str:
        claim = claims.get(found[1])
        try:
            return shown(claim, found[2] or "") if claim else found[0]
        except ValueError:
            return found[0]

    return REFERENCE.sub(value, text)


def tabled(text: str, ids: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each table line of a text with the claims that it shows, in the order of the claims."""
    known = tuple(ids)
    return tuple(
        (one[0], tuple(id_ for id_ in known if any(fnmatch.fnmatchcase(id_, pattern) for pattern in one[1].split())))
        for one in TABLE.finditer(text)
    )
