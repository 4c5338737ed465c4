"""What became of one submission in a run: what `aisa grade` prints, and what its exit code rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graders.grading.regrade import ScoreChange

State = Literal["graded", "unchanged", "refused", "not graded"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """One submission of one run.

    Attributes
    ----------
    student : str
    state : str
        `graded`; `unchanged`: graded before, and nothing that the score rests on has changed; `refused`: it cannot be
        read, for the reason in `detail`; `not graded`: the machine failed, and nothing was written.
    points, max_points : float
    flags : int
        Things that a human should look at.
    detail : str
        Why it was refused or not graded; what of it was graded anew; what is unsafe about it.
    changes : tuple of ScoreChange
        Scores that the gradebook had before, and that this run has changed.
    """

    student: str
    state: State
    points: float = 0.0
    max_points: float = 0.0
    flags: int = 0
    detail: str = ""
    changes: tuple[ScoreChange, ...] = ()
