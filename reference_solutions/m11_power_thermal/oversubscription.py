r"""More racks than the feed could bear: how many fit, and how often must they be slowed down?

Question
    A room has so many watts. Racks draw their nameplate never, and their mean most of the time. How many may stand in
    it, if their sum is to exceed the limit for a thousandth of the time only, and how much power must then be capped?
Model
    .. math:: S_n \sim N\!\left( n \mu,\; \sigma_n^2 \right), \quad \sigma_n^2 = n \sigma^2 (1 + (n - 1) r), \qquad
        n^* = \max \{ n : n \mu + z_{1-\varepsilon}\, \sigma_n \le P \}

    .. math:: \operatorname{E} (S_n - P)^+ = \sigma_n \left[ \varphi(k) - k \left( 1 - \Phi(k) \right) \right],
        \quad k = \frac{P - n \mu}{\sigma_n}

    Racks that know nothing of each other are never at their peak together, and their sum is relatively the steadier
    the more there are: oversubscription is for large rooms. A correlation :math:`r` between any two (one service, one
    rush hour) takes most of that away: the spread then grows with :math:`n`. What exceeds the limit has to be capped;
    the second line is its mean over all of the time. Measured sums, if there are any, replace the normal law.
Assumes
    Racks alike, a sum that is near to normal, and a limit on average power over the time that was measured (a breaker
    bears a little more for a little while).
Breaks when
    All racks start together, or a job computes in step on all of them: then the peak is the sum of the peaks, and
    capping must be fast. Facility limits are divided by PUE first (`facility_power_w`).
Source
    Fan, Weber, Barroso, "Power provisioning for a warehouse-sized computer", ISCA 2007, pp. 13-23, for the question and
    for sums that are far below the nameplates (abstract seen); the equations are our own.
Oracle
    Racks drawn with a common load; a full search over the number of racks; one rack after the other without
    correlation, all as one with full correlation; the excess integrated.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["capped_power_w", "measured_racks", "racks_within_limit"]


def racks_within_limit(
    limit_w: float, mean_w: float, deviation_w: float, correlation: float, exceeded_share: float
) -> int:
    """Most racks whose sum exceeds the limit for no more than a share of the time.

    Parameters
    ----------
    limit_w : float
        Power that the room has for racks. [W]
    mean_w, deviation_w : float
        Mean and standard deviation of a rack's power over time. [W]
    correlation : float
        Between any two racks, from 0 to 1. [1]
    exceeded_share : float
        Of the time, above 0 and at most a half. [1]

    Returns
    -------
    int
        Racks; 0 if not even one fits. [1]

    Raises
    ------
    ValueError
        If the limit or the mean is not positive, the deviation is negative, or correlation or share are none.

    Examples
    --------
    Racks of 20 kW by their nameplate, of which 50 would fill a megawatt, draw 12 kW on average:

    >>> [racks_within_limit(1e6, 12e3, 3e3, correlation, 0.001) for correlation in (0.0, 0.2, 1.0)]
    [76, 61, 47]
    """
    validate.require_positive(limit_w=limit_w, mean_w=mean_w)
    if deviation_w < 0 or not 0 <= correlation <= 1 or not 0 < exceeded_share <= 0.5:
        raise ValueError("a deviation is not negative, a correlation from 0 to 1, a share above 0 and at most a half")
    racks = np.arange(1, int(limit_w / mean_w) + 2)
    spread_w = _spread_w(racks, deviation_w, correlation)
    fits = racks * mean_w + special.ndtri(1 - exceeded_share) * spread_w <= limit_w * (1 + 1e-12)
    return int(np.sum(fits))  # what a rack adds is never negative: those that fit are the first


def _spread_w(racks: ArrayLike, deviation_w: ArrayLike, correlation: ArrayLike) -> Array:
    n = np.asarray(racks, dtype=float)
    return np.asarray(np.asarray(deviation_w) * np.sqrt(n * (1 + (n - 1) * np.asarray(correlation))))


def capped_power_w(
    racks: ArrayLike, limit_w: ArrayLike, mean_w: ArrayLike, deviation_w: ArrayLike, correlation: ArrayLike = 0.0
) -> Array:
    """Power that capping takes away, on average over all of the time; the arguments broadcast.

    Parameters
    ----------
    racks : (...) array_like of int
        Racks in the room. [1]
    limit_w : (...) array_like
        Power that the room has for them. [W]
    mean_w, deviation_w : (...) array_like
        Mean and standard deviation of a rack's power over time. [W]
    correlation : (...) array_like
        Between any two racks, from 0 to 1. [1]

    Returns
    -------
    (...) ndarray
        Mean of what exceeds the limit. [W]

    Raises
    ------
    ValueError
        If there is no rack, a limit, mean or deviation is not positive, or a correlation is none.

    Examples
    --------
    >>> capped_power_w([61, 76, 83], 1e6, 12e3, 3e3, 0.2).astype(int)
    array([   17, 11687, 43510])
    """
    validate.require_positive(limit_w=limit_w, mean_w=mean_w, deviation_w=deviation_w)
    n, r = np.asarray(racks, dtype=float), np.asarray(correlation, dtype=float)
    if np.any(n < 1) or np.any((r < 0) | (r > 1)):
        raise ValueError("there is a rack, and a correlation lies between 0 and 1")
    spread_w = _spread_w(n, deviation_w, r)
    k = (np.asarray(limit_w) - n * np.asarray(mean_w)) / spread_w
    density = np.exp(-(k**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(spread_w * (density - k * special.ndtr(-k)))


def measured_racks(power_w: ArrayLike, limit_w: float, exceeded_share: float) -> int:
    """Most racks, by measured powers: the first ones whose sum exceeds the limit for no more than a share of the time.

    Parameters
    ----------
    power_w : (times, racks) array_like
        Measured power of each rack, at the same times. [W]
    limit_w : float
        Power that the room has for them. [W]
    exceeded_share : float
        Of the measured times, from 0 to 1. [1]

    Returns
    -------
    int
        Racks, in the order of the columns; 0 if not even the first fits. [1]

    Raises
    ------
    ValueError
        If there is no measurement, a power is negative, the limit not positive, or the share is none.

    Examples
    --------
    Two racks that are busy in turn fit under a limit that is no two peaks:

    >>> measured_racks([[10.0, 2.0], [2.0, 10.0], [10.0, 3.0]], limit_w=13.0, exceeded_share=0.0)
    2
    """
    powers = np.asarray(power_w, dtype=float)
    validate.require_positive(limit_w=limit_w)
    if powers.ndim != 2 or powers.size == 0 or np.any(powers < 0) or not 0 <= exceeded_share <= 1:
        raise ValueError("there are measurements, none of them negative, and a share lies between 0 and 1")
    exceeded = np.mean(np.cumsum(powers, axis=1) > limit_w, axis=0)  # never falls from rack to rack
    return int(np.sum(exceeded <= exceeded_share))
