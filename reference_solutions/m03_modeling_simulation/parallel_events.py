r"""Simulation on several processors: what its events allow, and what looking ahead costs.

Question
    A simulation takes a week on one processor. How much faster can sixteen be, before a line of it is parallel?
Model
    Events that depend on each other keep their order. The longest chain of them, the *critical path*, bounds the
    speed-up on :math:`P` processors:

    .. math:: S \le \min \left( P,\ \frac{T_1}{T_{cp}} \right)

    *Conservative* simulators never risk an event too early. With windows, all processes agree on the earliest event
    left, at :math:`t`, and each does those of its own before :math:`t + L`: with the *lookahead* :math:`L`, nothing
    that happens from :math:`t` on reaches another process sooner. With *null messages*, each promises all it sends to
    that its next message comes no sooner than :math:`L` after the last promise made to itself: in a cycle that takes
    :math:`\lceil t / L \rceil` messages on each link to bring everybody to time :math:`t`.
Assumes
    Events take as long wherever they run, and messages no time. Each process is on one processor, and each in a cycle.
Breaks when
    The lookahead is 0: promises in a cycle never rise, and nobody may go on. An optimistic simulator (Time Warp) takes
    the risk instead, and can even beat a critical path that counts waits which change nothing.
Source
    Fujimoto, "Parallel discrete event simulation", Communications of the ACM 33(10), 1990, pp. 30-53, not seen; Chandy
    and Misra's, and Bryant's, null messages as surveyed by Ferscha, Tripathi, "Parallel and distributed simulation of
    discrete event systems", University of Maryland, by its abstract. The counts are derived anew.
Oracle
    NetworkX's longest path; processes that exchange promises, one message after the other; windows cut by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["critical_path_s", "null_messages", "parallel_speedup_bound", "windowed_run"]


def critical_path_s(cost_s: ArrayLike, order: Sequence[tuple[int, int]]) -> float:
    """Time that the longest chain of events takes.

    Parameters
    ----------
    cost_s : (E,) array_like
        Time that each event takes to simulate. [s]
    order : sequence of (int, int)
        Pairs of events: the first must be over before the second starts.

    Returns
    -------
    float
        Length of the critical path; 0 without events. [s]

    Raises
    ------
    ValueError
        If a cost is negative, there is no such event, or events wait for each other in a circle.

    Examples
    --------
    >>> critical_path_s([1.0, 2.0, 4.0, 1.0], [(0, 1), (0, 2), (1, 3), (2, 3)])
    6.0
    """
    costs = np.asarray(cost_s, dtype=float)
    after: list[list[int]] = [[] for _ in range(costs.size)]
    waits = [0] * costs.size
    for first, second in order:
        if not (0 <= first < costs.size and 0 <= second < costs.size):
            raise ValueError("a pair names two of the events")
        after[first].append(second)
        waits[second] += 1
    if np.any(costs < 0):
        raise ValueError("no event takes less than no time")
    start = [0.0] * costs.size
    ready = [event for event, count in enumerate(waits) if count == 0]
    for event in ready:  # grows while it is walked over
        end = start[event] + costs[event]
        for later in after[event]:
            start[later] = max(start[later], end)
            waits[later] -= 1
            if waits[later] == 0:
                ready.append(later)
    if len(ready) < costs.size:
        raise ValueError("events wait for each other in a circle")
    return float(np.max(np.asarray(start) + costs, initial=0.0))


def parallel_speedup_bound(total_s: ArrayLike, critical_s: ArrayLike, processors: ArrayLike) -> Array:
    """Speed-up that no parallel run can exceed; the arguments broadcast.

    Parameters
    ----------
    total_s : (...) array_like
        Time of all events on one processor. [s]
    critical_s : (...) array_like
        Time of the longest chain of them. [s]
    processors : (...) array_like of int
        How many there are. [1]

    Returns
    -------
    (...) ndarray
        Bound. [1]

    Raises
    ------
    ValueError
        If a number is not positive, or the chain is longer than all events.

    Examples
    --------
    >>> parallel_speedup_bound(120.0, 10.0, [4, 16, 64]).tolist()
    [4.0, 12.0, 12.0]
    """
    validate.require_positive(total_s=total_s, critical_s=critical_s, processors=processors)
    allowed = np.divide(total_s, critical_s)
    if np.any(allowed < 1):
        raise ValueError("a chain of events is not longer than all of them")
    bound: Array = np.minimum(np.asarray(processors, dtype=float), allowed)
    return bound


def windowed_run(
    event_s: ArrayLike, processes: ArrayLike, lookahead_s: float, event_cost_s: float, barrier_cost_s: float
) -> dict[str, float]:
    """Play a conservative simulation with windows, a processor for each process.

    Parameters
    ----------
    event_s : (E,) array_like
        Simulated time of each event. [s]
    processes : (E,) array_like of int
        Process that each belongs to.
    lookahead_s : float
        Simulated time within which no process can disturb another. [s]
    event_cost_s : float
        Time that an event takes to simulate. [s]
    barrier_cost_s : float
        Time to agree on the next window. [s]

    Returns
    -------
    dict of str to float
        `windows` [1]; `elapsed_s` [s]; `speedup` over one processor that needs no barrier [1].

    Raises
    ------
    ValueError
        If the columns differ in length or are empty, the lookahead or an event's cost is not positive, or a barrier
        costs less than nothing.

    Examples
    --------
    >>> windowed_run([0.0, 0.1, 0.9, 1.5, 1.6], [0, 1, 0, 0, 1], 1.0, event_cost_s=2e-6, barrier_cost_s=1e-6)
    {'windows': 2.0, 'elapsed_s': 8e-06, 'speedup': 1.25}
    """
    validate.require_positive(lookahead_s=lookahead_s, event_cost_s=event_cost_s)
    times, owners = np.asarray(event_s, dtype=float), np.asarray(processes)
    if times.ndim != 1 or times.shape != owners.shape or not times.size or barrier_cost_s < 0:
        raise ValueError("a process for each event, one event at least, and no negative cost")
    by_time = np.argsort(times, kind="stable")
    times, owners = times[by_time], owners[by_time]
    windows, steps, place = 0, 0, 0
    while place < times.size:
        end = int(np.searchsorted(times, times[place] + lookahead_s, side="left"))
        _, counts = np.unique(owners[place:end], return_counts=True)
        windows, steps, place = windows + 1, steps + int(counts.max()), end
    elapsed_s = steps * event_cost_s + windows * barrier_cost_s
    return {"windows": float(windows), "elapsed_s": elapsed_s, "speedup": times.size * event_cost_s / elapsed_s}


def null_messages(until_s: ArrayLike, lookahead_s: ArrayLike, links: ArrayLike) -> Array:
    """Promises that processes in a cycle exchange until all are at a time; the arguments broadcast.

    Parameters
    ----------
    until_s : (...) array_like
        Simulated time of the last event. [s]
    lookahead_s : (...) array_like
        Simulated time that each promise adds to those that it rests on. [s]
    links : (...) array_like of int
        Links between processes; each process has one that comes in. [1]

    Returns
    -------
    (...) ndarray
        Messages; infinite without lookahead. [1]

    Raises
    ------
    ValueError
        If a time is negative, or there is no link.

    Examples
    --------
    Ten simulated seconds, two processes that answer each other:

    >>> null_messages(10.0, [5.0, 0.01, 0.0], 2).tolist()
    [4.0, 2000.0, inf]
    """
    validate.require_positive(links=links)
    until, lookahead = np.asarray(until_s, dtype=float), np.asarray(lookahead_s, dtype=float)
    if np.any(until < 0) or np.any(lookahead < 0):
        raise ValueError("times are not negative")
    with np.errstate(divide="ignore", invalid="ignore"):
        rounds = np.where(until > 0, np.ceil(until / lookahead * (1 - 1e-12)), 0.0)
    messages: Array = np.asarray(links) * rounds
    return messages
