r"""Limits of agreement: how far two ways of measuring the same thing lie apart.

Question
    A simulator replaces a machine. On the next kernel, how far off may it be, beyond its mean error?
Model
    .. math:: \bar d \pm 1.96\, s_d, \qquad
        \text{each limit} \pm t_{n-1,\,(1+\gamma)/2} \sqrt{3 s_d^2 / n}, \qquad
        \bar d \pm t_{n-1,\,(1+\gamma)/2}\, s_d / \sqrt{n}

    Differences :math:`d` of the first less the second, against the means of both. About 95 % of the differences lie
    within the limits of agreement. The limits are estimates themselves: their variance is about :math:`3 s_d^2 / n`.
    The slope of the differences over the means shows a bias that grows with what is measured.
Assumes
    Differences near to normal, with one spread for small and large values.
Breaks when
    Differences grow with the values, as times of kernels do: then take logarithms first, and read the limits as ratios.
Source
    Bland, Altman, "Statistical methods for assessing agreement between two methods of clinical measurement", Lancet
    1986, pp. 307-310.
Oracle
    The seventeen pairs of peak flow measurements of the paper; scipy's t interval; recorded limits; drawn differences.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["limits_of_agreement"]


def limits_of_agreement(first: ArrayLike, second: ArrayLike, confidence: float = 0.95) -> dict[str, float]:
    """Mean difference, limits of agreement, how sure they are, and whether the difference grows.

    Parameters
    ----------
    first, second : (n,) array_like
        The same things, measured in two ways, in one unit.
    confidence : float
        Of the intervals of the mean difference and of the limits, between 0 and 1. [1]

    Returns
    -------
    dict of str to float
        `bias` with `bias_low`, `bias_high`; the limits `low` and `high`; `low_least` and `high_most`, the outer ends of
        their intervals; all in the unit of the arguments. `slope` of the differences over the means. [1]

    Raises
    ------
    ValueError
        If there are fewer than three pairs, or they do not pair up.

    Examples
    --------
    >>> found = limits_of_agreement([10.0, 12.0, 15.0, 20.0], [11.0, 12.0, 14.0, 20.0])
    >>> found["bias"], round(found["low"], 3), round(found["high"], 3)
    (0.0, -1.6, 1.6)
    """
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if x.shape != y.shape or x.size < 3:
        raise ValueError("there must be three pairs or more")
    differences, means = x - y, (x + y) / 2
    bias, spread, n = differences.mean(), differences.std(ddof=1), differences.size
    t = special.stdtrit(n - 1, (1 + confidence) / 2)
    low, high = bias - 1.96 * spread, bias + 1.96 * spread
    centred = means - means.mean()
    return {
        "bias": float(bias),
        "bias_low": float(bias - t * spread / np.sqrt(n)),
        "bias_high": float(bias + t * spread / np.sqrt(n)),
        "low": float(low),
        "high": float(high),
        "low_least": float(low - t * spread * np.sqrt(3 / n)),
        "high_most": float(high + t * spread * np.sqrt(3 / n)),
        "slope": float(centred @ differences / (centred @ centred)),
    }
