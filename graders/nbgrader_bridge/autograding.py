"""The two passes of `nbgrader autograde`, both ours.

nbgrader reads a notebook, runs a list of preprocessors over it and writes what comes out: first from `submitted` to
`autograded`, then over `autograded` again. Here the first pass reads the submission as `aisa grade` does, once, and
leaves it rebuilt; the second grades those very bytes, writes rows and evidence in one transaction, and leaves the
graded notebook. What nbformat would make of the file is never used.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TextIO

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import Preprocessor
from traitlets import Bool

from graders.course.course import Course, load
from graders.course.intake import Submission, read_submission
from graders.gradebook import Gradebook, write_autograded
from graders.grading.notebook import grade_notebook, notebook_names, rebuilt_notebook
from graders.records import NotebookResult

Node = Any
Resources = dict[str, Any]


class SubmissionExporter(NotebookExporter):  # type: ignore[misc]  # nbconvert is not typed
    """Reads submissions, each once, and hands an empty notebook to the steps, which know better."""

    _read: Submission | None = None

    def from_file(
        self,
        file_stream: TextIO,  # noqa: ARG002  nbconvert's signature
        resources: Resources | None = None,
        **kw: Any,
    ) -> tuple[Node, Resources]:
        """Leave the stream alone: what was handed in is read by `submission`."""
        exported: tuple[Node, Resources] = self.from_notebook_node(nbformat.v4.new_notebook(), resources, **kw)
        return exported

    def submission(self, course: Course, student: str, assignment: str) -> Submission:
        """What a student handed in, read when its first notebook comes."""
        if self._read is None or (self._read.student, self._read.assignment) != (student, assignment):
            self._read = read_submission(course, student, assignment)
        return self._read


class _Step(Preprocessor):  # type: ignore[misc]  # nbconvert is not typed
    """A pass over one notebook of one submission."""

    enabled = Bool(True)  # not to be configured: a grade either comes from here, or is none

    def asked(self, resources: Resources) -> tuple[Course, Submission, str]:
        """The course, what was handed in, and which of its notebooks nbgrader has come to."""
        about = resources["nbgrader"]
        course = load(Path(resources["metadata"]["path"]))
        return course, self.parent.submission(course, about["student"], about["assignment"]), about["notebook"]


class Rebuild(_Step):
    """First pass: our cells are ours again, and nothing but our files and the notebooks lies in `autograded`."""

    def preprocess(self, nb: Node, resources: Resources) -> tuple[Node, Resources]:  # noqa: ARG002
        """Put the rebuilt notebook in the place of whatever came."""
        course, submission, notebook = self.asked(resources)
        _remove_copies(course, submission)
        return nbformat.from_dict(rebuilt_notebook(course, submission, notebook)), resources


class Grade(_Step):
    """Second pass: graded, with rows and evidence written; the file is there before them, as in `aisa grade`."""

    def preprocess(self, nb: Node, resources: Resources) -> tuple[Node, Resources]:  # noqa: ARG002
        """Put the graded notebook in the place of whatever came."""
        course, submission, notebook = self.asked(resources)
        result = grade_notebook(course, submission, notebook)
        assert result.document is not None  # noqa: S101  the notebook is there
        write_autograded(course, submission, notebook, result.document, mode=0o644)  # nbgrader writes it once more
        absent = _absent(course, submission) if notebook == min(submission.notebooks) else []
        with Gradebook.open(course) as gradebook:
            gradebook.write_rows(submission, [result, *absent])
        return nbformat.from_dict(dict(result.document)), resources


def _absent(course: Course, submission: Submission) -> list[NotebookResult]:
    """Results of notebooks that were not handed in: nbgrader never asks for them."""
    names = notebook_names(course, submission.assignment)
    return [grade_notebook(course, submission, name) for name in names if name not in submission.notebooks]


def _remove_copies(course: Course, submission: Submission) -> None:
    """Take away what nbgrader has copied from the submission: it would go on to `feedback`, and into a browser."""
    folder = course.autograded(submission.student, submission.assignment)
    source = course.source(submission.assignment)
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        ours = (source / name).is_file() or name in submission.receipts
        if path.is_file() and not ours:
            path.unlink()
