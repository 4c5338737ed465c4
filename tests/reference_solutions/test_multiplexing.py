"""The counter multiplexer: exact where rates are constant, off by a known factor where they are not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.multiplexing import CounterMultiplexer


def alternating(rates, turns, turn_s=0.25):
    """Two groups on one counter; `rates` of the first one's event, turn by turn."""
    multiplexer = CounterMultiplexer(1, [["misses"], ["branches"]])
    for turn in range(turns):
        multiplexer.tick(turn_s, {"misses": rates[turn % len(rates)] * turn_s})
    return multiplexer.estimate("misses"), sum(rates[turn % len(rates)] for turn in range(turns)) * turn_s


def test_a_constant_rate_is_estimated_exactly():
    assert alternating([800.0], 100) == (20_000.0, 20_000.0)


@pytest.mark.parametrize(
    ("rates", "factor"),
    [
        ([800, 0], 2),  # the phase keeps step with the counter: everything is seen twice
        ([0, 800], 0),  # one turn later: nothing is seen
        ([800, 800, 0, 0], 1),  # each phase as long as a whole round
        ([600, 200], 1.5),  # 2 a / (a + b)
        ([100, 300], 0.5),
    ],
)
def test_piecewise_constant_rates_in_closed_form(rates, factor):
    estimate, truth = alternating(rates, 8 * len(rates))
    assert estimate == factor * truth


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, 20))
def test_two_rates_in_step_give_twice_the_one_that_is_seen(seen, unseen, rounds):
    estimate, truth = alternating([seen, unseen], 2 * rounds)
    assert estimate == pytest.approx(2 * rounds * seen * 0.25, rel=1e-12, abs=1e-9)
    assert truth == pytest.approx(rounds * (seen + unseen) * 0.25, rel=1e-12, abs=1e-9)


def test_time_scales_and_not_turns():
    multiplexer = CounterMultiplexer(1, [["a"], ["b"]])
    multiplexer.tick(1.0, {"a": 10})
    multiplexer.tick(3.0, {"a": 30})
    assert multiplexer.running_share("a") == 0.25
    assert multiplexer.estimate("a") == 40


def test_the_first_that_does_not_fit_ends_the_round():
    multiplexer = CounterMultiplexer(4, [["a", "b", "c"], ["d", "e"], ["f"]])
    seen = []
    for _ in range(3):
        seen.append(multiplexer.active_events)
        multiplexer.tick(1.0, {})
    assert seen == [{"a", "b", "c"}, {"d", "e", "f"}, {"f", "a", "b", "c"}]


def test_what_is_not_named_did_not_happen():
    multiplexer = CounterMultiplexer(2, [["a", "b"]])
    multiplexer.tick(1.0, {"a": 3, "unknown": 5})
    assert (multiplexer.estimate("a"), multiplexer.estimate("b")) == (3, 0)


def test_what_never_ran_is_unknown():
    multiplexer = CounterMultiplexer(1, [["a"], ["b"]])
    assert math.isnan(multiplexer.running_share("a"))
    multiplexer.tick(1.0, {"a": 1, "b": 1})
    assert math.isnan(multiplexer.estimate("b"))
    assert multiplexer.running_share("b") == 0


@pytest.mark.parametrize(("counters", "groups"), [(0, [["a"]]), (2, [["a"], []]), (2, [["a", "b", "c"]])])
def test_impossible_wishes_are_refused(counters, groups):
    with pytest.raises(ValueError, match="at least one event and fits on the counters"):
        CounterMultiplexer(counters, groups)


group_sizes = st.lists(st.integers(1, 4), min_size=1, max_size=6)


@given(group_sizes, st.lists(st.floats(0.001, 1), min_size=1, max_size=30))
def test_counters_are_never_overbooked(sizes, durations_s):
    groups = [[f"{number}.{event}" for event in range(size)] for number, size in enumerate(sizes)]
    multiplexer = CounterMultiplexer(4, groups)
    for duration_s in durations_s:
        active = multiplexer.active_events
        assert 1 <= len(active) <= 4
        assert all(active.issuperset(group) or active.isdisjoint(group) for group in groups)
        multiplexer.tick(duration_s, {})
    shares = [multiplexer.running_share(event) for group in groups for event in group]
    assert sum(shares) <= 4 * (1 + 1e-9)


@given(group_sizes, st.integers(1, 6))
def test_every_group_leads_once_a_round(sizes, rounds):
    """After whole rounds of equal turns each group has run at least its fair share, and a constant rate is exact."""
    groups = [[f"{number}.{event}" for event in range(size)] for number, size in enumerate(sizes)]
    multiplexer = CounterMultiplexer(4, groups)
    turns = rounds * len(groups)
    for _ in range(turns):
        multiplexer.tick(0.5, {event: 8 for group in groups for event in group})
    for event in (event for group in groups for event in group):
        assert multiplexer.running_share(event) >= 1 / len(groups) - 1e-12
        assert multiplexer.estimate(event) == pytest.approx(8 * turns, rel=1e-12)
