"""A course with known hidden inputs, and one of its modules from its release to its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from graders.course import Course, init, load
from graders.demo.desk import desk
from graders.demo.marking import mark
from graders.demo.samples import Sample, samples
from graders.demo.telling import Steps
from graders.grading import Receipt, grade_course
from graders.nbgrader_bridge.releasing import make_release
from graders.reports.publishing import report
from graders.reports.summary import Cohort

STUDENTS = tuple(f"student-{number:02d}" for number in range(1, 25))
_COURSE_ID = "demo"
_SECRET = "a1" * 32 + "\n"  # fixed, so that the demo is the same everywhere
_DUE = datetime(2025, 10, 17, 22, tzinfo=UTC)
_LIMITS = {"cell_cpu_s": 6, "notebook_cpu_s": 60, "call_cpu_s": 0.5, "exercise_cpu_s": 4}  # for the endless loop


@dataclass(frozen=True, slots=True)
class Taught:
    """What came of one module.

    Attributes
    ----------
    slug : str
    samples : tuple of Sample
        What was handed in.
    cohort : Cohort
        What came of it.
    page : Path
        The instructor's page.
    """

    slug: str
    samples: tuple[Sample, ...]
    cohort: Cohort
    page: Path


def course(root: Path, slugs: Sequence[str]) -> Course:
    """A course of the sample students, with a known secret and short limits.

    Parameters
    ----------
    root : Path
        Where: nothing is there yet.
    slugs : sequence of str
        Modules that have a due date.

    Returns
    -------
    Course
    """
    made = init(root, course_id=_COURSE_ID, students=STUDENTS)
    settings = made.root / "course.yaml"
    said = yaml.safe_load(settings.read_text(encoding="utf-8"))
    said |= {"due": dict.fromkeys(slugs, _DUE), "limits": _LIMITS}
    settings.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    (made.root / ".aisa" / "secret").write_text(_SECRET, encoding="ascii")
    return load(root)


def taught(course: Course, slug: str, students: Sequence[str], folder: Path, steps: Steps) -> Taught:
    """Release a module, hand it in, grade, mark and report.

    Parameters
    ----------
    course : Course
        As `course` makes it.
    slug : str
        The module.
    students : sequence of str
        Who hand it in.
    folder : Path
        Where the report is to lie; the forms of the marker lie beside it.
    steps : Steps
        Who is told how far it is.

    Returns
    -------
    Taught
    """
    cohort, receipts = graded(course, slug, students, steps)
    steps.say("writing the report, a page for each student, and one for the module’s author")
    found = report(course, slug, receipts, notes={sample.student: sample.note for sample in cohort})
    page = found.write_cohort(folder)
    found.write_module(page.parent)
    return Taught(slug, cohort, found.cohort, page)


def graded(
    course: Course, slug: str, students: Sequence[str], steps: Steps
) -> tuple[tuple[Sample, ...], tuple[Receipt, ...]]:
    """Release a module, hand it in, grade and mark.

    Parameters
    ----------
    course : Course
        As `course` makes it.
    slug : str
        The module.
    students : sequence of str
        Who hand it in.
    steps : Steps
        Who is told how far it is.

    Returns
    -------
    tuple of tuples
        What was handed in, and what grading said.
    """
    steps.say(f"releasing {slug}, and writing submissions")
    make_release(course, slug, update=True)  # the salt of personal scenarios follows from the secret
    cohort = tuple(one for one in samples(desk(course, slug)) if one.student in students)
    _hand_in(course, slug, cohort)
    receipts = grade_course(course, slug, progress=steps.graded)
    steps.say("marking what was written")
    mark(course, slug, cohort, course.root.parent / "marking" / slug)
    return cohort, tuple(receipts)


def _hand_in(course: Course, slug: str, cohort: Sequence[Sample]) -> None:
    for sample in cohort:
        folder = course.submitted(sample.student, slug)
        for name, content in sample.notebooks.items():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.ipynb").write_bytes(content)
            (folder / "timestamp.txt").write_text(sample.handed_in, encoding="ascii")
