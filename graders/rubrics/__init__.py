"""Rubrics with levels: the capstone document and its defence, read strictly, and the rule that decides by them."""

from __future__ import annotations

from graders.rubrics.decision import Verdict, decide, standard_error
from graders.rubrics.reading import Goal, Track, rubric, schemas, track
from graders.rubrics.records import TOP_LEVEL, Criterion, Level, Rubric
from graders.rubrics.rule import Rule, read_rule

__all__ = [
    "TOP_LEVEL",
    "Criterion",
    "Goal",
    "Level",
    "Rubric",
    "Rule",
    "Track",
    "Verdict",
    "decide",
    "read_rule",
    "rubric",
    "schemas",
    "standard_error",
    "track",
]
