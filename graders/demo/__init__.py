"""The whole way on a sample cohort: a course, a release, 24 submissions, grading, marking, reports, a panel, an office.

Nothing in it is random: the submissions are the same each time, and the course's secret, from which hidden inputs are
drawn, is a fixed one. It guards nothing; a real course has its own, which `aisa init` draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml

from graders.course import Course, init, load
from graders.demo.candidates import present
from graders.demo.desk import desk
from graders.demo.folder import fresh
from graders.demo.marking import mark
from graders.demo.samples import Sample, samples
from graders.demo.telling import Steps, print_candidates, print_summary
from graders.grading import grade_course
from graders.nbgrader_bridge.releasing import make_release
from graders.reports.publishing import report
from graders.reports.summary import Cohort

MODULE = "m02_tools_methods"
_COURSE_ID = "demo"
_STUDENTS = tuple(f"student-{number:02d}" for number in range(1, 25))
_SECRET = "a1" * 32 + "\n"  # fixed, so that the demo is the same everywhere
_DUE = datetime(2025, 10, 17, 22, tzinfo=UTC)
_LIMITS = {"cell_cpu_s": 4, "notebook_cpu_s": 60, "call_cpu_s": 0.5, "exercise_cpu_s": 4}  # for the endless loop


def run(directory: Path, *, quiet: bool = False) -> Path:
    """Make a sample course, grade it and write its report.

    Parameters
    ----------
    directory : Path
        Where: a free place, an empty folder, or an earlier demo, which is replaced.
    quiet : bool
        Print nothing.

    Returns
    -------
    Path
        The instructor's page.

    Raises
    ------
    UsageError
        If something else is in the directory.
    CourseError
        If the material cannot be released.
    """
    with Steps(quiet) as steps:
        steps.say("making a course and releasing its notebooks")
        root = fresh(directory)
        course = _course(root / "course")
        make_release(course, MODULE, update=True)  # the salt of personal scenarios follows from the secret
        steps.say("writing 24 submissions")
        cohort = samples(desk(course, MODULE))
        _hand_in(course, cohort)
        receipts = grade_course(course, MODULE, progress=steps.graded)
        steps.say("marking what was written")
        mark(course, MODULE, cohort, root / "marking")
        steps.say("writing the report, and a page for each student")
        found = report(course, MODULE, receipts, notes={sample.student: sample.note for sample in cohort})
        page = found.write_cohort(root / "report")
        steps.say("three candidates before the panel, and the office")
        candidates = present(course, _candidates(found.cohort), root / "panel")
    if not quiet:
        print_summary(cohort, found.cohort, page)
        print_candidates(candidates, course.root)
    return page


def _candidates(cohort: Cohort) -> tuple[str, ...]:
    """The first three who have completed the module."""
    complete = [row.submission.student for row in cohort.rows if row.decision.outcome == "complete"]
    return tuple(complete[:3])


def _course(root: Path) -> Course:
    """A course with a known secret and short limits."""
    course = init(root, course_id=_COURSE_ID, students=_STUDENTS)
    settings = course.root / "course.yaml"
    said = yaml.safe_load(settings.read_text(encoding="utf-8"))
    settings.write_text(
        yaml.safe_dump({**said, "due": {MODULE: _DUE}, "limits": _LIMITS}, sort_keys=False), encoding="utf-8"
    )
    (course.root / ".aisa" / "secret").write_text(_SECRET, encoding="ascii")
    return load(root)


def _hand_in(course: Course, cohort: Sequence[Sample]) -> None:
    for sample in cohort:
        folder = course.submitted(sample.student, MODULE)
        for name, content in sample.notebooks.items():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.ipynb").write_bytes(content)
            (folder / "timestamp.txt").write_text(sample.handed_in, encoding="ascii")
