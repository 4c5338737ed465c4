"""The whole way on a sample cohort: a course, a release, 24 submissions, grading, a report.

Nothing in it is random: the submissions are the same each time, and the course's secret, from which hidden inputs are
drawn, is a fixed one. It guards nothing; a real course has its own, which `aisa init` draws.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml

from graders.authoring.answers import release
from graders.checks import load as load_catalogue
from graders.course import Course, init, load
from graders.demo.folder import fresh
from graders.demo.samples import Sample, samples
from graders.demo.telling import Steps, print_summary
from graders.errors import CourseError
from graders.grading import grade_course
from graders.reports.publishing import report

MODULE = "m02_tools_methods"
NOTEBOOK = "practical"
_COURSE_ID = "demo"
_STUDENTS = tuple(f"student-{number:02d}" for number in range(1, 25))
_SECRET = "a1" * 32 + "\n"  # fixed, so that the demo is the same everywhere
_DUE = datetime(2025, 10, 17, 22, tzinfo=UTC)
_LIMITS = {"cell_cpu_s": 6, "notebook_cpu_s": 30, "call_cpu_s": 0.3}  # nobody waits long for a demo's endless loop


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
        steps.say("making a course and releasing its notebook")
        root = fresh(directory)
        course = _course(root / "course")
        _release(course)
        steps.say("writing 24 submissions")
        cohort = _samples(course)
        _hand_in(course, cohort)
        receipts = grade_course(course, MODULE, progress=steps.graded)
        steps.say("writing the report, and a page for each student")
        found = report(course, MODULE, receipts, notes={sample.student: sample.note for sample in cohort})
        page = found.write_cohort(root / "report")
    if not quiet:
        print_summary(cohort, found.cohort, page)
    return page


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


def _release(course: Course) -> None:
    """What an instructor would type: nbgrader itself makes the release, and enters it in its gradebook."""
    command = [sys.executable, "-W", "ignore", "-m", "nbgrader", "generate_assignment", MODULE]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"  # nbgrader calls alembic
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=course.root, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:]
        raise CourseError(f"nbgrader did not release it: {' '.join(said)}", f"{course.root / 'source' / MODULE}")


def _samples(course: Course) -> tuple[Sample, ...]:
    module = course.module(MODULE)
    source = json.loads((course.source(MODULE) / f"{NOTEBOOK}.ipynb").read_bytes())
    return samples(module, NOTEBOOK, release(source), source, load_catalogue(module))


def _hand_in(course: Course, cohort: Sequence[Sample]) -> None:
    for sample in cohort:
        if sample.content is not None:
            folder = course.submitted(sample.student, MODULE)
            folder.mkdir(parents=True)
            (folder / f"{NOTEBOOK}.ipynb").write_bytes(sample.content)
            (folder / "timestamp.txt").write_text(sample.handed_in, encoding="ascii")
