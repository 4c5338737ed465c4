r"""Memory-level parallelism: how much must be under way to use a memory, and how much a window finds.

Question
    The memory is half idle, and the core waits for it. What is missing?
Model
    .. math:: B = \min\left(B_{peak}, \frac{n \, l}{T}\right), \qquad n^{*} = \frac{B_{peak} T}{l}

    Little's law: with :math:`n` lines of :math:`l` bytes under way at a time, each for :math:`T`, that much arrives in
    a second. :math:`n` is what the hardware has buffers for (line-fill buffers of a core, 10 to 16 in Intel's) or what
    the program offers. A window of :math:`R` instructions offers the misses that stand in it together: the first one
    blocks retirement, all others less than :math:`R` behind it go with it, and the next one opens another group.
    :math:`\mathrm{MLP}` is the number of misses over the number of groups.
Assumes
    The latency does not depend on the load, and misses of a group do not need each other's data.
Breaks when
    The memory nears its peak (queues lengthen the latency), or pointers are chased: then :math:`n` is 1.
Source
    Little, "A proof for the queuing formula: L = lambda W", Operations Research 9(3), 1961, pp. 383-387; groups of
    misses in a window: Karkhanis, Smith, "A first-order superscalar processor model", ISCA 2004, pp. 338-349 (related;
    the rule of the groups is stated here as we use it).
Oracle
    By hand: 12 buffers, 80 ns, 9.6 GB/s; a simulation in SimPy in which loads queue for buffers; a walk over the trace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["bytes_in_flight", "concurrent_bytes_per_s", "memory_use", "window_parallelism"]


def concurrent_bytes_per_s(
    outstanding: ArrayLike, line_bytes: ArrayLike, latency_s: ArrayLike, peak_bytes_per_s: ArrayLike = np.inf
) -> Array:
    """Bandwidth that a number of lines under way sustains; the arguments broadcast.

    Parameters
    ----------
    outstanding : (...) array_like
        Lines that are under way at a time. [1]
    line_bytes : (...) array_like
        Size of a line. [B]
    latency_s : (...) array_like
        Time from a request to its data. [s]
    peak_bytes_per_s : (...) array_like
        What the memory delivers at most. [B/s]

    Returns
    -------
    (...) ndarray
        Bandwidth. [B/s]

    Raises
    ------
    ValueError
        If one of them is not positive.

    Examples
    --------
    >>> round(float(concurrent_bytes_per_s(12, 64, 80e-9)) / 1e9, 6)
    9.6
    """
    validate.require_positive(
        outstanding=outstanding, line_bytes=line_bytes, latency_s=latency_s, peak_bytes_per_s=peak_bytes_per_s
    )
    by_latency = np.multiply(outstanding, line_bytes) / np.asarray(latency_s, dtype=float)
    sustained: Array = np.minimum(by_latency, peak_bytes_per_s)
    return sustained


def bytes_in_flight(bandwidth_bytes_per_s: ArrayLike, latency_s: ArrayLike) -> Array:
    """Bytes that must be under way at a time to sustain a bandwidth; the arguments broadcast.

    Parameters
    ----------
    bandwidth_bytes_per_s : (...) array_like
        Bandwidth. [B/s]
    latency_s : (...) array_like
        Time from a request to its data. [s]

    Returns
    -------
    (...) ndarray
        Bytes. [B]

    Raises
    ------
    ValueError
        If one of them is not positive.

    Examples
    --------
    >>> round(float(bytes_in_flight(3350e6, 600e-6)))
    2010000
    """
    validate.require_positive(bandwidth_bytes_per_s=bandwidth_bytes_per_s, latency_s=latency_s)
    moving: Array = np.multiply(np.asarray(bandwidth_bytes_per_s, dtype=float), latency_s)
    return moving


def memory_use(programs: Mapping[str, ArrayLike]) -> dict[str, Any]:
    """Bandwidth that programs get from their memories, and what limits it, one row a program.

    Parameters
    ----------
    programs : mapping of str to (N,) array_like
        `offered`, lines that the program could have under way; `buffers` of the hardware for them; `line_bytes`,
        `latency_s` and `peak_bytes_per_s` of the memory. [1, B, s, B/s]

    Returns
    -------
    dict of str to (N,) ndarray
        `bytes_per_s`; `limit`, one of "program", "buffers" and "memory", of several that bind at once the last;
        `lines_needed`, that must be under way for the peak, on average. [B/s, 1]

    Examples
    --------
    >>> chase_and_scan = {"offered": [1, 40], "buffers": [12, 12], "line_bytes": [64, 64]}
    >>> found = memory_use(chase_and_scan | {"latency_s": [80e-9] * 2, "peak_bytes_per_s": [32e9] * 2})
    >>> (found["bytes_per_s"] / 1e9).round(3).tolist(), found["limit"].tolist(), found["lines_needed"].round(3).tolist()
    ([0.8, 9.6], ['program', 'buffers'], [40.0, 40.0])
    """
    names = ("offered", "buffers", "line_bytes", "latency_s", "peak_bytes_per_s")
    offered, buffers, line_bytes, latency_s, peak = (np.asarray(programs[name], dtype=float) for name in names)
    by_latency = np.minimum(offered, buffers) * line_bytes / latency_s
    without_peak = np.where(offered < buffers, "program", "buffers")
    return {
        "bytes_per_s": np.minimum(by_latency, peak),
        "limit": np.where(by_latency < peak, without_peak, "memory"),
        "lines_needed": peak * latency_s / line_bytes,
    }


def window_parallelism(misses: ArrayLike, window: int) -> float:
    """Mean number of long misses that a window overlaps.

    Parameters
    ----------
    misses : (N,) array_like of int
        Place of each miss in the stream of instructions, increasing. [1]
    window : int
        Instructions that the window holds. [1]

    Returns
    -------
    float
        Misses over groups of misses that are served together; NaN if there are none. [1]

    Raises
    ------
    ValueError
        If the window holds nothing.

    Examples
    --------
    >>> window_parallelism([0, 5, 60, 100, 101, 102], window=50)
    3.0
    """
    if window < 1:
        raise ValueError("a window holds at least one instruction")
    places = np.asarray(misses)
    groups, opened = 0, 0
    while opened < places.size:
        opened = int(np.searchsorted(places, places[opened] + window))
        groups += 1
    return places.size / groups if groups else float("nan")
