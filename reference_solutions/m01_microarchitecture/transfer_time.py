r"""Transfers: a start-up time, a bandwidth, and the ring that sums a buffer over devices.

Question
    How long does a transfer take, when does its size stop to matter, and what does a ring of devices make of it?
Model
    .. math:: t = \alpha + \frac{S}{\beta}, \qquad n_{1/2} = \alpha \beta, \qquad
        t_{ring} = 2 (n - 1) \left( \alpha + \frac{S}{n \beta} \right)

    :math:`\beta` is the bandwidth of a link (other texts write :math:`\alpha + S \beta`, with the time per byte). Half
    of the bandwidth is reached at :math:`n_{1/2}` bytes. In a ring, each of :math:`n` devices passes on a piece of
    :math:`S / n` bytes in each of :math:`2 (n - 1)` steps: first sums travel, then results.
    *Bus bandwidth* scales :math:`S / t` such that it can be held against a link: by :math:`2 (n - 1) / n` for an
    all-reduce, by :math:`(n - 1) / n` where each device keeps one piece of the buffer, by 1 for a broadcast.
Assumes
    All links are alike and busy at the same time; the additions are free.
Breaks when
    Links share a switch, messages are so small that another algorithm wins (trees), or protocols change with the size.
Source
    Hockney, Parallel Computing 20(3), 1994, pp. 389-398; Thakur, Rabenseifner, Gropp, Int. J. High Performance
    Computing Applications 19(1), 2005, pp. 49-66; the ring: Patarasuk, Yuan, J. Parallel and Distributed Computing
    69(2), 2009, pp. 117-124; bus bandwidth: NVIDIA nccl-tests, doc/PERFORMANCE.md.
Oracle
    By hand: 8 devices, 1 GiB, 450 GB/s, 4.17566 ms; bus bandwidths of nccl-tests' factors; a ring played step by step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["bus_bytes_per_s", "ring_all_reduce_s", "transfer_s"]


def transfer_s(size_bytes: ArrayLike, startup_s: ArrayLike, bandwidth_bytes_per_s: ArrayLike) -> Array:
    """Time of a transfer from one device to another; the arguments broadcast.

    Parameters
    ----------
    size_bytes : (...) array_like
        What is sent. [B]
    startup_s : (...) array_like
        Time that even nothing takes. [s]
    bandwidth_bytes_per_s : (...) array_like
        Bandwidth of the link. [B/s]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If a bandwidth is not positive, or a size or start-up time is negative.

    Examples
    --------
    >>> transfer_s([0, 40_000, 4e6], 2e-6, 20e9).tolist()
    [2e-06, 4e-06, 0.000202]
    """
    validate.require_positive(bandwidth_bytes_per_s=bandwidth_bytes_per_s)
    if np.any(np.asarray(size_bytes) < 0) or np.any(np.asarray(startup_s) < 0):
        raise ValueError("sizes and start-up times are not negative")
    time_s: Array = np.asarray(startup_s, dtype=float) + np.divide(size_bytes, bandwidth_bytes_per_s)
    return time_s


def ring_all_reduce_s(
    size_bytes: ArrayLike, devices: ArrayLike, startup_s: ArrayLike, bandwidth_bytes_per_s: ArrayLike
) -> Array:
    """Time to sum a buffer over a ring of devices, so that each has the sum; the arguments broadcast.

    Parameters
    ----------
    size_bytes : (...) array_like
        Buffer of each device. [B]
    devices : (...) array_like of int
        How many; one has nothing to do. [1]
    startup_s : (...) array_like
        Start-up time of a step. [s]
    bandwidth_bytes_per_s : (...) array_like
        Bandwidth of a link, in one direction. [B/s]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If there is no device, a bandwidth is not positive, or a size or start-up time is negative.

    Examples
    --------
    >>> round(float(ring_all_reduce_s(2**30, 8, 0, 450_000e6)) * 1e3, 5)
    4.17566
    """
    validate.require_positive(devices=devices)
    steps = 2 * (np.asarray(devices) - 1)
    time_s: Array = steps * transfer_s(np.divide(size_bytes, devices), startup_s, bandwidth_bytes_per_s)
    return time_s


def bus_bytes_per_s(operation: str, devices: ArrayLike, size_bytes: ArrayLike, elapsed_s: ArrayLike) -> Array:
    """Bandwidth of a collective operation, scaled such that it can be held against that of a link.

    Parameters
    ----------
    operation : {"all_reduce", "all_gather", "reduce_scatter", "alltoall", "broadcast", "reduce"}
        What was done.
    devices : (...) array_like of int
        How many took part. [1]
    size_bytes : (...) array_like
        Whole buffer; of an all-gather, what each device has in the end. [B]
    elapsed_s : (...) array_like
        Time that it took. [s]

    Returns
    -------
    (...) ndarray
        Bus bandwidth. [B/s]

    Raises
    ------
    ValueError
        If there is no such operation.

    Examples
    --------
    >>> float(bus_bytes_per_s("all_reduce", 4, 2e6, 1e-3)) / 1e9
    3.0
    """
    share_kept = (np.asarray(devices) - 1) / np.asarray(devices)
    factors: dict[str, ArrayLike] = {"all_reduce": 2 * share_kept, "broadcast": 1, "reduce": 1}
    factors |= dict.fromkeys(("all_gather", "reduce_scatter", "alltoall"), share_kept)
    if operation not in factors:
        raise ValueError(f"no operation {operation!r}: one of {', '.join(sorted(factors))}")
    scaled: Array = np.multiply(factors[operation], size_bytes) / np.asarray(elapsed_s, dtype=float)
    return scaled
