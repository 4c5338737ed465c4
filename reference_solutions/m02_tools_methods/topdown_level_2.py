r"""Top-Down, level 2: each category of level 1 split in two.

Question
    The front end starved the core: did it wait for instructions, or deliver too few at a time? The back end blocked
    it: did it wait for memory, or for execution units? And so for the other two.
Model
    .. math:: F_{lat} = \frac{w\,C_0}{S}, \quad
        M = B_{end}\,\frac{C_{mem} + C_{st}}{C_{stall} + (C_1 + R\,C_2) + C_{st}}, \quad
        X = B_{spec}\,\frac{n_{misp}}{n_{misp} + n_{clear}}, \quad
        H = \frac{U_{ret} + U_{fus} - I}{S}

    Of each pair one is measured and its sibling is the rest of the parent. :math:`C_0`: clocks in which the front end
    delivered nothing; :math:`C_{mem}, C_{st}, C_{stall}`: clocks stalled with a load outstanding, with full store
    buffers, and altogether; :math:`C_1, C_2`: clocks with one and with two busy ports; :math:`H`: retired slots
    beyond one a (fused) instruction.
    Ice Lake subtracts dropped micro-operations from :math:`F_{lat}` and finds :math:`H` from micro-code and complex
    decodes; Sapphire Rapids counts one of each pair in PERF_METRICS itself.
Assumes
    Level 1 of the same counts; mispredictions and clears cost the same slots each.
Breaks when
    Clears are far dearer than mispredictions (a memory-ordering clear may be), or the split of stalls differs from
    the split of slots: a core can lose slots in clocks that are no stall.
Source
    Intel's perfmon metrics files for SKX (TMA 5.01), ICX (TMA 5.2) and SPR (TMA 5.2); tree of Yasin, ISPASS 2014,
    pp. 35-44, figure 2.
Oracle
    Intel's own formulas and pmu-tools on 28 counter sets, with and without multithreading, in all variants, to 1e-9.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = [
    "LEVEL_2",
    "LEVEL_2_COUNTERS",
    "topdown_level_2",
    "topdown_level_2_by_difference",
    "topdown_level_2_ice_lake",
    "topdown_level_2_sapphire_rapids",
]

LEVEL_2 = {
    "retiring": ("heavy_operations", "light_operations"),
    "bad_speculation": ("branch_mispredicts", "machine_clears"),
    "frontend_bound": ("fetch_latency", "fetch_bandwidth"),
    "backend_bound": ("memory_bound", "core_bound"),
}
"""Category of level 1 -> the child that is measured, and its sibling."""

LEVEL_2_COUNTERS = (
    "SMT_ON",
    "CPU_CLK_UNHALTED.THREAD",
    "CPU_CLK_UNHALTED.THREAD_ANY",
    "IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE",
    "BR_MISP_RETIRED.ALL_BRANCHES",
    "MACHINE_CLEARS.COUNT",
    "CYCLE_ACTIVITY.STALLS_MEM_ANY",
    "CYCLE_ACTIVITY.STALLS_TOTAL",
    "EXE_ACTIVITY.1_PORTS_UTIL",
    "EXE_ACTIVITY.2_PORTS_UTIL",
    "EXE_ACTIVITY.BOUND_ON_STORES",
    "UOPS_RETIRED.RETIRE_SLOTS",
    "UOPS_RETIRED.MACRO_FUSED",
    "INST_RETIRED.ANY",
)
"""Columns that a table of Skylake-SP counters must have for level 2; it may have more."""


def topdown_level_2_by_difference(
    level_1: Mapping[str, ArrayLike], measured: Mapping[str, ArrayLike]
) -> dict[str, Array]:
    """Level 2 where one child of each category was measured; on Sapphire Rapids hardware does.

    Parameters
    ----------
    level_1 : mapping of str to (...) array_like
        Shares of `retiring`, `bad_speculation`, `frontend_bound`, `backend_bound`. [1]
    measured : mapping of str to (...) array_like
        Shares of `heavy_operations`, `branch_mispredicts`, `fetch_latency`, `memory_bound`. [1]

    Returns
    -------
    dict of str to (...) ndarray
        Shares of the eight categories of level 2; a sibling is what is left of its parent, and never negative. [1]

    Raises
    ------
    ValueError
        If a category is missing.

    Examples
    --------
    >>> level_1 = {"retiring": 0.4, "bad_speculation": 0.1, "frontend_bound": 0.2, "backend_bound": 0.3}
    >>> measured = {"heavy_operations": 0.1, "branch_mispredicts": 0.125, "fetch_latency": 0.05, "memory_bound": 0.3}
    >>> level_2 = topdown_level_2_by_difference(level_1, measured)
    >>> {name: round(float(level_2[name]), 3) for name in ("light_operations", "machine_clears", "fetch_bandwidth")}
    {'light_operations': 0.3, 'machine_clears': 0.0, 'fetch_bandwidth': 0.15}
    """
    validate.require_columns(level_1, LEVEL_2)
    validate.require_columns(measured, [child for child, _ in LEVEL_2.values()])
    shares: dict[str, Array] = {}
    for category, (child, sibling) in LEVEL_2.items():
        shares[child] = np.asarray(measured[child], dtype=float)
        shares[sibling] = np.maximum(np.asarray(level_1[category], dtype=float) - shares[child], 0)
    return shares


def topdown_level_2(
    counters: Mapping[str, ArrayLike], level_1: Mapping[str, ArrayLike], width: int = 4
) -> dict[str, Array]:
    """Shares of the slots in each category of level 2 on Skylake-SP, one row a workload.

    Parameters
    ----------
    counters : mapping of str to (N,) array_like
        Column -> one count a workload; `SMT_ON` says whether multithreading was on. [1]
    level_1 : mapping of str to (N,) array_like
        Shares of level 1 of the same counts. [1]
    width : int
        Micro-operations that the core allocates per clock. [1]

    Returns
    -------
    dict of str to (N,) ndarray
        Shares of the eight categories of level 2; each pair adds up to its parent. No share is cut off at zero:
        `heavy_operations` may be slightly negative. Where no cause was counted, all goes to the sibling. [1]

    Raises
    ------
    ValueError
        If a column or a category is missing.

    Examples
    --------
    Half of the slots wait in the back end, and memory holds up three quarters of what stalls:

    >>> clocks = {"CPU_CLK_UNHALTED.THREAD": [100], "CPU_CLK_UNHALTED.THREAD_ANY": [100], "SMT_ON": [False]}
    >>> stalls = {"CYCLE_ACTIVITY.STALLS_MEM_ANY": [25], "EXE_ACTIVITY.BOUND_ON_STORES": [5]}
    >>> stalls |= {"CYCLE_ACTIVITY.STALLS_TOTAL": [25], "EXE_ACTIVITY.1_PORTS_UTIL": [8]}
    >>> stalls |= {"EXE_ACTIVITY.2_PORTS_UTIL": [8]}
    >>> retired = {"UOPS_RETIRED.RETIRE_SLOTS": [100], "UOPS_RETIRED.MACRO_FUSED": [10], "INST_RETIRED.ANY": [106]}
    >>> rest = {"IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE": [10]}
    >>> rest |= {"BR_MISP_RETIRED.ALL_BRANCHES": [3], "MACHINE_CLEARS.COUNT": [1]}
    >>> level_1 = {"retiring": [0.25], "bad_speculation": [0.1], "frontend_bound": [0.15], "backend_bound": [0.5]}
    >>> level_2 = topdown_level_2(clocks | stalls | retired | rest, level_1)
    >>> [round(float(level_2[name][0]), 3) for name in ("memory_bound", "core_bound", "fetch_latency")]
    [0.375, 0.125, 0.1]
    """
    validate.require_columns(counters, LEVEL_2_COUNTERS)
    validate.require_columns(level_1, LEVEL_2)
    count = {name: np.asarray(counters[name], dtype=float) for name in LEVEL_2_COUNTERS}
    parent = {name: np.asarray(share, dtype=float) for name, share in level_1.items()}
    both_threads = count["CPU_CLK_UNHALTED.THREAD_ANY"] / 2
    clocks = np.where(count["SMT_ON"] > 0, both_threads, count["CPU_CLK_UNHALTED.THREAD"])
    slots = np.where(clocks > 0, width * clocks, np.nan)
    stores = count["EXE_ACTIVITY.BOUND_ON_STORES"]
    few_ports = count["EXE_ACTIVITY.1_PORTS_UTIL"] + parent["retiring"] * count["EXE_ACTIVITY.2_PORTS_UTIL"]
    held_up = count["CYCLE_ACTIVITY.STALLS_TOTAL"] + few_ports + stores
    by_memory = (count["CYCLE_ACTIVITY.STALLS_MEM_ANY"] + stores) / np.where(held_up > 0, held_up, np.inf)
    thrown = count["BR_MISP_RETIRED.ALL_BRANCHES"] + count["MACHINE_CLEARS.COUNT"]
    guessed = count["BR_MISP_RETIRED.ALL_BRANCHES"] / np.where(thrown > 0, thrown, np.inf)
    one_each = count["INST_RETIRED.ANY"] - count["UOPS_RETIRED.MACRO_FUSED"]  # a fused pair takes one slot
    measured = {
        "retiring": (count["UOPS_RETIRED.RETIRE_SLOTS"] - one_each) / slots,
        "bad_speculation": guessed * parent["bad_speculation"],
        "frontend_bound": width * count["IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE"] / slots,
        "backend_bound": by_memory * parent["backend_bound"],
    }
    shares: dict[str, Array] = {}
    for category, (child, sibling) in LEVEL_2.items():
        shares[child] = measured[category]
        shares[sibling] = parent[category] - measured[category]
    return shares


def topdown_level_2_ice_lake(
    counters: Mapping[str, ArrayLike], level_1: Mapping[str, ArrayLike], width: int = 5
) -> dict[str, Array]:
    """Shares of the slots in each category of level 2 on Ice Lake, one row a workload.

    Parameters
    ----------
    counters : mapping of str to (N,) array_like
        Column -> one count a workload. [1]
    level_1 : mapping of str to (N,) array_like
        Shares of level 1 of the same counts, from PERF_METRICS or from slot events. [1]
    width : int
        Micro-operations that the core allocates per clock. [1]

    Returns
    -------
    dict of str to (N,) ndarray
        Shares of the eight categories of level 2; a sibling is what is left of its parent, and never negative. [1]

    Raises
    ------
    ValueError
        If a column or a category is missing.

    Examples
    --------
    Twenty clocks of a five-wide core without a micro-operation, ten slots of which held dropped ones:

    >>> zero = dict.fromkeys(("BR_MISP_RETIRED.ALL_BRANCHES", "CYCLE_ACTIVITY.STALLS_MEM_ANY"), [0])
    >>> zero |= dict.fromkeys(("EXE_ACTIVITY.2_PORTS_UTIL", "EXE_ACTIVITY.BOUND_ON_STORES"), [0])
    >>> zero |= dict.fromkeys(("IDQ.MS_UOPS", "UOPS_DECODED.DEC0", "UOPS_DECODED.DEC0:c1"), [0])
    >>> one = dict.fromkeys(("MACHINE_CLEARS.COUNT", "CYCLE_ACTIVITY.STALLS_TOTAL", "EXE_ACTIVITY.1_PORTS_UTIL"), [1])
    >>> one |= dict.fromkeys(("UOPS_ISSUED.ANY", "UOPS_RETIRED.SLOTS", "IDQ.MITE_UOPS"), [1])
    >>> own = {"IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE": [20], "INT_MISC.UOP_DROPPING": [10]}
    >>> level_1 = {"retiring": [0.3], "bad_speculation": [0.1], "frontend_bound": [0.4], "backend_bound": [0.2]}
    >>> level_2 = topdown_level_2_ice_lake(zero | one | own | {"TOPDOWN.SLOTS": [500]}, level_1)
    >>> [round(float(level_2[name][0]), 3) for name in ("fetch_latency", "fetch_bandwidth", "core_bound")]
    [0.18, 0.22, 0.2]
    """
    columns = (
        "TOPDOWN.SLOTS",
        "INT_MISC.UOP_DROPPING",
        "IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE",
        "BR_MISP_RETIRED.ALL_BRANCHES",
        "MACHINE_CLEARS.COUNT",
        "CYCLE_ACTIVITY.STALLS_MEM_ANY",
        "CYCLE_ACTIVITY.STALLS_TOTAL",
        "EXE_ACTIVITY.1_PORTS_UTIL",
        "EXE_ACTIVITY.2_PORTS_UTIL",
        "EXE_ACTIVITY.BOUND_ON_STORES",
        "UOPS_RETIRED.SLOTS",
        "UOPS_ISSUED.ANY",
        "IDQ.MS_UOPS",
        "IDQ.MITE_UOPS",
        "UOPS_DECODED.DEC0",
        "UOPS_DECODED.DEC0:c1",
    )
    validate.require_columns(counters, columns)
    validate.require_columns(level_1, LEVEL_2)
    count = {name: np.asarray(counters[name], dtype=float) for name in columns}
    parent = {name: np.asarray(share, dtype=float) for name, share in level_1.items()}
    slots = np.where(count["TOPDOWN.SLOTS"] > 0, count["TOPDOWN.SLOTS"], np.nan)
    stores = count["EXE_ACTIVITY.BOUND_ON_STORES"]
    few_ports = count["EXE_ACTIVITY.1_PORTS_UTIL"] + parent["retiring"] * count["EXE_ACTIVITY.2_PORTS_UTIL"]
    held_up = count["CYCLE_ACTIVITY.STALLS_TOTAL"] + few_ports + stores
    by_memory = (count["CYCLE_ACTIVITY.STALLS_MEM_ANY"] + stores) / np.where(held_up > 0, held_up, np.inf)
    thrown = count["BR_MISP_RETIRED.ALL_BRANCHES"] + count["MACHINE_CLEARS.COUNT"]
    guessed = count["BR_MISP_RETIRED.ALL_BRANCHES"] / np.where(thrown > 0, thrown, np.inf)
    empty = width * count["IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE"] - count["INT_MISC.UOP_DROPPING"]
    # Heavy: micro-code that survived to retirement, and what the first decoder made of complex instructions.
    kept = count["UOPS_RETIRED.SLOTS"] / np.where(count["UOPS_ISSUED.ANY"] > 0, count["UOPS_ISSUED.ANY"], np.inf)
    decoded = np.where(count["IDQ.MITE_UOPS"] > 0, count["IDQ.MITE_UOPS"], np.inf)
    extra = (count["UOPS_DECODED.DEC0"] - count["UOPS_DECODED.DEC0:c1"]) / decoded
    measured = {
        "heavy_operations": kept * count["IDQ.MS_UOPS"] / slots + parent["retiring"] * extra,
        "branch_mispredicts": guessed * parent["bad_speculation"],
        "fetch_latency": empty / slots,
        "memory_bound": by_memory * parent["backend_bound"],
    }
    return topdown_level_2_by_difference(level_1, measured)


def topdown_level_2_sapphire_rapids(
    counters: Mapping[str, ArrayLike], level_1: Mapping[str, ArrayLike]
) -> dict[str, Array]:
    """Shares of the slots in each category of level 2 on Sapphire Rapids, one row a workload.

    Parameters
    ----------
    counters : mapping of str to (N,) array_like
        Column -> one count a workload; all eight of PERF_METRICS. [1]
    level_1 : mapping of str to (N,) array_like
        Shares of level 1 of the same counts. [1]

    Returns
    -------
    dict of str to (N,) ndarray
        Shares of the eight categories of level 2; a sibling is what is left of its parent, and never negative. [1]

    Raises
    ------
    ValueError
        If a column or a category is missing.

    Examples
    --------
    >>> counts = {"RETIRING": [80], "BAD_SPECULATION": [20], "FRONTEND_BOUND": [50], "BACKEND_BOUND": [50]}
    >>> counts |= {"HEAVY_OPERATIONS": [4], "BRANCH_MISPREDICTS": [18], "FETCH_LATENCY": [30], "MEMORY_BOUND": [40]}
    >>> workload = {f"PERF_METRICS.{name}": count for name, count in counts.items()}
    >>> workload |= {"INT_MISC.UOP_DROPPING": [5], "TOPDOWN.SLOTS": [100]}
    >>> level_1 = {"retiring": [0.4], "bad_speculation": [0.15], "frontend_bound": [0.2], "backend_bound": [0.25]}
    >>> level_2 = topdown_level_2_sapphire_rapids(workload, level_1)
    >>> [round(float(level_2[name][0]), 3) for name in ("fetch_latency", "memory_bound", "machine_clears")]
    [0.1, 0.2, 0.06]
    """
    wholes = [f"PERF_METRICS.{category.upper()}" for category in LEVEL_2]
    parts = {child: f"PERF_METRICS.{child.upper()}" for child, _ in LEVEL_2.values()}
    columns = [*wholes, *parts.values(), "INT_MISC.UOP_DROPPING", "TOPDOWN.SLOTS"]
    validate.require_columns(counters, columns)
    count = {name: np.asarray(counters[name], dtype=float) for name in columns}
    whole = sum(count[name] for name in wholes)
    measured = {child: count[column] / np.where(whole > 0, whole, np.nan) for child, column in parts.items()}
    slots = np.where(count["TOPDOWN.SLOTS"] > 0, count["TOPDOWN.SLOTS"], np.nan)
    measured["fetch_latency"] = measured["fetch_latency"] - count["INT_MISC.UOP_DROPPING"] / slots
    return topdown_level_2_by_difference(level_1, measured)
