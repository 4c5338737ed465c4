r"""Weighted k-means: intervals that execute the same code, in one cluster.

Question
    Which intervals are alike, if there are to be k kinds of them?
Model
    .. math:: l_i = \arg\min_j \lVert x_i - c_j \rVert^2, \qquad
        c_j = \frac{\sum_{l_i = j} w_i\,x_i}{\sum_{l_i = j} w_i}, \qquad
        D = \sum_i w_i\,\lVert x_i - c_{l_i} \rVert^2

    Lloyd's rounds: every interval to its nearest centre (the first of equally near ones), every centre to the weighted
    mean of its intervals (one without intervals stays), until no label changes. Neither step can raise the distortion
    :math:`D`, so it ends, in a local minimum. That is why there are several starts, of which the best counts.
Assumes
    Clusters that are round and of similar size; weights are shares of the instructions.
Breaks when
    All starts are unlucky, or phases are elongated (a loop whose working set grows): then a cluster is cut in two. An
    interval that is in one start twice leaves a cluster empty; SimPoint moves that one elsewhere, and here it stays.
Source
    Lloyd, "Least Squares Quantization in PCM", IEEE Trans. Information Theory 28(2), 1982, pp. 129-137; Hamerly et al.,
    J. Instruction-Level Parallelism 7, 2005, for weights and several starts.
Oracle
    Labels and centres of SimPoint 3.2 from its recorded starts; every partition of few points, tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["weighted_kmeans"]


def weighted_kmeans(
    vectors: ArrayLike, weights: ArrayLike, starts: Sequence[Sequence[int]], rounds: int
) -> dict[str, Any]:
    """Clusters of the best of several starts.

    Parameters
    ----------
    vectors : (intervals, dimensions) array_like
        A row for each interval. [1]
    weights : (intervals,) array_like
        Share of each interval in the instructions. [1]
    starts : sequence of sequence of int
        For each start the numbers of the intervals where the centres begin.
    rounds : int
        Most rounds of a start, each a labelling and a move of the centres. [1]

    Returns
    -------
    dict
        `labels` of the intervals, `centres`, a row for each cluster, and `distortion`; of several starts as good, but
        for a billionth, the first.

    Raises
    ------
    ValueError
        If there is no start, or no round.

    Examples
    --------
    >>> found = weighted_kmeans([[0.0], [1.0], [9.0]], [0.25, 0.25, 0.5], starts=[[0, 1], [0, 2]], rounds=100)
    >>> found["labels"].tolist(), found["centres"].tolist(), found["distortion"]
    ([0, 0, 1], [[0.5], [9.0]], 0.125)
    """
    if len(starts) == 0 or rounds < 1:
        raise ValueError("there is a start, and a round")
    x, w = np.asarray(vectors, dtype=float), np.asarray(weights, dtype=float)
    best: dict[str, Any] = {"distortion": np.inf}
    for start in starts:
        centres, labels = x[list(start)], np.array([])
        for _ in range(rounds):
            before, labels = labels, np.argmin(((x[:, np.newaxis] - centres) ** 2).sum(axis=2), axis=1)
            if np.array_equal(labels, before):
                break
            for cluster in np.unique(labels):
                members = labels == cluster
                centres[cluster] = w[members] @ x[members] / w[members].sum()
        distortion = float(w @ ((x - centres[labels]) ** 2).sum(axis=1))
        if distortion < best["distortion"] * (1 - 1e-9):  # two ways to one clustering differ by rounding
            best = {"labels": labels, "centres": centres, "distortion": distortion}
    return best
