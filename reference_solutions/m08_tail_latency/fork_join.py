r"""Fork and join: a request is done when the last of its tasks is, and each task waits in a queue of its own.

Question
    A request splits into N tasks, one for each of N servers, and is done with the last. How long does it take as the
    servers get busy?
Model
    .. math:: R_1 = \frac{1}{\mu - \lambda}, \qquad R_2 = \frac{12 - \rho}{8} R_1, \qquad
        R_N \approx \left[ \frac{H_N}{H_2} + \frac{4}{11} \left( 1 - \frac{H_N}{H_2} \right) \rho \right] R_2

    :math:`H_N = 1 + 1/2 + \dots + 1/N`. Each task alone lives in an M/M/1 queue. If queues knew nothing of each other,
    the last of N tasks would take :math:`H_N R_1`; but all get a task at the same moment, so their queues are long
    together, and the last is sooner done than that. :math:`R_2` is exact; the rest is scaled from it, with one constant
    that was fitted to simulations.
Assumes
    Poisson arrivals, exponential tasks, equal servers, first come first served, no limit to the queues.
Breaks when
    Tasks differ in size in a way that a request knows (one large shard), servers share more than the arrivals, or N is
    far beyond the 32 that the constant was fitted for.
Source
    Nelson, Tantawi, "Approximate Analysis of Fork/Join Synchronization in Parallel Queues", IEEE Transactions on
    Computers 37(6), 1988, pp. 739-743.
Oracle
    Utilisation 0.8: 7.0, 8.9303, 11.03 and 15.466 for 2, 4, 8 and 32 tasks; requests drawn and followed through their
    queues; without load the mean of the largest of N exponential times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["fork_join_mean_response_s", "independent_join_mean_response_s"]


def fork_join_mean_response_s(arrival_per_s: ArrayLike, service_per_s: ArrayLike, tasks: ArrayLike) -> Array:
    """Mean time until the last task of a request is done; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Rate of requests: each server gets as many tasks. [1/s]
    service_per_s : (...) array_like
        Rate at which a busy server finishes tasks. [1/s]
    tasks : (...) array_like of int
        Tasks of a request, and servers. [1]

    Returns
    -------
    (...) ndarray
        Mean response time; infinite where requests arrive as fast as servers finish tasks, or faster. [s]

    Raises
    ------
    ValueError
        If a rate is not positive, or a request has no task.

    Examples
    --------
    >>> fork_join_mean_response_s(0.8, 1.0, [1, 2, 4, 8, 32]).round(3)
    array([ 5.   ,  7.   ,  8.93 , 11.03 , 15.466])
    """
    alone_s, harmonic = _alone_s(arrival_per_s, service_per_s, tasks)
    load = np.asarray(arrival_per_s, dtype=float) / np.asarray(service_per_s, dtype=float)
    scale = harmonic / 1.5
    joined_s = (scale + 4 / 11 * (1 - scale) * load) * (12 - load) / 8 * alone_s
    return np.asarray(np.where(np.asarray(tasks) == 1, alone_s, joined_s))


def independent_join_mean_response_s(arrival_per_s: ArrayLike, service_per_s: ArrayLike, tasks: ArrayLike) -> Array:
    """The same if queues knew nothing of each other: an upper bound; the arguments broadcast.

    Parameters
    ----------
    arrival_per_s : (...) array_like
        Rate of requests. [1/s]
    service_per_s : (...) array_like
        Rate at which a busy server finishes tasks. [1/s]
    tasks : (...) array_like of int
        Tasks of a request, and servers. [1]

    Returns
    -------
    (...) ndarray
        Mean of the largest of so many independent response times; infinite without a steady state. [s]

    Raises
    ------
    ValueError
        If a rate is not positive, or a request has no task.

    Examples
    --------
    >>> independent_join_mean_response_s(0.8, 1.0, [1, 2, 4, 8, 32]).round(3)
    array([ 5.   ,  7.5  , 10.417, 13.589, 20.292])
    """
    alone_s, harmonic = _alone_s(arrival_per_s, service_per_s, tasks)
    return np.asarray(harmonic * alone_s)


def _alone_s(arrival_per_s: ArrayLike, service_per_s: ArrayLike, tasks: ArrayLike) -> tuple[Array, Array]:
    """Mean response of a task alone [s], and the harmonic number of the tasks."""
    validate.require_positive(arrival_per_s=arrival_per_s, service_per_s=service_per_s)
    if not np.all(np.asarray(tasks) >= 1):
        raise ValueError("a request has a task")
    spare_per_s = np.asarray(service_per_s, dtype=float) - np.asarray(arrival_per_s, dtype=float)
    stable = spare_per_s > 0
    alone_s = np.where(stable, 1 / np.where(stable, spare_per_s, 1.0), np.inf)
    return alone_s, special.digamma(np.asarray(tasks) + 1.0) + np.euler_gamma
