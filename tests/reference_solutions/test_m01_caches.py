"""Stack distances, set-associative caches, access times: recorded simulators, direct simulation, and by hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.access_time import (
    access_times,
    average_access_cycles,
    local_miss_ratios,
)
from reference_solutions.m01_microarchitecture.reuse import (
    miss_ratios,
    stack_distances,
    stack_distances_by_definition,
)
from reference_solutions.m01_microarchitecture.set_associative import (
    LruCache,
    cache_hits,
    cache_hits_by_definition,
    miss_kinds,
)

RECORDED = json.loads((Path(__file__).parents[1] / "oracles/m01_cache_traces.json").read_text())["traces"]
LINES = {name: np.array(trace["lines"].split(), dtype=np.int64) for name, trace in RECORDED.items()}
CONFIGS = [(name, config) for name, trace in RECORDED.items() for config in trace["configs"]]
NAMES = [f"{name}-{config['sets']}x{config['ways']}" for name, config in CONFIGS]

traces = st.lists(st.integers(0, 12), max_size=60)

# --- stack distances ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDED)
def test_histograms_are_those_of_libcachesim(name):
    found = Counter(-1 if np.isinf(one) else int(one) for one in stack_distances(LINES[name]))
    recorded = {int(distance): count for distance, count in RECORDED[name]["stack_distance_histogram"].items()}
    assert found == recorded


@given(traces)
def test_a_distance_counts_the_distinct_lines_in_between(lines):
    expected = []
    for place, line in enumerate(lines):
        before = [earlier for earlier in range(place) if lines[earlier] == line]
        expected.append(len(set(lines[before[-1] + 1 : place])) if before else np.inf)
    np.testing.assert_array_equal(stack_distances(lines), expected)
    np.testing.assert_array_equal(stack_distances_by_definition(lines), expected)


@given(traces.filter(bool), st.integers(1, 14))
def test_the_miss_ratio_is_that_of_a_cache_of_this_size(lines, capacity):
    held: list[int] = []
    misses = 0
    for line in lines:
        misses += line not in held
        held = [line, *(other for other in held if other != line)][:capacity]
    assert float(miss_ratios(stack_distances(lines), capacity)) == pytest.approx(misses / len(lines))


@given(traces.filter(bool))
def test_larger_caches_never_miss_more(lines):
    curve = miss_ratios(stack_distances(lines), np.arange(15))
    assert np.all(np.diff(curve) <= 0)
    assert curve[0] == 1
    assert curve[-1] == pytest.approx(len(set(lines)) / len(lines))  # only first touches are left


def test_a_loop_over_n_lines_fits_or_misses_always():
    curve = miss_ratios(stack_distances(np.tile(np.arange(100), 50)), [99, 100])
    np.testing.assert_allclose(curve, [1, 1 / 50])


@pytest.mark.parametrize("size", [31, 32, 33, 64, 65, 700, 1500])
def test_both_forms_agree_over_many_leaves(size):
    lines = np.random.default_rng(size).integers(0, max(size // 3, 2), size)
    np.testing.assert_array_equal(stack_distances(lines), stack_distances_by_definition(lines))


def test_large_and_negative_lines_are_lines():
    np.testing.assert_array_equal(stack_distances([2**62, -5, 2**62, -5]), [np.inf, np.inf, 1, 1])
    assert stack_distances([]).shape == (0,)


@pytest.mark.shared
def test_every_recorded_trace(shared_oracles):
    """All eight, read in place; four of them are copied, for a project that stands alone."""
    recorded = json.loads((shared_oracles / "microarchitecture/cache/cache_traces.json").read_text())
    assert len(recorded["traces"]) == 8
    for trace in recorded["traces"].values():
        lines = np.array(trace["addresses"]) // recorded["line_bytes"]
        found = Counter(-1 if np.isinf(one) else int(one) for one in stack_distances(lines))
        assert found == {int(distance): count for distance, count in trace["stack_distance_histogram"].items()}
        for config in trace["configs"]:
            misses = int(np.sum(~cache_hits(lines, config["sets"], config["ways"])))
            assert {misses} == set(config["misses"]["LRU"].values())


# --- sets and ways --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "config"), CONFIGS, ids=NAMES)
def test_lru_misses_are_those_of_three_simulators(name, config):
    misses = int(np.sum(~cache_hits(LINES[name], config["sets"], config["ways"])))
    assert {misses} == set(config["misses"]["LRU"].values())
    assert misses >= config["misses"]["OPT"]["libCacheSim_Belady"]  # nobody beats the one who knows the future


@pytest.mark.parametrize(("name", "config"), CONFIGS[1::3], ids=NAMES[1::3])
@pytest.mark.parametrize(
    ("policy", "recorded", "tool"),
    [("lru", "LRU", "pycachesim"), ("fifo", "FIFO", "libCacheSim"), ("plru", "PLRU_tree", "nanoBench_PLRU_linearInit")],
)
def test_the_plain_cache_misses_as_often_as_others(name, config, policy, recorded, tool):
    hits = cache_hits_by_definition(LINES[name], config["sets"], config["ways"], policy)
    assert int(np.sum(~hits)) == config["misses"][recorded][tool]


@given(traces, st.integers(1, 5), st.integers(1, 4))
def test_both_forms_agree_access_by_access(lines, sets, ways):
    np.testing.assert_array_equal(cache_hits(lines, sets, ways), cache_hits_by_definition(lines, sets, ways))


def test_more_sets_than_sixteen_bits_can_number():
    lines = np.random.default_rng(3).integers(0, 10**9, 400) % 150_000
    lines = np.concatenate([lines, lines[::-1]])
    np.testing.assert_array_equal(cache_hits(lines, 70_001, 1), cache_hits_by_definition(lines, 70_001, 1))


@given(traces, st.integers(1, 4), st.integers(1, 4))
def test_kinds_add_up_to_the_misses(lines, sets, ways):
    kinds = miss_kinds(lines, sets, ways)
    assert sum(kinds.values()) == len(lines) - np.sum(cache_hits(lines, sets, ways))
    assert kinds["compulsory"] == len(set(lines))
    assert miss_kinds(lines, 1, ways)["conflict"] == 0


def test_a_stride_that_hits_one_set_only_conflicts():
    lines = np.tile(8 * np.arange(4), 10)  # four lines of one set of eight, two ways
    assert miss_kinds(lines, 8, 2) == {"compulsory": 4, "capacity": 0, "conflict": 36}


@pytest.mark.parametrize(("name", "config"), CONFIGS[::4], ids=NAMES[::4])
def test_a_cache_that_is_asked_line_by_line_misses_as_often_as_three_simulators(name, config):
    cache = LruCache(config["sets"], config["ways"])
    answers = Counter(cache.access(line) for line in LINES[name].tolist())
    assert {len(LINES[name]) - answers["hit"]} == set(config["misses"]["LRU"].values())


@given(traces, st.integers(1, 5), st.integers(1, 4))
def test_it_names_each_miss_as_distances_do(lines, sets, ways):
    cache = LruCache(sets, ways)
    answers = [cache.access(line) for line in lines]
    np.testing.assert_array_equal([answer == "hit" for answer in answers], cache_hits(lines, sets, ways))
    kinds = Counter(answer for answer in answers if answer != "hit")
    assert {kind: kinds[kind] for kind in ("compulsory", "capacity", "conflict")} == miss_kinds(lines, sets, ways)


@pytest.mark.parametrize("shape", [(0, 1), (1, 0)])
def test_a_cache_without_room_is_refused(shape):
    with pytest.raises(ValueError, match="at least one set"):
        LruCache(*shape)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [((0, 1), "at least one set"), ((1, 0), "at least one set"), ((1, 3, "plru"), "power of two"), ((1, 2, "?"), "no")],
)
def test_impossible_caches_are_refused(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        cache_hits_by_definition([1], *arguments)
    if len(arguments) == 2:
        with pytest.raises(ValueError, match=reason):
            cache_hits([1], *arguments)


# --- access times ---------------------------------------------------------------------------------------------------


def test_three_levels_by_hand():
    assert float(average_access_cycles([1, 10, 40, 200], [0.05, 0.2, 0.3])) == pytest.approx(2.5, rel=1e-15)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=80), st.integers(1, 3), st.integers(1, 4))
def test_the_mean_is_that_of_all_accesses(lines, ways, sets):
    """Two levels of caches over a trace, each access charged for all that it asks."""
    first = cache_hits_by_definition(lines, sets, ways)
    beyond = np.asarray(lines)[~first]
    second = cache_hits_by_definition(beyond, 4 * sets, ways)
    total = 3 * len(lines) + 14 * len(beyond) + 180 * np.sum(~second)
    misses = [np.sum(~first), np.sum(~second)]
    average = average_access_cycles([3, 14, 180], local_miss_ratios(misses, len(lines)))
    assert float(average) == pytest.approx(total / len(lines))


def test_access_times_broadcast():
    found = average_access_cycles([[1.0, 100], [2, 100]], [[0.1], [0.0]])
    np.testing.assert_allclose(found, [11, 2])
    assert np.isnan(local_miss_ratios([0, 0], 10)[1])


@pytest.mark.parametrize(("times", "ratios"), [([1, 10], [0.1, 0.2]), ([1, 10], [1.1]), ([1, 10], [np.nan])])
def test_impossible_hierarchies_are_refused(times, ratios):
    with pytest.raises(ValueError, match=r"miss ratio"):
        average_access_cycles(times, ratios)


@given(
    st.lists(st.integers(1, 300), min_size=4, max_size=4), st.integers(1, 20), st.integers(1, 20), st.integers(1, 20)
)
def test_counted_misses_pay_level_by_level(cycles, l3_misses, more, still_more):
    """Each level is paid by whoever reaches it: a sum over levels instead of nested ratios."""
    misses = [l3_misses + more + still_more, l3_misses + more, l3_misses]
    accesses = 5 * misses[0]
    names = ("l1_cycles", "l2_cycles", "l3_cycles", "memory_cycles", "l1_misses", "l2_misses", "l3_misses")
    found = access_times({name: [value] for name, value in zip(names, cycles + misses, strict=True)}, accesses)
    paid = np.dot(cycles, [accesses, *misses]) / accesses
    assert float(found["average_cycles"][0]) == pytest.approx(paid)
    ratios = [float(found[f"l{level}_miss_ratio"][0]) for level in (1, 2, 3)]
    assert np.prod(ratios) == pytest.approx(l3_misses / accesses)  # of all accesses
    assert ratios == pytest.approx(local_miss_ratios(misses, accesses).tolist())
