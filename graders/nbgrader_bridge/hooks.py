"""What happens around `nbgrader autograde` of one submission.

nbgrader swallows what these raise, so nothing rests on them: links are refused again when the submission is read, and
a student who is not enrolled is refused by nbgrader.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from graders.course import files
from graders.course.course import Course, load
from graders.gradebook import Gradebook


def before_autograding(*, assignment: str, student: str, notebooks: Sequence[str]) -> None:  # noqa: ARG001  nbgrader's
    """Move links out of the submission, and bring the roster and due dates into nbgrader's tables.

    nbgrader would copy what a link points at, be it another submission or the secret, and give it to the student as
    feedback.

    Parameters
    ----------
    assignment, student : str
        As the command was given them: they may be patterns.
    notebooks : sequence of str
        Paths of the submission's notebooks.
    """
    folder = Path(notebooks[0]).parent
    course = load(folder)
    quarantine(course, folder)
    with Gradebook.open(course) as gradebook:
        gradebook.enrol()


def quarantine(course: Course, folder: Path) -> None:
    """Move every link below a folder of the course to `.aisa/quarantine`, where nobody follows it.

    Parameters
    ----------
    course : Course
        The course.
    folder : Path
        A submission.
    """
    links = [
        Path(directory, name)
        for directory, folders, names in os.walk(folder)
        for name in [*folders, *names]
        if Path(directory, name).is_symlink()
    ]
    for link in sorted(links):
        place = course.root / ".aisa" / "quarantine" / link.relative_to(course.root)
        files.make_folders(course.root, place.parent)
        place.unlink(missing_ok=True)
        link.rename(place)


def after_autograding(*, assignment: str, student: str, notebooks: Sequence[str]) -> None:  # noqa: ARG001  nbgrader's
    """Give what the superuser wrote to whoever owns the course.

    Parameters
    ----------
    assignment, student : str
        As the command was given them.
    notebooks : sequence of str
        Paths of the submission's notebooks.
    """
    folder = Path(notebooks[0]).parent
    course = load(folder)
    graded = course.root / "autograded" / folder.relative_to(course.root / "submitted")
    for path in (graded.parents[1], graded.parent, graded, *graded.rglob("*")):
        files.give_to_owner(course.root, path)
