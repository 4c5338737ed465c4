"""The instruction roofline: the V100 of the paper, its asymptotes, and counts that become an intensity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.instruction_roofline import (
    attainable_warp_instructions_per_s,
    warp_instructions_per_transaction,
)

V100 = {"multiprocessors": 80, "schedulers": 4, "clock_hz": 1.53e9}


def test_the_peak_of_a_v100_as_printed():
    peak = attainable_warp_instructions_per_s(np.inf, **V100, transactions_per_s=1)
    assert float(peak) / 1e9 == pytest.approx(489.6)


def test_asymptotes_and_ridge():
    """900 GB/s are 28.125 billion transactions of 32 bytes; the ridge is at 489.6 / 28.125."""
    ridge = 489.6 / 28.125
    found = attainable_warp_instructions_per_s([0, ridge / 2, ridge, 2 * ridge], **V100, transactions_per_s=900e9 / 32)
    np.testing.assert_allclose(found / 1e9, [0, 244.8, 489.6, 489.6])


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_full_warps_that_load_a_word_each_have_an_intensity_of_a_quarter(warps, instructions):
    """Each thread loads 4 bytes in one instruction: a warp's instruction moves 128 bytes, four transactions."""
    threads = 32 * warps
    assert float(warp_instructions_per_transaction(threads, 4 * threads)) == pytest.approx(0.25)
    more = float(warp_instructions_per_transaction(threads * instructions, 4 * threads))
    assert more == pytest.approx(instructions / 4)


def test_a_kernel_that_moves_nothing():
    assert warp_instructions_per_transaction([32, 32], [0, 32]).tolist() == [np.inf, 1]


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="clock_hz must be positive"):
        attainable_warp_instructions_per_s(1, 80, 4, 0, 1)
    with pytest.raises(ValueError, match="must not be negative"):
        attainable_warp_instructions_per_s(-1, 80, 4, 1, 1)
    with pytest.raises(ValueError, match="must not be negative"):
        warp_instructions_per_transaction(-1, 1)
    with pytest.raises(ValueError, match="warp_threads must be positive"):
        warp_instructions_per_transaction(1, 1, warp_threads=0)
