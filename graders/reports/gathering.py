"""What a course knows of one module, gathered into a submission per student: evidence first, files second."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graders.authoring.answers import release
from graders.authoring.material import Module
from graders.course import Course, parse_notebook, read_submission, submitted_students
from graders.course import Submission as HandedIn
from graders.course.deadline import Deadline, duration
from graders.errors import SubmissionError
from graders.gradebook import Gradebook, KeptMark
from graders.gradebook.evidence import Kept
from graders.grading import Receipt
from graders.records import Json
from graders.reports.findings import Tries
from graders.reports.submission import Submission
from graders.reports.untouched import untouched

_NOT_YET = "it was not graded yet"
_SINCE = "it was handed in again, and not graded since"


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that a report about a module needs of its course.

    Attributes
    ----------
    submissions : tuple of Submission
        Sorted by student; those who handed nothing in are among them.
    told : mapping
        By exercise and misconception: how often its hint was given.
    tries : mapping
        By student and exercise: every answer that was graded.
    """

    submissions: tuple[Submission, ...]
    told: Mapping[tuple[str, str], int]
    tries: Tries


def gather(
    course: Course, assignment: str, receipts: Sequence[Receipt] = (), notes: Mapping[str, str] | None = None
) -> Gathered:
    """Every student of a course, with what there is of one assignment.

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
    Gathered
    """
    module = course.module(assignment)
    with Gradebook.open(course) as gradebook:
        desk = _Desk(
            course,
            module,
            executions=gradebook.executions(assignment),
            marks=gradebook.marks(assignment),
            waiting={(one.student, one.exercise) for one in gradebook.unmarked(assignment)},
            unproven={(one.student, one.exercise): one.reason for one in gradebook.unproven(assignment)},
            deadline=gradebook.deadline(assignment),
            delays={one.student: one.detail for one in receipts if one.state == "not graded"},
            notes=notes or {},
            releases=_releases(course, module),
        )
        told, tries = gradebook.hints(assignment), gradebook.tries(assignment)
    handed_in = set(submitted_students(course, assignment))
    students = sorted({*course.students, *handed_in, *(student for student, _ in desk.executions)})
    return Gathered(tuple(desk.submission(student, student in handed_in) for student in students), told, tries)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What was read once, for all students."""

    course: Course
    module: Module
    executions: Mapping[tuple[str, str], Kept]
    marks: Mapping[tuple[str, str, str], tuple[KeptMark, ...]]
    waiting: set[tuple[str, str]]
    unproven: Mapping[tuple[str, str], str]
    deadline: Deadline
    delays: Mapping[str, str]
    notes: Mapping[str, str]
    releases: Mapping[str, Json]

    def submission(self, student: str, handed_in: bool) -> Submission:
        """One student's."""
        mine = {name: kept for (who, name), kept in self.executions.items() if who == student}
        refused, late, file = "", "", None
        if handed_in:
            refused, file = self._read(student)
            late = "" if file is None else self._lateness(file)
        waiting = frozenset(exercise for who, exercise in self.waiting if who == student)
        marks = {exercise: given[0] for (who, _, exercise), given in self.marks.items() if who == student}
        return Submission(
            student,
            notebooks=tuple(mine[name].execution.result for name in self.module.notebooks if name in mine),
            executions={name: kept.number for name, kept in mine.items()},
            marks=marks,
            waiting=waiting,
            unproven={
                exercise: reason
                for (who, exercise), reason in self.unproven.items()
                if who == student and not (exercise in waiting and _is_stale(marks.get(exercise)))
            },
            untouched=self._untouched(student),
            not_graded="" if file is None else self._delay(student, file, mine),
            refused=refused,
            late=late,
            forfeit=bool(late) and self.course.late == "zero",
            note=self.notes.get(student, ""),
        )

    def _read(self, student: str) -> tuple[str, HandedIn | None]:
        """Why what was handed in cannot be read, or what it is."""
        slug = self.module.slug
        try:
            file = read_submission(self.course, student, slug)
            for name, content in file.notebooks.items():
                parse_notebook(content, f"submitted/{student}/{slug}/{name}.ipynb")
        except SubmissionError as refusal:
            return str(refusal), None
        return "", file

    def _lateness(self, file: HandedIn) -> str:
        """How late it came; empty if it did not."""
        if file.timestamp is None:
            return ""
        late = self.deadline.lateness(file.student, file.timestamp)
        return f"{duration(late)} late" if late else ""

    def _delay(self, student: str, file: HandedIn, mine: Mapping[str, Kept]) -> str:
        """Why what was handed in has no evidence; empty if it has."""
        graded = {name: kept.execution.result.submitted_digest for name, kept in mine.items()}
        here = {name: hashlib.sha256(content).hexdigest() for name, content in file.notebooks.items()}
        if all(graded.get(name) == here.get(name, "") for name in self.module.notebooks):
            return ""
        return self.delays.get(student) or (_SINCE if mine else _NOT_YET)

    def _untouched(self, student: str) -> tuple[str, ...]:
        """Exercises left as released, by the graded notebooks on disk; a notebook that is not there says nothing."""
        found: list[str] = []
        for name in self.module.notebooks:
            path = self.course.autograded(student, self.module.slug) / f"{name}.ipynb"
            if path.is_file():
                found += untouched(json.loads(path.read_bytes()), self.releases[name])
        return tuple(found)


def _is_stale(kept: KeptMark | None) -> bool:
    """Whether a mark is merely old: then it waits for a marker, and is no forgery."""
    return kept is not None and kept.sealed and kept.stale


def _releases(course: Course, module: Module) -> dict[str, Json]:
    folder = course.source(module.slug)
    return {name: release(json.loads((folder / f"{name}.ipynb").read_bytes())) for name in module.notebooks}
