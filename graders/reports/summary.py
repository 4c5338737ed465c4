"""The figures of a cohort: who stands where, what an exercise cost, which mistakes are shared. Pure.

What nobody can vouch for is not averaged: students who were not graded, grades without evidence, and notebooks that
were never handed in say nothing about how hard an exercise is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Literal

from graders.authoring.material import ExerciseEntry
from graders.records import CheckResult, ExerciseResult, Flag, NotebookResult

State = Literal["graded", "unproven", "not graded", "refused", "nothing handed in", "blank"]


@dataclass(frozen=True, slots=True)
class Submission:
    """What the course knows of one student and one module.

    Attributes
    ----------
    student : str
    notebooks : tuple of NotebookResult
        The evidence; empty where there is none.
    unproven : tuple of str
        Exercises whose score in the gradebook no evidence stands behind.
    untouched : tuple of str
        Exercises whose answer is still the one that was released.
    not_graded : str
        Why the machine could not grade it; empty where it did.
    refused : str
        Why what was handed in cannot be read; empty where it can.
    late : str
        How long after the date it was handed in; empty where it was in time.
    note : str
        What a sample submission is; shown where any has one.
    """

    student: str
    notebooks: tuple[NotebookResult, ...] = ()
    unproven: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    not_graded: str = ""
    refused: str = ""
    late: str = ""
    note: str = ""

    @property
    def results(self) -> dict[str, ExerciseResult]:
        """Result of each exercise, by id."""
        return {result.exercise: result for notebook in self.notebooks for result in notebook.exercises}

    @property
    def flags(self) -> tuple[Flag, ...]:
        """All flags, in the order of the notebooks."""
        return tuple(flag for notebook in self.notebooks for flag in notebook.flags)

    @property
    def unsafe(self) -> tuple[str, ...]:
        """Sandbox properties that did not hold when any of its notebooks ran."""
        return tuple(sorted({name for notebook in self.notebooks for name in notebook.unsafe}))

    @property
    def handed_in(self) -> bool:
        """Whether any notebook arrived."""
        return any(notebook.submitted_digest for notebook in self.notebooks)

    @property
    def state(self) -> State:
        """Where it stands, the most serious first."""
        if self.not_graded:
            return "not graded"
        if self.refused:
            return "refused"
        if self.unproven:
            return "unproven"
        if not self.handed_in:
            return "nothing handed in"
        if self.results and set(self.results) <= set(self.untouched):
            return "blank"
        return "graded"


@dataclass(frozen=True, slots=True)
class Row:
    """A student's line of the cohort table: a result, or None, for each exercise of the module."""

    submission: Submission
    results: tuple[ExerciseResult | None, ...]
    points: float
    max_points: float

    @property
    def share(self) -> float | None:
        """Share of the points; None where there are none that can be vouched for."""
        counts = self.submission.state in ("graded", "blank") and self.max_points > 0
        return self.points / self.max_points if counts else None


@dataclass(frozen=True, slots=True)
class CheckLoss:
    """How many lost a check, of those that it was tried on."""

    name: str
    message: str
    lost: int
    tried: int


@dataclass(frozen=True, slots=True)
class Misconception:
    """A known mistake, and who made it."""

    exercise: ExerciseEntry
    name: str
    hint: str
    students: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag, and the places of one submission where it was raised for the same reason."""

    student: str
    kind: str
    places: tuple[str, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What an exercise cost those who handed it in.

    Attributes
    ----------
    exercise : ExerciseEntry
    tried, full, nothing, untouched : int
        Who handed it in; of those: who has all points, none, and an answer as released.
    share : float or None
        Mean share of the points among them.
    checks : tuple of CheckLoss
    misconceptions : tuple of Misconception
    """

    exercise: ExerciseEntry
    tried: int
    full: int
    nothing: int
    untouched: int
    share: float | None
    checks: tuple[CheckLoss, ...]
    misconceptions: tuple[Misconception, ...]


@dataclass(frozen=True, slots=True)
class Cohort:
    """All figures of a cohort report.

    Attributes
    ----------
    rows : tuple of Row
        Sorted by student.
    difficulties : tuple of Difficulty
        In the order of the module.
    misconceptions : tuple of Misconception
        The commonest first.
    flags : tuple of Raised
        Sorted by kind, then student.
    mean, median : float or None
        Share of the points, among those who handed in and whose points are vouched for.
    histogram : tuple of int
        Of the same shares, in ten bins; the last one holds 100 % as well.
    """

    rows: tuple[Row, ...]
    difficulties: tuple[Difficulty, ...]
    misconceptions: tuple[Misconception, ...]
    flags: tuple[Raised, ...]
    mean: float | None
    median: float | None
    histogram: tuple[int, ...]

    def count(self, *states: State) -> int:
        """Students in any of these states."""
        return sum(row.submission.state in states for row in self.rows)


def summarise(exercises: Sequence[ExerciseEntry], submissions: Sequence[Submission]) -> Cohort:
    """All figures of a cohort.

    Parameters
    ----------
    exercises : sequence of ExerciseEntry
        Of the module, in its order.
    submissions : sequence of Submission
        One a student, in any order.

    Returns
    -------
    Cohort
        The same whatever the order of the submissions.
    """
    ordered = sorted(submissions, key=lambda submission: submission.student)
    rows = tuple(_row(exercises, submission) for submission in ordered)
    shares = [row.share for row in rows if row.share is not None]
    difficulties = tuple(_difficulty(entry, ordered) for entry in exercises)
    shared = [misconception for difficulty in difficulties for misconception in difficulty.misconceptions]
    flags = [raised for submission in ordered for raised in _raised(submission)]
    return Cohort(
        rows=rows,
        difficulties=difficulties,
        misconceptions=tuple(sorted(shared, key=lambda one: -len(one.students))),
        flags=tuple(sorted(flags, key=lambda raised: (raised.kind, raised.student))),
        mean=mean(shares) if shares else None,
        median=median(shares) if shares else None,
        histogram=tuple(sum(min(int(share * 10 + 1e-9), 9) == tenth for share in shares) for tenth in range(10)),
    )


def _row(exercises: Sequence[ExerciseEntry], submission: Submission) -> Row:
    results = submission.results
    return Row(
        submission=submission,
        results=tuple(results.get(entry.id) for entry in exercises),
        points=sum(result.points for result in results.values()),
        max_points=sum(entry.points for entry in exercises),
    )


def _raised(submission: Submission) -> list[Raised]:
    places: dict[tuple[str, str], list[str]] = {}
    for flag in submission.flags:
        places.setdefault((flag.kind, flag.detail), []).append(flag.where)
    return [Raised(submission.student, kind, tuple(where), detail) for (kind, detail), where in places.items()]


def _difficulty(entry: ExerciseEntry, submissions: Sequence[Submission]) -> Difficulty:
    vouched = {
        submission.student: submission.results[entry.id]
        for submission in submissions
        if entry.id in submission.results
        and entry.id not in submission.unproven
        and not (submission.not_graded or submission.refused)
        and _arrived(entry, submission)
    }
    shares = [result.points / result.max_points for result in vouched.values() if result.max_points]
    return Difficulty(
        exercise=entry,
        tried=len(vouched),
        full=sum(result.points >= result.max_points for result in vouched.values()),
        nothing=sum(result.points <= 0 for result in vouched.values()),
        untouched=sum(entry.id in one.untouched for one in submissions if one.student in vouched),
        share=mean(shares) if shares else None,
        checks=_losses(list(vouched.values())),
        misconceptions=_misconceptions(entry, vouched),
    )


def _arrived(entry: ExerciseEntry, submission: Submission) -> bool:
    return any(notebook.submitted_digest for notebook in submission.notebooks if notebook.notebook == entry.notebook)


def _losses(results: Sequence[ExerciseResult]) -> tuple[CheckLoss, ...]:
    checks: dict[str, list[CheckResult]] = {}
    for result in results:
        for check in result.checks:
            checks.setdefault(check.name, []).append(check)
    return tuple(
        CheckLoss(name, tried[0].message, lost=sum(not check.kept for check in tried), tried=len(tried))
        for name, tried in checks.items()
    )


def _misconceptions(entry: ExerciseEntry, results: Mapping[str, ExerciseResult]) -> tuple[Misconception, ...]:
    students: dict[tuple[str, str], list[str]] = {}
    for student, result in results.items():
        if result.misconception:
            students.setdefault((result.misconception, result.hint), []).append(student)
    found = [Misconception(entry, name, hint, tuple(who)) for (name, hint), who in students.items()]
    return tuple(sorted(found, key=lambda one: (-len(one.students), one.name)))
