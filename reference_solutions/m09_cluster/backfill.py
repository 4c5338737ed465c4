r"""Queues of parallel jobs: first come first served, and two ways to fill the holes.

Question
    The job at the head of the queue waits for GPUs, and holes gape meanwhile. Which of the later jobs may start now,
    so that the head does not wait longer for it?
Model
    *EASY:* from the running jobs' expected ends, the head gets a reservation: the first time at which enough GPUs are
    free (*shadow time*), and the GPUs that are to spare then. A later job may start now if it fits, and either ends by
    the shadow time or takes no more than what is to spare. *Conservative:* every waiting job gets a reservation, and a
    job starts if it delays none of them.
Assumes
    Users' estimates are never too short (a job that overruns is ended), GPUs are alike, jobs start all at once: gangs.
Breaks when
    Estimates are wild: then holes are seen too late, and reservations are later than need be, never earlier. Small jobs
    that arrive without end delay nobody who heads the queue, but everybody behind (EASY).
Source
    Lifka, "The ANL/IBM SP Scheduling System", JSSPP 1995, LNCS 949, pp. 295-303; Mu'alem, Feitelson, IEEE Transactions
    on Parallel and Distributed Systems 12(6), 2001, pp. 529-543.
Oracle
    Starts by accasim 1.1.3 (first come first served, and EASY where it keeps its own promise); a queue replayed second
    by second; no head of the queue starts later than its reservation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["conservative_to_start", "first_come_to_start", "jobs_to_start", "reservation"]

Jobs = Sequence[tuple[int, float]]


def reservation(now_s: float, free_gpus: int, running: Jobs, needed_gpus: int) -> dict[str, float]:
    """When a job can start, if nobody else starts before it, and what is to spare then.

    Parameters
    ----------
    now_s : float
        Now. [s]
    free_gpus : int
        Free now. [GPUs]
    running : sequence of (int, float)
        GPUs and expected end of each running job; an end that has passed counts as now. [GPUs, s]
    needed_gpus : int
        What the job needs. [GPUs]

    Returns
    -------
    dict of str to float
        `start_s`: when so many are free; `spare_gpus`: how many more are free then, all that end by then counted.

    Raises
    ------
    ValueError
        If it needs more GPUs than there are.

    Examples
    --------
    >>> reservation(100.0, 2, [(4, 150.0), (2, 130.0), (1, 150.0)], needed_gpus=5)
    {'start_s': 150.0, 'spare_gpus': 4}
    """
    ends = sorted({now_s} | {max(now_s, end_s) for _, end_s in running})
    for end_s in ends:
        free = free_gpus + sum(gpus for gpus, ends_s in running if max(now_s, ends_s) <= end_s)
        if free >= needed_gpus:
            return {"start_s": end_s, "spare_gpus": free - needed_gpus}
    raise ValueError("a job needs no more GPUs than there are")


def jobs_to_start(now_s: float, free_gpus: int, running: Jobs, queue: Jobs) -> list[int]:
    """EASY backfill: which waiting jobs start now.

    Parameters
    ----------
    now_s : float
        Now. [s]
    free_gpus : int
        Free now. [GPUs]
    running : sequence of (int, float)
        GPUs and expected end of each running job. [GPUs, s]
    queue : sequence of (int, float)
        GPUs and estimated run time of each waiting job, in the order of their arrival. [GPUs, s]

    Returns
    -------
    list of int
        Places in the queue of the jobs that start, all of each.

    Examples
    --------
    Two of four GPUs are free for 60 s. The first needs all four; a short job may pass, a long one may not.

    >>> jobs_to_start(0.0, 2, [(2, 60.0)], [(4, 100.0), (1, 300.0), (1, 60.0)])
    [2]
    """
    starting: list[int] = []
    held, waiting = list(running), list(range(len(queue)))
    while waiting and queue[waiting[0]][0] <= free_gpus:
        first = waiting.pop(0)
        starting.append(first)
        free_gpus -= queue[first][0]
        held.append((queue[first][0], now_s + queue[first][1]))
    if not waiting:
        return starting
    promise = reservation(now_s, free_gpus, held, queue[waiting[0]][0])
    for place in waiting[1:]:
        gpus, estimate_s = queue[place]
        in_time = now_s + estimate_s <= promise["start_s"]
        if gpus <= free_gpus and (in_time or gpus <= promise["spare_gpus"]):
            starting.append(place)
            free_gpus -= gpus
            promise["spare_gpus"] -= 0 if in_time else gpus
    return starting


def first_come_to_start(now_s: float, free_gpus: int, running: Jobs, queue: Jobs) -> list[int]:  # noqa: ARG001
    """First come, first served: nobody passes the head of the queue.

    Parameters
    ----------
    now_s : float
        Not looked at. [s]
    free_gpus : int
        Free now. [GPUs]
    running : sequence of (int, float)
        Not looked at. [GPUs, s]
    queue : sequence of (int, float)
        GPUs and estimated run time of each waiting job, in the order of their arrival. [GPUs, s]

    Returns
    -------
    list of int
        Places in the queue of the jobs that start.

    Examples
    --------
    >>> first_come_to_start(0.0, 3, [], [(1, 10.0), (4, 10.0), (1, 10.0)])
    [0]
    """
    together = np.cumsum([gpus for gpus, _ in queue])
    return list(range(int(np.sum(together <= free_gpus))))


def conservative_to_start(now_s: float, free_gpus: int, running: Jobs, queue: Jobs) -> list[int]:
    """Conservative backfill: every waiting job has a reservation, and none is moved back.

    Parameters
    ----------
    now_s : float
        Now. [s]
    free_gpus : int
        Free now. [GPUs]
    running : sequence of (int, float)
        GPUs and expected end of each running job. [GPUs, s]
    queue : sequence of (int, float)
        GPUs and estimated run time of each waiting job, in the order of their arrival. [GPUs, s]

    Returns
    -------
    list of int
        Places in the queue of the jobs that start.

    Raises
    ------
    ValueError
        If a job needs more GPUs than there are.

    Examples
    --------
    The third would end before the first can start, and so may pass:

    >>> conservative_to_start(0.0, 2, [(2, 60.0)], [(4, 100.0), (1, 300.0), (1, 60.0)])
    [2]
    """
    total = free_gpus + sum(gpus for gpus, _ in running)
    taken = [(now_s, max(now_s, end_s), gpus) for gpus, end_s in running]
    starting = []
    for place, (gpus, estimate_s) in enumerate(queue):
        if gpus > total:
            raise ValueError("a job needs no more GPUs than there are")
        times = sorted({now_s} | {end_s for _, end_s, _ in taken if end_s > now_s})
        start_s = next(time_s for time_s in times if _has_room(taken, time_s, time_s + estimate_s, total - gpus))
        taken.append((start_s, start_s + estimate_s, gpus))
        if start_s == now_s:
            starting.append(place)
    return starting


def _has_room(taken: Sequence[tuple[float, float, int]], start_s: float, end_s: float, limit: int) -> bool:
    """Whether no more than a limit is taken at any time of a stretch."""
    moments = [start_s] + [begin_s for begin_s, _, _ in taken if start_s < begin_s < end_s]
    return all(sum(gpus for begin_s, ends_s, gpus in taken if begin_s <= at < ends_s) <= limit for at in moments)
