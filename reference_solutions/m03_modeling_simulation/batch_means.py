r"""Batch means: an interval from one long run whose values depend on each other.

Question
    A single long run is at hand, no replications. How sure is its mean, when each value resembles the one before?
Model
    .. math:: \operatorname{Var}(\bar x) \approx \frac{\sigma^2}{n} \Bigl(1 + 2 \sum_{k \ge 1} \rho_k\Bigr), \qquad
        \bar x \pm t_{b-1,\,(1+\gamma)/2} \frac{s_b}{\sqrt{b}}

    Positive correlations :math:`\rho_k` make the mean of :math:`n` values worth fewer independent ones. Means of
    :math:`b` long batches are nearly independent, if a batch is much longer than the memory of the series; Student's
    interval of them then holds.
Assumes
    A steady series (the warm-up is cut off), and batches long enough: their lag-1 correlation shows it.
Breaks when
    Batches are short (the interval is too narrow), few (it is wide and erratic), or the series drifts.
Source
    Schmeiser, "Batch size effects in the analysis of simulation output", Operations Research 30(3), 1982, pp. 556-568
    (not re-read; the method as commonly stated).
Oracle
    An autoregressive series, whose variance of the mean is known in closed form; coverage of drawn intervals;
    independent values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["batch_means_interval", "lag_correlation"]


def batch_means_interval(series: ArrayLike, batches: int, confidence: float = 0.95) -> dict[str, float]:
    """Mean of a run and its interval, from the means of equal batches; values that fill no batch are left off the end.

    Parameters
    ----------
    series : (n,) array_like
        Values in the order of the run, in any unit.
    batches : int
        Number of batches. [1]
    confidence : float
        Of the interval, between 0 and 1. [1]

    Returns
    -------
    dict of str to float
        `mean` and `half_width` in the unit of the series; `lag_1`, the correlation of neighbouring batches [1].

    Raises
    ------
    ValueError
        If there are fewer than two batches, or more batches than values.

    Examples
    --------
    >>> found = batch_means_interval([1, 3, 2, 4, 3, 5, 9], batches=3)
    >>> round(found["mean"], 3), round(found["half_width"], 3)
    (3.0, 2.484)
    """
    values = np.asarray(series, dtype=float)
    if batches < 2 or values.size < batches:
        raise ValueError("two batches at least, and a value in each")
    length = values.size // batches
    means = values[: batches * length].reshape(batches, length).mean(axis=1)
    half = special.stdtrit(batches - 1, (1 + confidence) / 2) * means.std(ddof=1) / np.sqrt(batches)
    return {"mean": float(means.mean()), "half_width": float(half), "lag_1": lag_correlation(means, 1)}


def lag_correlation(series: ArrayLike, lag: int) -> float:
    """Correlation of a series with itself, some steps later.

    Parameters
    ----------
    series : (n,) array_like
        Values in order, in any unit.
    lag : int
        Steps between the values that are compared. [1]

    Returns
    -------
    float
        Correlation, with the mean and variance of the whole; 0 for a series that never changes. [1]

    Raises
    ------
    ValueError
        If the lag is negative, or not shorter than the series.

    Examples
    --------
    >>> round(lag_correlation([1.0, -1.0, 1.0, -1.0], lag=1), 3)
    -0.75
    """
    values = np.asarray(series, dtype=float)
    if not 0 <= lag < values.size:
        raise ValueError("a lag is shorter than the series")
    away = values - values.mean()
    total = float(away @ away)
    return float(away[lag:] @ away[: values.size - lag]) / total if total > 0 else 0.0
