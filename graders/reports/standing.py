"""Where each exercise of a submission stands: points that count, or why nobody can say yet. Pure.

Only what is proven and current gives points. What is merely likely gives none, and says what it waits for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graders.authoring.material import ExerciseEntry
from graders.records import ExerciseResult, Mark, NotebookResult
from graders.reports.submission import Submission
from graders.scoring import Standing

_NOT_HANDED_IN = "it was not handed in"
_NOT_GRADED = "it is not graded yet"
_NOT_MARKED = "a marker has yet to read it"
_MARKED_BEFORE = "the answer has changed since it was marked; a marker has yet to read it"


@dataclass(frozen=True, slots=True)
class Work:
    """One exercise of one submission.

    Attributes
    ----------
    entry : ExerciseEntry
    standing : Standing
        Its points, or why there are none yet.
    result : ExerciseResult or None
        What the checks found; None where nothing was checked.
    mark : Mark or None
        What a marker gave, where that counts.
    number : int or None
        Of the evidence that the points rest on: of the mark, if there is one, else of the execution.
    untouched : bool
        Whether the answer is still the one that was released.
    """

    entry: ExerciseEntry
    standing: Standing
    result: ExerciseResult | None = None
    mark: Mark | None = None
    number: int | None = None
    untouched: bool = False

    @property
    def points(self) -> float | None:
        """Points that count; None while nobody can say."""
        return self.standing.points

    @property
    def share(self) -> float | None:
        """The same as a share of all points."""
        return None if self.points is None else self.points / self.entry.points


def works(exercises: Sequence[ExerciseEntry], submission: Submission) -> tuple[Work, ...]:
    """Look at every exercise of a submission.

    Parameters
    ----------
    exercises : sequence of ExerciseEntry
        Of the module, in its order.
    submission : Submission
        What the course knows.

    Returns
    -------
    tuple of Work
        One for each exercise.
    """
    return tuple(_work(entry, submission) for entry in exercises)


def _work(entry: ExerciseEntry, submission: Submission) -> Work:
    kept = submission.marks.get(entry.id)
    mark = kept.mark if kept is not None and kept.holds and entry.id not in submission.unproven else None
    result = submission.results.get(entry.id)
    if mark is not None and kept is not None:
        number: int | None = kept.number
    else:
        number = submission.executions.get(entry.notebook)
    points, why = _points(entry, submission, mark, result)
    return Work(entry, Standing(entry, points, why), result, mark, number, entry.id in submission.untouched)


def _points(
    entry: ExerciseEntry, submission: Submission, mark: Mark | None, result: ExerciseResult | None
) -> tuple[float | None, str]:
    """Points that count, or None; and why, where that is not plain."""
    notebook = next((one for one in submission.notebooks if one.notebook == entry.notebook), None)
    if notebook is None:
        return _without_evidence(submission)
    if doubt := _doubt(entry, submission, notebook):
        return None, doubt
    if submission.forfeit:
        return 0.0, "it came late, and then the course gives no points"
    if mark is not None:
        return mark.points, ""
    if not notebook.submitted_digest:
        return 0.0, _NOT_HANDED_IN
    if entry.id in submission.waiting:
        return None, _MARKED_BEFORE if entry.id in submission.marks else _NOT_MARKED
    return (None, _NOT_GRADED) if result is None else (result.points, "")


def _without_evidence(submission: Submission) -> tuple[float | None, str]:
    if submission.refused:
        return 0.0, "what was handed in cannot be read"
    if submission.not_graded or submission.notebooks:
        return None, _NOT_GRADED
    return 0.0, _NOT_HANDED_IN


def _doubt(entry: ExerciseEntry, submission: Submission, notebook: NotebookResult) -> str:
    """Why what the evidence says of an exercise does not count."""
    if submission.not_graded:
        return "what was handed in last is not graded yet"
    if submission.refused:
        return "what was handed in last cannot be read"
    if entry.id in submission.unproven:
        return f"its score is not proven: {submission.unproven[entry.id]}"
    if notebook.unsafe:
        return f"it ran in a sandbox that did not keep all its promises ({', '.join(notebook.unsafe)})"
    return ""
