r"""How much a series remembers: values that count as one, and how long a run must be.

Question
    A run gives a million waits, each much like the one before. How many independent ones are they worth, and how long
    must the run be for the interval that is wanted?
Model
    .. math:: \operatorname{Var}(\bar x) = \frac{\sigma^2}{n} \, v, \qquad
        v = 1 + 2 \sum_{k=1}^{n-1} \left(1 - \frac{k}{n}\right) \rho_k, \qquad n_{eff} = \frac{n}{v}

    :math:`\rho_k` is the correlation of values :math:`k` apart, :math:`v` the inflation of the mean's variance. If each
    value keeps a share :math:`\varphi` of the one before (an autoregressive series), :math:`\rho_k = \varphi^k` and
    :math:`v` tends to :math:`(1 + \varphi) / (1 - \varphi)`. For an interval of half width :math:`h` the run needs
    :math:`n \ge v (z \sigma / h)^2` values.
Assumes
    A steady series: mean, variance and correlations do not change with time.
Breaks when
    Correlations are estimated from the very run, far beyond its memory: their noise adds up. Cut the sum where they
    have died away, and check with batches (`batch_means_interval`).
Source
    Law, *Simulation Modeling and Analysis*, 5th edition, McGraw-Hill 2015, on output analysis of a single system
    (textbook, not seen); the formula is the variance of a sum.
Oracle
    The matrix of all covariances, summed; the limit of an autoregressive series; drawn series.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reference_solutions import validate

__all__ = ["autoregressive_inflation", "needed_values", "variance_inflation"]


def variance_inflation(correlations: ArrayLike, values: int) -> float:
    """Variance of a series' mean, over that of as many independent values' mean.

    Parameters
    ----------
    correlations : (K,) array_like
        Correlation of values 1, 2, ..., K apart; 0 beyond. [1]
    values : int
        Values in the series. [1]

    Returns
    -------
    float
        Inflation; below 1 if values alternate about their mean. [1]

    Raises
    ------
    ValueError
        If there is no value, or a correlation is outside -1 to 1.

    Examples
    --------
    >>> variance_inflation([0.5, 0.25], 4)
    2.0
    """
    rho = np.asarray(correlations, dtype=float)
    if values < 1 or rho.ndim != 1 or not np.all(np.abs(rho) <= 1):
        raise ValueError("one value at least, and correlations between -1 and 1")
    apart = np.arange(1, min(rho.size, values - 1) + 1)
    return float(1 + 2 * np.sum((1 - apart / values) * rho[: apart.size]))


def autoregressive_inflation(kept: float) -> float:
    """Inflation of a long series in which each value keeps a share of the one before.

    Parameters
    ----------
    kept : float
        The share, which is the correlation of neighbours, above -1 and below 1. [1]

    Returns
    -------
    float
        Inflation. [1]

    Raises
    ------
    ValueError
        If the share is not between -1 and 1.

    Examples
    --------
    >>> round(autoregressive_inflation(0.9), 6)
    19.0
    """
    if not -1 < kept < 1:
        raise ValueError("a series that keeps all of itself never settles")
    return (1 + kept) / (1 - kept)


def needed_values(deviation: float, inflation: float, half_width: float, confidence: float = 0.95) -> int:
    """Values that a run needs for an interval.

    Parameters
    ----------
    deviation : float
        Standard deviation of a value.
    inflation : float
        Inflation of the mean's variance. [1]
    half_width : float
        Half width of the interval that is wanted, in the unit of the values.
    confidence : float
        Of the interval, between 0 and 1. [1]

    Returns
    -------
    int
        Smallest number of values. [1]

    Raises
    ------
    ValueError
        If a number is not positive, or the confidence is none.

    Examples
    --------
    Independent values, and values of which each keeps nine tenths:

    >>> needed_values(1.0, 1.0, 0.05), needed_values(1.0, 19.0, 0.05)
    (1537, 29196)
    """
    validate.require_positive(deviation=deviation, inflation=inflation, half_width=half_width)
    if not 0 < confidence < 1:
        raise ValueError("a confidence lies between 0 and 1")
    quantile = float(special.ndtri((1 + confidence) / 2))
    return int(np.ceil(inflation * (quantile * deviation / half_width) ** 2))
