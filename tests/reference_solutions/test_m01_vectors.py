"""Vectors: loops played instruction by instruction, and all patterns of a condition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.simd_loop import (
    gathered_lines,
    lane_use,
    masked_branch_cycles,
    simd_loop_instructions,
    simd_speedup,
)


def played_runs(elements, lanes, peeled, masked):
    """Goes through the elements; a vector starts where the address is aligned and enough is left."""
    place, runs = 0, 0
    while place < elements:
        aligned = (place - peeled) % lanes == 0 and place >= peeled
        if masked:
            place += (peeled - place) if place < peeled else lanes
        else:
            place += lanes if aligned and place + lanes <= elements else 1
        runs += 1
    return runs


@given(st.integers(0, 200), st.integers(1, 17), st.integers(0, 16), st.booleans())
def test_runs_of_a_loop_are_those_of_a_loop_that_is_played(elements, lanes, peeled, masked):
    peeled %= lanes
    assert simd_loop_instructions(elements, lanes, peeled, masked) == played_runs(elements, lanes, peeled, masked)


@given(st.integers(1, 500), st.integers(1, 64))
def test_lanes_that_work_are_elements_over_all_lanes_of_all_vectors(elements, lanes):
    vectors = [min(lanes, elements - start) for start in range(0, elements, lanes)]
    assert float(lane_use(elements, lanes)) == pytest.approx(np.mean([size / lanes for size in vectors]))
    masked = simd_loop_instructions(elements, lanes, masked=True)
    assert float(simd_speedup(1, lanes, lane_use(elements, lanes))) == pytest.approx(elements / masked)


@given(st.integers(1, 400), st.integers(1, 300), st.sampled_from([1, 2, 4, 8, 16]))
def test_speedup_is_that_of_counted_instructions(scalar_only, elements, lanes):
    before = scalar_only + elements
    after = scalar_only + played_runs(elements, lanes, 0, True)
    found = simd_speedup(elements / before, lanes, lane_use(elements, lanes))
    assert float(found) == pytest.approx(before / after)


def test_speedup_has_amdahls_limits():
    assert simd_speedup(0, 16) == 1
    assert float(simd_speedup(0.9, 1e12)) == pytest.approx(10)
    assert float(simd_speedup(1, 16, 1 / 16)) == pytest.approx(1)


@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 1.0])
def test_masked_sides_cost_their_mean_over_all_patterns(lanes, share):
    expected = 0.0
    for pattern in product([True, False], repeat=lanes):
        probability = np.prod([share if taken else 1 - share for taken in pattern])
        expected += probability * (7 * any(pattern) + 11 * (not all(pattern)))
    assert float(masked_branch_cycles(share, lanes, 7, 11)) == pytest.approx(expected)


@given(st.lists(st.lists(st.integers(0, 500), min_size=8, max_size=8), min_size=1, max_size=5), st.sampled_from([2, 8]))
def test_gathers_touch_as_many_lines_as_a_set_of_bytes(elements, size):
    addresses = size * np.asarray(elements)
    lines = [{(place + byte) // 64 for place in row for byte in range(size)} for row in addresses.tolist()]
    assert gathered_lines(addresses, size).tolist() == [len(row) for row in lines]


@pytest.mark.parametrize("stride", [1, 2, 4, 16, 100])
def test_a_stride_touches_at_most_a_line_a_lane(stride):
    assert gathered_lines(4 * stride * np.arange(16), 4) == min(16, stride)


def test_what_no_loop_can_be_is_refused():
    with pytest.raises(ValueError, match="elements"):
        lane_use(0, 8)
    with pytest.raises(ValueError, match="between 0 and 1"):
        simd_speedup(1.1, 8)
    with pytest.raises(ValueError, match="peeled"):
        simd_loop_instructions(10, 8, 8)
    with pytest.raises(ValueError, match="probability"):
        masked_branch_cycles(-0.1, 8, 1, 1)
    with pytest.raises(ValueError, match="multiples"):
        gathered_lines([1], 4)
