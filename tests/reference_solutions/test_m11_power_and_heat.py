"""Power of a facility integrated over a schedule; a junction that is heated until nothing changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m11_power_thermal.facility_power import facility_power_w, token_energy_j
from reference_solutions.m11_power_thermal.junction import junction_temperature_c, sustained_power_w


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
