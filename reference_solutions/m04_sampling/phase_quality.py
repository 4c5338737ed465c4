r"""Are the phases phases? What a clustering is worth, by its vectors and by what was measured.

Question
    A clustering has named the phases. Do intervals belong to their phase rather than to its neighbour, and does a
    phase behave alike on the machine?
Model
    .. math:: s_i = \frac{b_i - a_i}{\max(a_i, b_i)}, \qquad
        a_i = \operatorname{mean}_{j \in C_i,\, j \ne i} d_{ij}, \qquad
        b_i = \min_{C \ne C_i} \operatorname{mean}_{j \in C} d_{ij}, \qquad
        v_k = \frac{\sigma_k}{\mu_k}

    :math:`a_i` is the mean distance of an interval from the others of its phase, :math:`b_i` from those of the nearest
    other phase. Its silhouette :math:`s_i` is near 1 where it is at home, 0 between two phases, negative where it is
    misplaced; 0 by convention in a phase of one. The second number knows no vectors: the coefficient of variation of
    CPI within each phase, and its mean over phases by their share, against that of the whole program.
Assumes
    Euclidean distances of the vectors that were clustered; CPI per interval of equal length.
Breaks when
    Phases are long and thin or of very different density: then silhouettes prefer round ones. A phase may be one in its
    code and two on the machine (warm, cold): that shows in the variation only.
Source
    Silhouettes: Rousseeuw, as scikit-learn's `silhouette_samples` defines them (read there, not in the article); the
    variation of CPI within phases is what sampling by phases rests on (see `neyman_allocation`).
Oracle
    scikit-learn's silhouette_samples; distances added up one by one; variances that split into within and between.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["phase_variation", "silhouettes"]


def silhouettes(vectors: ArrayLike, labels: ArrayLike) -> Array:
    """How well each interval lies in its phase.

    Parameters
    ----------
    vectors : (n, dimensions) array_like
        What was clustered. [1]
    labels : (n,) array_like of int
        Phase of each.

    Returns
    -------
    (n,) ndarray
        From -1 to 1. [1]

    Raises
    ------
    ValueError
        If there are fewer than two phases, or as many as intervals.

    Examples
    --------
    >>> silhouettes([[0.0], [1.0], [10.0]], [0, 0, 1]).round(4)
    array([0.9   , 0.8889, 0.    ])
    """
    points, of = np.asarray(vectors, dtype=float), np.asarray(labels)
    phases, place, counts = np.unique(of, return_inverse=True, return_counts=True)
    if not 2 <= phases.size < of.size:
        raise ValueError("there must be two phases, and fewer than intervals")
    away = np.sqrt(np.sum((points[:, np.newaxis] - points) ** 2, axis=2))
    sums = np.stack([away[:, of == phase].sum(axis=1) for phase in phases], axis=1)
    own = np.arange(phases.size) == place[:, np.newaxis]
    within = sums[own] / np.maximum(counts[place] - 1, 1)
    beside = np.min(np.where(own, np.inf, sums / counts), axis=1)
    larger = np.maximum(within, beside)
    return np.where((counts[place] > 1) & (larger > 0), (beside - within) / np.where(larger > 0, larger, 1), 0.0)


def phase_variation(cpi: ArrayLike, labels: ArrayLike) -> dict[str, float]:
    """Variation of CPI within phases, and of the whole.

    Parameters
    ----------
    cpi : (n,) array_like
        Cycles per instruction of each interval. [1]
    labels : (n,) array_like of int
        Phase of each.

    Returns
    -------
    dict of str to float
        `within`, the phases' coefficients of variation by their share of intervals; `worst`, the largest of them;
        `whole`, without phases; `explained`, the share of the variance that lies between phases, 0 if there is none.
        [1]

    Raises
    ------
    ValueError
        If CPI is not positive.

    Examples
    --------
    >>> found = phase_variation([1.0, 1.0, 3.0, 3.2], [0, 0, 1, 1])
    >>> round(found["within"], 4), round(found["whole"], 3), round(found["explained"], 4)
    (0.0161, 0.513, 0.9955)
    """
    x, of = np.asarray(cpi, dtype=float), np.asarray(labels)
    if not np.all(x > 0):
        raise ValueError("CPI must be positive")
    phases = [x[of == phase] for phase in np.unique(of)]
    variation = np.array([phase.std() / phase.mean() for phase in phases])
    share = np.array([phase.size for phase in phases]) / x.size
    left = share @ np.array([phase.var() for phase in phases])
    return {
        "within": float(share @ variation),
        "worst": float(variation.max()),
        "whole": float(x.std() / x.mean()),
        "explained": float(1 - left / x.var()) if x.var() > 0 else 0.0,
    }
