r"""Waiting behind variable work: Pollaczek-Khinchine, Kingman, Allen-Cunneen.

Question
    Service times are steadier or wilder than exponential ones, arrivals more regular or burstier. How long is the wait?
Model
    .. math:: W_q = \frac{\rho}{1 - \rho}\,\frac{1 + c_s^2}{2}\,E[S], \qquad
        W_q \approx \frac{\rho}{1 - \rho}\,\frac{c_a^2 + c_s^2}{2}\,E[S], \qquad
        W_q \approx \frac{C(c, a)}{c\mu - \lambda}\,\frac{c_a^2 + c_s^2}{2}

    :math:`c_s^2` is the variance of the service times over the square of their mean, :math:`c_a^2` that of the times
    between arrivals. The first (Pollaczek-Khinchine) is exact for Poisson arrivals and one server. The second
    (after Kingman) is exact there, too, and in heavy traffic; the third (Allen-Cunneen) scales the wait of M/M/c.
Assumes
    First come first served, independent times, a steady state. Only two moments matter: a wait is half utilisation,
    half variability.
Breaks when
    The second moment is infinite: then so is the mean wait, at any load. The approximations are within about a quarter
    of simulations with several servers and no better; they say nothing about the tail.
Source
    Kleinrock, Queueing Systems, Volume 1: Theory, Wiley 1975, chapter 5 (M/G/1); Kingman, "The single server queue in
    heavy traffic", Math. Proc. Cambridge Phil. Soc. 57(4), 1961, pp. 902-904; Allen, Probability, Statistics, and
    Queueing Theory, 2nd edition, Academic Press 1990 (Allen-Cunneen).
Oracle
    Recorded Pollaczek-Khinchine waits of five distributions; M/M/1 and M/D/1; recorded Ciw runs, within a quarter where
    several servers or other arrivals make it an approximation; our simulation on drawn parameters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.m08_tail_latency.mmc import mmc_mean_wait_s
from reference_solutions.units import Array

__all__ = ["allen_cunneen_mean_wait_s", "kingman_mean_wait_s", "mg1_mean_wait_s"]


def mg1_mean_wait_s(arrival_per_s: ArrayLike, mean_service_s: ArrayLike, service_scv: ArrayLike) -> Array:
    """Mean wait for one server, exact for Poisson arrivals; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Rate of arrivals. [1/s]
    mean_service_s : (...) array_like
        Mean service time. [s]
    service_scv : (...) array_like
        Variance of the service times over the square of their mean: 0 if all are equal, 1 if exponential. [1]

    Returns
    -------
    (...) ndarray
        Mean wait; infinite without a steady state, or with an infinite variance. [s]

    Raises
    ------
    ValueError
        If a rate or a time is not positive, or a variance is negative.

    Examples
    --------
    A server that is busy 80 % of the time, with service times of mean 1 s that vary more and more:

    >>> mg1_mean_wait_s(0.8, 1.0, [0, 1, 4, 9]).round(6)
    array([ 2.,  4., 10., 20.])
    """
    return kingman_mean_wait_s(arrival_per_s, mean_service_s, 1.0, service_scv)


def kingman_mean_wait_s(
    arrival_per_s: ArrayLike, mean_service_s: ArrayLike, arrival_scv: ArrayLike, service_scv: ArrayLike
) -> Array:
    """Mean wait for one server and any arrivals, approximately; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Rate of arrivals. [1/s]
    mean_service_s : (...) array_like
        Mean service time. [s]
    arrival_scv, service_scv : (...) array_like
        Variance of the times between arrivals, and of the service times, over the squares of their means. [1]

    Returns
    -------
    (...) ndarray
        Mean wait; infinite without a steady state, or with an infinite variance. [s]

    Raises
    ------
    ValueError
        If a rate or a time is not positive, or a variance is negative.

    Examples
    --------
    >>> round(float(kingman_mean_wait_s(0.8, 1.0, 1.0, 0.5)), 6)
    3.0
    """
    mean_s = np.asarray(mean_service_s, dtype=float)
    validate.require_positive(mean_service_s=mean_s)
    return _times_variability(mmc_mean_wait_s(arrival_per_s, 1 / mean_s, 1), arrival_scv, service_scv)


def allen_cunneen_mean_wait_s(
    arrival_per_s: ArrayLike,
    mean_service_s: ArrayLike,
    servers: ArrayLike,
    arrival_scv: ArrayLike,
    service_scv: ArrayLike,
) -> Array:
    """Mean wait for a pool of servers, approximately; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Rate of arrivals. [1/s]
    mean_service_s : (...) array_like
        Mean service time. [s]
    servers : (...) array_like of int
        Number of servers. [1]
    arrival_scv, service_scv : (...) array_like
        Variance of the times between arrivals, and of the service times, over the squares of their means. [1]

    Returns
    -------
    (...) ndarray
        Mean wait; infinite without a steady state, or with an infinite variance. [s]

    Raises
    ------
    ValueError
        If a rate or a time is not positive, there is not at least one server, or a variance is negative.

    Examples
    --------
    Four servers at 80 %, equal service times (exactly 0.3861 s):

    >>> round(float(allen_cunneen_mean_wait_s(3.2, 1.0, 4, 1.0, 0.0)), 4)
    0.3728
    """
    mean_s = np.asarray(mean_service_s, dtype=float)
    validate.require_positive(mean_service_s=mean_s)
    return _times_variability(mmc_mean_wait_s(arrival_per_s, 1 / mean_s, servers), arrival_scv, service_scv)


def _times_variability(wait_s: Array, arrival_scv: ArrayLike, service_scv: ArrayLike) -> Array:
    """A wait of M/M/c, scaled by the mean of both squared coefficients of variation."""
    of_arrivals, of_service = np.asarray(arrival_scv, dtype=float), np.asarray(service_scv, dtype=float)
    if not (np.all(of_arrivals >= 0) and np.all(of_service >= 0)):
        raise ValueError("a squared coefficient of variation is not negative")
    half = (of_arrivals + of_service) / 2
    return np.asarray(np.where(np.isfinite(wait_s), wait_s, 1.0) * half + np.where(np.isfinite(wait_s), 0.0, np.inf))
