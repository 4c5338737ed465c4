"""Wear by heat, current and cycles: published values, other ways to count, and lives used up step by step."""

from __future__ import annotations

from itertools import pairwise
from math import cos, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m11_power_thermal.fatigue import fatigue_damage, rainflow_cycles
from reference_solutions.m11_power_thermal.reliability import (
    acceleration_factor,
    electromigration_life_ratio,
    profile_acceleration,
)


def test_published_factors():
    np.testing.assert_allclose(acceleration_factor(0.7, [55.0, 40.0], 125.0), [77.645, 254.14], rtol=1e-4)


def test_factors_multiply_and_turn_round():
    whole = acceleration_factor(0.7, 40.0, 125.0)
    assert acceleration_factor(0.7, 40.0, 80.0) * acceleration_factor(0.7, 80.0, 125.0) == pytest.approx(float(whole))
    assert acceleration_factor(0.7, 125.0, 40.0) == pytest.approx(1 / float(whole))
    assert acceleration_factor(0.0, 40.0, 125.0) == 1, "no activation energy, no influence"
    for energy, use_c in ((-0.1, 40.0), (0.7, -273.15)):
        with pytest.raises(ValueError, match=r"negative|absolute zero"):
            acceleration_factor(energy, use_c, 100.0)


def test_blacks_ratio_from_two_lives():
    def life_h(density, celsius, constant=3e-4, exponent=1.8, energy=0.9):
        joule_per_k, joule_per_ev = 1.380649e-23, 1.602176634e-19  # of the SI
        return constant * density**-exponent * np.exp(energy * joule_per_ev / (joule_per_k * (celsius + 273.15)))

    found = electromigration_life_ratio(1.25, 70.0, 95.0, 0.9, exponent=1.8)
    assert found == pytest.approx(life_h(2.5e6, 95.0) / life_h(2e6, 70.0), rel=1e-9)
    assert electromigration_life_ratio(2.0, 70.0, 70.0, 0.9) == 0.25
    with pytest.raises(ValueError, match="positive"):
        electromigration_life_ratio(0.0, 70.0, 95.0, 0.9)


def test_a_day_used_up_hour_by_hour():
    draw = np.random.default_rng(1)
    hours_c = draw.uniform(30, 110, 24)
    life_h = 1e5 / acceleration_factor(0.8, 60.0, hours_c)  # a life of 1e5 hours at 60 degrees
    found = profile_acceleration(np.full(24, 1 / 24), hours_c, 0.8, 60.0)
    used = np.sum(1 / life_h)
    assert found["factor"] == pytest.approx(used / 24 * 1e5)
    assert acceleration_factor(0.8, 60.0, found["equivalent_c"]) == pytest.approx(found["factor"])
    assert found["equivalent_c"] > found["mean_c"] == pytest.approx(hours_c.mean()), (
        "heat weighs more than cold relieves"
    )


def test_limits_of_a_profile():
    found = profile_acceleration([1.0], [85.0], 0.7, 85.0)
    assert (found["factor"], found["mean_c"]) == (1.0, 85.0)
    assert found["equivalent_c"] == pytest.approx(85)
    for shares, energy in (([0.5, 0.4], 0.7), ([1.5, -0.5], 0.7), ([0.5, 0.5], 0.0)):
        with pytest.raises(ValueError, match="add up to 1"):
            profile_acceleration(shares, [50.0, 80.0], energy, 55.0)


def counted(series, digits=9):
    """Cycles of each range, as a dict."""
    found: dict[float, float] = {}
    for size, _, count in rainflow_cycles(series):
        found[round(size, digits)] = found.get(round(size, digits), 0) + count
    return found


def test_the_example_of_the_standard():
    assert counted([-2, 1, -3, 5, -1, 3, -4, 4, -2]) == {3: 0.5, 4: 1.5, 6: 0.5, 8: 1.0, 9: 0.5}
    means = rainflow_cycles([-2, 1, -3, 5, -1, 3, -4, 4, -2])[:, 1:].tolist()
    assert means == [[-0.5, 0.5], [-1.0, 0.5], [1.0, 1.0], [1.0, 0.5], [0.5, 0.5], [0.0, 0.5], [1.0, 0.5]]


def test_what_the_package_rainflow_prints():
    series = [0.2 + 0.5 * sin(t) + 0.2 * cos(10 * t) + 0.2 * sin(4 * t) for t in (4.0 * i / 200 for i in range(201))]
    printed = {
        0.04258965150708488: 0.5,
        0.10973439445727551: 1.0,
        0.11294628078612906: 0.5,
        0.2057106991158965: 1.0,
        0.21467990941625242: 1.0,
        0.4388985979776988: 1.0,
        0.48305748051348263: 0.5,
        0.5286423866535466: 0.5,
        0.7809330293159786: 0.5,
        1.4343610172143002: 0.5,
    }
    assert counted(series) == {round(size, 9): count for size, count in printed.items()}


def by_four_points(series):
    """Whole cycles between two outer points, again and again; what is left counts half."""
    points = [series[0]]
    for here, ahead in zip(series[1:], [*series[2:], None], strict=True):
        if ahead is None or (here - points[-1]) * (ahead - here) < 0:
            points.append(here)
    found = []
    at = 0
    while at + 3 < len(points):
        a, b, c, d = points[at : at + 4]
        if min(a, d) <= min(b, c) and max(b, c) <= max(a, d):
            found.append((abs(b - c), 1.0))
            del points[at + 1 : at + 3]
            at = max(at - 2, 0)
        else:
            at += 1
    return sorted(found + [(abs(b - a), 0.5) for a, b in pairwise(points)])


@given(st.lists(st.integers(-999, 999), min_size=2, max_size=40, unique=True))  # whole: no near tie
def test_the_four_point_method_finds_the_same(series):
    found = sorted((size, count) for size, _, count in rainflow_cycles(series).tolist())
    np.testing.assert_allclose(found, by_four_points(series))


@given(st.lists(st.integers(-9, 9), max_size=30))
def test_every_way_is_in_some_cycle(series):
    cycles = rainflow_cycles(series)
    assert 2 * np.sum(cycles[:, 0] * cycles[:, 2]) == np.sum(np.abs(np.diff(series))), (
        "up and down, no more and no less"
    )
    assert np.allclose(rainflow_cycles(np.repeat(series, 2)), cycles), "dwelling is no cycle"


def test_nothing_changes():
    for series in ([], [5.0], [5.0, 5.0, 5.0]):
        assert rainflow_cycles(series).shape == (0, 3)
    assert rainflow_cycles([1.0, 3.0]).tolist() == [[2.0, 2.0, 0.5]]
    with pytest.raises(ValueError, match="finite"):
        rainflow_cycles([1.0, np.nan])


def test_a_life_counted_trace_by_trace():
    trace, coefficient, exponent = [30.0, 90.0, 60.0, 75.0, 30.0], 5e6, 2.4
    damage, days = 0.0, 0
    while damage < 1:
        damage += (60**exponent + 15**exponent) / coefficient
        days += 1
    assert days == int(np.ceil(1 / fatigue_damage(trace, coefficient, exponent)))
    together = fatigue_damage(trace * 50, coefficient, exponent)
    assert together == pytest.approx(50 * fatigue_damage(trace, coefficient, exponent))


def test_small_ranges_may_do_no_damage():
    trace = [30.0, 90.0, 60.0, 75.0, 30.0]
    assert fatigue_damage(trace, 1e6, 2.0, elastic_k=15.0) == pytest.approx(60**2 / 1e6)
    assert fatigue_damage(trace, 1e6, 2.0, elastic_k=60.0) == 0 == fatigue_damage([40.0], 1e6, 2.0)
    for coefficient, exponent in ((0.0, 2.0), (1e6, 0.0)):
        with pytest.raises(ValueError, match="positive"):
            fatigue_damage(trace, coefficient, exponent)
