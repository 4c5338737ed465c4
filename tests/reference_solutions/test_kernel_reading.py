"""One run, read twice: agreement with the pages that count work and waits, and kernels counted by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.counted_work import (
    FLOPS_OF_INSTRUCTION,
    counted_flops,
    counted_memory_bytes,
)
from reference_solutions.m02_tools_methods.kernel_reading import gemv_roofline, gemv_waits
from reference_solutions.m02_tools_methods.memory_bound import memory_bound_levels

VECTORS = "FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE"


# --- the roofline ----------------------------------------------------------------------------------------------------


def test_a_triad_stands_on_its_roof():
    """a[i] = b[i] + s c[i] in floats: 2 operations for 16 bytes with write-allocate, at the memory's speed."""
    elements = 16_000
    count = {VECTORS: 2 * elements / 16, "UNC_M_CAS_COUNT.RD": elements * 12 / 64, "UNC_M_CAS_COUNT.WR": elements / 16}
    found = gemv_roofline(count, elements * 16 / 100e9, 1e12, 100e9)
    assert found == pytest.approx(
        {"intensity_flops_per_byte": 1 / 8, "attainable_flops_per_s": 12.5e9, "roof_share": 1.0}
    )


def test_right_of_the_ridge_the_peak_is_the_roof():
    found = gemv_roofline({VECTORS: 10**6, "UNC_M_CAS_COUNT.RD": 10, "UNC_M_CAS_COUNT.WR": 0}, 1e-3, 64e9, 100e9)
    assert found["attainable_flops_per_s"] == 64e9
    assert found["roof_share"] == pytest.approx(16e9 / 64e9)


def test_it_counts_as_the_page_on_counted_work():
    count = {VECTORS: 2348810240, "UNC_M_CAS_COUNT.RD": 594622054, "UNC_M_CAS_COUNT.WR": 301056}
    found = gemv_roofline(count, 0.3633, 1e15, 1e9)
    zeros = dict.fromkeys(FLOPS_OF_INSTRUCTION, 0)
    flops, moved = counted_flops(zeros | {VECTORS: count[VECTORS]}), counted_memory_bytes(count)
    assert found["intensity_flops_per_byte"] == pytest.approx(float(flops / moved), rel=1e-12)


# --- the waits -------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 10**9), min_size=4, max_size=4), st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
def test_it_agrees_with_the_page_on_memory_and_telescopes(loads, stalls):
    hits, riders, misses, full = loads
    beyond = [sum(stalls[place:]) for place in range(1, 4)]
    clocks = 1 + sum(stalls)
    count = {"CPU_CLK_UNHALTED.THREAD": clocks, "CYCLE_ACTIVITY.STALLS_MEM_ANY": sum(stalls)}
    count |= {f"CYCLE_ACTIVITY.STALLS_{level}_MISS": n for level, n in zip(("L1D", "L2", "L3"), beyond, strict=True)}
    count |= {"MEM_LOAD_RETIRED.L2_HIT": hits, "MEM_LOAD_RETIRED.FB_HIT": riders, "MEM_LOAD_RETIRED.L1_MISS": misses}
    count |= {"L1D_PEND_MISS.FB_FULL:c1": full, "EXE_ACTIVITY.BOUND_ON_STORES": 0}
    found = gemv_waits(count)
    other = memory_bound_levels({event: [number] for event, number in count.items()})
    assert found == pytest.approx({level: float(other[level][0]) for level in found}, abs=1e-12)
    assert sum(found.values()) == pytest.approx(beyond[0] / clocks)
