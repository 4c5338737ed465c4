r"""Fan-out: rare slowness of a leaf becomes common slowness of the request.

Question
    One leaf in a hundred requests is slow. How often is a request slow that needs a hundred leaves?
Model
    .. math:: P(\text{any slow}) = 1 - (1 - p)^N, \qquad q_{\text{leaf}} = q^{1/N}, \qquad
        P(\text{any slow}) = 1 - \int \varphi(z)\,
        \Phi\!\left( \frac{\Phi^{-1}(1 - p) - \sqrt{r}\,z}{\sqrt{1 - r}} \right)^{\!N} dz

    A request waits for the slowest of :math:`N` leaves. The last form has leaves that are slow together: behind each
    latency stands a normal variable, and any two of these have correlation :math:`r` (a common load :math:`z`, the
    one-factor Gaussian copula). If :math:`k` answers are enough, the request waits for the k-th order statistic: it is
    done by :math:`t` with the probability that at least :math:`k` of :math:`N` leaves are.
Assumes
    Leaves alike, and, but for the last form, independent: no common network, queue, garbage collection or deployment.
Breaks when
    One cause makes all leaves slow at a time: then the tail is that of the cause, and more leaves hardly lengthen it.
Source
    Dean, Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013, pp. 74-80; order statistics as in any
    textbook of probability. The copula is our choice of how leaves may depend on each other.
Oracle
    The article's figures (1 % and 100 leaves: 63 %; one in 10,000 and 2,000 leaves: 18 %); recorded order statistics;
    scipy's multivariate normal distribution for correlated leaves; leaves drawn in the test.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["answered_by", "any_slow_probability", "exponential_order_statistic_mean", "leaf_quantile"]


def any_slow_probability(slow_probability: ArrayLike, fan_out: ArrayLike, correlation: float = 0.0) -> Array:
    """Share of the requests that wait for at least one slow leaf; the first two arguments broadcast.

    Parameters
    ----------
    slow_probability : (...) array_like
        Probability that a leaf is slow, between 0 and 1. [1]
    fan_out : (...) array_like of int
        Leaves that a request waits for. [1]
    correlation : float
        Correlation of the normal variables behind any two leaves' latencies, from 0 to less than 1. [1]

    Returns
    -------
    (...) ndarray
        Probability that any of its leaves is slow. [1]

    Raises
    ------
    ValueError
        If a probability is not between 0 and 1, a request has no leaf, or the correlation is negative or not below 1.

    Examples
    --------
    >>> any_slow_probability(0.01, [1, 10, 100]).round(3)
    array([0.01 , 0.096, 0.634])
    >>> any_slow_probability(0.01, [1, 10, 100], correlation=0.5).round(3)
    array([0.01 , 0.067, 0.235])
    """
    p, n = np.asarray(slow_probability, dtype=float), np.asarray(fan_out)
    if not (np.all((p >= 0) & (p <= 1)) and np.all(n >= 1) and 0 <= correlation < 1):
        raise ValueError("probabilities lie between 0 and 1, a request has a leaf, and 0 <= correlation < 1")
    if correlation == 0:
        return np.asarray(1 - (1 - p) ** n)
    z = np.linspace(-9, 9, 1801)  # the common load, in standard deviations
    weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * 0.01
    limit = special.ndtri(1 - p)[..., np.newaxis]  # a leaf is slow above it
    fast = special.ndtr(np.subtract(limit, np.sqrt(correlation) * z) / np.sqrt(1 - correlation))
    return np.asarray(1 - np.sum(weight * fast ** n[..., np.newaxis], axis=-1))


def leaf_quantile(quantile: ArrayLike, fan_out: ArrayLike) -> Array:
    """Quantile at which every leaf must keep the limit that the request should keep; the arguments broadcast.

    Parameters
    ----------
    quantile : (...) array_like
        Share of the requests that should be fast, between 0 and 1. [1]
    fan_out : (...) array_like of int
        Independent leaves that a request waits for. [1]

    Returns
    -------
    (...) ndarray
        Share of its own answers that each leaf must give in time. [1]

    Raises
    ------
    ValueError
        If a quantile is not between 0 and 1, or a request has no leaf.

    Examples
    --------
    For 99 % of the requests, each of a hundred leaves may be late once in ten thousand times:

    >>> round(float(leaf_quantile(0.99, 100)), 7)
    0.9998995
    """
    q, n = np.asarray(quantile, dtype=float), np.asarray(fan_out)
    if not (np.all((q > 0) & (q < 1)) and np.all(n >= 1)):
        raise ValueError("a quantile lies between 0 and 1, and a request has a leaf")
    return np.asarray(q ** (1 / n))


def answered_by(leaf_cdf: ArrayLike, fan_out: ArrayLike, needed: ArrayLike) -> Array:
    """Share of the requests that have enough answers, when each leaf has answered with a probability.

    Parameters
    ----------
    leaf_cdf : (...) array_like
        Probability that a leaf has answered by then. [1]
    fan_out : (...) array_like of int
        Independent leaves that are asked. [1]
    needed : (...) array_like of int
        Answers that are enough, from 1 to all. [1]

    Returns
    -------
    (...) ndarray
        Probability that at least so many have answered. [1]

    Raises
    ------
    ValueError
        If a probability is not between 0 and 1, or the needed answers are none or more than there are leaves.

    Examples
    --------
    Each of a hundred leaves answers in time with 99 %: all of them, or any 95:

    >>> answered_by(0.99, 100, [100, 95]).round(4)
    array([0.366 , 0.9995])
    """
    p, n, k = np.asarray(leaf_cdf, dtype=float), np.asarray(fan_out), np.asarray(needed)
    if not (np.all((p >= 0) & (p <= 1)) and np.all((k >= 1) & (k <= n))):
        raise ValueError("probabilities lie between 0 and 1, and from 1 to all answers are needed")
    return np.asarray(special.bdtrc(k - 1, n, p))


def exponential_order_statistic_mean(mean_s: float, fan_out: int, needed: int) -> float:
    """Mean time until enough leaves have answered, when each takes an exponential time.

    Parameters
    ----------
    mean_s : float
        Mean time of a leaf. [s]
    fan_out : int
        Independent leaves that are asked. [1]
    needed : int
        Answers that are enough, from 1 to all. [1]

    Returns
    -------
    float
        Mean time of the request. [s]

    Raises
    ------
    ValueError
        If the mean is not positive, or the needed answers are none or more than there are leaves.

    Examples
    --------
    All of a hundred leaves take 5.2 means of a leaf; the fastest 95 of them 2.9:

    >>> [round(exponential_order_statistic_mean(1.0, 100, needed), 3) for needed in (100, 95)]
    [5.187, 2.904]
    """
    validate.require_positive(mean_s=mean_s)
    if not 1 <= needed <= fan_out:
        raise ValueError("from 1 to all answers are needed")
    return float(mean_s * np.sum(1 / np.arange(fan_out - needed + 1, fan_out + 1)))  # one gap after the other
