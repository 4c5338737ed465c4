"""Rubrics with levels: the capstone document and its defence, read strictly, and the rule that decides by them."""

from __future__ import annotations

from graders.rubrics.decision import Verdict, decide, standard_error
from graders.rubrics.reading import Track, rubric, schemas, track
from graders.rubrics.records import TOP_LEVEL, Criterion, Level, Rubric

__all__ = [
    "TOP_LEVEL",
    "Criterion",
    "Level",
    "Rubric",
    "Track",
    "Verdict",
    "decide",
    "rubric",
    "schemas",
    "standard_error",
    "track",
]
