"""The report of a cohort on one module: one HTML page that needs nothing else, on screen or on paper."""

from __future__ import annotations

from collections.abc import Sequence

from graders.authoring.material import Module
from graders.reports.page import render
from graders.reports.summary import Submission, summarise

_LEAD = (
    "What every student earned in the automatically graded exercises, what was lost and why, and what a human should "
    "look at. Points come from hidden checks that were put to each answer in a sandbox; what stands here is read from "
    "the evidence that was kept of them."
)
_FOOTER = (
    "Written by aisa. This page loads nothing and runs nothing. It names students: keep it as you keep the gradebook."
)


def cohort_report(
    module: Module, submissions: Sequence[Submission], *, course: str = "course", made: str = "", lead: str = _LEAD
) -> str:
    """One self-contained HTML page about a cohort.

    Parameters
    ----------
    module : Module
        What was assessed: its title and exercises.
    submissions : sequence of Submission
        One a student, in any order: the page is the same.
    course : str
        Name of the course.
    made : str
        Date, as it shall be printed; the page has no other trace of when it was made.
    lead : str
        What the report is, in a sentence or three.

    Returns
    -------
    str
        HTML without scripts, without anything to load; every text of others escaped and made visible.
    """
    cohort = summarise(module.exercises, submissions)
    return render(
        "cohort.html.j2",
        module=module,
        course=course,
        made=made,
        lead=lead,
        footer=_FOOTER,
        cohort=cohort,
        entries={entry.id: entry for entry in module.exercises},
        anchors={row.submission.student: f"student-{number}" for number, row in enumerate(cohort.rows, 1)},
        notes=any(row.submission.note for row in cohort.rows),
        unsafe=sorted({name for row in cohort.rows for name in row.submission.unsafe}),
        shared_students=len({name for one in cohort.misconceptions for name in one.students}),
        flagged_students=len({raised.student for raised in cohort.flags}),
        flags=sum(len(raised.places) for raised in cohort.flags),
    )
