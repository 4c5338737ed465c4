"""Fork and join against drawn requests, and scalability against Amdahl, a search and a general optimiser."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from reference_solutions.m08_tail_latency.fork_join import (
    fork_join_mean_response_s,
    independent_join_mean_response_s,
)
from reference_solutions.m08_tail_latency.scalability import (
    scalability_fit,
    scaled_throughput_per_s,
    workers_at_peak,
)


def drawn_mean_s(load, tasks, requests=60_000, seed=1):
    """Mean time of the last task, and its standard error: Lindley's recurrence in each queue."""
    draw = np.random.default_rng(seed)
    gaps, service = draw.exponential(1 / load, requests), draw.exponential(1.0, (requests, tasks))
    work, last = np.zeros(tasks), np.empty(requests)
    for place in range(requests):
        work = np.maximum(work - gaps[place], 0) + service[place]
        last[place] = work.max()
    settled = last[requests // 10 :]
    batches = settled.reshape(50, -1).mean(axis=1)
    return settled.mean(), batches.std(ddof=1) / np.sqrt(50)


def test_published_values():
    found = fork_join_mean_response_s(0.8, 1.0, [2, 4, 8, 32])
    np.testing.assert_allclose(found, [7.0, 8.9303, 11.03, 15.466], rtol=1e-4)


@pytest.mark.parametrize(("load", "tasks"), [(0.3, 2), (0.5, 2), (0.5, 8), (0.7, 4), (0.3, 32)])
def test_drawn_requests(load, tasks):
    mean, error = drawn_mean_s(load, tasks)
    found = float(fork_join_mean_response_s(load, 1.0, tasks))
    assert abs(found - mean) < 4 * error + 0.02 * mean, "the fit is good to about 2 %"
    assert mean - 4 * error < independent_join_mean_response_s(load, 1.0, tasks)


def test_without_load_it_is_the_largest_of_n():
    draws = np.random.default_rng(2).exponential(2.0, (200_000, 6)).max(axis=1).mean()
    assert fork_join_mean_response_s(1e-9, 0.5, 6) == pytest.approx(draws, rel=0.01)
    assert fork_join_mean_response_s(1e-9, 0.5, 6) == pytest.approx(2 * sum(1 / k for k in range(1, 7)))


def test_one_task_is_a_queue_and_more_tasks_take_longer():
    assert fork_join_mean_response_s(0.8, 1.0, 1) == independent_join_mean_response_s(0.8, 1.0, 1) == pytest.approx(5)
    for load in (0.1, 0.5, 0.95):
        found = fork_join_mean_response_s(load, 1.0, np.arange(1, 33))
        assert np.all(np.diff(found) > 0)
        assert np.all(found[1:] < independent_join_mean_response_s(load, 1.0, np.arange(2, 33)))
    assert np.isinf(fork_join_mean_response_s([1.0, 2.0], 1.0, 4)).all()
    for rate, tasks in ((0.0, 2), (0.5, 0)):
        with pytest.raises(ValueError, match=r"positive|has a task"):
            fork_join_mean_response_s(rate, 1.0, tasks)


def test_amdahl_is_the_limit_without_coherency():
    workers = np.array([1, 2, 10, 1000])
    found = scaled_throughput_per_s(workers, 5.0, 0.1)
    np.testing.assert_allclose(found, 5 / (0.1 + 0.9 / workers))
    assert scaled_throughput_per_s(7, 5.0, 0.0) == 35
    assert scaled_throughput_per_s(7, 5.0, 1.0) == pytest.approx(5)


@pytest.mark.parametrize(("contention", "coherency"), [(0.03, 0.0005), (0.0, 0.01), (0.5, 0.0002), (0.9, 0.3)])
def test_the_peak_is_the_best_of_all(contention, coherency):
    workers = np.arange(1, 200)
    best = workers[np.argmax(scaled_throughput_per_s(workers, 1.0, contention, coherency))]
    assert abs(best - workers_at_peak(contention, coherency)) < 1


def test_published_peak():
    assert workers_at_peak(0.03, 0.0005) == pytest.approx(44.05, abs=0.005)


def test_planted_laws_are_found():
    draw = np.random.default_rng(3)
    for _ in range(20):
        truth = draw.uniform(10, 1000), draw.uniform(0, 0.4), draw.uniform(0, 0.01)
        workers = np.array([1, 2, 5, 12, 30])
        found = scalability_fit(workers, scaled_throughput_per_s(workers, *truth))
        np.testing.assert_allclose(list(found.values()), truth, rtol=1e-6, atol=1e-9)


def test_noisy_points_by_a_general_optimiser():
    draw = np.random.default_rng(4)
    workers = np.array([1, 2, 4, 8, 16, 24, 32, 48])
    measured = scaled_throughput_per_s(workers, 50.0, 0.08, 0.001) * draw.normal(1, 0.03, 8)
    found = scalability_fit(workers, measured)

    def squares(law):
        return np.sum(
            (measured / (law[0] * workers / (1 + law[1] * (workers - 1) + law[2] * workers * (workers - 1))) - 1) ** 2
        )

    best = optimize.minimize(
        squares, [40, 0.1, 0.002], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-15, "maxiter": 9000}
    )
    np.testing.assert_allclose(list(found.values()), best.x, rtol=1e-4)


def test_no_coefficient_is_negative():
    assert scalability_fit([1, 2, 4, 8], [10.0, 21.0, 43.0, 88.0])["contention"] == 0, "better than linear"
    for workers, measured in (
        ([1, 2, 2], [1.0, 2.0, 2.0]),
        ([0.5, 2, 3], [1.0, 2.0, 3.0]),
        ([1, 2, 3], [1.0, 0.0, 3.0]),
    ):
        with pytest.raises(ValueError, match=r"three numbers|positive"):
            scalability_fit(workers, measured)
    for law in ((0, 1.0, 0.1, 0.0), (2, 0.0, 0.1, 0.0), (2, 1.0, 1.1, 0.0), (2, 1.0, 0.1, -0.1)):
        with pytest.raises(ValueError, match=r"a worker|positive"):
            scaled_throughput_per_s(*law)
    with pytest.raises(ValueError, match="a share"):
        workers_at_peak(1.5, 0.1)
