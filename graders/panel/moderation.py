"""What reviewers must talk about before a decision, and why: levels far apart, a floor between them, a close total."""

from __future__ import annotations

from collections.abc import Mapping

from graders.panel.decision import medians
from graders.panel.records import Discrepancy
from graders.rubrics import Rubric, decide, standard_error

_ADJACENT = 1
"""Levels that lie one apart are read as one judgement; further apart a third reading is due (capstone.md 2.1)."""


def discrepancies(rubric: Rubric, levels: Mapping[str, Mapping[str, int]]) -> tuple[Discrepancy, ...]:
    """Where the revealed scores of a panel need a talk.

    Parameters
    ----------
    rubric : Rubric
        That they were scored by.
    levels : mapping of str to (mapping of str to int)
        Rater -> criterion -> level.

    Returns
    -------
    tuple of Discrepancy
        In the order of the rubric, the total last.
    """
    found = []
    for one in rubric.criteria:
        given = sorted(theirs[one.id] for theirs in levels.values())
        low, high = given[0], given[-1]
        said = ", ".join(map(str, given))
        if high - low > _ADJACENT:
            found.append(Discrepancy("range", one.id, f"{one.title}: levels {said} lie more than {_ADJACENT} apart"))
        if low < one.floor <= high:
            told = f"{one.title}: of levels {said} some reach the floor of {one.floor}, some do not"
            found.append(Discrepancy("floor", one.id, told))
    return (*found, *_close(rubric, levels))


def _close(rubric: Rubric, levels: Mapping[str, Mapping[str, int]]) -> tuple[Discrepancy, ...]:
    verdict, error = decide(rubric, medians(levels)), standard_error(rubric, len(levels))
    if abs(verdict.total - verdict.cut) > error:
        return ()
    told = f"the total of {verdict.total:.1f} lies within one standard error ({error:.1f}) of the cut {verdict.cut:.1f}"
    return (Discrepancy("total", "", told),)
