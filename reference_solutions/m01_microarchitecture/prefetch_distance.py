r"""Software prefetching: how many iterations ahead, and what too few and too many cost.

Question
    A loop reads a new line in each iteration. How far ahead should it be asked for?
Model
    .. math:: d^{*} = \lceil L / t \rceil, \qquad
        c(d) = t + \begin{cases} \max(0, L - d\,t) / (d + 1) & m (d + 1) \le C \\ L & \text{otherwise} \end{cases}

    :math:`L` is the latency, :math:`t` the shortest time through the loop's body, both in cycles. The prefetch stands
    before the load: iteration :math:`i` asks for the lines of iteration :math:`i + d`, then waits for its own. If
    :math:`d` is too small, the loop stands still for :math:`L - d t`, but only once in :math:`d + 1` iterations:
    while it stands, the following lines come nearer as well. If it is too large, the :math:`m (d + 1)` lines on their
    way or waiting do not fit into the :math:`C` lines of the cache, and are gone before they are used.
Assumes
    All prefetches can be under way at a time, a latency that does not depend on that, a cache that replaces the oldest
    line, a loop so long that its first iterations do not count.
Breaks when
    Prefetches are dropped or queue for buffers (see `memory_parallelism`), the bandwidth is used up, or the body takes
    longer on another path than the shortest: :math:`L / t` is the safe side.
Source
    Mowry, Lam, Gupta, "Design and evaluation of a compiler algorithm for prefetching", ASPLOS V, 1992, for the distance
    (their example: 100 cycles, 36 a loop, 3 iterations). Mean stall and the rule for the cache are our own.
Oracle
    The paper's example; and a loop played step by step, with a cache in which lines arrive and are pushed out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions.units import Array

__all__ = ["prefetch_distance", "prefetch_figure", "prefetched_iteration_cycles"]


def prefetch_distance(latency_cycles: ArrayLike, iteration_cycles: ArrayLike) -> NDArray[np.int64]:
    """Iterations ahead from which the latency is hidden; the arguments broadcast.

    Parameters
    ----------
    latency_cycles : (...) array_like
        Time from a request to its data. [cycle]
    iteration_cycles : (...) array_like
        Shortest time through the loop's body. [cycle]

    Returns
    -------
    (...) ndarray of int
        Distance. [1]

    Raises
    ------
    ValueError
        If an iteration takes no time, or a latency is negative.

    Examples
    --------
    >>> int(prefetch_distance(100, 36))
    3
    """
    latency, body = np.asarray(latency_cycles, dtype=float), np.asarray(iteration_cycles, dtype=float)
    if not (np.all(latency >= 0) and np.all(body > 0)):
        raise ValueError("an iteration takes time, and a latency is not negative")
    ahead: NDArray[np.int64] = np.ceil(latency / body).astype(np.int64)
    return ahead


def prefetched_iteration_cycles(
    distances: ArrayLike, latency_cycles: float, iteration_cycles: float, cache_lines: int, lines_per_iteration: int = 1
) -> Array:
    """Mean time of an iteration of a long loop, with prefetches at given distances.

    Parameters
    ----------
    distances : (...) array_like of int
        Iterations ahead; 0 is a loop without prefetches. [1]
    latency_cycles, iteration_cycles : float
        Time from a request to its data, and through the loop's body. [cycle]
    cache_lines, lines_per_iteration : int
        Lines that the cache holds, and new lines that an iteration reads. [1]

    Returns
    -------
    (...) ndarray
        Mean time. [cycle]

    Examples
    --------
    >>> prefetched_iteration_cycles([0, 1, 2, 3, 8], 100, 36, cache_lines=8).round(3)
    array([136.   ,  68.   ,  45.333,  36.   , 136.   ])
    """
    ahead = np.asarray(distances)
    late_cycles = np.maximum(0, latency_cycles - ahead * iteration_cycles) / (ahead + 1)
    fits = lines_per_iteration * (ahead + 1) <= cache_lines
    mean_cycles: Array = iteration_cycles + np.where(fits, late_cycles, latency_cycles)
    return mean_cycles


def prefetch_figure(
    distances: Sequence[int],
    latency_cycles: float,
    iteration_cycles: float,
    cache_lines: int,
    lines_per_iteration: int = 1,
) -> dict[str, Any]:
    """Time of an iteration over the distance of its prefetches, as plain data.

    Parameters
    ----------
    distances : sequence of int
        Iterations ahead, increasing. [1]
    latency_cycles, iteration_cycles : float
        Time from a request to its data, and through the loop's body. [cycle]
    cache_lines, lines_per_iteration : int
        Lines that the cache holds, and new lines that an iteration reads. [1]

    Returns
    -------
    dict
        `title`; `x`, `y` with `label`, `scale`, `limits`; `series` with the points `prefetched` and the lines `no
        prefetch` and `no waiting`; `marks` with the least distance that is `best`; `left_out`, empty.

    Examples
    --------
    >>> figure = prefetch_figure([0, 1, 2, 3, 8], 100, 36, cache_lines=8)
    >>> [round(cycles, 1) for cycles in figure["series"][0]["y"]], figure["marks"]
    ([136.0, 68.0, 45.3, 36.0, 136], [{'label': 'best', 'x': 3, 'y': 36.0}])
    """
    cycles = []
    for ahead in distances:
        stays = lines_per_iteration * (ahead + 1) <= cache_lines
        late_cycles = max(0, latency_cycles - ahead * iteration_cycles) / (ahead + 1)
        cycles.append(iteration_cycles + (late_cycles if stays else latency_cycles))
    ends = [distances[0], distances[-1]]
    slowest = iteration_cycles + latency_cycles
    return {
        "title": "Prefetching ahead",
        "x": {"label": "distance [iterations]", "scale": "linear", "limits": ends},
        "y": {"label": "time of an iteration [cycle]", "scale": "linear", "limits": [0, slowest]},
        "series": [
            {"label": "prefetched", "kind": "points", "x": list(distances), "y": cycles},
            {"label": "no prefetch", "kind": "line", "x": ends, "y": [slowest, slowest]},
            {"label": "no waiting", "kind": "line", "x": ends, "y": [iteration_cycles, iteration_cycles]},
        ],
        "marks": [{"label": "best", "x": distances[cycles.index(min(cycles))], "y": min(cycles)}],
        "left_out": [],
    }
