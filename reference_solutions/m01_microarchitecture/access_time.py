r"""Average memory access time over a hierarchy of caches.

Question
    What does an access cost on average, and which level is worth improving?
Model
    .. math:: T = t_1 + m_1 (t_2 + m_2 (t_3 + \dots + m_K t_{K+1})), \qquad M_k = \prod_{j \le k} m_j

    Level :math:`k` takes :math:`t_k`, whether it hits or misses, and a share :math:`m_k` of the accesses *that reach
    it* misses: its *local* miss ratio. The *global* one, :math:`M_k`, is a share of all accesses. Memory comes last.
Assumes
    Levels are asked one after the other, and an access waits for each.
Breaks when
    Misses overlap, as they do in every out-of-order core (see `memory_parallelism`), levels are asked in parallel, or
    buffers hide writes.
Source
    Hennessy, Patterson, *Computer Architecture: A Quantitative Approach*, 6th ed., 2017, appendix B.2 (mean access
    time) and B.3 (several levels), by its table of contents; the equation is every textbook's.
Oracle
    By hand, three levels: 2.5 cycles; and the time of every single access of a trace, added up.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["access_times", "average_access_cycles", "local_miss_ratios"]


def average_access_cycles(level_cycles: ArrayLike, miss_ratios: ArrayLike) -> Array:
    """Mean time of an access.

    Parameters
    ----------
    level_cycles : (..., K + 1) array_like
        Time that each level takes, memory last. [cycle]
    miss_ratios : (..., K) array_like
        Local miss ratio of each cache. [1]

    Returns
    -------
    (...) ndarray
        Mean time. [cycle]

    Raises
    ------
    ValueError
        If memory's time is missing, or a ratio does not lie between 0 and 1.

    Examples
    --------
    >>> float(average_access_cycles([1, 10, 40, 200], [0.05, 0.2, 0.3]))
    2.5
    """
    times, missed = np.asarray(level_cycles, dtype=float), np.asarray(miss_ratios, dtype=float)
    if times.shape[-1] != missed.shape[-1] + 1:
        raise ValueError("there is one time more than miss ratios: that of the memory")
    if not np.all((missed >= 0) & (missed <= 1)):
        raise ValueError("a miss ratio lies between 0 and 1")
    average: Array = times[..., -1]
    for level in reversed(range(missed.shape[-1])):
        average = times[..., level] + missed[..., level] * average
    return average


def local_miss_ratios(misses: ArrayLike, accesses: ArrayLike) -> Array:
    """Local miss ratios from the misses that each level counted.

    Parameters
    ----------
    misses : (..., K) array_like
        Misses of each cache, the one next to the core first. [1]
    accesses : (...) array_like
        Accesses of the core. [1]

    Returns
    -------
    (..., K) ndarray
        Misses of each level over the accesses that reached it; NaN for a level that none reached. [1]

    Examples
    --------
    >>> local_miss_ratios([50, 10, 3], 1000)
    array([0.05, 0.2 , 0.3 ])
    """
    missed = np.asarray(misses, dtype=float)
    first = np.broadcast_to(np.asarray(accesses, dtype=float)[..., np.newaxis], (*missed.shape[:-1], 1))
    reached = np.concatenate([first, missed[..., :-1]], axis=-1)
    local: Array = np.divide(missed, reached, out=np.full(missed.shape, np.nan), where=reached > 0)
    return local


def access_times(designs: Mapping[str, ArrayLike], accesses: int) -> dict[str, Array]:
    """Local miss ratios and mean access time of hierarchies with three caches, one row a hierarchy.

    Parameters
    ----------
    designs : mapping of str to (N,) array_like
        `l1_cycles`, `l2_cycles`, `l3_cycles`, `memory_cycles`; and `l1_misses`, `l2_misses`, `l3_misses`, as they were
        counted. [cycle, 1]
    accesses : int
        Accesses of the core, the same for all. [1]

    Returns
    -------
    dict of str to (N,) ndarray
        `l1_miss_ratio`, `l2_miss_ratio`, `l3_miss_ratio`, all local; `average_cycles`. [1, cycle]

    Examples
    --------
    >>> counted = {"l1_misses": [50], "l2_misses": [10], "l3_misses": [3]}
    >>> times = {"l1_cycles": [1], "l2_cycles": [10], "l3_cycles": [40], "memory_cycles": [200]}
    >>> {name: round(float(values[0]), 6) for name, values in access_times(counted | times, 1000).items()}
    {'l1_miss_ratio': 0.05, 'l2_miss_ratio': 0.2, 'l3_miss_ratio': 0.3, 'average_cycles': 2.5}
    """
    l1_misses, l2_misses, l3_misses = (np.asarray(designs[f"l{level}_misses"], dtype=float) for level in (1, 2, 3))
    l1_ratio, l2_ratio, l3_ratio = l1_misses / accesses, l2_misses / l1_misses, l3_misses / l2_misses
    l3_average = designs["l3_cycles"] + l3_ratio * np.asarray(designs["memory_cycles"])
    l2_average = designs["l2_cycles"] + l2_ratio * l3_average
    return {
        "l1_miss_ratio": l1_ratio,
        "l2_miss_ratio": l2_ratio,
        "l3_miss_ratio": l3_ratio,
        "average_cycles": designs["l1_cycles"] + l1_ratio * l2_average,
    }
