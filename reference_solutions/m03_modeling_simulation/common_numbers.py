r"""Common random numbers: two designs under the same luck.

Question
    Is the second design better than the first, or was it only luckier?
Model
    .. math:: \operatorname{Var}(X - Y) = \operatorname{Var} X + \operatorname{Var} Y - 2 \operatorname{Cov}(X, Y)

    Both designs are simulated with the same arrivals and services, run by run. What is lucky for one is lucky for the
    other, the covariance is positive, and the difference varies less than with independent runs. Antithetic runs (one
    with :math:`u`, one with :math:`1 - u`) use a negative covariance for a sum in the same way.
Assumes
    Synchronised streams: the n-th customer has the same service in both. Runs are independent of each other.
Breaks when
    One design consumes numbers in another order, so that the streams slip: nothing is gained, and nobody notices.
Source
    Law, *Simulation Modeling and Analysis*, 5th edition, McGraw-Hill 2015, on variance reduction (textbook; the formula
    is the variance of a difference).
Oracle
    Linear functions of common normal numbers, whose covariance is known; `scipy.stats.ttest_rel`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["paired_difference"]


def paired_difference(first: ArrayLike, second: ArrayLike, confidence: float = 0.95) -> dict[str, float]:
    """Mean difference of two designs that were simulated under the same luck, and what pairing has gained.

    Parameters
    ----------
    first, second : (R,) array_like
        One mean from each run; runs with the same place have had the same random numbers.
    confidence : float
        Of the interval, between 0 and 1. [1]

    Returns
    -------
    dict of str to float
        `difference`, second less first, and its `half_width`, in the unit of the means; `gain`: variance of the
        difference with independent runs over that with these, infinite if these always differ by the same [1].

    Raises
    ------
    ValueError
        If there are fewer than two runs, or they do not pair up.

    Examples
    --------
    >>> found = paired_difference([10.0, 14.0, 12.0], [9.0, 12.5, 10.5])
    >>> round(found["difference"], 3), round(found["half_width"], 3), round(found["gain"], 1)
    (-1.333, 0.717, 85.0)
    """
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.shape != other.shape or one.size < 2:
        raise ValueError("two runs at least of each design, in pairs")
    away = other - one
    paired = float(away.var(ddof=1))
    half = special.stdtrit(away.size - 1, (1 + confidence) / 2) * np.sqrt(paired / away.size)
    apart = float(one.var(ddof=1) + other.var(ddof=1))
    gain = apart / paired if paired > 0 else np.inf
    return {"difference": float(away.mean()), "half_width": float(half), "gain": float(gain)}
