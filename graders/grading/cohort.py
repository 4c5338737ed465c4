"""All submissions of an assignment, graded: several at a time, one transaction each, resumable at any moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from graders.course.course import Course
from graders.course.intake import Submission, read_submission, submitted_students
from graders.errors import AisaError, CourseError, GraderError, SubmissionError, UsageError
from graders.gradebook import Gradebook
from graders.grading.grader import Grader
from graders.grading.receipt import Receipt, State
from graders.records import NotebookResult
from graders.scoring import total

Progress = Callable[[int, int, Receipt], None]
"""Called after each submission: how many are done, how many there are, and its receipt."""

_AHEAD = 2  # submissions read for each worker: enough to keep it busy, and no more of them in memory


def grade_course(
    course: Course,
    assignment: str,
    *,
    students: Sequence[str] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    allow_unsafe: bool = False,
) -> tuple[Receipt, ...]:
    """Grade what is submitted for an assignment, and leave alone what has not changed.

    Results do not depend on the order, on the number of workers, or on a crash in between: a submission's rows and
    evidence are one transaction, and its autograded files are written before it, each under a temporary name first.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        Slug of the module.
    students : sequence of str, optional
        Only these; all who submitted, if not given.
    workers : int, optional
        Notebooks run at a time; `course.yaml` says, if not given.
    progress : callable, optional
        Hears of each submission when it is done.
    allow_unsafe : bool
        Grade although a sandbox property does not hold here; every result says so.

    Returns
    -------
    tuple of Receipt
        Sorted by student.
    """
    handed_in = submitted_students(course, assignment)
    chosen = sorted(set(students)) if students is not None else handed_in
    if absent := sorted(set(chosen) - set(handed_in)):
        where = f"submitted/*/{assignment}"
        raise UsageError(f"nothing is submitted by {', '.join(absent)}", where, "Check the student id.")
    receipts = []
    with Grader(course, assignment, allow_unsafe=allow_unsafe) as grader, Gradebook.open(course) as gradebook:
        gradebook.enrol()
        gradebook.require_released(grader.module)
        run = _Run(grader, gradebook, workers or course.workers)
        for receipt in run.receipts(chosen):
            receipts.append(receipt)
            if progress is not None:
                progress(len(receipts), len(chosen), receipt)
    return tuple(sorted(receipts, key=lambda receipt: receipt.student))


class _Run:
    """One run over an assignment's submissions: workers grade, this thread alone reads and writes.

    Parameters
    ----------
    grader : Grader
        Of the assignment.
    gradebook : Gradebook
        Open.
    workers : int
        Notebooks run at a time.
    """

    def __init__(self, grader: Grader, gradebook: Gradebook, workers: int) -> None:
        self.grader = grader
        self.gradebook = gradebook
        self.workers = workers
        self.known = gradebook.known(grader.module.slug)

    def receipts(self, students: Sequence[str]) -> Iterator[Receipt]:
        """Grade each student's submission; a receipt as soon as it is written."""
        going: dict[Future[tuple[NotebookResult, ...]], Submission] = {}
        with ThreadPoolExecutor(self.workers, thread_name_prefix="grade") as pool:
            for student in students:
                submission = self._read(student)
                if isinstance(submission, Receipt):
                    yield submission
                    continue
                self.grader.sandbox()  # where it cannot start, that is said once, and not of every student
                going[pool.submit(self._grade, submission)] = submission
                if len(going) >= _AHEAD * self.workers:
                    yield from self._finished(going)
            while going:
                yield from self._finished(going)

    def _read(self, student: str) -> Submission | Receipt:
        module = self.grader.module
        try:
            submission = read_submission(self.grader.course, student, module.slug, expected=module.notebooks)
        except SubmissionError as refusal:
            return Receipt(student, "refused", max_points=module.points, detail=str(refusal))
        return self._unchanged(submission) or submission

    def _unchanged(self, submission: Submission) -> Receipt | None:
        """A receipt, if everything that the score rests on is what it was."""
        module, points, flags = self.grader.module, 0.0, 0
        for notebook in module.notebooks:
            known = self.known.get((submission.student, notebook))
            content = submission.notebooks.get(notebook)
            digest = "" if content is None else hashlib.sha256(content).hexdigest()
            if known is None or known.digests != (digest, self.grader.context_digest(notebook)):
                return None
            if submission.timestamp not in (None, known.timestamp):
                return None
            if content is not None and not self._autograded(submission.student, notebook).is_file():
                return None
            points, flags = points + known.points, flags + known.flags
        return Receipt(submission.student, "unchanged", points, module.points, flags)

    def _autograded(self, student: str, notebook: str) -> Path:
        return self.grader.course.autograded(student, self.grader.module.slug) / f"{notebook}.ipynb"

    def _grade(self, submission: Submission) -> tuple[NotebookResult, ...]:
        return tuple(
            self.grader.grade(submission.student, notebook, submission.notebooks.get(notebook))
            for notebook in self.grader.module.notebooks
        )

    def _finished(self, going: dict[Future[tuple[NotebookResult, ...]], Submission]) -> Iterator[Receipt]:
        done, _ = wait(going, return_when=FIRST_COMPLETED)
        for future in done:
            submission = going.pop(future)
            try:
                yield self._written(submission, future.result())
            except SubmissionError as refusal:
                yield self._lost(submission, "refused", refusal)
            except GraderError as failure:
                yield self._lost(submission, "not graded", failure)
            except CourseError:
                raise
            except Exception as fault:  # noqa: BLE001  ours; what one student handed in must not end the others' run
                found = f"grading it failed unexpectedly ({type(fault).__name__}: {fault})"
                yield self._lost(submission, "not graded", GraderError(found, do="Report it with the submission."))

    def _written(self, submission: Submission, results: tuple[NotebookResult, ...]) -> Receipt:
        self.gradebook.write(submission, results)
        points, most = total(exercise for result in results for exercise in result.exercises)
        flags = len(submission.flags) + sum(len(result.flags) for result in results)
        unsafe = sorted({name for result in results for name in result.unsafe})
        detail = f"unsafe: {', '.join(unsafe)}" if unsafe else ""
        return Receipt(submission.student, "graded", points, most, flags, detail)

    def _lost(self, submission: Submission, state: State, reason: AisaError) -> Receipt:
        return Receipt(submission.student, state, max_points=self.grader.module.points, detail=str(reason))
