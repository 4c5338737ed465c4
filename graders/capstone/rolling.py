"""Numbers of a case, rolled from its name: SHA-256 in whole numbers, so that every machine of the world agrees."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included, always the same for one seed.

    Parameters
    ----------
    seed, what : str
        Whose number it is, and which.
    low, high : int
        Its range.

    Returns
    -------
    int
    """
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def chosen(seed: str, what: str, options: Sequence[Any]) -> Any:
    """One of the options, always the same for one seed."""
    return options[rolled(seed, what, 0, len(options) - 1)]
