"""Whether somebody reads the rubric as it is meant: levels that they give to anchors, against those agreed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graders.errors import UsageError
from graders.panel.settings import Anchor
from graders.rubrics import Rubric
from graders.rubrics.decision import EXACT_SHARE

ANCHORS = 3
ADJACENT_SHARE = 0.95
"""Documents that are scored, and the share of levels within one of the agreed (both: specification of the track)."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How somebody scored the anchors.

    Attributes
    ----------
    rater : str
    exact, adjacent : float
        Share of levels that meet the agreed one, and that are at most one away. [1]
    levels : int
        How many they are.
    reasons : tuple of str
        What was missed; empty for one who qualifies.
    """

    rater: str
    exact: float
    adjacent: float
    levels: int
    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether they may sit on a panel."""
        return not self.reasons


def calibrate(
    rubric: Rubric, anchors: Sequence[Anchor], rater: str, given: Mapping[str, Mapping[str, int]]
) -> Calibration:
    """Compare a rater's levels with those of the anchors.

    Parameters
    ----------
    rubric : Rubric
        Whose criteria are scored, and whose floors matter.
    anchors : sequence of Anchor
        Three, with agreed levels for every criterion.
    rater : str
        Who scored.
    given : mapping of str to (mapping of str to int)
        Anchor -> criterion -> level.

    Returns
    -------
    Calibration

    Raises
    ------
    UsageError
        If there are not three anchors, or a level is missing.
    """
    criteria = [one.id for one in rubric.criteria]
    _refuse(anchors, criteria, given)
    gaps = {(one.id, id_): abs(given[one.id][id_] - one.levels[id_]) for one in anchors for id_ in criteria}
    exact = sum(gap == 0 for gap in gaps.values()) / len(gaps)
    adjacent = sum(gap <= 1 for gap in gaps.values()) / len(gaps)
    reasons = []
    if exact < EXACT_SHARE:
        reasons.append(f"{exact:.0%} of the levels meet the agreed one, expected at least {EXACT_SHARE:.0%}")
    if adjacent < ADJACENT_SHARE:
        reasons.append(f"{adjacent:.0%} of the levels are within one, expected at least {ADJACENT_SHARE:.0%}")
    floors = {one.id for one in rubric.criteria if one.floor}
    reasons += [
        f"{anchor} {id_}: {gap} levels away on a criterion with a floor"
        for (anchor, id_), gap in gaps.items()
        if gap > 1 and id_ in floors
    ]
    return Calibration(rater, round(exact, 6), round(adjacent, 6), len(gaps), tuple(reasons))


def _refuse(anchors: Sequence[Anchor], criteria: Sequence[str], given: Mapping[str, Mapping[str, int]]) -> None:
    if len(anchors) < ANCHORS:
        raise UsageError(
            f"found {len(anchors)} anchors, expected {ANCHORS}", "panel.yaml: anchors", "Add documents with levels."
        )
    for one in anchors:
        for what, levels in (("panel.yaml", one.levels), ("the calibration", given.get(one.id, {}))):
            if set(levels) != set(criteria):
                wrong = sorted(set(criteria) ^ set(levels))
                raise UsageError(f"a level for each criterion is needed, see {', '.join(wrong)}", f"{what}: {one.id}")
