r"""Gangs: jobs that need all of their workers at once, and the states in which nobody can go on.

Question
    Jobs take GPUs one by one and start when they have all. Can they block each other for good, and does taking all or
    nothing prevent it?
Model
    A state says how many GPUs each job holds, and which have finished. A job that holds less than it needs takes one
    more (or, as a gang, all that it needs, if so many are free); one that holds all may finish and gives all back. A
    state is *stuck* if some job has not finished and nothing can happen. All states that can be reached are visited:
    if none is stuck, no order of events leads to a deadlock. That is a proof.
Assumes
    Jobs give nothing back before they have run, and each would fit alone.
Breaks when
    Timeouts give GPUs back (then nobody is stuck for ever, and the waiting is lost time), jobs shrink, or GPUs differ.
Source
    Ousterhout, "Scheduling Techniques for Concurrent Systems", Proc. 3rd Int. Conf. on Distributed Computing Systems,
    1982, for coscheduling. All-or-nothing admission is what Kueue and the coscheduling plug-in of Kubernetes offer;
    their texts were not consulted.
Oracle
    Closed form: jobs can be stuck exactly if all that are left hold one less than they need, at most, and together all
    GPUs; random walks that end in the same states.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["stuck_states", "wasted_gpu_s"]


def stuck_states(needs: Sequence[int], gpus: int, gang: bool) -> list[tuple[int, ...]]:
    """All states that can be reached and in which no job can go on.

    Parameters
    ----------
    needs : sequence of int
        GPUs that each job needs, all at once. [GPUs]
    gpus : int
        That there are. [GPUs]
    gang : bool
        Whether a job takes all that it needs at once, or nothing; otherwise it takes them one by one.

    Returns
    -------
    list of tuple of int
        GPUs that each job holds, -1 where it has finished; in rising order, each state once.

    Raises
    ------
    ValueError
        If a job needs no GPU, or more than there are.

    Examples
    --------
    Two jobs of two GPUs, and two GPUs:

    >>> stuck_states([2, 2], 2, gang=False), stuck_states([2, 2], 2, gang=True)
    ([(1, 1)], [])
    """
    if any(need < 1 or need > gpus for need in needs):
        raise ValueError("a job needs a GPU, and no more than there are")
    first = tuple(0 for _ in needs)
    seen, open_states, stuck = {first}, [first], []
    while open_states:
        state = open_states.pop()
        free = gpus - sum(held for held in state if held > 0)
        following = []
        for job, held in enumerate(state):
            if held == needs[job]:
                following.append((*state[:job], -1, *state[job + 1 :]))
            step = needs[job] if gang else 1
            if 0 <= held < needs[job] and step <= free:
                following.append((*state[:job], held + step, *state[job + 1 :]))
        if not following and any(held >= 0 for held in state):
            stuck.append(state)
        open_states += [new for new in dict.fromkeys(following) if new not in seen]
        seen.update(following)
    return sorted(stuck)


def wasted_gpu_s(held_gpus: ArrayLike, needs: ArrayLike, state_s: ArrayLike) -> float:
    """GPU-seconds that were held by jobs which could not run.

    Parameters
    ----------
    held_gpus : (n, j) array_like of int
        GPUs that each job holds, one row for each stretch of time. [GPUs]
    needs : (j,) array_like of int
        GPUs that each job needs. [GPUs]
    state_s : (n,) array_like
        Length of each stretch. [s]

    Returns
    -------
    float
        GPU-seconds without work. [GPU s]

    Raises
    ------
    ValueError
        If a job holds more than it needs.

    Examples
    --------
    >>> wasted_gpu_s([[8, 6], [8, 0]], [8, 8], [600, 60])
    3600.0
    """
    held, needed = np.asarray(held_gpus), np.asarray(needs)
    if np.any(held > needed):
        raise ValueError("a job holds no more than it needs")
    idle = np.where(held < needed, np.maximum(held, 0), 0)
    return float(np.sum(idle * np.asarray(state_s)[:, np.newaxis]))
