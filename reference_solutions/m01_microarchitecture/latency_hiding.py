r"""Hiding latency with warps: how many it takes, and what fewer of them reach at most.

Question
    A scheduler could issue an instruction in every cycle. How many warps keep it busy, and what if there are fewer?
Model
    .. math:: n^{*} = \left\lceil \frac{L\, r}{k} \right\rceil, \qquad R \le \min\left(r, \frac{n k}{L}\right)

    Little's law: to issue :math:`r` instructions a cycle, each of which takes :math:`L` cycles, :math:`L r` of them
    must be under way. A warp has :math:`k` independent ones under way, so that :math:`n` warps issue :math:`n k` in
    :math:`L` cycles.
Assumes
    One kind of instruction, and warps that never wait for each other.
Breaks when
    Kinds are mixed, or a unit's throughput lies below the issue rate: it is a bound from above. Volkov measured such
    models to be off by up to 1.7 times.
Source
    Volkov, "Understanding latency hiding on GPUs", PhD thesis, UC Berkeley, UCB/EECS-2016-143, 2016, for the use of
    Little's law on GPUs and its limits.
Oracle
    By hand: 4 cycles, one issue a cycle, 4 warps; and warps played cycle by cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["attainable_issue_per_cycle", "warps_figure", "warps_to_hide"]


def warps_to_hide(
    latency_cycles: ArrayLike, issue_per_cycle: ArrayLike = 1.0, independent: ArrayLike = 1
) -> NDArray[np.int64]:
    """Least number of warps that hide a latency; the arguments broadcast.

    Parameters
    ----------
    latency_cycles : (...) array_like
        Time from an instruction to the one that needs its result. [cycle]
    issue_per_cycle : (...) array_like
        Instructions that are to be issued per cycle. [1/cycle]
    independent : (...) array_like
        Instructions that each warp has under way at a time. [1]

    Returns
    -------
    (...) ndarray of int
        Warps. [1]

    Raises
    ------
    ValueError
        If one of them is not positive.

    Examples
    --------
    >>> warps_to_hide([4, 4, 400], independent=[1, 2, 8])
    array([ 4,  2, 50])
    """
    validate.require_positive(latency_cycles=latency_cycles, issue_per_cycle=issue_per_cycle, independent=independent)
    under_way = np.multiply(np.asarray(latency_cycles, dtype=float), issue_per_cycle)
    warps: NDArray[np.int64] = np.ceil(under_way / np.asarray(independent)).astype(np.int64)
    return warps


def attainable_issue_per_cycle(
    warps: ArrayLike, latency_cycles: ArrayLike, independent: ArrayLike = 1, peak_per_cycle: ArrayLike = 1.0
) -> Array:
    """Instructions per cycle that a number of warps can issue at most; the arguments broadcast.

    Parameters
    ----------
    warps : (...) array_like
        Warps that are resident. [1]
    latency_cycles : (...) array_like
        Time from an instruction to the one that needs its result. [cycle]
    independent : (...) array_like
        Instructions that each warp has under way at a time. [1]
    peak_per_cycle : (...) array_like
        What the unit can take. [1/cycle]

    Returns
    -------
    (...) ndarray
        Bound of the rate. [1/cycle]

    Raises
    ------
    ValueError
        If a latency, a number of instructions or a peak is not positive.

    Examples
    --------
    >>> attainable_issue_per_cycle([1, 2, 4, 8], 4)
    array([0.25, 0.5 , 1.  , 1.  ])
    """
    validate.require_positive(latency_cycles=latency_cycles, independent=independent, peak_per_cycle=peak_per_cycle)
    by_latency = np.multiply(warps, independent) / np.asarray(latency_cycles, dtype=float)
    rate: Array = np.minimum(by_latency, peak_per_cycle)
    return rate


def warps_figure(latency_cycles: int, independent: Sequence[int], most_warps: int) -> dict[str, Any]:
    """Issue rate of a scheduler over its resident warps, as plain data; at most one instruction a cycle.

    Parameters
    ----------
    latency_cycles : int
        Time from an instruction to the one that needs its result. [cycle]
    independent : sequence of int
        Kernels, by the instructions that each warp has under way at a time. [1]
    most_warps : int
        Warps that a scheduler holds at most. [1]

    Returns
    -------
    dict
        `title`; `x`, `y` with `label`, `scale`, `limits`; `series` with a line for each kernel, labelled by its number;
        `marks` with the least warps that reach the peak; `left_out` with the labels of kernels that never do.

    Examples
    --------
    >>> figure = warps_figure(30, [1, 4], most_warps=16)
    >>> figure["series"][1]["x"], figure["series"][1]["y"]
    ([0, 7.5, 16], [0.0, 1, 1])
    >>> figure["marks"], figure["left_out"]
    ([{'label': '4', 'x': 8, 'y': 1}], ['1'])
    """
    series, marks, left_out = [], [], []
    for own in independent:
        x = [0, min(latency_cycles / own, most_warps), most_warps]
        y = [min(1, warps * own / latency_cycles) for warps in x]
        series.append({"label": str(own), "kind": "line", "x": x, "y": y})
        enough = -(-latency_cycles // own)
        if enough <= most_warps:
            marks.append({"label": str(own), "x": enough, "y": 1})
        else:
            left_out.append(str(own))
    return {
        "title": "Warps and what each has under way",
        "x": {"label": "resident warps [1]", "scale": "linear", "limits": [0, most_warps]},
        "y": {"label": "issue rate [1/cycle]", "scale": "linear", "limits": [0, 1]},
        "series": series,
        "marks": marks,
        "left_out": left_out,
    }
