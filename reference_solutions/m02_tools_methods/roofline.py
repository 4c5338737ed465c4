r"""The roofline: what a machine lets a kernel attain.

Question
    Given how many operations a kernel does per byte it moves, how fast can it possibly run on this machine?
Model
    .. math:: P(I) = \min(P_{\mathrm{peak}},\; I \cdot B), \qquad I^{*} = P_{\mathrm{peak}} / B

    :math:`I` is the operational intensity in operations per byte of memory traffic, :math:`B` the memory bandwidth,
    :math:`P_{\mathrm{peak}}` the peak of the arithmetic units. Left of the ridge :math:`I^{*}` a kernel is bound by
    memory, right of it by arithmetic.
Assumes
    Computing and moving data overlap perfectly, and each of the two can reach its peak.
Breaks when
    Latency, not bandwidth, holds the kernel back (too little parallelism), its instruction mix cannot reach the peak
    (no fused multiply-add, no vectors: lower ceilings), or another level than the counted one is the narrow place.
Source
    Williams, Waterman, Patterson, "Roofline: an insightful visual performance model for multicore architectures",
    Communications of the ACM 52(4), 2009, pp. 65-76.
Oracle
    Closed forms: the ridge points of three published devices, the two asymptotes, and equality at the ridge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["attainable_flops_per_s", "ridge_flops_per_byte"]


def attainable_flops_per_s(
    intensity_flops_per_byte: ArrayLike, peak_flops_per_s: ArrayLike, bandwidth_bytes_per_s: ArrayLike
) -> Array:
    """Performance that a roofline allows; the arguments broadcast.

    Parameters
    ----------
    intensity_flops_per_byte : (...) array_like
        Operations per byte of memory traffic; may be infinite, for a kernel that moves nothing. [flop/B]
    peak_flops_per_s : (...) array_like
        Peak of the arithmetic units. [flop/s]
    bandwidth_bytes_per_s : (...) array_like
        Peak bandwidth of the memory whose traffic the intensity counts. [B/s]

    Returns
    -------
    (...) ndarray
        Attainable performance. [flop/s]

    Raises
    ------
    ValueError
        If an intensity is negative or not a number, or a peak or bandwidth is not positive.

    Examples
    --------
    A machine of 100 Gflop/s and 10 GB/s, below, at and above its ridge of 10 flop/B:

    >>> attainable_flops_per_s([1, 10, 100], 100e9, 10e9) / 1e9
    array([ 10., 100., 100.])
    """
    intensity = np.asarray(intensity_flops_per_byte, dtype=float)
    peak = np.asarray(peak_flops_per_s, dtype=float)
    bandwidth = np.asarray(bandwidth_bytes_per_s, dtype=float)
    if not (np.all(intensity >= 0) and np.all(peak > 0) and np.all(bandwidth > 0)):
        raise ValueError("intensities must not be negative, peaks and bandwidths must be positive")
    attainable: Array = np.minimum(peak, intensity * bandwidth)
    return attainable


def ridge_flops_per_byte(peak_flops_per_s: ArrayLike, bandwidth_bytes_per_s: ArrayLike) -> Array:
    """Intensity from which a machine's arithmetic, no longer its memory, is the limit.

    Parameters
    ----------
    peak_flops_per_s : (...) array_like
        Peak of the arithmetic units. [flop/s]
    bandwidth_bytes_per_s : (...) array_like
        Peak bandwidth of the memory. [B/s]

    Returns
    -------
    (...) ndarray
        Ridge point. [flop/B]

    Raises
    ------
    ValueError
        If a peak or a bandwidth is not positive.

    Examples
    --------
    >>> float(ridge_flops_per_byte(100e9, 10e9))
    10.0
    """
    validate.require_positive(peak_flops_per_s=peak_flops_per_s, bandwidth_bytes_per_s=bandwidth_bytes_per_s)
    ridge: Array = np.asarray(peak_flops_per_s, dtype=float) / np.asarray(bandwidth_bytes_per_s, dtype=float)
    return ridge
