"""Power of a facility over a schedule; a junction heated until nothing changes; where leakage settles or runs away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m11_power_thermal.facility_power import facility_power_w, token_energy_j
from reference_solutions.m11_power_thermal.junction import junction_temperature_c, sustained_power_w
from reference_solutions.m11_power_thermal.runaway import runaway_power_w, settled_temperature_c


def test_power_is_the_mean_over_a_schedule():
    draw = np.random.default_rng(2)
    busy = draw.random((16, 5000)) < 0.37  # 16 accelerators, 5,000 s
    meter_j = (np.where(busy, 650.0, 90.0).sum() + 2 * 1800.0 * 5000) * 1.3
    power = facility_power_w(16, 650.0, 90.0, busy.mean(), 2, 1800.0, 1.3)
    assert float(power) == pytest.approx(meter_j / 5000)
    assert float(token_energy_j(power, 1200.0)) == pytest.approx(meter_j / (1200.0 * 5000))


@pytest.mark.parametrize("wrong", [{"pue": 0.9}, {"busy_share": 1.2}, {"idle_power_w": 800}])
def test_power_refuses_what_cannot_be(wrong):
    right = {"devices": 8, "device_power_w": 700, "idle_power_w": 100, "busy_share": 0.5, "hosts": 1}
    with pytest.raises(ValueError, match="PUE"):
        facility_power_w(**(right | {"host_power_w": 1000, "pue": 1.2} | wrong))


def test_energy_needs_tokens():
    with pytest.raises(ValueError, match="tokens_per_s"):
        token_energy_j(100, 0)


def test_a_chip_is_heated_until_nothing_changes():
    temperature, capacity_j_per_k, resistance = 25.0, 150.0, 0.08
    for _ in range(20_000):
        temperature += 0.01 * (600.0 - (temperature - 25.0) / resistance) / capacity_j_per_k
    assert float(junction_temperature_c(25.0, 600.0, resistance)) == pytest.approx(temperature, abs=1e-3)


@given(st.floats(40, 110), st.floats(0, 39), st.floats(0.01, 1))
def test_power_and_temperature_undo_each_other(limit, coolant, resistance):
    power = sustained_power_w(limit, coolant, resistance)
    assert float(junction_temperature_c(coolant, power, resistance)) == pytest.approx(limit)


def test_a_hot_coolant_leaves_no_power():
    assert float(sustained_power_w(80, 90, 0.1)) == 0
    with pytest.raises(ValueError, match="power_w"):
        junction_temperature_c(20, -1, 0.1)
    with pytest.raises(ValueError, match="resistance"):
        sustained_power_w(80, 20, 0)


# --- leakage and temperature ------------------------------------------------------------------------------------------


def halved(ambient, resistance, dynamic, leakage, per_k, nominal):
    """Settled temperature by halving between ambient and where the heat's slope is that of the way out."""

    def excess(t):
        return ambient + resistance * (dynamic + leakage * np.exp(per_k * (t - nominal))) - t

    turning = nominal - np.log(resistance * leakage * per_k) / per_k
    if excess(turning) > 0:
        return np.inf
    low, high = ambient, turning
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return low


def test_settling_by_halving():
    rng = np.random.default_rng(9)
    seen = []
    for _ in range(300):
        case = [rng.uniform(10, 50), rng.uniform(0.05, 0.8), rng.uniform(0, 150), rng.uniform(1, 40)]
        case += [rng.uniform(0.008, 0.04), rng.uniform(25, 90)]
        found = float(settled_temperature_c(*case))
        assert found == pytest.approx(halved(*case), abs=1e-6)
        seen.append(np.isinf(found))
    assert 0.1 < np.mean(seen) < 0.9


def test_settling_step_by_step_until_nothing_changes():
    """45 degrees, 0.5 K/W, 80 W, 15 W at 60 degrees that grow by 2 % a kelvin."""
    t = 45.0
    for _ in range(500):
        t = 45 + 0.5 * (80 + 15 * np.exp(0.02 * (t - 60)))
    found = float(settled_temperature_c(45.0, 0.5, 80.0, 15.0, 0.02, 60.0))
    assert found == pytest.approx(t, abs=1e-9)
    assert found == pytest.approx(102.5730, abs=1e-4)


def test_the_last_power_that_settles():
    rng = np.random.default_rng(10)
    for _ in range(50):
        ambient, resistance, leakage = rng.uniform(10, 40), rng.uniform(0.05, 0.8), rng.uniform(1, 30)
        per_k, nominal = rng.uniform(0.01, 0.03), rng.uniform(40, 90)
        most = float(runaway_power_w(ambient, resistance, leakage, per_k, nominal))
        if most > 1:
            low, high = settled_temperature_c(
                ambient, resistance, [most * 0.9999, most * 1.0001], leakage, per_k, nominal
            )
            assert np.isfinite(low)
            assert np.isinf(high)
            critical = nominal - np.log(per_k * resistance * leakage) / per_k  # where the slopes are equal
            assert low == pytest.approx(critical, abs=0.1 / per_k)
            assert low <= critical


@pytest.mark.parametrize(
    "wrong", [(25, 0, 1, 1, 0.02, 60), (25, 1, -1, 1, 0.02, 60), (25, 1, 1, -1, 0.02, 60), (25, 1, 1, 1, 0, 60)]
)
def test_settling_refuses_what_cannot_be(wrong):
    with pytest.raises(ValueError, match="positive"):
        settled_temperature_c(*wrong)
