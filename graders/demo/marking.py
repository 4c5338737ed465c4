"""Marking the sample answers: forms as `aisa mark --form` writes them, filled in, and read as `--import` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from graders.course import Course
from graders.demo.essays import Essay
from graders.demo.samples import Sample
from graders.gradebook import Gradebook
from graders.marking.answers import answers
from graders.marking.form import write_forms
from graders.marking.form_reading import read_forms
from graders.marking.giving import give

_MARKER = "A. Marker"


def mark(course: Course, assignment: str, cohort: Sequence[Sample], folder: Path) -> None:
    """Mark what the cohort wrote, but for those whom a marker has not come to yet.

    Parameters
    ----------
    course : Course
        Graded.
    assignment : str
        Slug of the module.
    cohort : sequence of Sample
        What was handed in.
    folder : Path
        Where the forms are written.
    """
    written = {(one.student, exercise): essay for one in cohort for exercise, essay in one.essays.items() if one.marked}
    with Gradebook.open(course) as gradebook:
        waiting = answers(course, gradebook, assignment)
        students = {
            (answer.id, answer.exercise.id): written.get((answer.student, answer.exercise.id)) for answer in waiting
        }
        forms = write_forms(course, waiting, folder)
        for form in forms:
            _fill_in(form, students)
        give(gradebook, read_forms(forms, assignment, waiting, _MARKER))


def _fill_in(form: Path, essays: Mapping[tuple[str, str], Essay | None]) -> None:
    """Levels and comments, as a marker would type them; where there is no essay the form is left as it is."""
    said: dict[str, Any] = yaml.safe_load(form.read_text(encoding="utf-8"))
    for entry in said["answers"]:
        essay = essays[entry["id"], entry["exercise"]]
        if essay is not None:
            entry |= {"levels": dict(essay.levels), "comment": essay.comment}
    form.write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True), encoding="utf-8")
