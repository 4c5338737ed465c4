r"""How many servers: a table to choose from.

Question
    Requests of a certain variability come at a certain rate. How long do they wait with 8 servers, with 9, with 10?
Model
    .. math:: \rho = \frac{a}{c}, \qquad v = \frac{c_a^2 + c_s^2}{2}, \qquad W_q \approx \frac{C\,v}{c\mu - \lambda},
        \qquad P(W > t) \approx C\,e^{-(c\mu - \lambda)\,t / v}

    Erlang C for the share that waits, Allen-Cunneen for the mean wait, and an exponential for the waits of those who
    wait at all, as it is in M/M/c and, by Kingman, of any single server in heavy traffic.
Assumes
    A steady state, one queue for all servers, two moments that say enough.
Breaks when
    Loads are light and service times far from exponential: then the share that waits and the shape of the tail differ.
    Exact for M/M/c (both variabilities 1); the mean is exact for M/G/1.
Source
    Allen, Probability, Statistics, and Queueing Theory, 2nd edition, Academic Press 1990 (Allen-Cunneen); Kingman, "The
    single server queue in heavy traffic", Math. Proc. Cambridge Phil. Soc. 57(4), 1961, pp. 902-904.
Oracle
    pyworkforce's positions for a service level, recorded; recorded M/M/c quantiles; Pollaczek-Khinchine; recorded Ciw
    runs within a quarter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference_solutions.m08_tail_latency.erlang import erlang_c
from reference_solutions.units import Array

__all__ = ["servers_for_service_level", "staffing_table"]


def staffing_table(
    arrival_per_s: float,
    service_per_s: float,
    servers: Sequence[int],
    arrival_scv: float = 1.0,
    service_scv: float = 1.0,
    quantile: float = 0.99,
) -> dict[str, Array]:
    """Utilisation and waits for several sizes of a pool, one row a size.

    Parameters
    ----------
    arrival_per_s : float
        Rate of arrivals. [1/s]
    service_per_s : float
        Rate at which one busy server finishes requests. [1/s]
    servers : sequence of int
        Sizes of the pool, in any order. [1]
    arrival_scv, service_scv : float
        Variance of the times between arrivals, and of the service times, over the squares of their means. [1]
    quantile : float
        Share of the requests, between 0 and 1. [1]

    Returns
    -------
    dict of str to (rows,) ndarray
        `servers`, `utilisation`, `wait_probability` [1]; `mean_wait_s` and `wait_quantile_s` [s]. Without a steady
        state the utilisation is what it would have to be, the probability 1, and both waits infinite.

    Raises
    ------
    ValueError
        If a rate is not positive, or there is a pool without a server.

    Examples
    --------
    >>> table = staffing_table(8.0, 1.0, servers=[8, 9, 10])
    >>> {column: np.round(values, 3).tolist() for column, values in table.items() if column.endswith("_s")}
    {'mean_wait_s': [inf, 0.653, 0.205], 'wait_quantile_s': [inf, 4.179, 1.856]}
    """
    pool = np.asarray(servers)
    if not arrival_per_s > 0 or not service_per_s > 0 or np.any(pool < 1):
        raise ValueError("rates are positive, and a pool has a server")
    offered_load = arrival_per_s / service_per_s
    busy = [1.0]  # Erlang B of 0, 1, 2, ... servers
    while len(busy) <= np.max(pool):
        busy.append(offered_load * busy[-1] / (len(busy) + offered_load * busy[-1]))
    blocked, utilisation = np.array(busy)[pool], offered_load / pool
    stable = utilisation < 1
    waiting = np.where(stable, blocked / (1 - utilisation * (1 - blocked)), 1.0)
    spare_per_s = np.where(stable, pool * service_per_s - arrival_per_s, np.nan)
    scale_s = (arrival_scv + service_scv) / 2 / spare_per_s  # mean wait of those who wait
    longest_s = np.maximum(0.0, scale_s * np.log(waiting / (1 - quantile)))
    return {
        "servers": pool.astype(float),
        "utilisation": utilisation,
        "wait_probability": waiting,
        "mean_wait_s": np.where(stable, waiting * scale_s, np.inf),
        "wait_quantile_s": np.where(stable, longest_s, np.inf),
    }


def servers_for_service_level(
    arrival_per_s: float, service_per_s: float, wait_s: float, share: float, most_utilisation: float = 1.0
) -> int:
    """Fewest servers with which a share of the requests waits no longer than some time, in M/M/c.

    Parameters
    ----------
    arrival_per_s : float
        Rate of arrivals. [1/s]
    service_per_s : float
        Rate at which one busy server finishes requests. [1/s]
    wait_s : float
        Wait that is allowed. [s]
    share : float
        Share of the requests that waits no longer, between 0 and 1. [1]
    most_utilisation : float
        Utilisation that is not to be exceeded. [1]

    Returns
    -------
    int
        Number of servers. [1]

    Raises
    ------
    ValueError
        If a rate is not positive, the wait is negative, or the share is not between 0 and 1.

    Examples
    --------
    >>> servers_for_service_level(8.0, 1.0, wait_s=1.0, share=0.99)
    12
    """
    if not (arrival_per_s > 0 and service_per_s > 0 and wait_s >= 0 and 0 < share < 1 and most_utilisation > 0):
        raise ValueError("rates are positive, a wait is not negative, and a share lies between 0 and 1")
    offered_load = arrival_per_s / service_per_s
    servers = max(1, int(np.ceil(offered_load / most_utilisation)))
    while True:
        spare_per_s = servers * service_per_s - arrival_per_s
        late = erlang_c(servers, offered_load) * np.exp(-max(spare_per_s, 0.0) * wait_s)
        if late <= 1 - share:
            return servers
        servers += 1
