r"""The smallest number of clusters that is nearly as good as the best.

Question
    Scores rise with the number of clusters, and every cluster is an interval that must be simulated. When is it enough?
Model
    .. math:: k^* = \min \{\, k : B_k - B_{\min} \ge s\,(B_{\max} - B_{\min}) \,\}, \qquad s = 0.9

    The score need not be the best: it is enough to have climbed 90 % of the way from the worst to the best score seen.
Assumes
    Scores of all numbers of clusters that come into question.
Breaks when
    The scores are all alike: the rule has no absolute floor, and finds phases in a program that has none. A search by
    halving (`searched_k`) tries few numbers, and may miss the smallest where scores do not rise steadily.
Source
    Sherwood et al., ASPLOS X, 2002, and Hamerly et al., J. Instruction-Level Parallelism 7, 2005, for the 90 %; that it
    is the smallest such number is the rule of the tool, SimPoint 3.2.
Oracle
    Numbers that SimPoint 3.2 chose from recorded scores, in full scans and by its search.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["chosen_k", "searched_k"]


def chosen_k(clusters: ArrayLike, scores: ArrayLike, share: float = 0.9) -> int:
    """Smallest number of clusters whose score has climbed far enough.

    Parameters
    ----------
    clusters : (tries,) array_like of int
        Numbers of clusters that were tried, in any order. [1]
    scores : (tries,) array_like
        Their scores. [1]
    share : float
        Part of the way from the lowest to the highest score that is enough, from 0 to 1. [1]

    Returns
    -------
    int
        Number of clusters. [1]

    Raises
    ------
    ValueError
        If nothing was tried, there are not as many scores, or the share is none.

    Examples
    --------
    >>> chosen_k([1, 2, 3, 4], [100.0, 280.0, 295.0, 300.0])
    2
    """
    tried, found = np.asarray(clusters), np.asarray(scores, dtype=float)
    if tried.size == 0 or tried.size != found.size or not 0 <= share <= 1:
        raise ValueError("every number that was tried has a score, and a share lies between 0 and 1")
    enough = found - found.min() >= share * (found.max() - found.min())
    return int(tried[enough].min())


def searched_k(score: Callable[[int], float], most: int, share: float = 0.9) -> int:
    """Number of clusters that a search by halving finds: it may be more than the smallest.

    Parameters
    ----------
    score : callable
        Score of a number of clusters.
    most : int
        Largest number that comes into question, at least 2. [1]
    share : float
        As in `chosen_k`, among the scores that the search has seen. [1]

    Returns
    -------
    int
        Number of clusters. [1]

    Examples
    --------
    >>> searched_k({1: 100.0, 4: 300.0, 2: 280.0}.__getitem__, most=4)
    2
    """
    seen = {1: score(1), most: score(most)}
    low, high = 1, most
    while high - low > 1:
        middle = (low + high) // 2
        seen[middle] = score(middle)
        climbed = seen[middle] - min(seen.values()) >= share * (max(seen.values()) - min(seen.values()))
        low, high = (low, middle) if climbed else (middle, high)
    return high
