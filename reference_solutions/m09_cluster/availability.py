r"""Availability of a fleet that stands some failures.

Question
    A replica fails now and then and is repaired. How often are enough of them up?
Model
    .. math:: a = \frac{\mathrm{MTBF}}{\mathrm{MTBF} + \mathrm{MTTR}}, \qquad
        A = \sum_{i=k}^{n} \binom{n}{i} a^i (1 - a)^{n - i}

    Up and down times alternate: in the long run a part :math:`a` of the time is up. Of :math:`n` replicas at least
    :math:`k` must be. What consists of :math:`m` parts that each stop it fails :math:`m` times as often.
Assumes
    Replicas fail independently and each is repaired on its own; MTBF is the mean time between repair and failure.
Breaks when
    They share power, a switch or a software version: one cause takes several down, and the spares with them. Then this
    is the best case.
Source
    Trivedi, "Probability and Statistics with Reliability, Queuing, and Computer Science Applications", 2nd edition,
    Wiley 2001 (steady-state availability; k out of n).
Oracle
    `scipy.stats.binom`; all states of small fleets enumerated; up and down times drawn and added up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["k_of_n_availability", "steady_availability"]


def steady_availability(mtbf_s: ArrayLike, mttr_s: ArrayLike) -> Array:
    """Share of the time that something is up; the arguments broadcast.

    Parameters
    ----------
    mtbf_s : (...) array_like
        Mean time from repair to failure. [s]
    mttr_s : (...) array_like
        Mean time from failure to repair. [s]

    Returns
    -------
    (...) ndarray
        Availability. [1]

    Raises
    ------
    ValueError
        If the time to failure is not positive, or the time to repair is negative.

    Examples
    --------
    >>> float(steady_availability(99.0, 1.0))
    0.99
    """
    validate.require_positive(mtbf_s=mtbf_s)
    if np.any(np.asarray(mttr_s) < 0):
        raise ValueError("mttr_s must not be negative")
    up_s = np.asarray(mtbf_s, dtype=float)
    return np.asarray(up_s / (up_s + np.asarray(mttr_s)))


def k_of_n_availability(availability: ArrayLike, needed: ArrayLike, replicas: ArrayLike) -> Array:
    """Probability that at least some of all replicas are up; the arguments broadcast.

    Parameters
    ----------
    availability : (...) array_like
        Of one replica. [1]
    needed : (...) array_like of int
        How many must be up. [1]
    replicas : (...) array_like of int
        How many there are. [1]

    Returns
    -------
    (...) ndarray
        Availability of the fleet. [1]

    Raises
    ------
    ValueError
        If the availability is no probability, or more are needed than there are.

    Examples
    --------
    Two of three, each up nine tenths of the time: 0.9^3 + 3 * 0.9^2 * 0.1.

    >>> round(float(k_of_n_availability(0.9, 2, 3)), 6)
    0.972
    """
    up, k = np.asarray(availability, dtype=float), np.asarray(needed)
    n = np.asarray(replicas).astype(int)
    if np.any((up < 0) | (up > 1)) or np.any(k > n) or np.any(k < 0):
        raise ValueError("an availability is a probability, and no more are needed than there are")
    # P(at most n - k are down); the sum of few small terms keeps its digits where 1 - P would lose them
    return np.asarray(special.bdtr(n - k, n, 1 - up))
