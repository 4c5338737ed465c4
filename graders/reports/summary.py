"""The figures of a cohort: who stands where, what an exercise cost, which mistakes are shared. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

from graders.authoring.material import ExerciseEntry, Module
from graders.authoring.rubrics import Rubric
from graders.reports.difficulty import (
    CheckLoss,
    Difficulty,
    Misconception,
    Tried,
    costliest,
    difficulty,
    misconceptions,
)
from graders.reports.quality import Quality, quality
from graders.reports.standing import Work, works
from graders.reports.submission import State, Submission
from graders.scoring import Decision, decide
from graders.scoring.decision import Outcome


@dataclass(frozen=True, slots=True)
class Row:
    """A student's line of the cohort table.

    Attributes
    ----------
    submission : Submission
    works : tuple of Work
        One for each exercise of the module, in its order.
    decision : Decision
        Whether the module is complete.
    """

    submission: Submission
    works: tuple[Work, ...]
    decision: Decision

    @property
    def points(self) -> float:
        """Points that count so far."""
        return sum(work.points or 0.0 for work in self.works)

    @property
    def known_points(self) -> float:
        """What could be had where that is known: all points, less those of what is not graded or marked yet."""
        return sum(work.entry.points for work in self.works if work.points is not None)

    @property
    def share(self) -> float | None:
        """Share of the points that are known; None where none can be vouched for."""
        counts = self.submission.state in ("graded", "blank") and self.known_points > 0
        return self.points / self.known_points if counts else None


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag, and the places of one submission where it was raised for the same reason."""

    student: str
    kind: str
    places: tuple[str, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Unmarked:
    """A written exercise that waits for a marker, and whose answers."""

    exercise: ExerciseEntry
    students: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cohort:
    """All figures of a cohort report.

    Attributes
    ----------
    rows : tuple of Row
        Sorted by student.
    difficulties : tuple of Difficulty
        In the order of the module.
    costliest : tuple of CheckLoss
        Checks that somebody lost, the dearest first.
    misconceptions : tuple of Misconception
        The commonest first.
    flags : tuple of Raised
        Sorted by kind, then student.
    unmarked : tuple of Unmarked
        In the order of the module.
    mean, median : float or None
        Share of the known points, among those who handed in and whose points are vouched for. [1]
    quality : Quality
        How far all of it can be trusted.
    """

    rows: tuple[Row, ...]
    difficulties: tuple[Difficulty, ...]
    costliest: tuple[CheckLoss, ...]
    misconceptions: tuple[Misconception, ...]
    flags: tuple[Raised, ...]
    unmarked: tuple[Unmarked, ...]
    mean: float | None
    median: float | None
    quality: Quality

    def count(self, *states: State) -> int:
        """Students in any of these states."""
        return sum(row.submission.state in states for row in self.rows)

    def decided(self, outcome: Outcome) -> int:
        """Students whose module has this outcome."""
        return sum(row.decision.outcome == outcome for row in self.rows)


def summarise(
    module: Module,
    submissions: Sequence[Submission],
    pass_marks: Mapping[str, float],
    told: Mapping[tuple[str, str], int] | None = None,
    rubrics: Mapping[str, Rubric] | None = None,
) -> Cohort:
    """All figures of a cohort.

    Parameters
    ----------
    module : Module
        What was assessed.
    submissions : sequence of Submission
        One a student, in any order.
    pass_marks : mapping of str to float
        Share of the points that each notebook needs. [1]
    told : mapping, optional
        By exercise and misconception: how often its hint was given.
    rubrics : mapping of str to Rubric, optional
        Of the written exercises.

    Returns
    -------
    Cohort
    """
    rows = tuple(
        row_of(module, submission, pass_marks) for submission in sorted(submissions, key=lambda one: one.student)
    )
    handed_in = {entry.id: tried(entry, rows) for entry in module.exercises}
    rubrics = rubrics or {}
    difficulties = tuple(difficulty(entry, handed_in[entry.id], rubrics.get(entry.id)) for entry in module.exercises)
    shared = [
        one for entry in module.exercises for one in misconceptions(entry, handed_in[entry.id], told or Counter())
    ]
    shares = [row.share for row in rows if row.share is not None]
    flags = [raised for row in rows for raised in _raised(row.submission)]
    return Cohort(
        rows=rows,
        difficulties=difficulties,
        costliest=costliest(difficulties),
        misconceptions=tuple(sorted(shared, key=lambda one: -len(one.students))),
        flags=tuple(sorted(flags, key=lambda raised: (raised.kind, raised.student))),
        unmarked=_unmarked(module, rows),
        mean=mean(shares) if shares else None,
        median=median(shares) if shares else None,
        quality=quality(module.exercises, whole(rows), [work for row in rows for work in row.works]),
    )


def row_of(module: Module, submission: Submission, pass_marks: Mapping[str, float]) -> Row:
    """One student's line: each exercise, and the decision about the module."""
    done = works(module.exercises, submission)
    return Row(submission, done, decide((work.standing for work in done), pass_marks))


def whole(rows: Sequence[Row]) -> dict[str, tuple[Work, ...]]:
    """The works of those whose points are known in every exercise, by student; who wrote nothing is not among them.

    Parameters
    ----------
    rows : sequence of Row
        Of the cohort.

    Returns
    -------
    dict
    """
    return {
        row.submission.student: row.works
        for row in rows
        if row.submission.state == "graded"
        and all(work.points is not None and _tells(work.entry, row.submission) for work in row.works)
    }


def tried(entry: ExerciseEntry, rows: Sequence[Row]) -> Tried:
    """What counts of an exercise, of those who handed it in.

    Parameters
    ----------
    entry : ExerciseEntry
        Which one.
    rows : sequence of Row
        Of the cohort.

    Returns
    -------
    mapping of str to Work
        By student.
    """
    return {
        row.submission.student: work
        for row in rows
        for work in row.works
        if work.entry.id == entry.id and work.points is not None and _tells(entry, row.submission)
    }


def _tells(entry: ExerciseEntry, submission: Submission) -> bool:
    """Whether the points say how hard the exercise was: they do not if its notebook never came, or came too late."""
    arrived = {notebook.notebook for notebook in submission.notebooks if notebook.submitted_digest}
    return entry.notebook in arrived and not submission.forfeit


def _raised(submission: Submission) -> list[Raised]:
    places: dict[tuple[str, str], list[str]] = {}
    for flag in submission.flags:
        places.setdefault((flag.kind, flag.detail), []).append(flag.where)
    return [Raised(submission.student, kind, tuple(where), detail) for (kind, detail), where in places.items()]


def _unmarked(module: Module, rows: Sequence[Row]) -> tuple[Unmarked, ...]:
    waiting = {
        entry: tuple(row.submission.student for row in rows if entry.id in row.submission.waiting)
        for entry in module.exercises
    }
    return tuple(Unmarked(entry, students) for entry, students in waiting.items() if students)
