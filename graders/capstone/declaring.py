"""How packs write their claims down: a line for what is given or chosen, a call for what follows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from graders.capstone.pack import Required, Tolerance
from graders.capstone.records import Kind


def given(kind: Kind, section: str, rows: str) -> tuple[Required, ...]:
    """Claims without a formula.

    Parameters
    ----------
    kind, section : str
        Of all of them.
    rows : str
        A line each: `id | unit | what it is`. The unit of a count is `count`, of a word `name`.

    Returns
    -------
    tuple of Required
    """
    made = []
    for row in rows.strip().splitlines():
        id_, unit, says = (part.strip() for part in row.split("|", maxsplit=2))
        exact: Tolerance = "exact" if unit in ("name", "count") else "default"
        made.append(
            Required(
                id_, "1" if exact == "exact" else unit, kind, section, says, tolerance=exact, is_word=unit == "name"
            )
        )
    return tuple(made)


def derived(
    id_: str, unit: str, section: str, says: str, formula: str, result: str = "", tolerance: Tolerance = "default",
    kind: Kind = "derived", arguments: Mapping[str, str] = MappingProxyType({}),
) -> Required:  # fmt: skip
    """A claim with a formula.

    Parameters
    ----------
    id_, unit, section, says : str
        As in `Required`.
    formula, result : str
        Arithmetic over claims, or a reference function and the key of what it gives.
    tolerance, kind : str
        Unless it is derived, and compared as most are.
    arguments : mapping of str to str
        What the function's parameters take.

    Returns
    -------
    Required
        A word, where the formula is a text or a choice between texts.
    """
    is_word = formula.startswith("'")
    return Required(id_, unit, kind, section, says, formula, arguments, result, tolerance, is_word)
