"""Clocks, policies, limits and floorplans: searched on grids, integrated in small steps, tried one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m11_power_thermal.block_model import package_network, steady_temperatures_k
from reference_solutions.m11_power_thermal.dvfs_day import (
    GIGAHERTZ,
    VOLTS,
    always_fastest,
    always_slowest,
    dvfs_day,
    next_state,
    ondemand,
)
from reference_solutions.m11_power_thermal.floorplan import floorplan_file
from reference_solutions.m11_power_thermal.junction import junction_temperature_c
from reference_solutions.m11_power_thermal.tj_study import boost_s, sustained_state, tj_figure
from reference_solutions.m11_power_thermal.voltage_frequency import alpha_power_hz, alpha_power_v, task_energy_j

# --- clocks and voltages ----------------------------------------------------------------------------------------------

GAIN_HZ = 3e9 / 0.7**1.3  # 3 GHz at 1 V, with a threshold of 0.3 V and an exponent of 1.3


@given(st.floats(0.35, 1.9), st.floats(1.0, 2.0))
def test_clock_and_voltage_undo_each_other(volts, alpha):
    hertz = float(alpha_power_hz(volts, 1e9, 0.3, alpha))
    assert alpha_power_v(hertz, 1e9, 0.3, alpha) == pytest.approx(volts, rel=1e-6)


def test_the_states_lie_on_the_law():
    for gigahertz, volts in zip(GIGAHERTZ, VOLTS, strict=True):
        assert alpha_power_v(gigahertz * 1e9, GAIN_HZ, 0.3, 1.3) == pytest.approx(volts, abs=6e-4)
    assert float(alpha_power_hz(0.2, GAIN_HZ, 0.3, 1.3)) == 0
    with pytest.raises(ValueError, match="not reached"):
        alpha_power_v(1e11, GAIN_HZ, 0.3, 1.3)


def test_energy_of_a_task_by_integration():
    """Power in small steps: computing, waiting, idling."""
    for gigahertz, volts in zip(GIGAHERTZ, VOLTS, strict=True):
        times = (np.arange(200_000) + 0.5) * 1e-6
        computes = times < 0.09 / gigahertz
        runs = times < 0.09 / gigahertz + 0.03
        watts = 1e-9 * volts**2 * gigahertz * 1e9 * computes + np.where(runs, 1.5, 0.2)
        found = float(task_energy_j(gigahertz * 1e9, volts, 9e7, 0.03, 1e-9, 1.5, 0.2, 0.2))
        assert found == pytest.approx(watts.sum() * 1e-6, rel=1e-4)


def test_the_best_clock_lies_between_racing_and_crawling():
    """Without static power slower is always better; with it, the best of a fine grid is inside."""
    volts = np.linspace(0.36, 1.2, 4000)
    hertz = alpha_power_hz(volts, GAIN_HZ, 0.3, 1.3)
    crawling = task_energy_j(hertz, volts, 1e8, 0.01, 1e-9, 0.0, 0.0, 10.0)
    assert int(np.argmin(crawling)) == 0
    inside = int(np.argmin(task_energy_j(hertz, volts, 1e8, 0.01, 1e-9, 0.6, 0.05, 10.0)))
    assert 100 < inside < 3900
    late = task_energy_j(hertz, volts, 1e8, 0.01, 1e-9, 0.6, 0.05, 0.05)
    assert np.all(np.isinf(late) == (1e8 / hertz + 0.01 > 0.05))


# --- a day by a policy ------------------------------------------------------------------------------------------------


def constant(state):
    return lambda *_seen: state


def test_constant_work_in_closed_form():
    day = dvfs_day(constant(5), np.full(600, 1.5e7), np.full(600, 0.002), 30.0)
    np.testing.assert_allclose(day["busy"], 0.7)
    np.testing.assert_allclose(day["waiting"], 2 / 7)
    leaking_w = 2 * np.exp(0.015 * (day["temperature_c"][-2] - 60))
    assert day["energy_j"][-1] == pytest.approx(1e-8 * (1.5e7 + 0.35 * 6e6) + 0.01 * leaking_w, rel=1e-6)
    assert day["temperature_c"][-1] == pytest.approx(30 + 2 * day["energy_j"][-1] / 0.01, abs=0.01)


def test_a_day_in_small_steps():
    """The same work, a hundredth of it every hundredth of an interval: energy and temperature are nearly the same."""
    rng = np.random.default_rng(1)
    cycles, memory_s = rng.uniform(0, 1.2e7, 60), rng.uniform(0, 0.002, 60)
    for state in (2, 5):
        coarse = dvfs_day(constant(state), cycles, memory_s, 40.0)
        fine = dvfs_day(
            constant(state), np.repeat(cycles, 100) / 100, np.repeat(memory_s, 100) / 100, 40.0, interval_s=1e-4
        )
        assert coarse["state"][0] == fine["state"][0] == 5  # a day begins in the fastest state
        assert fine["energy_j"][100:].sum() == pytest.approx(coarse["energy_j"][1:].sum(), rel=0.02)
        assert fine["temperature_c"][-1] == pytest.approx(coarse["temperature_c"][-1], abs=0.3)


def test_what_policies_answer():
    clocks_hz = 1e9 * np.array(GIGAHERTZ)
    assert always_fastest(0.1, 0.0, 50.0, 2, clocks_hz, 85.0) == 5
    assert always_slowest(0.9, 0.0, 50.0, 2, clocks_hz, 85.0) == 0
    assert ondemand(0.81, 0.99, 50.0, 0, clocks_hz, 85.0) == 5
    assert next_state(1.0, 0.1, 50.0, 0, clocks_hz, 85.0) == 5
    assert next_state(1.0, 0.1, 84.0, 3, clocks_hz, 85.0) == 2
    assert next_state(1.0, 0.1, 84.0, 0, clocks_hz, 85.0) == 0
    assert next_state(1.0, 0.95, 50.0, 5, clocks_hz, 85.0) == 5
    assert next_state(0.9, 0.99, 50.0, 5, clocks_hz, 85.0) == 0


def test_no_work_is_lost():
    rng = np.random.default_rng(2)
    cycles, memory_s = rng.uniform(0, 4e7, 80), rng.uniform(0, 0.006, 80)
    for policy in (always_fastest, always_slowest, ondemand, next_state):
        day = dvfs_day(policy, cycles, memory_s, 25.0)
        arrived_s = cycles.sum() / 3e9 + memory_s.sum()
        assert day["done_s"].sum() + day["left_s"][-1] == pytest.approx(arrived_s, rel=1e-9)
        assert np.all(day["busy"] <= 1 + 1e-12)


def test_idling_leaks_only():
    day = dvfs_day(always_slowest, np.zeros(5), np.zeros(5), 60.0)
    np.testing.assert_allclose(day["energy_j"][1:], 0.02 * VOLTS[0], rtol=0.02)
    assert not day["busy"].any()


def test_governors_order_by_energy():
    phases = np.repeat([0.5, 0.03, 0.5, 0.03], 40) * 3e7, np.repeat([0.0006, 0.0088, 0.0006, 0.0088], 40), 25.0
    joules = [dvfs_day(policy, *phases)["energy_j"].sum() for policy in (next_state, ondemand, always_fastest)]
    assert joules[0] < 0.8 * joules[1] < joules[1] < joules[2]
    hot = np.full(300, 2.8e7), np.full(300, 0.0003), 45.0
    assert dvfs_day(next_state, *hot)["temperature_c"].max() < 85 < dvfs_day(ondemand, *hot)["temperature_c"].max()


# --- limits -----------------------------------------------------------------------------------------------------------


def test_boosts_by_small_steps():
    rng = np.random.default_rng(3)
    for _ in range(30):
        ambient, power, resistance, tau = (
            rng.uniform(15, 45),
            rng.uniform(50, 300),
            rng.uniform(0.1, 0.6),
            rng.uniform(1, 20),
        )
        start = ambient + rng.uniform(0, 20)
        found = float(boost_s(90.0, start, ambient, power, resistance, tau))
        t, seconds, step = start, 0.0, tau / 20_000
        while t < 90 and seconds < 8 * tau:
            t += (ambient + power * resistance - t) / tau * step
            seconds += step
        assert found == pytest.approx(seconds, rel=2e-3, abs=2 * step) if seconds < 7 * tau else found > 6 * tau
    assert float(boost_s(90.0, 95.0, 25.0, 300.0, 0.5, 10.0)) == 0


def test_sustained_states_by_iteration():
    rng = np.random.default_rng(4)
    for _ in range(40):
        dynamic = np.sort(rng.uniform(5, 120, 6))
        leakage = np.linspace(3, 12, 6)
        resistance, per_k, limit = rng.uniform(0.2, 0.9), rng.uniform(0.01, 0.03), rng.uniform(60, 105)
        best = -1
        for state in range(6):
            t = 30.0
            for _ in range(1500):
                t = min(30 + resistance * (dynamic[state] + leakage[state] * np.exp(per_k * (t - 60))), 1e3)
            best = state if t <= limit else best
        assert sustained_state(limit, 30.0, resistance, dynamic, leakage, per_k, 60.0) == best


def test_without_leakage_the_figure_is_a_straight_resistance():
    chip = {"ambient_c": 25.0, "nominal_c": 60.0, "leakage_w": 1e-12, "per_k": 0.02}
    chip |= {"clocks_ghz": [1.0, 3.0], "dynamic_w": [10.0, 110.0]}
    limits = np.linspace(30, 70, 9)
    plain = tj_figure(limits, {"block": 0.5}, chip)
    ((x, y),) = [(one["x"], one["y"]) for one in plain["series"]]
    for limit, clock in zip(x, y, strict=True):
        drawn_w = 10 + (clock - 1) * 50
        assert float(junction_temperature_c(25.0, drawn_w, 0.5)) == pytest.approx(limit)
    assert len(x) == sum(limits > 30)  # 30 degrees carry 10 W away, and a trifle leaks


def test_a_limit_is_worth_what_the_best_colder_one_is():
    rng = np.random.default_rng(5)
    for _ in range(20):
        chip = {"ambient_c": 30.0, "nominal_c": 60.0, "leakage_w": rng.uniform(5, 25), "per_k": rng.uniform(0.01, 0.03)}
        chip |= {"clocks_ghz": [0.8, 1.6, 2.4, 3.2], "dynamic_w": [8.0, 22.0, 50.0, 110.0]}
        limits = np.linspace(50, 130, 17)
        coolers = {"air": rng.uniform(0.3, 0.9), "plate": rng.uniform(0.1, 0.3), "bare": 6.0}
        plain = tj_figure(limits, coolers, chip)
        lines = {one["label"]: dict(zip(one["x"], one["y"], strict=True)) for one in plain["series"]}
        assert set(lines) | set(plain["left_out"]) == set(coolers)
        for label, resistance in coolers.items():
            for limit in limits:
                colder = np.linspace(30, limit, 20_001)
                work_w = np.max((colder - 30) / resistance - chip["leakage_w"] * np.exp(chip["per_k"] * (colder - 60)))
                if work_w < 8 * (1 - 1e-9):
                    assert limit not in lines.get(label, {})
                else:
                    expected = np.interp(work_w, chip["dynamic_w"], chip["clocks_ghz"])
                    assert lines[label][limit] == pytest.approx(expected, abs=1e-6)
        for mark in plain["marks"]:
            line = lines[mark["label"]]
            assert mark["x"] == min(x for x, y in line.items() if y >= max(line.values()) - 1e-3)
            assert mark["y"] == line[mark["x"]]


# --- floorplans -------------------------------------------------------------------------------------------------------


def test_floorplans_one_by_one():
    """Every permutation, each solved as a network of its own."""
    slots = np.array([[0.004, 0.004, 0.004 * (place % 2), 0.004 * (place // 2)] for place in range(4)])
    package = {"t_chip": 0.00015, "t_interface": 2e-5, "t_spreader": 0.001, "t_sink": 0.0069, "k_chip": 130.0}
    package |= {"k_interface": 4.0, "k_spreader": 400.0, "k_sink": 400.0, "p_chip": 1.63e6, "p_interface": 4e6}
    package |= {
        "p_spreader": 3.55e6,
        "p_sink": 3.55e6,
        "s_spreader": 0.03,
        "s_sink": 0.06,
        "r_convec": 0.1,
        "c_convec": 140.4,
    }
    network = package_network(slots, package)
    influence = np.linalg.inv(network.conductance_w_per_k)[:4, :4]
    rng = np.random.default_rng(6)
    for _ in range(6):
        units = dict(zip("abcd", rng.uniform(1, 15, 4), strict=True))
        links = [("a", "b", float(rng.uniform(0, 3))), ("b", "d", float(rng.uniform(0, 3))), ("c", "a", 1.0)]
        price = float(rng.uniform(20, 300))

        def cost(plan, units=units, links=links, price=price):
            watts = np.zeros(4)
            watts[list(plan.values())] = [units[name] for name in plan]
            hottest = steady_temperatures_k(network, watts, 300.0)[:4].max() - 300
            return hottest + price * sum(w * np.abs(slots[plan[a], 2:] - slots[plan[b], 2:]).sum() for a, b, w in links)

        best = min(cost(dict(zip("abcd", order, strict=True))) for order in itertools.permutations(range(4)))
        lines = [line.split("\t") for line in floorplan_file(units, slots, influence, links, price).splitlines()]
        placed = {
            line[0]: int(np.flatnonzero((slots == np.array(line[1:], dtype=float)).all(axis=1))[0]) for line in lines
        }
        assert cost(placed) == pytest.approx(best, rel=1e-9)
