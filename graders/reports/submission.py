"""What a course knows of one student and one module. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from graders.gradebook import KeptMark
from graders.records import ExerciseResult, Flag, NotebookResult

State = Literal["graded", "unproven", "not graded", "refused", "nothing handed in", "blank"]


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's work on one module, and what became of it.

    Attributes
    ----------
    student : str
    notebooks : tuple of NotebookResult
        The evidence; empty where there is none.
    executions : mapping of str to int
        Number, in the evidence tables, of what stands behind each notebook.
    marks : mapping of str to KeptMark
        By exercise: the newest mark, whether it still holds or not.
    waiting : set of str
        Exercises that wait for a marker.
    unproven : mapping of str to str
        Exercises whose score in the gradebook no evidence stands behind, and why that is so.
    untouched : tuple of str
        Exercises whose answer is still the one that was released.
    not_graded : str
        Why the machine could not grade it; empty where it did.
    refused : str
        Why what was handed in cannot be read; empty where it can.
    late : str
        How long after the date it was handed in; empty where it was in time.
    forfeit : bool
        Whether the course's late rule takes all its points.
    note : str
        What a sample submission is; shown where any has one.
    """

    student: str
    notebooks: tuple[NotebookResult, ...] = ()
    executions: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, KeptMark] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    unproven: Mapping[str, str] = field(default_factory=dict)
    untouched: tuple[str, ...] = ()
    not_graded: str = ""
    refused: str = ""
    late: str = ""
    forfeit: bool = False
    note: str = ""

    @property
    def results(self) -> dict[str, ExerciseResult]:
        """What the checks found of each exercise, by id."""
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
        return "blank" if self._nothing_is_written else "graded"

    @property
    def _nothing_is_written(self) -> bool:
        written = any(answer.digest for notebook in self.notebooks for answer in notebook.written)
        return bool(self.results) and set(self.results) <= set(self.untouched) and not written
