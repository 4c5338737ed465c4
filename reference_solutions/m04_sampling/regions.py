r"""Programs of many threads: regions between barriers, and time instead of IPC.

Question
    Threads that wait spin, and execute instructions that do nothing. From which regions, weighted how, does the time of
    the whole program follow?
Model
    .. math:: T = \sum_j \mu_j\,t_{i_j}, \qquad \mu_j = \frac{\sum_{l_i = j} a_i}{a_{i_j}}

    A program is cut where all threads meet. Regions are clustered; of each cluster one region is simulated, and its
    *time* counts with the multiplier :math:`\mu_j`: how much work :math:`a` (instructions without spinning, or
    iterations) the cluster has for each unit of work in the representative. Instructions executed while waiting are in
    no weight.
Assumes
    Within a cluster time is proportional to work.
Breaks when
    There are no barriers: cut where a loop has done a number of iterations instead (LoopPoint).
Source
    Carlson, Heirman, Van Craeynest, Eeckhout, "BarrierPoint: Sampled Simulation of Multi-threaded Applications", ISPASS
    2014, pp. 2-12; "LoopPoint: Checkpoint-driven Sampled Simulation for Multi-threaded Applications", HPCA 2022.
Oracle
    The time of a synthetic program with threads that spin, stepped through; every region its own cluster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["whole_run_time_s"]


def whole_run_time_s(labels: ArrayLike, work: ArrayLike, regions: ArrayLike, time_s: ArrayLike) -> float:
    """Time of a whole program from the regions that were simulated.

    Parameters
    ----------
    labels : (n,) array_like of int
        Cluster of each region of the program.
    work : (n,) array_like
        Work of each region, by all threads, without waiting. [1]
    regions : (clusters,) array_like of int
        Region that was simulated, of each cluster.
    time_s : (clusters,) array_like
        Time that it took. [s]

    Returns
    -------
    float
        Time of the whole program. [s]

    Raises
    ------
    ValueError
        If a region has no work, or a cluster has not exactly one region that was simulated.

    Examples
    --------
    Three equal regions, of which one stands for all, and a region of its own kind:

    >>> whole_run_time_s([0, 0, 0, 1], [10.0, 10.0, 10.0, 4.0], regions=[1, 3], time_s=[2.0, 1.5])
    7.5
    """
    of, done, simulated = np.asarray(labels), np.asarray(work, dtype=float), np.asarray(regions)
    if np.any(done <= 0) or sorted(of[simulated].tolist()) != np.unique(of).tolist():
        raise ValueError("regions have work, and each cluster has one region that was simulated")
    multipliers = [done[of == of[region]].sum() / done[region] for region in simulated]
    return float(np.asarray(multipliers) @ np.asarray(time_s, dtype=float))
