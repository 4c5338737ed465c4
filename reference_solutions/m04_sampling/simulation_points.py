r"""Simulation points: one interval for each kind, and what it stands for.

Question
    The clusters are known. Which intervals are simulated in detail, and how much does each of them count?
Model
    .. math:: i_j = \arg\min_{l_i = j} \lVert x_i - c_j \rVert, \qquad q_j = \frac{\sum_{l_i = j} w_i}{\sum_i w_i},
        \qquad \hat m = \sum_j q_j\,m_{i_j}

    The interval nearest to the centre stands for its cluster, with the cluster's share of the instructions. Small
    clusters may be left out: the largest are kept until they cover a share of the program, and their weights are scaled
    so that they sum to one again.
Assumes
    Intervals of a cluster behave alike, so that one of them is enough.
Breaks when
    They don't: a representative has no error bar. The points were made for one binary and one input; another input
    needs another clustering.
Source
    Sherwood et al., ASPLOS X, 2002; Hamerly et al., J. Instruction-Level Parallelism 7, 2005, for the coverage.
Oracle
    Points and weights of SimPoint 3.2 from its recorded labels and centres; clusters sorted by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["simulation_points"]


def simulation_points(
    vectors: ArrayLike, weights: ArrayLike, clustering: Mapping[str, Any], coverage: float = 1.0
) -> dict[str, Array]:
    """Intervals to simulate, and their weights.

    Parameters
    ----------
    vectors : (intervals, dimensions) array_like
        What was clustered. [1]
    weights : (intervals,) array_like
        Weight of each interval; only their proportions matter. [1]
    clustering : mapping
        `labels` of the intervals, and `centres`, a row for each cluster.
    coverage : float
        Share of the instructions that the clusters which are kept must reach, more than 0, at most 1. [1]

    Returns
    -------
    dict of str to (clusters kept,) ndarray
        `cluster`, rising, `interval`, the first of those that are equally near but for a billionth, and `weight`; no
        row for a cluster without intervals. Of equally large clusters the first is kept first.

    Raises
    ------
    ValueError
        If the coverage is no such share.

    Examples
    --------
    >>> x, w = [[0.0], [1.0], [5.0], [9.0]], [0.3, 0.3, 0.3, 0.1]
    >>> found = simulation_points(x, w, {"labels": [0, 0, 0, 1], "centres": [[2.0], [9.0]]})
    >>> found["interval"].tolist(), found["weight"].round(3).tolist()
    ([1, 3], [0.9, 0.1])
    """
    if not 0 < coverage <= 1:
        raise ValueError("a coverage is more than 0, and at most 1")
    x, w = np.asarray(vectors, dtype=float), np.asarray(weights, dtype=float)
    labels, centres = np.asarray(clustering["labels"]), np.asarray(clustering["centres"], dtype=float)
    distance = ((x - centres[labels]) ** 2).sum(axis=1)
    shares = np.bincount(labels, weights=w) / w.sum()
    largest_first = np.argsort(-shares, kind="stable")
    before = np.cumsum(shares[largest_first]) - shares[largest_first]  # what larger clusters cover
    kept = np.sort(largest_first[(before < coverage - 1e-9) & (shares[largest_first] > 0)])
    nearest = []
    for cluster in kept:
        inside = np.where(labels == cluster, distance, np.inf)
        nearest.append(np.argmax(inside <= inside.min() * (1 + 1e-9)))  # two of two are equally far, but for rounding
    return {"cluster": kept, "interval": np.array(nearest), "weight": shares[kept] / shares[kept].sum()}
