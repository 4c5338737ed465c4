"""The report of a cohort on one module: one HTML page that needs nothing else, on screen or on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from markupsafe import Markup

from graders.authoring.material import Module, Notebook
from graders.psychometrics import items
from graders.psychometrics.estimate import Estimate
from graders.reports import plots
from graders.reports.interval import FEWEST
from graders.reports.page import part, percent, render, signed, spanned
from graders.reports.summary import Cohort

MOST_CHECKS = 10
"""Checks in the table of the dearest ones, and misconceptions in their plot; all of them stand further down."""
MOST_REASONS = 3
"""Reasons of a decision in the table; all of them stand on the student's page."""

_LEAD = (
    "What every student earned, what was lost and why, and what a human should look at. Points come from hidden checks "
    "that were put to each answer in a sandbox, and from markers; what stands here is read from the evidence that was "
    "kept of both."
)
_FOOTER = (
    "Written by aisa. This page loads nothing and runs nothing. It names students: keep it as you keep the gradebook."
)


def cohort_report(
    module: Module,
    cohort: Cohort,
    pass_marks: Mapping[str, float],
    *,
    course: str = "course",
    made: str = "",
    lead: str = _LEAD,
    links: Mapping[str, str] | None = None,
) -> str:
    """One self-contained HTML page about a cohort.

    Parameters
    ----------
    module : Module
        What was assessed: its title and exercises.
    cohort : Cohort
        Its figures.
    pass_marks : mapping of str to float
        Share of the points that each notebook needs. [1]
    course : str
        Name of the course.
    made : str
        Date, as it shall be printed; the page has no other trace of when it was made.
    lead : str
        What the report is, in a sentence or three.
    links : mapping of str to str, optional
        By student: where their own page lies, relative to this one.

    Returns
    -------
    str
        HTML without scripts, without anything to load; every text of others escaped and made visible.
    """
    return render(
        "cohort.html.j2",
        module=module,
        course=course,
        made=made,
        lead=lead,
        footer=_FOOTER,
        cohort=cohort,
        pass_marks=pass_marks,
        links=links or {},
        ordinals={entry.id: number for number, entry in enumerate(module.exercises, 1)},
        parts=get_args(Notebook),
        points_plot=_points(cohort),
        difficulty_plots={name: _difficulty(cohort, name) for name in module.notebooks},
        misconceptions_plot=_misconceptions(cohort),
        discrimination_plot=_discrimination(cohort),
        told=told,
        fewest_students=items.FEWEST,
        fewest=FEWEST,
        most_checks=MOST_CHECKS,
        most_reasons=MOST_REASONS,
        notes=any(row.submission.note for row in cohort.rows),
        unsafe=sorted({name for row in cohort.rows for name in row.submission.unsafe}),
        shared_students=len({name for one in cohort.misconceptions for name in one.students}),
        flagged_students=len({raised.student for raised in cohort.flags}),
        flags=sum(len(raised.places) for raised in cohort.flags),
        left_to_mark=sum(len(one.students) for one in cohort.unmarked),
    )


def _points(cohort: Cohort) -> Markup:
    shares = {row.submission.student: row.share for row in cohort.rows if row.share is not None}
    if not shares:
        return Markup()
    said = "; ".join(f"{student}: {percent(share)}" for student, share in shares.items())
    title = f"Students by share of the points; the median is {percent(cohort.median)}"
    return plots.piles(shares, cohort.median, "points", title, said)


def _difficulty(cohort: Cohort, notebook: str) -> Markup:
    """The exercises of one notebook: all in one figure would be longer than a page."""
    bars, said = [], []
    for number, one in enumerate(cohort.difficulties, 1):
        if one.share is not None and one.exercise.notebook == notebook:
            label = f"{number} · {one.exercise.title}"
            bars.append(plots.Bar(label, one.share, percent(one.share), one.interval))
            said.append(f"{one.exercise.title}: {_with_interval(one.share, one.interval)}")
    title = f"{part(notebook)}: mean share of the points in each"
    return plots.bars(bars, f"difficulty-{notebook}", title, "; ".join(said)) if bars else Markup()


def _with_interval(share: float, interval: tuple[float, float] | None) -> str:
    return f"{percent(share)}, {percent(interval[0])} to {percent(interval[1])}" if interval else percent(share)


def _discrimination(cohort: Cohort) -> Markup:
    """What each exercise tells, where that can be said of any."""
    rows, said = [], []
    for number, one in enumerate(cohort.difficulties, 1):
        found = cohort.quality.discrimination[one.exercise.id]
        if found.value is not None:
            rows.append(plots.Bar(f"{number} · {one.exercise.title}", found.value, signed(found.value), found.interval))
            said.append(f"{one.exercise.title}: {spanned(found)}")
    title = "Correlation of each exercise with the points in all others"
    return plots.dots(rows, "discrimination", title, "; ".join(said), (-1, 1)) if rows else Markup()


def told(found: Estimate) -> str:
    """What a discrimination says, in words.

    Parameters
    ----------
    found : Estimate
        Of an exercise or a check.

    Returns
    -------
    str
        A phrase.
    """
    if found.low is None or found.high is None:
        return found.why
    if found.low > 0:
        return "tells apart who does well elsewhere"
    return "speaks against the other exercises" if found.high < 0 else "cannot be told from chance"


def _misconceptions(cohort: Cohort) -> Markup:
    chosen = cohort.misconceptions[:MOST_CHECKS]
    most = max((len(one.students) for one in chosen), default=1)
    bars = [plots.Bar(one.name, len(one.students) / most, str(len(one.students))) for one in chosen]
    said = "; ".join(f"{bar.label}: {bar.note}" for bar in bars)
    return plots.bars(bars, "mistakes", "How many students make each known mistake", said, axis=False)
