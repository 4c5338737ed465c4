r"""Power of d choices: look at d queues, join the shortest.

Question
    Each server has a queue of its own. How much does it help to look at two of them before choosing?
Model
    .. math:: s_i = \rho^{(d^i - 1)/(d - 1)} \;\; (d \ge 2), \qquad s_i = \rho^i \;\; (d = 1), \qquad
        L = \sum_{i \ge 1} s_i, \qquad W = L / \lambda

    :math:`s_i` is the share of servers with at least :math:`i` requests, in the limit of many servers. With one choice
    the tail falls geometrically, with two doubly exponentially: looking at a second queue changes the law, looking at
    a third only its constants.
Assumes
    Poisson arrivals, exponential service, choices at random anew for each request, queue lengths that are up to date.
Breaks when
    What is known of the queues is stale: then everybody joins the queue that was short a moment ago; or servers are few
    or differ.
Source
    Mitzenmacher, PhD thesis, UC Berkeley 1996; "The Power of Two Choices in Randomized Load Balancing", IEEE
    Transactions on Parallel and Distributed Systems 12(10), 2001, pp. 1094-1104.
Oracle
    Recorded values for d from 1 to 5 (utilisation 0.9, two choices: L = 2.35265); M/M/1 for one choice; a simulation
    of five hundred servers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference_solutions.units import Array

__all__ = ["choices_table", "power_of_d_mean_queue", "power_of_d_mean_response", "power_of_d_share"]


def power_of_d_share(utilisation: float, choices: int, requests: int) -> Array:
    """Share of the servers that have at least so many requests, from 1 upwards.

    Parameters
    ----------
    utilisation : float
        Arrivals per server over its rate of service, more than 0, less than 1. [1]
    choices : int
        Queues that each request looks at. [1]
    requests : int
        Up to how many requests. [1]

    Returns
    -------
    (requests,) ndarray
        Share of the servers with at least 1, 2, ... requests. [1]

    Raises
    ------
    ValueError
        If the utilisation is not between 0 and 1, or there is no choice.

    Examples
    --------
    At 90 %: one choice, and two.

    >>> power_of_d_share(0.9, 1, 4).round(3)
    array([0.9  , 0.81 , 0.729, 0.656])
    >>> power_of_d_share(0.9, 2, 4).round(3)
    array([0.9  , 0.729, 0.478, 0.206])
    """
    if not 0 < utilisation < 1 or choices < 1:
        raise ValueError("a utilisation lies between 0 and 1, and a request looks at one queue at least")
    exponents = np.zeros(requests + 1)
    for i in range(1, requests + 1):
        exponents[i] = min(choices * exponents[i - 1] + 1, 1e6)  # (d^i - 1) / (d - 1), or i
    return np.asarray(utilisation ** exponents[1:])


def power_of_d_mean_queue(utilisation: float, choices: int) -> float:
    """Mean number of requests at a server, the one being served among them.

    Parameters
    ----------
    utilisation : float
        Arrivals per server over its rate of service, more than 0, less than 1. [1]
    choices : int
        Queues that each request looks at. [1]

    Returns
    -------
    float
        Mean number. [1]

    Raises
    ------
    ValueError
        If the utilisation is not between 0 and 1, or there is no choice.

    Examples
    --------
    >>> [round(power_of_d_mean_queue(0.9, choices), 3) for choices in (1, 2, 3)]
    [9.0, 2.353, 1.825]
    """
    if not 0 < utilisation < 1 or choices < 1:
        raise ValueError("a utilisation lies between 0 and 1, and a request looks at one queue at least")
    longest = int(np.ceil(-40 / np.log(utilisation))) if choices == 1 else 64
    return float(np.sum(power_of_d_share(utilisation, choices, longest)))


def power_of_d_mean_response(utilisation: float, choices: int) -> float:
    """Mean response time, in mean service times.

    Parameters
    ----------
    utilisation : float
        Arrivals per server over its rate of service, more than 0, less than 1. [1]
    choices : int
        Queues that each request looks at. [1]

    Returns
    -------
    float
        Mean response time over mean service time. [1]

    Raises
    ------
    ValueError
        If the utilisation is not between 0 and 1, or there is no choice.

    Examples
    --------
    >>> [round(power_of_d_mean_response(0.99, choices), 2) for choices in (1, 2)]
    [100.0, 5.43]
    """
    return power_of_d_mean_queue(utilisation, choices) / utilisation  # Little's law


def choices_table(utilisation: float, service_s: float, choices: Sequence[int]) -> dict[str, Array]:
    """Queues and responses for several numbers of choices, one row each.

    Parameters
    ----------
    utilisation : float
        Arrivals per server over its rate of service, more than 0, less than 1. [1]
    service_s : float
        Mean service time. [s]
    choices : sequence of int
        Queues that each request looks at, in any order. [1]

    Returns
    -------
    dict of str to ndarray
        `choices`; `mean_requests` at a server [1]; `mean_response_s` [s]; `long_queue_share`, the share of the servers
        that have five requests or more [1].

    Raises
    ------
    ValueError
        If the utilisation is not between 0 and 1, the service time is not positive, or a request looks at no queue.

    Examples
    --------
    At 90 %, with services of 10 ms:

    >>> table = choices_table(0.9, 0.01, [1, 2])
    >>> table["mean_response_s"].round(4), table["long_queue_share"].round(3)
    (array([0.1   , 0.0261]), array([0.59 , 0.038]))
    """
    if not 0 < utilisation < 1 or not service_s > 0 or min(choices) < 1:
        raise ValueError("0 < utilisation < 1, a service takes time, and a request looks at one queue at least")
    rows = []
    for looks in choices:
        exponent = 1.0
        shares: list[float] = []  # of the servers with at least 1, 2, ... requests
        while len(shares) < 5 or shares[-1] > 1e-16:
            shares.append(utilisation**exponent)
            exponent = looks * exponent + 1  # (d^i - 1) / (d - 1), or i
        mean_requests = np.sum(shares)
        rows.append([looks, mean_requests, mean_requests / utilisation * service_s, shares[4]])
    names = ["choices", "mean_requests", "mean_response_s", "long_queue_share"]
    return dict(zip(names, np.array(rows, dtype=float).T, strict=True))
