"""What can be read from a gradebook: evidence, marks, what they prove, and what is left to do."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager
from functools import cached_property

from sqlalchemy import Connection, Engine

from graders.course.course import Course
from graders.course.deadline import Deadline
from graders.course.standing import Earned
from graders.gradebook import evidence, handed_in, marks, proof, releases
from graders.gradebook.adoptable import ByHand, given_by_hand
from graders.gradebook.database import reading
from graders.gradebook.evidence import Kept
from graders.gradebook.known import Graded, known_notebooks
from graders.gradebook.late import LateRule, late_rule
from graders.gradebook.marks import Exercise, KeptMark
from graders.gradebook.proof import Unmarked, Unproven
from graders.gradebook.released import SourceNotebook, sources
from graders.gradebook.releases import Version
from graders.gradebook.soundness import broken_seals
from graders.gradebook.tries import Try, tries
from graders.records import NotebookResult


class Readings:
    """A course's gradebook, as far as it is read.

    Parameters
    ----------
    course : Course
        Whose it is.
    engine : Engine
        Its database.
    """

    def __init__(self, course: Course, engine: Engine) -> None:
        self.course = course
        self._engine = engine

    @cached_property
    def _late_rule(self) -> LateRule:
        """What the course takes off for being late."""
        return late_rule(self.course)

    def _reading(self) -> AbstractContextManager[Connection]:
        """One state of the database."""
        return reading(self._engine)

    def known(self, assignment: str) -> dict[tuple[str, str], Graded]:
        """Notebooks that have rows: those that are proven need not be graded again if their digests are the same.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        dict
            By student and notebook.
        """
        with self._reading() as connection:
            return known_notebooks(connection, assignment, self.course.secret, self._late_rule)

    def evidence(self, assignment: str) -> dict[str, tuple[NotebookResult, ...]]:
        """What each student's notebooks last gave, without the documents.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        dict
            By student, sorted; whether it is still what the gradebook says is for `unproven` to tell.
        """
        with self._reading() as connection:
            kept = evidence.latest(connection, assignment, self.course.secret)
        results: dict[str, tuple[NotebookResult, ...]] = {}
        for (student, _), one in kept.items():
            results[student] = (*results.get(student, ()), one.execution.result)
        return results

    def executions(self, assignment: str) -> dict[tuple[str, str], Kept]:
        """The last execution of each notebook, with its number and whether its seal holds.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        dict
            By student and notebook.
        """
        with self._reading() as connection:
            return evidence.latest(connection, assignment, self.course.secret)

    def hints(self, assignment: str) -> Counter[tuple[str, str]]:
        """How often each known mistake was named to a student, over all that was ever handed in.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        Counter
            By exercise and misconception.
        """
        with self._reading() as connection:
            return evidence.hints(connection, assignment)

    def tries(self, assignment: str) -> dict[tuple[str, str], tuple[Try, ...]]:
        """Every answer that was ever graded, one for each file that was handed in.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        dict
            By student and exercise, the first first.
        """
        with self._reading() as connection:
            return tries(connection, assignment)

    def unproven(self, assignment: str) -> tuple[Unproven, ...]:
        """Scores that no evidence stands behind.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        tuple of Unproven
            Sorted by student, notebook and exercise.
        """
        with self._reading() as connection:
            kept = evidence.latest(connection, assignment, self.course.secret)
            scores = proof.scores(connection, assignment)
            given = marks.kept(connection, assignment, self.course.secret, kept)
        return tuple(proof.unproven(assignment, scores, kept, given))

    def marks(self, assignment: str) -> dict[Exercise, tuple[KeptMark, ...]]:
        """What named markers gave, whether it still counts or not.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        dict
            By student, notebook and exercise; the newest first, and only that one may count.
        """
        with self._reading() as connection:
            kept = evidence.latest(connection, assignment, self.course.secret)
            return marks.kept(connection, assignment, self.course.secret, kept)

    def unmarked(self, assignment: str) -> tuple[Unmarked, ...]:
        """What is left to mark.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        tuple of Unmarked
            Sorted by student, notebook and exercise.
        """
        with self._reading() as connection:
            kept = evidence.latest(connection, assignment, self.course.secret)
            scores = proof.scores(connection, assignment)
            given = marks.kept(connection, assignment, self.course.secret, kept)
        return tuple(proof.unmarked(assignment, scores, given))

    def given_by_hand(self, assignment: str) -> tuple[ByHand, ...]:
        """Scores given by hand that a marker may adopt.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        tuple of ByHand
            Sorted by student, notebook and exercise.
        """
        with self._reading() as connection:
            kept = evidence.latest(connection, assignment, self.course.secret)
            scores = proof.scores(connection, assignment)
            given = marks.kept(connection, assignment, self.course.secret, kept)
            return tuple(given_by_hand(connection, assignment, scores, kept, given))

    def deadline(self, assignment: str) -> Deadline:
        """When an assignment is due: the gradebook's date counts, and the extensions that nbgrader keeps there.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        Deadline
            Of `course.yaml`, where it was not released yet.
        """
        with self._reading() as connection:
            return handed_in.deadline(connection, assignment, self.course.due.get(assignment))

    def earned(self, assignment: str) -> Earned:
        """How many automatic points an attempt has earned, whichever lies in `submitted/` now.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        callable
            Points of an attempt; None where one of its notebooks was not graded yet.
        """
        with self._reading() as connection:
            return handed_in.earned(connection, assignment)

    def versions(self, assignment: str) -> tuple[Version, ...]:
        """What students were given of an assignment, each time that it was released.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        tuple of Version
            The first first.

        Raises
        ------
        GradebookError
            If one of them was changed.
        """
        with self._reading() as connection:
            return releases.versions(connection, self.course.secret, assignment)

    def sources(self, assignment: str) -> dict[str, SourceNotebook]:
        """An assignment's notebooks as they were released, hidden tests included.

        Parameters
        ----------
        assignment : str
            Its name.

        Returns
        -------
        dict of str to SourceNotebook
            By the notebook's name, sorted.

        Raises
        ------
        UsageError
            If it was never released.
        """
        with self._reading() as connection:
            return sources(connection, assignment)

    def broken_seals(self) -> tuple[str, ...]:
        """Everything in the evidence whose seal does not hold, a sentence each."""
        with self._reading() as connection:
            return tuple(broken_seals(connection, self.course.secret))
