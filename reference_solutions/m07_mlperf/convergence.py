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
    the speed-up that passes at most. At a batch size between two points, their means and deviations are interpolated;
    points that converge more slowly than what their neighbours' interpolation allows are pruned first, and so are all
    with smaller batches than the one that converges fastest.
Assumes
    Epochs are about normal, and the submission's spread is that of the reference.
Breaks when
    All runs of the reference take equally long: then nothing faster passes.
Source
    MLCommons, MLPerf Training Rules, at commit d73e20f of mlcommons/training_policies (May 2026), appendix with
    examples of reference convergence points; mlcommons/logging, `rcp_checker.py` (the t-test with the reference's
    deviation on both sides, by bisection; `interpolated_point` and `pruned_points`, with one number of runs for all
    points, where the checker gives an interpolated point twice the submission's).
Oracle
    Published examples: 15.2126 epochs (3.53 %) and 19.929 (4.12 %). A third prints 3.68 % where the formula gives
    3.86 %: two digits seem to have changed places. scipy's `ttest_ind_from_stats`, by bisection.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["convergence_check", "interpolated_point", "least_epochs", "pruned_points"]


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
        If no run would be left on a side, or only one on each: then there are no degrees of freedom.

    Examples
    --------
    >>> seen = convergence_check([16, 14, 16, 17, 16, 16, 15, 16, 15, 16], [15, 15, 14, 16, 15])
    >>> round(seen["least_epochs"], 4), round(seen["speedup"], 4), seen["passes"]
    (15.2126, 0.0353, False)
    """
    reference, submission = (np.sort(np.asarray(one, dtype=float)) for one in (reference_epochs, submission_epochs))
    if min(reference.size, submission.size) <= 2 * dropped or reference.size + submission.size < 4 * dropped + 3:
        raise ValueError("some runs must be left on both sides, three in all")
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


def interpolated_point(batch_size: float, points: Mapping[int, tuple[float, float]]) -> tuple[float, float]:
    """Mean and deviation of the reference at a batch size between two of its points.

    Parameters
    ----------
    batch_size : float
        Samples in a step. [1]
    points : mapping of int to (float, float)
        By batch size, mean and deviation of the epochs to the target. [epoch]

    Returns
    -------
    tuple of (float, float)
        Mean and deviation. [epoch]

    Raises
    ------
    ValueError
        If the batch size does not lie among the points.

    Examples
    --------
    >>> interpolated_point(24, {16: (10.0, 0.2), 32: (12.0, 0.4)})
    (11.0, 0.30000000000000004)
    """
    sizes = sorted(points)
    if not sizes or not sizes[0] <= batch_size <= sizes[-1]:
        raise ValueError("beyond the points nothing is known")
    mean, deviation = (np.interp(batch_size, sizes, [points[size][part] for size in sizes]) for part in (0, 1))
    return float(mean), float(deviation)


def pruned_points(
    points: Mapping[int, tuple[float, float]], reference_runs: int, submission_runs: int
) -> dict[int, tuple[float, float]]:
    """Points of the reference without those that would let a slow neighbourhood pass.

    Parameters
    ----------
    points : mapping of int to (float, float)
        By batch size, mean and deviation of the epochs to the target. [epoch]
    reference_runs, submission_runs : int
        Runs of each that were not dropped. [1]

    Returns
    -------
    dict of int to (float, float)
        Those that are left, by rising batch size. [epoch]

    Raises
    ------
    ValueError
        If there is no point.

    Examples
    --------
    The second is slower than the line between its neighbours:

    >>> sorted(pruned_points({16: (10.0, 0.1), 32: (13.0, 0.1), 48: (12.0, 0.1)}, 8, 8))
    [16, 48]
    """
    if not points:
        raise ValueError("a reference has points")

    def least(point: tuple[float, float]) -> float:
        return least_epochs(*point, reference_runs, submission_runs)

    fastest = min(sorted(points), key=lambda size: least(points[size]))
    kept = [size for size in sorted(points) if size >= fastest]
    place = 1
    while place < len(kept) - 1:
        before, here, after = kept[place - 1 : place + 2]
        line = interpolated_point(here, {before: points[before], after: points[after]})
        if least(points[here]) > least(line):
            del kept[place]  # the next one is now here; the one before is not looked at again
        else:
            place += 1
    return {size: points[size] for size in kept}
