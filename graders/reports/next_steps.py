"""What a student should do next, the most useful first. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from graders.reports.standing import Work
from graders.reports.summary import Row

MOST = 5
"""Steps that are named: a list of everything is no advice."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes
    ----------
    title, text : str
        What it is about, and what to do.
    points : float
        That are still to be had there.
    exercise : str
        Id of the exercise; empty where it is about a whole notebook.
    needed : bool
        Whether the module stays incomplete without it.
    """

    title: str
    text: str
    points: float
    exercise: str = ""
    needed: bool = False


def next_steps(row: Row) -> tuple[Step, ...]:
    """What to do about a module.

    Parameters
    ----------
    row : Row
        Where the student stands.

    Returns
    -------
    tuple of Step
        What the module's completion hangs on comes first, then where most points are to be had; what waits for
        somebody else is not among them.
    """
    short = {part.notebook for part in row.decision.parts if part.outcome == "not yet"}
    below = {reason.exercise for part in row.decision.parts for reason in part.reasons if part.notebook == "practical"}
    absent = _absent(row)
    steps = [
        Step(
            f"Hand in {notebook}.ipynb",
            "It was not among what you handed in, so nothing in it could be looked at.",
            points,
            needed=notebook in short,
        )
        for notebook, points in absent.items()
    ]
    steps += [
        _step(work, work.entry.id in below if work.entry.notebook == "practical" else work.entry.notebook in short)
        for work in row.works
        if work.entry.notebook not in absent and work.points is not None and work.points < work.entry.points
    ]
    return tuple(sorted(steps, key=lambda step: (not step.needed, -step.points)))


def _absent(row: Row) -> dict[str, float]:
    """Points of each notebook that was not handed in."""
    arrived = {one.notebook for one in row.submission.notebooks if one.submitted_digest}
    points: dict[str, float] = {}
    for work in row.works:
        if work.entry.notebook not in arrived and work.points is not None:
            points[work.entry.notebook] = points.get(work.entry.notebook, 0.0) + work.entry.points
    return points


def _step(work: Work, needed: bool) -> Step:
    return Step(work.entry.title, _advice(work), work.entry.points - (work.points or 0.0), work.entry.id, needed)


def _advice(work: Work) -> str:
    """The one sentence that helps most: what a marker wrote, the hint of a known mistake, or the dearest lost check."""
    if work.mark is not None:
        return work.mark.comment or "Read what the marker said about each criterion."
    if work.standing.why:
        return f"{work.standing.why[0].upper()}{work.standing.why[1:]}."
    if work.untouched:
        return "The answer is still the one that was released: begin with what the exercise asks for."
    return _from_checks(work)


def _from_checks(work: Work) -> str:
    if work.result is not None and work.result.hint:
        return work.result.hint
    lost = [check for check in (work.result.checks if work.result else ()) if not check.kept]
    dearest = max(lost, key=lambda check: check.weight, default=None)
    if dearest is None:
        return "Every check holds, but one that compares values must hold before the others count."
    return f"{dearest.message} Yours: {dearest.reason}." if dearest.reason else dearest.message
