"""What is a student's own in grading: the scenario, model answers that speak of it, and whose id the notebook names.

The file that students got decides what their scenarios are, not the author's, which may have changed since.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graders.authoring.answers import nbgrader_metadata, text
from graders.authoring.material import Module
from graders.authoring.rubrics import Rubric, filled, mark_scheme
from graders.authoring.scenarios import FILE, PersonalScenarios
from graders.checks.personal import ModelAnswer
from graders.course.course import Course
from graders.course.settings import STUDENT_ID
from graders.errors import CourseError
from graders.records import Flag, Json

_NAMED = re.compile(r"^STUDENT[ \t]*=(?!=)(.*)", re.MULTILINE)
_TEXT = re.compile(r"""(["'])([^"'\\]{0,200})\1\s*(?:#.*)?""")


def scenarios_of(course: Course, module: Module) -> PersonalScenarios | None:
    """Scenarios of a course's students, from the file beside its source notebooks.

    Parameters
    ----------
    course : Course
        Whose students.
    module : Module
        Which assignment.

    Returns
    -------
    PersonalScenarios or None
        None where no notebook is personal.

    Raises
    ------
    CourseError
        If the file is missing, or cannot be run.
    """
    if not module.personal:
        return None
    path = course.source(module.slug) / FILE
    try:
        return PersonalScenarios(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        do = "It is what students got: take it from a release, or make the course anew with `aisa init`."
        raise CourseError("there are no personal scenarios", str(path), do) from None


def schemes_for(
    rubrics: Mapping[str, Rubric], answers: Mapping[str, ModelAnswer], scenario: Mapping[str, Any] | None
) -> dict[str, str]:
    """Mark schemes of written exercises; those of a personal notebook speak of the student's own scenario.

    Parameters
    ----------
    rubrics : mapping of str to Rubric
        By exercise id, of one notebook.
    answers : mapping of str to ModelAnswer
        By exercise id, where something is filled in beside what the scenario has.
    scenario : mapping or None
        The student's; None where the notebook is not personal.

    Returns
    -------
    dict of str to str
        By exercise id.
    """
    schemes = {}
    for id_, rubric in rubrics.items():
        if scenario is None:
            schemes[id_] = mark_scheme(rubric)
        else:
            values = answers[id_].values(scenario) if id_ in answers else scenario
            schemes[id_] = mark_scheme(filled(rubric, values))
    return schemes


def mistyped_id(student: str, notebook: Json) -> tuple[Flag, ...]:
    """Flag a personal notebook that names another student than the one who handed it in.

    It was run and checked with the right student's scenario all the same: the flag explains what a marker may find
    odd in it, and costs nothing.

    Parameters
    ----------
    student : str
        Who handed it in.
    notebook : Json
        The rebuilt submission.

    Returns
    -------
    tuple of Flag
        `mistyped-id`, or none.
    """
    cells = notebook["cells"]
    assert isinstance(cells, list)  # noqa: S101  `rebuild` made it
    own = [text(cell) for cell in cells if cell["cell_type"] == "code" and not nbgrader_metadata(cell)]
    named = [found[1] for source in own for found in _NAMED.finditer(source)]
    said = _TEXT.fullmatch(named[-1].strip()) if named else None
    if said and said[2].strip() == student:
        return ()
    whom = repr(said[2].strip()) if said and STUDENT_ID.fullmatch(said[2].strip()) else "nobody"
    detail = f"The notebook names {whom} as its student; it was checked with the scenario of {student}."
    return (Flag("mistyped-id", "STUDENT", detail),)
