r"""Antithetic runs: bad luck beside good luck, and a mean that varies less.

Question
    A second run for each run costs as much as the first. What is gained if it has the opposite luck?
Model
    .. math:: \operatorname{Var} \frac{X + X'}{2} = \frac{\operatorname{Var} X}{2} (1 + \rho), \qquad
        \text{gain} = \frac{1}{1 + \rho}

    :math:`X'` is computed from :math:`1 - u` wherever :math:`X` used :math:`u`. If the result moves with each number in
    one direction only, the correlation :math:`\rho` is negative: two runs are worth :math:`2 / (1 + \rho)` independent
    ones. Their pairs are independent of each other, and the interval is that of the pairs' means.
Assumes
    Inversion, one number for one draw, streams that stay in step (`random_streams`).
Breaks when
    The result is not monotone: for a function that is even about 1/2, :math:`\rho = 1`, and half of the work is
    wasted. Both runs of a pair must never count as two independent ones.
Source
    Law, *Simulation Modeling and Analysis*, 5th edition, McGraw-Hill 2015, on variance reduction (textbook, not seen);
    the formula is the variance of a mean.
Oracle
    Functions of one number in closed form: a straight line (no variance is left), its square (a gain of 8), exponential
    times (1 / (2 - pi^2 / 6)); `scipy.stats` for the interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reference_solutions.units import Array

__all__ = ["antithetic_gain", "antithetic_mean"]


def antithetic_mean(runs: ArrayLike, mirrored: ArrayLike, confidence: float = 0.95) -> dict[str, float]:
    """Mean over pairs of runs, and what their opposite luck has gained.

    Parameters
    ----------
    runs, mirrored : (R,) array_like
        One mean from each run; runs with the same place have had opposite random numbers.
    confidence : float
        Of the interval, between 0 and 1. [1]

    Returns
    -------
    dict of str to float
        `mean` and `half_width`, in the unit of the runs; `gain`: variance of as many independent runs' mean over that
        of this mean, infinite if all pairs agree [1].

    Raises
    ------
    ValueError
        If there are fewer than two pairs, runs do not pair up, or the confidence is none.

    Examples
    --------
    >>> found = antithetic_mean([10.0, 14.0, 12.0], [13.5, 9.0, 12.0])
    >>> round(found["mean"], 3), round(found["half_width"], 3), round(found["gain"], 1)
    (11.75, 0.621, 37.0)
    """
    one, other = np.asarray(runs, dtype=float), np.asarray(mirrored, dtype=float)
    if one.ndim != 1 or one.shape != other.shape or one.size < 2:
        raise ValueError("two pairs of runs at least")
    if not 0 < confidence < 1:
        raise ValueError("a confidence lies between 0 and 1")
    pairs = (one + other) / 2
    variance = float(pairs.var(ddof=1))
    alone = float(one.var(ddof=1) + other.var(ddof=1)) / 4
    quantile = float(special.stdtrit(pairs.size - 1, (1 + confidence) / 2))
    half_width = quantile * np.sqrt(variance / pairs.size)
    gain = alone / variance if variance > 0 else float("inf")
    return {"mean": float(pairs.mean()), "half_width": float(half_width), "gain": gain}


def antithetic_gain(correlation: ArrayLike) -> Array:
    """What pairs with this correlation gain over independent runs.

    Parameters
    ----------
    correlation : (...) array_like
        Correlation of the two runs of a pair. [1]

    Returns
    -------
    (...) ndarray
        Variance of as many independent runs' mean over that of the pairs'; below 1 is a loss. [1]

    Raises
    ------
    ValueError
        If a correlation is outside -1 to 1.

    Examples
    --------
    >>> antithetic_gain([-0.875, 0.0, 1.0]).tolist()
    [8.0, 1.0, 0.5]
    """
    rho = np.asarray(correlation, dtype=float)
    if not np.all(np.abs(rho) <= 1):
        raise ValueError("a correlation lies between -1 and 1")
    with np.errstate(divide="ignore"):
        gain: Array = 1 / (1 + rho)
    return gain
