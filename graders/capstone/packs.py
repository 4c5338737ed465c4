"""Use cases by name: what briefs are made of, and what documents are checked by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graders.capstone.llm_serving.brief import brief as serving_brief
from graders.capstone.llm_serving.pack import PACK as SERVING
from graders.capstone.pack import Pack
from graders.capstone.records import Brief
from graders.errors import UsageError


@dataclass(frozen=True, slots=True)
class UseCase:
    """A use case.

    Attributes
    ----------
    pack : Pack
    brief : callable
        `brief(student, salt)`.
    """

    pack: Pack
    brief: Callable[[str, str], Brief]


USE_CASES = {SERVING.id: UseCase(SERVING, serving_brief)}


def use_case(name: str) -> UseCase:
    """The use case of this name.

    Parameters
    ----------
    name : str
        `llm_serving`.

    Returns
    -------
    UseCase

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in USE_CASES:
        raise UsageError(f"found the use case {name!r}, expected one of {', '.join(USE_CASES)}")
    return USE_CASES[name]
