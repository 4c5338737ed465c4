r"""Transaction-level timing: initiators that run ahead of the clock, by a quantum at most.

Question
    A virtual prototype spends its time switching between its processors' models. What if each runs on for a while
    before it lets the others go on, and what does that do to what they tell each other?
Model
    Loosely timed: an initiator keeps a *local time* that runs ahead of the kernel's. A transaction returns a delay,
    which is added to it. Before it does something that others can see, it compares the local time with the end of its
    quantum, the next multiple of :math:`q` after the kernel's time: if it has got there, it gives control back, and
    goes on when the kernel has come to its local time.

    .. math:: t_{local} - t_{kernel} < q, \qquad \text{syncs} \approx T / q

    So what one initiator writes, others see too late or too early by less than :math:`q`. But two that write within a
    quantum may do so in the wrong order, and that lasts until somebody writes again. With :math:`q = 0` every
    interaction is synchronised, and the order is exact.

    Approximately timed: a transaction has four phases. Requests follow each other on their socket, and so do responses:
    a request begins when the one before has ended (END_REQ), a response when the one before has (END_RESP).
Assumes
    Initiators meet in shared variables only; what they do takes no host time of interest.
Breaks when
    One waits for the other within a quantum (a spinning lock, an interrupt): it burns its quantum before it can see it.
Source
    IEEE Std 1666-2011 and IEEE Std 1666-2023, *SystemC Language Reference Manual*: loosely timed and approximately
    timed coding styles, the global quantum, BEGIN_REQ, END_REQ, BEGIN_RESP, END_RESP. The bounds are our own. This is a
    model of the timing in Python, not SystemC.
Oracle
    SimPy, where every interaction is an event of its own, for a quantum of 0; the bound on each value seen, for any
    quantum; two servers in a row, by SimPy, for the phases.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["decoupled_reads", "four_phases_s"]


def decoupled_reads(initiators: Sequence[Sequence[Sequence[int]]], quantum: int) -> dict[str, Any]:
    """What initiators read from a variable that they share, and how often they synchronise.

    Parameters
    ----------
    initiators : sequence of sequence of (int, int)
        For each initiator its steps: a delay, and what it does then: write this number if it is 0 or more, read if it
        is -1. The variable is 0 in the beginning. [ns, 1]
    quantum : int
        The global quantum; 0 synchronises before every step. [ns]

    Returns
    -------
    dict of str to object
        `reads`: for each initiator a list of the numbers that it read; `syncs`: how often one gave control back before
        a step [1]; `finish`: largest local time at the end [ns].

    Raises
    ------
    ValueError
        If the quantum or a delay is negative.

    Examples
    --------
    One writes 7 after 10 ns, the other reads after 5 and after 15:

    >>> both = [[[10, 7]], [[5, -1], [10, -1]]]
    >>> decoupled_reads(both, quantum=0)
    {'reads': [[], [0, 7]], 'syncs': 3, 'finish': 15}
    >>> decoupled_reads(both, quantum=100)
    {'reads': [[], [7, 7]], 'syncs': 0, 'finish': 15}
    """
    if quantum < 0 or any(delay < 0 for steps in initiators for delay, _ in steps):
        raise ValueError("a quantum and delays are not negative")
    shared, syncs = 0, 0
    reads: list[list[int]] = [[] for _ in initiators]
    local, done = [0] * len(initiators), [0] * len(initiators)  # local time of each, and steps that it has done
    waiting = [(0, number) for number in range(len(initiators))]  # kernel time at which each goes on; ties by number
    synchronised = [False] * len(initiators)  # whether the delay of its next step has passed already
    while waiting:
        now, number = heapq.heappop(waiting)
        ends = (now // quantum + 1) * quantum if quantum else now
        for delay, what in initiators[number][done[number] :]:
            if not synchronised[number]:
                local[number] += delay
                if local[number] >= ends:
                    synchronised[number] = True
                    syncs += 1
                    heapq.heappush(waiting, (local[number], number))
                    break
            synchronised[number] = False
            done[number] += 1
            if what >= 0:
                shared = what
            else:
                reads[number].append(shared)
    return {"reads": reads, "syncs": syncs, "finish": max(local, default=0)}


def four_phases_s(
    ask_s: ArrayLike, accept_s: ArrayLike, latency_s: ArrayLike, respond_s: ArrayLike
) -> dict[str, Array]:
    """When the four phases of approximately timed transactions happen, at a target that works on many at a time.

    Parameters
    ----------
    ask_s : (n,) array_like
        When the initiator would like to begin each, in order. [s]
    accept_s, latency_s, respond_s : (n,) array_like
        Length of the request on the socket, work of the target, length of the response. [s]

    Returns
    -------
    dict of str to (n,) ndarray
        `begin_req`, `end_req`, `begin_resp` and `end_resp`; responses come in the order of the requests. [s]

    Raises
    ------
    ValueError
        If a length is negative.

    Examples
    --------
    >>> phases = four_phases_s([0, 0], [2, 2], [10, 10], [3, 3])
    >>> phases["begin_req"].tolist(), phases["begin_resp"].tolist(), phases["end_resp"].tolist()
    ([0.0, 2.0], [12.0, 15.0], [15.0, 18.0])
    """
    ask, accept, latency, respond = np.broadcast_arrays(
        *(np.asarray(one, dtype=float) for one in (ask_s, accept_s, latency_s, respond_s))
    )
    if np.any(accept < 0) or np.any(latency < 0) or np.any(respond < 0):
        raise ValueError("no phase has a negative length")
    times, socket_free, response_free = [], -np.inf, -np.inf
    for asks, accepts, works, responds in zip(ask, accept, latency, respond, strict=True):
        begin_req = max(asks, socket_free)
        socket_free = begin_req + accepts
        begin_resp = max(socket_free + works, response_free)
        response_free = begin_resp + responds
        times.append([begin_req, socket_free, begin_resp, response_free])
    columns = np.array(times).reshape(-1, 4).T
    return dict(zip(("begin_req", "end_req", "begin_resp", "end_resp"), columns, strict=True))
