"""Who grades: processes beside each other, each a copy of this one with all that was loaded, and a processor its own.

Threads would share one interpreter, and wait for each other a third of their time.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.util import Finalize
from types import TracebackType

from graders.course.intake import Submission
from graders.errors import GraderError
from graders.grading.foreign import ForeignGrader
from graders.grading.grader import Grader
from graders.records import NotebookResult
from graders.sandbox.inside import kernel

AnyGrader = Grader | ForeignGrader
Results = tuple[NotebookResult, ...]
_FORK = multiprocessing.get_context("fork")
_mine: list[AnyGrader] = []  # in a process of a crew: the grader that it was made with


class Crew:
    """Grades submissions, several at a time; a single one works in this process.

    Use it as a context manager: at the end all of them have come to theirs.

    Parameters
    ----------
    grader : Grader or ForeignGrader
        Started: its sandbox bears the notebooks of all.
    size : int
        How many work at a time.
    """

    def __init__(self, grader: AnyGrader, size: int) -> None:
        self._grader, self._size = grader, size
        self._pool = self._gathered()

    def _gathered(self) -> Executor:
        if self._size == 1:
            return ThreadPoolExecutor(1, thread_name_prefix="grade")
        begun = _FORK.Value("i", 0)
        arguments = (self._grader, begun, self._size, os.getpid())
        pool = ProcessPoolExecutor(self._size, mp_context=_FORK, initializer=_begin, initargs=arguments)
        gc.freeze()  # what is loaded is shared as long as nobody looks through it for garbage
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads: none of ours runs by now
            pool.submit(os.getpid)  # all of them are forked at the first task
        gc.unfreeze()
        return pool

    def grade(
        self, submission: Submission, notebooks: Sequence[str], before: Mapping[str, NotebookResult | None]
    ) -> Future[Results]:
        """Let somebody grade notebooks of a submission.

        Parameters
        ----------
        submission : Submission
            What was handed in.
        notebooks : sequence of str
            Names without extension.
        before : mapping of str to NotebookResult or None
            What was found of each when it was graded before, if that is proven.

        Returns
        -------
        Future
            Results in the order of `notebooks`, or what went wrong.
        """
        task = partial(_grade, self._grader) if self._size == 1 else _grade_here
        try:
            return self._pool.submit(task, submission, notebooks, before)
        except BrokenExecutor:
            self._pool = self._gathered()  # one has died: those that were at work say so, others take their place
            return self._pool.submit(task, submission, notebooks, before)

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def results(future: Future[Results]) -> Results:
    """What was found.

    Parameters
    ----------
    future : Future
        Of `Crew.grade`.

    Returns
    -------
    tuple of NotebookResult

    Raises
    ------
    GraderError
        If the process that graded it has died. Whatever else went wrong there is raised as it was.
    """
    try:
        return future.result()
    except BrokenExecutor:
        raise GraderError(
            "the process that graded it ended before it was done, as if it had been killed",
            do="Grade it again, with fewer workers if memory was short.",
        ) from None


def _begin(grader: AnyGrader, begun: Synchronized[int], size: int, parent: int) -> None:
    """The first thing that a process of a crew does."""
    kernel.control(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever is asked to stop lets us end what we are at
    with begun.get_lock():
        place = begun.value
        begun.value += 1
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {processors[place % len(processors)]})  # its own, and of the notebooks that it has run
    grader.sandboxes.divide(place, size)
    Finalize(None, grader.sandboxes.close, exitpriority=1)  # a fresh one, had after a failure, is its own to end
    _mine[:] = [grader]


def _grade_here(
    submission: Submission, notebooks: Sequence[str], before: Mapping[str, NotebookResult | None]
) -> Results:
    return _grade(_mine[0], submission, notebooks, before)


def _grade(
    grader: AnyGrader, submission: Submission, notebooks: Sequence[str], before: Mapping[str, NotebookResult | None]
) -> Results:
    return tuple(grader.grade(submission, name, before[name]) for name in notebooks)
