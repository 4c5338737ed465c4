"""Scaled counts: piecewise constant rates in closed form, and the class that takes the turns itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.multiplex_scaling import scaled_count, scaled_count_interval
from reference_solutions.m02_tools_methods.multiplexing import CounterMultiplexer

times = st.floats(0.01, 100)
rates = st.floats(0, 1e9)


@given(rates, times, times)
def test_a_constant_rate_is_exact(rate, running, waiting):
    found = scaled_count(rate * running, running + waiting, running)
    assert float(found) == pytest.approx(rate * (running + waiting))
    least, largest = scaled_count_interval(rate * running, running + waiting, running, 1)
    assert float(least) == pytest.approx(float(found))
    assert float(largest) == pytest.approx(float(found))


@given(st.floats(1, 1e9), st.floats(1, 100), times, times)
def test_two_rates_reach_both_ends(seen, ratio, running, waiting):
    least, largest = scaled_count_interval(seen * running, running + waiting, running, ratio)
    assert float(least) == pytest.approx(seen * running + seen / ratio * waiting)
    assert float(largest) == pytest.approx(seen * running + seen * ratio * waiting)


@given(st.floats(1, 1e9), st.floats(1, 100), st.floats(-1, 1), times, times)
def test_whatever_rate_lies_between_is_inside(seen, ratio, power, running, waiting):
    truth = seen * running + seen * ratio**power * waiting
    least, largest = scaled_count_interval(seen * running, running + waiting, running, ratio)
    assert float(least) * (1 - 1e-12) <= truth <= float(largest) * (1 + 1e-12)


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=20))
def test_agrees_with_the_multiplexer(happened):
    multiplexer = CounterMultiplexer(1, [["misses"], ["branches"]])
    for count in happened:
        multiplexer.tick(0.5, {"misses": count})
    enabled_s = 0.5 * len(happened)
    running_s = 0.5 * len(happened[::2])
    found = scaled_count(sum(happened[::2]), enabled_s, running_s)
    assert float(found) == pytest.approx(multiplexer.estimate("misses"))


def test_what_never_ran_is_unknown():
    assert np.isnan(scaled_count(0, 1.0, 0.0))
    assert np.all(np.isnan(scaled_count_interval(0, 1.0, 0.0, 2)))


@pytest.mark.parametrize(("enabled", "running"), [(1.0, 2.0), (1.0, -1.0), (-1.0, -2.0), (np.nan, 0.0)])
def test_impossible_times_are_refused(enabled, running):
    with pytest.raises(ValueError, match="no longer than it is enabled"):
        scaled_count(1, enabled, running)
    with pytest.raises(ValueError, match="no longer than it is enabled"):
        scaled_count_interval(1, enabled, running, 2)


def test_a_ratio_is_one_or_more():
    with pytest.raises(ValueError, match="one or more"):
        scaled_count_interval(1, 1.0, 0.5, 0.5)
