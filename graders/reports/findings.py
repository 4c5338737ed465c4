"""What a module's author should know: which checks tell, which mistakes are made, which hints help. Pure.

No name of a student stands here. An answer is known by the number of its execution, a mark by its own: rows of the
gradebook's evidence, in which whoever may look can look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graders.authoring.material import ExerciseEntry, Module
from graders.authoring.rubrics import Rubric
from graders.checks import Mistake
from graders.gradebook import Try
from graders.psychometrics.estimate import Estimate
from graders.psychometrics.items import correlation
from graders.reports.difficulty import Difficulty, difficulty
from graders.reports.interval import interval
from graders.reports.levels import reached
from graders.reports.standing import Work
from graders.reports.summary import Row, tried, whole

Tries = Mapping[tuple[str, str], Sequence[Try]]
"""By student and exercise: every answer that was graded, in order."""


@dataclass(frozen=True, slots=True)
class Part:
    """A check of an exercise, or a criterion of its rubric.

    Attributes
    ----------
    name, message : str
        Of a criterion: its title, and what an answer with full marks holds.
    lost, tried : tuple of int
        Numbers of the evidence: where it was lost, be it in part, and all where it was put.
    interval : tuple of float, or None
        Of the share that loses it, with 95 % confidence; None where answers are too few. [1]
    tells : Estimate
        Correlation of keeping it with the points in the other exercises. [1]
    """

    name: str
    message: str
    lost: tuple[int, ...]
    tried: tuple[int, ...]
    interval: tuple[float, float] | None
    tells: Estimate


@dataclass(frozen=True, slots=True)
class Known:
    """A known mistake, and what became of those who made it.

    Attributes
    ----------
    name, hint : str
    material : bool
        Whether the material still has it.
    now : tuple of int
        Executions whose answers make it now.
    told : tuple of int
        All executions in which it was named, one for each file.
    again, better : tuple of int
        Executions of the files that the same students handed in next; those of them with more points.
    interval : tuple of float, or None
        Of the share that got better, with 95 % confidence; None where they are too few. [1]
    """

    name: str
    hint: str
    material: bool
    now: tuple[int, ...]
    told: tuple[int, ...]
    again: tuple[int, ...]
    better: tuple[int, ...]
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Unexplained:
    """Answers that lose the same checks and make no known mistake: there may be one to write.

    Attributes
    ----------
    lost : tuple of str
        Names of the checks.
    reasons : tuple of str
        What was said about them, each once.
    numbers : tuple of int
        Of the executions.
    all_lost : bool
        Whether these are all checks that there are.
    """

    lost: tuple[str, ...]
    reasons: tuple[str, ...]
    numbers: tuple[int, ...]
    all_lost: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What is to be known of one exercise.

    Attributes
    ----------
    exercise : ExerciseEntry
    difficulty : Difficulty
    tells : Estimate
        Its discrimination: correlation with the points in the other exercises. [1]
    parts : tuple of Part
    known : tuple of Known
        The commonest first.
    unexplained : tuple of Unexplained
        The commonest first.
    numbers : tuple of int
        Of the executions, or marks of a written answer, that all of it rests on.
    """

    exercise: ExerciseEntry
    difficulty: Difficulty
    tells: Estimate
    parts: tuple[Part, ...]
    known: tuple[Known, ...]
    unexplained: tuple[Unexplained, ...]
    numbers: tuple[int, ...]

    @property
    def evidence(self) -> str:
        """What its numbers are of: `executions` or `marks`."""
        return "marks" if self.exercise.is_written else "executions"

    @property
    def silent(self) -> tuple[Known, ...]:
        """Known mistakes that nobody ever made."""
        return tuple(one for one in self.known if not one.told and not one.now)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer that counts: its work, and the number of the evidence that its checks or levels rest on."""

    work: Work
    number: int


def findings(
    module: Module,
    rows: Sequence[Row],
    discrimination: Mapping[str, Estimate],
    rubrics: Mapping[str, Rubric],
    mistakes: Mapping[str, Sequence[Mistake]],
    tries: Tries,
) -> tuple[Findings, ...]:
    """What is to be known of each exercise.

    Parameters
    ----------
    module : Module
        What was assessed.
    rows : sequence of Row
        Of its cohort.
    discrimination : mapping of str to Estimate
        Of each exercise.
    rubrics : mapping of str to Rubric
        Of the written exercises.
    mistakes : mapping of str to sequence of Mistake
        By exercise: those that the material knows.
    tries : mapping
        Every answer that was graded.

    Returns
    -------
    tuple of Findings
        In the order of the module.
    """
    complete = whole(rows)
    found = []
    for entry in module.exercises:
        rubric, counts = rubrics.get(entry.id), tried(entry, rows)
        answers = {
            row.submission.student: _Answer(work, number)
            for row in rows
            if (work := counts.get(row.submission.student)) is not None
            and (number := work.number if entry.is_written else row.submission.executions.get(entry.notebook))
        }
        found.append(
            Findings(
                exercise=entry,
                difficulty=difficulty(entry, counts, rubric),
                tells=discrimination[entry.id],
                parts=tuple(_parts(entry, answers, rubric, complete)),
                known=_known(entry, answers, mistakes.get(entry.id, ()), tries),
                unexplained=_unexplained(answers.values()),
                numbers=tuple(sorted(one.number for one in answers.values())),
            )
        )
    return tuple(found)


def _parts(
    entry: ExerciseEntry, answers: Mapping[str, _Answer], rubric: Rubric | None, complete: Mapping[str, Sequence[Work]]
) -> Iterator[Part]:
    """Checks in the order in which answers have them, then criteria."""
    shares: dict[tuple[str, str], dict[str, float]] = {}
    for student, answer in answers.items():
        for name, message, share in _shares(answer.work, rubric):
            shares.setdefault((name, message), {})[student] = share
    elsewhere = {
        student: sum(work.points or 0.0 for work in done if work.entry.id != entry.id)
        for student, done in complete.items()
    }
    for (name, message), got in shares.items():
        lost = [student for student, share in got.items() if share < 1]
        both = [student for student in got if student in elsewhere]
        yield Part(
            name,
            message,
            lost=tuple(sorted(answers[student].number for student in lost)),
            tried=tuple(sorted(answers[student].number for student in got)),
            interval=interval(len(lost) / len(got), len(got)),
            tells=correlation([got[one] for one in both], [elsewhere[one] for one in both]),
        )


def _shares(work: Work, rubric: Rubric | None) -> Iterator[tuple[str, str, float]]:
    """Name, message and share of each part of an answer."""
    for check in work.result.checks if work.result else ():
        yield check.name, check.message, float(check.kept)
    for one in reached(rubric, work.mark):
        yield one.criterion.title, one.criterion.levels[-1].says, one.points / one.criterion.points


def _known(
    entry: ExerciseEntry, answers: Mapping[str, _Answer], mistakes: Sequence[Mistake], tries: Tries
) -> tuple[Known, ...]:
    hints = {one.misconception: one.hint for one in mistakes}
    theirs = [tuple(those) for (_, exercise), those in tries.items() if exercise == entry.id]
    now: dict[str, list[int]] = {}
    for answer in answers.values():
        if answer.work.result is not None and answer.work.result.misconception:
            now.setdefault(answer.work.result.misconception, []).append(answer.number)
    told = {one.misconception for those in theirs for one in those if one.misconception}
    names = [*hints, *sorted((told | set(now)) - set(hints))]
    found = [_made(name, hints.get(name), sorted(now.get(name, ())), theirs) for name in names]
    return tuple(sorted(found, key=lambda one: (-len(one.now), -len(one.told))))


def _made(name: str, hint: str | None, now: Sequence[int], theirs: Sequence[Sequence[Try]]) -> Known:
    told: list[int] = []
    again: list[int] = []
    better: list[int] = []
    for those in theirs:
        for one, after in zip(those, (*those[1:], None), strict=True):
            if one.misconception == name:
                told.append(one.number)
                again += [after.number] if after else []
                better += [after.number] if after and after.points > one.points else []
    return Known(
        name=name,
        hint=hint or "",
        material=hint is not None,
        now=tuple(now),
        told=tuple(sorted(told)),
        again=tuple(sorted(again)),
        better=tuple(sorted(better)),
        interval=interval(len(better) / len(again), len(again)) if again else None,
    )


def _unexplained(answers: Iterable[_Answer]) -> tuple[Unexplained, ...]:
    groups: dict[tuple[str, ...], list[_Answer]] = {}
    for answer in answers:
        result = answer.work.result
        if result is None or result.misconception or answer.work.untouched:
            continue
        if lost := tuple(check.name for check in result.checks if not check.kept):
            groups.setdefault(lost, []).append(answer)
    found = [_group(lost, those) for lost, those in groups.items()]
    return tuple(sorted(found, key=lambda one: (-len(one.numbers), one.lost)))


def _group(lost: tuple[str, ...], answers: Sequence[_Answer]) -> Unexplained:
    checks = [check for one in answers if one.work.result for check in one.work.result.checks]
    reasons = tuple(dict.fromkeys(check.reason for check in checks if check.reason and not check.kept))
    numbers = tuple(sorted(one.number for one in answers))
    return Unexplained(lost, reasons, numbers, not any(check.kept for check in checks))
