r"""Latency budgets: a promise for the whole, divided among the parts.

Question
    A request passes five services and should be done in 100 ms, 99 times in 100. How much of it may each take, and what
    does that cost?
Model
    .. math:: \min_t \sum_i p_i\,\mu_i, \quad \mu_i = v_i \lambda + \frac{1}{t_i} \ln\frac{\sum_j v_j}{1 - q}, \quad
        \sum_i v_i t_i = T \quad \Rightarrow \quad t_i = T\,\frac{\sqrt{p_i / v_i}}{\sum_j \sqrt{p_j v_j}}

    Service :math:`i` is called :math:`v_i` times in a row; each call may miss its share :math:`t_i` of the budget
    :math:`T` with the same probability, so that all calls together miss with :math:`1 - q` at most (Boole's
    inequality). An M/M/1 service keeps :math:`t_i` if its rate is :math:`\mu_i`, and a rate costs :math:`p_i` a unit.
    Lagrange gives a square root: dear services get more time, those called often less.

    Quantiles do not add. The latency of calls in a row is the sum of random times: its distribution is a convolution,
    its quantile usually far below the sum of the quantiles.
Assumes
    Independent calls (Boole's inequality does without); a rate that can be bought in any amount.
Breaks when
    Rates come in whole servers (`cheapest_options`), or calls are slow together: then the convolution is too
    optimistic, and Boole's inequality still holds.
Source
    Kleinrock, Communication Nets, McGraw-Hill 1964 (capacity assignment, from which the square root comes; there for
    mean delays); Boole's inequality and convolution as in any textbook of probability.
Oracle
    scipy's constrained minimiser; the hypoexponential distribution in closed form for exponential calls; sums drawn in
    the test.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["latency_budgets", "series_availability", "series_quantile_s", "series_quantile_s_by_definition"]


def latency_budgets(
    budget_s: float, quantile: float, arrival_per_s: float, visits: ArrayLike, price: ArrayLike
) -> dict[str, Array]:
    """Cheapest division of a latency budget among services that are called in a row.

    Parameters
    ----------
    budget_s : float
        Time that a request may take. [s]
    quantile : float
        Share of the requests that must keep it, between 0 and 1. [1]
    arrival_per_s : float
        Rate of requests. [1/s]
    visits : (n,) array_like
        Calls that a request makes to each service, one after the other. [1]
    price : (n,) array_like
        What one request a second of service rate costs, in any currency. [currency s]

    Returns
    -------
    dict of str to (n,) ndarray
        `call_s`: time that a call to each service may take [s]; `service_per_s`: rate that each service needs [1/s].

    Raises
    ------
    ValueError
        If an argument is not positive, or the quantile is not between 0 and 1.

    Examples
    --------
    Two services; the second is four times as dear, so a call to it may take twice as long:

    >>> found = latency_budgets(0.09, 0.99, 100.0, visits=[1, 1], price=[1.0, 4.0])
    >>> found["call_s"].round(3), found["service_per_s"].round(1)
    (array([0.03, 0.06]), array([276.6, 188.3]))
    """
    calls, cost = np.asarray(visits, dtype=float), np.asarray(price, dtype=float)
    if not (budget_s > 0 and 0 < quantile < 1 and arrival_per_s > 0 and np.all(calls > 0) and np.all(cost > 0)):
        raise ValueError("budget, rate, visits and prices are positive, and a quantile lies between 0 and 1")
    call_s = budget_s * np.sqrt(cost / calls) / np.sum(np.sqrt(cost * calls))
    miss = (1 - quantile) / np.sum(calls)  # of each call: together they miss with 1 - quantile at most
    return {"call_s": call_s, "service_per_s": calls * arrival_per_s - np.log(miss) / call_s}


def series_quantile_s(probabilities: Sequence[ArrayLike], step_s: float, quantile: ArrayLike) -> Array:
    """Quantile of the time of several calls in a row, by Fourier transforms.

    Parameters
    ----------
    probabilities : sequence of (m_i,) array_like
        Of each call, the probability that it takes 0, 1, 2, ... steps. [1]
    step_s : float
        Length of a step. [s]
    quantile : (...) array_like
        Share of the requests, between 0 and 1. [1]

    Returns
    -------
    (...) ndarray
        Smallest number of steps that this share does not exceed, as a time. [s]

    Raises
    ------
    ValueError
        If there is no call, its probabilities do not add up to 1, or a quantile is not between 0 and 1.

    Examples
    --------
    Two calls that take 1 ms, and with 1 % each 100 ms: the 99th percentile of both is not 2 ms, and not 200 ms.

    >>> call = np.zeros(101)
    >>> call[[1, 100]] = 0.99, 0.01
    >>> series_quantile_s([call, call], 0.001, [0.98, 0.99, 0.9999])
    array([0.002, 0.101, 0.101])
    """
    q = np.asarray(quantile, dtype=float)
    calls = [np.asarray(one, dtype=float) for one in probabilities]
    if not calls or not np.all((q > 0) & (q < 1)) or not all(abs(np.sum(one) - 1) < 1e-9 for one in calls):
        raise ValueError("probabilities of each call add up to 1, and a quantile lies between 0 and 1")
    size = sum(one.size - 1 for one in calls) + 1
    product = np.prod([np.fft.rfft(one, size) for one in calls], axis=0)
    cumulated = np.cumsum(np.fft.irfft(product, size))
    return np.asarray(step_s * np.searchsorted(cumulated, q - 1e-12, side="left"))


def series_quantile_s_by_definition(probabilities: Sequence[ArrayLike], step_s: float, quantile: float) -> float:
    """Quantile of the time of several calls in a row, by adding up every combination.

    Parameters
    ----------
    probabilities : sequence of (m_i,) array_like
        Of each call, the probability that it takes 0, 1, 2, ... steps. [1]
    step_s : float
        Length of a step. [s]
    quantile : float
        Share of the requests, between 0 and 1. [1]

    Returns
    -------
    float
        Smallest number of steps that this share does not exceed, as a time. [s]

    Raises
    ------
    ValueError
        If there is no call, or the quantile is not between 0 and 1.

    Examples
    --------
    >>> series_quantile_s_by_definition([[0.0, 0.5, 0.5], [0.0, 0.5, 0.5]], 0.001, 0.75)
    0.003
    """
    if not probabilities or not 0 < quantile < 1:
        raise ValueError("there is a call, and a quantile lies between 0 and 1")
    total = [1.0]
    for call in probabilities:
        chances = np.asarray(call, dtype=float).tolist()
        added = [0.0] * (len(total) + len(chances) - 1)
        for steps, chance in enumerate(total):
            for more, other in enumerate(chances):
                added[steps + more] += chance * other
        total = added
    reached, steps = 0.0, 0
    while reached + total[steps] < quantile - 1e-12:
        reached += total[steps]
        steps += 1
    return step_s * steps


def series_availability(availability: ArrayLike, visits: ArrayLike = 1) -> float:
    """Share of the requests that succeed, when every call must.

    Parameters
    ----------
    availability : (n,) array_like
        Share of its calls that each service answers. [1]
    visits : (n,) array_like
        Calls that a request makes to each service. [1]

    Returns
    -------
    float
        Share of the requests that succeed. [1]

    Raises
    ------
    ValueError
        If an availability is not between 0 and 1.

    Examples
    --------
    Five services with three nines each have not three nines together:

    >>> round(series_availability([0.999] * 5), 5)
    0.99501
    """
    answered = np.asarray(availability, dtype=float)
    if not np.all((answered >= 0) & (answered <= 1)):
        raise ValueError("an availability lies between 0 and 1")
    return float(np.prod(answered ** np.asarray(visits)))
