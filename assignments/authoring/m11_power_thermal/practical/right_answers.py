"""Right answers of module 11's practical by other ways, written from the released notebook alone."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import linalg

from graders.checks import answer


@answer("m11_unit_power_w", by="energy of a window, unit by unit")
def power_of_energies(events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v):
    counts, gated = np.atleast_2d(np.asarray(events, float)), np.atleast_2d(np.asarray(gated_share, float))
    rows, units = counts.shape
    hertz, volts = (np.broadcast_to(np.asarray(each, float), rows) for each in (frequency_hz, voltage_v))
    if counts.min() < 0 or gated.min() < 0 or gated.max() > 1:
        raise ValueError("no such counts")
    if window_s <= 0 or nominal_v <= 0 or hertz.min() <= 0 or volts.min() <= 0:
        raise ValueError("not positive")
    power = np.zeros((rows, units))
    for row in range(rows):
        cycles, scale = hertz[row] * window_s, volts[row] ** 2 / nominal_v**2
        for unit in range(units):
            joules = counts[row, unit] * event_j[unit] + cycles * (1 - gated[row, unit]) * clock_j[unit]
            power[row, unit] = scale * joules / window_s
    return power.reshape(np.shape(events))


@answer("m11_leakage_fit", by="normal equations of centred columns")
def fit_by_normal_equations(power_w, voltage_v, temperature_c, nominal_v, nominal_c):
    watts, volts, degrees = (np.asarray(each, float) for each in (power_w, voltage_v, temperature_c))
    if watts.min() <= 0 or volts.min() <= 0 or len(watts) < 3:
        raise ValueError("no such measurements")
    wanted = np.log(watts) - np.log(volts) + math.log(nominal_v)
    dv, dt, dw = volts - volts.mean(), degrees - degrees.mean(), wanted - wanted.mean()
    vv, tt, vt = dv @ dv, dt @ dt, dv @ dt
    if vv * tt - vt * vt <= 1e-9 * vv * tt or vv * tt == 0:
        raise ValueError("they determine nothing")
    per_v = (dv @ dw * tt - dt @ dw * vt) / (vv * tt - vt * vt)
    per_k = (dt @ dw * vv - dv @ dw * vt) / (vv * tt - vt * vt)
    at_nominal = wanted.mean() + per_v * (nominal_v - volts.mean()) + per_k * (nominal_c - degrees.mean())
    return {"nominal_w": math.exp(at_nominal), "per_v": per_v, "per_k": per_k, "doubling_k": math.log(2) / per_k}


@answer("m11_calibrated_scales", by="one factor after the other, until nothing moves")
def scales_one_by_one(unit_w, other_w, measured_w, anchors, low=0.5, high=2.0, ridge=0.01):
    if len(anchors) == 0 or min(measured_w) <= 0 or ridge <= 0 or not 0 < low < 1 < high:
        raise ValueError("no calibration")
    units = np.asarray(unit_w, float)
    rows = units[anchors] / np.asarray(measured_w, float)[anchors][:, None]
    wanted = 1 - np.asarray(other_w, float)[anchors] / np.asarray(measured_w, float)[anchors]
    scales = np.ones(units.shape[1])
    for _ in range(20_000):
        before = scales.copy()
        for unit in range(len(scales)):
            others = wanted - rows @ scales + rows[:, unit] * scales[unit]
            best = (rows[:, unit] @ others + ridge) / (rows[:, unit] @ rows[:, unit] + ridge)
            scales[unit] = min(max(best, low), high)
        if np.max(np.abs(scales - before)) < 1e-9:
            break
    return {"scales": scales, "errors": (units @ scales + other_w) / measured_w - 1}


def shape_between(one, other, near=1e-6):
    """Common edge over the way between two middles; 0 where they do not touch."""
    (w, h, x, y), (v, g, p, q) = one, other
    over_x, over_y = min(x + w, p + v) - max(x, p), min(y + h, q + g) - max(y, q)
    if over_x > near and over_y > near:
        raise ValueError("two in one place")
    if over_y > near and abs(over_x) < near:
        return over_y / (w / 2 + v / 2)
    return over_x / (h / 2 + g / 2) if over_x > near and abs(over_y) < near else 0.0


@answer("m11_stack_w_per_k", by="link after link")
def stack_by_links(blocks_m, thickness_m, conductivity_w_per_mk):
    n = len(blocks_m)
    if np.min(np.asarray(blocks_m)[:, :2]) <= 0 or min(thickness_m) <= 0 or min(conductivity_w_per_mk) <= 0:
        raise ValueError("not positive")
    links = [(i, j, shape_between(blocks_m[i], blocks_m[j])) for i in range(n) for j in range(i)]
    found = np.zeros((n * len(thickness_m),) * 2)

    def link(a, b, conductance):
        for one, other in ((a, b), (b, a)):
            found[one, one] += conductance
            found[one, other] -= conductance

    for layer, (t, k) in enumerate(zip(thickness_m, conductivity_w_per_mk, strict=True)):
        for i, j, shape in links:
            link(layer * n + i, layer * n + j, k * t * shape)
        if layer < len(thickness_m) - 1:
            for i, (w, h, _, _) in enumerate(blocks_m):
                link(layer * n + i, layer * n + n + i, k * w * h / t)
    return found


@answer("m11_rises_k", by="the exponential of an augmented matrix")
def rises_by_exponentials(conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k=0.0):
    heat = np.asarray(capacitance_j_per_k, float)
    if step_s <= 0 or heat.min() <= 0:
        raise ValueError("not positive")
    n = len(heat)
    grown = np.zeros((2 * n, 2 * n))
    grown[:n, :n] = -np.asarray(conductance_w_per_k, float) / heat[:, None] * step_s
    grown[:n, n:] = np.diag(step_s / heat)
    grown = linalg.expm(grown)
    state, found = np.broadcast_to(np.asarray(start_k, float), n), []
    for power in np.asarray(power_w, float):
        state = grown[:n, :n] @ state + grown[:n, n:] @ power
        found.append(state)
    return np.array(found)


@answer("m11_settled_temperature_c", by="halving, below where the slopes are equal")
def settled_by_halving(ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c):
    def one(ambient, resistance, dynamic, leakage, beta, nominal):
        if resistance <= 0 or beta <= 0 or dynamic < 0 or leakage < 0:
            raise ValueError("no such chip")
        if leakage == 0:
            return ambient + resistance * dynamic

        def excess(t):
            return ambient + resistance * (dynamic + leakage * math.exp(beta * (t - nominal))) - t

        low, high = ambient, nominal - math.log(beta * resistance * leakage) / beta
        if high < ambient or excess(high) > 0:
            return math.inf
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if excess(middle) > 0 else (low, middle)
        return low

    return np.vectorize(one, otypes=[float])(ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c)


@answer("m11_next_state", by="trying the states from below")
def state_from_below(busy, waiting, temperature_c, state, clocks_hz, limit_c):
    """Work in seconds at each state, with a fifth to spare; all of it where the last interval was not enough."""
    computing, stalled = busy * (1 - waiting), busy * waiting
    fastest = len(clocks_hz) - 1
    choice = fastest
    if busy < 0.99:
        fits = [
            s
            for s in range(fastest + 1)
            if computing * clocks_hz[state] / clocks_hz[s] + stalled < max(0.8, stalled + 0.12)
        ]
        choice = fits[0] if fits else fastest
    if temperature_c > limit_c - 1.5:
        choice = min(choice, max(state - 1, 0))
    elif temperature_c > limit_c - 3:
        choice = min(choice, state)
    return choice


@answer("m11_design_table", by="each against each other one")
def table_by_pairs(time_s, power_w, work):
    if min(time_s) <= 0 or min(power_w) <= 0 or work <= 0:
        raise ValueError("not positive")
    points = [(float(t), float(t) * float(p)) for t, p in zip(time_s, power_w, strict=True)]
    rows = []
    for t, e in points:
        beaten = any((t2 < t and e2 <= e) or (t2 <= t and e2 < e) for t2, e2 in points)
        rows.append(
            {"energy_j": e, "edp_j_s": e * t, "ed2p_j_s2": e * t * t, "work_per_j": work / e, "on_frontier": not beaten}
        )
    return pd.DataFrame(rows)


@answer("m11_dram_energy_j", by="charge of a device, cycle by cycle")
def energy_of_charges(chip, devices, commands, window_s, active_share):
    if devices < 1 or any(count < 0 for count in commands.values()) or window_s <= 0 or not 0 <= active_share <= 1:
        raise ValueError("no such rank")
    ampere = {name: chip[name] * 1e-3 for name in chip if name.startswith("idd")}
    cycle = chip["tck_ns"] * 1e-9
    charge = {
        "activate": sum(
            (ampere["idd0_ma"] - (ampere["idd3n_ma"] if number < chip["tras"] else ampere["idd2n_ma"])) * cycle
            for number in range(chip["tras"] + chip["trp"])
        ) * commands["activates"],
        "read": (ampere["idd4r_ma"] - ampere["idd3n_ma"]) * cycle * chip["burst"] / 2 * commands["reads"],
        "write": (ampere["idd4w_ma"] - ampere["idd3n_ma"]) * cycle * chip["burst"] / 2 * commands["writes"],
        "refresh": (ampere["idd5_ma"] - ampere["idd3n_ma"]) * cycle * chip["trfc"] * commands["refreshes"],
        "standby": ampere["idd3n_ma"] * active_share * window_s + ampere["idd2n_ma"] * (1 - active_share) * window_s,
    }  # fmt: skip
    joules = {name: devices * chip["vdd_v"] * coulomb for name, coulomb in charge.items()}
    return {**joules, "total": math.fsum(joules.values())}


@answer("m11_energy_counter", by="a counter without an end")
class CounterWithoutAnEnd:
    """Unfolds the readings into one number that only grows."""

    def __init__(self, power_unit, most_w):
        if most_w <= 0:
            raise ValueError("no power")
        self._per_j, self._most_w, self._first, self._last = 2 ** ((power_unit // 256) % 32), most_w, None, None

    @property
    def energy_j(self):
        return (self._last[1] - self._first[1]) / self._per_j if self._first else 0

    @property
    def mean_power_w(self):
        spent_s = self._last[0] - self._first[0] if self._first else 0
        return self.energy_j / spent_s if spent_s else 0

    def record(self, time_s, raw):
        if raw < 0 or raw >= 2**32:
            raise ValueError("no number of 32 bits")
        if self._first is None:
            self._first = self._last = (time_s, raw)
            return
        gap_s = time_s - self._last[0]
        if gap_s <= 0 or gap_s * self._most_w * self._per_j >= 2**32:
            raise ValueError("not later, or too late")
        turns, shown = divmod(self._last[1], 2**32)
        self._last = (time_s, (turns + (raw < shown)) * 2**32 + raw)

    def above_idle_j(self, idle_w):
        return self.energy_j - (idle_w * (self._last[0] - self._first[0]) if self._first else 0)
