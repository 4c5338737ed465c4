r"""Top-Down, level 3, memory: which level of the hierarchy the core waited for.

Question
    The back end waited for memory. For the first-level cache, the second, the third, for DRAM, or for stores to drain?
Model
    .. math:: L_1 = \max\!\left(\frac{C_{any} - C_{1}}{C}, 0\right), \quad
        L_2 = \frac{a}{a + n_{fb}} \cdot \frac{C_1 - C_2}{C}, \quad
        L_3 = \frac{C_2 - C_3}{C}, \quad
        D = \frac{C_3 + C_1 - C_2}{C} - L_2, \quad St = \frac{C_{st}}{C}

    :math:`C_{any}`: clocks stalled with a load outstanding; :math:`C_1, C_2, C_3`: with one that missed level 1, 2,
    3; :math:`a = h_2 (1 + h_{fb} / m_1)`: loads that hit level 2, with those that rode along in its fill buffers;
    :math:`n_{fb}`: clocks with all fill buffers full, which belong to memory further out.
Assumes
    A stall belongs to the farthest level that an outstanding load missed.
Breaks when
    Shares are compared with level 2's: these are of *clocks*, of one thread, not of slots; prefetches make the
    counts of hits misleading; persistent memory and remote sockets count as DRAM.
Source
    Intel's perfmon metrics file for SKX, TMA 5.01; the idea in Yasin, ISPASS 2014, pp. 35-44, section IV.
Oracle
    The sum of level 2, level 3 and DRAM telescopes to the clocks stalled beyond level 1; closed forms for a core that
    waits for one level only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["MEMORY_COUNTERS", "memory_bound_levels"]

MEMORY_COUNTERS = (
    "CPU_CLK_UNHALTED.THREAD",
    "CYCLE_ACTIVITY.STALLS_MEM_ANY",
    "CYCLE_ACTIVITY.STALLS_L1D_MISS",
    "CYCLE_ACTIVITY.STALLS_L2_MISS",
    "CYCLE_ACTIVITY.STALLS_L3_MISS",
    "EXE_ACTIVITY.BOUND_ON_STORES",
    "L1D_PEND_MISS.FB_FULL:c1",
    "MEM_LOAD_RETIRED.L2_HIT",
    "MEM_LOAD_RETIRED.FB_HIT",
    "MEM_LOAD_RETIRED.L1_MISS",
)
"""Columns that a table of counters must have; it may have more."""


def memory_bound_levels(counters: Mapping[str, ArrayLike]) -> dict[str, Array]:
    """Shares of the clocks that a thread waited for each level of memory on Skylake-SP, one row a workload.

    Parameters
    ----------
    counters : mapping of str to (N,) array_like
        Column -> one count a workload. [1]

    Returns
    -------
    dict of str to (N,) ndarray
        `l1_bound`, `l2_bound`, `l3_bound`, `dram_bound`, `store_bound`; NaN for a workload without a clock. [1]

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    Of 100 clocks 60 wait for a load: 50 for one that missed level 1, 40 level 2, 30 level 3, no buffer ever full.

    >>> stalls = {"MEM_ANY": [60], "L1D_MISS": [50], "L2_MISS": [40], "L3_MISS": [30]}
    >>> counts = {f"CYCLE_ACTIVITY.STALLS_{name}": clocks for name, clocks in stalls.items()}
    >>> counts |= {"CPU_CLK_UNHALTED.THREAD": [100], "EXE_ACTIVITY.BOUND_ON_STORES": [5]}
    >>> counts |= {"L1D_PEND_MISS.FB_FULL:c1": [0]}
    >>> counts |= {f"MEM_LOAD_RETIRED.{name}": [7] for name in ("L2_HIT", "FB_HIT", "L1_MISS")}
    >>> {level: round(float(share[0]), 12) for level, share in memory_bound_levels(counts).items()}
    {'l1_bound': 0.1, 'l2_bound': 0.1, 'l3_bound': 0.1, 'dram_bound': 0.3, 'store_bound': 0.05}
    """
    validate.require_columns(counters, MEMORY_COUNTERS)
    count = {name: np.asarray(counters[name], dtype=float) for name in MEMORY_COUNTERS}
    clocks = np.where(count["CPU_CLK_UNHALTED.THREAD"] > 0, count["CPU_CLK_UNHALTED.THREAD"], np.nan)
    any_load, beyond_1, beyond_2, beyond_3 = (
        count[f"CYCLE_ACTIVITY.STALLS_{name}"] / clocks for name in ("MEM_ANY", "L1D_MISS", "L2_MISS", "L3_MISS")
    )
    misses = count["MEM_LOAD_RETIRED.L1_MISS"]
    riders = count["MEM_LOAD_RETIRED.FB_HIT"] / np.where(misses > 0, misses, np.inf)
    hits = count["MEM_LOAD_RETIRED.L2_HIT"] * (1 + riders)
    served = hits + count["L1D_PEND_MISS.FB_FULL:c1"]
    l2_bound = hits / np.where(served > 0, served, np.inf) * (beyond_1 - beyond_2)
    return {
        "l1_bound": np.maximum(any_load - beyond_1, 0),
        "l2_bound": l2_bound,
        "l3_bound": beyond_2 - beyond_3,
        "dram_bound": beyond_3 + (beyond_1 - beyond_2) - l2_bound,
        "store_bound": count["EXE_ACTIVITY.BOUND_ON_STORES"] / clocks,
    }
