r"""Neighbours: who may share a machine, and what a noisy one costs.

Question
    Jobs that share a machine slow each other down. Which pairs keep everybody's promise, and how should all be paired?
Model
    :math:`S_{ij}` is the measured slowdown of :math:`i` beside :math:`j`. A pair is usable if :math:`S_{ij} \le l_i`
    and :math:`S_{ji} \le l_j`. Of all ways to pair an even number of jobs in usable pairs, take the one with the least
    sum of slowdowns. A neighbour that takes the machine for a while whenever it is idle makes a queue with vacations:

    .. math:: W = \frac{\lambda E[S^2]}{2 (1 - \rho)} + \frac{E[V^2]}{2 E[V]}
Assumes
    Slowdowns are stable and only pairs matter; vacations follow each other while nobody waits, and are not broken off.
Breaks when
    Three share a machine (slowdowns do not multiply), phases differ, or caches and bandwidth are partitioned later.
Source
    Mars, Tang, Hundt, Skadron, Soffa, "Bubble-Up", MICRO 2011, for sharing under a promise of quality; its text was not
    consulted. The wait with vacations is the decomposition of M/G/1 queues, a textbook result.
Oracle
    All pairings, enumerated by another way; a queue with vacations simulated from event to event.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate

__all__ = ["best_pairs", "usable_pairs", "vacation_wait_s"]


def usable_pairs(slowdown: ArrayLike, limit: ArrayLike) -> list[tuple[int, int]]:
    """Pairs of jobs that keep both promises.

    Parameters
    ----------
    slowdown : (n, n) array_like
        Of the job of the row, beside that of the column; the diagonal is not looked at. [1]
    limit : (n,) array_like
        Largest slowdown that each job stands. [1]

    Returns
    -------
    list of (int, int)
        Pairs, the smaller number first, in rising order.

    Examples
    --------
    >>> usable_pairs([[1, 1.1, 1.5], [1.2, 1, 1.0], [1.0, 1.3, 1]], [1.2, 1.25, 2.0])
    [(0, 1), (1, 2)]
    """
    slow, most = np.asarray(slowdown, dtype=float), np.asarray(limit, dtype=float)
    both = (slow <= most[:, np.newaxis]) & (slow <= most[:, np.newaxis]).T
    return [(int(one), int(other)) for one, other in np.argwhere(np.triu(both, 1))]


def best_pairs(slowdown: ArrayLike, limit: ArrayLike) -> list[tuple[int, int]] | None:
    """All jobs in usable pairs with the least sum of slowdowns.

    Parameters
    ----------
    slowdown : (n, n) array_like
        Of the job of the row, beside that of the column. [1]
    limit : (n,) array_like
        Largest slowdown that each job stands. [1]

    Returns
    -------
    list of (int, int) or None
        Pairs, in rising order; of equals the first. None where somebody finds no partner.

    Examples
    --------
    >>> slow = [[1, 1.1, 1.4, 1.2], [1.1, 1, 1.2, 1.4], [1.4, 1.2, 1, 1.9], [1.2, 1.4, 1.9, 1]]
    >>> best_pairs(slow, [2, 2, 2, 2])
    [(0, 3), (1, 2)]
    """
    slow, usable = np.asarray(slowdown, dtype=float), set(usable_pairs(slowdown, limit))

    def of(left: tuple[int, ...]) -> tuple[float, list[tuple[int, int]]] | None:
        if not left:
            return 0.0, []
        found = []
        for other in left[1:]:
            rest = of(tuple(one for one in left[1:] if one != other)) if (left[0], other) in usable else None
            if rest is not None:
                cost = float(slow[left[0], other] + slow[other, left[0]])
                found.append((round(rest[0] + cost, 9), [(left[0], other), *rest[1]]))
        return min(found, default=None)

    best = of(tuple(range(len(slow))))
    return None if best is None else best[1]


def vacation_wait_s(
    arrival_per_s: float, service_s: float, service_scv: float, vacation_s: float, vacation_scv: float
) -> float:
    """Mean wait of requests whose server takes vacations while nobody waits.

    Parameters
    ----------
    arrival_per_s : float
        Arrivals at random. [1/s]
    service_s : float
        Mean service. [s]
    service_scv : float
        Squared coefficient of variation of the services. [1]
    vacation_s : float
        Mean vacation: what a neighbour holds the machine for. [s]
    vacation_scv : float
        Squared coefficient of variation of the vacations. [1]

    Returns
    -------
    float
        Mean wait; infinite without a steady state. [s]

    Raises
    ------
    ValueError
        If a rate or time is not positive.

    Examples
    --------
    Without waiting requests, half a vacation is left on average, if all last equally long:

    >>> round(vacation_wait_s(1e-9, 1.0, 1.0, 0.5, 0.0), 6)
    0.25
    """
    validate.require_positive(arrival_per_s=arrival_per_s, service_s=service_s, vacation_s=vacation_s)
    load = arrival_per_s * service_s
    if load >= 1:
        return float("inf")
    queueing_s = load * service_s * (1 + service_scv) / (2 * (1 - load))
    return queueing_s + vacation_s * (1 + vacation_scv) / 2
