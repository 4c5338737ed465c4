r"""How much sooner hot and busy chips fail: Arrhenius, Black, and a day of many temperatures.

Question
    A chip is tested for a thousand hours at 125 degrees. How long is that in use, what does a design with denser
    currents lose, and what counts of a day that is hot for an hour?
Model
    .. math:: AF = \exp\!\left[ \frac{E_a}{k} \left( \frac{1}{T_u} - \frac{1}{T_s} \right) \right], \qquad
        \mathrm{MTTF} = A\, J^{-n} e^{E_a / k T}, \qquad
        \overline{AF} = \sum_i w_i\, AF(T_i)

    Temperatures are absolute, :math:`k` is Boltzmann's constant in eV/K. Arrhenius: a process with activation energy
    :math:`E_a` runs :math:`AF` times as fast under stress as in use. Black: metal lines live shorter with the current
    density :math:`J`, too; a ratio of two lives needs no :math:`A`. If a chip is at :math:`T_i` for a share
    :math:`w_i` of its time, its rates add up by these shares, and not its temperatures: a short hot time may use up
    most of its life.
Assumes
    One mechanism with one activation energy; wear that adds up whatever its order; a steady failure rate if lives are
    put together.
Breaks when
    Stress starts a mechanism that use never sees, or several compete: then each has its own factor, and the largest
    at test is not the largest in use. Cycles of temperature wear by themselves: see `fatigue_damage`.
Source
    JEDEC JEP122, "Failure Mechanisms and Models for Semiconductor Devices" (Arrhenius; values checked, text not seen);
    Black's equation as JEDEC's dictionary has it (JEP119A, estimated time to failure); rates that add up over time:
    Srinivasan, Adve, Bose, Rivers, "The Case for Lifetime Reliability-Aware Microprocessors", ISCA 2004 (title and
    abstract seen). Boltzmann's constant: 8.617333262e-5 eV/K, exact by the SI's definition, rounded.
Oracle
    0.7 eV: 77.645 from 55 to 125 degrees, 254.14 from 40; a life that is used up hour by hour; Black's ratio from two
    lives with a constant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["acceleration_factor", "electromigration_life_ratio", "profile_acceleration"]

BOLTZMANN_EV_PER_K = 8.617333262e-5
ZERO_C_K = 273.15


def acceleration_factor(activation_ev: ArrayLike, use_c: ArrayLike, stress_c: ArrayLike) -> Array:
    """How many hours of use an hour of stress stands for; the arguments broadcast.

    Parameters
    ----------
    activation_ev : (...) array_like
        Activation energy of the mechanism. [eV]
    use_c, stress_c : (...) array_like
        Temperatures in use and under stress. [degC]

    Returns
    -------
    (...) ndarray
        Factor; below 1 if stress is cooler than use. [1]

    Raises
    ------
    ValueError
        If a temperature is not above absolute zero, or the activation energy negative.

    Examples
    --------
    >>> acceleration_factor(0.7, [55.0, 40.0], 125.0).round(2)
    array([ 77.65, 254.14])
    """
    energy, use_k, stress_k = np.asarray(activation_ev, dtype=float), _kelvin(use_c), _kelvin(stress_c)
    if np.any(energy < 0):
        raise ValueError("an activation energy is not negative")
    return np.asarray(np.exp(energy / BOLTZMANN_EV_PER_K * (1 / use_k - 1 / stress_k)))


def electromigration_life_ratio(
    current_ratio: ArrayLike, from_c: ArrayLike, to_c: ArrayLike, activation_ev: ArrayLike, exponent: ArrayLike = 2.0
) -> Array:
    """Life of a metal line after a change of current and temperature, over that before; the arguments broadcast.

    Parameters
    ----------
    current_ratio : (...) array_like
        Current density after the change over that before. [1]
    from_c, to_c : (...) array_like
        Temperatures before and after. [degC]
    activation_ev : (...) array_like
        Activation energy. [eV]
    exponent : (...) array_like
        Of the current density. [1]

    Returns
    -------
    (...) ndarray
        Ratio of the mean times to failure. [1]

    Raises
    ------
    ValueError
        If the ratio of currents is not positive, a temperature not above absolute zero, or the activation energy
        negative.

    Examples
    --------
    Ten per cent more current, and with it 15 degrees, at 0.9 eV:

    >>> round(float(electromigration_life_ratio(1.1, 85.0, 100.0, 0.9)), 3)
    0.256
    """
    validate.require_positive(current_ratio=current_ratio)
    ratio = np.asarray(current_ratio, dtype=float) ** -np.asarray(exponent, dtype=float)
    return np.asarray(ratio / acceleration_factor(activation_ev, from_c, to_c))


def profile_acceleration(
    shares: ArrayLike, temperatures_c: ArrayLike, activation_ev: float, reference_c: float
) -> dict[str, float]:
    """Wear of a day with many temperatures, against one temperature all day.

    Parameters
    ----------
    shares : (n,) array_like
        Share of the time at each temperature; they add up to 1. [1]
    temperatures_c : (n,) array_like
        The temperatures. [degC]
    activation_ev : float
        Activation energy of the mechanism. [eV]
    reference_c : float
        Temperature to compare with. [degC]

    Returns
    -------
    dict of str to float
        `factor`: wear against a day at the reference [1]; `equivalent_c`: the steady temperature that wears as much
        [degC]; `mean_c` [degC].

    Raises
    ------
    ValueError
        If shares are negative or do not add up to 1, a temperature is not above absolute zero, or the activation
        energy not positive.

    Examples
    --------
    One hour in ten at 105 degrees, the rest at 55:

    >>> found = profile_acceleration([0.1, 0.9], [105.0, 55.0], 0.7, 55.0)
    >>> round(found["factor"], 2), round(found["equivalent_c"], 1), round(found["mean_c"], 1)
    (3.54, 72.7, 60.0)
    """
    w = np.asarray(shares, dtype=float)
    if np.any(w < 0) or not np.isclose(w.sum(), 1) or not activation_ev > 0:
        raise ValueError("shares add up to 1, and the activation energy is positive")
    factor = float(w @ acceleration_factor(activation_ev, reference_c, temperatures_c))
    cooler = 1 / _kelvin(reference_c) - BOLTZMANN_EV_PER_K / activation_ev * np.log(factor)
    mean_c = float(w @ np.asarray(temperatures_c, dtype=float))
    return {"factor": factor, "equivalent_c": float(1 / cooler - ZERO_C_K), "mean_c": mean_c}


def _kelvin(temperature_c: ArrayLike) -> Array:
    kelvin = np.asarray(temperature_c, dtype=float) + ZERO_C_K
    if not np.all(kelvin > 0):
        raise ValueError("a temperature is above absolute zero")
    return kelvin
