r"""Erlang's formulas: requests that find every server busy.

Question
    A pool of c servers gets a certain work. Which share of the requests finds them all busy?
Model
    .. math:: B_0 = 1, \qquad B_k = \frac{a\,B_{k-1}}{k + a\,B_{k-1}}, \qquad
        C = \frac{B_c}{1 - \rho\,(1 - B_c)}, \qquad a = \lambda / \mu, \quad \rho = a / c

    :math:`a` is the offered load: the mean number of servers that would be busy if there were enough. :math:`B` is the
    share that is lost when nobody may wait (Erlang B, M/M/c/c), :math:`C` the share that waits when everybody does
    (Erlang C, M/M/c).
Assumes
    Poisson arrivals. Erlang B holds for service times of any distribution of the same mean; Erlang C wants
    exponential ones.
Breaks when
    Requests that were lost come again, as retries do; or servers differ, or each has a queue of its own.
Source
    Erlang, "Solution of some Problems in the Theory of Probabilities of Significance in Automatic Telephone Exchanges",
    Elektroteknikeren 13, 1917, pp. 5-13; the recursion follows by dividing two successive sums.
Oracle
    pyworkforce's Erlang C and birth-death chains, recorded; a ratio of Poisson probabilities by scipy; Erlang's sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["erlang_b", "erlang_b_by_definition", "erlang_c"]


def erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> Array:
    """Share of the requests that are lost when nobody may wait; the arguments broadcast.

    Parameters
    ----------
    servers : (...) array_like of int
        Number of servers. [1]
    offered_load : (...) array_like
        Rate of arrivals over the rate of one server; may be more than the number of servers. [1]

    Returns
    -------
    (...) ndarray
        Probability that all servers are busy. [1]

    Raises
    ------
    ValueError
        If there is not at least one server, or a load is not positive.

    Examples
    --------
    Ten servers, and as much work as eight of them can do:

    >>> round(float(erlang_b(10, 8.0)), 6)
    0.121661
    """
    c, a = np.broadcast_arrays(np.asarray(servers), np.asarray(offered_load, dtype=float))
    if not (np.all(c >= 1) and np.all(c == np.floor(c)) and np.all(a > 0)):
        raise ValueError("there is at least one whole server, and a load is positive")
    blocked = np.ones(a.shape)
    for k in range(1, int(np.max(c, initial=0)) + 1):  # never factorials: 171! is too large for a float
        blocked = np.where(k <= c, a * blocked / (k + a * blocked), blocked)
    return blocked


def erlang_b_by_definition(servers: int, offered_load: float) -> float:
    """Erlang B as Erlang wrote it: the last state over all states.

    Parameters
    ----------
    servers : int
        Number of servers; few enough that its factorial is a float. [1]
    offered_load : float
        Rate of arrivals over the rate of one server. [1]

    Returns
    -------
    float
        Probability that all servers are busy. [1]

    Raises
    ------
    ValueError
        If there is not at least one server, or the load is not positive.

    Examples
    --------
    >>> round(erlang_b_by_definition(10, 8.0), 6)
    0.121661
    """
    if servers < 1 or not offered_load > 0:
        raise ValueError("there is at least one whole server, and a load is positive")
    states = [1.0]
    for busy in range(1, servers + 1):
        states.append(states[-1] * offered_load / busy)  # a^k / k!
    return states[-1] / sum(states)


def erlang_c(servers: ArrayLike, offered_load: ArrayLike) -> Array:
    """Share of the requests that wait; the arguments broadcast.

    Parameters
    ----------
    servers : (...) array_like of int
        Number of servers. [1]
    offered_load : (...) array_like
        Rate of arrivals over the rate of one server. [1]

    Returns
    -------
    (...) ndarray
        Probability that a request finds all servers busy; 1 where the load is as large as the pool or larger. [1]

    Raises
    ------
    ValueError
        If there is not at least one server, or a load is not positive.

    Examples
    --------
    The same utilisation of 90 % in a small and in a large pool:

    >>> erlang_c([2, 10, 50], [1.8, 9.0, 45.0]).round(3)
    array([0.853, 0.669, 0.364])
    """
    blocked = erlang_b(servers, offered_load)
    utilisation = np.asarray(offered_load, dtype=float) / np.asarray(servers)
    waiting = blocked / (1 - np.minimum(utilisation, 1.0) * (1 - blocked))
    return np.asarray(np.where(utilisation < 1, waiting, 1.0))
