r"""SimPoint's score of a clustering: how likely it is, less a penalty for every number that it needs.

Question
    More clusters always fit better. How much better must they fit to be worth having?
Model
    .. math:: \sigma^2 = \frac{1}{d\,n} \cdot \frac{\sum_i w_i \lVert x_i - c_{l_i} \rVert^2}{\bar w}, \qquad
        \ell = n \left[ \sum_j q_j \ln q_j - \frac{d}{2} \left( \ln 2\pi\sigma^2 + 1 \right) \right], \qquad
        B = \ell - \frac{(k - 1) + k d + 1}{2} \ln n

    The intervals of a cluster scatter around its centre like a spherical normal distribution, with one variance for all
    clusters; :math:`q_j` is the cluster's share of the weights. Parameters are :math:`k - 1` shares, :math:`k` centres
    of :math:`d` dimensions, and the variance.
Assumes
    Equal variance in all directions and clusters.
Breaks when
    There is no scatter at all: the score is then infinite, and whoever repeats intervals exactly gets it for nothing.
Source
    SimPoint 3.2's own source; the idea and the penalty after Pelleg, Moore, "X-means", ICML 2000, pp. 727-734. The
    likelihood is the tool's: what the paper of 2002 prints differs in the constant and in one degree of freedom.
Oracle
    SimPoint 3.2's scores of recorded clusterings; scipy's normal density, interval by interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["bic_score"]


def bic_score(vectors: ArrayLike, weights: ArrayLike, clustering: Mapping[str, Any]) -> float:
    """Bayesian information criterion of a clustering, as SimPoint computes it.

    Parameters
    ----------
    vectors : (intervals, dimensions) array_like
        What was clustered. [1]
    weights : (intervals,) array_like
        Weight of each interval; only their proportions matter. [1]
    clustering : mapping
        `labels` of the intervals, and `centres`, a row for each cluster, those without intervals included.

    Returns
    -------
    float
        The score: the higher, the better; infinite for a clustering without distortion. [1]

    Raises
    ------
    ValueError
        If there are not as many labels and weights as intervals.

    Examples
    --------
    >>> x, w = [[0.0], [2.0], [10.0], [12.0]], [1, 1, 1, 1]
    >>> one = bic_score(x, w, {"labels": [0, 0, 0, 0], "centres": [[6.0]]})
    >>> two = bic_score(x, w, {"labels": [0, 0, 1, 1], "centres": [[1.0], [11.0]]})
    >>> round(one, 3), round(two, 3)
    (-13.578, -11.221)
    """
    x, w = np.asarray(vectors, dtype=float), np.asarray(weights, dtype=float)
    labels, centres = np.asarray(clustering["labels"]), np.asarray(clustering["centres"], dtype=float)
    if not len(x) == len(w) == len(labels):
        raise ValueError("each interval has a weight and a label")
    (n, dimensions), clusters = x.shape, len(centres)
    distortion = w @ ((x - centres[labels]) ** 2).sum(axis=1) / w.mean()
    if distortion == 0:
        return np.inf
    variance = distortion / (dimensions * n)
    shares = np.bincount(labels, weights=w) / w.sum()
    shares = shares[shares > 0]
    likelihood = n * (shares @ np.log(shares) - dimensions / 2 * (np.log(2 * np.pi * variance) + 1))
    parameters = (clusters - 1) + clusters * dimensions + 1
    return float(likelihood - parameters / 2 * np.log(n))
