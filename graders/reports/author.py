"""The report of a module for its author: one HTML page, and the same in short for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from graders.authoring.material import Module
from graders.psychometrics import items
from graders.reports.cohort import told
from graders.reports.findings import Findings
from graders.reports.interval import FEWEST
from graders.reports.page import percent, render, spanned
from graders.reports.quality import Quality
from graders.reports.remarks import remarks

_FOOTER = (
    "Written by aisa. This page loads nothing and runs nothing. It names no student: an answer is known by the number "
    "of its execution, which the instructor’s page of the cohort gives for each of them."
)
_MOST = 12
"""Remarks at the terminal; all of them stand on the page."""


def author_report(
    module: Module, found: Sequence[Findings], quality: Quality, *, course: str = "course", made: str = ""
) -> str:
    """One self-contained HTML page for a module's author.

    Parameters
    ----------
    module : Module
        What was assessed.
    found : sequence of Findings
        Of its exercises.
    quality : Quality
        Reliability, and how many students it rests on.
    course : str
        Name of the course.
    made : str
        Date, as it shall be printed.

    Returns
    -------
    str
        HTML without scripts, without anything to load, without the name of a student.
    """
    return render(
        "module.html.j2",
        module=module,
        course=course,
        made=made,
        footer=_FOOTER,
        found=found,
        quality=quality,
        remarks=remarks(found),
        ordinals={entry.id: number for number, entry in enumerate(module.exercises, 1)},
        told=told,
        fewest=FEWEST,
        fewest_students=items.FEWEST,
        known=sum(len(one.known) for one in found),
        silent=sum(len(one.silent) for one in found),
        unexplained=sum(len(group.numbers) for one in found for group in one.unexplained),
    )


def author_lines(module: Module, found: Sequence[Findings], quality: Quality) -> Iterator[str]:
    """The same in short.

    Parameters
    ----------
    module : Module
        What was assessed.
    found : sequence of Findings
        Of its exercises.
    quality : Quality
        Reliability, and how many students it rests on.

    Yields
    ------
    str
        A line.
    """
    whole = quality.reliability
    sure = f"not estimable: {whole.why}" if whole.why else f"{spanned(whole)}, n = {whole.n}"
    yield f"{module.slug}: {len(found)} exercises; reliability {sure}"
    for number, one in enumerate(found, 1):
        hard, made = one.difficulty, sum(bool(known.told or known.now) for known in one.known)
        yield (
            f"{number:3}  {one.exercise.id:44} {percent(hard.share):>5} of the points, n = {hard.tried:<3} "
            f"tells {spanned(one.tells)}; of {len(one.known)} known mistakes {made} made"
        )
    looked = remarks(found)
    for remark in looked[:_MOST]:
        yield f"look: {remark.exercise}: {remark.text} ({remark.evidence}). {remark.do}"
    if len(looked) > _MOST:
        yield f"look: {len(looked) - _MOST} more on the page"


def author_data(module: Module, found: Sequence[Findings], quality: Quality) -> dict[str, Any]:
    """The figures as plain data, for programs: what `--json` prints.

    Parameters
    ----------
    module : Module
        What was assessed.
    found : sequence of Findings
        Of its exercises.
    quality : Quality
        Reliability, and how many students it rests on.

    Returns
    -------
    dict
        Of numbers, text, lists and dicts.
    """
    return {
        "module": module.slug,
        "reliability": asdict(quality.reliability),
        "look_at": [asdict(one) for one in remarks(found)],
        "exercises": [
            {
                "exercise": one.exercise.id,
                "handed_in": one.difficulty.tried,
                "mean_share": one.difficulty.share,
                "interval": one.difficulty.interval,
                "discrimination": asdict(one.tells),
                "checks": [asdict(part) for part in one.parts],
                "known_mistakes": [asdict(known) for known in one.known],
                "unexplained": [asdict(group) for group in one.unexplained],
                "evidence": {one.evidence: list(one.numbers)},
            }
            for one in found
        ],
    }
