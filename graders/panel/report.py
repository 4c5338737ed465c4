"""The report about a course's reviewers, for its office: one HTML page, and the same in short for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from graders.panel.reviewers import Panel
from graders.psychometrics import design, raters
from graders.psychometrics.estimate import Estimate
from graders.reports import plots
from graders.reports.page import render, signed, spanned

_FOOTER = (
    "Written by aisa from the ledger. This page loads nothing and runs nothing. It is about people: it is for the "
    "office and for those whom it names, and no figure on it changes a score."
)
_ENOUGH = 0.8
"""Dependability that a decision about one person should have (Brennan 2001; a convention, no law of nature)."""


def reviewers_report(panel: Panel, *, course: str = "course", made: str = "") -> str:
    """One self-contained HTML page about the reviewers of a round.

    Parameters
    ----------
    panel : Panel
        Their figures.
    course : str
        Name of the course.
    made : str
        Date, as it shall be printed.

    Returns
    -------
    str
        HTML without scripts, without anything to load; candidates by pseudonym.
    """
    return render(
        "panel.html.j2",
        panel=panel,
        course=course,
        made=made,
        footer=_FOOTER,
        severity_plot=_severity(panel),
        projection_plot=_projections(panel),
        enough=_ENOUGH,
        needed=needed(panel),
        told=told,
        fewest=design.FEWEST,
        fewest_for_halo=raters.FEWEST_FOR_HALO,
    )


def reviewers_lines(panel: Panel) -> Iterator[str]:
    """The same in short.

    Parameters
    ----------
    panel : Panel
        Their figures.

    Yields
    ------
    str
        A line.
    """
    yield f"{panel.round}: {len(panel.readings)} documents, {len(panel.reviewers)} reviewers"
    for one in panel.reviewers:
        said = f"severity {spanned(one.severity, 1)}; drift {spanned(one.drift)}; halo {spanned(one.halo)}"
        yield f"{one.rater}, {one.documents} documents: {said}"
    if panel.at_cut.why:
        yield "dependability not estimable"
    else:
        yield from (f"{_many(size.raters)}: dependability {spanned(size.absolute)}" for size in panel.projections)
        yield f"decisions at the cut of {panel.cut:.1f} by a panel of three: {spanned(panel.at_cut)}"
    figures = [found for one in panel.reviewers for found in (one.severity, one.drift, one.halo)]
    for why in sorted({found.why for found in (*figures, panel.at_cut) if found.why}):
        yield f"not estimable: {why}"


def needed(panel: Panel) -> int | None:
    """How many reviewers it takes for a dependability of 0.8; None where no panel that was looked at has it."""
    return next((one.raters for one in panel.projections if (one.absolute.value or 0.0) >= _ENOUGH), None)


def told(found: Estimate, less: str, more: str) -> str:
    """What a figure about a reviewer says, in words.

    Parameters
    ----------
    found : Estimate
        A difference to the others.
    less, more : str
        What it means below zero, and above.

    Returns
    -------
    str
        A phrase.
    """
    if found.low is None or found.high is None:
        return found.why
    if found.high < 0:
        return less
    return more if found.low > 0 else "cannot be told from chance"


def _severity(panel: Panel) -> Markup:
    known = [one for one in panel.reviewers if one.severity.value is not None]
    if not known:
        return Markup()
    reach = max(abs(end) for one in known for end in one.severity.interval or (0.0,))
    end = next(one for one in (5, 10, 20, 40, 100) if one >= min(reach, 100))
    rows = [
        plots.Bar(one.rater, one.severity.value or 0.0, signed(one.severity.value or 0.0, 1), one.severity.interval)
        for one in known
    ]
    said = "; ".join(f"{one.rater}: {spanned(one.severity, 1)}" for one in known)
    return plots.dots(rows, "severity", "Points that each reviewer gives more than the others", said, (-end, end))


def _projections(panel: Panel) -> Markup:
    known = [one for one in panel.projections if one.absolute.value is not None]
    if not known:
        return Markup()
    rows = [
        plots.Bar(
            _many(one.raters), one.absolute.value or 0.0, signed(one.absolute.value or 0.0), one.absolute.interval
        )
        for one in known
    ]
    said = "; ".join(f"{_many(one.raters)}: {spanned(one.absolute)}" for one in known)
    return plots.dots(rows, "dependability", "Dependability of the mean of so many reviewers", said, (0, 1))


def _many(raters: int) -> str:
    return "1 reviewer" if raters == 1 else f"{raters} reviewers"
