"""Collectives over two levels: numbers that are really summed, plain rings at the ends, every placement tried."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.transfer_time import ring_all_reduce_s
from reference_solutions.m09_cluster.hierarchical_collectives import (
    cheapest_slots,
    common_level,
    hierarchical_all_reduce_s,
    placed_all_reduce_s,
    placement_cost,
    reduce_scatter_s,
)

INNER, OUTER = (3e-6, 200e9), (9e-6, 25e9)


def ring_scatter(buffers):
    """Sums buffers over a ring, piece by piece: (pieces, devices), steps, elements that a device sent."""
    n = len(buffers)
    pieces = [np.array_split(one.copy(), n) for one in buffers]
    for step in range(n - 1):
        sent = [(d, (d - step) % n, pieces[d][(d - step) % n].copy()) for d in range(n)]
        for d, place, data in sent:
            pieces[(d + 1) % n][place] += data
    return [pieces[d][(d + 1) % n] for d in range(n)], n - 1


def test_three_phases_with_real_numbers():
    """Four nodes of two devices: the sums come out right, and the steps and bytes are those of the formula."""
    nodes, devices, elements = 4, 2, 16
    buffers = np.random.default_rng(3).integers(0, 99, (nodes, devices, elements)).astype(float)
    scattered, inner_steps = zip(*(ring_scatter(list(node)) for node in buffers), strict=True)
    outer_steps, sums = 0, []
    for rail in range(devices):
        pieces, outer_steps = ring_scatter([node[rail] for node in scattered])
        sums.append(np.concatenate([pieces[-1], *pieces[:-1]]))
    assert np.array_equal(np.concatenate([sums[-1], *sums[:-1]]), buffers.sum(axis=(0, 1)))
    inner_bytes, outer_bytes = 8 * elements / devices, 8 * elements / devices / nodes
    expected = 2 * inner_steps[0] * (INNER[0] + inner_bytes / INNER[1])
    expected += 2 * outer_steps * (OUTER[0] + outer_bytes / OUTER[1])
    found = hierarchical_all_reduce_s(8 * elements, devices, nodes, *INNER, *OUTER)
    assert float(found) == pytest.approx(expected)


@given(st.floats(1, 1e10), st.integers(1, 64))
def test_one_level_is_a_plain_ring(size, n):
    assert float(hierarchical_all_reduce_s(size, n, 1, *INNER, *OUTER)) == pytest.approx(
        float(ring_all_reduce_s(size, n, *INNER))
    )
    assert float(hierarchical_all_reduce_s(size, 1, n, *INNER, *OUTER)) == pytest.approx(
        float(ring_all_reduce_s(size, n, *OUTER))
    )
    assert 2 * float(reduce_scatter_s(size, n, *INNER)) == pytest.approx(float(ring_all_reduce_s(size, n, *INNER)))


@given(st.integers(1, 16), st.integers(1, 16), st.floats(1, 1e10))
def test_alike_links_and_no_start_up_make_levels_harmless(devices, groups, size):
    """2 (g - 1) / g + 2 (n - 1) / (g n) = 2 (g n - 1) / (g n): the hierarchy moves as much as one ring."""
    found = hierarchical_all_reduce_s(size, devices, groups, 0, 1e9, 0, 1e9)
    assert float(found) == pytest.approx(float(ring_all_reduce_s(size, devices * groups, 0, 1e9)))


def test_placements_of_eight():
    times = [placed_all_reduce_s(4e9, nodes, *INNER, *OUTER) for nodes in ([8], [0, 4, 4], [2, 2, 2, 2], [5, 3])]
    assert times == sorted(times)
    assert times[0] == pytest.approx(float(ring_all_reduce_s(4e9, 8, *INNER)))
    assert times[1] == pytest.approx(float(hierarchical_all_reduce_s(4e9, 4, 2, *INNER, *OUTER)))
    assert times[3] == pytest.approx(float(ring_all_reduce_s(4e9, 8, *OUTER)))
    assert placed_all_reduce_s(1e9, [1, 0, 0], *INNER, *OUTER) == 0


def test_levels_by_walking_up_a_tree():
    sizes = [2, 4, 12]
    for one, other in itertools.product(range(24), repeat=2):
        path = [[slot // size for size in [*sizes, 10**6]] for slot in (one, other)]
        expected = next(level for level in range(4) if path[0][level] == path[1][level])
        assert int(common_level(one, other, sizes)) == expected


@given(st.integers(0, 10**6))
def test_no_placement_is_cheaper(seed):
    rng = np.random.default_rng(seed)
    traffic = np.triu(rng.integers(0, 9, (4, 4)), 1).astype(float)
    free = sorted(rng.choice(12, 6, replace=False).tolist())
    found = cheapest_slots(traffic + traffic.T, free, [2, 6], [1.0, 4.0, 20.0])
    costs = {}
    for slots in itertools.permutations(free, 4):
        costs[slots] = sum(
            traffic[i, j] * (1 if slots[i] // 2 == slots[j] // 2 else 4 if slots[i] // 6 == slots[j] // 6 else 20)
            for i, j in itertools.combinations(range(4), 2)
        )
    assert placement_cost(traffic, found, [2, 6], [1.0, 4.0, 20.0]) == min(costs.values())
    assert found == min(slots for slots, cost in costs.items() if cost == min(costs.values()))


def test_refusals():
    with pytest.raises(ValueError, match="devices"):
        reduce_scatter_s(1, 0, 0, 1)
    with pytest.raises(ValueError, match="not negative"):
        hierarchical_all_reduce_s(-1, 2, 2, 0, 1, 0, 1)
    with pytest.raises(ValueError, match="some node"):
        placed_all_reduce_s(1, [0, 0], 0, 1, 0, 1)
    with pytest.raises(ValueError, match="whole ones"):
        common_level(0, 1, [2, 5])
    with pytest.raises(ValueError, match="each task"):
        placement_cost(np.zeros((2, 2)), [1, 1], [2], [1, 2])
    with pytest.raises(ValueError, match="each level"):
        placement_cost(np.zeros((2, 2)), [0, 1], [2], [1])
    with pytest.raises(ValueError, match="at most eight"):
        cheapest_slots(np.zeros((2, 2)), range(9), [2], [1, 2])
