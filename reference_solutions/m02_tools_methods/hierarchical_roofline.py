r"""Rooflines with ceilings and with caches: three ways to say more than one number about a machine.

Question
    A kernel stays below the roofline. Is it its instruction mix, or a cache between it and memory, that is in the way?
Model
    .. math:: P_c = \frac{P_{peak}}{(1\ \text{or}\ W)\,(1\ \text{or}\ 2)}, \quad
        P_h = \min\!\left(P_{peak},\, \min_l I_l B_l\right), \quad
        P_{ca,l}(I) = \min(P_{peak},\, I\,B_l)

    *Ceilings*: without vectors of :math:`W` lanes, or without fused multiply-add, the peak is out of reach.
    *Hierarchical* (Yang): each level :math:`l` sees its own traffic, so a kernel has one intensity for each level and
    the narrowest level binds. *Cache-aware* (Ilic): bytes are counted once, at the core; a kernel has one intensity
    and the machine one roof for each level that could serve it.
Assumes
    Levels move data at the same time; bandwidths are what one level can deliver to the one above.
Breaks when
    The two are mixed: an intensity of DRAM traffic under a roof of the first-level cache says nothing. A cache-aware
    intensity does not change when a cache is blocked for; a hierarchical one does.
Source
    Williams, Waterman, Patterson, CACM 52(4), 2009, pp. 65-76 (ceilings); Yang, Kurth, Williams, Concurrency and
    Computation: Practice and Experience 32(20), 2020, doi 10.1002/cpe.5547; Ilic, Pratas, Sousa, IEEE Computer
    Architecture Letters 13(1), 2014, pp. 21-24.
Oracle
    The flat roofline for one level; the time of the slowest of parallel transfers, as a loop; vertices by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = [
    "cache_aware_flops_per_s",
    "ceiling_flops_per_s",
    "hierarchical_flops_per_s",
    "hierarchical_flops_per_s_by_definition",
    "narrowest_level",
]


def ceiling_flops_per_s(
    peak_flops_per_s: ArrayLike, lanes: ArrayLike = 1, vectorised: ArrayLike = True, fused: ArrayLike = True
) -> Array:
    """Peak that is left without vectors or without fused multiply-add; the arguments broadcast.

    Parameters
    ----------
    peak_flops_per_s : (...) array_like
        Peak with both. [flop/s]
    lanes : (...) array_like
        Elements of a vector. [1]
    vectorised : (...) array_like of bool
        Whether the code uses vectors.
    fused : (...) array_like of bool
        Whether each multiplication comes with an addition in one instruction.

    Returns
    -------
    (...) ndarray
        Ceiling. [flop/s]

    Raises
    ------
    ValueError
        If a peak or a number of lanes is not positive.

    Examples
    --------
    A core of 64 Gflop/s with vectors of four, then without them, then without fused multiply-add either:

    >>> ceiling_flops_per_s(64e9, lanes=4, vectorised=[True, False, False], fused=[True, True, False]) / 1e9
    array([64., 16.,  8.])
    """
    validate.require_positive(peak_flops_per_s=peak_flops_per_s, lanes=lanes)
    lost = np.where(vectorised, 1, lanes) * np.where(fused, 1, 2)
    return np.asarray(np.asarray(peak_flops_per_s, dtype=float) / lost)


def hierarchical_flops_per_s(
    intensities_flops_per_byte: ArrayLike, peak_flops_per_s: ArrayLike, bandwidths_bytes_per_s: ArrayLike
) -> Array:
    """Performance that a hierarchical roofline allows: the narrowest level binds.

    Parameters
    ----------
    intensities_flops_per_byte : (..., L) array_like
        Operations per byte of each level's own traffic; infinite where a level sees none. [flop/B]
    peak_flops_per_s : (...) array_like
        Peak of the arithmetic units. [flop/s]
    bandwidths_bytes_per_s : (..., L) array_like
        Bandwidth of each level. [B/s]

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
    Much traffic in the second level, little in memory: 2 flop/B at 40 GB/s, 10 flop/B at 10 GB/s.

    >>> float(hierarchical_flops_per_s([2, 10], 200e9, [40e9, 10e9])) / 1e9
    80.0
    """
    intensities = np.asarray(intensities_flops_per_byte, dtype=float)
    bandwidths = np.asarray(bandwidths_bytes_per_s, dtype=float)
    peak = np.asarray(peak_flops_per_s, dtype=float)
    if not (np.all(intensities >= 0) and np.all(peak > 0) and np.all(bandwidths > 0)):
        raise ValueError("intensities must not be negative, peaks and bandwidths must be positive")
    return np.asarray(np.minimum(peak, np.min(intensities * bandwidths, axis=-1)))


def hierarchical_flops_per_s_by_definition(
    intensities_flops_per_byte: Sequence[float], peak_flops_per_s: float, bandwidths_bytes_per_s: Sequence[float]
) -> float:
    """One kernel: an operation takes as long as the slowest of what happens at the same time.

    Parameters
    ----------
    intensities_flops_per_byte : (L) sequence of float
        Operations per byte of each level's own traffic, positive. [flop/B]
    peak_flops_per_s : float
        Peak of the arithmetic units. [flop/s]
    bandwidths_bytes_per_s : (L) sequence of float
        Bandwidth of each level. [B/s]

    Returns
    -------
    float
        Attainable performance. [flop/s]

    Examples
    --------
    >>> hierarchical_flops_per_s_by_definition([2, 10], 200e9, [40e9, 10e9]) / 1e9
    80.0
    """
    slowest_s = 1 / peak_flops_per_s
    for intensity, bandwidth in zip(intensities_flops_per_byte, bandwidths_bytes_per_s, strict=True):
        moved_bytes = 1 / intensity
        slowest_s = max(slowest_s, moved_bytes / bandwidth)
    return 1 / slowest_s


def narrowest_level(
    intensities_flops_per_byte: ArrayLike, peak_flops_per_s: ArrayLike, bandwidths_bytes_per_s: ArrayLike
) -> NDArray[np.int64]:
    """Which level binds a kernel under a hierarchical roofline.

    Parameters
    ----------
    intensities_flops_per_byte : (..., L) array_like
        Operations per byte of each level's own traffic. [flop/B]
    peak_flops_per_s : (...) array_like
        Peak of the arithmetic units. [flop/s]
    bandwidths_bytes_per_s : (..., L) array_like
        Bandwidth of each level. [B/s]

    Returns
    -------
    (...) ndarray of int
        Index of the level, the first of equals; L where arithmetic binds, also at a ridge. [1]

    Examples
    --------
    >>> narrowest_level([[2, 10], [8, 10], [8, 40]], 200e9, [40e9, 10e9]).tolist()
    [0, 1, 2]
    """
    intensities = np.asarray(intensities_flops_per_byte, dtype=float)
    allowed = intensities * np.asarray(bandwidths_bytes_per_s, dtype=float)
    by_arithmetic = np.min(allowed, axis=-1) >= np.asarray(peak_flops_per_s, dtype=float)
    return np.asarray(np.where(by_arithmetic, allowed.shape[-1], np.argmin(allowed, axis=-1)))


def cache_aware_flops_per_s(
    intensity_flops_per_byte: ArrayLike, peak_flops_per_s: ArrayLike, bandwidths_bytes_per_s: ArrayLike
) -> Array:
    """Performance that a cache-aware roofline allows, were all data served by one level or another.

    Parameters
    ----------
    intensity_flops_per_byte : (...) array_like
        Operations per byte that the core itself loads and stores. [flop/B]
    peak_flops_per_s : (...) array_like
        Peak of the arithmetic units. [flop/s]
    bandwidths_bytes_per_s : (..., L) array_like
        Bandwidth from each level to the core. [B/s]

    Returns
    -------
    (..., L) ndarray
        Roof of each level at this intensity. [flop/s]

    Raises
    ------
    ValueError
        If an intensity is negative or not a number, or a peak or bandwidth is not positive.

    Examples
    --------
    A triad, 2 operations for 24 bytes, if its data come from the first level, or from memory:

    >>> cache_aware_flops_per_s(2 / 24, 200e9, [480e9, 12e9]) / 1e9
    array([40.,  1.])
    """
    intensity = np.asarray(intensity_flops_per_byte, dtype=float)[..., np.newaxis]
    peak = np.asarray(peak_flops_per_s, dtype=float)[..., np.newaxis]
    bandwidths = np.asarray(bandwidths_bytes_per_s, dtype=float)
    if not (np.all(intensity >= 0) and np.all(peak > 0) and np.all(bandwidths > 0)):
        raise ValueError("intensities must not be negative, peaks and bandwidths must be positive")
    return np.asarray(np.minimum(peak, intensity * bandwidths))
