"""Which notebook of an assignment a file is: what its cells say of themselves, or else what it is called."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from graders.authoring.answers import nbgrader_metadata
from graders.course.course import Course
from graders.course.inbox import Contents
from graders.course.notebook_file import parse_notebook
from graders.errors import CourseError, SubmissionError
from graders.records import Json


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was handed in, sorted out.

    Attributes
    ----------
    notebooks : mapping of str to bytes
        By name without extension.
    notes : tuple of str
        What the student should know about files that are called otherwise, or not used; sentences.
    """

    notebooks: Mapping[str, bytes]
    notes: tuple[str, ...]


class Assignment:
    """What the notebooks of an assignment look like.

    Parameters
    ----------
    course : Course
    slug : str
        Of the module.

    Raises
    ------
    CourseError
        If the course has no such assignment, or lacks one of its source notebooks.
    """

    def __init__(self, course: Course, slug: str) -> None:
        self.slug = slug
        self.notebooks = course.module(slug).notebooks
        self._ids = {name: _source_ids(course, slug, name) for name in self.notebooks}

    def recognise(self, contents: Contents, where: str) -> Recognised:
        """Sort out what was handed in.

        Parameters
        ----------
        contents : Contents
            Of one item of the inbox.
        where : str
            What messages call it.

        Returns
        -------
        Recognised

        Raises
        ------
        SubmissionError
            If nothing of it is of this assignment, one of its notebooks is damaged, or there are two of one kind.
        """
        homes = {path: self._home(path, content, where) for path, content in contents.notebooks.items()}
        files = {name: [path for path in homes if homes[path] == name] for name in self.notebooks}
        taken = {name: path for name, paths in files.items() if (path := self._choose(name, paths, where))}
        if not taken:
            raise self._nothing(contents, where)
        notes = [
            f"{path} is taken as {name}.ipynb." for name, path in taken.items() if PurePosixPath(path).stem != name
        ]
        unused = sorted({*homes, *contents.others} - set(taken.values()))
        notes += [f"{path} is not used." for path in unused[:_MOST_NOTES]]
        notes += [f"{len(unused) - _MOST_NOTES} more files are not used."] if len(unused) > _MOST_NOTES else []
        return Recognised({name: contents.notebooks[path] for name, path in taken.items()}, tuple(notes))

    def _home(self, path: str, content: bytes, where: str) -> str:
        """The notebook that a file is; empty if it is none of ours."""
        called = PurePosixPath(path).name
        exact = next((name for name in self._ids if called == f"{name}.ipynb"), "")
        try:
            claimed = _grade_ids(parse_notebook(content, f"{where}/{path}" if path != where else where))
        except SubmissionError:
            if exact:
                raise
            return ""
        shared = {name: len(claimed & ids) for name, ids in self._ids.items()}
        best = max(shared, key=lambda name: (shared[name], name == exact))
        if shared[best]:
            return best
        if claimed and exact:
            message = f"{called} is a notebook of another assignment: none of its cells is of {self.slug}"
            raise SubmissionError(message, where, "Hand in the notebook that was released.")
        return exact

    def _choose(self, name: str, paths: Sequence[str], where: str) -> str:
        """Of several files that are one notebook, the one that is called so."""
        called = [path for path in paths if PurePosixPath(path).name == f"{name}.ipynb"]
        candidates = called or list(paths)
        if len(candidates) > 1:
            do = f"Hand in one of them, as {name}.ipynb."
            raise SubmissionError(f"holds {name}.ipynb more than once: {', '.join(sorted(candidates))}", where, do)
        return candidates[0] if candidates else ""

    def _nothing(self, contents: Contents, where: str) -> SubmissionError:
        expected = ", ".join(f"{name}.ipynb" for name in self.notebooks)
        found = sorted([*contents.notebooks, *contents.others])
        do = "Hand in the notebooks themselves."
        if any(path.lower().endswith(".zip") for path in found):
            do = "Hand in the notebooks themselves, not a zip within."
        listed = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "") or "nothing"
        return SubmissionError(f"no notebook of {self.slug}: expected {expected}, found {listed}", where, do)


_MOST_NOTES = 5


def _source_ids(course: Course, slug: str, name: str) -> frozenset[str]:
    path = course.source(slug) / f"{name}.ipynb"
    try:
        return _grade_ids(json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise CourseError("there is no such source notebook", str(path), "Run `aisa init` or copy it there.") from None


def _grade_ids(notebook: Json) -> frozenset[str]:
    """Grade ids that cells carry."""
    cells = notebook.get("cells")
    said = [nbgrader_metadata(cell).get("grade_id") for cell in cells] if isinstance(cells, list) else []
    return frozenset(one for one in said if isinstance(one, str))
