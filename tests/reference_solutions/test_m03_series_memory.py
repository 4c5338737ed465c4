"""Memory of a series: all covariances summed, the limit of an autoregressive one, and drawn series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, signal, stats

from reference_solutions.m03_modeling_simulation.batch_means import lag_correlation
from reference_solutions.m03_modeling_simulation.series_memory import (
    autoregressive_inflation,
    needed_values,
    variance_inflation,
)


@given(st.lists(st.floats(-1, 1), max_size=12), st.integers(1, 20))
def test_the_inflation_is_the_sum_of_all_covariances(correlations, values):
    row = np.zeros(values)
    row[0] = 1
    known = correlations[: values - 1]
    row[1 : 1 + len(known)] = known
    expected = linalg.toeplitz(row).sum() / values  # Var of the mean times n, over that of one value
    assert variance_inflation(correlations, values) == pytest.approx(expected)


@pytest.mark.parametrize("kept", [-0.5, 0.0, 0.3, 0.9])
def test_a_long_autoregressive_series_comes_to_its_limit(kept):
    found = variance_inflation(kept ** np.arange(1, 2000), 100_000)
    assert found == pytest.approx(autoregressive_inflation(kept), rel=1e-3)


def drawn(kept, runs, values, seed):
    """Steady series with variance 1: each value keeps a share of the one before."""
    rng = np.random.default_rng(seed)
    news = rng.standard_normal((runs, values + 500)) * np.sqrt(1 - kept**2)
    return signal.lfilter([1.0], [1.0, -kept], news, axis=1)[:, 500:]


def test_means_of_drawn_series_vary_as_much():
    series = drawn(0.8, 4000, 200, seed=1)
    found = 200 * series.mean(axis=1).var()
    assert found == pytest.approx(variance_inflation(0.8 ** np.arange(1, 200), 200), rel=0.07)
    estimated = [lag_correlation(series[0:40].ravel(), lag) for lag in range(1, 30)]
    assert variance_inflation(estimated, 8000) == pytest.approx(autoregressive_inflation(0.8), rel=0.2)


def test_as_many_values_as_needed_give_intervals_that_cover():
    values = needed_values(1.0, autoregressive_inflation(0.6), 0.2)
    means = drawn(0.6, 2000, values, seed=2).mean(axis=1)
    assert np.mean(np.abs(means) <= 0.2) == pytest.approx(0.95, abs=0.015)


@given(st.floats(0.1, 50), st.floats(0.5, 40), st.floats(0.01, 5), st.sampled_from([0.5, 0.9, 0.99]))
def test_one_value_fewer_is_too_few(deviation, inflation, half_width, confidence):
    values = needed_values(deviation, inflation, half_width, confidence)
    reached = (
        stats.norm.ppf((1 + confidence) / 2) * deviation * np.sqrt(inflation / np.array([values, values - 1 + 1e-9]))
    )
    assert reached[0] <= half_width * (1 + 1e-9)
    assert reached[1] > half_width * (1 - 1e-9)


def test_what_no_series_can_be_is_refused():
    with pytest.raises(ValueError, match="-1 and 1"):
        variance_inflation([1.1], 5)
    with pytest.raises(ValueError, match="one value"):
        variance_inflation([0.5], 0)
    with pytest.raises(ValueError, match="never settles"):
        autoregressive_inflation(1.0)
    with pytest.raises(ValueError, match="half_width"):
        needed_values(1.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="confidence"):
        needed_values(1.0, 1.0, 0.1, 95)
