"""Governors with a limit: what a day of theirs draws, how hot it gets, and how often they change their mind."""

from __future__ import annotations

import numpy as np
import pytest

from reference_solutions.m11_power_thermal.dvfs_day import (
    GIGAHERTZ,
    INTERVAL_S,
    KELVIN_PER_W,
    LEAKAGE_W,
    LIMIT_C,
    NOMINAL_C,
    PER_K,
    SWITCHED_F,
    TIME_CONSTANT_S,
    VOLTS,
    always_fastest,
    always_slowest,
    dvfs_day,
    ondemand,
)
from reference_solutions.m11_power_thermal.governors import ThermalThrottle, power_capped

CLOCKS_HZ = 1e9 * np.array(GIGAHERTZ)
BUSY = np.full(3000, 6e7)  # more than the fastest state does


def fluttering(day):
    return int(np.sum(np.diff(day["state"]) != 0))


def most_w(state, celsius):
    """What a state draws that always computes."""
    leak = LEAKAGE_W * VOLTS[state] / VOLTS[-1] * 2.718281828459045 ** (PER_K * (celsius - NOMINAL_C))
    return SWITCHED_F * VOLTS[state] ** 2 * 1e9 * GIGAHERTZ[state] + leak


@pytest.mark.parametrize("limit_w", [6.0, 10.0, 16.0, 25.0])
@pytest.mark.parametrize("policy", [always_fastest, ondemand])
def test_no_interval_draws_more(limit_w, policy):
    draw = np.random.default_rng(1)
    day = dvfs_day(power_capped(policy, limit_w), draw.uniform(0, 4e7, 1500), draw.uniform(0, 5e-3, 1500), 30.0)
    later = slice(1, None)  # the day begins in the fastest state
    rising = np.maximum(np.diff(day["temperature_c"], prepend=30.0), 0).max()
    assert np.all(day["energy_j"][later] <= limit_w * INTERVAL_S * np.exp(PER_K * rising))


def test_the_state_above_would_draw_more():
    for limit_w in np.arange(3.0, 36.0, 0.5):
        for celsius in (20.0, 60.0, 95.0):
            chosen = power_capped(always_fastest, limit_w)(1.0, 0.0, celsius, 5, CLOCKS_HZ, LIMIT_C)
            assert most_w(chosen, celsius) <= limit_w or chosen == 0
            assert chosen == 5 or most_w(chosen + 1, celsius) > limit_w


def test_a_policy_may_want_less_than_it_may_have():
    assert power_capped(always_slowest, 100.0)(1.0, 0.0, 50.0, 5, CLOCKS_HZ, LIMIT_C) == 0
    assert power_capped(always_fastest, 0.1)(1.0, 0.0, 50.0, 5, CLOCKS_HZ, LIMIT_C) == 0, "the slowest stays"
    with pytest.raises(ValueError, match="positive"):
        power_capped(always_fastest, 0.0)


def test_a_throttled_core_stays_near_its_limit():
    free = dvfs_day(always_fastest, BUSY, np.zeros(3000), 45.0)
    throttled = dvfs_day(ThermalThrottle(always_fastest, 5.0), BUSY, np.zeros(3000), 45.0)
    assert free["temperature_c"].max() > LIMIT_C + 10
    assert throttled["temperature_c"].max() < LIMIT_C + 1.5, "one interval above it, no more"
    assert throttled["temperature_c"][-1000:].min() > LIMIT_C - 7
    assert throttled["done_s"].sum() < free["done_s"].sum()


def test_a_distance_keeps_it_from_fluttering():
    changes = [
        fluttering(dvfs_day(ThermalThrottle(always_fastest, back_k), BUSY, np.zeros(3000), 45.0))
        for back_k in (0, 2, 8)
    ]
    assert changes[0] > 2 * changes[1] > 2 * changes[2] > 0


def test_time_to_the_limit_in_closed_form():
    day = dvfs_day(ThermalThrottle(always_fastest, 6.0), BUSY, np.zeros(3000), 45.0)
    begins = np.flatnonzero((day["state"][1:] == 5) & (day["state"][:-1] < 5)) + 1
    ends = [begin + int(np.argmax(day["state"][begin:] < 5)) for begin in begins[1:-1]]
    for begin, end in zip(begins[1:-1], ends, strict=True):
        middle_c = day["temperature_c"][begin:end].mean()
        goal_c = 45 + KELVIN_PER_W * most_w(5, middle_c)
        start_c, stop_c = day["temperature_c"][[begin - 1, end - 1]]
        expected_s = TIME_CONSTANT_S * np.log((goal_c - start_c) / (goal_c - stop_c))
        assert (end - begin) * INTERVAL_S == pytest.approx(expected_s, rel=0.02)
    assert len(ends) > 3


def test_no_limit_in_sight_changes_nothing():
    draw = np.random.default_rng(2)
    work = draw.uniform(0, 1e7, 400), draw.uniform(0, 5e-3, 400)
    inside, alone = (dvfs_day(policy, *work, 20.0) for policy in (ThermalThrottle(ondemand, 3.0), ondemand))
    np.testing.assert_array_equal(inside["state"], alone["state"])
    assert ThermalThrottle(always_fastest, 5.0)(1.0, 0.0, 99.0, 0, CLOCKS_HZ, 85.0) == 0
    with pytest.raises(ValueError, match="not negative"):
        ThermalThrottle(always_fastest, -1.0)
