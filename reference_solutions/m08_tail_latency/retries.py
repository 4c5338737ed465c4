r"""Retries: how many attempts a request makes, and when they keep an overload alive.

Question
    One attempt in ten fails. What do three retries bring, what do they cost, and can they take a service down?
Model
    .. math:: A = \sum_{i=0}^{k} p^i = \frac{1 - p^{k+1}}{1 - p}, \qquad P(\text{request fails}) = p^{k+1}, \qquad
        A_{\text{layers}} = \prod_l A_l

    Each of :math:`k` retries happens if all attempts before failed. Layers that retry multiply: three layers with
    three retries each turn one request into 64 attempts at the bottom when nothing works. Attempts are load, and load
    makes attempts fail: with a timeout :math:`\tau` on an M/M/1 server,

    .. math:: \lambda' = \lambda\,A\bigl(p(\lambda')\bigr), \qquad
        p(\lambda') = \begin{cases} e^{-(\mu - \lambda')\tau} & \lambda' < \mu \\ 1 & \lambda' \ge \mu \end{cases}

    may have several solutions. A service in the lowest one works; pushed over the middle one, it stays in the highest
    after the push has gone: a metastable failure.
Assumes
    Attempts that fail independently, an abandoned attempt that is served to its end, and load that settles.
Breaks when
    Retries wait (backoff spreads them over time, which helps only if the overload passes), or are limited
    (`RetryThrottle`): then the highest state may not exist.
Source
    Bronson, Aghayev, Charapko, Zhu, "Metastable Failures in Distributed Systems", HotOS 2021, doi
    10.1145/3458336.3465286, for the phenomenon; the sums are ours, and so is the M/M/1 model with a timeout.
Oracle
    1.111 attempts for one failure in ten and three retries; attempts drawn in the test; scipy's root finder, and the
    load iterated from below and from above.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["attempts_per_request", "layered_attempts", "retry_equilibria"]

_GRID = 4_001
_HALVINGS = 60


def attempts_per_request(failure_probability: ArrayLike, retries: ArrayLike) -> Array:
    """Mean number of attempts that a request makes; the arguments broadcast.

    Parameters
    ----------
    failure_probability : (...) array_like
        Probability that an attempt fails, between 0 and 1. [1]
    retries : (...) array_like of int
        Further attempts at most. [1]

    Returns
    -------
    (...) ndarray
        Mean number of attempts. [1]

    Raises
    ------
    ValueError
        If a probability is not between 0 and 1, or a number of retries is negative.

    Examples
    --------
    Three retries when one attempt in ten fails, half of them, and all:

    >>> attempts_per_request([0.1, 0.5, 1.0], 3)
    array([1.111, 1.875, 4.   ])
    """
    p, k = np.asarray(failure_probability, dtype=float), np.asarray(retries)
    if not (np.all((p >= 0) & (p <= 1)) and np.all(k >= 0)):
        raise ValueError("probabilities lie between 0 and 1, and retries are not negative")
    surely = p == 1
    return np.asarray(np.where(surely, k + 1.0, (1 - p ** (k + 1.0)) / np.where(surely, 1.0, 1 - p)))


def layered_attempts(failure_probability: ArrayLike, retries: ArrayLike) -> float:
    """Attempts that reach the lowest layer for one request at the top, when every layer retries on its own.

    Parameters
    ----------
    failure_probability : (layers,) array_like
        Probability that an attempt fails, as each layer sees it. [1]
    retries : (layers,) array_like of int
        Retries of each layer. [1]

    Returns
    -------
    float
        Mean number of attempts at the bottom. [1]

    Raises
    ------
    ValueError
        If a probability is not between 0 and 1, or a number of retries is negative.

    Examples
    --------
    Three layers, three retries each, and nothing works:

    >>> layered_attempts([1.0, 1.0, 1.0], [3, 3, 3])
    64.0
    """
    return float(np.prod(attempts_per_request(failure_probability, retries)))


def retry_equilibria(arrival_per_s: float, service_per_s: float, timeout_s: float, retries: int) -> Array:
    """Loads, retries among them, at which a server with a timeout stays once it is there.

    Parameters
    ----------
    arrival_per_s : float
        Rate of requests. [1/s]
    service_per_s : float
        Rate at which the busy server finishes attempts. [1/s]
    timeout_s : float
        Response time after which an attempt counts as failed. [s]
    retries : int
        Retries of a request. [1]

    Returns
    -------
    (m,) ndarray
        Solutions of load = arrivals * attempts(load), rising: with three, the one in the middle is the tipping point.
        [1/s]

    Raises
    ------
    ValueError
        If a rate or the timeout is not positive, or the retries are negative.

    Examples
    --------
    A server at 60 % with a timeout of ten service times works, and with three retries may also get stuck at 240 %:

    >>> retry_equilibria(0.6, 1.0, timeout_s=10.0, retries=3).round(3)
    array([0.613, 0.891, 2.4  ])
    >>> retry_equilibria(0.2, 1.0, timeout_s=10.0, retries=3).round(3)
    array([0.2])
    """
    validate.require_positive(arrival_per_s=arrival_per_s, service_per_s=service_per_s, timeout_s=timeout_s)

    def excess(load: Array) -> Array:
        failed = np.exp(np.minimum(0.0, -(service_per_s - load) * timeout_s))
        return arrival_per_s * attempts_per_request(failed, retries) - load

    most = arrival_per_s * (retries + 1)
    stuck = [most] if most >= service_per_s else []
    if arrival_per_s >= service_per_s:
        return np.array(stuck)
    grid = np.linspace(arrival_per_s, min(service_per_s, most), _GRID)
    above = excess(grid) > 0
    places = np.flatnonzero(above[1:] != above[:-1])
    low, high, rises = grid[places], grid[places + 1], above[places + 1]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        beyond = (excess(middle) > 0) == rises
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    found = (low + high) / 2
    return np.concatenate([found if found.size or stuck else np.array([most]), stuck])
