"""Cores: interval stacks against an out-of-order core, that against a play by cycles, predictors, prefetches."""

from __future__ import annotations

import math

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m01_microarchitecture.branch_predictors import (
    mispredicted_branches,
    misses_per_kilo_instructions,
)
from reference_solutions.m01_microarchitecture.cpi_stack import cpi_stack
from reference_solutions.m01_microarchitecture.memory_parallelism import (
    bytes_in_flight,
    concurrent_bytes_per_s,
    memory_use,
    window_parallelism,
)
from reference_solutions.m01_microarchitecture.out_of_order import retired_cycles
from reference_solutions.m01_microarchitecture.prefetch_distance import (
    prefetch_distance,
    prefetch_figure,
    prefetched_iteration_cycles,
)

# --- the stack ------------------------------------------------------------------------------------------------------

CORE = {"width": 4, "frontend_cycles": 9, "fetch_miss_cycles": 25, "memory_cycles": 300}
kinds = st.lists(st.sampled_from([".", ".", ".", "b", "i", "m"]), min_size=1, max_size=60)


@given(kinds, st.integers(1, 30), st.integers(1, 20))
def test_a_walk_over_a_trace_pays_event_by_event(trace, window, resolution):
    cycles = len(trace) / CORE["width"]
    open_until = -1
    misses = [place for place, kind in enumerate(trace) if kind == "m"]
    for place, kind in enumerate(trace):
        cycles += (resolution + CORE["frontend_cycles"]) * (kind == "b") + CORE["fetch_miss_cycles"] * (kind == "i")
        if kind == "m" and place >= open_until:
            cycles += CORE["memory_cycles"]
            open_until = place + window
    events = {"instructions": [len(trace)], "branch_mispredictions": [trace.count("b")]}
    events |= {"resolution_cycles": [resolution], "fetch_misses": [trace.count("i")], "long_misses": [len(misses)]}
    events["parallelism"] = [window_parallelism(misses, window)]
    stack = cpi_stack(events, **CORE)
    assert float(sum(stack.values())[0]) * len(trace) == pytest.approx(cycles)


@given(st.sets(st.integers(0, 199), max_size=8), st.sampled_from([8, 16, 32]), st.sampled_from([2, 4]))
def test_the_stack_is_an_out_of_order_core_but_for_the_fill_of_its_window(misses, window, width):
    """Independent instructions, long loads among them: each group of loads hides at most a window's fill."""
    places = sorted(misses)
    latency = np.ones(200, dtype=int)
    latency[places] = 150
    cycles = int(retired_cycles([[]] * 200, latency, width, window)[-1])
    events = {name: [0] for name in ("branch_mispredictions", "resolution_cycles", "fetch_misses")}
    events |= {"instructions": [200], "long_misses": [len(places)], "parallelism": [window_parallelism(places, window)]}
    stack = cpi_stack(events, width, frontend_cycles=9, fetch_miss_cycles=25, memory_cycles=150)
    expected = float(sum(stack.values())[0]) * 200
    groups = len(places) / window_parallelism(places, window) if places else 0
    assert expected - groups * (window / width + 1) - 1 <= cycles <= expected + groups * (window / width + 1) + 1


# --- out of order ---------------------------------------------------------------------------------------------------


def played(producers, latencies, width, window):
    """The same core, cycle by cycle: who is in the window, who has a result, who may go."""
    inside, done, left, following, cycle = [], {}, {}, 0, 0

    def retire():
        while inside and done.get(inside[0], math.inf) <= cycle and list(left.values()).count(cycle) < width:
            left[inside.pop(0)] = cycle

    def start():
        ready = [
            one
            for one in inside
            if one not in done and all(done.get(needed, math.inf) <= cycle for needed in producers[one])
        ]
        done.update({one: cycle + latencies[one] for one in ready})

    while len(left) < len(latencies):
        retire()
        room = min(width, window - len(inside), len(latencies) - following)
        inside.extend(range(following, following + room))
        following += room
        start()
        cycle += 1
    return [left[one] for one in range(len(latencies))]


@st.composite
def programs(draw):
    latencies = draw(st.lists(st.integers(1, 6), min_size=1, max_size=25))
    needs = [
        draw(st.sets(st.integers(0, place - 1), max_size=2)) if place else set() for place in range(len(latencies))
    ]
    return [sorted(one) for one in needs], latencies


@given(programs(), st.integers(1, 4), st.integers(1, 10))
def test_a_play_by_cycles_retires_the_same(program, width, window):
    producers, latencies = program
    np.testing.assert_array_equal(
        retired_cycles(producers, latencies, width, window), played(producers, latencies, width, window)
    )


@given(st.integers(1, 40), st.integers(0, 9))
def test_a_chain_takes_its_latencies(length, latency):
    chain = [[place - 1] if place else [] for place in range(length)]
    cycles = int(retired_cycles(chain, [latency] * length, width=4, window=64)[-1])
    assert cycles == max(length * latency, (length - 1) // 4)  # four a cycle retire, even if they take no time


@given(st.integers(1, 60), st.integers(1, 8), st.integers(1, 9))
def test_what_is_independent_goes_by_the_width(length, width, latency):
    cycles = retired_cycles([[]] * length, [latency] * length, width, window=width * latency)
    assert int(cycles[-1]) == math.ceil(length / width) - 1 + latency


@given(st.integers(1, 20), st.integers(1, 40))
def test_a_window_is_shared_by_all_that_are_under_way(window, latency):
    """Little's law: no more than window / latency instructions a cycle."""
    cycles = int(retired_cycles([[]] * 100, [latency] * 100, width=8, window=window)[-1])
    assert 100 / cycles <= window / latency * (1 + latency / cycles)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(([[]], [1], 0, 1), "positive"), (([[]], [-1], 1, 1), "negative"), (([[0]], [1], 1, 1), "before it")],
)
def test_impossible_cores_and_programs_are_refused(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        retired_cycles(*arguments)


# --- predictors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("iterations", [2, 3, 7, 30])
def test_a_loop_is_left_by_surprise(iterations):
    taken = ([True] * (iterations - 1) + [False]) * 40
    wrong = mispredicted_branches([0x40] * len(taken), taken, table_bits=6)
    assert wrong[-20 * iterations :].mean() == pytest.approx(1 / iterations)


def test_a_history_learns_to_alternate_and_a_counter_does_not():
    taken = [True, False] * 200
    assert mispredicted_branches([64] * 400, taken, 8, history_bits=4)[100:].sum() == 0
    assert mispredicted_branches([64] * 400, taken, 8).mean() >= 0.5


branches = st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=60)


@given(branches, st.integers(0, 4), st.integers(0, 4))
def test_each_counter_is_a_walk_of_its_own(trace, table_bits, history_bits):
    """The trace cut by counters first, then each walk for itself, from the state that is two thirds of the way up."""
    history_bits = min(history_bits, table_bits)
    walks: dict[int, list[int]] = {}
    for place, (address, _) in enumerate(trace):
        past = [taken for _, taken in trace[max(0, place - history_bits) : place]] if history_bits else []
        number = sum(taken << age for age, taken in enumerate(reversed(past)))
        walks.setdefault((address ^ number) & (2**table_bits - 1), []).append(place)
    expected = np.zeros(len(trace), dtype=bool)
    for places in walks.values():
        level = 2
        for place in places:
            expected[place] = trace[place][1] is not (level > 1)
            level = int(np.clip(level + (1 if trace[place][1] else -1), 0, 3))
    found = mispredicted_branches([a for a, _ in trace], [t for _, t in trace], table_bits, history_bits)
    np.testing.assert_array_equal(found, expected)


def test_a_history_fits_its_table():
    with pytest.raises(ValueError, match="history"):
        mispredicted_branches([1], [True], table_bits=2, history_bits=3)
    np.testing.assert_allclose(misses_per_kilo_instructions([1, 0], [500, 500]), [2, 0])


# --- parallelism ----------------------------------------------------------------------------------------------------


def test_bandwidths_of_the_catalogue():
    assert float(concurrent_bytes_per_s(12, 64, 80e-9)) == pytest.approx(9.6e9)
    assert float(bytes_in_flight(3.35e12, 600e-9)) == pytest.approx(2.01e6)
    assert float(concurrent_bytes_per_s(100, 64, 80e-9, 50e9)) == 50e9


@pytest.mark.parametrize(("buffers", "latency"), [(1, 80), (3, 70), (10, 100)])
def test_loads_that_queue_for_buffers_get_that_bandwidth(buffers, latency):
    environment = simpy.Environment()
    free = simpy.Resource(environment, capacity=buffers)

    def load():
        with free.request() as buffer:
            yield buffer
            yield environment.timeout(latency)

    for _ in range(40 * buffers):
        environment.process(load())
    environment.run()
    expected = float(concurrent_bytes_per_s(buffers, 64, latency))
    assert 40 * buffers * 64 / environment.now == pytest.approx(expected)


@given(st.sets(st.integers(0, 200), min_size=1), st.integers(1, 50))
def test_groups_by_a_walk(misses, window):
    groups, end = 0, -1
    for place in sorted(misses):
        if place >= end:
            groups, end = groups + 1, place + window
    assert window_parallelism(sorted(misses), window) == pytest.approx(len(misses) / groups)


@pytest.mark.parametrize(
    ("offered", "buffers", "peak", "limit"),
    [(1, 12, 20e9, "program"), (9, 12, 6e9, "memory"), (40, 12, 20e9, "buffers"), (12, 12, 20e9, "buffers")],
)
def test_what_limits_a_program_is_what_helps_when_it_grows(offered, buffers, peak, limit):
    """Of the three limits, the one that is named is the one that, raised alone, raises the bandwidth."""

    def use(offered, buffers, peak):
        memory = {"line_bytes": [64], "latency_s": [80e-9], "peak_bytes_per_s": [peak]}
        return memory_use({"offered": [offered], "buffers": [buffers]} | memory)

    found = use(offered, buffers, peak)
    assert float(found["bytes_per_s"][0]) == pytest.approx(min(offered * 64 / 80e-9, buffers * 64 / 80e-9, peak))
    assert float(found["lines_needed"][0]) * 64 == pytest.approx(float(bytes_in_flight(peak, 80e-9)))
    raised = {
        "program": use(2 * offered, buffers, peak),
        "buffers": use(offered, 2 * buffers, peak),
        "memory": use(offered, buffers, 2 * peak),
    }
    more = {name for name, then in raised.items() if then["bytes_per_s"][0] > found["bytes_per_s"][0]}
    assert found["limit"].tolist() == [limit]
    assert more == ({limit} if offered != buffers else set())


def test_impossible_memories_are_refused():
    assert math.isnan(window_parallelism([], 10))
    for refused in (
        lambda: window_parallelism([1], 0),
        lambda: bytes_in_flight(0, 1),
        lambda: concurrent_bytes_per_s(1, 64, 0),
    ):
        with pytest.raises(ValueError, match=r"positive|at least"):
            refused()


# --- prefetching ----------------------------------------------------------------------------------------------------


def played_loop(distance, latency, body, cache_lines, lines, iterations=600):
    """Mean time of the later half of a loop: each line is asked for, comes, and may be pushed out before its use."""
    now, cache, marks = 0.0, {}, []

    def ask(line):
        while len(cache) >= cache_lines:
            cache.pop(next(iter(cache)))  # the oldest
        cache[line] = now + latency

    for iteration in range(iterations):
        if distance:
            for line in range(lines):
                ask((iteration + distance, line))
        mine = [(iteration, line) for line in range(lines)]
        gone = [line for line in mine if line not in cache]
        for line in mine:
            ready = now + latency if line in gone else cache[line]
            now = max(now, ready) if line not in gone else now
        if gone:
            now += latency  # those that are missing come together
        now += body
        marks.append(now)
    half = iterations // 2
    span = (iterations - half) // (distance + 1) * (distance + 1)  # whole rounds of late ones
    return (marks[half + span - 1] - marks[half - 1]) / span


def test_the_example_of_the_paper():
    assert int(prefetch_distance(100, 36)) == 3


@given(st.integers(0, 9), st.integers(1, 200), st.integers(5, 60), st.integers(1, 12), st.integers(1, 2))
def test_a_played_loop_takes_this_long(distance, latency, body, cache_lines, lines):
    expected = prefetched_iteration_cycles(distance, latency, body, cache_lines, lines)
    found = played_loop(distance, latency, body, cache_lines, lines)
    assert found == pytest.approx(float(expected), rel=1e-9)


@given(st.integers(0, 300), st.integers(1, 60))
def test_from_this_distance_on_nothing_is_late(latency, body):
    distance = int(prefetch_distance(latency, body))
    assert distance * body >= latency > (distance - 1) * body
    assert prefetched_iteration_cycles(distance, latency, body, 10**6) == body
    if distance > 0:
        assert prefetched_iteration_cycles(distance - 1, latency, body, 10**6) > body


def test_a_figure_shows_both_sides_by_hand():
    figure = prefetch_figure([0, 1, 2, 4, 8], 100, 36, cache_lines=6, lines_per_iteration=2)
    assert figure["marks"] == [{"label": "best", "x": 2, "y": pytest.approx(36 + 28 / 3)}]
    by_label = {one["label"]: one for one in figure["series"]}
    assert by_label["prefetched"]["x"] == [0, 1, 2, 4, 8]
    np.testing.assert_allclose(by_label["prefetched"]["y"], [136, 68, 36 + 28 / 3, 136, 136])
    assert (by_label["no prefetch"]["y"], by_label["no waiting"]["y"]) == ([136, 136], [36, 36])


@pytest.mark.parametrize("impossible", [(100, 0), (-1, 10), (np.nan, 10)])
def test_impossible_loops_are_refused(impossible):
    with pytest.raises(ValueError, match="takes time"):
        prefetch_distance(*impossible)
