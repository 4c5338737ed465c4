r"""Reference convergence points: was it the machine that was fast, or the training that was short?

Question
    A submission needs fewer epochs to the target than the reference, with the same batch. Is that luck that its few
    runs may have, or did it train something else?
Model
    .. math:: e_{min} = \mu - t_{0.95,\, n_1 + n_2 - 2} \; s \sqrt{\frac{1}{n_1} + \frac{1}{n_2}}, \qquad
        v = \frac{\mu}{e_{min}} - 1

    :math:`\mu` and :math:`s` are mean and (population) standard deviation of the reference's epochs after the fastest
    and the slowest were dropped, :math:`n_1` runs are left of them and :math:`n_2` of the submission's. A pooled t-test
    with the reference's deviation on both sides: a submission's mean below :math:`e_{min}` is too good; :math:`v` is
    the speed-up that passes at most. At a batch size between two points, their means and deviations are interpolated.
Assumes
    Epochs are about normal, and the submission's spread is that of the reference.
Breaks when
    All runs of the reference take equally long: then nothing faster passes.
Source
    MLCommons, MLPerf Training Rules, at commit d73e20f of mlcommons/training_policies (May 2026), appendix with
    examples of reference convergence points; mlcommons/logging, `rcp_checker.py` (the t-test with the reference's
    deviation on both sides, by bisection). Its pruning of points that converge more slowly than their neighbours, and
    the number of runs that it gives an interpolated point, are left out here.
Oracle
    Published examples: 15.2126 epochs (3.53 %) and 19.929 (4.12 %). A third prints 3.68 % where the formula gives
    3.86 %: two digits seem to have changed places. scipy's `ttest_ind_from_stats`, by bisection.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["convergence_check", "least_epochs"]


def least_epochs(mean: float, deviation: float, reference_runs: int, submission_runs: int) -> float:
    """Mean of a submission's epochs below which it converges too fast.

    Parameters
    ----------
    mean, deviation : float
        Of the reference's runs that were not dropped. [epoch]
    reference_runs, submission_runs : int
        Runs that were not dropped. [1]

    Returns
    -------
    float
        Least mean that passes. [epoch]

    Raises
    ------
    ValueError
        If there are fewer than three runs, or none on a side.

    Examples
    --------
    >>> round(least_epochs(15.75, 0.4330127, 8, 3), 4)
    15.2126
    """
    if reference_runs < 1 or submission_runs < 1 or reference_runs + submission_runs < 3:
        raise ValueError("a test needs runs")
    t = special.stdtrit(reference_runs + submission_runs - 2, 0.95)
    return float(mean - t * deviation * np.sqrt(1 / reference_runs + 1 / submission_runs))


def convergence_check(
    reference_epochs: ArrayLike, submission_epochs: ArrayLike, dropped: int = 1
) -> dict[str, float | bool]:
    """Compare a submission's convergence with the reference's.

    Parameters
    ----------
    reference_epochs, submission_epochs : (n,) array_like
        Epochs that each run took to the target. [epoch]
    dropped : int
        Runs that are dropped on either side, of both. [1]

    Returns
    -------
    dict
        `mean_epochs` and `least_epochs` of the reference [epoch]; `speedup`, by which it may be beaten, less one [1];
        `passes`, whether the submission's mean is not below the least.

    Raises
    ------
    ValueError
        If no run would be left on a side.

    Examples
    --------
    >>> seen = convergence_check([16, 14, 16, 17, 16, 16, 15, 16, 15, 16], [15, 15, 14, 16, 15])
    >>> round(seen["least_epochs"], 4), round(seen["speedup"], 4), seen["passes"]
    (15.2126, 0.0353, False)
    """
    reference, submission = (np.sort(np.asarray(one, dtype=float)) for one in (reference_epochs, submission_epochs))
    if min(reference.size, submission.size) <= 2 * dropped:
        raise ValueError("some runs must be left on both sides")
    reference, submission = (one[dropped : one.size - dropped] for one in (reference, submission))
    mean, deviation = float(np.mean(reference)), float(np.std(reference))
    t = special.stdtrit(reference.size + submission.size - 2, 0.95)
    least = float(mean - t * deviation * np.sqrt(1 / reference.size + 1 / submission.size))
    return {
        "mean_epochs": mean,
        "least_epochs": least,
        "speedup": mean / least - 1,
        "passes": bool(np.mean(submission) >= least),
    }
