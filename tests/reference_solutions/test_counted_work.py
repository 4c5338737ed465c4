"""Operations and bytes from counters: STREAM by counting, and one sum in instructions of every width."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.counted_work import (
    FLOPS_OF_INSTRUCTION,
    FLOPS_OF_THREAD_INSTRUCTION,
    counted_flops,
    counted_gpu_flops,
    counted_memory_bytes,
    streamed_bytes,
)

LANES = {  # bits of the register over bits of the element
    f"FP_ARITH_INST_RETIRED.{bits}B_PACKED_{kind}": bits // size
    for bits in (128, 256, 512)
    for kind, size in (("DOUBLE", 64), ("SINGLE", 32))
} | {"FP_ARITH_INST_RETIRED.SCALAR_DOUBLE": 1, "FP_ARITH_INST_RETIRED.SCALAR_SINGLE": 1}


@pytest.mark.parametrize("event", FLOPS_OF_INSTRUCTION)
def test_the_same_additions_in_every_width(event):
    """1,600 additions are 1,600 / lanes instructions."""
    counts = dict.fromkeys(FLOPS_OF_INSTRUCTION, 0) | {event: 1600 // LANES[event]}
    assert float(counted_flops(counts)) == 1600


def test_every_width_has_its_event():
    assert set(LANES) == set(FLOPS_OF_INSTRUCTION)


@pytest.mark.parametrize(("allocate", "intensity"), [(False, 0.0833), (True, 0.0625)])
def test_a_triad_in_counters(allocate, intensity):
    """A million elements with AVX-512: one fused multiply-add for eight of them, which its event counts twice."""
    elements = 1_000_000
    counts = dict.fromkeys(FLOPS_OF_INSTRUCTION, 0) | {"FP_ARITH_INST_RETIRED.512B_PACKED_DOUBLE": 2 * elements // 8}
    lines = elements * 8 // 64
    counts |= {"UNC_M_CAS_COUNT.RD": (2 + allocate) * lines, "UNC_M_CAS_COUNT.WR": lines}
    flops, moved = float(counted_flops(counts)), float(counted_memory_bytes(counts))
    assert flops == 2 * elements
    assert moved == float(streamed_bytes(2 * elements, elements, write_allocate=allocate))
    assert flops / moved == pytest.approx(intensity, abs=5e-5)


@pytest.mark.parametrize(
    ("reads", "writes", "moved"),
    [(1, 1, 16), (1, 1, 16), (2, 1, 24), (2, 1, 24)],
    ids=["copy", "scale", "add", "triad"],
)
def test_stream_as_it_counts_itself(reads, writes, moved):
    assert float(streamed_bytes(reads, writes, write_allocate=False)) == moved


def test_a_fused_multiply_add_of_a_gpu_has_weight_two():
    names = list(FLOPS_OF_THREAD_INSTRUCTION)
    assert len(names) == 9
    for name in names:
        counts = dict.fromkeys(names, 0) | {name: 7}
        assert float(counted_gpu_flops(counts)) == (14 if "fma" in name else 7)


counts = st.integers(0, 10**12)


@given(st.tuples(*[counts] * 8), st.tuples(*[counts] * 8))
def test_operations_add_up(first, second):
    one, two = (dict(zip(FLOPS_OF_INSTRUCTION, row, strict=True)) for row in (first, second))
    both = {event: one[event] + two[event] for event in one}
    table = {event: [one[event], two[event]] for event in one}
    assert float(counted_flops(both)) == pytest.approx(float(np.sum(counted_flops(table))))


def test_what_is_missing_is_named():
    counts = dict.fromkeys(FLOPS_OF_INSTRUCTION, 1)
    del counts["FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE"]
    with pytest.raises(ValueError, match="512B_PACKED_SINGLE"):
        counted_flops(counts)
    with pytest.raises(ValueError, match="op_dadd"):
        counted_gpu_flops({})
    with pytest.raises(ValueError, match="CAS_COUNT"):
        counted_memory_bytes({"UNC_M_CAS_COUNT.RD": 1})


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="line_bytes"):
        counted_memory_bytes({"UNC_M_CAS_COUNT.RD": 1, "UNC_M_CAS_COUNT.WR": 1}, line_bytes=0)
    with pytest.raises(ValueError, match="not be negative"):
        streamed_bytes(-1, 1)
    with pytest.raises(ValueError, match="element_bytes"):
        streamed_bytes(1, 1, element_bytes=0)
