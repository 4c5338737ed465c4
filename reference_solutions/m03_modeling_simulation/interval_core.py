r"""An interval core: a program's time from its miss events, without simulating what lies between.

Question
    A cycle-level core model takes a day for what an interval model does in an hour. What does the quick one look at?
Model
    .. math:: C = \frac{N}{D} + \sum_{e \notin \text{shadows}} c_e

    Between miss events a balanced core dispatches :math:`D` instructions a cycle. Each event (a mispredicted branch, a
    miss of the instruction cache, a long load) stops dispatch for its penalty. But a long load casts a *shadow*: while
    it blocks retirement, the window fills with the instructions behind it, and events among them happen meanwhile. So
    events less than a window behind a long load cost nothing, unless they depend on it: those begin only when it has
    ended, cost their penalty, and end its shadow; a dependent load casts one of its own.
Assumes
    The window is filled while the load is outstanding; penalties do not depend on each other.
Breaks when
    A long load is short against the time to fill the window, or resources beside the window run out.
Source
    Genbrugge, Eyerman, Eeckhout, "Interval simulation: raising the level of abstraction in architectural simulation",
    HPCA 2010; Carlson, Heirman, Eeckhout, "Sniper: exploring the level of abstraction for scalable and accurate
    parallel multi-core simulation", SC 2011. Simplified: penalties are given, not computed from a window's contents.
Oracle
    Module 1's CPI stack where nothing overlaps; its out-of-order core on traces with long loads; a walk event by event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["interval_cycles"]


def interval_cycles(
    places: Sequence[int],
    kinds: Sequence[str],
    dependent: ArrayLike,
    instructions: int,
    width: int,
    window: int,
    penalties: Mapping[str, float],
) -> dict[str, float]:
    """Cycles of a program, by what they were lost to.

    Parameters
    ----------
    places : (n,) sequence of int
        Place of each event in the stream of instructions, increasing. [1]
    kinds : (n,) sequence of {"branch", "fetch", "load"}
        What happens there.
    dependent : (n,) array_like of bool
        Whether the event depends on the load in whose shadow it lies; without a meaning outside of a shadow.
    instructions : int
        Instructions of the program. [1]
    width : int
        Instructions that are dispatched in a cycle. [1]
    window : int
        Instructions that the window holds. [1]
    penalties : mapping of str to float
        Kind -> cycles that such an event costs. [cycle]

    Returns
    -------
    dict of str to float
        `base`, `branch`, `fetch` and `load`; their sum is the program's time. [cycle]

    Raises
    ------
    ValueError
        If places do not increase or lie outside of the program, or width or window are not positive.

    Examples
    --------
    A branch in the shadow of a load is free, the same branch a window later is not:

    >>> costs = {"branch": 20, "fetch": 12, "load": 200}
    >>> interval_cycles([0, 30, 150], ["load", "branch", "branch"], [False] * 3, 400, 4, 128, costs)
    {'base': 100.0, 'branch': 20.0, 'fetch': 0.0, 'load': 200.0}
    """
    where = np.asarray(places, dtype=int)
    if np.any(np.diff(where) <= 0) or np.any(where < 0) or np.any(where >= instructions) or min(width, window) < 1:
        raise ValueError("events in increasing order within the program, a width and a window")
    cycles = {"base": instructions / width, "branch": 0.0, "fetch": 0.0, "load": 0.0}
    shadow_ends = 0  # the first place behind the shadow of the last long load
    for place, kind, depends in zip(where.tolist(), kinds, np.asarray(dependent, dtype=bool).tolist(), strict=True):
        if place < shadow_ends and not depends:
            continue
        cycles[kind] += penalties[kind]
        shadow_ends = place + window if kind == "load" else place
    return cycles
