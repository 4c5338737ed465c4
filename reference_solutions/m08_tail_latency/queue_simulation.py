r"""Simulating a queue, request by request: any arrivals, any service times, any number of servers.

Question
    Neither arrivals nor service times are of a kind that has a formula. How long does each request wait?
Model
    .. math:: W_n = \left( \min_j F_j - A_n \right)^+, \qquad F_{\arg\min_j F_j} \leftarrow A_n + W_n + S_n

    Servers :math:`j` are free from :math:`F_j` on. Requests come in the order of their arrivals :math:`A_n`; each takes
    the server that is free first, and keeps it for its service time :math:`S_n` (Kiefer and Wolfowitz). One server
    needs no recursion: with :math:`U_n = A_n - \sum_{i<n} S_i`, it is :math:`W_n = \max_{m \le n} U_m - U_n`.
Assumes
    One queue, first come first served, equal servers that never fail, and nobody who gives up.
Breaks when
    The run is short: queues forget slowly, so drop the beginning, and expect an error that falls with the square root
    of the length and rises as 1 / (1 - rho) squared.
Source
    Kiefer, Wolfowitz, "On the theory of queues with many servers", Trans. Amer. Math. Soc. 78, 1955, pp. 1-18; Lindley,
    "The theory of queues with a single server", Math. Proc. Cambridge Phil. Soc. 48(2), 1952, pp. 277-289. That a trace
    is cut into parts which are simulated side by side and repaired until they fit is time-parallel simulation
    (Heidelberger, Stone, "Parallel trace-driven cache simulation by time partitioning", Winter Simulation Conference
    1990, for caches); this form, for queues, is ours.
Oracle
    Ciw and SimPy, run on the very same arrivals and service times, request by request; recorded Ciw runs; closed forms
    of M/M/1, M/M/c, M/G/1 and M/D/c.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["queue_waits_s", "queue_waits_s_by_definition"]

_PASSES = 16


def queue_waits_s(arrival_s: ArrayLike, service_s: ArrayLike, servers: int) -> Array:
    """Wait of each request for a pool of servers, first come first served; many requests at a time.

    The trace is cut into parts that are simulated side by side, as if every part but the first began in an empty
    system. A part whose beginning was not empty is simulated again, from the state that the part before really left,
    until all fit together. The result is exact; a queue that empties now and then needs two or three passes.

    Parameters
    ----------
    arrival_s : (n,) array_like
        Times of arrival, not falling. [s]
    service_s : (n,) array_like
        Service time of each request. [s]
    servers : int
        Number of servers. [1]

    Returns
    -------
    (n,) ndarray
        Wait of each request. [s]

    Raises
    ------
    ValueError
        If times of arrival fall, there are not as many service times, one of them is negative, or there is no server.

    Examples
    --------
    Two servers, five requests a second apart, each takes 3 s:

    >>> queue_waits_s([0, 1, 2, 3, 4], [3, 3, 3, 3, 3], servers=2)
    array([0., 0., 1., 1., 2.])
    """
    arrival, service = _trace(arrival_s, service_s, servers)
    if not arrival.size:
        return arrival
    if servers == 1:
        ahead = arrival - (np.cumsum(service) - service)
        return np.asarray(np.maximum.accumulate(ahead) - ahead)
    parts = max(1, int(np.sqrt(arrival.size) / 4))
    length = arrival.size // parts
    rest = arrival.size - parts * length
    waits = np.empty((parts, length))
    arrivals, services = arrival[rest:].reshape(parts, length), service[rest:].reshape(parts, length)
    first, free = _served(arrival[np.newaxis, :rest], service[np.newaxis, :rest], np.full((1, servers), -np.inf))
    begin = np.full((parts, servers), -np.inf)  # from when on servers are free, sorted; what matters is who is not
    begin[0] = free[0]
    end, stale = np.empty((parts, servers)), np.arange(parts)
    for _ in range(_PASSES):
        waits[stale], end[stale] = _served(arrivals[stale], services[stale], begin[stale])
        left = np.vstack([begin[:1], end[:-1]])
        seen, known = (np.maximum(state, arrivals[:, :1]) for state in (left, begin))
        stale = np.flatnonzero(np.any(seen != known, axis=1))
        if not stale.size:
            break
        begin[stale] = left[stale]
    else:  # it hardly ever empties: no part is like it would be alone
        return queue_waits_s_by_definition(arrival, service, servers)
    return np.concatenate([first[0], waits.ravel()])


def queue_waits_s_by_definition(arrival_s: ArrayLike, service_s: ArrayLike, servers: int) -> Array:
    """Wait of each request for a pool of servers, first come first served; one request after the other.

    Parameters
    ----------
    arrival_s : (n,) array_like
        Times of arrival, not falling. [s]
    service_s : (n,) array_like
        Service time of each request. [s]
    servers : int
        Number of servers. [1]

    Returns
    -------
    (n,) ndarray
        Wait of each request. [s]

    Raises
    ------
    ValueError
        If times of arrival fall, there are not as many service times, one of them is negative, or there is no server.

    Examples
    --------
    >>> queue_waits_s_by_definition([0, 1, 2, 3, 4], [3, 3, 3, 3, 3], servers=2)
    array([0., 0., 1., 1., 2.])
    """
    arrival, service = np.asarray(arrival_s, dtype=float), np.asarray(service_s, dtype=float)
    if arrival.shape != service.shape or servers < 1 or np.any(np.diff(arrival) < 0) or np.any(service < 0):
        raise ValueError("as many service times as arrivals, in order, none negative, and at least one server")
    free_s = [-np.inf] * servers  # from when on each server is free
    waits = []
    for arrives, takes in zip(arrival.tolist(), service.tolist(), strict=True):
        first = free_s.index(min(free_s))
        begins = max(arrives, free_s[first])
        free_s[first] = begins + takes
        waits.append(begins - arrives)
    return np.array(waits)


def _trace(arrival_s: ArrayLike, service_s: ArrayLike, servers: int) -> tuple[Array, Array]:
    arrival, service = np.asarray(arrival_s, dtype=float), np.asarray(service_s, dtype=float)
    if arrival.ndim != 1 or arrival.shape != service.shape or servers < 1:
        raise ValueError("as many service times as arrivals, and at least one server")
    if not (np.all(np.diff(arrival) >= 0) and np.all(service >= 0)):
        raise ValueError("times of arrival do not fall, and service times are not negative")
    return arrival, service


def _served(arrivals: Array, services: Array, free: Array) -> tuple[Array, Array]:
    """Waits of requests (rows: independent parts; columns: one after the other), and the servers' state afterwards."""
    waits = np.empty(arrivals.shape)
    free = free.copy()
    rows = np.arange(len(free))
    for column in range(arrivals.shape[1]):
        first = np.argmin(free, axis=1)
        begins = np.maximum(free[rows, first], arrivals[:, column])
        waits[:, column] = begins - arrivals[:, column]
        free[rows, first] = begins + services[:, column]
    return waits, np.sort(free, axis=1)
