"""Roofline and intensity: closed forms, limits, and properties that hold for every machine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.hardware import A100_SXM_40GB, A100_SXM_80GB, DEVICES, H100_SXM
from reference_solutions.m02_tools_methods.intensity import gemm_flops_per_byte
from reference_solutions.m02_tools_methods.roofline import attainable_flops_per_s, ridge_flops_per_byte

intensities = st.floats(0, 1e6)
peaks = st.floats(1e9, 1e16)
bandwidths = st.floats(1e8, 1e14)
sizes = st.integers(1, 20_000)


@pytest.mark.parametrize(
    ("device", "printed"),
    [(H100_SXM, 295.3), (A100_SXM_80GB, 153.0), (A100_SXM_40GB, 200.6)],
    ids=lambda x: str(x)[:24],
)
def test_ridge_points_of_published_devices(device, printed):
    ridge = ridge_flops_per_byte(device.peak_flops_per_s, device.bandwidth_bytes_per_s)
    assert round(float(ridge), 1) == printed


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_both_roofs_meet_at_the_ridge(device):
    machine = device.peak_flops_per_s, device.bandwidth_bytes_per_s
    ridge = ridge_flops_per_byte(*machine)
    found = attainable_flops_per_s([0, ridge / 2, ridge, 2 * ridge, np.inf], *machine) / device.peak_flops_per_s
    np.testing.assert_allclose(found, [0, 0.5, 1, 1, 1], rtol=1e-12)


@given(intensities, peaks, bandwidths)
def test_never_above_either_roof_and_always_on_one(intensity, peak, bandwidth):
    attained = attainable_flops_per_s(intensity, peak, bandwidth)
    assert attained <= peak
    assert attained <= intensity * bandwidth
    assert attained in (peak, intensity * bandwidth)


@given(st.lists(intensities, min_size=2, max_size=20), peaks, bandwidths)
def test_more_intensity_never_slows(some, peak, bandwidth):
    assert np.all(np.diff(attainable_flops_per_s(sorted(some), peak, bandwidth)) >= 0)


@given(intensities, peaks, bandwidths, st.floats(0.1, 10))
def test_a_machine_twice_as_fast_is_twice_as_fast(intensity, peak, bandwidth, times):
    scaled = attainable_flops_per_s(intensity, times * peak, times * bandwidth)
    np.testing.assert_allclose(scaled, times * attainable_flops_per_s(intensity, peak, bandwidth), rtol=1e-12)


def test_broadcasts():
    table = attainable_flops_per_s(np.ones((4, 1)), np.full(3, 1e12), 1e9)
    assert table.shape == (4, 3)
    assert attainable_flops_per_s([], 1e12, 1e9).shape == (0,)


@pytest.mark.parametrize(
    "impossible", [(-1, 1, 1), (np.nan, 1, 1), (1, 0, 1), (1, -1, 1), (1, np.nan, 1), (1, 1, 0), ([1, -1], 1, 1)]
)
def test_impossible_input_is_refused(impossible):
    with pytest.raises(ValueError, match="must"):
        attainable_flops_per_s(*impossible)


def test_a_ridge_needs_a_machine():
    with pytest.raises(ValueError, match="bandwidth_bytes_per_s must be positive"):
        ridge_flops_per_byte(1e12, 0)


@pytest.mark.parametrize(("rows", "intensity"), [(4096, 1365.33), (1, 0.99951), (64, 62.06)])
def test_gemm_intensities_of_the_catalogue(rows, intensity):
    assert float(gemm_flops_per_byte(rows, 4096, 4096)) == pytest.approx(intensity, rel=1e-5)


@given(sizes)
def test_a_square_product_has_a_third_of_its_size(n):
    assert float(gemm_flops_per_byte(n, n, n)) == pytest.approx(n / 3)


@given(sizes, sizes, sizes, st.sampled_from([1, 2, 4, 8]))
def test_a_product_is_bound_by_its_smallest_side(m, n, k, element_bytes):
    found = float(gemm_flops_per_byte(m, n, k, element_bytes))
    assert found < 2 * min(m, n, k) / element_bytes
    assert found == pytest.approx(float(gemm_flops_per_byte(k, m, n, element_bytes)))


def test_a_matrix_times_a_vector_tends_to_two_operations_per_element():
    assert float(gemm_flops_per_byte(1, 10**7, 10**7, 2)) == pytest.approx(1.0, rel=1e-6)


def test_sizes_are_positive():
    with pytest.raises(ValueError, match="k must be positive"):
        gemm_flops_per_byte(1, 1, 0)


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_a_device_is_physically_possible_and_has_sources(device):
    assert 1e12 < device.peak_flops_per_s < 1e16
    assert 1e11 < device.bandwidth_bytes_per_s < 1e14
    assert len(device.peak_source) > 20
    assert len(device.bandwidth_source) > 20


@pytest.mark.shared
def test_bandwidths_agree_with_secondary_sources(shared_oracles):
    import json

    machines = json.loads((shared_oracles / "microarchitecture/roofline/machine_specs.json").read_text())["machines"]
    assert machines["A100-40G-SXM4"]["hbm_TBps"] * 1e12 == pytest.approx(A100_SXM_40GB.bandwidth_bytes_per_s)
    assert machines["A100-80G-SXM4"]["hbm_TBps"] * 1e12 == pytest.approx(A100_SXM_80GB.bandwidth_bytes_per_s)
    assert machines["A100-40G-SXM4"]["fp16_tensor"] * 1e12 == A100_SXM_40GB.peak_flops_per_s
    assert machines["H100-SXM5"]["hbm_GBps"] * 1e9 == H100_SXM.bandwidth_bytes_per_s
    assert machines["H100-SXM5"]["fp16_tensor_sparse"] * 1e12 == pytest.approx(2 * H100_SXM.peak_flops_per_s, rel=1e-3)
