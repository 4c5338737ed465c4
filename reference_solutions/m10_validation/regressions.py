r"""Is the new build slower? Rank tests, cumulative sums, many tests at a time, and how many runs it takes.

Question
    A benchmark runs with every commit, on fifty programs. Which changes are regressions, and which are the noise of
    fifty tests a night?
Model
    .. math:: U = \sum_{i,j} \left[ x_i > y_j \right] + \tfrac12 \left[ x_i = y_j \right], \qquad
        \delta = \frac{2U}{nm} - 1, \qquad
        \sigma_U^2 = \frac{nm}{12} \left( N + 1 - \sum_g \frac{t_g^3 - t_g}{N (N - 1)} \right)

    .. math:: C_i = \max(0,\; C_{i-1} + x_i - \mu - k) > h, \qquad
        p_{(i)} \le \frac{i}{m}\,\alpha, \qquad
        n = \frac{2\,(z_{1-\alpha/2} + z_{1-\beta})^2\,\sigma^2}{\Delta^2}

    Mann and Whitney's :math:`U` counts the pairs in which the first sample is larger, and needs no normal distribution;
    Cliff's :math:`\delta` is the size of that effect, from -1 to 1. A cumulative sum (Page) raises an alarm when what
    exceeds the target by more than the slack :math:`k` has added up to :math:`h`. Of many p-values Benjamini and
    Hochberg accept the :math:`i` smallest, so that a share :math:`\alpha` of the accepted ones is false at most, on
    average. :math:`n` runs on each side find a difference :math:`\Delta` with probability :math:`1 - \beta`.
Assumes
    Independent runs; for the p-value samples of eight or more (it is normal, with a step towards the mean).
Breaks when
    Runs of one build share a machine's mood: then two builds differ for no reason of theirs.
Source
    Mann, Whitney, Annals of Mathematical Statistics 18(1), 1947; Cliff, Psychological Bulletin 114(3), 1993; Page,
    "Continuous inspection schemes", Biometrika 41(1-2), 1954; Benjamini, Hochberg, "Controlling the false discovery
    rate", Journal of the Royal Statistical Society B 57(1), 1995.
Oracle
    scipy.stats: mannwhitneyu, false_discovery_control; recorded tests; power of drawn samples; sums by hand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

__all__ = ["cusum_alarms", "discoveries", "rank_difference", "runs_to_detect"]


def rank_difference(first: ArrayLike, second: ArrayLike) -> dict[str, float]:
    """Whether one sample tends to be larger than another.

    Parameters
    ----------
    first, second : (n,) array_like
        Samples in one unit, not necessarily equally many.

    Returns
    -------
    dict of str to float
        `u`, pairs in which the first is larger (equal ones count half); `delta`, Cliff's; `p`, of so much or more, in
        either direction, by chance (1 if all values are equal). [1]

    Raises
    ------
    ValueError
        If a sample is empty.

    Examples
    --------
    >>> found = rank_difference([5.0, 6.0, 7.0], [1.0, 2.0, 6.0])
    >>> found["u"], round(found["delta"], 3)
    (7.5, 0.667)
    """
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if min(x.size, y.size) == 0:
        raise ValueError("both samples need a value")
    pairs, total = x.size * y.size, x.size + y.size
    u = float(np.sum(x[:, np.newaxis] > y) + np.sum(x[:, np.newaxis] == y) / 2)
    ties = np.unique(np.concatenate([x, y]), return_counts=True)[1]
    variance = pairs / 12 * (total + 1 - np.sum(ties**3 - ties) / (total * (total - 1)))
    away = max(0.0, abs(u - pairs / 2) - 0.5)  # a step towards the mean: U comes in halves
    p = 2 * special.ndtr(-away / np.sqrt(variance)) if variance > 0 else 1.0
    return {"u": u, "delta": 2 * u / pairs - 1, "p": float(min(1.0, p))}


def cusum_alarms(values: ArrayLike, target: float, slack: float, threshold: float) -> NDArray[np.intp]:
    """Places at which a one-sided cumulative sum raises an alarm; it starts anew after each.

    Parameters
    ----------
    values : (n,) array_like
        Results in their order.
    target, slack, threshold : float
        What they should be, by how much they may exceed it, and how much beyond that may add up, in their unit.

    Returns
    -------
    ndarray of int
        Places, from 0.

    Raises
    ------
    ValueError
        If the slack is negative or the threshold not positive.

    Examples
    --------
    >>> cusum_alarms([1.0, 1.1, 1.4, 1.4, 1.4], target=1.0, slack=0.1, threshold=0.5)
    array([3])
    """
    if slack < 0 or not threshold > 0:
        raise ValueError("the slack must not be negative, and the threshold positive")
    total, alarms = 0.0, []
    for place, value in enumerate(np.asarray(values, dtype=float)):
        total = max(0.0, total + value - target - slack)
        if total > threshold:
            alarms.append(place)
            total = 0.0
    return np.array(alarms, dtype=np.intp)


def discoveries(p_values: ArrayLike, false_share: float = 0.05) -> NDArray[np.bool_]:
    """Which of many tests may be believed.

    Parameters
    ----------
    p_values : (m,) array_like
        Of each test. [1]
    false_share : float
        Share of those believed that may be false, on average. [1]

    Returns
    -------
    (m,) ndarray of bool
        Whether each is believed.

    Raises
    ------
    ValueError
        If a p-value lies outside of 0 and 1.

    Examples
    --------
    >>> discoveries([0.04, 0.001, 0.03, 0.6])
    array([False,  True, False, False])
    """
    p = np.asarray(p_values, dtype=float)
    if np.any((p < 0) | (p > 1)):
        raise ValueError("p-values lie between 0 and 1")
    ordered = np.sort(p)
    kept = np.flatnonzero(ordered <= false_share * np.arange(1, p.size + 1) / p.size)
    return p <= ordered[kept[-1]] if kept.size else np.zeros(p.shape, dtype=bool)


def runs_to_detect(deviation: float, difference: float, significance: float = 0.05, power: float = 0.8) -> int:
    """Runs on each side that find a difference of two means with some probability.

    Parameters
    ----------
    deviation : float
        Of a run, on both sides.
    difference : float
        Of the means, in the same unit.
    significance, power : float
        Probability of a false alarm, and of finding the difference, between 0 and 1. [1]

    Returns
    -------
    int
        The fewest runs on each side, by normal quantiles. [1]

    Raises
    ------
    ValueError
        If the deviation is not positive, the difference zero, or a probability none.

    Examples
    --------
    A difference as large as the deviation takes 16, half of it 63:

    >>> runs_to_detect(1.0, 1.0), runs_to_detect(1.0, 0.5)
    (16, 63)
    """
    if not (deviation > 0 and difference != 0 and 0 < significance < 1 and 0 < power < 1):
        raise ValueError("the deviation must be positive, the difference not zero, probabilities between 0 and 1")
    z = special.ndtri(1 - significance / 2) + special.ndtri(power)
    return int(np.ceil(2 * (z * deviation / difference) ** 2))
