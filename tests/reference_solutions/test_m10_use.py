"""Resources by counting: a device simulated event by event, and networks solved exactly within their bounds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from reference_solutions.m10_validation.use_method import asymptotic_bounds, use_table


def simulated(seed, visits=400):
    """Arrivals and ends of visits to one device, first come first served."""
    draw = np.random.default_rng(seed)
    arrivals, services = np.cumsum(draw.exponential(1.2, visits)), draw.exponential(1.0, visits)
    ends, free = [], 0.0
    for arrival, service in zip(arrivals, services, strict=True):
        free = max(free, arrival) + service
        ends.append(free)
    return arrivals, services, np.array(ends)


@pytest.mark.parametrize("seed", range(3))
def test_a_device_event_by_event(seed):
    arrivals, services, ends = simulated(seed)
    window = ends[-1]
    moments = np.sort(np.r_[arrivals, ends])
    busy = there = waiting = 0.0
    for begin, end in pairwise(moments):
        inside = int(np.sum((arrivals <= begin) & (ends > begin)))
        busy += (end - begin) * (inside > 0)
        there += (end - begin) * inside
        waiting += (end - begin) * max(inside - 1, 0)
    found = use_table([services.sum()], [np.sum(ends - arrivals)], [400], [3], 200, window)
    assert found["utilisation"][0] == pytest.approx(busy / window)
    assert found["queue"][0] == pytest.approx(there / window)
    assert found["saturation"][0] == pytest.approx(waiting / window)
    assert found["service_s"][0] == pytest.approx(services.mean())
    assert found["response_s"][0] == pytest.approx(np.mean(ends - arrivals))
    assert found["demand_s"][0] == pytest.approx(2 * services.mean()), "two visits a request"
    assert found["errors"][0] == 3 / 400


def mean_value_analysis(demands, users, think_s):
    """Throughput and response of a closed network, user after user."""
    queues = np.zeros(len(demands))
    for count in range(1, users + 1):
        times = demands * (1 + queues)
        rate = count / (think_s + times.sum())
        queues = rate * times
    return rate, times.sum()


@pytest.mark.parametrize("think_s", [0.0, 3.0])
def test_an_exact_network_stays_within_the_bounds_and_reaches_them(think_s):
    demands = np.array([0.02, 0.05, 0.01])
    users = np.array([1, 2, 5, 20, 60, 100, 1000])
    bounds = asymptotic_bounds(demands, users, think_s)
    exact = np.array([mean_value_analysis(demands, int(count), think_s) for count in users]).T
    assert np.all(exact[0] <= bounds["throughput_per_s"] * (1 + 1e-12))
    assert np.all(exact[1] >= bounds["response_s"] * (1 - 1e-12))
    np.testing.assert_allclose(exact[0][[0, -1]], bounds["throughput_per_s"][[0, -1]], rtol=1e-3)
    np.testing.assert_allclose(exact[1][0], bounds["response_s"][0])
    assert bounds["knee"] == pytest.approx((0.08 + think_s) / 0.05)


def test_the_bounds_meet_at_the_knee():
    knee = asymptotic_bounds([0.3, 0.1], 1, 1.6)["knee"]
    found = asymptotic_bounds([0.3, 0.1], knee, 1.6)
    assert found["throughput_per_s"] == pytest.approx(1 / 0.3)
    assert found["response_s"] == pytest.approx(0.4)


def test_the_bottleneck_is_the_largest_demand_and_not_the_longest_service():
    found = use_table([30.0, 20.0], [30.0, 20.0], [3000, 100], [0, 0], 1000, 60.0)
    assert found["service_s"][0] < found["service_s"][1]
    assert (found["bottleneck"], found["limit_per_s"]) == (0, pytest.approx(1000 / 30))
    idle = use_table([30.0, 0.0], [30.0, 0.0], [30, 0], [0, 0], 30, 60.0)
    assert np.isnan([idle["service_s"][1], idle["response_s"][1], idle["errors"][1]]).all()
    assert idle["utilisation"][1] == 0


def test_refusals():
    right = {"busy_s": [3.0], "visit_s": [4.0], "completed": [5], "failed": [1], "requests": 5, "window_s": 10.0}
    for wrong in (
        {"busy_s": [0.0]},
        {"busy_s": [-1.0]},
        {"busy_s": [11.0], "visit_s": [12.0]},
        {"visit_s": [2.0]},
        {"failed": [6]},
        {"failed": [-1]},
        {"requests": 0},
        {"window_s": 0.0},
    ):
        with pytest.raises(ValueError, match=r"positive|busy for the window|visits fail"):
            use_table(**right | wrong)
    for demands, users, think_s in (([-1.0, 2.0], 1, 0.0), ([0.0], 1, 0.0), ([1.0], 0, 0.0), ([1.0], 1, -1.0)):
        with pytest.raises(ValueError, match="not negative"):
            asymptotic_bounds(demands, users, think_s)
