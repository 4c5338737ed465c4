r"""A cluster and its queue, from event to event: what a policy for starting jobs comes to.

Question
    How long do jobs wait, and the large ones above all, if a policy decides which of them start?
Model
    At every arrival and every end the policy is told what runs, for how long it was expected to, and who waits in which
    order; it answers with the jobs that start now. A job takes all of its GPUs at once and gives them back at its end.

    .. math:: \mathrm{wait}_i = \mathrm{start}_i - \mathrm{submit}_i
Assumes
    Jobs run for as long as they take, at most as long as they said; nobody is preempted, and any GPUs will do.
Breaks when
    Placement matters, jobs fail, or the scheduler needs longer than the jobs.
Source
    Feitelson, Rudolph and others simulate in this way; the simulator is our own.
Oracle
    accasim 1.1.3 for first come first served; one GPU is a queue with one server (Lindley); no GPU is held twice.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reference_solutions.units import Array

__all__ = ["followed_queue"]

StartPolicy = Callable[[float, int, list[tuple[int, float]], list[tuple[int, float]]], Sequence[int]]


def followed_queue(
    policy: StartPolicy,
    submit_s: Sequence[float],
    job_gpus: Sequence[int],
    run_s: Sequence[float],
    estimate_s: Sequence[float],
    gpus: int,
) -> dict[str, Array]:
    """Starts and waits of jobs, if a policy decides.

    Parameters
    ----------
    policy : callable
        Takes the time, the number of free GPUs, GPUs and expected end of each running job, GPUs and estimate of each
        waiting job; gives the places in the queue of those that start.
    submit_s : (n,) sequence of float
        Arrivals, in rising order. [s]
    job_gpus : (n,) sequence of int
        GPUs of each job. [GPUs]
    run_s : (n,) sequence of float
        What it takes. [s]
    estimate_s : (n,) sequence of float
        What its user said: not less. [s]
    gpus : int
        That there are. [GPUs]

    Returns
    -------
    dict of str to ndarray
        `start_s` and `wait_s` of each job, (n,). [s]

    Raises
    ------
    ValueError
        If the policy starts a job that does not wait, starts one twice, or more than are free; or if jobs are left over
        that it never starts.

    Examples
    --------
    >>> from reference_solutions.m09_cluster.backfill import jobs_to_start
    >>> jobs = {"submit_s": [0, 1, 2], "job_gpus": [2, 4, 2], "run_s": [10, 5, 6], "estimate_s": [10, 5, 6]}
    >>> followed_queue(jobs_to_start, **jobs, gpus=4)["start_s"].tolist()
    [0.0, 10.0, 2.0]
    """
    start_s, expected_s = np.full(len(submit_s), np.nan), dict[int, float]()
    free, waiting = gpus, list[int]()
    ends: list[tuple[float, int]] = []
    asked = [(int(one), float(estimate)) for one, estimate in zip(job_gpus, estimate_s, strict=True)]
    coming = sorted(range(len(submit_s)), key=lambda job: submit_s[job])[::-1]
    while coming or ends:
        now_s = min([submit_s[job] for job in coming[-1:]] + [end_s for end_s, _ in ends[:1]])
        while ends and ends[0][0] <= now_s:
            free += job_gpus[heapq.heappop(ends)[1]]
        while coming and submit_s[coming[-1]] <= now_s:
            waiting.append(coming.pop())
        if not waiting:
            continue
        running = [(asked[job][0], max(now_s, expected_s[job])) for _, job in ends]
        chosen = _places(policy(now_s, free, running, [asked[job] for job in waiting]), len(waiting))
        for job in [waiting[place] for place in chosen]:
            free -= job_gpus[job]
            start_s[job], expected_s[job] = now_s, float(now_s) + asked[job][1]
            heapq.heappush(ends, (now_s + run_s[job], job))
        if free < 0:
            raise ValueError("more GPUs than are free")
        if chosen:
            waiting = [job for place, job in enumerate(waiting) if place not in chosen]
    if waiting:
        raise ValueError("jobs that never start")
    return {"start_s": start_s, "wait_s": start_s - np.asarray(submit_s, dtype=float)}


def _places(decision: Any, waiting: int) -> list[int]:
    places = [int(place) for place in decision]
    if len(set(places)) < len(places) or any(not 0 <= place < waiting for place in places):
        raise ValueError("a job that does not wait, or the same one twice")
    return places
