"""What students get back: nbgrader's feedback, without what is for markers, and without a zero for what is unmarked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbgrader.api import Gradebook as TheirGradebook

from graders.authoring.answers import without_mark_scheme
from graders.course.course import Course
from graders.course.files import give_to_owner
from graders.nbgrader_bridge import command

NOT_MARKED = "Not marked yet."

Node = Any
Resources = dict[str, Any]


class ForStudents(Preprocessor):  # type: ignore[misc]  # nbconvert is not typed
    """A step after nbgrader's own that put scores and comments into the notebook."""

    enabled = True

    def preprocess(self, nb: Node, resources: Resources) -> tuple[Node, Resources]:
        """Take mark schemes out of task cells, and say of which answers nobody has marked them yet."""
        about = resources["nbgrader"]
        place = (about["notebook"], about["assignment"], about["student"])
        with TheirGradebook(about["db_url"]) as gradebook:
            for cell in nb.cells:
                said = cell.metadata.get("nbgrader", {})
                if said.get("task"):
                    cell.source = without_mark_scheme(cell.source).rstrip()
                    if gradebook.find_grade(said["grade_id"], *place).needs_manual_grade:
                        said["comment"] = NOT_MARKED
        return nb, resources


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a student gets back for one assignment.

    Attributes
    ----------
    student, assignment : str
    files : tuple of str
        Paths in the course, one page for each notebook.
    unmarked : int
        Answers that nobody has marked yet; the pages say so.
    """

    student: str
    assignment: str
    files: tuple[str, ...]
    unmarked: int


def write_feedback(course: Course, assignment: str, students: list[str] | None, waiting: list[str]) -> list[Feedback]:
    """Write the feedback of an assignment.

    Parameters
    ----------
    course : Course
        With graded submissions.
    assignment : str
        Slug of the module.
    students : list of str or None
        Only theirs; everybody's who is graded, if None.
    waiting : list of str
        The student of each answer that is left to mark.

    Returns
    -------
    list of Feedback
        Sorted by student.

    Raises
    ------
    GraderError
        If nbgrader fails.
    """
    for student in students or ["*"]:
        command.run(course, "generate_feedback", assignment, "--student", student, "--force")
    found = []
    for folder in sorted((course.root / "feedback").glob(f"*/{assignment}")):
        student = folder.parent.name
        if students and student not in students:
            continue
        for path in (folder.parents[1], folder.parent, folder, *folder.rglob("*")):
            give_to_owner(course.root, path)
        pages = tuple(_in_course(course, page) for page in sorted(folder.glob("*.html")))
        found.append(Feedback(student, assignment, pages, waiting.count(student)))
    return found


def _in_course(course: Course, page: Path) -> str:
    return page.relative_to(course.root).as_posix()
