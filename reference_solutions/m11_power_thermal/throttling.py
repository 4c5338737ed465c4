r"""Frames on a board that slows down when it is hot: latency, temperature and energy, frame by frame.

Question
    A camera's frames queue for a board without a fan. It is fast enough while cool. What is the 99th percentile of the
    latency when it heats up, slows down, and cools again?
Model
    .. math:: T(t + \Delta) = T_\infty + (T(t) - T_\infty)\, e^{-\Delta / \tau}, \qquad T_\infty = T_a + P R

    One frame is served at a time, in order; who finds as many waiting as the queue holds is dropped. While the board
    serves it draws the base and the busy power, otherwise the base alone, and its temperature follows with one time
    constant. When a frame starts at the limit or above, the board is slow from there on: service takes longer by a
    factor, at another power, until a frame starts at the resume temperature or below.
Assumes
    One temperature; clocks change between frames only; base power does not depend on temperature.
Breaks when
    Several parts have time constants of their own, or the governor has more than two states.
Source
    The resistance and capacitance of `boost_s`; two trip points as in NVIDIA, *Jetson Linux Developer Guide* r36.3,
    "Platform Power and Performance", on thermal management. States, queue and drops are our own.
Oracle
    The same board as processes in SimPy with a temperature in steps of milliseconds; D/D/1; closed forms of a board
    that is always busy: `boost_s` until the first slow frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.m08_tail_latency.quantiles import nearest_rank_quantile_s, quantile_interval_s
from reference_solutions.m11_power_thermal.tj_study import boost_s
from reference_solutions.units import Array

__all__ = ["highest_ambient_c", "throttled_frames", "time_to_limit_s"]


@dataclass
class _Board:
    """Temperature and state of the board while frames pass."""

    ambient_c: float
    resistance_k_per_w: float
    time_constant_s: float
    now_c: float
    hottest_c: float
    energy_j: float = 0.0

    def passes(self, time_s: float, power_w: float) -> None:
        goal_c = self.ambient_c + power_w * self.resistance_k_per_w
        self.now_c = goal_c + (self.now_c - goal_c) * float(np.exp(-time_s / self.time_constant_s))
        self.hottest_c = max(self.hottest_c, self.now_c)
        self.energy_j += power_w * time_s


def throttled_frames(
    arrivals_s: ArrayLike,
    work_s: ArrayLike,
    base_w: float,
    busy_w: float,
    slow_factor: float,
    slow_w: float,
    ambient_c: float,
    start_c: float,
    limit_c: float,
    resume_c: float,
    resistance_k_per_w: float,
    time_constant_s: float,
    queue_frames: int = 8,
) -> dict[str, float]:
    """Frames through a board that throttles.

    Parameters
    ----------
    arrivals_s, work_s : (n,) array_like
        Rising times of arrival, and time that each takes at full speed. [s]
    base_w, busy_w : float
        Power at rest, and what serving adds at full speed. [W]
    slow_factor, slow_w : float
        How much longer service takes on a slow board [1], and what it adds then [W].
    ambient_c, start_c : float
        Surroundings, and the board at the first frame. [degC]
    limit_c, resume_c : float
        Where it becomes slow, and fast again. [degC]
    resistance_k_per_w, time_constant_s : float
        From board to surroundings [K/W]; resistance times capacitance [s].
    queue_frames : int
        Frames that may wait. [1]

    Returns
    -------
    dict of str to float
        `mean_s` and, by nearest rank, `p50_s`, `p90_s`, `p99_s` of the frames that were served; `p99_low_s`,
        `p99_high_s`, its interval from order statistics, infinite where too few were served [s]; `dropped_share` of
        all frames;
        `slow_share` of those served [1]; `hottest_c` [degC]; `power_w`, mean over the trace [W]; `busy_share` of its
        time [1].

    Raises
    ------
    ValueError
        If there are no frames, arrivals do not rise, or work, factor, resistance or time constant is not positive.

    Examples
    --------
    Ten frames a second that take 50 ms each, and twice as long when slow:

    >>> power = {"base_w": 1.0, "busy_w": 10.0, "slow_factor": 2.0, "slow_w": 3.0}
    >>> heat = {"ambient_c": 25.0, "start_c": 25.0, "limit_c": 45.0, "resume_c": 40.0}
    >>> frames = np.arange(1000) / 10, np.full(1000, 0.05)
    >>> cool = throttled_frames(*frames, **power, **heat, resistance_k_per_w=3.0, time_constant_s=20.0)
    >>> hot = throttled_frames(*frames, **power, **heat, resistance_k_per_w=5.0, time_constant_s=20.0)
    >>> round(cool["p99_s"], 3), round(hot["p99_s"], 3), hot["slow_share"]
    (0.05, 0.1, 0.779)
    """
    arrivals, work = np.asarray(arrivals_s, dtype=float), np.asarray(work_s, dtype=float)
    if arrivals.size == 0 or arrivals.shape != work.shape or np.any(np.diff(arrivals) < 0):
        raise ValueError("each frame has an arrival and its work, and arrivals rise")
    validate.require_positive(work_s=work, slow_factor=slow_factor)
    validate.require_positive(resistance_k_per_w=resistance_k_per_w, time_constant_s=time_constant_s)
    board = _Board(ambient_c, resistance_k_per_w, time_constant_s, start_c, start_c)
    free_s, busy_s, slow, is_slow = float(arrivals[0]), 0.0, 0, False
    ends_s: list[float] = []
    latencies_s: list[float] = []
    for arrival_s, need_s in zip(arrivals.tolist(), work.tolist(), strict=True):
        if len(ends_s) > queue_frames and ends_s[-queue_frames - 1] > arrival_s:
            continue  # one is served, and as many wait as may
        start_s = max(arrival_s, free_s)
        board.passes(start_s - free_s, base_w)
        is_slow = board.now_c > resume_c if is_slow else board.now_c >= limit_c
        takes_s = need_s * (slow_factor if is_slow else 1.0)
        board.passes(takes_s, base_w + (slow_w if is_slow else busy_w))
        free_s, busy_s, slow = start_s + takes_s, busy_s + takes_s, slow + is_slow
        ends_s.append(free_s)
        latencies_s.append(start_s - arrival_s + takes_s)
    served = len(ends_s)
    span_s = free_s - float(arrivals[0])
    return {
        **_quantiles(np.array(latencies_s)),
        "dropped_share": 1 - served / arrivals.size,
        "slow_share": slow / served,
        "hottest_c": board.hottest_c,
        "power_w": board.energy_j / span_s,
        "busy_share": busy_s / span_s,
    }


def _quantiles(latency_s: Array) -> dict[str, float]:
    p50, p90, p99 = nearest_rank_quantile_s(latency_s, [0.5, 0.9, 0.99]).tolist()
    ends = quantile_interval_s(latency_s, 0.99)
    mean = float(np.mean(latency_s))
    return {
        "mean_s": mean,
        "p50_s": p50,
        "p90_s": p90,
        "p99_s": p99,
        "p99_low_s": ends["low"],
        "p99_high_s": ends["high"],
    }


def time_to_limit_s(
    limit_c: ArrayLike, start_c: ArrayLike, ambient_c: ArrayLike, power_w: ArrayLike, resistance_k_per_w: ArrayLike,
    time_constant_s: ArrayLike, horizon_s: float,
) -> Array:  # fmt: skip
    """Time until a board reaches its limit at constant power, looked at no longer than to a horizon; they broadcast.

    Parameters
    ----------
    limit_c, start_c, ambient_c : (...) array_like
        Limit, the board at the start, surroundings. [degC]
    power_w : (...) array_like
        Power. [W]
    resistance_k_per_w : (...) array_like
        From board to surroundings. [K/W]
    time_constant_s : (...) array_like
        Resistance times capacitance. [s]
    horizon_s : float
        What is told where the limit is reached later, or never. [s]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If resistance, time constant or horizon is not positive.

    Examples
    --------
    >>> time_to_limit_s(85.0, 25.0, 25.0, [10.0, 20.0], 5.0, 60.0, 3600.0).round(1)
    array([3600.,   55.])
    """
    validate.require_positive(resistance_k_per_w=resistance_k_per_w, time_constant_s=time_constant_s)
    validate.require_positive(horizon_s=horizon_s)
    reached_s = boost_s(limit_c, start_c, ambient_c, power_w, resistance_k_per_w, time_constant_s)
    return np.asarray(np.minimum(reached_s, horizon_s))


def highest_ambient_c(
    limit_c: ArrayLike, dynamic_w: ArrayLike, leakage_w: ArrayLike, per_k: ArrayLike, nominal_c: ArrayLike,
    resistance_k_per_w: ArrayLike,
) -> Array:  # fmt: skip
    """Surroundings at which a board that leaks settles at its limit; the arguments broadcast.

    Parameters
    ----------
    limit_c : (...) array_like
        Limit. [degC]
    dynamic_w : (...) array_like
        Power that does not depend on temperature. [W]
    leakage_w : (...) array_like
        Leakage at the nominal temperature. [W]
    per_k : (...) array_like
        Exponent of the leakage. [1/K]
    nominal_c : (...) array_like
        Nominal temperature. [degC]
    resistance_k_per_w : (...) array_like
        From board to surroundings. [K/W]

    Returns
    -------
    (...) ndarray
        Temperature. [degC]

    Raises
    ------
    ValueError
        If the resistance is not positive.

    Examples
    --------
    >>> round(float(highest_ambient_c(85.0, 8.0, 1.0, 0.02, 25.0, 4.0)), 2)
    39.72
    """
    validate.require_positive(resistance_k_per_w=resistance_k_per_w)
    limit = np.asarray(limit_c, dtype=float)
    leaking_w = np.asarray(leakage_w) * np.exp(np.asarray(per_k) * (limit - np.asarray(nominal_c)))
    return np.asarray(limit - np.asarray(resistance_k_per_w) * (np.asarray(dynamic_w) + leaking_w))
