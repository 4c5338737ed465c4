r"""The CPI stack of interval analysis: cycles per instruction by what they were lost to.

Question
    A program runs at 1.6 cycles per instruction on a core that could do 4 instructions a cycle. Where is the rest?
Model
    .. math:: \frac{C}{N} = \frac{1}{D} + \frac{n_{br}}{N}(c_{res} + c_{fe}) + \frac{n_{I}}{N} c_{I}
        + \frac{n_{LL}}{N} \frac{c_{mem}}{\mathrm{MLP}}

    Between miss events a balanced core dispatches :math:`D` instructions a cycle. A mispredicted branch costs the time
    until it is resolved and the refill of the front end; a miss of the instruction cache its latency; a load that
    misses the last-level cache the memory's latency, shared by the misses that its window overlaps (see
    `window_parallelism`). The terms add up, so that each is a layer of a stack.
Assumes
    Miss events do not hide each other; the window is large enough to dispatch at full width between them; shorter
    misses and dependences are hidden by the window.
Breaks when
    Dependences allow less than :math:`D` instructions a cycle (the base is then larger), or a branch waits for a load
    that misses: its penalty is hidden under the load's.
Source
    Simplified after Eyerman, Eeckhout, Karkhanis, Smith, "A mechanistic performance model for superscalar out-of-order
    processors", ACM TOCS 27(2), 2009, doi 10.1145/1534909.1534910, which sums up interval by interval instead.
Oracle
    A walk over traces that adds penalties event by event; and the cycles that an out-of-order core (`retired_cycles`)
    takes for independent instructions with long loads among them, within a window's fill for each group.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["cpi_stack"]


def cpi_stack(
    events: Mapping[str, ArrayLike],
    width: int,
    frontend_cycles: float,
    fetch_miss_cycles: float,
    memory_cycles: float,
) -> dict[str, Array]:
    """Cycles per instruction that each kind of miss event takes, one row a program.

    Parameters
    ----------
    events : mapping of str to (N,) array_like
        Counts `instructions`, `branch_mispredictions`, `fetch_misses`, `long_misses`; `resolution_cycles`, the mean
        time until a mispredicted branch is known; `parallelism`, the mean number of long misses that overlap, NaN
        for a program without one. A column `program` of names is passed over. [1, cycle]
    width : int
        Instructions that the core can dispatch per cycle. [1]
    frontend_cycles : float
        Time to refill the front end. [cycle]
    fetch_miss_cycles : float
        Latency of a miss of the instruction cache. [cycle]
    memory_cycles : float
        Latency of the memory. [cycle]

    Returns
    -------
    dict of str to (N,) ndarray
        `base`, `branches`, `fetch` and `memory`; their sum is the cycles per instruction. [cycle]

    Examples
    --------
    >>> events = {"instructions": [1000], "branch_mispredictions": [5], "resolution_cycles": [12]}
    >>> events |= {"fetch_misses": [2], "long_misses": [4], "parallelism": [2]}
    >>> stack = cpi_stack(events, width=4, frontend_cycles=8, fetch_miss_cycles=20, memory_cycles=200)
    >>> {layer: float(cycles[0]) for layer, cycles in stack.items()}
    {'base': 0.25, 'branches': 0.1, 'fetch': 0.04, 'memory': 0.4}
    """
    count = {name: np.asarray(events[name], dtype=float) for name in events if name != "program"}
    instructions = count["instructions"]
    groups = np.divide(
        count["long_misses"], count["parallelism"], out=np.zeros(instructions.shape), where=count["long_misses"] > 0
    )
    return {
        "base": np.full(instructions.shape, 1 / width),
        "branches": count["branch_mispredictions"] * (count["resolution_cycles"] + frontend_cycles) / instructions,
        "fetch": count["fetch_misses"] * fetch_miss_cycles / instructions,
        "memory": groups * memory_cycles / instructions,
    }
