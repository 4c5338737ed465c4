r"""Top-Down, level 1, where the core counts its slots itself: PERF_METRICS.

Question
    Ice Lake and its successors count the four categories in hardware. What do the counts say, and what must still be
    put right?
Model
    .. math:: F = \frac{f}{f + s + r + b} - \frac{U_{drop}}{S}, \quad
        R = \frac{r}{f + s + r + b}, \quad
        B_{end} = \frac{b}{f + s + r + b} + \frac{c \, N_{clear}}{S}, \quad
        B_{spec} = \max(1 - F - R - B_{end},\, 0)

    :math:`f, s, r, b` are the counts of PERF_METRICS; only their proportions matter, since the register holds each as
    an 8-bit share of the slots :math:`S`. Micro-operations that the front end dropped (:math:`U_{drop}`) were no
    bubble; on the five-wide cores each of :math:`N_{clear}` pipeline clears cost the back end :math:`c = 5` slots.
    Where no PERF_METRICS can be read, events that count slots take the place of the four shares.
Assumes
    SLOTS and all metrics were read in one group, and the register was reset often enough: its shares have 8 bits.
Breaks when
    The interval is short (a field moves in steps of 1/255), the metrics were read without SLOTS in their group, or
    the corrections exceed what is left: then bad speculation is cut off at zero and the sum exceeds one.
Source
    Linux, tools/perf/Documentation/topdown.txt (register and fields); Intel's perfmon metrics files for ICX (TMA 5.2,
    version 1.2) and SPR (TMA 5.2, version 1.3) for the corrections.
Oracle
    Intel's own formulas and pmu-tools on eight counter sets of ICX and eight of SPR, in both variants, to 1e-9.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["perf_metrics_fields", "perf_metrics_level_1", "topdown_level_1_slot_events"]


def perf_metrics_fields(register: ArrayLike) -> dict[str, Array]:
    """Shares that one reading of the PERF_METRICS register holds.

    Parameters
    ----------
    register : (...) array_like of int
        64 bits: eight fields of eight bits, of which the upper four are zero before Sapphire Rapids. [1]

    Returns
    -------
    dict of str to (...) ndarray
        Four categories of level 1 and, of level 2, the one of each pair that hardware counts; multiples of 1/255. [1]

    Raises
    ------
    ValueError
        If a reading is no whole number of 64 bits.

    Examples
    --------
    A fifth each to retiring (field 0) and bad speculation (field 1), three fifths to the back end (field 3):

    >>> fields = perf_metrics_fields(0x99003333)
    >>> {name: float(share) for name, share in fields.items() if share > 0}
    {'retiring': 0.2, 'bad_speculation': 0.2, 'backend_bound': 0.6}
    """
    names = (
        "retiring",
        "bad_speculation",
        "frontend_bound",
        "backend_bound",
        "heavy_operations",
        "branch_mispredicts",
        "fetch_latency",
        "memory_bound",
    )
    reading = np.asarray(register)
    if reading.dtype.kind not in "iu" or np.any(reading < 0):
        raise ValueError("a register's reading is a whole number of 64 bits")
    bits = reading.astype(np.uint64)
    return {
        name: ((bits >> np.uint64(8 * field)) & np.uint64(0xFF)).astype(float) / 0xFF
        for field, name in enumerate(names)
    }


def perf_metrics_level_1(counters: Mapping[str, ArrayLike], clear_slots: float = 0) -> dict[str, Array]:
    """Shares of the slots in each category of level 1, from PERF_METRICS.

    Parameters
    ----------
    counters : mapping of str to (N,) array_like
        Column -> one count a workload; `INT_MISC.CLEARS_COUNT` is needed only if clears cost slots. [1]
    clear_slots : float
        Slots that each clear costs the back end and that hardware puts elsewhere: 5 on ICX, 0 on SPR. [1]

    Returns
    -------
    dict of str to (N,) ndarray
        `retiring`, `bad_speculation`, `frontend_bound`, `backend_bound`; NaN, all four, for a workload without a slot
        or without a count in any of the metrics. [1]

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    The four counts add up to 200; of 100 slots, 5 that counted as empty held dropped micro-operations.

    >>> counts = {"RETIRING": [80], "BAD_SPECULATION": [20], "FRONTEND_BOUND": [50], "BACKEND_BOUND": [50]}
    >>> workload = {f"PERF_METRICS.{name}": count for name, count in counts.items()}
    >>> workload |= {"INT_MISC.UOP_DROPPING": [5], "TOPDOWN.SLOTS": [100]}
    >>> shares = perf_metrics_level_1(workload)
    >>> {category: round(float(share[0]), 12) for category, share in shares.items()}
    {'retiring': 0.4, 'bad_speculation': 0.15, 'frontend_bound': 0.2, 'backend_bound': 0.25}
    """
    columns = [f"PERF_METRICS.{name}" for name in ("RETIRING", "BAD_SPECULATION", "FRONTEND_BOUND", "BACKEND_BOUND")]
    columns += ["INT_MISC.UOP_DROPPING", "TOPDOWN.SLOTS"] + ["INT_MISC.CLEARS_COUNT"] * bool(clear_slots)
    validate.require_columns(counters, columns)
    count = {name: np.asarray(counters[name], dtype=float) for name in columns}
    whole, slots = sum(count[name] for name in columns[:4]), count["TOPDOWN.SLOTS"]
    ran = (whole > 0) & (slots > 0)
    whole, slots = np.where(ran, whole, np.nan), np.where(ran, slots, np.nan)
    retiring = count["PERF_METRICS.RETIRING"] / whole
    frontend = count["PERF_METRICS.FRONTEND_BOUND"] / whole - count["INT_MISC.UOP_DROPPING"] / slots
    backend = count["PERF_METRICS.BACKEND_BOUND"] / whole
    if clear_slots:
        backend = backend + clear_slots * count["INT_MISC.CLEARS_COUNT"] / slots
    return {
        "retiring": retiring,
        "bad_speculation": np.maximum(1 - (frontend + backend + retiring), 0),
        "frontend_bound": frontend,
        "backend_bound": backend,
    }


def topdown_level_1_slot_events(
    counters: Mapping[str, ArrayLike], bubbles: str, clear_slots: float = 0
) -> dict[str, Array]:
    """Shares of the slots in each category of level 1, from events that count slots.

    Parameters
    ----------
    counters : mapping of str to (N,) array_like
        Column -> one count a workload; `INT_MISC.CLEARS_COUNT` is needed only if clears cost slots. [1]
    bubbles : str
        Column of the slots that the front end left empty: `IDQ_UOPS_NOT_DELIVERED.CORE` on ICX, `IDQ_BUBBLES.CORE`
        on SPR.
    clear_slots : float
        Slots that each clear costs the back end and that hardware puts elsewhere: 5 on ICX, 0 on SPR. [1]

    Returns
    -------
    dict of str to (N,) ndarray
        `retiring`, `bad_speculation`, `frontend_bound`, `backend_bound`; NaN for a workload without a slot. [1]

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> workload = {"IDQ_BUBBLES.CORE": [25], "INT_MISC.UOP_DROPPING": [5], "UOPS_RETIRED.SLOTS": [40]}
    >>> workload |= {"TOPDOWN.BACKEND_BOUND_SLOTS": [25], "TOPDOWN.SLOTS": [100]}
    >>> shares = topdown_level_1_slot_events(workload, bubbles="IDQ_BUBBLES.CORE")
    >>> {category: round(float(share[0]), 12) for category, share in shares.items()}
    {'retiring': 0.4, 'bad_speculation': 0.15, 'frontend_bound': 0.2, 'backend_bound': 0.25}
    """
    columns = [bubbles, "INT_MISC.UOP_DROPPING", "UOPS_RETIRED.SLOTS", "TOPDOWN.BACKEND_BOUND_SLOTS", "TOPDOWN.SLOTS"]
    columns += ["INT_MISC.CLEARS_COUNT"] * bool(clear_slots)
    validate.require_columns(counters, columns)
    count = {name: np.asarray(counters[name], dtype=float) for name in columns}
    slots = np.where(count["TOPDOWN.SLOTS"] > 0, count["TOPDOWN.SLOTS"], np.nan)
    retiring = count["UOPS_RETIRED.SLOTS"] / slots
    frontend = (count[bubbles] - count["INT_MISC.UOP_DROPPING"]) / slots
    backend = count["TOPDOWN.BACKEND_BOUND_SLOTS"] / slots
    if clear_slots:
        backend = backend + clear_slots * count["INT_MISC.CLEARS_COUNT"] / slots
    return {
        "retiring": retiring,
        "bad_speculation": np.maximum(1 - (frontend + backend + retiring), 0),
        "frontend_bound": frontend,
        "backend_bound": backend,
    }
