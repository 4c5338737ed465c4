"""The whole way on a sample cohort: a course, its modules, submissions, grading, marking, reports, a panel, an office.

Nothing in it is random: the submissions are the same each time, and the course's secret, from which hidden inputs are
drawn, is a fixed one. It guards nothing; a real course has its own, which `aisa init` draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graders.authoring.material import modules
from graders.demo import teaching
from graders.demo.candidates import PLANS, present
from graders.demo.folder import fresh
from graders.demo.teaching import STUDENTS, taught
from graders.demo.telling import Steps, print_candidates, print_modules, print_summary
from graders.reports.summary import Cohort

MODULE = "m02_tools_methods"
_SOME = ("student-01", "student-08", "student-09", "student-16")  # right, hostile, mistaken, unfinished


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
        course = teaching.course(root / "course", [MODULE, *slugs])
        first = taught(course, MODULE, STUDENTS, root / "report", steps)
        some = STUDENTS if full else _SOME
        beside = [taught(course, slug, some, root / "report" / slug, steps) for slug in slugs]
        steps.say("candidates before the panel, and the office")
        candidates = present(course, _candidates(first.cohort), root / "panel")
    if not quiet:
        print_summary(first.samples, first.cohort, first.page)
        print_modules([(one.slug, one.cohort, one.page) for one in beside])
        print_candidates(candidates, course.root)
    return first.page


def _candidates(cohort: Cohort) -> tuple[str, ...]:
    """The first who have completed the module, one for each plan."""
    complete = [row.submission.student for row in cohort.rows if row.decision.outcome == "complete"]
    return tuple(complete[: len(PLANS)])
