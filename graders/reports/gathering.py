"""What a course knows of one module, gathered into a submission per student: evidence first, files second."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from graders.authoring.answers import release
from graders.authoring.material import Module
from graders.course import Course, submitted_students
from graders.gradebook import Gradebook
from graders.grading import Receipt
from graders.records import Json
from graders.reports.summary import Submission
from graders.reports.untouched import untouched

_NOT_YET = "it was not graded yet"


def gather(
    course: Course, assignment: str, receipts: Sequence[Receipt] = (), notes: Mapping[str, str] | None = None
) -> tuple[Submission, ...]:
    """Every student of a course, with what there is of one assignment.

    Parameters
    ----------
    course : Course
        Whose gradebook is read.
    assignment : str
        Slug of the module.
    receipts : sequence of Receipt
        Of the last run of grading: they say why a submission was refused or not graded.
    notes : mapping of str to str, optional
        By student: what a sample submission is.

    Returns
    -------
    tuple of Submission
        Sorted by student; those who handed nothing in are among them.
    """
    module = course.module(assignment)
    with Gradebook.open(course) as gradebook:
        evidence = gradebook.evidence(assignment)
        unproven = gradebook.unproven(assignment)
    said = {receipt.student: receipt for receipt in receipts}
    handed_in = set(submitted_students(course, assignment))
    releases = _releases(course, module)
    made = []
    for student in sorted({*course.students, *handed_in, *evidence}):
        state, detail = _trouble(said.get(student), waiting=student in handed_in and student not in evidence)
        made.append(
            Submission(
                student,
                notebooks=evidence.get(student, ()),
                unproven=tuple(row.exercise for row in unproven if row.student == student),
                untouched=_untouched(course, module, student, releases),
                not_graded=detail if state == "not graded" else "",
                refused=detail if state == "refused" else "",
                note=(notes or {}).get(student, ""),
            )
        )
    return tuple(made)


def _trouble(receipt: Receipt | None, *, waiting: bool) -> tuple[str, str]:
    """State and reason of a submission that has no result; two empty texts if it has one."""
    if receipt is not None and receipt.state in ("refused", "not graded"):
        return receipt.state, receipt.detail
    return ("not graded", _NOT_YET) if waiting and receipt is None else ("", "")


def _releases(course: Course, module: Module) -> dict[str, Json]:
    folder = course.source(module.slug)
    return {name: release(json.loads((folder / f"{name}.ipynb").read_bytes())) for name in module.notebooks}


def _untouched(course: Course, module: Module, student: str, releases: Mapping[str, Json]) -> tuple[str, ...]:
    """Exercises left as released, by the graded notebooks on disk; a notebook that is not there says nothing."""
    found: list[str] = []
    for name in module.notebooks:
        path = course.autograded(student, module.slug) / f"{name}.ipynb"
        if path.is_file():
            found += untouched(json.loads(path.read_bytes()), releases[name])
    return tuple(found)
