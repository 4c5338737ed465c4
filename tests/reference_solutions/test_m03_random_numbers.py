"""Random numbers: results that come with another implementation, and functions whose variance is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m03_modeling_simulation.antithetic import antithetic_gain, antithetic_mean
from reference_solutions.m03_modeling_simulation.random_streams import (
    exponential_times,
    jumped_state,
    stream_numbers,
    stream_start,
)

SEED = (12345,) * 6

# --- streams: all expected numbers are of umontreal-simul/RngStreams, tests/test2RngStream.res, commit fd93bf0 --------


def test_streams_start_where_rngstreams_starts_them():
    assert stream_start(1) == (3692455944, 1366884236, 2968912127, 335948734, 4161675175, 475798818)
    assert stream_start(2) == (1015873554, 1310354410, 2249465273, 994084013, 2912484720, 3876682925)
    ones = [stream_start(number, seed=[1] * 6) for number in range(4)]
    assert ones[1] == (2662865579, 741857976, 4206142246, 3352832365, 2519202871, 655500294)
    assert ones[2] == (3784663252, 802042081, 160569404, 3391851556, 2150317468, 54240022)
    assert ones[3] == (3276123839, 3170955788, 1470482105, 884064067, 1017894425, 16401881)


def test_thirty_five_steps_lead_where_they_lead_rngstreams():
    expected = (1040577685, 3747037609, 277208355, 1712706441, 627445683, 2408037141)
    assert jumped_state(SEED, 35) == stream_numbers(SEED, 35)[1] == expected
    assert round(float(stream_numbers(expected, 1)[0][0]), 14) == 0.07941673614985


def test_numbers_of_a_stream_and_of_its_fourth_substream():
    numbers, _ = stream_numbers(stream_start(2), 5)
    assert numbers.round(13).tolist() == [
        0.7285097861965,
        0.9655872822837,
        0.9961841304801,
        0.1149884161813,
        0.9731454191297,
    ]
    after_one, _ = stream_numbers(jumped_state(stream_start(2), 1), 100)  # one was drawn before
    assert round(after_one.sum(), 11) == 53.98590159232
    fourth, _ = stream_numbers(stream_start(2, 4), 5)
    expected = [0.1734545396358, 0.03286351608942, 0.2643169129682, 0.3059403602117, 0.5476303035177]
    np.testing.assert_allclose(fourth, expected, rtol=1e-12)


def test_a_hundred_thousand_antithetic_numbers():
    """In the fourth substream of stream 2, of which six numbers were drawn before."""
    numbers, _ = stream_numbers(jumped_state(stream_start(2, 4), 6), 100_000, antithetic=True)
    assert round(numbers.sum(), 7) == 50017.2231775


def test_two_to_the_127_steps_back_is_the_stream_before():
    assert jumped_state(stream_start(2, seed=[1] * 6), -(2**127)) == stream_start(1, seed=[1] * 6)


# --- streams: properties ----------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**200), st.integers(-(2**130), 2**130))
def test_leaps_add_up(first, second):
    assert jumped_state(jumped_state(SEED, first), second) == jumped_state(SEED, first + second)


@pytest.mark.parametrize("steps", [0, 1, 2, 7, 1000])
def test_a_leap_is_as_many_steps(steps):
    assert jumped_state(SEED, steps) == stream_numbers(SEED, steps)[1]


def test_numbers_are_even_and_streams_know_nothing_of_each_other():
    drawn = [stream_numbers(stream_start(number, 3), 4000)[0] for number in range(3)]
    for one in drawn:
        assert stats.kstest(one, "uniform").pvalue > 0.01
        assert 0 < one.min() < one.max() < 1
        assert abs(stats.pearsonr(one[1:], one[:-1]).statistic) < 0.05
    assert np.all(np.abs(np.corrcoef(drawn) - np.eye(3)) < 0.05)


def test_antithetic_numbers_are_mirrored_and_the_state_is_the_same():
    numbers, after = stream_numbers(SEED, 50)
    mirrored, after_too = stream_numbers(SEED, 50, antithetic=True)
    np.testing.assert_allclose(numbers + mirrored, 1)
    assert after == after_too


def test_exponential_times_are_scipys_quantiles():
    numbers, _ = stream_numbers(stream_start(5), 1000)
    times = exponential_times(numbers, 3.0)
    np.testing.assert_allclose(times, stats.expon.ppf(numbers, scale=3.0), rtol=1e-12)
    assert stats.kstest(times, "expon", args=(0, 3.0)).pvalue > 0.01


def test_what_no_stream_can_be_is_refused():
    for state in ([1] * 5, [0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0], [2**32 - 209, 1, 1, 1, 1, 1], [-1, 1, 1, 1, 1, 1]):
        with pytest.raises(ValueError, match="three numbers"):
            stream_numbers(state, 1)
    with pytest.raises(ValueError, match="count from 0"):
        stream_start(-1)
    with pytest.raises(ValueError, match="not negative"):
        stream_numbers(SEED, -1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        exponential_times(1.0, 1.0)
    with pytest.raises(ValueError, match="mean_s"):
        exponential_times(0.5, 0.0)


# --- antithetic runs --------------------------------------------------------------------------------------------------

PAIRS = 20_000
DRAWN = stream_numbers(stream_start(7), PAIRS)[0]


def test_a_straight_line_has_no_variance_left():
    found = antithetic_mean(3 + 2 * DRAWN, 3 + 2 * (1 - DRAWN))
    assert found["mean"] == pytest.approx(4)
    assert found["half_width"] == pytest.approx(0, abs=1e-12)
    assert found["gain"] > 1e12


@pytest.mark.parametrize(
    ("function", "mean", "gain"),
    [
        (np.square, 1 / 3, 8),  # Cov(u^2, (1 - u)^2) = 1/30 - 1/9, Var u^2 = 4/45
        (lambda u: -np.log(u), 1, 1 / (2 - np.pi**2 / 6)),  # Cov(ln u, ln (1 - u)) = 1 - pi^2 / 6
        (lambda u: np.abs(u - 0.5), 1 / 4, 1 / 2),  # even about 1/2
    ],
)
def test_functions_of_one_number_gain_what_they_must(function, mean, gain):
    found = antithetic_mean(function(DRAWN), function(1 - DRAWN), confidence=0.999)
    assert abs(found["mean"] - mean) < found["half_width"]
    assert found["gain"] == pytest.approx(gain, rel=0.05)
    assert float(antithetic_gain(1 / gain - 1)) == pytest.approx(gain)


def test_the_interval_is_that_of_scipy():
    runs, mirrored = np.array([3.0, 5.0, 4.2, 6.0]), np.array([5.1, 3.3, 4.0, 2.9])
    found = antithetic_mean(runs, mirrored, 0.9)
    pairs = (runs + mirrored) / 2
    low, high = stats.t.interval(0.9, 3, loc=pairs.mean(), scale=stats.sem(pairs))
    assert (found["mean"] - found["half_width"], found["mean"] + found["half_width"]) == pytest.approx((low, high))


def waits(numbers_of_arrivals, numbers_of_services):
    """Mean wait of a queue with one server (Lindley), from its numbers."""
    gaps, services = exponential_times(numbers_of_arrivals, 1.0), exponential_times(numbers_of_services, 0.6)
    wait, total = np.zeros(len(gaps)), np.zeros(len(gaps))
    for number in range(gaps.shape[1]):
        wait = np.maximum(wait + services[:, number] - gaps[:, number], 0)
        total += wait
    return total / gaps.shape[1]


def test_runs_of_a_queue_gain_too_and_the_gain_is_the_measured_one():
    draws = [np.reshape(stream_numbers(stream_start(number), 300 * 60)[0], (300, 60)) for number in (8, 9)]
    runs, mirrored = waits(*draws), waits(*(1 - draw for draw in draws))
    found = antithetic_mean(runs, mirrored)
    correlation = 2 * np.cov(runs, mirrored)[0, 1] / (runs.var(ddof=1) + mirrored.var(ddof=1))
    assert found["gain"] == pytest.approx(float(antithetic_gain(correlation)))
    assert found["gain"] > 1.1


def test_pairs_that_agree_gain_without_end_and_what_is_no_pair_is_refused():
    assert antithetic_mean([1.0, 2.0], [2.0, 1.0])["gain"] == float("inf")
    assert antithetic_gain(-1.0) == float("inf")
    with pytest.raises(ValueError, match="two pairs"):
        antithetic_mean([1.0], [1.0])
    with pytest.raises(ValueError, match="two pairs"):
        antithetic_mean([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="confidence"):
        antithetic_mean([1.0, 2.0], [1.0, 3.0], 95)
    with pytest.raises(ValueError, match="confidence"):
        antithetic_mean([1.0, 2.0], [1.0, 3.0], 1.0)
    with pytest.raises(ValueError, match="-1 and 1"):
        antithetic_gain(1.5)
