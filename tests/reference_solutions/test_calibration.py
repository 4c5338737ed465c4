"""Calibration: planted gains and offsets, other people's least squares, and counters that are broken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m02_tools_methods.calibration import (
    calibrate_counter,
    calibration_intervals,
    corrected_counts,
    counter_verdicts,
)

SIZES = np.array([1e3, 1e4, 1e5, 1e6])
MEASURED = np.repeat(SIZES, 5)


def repeated(counter, runs=5, noise=5.0):
    """Runs of each size, with a little noise."""
    return counter(np.repeat(SIZES[:, np.newaxis], runs, axis=1), np.random.default_rng(3).normal(0, noise, (4, runs)))


@given(st.floats(0.01, 100), st.floats(-1e4, 1e4))
def test_planted_gain_and_offset_come_back(gain, offset):
    fit = calibrate_counter(SIZES, (offset + gain * SIZES)[:, np.newaxis])
    assert float(fit["gain"]) == pytest.approx(gain, rel=1e-9)
    assert float(fit["offset"]) == pytest.approx(offset, abs=1e-9 * gain * 1e6 + 1e-6)
    assert float(fit["misfit"]) < 1e-9 * (abs(offset) + gain * 1e6)


@given(st.lists(st.floats(0, 1e9), min_size=4, max_size=4), st.integers(3, 7))
def test_a_disturbed_run_of_each_size_changes_nothing(disturbances, runs):
    counted = np.repeat((30 + 1.05 * SIZES)[:, np.newaxis], runs, axis=1)
    counted[:, 1] += disturbances
    fit = calibrate_counter(SIZES, counted)
    assert float(fit["gain"]) == pytest.approx(1.05, rel=1e-12)
    assert float(fit["offset"]) == pytest.approx(30, rel=1e-6)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**7)), min_size=3, max_size=12), st.floats(0.5, 0.99))
def test_agrees_with_scipys_regression(pairs, confidence):
    known, counted = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    if np.ptp(known) == 0 or np.ptp(counted) == 0:  # no line, or one of which scipy knows no error
        return
    fit = calibrate_counter(known, counted[:, np.newaxis])
    theirs = stats.linregress(known, counted)
    scale = 1e-9 * (1 + np.abs(counted).max())
    assert float(fit["gain"]) == pytest.approx(theirs.slope, rel=1e-9, abs=scale / np.ptp(known))
    assert float(fit["offset"]) == pytest.approx(theirs.intercept, rel=1e-9, abs=scale * known.max() / np.ptp(known))
    farthest = np.max(np.abs(counted - theirs.slope * known - theirs.intercept))
    assert float(fit["misfit"]) == pytest.approx(farthest, rel=1e-6, abs=1e3 * scale)
    interval = calibration_intervals(known, counted, confidence)
    t = stats.t.ppf((1 + confidence) / 2, len(pairs) - 2)
    noise = 1e3 * scale * max(1, t)  # scipy takes the root of 1 - r^2, which of a perfect line leaves some 1e-8
    width = float(interval["gain_high"] - interval["gain_low"])
    assert width == pytest.approx(2 * t * theirs.stderr, rel=1e-5, abs=noise / np.ptp(known))
    width = float(interval["offset_high"] - interval["offset_low"])
    assert width == pytest.approx(2 * t * theirs.intercept_stderr, rel=1e-5, abs=noise)


def test_agrees_with_numpys_least_squares():
    noisy = np.random.default_rng(7).normal(40 + 1.02 * MEASURED, 300)
    (gain, offset), *_ = np.linalg.lstsq(np.column_stack([MEASURED, np.ones_like(MEASURED)]), noisy)
    fit = calibrate_counter(MEASURED, noisy[:, np.newaxis])
    assert float(fit["gain"]) == pytest.approx(gain, rel=1e-9)
    assert float(fit["offset"]) == pytest.approx(offset, rel=1e-6)


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_intervals_hold_what_they_promise(confidence):
    """4,000 noisy counters: the share of intervals that hold the truth is within five standard errors."""
    counted = np.random.default_rng(1).normal(500 + 1.1 * MEASURED, 200, size=(4000, MEASURED.size))
    interval = calibration_intervals(MEASURED, counted, confidence)
    allowed = 5 * np.sqrt(confidence * (1 - confidence) / 4000)
    for name, truth in (("gain", 1.1), ("offset", 500)):
        held = np.mean((interval[f"{name}_low"] <= truth) & (truth <= interval[f"{name}_high"]))
        assert abs(held - confidence) < allowed


def test_known_by_hand():
    """Four points, residuals -1, 1, 1, -1: slope 2, offset 1, s^2 = 4 / 2; t(2) at 95 % is 4.30265."""
    fit = calibrate_counter([0, 1, 2, 3], [[0], [4], [6], [6]])
    assert {name: pytest.approx(float(value)) for name, value in fit.items()} == {"gain": 2, "offset": 1, "misfit": 1}
    interval = calibration_intervals([0, 1, 2, 3], [0, 4, 6, 6])
    assert float(interval["gain_high"]) - 2 == pytest.approx(4.30265 * np.sqrt(2 / 5), rel=1e-5)
    assert float(interval["offset_high"]) - 1 == pytest.approx(4.30265 * np.sqrt(2 * (1 / 4 + 1.5**2 / 5)), rel=1e-5)


@pytest.mark.parametrize(
    ("counter", "said"),
    [
        (lambda n, noise: n + noise, "exact"),
        (lambda n, noise: n + 5000 + noise, "correctable"),
        (lambda n, noise: 1.25 * n + noise, "correctable"),
        (lambda n, noise: 2 * n + 5000 + noise, "correctable"),
        (lambda n, noise: 0 * n + 42, "broken"),  # stuck
        (lambda n, noise: 0 * n + 1e5 * noise, "broken"),  # counts something else
        (lambda n, noise: n % 2**17 + noise, "broken"),  # overflows
        (lambda n, noise: np.minimum(n, 3e5) + noise, "broken"),  # saturates
        (lambda n, noise: 1e6 - n + noise, "broken"),  # counts the others
        (lambda n, noise: np.sqrt(n) * 1000 + noise, "broken"),  # is no line
    ],
)
def test_verdicts(counter, said):
    assert counter_verdicts(SIZES, {"one": repeated(counter), "two": repeated(lambda n, _: n)}) == {
        "one": said,
        "two": "exact",
    }


@pytest.mark.parametrize(("gain", "said"), [(1.009, "exact"), (0.991, "exact"), (1.011, "correctable")])
def test_one_percent_decides(gain, said):
    assert counter_verdicts(SIZES, {"one": repeated(lambda n, noise: gain * n)}) == {"one": said}


def test_an_interrupt_costs_no_counter_its_name():
    counted = repeated(lambda n, noise: n + noise)
    counted[0, 0] += 8000
    assert counter_verdicts(SIZES, {"one": counted}) == {"one": "exact"}


def test_what_is_corrected_is_what_happened():
    fit = calibrate_counter(SIZES, (700 + 1.5 * SIZES)[:, np.newaxis])
    np.testing.assert_allclose(corrected_counts([700, 2200], fit["gain"], fit["offset"]), [0, 1000], atol=1e-6)


def test_counters_do_not_touch_each_other():
    counted = np.random.default_rng(5).normal(SIZES[:, np.newaxis], 50, size=(3, 2, SIZES.size, 4))
    together = calibrate_counter(SIZES, counted)
    alone = calibrate_counter(SIZES, counted[1, 0])
    assert all(value.shape == (3, 2) for value in together.values())
    for name, value in together.items():
        assert float(value[1, 0]) == pytest.approx(float(alone[name]), rel=1e-12)


@pytest.mark.parametrize(
    ("known", "counted", "confidence"),
    [([1, 2], [1, 2], 0.95), ([5, 5, 5], [1, 2, 3], 0.95), ([1, 2, 3], [1, 2], 0.95), ([1, 2, 3], [1, 2, 3], 1.0)],
)
def test_too_little_for_an_interval_is_refused(known, counted, confidence):
    with pytest.raises(ValueError, match="three measurements of two sizes"):
        calibration_intervals(known, counted, confidence)


@pytest.mark.parametrize("known", [[], [5], [5, 5, 5]])
def test_no_line_is_refused(known):
    with pytest.raises(ValueError, match="two sizes"):
        calibrate_counter(known, np.ones((len(known), 3)))


def test_other_refusals():
    with pytest.raises(ValueError, match="two sizes"):
        counter_verdicts(np.ones(3), {"one": np.ones((3, 2))})
    with pytest.raises(ValueError, match="not positive"):
        corrected_counts(1, 0, 0)
