r"""The M/M/1 queue: what a busy server costs.

Question
    One server, requests at random. How long do they take, on average and at the 99th percentile, as it gets busier?
Model
    .. math:: \rho = \lambda / \mu, \qquad W = \frac{1}{\mu - \lambda}, \qquad L = \frac{\rho}{1 - \rho}, \qquad
        T_q = \frac{-\ln(1 - q)}{\mu - \lambda}

    Requests arrive as a Poisson stream of rate :math:`\lambda`, each takes an exponential time of mean :math:`1/\mu`,
    first come first served. The response time (waiting and service) is exponential itself, so every quantile
    :math:`T_q` is the same multiple of the mean: the 99th percentile is 4.6 means, however busy the server is.
Assumes
    Arrivals that know nothing of each other, exponential service, a queue without end, and a steady state.
Breaks when
    Service times are less or more variable than exponential ones (`mg1_mean_wait_s`), arrivals come in bursts, clients
    give up or come again, or the load changes faster than the queue settles: near :math:`\rho = 1` that takes long.
Source
    Kleinrock, Queueing Systems, Volume 1: Theory, Wiley 1975, chapter 3 (the classical queueing system M/M/1).
Oracle
    Closed forms (utilisation 0.8: W = 5, p99 = 23.026 service times; 0.95: 20 and 92.103), Little's law, a recorded
    birth-death chain, and our simulation of requests drawn in the test.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["mm1_mean_in_system", "mm1_mean_response_s", "mm1_response_quantile_s"]


def mm1_mean_response_s(arrival_per_s: ArrayLike, service_per_s: ArrayLike) -> Array:
    """Mean response time, waiting and service; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Rate of arrivals. [1/s]
    service_per_s : (...) array_like
        Rate at which a busy server finishes requests. [1/s]

    Returns
    -------
    (...) ndarray
        Mean response time; infinite where requests arrive as fast as they are served, or faster. [s]

    Raises
    ------
    ValueError
        If a rate is not positive.

    Examples
    --------
    A server that needs 1 s for a request, at 50 %, 80 %, 95 % and 100 % of what it can do:

    >>> mm1_mean_response_s([0.5, 0.8, 0.95, 1.0], 1.0).round(3)
    array([ 2.,  5., 20., inf])
    """
    validate.require_positive(arrival_per_s=arrival_per_s, service_per_s=service_per_s)
    spare_per_s = np.asarray(service_per_s, dtype=float) - np.asarray(arrival_per_s, dtype=float)
    stable = spare_per_s > 0
    return np.asarray(np.where(stable, 1 / np.where(stable, spare_per_s, 1.0), np.inf))


def mm1_mean_in_system(arrival_per_s: ArrayLike, service_per_s: ArrayLike) -> Array:
    """Mean number of requests that wait or are served; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Rate of arrivals. [1/s]
    service_per_s : (...) array_like
        Rate at which a busy server finishes requests. [1/s]

    Returns
    -------
    (...) ndarray
        Mean number; infinite without a steady state. [1]

    Raises
    ------
    ValueError
        If a rate is not positive.

    Examples
    --------
    >>> mm1_mean_in_system([0.5, 0.8], 1.0).round(3)
    array([1., 4.])
    """
    response_s = mm1_mean_response_s(arrival_per_s, service_per_s)
    return np.asarray(arrival_per_s, dtype=float) * response_s  # Little's law


def mm1_response_quantile_s(arrival_per_s: ArrayLike, service_per_s: ArrayLike, quantile: ArrayLike) -> Array:
    """Response time that a share of the requests does not exceed; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Rate of arrivals. [1/s]
    service_per_s : (...) array_like
        Rate at which a busy server finishes requests. [1/s]
    quantile : (...) array_like
        Share of the requests, between 0 and 1: 0.99 for the 99th percentile. [1]

    Returns
    -------
    (...) ndarray
        Quantile of the response time; infinite without a steady state. [s]

    Raises
    ------
    ValueError
        If a rate is not positive, or a quantile is not between 0 and 1.

    Examples
    --------
    >>> mm1_response_quantile_s([0.8, 0.95], 1.0, 0.99).round(3)
    array([23.026, 92.103])
    """
    q = np.asarray(quantile, dtype=float)
    if not np.all((q > 0) & (q < 1)):
        raise ValueError("a quantile lies between 0 and 1")
    return np.asarray(-np.log1p(-q) * mm1_mean_response_s(arrival_per_s, service_per_s))
