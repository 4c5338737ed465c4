r"""A queue as a simulation keeps it: who came, who was served from when on, who left.

Question
    Customers come at random to a pool of servers. What happens in one run, and what does the run estimate?
Model
    .. math:: B_n = \max\left(A_n, \min_j F_j\right), \qquad D_n = B_n + S_n, \qquad F_{\arg\min_j F_j} \leftarrow D_n

    Interarrival times are exponential of rate :math:`\lambda`, services of rate :math:`\mu`. A customer begins when it
    has arrived and a server is free, first come first served. The log of a run is three times for each customer; its
    means estimate the steady state's.
Assumes
    :math:`\lambda < c \mu`: otherwise there is no steady state to estimate. All interarrival times are drawn first,
    then all services, from one seeded generator, so that a run can be repeated by anybody.
Breaks when
    The run is short, or begins empty and is averaged from its beginning (`mser_truncation`).
Source
    Kleinrock, *Queueing Systems, Volume 1: Theory*, Wiley 1975 (M/M/m); Lindley, Kiefer and Wolfowitz as in module 8's
    `queue_waits_s`.
Oracle
    SimPy, with a resource, and Ciw, on the very same times, customer by customer; closed forms of M/M/1 and M/M/c
    within the interval of drawn replications.
"""

from __future__ import annotations

import numpy as np

from reference_solutions.units import Array

__all__ = ["queue_log"]


def queue_log(arrival_per_s: float, service_per_s: float, servers: int, customers: int, seed: int) -> dict[str, Array]:
    """One run of an M/M/c queue that begins empty, customer by customer.

    Parameters
    ----------
    arrival_per_s : float
        Rate of arrivals. [1/s]
    service_per_s : float
        Rate at which a busy server finishes customers. [1/s]
    servers : int
        Number of servers. [1]
    customers : int
        Customers of the run. [1]
    seed : int
        Of `np.random.default_rng`; it draws all interarrival times, then all service times.

    Returns
    -------
    dict of str to (customers,) ndarray
        `arrival_s`, `start_s` and `departure_s`. [s]

    Raises
    ------
    ValueError
        If a rate is not positive, there is no server or no customer, or the servers cannot keep up: a utilisation of 1
        or more.

    Examples
    --------
    >>> log = queue_log(1.5, 1.0, servers=2, customers=4, seed=2)
    >>> (log["start_s"] - log["arrival_s"]).round(3)
    array([0.   , 0.   , 0.725, 0.501])
    """
    if not (arrival_per_s > 0 and service_per_s > 0 and servers >= 1 and customers >= 1):
        raise ValueError("rates are positive, and there are a server and a customer at least")
    if arrival_per_s >= servers * service_per_s:
        raise ValueError("the servers cannot keep up: no steady state")
    rng = np.random.default_rng(seed)
    arrival_s = np.cumsum(rng.exponential(1 / arrival_per_s, size=customers))
    service_s = rng.exponential(1 / service_per_s, size=customers)
    free_s = [0.0] * servers  # from when on each server is free
    start_s = np.empty(customers)
    for number, (arrives, takes) in enumerate(zip(arrival_s.tolist(), service_s.tolist(), strict=True)):
        first = free_s.index(min(free_s))
        start_s[number] = max(arrives, free_s[first])
        free_s[first] = start_s[number] + takes
    return {"arrival_s": arrival_s, "start_s": start_s, "departure_s": start_s + service_s}
