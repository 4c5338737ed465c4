"""Calibration: planted gains and offsets, other people's least squares, and counters that are broken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m02_tools_methods.calibration import (
    calibrate_counter,
    calibration_verdict,
    corrected_counts,
)

SIZES = np.repeat([1e3, 1e4, 1e5, 1e6], 5)


def verdict(counted, known=SIZES, tolerance=0.01):
    return str(calibration_verdict(calibrate_counter(known, counted), tolerance))


@given(st.floats(0.01, 100), st.floats(-1e4, 1e4))
def test_planted_gain_and_offset_come_back(gain, offset):
    fit = calibrate_counter(SIZES, offset + gain * SIZES)
    assert float(fit["gain"]) == pytest.approx(gain, rel=1e-9)
    assert float(fit["offset"]) == pytest.approx(offset, abs=1e-9 * gain * 1e6 + 1e-6)
    assert float(fit["misfit"]) < 1e-9


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**7)), min_size=3, max_size=12), st.floats(0.5, 0.99))
def test_agrees_with_scipys_regression(pairs, confidence):
    known, counted = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    if np.ptp(known) == 0 or np.ptp(counted) == 0:  # no line, or one of which scipy knows no error
        return
    fit = calibrate_counter(known, counted, confidence)
    theirs = stats.linregress(known, counted)
    t = stats.t.ppf((1 + confidence) / 2, len(pairs) - 2)
    scale = 1e-9 * (1 + np.abs(counted).max())
    assert float(fit["gain"]) == pytest.approx(theirs.slope, rel=1e-9, abs=scale / np.ptp(known))
    assert float(fit["offset"]) == pytest.approx(theirs.intercept, rel=1e-9, abs=scale * known.max() / np.ptp(known))
    width = float(fit["gain_high"] - fit["gain_low"])
    assert width == pytest.approx(2 * t * theirs.stderr, rel=1e-5, abs=1e3 * scale / np.ptp(known))
    width = float(fit["offset_high"] - fit["offset_low"])
    assert width == pytest.approx(2 * t * theirs.intercept_stderr, rel=1e-5, abs=1e3 * scale)


def test_agrees_with_numpys_least_squares():
    noisy = np.random.default_rng(7).normal(40 + 1.02 * SIZES, 300)
    (gain, offset), *_ = np.linalg.lstsq(np.column_stack([SIZES, np.ones_like(SIZES)]), noisy)
    fit = calibrate_counter(SIZES, noisy)
    assert float(fit["gain"]) == pytest.approx(gain, rel=1e-9)
    assert float(fit["offset"]) == pytest.approx(offset, rel=1e-6)


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_intervals_hold_what_they_promise(confidence):
    """4,000 noisy counters: the share of intervals that hold the truth is within five standard errors."""
    counted = np.random.default_rng(1).normal(500 + 1.1 * SIZES, 200, size=(4000, SIZES.size))
    fit = calibrate_counter(SIZES, counted, confidence)
    allowed = 5 * np.sqrt(confidence * (1 - confidence) / 4000)
    for name, truth in (("gain", 1.1), ("offset", 500)):
        held = np.mean((fit[f"{name}_low"] <= truth) & (truth <= fit[f"{name}_high"]))
        assert abs(held - confidence) < allowed


def test_known_by_hand():
    """Four points, residuals -1, 1, 1, -1: slope 2, offset 1, s^2 = 4 / 2; t(2) at 95 % is 4.30265."""
    fit = calibrate_counter([0, 1, 2, 3], [0, 4, 6, 6])
    assert float(fit["gain"]) == pytest.approx(2)
    assert float(fit["offset"]) == pytest.approx(1)
    assert float(fit["gain_high"]) - 2 == pytest.approx(4.30265 * np.sqrt(2 / 5), rel=1e-5)
    assert float(fit["offset_high"]) - 1 == pytest.approx(4.30265 * np.sqrt(2 * (1 / 4 + 1.5**2 / 5)), rel=1e-5)
    assert float(fit["misfit"]) == pytest.approx(np.sqrt(2) / 6)


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
    assert verdict(counter(SIZES, np.random.default_rng(3).normal(0, 5, SIZES.size))) == said


def test_tolerance_decides():
    counted = SIZES * 1.02
    assert verdict(counted, tolerance=0.01) == "correctable"
    assert verdict(counted, tolerance=0.03) == "exact"


def test_what_is_corrected_is_what_happened():
    fit = calibrate_counter(SIZES, 700 + 1.5 * SIZES)
    np.testing.assert_allclose(corrected_counts([700, 2200], fit["gain"], fit["offset"]), [0, 1000], atol=1e-6)


def test_counters_do_not_touch_each_other():
    counted = np.random.default_rng(5).normal(SIZES, 50, size=(3, 2, SIZES.size))
    together = calibrate_counter(SIZES, counted)
    alone = calibrate_counter(SIZES, counted[1, 0])
    assert all(value.shape == (3, 2) for value in together.values())
    for name, value in together.items():
        assert float(value[1, 0]) == pytest.approx(float(alone[name]), rel=1e-12)
    assert calibration_verdict(together).shape == (3, 2)


@pytest.mark.parametrize(
    ("known", "counted", "confidence"),
    [([1, 2], [1, 2], 0.95), ([5, 5, 5], [1, 2, 3], 0.95), ([1, 2, 3], [1, 2], 0.95), ([1, 2, 3], [1, 2, 3], 1.0)],
)
def test_too_little_to_fit_is_refused(known, counted, confidence):
    with pytest.raises(ValueError, match="three measurements of two sizes"):
        calibrate_counter(known, counted, confidence)


def test_other_refusals():
    with pytest.raises(ValueError, match="tolerance"):
        calibration_verdict(calibrate_counter(SIZES, SIZES), 0)
    with pytest.raises(ValueError, match="not positive"):
        corrected_counts(1, 0, 0)
