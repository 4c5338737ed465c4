"""Work on many certificates, in several processes if asked."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol, TypeVar

from graders.errors import GraderError

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
_WORTH_STARTING = 16
"""Fewer than these are done before another process has loaded what it needs."""
_AT_ONCE = 8


class Mapped(Protocol):
    """Applies a function to each thing, and keeps their order."""

    def __call__(self, function: Callable[[_Given], _Made], things: Iterable[_Given]) -> Iterator[_Made]:
        """Apply it."""
        ...


@contextlib.contextmanager
def side_by_side(count: int, workers: int) -> Iterator[Mapped]:
    """A `map` that works in several processes where that is worth it.

    Parameters
    ----------
    count : int
        How many things there will be.
    workers : int
        Processes.

    Yields
    ------
    callable
        Takes a function, which travels with the things and so is one of a module or a `functools.partial` of one.
    """
    if workers < 2 or count < _WORTH_STARTING:
        yield lambda function, things: map(function, things)
        return
    # not forked: what a library's threads were doing in this process would be waited for in the other in vain
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        try:
            yield lambda function, things: pool.map(function, things, chunksize=_AT_ONCE)
        except BrokenProcessPool:
            done = "What was finished is kept: run this again."
            raise GraderError("a process that worked on certificates was ended from outside", do=done) from None
