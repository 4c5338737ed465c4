"""What a course knows of one module, gathered into a submission per student: evidence first, files second."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from graders.authoring.answers import release
from graders.authoring.material import Module
from graders.course import Course, parse_notebook, read_submission, submitted_students
from graders.errors import SubmissionError
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
        Of the last run of grading: they say why the machine did not grade a submission.
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
        refused, late = _file(course, module, student) if student in handed_in else ("", "")
        waiting = student in handed_in and student not in evidence and not refused
        made.append(
            Submission(
                student,
                notebooks=evidence.get(student, ()),
                unproven=tuple(row.exercise for row in unproven if row.student == student),
                untouched=_untouched(course, module, student, releases),
                not_graded=_delay(said.get(student)) if waiting else "",
                refused=refused,
                late=late,
                note=(notes or {}).get(student, ""),
            )
        )
    return tuple(made)


def _file(course: Course, module: Module, student: str) -> tuple[str, str]:
    """Why what was handed in cannot be read, and how late it came; empty if it can, and if it did not."""
    try:
        submission = read_submission(course, student, module.slug)
        for name, content in submission.notebooks.items():
            parse_notebook(content, f"submitted/{student}/{module.slug}/{name}.ipynb")
    except SubmissionError as refusal:
        return str(refusal), ""
    due = course.due.get(module.slug)
    if due is None or submission.timestamp is None or submission.timestamp <= due:
        return "", ""
    minutes = int((submission.timestamp - due).total_seconds()) // 60
    days, hours = minutes // (24 * 60), minutes // 60 % 24
    return "", f"{days} d {hours} h late" if days else f"{hours} h {minutes % 60} min late"


def _delay(receipt: Receipt | None) -> str:
    """Why what was handed in has no evidence."""
    return receipt.detail if receipt is not None and receipt.state == "not graded" else _NOT_YET


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
