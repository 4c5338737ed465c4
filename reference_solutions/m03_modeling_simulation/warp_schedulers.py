r"""Warp schedulers: an SM issues one instruction a cycle, of a warp that is ready; of which?

Question
    Two schedulers issue the same instructions. Why does one of them end earlier, and where did the cycles go?
Model
    Each warp has a stream of instructions that it issues in order. After an instruction of latency :math:`l` at cycle
    :math:`c` its warp is ready again at :math:`c + l`. At a barrier a warp waits until all warps have come to theirs:
    all are ready again in the cycle after the last of them. In each cycle one ready warp issues: by *LRR* (loose round
    robin) the next one after the last that issued, in a circle; by *GTO* (greedy then oldest) the last again while it
    is ready, else the lowest number.

    .. math:: n\,l \;\text{ cycles for one warp}, \qquad n\,W + l - 1 \;\text{ for } W \ge l \text{ warps of } n
Assumes
    One scheduler, dependent instructions, no cache: latencies do not depend on the order.
Breaks when
    They do: with a cache, GTO keeps a warp's lines alive that LRR lets the others evict. Or when units, not latencies,
    limit the issue.
Source
    Rogers, O'Connor, Aamodt, "Cache-conscious wavefront scheduling", MICRO 2012, compares LRR and GTO; Khairy, Shen,
    Aamodt, Rogers, "Accel-Sim: an extensible simulation framework for validated GPU modeling", ISCA 2020, simulates
    both. This is a model of their schedulers' idea, not a part of Accel-Sim.
Oracle
    The closed forms above; a second scheduler that jumps from event to event and keeps lists of what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["warp_issue"]


def warp_issue(streams: Sequence[Sequence[int]], policy: str) -> dict[str, Any]:
    """Issue the instructions of all warps, one a cycle.

    Parameters
    ----------
    streams : sequence of sequence of int
        For each warp its instructions in order: latencies of 1 or more, 0 for a barrier. All warps have equally many
        barriers. [cycle]
    policy : {"lrr", "gto"}
        Which of the ready warps issues; in the beginning warp 0 is the next, and the oldest.

    Returns
    -------
    dict of str to object
        `cycles`, when the last result is there, counted from cycle 0 of the first issue, 0 without one; `order`, list
        of the warps as they issued; `barrier_stalls` and `latency_stalls`, cycles without an issue before the last
        issue: the first, if a warp that has not ended waits at a barrier. [cycle]

    Raises
    ------
    ValueError
        If there is no such policy, a latency is negative, or the warps' barriers differ in number.

    Examples
    --------
    >>> two = [[2, 2, 2], [2, 2, 2]]
    >>> warp_issue(two, "lrr")["order"], warp_issue(two, "lrr")["cycles"]
    ([0, 1, 0, 1, 0, 1], 7)
    >>> warp_issue([[1, 1], [1, 1]], "gto")["order"], warp_issue([[4, 4]], "gto")["latency_stalls"]
    ([0, 0, 1, 1], 3)
    """
    if policy not in ("lrr", "gto") or len({list(stream).count(0) for stream in streams}) > 1:
        raise ValueError("the policy is lrr or gto, and all warps have the same number of barriers")
    if any(latency < 0 for stream in streams for latency in stream):
        raise ValueError("a latency is not negative")
    warps, never = len(streams), float("inf")
    ready: list[float] = [0.0] * warps  # from when on each warp may issue; never while it waits at a barrier
    issued = [0] * warps
    order: list[int] = []
    stalls = {"barrier": 0, "latency": 0}
    cycle, ends = 0, [0]
    while any(issued[warp] < len(streams[warp]) for warp in range(warps)):
        able = [warp for warp in range(warps) if issued[warp] < len(streams[warp]) and ready[warp] <= cycle]
        if not able:
            stalls["barrier" if never in ready else "latency"] += 1
        else:
            last = order[-1] if order else -1
            turn = min(able, key=lambda warp: (warp - last - 1) % warps)  # the next in the circle
            chosen = turn if policy == "lrr" else last if last in able else able[0]
            latency = int(streams[chosen][issued[chosen]])
            issued[chosen] += 1
            order.append(chosen)
            ready[chosen] = cycle + latency if latency else never
            ends.append(cycle + max(latency, 1))
            if ready.count(never) == warps:
                ready = [float(cycle)] * warps  # this cycle is over
        cycle += 1
    return {
        "cycles": max(ends),
        "order": order,
        "barrier_stalls": stalls["barrier"],
        "latency_stalls": stalls["latency"],
    }
