"""One notebook, graded: rebuilt, run in the sandbox, asked, scored, written up."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from types import TracebackType

from graders import __version__
from graders.authoring.answers import release, with_mark_schemes
from graders.authoring.material import ExerciseEntry, Module
from graders.authoring.rubrics import mark_scheme, rubrics_of
from graders.checks.catalogue import Catalogue, load
from graders.checks.trial import run
from graders.course.course import Course
from graders.course.intake import Submission
from graders.course.notebook_file import parse_notebook
from graders.errors import CourseError
from graders.grading.document import document
from graders.grading.rebuild import Rebuilt, rebuild
from graders.grading.sandboxes import SharedSandbox, tried_twice
from graders.grading.suspicion import suspicions
from graders.grading.written import written_answers
from graders.records import Cell, ExerciseResult, Flag, Json, NotebookResult
from graders.sandbox import NotebookRun
from graders.scoring import score

Definition = tuple[str, float, str]
"""An exercise, its points, and the digest of all that decides what an answer to it earns."""


class Grader:
    """All that grading one assignment of one course needs, made once and shared by threads.

    Parameters
    ----------
    course : Course
    assignment : str
        Slug of the module.
    allow_unsafe : bool
        Grade although a sandbox property does not hold here; every result says so.

    Raises
    ------
    CourseError
        If the assignment is not in the course, or its material is wrong.
    """

    def __init__(self, course: Course, assignment: str, *, allow_unsafe: bool = False) -> None:
        self.course = course
        self.module = course.module(assignment)
        self.catalogue: Catalogue = load(self.module)
        self.allow_unsafe = allow_unsafe
        self.sources = {name: _source(course, self.module, name) for name in self.module.notebooks}
        self.files = _files(course, self.module)
        self.schemes = _schemes(self.module)
        self._releases = {name: release(json.loads(source)) for name, source in self.sources.items()}
        self._digests = {exercise: self.catalogue.digest(exercise) for exercise in self.catalogue.exercises}
        self._contexts = {name: self._context(name, self._definitions(name)) for name in self.module.notebooks}
        self.sandboxes = SharedSandbox(course, self.module.imports, allow_unsafe=allow_unsafe)

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox and everything in it."""
        self.sandboxes.close()

    def is_stale(self, course: Course) -> bool:
        """Whether course, sources, data, rubrics or checks have changed since; references need a new process."""
        return (
            course != self.course
            or self.sources != {name: _source(course, self.module, name) for name in self.module.notebooks}
            or self.files != _files(course, self.module)
            or self.schemes != _schemes(self.module)
            or self._digests != {exercise: load(self.module).digest(exercise) for exercise in self._digests}
        )

    def context_digest(self, notebook: str) -> str:
        """SHA-256 of all that a result depends on besides the submission.

        Source notebook, data, limits, each exercise's definition and mistakes, the reference package, mark schemes,
        our version.
        """
        return self._contexts[notebook]

    def _definitions(self, notebook: str) -> list[Definition]:
        return [(entry.id, entry.points, self._digests[entry.id]) for entry in self.module.checked_in(notebook)]

    def _context(self, notebook: str, exercises: Sequence[Definition]) -> str:
        parts = {
            "version": __version__,
            "source": _sha256(self.sources[notebook]),
            "files": {name: _sha256(content) for name, content in sorted(self.files.items())},
            "limits": asdict(self.course.limits),
            "unsafe": self.allow_unsafe,
            "exercises": exercises,
            "schemes": self.schemes,
        }
        return _sha256(json.dumps(parts, sort_keys=True).encode())

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
        return rebuild(self._releases[notebook], parse_notebook(submission.notebooks[notebook], where), where)

    def _run(
        self, submission: Submission, notebook: str, rebuilt: Rebuilt, before: NotebookResult | None
    ) -> NotebookResult:
        student, submitted = submission.student, submission.notebooks[notebook]
        entries, stands = self.module.checked_in(notebook), self._standing(notebook, submitted, before)
        with self.sandboxes.borrowed() as sandbox, sandbox.run(_code_cells(rebuilt, stands), self.files) as ran:
            results = {entry.id: stands.get(entry.id) or self._exercise(student, entry, ran) for entry in entries}
            runs, flags = ran.cells, [*rebuilt.flags, *suspicions(rebuilt.notebook), *ran.flags]
        unsafe = sandbox.unsafe
        if before is not None and stands:
            flags += [flag for flag in before.flags if flag.where in stands and flag not in flags]
            unsafe = tuple(sorted({*before.unsafe, *unsafe}))
        written = document(with_mark_schemes(rebuilt.notebook, self.schemes), runs, results)
        return self._result(notebook, submitted, written, results, tuple(flags), unsafe)

    def _standing(self, notebook: str, submitted: bytes, before: NotebookResult | None) -> Mapping[str, ExerciseResult]:
        """Results of an earlier run that stand: of this very file, and nothing but other exercises has changed.

        The notebook has to run again all the same, since the others can only be asked in its process.
        """
        if before is None or before.submitted_digest != _sha256(submitted):
            return {}
        definitions = {(one.exercise, one.max_points, one.digest): one for one in before.exercises}
        if before.context_digest != self._context(notebook, list(definitions)):
            return {}
        now = self._definitions(notebook)
        return {one.exercise: one for definition, one in definitions.items() if definition in now}

    def _exercise(self, student: str, entry: ExerciseEntry, ran: NotebookRun) -> ExerciseResult:
        outcome = run(
            self.catalogue.exercises[entry.id],
            self.catalogue.mistakes.get(entry.id, ()),
            ran.endpoint(entry.id),
            self.seed(student, entry.id),
        )
        return score(entry, outcome, digest=self._digests[entry.id])

    def seed(self, student: str, exercise: str) -> bytes:
        """Where the sampled inputs of one student's exercise come from: nobody knows it without the course secret."""
        said = "\0".join((self.module.slug, student, exercise)).encode()
        return hmac.new(self.course.secret, said, hashlib.sha256).digest()

    def _zeros(self, notebook: str) -> dict[str, ExerciseResult]:
        return {
            entry.id: ExerciseResult(entry.id, 0.0, entry.points, (), digest=self._digests[entry.id])
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
            written=written_answers(self._releases[notebook], written),
        )


def _source(course: Course, module: Module, notebook: str) -> bytes:
    path = course.source(module.slug) / f"{notebook}.ipynb"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CourseError("there is no such source notebook", str(path), "Run `aisa init` or copy it there.") from None


def _files(course: Course, module: Module) -> dict[str, bytes]:
    folder = course.source(module.slug)
    return {f"data/{name}": (folder / "data" / name).read_bytes() for name in module.data}


def _schemes(module: Module) -> dict[str, str]:
    return {exercise: mark_scheme(rubric) for exercise, rubric in rubrics_of(module).items()}


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
