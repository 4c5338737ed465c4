"""The rule: every floor is reached, and the weighted total reaches the cut score. Pure, so that anyone can redo it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

from graders.errors import UsageError
from graders.rubrics.records import TOP_LEVEL, Rubric

EXACT_SHARE = 0.6
"""Share of levels that a rater must meet exactly to sit on a panel (`graders.panel`, calibration)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rule says of a work.

    Attributes
    ----------
    rubric, version : str
        Under which rubric.
    total, cut : float
        Of 100.
    below_floor : tuple of str
        Criteria that do not reach their floor.
    passed : bool
    reasons : tuple of str
        One for each thing that is missing; empty where it passed.
    """

    rubric: str
    version: str
    total: float
    cut: float
    below_floor: tuple[str, ...]
    passed: bool
    reasons: tuple[str, ...]


def decide(rubric: Rubric, levels: Mapping[str, float]) -> Verdict:
    """Apply a rubric's rule to one level for each criterion.

    Parameters
    ----------
    rubric : Rubric
        The rule's floors, weights and cut score.
    levels : mapping of str to float
        Criterion -> level from 0 to 4; a panel's medians may lie between two.

    Returns
    -------
    Verdict

    Raises
    ------
    UsageError
        If a criterion has no level, an unknown one has, or a level is outside 0 to 4.
    """
    _refuse(rubric, levels)
    total = sum(one.weight * levels[one.id] for one in rubric.criteria) / TOP_LEVEL
    below = tuple(one.id for one in rubric.criteria if levels[one.id] < one.floor)
    reasons = [
        f"{one.id} {one.title}: level {levels[one.id]:g}, at least {one.floor} is needed"
        for one in rubric.criteria
        if one.id in below
    ]
    cut = rubric.cut_score
    if total < cut - 1e-9:
        reasons.append(f"the weighted total is {total:.1f} of 100, the cut score {cut:.1f}")
    return Verdict(rubric.id, rubric.version, total, cut, below, not reasons, tuple(reasons))


def _refuse(rubric: Rubric, levels: Mapping[str, float]) -> None:
    known = {one.id for one in rubric.criteria}
    for what, ids in (("no level for", known - set(levels)), ("unknown", set(levels) - known)):
        if ids:
            raise UsageError(f"{what} {', '.join(sorted(ids))}", where=f"rubric {rubric.id} {rubric.version}")
    for id_, level in levels.items():
        if not 0 <= level <= TOP_LEVEL:
            raise UsageError(f"level {level:g} is outside 0 to {TOP_LEVEL}", where=f"rubric {rubric.id}: {id_}")


def standard_error(rubric: Rubric, raters: int) -> float:
    """How far a panel's total would move, were it scored by another panel: one standard error.

    A planning figure for before a cohort's own scores allow an estimate: criteria in which raters err independently and
    normally, each as much as one who just qualifies, who meets the right level exactly in `EXACT_SHARE` of cases; a
    normal error stays within half a level that often if its standard deviation is 0.5 / z((1 + share) / 2).

    Parameters
    ----------
    rubric : Rubric
        Whose weights count.
    raters : int
        How many scores the median is taken of.

    Returns
    -------
    float
        In points of 100.
    """
    rater_sd = 0.5 / NormalDist().inv_cdf((1 + EXACT_SHARE) / 2)
    weights = math.sqrt(sum(one.weight**2 for one in rubric.criteria)) / TOP_LEVEL
    return weights * rater_sd * _sd_of_median(raters)


def _sd_of_median(count: int) -> float:
    """Standard deviation of the median of `count` standard normal errors; an even number has two in the middle."""
    if count < 1:
        raise UsageError(f"found {count} raters, expected at least one")
    if count % 2 == 0:  # at most what one rater fewer gives, and no less than what one more would
        count -= 1
    from scipy import integrate  # takes longer to load than most commands to run

    half, normal = (count - 1) // 2, NormalDist()
    scale = _ways(count, half)

    def density(x: float) -> float:
        below = normal.cdf(x)
        return float(scale * (below * (1 - below)) ** half * normal.pdf(x) * x * x)

    variance, _ = integrate.quad(density, -9, 9)
    return math.sqrt(variance)


def _ways(count: int, half: int) -> float:
    """Orders in which one of `count` is the middle one: n! / (h! h!)."""
    ways = 1.0
    for factor in range(1, half + 1):
        ways *= (half + factor) / factor
    return ways * count
