r"""A policy for copies, through a day: when to send one, if the load is not known and changes.

Question
    Copies are wonderful at night and deadly at rush hour. From what a client sees, the latencies of the last minutes
    and how busy the servers were, when should the next ones be sent?
Model
    .. math:: \bar F(t) = (1 - \varepsilon)\,e^{-\theta t} + \varepsilon\,e^{-t / \tau}, \qquad
        \theta = \mu - \lambda\,\bigl(1 + \bar F(\Delta)\bigr), \qquad
        P(T > t) = \bar F(t)\,\bar F(t - \Delta)

    In each stretch of time a replica is an M/M/1 queue of requests and copies, none of which is cancelled; a request
    meets a pause (garbage collection, a background job) with probability :math:`\varepsilon` and then takes an
    exponential time of mean :math:`\tau`. The load settles at the fixed point; where there is none, the queue grows and
    leaves a spare rate of 0.2 % of :math:`\mu` at the end of the stretch. After each stretch the policy is told what
    first copies took, and how busy the servers were; it says when copies are to be sent in the next.
Assumes
    Stretches that are long against the time that a queue needs to settle, and pauses that do not occupy a server.
Breaks when
    The load jumps faster than the policy is asked: it always decides for the stretch after the one that it has seen.
Source
    The fixed point as in `hedged_arrivals_per_s`, with a second, slower part; Dean, Barroso, "The Tail at Scale",
    Communications of the ACM 56(2), 2013, pp. 74-80, suggest the 95th percentile as a delay, so that copies add 5 %.
Oracle
    Closed forms without pauses (Lambert's W, and the hedged exponential); shares of copies and quantiles counted among
    requests drawn in the test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["hedge_delay_s", "hedged_day", "never_hedge"]

HedgePolicy = Callable[[Array, float], float]

_SEEN = 200
_ROUNDS = 300
_LEAST_SPARE = 0.002


def hedge_delay_s(latency_s: Array, utilisation: float) -> float:
    """Send copies after the 95th percentile, while servers have time for them.

    Parameters
    ----------
    latency_s : (n,) ndarray
        What first copies took in the last stretch. [s]
    utilisation : float
        Share of it in which servers were busy. [1]

    Returns
    -------
    float
        When copies are to be sent; infinite for never. [s]

    Examples
    --------
    >>> hedge_delay_s(np.arange(1.0, 101.0), 0.3), hedge_delay_s(np.arange(1.0, 101.0), 0.8)
    (95.0, inf)
    """
    if utilisation > 0.6:  # from about 70 % on, late requests breed copies faster than servers can serve them
        return np.inf
    return float(np.quantile(latency_s, 0.95, method="inverted_cdf"))


def never_hedge(latency_s: Array, utilisation: float) -> float:
    """Send no copies: what a policy is held against.

    Parameters
    ----------
    latency_s : (n,) ndarray
        Not looked at. [s]
    utilisation : float
        Not looked at. [1]

    Returns
    -------
    float
        Infinity. [s]

    Examples
    --------
    >>> never_hedge(np.ones(3), 0.2)
    inf
    """
    del latency_s, utilisation
    return np.inf


def hedged_day(
    policy: HedgePolicy,
    load: Sequence[float],
    service_s: ArrayLike,
    pause_probability: float = 0.03,
    pause_services: float = 40.0,
) -> dict[str, Array]:
    """What comes of a policy, stretch by stretch; the first is without copies and not reported.

    Parameters
    ----------
    policy : callable
        Takes latencies and utilisation of the last stretch, gives a delay for the next.
    load : (n,) sequence of float
        Requests per replica over what it can serve, in each stretch. [1]
    service_s : (n,) array_like
        Mean service time in each stretch; a number is the same for all. [s]
    pause_probability : float
        Share of the requests that meet a pause. [1]
    pause_services : float
        Mean time that such a request takes, in mean service times. [1]

    Returns
    -------
    dict of str to (n - 1,) ndarray
        `p99_s` and `never_p99_s`: the 99th percentile, and what it would have been without copies [s]; `copies`: share
        of the requests that sent one [1]; `utilisation` [1]; `delay_s`: what the policy said [s].

    Raises
    ------
    ValueError
        If a load is not between 0 and 1, or the policy gives no delay.

    Examples
    --------
    Two quiet stretches: copies shorten the tail to a sixth.

    >>> day = hedged_day(hedge_delay_s, [0.3, 0.3, 0.3], 0.001)
    >>> (day["p99_s"] / day["never_p99_s"]).round(2), day["copies"].round(3)
    (array([0.16, 0.16]), array([0.055, 0.052]))
    """
    if not all(0 < share < 1 for share in load):
        raise ValueError("a load lies between 0 and 1")
    rows, seen, busy = [], np.zeros(0), 0.0
    for number, (share, takes_s) in enumerate(zip(load, np.broadcast_to(service_s, len(load)), strict=True)):
        delay = float(policy(seen, busy)) / takes_s if number else np.inf
        if not delay >= 0:
            raise ValueError("a delay is a time, or infinite")
        copies, spare = _settled(share, delay, pause_probability, pause_services)
        alone = _settled(share, np.inf, pause_probability, pause_services)[1]
        t = np.concatenate([[0.0], np.geomspace(1e-3, 40 / min(spare, 1 / pause_services), 3000)])
        single = _exceeds(t, spare, pause_probability, pause_services)
        order = np.array([((number + 1) * 79 + 101 * place) % _SEEN for place in range(_SEEN)])
        seen = np.interp(-(order + 0.5) / _SEEN, -single, t) * takes_s
        later = np.where(t >= delay, _exceeds(np.maximum(t - delay, 0.0), spare, pause_probability, pause_services), 1)
        busy = min(share * (1 + copies), 1.0)
        p99 = np.interp(-0.01, -single * later, t)
        never = np.interp(-0.01, -_exceeds(t, alone, pause_probability, pause_services), t)
        rows.append([p99 * takes_s, never * takes_s, copies, busy, delay * takes_s])
    columns = np.array(rows)[1:].T
    return dict(zip(("p99_s", "never_p99_s", "copies", "utilisation", "delay_s"), columns, strict=True))


def _exceeds(t: Array, spare: float, pause_probability: float, pause_services: float) -> Array:
    """Share of single requests that take longer, in mean service times."""
    slow = pause_probability * np.exp(-t / pause_services)
    return np.asarray((1 - pause_probability) * np.exp(-spare * t) + slow)


def _settled(load: float, delay: float, pause_probability: float, pause_services: float) -> tuple[float, float]:
    """Copies per request, and the rate that is left, when the load has settled; time in mean service times."""
    copies, spare = 0.0, 1 - load
    if np.isfinite(delay):
        for _ in range(_ROUNDS):
            copies = float(_exceeds(np.array(delay), spare, pause_probability, pause_services))
            spare = max(1 - load * (1 + copies), _LEAST_SPARE)
    return copies, spare
