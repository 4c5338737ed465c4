r"""Top-Down, level 1: where a core's issue slots went.

Question
    Which of four things held this workload back: useful work, wrong guesses, a starved front end, a blocked back end?
Model
    .. math:: S = w \cdot C, \qquad
        R = \frac{U_{ret}}{S}, \quad
        B_{spec} = \frac{U_{iss} - U_{ret} + w\,C_{rec}}{S}, \quad
        F = \frac{U_{lost}}{S}, \quad
        B_{end} = 1 - R - B_{spec} - F

    A core that allocates :math:`w` micro-operations a clock had :math:`S` slots in :math:`C` clocks. A slot ends in a
    micro-operation that retires, in one that is thrown away (or in a clock of recovery), empty because the front end
    delivered nothing, or empty because the back end took nothing.
    With simultaneous multithreading both threads' counts are summed; each of the two counts every clock of the core
    in the `_ANY` events, so :math:`C` and :math:`C_{rec}` are half of their sums.
Assumes
    Counts of one core over one interval, all taken at the same time.
Breaks when
    The counts were multiplexed over phases (the back end, found by subtraction, takes all their error, and may turn
    negative), or the core counts slots itself (Ice Lake and later: PERF_METRICS).
Source
    Yasin, "A Top-Down method for performance analysis and counters architecture", ISPASS 2014, pp. 35-44, table 2;
    events of Skylake-SP as in Intel's perfmon metrics file for SKX, TMA 5.01.
Oracle
    Intel's own metric formulas and pmu-tools on twelve counter sets, with and without multithreading, to 1e-9.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["COUNTERS", "topdown_level_1"]

COUNTERS = (
    "SMT_ON",
    "CPU_CLK_UNHALTED.THREAD",
    "CPU_CLK_UNHALTED.THREAD_ANY",
    "IDQ_UOPS_NOT_DELIVERED.CORE",
    "INT_MISC.RECOVERY_CYCLES",
    "INT_MISC.RECOVERY_CYCLES_ANY",
    "UOPS_ISSUED.ANY",
    "UOPS_RETIRED.RETIRE_SLOTS",
)
"""Columns that a table of counters must have; it may have more."""


def topdown_level_1(counters: Mapping[str, ArrayLike], width: int = 4) -> dict[str, Array]:
    """Shares of the slots in each category of level 1, one row a workload.

    Parameters
    ----------
    counters : mapping of str to (N,) array_like
        Column -> one count a workload; `SMT_ON` says whether multithreading was on. [1]
    width : int
        Micro-operations that the core allocates per clock. [1]

    Returns
    -------
    dict of str to (N,) ndarray
        `retiring`, `bad_speculation`, `frontend_bound`, `backend_bound`; NaN for a workload without a clock. [1]

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    Ten clocks of a four-wide core: 20 of 40 slots retire, 4 are thrown away or recovered from, 6 arrive empty.

    >>> ten_clocks = {
    ...     "SMT_ON": [False],
    ...     "CPU_CLK_UNHALTED.THREAD": [10],
    ...     "CPU_CLK_UNHALTED.THREAD_ANY": [10],
    ...     "IDQ_UOPS_NOT_DELIVERED.CORE": [6],
    ...     "INT_MISC.RECOVERY_CYCLES": [0.5],
    ...     "INT_MISC.RECOVERY_CYCLES_ANY": [0.5],
    ...     "UOPS_ISSUED.ANY": [22],
    ...     "UOPS_RETIRED.RETIRE_SLOTS": [20],
    ... }
    >>> {category: float(share[0]) for category, share in topdown_level_1(ten_clocks).items()}
    {'retiring': 0.5, 'bad_speculation': 0.1, 'frontend_bound': 0.15, 'backend_bound': 0.25}
    """
    validate.require_columns(counters, COUNTERS)
    count = {name: np.asarray(counters[name], dtype=float) for name in COUNTERS}
    smt = count["SMT_ON"] > 0
    # Both hyper-threads count every clock of their core in the _ANY events: half of the sum is the core's.
    clocks = np.where(smt, count["CPU_CLK_UNHALTED.THREAD_ANY"] / 2, count["CPU_CLK_UNHALTED.THREAD"])
    recovery = np.where(smt, count["INT_MISC.RECOVERY_CYCLES_ANY"] / 2, count["INT_MISC.RECOVERY_CYCLES"])
    slots = np.where(clocks > 0, width * clocks, np.nan)  # a core that never ran has no shares
    issued, retired = count["UOPS_ISSUED.ANY"], count["UOPS_RETIRED.RETIRE_SLOTS"]
    shares = {
        "retiring": retired / slots,
        "bad_speculation": (issued - retired + width * recovery) / slots,
        "frontend_bound": count["IDQ_UOPS_NOT_DELIVERED.CORE"] / slots,
    }
    shares["backend_bound"] = 1 - sum(shares.values())
    return shares
