r"""Sampling by strata: how many units of each kind, and what they say about the whole.

Question
    A cheap look has sorted a program's intervals into kinds. There is time to simulate so many of them. How many of
    each kind, and how sure is the mean then?
Model
    .. math:: \bar y = \sum_h W_h \bar y_h, \qquad
        \operatorname{var} \bar y = \sum_h W_h^2 \frac{S_h^2}{n_h} \left( 1 - \frac{n_h}{N_h} \right), \qquad
        n_h \propto N_h S_h

    :math:`W_h = N_h / N` is the share of a stratum, :math:`S_h` its standard deviation. Neyman's allocation gives more
    units to what is large and wild; in whole numbers the best one is found by giving unit after unit to the stratum
    with the largest :math:`N_h S_h / \sqrt{n_h (n_h + 1)}`, which is what the next unit takes off the variance.
    If shares come from a first sample of :math:`n'` units that were looked at cheaply (two phases), the estimate is
    less sure by about :math:`\sum_h W_h (\bar y_h - \bar y)^2 / n'`.
Assumes
    Units are drawn at random within a stratum, without repetition; each costs the same. The scatter is known, from a
    pilot or from the last version of the program.
Breaks when
    A stratum has one unit in the sample: its scatter is not seen, and the variance is a guess. A scatter of zero in the
    pilot gives a stratum its least number of units, however wrong the pilot was.
Source
    Cochran, Sampling Techniques, 3rd edition, Wiley 1977, chapters 5 (stratified) and 12 (two phases), by its table of
    contents; Wright, "The Equivalence of Neyman Optimum Allocation for Sampling and Equal Proportions for Apportioning
    the U.S. House of Representatives", The American Statistician 66, 2012, pp. 217-224, for whole numbers.
Oracle
    Every allocation of a small budget, tried; every sample of a small population, enumerated; drawn samples in two
    phases.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["neyman_allocation", "stratified_mean"]


def neyman_allocation(sizes: ArrayLike, deviations: ArrayLike, units: int, least: int = 1) -> NDArray[np.intp]:
    """Units of each stratum that make the variance of the mean least, in whole numbers.

    Parameters
    ----------
    sizes : (strata,) array_like of int
        Units that each stratum has. [1]
    deviations : (strata,) array_like
        Standard deviation within each stratum, in the unit of what is measured.
    units : int
        Units of the sample, over all strata. [1]
    least : int
        Units that each stratum gets, or all that it has; two are needed to see its scatter. [1]

    Returns
    -------
    (strata,) ndarray of int
        Units of each stratum. Of strata that gain alike the first gets the unit.

    Raises
    ------
    ValueError
        If a stratum is empty or would get nothing, a deviation is negative, or the sample is too small for the least or
        larger than all.

    Examples
    --------
    Three times as large and equally wild, or as large and three times as wild: three times as many units.

    >>> neyman_allocation([3000, 1000], [1.0, 1.0], 40), neyman_allocation([1000, 1000], [3.0, 1.0], 40)
    (array([30, 10]), array([30, 10]))
    """
    all_units, spread = np.asarray(sizes, dtype=np.intp), np.asarray(deviations, dtype=float)
    given: NDArray[np.intp] = np.minimum(all_units, least)
    if np.any(given < 1) or np.any(spread < 0) or not given.sum() <= units <= all_units.sum():
        raise ValueError("strata have units, deviations are not negative, and the sample fits between least and all")
    for _ in range(units - given.sum()):
        gain = np.where(given < all_units, all_units * spread / np.sqrt(given * (given + 1.0)), -1.0)
        given[np.argmax(gain)] += 1
    return given


def stratified_mean(samples: Sequence[ArrayLike], sizes: ArrayLike, looked_at: int | None = None) -> dict[str, float]:
    """Mean of a population from samples of its strata, with its standard error.

    Parameters
    ----------
    samples : sequence of (n_h,) array_like
        What was measured in each stratum.
    sizes : (strata,) array_like of int
        Units that each stratum has: of the population, or of the first phase's sample. [1]
    looked_at : int, optional
        Units of the first phase, if shares come from one; else shares are exact. [1]

    Returns
    -------
    dict of str to float
        `mean`, and its `standard_error`, in the unit of what was measured.

    Raises
    ------
    ValueError
        If a stratum has fewer than two units in the sample, unless it has one and that is in it, or fewer than were
        measured.

    Examples
    --------
    >>> found = stratified_mean([[1.0, 1.2], [3.0, 3.4, 3.2]], [60, 40])
    >>> round(found["mean"], 3), round(found["standard_error"], 4)
    (1.94, 0.0738)
    """
    sizes = np.asarray(sizes, dtype=float)
    measured = [np.asarray(sample, dtype=float) for sample in samples]
    counts = np.array([sample.size for sample in measured])
    if np.any((counts < 2) & (counts < sizes)) or np.any(counts < 1) or np.any(counts > sizes):
        raise ValueError("a stratum needs two units, or all that it has")
    share = sizes / sizes.sum()
    means = np.array([sample.mean() for sample in measured])
    variances = np.array([sample.var(ddof=1) if sample.size > 1 else 0.0 for sample in measured])
    mean = share @ means
    unseen = 1.0 if looked_at is not None else 1 - counts / sizes
    variance = np.sum(share**2 * variances / counts * unseen)
    if looked_at is not None:
        variance += share @ (means - mean) ** 2 / looked_at
    return {"mean": float(mean), "standard_error": float(np.sqrt(variance))}
