"""Refusals of input that no machine can have; each names the parameter, and none changes a value."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["require_columns", "require_positive"]


def require_positive(**named: ArrayLike) -> None:
    """Refuse numbers that are zero, negative or not a number.

    Parameters
    ----------
    **named : array_like
        Parameters by name.

    Raises
    ------
    ValueError
        If one of them holds such a number.
    """
    for name, value in named.items():
        if not np.all(np.asarray(value) > 0):
            raise ValueError(f"{name} must be positive")


def require_columns(table: Mapping[str, ArrayLike], columns: Collection[str]) -> None:
    """Refuse a table that lacks columns.

    Parameters
    ----------
    table : mapping of str to array_like
        The table.
    columns : collection of str
        What it must have.

    Raises
    ------
    ValueError
        If it lacks one; all that it lacks are named.
    """
    missing = [column for column in columns if column not in table]
    if missing:
        raise ValueError(f"the table has no column {', '.join(missing)}")
