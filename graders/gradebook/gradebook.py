"""The gradebook of a course: nbgrader's record of scores, and the evidence for each of them beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from graders.authoring.material import Module
from graders.course.course import Course
from graders.course.intake import Submission
from graders.errors import CourseError
from graders.gradebook import by_hand, evidence, marks, releases, rows, tables
from graders.gradebook.autograded import write_autograded
from graders.gradebook.database import explained, open_engine, reading, transaction
from graders.gradebook.readings import Readings
from graders.gradebook.released import released, require_released
from graders.gradebook.releases import Version
from graders.gradebook.seal import Execution
from graders.records import Mark, NotebookResult


class Gradebook(Readings):
    """A course's gradebook, open. Use `Gradebook.open`, and one thread.

    Parameters
    ----------
    course : Course
        Whose it is.
    engine : Engine
        Its database.
    """

    @classmethod
    def open(cls, course: Course, *, patience_s: float = 20.0) -> Gradebook:
        """Open a course's gradebook; a new one is made by nbgrader itself.

        Parameters
        ----------
        course : Course
            Whose it is.
        patience_s : float
            How long to wait while another program writes.

        Returns
        -------
        Gradebook

        Raises
        ------
        GradebookError
            If it cannot be opened, or is of another version.
        """
        return cls(course, open_engine(course, patience_s))

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def enrol(self) -> None:
        """Bring the roster and the due dates of `course.yaml` into nbgrader's tables."""
        with transaction(self._engine) as connection:
            there = set(connection.execute(select(tables.student.c.id)).scalars())
            new = [{"id": student} for student in self.course.students if student not in there]
            if new:
                connection.execute(insert(tables.student), new)
            for slug, due in self.course.due.items():
                here = (tables.assignment.c.name == slug) & tables.assignment.c.duedate.is_distinct_from(due)
                connection.execute(update(tables.assignment).where(here).values(duedate=due))

    def require_released(self, module: Module) -> None:
        """See that the gradebook knows an assignment as its material has it.

        Parameters
        ----------
        module : Module
            The assignment's material.

        Raises
        ------
        CourseError
            If it was not released, or exercises or their points have changed since.
        """
        with reading(self._engine) as connection:
            require_released(connection, module)

    def write(self, submission: Submission, results: Sequence[NotebookResult]) -> dict[str, float | None]:
        """Write a graded submission: its autograded files, then its rows and their evidence in one transaction.

        Whatever happens in between, writing it again gives the same files and the same rows: files are replaced
        whole, rows are changed in place, and a submission counts as graded only when its evidence is there.

        Parameters
        ----------
        submission : Submission
            What was handed in.
        results : sequence of NotebookResult
            Of some or all of its notebooks.

        Returns
        -------
        dict of str to float or None
            What is taken off each of these notebooks because it came late.

        Raises
        ------
        GraderError
            If the disk or the database refuses; no row is changed then.
        """
        for result in results:
            evidence.require_possible(result)
        for result in results:
            write_autograded(self.course, submission, result.notebook, result.document)
        return self.write_rows(submission, results)

    def write_rows(self, submission: Submission, results: Sequence[NotebookResult]) -> dict[str, float | None]:
        """Write rows and evidence only, as the bridge does: nbgrader itself writes the files.

        Parameters
        ----------
        submission : Submission
            What was handed in.
        results : sequence of NotebookResult
            Of some or all of its notebooks.

        Returns
        -------
        dict of str to float or None
            What is taken off each of these notebooks because it came late.

        Raises
        ------
        GradebookError
            If the database refuses; nothing is changed then.
        """
        for result in results:
            evidence.require_possible(result)
        with explained(self._engine):
            try:
                with self._engine.begin() as connection:
                    return self._write(connection, submission, results)
            except IntegrityError:  # another grader has made the same student's rows meanwhile: now they are there
                with self._engine.begin() as connection:
                    return self._write(connection, submission, results)

    def write_penalties(self, submission: Submission) -> None:
        """Write what is taken off a submission by today's late rule, and leave its scores as they are.

        Parameters
        ----------
        submission : Submission
            Graded before.

        Raises
        ------
        GradebookError
            If the database refuses.
        """
        with transaction(self._engine) as connection:
            known = released(connection, submission.assignment)
            rows.write_penalties(connection, known, submission, self._late_rule)

    def _write(
        self, connection: Connection, submission: Submission, results: Sequence[NotebookResult]
    ) -> dict[str, float | None]:
        known = released(connection, submission.assignment)
        for result in results:
            if result.notebook not in known.notebooks:
                do = f"Release it again: `aisa release {submission.assignment}`."
                raise CourseError(f"the gradebook has no notebook {result.notebook}", submission.assignment, do)
        penalties = rows.write_rows(connection, known, submission, results, self._late_rule)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for result in results:
            by_hand.reopen(connection, submission.student, submission.assignment, result)
            if result.notebook == min(known.notebooks):  # what is odd about the folder is said once
                result = replace(result, flags=(*submission.flags, *result.flags))
            execution = Execution(submission.student, submission.assignment, result, now)
            evidence.append(connection, self.course.secret, execution)
        return penalties

    def write_marks(self, given: Sequence[Mark], told: Callable[[Mark], str | None]) -> None:
        """Write marks down, all or none of them: the evidence, then nbgrader's rows.

        Parameters
        ----------
        given : sequence of Mark
            Of one assignment or several.
        told : callable
            What the student reads about a mark, for nbgrader's comment; None leaves the comment that is there.

        Raises
        ------
        UsageError
            If something is not graded, or was graded anew since the marker saw it.
        GradebookError
            If the database refuses; nothing is changed then.
        """
        with transaction(self._engine) as connection:
            for assignment in sorted({mark.assignment for mark in given}):
                kept = evidence.latest(connection, assignment, self.course.secret)
                for mark in given:
                    if mark.assignment == assignment:
                        marks.require_current(mark, kept.get((mark.student, mark.notebook)))
            for mark in given:
                marks.append(connection, self.course.secret, mark)
                by_hand.write(connection, mark, told(mark))
            for student, assignment in sorted({(mark.student, mark.assignment) for mark in given}):
                theirs = {
                    mark.notebook: b"" for mark in given if (mark.student, mark.assignment) == (student, assignment)
                }
                # what is lost for being late has changed with the score; nbgrader itself would leave the old penalty
                known = released(connection, assignment)
                rows.write_penalties(connection, known, Submission(student, assignment, theirs), self._late_rule)

    def write_version(self, version: Version) -> None:
        """Write down what students are given from now on.

        Parameters
        ----------
        version : Version
            With the number after the last one's.

        Raises
        ------
        GradebookError
            If the database refuses, or has this number already.
        """
        with transaction(self._engine) as connection:
            releases.append(connection, self.course.secret, version)
