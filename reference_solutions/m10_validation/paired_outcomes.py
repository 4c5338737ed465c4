r"""Right or wrong, twice for each sample: what a smaller model loses, with its interval, and who is asked instead.

Question
    A model was quantised and tried on the same images as before. It is right on a few fewer. Is that a loss, how large
    may it be, and what becomes of it if unsure answers are left to somebody else?
Model
    .. math:: \hat d = \frac{b - c}{n}, \qquad
        \hat d \pm z \sqrt{\frac{b + c - (b - c)^2 / n}{n^2}}, \qquad
        p = \min\left( 1, \; 2 \sum_{i = 0}^{\min(b, c)} \binom{b + c}{i} 2^{-(b + c)} \right)

    Of :math:`n` samples, :math:`b` were right before and are wrong now, :math:`c` the other way round. Those on which
    both agree say nothing about the difference, whatever the two accuracies are: the interval of a difference of two
    *independent* shares would be much too wide. Under no difference, :math:`b` is a fair coin's (McNemar's exact test).
    Answers below a confidence are left to another, which is right on a share of them that is known.
Assumes
    Samples are independent and stand for what the device will see.
Breaks when
    Frames of one film are counted as samples, or so few pairs disagree that a normal interval is no good: below about
    ten, take the exact one.
Source
    McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", Psychometrika
    12(2), 1947, pp. 153-157; the interval as in Agresti, *Categorical Data Analysis*, on matched pairs; leaving unsure
    answers to another: El-Yaniv, Wiener, JMLR 11, 2010, pp. 1605-1641 (risk and coverage).
Oracle
    Approval ratings of 1,600 voters (794, 150, 86, 570), as R's page of mcnemar.test gives them; scipy.stats.binomtest;
    a t interval of paired differences; coverage over samples drawn in the test.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["paired_outcomes", "selective_outcomes"]


def paired_outcomes(before: ArrayLike, after: ArrayLike, confidence: float = 0.95) -> dict[str, float]:
    """Accuracy before and after a change, on the same samples.

    Parameters
    ----------
    before, after : (n,) array_like of bool or 0 and 1
        Whether each sample was answered rightly. [1]
    confidence : float
        Of the interval, between 0 and 1. [1]

    Returns
    -------
    dict of str to float
        `accuracy_before`, `accuracy_after`; `drop`, its interval `drop_low`, `drop_high`; `p_value` of McNemar's exact
        test; `lost`, `gained`, the samples that changed sides; `samples`. [1]

    Raises
    ------
    ValueError
        If there are fewer than two samples, they do not pair up, or one is neither right nor wrong.

    Examples
    --------
    >>> found = paired_outcomes([1] * 90 + [0] * 10, [1] * 86 + [0] * 4 + [1] * 1 + [0] * 9)
    >>> round(found["drop"], 3), found["lost"], found["gained"], found["p_value"]
    (0.03, 4.0, 1.0, 0.375)
    """
    one, two = np.asarray(before), np.asarray(after)
    if one.shape != two.shape or one.size < 2 or not np.all(np.isin(one, (0, 1)) & np.isin(two, (0, 1))):
        raise ValueError("there must be two samples or more, each right or wrong before and after")
    lost, gained, n = int(np.sum(one > two)), int(np.sum(one < two)), one.size
    drop = (lost - gained) / n
    half = special.ndtri((1 + confidence) / 2) * np.sqrt(max(lost + gained - (lost - gained) ** 2 / n, 0.0)) / n
    tail = special.bdtr(min(lost, gained), lost + gained, 0.5) if lost + gained else 1.0
    return {
        "accuracy_before": float(np.mean(one)),
        "accuracy_after": float(np.mean(two)),
        "drop": drop,
        "drop_low": float(drop - half),
        "drop_high": float(drop + half),
        "p_value": float(min(1.0, 2 * tail)),
        "lost": float(lost),
        "gained": float(gained),
        "samples": float(n),
    }


def selective_outcomes(
    correct: ArrayLike, confidence: ArrayLike, threshold: float, other_accuracy: float
) -> dict[str, float]:
    """What becomes of accuracy where unsure answers are left to another model.

    Parameters
    ----------
    correct : (n,) array_like of bool or 0 and 1
        Whether the device answers each sample rightly. [1]
    confidence : (n,) array_like
        How sure it is. [1]
    threshold : float
        Below it, the other one answers. [1]
    other_accuracy : float
        Share of these that the other one answers rightly. [1]

    Returns
    -------
    dict of str to float
        `left_share` of the samples; `kept_accuracy` of those that the device answers (0 if there are none);
        `accuracy` of all. [1]

    Raises
    ------
    ValueError
        If there are no samples, they do not pair up, or the accuracy is none.

    Examples
    --------
    >>> selective_outcomes([1, 1, 0, 1], [0.9, 0.8, 0.3, 0.6], 0.5, 0.9)
    {'left_share': 0.25, 'kept_accuracy': 1.0, 'accuracy': 0.975}
    """
    right, sure = np.asarray(correct, dtype=float), np.asarray(confidence, dtype=float)
    if right.shape != sure.shape or right.size == 0 or not 0 <= other_accuracy <= 1:
        raise ValueError("each sample has an outcome and a confidence, and an accuracy lies between 0 and 1")
    kept = sure >= threshold
    left = 1 - float(np.mean(kept))
    return {
        "left_share": left,
        "kept_accuracy": float(np.mean(right[kept])) if np.any(kept) else 0.0,
        "accuracy": float(np.mean(np.where(kept, right, other_accuracy))),
    }
