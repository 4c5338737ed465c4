"""Parallel simulation: NetworkX's longest path, promises exchanged message by message, windows cut by hand."""

from __future__ import annotations

import itertools
import math
from collections import deque
from fractions import Fraction

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m03_modeling_simulation.parallel_events import (
    critical_path_s,
    null_messages,
    parallel_speedup_bound,
    windowed_run,
)

orders = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)


@given(st.lists(st.integers(0, 9), min_size=10, max_size=10), orders, st.permutations(range(10)))
def test_the_critical_path_is_networkxs_longest_path(costs, pairs, names):
    order = [(names[min(a, b)], names[max(a, b)]) for a, b in pairs if a != b]
    graph = networkx.DiGraph()
    for event, cost in enumerate(costs):
        graph.add_edge(("start", event), ("end", event), weight=cost)
    graph.add_edges_from(((("end", a), ("start", b)) for a, b in order), weight=0)
    assert critical_path_s(costs, order) == networkx.dag_longest_path_length(graph)


def test_chains_and_events_that_are_alone():
    assert critical_path_s([2.0] * 5, [(number, number + 1) for number in range(4)]) == 10
    assert critical_path_s([1.0, 7.0, 3.0], []) == 7
    assert critical_path_s([], []) == 0


def test_events_in_a_circle_are_refused():
    with pytest.raises(ValueError, match="circle"):
        critical_path_s([1.0] * 3, [(0, 1), (1, 2), (2, 1)])
    with pytest.raises(ValueError, match="names two"):
        critical_path_s([1.0], [(0, 1)])
    with pytest.raises(ValueError, match="no time"):
        critical_path_s([-1.0], [])


def scheduled_s(costs, order, processors):
    """Plays a greedy schedule: whenever a processor is free it takes the next event whose predecessors are over."""
    before = {event: {a for a, b in order if b == event} for event in range(len(costs))}
    running, done, now = {}, set(), 0
    while len(done) < len(costs):
        ready = [e for e in before if e not in done and e not in running and before[e] <= done]
        for event in ready[: processors - len(running)]:
            running[event] = now + costs[event]
        now = min(running.values())
        for event in [e for e, end in running.items() if end == now]:
            done.add(event)
            del running[event]
    return now


@given(st.lists(st.integers(1, 9), min_size=10, max_size=10), orders, st.integers(1, 12))
def test_no_schedule_beats_the_bound_and_a_greedy_one_is_half_as_good(costs, pairs, processors):
    order = [(min(a, b), max(a, b)) for a, b in pairs if a != b]
    bound = float(parallel_speedup_bound(sum(costs), critical_path_s(costs, order), processors))
    speedup = sum(costs) / scheduled_s(costs, order, processors)
    assert bound / 2 <= speedup <= bound * (1 + 1e-12)  # Graham: less than twice the best
    if processors >= 10:
        assert speedup == pytest.approx(bound)  # every event starts as soon as it may


def promises_exchanged(links, processes, events, lookahead):
    """Chandy and Misra: a process does what is safe, then promises anew; messages travel until all events are done."""
    clocks = {link: Fraction(0) for link in links}
    left = {process: deque(sorted(events.get(process, []))) for process in range(processes)}
    sent = 0
    while True:
        for process in left:
            safe = min(clocks[link] for link in links if link[1] == process)
            while left[process] and left[process][0] <= safe:
                left[process].popleft()
        if not any(left.values()):
            return sent
        promised = {}
        for link in links:
            safe = min(clocks[other] for other in links if other[1] == link[0])
            promised[link] = min([safe, *list(left[link[0]])[:1]]) + lookahead
            sent += 1
        clocks = promised


@given(
    st.integers(2, 5),
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 60)), min_size=1, max_size=20),
    st.integers(1, 9),
    st.booleans(),
)
def test_promises_creep_ahead_by_the_lookahead(processes, events, lookahead, everybody):
    ring = [(number, (number + 1) % processes) for number in range(processes)]
    all_links = [(a, b) for a in range(processes) for b in range(processes) if a != b]
    links = all_links if everybody else ring
    own = {}
    for process, when in events:
        own.setdefault(process % processes, []).append(Fraction(when, 4))
    last = max(max(times) for times in own.values())
    sent = promises_exchanged(links, processes, own, Fraction(lookahead, 4))
    assert null_messages(float(last), lookahead / 4, len(links)) == sent


def test_without_lookahead_nobody_may_go_on():
    assert math.isinf(float(null_messages(1.0, 0.0, 2)))
    assert null_messages(0.0, [0.0, 1.0], 2).tolist() == [0, 0]
    with pytest.raises(ValueError, match="links"):
        null_messages(1.0, 1.0, 0)
    with pytest.raises(ValueError, match="not negative"):
        null_messages(-1.0, 1.0, 1)


def windows_by_hand(events, lookahead, event_cost, barrier_cost):
    left, elapsed, windows = list(events), 0.0, 0
    while left:
        first = min(when for when, _ in left)
        inside = [process for when, process in left if when < first + lookahead]
        left = [(when, process) for when, process in left if when >= first + lookahead]
        elapsed += barrier_cost + event_cost * max(inside.count(process) for process in set(inside))
        windows += 1
    return windows, elapsed


@given(
    st.lists(st.tuples(st.integers(0, 80).map(lambda n: n / 8), st.integers(0, 4)), min_size=1, max_size=60),
    st.integers(1, 20).map(lambda n: n / 8),
    st.sampled_from([0.0, 0.5, 3.0]),
)
def test_windows_are_those_cut_by_hand(events, lookahead, barrier):
    times, owners = [when for when, _ in events], [process for _, process in events]
    found = windowed_run(times, owners, lookahead, 1.0, barrier)
    windows, elapsed = windows_by_hand(events, lookahead, 1.0, barrier)
    assert (found["windows"], found["elapsed_s"]) == pytest.approx((windows, elapsed))
    assert found["speedup"] <= len(set(owners)) + 1e-12


def test_windows_never_beat_the_critical_path_of_each_process():
    rng = np.random.default_rng(3)
    times, owners = np.sort(rng.uniform(0, 100, 2000)), rng.integers(0, 8, 2000)
    chains = [np.flatnonzero(owners == process) for process in range(8)]
    order = [(int(a), int(b)) for chain in chains for a, b in itertools.pairwise(chain)]
    bound = parallel_speedup_bound(2000.0, critical_path_s(np.ones(2000), order), 8)
    speedups = [windowed_run(times, owners, lookahead, 1.0, 0.0)["speedup"] for lookahead in (0.1, 1.0, 10.0, 1000.0)]
    assert speedups == sorted(speedups)
    assert speedups[-1] == pytest.approx(float(bound))


def test_what_no_run_can_be_is_refused():
    with pytest.raises(ValueError, match="one event at least"):
        windowed_run([], [], 1.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="lookahead_s"):
        windowed_run([0.0], [0], 0.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="not longer"):
        parallel_speedup_bound(1.0, 2.0, 4)
