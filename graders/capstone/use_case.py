"""A use case: what briefs are made of, what documents are checked by, and a document that is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graders.capstone.exemplar import Sample
from graders.capstone.pack import Pack
from graders.capstone.records import Brief
from graders.capstone.rendering.figures import Drawn, Figure
from graders.capstone.what_if import Prepared


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
    sample : Sample
        A document without fault.
    """

    pack: Pack
    brief: Callable[[str, str], Brief]
    figures: Mapping[str, Callable[[Drawn], Figure]]
    questions: tuple[Prepared, ...]
    sample: Sample
