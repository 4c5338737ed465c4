r"""Leakage warms the chip, and warmth makes it leak: where that ends, or that it does not.

Question
    Leakage grows with temperature, and temperature with power. At which temperature does a chip settle, if it does?
Model
    .. math:: T = T_a + R \left( P_d + P_0\, e^{\beta (T - T_0)} \right), \qquad
        A = R P_0\, e^{\beta (T_a + R P_d - T_0)}, \qquad
        T = T_a + R P_d - \frac{W_0(-\beta A)}{\beta}

    :math:`A` is what leakage would add if it were that of the chip without leakage's own heat. The exponential meets
    the line twice, once, or never: twice for :math:`\beta A < 1/e`, and the lower point is where a chip that comes from
    below settles (the upper one is unstable: a little more, and it leaves). Beyond :math:`1/e` every temperature
    produces more heat than leaves at it: thermal runaway.
Assumes
    One temperature for the chip, one resistance, one exponent; the chip starts colder than where it settles.
Breaks when
    Hot blocks leak for cold ones (use the network), or a throttle acts first: it lowers :math:`P_d`.
Source
    The fixed point is solved by Lambert's W: Corless, Gonnet, Hare, Jeffrey, Knuth, "On the Lambert W function",
    Advances in Computational Mathematics 5, 1996, pp. 329-359. Leakage over temperature as in `leakage_fit`.
Oracle
    Halving between the ambient and the turning point; iteration; the critical case in closed form.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reference_solutions.units import Array

__all__ = ["runaway_power_w", "settled_temperature_c"]


def settled_temperature_c(
    ambient_c: ArrayLike,
    resistance_k_per_w: ArrayLike,
    dynamic_w: ArrayLike,
    leakage_w: ArrayLike,
    per_k: ArrayLike,
    nominal_c: ArrayLike,
) -> Array:
    """Temperature at which a chip settles that leaks the more the hotter it is; the arguments broadcast.

    Parameters
    ----------
    ambient_c : (...) array_like
        Temperature of the coolant. [degC]
    resistance_k_per_w : (...) array_like
        From junction to coolant. [K/W]
    dynamic_w : (...) array_like
        Power that does not depend on temperature. [W]
    leakage_w : (...) array_like
        Leakage at the nominal temperature. [W]
    per_k : (...) array_like
        Exponent of the leakage. [1/K]
    nominal_c : (...) array_like
        Nominal temperature. [degC]

    Returns
    -------
    (...) ndarray
        Temperature; infinite where there is none. [degC]

    Raises
    ------
    ValueError
        If resistance or exponent is not positive, or a power negative.

    Examples
    --------
    >>> settled_temperature_c(45.0, [0.5, 0.8], 80.0, 15.0, 0.02, 60.0).round(4)
    array([102.573,     inf])
    """
    ohm, beta = np.asarray(resistance_k_per_w, dtype=float), np.asarray(per_k, dtype=float)
    dynamic, leakage = np.asarray(dynamic_w, dtype=float), np.asarray(leakage_w, dtype=float)
    if not (np.all(ohm > 0) and np.all(beta > 0)) or np.any(dynamic < 0) or np.any(leakage < 0):
        raise ValueError("resistance and exponent must be positive, powers not negative")
    alone_c = np.asarray(ambient_c) + ohm * dynamic
    grown = beta * ohm * leakage * np.exp(beta * (alone_c - np.asarray(nominal_c)))
    settles = grown <= np.exp(-1)
    branch: Array = np.where(settles, -grown, grown)
    rise = -np.real(special.lambertw(branch, 0)) / beta
    return np.asarray(np.where(settles, alone_c + rise, np.inf))


def runaway_power_w(
    ambient_c: ArrayLike, resistance_k_per_w: ArrayLike, leakage_w: ArrayLike, per_k: ArrayLike, nominal_c: ArrayLike
) -> Array:
    """Dynamic power beyond which nothing settles; the arguments broadcast.

    Parameters
    ----------
    ambient_c : (...) array_like
        Temperature of the coolant. [degC]
    resistance_k_per_w : (...) array_like
        From junction to coolant. [K/W]
    leakage_w : (...) array_like
        Leakage at the nominal temperature. [W]
    per_k : (...) array_like
        Exponent of the leakage. [1/K]
    nominal_c : (...) array_like
        Nominal temperature. [degC]

    Returns
    -------
    (...) ndarray
        Power; negative if leakage alone runs away. [W]

    Examples
    --------
    >>> round(float(runaway_power_w(45.0, 0.5, 15.0, 0.02, 60.0)), 3)
    119.712
    """
    ohm, beta = np.asarray(resistance_k_per_w, dtype=float), np.asarray(per_k, dtype=float)
    turning_k = np.asarray(nominal_c) - (1 + np.log(beta * ohm * np.asarray(leakage_w))) / beta
    return np.asarray((turning_k - np.asarray(ambient_c)) / ohm)
