"""Parts of an answer that is a table, for `Equal(..., part=column("share", by="service"))`.

A table is a data frame or a dict of columns; both are read alike. What has no such column has no such part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def column(*names: str, by: str | None = None) -> Callable[[Any], object]:
    """A part: these columns, and no other.

    Parameters
    ----------
    *names : str
        Columns of the table.
    by : str, optional
        Column that names the rows: they may then stand in any order. Without it their order counts.

    Returns
    -------
    callable
        Takes the table. One column is its values, several are a dict of them; with `by`, a dict by row instead.
    """

    def part(table: Any) -> object:
        found = {name: _listed(table[name]) for name in names}
        if by is not None:
            rows = [list(row) if len(names) > 1 else row[0] for row in zip(*found.values(), strict=True)]
            return _by_row(_listed(table[by]), rows)
        return found if len(names) > 1 else found[names[0]]

    return part


def _listed(values: Any) -> list[object]:
    return list(np.asarray(values).tolist())


def _by_row(names: list[object], rows: list[object]) -> dict[object, object]:
    if len(set(names)) < len(names):
        raise ValueError("two rows have one name")
    return dict(zip(names, rows, strict=True))
