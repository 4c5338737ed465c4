"""Ceilings, hierarchical and cache-aware rooflines: limits, the flat roofline, a loop over levels, vertices by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.hierarchical_roofline import (
    cache_aware_flops_per_s,
    ceiling_flops_per_s,
    hierarchical_flops_per_s,
    hierarchical_flops_per_s_by_definition,
    narrowest_level,
)
from reference_solutions.m02_tools_methods.roofline import attainable_flops_per_s

intensities = st.floats(1e-3, 1e4)
peaks = st.floats(1e9, 1e15)
bandwidths = st.floats(1e8, 1e13)
levels = st.lists(st.tuples(intensities, bandwidths), min_size=1, max_size=5)


@given(intensities, peaks, bandwidths)
def test_one_level_is_the_flat_roofline(intensity, peak, bandwidth):
    flat = attainable_flops_per_s(intensity, peak, bandwidth)
    assert hierarchical_flops_per_s([intensity], peak, [bandwidth]) == flat
    assert cache_aware_flops_per_s(intensity, peak, [bandwidth])[0] == flat


@given(levels, peaks)
def test_a_loop_over_levels_agrees(some, peak):
    own, speed = zip(*some, strict=True)
    found = float(hierarchical_flops_per_s(own, peak, speed))
    assert found == pytest.approx(hierarchical_flops_per_s_by_definition(own, peak, speed), rel=1e-12)


@given(levels, peaks)
def test_the_narrowest_level_is_the_one_that_costs(some, peak):
    own, speed = (np.array(column) for column in zip(*some, strict=True))
    bound = int(narrowest_level(own, peak, speed))
    before = float(hierarchical_flops_per_s(own, peak, speed))
    if bound == len(some):
        assert before == peak
        return
    assert before == own[bound] * speed[bound]
    halved = np.where(np.arange(len(some)) == bound, speed / 2, speed)
    assert float(hierarchical_flops_per_s(own, peak, halved)) == before / 2
    removed = np.where(np.arange(len(some)) == bound, np.inf, own)
    assert float(hierarchical_flops_per_s(removed, peak, speed)) >= before


@given(intensities, peaks, st.lists(bandwidths, min_size=2, max_size=4))
def test_a_cache_aware_kernel_gains_from_nearer_levels(intensity, peak, some):
    """One intensity: only the level changes, so a wider one never allows less."""
    roofs = cache_aware_flops_per_s(intensity, peak, sorted(some))
    assert np.all(np.diff(roofs) >= 0)
    assert np.all(roofs <= peak)


def test_the_two_models_differ_on_the_same_kernel():
    """A blocked product: 1 flop/B at the core, 64 at memory. Ilic sees 1 under each roof, Yang one number for each."""
    machine = {"peak_flops_per_s": 100e9, "bandwidths_bytes_per_s": [400e9, 10e9]}
    assert float(hierarchical_flops_per_s([1, 64], **machine)) == 100e9
    np.testing.assert_array_equal(cache_aware_flops_per_s(1, **machine), [100e9, 10e9])


def test_vertices_by_hand():
    """Ridges at 0.25, 2 and 10 flop/B: on each, a roof of bandwidth meets the peak."""
    bandwidth = np.array([400e9, 50e9, 10e9])
    ridges = 100e9 / bandwidth
    np.testing.assert_array_equal(ridges, [0.25, 2, 10])
    roofs = cache_aware_flops_per_s(ridges, 100e9, bandwidth)
    np.testing.assert_allclose(roofs / 1e9, [[100, 12.5, 2.5], [100, 100, 20], [100, 100, 100]])


def test_ceilings_multiply():
    table = ceiling_flops_per_s(96e9, lanes=8, vectorised=[[True], [False]], fused=[True, False])
    np.testing.assert_array_equal(table / 1e9, [[96, 48], [12, 6]])


def test_kernels_and_machines_broadcast():
    own = np.ones((5, 3))
    assert hierarchical_flops_per_s(own, np.full(5, 1e12), [1e12, 2e11, 1e10]).shape == (5,)
    assert narrowest_level(own, 1e12, [1e12, 2e11, 1e10]).tolist() == [2] * 5
    assert cache_aware_flops_per_s(np.ones(5), 1e12, [1e12, 2e11, 1e10]).shape == (5, 3)


def test_a_level_without_traffic_never_binds():
    assert float(hierarchical_flops_per_s([np.inf, 2], 100e9, [1.0, 10e9])) == 20e9


@pytest.mark.parametrize("impossible", [([-1], 1, [1]), ([np.nan], 1, [1]), ([1], 0, [1]), ([1], 1, [0])])
def test_impossible_input_is_refused(impossible):
    with pytest.raises(ValueError, match="must"):
        hierarchical_flops_per_s(*impossible)
    intensity, peak, bandwidth = impossible
    with pytest.raises(ValueError, match="must"):
        cache_aware_flops_per_s(intensity[0], peak, bandwidth)


def test_a_ceiling_needs_a_machine():
    with pytest.raises(ValueError, match="lanes must be positive"):
        ceiling_flops_per_s(1e9, lanes=0)
