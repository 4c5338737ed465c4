r"""What switching costs: activity, capacitance, voltage, clock; and a table of energies for units of a chip.

Question
    Counters say how often each unit of a chip did something. How much power is that, at another voltage and clock?
Model
    .. math:: P = \alpha C V^2 f, \qquad
        P_u = \left( \frac{V}{V_0} \right)^2 \left( \frac{n_u\, e_u}{t} + (1 - g_u)\, c_u f \right)

    Charging a capacitance :math:`C` and discharging it takes :math:`C V^2` from the supply, :math:`\alpha` times a
    cycle. A table gives the energy :math:`e_u` of one event of unit :math:`u` at the voltage :math:`V_0`, and what its
    clock tree takes in a cycle, :math:`c_u`, unless the clock is gated, in a share :math:`g_u` of the cycles.
Assumes
    Full swing; an event costs the same whatever the data are; no short-circuit current.
Breaks when
    Data matter (operands that toggle few bits), signals glitch (then :math:`\alpha` may exceed 1), or the supply sags.
Source
    Chandrakasan, Sheng, Brodersen, "Low-Power CMOS Digital Design", IEEE JSSC 27(4), 1992, pp. 473-484; an energy an
    event as in Li et al., "McPAT", MICRO 2009, pp. 469-480.
Oracle
    A capacitor charged through a resistor, integrated; events charged one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["switching_power_w", "unit_power_w"]


def switching_power_w(
    activity: ArrayLike, capacitance_f: ArrayLike, voltage_v: ArrayLike, frequency_hz: ArrayLike
) -> Array:
    """Power of a node that switches; the arguments broadcast.

    Parameters
    ----------
    activity : (...) array_like
        Times that it is charged in a cycle; more than 1 where signals glitch. [1]
    capacitance_f : (...) array_like
        What it drives. [F]
    voltage_v : (...) array_like
        Supply, and swing. [V]
    frequency_hz : (...) array_like
        Clock. [Hz]

    Returns
    -------
    (...) ndarray
        Power. [W]

    Raises
    ------
    ValueError
        If one of them is negative.

    Examples
    --------
    A nanofarad, charged in a tenth of the cycles:

    >>> round(float(switching_power_w(0.1, 1e-9, 1.0, 2e8)), 4)
    0.02
    """
    values = [np.asarray(value, dtype=float) for value in (activity, capacitance_f, voltage_v, frequency_hz)]
    if any(np.any(value < 0) for value in values):
        raise ValueError("activity, capacitance, voltage and clock are not negative")
    return np.asarray(values[0] * values[1] * values[2] ** 2 * values[3])


def unit_power_w(
    events: ArrayLike,
    event_j: ArrayLike,
    clock_j: ArrayLike,
    gated_share: ArrayLike,
    window_s: float,
    frequency_hz: ArrayLike,
    voltage_v: ArrayLike,
    nominal_v: float,
) -> Array:
    """Dynamic power of each unit of a chip, from what its counters counted.

    Parameters
    ----------
    events : (..., units) array_like
        Events of each unit, one row a window. [1]
    event_j : (units,) array_like
        Energy of one event at the nominal voltage. [J]
    clock_j : (units,) array_like
        Energy of the unit's clock tree in one cycle, at the nominal voltage. [J]
    gated_share : (..., units) array_like
        Share of the cycles in which the unit's clock stands still. [1]
    window_s : float
        Length of a window. [s]
    frequency_hz : (...) array_like
        Clock; one for all windows, or one for each. [Hz]
    voltage_v : (...) array_like
        Supply; one for all windows, or one for each. [V]
    nominal_v : float
        Voltage at which the table holds. [V]

    Returns
    -------
    (..., units) ndarray
        Power of each unit. [W]

    Raises
    ------
    ValueError
        If a share is none, there are fewer events than none, or window, clock or a voltage is not positive.

    Examples
    --------
    A billion events of 20 pJ in a second, a clock tree of 10 pJ that is gated half of the time at 1 GHz:

    >>> unit_power_w([1e9], [20e-12], [10e-12], [0.5], 1.0, 1e9, 0.5, 1.0).round(5)
    array([0.00625])
    """
    counted, gated = np.asarray(events, dtype=float), np.asarray(gated_share, dtype=float)
    hertz, volts = (np.asarray(value, dtype=float)[..., np.newaxis] for value in (frequency_hz, voltage_v))
    if np.any(counted < 0) or np.any((gated < 0) | (gated > 1)):
        raise ValueError("no fewer events than none, and shares from 0 to 1")
    if not (window_s > 0 and nominal_v > 0 and np.all(hertz > 0) and np.all(volts > 0)):
        raise ValueError("window, clock and voltages must be positive")
    switched_w = counted * np.asarray(event_j) / window_s
    clocked_w = (1 - gated) * np.asarray(clock_j) * hertz
    return np.asarray((volts / nominal_v) ** 2 * (switched_w + clocked_w))
