"""What is left to mark: each answer with its rubric, without its student's name, in an order that says nothing."""

from __future__ import annotations

import hmac
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graders.authoring.answers import BEGIN_SCHEME, END_SCHEME, nbgrader_metadata, release, text
from graders.authoring.material import ExerciseEntry, Module
from graders.authoring.rubrics import Rubric, rubrics_of
from graders.course.course import Course
from graders.errors import CourseError
from graders.gradebook import Gradebook, KeptMark
from graders.gradebook.proof import Marks
from graders.grading.written import answer_cells, digest
from graders.records import Json, NotebookResult

_MODEL_ANSWER = "**Model answer**"
_BREAKS = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}


@dataclass(frozen=True, slots=True)
class AnswerToMark:
    """A written answer, and all that its marker needs.

    Attributes
    ----------
    id : str
        What stands for the student: the same in all exercises of an assignment, and it gives nobody away.
    student, assignment, notebook : str
    exercise : ExerciseEntry
    rubric : Rubric
    shown : str
        The answer as text that does nothing; empty where nothing is written.
    model_answer : str
        For this student's scenario, where there is one.
    submitted_digest, answer_digest : str
        What a mark of it is given for.
    last : KeptMark or None
        The newest mark, if there is one already.
    """

    id: str
    student: str
    assignment: str
    notebook: str
    exercise: ExerciseEntry
    rubric: Rubric
    shown: str
    model_answer: str
    submitted_digest: str
    answer_digest: str
    last: KeptMark | None = None


def answers(course: Course, gradebook: Gradebook, assignment: str, *, marked: bool = False) -> tuple[AnswerToMark, ...]:
    """Written answers of an assignment, sorted by exercise, shuffled within it by a seed that is the course's own.

    Parameters
    ----------
    course : Course
        With the graded notebooks.
    gradebook : Gradebook
        Its.
    assignment : str
        Slug of the module.
    marked : bool
        Those too that are marked already.

    Returns
    -------
    tuple of AnswerToMark
        Of submissions that are graded; a notebook that was not handed in has none.

    Raises
    ------
    CourseError
        If a graded notebook is not the one that the evidence speaks of.
    """
    module = course.module(assignment)
    waiting = {(one.student, one.notebook, one.exercise) for one in gradebook.unmarked(assignment)}
    marks = gradebook.marks(assignment)
    found = [
        answer
        for student, results in gradebook.evidence(assignment).items()
        for result in results
        for answer in _of_notebook(course, module, student, result, marks)
        if marked or (student, result.notebook, answer.exercise.id) in waiting
    ]
    order = {entry.id: number for number, entry in enumerate(module.exercises)}
    return tuple(sorted(found, key=lambda one: (order[one.exercise.id], _shuffled(course, one))))


def plain(said: str) -> str:
    """Text as a marker may safely see it: nothing in it moves the cursor, turns the line around, or breaks a form.

    Parameters
    ----------
    said : str
        Of a student.

    Returns
    -------
    str
        Without control characters other than line breaks; tabs are spaces.
    """
    lines = said.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).split("\n")
    return "\n".join("".join(_shown(character) for character in line).rstrip() for line in lines).strip("\n")


def _shown(character: str) -> str:
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in _BREAKS else character


def _of_notebook(
    course: Course, module: Module, student: str, result: NotebookResult, marks: Marks
) -> Iterator[AnswerToMark]:
    written = {one.exercise: one for one in result.written}
    entries = [entry for entry in module.exercises_in(result.notebook) if entry.id in written]
    if not entries or not result.submitted_digest:
        return
    rubrics = rubrics_of(module)
    where = course.autograded(student, module.slug) / f"{result.notebook}.ipynb"
    try:
        document: Json = json.loads(where.read_bytes())
        source = release(json.loads((course.source(module.slug) / where.name).read_bytes()))
    except (OSError, ValueError) as failure:
        raise CourseError(f"cannot be read ({failure})", str(where), f"Run `aisa grade {module.slug}`.") from None
    for entry in entries:
        cells = answer_cells(source, document, entry.id)
        if digest(cells) != written[entry.id].digest:
            do = f"Run `aisa grade {module.slug}`."
            raise CourseError(f"the answer to {entry.id} is not the one that was graded", str(where), do)
        yield AnswerToMark(
            id=_anonymous(course, module.slug, student),
            student=student,
            assignment=module.slug,
            notebook=result.notebook,
            exercise=entry,
            rubric=rubrics[entry.id],
            shown="\n\n".join(plain(_quoted(cell)) for cell in cells),
            model_answer=plain(_model_answer(document, entry.id) or rubrics[entry.id].model_answer),
            submitted_digest=result.submitted_digest,
            answer_digest=written[entry.id].digest,
            last=next(iter(marks.get((student, result.notebook, entry.id), ())), None),
        )


def _quoted(cell: Json) -> str:
    """A cell's text; of code it is said that it is code, of pictures that they are there."""
    attached: Any = cell.get("attachments") or {}
    pictures = [f"[picture {name}: see the notebook in formgrader]" for name in attached]
    said = text(cell) if cell["cell_type"] != "code" else f"[code]\n{text(cell)}"
    return "\n".join([said, *pictures])


def _model_answer(document: Json, exercise: str) -> str:
    """What the graded notebook's task cell tells the marker, for this student's scenario."""
    cells = document["cells"]
    assert isinstance(cells, list)  # noqa: S101  grading made it
    task = next((text(cell) for cell in cells if nbgrader_metadata(cell).get("grade_id") == exercise), "")
    scheme = task.partition(BEGIN_SCHEME)[2].partition(END_SCHEME)[0]
    return scheme.partition(_MODEL_ANSWER)[2].rpartition("\n")[0].strip("\n")


def _anonymous(course: Course, assignment: str, student: str) -> str:
    """Ten digits that only the course can trace back."""
    found = _derived(course, "anonymous", assignment, student)
    return f"{found[:5]}-{found[5:10]}"


def _shuffled(course: Course, answer: AnswerToMark) -> str:
    return _derived(course, "order of marking", answer.exercise.id, answer.student)


def _derived(course: Course, *said: str) -> str:
    return hmac.digest(course.secret, "\0".join(said).encode(), "sha256").hex()
