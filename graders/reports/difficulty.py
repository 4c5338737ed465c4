"""What the exercises of a module cost a cohort: shares of points, checks lost, mistakes shared. Pure.

What nobody can vouch for says nothing about how hard an exercise is, and is left out: submissions that were not graded
or not marked, scores without evidence, and notebooks that never came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from graders.authoring.material import ExerciseEntry
from graders.authoring.rubrics import Rubric
from graders.records import CheckResult
from graders.reports.interval import interval
from graders.reports.levels import reached
from graders.reports.standing import Work

Tried = Mapping[str, Work]
"""Who handed an exercise in, and what counts of it, by student."""


@dataclass(frozen=True, slots=True)
class CheckLoss:
    """What a check cost, or a criterion of a rubric.

    Attributes
    ----------
    exercise : ExerciseEntry
    name, message : str
        Of a criterion: its title, and what an answer with full marks holds.
    lost, tried : int
        Who lost it, or a part of it, and who it was put to.
    points : float
        That it cost all of them together.
    """

    exercise: ExerciseEntry
    name: str
    message: str
    lost: int
    tried: int
    points: float


@dataclass(frozen=True, slots=True)
class Misconception:
    """A known mistake.

    Attributes
    ----------
    exercise : ExerciseEntry
    name, hint : str
    students : tuple of str
        Whose answer makes it now.
    told : int
        How often its hint was given, over all that was ever handed in.
    """

    exercise: ExerciseEntry
    name: str
    hint: str
    students: tuple[str, ...]
    told: int


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What an exercise cost those who handed it in.

    Attributes
    ----------
    exercise : ExerciseEntry
    tried, full, nothing, untouched : int
        Who handed it in; of those: who has all points, none, and an answer as released.
    share : float or None
        Mean share of the points among them. [1]
    interval : tuple of float, or None
        Where the mean of many students like them lies, with 95 % confidence; None where they are too few. [1]
    checks : tuple of CheckLoss
    """

    exercise: ExerciseEntry
    tried: int
    full: int
    nothing: int
    untouched: int
    share: float | None
    interval: tuple[float, float] | None
    checks: tuple[CheckLoss, ...]


def difficulty(entry: ExerciseEntry, tried: Tried, rubric: Rubric | None = None) -> Difficulty:
    """What one exercise cost.

    Parameters
    ----------
    entry : ExerciseEntry
        Which one.
    tried : mapping of str to Work
        By student: of those who handed it in, and whose points count.
    rubric : Rubric, optional
        Of a written exercise.

    Returns
    -------
    Difficulty
    """
    shares = [work.share for work in tried.values() if work.share is not None]
    share = mean(shares) if shares else None
    return Difficulty(
        exercise=entry,
        tried=len(tried),
        full=sum(one >= 1 for one in shares),
        nothing=sum(one <= 0 for one in shares),
        untouched=sum(work.untouched for work in tried.values()),
        share=share,
        interval=None if share is None else interval(share, len(shares)),
        checks=(*_losses(entry, tried.values()), *_criteria(entry, tried.values(), rubric)),
    )


def costliest(difficulties: Iterable[Difficulty]) -> tuple[CheckLoss, ...]:
    """Checks that somebody lost, those first that cost the cohort the most points."""
    lost = [check for one in difficulties for check in one.checks if check.lost]
    return tuple(sorted(lost, key=lambda check: -check.points))


def misconceptions(
    entry: ExerciseEntry, tried: Tried, told: Mapping[tuple[str, str], int]
) -> tuple[Misconception, ...]:
    """Known mistakes in an exercise.

    Parameters
    ----------
    entry : ExerciseEntry
        Which one.
    tried : mapping of str to Work
        By student: of those who handed it in, and whose points count.
    told : mapping
        By exercise and misconception: how often a hint was given.

    Returns
    -------
    tuple of Misconception
        The commonest first.
    """
    students: dict[tuple[str, str], list[str]] = {}
    for student, work in tried.items():
        if work.result is not None and work.result.misconception:
            students.setdefault((work.result.misconception, work.result.hint), []).append(student)
    found = [
        Misconception(entry, name, hint, tuple(who), max(len(who), told.get((entry.id, name), 0)))
        for (name, hint), who in students.items()
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.students), one.name)))


def _losses(entry: ExerciseEntry, tried: Iterable[Work]) -> tuple[CheckLoss, ...]:
    checks: dict[str, list[tuple[CheckResult, float]]] = {}
    for work in tried:
        for check, points in _worth(entry, work):
            checks.setdefault(check.name, []).append((check, points))
    return tuple(
        CheckLoss(
            entry,
            name,
            found[0][0].message,
            lost=sum(not check.kept for check, _ in found),
            tried=len(found),
            points=sum(points for check, points in found if not check.kept),
        )
        for name, found in checks.items()
    )


def _criteria(entry: ExerciseEntry, tried: Iterable[Work], rubric: Rubric | None) -> Iterator[CheckLoss]:
    """What each criterion of a rubric cost."""
    marked = [one for work in tried for one in reached(rubric, work.mark)]
    for criterion in rubric.criteria if rubric else ():
        lost = [criterion.points - one.points for one in marked if one.criterion == criterion]
        if lost:
            below = sum(points > 0 for points in lost)
            yield CheckLoss(entry, criterion.title, criterion.levels[-1].says, below, len(lost), sum(lost))


def _worth(entry: ExerciseEntry, work: Work) -> Sequence[tuple[CheckResult, float]]:
    """Each check of an answer, and what it is worth in points."""
    checks = () if work.result is None else work.result.checks
    weights = sum(check.weight for check in checks)
    return [(check, entry.points * check.weight / weights) for check in checks]
