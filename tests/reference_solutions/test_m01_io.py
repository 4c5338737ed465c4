"""Input and output: chains of SimPy's processes, and requests played one by one."""

from __future__ import annotations

import heapq

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.io_overlap import (
    chained_stages_s,
    device_operations_per_s,
    requests_in_flight,
)


def simulated_s(stages, pieces, buffers):
    """Each stage takes an empty buffer behind it and a full one before it, works, and gives the one before back."""
    env = simpy.Environment()
    empty = [simpy.Container(env, capacity=buffers, init=buffers) for _ in stages[1:]]
    full = [simpy.Container(env, capacity=buffers) for _ in stages[1:]]

    def stage(number):
        for _ in range(pieces):
            if number > 0:
                yield full[number - 1].get(1)
            if number < len(stages) - 1:
                yield empty[number].get(1)
            yield env.timeout(stages[number])
            if number > 0:
                yield empty[number - 1].put(1)
            if number < len(stages) - 1:
                yield full[number].put(1)

    for number in range(len(stages)):
        env.process(stage(number))
    env.run()
    return env.now


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 12), st.integers(1, 3))
def test_a_chain_takes_as_long_as_its_simulation(stages, pieces, buffers):
    assert chained_stages_s(stages, pieces, buffers) == simulated_s(stages, pieces, buffers)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 12))
def test_more_buffers_never_take_longer_and_none_takes_the_sum(stages, pieces):
    times = [float(chained_stages_s(stages, pieces, buffers)) for buffers in (0, 1, 2, 5)]
    assert times[0] == pieces * sum(stages)
    assert times == sorted(times, reverse=True)
    assert times[2] == times[3]


def played_rate(in_flight, latency, gap, count=6000):
    """Answers a second: a request is started as soon as one is allowed, and `gap` after the last one at the soonest."""
    answers, last = [], 0.0
    for number in range(count):
        start = heapq.heappop(answers) if number >= in_flight else 0.0
        last = max(start, last + gap)
        heapq.heappush(answers, last + latency)
    return count / last


@pytest.mark.parametrize(("in_flight", "limit"), [(1, 1e6), (8, 1e6), (79, 1e6), (128, 1e6), (32, 3e5)])
def test_rates_are_those_of_requests_that_are_played(in_flight, limit):
    found = float(device_operations_per_s(in_flight, 80e-6, limit))
    assert played_rate(in_flight, 80e-6, 1 / limit) == pytest.approx(found, rel=0.03)


@given(st.floats(1e2, 1e7), st.floats(1e-6, 1e-2))
def test_as_many_in_flight_reach_the_rate_and_one_fewer_does_not(rate, latency):
    needed = float(requests_in_flight(rate, latency))
    assert float(device_operations_per_s(needed, latency)) >= rate * (1 - 1e-9)
    if needed > 1:
        assert float(device_operations_per_s(needed - 1, latency)) < rate


def test_what_no_device_can_be_is_refused():
    with pytest.raises(ValueError, match="in_flight"):
        device_operations_per_s(0, 1e-6)
    with pytest.raises(ValueError, match="latency_s"):
        requests_in_flight(1e6, 0)
    with pytest.raises(ValueError, match="stage at least"):
        chained_stages_s([], 5, 1)
    with pytest.raises(ValueError, match="pieces"):
        chained_stages_s([1.0], 0, 1)
    with pytest.raises(ValueError, match="negative"):
        chained_stages_s([1.0, -1.0], 5, 1)
