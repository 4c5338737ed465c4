"""A matrix times a vector in fewer bits: the paper's figure, and the closed forms of both limits."""

from __future__ import annotations

import numpy as np
import pytest

from reference_solutions.m02_tools_methods.quantised_gemv import quantised_gemv_time_s

UNLIMITED = np.inf


def test_a_scale_adds_what_the_paper_says():
    """QLoRA, section 3: constants of 32 bits in blocks of 64 add 0.5 bits; quantised to 8 bits, 0.127 in all."""
    plain = quantised_gemv_time_s(8e9, 4, UNLIMITED, 1e9, UNLIMITED)
    assert quantised_gemv_time_s(8e9, 4, 64, 1e9, UNLIMITED, scale_bits=32) - plain == pytest.approx(0.5)
    twice = quantised_gemv_time_s(8e9, 4, 64, 1e9, UNLIMITED, scale_bits=8 + 32 / 256)
    assert twice - plain == pytest.approx(0.127, abs=5e-4)


def test_without_scales_time_goes_with_the_bits():
    times = quantised_gemv_time_s(3e9, np.array([16, 8, 4, 2]), UNLIMITED, 100e9, UNLIMITED)
    np.testing.assert_allclose(times, 6e9 / 100e9 / np.array([1, 2, 4, 8]))


def test_half_the_bits_with_scales_take_more_than_half_the_time():
    groups = np.array([16, 32, 64, 128])
    ratio = quantised_gemv_time_s(1e9, 4, groups, 1e9, UNLIMITED) / quantised_gemv_time_s(
        1e9, 8, groups, 1e9, UNLIMITED
    )
    assert np.all(ratio > 0.5)
    assert np.all(np.diff(ratio) < 0)


def test_unpacking_is_a_floor_that_no_bandwidth_lifts():
    bandwidths = np.geomspace(1e9, 1e15, 25)
    times = quantised_gemv_time_s(1e9, 4, 32, bandwidths, 2e11)
    assert np.all(times >= 1e9 / 2e11)
    assert times[-1] == 1e9 / 2e11
    assert times[0] == pytest.approx(1e9 * 4.5 / 8 / 1e9)


def test_the_two_limits_meet_where_both_take_as_long():
    """Five bits and a quarter at 42 GB/s are 64 billion weights a second."""
    at = quantised_gemv_time_s(64e9, 5, 64, 42e9, np.array([63e9, 64e9, 65e9]))
    np.testing.assert_allclose(at, [64 / 63, 1.0, 1.0])


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("value", [0, -1, np.nan])
def test_impossible_arguments_are_refused(place, value):
    arguments = [1e9, 4, 32, 1e9, 1e12]
    arguments[place] = value
    with pytest.raises(ValueError, match="must be positive"):
        quantised_gemv_time_s(*arguments)


def test_arguments_broadcast():
    times = quantised_gemv_time_s([[1e9], [2e9]], [4, 8, 16], 32, 1e9, UNLIMITED)
    assert times.shape == (2, 3)
    np.testing.assert_allclose(times[1], 2 * times[0])
