r"""Operations and bytes as counters saw them.

Question
    Where does a running program stand under the roofline: how many operations did it do, how many bytes did it move?
Model
    .. math:: F = \sum_i w_i \, n_i, \qquad Q = 64\,(n_{rd} + n_{wr}), \qquad I = F / Q

    On a CPU each event counts *instructions* of one width; :math:`w_i` is the number of elements of its vectors. A
    fused multiply-add counts twice in the event already. Memory controllers count transfers of a cache line. On a GPU
    instructions are counted per thread, and a fused multiply-add once: it has weight two.
Assumes
    All lanes of a vector do useful work; one program has the memory controllers for itself.
Breaks when
    Lanes are masked off (counted too high), prefetched lines are never used, other programs move bytes, or stores
    bypass the caches: a store that does not, first reads its line, so that a triad moves 32 bytes and not 24.
Source
    Intel's perfmon, events FP_ARITH_INST_RETIRED and UNC_M_CAS_COUNT, and metric Info_Core_FLOPc; Yang, Kurth,
    Williams, CCPE 32(20), 2020, section on data collection with Nsight Compute; McCalpin, STREAM (triad).
Oracle
    STREAM triad by counting: 2 operations for 24 bytes, or for 32 with write-allocate; the same sum in scalar and
    vector instructions.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = [
    "FLOPS_OF_INSTRUCTION",
    "FLOPS_OF_THREAD_INSTRUCTION",
    "counted_flops",
    "counted_gpu_flops",
    "counted_memory_bytes",
    "streamed_bytes",
]

FLOPS_OF_INSTRUCTION = {
    "FP_ARITH_INST_RETIRED.SCALAR_SINGLE": 1,
    "FP_ARITH_INST_RETIRED.SCALAR_DOUBLE": 1,
    "FP_ARITH_INST_RETIRED.128B_PACKED_DOUBLE": 2,
    "FP_ARITH_INST_RETIRED.128B_PACKED_SINGLE": 4,
    "FP_ARITH_INST_RETIRED.256B_PACKED_DOUBLE": 4,
    "FP_ARITH_INST_RETIRED.256B_PACKED_SINGLE": 8,
    "FP_ARITH_INST_RETIRED.512B_PACKED_DOUBLE": 8,
    "FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE": 16,
}
"""Event of a CPU -> operations of one count; the event itself counts a fused multiply-add twice."""

FLOPS_OF_THREAD_INSTRUCTION = {
    f"sm__sass_thread_inst_executed_op_{kind}{operation}_pred_on.sum": flops
    for kind in "dfh"
    for operation, flops in (("add", 1), ("mul", 1), ("fma", 2))
}
"""Metric of Nsight Compute -> operations of one thread's instruction, in double, single and half precision."""


def counted_flops(counters: Mapping[str, ArrayLike]) -> Array:
    """Floating-point operations of a CPU from its counts of instructions.

    Parameters
    ----------
    counters : mapping of str to (...) array_like
        Event -> count, for all events of `FLOPS_OF_INSTRUCTION`; zero for vectors that the CPU does not have. [1]

    Returns
    -------
    (...) ndarray
        Operations. [flop]

    Raises
    ------
    ValueError
        If an event is missing: operations of its width would be lost.

    Examples
    --------
    Ten vector instructions of eight doubles, and five scalar ones:

    >>> counts = dict.fromkeys(FLOPS_OF_INSTRUCTION, 0)
    >>> counts["FP_ARITH_INST_RETIRED.512B_PACKED_DOUBLE"] = 10
    >>> counts["FP_ARITH_INST_RETIRED.SCALAR_DOUBLE"] = 5
    >>> float(counted_flops(counts))
    85.0
    """
    validate.require_columns(counters, FLOPS_OF_INSTRUCTION)
    return np.asarray(
        sum(flops * np.asarray(counters[event], dtype=float) for event, flops in FLOPS_OF_INSTRUCTION.items())
    )


def counted_gpu_flops(counters: Mapping[str, ArrayLike]) -> Array:
    """Floating-point operations of a GPU's ordinary units from counts of its threads' instructions.

    Parameters
    ----------
    counters : mapping of str to (...) array_like
        Metric -> count, for all metrics of `FLOPS_OF_THREAD_INSTRUCTION`. [1]

    Returns
    -------
    (...) ndarray
        Operations; those of matrix units are not among them. [flop]

    Raises
    ------
    ValueError
        If a metric is missing.

    Examples
    --------
    >>> counts = dict.fromkeys(FLOPS_OF_THREAD_INSTRUCTION, 0)
    >>> counts["sm__sass_thread_inst_executed_op_ffma_pred_on.sum"] = 32
    >>> counts["sm__sass_thread_inst_executed_op_fadd_pred_on.sum"] = 32
    >>> float(counted_gpu_flops(counts))
    96.0
    """
    validate.require_columns(counters, FLOPS_OF_THREAD_INSTRUCTION)
    return np.asarray(
        sum(flops * np.asarray(counters[metric], dtype=float) for metric, flops in FLOPS_OF_THREAD_INSTRUCTION.items())
    )


def counted_memory_bytes(counters: Mapping[str, ArrayLike], line_bytes: int = 64) -> Array:
    """Bytes that crossed the memory controllers.

    Parameters
    ----------
    counters : mapping of str to (...) array_like
        `UNC_M_CAS_COUNT.RD` and `UNC_M_CAS_COUNT.WR`, summed over all channels. [1]
    line_bytes : int
        Bytes of one transfer. [B]

    Returns
    -------
    (...) ndarray
        Bytes read and written. [B]

    Raises
    ------
    ValueError
        If an event is missing, or a line has no bytes.

    Examples
    --------
    >>> float(counted_memory_bytes({"UNC_M_CAS_COUNT.RD": 3, "UNC_M_CAS_COUNT.WR": 1}))
    256.0
    """
    validate.require_columns(counters, ["UNC_M_CAS_COUNT.RD", "UNC_M_CAS_COUNT.WR"])
    validate.require_positive(line_bytes=line_bytes)
    reads = np.asarray(counters["UNC_M_CAS_COUNT.RD"], dtype=float)
    writes = np.asarray(counters["UNC_M_CAS_COUNT.WR"], dtype=float)
    return np.asarray(line_bytes * (reads + writes))


def streamed_bytes(
    read_elements: ArrayLike,
    written_elements: ArrayLike,
    element_bytes: ArrayLike = 8,
    write_allocate: ArrayLike = True,
) -> Array:
    """Bytes that a streaming loop must move, to judge what was counted.

    Parameters
    ----------
    read_elements : (...) array_like
        Elements that it reads. [1]
    written_elements : (...) array_like
        Elements that it writes and does not read. [1]
    element_bytes : (...) array_like
        Bytes of an element. [B]
    write_allocate : (...) array_like of bool
        Whether a store first reads its line; not so for stores that bypass the caches.

    Returns
    -------
    (...) ndarray
        Bytes moved. [B]

    Raises
    ------
    ValueError
        If an element has no bytes, or a number of elements is negative.

    Examples
    --------
    An element of a triad, `a[i] = b[i] + s * c[i]`, with and without write-allocate:

    >>> streamed_bytes(2, 1, write_allocate=[True, False])
    array([32., 24.])
    """
    validate.require_positive(element_bytes=element_bytes)
    reads, writes = np.asarray(read_elements, dtype=float), np.asarray(written_elements, dtype=float)
    if not (np.all(reads >= 0) and np.all(writes >= 0)):
        raise ValueError("numbers of elements must not be negative")
    return np.asarray(np.asarray(element_bytes) * (reads + np.where(write_allocate, 2, 1) * writes))
