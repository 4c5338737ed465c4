r"""A screen before any statistics: outliers, drift, and runs that remember one another.

Question
    Here are the times of thirty runs, in their order. Is this one steady thing that was measured thirty times?
Model
    .. math:: z_i = \frac{0.6745\,(x_i - \tilde x)}{\mathrm{MAD}}, \qquad |z_i| > 3.5

    .. math:: S = \sum_{i<j} \operatorname{sgn}(x_j - x_i), \quad
        \operatorname{Var} S = \frac{n(n-1)(2n+5) - \sum_g t_g (t_g - 1)(2 t_g + 5)}{18}, \quad
        Z = \frac{S - \operatorname{sgn} S}{\sqrt{\operatorname{Var} S}}

    .. math:: r_1 = \frac{\sum_{i=1}^{n-1} (x_i - \bar x)(x_{i+1} - \bar x)}{\sum_i (x_i - \bar x)^2}, \qquad
        n_{\mathrm{eff}} = n\, \frac{1 - r_1}{1 + r_1}

    Outliers by the median and the median absolute deviation, which outliers themselves cannot move. Drift by Mann and
    Kendall: later runs larger than earlier ones, pair by pair; groups of :math:`t_g` equal values leave fewer pairs.
    Memory by the correlation of neighbours, and how many independent runs the mean is worth, if it is a chain of first
    order (no more than there are).
Assumes
    At most half of the runs are outliers; a drift that goes one way.
Breaks when
    MAD is zero, since more than half of the runs are equal: then each other value is an outlier. And two modes are
    no outliers: look at the runs.
Source
    Iglewicz, Hoaglin, How to Detect and Handle Outliers, ASQC 1993 (0.6745 and 3.5); Mann, "Nonparametric tests against
    trend", Econometrica 13(3), 1945; Kendall, Rank Correlation Methods, Griffin 1975.
Oracle
    The variance of S over all orders of the values, enumerated; scipy's kendalltau for S; planted outliers, drifts and
    chains.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["run_screen"]


def run_screen(times_s: ArrayLike) -> dict[str, Any]:
    """Outliers, drift and memory of runs in their order.

    Parameters
    ----------
    times_s : (n,) array_like
        Times of the runs, in the order in which they were made. [s]

    Returns
    -------
    dict
        `outliers`: places (from 0) of the outliers; `drift_z`, and `drift_p`, the probability of such a drift or more,
        in either direction, by chance; `lag1`: correlation of neighbours, 0 if all are equal; `effective_runs`. [1]

    Raises
    ------
    ValueError
        If there are fewer than four runs.

    Examples
    --------
    >>> found = run_screen([1.00, 1.02, 0.99, 1.01, 1.00, 9.00])
    >>> found["outliers"], round(found["drift_z"], 3)
    ([5], 0.574)
    """
    x = np.asarray(times_s, dtype=float)
    if x.size < 4:
        raise ValueError("four runs are the least that can be screened")
    n, away = x.size, np.abs(x - np.median(x))
    outliers = np.flatnonzero(0.6745 * away > 3.5 * np.median(away))
    s = np.sum(np.triu(np.sign(x - x[:, np.newaxis])))
    ties = np.unique(x, return_counts=True)[1]
    variance = (n * (n - 1) * (2 * n + 5) - np.sum(ties * (ties - 1) * (2 * ties + 5))) / 18
    z = (s - np.sign(s)) / np.sqrt(variance) if variance > 0 else 0.0
    centred = x - x.mean()
    lag1 = centred[:-1] @ centred[1:] / (centred @ centred) if variance > 0 else 0.0
    return {
        "outliers": outliers.tolist(),
        "drift_z": float(z),
        "drift_p": float(2 * special.ndtr(-abs(z))),
        "lag1": float(lag1),
        "effective_runs": float(min(n, n * (1 - lag1) / (1 + lag1))),
    }
