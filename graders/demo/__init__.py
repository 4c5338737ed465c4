"""The whole way on a sample cohort: a course, its modules, submissions, grading, marking, reports, a panel, an office.

Nothing in it is random: the submissions are the same each time, and the course's secret, from which hidden inputs are
drawn, is a fixed one. It guards nothing; a real course has its own, which `aisa init` draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from graders.authoring.material import modules
from graders.course import Course, init, load
from graders.demo.candidates import present
from graders.demo.desk import desk
from graders.demo.folder import fresh
from graders.demo.marking import mark
from graders.demo.samples import Sample, samples
from graders.demo.telling import Steps, print_candidates, print_modules, print_summary
from graders.grading import grade_course
from graders.nbgrader_bridge.releasing import make_release
from graders.reports.publishing import report
from graders.reports.summary import Cohort

MODULE = "m02_tools_methods"
_COURSE_ID = "demo"
_SOME = ("student-01", "student-08", "student-09", "student-16")  # right, hostile, mistaken, unfinished
_STUDENTS = tuple(f"student-{number:02d}" for number in range(1, 25))
_SECRET = "a1" * 32 + "\n"  # fixed, so that the demo is the same everywhere
_DUE = datetime(2025, 10, 17, 22, tzinfo=UTC)
_LIMITS = {"cell_cpu_s": 4, "notebook_cpu_s": 60, "call_cpu_s": 0.5, "exercise_cpu_s": 4}  # for the endless loop


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


def run(directory: Path, *, full: bool = False, others: Sequence[str] | None = None, quiet: bool = False) -> Path:
    """Make a sample course, grade it and write its report.

    Parameters
    ----------
    directory : Path
        Where: a free place, an empty folder, or an earlier demo, which is replaced.
    full : bool
        Whether the whole cohort hands in every module; if not, all do one, and some of them the others.
    others : sequence of str, optional
        Slugs of the other modules; all that are written, if not given.
    quiet : bool
        Print nothing.

    Returns
    -------
    Path
        The instructor's page of the module that all do.

    Raises
    ------
    UsageError
        If something else is in the directory.
    CourseError
        If the material cannot be released.
    """
    slugs = [module.slug for module in modules() if module.slug != MODULE] if others is None else others
    with Steps(quiet) as steps:
        root = fresh(directory)
        course = _course(root / "course", [MODULE, *slugs])
        first = _taught(course, MODULE, None, root, steps)
        beside = [_taught(course, slug, None if full else _SOME, root, steps) for slug in slugs]
        steps.say("three candidates before the panel, and the office")
        candidates = present(course, _candidates(first.cohort), root / "panel")
    if not quiet:
        print_summary(first.samples, first.cohort, first.page)
        print_modules([(one.slug, one.cohort, one.page) for one in beside])
        print_candidates(candidates, course.root)
    return first.page


def _taught(course: Course, slug: str, students: Sequence[str] | None, root: Path, steps: Steps) -> Taught:
    """Release a module, hand it in for everybody or for some, grade, mark and report."""
    steps.say(f"releasing {slug}, and writing submissions")
    make_release(course, slug, update=True)  # the salt of personal scenarios follows from the secret
    cohort = tuple(one for one in samples(desk(course, slug)) if students is None or one.student in students)
    _hand_in(course, slug, cohort)
    receipts = grade_course(course, slug, progress=steps.graded)
    steps.say("marking what was written")
    mark(course, slug, cohort, root / "marking" / slug)
    steps.say("writing the report, a page for each student, and one for the module’s author")
    found = report(course, slug, receipts, notes={sample.student: sample.note for sample in cohort})
    page = found.write_cohort(root / "report" if slug == MODULE else root / "report" / slug)
    found.write_module(page.parent)
    return Taught(slug, cohort, found.cohort, page)


def _candidates(cohort: Cohort) -> tuple[str, ...]:
    """The first three who have completed the module."""
    complete = [row.submission.student for row in cohort.rows if row.decision.outcome == "complete"]
    return tuple(complete[:3])


def _course(root: Path, slugs: Sequence[str]) -> Course:
    """A course with a known secret and short limits."""
    course = init(root, course_id=_COURSE_ID, students=_STUDENTS)
    settings = course.root / "course.yaml"
    said = yaml.safe_load(settings.read_text(encoding="utf-8"))
    said |= {"due": dict.fromkeys(slugs, _DUE), "limits": _LIMITS}
    settings.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    (course.root / ".aisa" / "secret").write_text(_SECRET, encoding="ascii")
    return load(root)


def _hand_in(course: Course, slug: str, cohort: Sequence[Sample]) -> None:
    for sample in cohort:
        folder = course.submitted(sample.student, slug)
        for name, content in sample.notebooks.items():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.ipynb").write_bytes(content)
            (folder / "timestamp.txt").write_text(sample.handed_in, encoding="ascii")
