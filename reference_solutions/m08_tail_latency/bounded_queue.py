r"""A queue with an end: refuse early, or let everybody wait.

Question
    A service admits so many requests at a time and refuses the rest at the door. How many does it refuse, and how long
    do the others take?
Model
    .. math:: p_n \propto \prod_{i=1}^{n} \frac{a}{\min(i, c)}, \quad n = 0, \dots, K, \qquad
        \lambda' = \lambda\,(1 - p_K), \qquad W = \frac{L}{\lambda'}

    M/M/c/K: there are :math:`K` places, those in service among them; who finds all taken is refused at once. There is a
    steady state at any load: the queue is bounded, and so is the response time, by about :math:`K / (c\mu)`.
Assumes
    Poisson arrivals, exponential service, and refused requests that do not come again.
Breaks when
    They come again (`retry_equilibria`), or those who waited too long have given up by the time they are served: then
    the server works for nobody.
Source
    Kleinrock, Queueing Systems, Volume 1: Theory, Wiley 1975, chapter 3 (finite storage).
Oracle
    Recorded birth-death chains and a recorded Ciw run (M/M/1/6 at 120 %); 1/(K + 1) for a load of one; Erlang B for
    as many places as servers.
"""

from __future__ import annotations

import numpy as np

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["bounded_queue", "bounded_queue_shares", "door"]


def bounded_queue_shares(offered_load: float, servers: int, places: int) -> Array:
    """Shares of the time with 0, 1, ... requests in the system.

    Parameters
    ----------
    offered_load : float
        Rate of arrivals over the rate of one server. [1]
    servers : int
        Number of servers. [1]
    places : int
        Requests that are admitted at a time, at least as many as servers. [1]

    Returns
    -------
    (places + 1,) ndarray
        Probability of each number; the last is the share that is refused. [1]

    Raises
    ------
    ValueError
        If the load is not positive, or there are fewer places than servers, or no server.

    Examples
    --------
    As much work as the one server can do, and three places: all numbers are equally likely.

    >>> bounded_queue_shares(1.0, 1, 3)
    array([0.25, 0.25, 0.25, 0.25])
    """
    if not offered_load > 0 or not 1 <= servers <= places:
        raise ValueError("a load is positive, and there is a place for each server at least")
    steps = np.log(offered_load / np.minimum(np.arange(1, places + 1), servers))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    weights = np.exp(logs - np.max(logs))
    return np.asarray(weights / np.sum(weights))


def bounded_queue(arrival_per_s: float, service_per_s: float, servers: int, places: int) -> dict[str, float]:
    """What a service that admits so many requests at a time does.

    Parameters
    ----------
    arrival_per_s : float
        Rate of arrivals. [1/s]
    service_per_s : float
        Rate at which one busy server finishes requests. [1/s]
    servers : int
        Number of servers. [1]
    places : int
        Requests that are admitted at a time, at least as many as servers. [1]

    Returns
    -------
    dict of str to float
        `refused`, a share of the arrivals [1]; `throughput_per_s` [1/s]; `mean_in_system` [1]; `mean_response_s`, of
        those admitted [s].

    Raises
    ------
    ValueError
        If a rate is not positive, or there are fewer places than servers, or no server.

    Examples
    --------
    At 120 % of what it can do, with six places:

    >>> {name: round(value, 3) for name, value in bounded_queue(1.2, 1.0, 1, 6).items()}
    {'refused': 0.231, 'throughput_per_s': 0.923, 'mean_in_system': 3.71, 'mean_response_s': 4.021}
    """
    validate.require_positive(arrival_per_s=arrival_per_s, service_per_s=service_per_s)
    shares = bounded_queue_shares(arrival_per_s / service_per_s, servers, places)
    throughput_per_s = arrival_per_s * (1 - float(shares[-1]))
    in_system = float(np.sum(np.arange(places + 1) * shares))
    return {
        "refused": float(shares[-1]),
        "throughput_per_s": throughput_per_s,
        "mean_in_system": in_system,
        "mean_response_s": in_system / throughput_per_s,
    }


def door(arrival_per_s: float, service_per_s: float, promise_s: float) -> dict[str, float]:
    """Most places of an overloaded server that keep a promise about the mean response of those admitted.

    Parameters
    ----------
    arrival_per_s : float
        Rate of arrivals, more than the server can do. [1/s]
    service_per_s : float
        Rate at which the server finishes requests. [1/s]
    promise_s : float
        Mean response time that is promised to those admitted, more than a service. [s]

    Returns
    -------
    dict of str to float
        `places`, the one in service among them [1]; `refused`, a share of the arrivals [1]; `mean_response_s`, of those
        admitted [s].

    Raises
    ------
    ValueError
        If a queue without end would do, or not even one place does.

    Examples
    --------
    At 120 % of what the server can do, and five service times:

    >>> {name: round(value, 3) for name, value in door(1.2, 1.0, 5.0).items()}
    {'places': 7, 'refused': 0.217, 'mean_response_s': 4.71}
    """
    validate.require_positive(
        excess_per_s=np.subtract(arrival_per_s, service_per_s),
        slack_s=np.subtract(promise_s, np.reciprocal(float(service_per_s))),
    )
    load, response_s = arrival_per_s / service_per_s, 0.0
    tried: list[dict[str, float]] = []
    while response_s <= promise_s:  # it grows with the places
        requests = np.arange(len(tried) + 2)  # from none to all places taken
        shares = load**requests / np.sum(load**requests)
        response_s = requests @ shares / (arrival_per_s * (1 - shares[-1]))
        tried.append({"places": len(tried) + 1, "refused": float(shares[-1]), "mean_response_s": float(response_s)})
    return tried[-2]
