"""What a run does to scores that were there: which of them it changes, by how much, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graders.gradebook import Graded, auto_scores
from graders.records import CheckResult, ExerciseResult, NotebookResult

LATENESS = "late penalty"
"""What a change is of that is no exercise's."""


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A score that was there before a run and is another one after it.

    Attributes
    ----------
    student, notebook : str
    exercise : str
        Its id, or `late penalty`.
    before, after : float or None
        Points; None where a human has to mark.
    why : str
        Which checks are kept or lost now, or what else has changed.
    """

    student: str
    notebook: str
    exercise: str
    before: float | None
    after: float | None
    why: str


def score_changes(
    student: str, before: Graded | None, after: NotebookResult, penalty: float | None
) -> Iterator[ScoreChange]:
    """Compare a graded notebook with what the gradebook had of it.

    Parameters
    ----------
    student : str
        Whose it is.
    before : Graded or None
        As it was read before the run.
    after : NotebookResult
        As it was written.
    penalty : float or None
        What is taken off it now because it came late.

    Yields
    ------
    ScoreChange
        Of each score that differs. A notebook that had none yet yields nothing.
    """
    if before is None or (before.result is None and not any(score is not None for score in before.scores.values())):
        return
    then = {one.exercise: one for one in before.result.exercises} if before.result else {}
    now = {one.exercise: one for one in after.exercises}
    another = before.result is not None and before.result.submitted_digest != after.submitted_digest
    for cell, score in _scores(before, after).items():
        had = before.scores.get(cell)
        if score != had:
            why = "another notebook was handed in" if another else _why(had, then.get(cell), now.get(cell))
            yield ScoreChange(student, after.notebook, cell, had, score, why)
    yield from penalty_change(student, after.notebook, before.penalty, penalty)


def again(before: NotebookResult | None, after: NotebookResult) -> str:
    """How much of a notebook was graded anew, in words; empty where all of it was.

    Parameters
    ----------
    before : NotebookResult or None
        What was found before.
    after : NotebookResult
        What is found now; results that stand are the very same.

    Returns
    -------
    str
    """
    stand = [one for one in after.exercises if before is not None and any(one is other for other in before.exercises)]
    return f"{after.notebook}: {len(after.exercises) - len(stand)} of {len(after.exercises)} again" if stand else ""


def penalty_change(student: str, notebook: str, before: float | None, after: float | None) -> Iterator[ScoreChange]:
    """What is taken off a notebook that came late, if that has changed.

    Parameters
    ----------
    student, notebook : str
        Whose it is, and which.
    before, after : float or None
        Points taken off.

    Yields
    ------
    ScoreChange
        One, or none.
    """
    if (before or 0.0) != (after or 0.0):
        why = "late rule, due date, time or score" if before is None or after is None else "the score that is lost"
        yield ScoreChange(student, notebook, LATENESS, before or 0.0, after or 0.0, f"{why} has changed")


def _scores(before: Graded, after: NotebookResult) -> Mapping[str, float | None]:
    return dict.fromkeys(before.scores, 0.0) if after.document is None else auto_scores(after)


def _why(had: float | None, before: ExerciseResult | None, after: ExerciseResult | None) -> str:
    """What has changed between two results of the same answer."""
    if before is None or after is None:
        return "nothing is written there any more" if after is None else "there was no evidence of the score"
    if had != before.points:
        return f"the gradebook had been changed: the evidence said {before.points:g}"
    reasons = [*_checks(before.checks, after.checks)]
    if before.max_points != after.max_points:
        reasons.append(f"worth {after.max_points:g} instead of {before.max_points:g} points")
    return "; ".join(reasons) or "its checks weigh otherwise"


def _checks(before: tuple[CheckResult, ...], after: tuple[CheckResult, ...]) -> Iterator[str]:
    then, now = ({check.name: check.kept and check.counted for check in checks} for checks in (before, after))
    groups = {
        "kept now": [name for name in now if name in then and now[name] and not then[name]],
        "lost now": [name for name in now if name in then and then[name] and not now[name]],
        "new check, kept": [name for name in now if name not in then and now[name]],
        "new check, lost": [name for name in now if name not in then and not now[name]],
        "no check any more": [name for name in then if name not in now],
    }
    for said, names in groups.items():
        if names:
            yield f"{said}: {', '.join(names)}"
