r"""The instruction roofline of a GPU: for kernels that compute no floating-point numbers worth counting.

Question
    A kernel sorts, hashes or walks a graph. How close is it to what the GPU can issue, or to what its memory can move?
Model
    .. math:: P = \min(n_{SM}\, n_{sched}\, f,\; II \cdot T), \qquad
        II = \frac{N_{thread} / 32}{bytes / 32}

    Each scheduler issues one warp instruction a clock; :math:`T` is the rate of transactions of 32 bytes. The
    instruction intensity :math:`II` counts warp instructions per transaction.
Assumes
    Warps are full: 32 threads take part in each instruction.
Breaks when
    Threads are predicated off or diverge: the instructions that were issued are then more than the threads' divided
    by 32, and the kernel sits below a roof that it has in truth reached.
Source
    Ding, Williams, "An Instruction Roofline Model for GPUs", PMBS 2019 (IEEE/ACM Performance Modeling, Benchmarking
    and Simulation of High Performance Computer Systems), section II.
Oracle
    489.6 warp GIPS of a V100 (80 multiprocessors, four schedulers, 1.53 GHz), and the two asymptotes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["attainable_warp_instructions_per_s", "warp_instructions_per_transaction"]


def attainable_warp_instructions_per_s(
    intensity: ArrayLike,
    multiprocessors: ArrayLike,
    schedulers: ArrayLike,
    clock_hz: ArrayLike,
    transactions_per_s: ArrayLike,
) -> Array:
    """Rate of warp instructions that the roofline allows; the arguments broadcast.

    Parameters
    ----------
    intensity : (...) array_like
        Warp instructions per transaction; infinite for a kernel that moves nothing. [1]
    multiprocessors : (...) array_like
        Multiprocessors of the GPU. [1]
    schedulers : (...) array_like
        Schedulers of a multiprocessor, each of which issues one warp instruction a clock. [1]
    clock_hz : (...) array_like
        Clock. [Hz]
    transactions_per_s : (...) array_like
        Peak rate of transactions at the level whose transactions the intensity counts. [1/s]

    Returns
    -------
    (...) ndarray
        Attainable warp instructions per second. [1/s]

    Raises
    ------
    ValueError
        If an intensity is negative or not a number, or a figure of the machine is not positive.

    Examples
    --------
    Two multiprocessors at 1 GHz issue 8 warp instructions a nanosecond:

    >>> attainable_warp_instructions_per_s([0.5, 100], 2, 4, 1e9, 4e9) / 1e9
    array([2., 8.])
    """
    validate.require_positive(
        multiprocessors=multiprocessors, schedulers=schedulers, clock_hz=clock_hz, transactions_per_s=transactions_per_s
    )
    per_transaction = np.asarray(intensity, dtype=float)
    if not np.all(per_transaction >= 0):
        raise ValueError("an intensity must not be negative")
    peak = np.asarray(multiprocessors, dtype=float) * np.asarray(schedulers) * np.asarray(clock_hz)
    return np.asarray(np.minimum(peak, per_transaction * np.asarray(transactions_per_s, dtype=float)))


def warp_instructions_per_transaction(
    thread_instructions: ArrayLike, moved_bytes: ArrayLike, warp_threads: int = 32, transaction_bytes: int = 32
) -> Array:
    """Instruction intensity of a kernel from counts of threads and bytes.

    Parameters
    ----------
    thread_instructions : (...) array_like
        Instructions of all threads, those predicated off left out. [1]
    moved_bytes : (...) array_like
        Bytes moved at one level of memory. [B]
    warp_threads : int
        Threads of a warp. [1]
    transaction_bytes : int
        Bytes of a transaction. [B]

    Returns
    -------
    (...) ndarray
        Warp instructions per transaction; infinite where nothing was moved. [1]

    Raises
    ------
    ValueError
        If a size is not positive, or a count is negative.

    Examples
    --------
    Each of 32 threads executes ten instructions and the warp loads 128 bytes, four transactions:

    >>> float(warp_instructions_per_transaction(320, 128))
    2.5
    """
    validate.require_positive(warp_threads=warp_threads, transaction_bytes=transaction_bytes)
    warps = np.asarray(thread_instructions, dtype=float) / warp_threads
    transactions = np.asarray(moved_bytes, dtype=float) / transaction_bytes
    if not (np.all(warps >= 0) and np.all(transactions >= 0)):
        raise ValueError("counts must not be negative")
    moved = transactions > 0
    return np.asarray(np.where(moved, warps / np.where(moved, transactions, 1), np.inf))
