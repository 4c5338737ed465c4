r"""An out-of-order core by its two limits: width and window.

Question
    When does each instruction of a trace retire, if only data, width and window hold it up?
Model
    .. math:: D_i &= \max(D_{i-1},\; D_{i-W} + 1,\; R_{i-w}) \\
        F_i &= \max(D_i,\; \max_{p \in P(i)} F_p) + l_i \\
        R_i &= \max(F_i,\; R_{i-1},\; R_{i-W} + 1)

    Instruction :math:`i` is dispatched at :math:`D_i`, in order, at most :math:`W` a cycle, and not before the one
    that is a window of :math:`w` ahead has retired. It executes as soon as its producers :math:`P(i)` have finished,
    for :math:`l_i` cycles, and retires in order, at most :math:`W` a cycle.
Assumes
    Units without number, perfect prediction and fetch, and registers without end.
Breaks when
    Ports or miss buffers are short, or branches are mispredicted: then `cpi_stack` adds what this model lacks.
Source
    The textbook machine (Hennessy, Patterson, *Computer Architecture*, 6th ed., 2017, chapter 3); related: Karkhanis,
    Smith, "A first-order superscalar processor model", ISCA 2004, pp. 338-349, an analytical model of such a core.
Oracle
    Closed forms of chains and of independent instructions; a core that is played cycle by cycle; Little's law.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["retired_cycles"]


def retired_cycles(
    producers: Sequence[Sequence[int]], latency_cycles: ArrayLike, width: int, window: int
) -> NDArray[np.int64]:
    """Cycle in which each instruction has retired.

    Parameters
    ----------
    producers : sequence of sequence of int
        For each instruction those before it whose results it needs.
    latency_cycles : (N,) array_like of int
        Time that each takes to execute; may be 0. [cycle]
    width, window : int
        Instructions that are dispatched, and that retire, per cycle at most; and that are between the two. [1]

    Returns
    -------
    (N,) ndarray of int
        Cycles since the first dispatch; the last of them is the time of the whole trace. [cycle]

    Raises
    ------
    ValueError
        If width or window are not positive, a latency is negative, or an instruction needs one that is not before it.

    Examples
    --------
    A load of 100 cycles, an addition that needs it, and six instructions that need nothing, in a window of four:

    >>> retired_cycles([[], [0], [], [], [], [], [], []], [100, 1, 1, 1, 1, 1, 1, 1], width=2, window=4)
    array([100, 101, 101, 102, 102, 103, 103, 104])
    """
    latencies = np.asarray(latency_cycles).tolist()
    if min(width, window) < 1 or min(latencies, default=0) < 0:
        raise ValueError("width and window are positive, and a latency is not negative")
    if any(not 0 <= needed < place for place, all_needed in enumerate(producers) for needed in all_needed):
        raise ValueError("an instruction needs only what stands before it")
    dispatched: list[int] = []
    finished: list[int] = []
    retired: list[int] = []
    for place, latency in enumerate(latencies):
        start = max(
            dispatched[-1] if place else 0,
            dispatched[place - width] + 1 if place >= width else 0,
            retired[place - window] if place >= window else 0,
        )
        dispatched.append(start)
        finished.append(max([start, *(finished[needed] for needed in producers[place])]) + latency)
        retired.append(
            max(
                finished[-1],
                retired[-1] if place else 0,
                retired[place - width] + 1 if place >= width else 0,
            )
        )
    return np.array(retired, dtype=np.int64)
