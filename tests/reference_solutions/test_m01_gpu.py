"""Multiprocessors: NVIDIA's own occupancy, warps played cycle by cycle, lanes counted one by one."""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.hardware import MULTIPROCESSORS
from reference_solutions.m01_microarchitecture.latency_hiding import (
    attainable_issue_per_cycle,
    warps_figure,
    warps_to_hide,
)
from reference_solutions.m01_microarchitecture.occupancy import block_occupancy
from reference_solutions.m01_microarchitecture.warp_memory import bank_conflict_degree, sector_efficiency, warp_sectors

# --- occupancy ------------------------------------------------------------------------------------------------------

LIMITS = {"warps": "limit_warps", "blocks": "limit_blocks", "registers": "limit_regs", "shared_memory": "limit_smem"}


def recorded():
    lines = (Path(__file__).parents[1] / "oracles/m01_occupancy.csv").read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize("capability", MULTIPROCESSORS)
def test_every_recorded_launch_is_that_of_nvidias_header(capability):
    cases = [case for case in recorded() if case["cc"] == capability]
    assert len(cases) > 100
    for case in cases:
        asked = [int(case[name]) for name in ("threads_per_block", "regs_per_thread", "dyn_smem_bytes")]
        found = block_occupancy(*asked, MULTIPROCESSORS[capability])
        assert found["blocks"] == int(case["active_blocks"]), case
        assert found["occupancy"] == int(case["active_warps"]) / int(case["max_warps"]), case
        for limit, column in LIMITS.items():
            expected = math.inf if case[column] == "2147483647" else int(case[column])
            assert found["limits"][limit] == expected, (limit, case)


def packed(threads, registers, shared, sm):
    """Blocks put on one after the other, warp by warp on the emptiest quarter, until something is full."""
    warps = math.ceil(threads / 32)
    each = math.ceil(32 * registers / 256) * 256
    free = [sm["registers"] // 4] * 4
    size = shared + sm["reserved_shared_bytes_per_block"]
    size += -size % sm["shared_granularity_bytes"]
    blocks = 0
    while blocks < sm["max_blocks"] and (blocks + 1) * warps <= sm["max_warps"]:
        if (blocks + 1) * size > sm["shared_bytes"]:
            break
        places = []
        for _ in range(warps):
            roomiest = max(range(4), key=free.__getitem__)
            if free[roomiest] < each:
                break
            free[roomiest] -= each
            places.append(roomiest)
        if len(places) < warps:
            break
        blocks += 1
    return blocks


@given(st.sampled_from(sorted(MULTIPROCESSORS)), st.integers(1, 512), st.integers(1, 128), st.integers(0, 48 * 1024))
def test_blocks_that_are_packed_one_by_one(capability, threads, registers, shared):
    sm = MULTIPROCESSORS[capability]
    assert block_occupancy(threads, registers, shared, sm)["blocks"] == packed(threads, registers, shared, sm)


@pytest.mark.parametrize("impossible", [(0, 1, 0), (32, -1, 0), (32, 1, -1)])
def test_impossible_kernels_are_refused(impossible):
    with pytest.raises(ValueError, match="a block has threads"):
        block_occupancy(*impossible, MULTIPROCESSORS["8.0"])


@pytest.mark.parametrize("too_much", [(1025, 16, 0), (32, 256, 0), (1024, 65, 0), (32, 16, 163 * 1024 + 1)])
def test_what_cannot_be_launched_has_no_blocks(too_much):
    found = block_occupancy(*too_much, MULTIPROCESSORS["8.0"])
    assert (found["blocks"], found["occupancy"]) == (0, 0)


# --- hiding latency -------------------------------------------------------------------------------------------------


def issued(warps, latency, independent, cycles):
    """A scheduler that issues from any warp with a free slot; a slot is free again after the latency."""
    free_at = [[0] * independent for _ in range(warps)]
    count = 0
    for cycle in range(cycles):
        for slots in sorted(free_at, key=min):
            if min(slots) <= cycle:
                slots[slots.index(min(slots))] = cycle + latency
                count += 1
                break
    return count


@given(st.integers(1, 12), st.integers(1, 30), st.integers(1, 4))
def test_played_warps_reach_the_bound(warps, latency, independent):
    rounds = 20 * latency
    found = issued(warps, latency, independent, rounds) / rounds
    assert found == pytest.approx(float(attainable_issue_per_cycle(warps, latency, independent)))


@given(st.integers(1, 900), st.sampled_from([0.25, 0.5, 1.0]), st.integers(1, 8))
def test_so_many_warps_reach_the_rate_and_fewer_do_not(latency, rate, independent):
    warps = int(warps_to_hide(latency, rate, independent))
    assert attainable_issue_per_cycle(warps, latency, independent, rate) == pytest.approx(rate)
    if warps > 1:
        assert attainable_issue_per_cycle(warps - 1, latency, independent, rate) < rate


def test_arithmetic_takes_four_warps_a_scheduler():
    assert int(warps_to_hide(4)) == 4
    with pytest.raises(ValueError, match="independent must be positive"):
        warps_to_hide(4, 1, 0)


@given(st.integers(1, 40), st.sets(st.integers(1, 9), min_size=1).map(sorted), st.integers(1, 20))
def test_the_figure_draws_the_bound_and_marks_the_warps_that_hide(latency, independent, most):
    figure = warps_figure(latency, independent, most)
    warps = np.linspace(0, most, 61)
    marked = {mark["label"]: mark["x"] for mark in figure["marks"]}
    assert {*marked, *figure["left_out"]} == {str(own) for own in independent}
    for own, line in zip(independent, figure["series"], strict=True):
        np.testing.assert_allclose(
            np.interp(warps, line["x"], line["y"]), attainable_issue_per_cycle(warps, latency, own), rtol=1e-9
        )
        enough = int(warps_to_hide(latency, independent=own))
        assert marked.get(str(own)) == (enough if enough <= most else None)
    assert all(mark["y"] == 1 for mark in figure["marks"])


# --- memory of a warp -----------------------------------------------------------------------------------------------

LANES = np.arange(32)


@pytest.mark.parametrize("stride", range(1, 12))
def test_strides_of_aligned_floats(stride):
    assert int(warp_sectors(4 * stride * LANES, 4)) == min(32, 4 * stride)


def test_off_by_one_lane_costs_a_sector():
    assert warp_sectors([4 * LANES + 4, 4 * LANES + 32], 4).tolist() == [5, 4]


lanes = st.lists(st.integers(0, 400), min_size=32, max_size=32)


@given(lanes, st.sampled_from([1, 2, 4, 8, 16]), st.lists(st.booleans(), min_size=32, max_size=32))
def test_sectors_lane_by_lane(places, access_bytes, active):
    addresses = np.array(places) * access_bytes
    touched = set()
    for address, takes_part in zip(addresses.tolist(), active, strict=True):
        if takes_part:
            touched |= {(address + byte) // 32 for byte in range(access_bytes)}
    assert int(warp_sectors(addresses, access_bytes, active)) == len(touched)
    efficiency = float(sector_efficiency(addresses, access_bytes, active))
    if touched:
        assert efficiency == pytest.approx(sum(active) * access_bytes / (32 * len(touched)))
    else:
        assert math.isnan(efficiency)


@given(lanes)
def test_conflicts_lane_by_lane(words):
    per_bank = Counter(word % 32 for word in set(words))
    assert int(bank_conflict_degree(words)) == max(per_bank.values())


@pytest.mark.parametrize("stride", [0, 1, 2, 3, 4, 6, 8, 12, 16, 31, 32, 33])
def test_strides_over_banks(stride):
    assert int(bank_conflict_degree(stride * LANES)) == (math.gcd(stride, 32) if stride else 1)


def test_warps_in_any_arrangement():
    addresses = np.stack([[4 * LANES, 8 * LANES, 0 * LANES]] * 2)
    assert warp_sectors(addresses, 4).tolist() == [[4, 8, 1]] * 2
    assert bank_conflict_degree(addresses).shape == (2, 3)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: warp_sectors(LANES[:31], 1),
        lambda: warp_sectors(LANES, 3),
        lambda: warp_sectors(LANES + 1, 4),
        lambda: bank_conflict_degree(LANES[:4]),
        lambda: bank_conflict_degree(LANES - 1),
    ],
)
def test_impossible_warps_are_refused(refused):
    with pytest.raises(ValueError, match=r"lanes|multiple"):
        refused()
