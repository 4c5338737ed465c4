r"""What exercises tell about those who do them: how well each sorts, and how reliable the sum is. Pure.

Question
    Would the same students come out in the same order on other exercises of this kind, and which exercise helps?
Model
    Discrimination is the correlation of an exercise with the sum of all the others: the exercise itself is left out,
    since it would correlate with itself. Reliability is Cronbach's alpha,

    .. math:: \alpha = \frac{k}{k - 1} \Bigl(1 - \frac{\sum_i s_i^2}{s_X^2}\Bigr), \qquad s_E = s_X \sqrt{1 - \alpha}

    with the variances of :math:`k` exercises and of the sum, and :math:`s_E` the standard error of a sum. The interval
    of a correlation is Fisher's, :math:`\tanh(\operatorname{artanh} r \pm z / \sqrt{n - 3})`; that of alpha is Feldt's:
    :math:`(1 - \alpha) / (1 - \hat\alpha)` has an F distribution with :math:`n - 1` and :math:`(n - 1)(k - 1)` degrees
    of freedom, turned over. Both are for normal scores. Where nearly everybody has all points they hold the truth 75
    times in 100, so the jackknife's is found as well, and of the two the end that lies further out is given.
Assumes
    Students work by themselves.
Breaks when
    Answers are copied; somebody hands in nothing but blanks, and is then unlike everybody in every exercise; the
    exercises measure several things, and alpha, a lower bound, is far below what it bounds. With fewer than
    :data:`FEWEST` students, or fewer than :data:`FEWEST_APART` who did not come out like most, no interval is to be
    trusted, and nothing is given. The tests say how often intervals hold the truth: 90 times in 100 at worst for a
    correlation, 85 for alpha where nine of ten students have everything.
Source
    Cronbach, "Coefficient Alpha and the Internal Structure of Tests", Psychometrika 16(3), 1951, pp. 297-334; Feldt,
    "The Approximate Sampling Distribution of Kuder-Richardson Reliability Coefficient Twenty", Psychometrika 30(3),
    1965, pp. 357-370; Feldt, Woodruff and Salih, "Statistical Inference for Coefficient Alpha", Applied Psychological
    Measurement 11(1), 1987, pp. 93-103, formulas 6 and 7. The corrected correlation is of Henrysson, "Correction of
    Item-Total Correlations in Item Analysis", Psychometrika 28(2), 1963. Jackknife: Efron and Tibshirani, *An
    Introduction to the Bootstrap* (1993), chapter 11.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from graders.psychometrics.estimate import SHARE, Estimate, not_estimable

Scores = npt.NDArray[np.float64]
"""Students in rows, exercises in columns, points; whole: who lacks a number is left out."""

FEWEST = 10
"""Students below which nothing is given: with nine, a correlation of 0.5 may be anything from -0.25 to 0.87."""
FEWEST_APART = 3
"""Students who did not come out like most: one or two of them would make the whole correlation."""
_EXACT = 1e-12


def correlation(one: Sequence[float] | Scores, other: Sequence[float] | Scores) -> Estimate:
    """Pearson's correlation, with Fisher's interval or the jackknife's.

    Parameters
    ----------
    one, other : array_like, shape (students,)
        What is set side by side.

    Returns
    -------
    Estimate
    """
    left, right = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    n = left.size
    if why := _too_few(n) or _too_alike(left, "here") or _too_alike(right, "elsewhere"):
        return not_estimable(n, why)
    left, right = left - left.mean(), right - right.mean()
    sums = (left @ right, left @ left, right @ right)
    r = float(np.clip(sums[0] / math.sqrt(sums[1] * sums[2]), -1, 1))
    if abs(r) > 1 - _EXACT:  # all on one line: there is no doubt that an interval could show
        return Estimate(round(r), round(r), round(r), n)
    without = [total - n / (n - 1) * each for total, each in zip(sums, (left * right, left**2, right**2), strict=True)]
    spread = np.sqrt(np.maximum(without[1] * without[2], 0))
    found = np.divide(without[0], spread, out=np.zeros(n), where=spread > 0)
    jack = _jackknife(np.arctanh(np.clip(found, -1 + _EXACT, 1 - _EXACT)))
    half = max(NormalDist().inv_cdf((1 + SHARE) / 2) / math.sqrt(n - 3), jack)
    return Estimate(r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half), n)


def discrimination(scores: Scores) -> tuple[Estimate, ...]:
    """How well each exercise tells those apart who do well in the others from those who do not.

    Parameters
    ----------
    scores : array, shape (students, exercises)
        Points.

    Returns
    -------
    tuple of Estimate
        One for each exercise: its correlation with the sum of the others. [1]
    """
    if scores.shape[1] < 2:
        return tuple(not_estimable(len(scores), "there is no other exercise") for _ in range(scores.shape[1]))
    rest = scores.sum(axis=1, keepdims=True) - scores
    return tuple(correlation(scores[:, item], rest[:, item]) for item in range(scores.shape[1]))


def reliability(scores: Scores) -> Estimate:
    """Cronbach's alpha of the sum of all exercises, with Feldt's interval or the jackknife's.

    Parameters
    ----------
    scores : array, shape (students, exercises)
        Points.

    Returns
    -------
    Estimate
        At most 1; below 0 where exercises speak against each other. [1]
    """
    from scipy.stats import f

    n, k = scores.shape
    if why := _why_no_sum(scores):
        return not_estimable(n, why)
    parts, whole = _variances(scores)
    lacking = 1 - k / (k - 1) * (1 - parts / whole)  # 1 - alpha: of everybody, then without each student
    value = float(1 - lacking[0])
    if lacking[0] <= _EXACT:
        return Estimate(1.0, 1.0, 1.0, n)
    tail = (1 - SHARE) / 2
    low, high = (1 - lacking[0] * f.isf(one, n - 1, (n - 1) * (k - 1)) for one in (tail, 1 - tail))
    factor = math.exp(_jackknife(np.log(np.maximum(lacking[1:], _EXACT))))
    return Estimate(value, float(min(low, 1 - lacking[0] * factor)), float(max(high, 1 - lacking[0] / factor)), n)


def standard_error(scores: Scores) -> Estimate:
    """How far a student's sum lies from the one that many such sets of exercises would give, typically.

    Parameters
    ----------
    scores : array, shape (students, exercises)
        Points.

    Returns
    -------
    Estimate
        In points; with the jackknife's interval, on a logarithmic scale.
    """
    n, k = scores.shape
    if why := _why_no_sum(scores):
        return not_estimable(n, why)
    parts, whole = _variances(scores)
    error = np.sqrt(np.maximum(k / (k - 1) * parts - whole / (k - 1), 0))  # s_X^2 (1 - alpha)
    if error[0] <= _EXACT:
        return Estimate(0.0, 0.0, 0.0, n)
    factor = math.exp(_jackknife(np.log(np.maximum(error[1:], _EXACT))))
    return Estimate(float(error[0]), float(error[0] / factor), float(error[0] * factor), n)


def _variances(scores: Scores) -> tuple[Scores, Scores]:
    """Summed variances of the exercises, and the variance of the sum: of everybody, then without each student."""
    n = len(scores)
    found = []
    for one in (scores, scores.sum(axis=1, keepdims=True)):
        apart = (one - one.mean(axis=0)) ** 2
        total = apart.sum(axis=0)
        without = (total - n / (n - 1) * apart) / (n - 2)
        found.append(np.concatenate([[(total / (n - 1)).sum()], without.sum(axis=1)]))
    return found[0], np.maximum(found[1], _EXACT)


def _jackknife(without: Scores) -> float:
    """Half the width of an interval, from values that lack one student each."""
    from scipy.stats import t

    n = without.size
    error = math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
    return float(t.isf((1 - SHARE) / 2, n - 1)) * error


def _why_no_sum(scores: Scores) -> str:
    n, k = scores.shape
    if k < 2:
        return "it takes two exercises"
    return _too_few(n) or _too_alike(scores.sum(axis=1), "in sum")


def _too_few(n: int) -> str:
    return f"{n} students are too few, it takes {FEWEST}" if n < FEWEST else ""


def _too_alike(scores: Scores, where: str) -> str:
    apart = scores.size - int(np.unique(np.round(scores, 9), return_counts=True)[1].max())
    if apart >= FEWEST_APART:
        return ""
    who = f"all but {apart}" if apart else "all"
    return f"{who} came out the same {where}, it takes {FEWEST_APART} who did not"
