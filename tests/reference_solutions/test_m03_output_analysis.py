"""What a simulation's numbers are worth: replications, batch means, warm-up, common random numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m03_modeling_simulation.batch_means import batch_means_interval, lag_correlation
from reference_solutions.m03_modeling_simulation.common_numbers import paired_difference
from reference_solutions.m03_modeling_simulation.runs import replication_interval
from reference_solutions.m03_modeling_simulation.warm_up import mser_truncation, welch_average

means_of_runs = st.lists(st.floats(-100, 100), min_size=2, max_size=30).filter(lambda one: np.std(one) > 1e-3)

# --- replications -----------------------------------------------------------------------------------------------------


@given(means_of_runs, st.floats(0.5, 0.999))
def test_an_interval_is_scipys(means, confidence):
    found = replication_interval(means, 1e9, confidence)
    low, high = stats.t.interval(confidence, len(means) - 1, np.mean(means), stats.sem(means))
    assert found["mean"] - found["half_width"] == pytest.approx(low, rel=1e-6, abs=1e-6)
    assert found["mean"] + found["half_width"] == pytest.approx(high, rel=1e-6, abs=1e-6)
    assert found["runs"] == len(means)


def test_ten_runs_take_the_t_of_nine_degrees():
    means = [0.0] * 5 + [2.0] * 5
    found = replication_interval(means, 1.0)
    assert found["half_width"] * np.sqrt(10) / np.std(means, ddof=1) == pytest.approx(2.262, abs=5e-4)


@settings(max_examples=40)
@given(means_of_runs, st.floats(0.05, 0.9))
def test_runs_are_the_first_that_are_enough(means, part):
    found = replication_interval(means, part * replication_interval(means, 1e9)["half_width"])
    wanted = part * replication_interval(means, 1e9)["half_width"]
    half = [stats.t.ppf(0.975, runs - 1) * np.std(means, ddof=1) / np.sqrt(runs) for runs in (found["runs"], 2)]
    assert half[0] <= wanted * (1 + 1e-9)
    if found["runs"] > len(means):
        fewer = found["runs"] - 1
        assert stats.t.ppf(0.975, fewer - 1) * np.std(means, ddof=1) / np.sqrt(fewer) > wanted * (1 - 1e-9)


def test_about_95_of_100_intervals_hold_the_truth():
    rng = np.random.default_rng(1000)
    inside = 0
    for _ in range(1000):
        found = replication_interval(rng.normal(7.0, 2.0, size=8), 1.0)
        inside += abs(found["mean"] - 7.0) <= found["half_width"]
    assert 925 <= inside <= 972  # three deviations of a binomial


@pytest.mark.parametrize("asked", [([1.0], 1.0, 0.9), ([1.0, 2.0], 0.0, 0.9), ([1.0, 2.0], 1.0, 95)])
def test_no_interval_without_runs(asked):
    with pytest.raises(ValueError, match="two runs"):
        replication_interval(*asked)


def test_equal_runs_need_no_more():
    assert replication_interval([3.0, 3.0, 3.0], 0.1) == {"mean": 3.0, "half_width": 0.0, "runs": 3}


# --- batch means ------------------------------------------------------------------------------------------------------


def autoregressive(rng, length, memory):
    values = np.empty(length)
    values[0] = rng.normal() / np.sqrt(1 - memory**2)
    for place in range(1, length):
        values[place] = memory * values[place - 1] + rng.normal()
    return values


def test_batches_know_of_the_memory_of_a_series():
    """AR(1): the variance of the mean tends to 1 / (1 - memory)^2 / n, far above that of independent values."""
    rng, memory, length = np.random.default_rng(5), 0.8, 4000
    found = [batch_means_interval(autoregressive(rng, length, memory), 20) for _ in range(150)]
    variance = np.mean([(one["half_width"] / stats.t.ppf(0.975, 19)) ** 2 for one in found])
    assert variance == pytest.approx(1 / (1 - memory) ** 2 / length, rel=0.12)
    assert np.mean([abs(one["mean"]) <= one["half_width"] for one in found]) > 0.9
    assert abs(np.mean([one["lag_1"] for one in found])) < 0.1


def test_a_lag_correlation_is_that_of_the_series():
    rng = np.random.default_rng(6)
    series = autoregressive(rng, 40_000, 0.6)
    assert [lag_correlation(series, lag) for lag in (0, 1, 2)] == pytest.approx([1.0, 0.6, 0.36], abs=0.02)
    assert lag_correlation([2.0, 2.0, 2.0], 1) == 0
    with pytest.raises(ValueError, match="shorter"):
        lag_correlation([1.0, 2.0], 2)


def test_batches_of_one_value_are_student():
    values = np.random.default_rng(7).normal(size=12)
    low, high = stats.t.interval(0.9, 11, values.mean(), stats.sem(values))
    found = batch_means_interval(values, 12, 0.9)
    assert (found["mean"] - found["half_width"], found["mean"] + found["half_width"]) == pytest.approx((low, high))
    with pytest.raises(ValueError, match="two batches"):
        batch_means_interval(values, 13)


# --- warm-up ----------------------------------------------------------------------------------------------------------


def by_the_formula(series, batch):
    means = [np.mean(series[place : place + batch]) for place in range(0, len(series) - batch + 1, batch)]
    sums = {}
    for dropped in range(len(means) // 2 + 1):
        rest = means[dropped:]
        centre = sum(rest) / len(rest)
        sums[dropped] = sum((one - centre) ** 2 for one in rest) / len(rest) ** 2
    best = min(sums, key=lambda dropped: (sums[dropped], dropped))
    return {"dropped": best * batch, "mean": np.mean(means[best:]), "settled": best < len(means) // 2}


@settings(max_examples=60)
@given(st.integers(1, 6), st.integers(4, 40), st.integers(0, 2**32 - 1), st.integers(0, 5))
def test_mser_is_the_sum_written_out(batch, batches, seed, left_over):
    series = np.random.default_rng(seed).exponential(size=batch * batches + left_over % batch)
    found, right = mser_truncation(series, batch), by_the_formula(series, batch)
    assert found["dropped"] == right["dropped"]
    assert found["settled"] == right["settled"]
    assert found["mean"] == pytest.approx(right["mean"])


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_transient_is_found(seed):
    rng = np.random.default_rng(seed)
    series = 10 + rng.normal(size=1000) - np.where(np.arange(1000) < 150, 12, 0)
    found = mser_truncation(series)
    assert 150 <= found["dropped"] <= 200
    assert found["settled"]
    assert found["mean"] == pytest.approx(10, abs=0.15)


def test_a_run_that_never_settles_says_so():
    assert not mser_truncation(np.arange(200.0))["settled"]
    with pytest.raises(ValueError, match="four batches"):
        mser_truncation(np.ones(19))


@given(st.integers(0, 6), st.integers(13, 40), st.integers(1, 5))
def test_welch_is_a_convolution_where_its_window_is_whole(window, length, runs):
    values = np.random.default_rng(length).normal(size=(runs, length))
    found = welch_average(values, window)
    assert found.shape == (length - window,)
    kernel = np.ones(2 * window + 1) / (2 * window + 1)
    np.testing.assert_allclose(found[window:], np.convolve(values.mean(axis=0), kernel, mode="valid"), atol=1e-12)
    assert found[0] == pytest.approx(values[:, 0].mean())
    with pytest.raises(ValueError, match="both its sides"):
        welch_average(values, length)


# --- common random numbers --------------------------------------------------------------------------------------------


def test_a_difference_is_scipys_paired_t():
    rng = np.random.default_rng(8)
    first = rng.normal(size=15)
    second = first + rng.normal(0.3, 0.2, size=15)
    interval = stats.ttest_rel(second, first).confidence_interval(0.95)
    found = paired_difference(first, second)
    limits = found["difference"] - found["half_width"], found["difference"] + found["half_width"]
    assert limits == pytest.approx((interval.low, interval.high))


def test_what_pairing_gains_is_the_covariance():
    """X = a U, Y = b U + c V with independent normal U and V: the gain is (a^2 + b^2 + c^2) / ((a - b)^2 + c^2)."""
    rng, a, b, c = np.random.default_rng(9), 2.0, 1.8, 0.5
    u, v = rng.normal(size=(2, 200_000))
    assert paired_difference(a * u, b * u + c * v)["gain"] == pytest.approx(
        (a**2 + b**2 + c**2) / ((a - b) ** 2 + c**2), rel=0.02
    )
    assert np.isinf(paired_difference([1.0, 2.0], [2.0, 3.0])["gain"])
    with pytest.raises(ValueError, match="pairs"):
        paired_difference([1.0, 2.0], [1.0])
