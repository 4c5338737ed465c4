r"""Utilisation, saturation, errors: what counters of a minute say about each resource, and how far the whole can go.

Question
    Counters say how long each device was busy, how long its queue was, what it completed and what failed. Which
    resource is in trouble, which one limits the system, and at what throughput?
Model
    .. math:: U_k = \frac{B_k}{T}, \qquad S_k = \frac{B_k}{C_k}, \qquad D_k = \frac{B_k}{C}, \qquad
        L_k = \frac{Q_k}{T}, \qquad R_k = \frac{Q_k}{C_k}

    .. math:: X(N) \le \min\left( \frac{1}{D_{max}},\; \frac{N}{D + Z} \right), \qquad
        R(N) \ge \max\left( D,\; N D_{max} - Z \right), \qquad N^* = \frac{D + Z}{D_{max}}

    :math:`B_k` is the busy time of a resource in a window :math:`T`, :math:`C_k` what it completed, :math:`C` the
    requests of the whole, :math:`Q_k` the time that all its visitors spent there together. Utilisation, service time
    and demand per request follow by counting alone; so do the queue's mean length and the time there (Little's law).
    Whatever the laws of arrival, throughput stays below one over the largest demand, and :math:`N` users who think for
    :math:`Z` cannot ask for more than the other bound: from :math:`N^*` users on they must wait for each other.
Assumes
    What was begun in the window ended in it, nearly; demands that stay as load grows; one server at each resource.
Breaks when
    A resource has several servers (then take the busy time of one), locks serialise what counters show as idle, or
    demand grows with the load (a cache that gets too small).
Source
    Gregg, Systems Performance, 2nd edition, Addison-Wesley 2020 (the USE method); Denning, Buzen, "The Operational
    Analysis of Queueing Network Models", ACM Computing Surveys 10(3), 1978 (abstract seen), for laws of what is
    counted, and for asymptotic bounds.
Oracle
    A simulated device, whose time is added up event by event; exact mean value analysis of a closed network, which
    stays within the bounds and reaches them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["asymptotic_bounds", "use_table"]


def use_table(
    busy_s: ArrayLike, visit_s: ArrayLike, completed: ArrayLike, failed: ArrayLike, requests: float, window_s: float
) -> dict[str, Any]:
    """What counters say of each resource.

    Parameters
    ----------
    busy_s : (n,) array_like
        Busy time of each resource. [s]
    visit_s : (n,) array_like
        Time that all its visitors spent there together, waiting and served. [s]
    completed, failed : (n,) array_like
        Visits that ended, and those of them that failed. [1]
    requests : float
        Requests of the whole system that were completed. [1]
    window_s : float
        Time over which all was counted. [s]

    Returns
    -------
    dict
        Columns `utilisation`, `service_s`, `demand_s`, `queue` (mean number there), `response_s` (of a visit), `errors`
        (share of the visits), and `saturation`, the mean number that waits; `bottleneck`, the place of the largest
        demand, from 0; `limit_per_s`, the throughput that it allows. Times of a resource without visits are NaN.

    Raises
    ------
    ValueError
        If the window or the requests are not positive, nobody was busy, a resource was busy for longer than the window
        or than its visitors were there, or failed more often than it completed.

    Examples
    --------
    A minute with 3,000 requests, each once at the processor and three times at the disk:

    >>> found = use_table([24.0, 54.0], [40.0, 540.0], [3000, 9000], [0, 9], 3000, 60.0)
    >>> found["utilisation"].tolist(), found["demand_s"].tolist(), found["saturation"].round(2).tolist()
    ([0.4, 0.9], [0.008, 0.018], [0.27, 8.1])
    >>> found["bottleneck"], round(found["limit_per_s"], 1), found["errors"].tolist()
    (1, 55.6, [0.0, 0.001])
    """
    busy, visits, ended, wrong = (np.asarray(one, dtype=float) for one in (busy_s, visit_s, completed, failed))
    validate.require_positive(window_s=window_s, requests=requests)
    if not np.any(busy > 0) or np.any(busy < 0) or np.any(busy > window_s) or np.any(visits < busy * (1 - 1e-9)):
        raise ValueError("a resource is busy for the window at most, and no longer than visitors are there")
    if np.any(wrong > ended) or np.any(wrong < 0):
        raise ValueError("no more visits fail than end")
    each = np.where(ended > 0, ended, np.nan)
    demand = busy / requests
    worst = int(np.argmax(demand))
    return {
        "utilisation": busy / window_s,
        "service_s": busy / each,
        "demand_s": demand,
        "queue": visits / window_s,
        "response_s": visits / each,
        "errors": wrong / each,
        "saturation": (visits - busy) / window_s,
        "bottleneck": worst,
        "limit_per_s": float(1 / demand[worst]),
    }


def asymptotic_bounds(demand_s: ArrayLike, users: ArrayLike, think_s: float = 0.0) -> dict[str, Array]:
    """Bounds of throughput and response for so many users.

    Parameters
    ----------
    demand_s : (resources,) array_like
        Time that a request needs at each resource. [s]
    users : (...) array_like
        Users, each with one request at a time. [1]
    think_s : float
        Time between an answer and the next request. [s]

    Returns
    -------
    dict of str to ndarray
        `throughput_per_s`, at most [1/s]; `response_s`, at least [s]; both of the shape of the users. `knee`: users
        from which on they must wait for each other. [1]

    Raises
    ------
    ValueError
        If demands are negative or all zero, there is less than one user, or thinking takes a negative time.

    Examples
    --------
    >>> found = asymptotic_bounds([0.008, 0.018], [1, 50, 500], think_s=2.0)
    >>> found["throughput_per_s"].round(2).tolist(), found["response_s"].round(3).tolist()
    ([0.49, 24.68, 55.56], [0.026, 0.026, 7.0])
    >>> round(float(found["knee"]), 1)
    112.6
    """
    demand, n = np.asarray(demand_s, dtype=float), np.asarray(users, dtype=float)
    if np.any(demand < 0) or not np.any(demand > 0) or np.any(n < 1) or think_s < 0:
        raise ValueError("demands and thinking are not negative, one demand is positive, and there is a user")
    total, worst = demand.sum(), demand.max()
    return {
        "throughput_per_s": np.minimum(1 / worst, n / (total + think_s)),
        "response_s": np.maximum(total, n * worst - think_s),
        "knee": np.asarray((total + think_s) / worst),
    }
