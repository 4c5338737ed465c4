"""One notebook, graded: rebuilt, run in the sandbox, asked, scored, written up."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from types import TracebackType

from graders.authoring.answers import with_mark_schemes
from graders.authoring.material import ExerciseEntry, Module
from graders.checks.trial import run
from graders.course.course import Course
from graders.course.intake import Submission
from graders.course.notebook_file import parse_notebook
from graders.grading.assignment import Assignment
from graders.grading.document import document
from graders.grading.lasting import lasting
from graders.grading.personal import mistyped_id
from graders.grading.rebuild import Rebuilt, rebuild
from graders.grading.suspicion import suspicions
from graders.grading.twice import tried_twice
from graders.grading.written import written_answers
from graders.records import Cell, ExerciseResult, Flag, Json, NotebookResult
from graders.sandbox import NotebookRun, SharedSandbox
from graders.scoring import score


class Grader:
    """All that grading one assignment of one course needs, made once and shared by threads.

    Parameters
    ----------
    course : Course
    assignment : str
        Slug of the module.
    allow_unsafe : bool
        Grade although a sandbox property does not hold here; every result says so.
    sandbox : SharedSandbox, optional
        Where its notebooks run, if it was made already; it is closed with the grader.

    Raises
    ------
    CourseError
        If the assignment is not in the course, or its material is wrong.
    """

    def __init__(
        self, course: Course, assignment: str, *, allow_unsafe: bool = False, sandbox: SharedSandbox | None = None
    ) -> None:
        self.course = course
        self.allow_unsafe = allow_unsafe
        module = course.module(assignment)
        self.sandboxes = sandbox or SharedSandbox(
            course.sandbox_interpreter, module.imports, course.limits, allow_unsafe=allow_unsafe
        )
        self.assignment = Assignment(course, module)
        self._contexts = {
            name: self.assignment.context(name, self.assignment.definitions(name), unsafe=allow_unsafe)
            for name in self.module.notebooks
        }

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox and everything in it."""
        self.sandboxes.close()

    @property
    def module(self) -> Module:
        """The assignment's module."""
        return self.assignment.module

    def start(self) -> None:
        """Start the sandbox, if it is not running: where that cannot be, it is said before anybody is graded."""
        self.sandboxes.started()

    def is_stale(self, course: Course) -> bool:
        """Whether something that results depend on has changed since; references need a new process."""
        return self.assignment.is_stale(course)

    def context_digest(self, notebook: str) -> str:
        """SHA-256 of all that a result depends on besides the submission."""
        return self._contexts[notebook]

    def grade(self, submission: Submission, notebook: str, before: NotebookResult | None = None) -> NotebookResult:
        """Grade one notebook of one student.

        Parameters
        ----------
        submission : Submission
            What was handed in, and by whom: hidden inputs depend on it.
        notebook : str
            Name without extension; where the submission has none, every exercise has zero points.
        before : NotebookResult or None
            What was found when it was graded before, if that is proven: results of exercises whose checks are the same
            stand, if nothing else has changed.

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
            return self._result(
                notebook,
                b"",
                None,
                self._zeros(notebook),
                (Flag("missing-notebook", notebook, "The submission has no such notebook."),),
            )
        rebuilt = self.rebuilt(submission, notebook)
        return tried_twice(lambda: self._run(submission, notebook, rebuilt, before))

    def rebuilt(self, submission: Submission, notebook: str) -> Rebuilt:
        """What was handed in, put back on its feet; SubmissionError if it is no notebook that can be read."""
        where = f"submitted/{submission.student}/{self.module.slug}/{notebook}.ipynb"
        return rebuild(self.assignment.releases[notebook], parse_notebook(submission.notebooks[notebook], where), where)

    def _run(
        self, submission: Submission, notebook: str, rebuilt: Rebuilt, before: NotebookResult | None
    ) -> NotebookResult:
        student, submitted = submission.student, submission.notebooks[notebook]
        entries, stands = self.module.checked_in(notebook), self._standing(notebook, submitted, before)
        files, cells = self.assignment.files(student, notebook), _code_cells(rebuilt, stands)
        suspicious = suspicions(rebuilt.notebook)
        lasts = () if suspicious else lasting(cells, self.assignment.targets)
        with self.sandboxes.borrowed() as sandbox, sandbox.run(cells, files, lasting=lasts) as ran:
            results = {entry.id: stands.get(entry.id) or self._exercise(student, entry, ran) for entry in entries}
            ran.stop()  # and while it goes, all is written up
            flags = [*rebuilt.flags, *suspicious, *ran.flags]
            if notebook == self.module.personal:
                flags += mistyped_id(student, rebuilt.notebook)
            unsafe = sandbox.unsafe
            if before is not None and stands:
                flags += [flag for flag in before.flags if flag.where in stands and flag not in flags]
                unsafe = tuple(sorted({*before.unsafe, *unsafe}))
            shown = with_mark_schemes(rebuilt.notebook, self.assignment.mark_schemes(student, notebook))
            written = document(shown, ran.cells, results)
            return self._result(notebook, submitted, written, results, tuple(flags), unsafe)

    def _standing(self, notebook: str, submitted: bytes, before: NotebookResult | None) -> Mapping[str, ExerciseResult]:
        """Results of an earlier run that stand: of this very file, and nothing but other exercises has changed.

        The notebook has to run again all the same, since the others can only be asked in its process.
        """
        if before is None or before.submitted_digest != _sha256(submitted):
            return {}
        definitions = {(one.exercise, one.max_points, one.digest): one for one in before.exercises}
        if before.context_digest != self.assignment.context(notebook, list(definitions), unsafe=self.allow_unsafe):
            return {}
        now = self.assignment.definitions(notebook)
        return {one.exercise: one for definition, one in definitions.items() if definition in now}

    def _exercise(self, student: str, entry: ExerciseEntry, ran: NotebookRun) -> ExerciseResult:
        assignment = self.assignment
        outcome = run(
            assignment.catalogue.exercises[entry.id],
            assignment.catalogue.mistakes.get(entry.id, ()),
            ran.endpoint(entry.id),
            assignment.seed(student, entry.id),
            assignment.scenario(student, entry.notebook),
        )
        return score(entry, outcome, digest=assignment.digests[entry.id])

    def _zeros(self, notebook: str) -> dict[str, ExerciseResult]:
        return {
            entry.id: ExerciseResult(entry.id, 0.0, entry.points, (), digest=self.assignment.digests[entry.id])
            for entry in self.module.checked_in(notebook)
        }

    def _result(
        self,
        notebook: str,
        submitted: bytes,
        written: Json | None,
        results: Mapping[str, ExerciseResult],
        flags: tuple[Flag, ...],
        unsafe: tuple[str, ...] = (),
    ) -> NotebookResult:
        return NotebookResult(
            notebook=notebook,
            exercises=tuple(results.values()),
            flags=flags,
            document=written,
            submitted_digest=_sha256(submitted) if written is not None else "",
            context_digest=self.context_digest(notebook),
            unsafe=unsafe,
            written=written_answers(self.assignment.releases[notebook], written),
        )


def _code_cells(rebuilt: Rebuilt, stands: Collection[str]) -> list[Cell]:
    """Code to run; copies are taken where an exercise is complete that has to be asked."""
    complete: dict[int, list[str]] = {}
    for exercise, index in rebuilt.complete_at.items():
        if exercise not in stands:
            complete.setdefault(index, []).append(exercise)
    cells = rebuilt.notebook["cells"]
    assert isinstance(cells, list)  # noqa: S101  `rebuild` made it
    return [
        Cell(index, cell["source"], tuple(complete.get(index, ())))
        for index, cell in enumerate(cells)
        if cell["cell_type"] == "code"
    ]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
