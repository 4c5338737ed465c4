"""Percentiles: scipy's binomial, intervals that cover what they promise, pooled data, and a stall replayed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m08_tail_latency.merging import (
    filled_in_latency_s,
    histogram_quantile_s,
    latency_edges_s,
    latency_histogram,
    merged_quantile_s,
)
from reference_solutions.m08_tail_latency.quantiles import nearest_rank_quantile_s, quantile_interval_s

samples = st.lists(st.floats(0.001, 100), min_size=1, max_size=200)
quantiles = st.floats(0.01, 0.999)


@given(samples, quantiles)
def test_nearest_rank_is_scipys_inverted_cdf(latency, quantile):
    found = float(nearest_rank_quantile_s(latency, quantile))
    rank = quantile * len(latency)
    if abs(rank - round(rank)) > 1e-6:
        assert found == float(np.quantile(latency, quantile, method="inverted_cdf"))
    assert np.mean(np.array(latency) <= found) >= quantile - 1e-9


@settings(max_examples=30)
@given(samples, quantiles, st.floats(0.5, 0.999))
def test_an_interval_has_the_widest_ranks_that_scipys_binomial_demands(latency, quantile, confidence):
    ordered, n = sorted(latency), len(latency)
    found = quantile_interval_s(latency, quantile, confidence)
    tail = (1 - confidence) / 2
    lows = [rank for rank in range(1, n + 1) if stats.binom.cdf(rank - 1, n, quantile) <= tail]
    highs = [rank for rank in range(1, n + 1) if stats.binom.sf(rank - 1, n, quantile) <= tail]
    assert found["low"] == (ordered[lows[-1] - 1] if lows else 0.0)
    assert found["high"] == (ordered[highs[0] - 1] if highs else np.inf)
    assert found["estimate"] == float(nearest_rank_quantile_s(latency, quantile))


def test_scipys_own_interval():
    rng = np.random.default_rng(1)
    latency = rng.lognormal(size=1500)
    for quantile in (0.5, 0.9, 0.95):
        theirs = stats.quantile_test(latency, q=1.0, p=quantile).confidence_interval(0.95)
        ours = quantile_interval_s(latency, quantile, 0.95)
        ranks = [
            np.searchsorted(np.sort(latency), limit) for limit in (theirs.low, ours["low"], theirs.high, ours["high"])
        ]
        assert abs(ranks[0] - ranks[1]) <= 1
        assert abs(ranks[2] - ranks[3]) <= 1


def test_an_interval_covers_what_it_promises():
    rng = np.random.default_rng(4)
    truth, hits, runs = stats.lognorm.ppf(0.95, 1), 0, 600
    for _ in range(runs):
        interval = quantile_interval_s(rng.lognormal(size=300), 0.95, 0.9)
        hits += interval["low"] <= truth <= interval["high"]
    assert 0.88 < hits / runs < 0.96  # at least 90 %: ranks are whole numbers


def test_too_few_requests_set_no_limit():
    assert quantile_interval_s(np.arange(1, 301), 0.99)["high"] == np.inf
    assert quantile_interval_s(np.arange(1, 401), 0.99)["high"] == 400
    assert quantile_interval_s([1.0, 2.0], 0.5)["low"] == 0


@settings(max_examples=30)
@given(st.lists(samples, min_size=1, max_size=6), quantiles, st.sampled_from([0.01, 0.05, 0.3]))
def test_merged_histograms_know_the_percentile_of_the_pool(machines, quantile, error):
    edges = latency_edges_s(0.0005, 100, error)
    merged = np.sum([latency_histogram(latency, edges) for latency in machines], axis=0)
    pooled = np.concatenate(machines)
    assert merged.sum() == pooled.size
    exact = float(nearest_rank_quantile_s(pooled, quantile))
    found = float(histogram_quantile_s(merged, edges, quantile))
    assert merged_quantile_s([latency_histogram(latency, edges) for latency in machines], edges, quantile) == found
    assert exact * (1 - 1e-9) <= found <= exact * (1 + error) * (1 + 1e-9)


def test_the_mean_of_percentiles_is_no_percentile():
    """One slow machine in ten: the p99 of all is slow, the mean of the p99s is a tenth of it."""
    machines = [np.full(1000, 0.01)] * 9 + [np.full(1000, 1.0)]
    edges = latency_edges_s(0.001, 2.0, 0.01)
    merged = np.sum([latency_histogram(latency, edges) for latency in machines], axis=0)
    assert float(histogram_quantile_s(merged, edges, 0.99)) == pytest.approx(1.0, rel=0.011)
    mean = np.mean([float(nearest_rank_quantile_s(latency, 0.99)) for latency in machines])
    assert mean == pytest.approx(0.109)


def test_what_lies_beyond_the_edges_is_counted_at_the_ends():
    counts = latency_histogram([0.0, 0.5, 1.5, 9.0], [1.0, 2.0, 3.0])
    assert counts.tolist() == [3.0, 1.0]


@given(st.lists(st.floats(0.001, 0.5), min_size=1, max_size=30), st.floats(0.01, 0.2))
def test_filled_in_one_by_one(latency, interval):
    expected = list(latency)
    for measured in latency:
        left = measured - interval
        while left >= interval * (1 + 1e-6):
            expected.append(left)
            left -= interval
    found = filled_in_latency_s(latency, interval)
    if all(abs(one / interval - round(one / interval)) > 1e-4 for one in latency):
        np.testing.assert_allclose(found, np.sort(expected), atol=1e-9)
    assert found.size >= len(latency)
    assert np.all(np.diff(found) >= 0)


def test_a_stall_replayed_with_the_requests_that_were_due():
    """Requests due every 10 ms take 1 ms; the service stands still from 0.5 s to 0.8 s. The tester waits."""
    interval, stall_from, stall_to = 0.01, 0.5, 0.8
    due = np.arange(0, 1, interval) + 0.0005
    open_loop = np.where((due >= stall_from) & (due < stall_to), stall_to - due, 0) + 0.001
    closed, now = [], 0.0005
    while now < 1:
        latency = (stall_to - now if stall_from <= now < stall_to else 0) + 0.001
        closed.append(latency)
        now += max(interval, np.ceil(latency / interval) * interval)
    repaired = filled_in_latency_s(closed, interval)
    assert float(nearest_rank_quantile_s(closed, 0.9)) < 0.002
    assert abs(repaired.size - open_loop.size) <= 1
    expected = float(nearest_rank_quantile_s(open_loop, 0.9))
    assert float(nearest_rank_quantile_s(repaired, 0.9)) == pytest.approx(expected, abs=1.1 * interval)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: nearest_rank_quantile_s([], 0.5),
        lambda: nearest_rank_quantile_s([1.0], 0.0),
        lambda: quantile_interval_s([], 0.5),
        lambda: quantile_interval_s([1.0], 1.0),
        lambda: quantile_interval_s([1.0], 0.5, 1.0),
        lambda: latency_edges_s(1.0, 0.5, 0.1),
        lambda: latency_histogram([1.0], [2.0, 1.0]),
        lambda: histogram_quantile_s([0.0], [0.0, 1.0], 0.5),
        lambda: filled_in_latency_s([1.0], 0.0),
        lambda: merged_quantile_s([[0.0], [0.0]], [0.0, 1.0], 0.5),
        lambda: merged_quantile_s([[1.0, 1.0]], [0.0, 1.0], 0.5),
        lambda: merged_quantile_s([1.0], [0.0, 1.0], 0.5),
        lambda: merged_quantile_s([[1.0]], [0.0, 1.0], 95),
    ],
)
def test_impossible_input_is_refused(refused):
    with pytest.raises(ValueError, match=r"between|rise|range|positive"):
        refused()
