"""Tables as CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def written(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as CSV in UTF-8.

    Parameters
    ----------
    rows : iterable of sequence
        Text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers.

    Returns
    -------
    bytes
    """
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def points(number: float | None) -> str:
    """Points with as many decimals as they have, two at most; nothing where nobody can say."""
    return "" if number is None else f"{number:.2f}".rstrip("0").rstrip(".")


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip() == text
