"""What a marker chose, in the words of the rubric. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from graders.authoring.rubrics import Criterion, Rubric
from graders.records import Mark


@dataclass(frozen=True, slots=True)
class Reached:
    """The level that an answer reaches on one criterion.

    Attributes
    ----------
    criterion : Criterion
    number : int
        Of the level, from 0.
    """

    criterion: Criterion
    number: int

    @property
    def says(self) -> str:
        """What an answer on this level holds."""
        return self.criterion.levels[self.number].says

    @property
    def points(self) -> float:
        """What the level is worth."""
        return self.criterion.levels[self.number].points


def reached(rubric: Rubric | None, mark: Mark | None) -> tuple[Reached, ...]:
    """The levels of a mark.

    Parameters
    ----------
    rubric : Rubric or None
        Of the exercise, if it has one.
    mark : Mark or None
        What was given, if anything was.

    Returns
    -------
    tuple of Reached
        In the order of the rubric; without what the rubric no longer has, which the mark's points still count.
    """
    if rubric is None or mark is None:
        return ()
    given = [(criterion, mark.levels.get(criterion.id, -1)) for criterion in rubric.criteria]
    return tuple(Reached(one, number) for one, number in given if 0 <= number < len(one.levels))
