"""Policies of caches: recorded simulators, every possible choice, and what happens between two misses of a line."""

from __future__ import annotations

import functools
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.replacement import optimal_hits, random_cache_hit_ratio, random_hits
from reference_solutions.m01_microarchitecture.set_associative import cache_hits, cache_hits_by_definition
from reference_solutions.m01_microarchitecture.write_policies import (
    touched_lines,
    write_back_traffic,
    write_through_traffic,
)

ORACLES = Path(__file__).parents[1] / "oracles"
TRACES = json.loads((ORACLES / "m01_cache_traces.json").read_text())["traces"]
LINES = {name: np.array(trace["lines"].split(), dtype=np.int64) for name, trace in TRACES.items()}
WRITE_BACK = json.loads((ORACLES / "m01_write_back.json").read_text())["cases"]

traces = st.lists(st.integers(0, 7), max_size=60)
writing = st.lists(st.tuples(st.integers(0, 7), st.booleans()), max_size=80)

# --- replacement ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRACES)
def test_nobody_misses_less_and_libcachesim_as_often(name):
    for config in TRACES[name]["configs"]:
        misses = int(np.sum(~optimal_hits(LINES[name], config["sets"], config["ways"])))
        assert {misses} == set(config["misses"]["OPT"].values())


@settings(max_examples=60)
@given(st.lists(st.integers(0, 4), max_size=14), st.integers(1, 3))
def test_no_choice_of_victims_hits_more_often(lines, ways):
    @functools.cache
    def most(place, held):
        if place == len(lines):
            return 0
        line = lines[place]
        if line in held:
            return 1 + most(place + 1, held)
        if len(held) < ways:
            return most(place + 1, held | {line})
        return max(most(place + 1, held - {victim} | {line}) for victim in held)

    assert optimal_hits(lines, 1, ways).sum() == most(0, frozenset())


@given(traces, st.integers(1, 3), st.sampled_from([1, 2, 4]), st.integers(0, 99))
def test_every_policy_hits_at_most_as_often(lines, sets, ways, seed):
    best = optimal_hits(lines, sets, ways).sum()
    for policy in ("lru", "fifo", "plru"):
        assert cache_hits_by_definition(lines, sets, ways, policy).sum() <= best
    assert random_hits(lines, sets, ways, seed).sum() <= best


@given(traces, st.integers(1, 3), st.integers(0, 99))
def test_with_one_way_or_room_for_all_nobody_has_a_choice(lines, sets, seed):
    for ways in (1, 8):
        expected = cache_hits(lines, sets, ways).tolist()
        assert optimal_hits(lines, sets, ways).tolist() == expected
        assert random_hits(lines, sets, ways, seed).tolist() == expected


@pytest.mark.parametrize(("count", "ways"), [(3, 1), (5, 2), (6, 4)])
def test_the_hit_ratio_is_that_of_the_transition_matrix(count, ways):
    share = np.arange(1.0, count + 1) / (count * (count + 1) / 2)
    states = [frozenset(state) for state in combinations(range(count), ways)]
    step = np.zeros((len(states), len(states)))
    for number, state in enumerate(states):
        for line in range(count):
            if line in state:
                step[number, number] += share[line]
                continue
            for victim in state:
                step[number, states.index(state - {victim} | {line})] += share[line] / ways
    stationary = np.linalg.matrix_power(step, 4096)[0]
    expected = sum(
        weight * sum(share[line] for line in state) for weight, state in zip(stationary, states, strict=True)
    )
    assert random_cache_hit_ratio(share, ways) == pytest.approx(expected)


def test_random_caches_hit_as_often_as_expected_and_as_fifo():
    share = np.array([0.4, 0.2, 0.15, 0.1, 0.1, 0.05])
    lines = np.random.default_rng(2).choice(6, size=60_000, p=share)
    expected = random_cache_hit_ratio(share, 3)
    assert random_hits(lines, 1, 3, seed=4).mean() == pytest.approx(expected, abs=0.01)
    assert cache_hits_by_definition(lines, 1, 3, "fifo").mean() == pytest.approx(expected, abs=0.01)
    assert cache_hits(lines, 1, 3).mean() > expected + 0.01


def test_a_loop_that_does_not_fit_is_lost_on_lru_only():
    lines = np.tile(np.arange(9), 200)
    assert not cache_hits(lines, 1, 8).any()
    assert optimal_hits(lines, 1, 8).mean() == pytest.approx(7 / 8, abs=0.01)  # of nine, one is out for eight accesses
    assert 0.6 < random_hits(lines, 1, 8, seed=1).mean() < 7 / 8


def test_what_no_cache_can_be_is_refused():
    for refused in (lambda: optimal_hits([1], 0, 1), lambda: random_hits([1], 1, 0, 1)):
        with pytest.raises(ValueError, match="one set and one way"):
            refused()
    for shares, ways in [([0.5, 0.5], 2), ([0.5, 0.5], 0), ([0.5, 0.4], 1), ([1.0, 0.0], 1)]:
        with pytest.raises(ValueError, match="add up to 1"):
            random_cache_hit_ratio(shares, ways)


# --- writes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", WRITE_BACK, ids=lambda case: case["trace"])
def test_two_levels_move_what_pycachesim_moves(case):
    stores = np.array(list(case["ops"])) == "S"
    levels = [tuple(level) for level in case["levels"]]
    first, second = write_back_traffic(LINES[case["trace"]], stores, levels, "fifo")
    counts = case["counts"]
    assert (first["filled"], first["written_back"]) == (counts["L1"]["miss"], counts["L1"]["evict"])
    assert (second["filled"], second["written_back"]) == (counts["L2"]["miss"], counts["L2"]["evict"])
    assert (second["filled"], second["written_back"]) == (counts["MEM"]["load"], counts["MEM"]["store"])
    assert second["accesses"] == counts["L1"]["miss"] + counts["L2"]["store"]


@given(writing, st.integers(1, 3), st.integers(1, 4))
def test_a_line_is_written_back_once_for_each_stay_in_which_it_was_written(trace, sets, ways):
    lines, writes = [line for line, _ in trace], [write for _, write in trace]
    hits = cache_hits_by_definition(lines, sets, ways)
    stays = {}  # a stay of a line starts where it misses
    for line, write, hit in zip(lines, writes, hits, strict=True):
        if not hit:
            stays.setdefault(line, []).append(False)
        stays[line][-1] |= write
    (found,) = write_back_traffic(lines, writes, [(sets, ways)])
    assert found["filled"] == sum(map(len, stays.values()))
    assert found["written_back"] == sum(map(sum, stays.values()))


@given(writing, st.integers(1, 2), st.integers(1, 2))
def test_a_second_level_that_holds_all_reads_and_writes_each_line_once(trace, sets, ways):
    lines, writes = [line for line, _ in trace], [write for _, write in trace]
    first, second = write_back_traffic(lines, writes, [(sets, ways), (1, 8)])
    assert second["accesses"] == first["filled"] + first["written_back"]
    assert second["filled"] == len(set(lines))
    assert second["written_back"] == len({line for line, write in trace if write})


def test_a_triad_moves_a_third_more_than_it_names():
    """A = b + s c over lines of 8 numbers, in order: two reads, one write, and the lines that are written are read."""
    places = np.arange(8000) // 8
    lines = np.stack([places, 10_000 + places, 20_000 + places], axis=1).ravel()
    (found,) = write_back_traffic(lines, np.tile([False, False, True], 8000), [(64, 8)])
    assert found == {"accesses": 24_000, "filled": 3000, "written_back": 1000}
    through = write_through_traffic(lines, np.tile([False, False, True], 8000), 64, 8)
    assert through == {"filled": 2000, "written": 8000}


@given(writing, st.integers(1, 3), st.integers(1, 3))
def test_writes_go_through_and_bring_nothing_in(trace, sets, ways):
    held, filled = {number: [] for number in range(sets)}, 0
    for line, write in trace:
        there = held[line % sets]
        if not write:
            filled += line not in there
            held[line % sets] = [line, *(other for other in there if other != line)][:ways]
    lines, writes = [line for line, _ in trace], [write for _, write in trace]
    assert write_through_traffic(lines, writes, sets, ways) == {"filled": filled, "written": sum(writes)}


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 150)), max_size=20), st.sampled_from([16, 64]))
def test_accesses_touch_the_lines_of_their_bytes(accesses, size):
    expected = [
        (line, number)
        for number, (start, length) in enumerate(accesses)
        for line in sorted({byte // size for byte in range(start, start + length)})
    ]
    starts, lengths = [start for start, _ in accesses], [length for _, length in accesses]
    lines, owners = touched_lines(starts, lengths, size)
    assert list(zip(lines, owners, strict=True)) == expected


def test_what_no_traffic_can_be_is_refused():
    with pytest.raises(ValueError, match="whether it writes"):
        write_back_traffic([1, 2], [True], [(1, 1)])
    with pytest.raises(ValueError, match="whether it writes"):
        write_through_traffic([1, 2], [True], 1, 1)
    for levels, policy in [([], "lru"), ([(1, 0)], "lru"), ([(1, 1)], "plru")]:
        with pytest.raises(ValueError, match="one level at least"):
            write_back_traffic([1], [True], levels, policy)
    with pytest.raises(ValueError, match="negative"):
        touched_lines([-1], 4, 64)
    with pytest.raises(ValueError, match="sizes_bytes"):
        touched_lines([1], 0, 64)
