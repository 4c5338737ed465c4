r"""Junction temperature against performance: what a hotter limit buys, where it buys nothing more, and for how long.

Question
    A chip may be let as hot as its limit. How fast does it run for ever at each limit, with each cooler; and how long
    may it run faster?
Model
    .. math:: P_d(T) = \frac{T - T_a}{R} - P_0\, e^{\beta (T - T_0)}, \qquad
        T^* = T_0 - \frac{\ln(\beta R P_0)}{\beta}, \qquad
        t_{boost} = -\tau \ln\left( 1 - \frac{T_{limit} - T_1}{P R} \right)

    At a limit :math:`T` so much heat leaves, and leakage takes its part of it; the rest is for work. Up to :math:`T^*`
    each further kelvin carries away more than it makes the chip leak; beyond, less: a limit is a permission, and
    nobody gains by using more of it than :math:`T^*`. A chip that starts :math:`T_1 - T_a` above its coolant, warms
    towards :math:`P R` above it, and reaches the limit after :math:`t_{boost}`; here :math:`T_1 = T_a`.
Assumes
    One temperature, one resistance, one time constant; leakage at the voltage of the fastest state; clocks between two
    states are had by switching between them.
Breaks when
    A hot spot reaches the limit before the rest of the chip, or coolers have time constants of their own.
Source
    A balance of heat with one resistance, as in `junction_temperature_c`; leakage over temperature as in
    `leakage_fit`, the turning point as in `settled_temperature_c`.
Oracle
    Search over states by where they settle; a search for the best temperature; a capacitor charged step by step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.m11_power_thermal.runaway import settled_temperature_c
from reference_solutions.units import Array

__all__ = ["boost_s", "sustained_state", "tj_figure"]


def boost_s(
    limit_c: ArrayLike, start_c: ArrayLike, ambient_c: ArrayLike, power_w: ArrayLike, resistance_k_per_w: ArrayLike,
    time_constant_s: ArrayLike,
) -> Array:  # fmt: skip
    """Time until a chip reaches its limit at constant power; the arguments broadcast.

    Parameters
    ----------
    limit_c, start_c, ambient_c : (...) array_like
        Limit, temperature at the start, temperature of the coolant. [degC]
    power_w : (...) array_like
        Power. [W]
    resistance_k_per_w : (...) array_like
        From junction to coolant. [K/W]
    time_constant_s : (...) array_like
        Resistance times capacitance. [s]

    Returns
    -------
    (...) ndarray
        Time; infinite where the limit is never reached, 0 where it is reached already. [s]

    Examples
    --------
    >>> boost_s(85.0, 25.0, 25.0, [100.0, 200.0], 0.5, 10.0).round(3)
    array([  inf, 9.163])
    """
    goal = np.asarray(ambient_c) + np.asarray(power_w, dtype=float) * np.asarray(resistance_k_per_w)
    left = np.maximum(np.asarray(limit_c, dtype=float) - np.asarray(start_c), 0)
    way = goal - np.asarray(start_c)
    share = np.where(way > left, left / np.where(way > left, way, 1.0), 0.0)
    return np.asarray(np.where(way > left, -np.asarray(time_constant_s) * np.log1p(-share), np.inf))


def sustained_state(
    limit_c: float, ambient_c: float, resistance_k_per_w: float, dynamic_w: ArrayLike, leakage_w: ArrayLike,
    per_k: float, nominal_c: float,
) -> int:  # fmt: skip
    """Fastest state that settles at the limit or below.

    Parameters
    ----------
    limit_c, ambient_c : float
        Limit, and temperature of the coolant. [degC]
    resistance_k_per_w : float
        From junction to coolant. [K/W]
    dynamic_w : (states,) array_like
        Dynamic power of each state, rising. [W]
    leakage_w : (states,) array_like
        Leakage of each state at the nominal temperature. [W]
    per_k : float
        Exponent of the leakage. [1/K]
    nominal_c : float
        Temperature at which the leakage holds. [degC]

    Returns
    -------
    int
        The state, from 0; -1 if none settles there. [1]

    Examples
    --------
    >>> sustained_state(90.0, 45.0, 0.5, [20.0, 40.0, 60.0, 80.0], [15.0] * 4, 0.02, 60.0)
    2
    """
    settled_c = settled_temperature_c(ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c)
    return int(np.max(np.flatnonzero(settled_c <= limit_c), initial=-1))


def tj_figure(limits_c: Array, coolers: Mapping[str, float], chip: Mapping[str, Any]) -> dict[str, Any]:
    """Sustained clock against the limit of the junction's temperature, a line a cooler, as plain data.

    Parameters
    ----------
    limits_c : (n,) ndarray
        Rising limits. [degC]
    coolers : mapping of str to float
        Thermal resistance of each cooler, by its name. [K/W]
    chip : mapping
        `ambient_c`, `nominal_c` [degC]; `leakage_w` at the nominal temperature [W]; `per_k` [1/K]; `clocks_ghz`
        [GHz] and `dynamic_w` [W], both rising.

    Returns
    -------
    dict
        `title`; `x` and `y` with `label`, `scale`, `limits`; `series`, a line for each cooler, without the limits at
        which not even the slowest clock is sustained; `marks` where each line is within 1 MHz of its end; `left_out`:
        coolers that have no line.

    Examples
    --------
    >>> chip = {"ambient_c": 25.0, "nominal_c": 60.0, "leakage_w": 10.0, "per_k": 0.02}
    >>> chip |= {"clocks_ghz": [1.0, 2.0], "dynamic_w": [20.0, 60.0]}
    >>> plain = tj_figure(np.array([40.0, 60.0, 80.0]), {"fan": 0.5, "none": 3.0}, chip)
    >>> [round(y, 4) for y in plain["series"][0]["y"]], plain["left_out"]
    ([1.0824, 2.0, 2.0], ['none'])
    """
    series, marks, left_out = [], [], []
    clocks, dynamic = np.asarray(chip["clocks_ghz"], dtype=float), np.asarray(chip["dynamic_w"], dtype=float)
    for label, resistance in coolers.items():
        turning_c = chip["nominal_c"] - np.log(chip["per_k"] * resistance * chip["leakage_w"]) / chip["per_k"]
        used_c = np.minimum(limits_c, turning_c)  # a limit is no duty
        leaking_w = chip["leakage_w"] * np.exp(chip["per_k"] * (used_c - chip["nominal_c"]))
        working_w = (used_c - chip["ambient_c"]) / resistance - leaking_w
        runs = working_w >= dynamic[0]
        if not np.any(runs):
            left_out.append(label)
            continue
        sustained = np.interp(working_w[runs], dynamic, clocks)
        series.append({"label": label, "kind": "line", "x": limits_c[runs].tolist(), "y": sustained.tolist()})
        first = int(np.argmax(sustained >= sustained[-1] - 1e-3))
        marks.append({"label": label, "x": float(limits_c[runs][first]), "y": float(sustained[first])})
    return {
        "title": "What a hotter limit buys",
        "x": {"label": "limit [degC]", "scale": "linear", "limits": [float(limits_c[0]), float(limits_c[-1])]},
        "y": {"label": "sustained clock [GHz]", "scale": "linear", "limits": [0.0, float(clocks[-1])]},
        "series": series,
        "marks": marks,
        "left_out": left_out,
    }
