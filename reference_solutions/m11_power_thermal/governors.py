r"""Governors with a limit: never above so many watts, and never hot for long.

Question
    A rack gives each core so many watts and no more, and a core that gets too hot must slow down. Which states may a
    policy still choose, and why does a core that is throttled at its limit flutter?
Model
    .. math:: s_{max} = \max \left\{ s : C V_s^2 f_s + P_0 \frac{V_s}{V_0} e^{\beta (T - T_0)} \le P \right\}, \qquad
        t_{up} = \tau \ln \frac{T_\infty - T_{on}}{T_\infty - T_{off}}

    A state is allowed if its power stays within the limit whatever work comes: all its cycles switch, and it leaks at
    the temperature of now. Throttling with hysteresis goes to a slower state at :math:`T_{off}` and is released at
    :math:`T_{on} < T_{off}`; between the two the core heats up for :math:`t_{up}` by the law of its time constant.
    Without a distance between them it changes its state at every interval.
Assumes
    The policy inside knows no limit of its own. Power of a state is what `dvfs_day` says it is.
Breaks when
    The slowest state is too hot or too hungry: it stays chosen, and the limit is missed. Power that is averaged over
    longer than an interval allows more than this (turbo).
Source
    Linux' thermal governors, by the descriptions in their files: step-wise (one state cooler while above a trip point)
    and bang-bang (hysteresis); that mitigation goes on within the hysteresis is how a commit of 2024 has it. The
    numbers of the core are those of `dvfs_day`.
Oracle
    Energy of each interval of a day against the limit; the state above, which exceeds it; heating times in closed form;
    the number of changes with and without a distance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference_solutions.m11_power_thermal.dvfs_day import (
    LEAKAGE_W,
    NOMINAL_C,
    PER_K,
    SWITCHED_F,
    VOLTS,
    Policy,
)
from reference_solutions.units import Array

__all__ = ["ThermalThrottle", "power_capped"]


def power_capped(policy: Policy, limit_w: float) -> Policy:
    """A policy that chooses as another one does, but no state that could draw more than a limit.

    Parameters
    ----------
    policy : callable
        Any policy of `dvfs_day`.
    limit_w : float
        Power that no interval may exceed on average. [W]

    Returns
    -------
    callable
        The policy: the wanted state, or the highest within the limit, at least 0.

    Raises
    ------
    ValueError
        If the limit is not positive.

    Examples
    --------
    >>> from reference_solutions.m11_power_thermal.dvfs_day import GIGAHERTZ, always_fastest
    >>> capped = power_capped(always_fastest, 15.0)
    >>> [capped(1.0, 0.0, celsius, 5, 1e9 * np.array(GIGAHERTZ), 85.0) for celsius in (25.0, 115.0)]
    [3, 2]
    """
    if not limit_w > 0:
        raise ValueError("a limit of power is positive")
    volts = np.array(VOLTS)

    def capped(busy: float, waiting: float, temperature_c: float, state: int, clocks_hz: Array, limit_c: float) -> int:
        leaking_w = LEAKAGE_W * volts / volts[-1] * np.exp(PER_K * (temperature_c - NOMINAL_C))
        allowed = int(np.sum(SWITCHED_F * volts**2 * clocks_hz + leaking_w <= limit_w)) - 1
        wanted = int(policy(busy, waiting, temperature_c, state, clocks_hz, limit_c))
        return max(0, min(wanted, allowed))

    return capped


class ThermalThrottle:
    """A policy that steps down at a limit of temperature until the core is cooler by some kelvin.

    Parameters
    ----------
    policy : callable
        The policy that chooses while nothing is too hot.
    back_k : float
        How far below the limit the core must be before it is released. [K]

    Examples
    --------
    At the limit it goes down a state each time, and stays low until the distance is reached:

    >>> from reference_solutions.m11_power_thermal.dvfs_day import GIGAHERTZ, always_fastest
    >>> throttle, clocks_hz = ThermalThrottle(always_fastest, back_k=5.0), 1e9 * np.array(GIGAHERTZ)
    >>> [throttle(1.0, 0.0, celsius, state, clocks_hz, 85.0) for celsius, state in ((84, 5), (85, 5), (83, 4), (80, 4))]
    [5, 4, 4, 5]
    """

    def __init__(self, policy: Policy, back_k: float) -> None:
        if back_k < 0:
            raise ValueError("the distance is not negative")
        self._policy, self._back_k, self._hot = policy, back_k, False

    def __call__(self, busy: float, waiting: float, temperature_c: float, state: int, *seen: Any) -> int:
        """The next state.

        Parameters
        ----------
        busy, waiting : float
            Shares of the last interval, as `dvfs_day` gives them. [1]
        temperature_c : float
            Temperature now. [degC]
        state : int
            State until now. [1]
        *seen
            Clocks [Hz], and the limit of temperature [degC].

        Returns
        -------
        int
            State. [1]
        """
        limit_c = seen[-1]
        wanted = int(self._policy(busy, waiting, temperature_c, state, *seen))
        self._hot = temperature_c >= limit_c or (self._hot and temperature_c > limit_c - self._back_k)
        if not self._hot:
            return wanted
        return min(wanted, max(0, state - 1) if temperature_c >= limit_c else state)
