"""Points of an exercise: its share of the weights that were kept, and counted."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from graders.authoring.material import ExerciseEntry
from graders.checks import Verdict
from graders.records import CheckResult, ExerciseResult


def score(entry: ExerciseEntry, verdict: Verdict, digest: str = "") -> ExerciseResult:
    """Turn what the checks found into points.

    Parameters
    ----------
    entry : ExerciseEntry
        Says how many points there are.
    verdict : Verdict
        What the checks found.
    digest : str
        Of all that the result depends on, the submission excepted.

    Returns
    -------
    ExerciseResult
    """
    return ExerciseResult(
        exercise=entry.id,
        points=points(verdict.checks, entry.points),
        max_points=entry.points,
        checks=verdict.checks,
        misconception=verdict.misconception,
        hint=verdict.hint,
        digest=digest,
    )


def points(checks: Iterable[CheckResult], max_points: float) -> float:
    """`max_points` times the share of the weights that are kept and counted.

    Computed in fractions of the decimals as they are written (a weight of 0.1 is a tenth), then rounded half to even
    to two decimals: the same on every machine, and all of the points where everything is kept.

    Parameters
    ----------
    checks : iterable of CheckResult
        All checks of one exercise.
    max_points : float
        Points of the exercise.

    Returns
    -------
    float
    """
    weights = [(exact(check.weight), check.kept and check.counted) for check in checks]
    total = sum(weight for weight, _ in weights)
    if not total:
        return 0.0
    earned = sum(weight for weight, earns in weights if earns)
    return max_points if earned == total else float(round(exact(max_points) * earned / total, 2))


def total(results: Iterable[ExerciseResult]) -> tuple[float, float]:
    """Points and maximum of several exercises, added without rounding errors."""
    results = tuple(results)
    return (
        float(sum((exact(result.points) for result in results), Fraction())),
        float(sum((exact(result.max_points) for result in results), Fraction())),
    )


def exact(number: float) -> Fraction:
    """The decimal that a float is written as: 0.1 is a tenth, so that sums and comparisons of points are exact."""
    return Fraction(repr(float(number)))
