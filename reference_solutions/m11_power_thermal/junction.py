r"""Temperature of a chip, and the power that it may draw for ever.

Question
    So many watts leave through so much thermal resistance. How hot does the chip get, and when must it slow down?
Model
    .. math:: T_j = T_a + P R, \qquad P_{max} = \frac{T_{limit} - T_a}{R}

    In the steady state, heat flows through a resistance :math:`R` from junction to coolant, as current does.
Assumes
    One resistance from junction to coolant, constant; the hottest spot is the chip.
Breaks when
    Load changes faster than the chip warms up (a peak may be stood for a while), or leakage grows with temperature:
    then :math:`P` itself depends on :math:`T_j`.
Source
    Hennessy, Patterson, *Computer Architecture: A Quantitative Approach*, 6th ed., 2017, section 1.5, for thermal
    limits; the resistance is Fourier's law of conduction (JEDEC JESD51-1 for its measurement).
Oracle
    The two functions undo each other; a capacitance charged until nothing changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["junction_temperature_c", "sustained_power_w"]


def junction_temperature_c(coolant_c: ArrayLike, power_w: ArrayLike, resistance_k_per_w: ArrayLike) -> Array:
    """Steady temperature of the junction; the arguments broadcast.

    Parameters
    ----------
    coolant_c : (...) array_like
        Temperature of air or water at the inlet. [degC]
    power_w : (...) array_like
        Power of the chip. [W]
    resistance_k_per_w : (...) array_like
        From junction to coolant. [K/W]

    Returns
    -------
    (...) ndarray
        Temperature. [degC]

    Raises
    ------
    ValueError
        If the resistance is not positive, or the power negative.

    Examples
    --------
    >>> float(junction_temperature_c(30.0, 700.0, 0.07))
    79.0
    """
    validate.require_positive(resistance_k_per_w=resistance_k_per_w)
    if np.any(np.asarray(power_w) < 0):
        raise ValueError("power_w must not be negative")
    return np.asarray(np.asarray(coolant_c) + np.asarray(power_w, dtype=float) * np.asarray(resistance_k_per_w))


def sustained_power_w(limit_c: ArrayLike, coolant_c: ArrayLike, resistance_k_per_w: ArrayLike) -> Array:
    """Power that a chip may draw for ever; the arguments broadcast.

    Parameters
    ----------
    limit_c : (...) array_like
        Where it begins to slow down. [degC]
    coolant_c : (...) array_like
        Temperature of air or water at the inlet. [degC]
    resistance_k_per_w : (...) array_like
        From junction to coolant. [K/W]

    Returns
    -------
    (...) ndarray
        Power; 0, if the coolant is no colder than the limit. [W]

    Raises
    ------
    ValueError
        If the resistance is not positive.

    Examples
    --------
    >>> round(float(sustained_power_w(85.0, 30.0, 0.07)), 3)
    785.714
    """
    validate.require_positive(resistance_k_per_w=resistance_k_per_w)
    room_k = np.maximum(np.asarray(limit_c, dtype=float) - np.asarray(coolant_c), 0)
    return np.asarray(room_k / np.asarray(resistance_k_per_w))
