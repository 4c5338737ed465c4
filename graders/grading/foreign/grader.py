"""One notebook of an assignment that no module covers: rebuilt, run with the tests that stand in it, scored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Any

from graders import __version__
from graders.authoring.answers import nbgrader_metadata
from graders.course.checksum import checksum
from graders.course.course import Course
from graders.course.foreign import CONFIG
from graders.course.intake import Submission
from graders.course.notebook_file import parse_notebook
from graders.errors import CourseError
from graders.gradebook import Gradebook, SourceNotebook
from graders.grading.document import document
from graders.grading.foreign.assignment import ForeignNotebook, assignment_of
from graders.grading.foreign.points import Scored, scored
from graders.grading.rebuild import Rebuilt, rebuild
from graders.grading.suspicion import suspicions
from graders.grading.twice import tried_twice
from graders.grading.written import written_answers
from graders.records import Cell, CellRun, Flag, Json, NotebookResult
from graders.sandbox import SharedSandbox, Watch

TESTS_APART = "tests-apart"
"""The property that does not hold of these results: that no test shares a process with what it tests."""

_ENVIRONMENT = {"NBGRADER_EXECUTION": "autograde"}  # courses ask for it to leave out what takes long


class ForeignGrader:
    """All that grading such an assignment needs, made once and shared by threads.

    Parameters
    ----------
    course : Course
    assignment : str
        Its name.
    sources : mapping of str to SourceNotebook
        Its notebooks as the gradebook has them.
    allow_unsafe : bool
        Grade although a sandbox property does not hold here; every result says so.

    Raises
    ------
    CourseError
        If a notebook of it cannot be graded here.
    """

    def __init__(
        self, course: Course, assignment: str, sources: Mapping[str, SourceNotebook], *, allow_unsafe: bool = False
    ) -> None:
        self.course = course
        self.module = assignment_of(course, assignment, sources)
        self._sources = sources
        self._allow_unsafe = allow_unsafe
        self._watch = Watch(self.module.watched, self.module.answered, _ENVIRONMENT)
        modules = (*self.module.required, *self.module.optional)
        testing = ["numpy.testing"] if "numpy" in self.module.watched else []
        self.sandboxes = SharedSandbox(
            course.sandbox_interpreter, [*modules, *testing], course.limits, allow_unsafe=allow_unsafe
        )
        self._contexts = {name: self._context(notebook) for name, notebook in self.module.by_name.items()}

    def __enter__(self) -> ForeignGrader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox and everything in it."""
        self.sandboxes.close()

    def start(self) -> None:
        """Start the sandbox, if it is not running, and see that its Python has what the notebooks import."""
        missing = sorted(set(self.module.required) - set(self.sandboxes.started().imported))
        if missing:
            where = f"{self.course.root / CONFIG}: {self.module.slug}"
            do = "Name a Python that has it: `c.Aisa.sandbox` in nbgrader_config.py, or AISA_SANDBOX_PYTHON."
            raise CourseError(f"the sandbox's Python lacks {', '.join(missing)}, which notebooks import", where, do)

    def is_stale(self, course: Course) -> bool:
        """Whether the course, or what was released, has changed since."""
        with Gradebook.open(course) as gradebook:
            sources = gradebook.sources(self.module.slug)
        return course != self.course or self.module != assignment_of(course, self.module.slug, sources)

    def context_digest(self, notebook: str) -> str:
        """SHA-256 of all that a result depends on besides the submission: what was released, files, limits, us."""
        return self._contexts[notebook]

    def _context(self, notebook: ForeignNotebook) -> str:
        parts = {
            "version": __version__,
            "released": notebook.released,
            "texts": notebook.texts,
            "points": notebook.points,
            "files": {name: _sha256(content) for name, content in self.module.files.items()},
            "own files": self.course.own_files.get(self.module.slug, ()),
            "limits": asdict(self.course.limits),
            "unsafe": self._allow_unsafe,
        }
        return _sha256(json.dumps(parts, sort_keys=True).encode())

    # --- a notebook -------------------------------------------------------------------------------------------------

    def grade(self, submission: Submission, notebook: str, before: NotebookResult | None = None) -> NotebookResult:  # noqa: ARG002
        """Grade one notebook of one student.

        Parameters
        ----------
        submission : Submission
            What was handed in.
        notebook : str
            Name without extension; where the submission has none, every test cell has zero points.
        before : NotebookResult or None
            What was found before; nothing of it stands, since any cell may change what the others do.

        Returns
        -------
        NotebookResult

        Raises
        ------
        SubmissionError
            If the file is no notebook that can be read.
        GraderError
            If the machine failed twice.
        """
        if notebook not in submission.notebooks:
            flag = Flag("missing-notebook", notebook, "The submission has no such notebook.")
            return self._result(submission, notebook, None, self._scored(notebook, {}), (flag,))
        rebuilt = self.rebuilt(submission, notebook)
        self.start()
        return tried_twice(lambda: self._run(submission, notebook, rebuilt))

    def rebuilt(self, submission: Submission, notebook: str) -> Rebuilt:
        """What was handed in, put back on its feet; SubmissionError if it is no notebook that can be read."""
        where = f"submitted/{submission.student}/{self.module.slug}/{notebook}.ipynb"
        theirs, ours = parse_notebook(submission.notebooks[notebook], where), self.module.by_name[notebook]
        rebuilt = rebuild(ours.released, theirs, where)
        for cell in rebuilt.notebook["cells"]:
            whole = ours.texts.get(nbgrader_metadata(cell).get("grade_id", ""))
            if whole is not None:
                cell["source"] = whole
                cell["metadata"]["nbgrader"]["checksum"] = checksum(cell)
        return rebuilt

    def _run(self, submission: Submission, notebook: str, rebuilt: Rebuilt) -> NotebookResult:
        ours = self.module.by_name[notebook]
        cells = [_cell(index, cell, ours) for index, cell in enumerate(rebuilt.notebook["cells"]) if _is_code(cell)]
        with (
            self.sandboxes.borrowed() as sandbox,
            sandbox.run(cells, self._files(submission), watch=self._watch) as ran,
        ):
            runs, flags = ran.cells, [*rebuilt.flags, *suspicions(rebuilt.notebook, ours.words), *ran.flags]
        by_index = {run.index: run for run in runs}
        tests = {
            nbgrader_metadata(cell).get("grade_id", ""): by_index.get(index)
            for index, cell in enumerate(rebuilt.notebook["cells"])
        }
        found = self._scored(notebook, tests)
        written = document(rebuilt.notebook, runs, {cell: one.result for cell, one in found.items()})
        flags += [flag for one in found.values() for flag in one.flags]
        return self._result(submission, notebook, written, found, tuple(dict.fromkeys(flags)), sandbox.unsafe)

    def _files(self, submission: Submission) -> dict[str, bytes]:
        """What lies beside the notebook: the student's files, and in their place the course's, but for some."""
        own = self.course.own_files.get(self.module.slug, ())
        return {**submission.beside, **{name: data for name, data in self.module.files.items() if name not in own}}

    def _scored(self, notebook: str, runs: Mapping[str, CellRun | None]) -> dict[str, Scored]:
        digest = self._contexts[notebook]
        points = self.module.by_name[notebook].points
        return {cell: scored(cell, worth, runs.get(cell), digest) for cell, worth in points.items()}

    def _result(
        self,
        submission: Submission,
        notebook: str,
        written: Json | None,
        found: Mapping[str, Scored],
        flags: tuple[Flag, ...],
        unsafe: tuple[str, ...] = (),
    ) -> NotebookResult:
        return NotebookResult(
            notebook=notebook,
            exercises=tuple(one.result for one in found.values()),
            flags=flags,
            document=written,
            submitted_digest=submission.digest(notebook),
            context_digest=self.context_digest(notebook),
            unsafe=(*unsafe, TESTS_APART),
            written=written_answers(self.module.by_name[notebook].released, written),
        )


def _cell(index: int, cell: Mapping[str, Any], ours: ForeignNotebook) -> Cell:
    known = ours.cells.get(nbgrader_metadata(cell).get("grade_id", ""))
    return Cell(index, cell["source"]) if known is None else Cell(index, known.plain, course=known.facts)


def _is_code(cell: Mapping[str, Any]) -> bool:
    return bool(cell["cell_type"] == "code")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
