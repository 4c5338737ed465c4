"""A machine failure is tried again once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from graders.errors import GraderError

_ATTEMPTS = 2  # the second in a fresh sandbox
_Result = TypeVar("_Result")


def tried_twice(attempt: Callable[[], _Result]) -> _Result:
    """What an attempt gives; if the machine fails, what another one gives.

    Parameters
    ----------
    attempt : callable
        To be made once, or twice.

    Returns
    -------
    object

    Raises
    ------
    GraderError
        If the machine failed twice.
    """
    for number in range(1, _ATTEMPTS + 1):
        try:
            return attempt()
        except GraderError:
            if number == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")
