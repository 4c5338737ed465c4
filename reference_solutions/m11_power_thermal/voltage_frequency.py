r"""How fast a chip may be clocked at a voltage, and at which clock a task takes least energy.

Question
    A task computes for so many cycles, waits so long for memory, and has a deadline. Race and idle, or go slowly?
Model
    .. math:: f = k\, \frac{(V - V_t)^{\alpha}}{V}, \qquad t = \frac{N}{f} + t_{mem}, \qquad
        E = C V^2 N + P_s t + P_i (D - t)

    Gates switch by the current of a transistor above its threshold :math:`V_t`, which grows with a power
    :math:`\alpha` of 1 (short channels) to 2 (long ones). Cycles cost :math:`C V^2` each however fast they come; power
    that flows anyway, :math:`P_s`, favours finishing early, up to what idling takes, :math:`P_i`. Memory does not know
    the clock: what waits for it gains nothing by racing.
Assumes
    Voltage follows the clock; a change takes no time; waiting switches nothing.
Breaks when
    Near the threshold (current is exponential there), or the supply has a lower limit: then clocks below it save
    power, and no energy.
Source
    Sakurai, Newton, "Alpha-power law MOSFET model and its applications to CMOS inverter delay and other formulas",
    IEEE JSSC 25(2), 1990, pp. 584-594.
Oracle
    A search over a fine grid of clocks; power integrated over the task and what is left of its time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["alpha_power_hz", "alpha_power_v", "task_energy_j"]


def alpha_power_hz(voltage_v: ArrayLike, gain_hz: float, threshold_v: float, alpha: float) -> Array:
    """Highest clock at a voltage.

    Parameters
    ----------
    voltage_v : (...) array_like
        Supply. [V]
    gain_hz : float
        The constant k, for volts. [Hz V^(1 - alpha)]
    threshold_v : float
        Threshold. [V]
    alpha : float
        Exponent. [1]

    Returns
    -------
    (...) ndarray
        Clock; 0 at the threshold and below. [Hz]

    Raises
    ------
    ValueError
        If a voltage is not positive.

    Examples
    --------
    >>> alpha_power_hz([0.3, 0.8, 1.3], 2e6, 0.3, 1.0).round(1)
    array([      0. , 1250000. , 1538461.5])
    """
    validate.require_positive(voltage_v=voltage_v)
    volts = np.asarray(voltage_v, dtype=float)
    return np.asarray(gain_hz * np.maximum(volts - threshold_v, 0) ** alpha / volts)


def alpha_power_v(frequency_hz: float, gain_hz: float, threshold_v: float, alpha: float, most_v: float = 2.0) -> float:
    """Lowest voltage at which a clock is reached.

    Parameters
    ----------
    frequency_hz : float
        Clock. [Hz]
    gain_hz, threshold_v, alpha : float
        As for `alpha_power_hz`.
    most_v : float
        Highest voltage that is looked at. [V]

    Returns
    -------
    float
        Voltage. [V]

    Raises
    ------
    ValueError
        If the clock is not reached by then.

    Examples
    --------
    >>> round(alpha_power_v(1.25e6, 2e6, 0.3, 1.0), 6)
    0.8
    """
    if float(alpha_power_hz(most_v, gain_hz, threshold_v, alpha)) < frequency_hz:
        raise ValueError(f"{frequency_hz} Hz are not reached at {most_v} V")
    missing = lambda volts: float(alpha_power_hz(volts, gain_hz, threshold_v, alpha)) - frequency_hz  # noqa: E731
    return float(optimize.brentq(missing, threshold_v, most_v, xtol=1e-13))


def task_energy_j(
    frequency_hz: ArrayLike,
    voltage_v: ArrayLike,
    cycles: float,
    memory_s: float,
    capacitance_f: float,
    static_w: float,
    idle_w: float,
    deadline_s: float,
) -> Array:
    """Energy of a task from its start to its deadline; clock and voltage broadcast.

    Parameters
    ----------
    frequency_hz : (...) array_like
        Clock. [Hz]
    voltage_v : (...) array_like
        Voltage at that clock. [V]
    cycles : float
        Cycles in which the task computes. [1]
    memory_s : float
        Time that it waits for memory. [s]
    capacitance_f : float
        Capacitance that is switched in a cycle. [F]
    static_w, idle_w : float
        Power that flows beside switching while the task runs, and once it is done. [W]
    deadline_s : float
        Until when. [s]

    Returns
    -------
    (...) ndarray
        Energy; infinite where the task is late. [J]

    Examples
    --------
    >>> task_energy_j([1e6, 2e6], [0.5, 1.0], 2e6, 0.5, 1e-6, 0.1, 0.05, 2.5).round(6).tolist()
    [0.75, 2.2]
    """
    seconds = cycles / np.asarray(frequency_hz, dtype=float) + memory_s
    switched_j = capacitance_f * np.asarray(voltage_v, dtype=float) ** 2 * cycles
    joules = switched_j + static_w * seconds + idle_w * (deadline_s - seconds)
    return np.asarray(np.where(seconds <= deadline_s * (1 + 1e-12), joules, np.inf))
