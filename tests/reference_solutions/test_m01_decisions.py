"""Decisions: pipelines whose counts are written backwards, pages small enough to try every placement."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.numa import numa_run_s, page_traffic
from reference_solutions.m01_microarchitecture.page_placement import place_page, placed_run_s
from reference_solutions.m01_microarchitecture.pipeline import pipeline_verdicts

# --- pipelines ------------------------------------------------------------------------------------------------------

NODES = ("frontend_bound", "bad_speculation", "memory_bound", "core_bound", "retiring")
CHANGES = [
    {"change": f"less {node}", "node": node, "times_fewer": fewer}
    for node, fewer in zip(NODES, (2, 3, 1.5, 2, 1.2), strict=True)
]
shares = st.lists(st.integers(1, 100), min_size=5, max_size=5)


def counted(parts, width, clocks=12_000):
    """Counts of a program, from its shares backwards; a third of what is lost to speculation is recovery."""
    share = dict(zip(NODES, np.array(parts) / sum(parts), strict=True))
    slots = width * clocks
    lost = share["bad_speculation"] * slots
    idle = 0.8 * clocks
    of_memory = share["memory_bound"] / (share["memory_bound"] + share["core_bound"])
    counts = {
        "program": ["made"],
        "clocks": [clocks],
        "retired": [share["retiring"] * slots],
        "issued": [share["retiring"] * slots + lost * 2 / 3],
        "recovery_clocks": [lost / 3 / width],
        "starved_slots": [share["frontend_bound"] * slots],
        "idle_clocks": [idle],
        "idle_clocks_load": [idle * of_memory],
    }
    return share, counts


@given(shares, st.sampled_from([4, 6, 8]))
def test_verdicts_are_those_that_the_counts_were_written_from(parts, width):
    share, counts = counted(parts, width)
    found = pipeline_verdicts(counts, width, CHANGES)
    largest = max(share[node] for node in NODES[:4])
    assert found["share"][0] == pytest.approx(largest)
    assert share[found["verdict"][0]] == pytest.approx(largest)
    time_left = [
        sum(part / (one["times_fewer"] if node == one["node"] else 1) for node, part in share.items())
        for one in CHANGES
    ]
    assert found["speedup"][0] == pytest.approx(1 / min(time_left))
    best = next(one for one in CHANGES if one["change"] == found["change"][0])
    assert time_left[CHANGES.index(best)] == pytest.approx(min(time_left))


def test_the_best_change_need_not_be_at_the_verdict():
    """A quarter made three times fewer saves more than two fifths made a fifth fewer."""
    _, counts = counted([40, 25, 5, 5, 25], 4)
    changes = [
        {"change": "layout", "node": "frontend_bound", "times_fewer": 1.25},
        {"change": "predication", "node": "bad_speculation", "times_fewer": 3},
    ]
    found = pipeline_verdicts(counts, 4, changes)
    assert (found["verdict"], found["change"]) == (["frontend_bound"], ["predication"])
    assert found["speedup"][0] == pytest.approx(6 / 5)


# --- pages ----------------------------------------------------------------------------------------------------------

NEAR, FAR = 80e-9, 150e-9


def small_machine(nodes, memory=60e9):
    latency = np.where(np.eye(nodes, dtype=bool), NEAR, FAR)
    return latency, np.full(nodes, memory), np.full((nodes, nodes), 40e9), 30


@pytest.mark.parametrize("seed", range(8))
def test_the_greedy_policy_is_close_to_the_best_of_all_placements(seed):
    rng = np.random.default_rng(seed)
    nodes, pages, room = 2, 7, 5
    accesses = rng.integers(1, 50, (pages, nodes)) * 1000
    machine = small_machine(nodes)
    times = [
        numa_run_s(page_traffic(accesses, homes), *machine)
        for homes in itertools.product(range(nodes), repeat=pages)
        if max(np.bincount(homes, minlength=nodes)) <= room
    ]
    found = placed_run_s(place_page, accesses, room, *machine)
    assert min(times) <= found * (1 + 1e-12)
    assert found <= 1.25 * min(times)


def in_order(accesses, free, load, latency):
    return next(node for node, room in enumerate(free) if room)


def dealt_out(accesses, free, load, latency):
    return free.index(max(free))


@pytest.mark.parametrize("seed", range(6))
def test_better_than_interleaving_where_users_differ_and_than_one_node_where_they_do_not(seed):
    rng = np.random.default_rng(seed)
    machine = small_machine(4)
    owned = 1000 * (rng.integers(0, 4, (40, 4)) + 60 * np.eye(4, dtype=int)[rng.permutation(np.arange(40) % 4)])
    alike = 1000 * rng.integers(9, 12, (40, 4))
    assert placed_run_s(place_page, owned, 40, *machine) < 0.85 * placed_run_s(dealt_out, owned, 40, *machine)
    machine = *machine[:3], 200  # so many lines under way that bandwidth decides
    assert placed_run_s(place_page, alike, 40, *machine) < 0.6 * placed_run_s(in_order, alike, 40, *machine)


def test_users_first_then_balance_and_never_where_there_is_no_room():
    latency = small_machine(3)[0].tolist()
    assert place_page([0, 0, 7], [9, 9, 9], [50, 50, 50], latency) == 2
    assert place_page([0, 0, 7], [9, 9, 0], [50, 40, 0], latency) == 1
    assert place_page([3, 3, 3], [9, 9, 9], [80, 70, 20], latency) == 2


def test_a_policy_that_fills_a_full_node_is_stopped():
    with pytest.raises(ValueError, match="node 0 has no room"):
        placed_run_s(lambda *_: 0, np.ones((3, 2), dtype=int), 2, *small_machine(2))


def test_a_run_tells_its_policy_what_is_there():
    asked = []

    def dealt(accesses, free, load, latency):
        asked.append((accesses, free, load))
        return len(asked) % 2

    time_s = placed_run_s(dealt, [[10**6, 0], [0, 10**6], [10**6, 0]], 2, *small_machine(2))
    assert asked == [
        ([10**6, 0], [2, 2], [0, 0]),
        ([0, 10**6], [2, 1], [0, 10**6]),
        ([10**6, 0], [1, 1], [10**6, 10**6]),
    ]
    assert time_s == pytest.approx(2 * 10**6 * FAR / 30)
