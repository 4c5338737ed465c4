r"""How many queries a percentile wants: the table by which runs were sized before early stopping.

Question
    A 99th percentile shall be known to a twentieth of what lies beyond it, with 99 % confidence. How many queries?
Model
    .. math:: m = \frac{1 - p}{20}, \qquad n = \left( \frac{z}{m} \right)^2 p \, (1 - p), \qquad
        z = \Phi^{-1}\!\left( \frac{1 + c}{2} \right)

    The share of queries within a bound is a binomial share; :math:`m` is the margin that it may be off. The table has
    :math:`n` to the nearest query, and then up to the next multiple of :math:`2^{13}`.
Assumes
    Independent queries, and so many that the normal distribution stands in for the binomial.
Breaks when
    Slow queries come together: then they are worth fewer. Early stopping is exact where this is a rule of thumb.
Source
    MLCommons, MLPerf Inference Rules, at commit ac93e89 of mlcommons/inference_policies (July 2026), table of queries
    for a tail latency: 23,886, 50,425, 85,811 and 262,742, rounded to 3, 7, 11 and 33 times 8,192.
Oracle
    These four published rows; the share within a bound of binomial draws is off by more than the margin as often as
    promised.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reference_solutions.units import Array

__all__ = ["query_counts"]


def query_counts(percentile: ArrayLike, confidence: float = 0.99, part_of_tail: float = 20) -> dict[str, Array]:
    """Queries that a percentile wants.

    Parameters
    ----------
    percentile : (...) array_like
        Share of the queries within the bound, more than 0 and less than 1. [1]
    confidence : float
        With which probability the share is within the margin, more than 0 and less than 1. [1]
    part_of_tail : float
        The margin is what lies beyond the percentile, over this. [1]

    Returns
    -------
    dict of str to ndarray
        `needed`, to the nearest query, and `rounded`, these up to a multiple of 8,192. [1]

    Raises
    ------
    ValueError
        If a share is none.

    Examples
    --------
    >>> query_counts([0.9, 0.99])
    {'needed': array([ 23886, 262742]), 'rounded': array([ 24576, 270336])}
    """
    p = np.asarray(percentile, dtype=float)
    if not np.all((p > 0) & (p < 1)) or not 0 < confidence < 1:
        raise ValueError("percentile and confidence lie between 0 and 1")
    margin = (1 - p) / part_of_tail
    z = np.sqrt(2) * special.erfinv(confidence)  # the two-sided quantile of the normal distribution
    needed = np.rint((z / margin) ** 2 * p * (1 - p)).astype(int)
    return {"needed": needed, "rounded": -(-needed // 8192) * 8192}
