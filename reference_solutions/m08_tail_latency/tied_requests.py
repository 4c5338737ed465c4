r"""Tied requests: two copies at once, and whoever begins first cancels the other.

Question
    A hedge waits before it sends a copy. What if both are sent at once, each knows of the other, and the server that
    begins to work on one cancels its twin?
Model
    .. math:: P(T > t) = \frac{1}{\rho} \left[ \rho + \left( \rho^{1-d} - \rho \right) e^{(d-1)\mu t}
        \right]^{-1/(d-1)}

    With cancellation at the start of service a request runs where there was least unfinished work, among :math:`d`
    servers drawn at random: as if somebody had known, although nobody did. In the limit of many servers the share
    :math:`\bar F(w)` of servers with more than :math:`w` seconds of work balances what flows up and down through any
    level, :math:`\bar F' = -\mu\,(\bar F - \rho \bar F^d)`, and the response is :math:`P(T > t) = \bar F(t)/\rho`.
Assumes
    Poisson arrivals, exponential service at rate :math:`\mu`, many servers, and a cancellation that takes no time.
Breaks when
    The network between the servers is not much faster than a service: then both begin, and both work. Sending the
    second copy two network delays later keeps most of the gain.
Source
    Dean, Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013, pp. 74-80 (tied requests); Hellemans,
    Van Houdt, "On the Power-of-d-choices with Least Loaded Server Selection", Proc. ACM Meas. Anal. Comput. Syst. 2018
    (arXiv 1802.05420), for the limit with exponential service; the equation is derived as said above.
Oracle
    M/M/1 for a single copy; the balance equation, integrated numerically; a simulation of two hundred servers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["tied_quantile_s", "tied_response_exceeds"]


def tied_response_exceeds(t_s: ArrayLike, utilisation: ArrayLike, service_per_s: float, copies: int = 2) -> Array:
    """Share of tied requests that take longer than some time; the first two arguments broadcast.

    Parameters
    ----------
    t_s : (...) array_like
        Time, not negative. [s]
    utilisation : (...) array_like
        Share of the time that servers are busy, between 0 and 1. [1]
    service_per_s : float
        Rate at which a busy server finishes requests. [1/s]
    copies : int
        Copies of each request; 1 is a plain request to a server drawn at random. [1]

    Returns
    -------
    (...) ndarray
        Probability that the response takes longer. [1]

    Raises
    ------
    ValueError
        If a time is negative, a utilisation is not between 0 and 1, or a rate or the number of copies is not positive.

    Examples
    --------
    After five service times at 80 %: one copy, and two.

    >>> [round(float(tied_response_exceeds(5.0, 0.8, 1.0, copies)), 4) for copies in (1, 2)]
    [0.3679, 0.0185]
    """
    t, rho = np.asarray(t_s, dtype=float), np.asarray(utilisation, dtype=float)
    if not (np.all(t >= 0) and np.all((rho > 0) & (rho < 1)) and service_per_s > 0 and copies >= 1):
        raise ValueError("a time is not negative, 0 < utilisation < 1, and there is a rate and a copy")
    if copies == 1:
        return np.asarray(np.exp(-(1 - rho) * service_per_s * t))
    others = copies - 1
    decay = np.exp(-others * service_per_s * t)  # both sides times e^-(d-1) mu t: nothing overflows
    inside = rho * decay + rho ** (-others) - rho
    return np.asarray((decay / inside) ** (1 / others) / rho)


def tied_quantile_s(utilisation: ArrayLike, service_per_s: float, quantile: ArrayLike, copies: int = 2) -> Array:
    """Response time that a share of the tied requests does not exceed; utilisation and quantile broadcast.

    Parameters
    ----------
    utilisation : (...) array_like
        Share of the time that servers are busy, between 0 and 1. [1]
    service_per_s : float
        Rate at which a busy server finishes requests. [1/s]
    quantile : (...) array_like
        Share of the requests, between 0 and 1. [1]
    copies : int
        Copies of each request. [1]

    Returns
    -------
    (...) ndarray
        Quantile of the response time. [s]

    Raises
    ------
    ValueError
        If a utilisation or a quantile is not between 0 and 1, or a rate or the number of copies is not positive.

    Examples
    --------
    The 99th percentile at 80 %, in service times: one copy, and two.

    >>> [round(float(tied_quantile_s(0.8, 1.0, 0.99, copies)), 2) for copies in (1, 2)]
    [23.03, 5.62]
    """
    rho, q = np.asarray(utilisation, dtype=float), np.asarray(quantile, dtype=float)
    if not (np.all((rho > 0) & (rho < 1) & (q > 0) & (q < 1)) and service_per_s > 0 and copies >= 1):
        raise ValueError("utilisation and quantile lie between 0 and 1, and there is a rate and a copy")
    if copies == 1:
        return np.asarray(-np.log1p(-q) / ((1 - rho) * service_per_s))
    others = copies - 1
    busy = (rho * (1 - q)) ** (-others)
    return np.asarray(np.log((busy - rho) / (rho ** (-others) - rho)) / (others * service_per_s))
