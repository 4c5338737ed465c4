r"""The M/M/c queue: how long requests wait for a pool of servers.

Question
    A pool of c equal servers behind one queue. How long do requests wait, and how long is the tail of the response?
Model
    .. math:: W_q = \frac{C}{\theta}, \quad \theta = c\mu - \lambda, \qquad P(W > t) = C e^{-\theta t}, \qquad
        P(T > t) = (1 - C) e^{-\mu t} + C\,\frac{\theta e^{-\mu t} - \mu e^{-\theta t}}{\theta - \mu}

    :math:`C` is Erlang C. A request waits not at all with probability :math:`1 - C`, else for an exponential time of
    rate :math:`\theta`; then it is served for an exponential time of rate :math:`\mu`. For :math:`\theta = \mu` the
    last fraction is :math:`(1 + \mu t) e^{-\mu t}`.
Assumes
    Poisson arrivals, exponential service, one queue for all servers, first come first served.
Breaks when
    Every server has a queue of its own (`power_of_d_mean_response`), or service times are not exponential
    (`allen_cunneen_mean_wait_s`). Then the waiting time of the tail is another one.
Source
    Kleinrock, Queueing Systems, Volume 1: Theory, Wiley 1975, chapter 3 (M/M/m); the response is the wait, convolved
    with the service.
Oracle
    Recorded quantiles, found by numerical convolution, of four systems; recorded Ciw runs; 1.8558 for the 99th
    percentile of the wait with 10 servers and a load of 8; M/M/1 for one server.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.m08_tail_latency.erlang import erlang_c
from reference_solutions.units import Array

__all__ = ["mmc_mean_wait_s", "mmc_response_exceeds", "mmc_response_quantile_s", "mmc_wait_quantile_s"]

_HALVINGS = 100


def mmc_mean_wait_s(arrival_per_s: ArrayLike, service_per_s: ArrayLike, servers: ArrayLike) -> Array:
    """Mean time that requests wait before they are served; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Rate of arrivals. [1/s]
    service_per_s : (...) array_like
        Rate at which one busy server finishes requests. [1/s]
    servers : (...) array_like of int
        Number of servers. [1]

    Returns
    -------
    (...) ndarray
        Mean wait; infinite without a steady state. [s]

    Raises
    ------
    ValueError
        If a rate is not positive, or there is not at least one server.

    Examples
    --------
    Four servers of one request a second each, and 3.2 requests a second:

    >>> round(float(mmc_mean_wait_s(3.2, 1.0, 4)), 4)
    0.7455
    """
    waiting, spare_per_s = _waiting_and_spare(arrival_per_s, service_per_s, servers)
    return np.asarray(np.where(spare_per_s > 0, waiting / np.where(spare_per_s > 0, spare_per_s, 1.0), np.inf))


def mmc_wait_quantile_s(
    arrival_per_s: ArrayLike, service_per_s: ArrayLike, servers: ArrayLike, quantile: ArrayLike
) -> Array:
    """Wait that a share of the requests does not exceed; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Rate of arrivals. [1/s]
    service_per_s : (...) array_like
        Rate at which one busy server finishes requests. [1/s]
    servers : (...) array_like of int
        Number of servers. [1]
    quantile : (...) array_like
        Share of the requests, between 0 and 1. [1]

    Returns
    -------
    (...) ndarray
        Quantile of the wait: zero where fewer requests wait than the quantile leaves; infinite without a steady
        state. [s]

    Raises
    ------
    ValueError
        If a rate is not positive, there is not at least one server, or a quantile is not between 0 and 1.

    Examples
    --------
    >>> mmc_wait_quantile_s(8.0, 1.0, 10, [0.5, 0.99]).round(4)
    array([0.    , 1.8558])
    """
    q = np.asarray(quantile, dtype=float)
    if not np.all((q > 0) & (q < 1)):
        raise ValueError("a quantile lies between 0 and 1")
    waiting, spare_per_s = _waiting_and_spare(arrival_per_s, service_per_s, servers)
    stable = spare_per_s > 0
    wait_s = np.maximum(0.0, np.log(waiting / (1 - q)) / np.where(stable, spare_per_s, 1.0))
    return np.asarray(np.where(stable, wait_s, np.inf))


def mmc_response_exceeds(
    t_s: ArrayLike, arrival_per_s: ArrayLike, service_per_s: ArrayLike, servers: ArrayLike
) -> Array:
    """Share of the requests that take longer than some time, wait and service together; the arguments broadcast.

    Parameters
    ----------
    t_s : (...) array_like
        Time, not negative. [s]
    arrival_per_s : (...) array_like
        Rate of arrivals. [1/s]
    service_per_s : (...) array_like
        Rate at which one busy server finishes requests. [1/s]
    servers : (...) array_like of int
        Number of servers. [1]

    Returns
    -------
    (...) ndarray
        Probability that a response takes longer; 1 without a steady state. [1]

    Raises
    ------
    ValueError
        If a time is negative, a rate is not positive, or there is not at least one server.

    Examples
    --------
    >>> mmc_response_exceeds([0.0, 4.738019], 3.2, 1.0, 4).round(4)
    array([1.  , 0.05])
    """
    t, mu = np.asarray(t_s, dtype=float), np.asarray(service_per_s, dtype=float)
    if not np.all(t >= 0):
        raise ValueError("a time is not negative")
    waiting, theta = _waiting_and_spare(arrival_per_s, service_per_s, servers)
    # (theta e^-mu t - mu e^-theta t) / (theta - mu) is e^-mu t + mu (e^-mu t - e^-theta t) / (theta - mu)
    apart = np.abs(theta - mu) * t
    share = np.where(apart > 0, -np.expm1(-apart) / np.where(apart > 0, apart, 1.0), 1.0)
    slower = np.minimum(mu, np.where(theta > 0, theta, mu))
    exceeds = np.exp(-mu * t) + waiting * mu * t * np.exp(-slower * t) * share
    return np.asarray(np.where(theta > 0, exceeds, 1.0))


def mmc_response_quantile_s(arrival_per_s: float, service_per_s: float, servers: int, quantile: ArrayLike) -> Array:
    """Response time that a share of the requests does not exceed, by halving an interval.

    Parameters
    ----------
    arrival_per_s, service_per_s : float
        Rates of arrivals, and of one busy server. [1/s]
    servers : int
        Number of servers. [1]
    quantile : (...) array_like
        Share of the requests, between 0 and 1. [1]

    Returns
    -------
    (...) ndarray
        Quantile of the response time; infinite without a steady state. [s]

    Raises
    ------
    ValueError
        If a rate is not positive, there is not at least one server, or a quantile is not between 0 and 1.

    Examples
    --------
    >>> mmc_response_quantile_s(3.2, 1.0, 4, [0.5, 0.99]).round(4)
    array([1.3462, 6.8932])
    """
    q = np.asarray(quantile, dtype=float)
    wait_s = mmc_wait_quantile_s(arrival_per_s, service_per_s, servers, (1 + q) / 2)
    if not np.all(np.isfinite(wait_s)):
        return np.full(q.shape, np.inf)
    low = np.zeros(q.shape)
    high = wait_s - np.log((1 - q) / 2) / service_per_s  # half of the misses by waiting, half by service: at most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        beyond = mmc_response_exceeds(middle, arrival_per_s, service_per_s, servers) > 1 - q
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return np.asarray((low + high) / 2)


def _waiting_and_spare(arrival_per_s: ArrayLike, service_per_s: ArrayLike, servers: ArrayLike) -> tuple[Array, Array]:
    """Erlang C, and the rate that is left over."""
    validate.require_positive(arrival_per_s=arrival_per_s, service_per_s=service_per_s)
    arrival, service = np.asarray(arrival_per_s, dtype=float), np.asarray(service_per_s, dtype=float)
    spare_per_s: Array = np.asarray(servers) * service - arrival
    return erlang_c(servers, arrival / service), spare_per_s
