"""Switching, leakage, calibration, metrics, memory and counters: integrated, searched, planted, recorded."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import least_squares, minimize

from reference_solutions.m11_power_thermal.dram_energy import dram_energy_j
from reference_solutions.m11_power_thermal.dynamic_power import switching_power_w, unit_power_w
from reference_solutions.m11_power_thermal.energy_counter import EnergyCounter, sampled_energy_j
from reference_solutions.m11_power_thermal.energy_metrics import design_table
from reference_solutions.m11_power_thermal.leakage import leakage_fit, leakage_power_w
from reference_solutions.m11_power_thermal.power_calibration import calibrated_scales

MCPAT = json.loads((Path(__file__).parents[1] / "oracles/m11_power_thermal/arm_a9_sweep.json").read_text())["runs"]
DDR4 = {  # DRAMsim3, configs/DDR4_8Gb_x8_3200.ini
    "vdd_v": 1.2, "idd0_ma": 57, "idd2n_ma": 37, "idd3n_ma": 52, "idd4r_ma": 168, "idd4w_ma": 150, "idd5_ma": 250,
    "tck_ns": 0.63, "tras": 52, "trp": 22, "trfc": 560, "burst": 8,
}  # fmt: skip

# --- switching --------------------------------------------------------------------------------------------------------


def test_a_capacitor_takes_cv2_from_the_supply():
    """Charged through a resistor until full: half is kept, half becomes heat; discharging takes nothing."""
    capacitance, voltage, ohms = 2e-9, 0.8, 50.0
    current = lambda t: voltage / ohms * np.exp(-t / (ohms * capacitance))  # noqa: E731
    supplied_j = quad(lambda t: voltage * current(t), 0, 40 * ohms * capacitance)[0]
    assert float(switching_power_w(0.3, capacitance, voltage, 1e6)) == pytest.approx(0.3e6 * supplied_j, rel=1e-9)


def test_half_the_voltage_takes_a_quarter():
    assert float(switching_power_w(2.5, 1e-9, 0.5, 1e9)) == pytest.approx(
        float(switching_power_w(2.5, 1e-9, 1, 1e9)) / 4
    )
    with pytest.raises(ValueError, match="not negative"):
        switching_power_w(-0.1, 1e-9, 1.0, 1e9)


def test_units_event_by_event():
    rng = np.random.default_rng(1)
    events, gated = rng.integers(0, 60, (5, 3)), rng.integers(0, 11, (5, 3)) / 10
    event_j, clock_j = rng.uniform(1e-12, 1e-10, 3), rng.uniform(1e-13, 1e-12, 3)
    hertz, volts = rng.uniform(1e8, 4e9, 5), rng.uniform(0.6, 1.2, 5)
    found = unit_power_w(events, event_j, clock_j, gated, 1e-7, hertz, volts, 0.9)
    for window in range(5):
        for unit in range(3):
            joules = sum(event_j[unit] * (volts[window] / 0.9) ** 2 for _ in range(events[window, unit]))
            cycles = hertz[window] * 1e-7 * (1 - gated[window, unit])
            joules += float(switching_power_w(1, clock_j[unit] / 0.9**2, volts[window], 1.0)) * cycles
            assert found[window, unit] == pytest.approx(joules / 1e-7, rel=1e-12)
    one = unit_power_w(events[2], event_j, clock_j, gated[2], 1e-7, hertz[2], volts[2], 0.9)
    np.testing.assert_allclose(one, found[2])


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": [-1]},
        {"gated_share": [1.1]},
        {"window_s": 0},
        {"frequency_hz": 0},
        {"voltage_v": -1},
        {"nominal_v": 0},
    ],
)
def test_units_refuse_what_cannot_be(wrong):
    right = {"events": [1], "event_j": [1e-12], "clock_j": [1e-12], "gated_share": [0.5], "window_s": 1.0}
    with pytest.raises(ValueError, match=r"shares|positive"):
        unit_power_w(**(right | {"frequency_hz": 1e9, "voltage_v": 1.0, "nominal_v": 1.0} | wrong))


# --- leakage ----------------------------------------------------------------------------------------------------------


@given(st.floats(0.1, 50), st.floats(0.5, 5), st.floats(0.005, 0.05), st.floats(0.6, 1.2), st.floats(20, 90))
def test_a_planted_law_is_found(nominal_w, per_v, per_k, nominal_v, nominal_c):
    rng = np.random.default_rng(2)
    volts, degrees = rng.uniform(0.5, 1.3, 9), rng.uniform(10, 110, 9)
    watts = leakage_power_w(nominal_w, volts, degrees, nominal_v, nominal_c, per_v, per_k)
    found = leakage_fit(watts, volts, degrees, nominal_v, nominal_c)
    expected = {"nominal_w": nominal_w, "per_v": per_v, "per_k": per_k, "doubling_k": np.log(2) / per_k}
    assert found == pytest.approx(expected, rel=1e-6)
    doubled = leakage_power_w(nominal_w, 1.0, 50 + found["doubling_k"], nominal_v, nominal_c, per_v, per_k)
    assert doubled == pytest.approx(2 * leakage_power_w(nominal_w, 1.0, 50, nominal_v, nominal_c, per_v, per_k))


def test_noisy_leakage_by_a_search():
    rng = np.random.default_rng(3)
    volts, degrees = rng.uniform(0.6, 1.1, 20), rng.uniform(30, 100, 20)
    watts = leakage_power_w(8.0, volts, degrees, 0.9, 60.0, 2.5, 0.018) * rng.lognormal(0, 0.1, 20)

    def residuals(law):
        return np.log(leakage_power_w(np.exp(law[0]), volts, degrees, 0.9, 60.0, law[1], law[2]) / watts)

    searched = least_squares(residuals, [1.0, 1.0, 0.01], x_scale=[1, 1, 0.01], xtol=1e-14, ftol=1e-14).x
    found = leakage_fit(watts, volts, degrees, 0.9, 60.0)
    assert [np.log(found["nominal_w"]), found["per_v"], found["per_k"]] == pytest.approx(searched, rel=1e-5)


def test_mcpats_leakage_doubles_the_more_slowly_the_hotter():
    by_k = {
        run["edits"]["temperature"]: run["components"][0]["total_leakage_W"]
        for run in MCPAT
        if run["variant"][0] == "T"
    }
    doubling = []
    for low, high in ((300, 320), (360, 380)):
        watts = [by_k[low], by_k[high], by_k[high]]
        doubling.append(leakage_fit(watts, [1.0, 1.0, 1.1], [low, high, high], 1.0, 300)["doubling_k"])
    assert np.round(doubling).tolist() == [35, 52]


@pytest.mark.parametrize(
    "wrong", [([1, 2], [1, 1], [50, 60]), ([1, 2, 3], [1, 1, 1], [50, 60, 70]), ([1, 0, 3], [1, 1.1, 1], [1, 2, 3])]
)
def test_leakage_refuses_what_determines_nothing(wrong):
    with pytest.raises(ValueError, match="three measurements"):
        leakage_fit(*wrong, 1.0, 60.0)
    with pytest.raises(ValueError, match="voltage_v"):
        leakage_power_w(1.0, 0.0, 60.0, 1.0, 60.0, 1.0, 0.02)


# --- calibration ------------------------------------------------------------------------------------------------------


def chips(rng, workloads, units):
    unit_w = rng.uniform(0.2, 4, (workloads, units))
    return unit_w, rng.uniform(1, 4, workloads), unit_w @ rng.uniform(0.4, 2.4, units)


def test_calibration_by_its_conditions_and_by_a_search():
    rng = np.random.default_rng(4)
    for _ in range(15):
        workloads, units = int(rng.integers(3, 6)), int(rng.integers(2, 7))
        unit_w, other_w, planted_w = chips(rng, workloads, units)
        measured_w, anchors, ridge = planted_w + other_w, list(range(workloads - 1)), float(10 ** rng.uniform(-4, -1))
        found = calibrated_scales(unit_w, other_w, measured_w, anchors, 0.6, 1.8, ridge)

        def loss(scales, unit_w=unit_w, other_w=other_w, measured_w=measured_w, anchors=anchors, ridge=ridge):
            off = (unit_w[anchors] @ scales + other_w[anchors]) / measured_w[anchors] - 1
            return off @ off + ridge * np.sum((scales - 1) ** 2)

        scales = found["scales"]
        shares = unit_w[anchors] / measured_w[anchors, np.newaxis]
        slope = 2 * shares.T @ found["errors"][anchors] + 2 * ridge * (scales - 1)
        assert np.all(np.abs(slope[(scales > 0.6) & (scales < 1.8)]) < 1e-8)
        assert np.all(slope[scales <= 0.6] > -1e-8)
        assert np.all(slope[scales >= 1.8] < 1e-8)
        searched = minimize(
            loss, np.ones(units), bounds=[(0.6, 1.8)] * units, method="L-BFGS-B", options={"ftol": 1e-15}
        )
        assert loss(scales) <= searched.fun + 1e-10
        np.testing.assert_allclose(found["errors"], (unit_w @ scales + other_w) / measured_w - 1)


def test_planted_factors_are_found_with_enough_anchors():
    rng = np.random.default_rng(5)
    unit_w, planted = rng.uniform(0.2, 4, (9, 4)), np.array([0.7, 1.0, 1.4, 1.9])
    found = calibrated_scales(unit_w, np.ones(9), unit_w @ planted + 1, range(8), ridge=1e-10)
    np.testing.assert_allclose(found["scales"], planted, rtol=1e-5)
    assert abs(found["errors"][8]) < 1e-5


@pytest.mark.parametrize("wrong", [{"anchors": []}, {"measured_w": [0.0]}, {"ridge": 0.0}, {"low": 1.2}, {"high": 0.9}])
def test_calibration_refuses_what_cannot_be(wrong):
    right = {"unit_w": [[1.0]], "other_w": [0.0], "measured_w": [1.0], "anchors": [0]}
    with pytest.raises(ValueError, match="anchor"):
        calibrated_scales(**(right | wrong))


# --- metrics ----------------------------------------------------------------------------------------------------------


def test_frontiers_pair_by_pair():
    rng = np.random.default_rng(6)
    for _ in range(30):
        times, watts = rng.integers(1, 6, 9).astype(float), rng.integers(1, 6, 9).astype(float)
        table = design_table(times, watts, 100.0)
        points = list(zip(times, times * watts, strict=True))
        for place, (t, e) in enumerate(points):
            beaten = any(t2 <= t and e2 <= e and (t2, e2) != (t, e) for t2, e2 in points)
            assert table["on_frontier"][place] == (not beaten)
        np.testing.assert_allclose(table["edp_j_s"], [t * e for t, e in points])
        np.testing.assert_allclose(table["ed2p_j_s2"], [t * t * e for t, e in points])
        np.testing.assert_allclose(table["work_per_j"] * table["energy_j"], 100.0)


def test_scaling_the_voltage_moves_energy_and_not_ed2p():
    """Energy goes with the square of the voltage, time with its inverse: power with its cube."""
    volts = np.array([0.7, 0.85, 1.0])
    table = design_table(1 / volts, 40.0 * volts**3, 1.0)
    np.testing.assert_allclose(table["ed2p_j_s2"], 40.0)
    assert np.all(np.diff(table["energy_j"]) > 0)
    assert table["on_frontier"].all()
    with pytest.raises(ValueError, match="positive"):
        design_table([1.0, 0.0], [1.0, 1.0], 1)


# --- memory -----------------------------------------------------------------------------------------------------------


def test_dramsim3s_increments():
    """57 mA x 74 - 52 x 52 - 37 x 22 cycles of 0.63 ns at 1.2 V, eight devices; and the others alike."""
    found = dram_energy_j(DDR4, 8, {"activates": 1, "reads": 1, "writes": 1, "refreshes": 1}, 1.0, 1.0)
    expected = {"activate": 4233.6e-12, "read": 2806.3e-12, "write": 2370.8e-12, "refresh": 670602e-12}
    for name, joules in expected.items():
        assert found[name] == pytest.approx(joules, rel=2e-5)
    assert found["standby"] == pytest.approx(0.4992)


def test_a_measuring_loop_draws_the_current_of_the_data_sheet():
    """A row opened and closed over and over draws IDD0, and reads without a gap draw IDD4R."""
    cycle_s, each_w = 0.63e-9, 1.2 / 1000
    rounds = dram_energy_j(
        DDR4, 1, {"activates": 1000, "reads": 0, "writes": 0, "refreshes": 0}, 74000 * cycle_s, 52 / 74
    )
    assert rounds["total"] / (74000 * cycle_s) == pytest.approx(57 * each_w)
    for name, milliamperes in (("reads", 168), ("writes", 150)):
        counts = {"activates": 0, "reads": 0, "writes": 0, "refreshes": 0} | {name: 500}
        assert dram_energy_j(DDR4, 4, counts, 2000 * cycle_s, 1.0)["total"] / (2000 * cycle_s) == pytest.approx(
            4 * milliamperes * each_w
        )


@pytest.mark.parametrize("wrong", [(0, 1, 1.0, 0.5), (8, -1, 1.0, 0.5), (8, 1, 0.0, 0.5), (8, 1, 1.0, 1.5)])
def test_memory_refuses_what_cannot_be(wrong):
    devices, reads, window_s, share = wrong
    with pytest.raises(ValueError, match="device"):
        dram_energy_j(DDR4, devices, {"activates": 0, "reads": reads, "writes": 0, "refreshes": 0}, window_s, share)


# --- counters ---------------------------------------------------------------------------------------------------------


@given(
    st.integers(0, 2**32 - 1),
    st.integers(10, 18),
    st.lists(st.tuples(st.floats(0.1, 50), st.floats(0, 150)), max_size=12),
)
def test_a_counter_that_is_driven_and_read(start, exponent, stretches):
    counter, now, units, joules = EnergyCounter(exponent << 8 | 0xA0003, most_w=150.0), 0.0, start, 0.0
    counter.record(0.0, start)
    for seconds, watts in stretches:
        counted = int(watts * seconds * 2**exponent)
        now, units, joules = now + seconds, units + counted, joules + counted / 2**exponent
        if seconds * 150.0 * 2**exponent >= 2**32:
            return
        counter.record(now, units % 2**32)
    assert counter.energy_j == pytest.approx(joules, abs=1e-9)
    if stretches:
        assert counter.mean_power_w == pytest.approx(joules / now)
        assert counter.above_idle_j(10.0) == pytest.approx(joules - 10.0 * now, abs=1e-6)


@pytest.mark.parametrize(("exponent", "turn_s"), [(16, 655.36), (14, 2621.44)])
def test_a_turn_at_100_w(exponent, turn_s):
    counter = EnergyCounter(exponent << 8, most_w=100.0)
    assert (counter.energy_j, counter.mean_power_w, counter.above_idle_j(5.0)) == (0.0, 0.0, 0.0)
    counter.record(0.0, 7)
    with pytest.raises(ValueError, match="gone round"):
        counter.record(turn_s + 0.01, 6)
    counter.record(turn_s - 0.01, 6)
    assert counter.mean_power_w == pytest.approx(100.0, rel=1e-4)


def test_a_counter_refuses_what_cannot_be():
    with pytest.raises(ValueError, match="most_w"):
        EnergyCounter(0x1000, 0.0)
    counter = EnergyCounter(0x1000, 100.0)
    counter.record(5.0, 10)
    for time_s, raw in ((5.0, 11), (4.0, 11), (6.0, -1), (6.0, 2**32)):
        with pytest.raises(ValueError, match=r"later|32 bits"):
            counter.record(time_s, raw)
    counter.record(6.0, 10 + 2**16)
    assert counter.energy_j == 1.0


def test_samples_of_a_ramp():
    """Linear power is integrated exactly by trapezoids, wherever the samples lie."""
    times = np.array([0.0, 0.3, 1.1, 2.0, 5.0])
    assert sampled_energy_j(times, 10 + 4 * times, idle_w=2.0) == pytest.approx(8 * 5 + 2 * 25)
    with pytest.raises(ValueError, match="steps_s"):
        sampled_energy_j([0.0, 0.0], [1.0, 1.0])
