"""Top-Down level 3, memory: cores that wait for one level, and sums that telescope."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.memory_bound import MEMORY_COUNTERS, memory_bound_levels


def waiting(*, clocks=100, loads=0, l1=0, l2=0, l3=0, stores=0, full=0, hits=1, riders=0, misses=1):
    row = [clocks, loads, l1, l2, l3, stores, full, hits, riders, misses]
    return {column: [count] for column, count in zip(MEMORY_COUNTERS, row, strict=True)}


def shares(**counts):
    return {level: float(share[0]) for level, share in memory_bound_levels(waiting(**counts)).items()}


@pytest.mark.parametrize(
    ("counts", "level"),
    [
        ({"loads": 40}, "l1_bound"),
        ({"loads": 40, "l1": 40}, "l2_bound"),
        ({"loads": 40, "l1": 40, "l2": 40}, "l3_bound"),
        ({"loads": 40, "l1": 40, "l2": 40, "l3": 40}, "dram_bound"),
        ({"stores": 40}, "store_bound"),
    ],
)
def test_a_core_that_waits_for_one_level(counts, level):
    assert shares(**counts) == {name: 0.4 * (name == level) for name in shares()}


def test_full_fill_buffers_belong_to_memory_further_out():
    """As many clocks with full buffers as loads that hit level 2: half of the wait moves to DRAM."""
    found = shares(loads=40, l1=40, full=10, hits=10)
    assert (found["l2_bound"], found["dram_bound"]) == pytest.approx((0.2, 0.2))


def test_riders_in_fill_buffers_count_as_hits():
    """One rider a miss doubles the hits: 2/3 stays with level 2."""
    found = shares(loads=40, l1=40, full=10, hits=10, riders=7, misses=7)
    assert found["l2_bound"] == pytest.approx(0.4 * 20 / 30)


def test_no_load_reached_level_2():
    found = shares(hits=0, misses=0)
    assert found == dict.fromkeys(found, 0.0)


counts = st.integers(0, 10**9)


@given(st.tuples(*[counts] * 6), st.integers(1, 10**9))
def test_beyond_level_1_the_sum_telescopes(others, clocks):
    l1, l2, l3, full, hits, riders = others
    found = shares(clocks=clocks, l1=l1, l2=l2, l3=l3, full=full, hits=hits, riders=riders)
    total = found["l2_bound"] + found["l3_bound"] + found["dram_bound"]
    size = max(abs(share) for share in found.values()) + 1
    assert abs(total - l1 / clocks) <= 1e-9 * size


@given(st.lists(st.integers(0, 10**6), min_size=4, max_size=4), counts, counts)
def test_nested_stalls_give_shares_of_the_clocks(stalls, full, hits):
    loads, l1, l2, l3 = sorted(stalls, reverse=True)
    found = shares(clocks=10**6, loads=loads, l1=l1, l2=l2, l3=l3, full=full, hits=hits)
    assert all(-1e-12 <= share <= 1 + 1e-12 for share in found.values())
    assert sum(found.values()) == pytest.approx(loads / 10**6)


def test_no_clock_no_shares():
    assert all(np.isnan(share) for share in shares(clocks=0).values())


def test_a_missing_column_is_named():
    row = waiting()
    del row["L1D_PEND_MISS.FB_FULL:c1"]
    with pytest.raises(ValueError, match="FB_FULL"):
        memory_bound_levels(row)
