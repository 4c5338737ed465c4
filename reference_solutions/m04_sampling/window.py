r"""How long a window must be.

Question
    A window measures what happens while it is open. How long must it be, that even the slowest access that begins in it
    can end in it?
Model
    .. math:: U > (L_{\max} + Q_{\max})\,f \cdot \mathrm{IPC}_{\max}, \qquad e = \frac{(L_{\max} + Q_{\max})\,f \cdot
        \mathrm{IPC}_{\max}}{U}

    The worst latency and the worst wait in queues, in cycles, are the time that a window must last; a core that runs at
    its best passes through most instructions in that time. What begins in the last part :math:`e` of a window may end
    after it: its cost falls to nobody.
Assumes
    One access at a time is the longest chain; queues are waited in one after the other.
Breaks when
    Threads wait for each other (a lock, a barrier): no number of cycles bounds that; take units of work instead.
Source
    The rule is the module's own (a window longer than the worst memory latency plus queueing); Wunderlich et al.,
    "SMARTS", ISCA 2003, sections 4.1 to 4.4, for what short units and too little warming do to a bias.
Oracle
    A stream of accesses simulated in windows below the rule and above it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["window"]


def window(
    latency_ns: Mapping[str, float],
    queue_ns: Mapping[str, float],
    clock_ghz: float,
    peak_ipc: float,
    offered: Sequence[int],
) -> dict[str, float]:
    """Shortest window on offer that keeps the rule.

    Parameters
    ----------
    latency_ns : mapping of str to float
        Latency of each place that an access may be served from, without queues. [ns]
    queue_ns : mapping of str to float
        Longest wait in each queue; an access may meet all of them. [ns]
    clock_ghz : float
        Clock. [1/ns]
    peak_ipc : float
        Most instructions per cycle. [1]
    offered : sequence of int
        Windows that the simulator offers, in any order. [1]

    Returns
    -------
    dict of str to float
        `cycles` that the slowest access takes, `instructions` that a window must exceed, `unit`, the shortest window on
        offer that does, and `edge`, the share of that window in which the slowest access begins too late.

    Examples
    --------
    >>> window({"near": 80.0, "far": 150.0}, {"link": 50.0}, 2.0, 4.0, [1000, 2000])
    {'cycles': 400.0, 'instructions': 1600.0, 'unit': 2000, 'edge': 0.8}
    """
    cycles = (max(latency_ns.values()) + sum(queue_ns.values())) * clock_ghz
    instructions = cycles * peak_ipc
    unit = min(size for size in offered if size > instructions)
    return {"cycles": cycles, "instructions": instructions, "unit": unit, "edge": instructions / unit}
