r"""A core whose clock a policy sets every ten milliseconds, under work that comes, waits for memory, and heats.

Question
    Each interval a policy sees how busy the core was, how much of that it waited, and how warm it is, and chooses the
    next state. How much energy does the day take, how much work is late, and how warm does it get?
Model
    .. math:: t = \frac{N}{f} + t_{mem}, \qquad \phi = \min\left(1, \frac{\Delta t}{t}\right), \qquad
        P = \frac{\phi}{\Delta t} C V^2 \left( N + w f t_{mem} \right)
        + P_0 \frac{V}{V_0} e^{\beta (T - T_0)}, \qquad
        T' = T_\infty + (T - T_\infty) e^{-\Delta t / \tau}

    Work is what was left over and what comes: cycles :math:`N` and time at memory. A share :math:`\phi` of it is done.
    A core that waits still clocks, with :math:`w` of its switching; one that idles is gated, and leaks.
    :math:`T_\infty` is where this interval's power would lead.
Assumes
    Work is a fluid; a change of state takes no time; one temperature.
Breaks when
    Changes are dear (regulators take tens of microseconds), or work has deadlines of its own.
Source
    States by Sakurai, Newton, IEEE JSSC 25(2), 1990, with a threshold of 0.3 V and an exponent of 1.3; governors as in
    Linux' documentation of CPU performance scaling (performance, powersave, ondemand). The core is made up.
Oracle
    A day in steps a hundred times as short; balances of work and energy; constant load in closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import GIGA, Array

__all__ = ["always_fastest", "always_slowest", "dvfs_day", "next_state", "ondemand"]

GIGAHERTZ = (1.0, 1.4, 1.8, 2.2, 2.6, 3.0)
VOLTS = (0.468, 0.544, 0.632, 0.735, 0.857, 1.0)
"""Six states, the voltages by the alpha-power law."""

INTERVAL_S, LIMIT_C = 0.01, 85.0
SWITCHED_F, WAITING = 1e-8, 0.35  # capacitance of a cycle, and the part of it that switches while the core waits
LEAKAGE_W, PER_K, NOMINAL_C = 2.0, 0.015, 60.0
KELVIN_PER_W, TIME_CONSTANT_S = 2.0, 0.5

Policy = Callable[[float, float, float, int, Array, float], Any]


def dvfs_day(
    policy: Policy, cycles: ArrayLike, memory_s: ArrayLike, ambient_c: float, interval_s: float = INTERVAL_S
) -> dict[str, Array]:
    """A day by a policy, interval by interval.

    Parameters
    ----------
    policy : callable
        `policy(busy, waiting, temperature_c, state, clocks_hz, limit_c)` gives the state of the next interval, from 0.
    cycles : (n,) array_like
        Cycles of computing that arrive with each interval. [1]
    memory_s : (n,) array_like
        Time at memory that arrives with them. [s]
    ambient_c : float
        Where the core's temperature begins, and what cools it. [degC]
    interval_s : float
        Length of an interval. [s]

    Returns
    -------
    dict of str to ndarray
        Columns `state`, `busy` and `waiting` [1], `energy_j`, `temperature_c` at the end of the interval, `left_s`, the
        time that what is left over would take at the highest clock [s], and `done_s`, the same of what was done [s].

    Examples
    --------
    >>> day = dvfs_day(always_fastest, [6e6, 6e6], [0.001, 0.001], 25.0)
    >>> day["busy"].round(3).tolist(), day["waiting"].round(3).tolist(), day["state"].tolist()
    ([0.3, 0.3], [0.333, 0.333], [5.0, 5.0])
    """
    clocks_hz, volts, state = GIGA * np.array(GIGAHERTZ), np.array(VOLTS), len(VOLTS) - 1
    computing, memory, temperature_c = 0.0, 0.0, ambient_c
    rows: list[Sequence[float]] = []
    for arriving, stalled in zip(np.asarray(cycles, dtype=float), np.asarray(memory_s, dtype=float), strict=True):
        computing, memory = computing + arriving, memory + stalled
        full_s = computing / clocks_hz[state] + memory
        part = min(1.0, interval_s / full_s) if full_s > 0 else 0.0
        switched = SWITCHED_F * volts[state] ** 2 * part * (computing + WAITING * clocks_hz[state] * memory)
        leaking_w = LEAKAGE_W * volts[state] / volts[-1] * np.exp(PER_K * (temperature_c - NOMINAL_C))
        energy_j = switched + leaking_w * interval_s
        goal_c = ambient_c + KELVIN_PER_W * energy_j / interval_s
        temperature_c = goal_c + (temperature_c - goal_c) * np.exp(-interval_s / TIME_CONSTANT_S)
        busy, waiting = part * full_s / interval_s, memory / full_s if full_s > 0 else 0.0
        done_s = part * (computing / clocks_hz[-1] + memory)
        computing, memory = (1 - part) * computing, (1 - part) * memory
        left_s = computing / clocks_hz[-1] + memory
        rows.append((state, busy, waiting, energy_j, temperature_c, left_s, done_s))
        state = int(policy(float(busy), float(waiting), float(temperature_c), state, clocks_hz.copy(), LIMIT_C))
    names = ("state", "busy", "waiting", "energy_j", "temperature_c", "left_s", "done_s")
    return dict(zip(names, np.array(rows, dtype=float).T, strict=True))


def next_state(busy: float, waiting: float, temperature_c: float, state: int, clocks_hz: Array, limit_c: float) -> int:
    """A policy: the slowest state that would have kept the core busy for 85 % of the time, if it is not too warm.

    Parameters
    ----------
    busy : float
        Share of the last interval in which the core had work. [1]
    waiting : float
        Share of that time in which it waited for memory. [1]
    temperature_c : float
        Its temperature now. [degC]
    state : int
        Its state until now. [1]
    clocks_hz : (states,) ndarray
        Clock of each state, rising. [Hz]
    limit_c : float
        Temperature that it must not exceed. [degC]

    Returns
    -------
    int
        The next state. [1]

    Examples
    --------
    Busy for 40 % of an interval at 3 GHz, a quarter of that at memory:

    >>> next_state(0.4, 0.25, 50.0, 5, 1e9 * np.array(GIGAHERTZ), 85.0)
    1
    """
    computed_hz = busy * (1 - waiting) * clocks_hz[state]
    room = max(0.85 - busy * waiting, 0.05)  # memory takes as long at any clock
    wanted = int(np.searchsorted(clocks_hz, computed_hz / room))
    if busy > 0.98 and waiting < 0.8:
        wanted = len(clocks_hz) - 1  # nobody knows how much more there is
    if temperature_c > limit_c - 2:
        wanted = min(wanted, state - 1)
    elif temperature_c > limit_c - 5:
        wanted = min(wanted, state)
    return min(max(wanted, 0), len(clocks_hz) - 1)


def always_fastest(*_seen: Any) -> int:
    """A policy: the fastest state, whatever is seen.

    Parameters
    ----------
    *_seen
        What a policy sees.

    Returns
    -------
    int
        The last state. [1]

    Examples
    --------
    >>> always_fastest()
    5
    """
    return len(GIGAHERTZ) - 1


def always_slowest(*_seen: Any) -> int:
    """A policy: the slowest state, whatever is seen.

    Parameters
    ----------
    *_seen
        What a policy sees.

    Returns
    -------
    int
        The first state. [1]

    Examples
    --------
    >>> always_slowest()
    0
    """
    return 0


def ondemand(busy: float, _waiting: float, _temperature_c: float, state: int, clocks_hz: Array, _limit_c: float) -> int:
    """A policy that takes a core that waits for a busy one: the fastest state above 80 %, else in proportion.

    Parameters
    ----------
    busy, _waiting, _temperature_c, state, clocks_hz, _limit_c
        As for `next_state`.

    Returns
    -------
    int
        The next state. [1]

    Examples
    --------
    >>> ondemand(0.4, 0.9, 50.0, 5, 1e9 * np.array(GIGAHERTZ), 85.0)
    2
    """
    if busy > 0.8:
        return len(clocks_hz) - 1
    return int(np.searchsorted(clocks_hz, busy * clocks_hz[state] / 0.8))
