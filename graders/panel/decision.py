"""A panel's decision: the median of each criterion, then the rubric's rule. Pure, so that anyone can redo it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from graders.panel.records import Outcome, Round
from graders.rubrics import Rubric, decide


def medians(levels: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """The middle level of each criterion; between the two middle ones where there are two.

    Parameters
    ----------
    levels : mapping of str to (mapping of str to int)
        Rater -> criterion -> level.

    Returns
    -------
    dict of str to float
    """
    first = next(iter(levels.values()))
    return {criterion: float(statistics.median(one[criterion] for one in levels.values())) for criterion in first}


def outcome(rubric: Rubric, scored: Round) -> Outcome:
    """What the rule says of a round, after moderation.

    Parameters
    ----------
    rubric : Rubric
        That it was scored by.
    scored : Round
        With its scores revealed.

    Returns
    -------
    Outcome
    """
    levels = medians(scored.levels)
    verdict = decide(rubric, levels)
    return Outcome(
        round=scored.name,
        rubric=rubric.id,
        version=rubric.version,
        digest=rubric.digest,
        levels={one.id: levels[one.id] for one in rubric.criteria},
        raters=len(scored.scores),
        total=round(verdict.total, 6),  # the same text on every machine
        cut=round(verdict.cut, 6),
        passed=verdict.passed,
        reasons=verdict.reasons,
    )
