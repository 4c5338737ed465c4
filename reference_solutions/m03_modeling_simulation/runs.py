r"""Independent replications: what a simulation's mean is worth, and how many runs are enough.

Question
    Ten runs with ten seeds give ten means. How sure is their mean, and how many runs make it sure enough?
Model
    .. math:: \bar x \pm h, \quad h = t_{R-1,\,(1+\gamma)/2} \frac{s}{\sqrt{R}}, \qquad
        R^{*} = \min \{ R \ge R_0 : t_{R-1,\,(1+\gamma)/2}\, s / \sqrt{R} \le h^{*} \}

    :math:`R_0` runs were made, with mean :math:`\bar x` and standard deviation :math:`s` of the runs' means. The
    quantile of Student's distribution depends on :math:`R` itself, so the number of runs is searched, not solved.
Assumes
    Runs are independent (a seed of its own for each), and a run's mean is near enough to normal. One value comes from
    each run: values *within* a run depend on each other, and counting them as independent makes intervals too short.
Breaks when
    Every run has the same bias: more runs make the interval shorter around the wrong value. And :math:`s` of a few runs
    is itself uncertain, so the number of runs is a forecast.
Source
    Law, *Simulation Modeling and Analysis*, 5th edition, McGraw-Hill 2015, on replications and sequential sample size
    (textbook; formulas as commonly stated); Student, "The probable error of a mean", Biometrika 6(1), 1908.
Oracle
    `scipy.stats.t.interval`; t = 2.262 for ten runs; how often drawn intervals hold the true mean; a search run by run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["replication_interval"]


def replication_interval(run_means: ArrayLike, wanted: float, confidence: float = 0.95) -> dict[str, float]:
    """Mean of independent runs, its interval, and the runs that a shorter interval takes.

    Parameters
    ----------
    run_means : (R,) array_like
        One mean from each run, in any unit.
    wanted : float
        Half-width that is wanted, in the same unit.
    confidence : float
        Of the interval, between 0 and 1. [1]

    Returns
    -------
    dict of str to float
        `mean` and `half_width` in the unit of the means; `runs`: the smallest number, not below the runs made, with
        which the half-width is `wanted` or less if the standard deviation stays as it is [1].

    Raises
    ------
    ValueError
        If there are fewer than two runs, the wanted half-width is not positive, or the confidence no share.

    Examples
    --------
    >>> found = replication_interval([9.0, 11.0, 10.0, 12.0, 8.0], wanted=1.0)
    >>> round(found["mean"], 3), round(found["half_width"], 3), found["runs"]
    (10.0, 1.963, 13)
    """
    means = np.asarray(run_means, dtype=float)
    if means.size < 2 or not wanted > 0 or not 0 < confidence < 1:
        raise ValueError("two runs at least, a half-width above zero, a confidence between 0 and 1")
    spread, share = float(np.std(means, ddof=1)), (1 + confidence) / 2
    runs = means.size
    while special.stdtrit(runs - 1, share) * spread / np.sqrt(runs) > wanted:
        runs += 1
    return {
        "mean": float(np.mean(means)),
        "half_width": float(special.stdtrit(means.size - 1, share) * spread / np.sqrt(means.size)),
        "runs": runs,
    }
