"""How far the figures of a module can be trusted: what each exercise tells, how reliable the sum is, who marked. Pure.

They rest on students whose points are known in every exercise. Whoever handed in nothing but blanks is left out: one
such row is unlike all others in every exercise at once, and makes any set of exercises look reliable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np

from graders.authoring.material import ExerciseEntry
from graders.psychometrics.estimate import Estimate
from graders.psychometrics.items import Scores, discrimination, reliability, standard_error
from graders.reports.interval import interval
from graders.reports.standing import Work


@dataclass(frozen=True, slots=True)
class Marker:
    """What one person gave to written answers.

    Attributes
    ----------
    name : str
    share : float
        Mean share of the points. [1]
    interval : tuple of float, or None
        With 95 % confidence; None where answers are too few. [1]
    numbers : tuple of int
        Of the marks, in the evidence.
    """

    name: str
    share: float
    interval: tuple[float, float] | None
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """What the exercises of a module tell.

    Attributes
    ----------
    students : tuple of str
        Whose points are known in every exercise: all of it rests on them.
    reliability, standard_error : Estimate
        Of the sum of all points; the error in points.
    discrimination : mapping of str to Estimate
        By exercise: correlation with the points in the others. [1]
    markers : tuple of Marker
        By name.
    """

    students: tuple[str, ...]
    reliability: Estimate
    standard_error: Estimate
    discrimination: Mapping[str, Estimate]
    markers: tuple[Marker, ...]


def quality(exercises: Sequence[ExerciseEntry], whole: Mapping[str, Sequence[Work]], works: Sequence[Work]) -> Quality:
    """What the exercises tell.

    Parameters
    ----------
    exercises : sequence of ExerciseEntry
        Of the module, in its order.
    whole : mapping of str to sequence of Work
        By student: all exercises of those whose points are known throughout.
    works : sequence of Work
        Of everybody, for what markers gave.

    Returns
    -------
    Quality
    """
    scores = table(exercises, whole)
    found = discrimination(scores)
    return Quality(
        students=tuple(whole),
        reliability=reliability(scores),
        standard_error=standard_error(scores),
        discrimination={entry.id: one for entry, one in zip(exercises, found, strict=True)},
        markers=_markers(works),
    )


def table(exercises: Sequence[ExerciseEntry], whole: Mapping[str, Sequence[Work]]) -> Scores:
    """Students by exercises, in points."""
    rows = [[work.points or 0.0 for work in done] for done in whole.values()]
    return np.array(rows, dtype=float).reshape(len(rows), len(exercises))


def _markers(works: Sequence[Work]) -> tuple[Marker, ...]:
    given: dict[str, list[Work]] = {}
    for work in works:
        if work.mark is not None and work.entry.is_written and work.number is not None:
            given.setdefault(work.mark.marker, []).append(work)
    return tuple(_marker(name, theirs) for name, theirs in sorted(given.items()))


def _marker(name: str, works: Sequence[Work]) -> Marker:
    shares = [work.share for work in works if work.share is not None]
    share = mean(shares) if shares else 0.0
    return Marker(name, share, interval(share, len(shares)), tuple(work.number for work in works if work.number))
