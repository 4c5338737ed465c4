"""A student's own page on one module: what they earned, what they lost and why, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from graders.authoring.material import Module
from graders.authoring.rubrics import Rubric
from graders.reports.levels import reached
from graders.reports.next_steps import MOST, next_steps
from graders.reports.page import render
from graders.reports.summary import Row

_FOOTER = (
    "Written by aisa from the evidence that the course keeps of every score. This page loads nothing and runs nothing. "
    "It is about you alone, and yours to show or to keep."
)
_TOLD = ("timeout", "memory", "crashed", "output-cut", "duplicate-cell", "missing-answer-cell", "mistyped-id")
"""Kinds of flags that explain a result to its student; the others are for a human to judge first."""


def student_report(
    module: Module, row: Row, rubrics: Mapping[str, Rubric], *, course: str = "course", made: str = ""
) -> str:
    """One self-contained HTML page for a student.

    Parameters
    ----------
    module : Module
        What was assessed.
    row : Row
        Where the student stands.
    rubrics : mapping of str to Rubric
        Of the written exercises.
    course : str
        Name of the course.
    made : str
        Date, as it shall be printed.

    Returns
    -------
    str
        HTML without scripts, without anything to load, without a word about anybody else.
    """
    notebooks = [(name, [work for work in row.works if work.entry.notebook == name]) for name in module.notebooks]
    return render(
        "student.html.j2",
        module=module,
        course=course,
        made=made,
        footer=_FOOTER,
        row=row,
        one=row.submission,
        notebooks=notebooks,
        entries={entry.id: entry for entry in module.exercises},
        steps=next_steps(row),
        most=MOST,
        waiting=len(row.submission.waiting),
        levels={work.entry.id: reached(rubrics.get(work.entry.id), work.mark) for work in row.works},
        told=[flag for flag in row.submission.flags if flag.kind in _TOLD],
    )
