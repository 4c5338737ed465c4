"""Use cases by name: what briefs are made of, and what documents are checked by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graders.capstone.llm_serving.brief import brief as serving_brief
from graders.capstone.llm_serving.figures import FIGURES
from graders.capstone.llm_serving.pack import PACK as SERVING
from graders.capstone.llm_serving.questions import QUESTIONS
from graders.capstone.pack import Pack
from graders.capstone.records import Brief
from graders.capstone.rendering.figures import Drawn, Figure
from graders.capstone.what_if import Prepared
from graders.errors import UsageError


@dataclass(frozen=True, slots=True)
class UseCase:
    """A use case.

    Attributes
    ----------
    pack : Pack
    brief : callable
        `brief(student, salt)`.
    figures : mapping of str to callable
        What a document may ask for by `{figure NAME}`.
    questions : tuple of Prepared
        For the defence.
    """

    pack: Pack
    brief: Callable[[str, str], Brief]
    figures: Mapping[str, Callable[[Drawn], Figure]]
    questions: tuple[Prepared, ...]


USE_CASES = {SERVING.id: UseCase(SERVING, serving_brief, FIGURES, QUESTIONS)}


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
