r"""Hedging under load: copies are requests, too.

Question
    Copies make servers busier, busier servers make more requests late, and late requests send copies. Where does this
    end, and when is the tail longer than without?
Model
    .. math:: \lambda' = \lambda\,\bigl(1 + P(T > \Delta)\bigr), \qquad P(T > \Delta) = e^{-(\mu - \lambda')\Delta}

    Each replica is an M/M/1 queue that serves requests and copies alike, at :math:`\lambda'` together; a copy that is
    no longer needed is served all the same. With :math:`x = \lambda\Delta\,P(T > \Delta)` the fixed point is
    :math:`x e^{-x} = \lambda\Delta\,e^{-(\mu - \lambda)\Delta}`, solved by Lambert's W; where the right side is above
    :math:`1/e` there is none, and the copies drown the servers. A hedged request is then

    .. math:: P(T_h > t) = e^{-\theta t} \; (t < \Delta), \qquad e^{-\theta (2t - \Delta)} \; (t \ge \Delta), \qquad
        \theta = \mu - \lambda'.
Assumes
    Many replicas, a copy goes to one that is independent of the first, and arrivals stay Poisson.
Breaks when
    Copies are cancelled in time (then they cost less: `tied_response_exceeds`), or service times are wilder than
    exponential ones (then they gain more).
Source
    The fixed point is derived above. Whether copies pay depends on the load: Vulimiri et al., "Low Latency via
    Redundancy", CoNEXT 2013, pp. 283-294. For copies at once and exponential service the threshold is a load of 1/3.
Oracle
    scipy's Lambert W; the threshold of 1/3; an event simulation in SimPy of forty replicas.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["best_hedge_delay_s", "hedged_arrivals_per_s", "hedged_response_quantile_s"]

_ROUNDS = 60


def hedged_arrivals_per_s(arrival_per_s: ArrayLike, service_per_s: ArrayLike, delay_s: ArrayLike) -> Array:
    """Requests and copies that reach each replica; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Requests per replica. [1/s]
    service_per_s : (...) array_like
        Rate at which a busy replica finishes requests. [1/s]
    delay_s : (...) array_like
        When a copy is sent: 0 for at once, infinite for never. [s]

    Returns
    -------
    (...) ndarray
        Requests and copies together; infinite where copies breed copies without end. [1/s]

    Raises
    ------
    ValueError
        If a rate is not positive, or a delay is negative or not a number.

    Examples
    --------
    A replica at 60 %, and copies at once, after 5 or 8 mean service times, or never:

    >>> hedged_arrivals_per_s(0.6, 1.0, [0.0, 5.0, 8.0, np.inf]).round(3)
    array([  inf,   inf, 0.631, 0.6  ])
    """
    validate.require_positive(arrival_per_s=arrival_per_s, service_per_s=service_per_s)
    arrival, service, delay = np.broadcast_arrays(
        *(np.asarray(given, dtype=float) for given in (arrival_per_s, service_per_s, delay_s))
    )
    if not np.all(delay >= 0):
        raise ValueError("a delay is not negative")
    late = np.zeros(arrival.shape)  # share that sends a copy; rises to the smallest fixed point, if there is one
    finite = np.where(np.isfinite(delay), delay, 0.0)
    for _ in range(_ROUNDS):
        late = _newton(late, arrival, service, finite)
    late = np.where(np.isfinite(delay), late, 0.0)
    total = arrival * (1 + late)
    return np.asarray(np.where((late <= 1) & (total < service), total, np.inf))


def hedged_response_quantile_s(
    arrival_per_s: ArrayLike, service_per_s: ArrayLike, delay_s: ArrayLike, quantile: ArrayLike
) -> Array:
    """Response time that a share of the hedged requests does not exceed, with the load that the copies make.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Requests per replica. [1/s]
    service_per_s : (...) array_like
        Rate at which a busy replica finishes requests. [1/s]
    delay_s : (...) array_like
        When a copy is sent: 0 for at once, infinite for never. [s]
    quantile : (...) array_like
        Share of the requests, between 0 and 1. [1]

    Returns
    -------
    (...) ndarray
        Quantile of the response time; infinite without a steady state. [s]

    Raises
    ------
    ValueError
        If a rate is not positive, a delay is negative, or a quantile is not between 0 and 1.

    Examples
    --------
    At 30 % a copy at once shortens the tail, at 40 % it lengthens it:

    >>> hedged_response_quantile_s([[0.3], [0.4]], 1.0, [np.inf, 0.0], 0.99).round(2)
    array([[ 6.58,  5.76],
           [ 7.68, 11.51]])
    """
    q, delay = np.asarray(quantile, dtype=float), np.asarray(delay_s, dtype=float)
    if not np.all((q > 0) & (q < 1)):
        raise ValueError("a quantile lies between 0 and 1")
    spare_per_s = np.asarray(service_per_s, dtype=float) - hedged_arrivals_per_s(arrival_per_s, service_per_s, delay)
    stable = spare_per_s > 0
    single_s = -np.log1p(-q) / np.where(stable, spare_per_s, 1.0)
    hedged_s = np.where(single_s > delay, (single_s + np.minimum(delay, single_s)) / 2, single_s)
    return np.asarray(np.where(stable, hedged_s, np.inf))


def best_hedge_delay_s(arrival_per_s: float, service_per_s: float, quantile: float, delays_s: ArrayLike) -> float:
    """Delay, of those offered, with the shortest tail; the longest of equally good ones.

    Parameters
    ----------
    arrival_per_s : float
        Requests per replica. [1/s]
    service_per_s : float
        Rate at which a busy replica finishes requests. [1/s]
    quantile : float
        Share of the requests, between 0 and 1. [1]
    delays_s : (n,) array_like
        Delays to choose from; offer infinity, which means never. [s]

    Returns
    -------
    float
        The best of them. [s]

    Raises
    ------
    ValueError
        If a rate is not positive, a delay is negative, or the quantile is not between 0 and 1.

    Examples
    --------
    >>> [best_hedge_delay_s(load, 1.0, 0.99, [0.0, 1.0, 4.0, np.inf]) for load in (0.1, 0.5, 0.9)]
    [0.0, 4.0, inf]
    """
    delays = np.sort(np.asarray(delays_s, dtype=float))[::-1]
    return float(delays[np.argmin(hedged_response_quantile_s(arrival_per_s, service_per_s, delays, quantile))])


def _newton(late: Array, arrival: Array, service: Array, delay: Array) -> Array:
    """A step towards the share that sends a copy, from below: late = exp(-(service - arrival (1 + late)) delay)."""
    sent = np.exp(np.minimum(-(service - arrival * (1 + late)) * delay, 700.0))
    slope = arrival * delay * sent
    step = (sent - late) / np.where(slope < 1, 1 - slope, 1.0)
    return np.asarray(np.where((slope < 1) & (step > 0), np.minimum(late + step, 2.0), np.where(slope < 1, late, 2.0)))
