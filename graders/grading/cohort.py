"""All submissions of an assignment, graded: several at a time, one transaction each, resumable at any moment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack, closing, nullcontext

from graders.course.course import Course
from graders.course.intake import Submission, read_submission, submitted_students
from graders.early import sandbox_of
from graders.errors import AisaError, CourseError, GraderError, SubmissionError, UsageError
from graders.gradebook import Gradebook, Graded
from graders.grading.crew import AnyGrader, Crew, results
from graders.grading.grader import Grader
from graders.grading.opening import open_grader
from graders.grading.receipt import Receipt, State
from graders.grading.regrade import ScoreChange, again, penalty_change, score_changes
from graders.records import NotebookResult
from graders.sandbox import SharedSandbox
from graders.scoring import total

Progress = Callable[[int, int, Receipt], None]
"""Called after each submission: how many are done, how many there are, and its receipt."""

_AHEAD = 8  # submissions read for each worker: it has work while others are written, and few are in memory


def grade_course(
    course: Course,
    assignment: str,
    *,
    students: Sequence[str] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    allow_unsafe: bool = False,
    sandbox: SharedSandbox | None = None,
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
    sandbox : SharedSandbox, optional
        From `early.sandbox_of`, if it was begun already; it is closed at the end.

    Returns
    -------
    tuple of Receipt
        Sorted by student.
    """
    handed_in = submitted_students(course, assignment)
    chosen = sorted(set(students)) if students is not None else handed_in
    sandbox = sandbox or sandbox_of(course, assignment, chosen, allow_unsafe=allow_unsafe)
    with closing(sandbox) if sandbox else nullcontext():
        if absent := sorted(set(chosen) - set(handed_in)):
            where = f"submitted/*/{assignment}"
            raise UsageError(f"nothing is submitted by {', '.join(absent)}", where, "Check the student id.")
        with (
            open_grader(course, assignment, allow_unsafe=allow_unsafe, sandbox=sandbox) as grader,
            Gradebook.open(course) as gradebook,
        ):
            gradebook.enrol()
            if isinstance(grader, Grader):
                gradebook.require_released(grader.module)
            run = _Run(grader, gradebook, workers or course.workers)
            receipts = []
            for receipt in run.receipts(chosen):
                receipts.append(receipt)
                if progress is not None:
                    progress(len(receipts), len(chosen), receipt)
    return tuple(sorted(receipts, key=lambda receipt: receipt.student))


class _Run:
    """One run over an assignment's submissions: workers grade, this thread alone reads and writes.

    Parameters
    ----------
    grader : Grader or ForeignGrader
        Of the assignment.
    gradebook : Gradebook
        Open.
    workers : int
        Notebooks run at a time.
    """

    def __init__(self, grader: AnyGrader, gradebook: Gradebook, workers: int) -> None:
        self.grader = grader
        self.gradebook = gradebook
        self.workers = workers
        self.known = gradebook.known(grader.module.slug)

    def receipts(self, students: Sequence[str]) -> Iterator[Receipt]:
        """Grade each student's submission; a receipt as soon as it is written."""
        going: dict[Future[tuple[NotebookResult, ...]], Submission] = {}
        with ExitStack() as stack:
            crew: Crew | None = None
            for student in students:
                submission = self._read(student)
                if isinstance(submission, Receipt):
                    yield submission
                    continue
                stale = self._stale(submission)
                if not stale:
                    yield self._settled(submission)
                    continue
                if crew is None:
                    self.grader.start()  # where it cannot start, that is said once, and not of every student
                    crew = stack.enter_context(Crew(self.grader, self.workers))
                before = {name: self._before(submission, name) for name in stale}
                going[crew.grade(submission, stale, before)] = submission
                if len(going) >= _AHEAD * self.workers:
                    yield from self._finished(going)
            while going:
                yield from self._finished(going)

    # --- what is there already --------------------------------------------------------------------------------------

    def _read(self, student: str) -> Submission | Receipt:
        module = self.grader.module
        try:
            return read_submission(self.grader.course, student, module.slug, expected=module.notebooks)
        except SubmissionError as refusal:
            return Receipt(student, "refused", max_points=module.points, detail=str(refusal))

    def _stale(self, submission: Submission) -> list[str]:
        """Notebooks that have to run: something that their scores rest on is not what it was."""
        return [name for name in self.grader.module.notebooks if not self._stands(submission, name)]

    def _stands(self, submission: Submission, notebook: str) -> bool:
        known = self._known(submission, notebook)
        digests = (submission.digest(notebook), self.grader.context_digest(notebook))
        if known is None or not known.proven or known.digests != digests:
            return False
        if submission.timestamp not in (None, known.timestamp):
            return False
        folder = self.grader.course.autograded(submission.student, submission.assignment)
        return notebook not in submission.notebooks or (folder / f"{notebook}.ipynb").is_file()

    def _known(self, submission: Submission, notebook: str) -> Graded | None:
        return self.known.get((submission.student, notebook))

    def _settled(self, submission: Submission) -> Receipt:
        """Nothing has to run; what is taken off because it came late may be something else than before."""
        try:
            changes = self._penalties(submission, submission.notebooks)
        except GraderError as failure:
            return self._lost(submission, "not graded", failure)
        points, flags = self._sums(submission, ())
        state: State = "graded" if changes else "unchanged"
        return Receipt(submission.student, state, points, self.grader.module.points, flags, changes=changes)

    def _penalties(self, submission: Submission, notebooks: Collection[str]) -> tuple[ScoreChange, ...]:
        """Bring what is taken off some graded notebooks up to date."""
        known = {name: one for name in notebooks if (one := self._known(submission, name)) is not None}
        changes = tuple(
            change
            for name, one in known.items()
            for change in penalty_change(submission.student, name, one.penalty, one.penalty_due)
        )
        if changes:
            self.gradebook.write_penalties(submission)
        return changes

    # --- what runs --------------------------------------------------------------------------------------------------

    def _before(self, submission: Submission, notebook: str) -> NotebookResult | None:
        known = self._known(submission, notebook)
        return known.result if known is not None and known.proven else None

    def _finished(self, going: dict[Future[tuple[NotebookResult, ...]], Submission]) -> Iterator[Receipt]:
        done, _ = wait(going, return_when=FIRST_COMPLETED)
        for future in done:
            submission = going.pop(future)
            try:
                yield self._written(submission, results(future))
            except SubmissionError as refusal:
                yield self._lost(submission, "refused", refusal)
            except GraderError as failure:
                yield self._lost(submission, "not graded", failure)
            except CourseError:
                raise
            except Exception as fault:  # noqa: BLE001  ours; what one student handed in must not end the others' run
                found = f"grading it failed unexpectedly ({type(fault).__name__}: {fault})"
                yield self._lost(submission, "not graded", GraderError(found, do="Report it with the submission."))

    def _written(self, submission: Submission, found: tuple[NotebookResult, ...]) -> Receipt:
        student, ran = submission.student, {result.notebook for result in found}
        penalties = self.gradebook.write(submission, found)
        changes = [
            change
            for result in found
            for change in score_changes(
                student, self._known(submission, result.notebook), result, penalties[result.notebook]
            )
        ]
        changes += self._penalties(submission, [name for name in submission.notebooks if name not in ran])
        points, flags = self._sums(submission, found)
        unsafe = sorted({name for result in found for name in result.unsafe})
        said = [again(self._before(submission, result.notebook), result) for result in found]
        said += [f"unsafe: {', '.join(unsafe)}"] if unsafe else []
        detail = "; ".join(filter(None, said))
        return Receipt(student, "graded", points, self.grader.module.points, flags, detail, tuple(changes))

    def _sums(self, submission: Submission, results: Sequence[NotebookResult]) -> tuple[float, int]:
        """Points and flags of the whole submission: of what has run, and of what stands."""
        names, ran = self.grader.module.notebooks, {result.notebook for result in results}
        stand = [one.result for name in names if name not in ran and (one := self._known(submission, name))]
        whole = [*results, *(result for result in stand if result is not None)]
        points, _ = total(exercise for result in whole for exercise in result.exercises)
        folder = len(submission.flags) if min(names) in ran else 0  # its evidence is the first notebook's
        return points, folder + sum(len(result.flags) for result in whole)

    def _lost(self, submission: Submission, state: State, reason: AisaError) -> Receipt:
        return Receipt(submission.student, state, max_points=self.grader.module.points, detail=str(reason))
