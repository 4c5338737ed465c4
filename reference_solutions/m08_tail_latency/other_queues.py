r"""Exact waits where service or arrivals are not exponential: M/D/c and G/M/1.

Question
    How far off are the two-moment approximations? Two systems have exact answers.
Model
    .. math:: W_q = D \sum_{k \ge 1} \left[ P(N_k \ge kc) - \frac{c}{a}\,P(N_k \ge kc + 1) \right], \quad
        N_k \sim \mathrm{Poisson}(ka), \qquad W_q = \frac{\sigma}{\mu (1 - \sigma)}, \quad
        \sigma = A^*(\mu - \mu\sigma)

    M/D/c: with equal service times :math:`D` each server gets every c-th request, so a request waits as in a queue
    with one server and Erlang arrivals; Spitzer's identity :math:`E[W] = \sum_k E[S_k^+]/k` gives the sum, with
    :math:`a = \lambda D`. G/M/1: an arrival finds :math:`n` requests with probability :math:`(1-\sigma)\sigma^n`,
    where :math:`A^*` is the Laplace transform of the time between arrivals; here it is Gamma distributed,
    :math:`A^*(s) = (1 + s c_a^2/\lambda)^{-1/c_a^2}`.
Assumes
    First come first served, independent times, a steady state.
Breaks when
    Several servers and general service times come together: no closed form is known, so simulate.
Source
    Crommelin, "Delay probability formulas when the holding times are constant", P.O. Electr. Engrs. J. 25, 1932,
    pp. 41-50, for M/D/c (the sum here is derived as said above); Kleinrock, Queueing Systems, Volume 1: Theory, Wiley
    1975, chapter 6 (G/M/m).
Oracle
    Recorded waits of M/D/1 and M/D/4 from Crommelin's chain; Pollaczek-Khinchine for M/D/1, M/M/1 for Gamma arrivals
    of shape 1; recorded Ciw runs; our simulation on drawn parameters.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammainc

from reference_solutions import validate

__all__ = ["gm1_mean_wait_s", "mdc_mean_wait_s"]

_ROUNDS = 100_000


def mdc_mean_wait_s(arrival_per_s: float, service_s: float, servers: int) -> float:
    """Mean wait for servers that take the same time for every request.

    Parameters
    ----------
    arrival_per_s : float
        Rate of the Poisson arrivals. [1/s]
    service_s : float
        Service time of every request. [s]
    servers : int
        Number of servers. [1]

    Returns
    -------
    float
        Mean wait; infinite without a steady state. [s]

    Raises
    ------
    ValueError
        If an argument is not positive.

    Examples
    --------
    >>> round(mdc_mean_wait_s(3.2, 1.0, 4), 6)
    0.386095
    """
    validate.require_positive(arrival_per_s=arrival_per_s, service_s=service_s, servers=servers)
    load = arrival_per_s * service_s
    spare = 1 - load / servers
    if spare <= 0:
        return float("inf")
    k = np.arange(1, 2 + int(80 / (servers * spare**2)))  # terms fall as exp(-k c spare^2 / 2), or faster
    late = gammainc(k * servers, k * load)  # at least k c arrivals in k service times
    later = gammainc(k * servers + 1, k * load)
    return float(service_s * np.sum(late - servers / load * later))


def gm1_mean_wait_s(arrival_per_s: float, service_per_s: float, arrival_scv: float) -> float:
    """Mean wait for an exponential server, when times between arrivals are Gamma distributed.

    Parameters
    ----------
    arrival_per_s : float
        Rate of arrivals. [1/s]
    service_per_s : float
        Rate at which the busy server finishes requests. [1/s]
    arrival_scv : float
        Variance of the times between arrivals over the square of their mean: 0 if all are equal, 1 if Poisson. [1]

    Returns
    -------
    float
        Mean wait; infinite without a steady state. [s]

    Raises
    ------
    ValueError
        If a rate is not positive, or a variance is negative.

    Examples
    --------
    Requests that come like clockwork, at 80 %; random ones would wait 4 s:

    >>> round(gm1_mean_wait_s(0.8, 1.0, 0.0), 3)
    1.693
    """
    validate.require_positive(arrival_per_s=arrival_per_s, service_per_s=service_per_s)
    if not arrival_scv >= 0:
        raise ValueError("a squared coefficient of variation is not negative")
    if arrival_per_s >= service_per_s:
        return float("inf")
    sigma = 0.0
    for _ in range(_ROUNDS):  # rises to the smallest root
        before, s = sigma, service_per_s * (1 - sigma) / arrival_per_s
        sigma = float(np.exp(-s) if arrival_scv == 0 else (1 + s * arrival_scv) ** (-1 / arrival_scv))
        if sigma - before <= 1e-15:
            break
    return sigma / (service_per_s * (1 - sigma))
