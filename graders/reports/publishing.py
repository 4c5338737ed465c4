"""Reports of a course, from its gradebook to pages in a folder: one for the instructor, one for each student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from graders.authoring.material import Module
from graders.authoring.rubrics import Rubric, rubrics_of
from graders.checks import load as load_catalogue
from graders.course import Course, files
from graders.course.settings import STUDENT_ID
from graders.errors import UsageError
from graders.grading import Receipt
from graders.reports.author import author_report
from graders.reports.cohort import cohort_report
from graders.reports.findings import Findings, Tries, findings
from graders.reports.gathering import gather
from graders.reports.student import student_report
from graders.reports.summary import Cohort, Row, summarise

_COHORT = "cohort.html"
_MODULE = "module.html"
_STUDENTS = "students"


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say about one module of one course.

    Attributes
    ----------
    course : Course
    module : Module
    cohort : Cohort
    rubrics : mapping of str to Rubric
        Of the written exercises.
    tries : mapping
        Every answer that was graded, by student and exercise.
    """

    course: Course
    module: Module
    cohort: Cohort
    rubrics: Mapping[str, Rubric]
    tries: Tries = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its pages lie, if nothing else is said."""
        return self.course.root / "reports" / self.module.slug

    def row(self, student: str) -> Row:
        """One student's line.

        Raises
        ------
        UsageError
            If the course knows no such student.
        """
        for row in self.cohort.rows:
            if row.submission.student == student:
                return row
        raise UsageError(f"the course knows no student {student!r}", str(self.course.root), "See `aisa status`.")

    def write_cohort(self, folder: Path | None = None, name: str = _COHORT) -> Path:
        """Write the instructor's page, and a page for each student beside it.

        Parameters
        ----------
        folder : Path, optional
            Where; `reports/<slug>` of the course, if not given.
        name : str
            Of the instructor's page.

        Returns
        -------
        Path
            The instructor's page.
        """
        folder = (folder or self.folder).absolute()
        links = {}
        for row in self.cohort.rows:
            student = row.submission.student
            if STUDENT_ID.fullmatch(student):  # a folder among the submissions may be called anything
                self.write_student(student, folder)
                links[student] = f"{_STUDENTS}/{quote(student)}.html"
        page = cohort_report(self.module, self.cohort, self.course.pass_marks, course=self._course_name, links=links)
        return self._write(folder / name, page)

    def write_student(self, student: str, folder: Path | None = None) -> Path:
        """Write one student's page.

        Parameters
        ----------
        student : str
            Whose.
        folder : Path, optional
            As for `write_cohort`.

        Returns
        -------
        Path
            The page.
        """
        page = student_report(self.module, self.row(student), self.rubrics, course=self._course_name)
        return self._write((folder or self.folder).absolute() / _STUDENTS / f"{student}.html", page)

    def findings(self) -> tuple[Findings, ...]:
        """What the module's author should know of each exercise."""
        mistakes = load_catalogue(self.module).mistakes
        quality = self.cohort.quality
        return findings(self.module, self.cohort.rows, quality.discrimination, self.rubrics, mistakes, self.tries)

    def write_module(self, folder: Path | None = None, found: Sequence[Findings] | None = None) -> Path:
        """Write the page for the module's author.

        Parameters
        ----------
        folder : Path, optional
            As for `write_cohort`.
        found : sequence of Findings, optional
            If they were looked at already.

        Returns
        -------
        Path
            The page.
        """
        page = author_report(self.module, found or self.findings(), self.cohort.quality, course=self._course_name)
        return self._write((folder or self.folder).absolute() / _MODULE, page)

    @property
    def _course_name(self) -> str:
        return f"{self.course.course_id} course"

    def _write(self, path: Path, page: str) -> Path:
        files.write(self.course.root, path, page.encode())
        return path


def report(
    course: Course, assignment: str, receipts: Sequence[Receipt] = (), notes: Mapping[str, str] | None = None
) -> Report:
    """Read what a course knows of a module.

    Parameters
    ----------
    course : Course
        Whose gradebook is read.
    assignment : str
        Slug of the module.
    receipts : sequence of Receipt
        Of the last run of grading: they say why the machine did not grade a submission.
    notes : mapping of str to str, optional
        By student: what a sample submission is.

    Returns
    -------
    Report
    """
    module = course.module(assignment)
    rubrics = rubrics_of(module)
    gathered = gather(course, assignment, receipts, notes)
    cohort = summarise(module, gathered.submissions, course.pass_marks, gathered.told, rubrics)
    return Report(course, module, cohort, rubrics, gathered.tries)
