"""Gangs, queues, metrics: recorded schedules, closed forms, replays second by second, promises kept."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m09_cluster.backfill import (
    conservative_to_start,
    first_come_to_start,
    jobs_to_start,
    reservation,
)
from reference_solutions.m09_cluster.gang import stuck_states, wasted_gpu_s
from reference_solutions.m09_cluster.job_queue import followed_queue
from reference_solutions.m09_cluster.schedule_metrics import jain_index, schedule_report

RECORDED = json.loads((Path(__file__).parents[1] / "oracles/m09_cluster/backfill_accasim.json").read_text())["cases"]
NEEDS = st.lists(st.integers(1, 5), min_size=1, max_size=3)


@given(NEEDS, st.integers(5, 8))
def test_stuck_states_in_closed_form(needs, gpus):
    """Nobody who is left can start or take one more: all hold too little, and together everything."""
    expected = [
        state
        for state in itertools.product(*([-1, *range(need)] for need in needs))
        if any(held >= 0 for held in state) and sum(held for held in state if held > 0) == gpus
    ]
    assert stuck_states(needs, gpus, gang=False) == sorted(expected)
    assert stuck_states(needs, gpus, gang=True) == []


@settings(max_examples=30)
@given(NEEDS, st.integers(5, 7), st.integers(0, 10**6))
def test_random_walks_end_where_the_search_says(needs, gpus, seed):
    rng, stuck = np.random.default_rng(seed), set(stuck_states(needs, gpus, gang=False))
    held = [0] * len(needs)
    while True:
        free = gpus - sum(one for one in held if one > 0)
        moves = [job for job, one in enumerate(held) if one == needs[job] or (0 <= one < needs[job] and free)]
        if not moves:
            break
        job = int(rng.choice(moves))
        held[job] = -1 if held[job] == needs[job] else held[job] + 1
    assert tuple(held) in stuck or all(one == -1 for one in held)


def test_gangs_by_hand():
    assert stuck_states([8, 8], 8, gang=False) == [(held, 8 - held) for held in range(1, 8)]
    assert wasted_gpu_s([[3, 5], [8, 0]], [8, 8], [60, 10]) == 480
    assert wasted_gpu_s([[-1, 5]], [8, 8], [60]) == 300
    for needs in ([9], [0]):
        with pytest.raises(ValueError, match="no more than there are"):
            stuck_states(needs, 8, gang=True)
    with pytest.raises(ValueError, match="holds no more"):
        wasted_gpu_s([[9]], [8], [1])


def shortest_first(_now, free, _running, queue):
    """Shortest first, and nobody passes the shortest."""
    chosen = []
    for place in sorted(range(len(queue)), key=lambda one: (queue[one][1], one)):
        if queue[place][0] > free:
            break
        free -= queue[place][0]
        chosen.append(place)
    return chosen


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: f"{case['scheduler']}-{case['seed']}")
def test_recorded_schedules(case):
    policies = {"FIFO": first_come_to_start, "EASY": jobs_to_start, "SJF": shortest_first}
    jobs = case["jobs"]
    columns = [[job[name] for job in jobs] for name in ("submit", "procs", "runtime", "requested")]
    found = followed_queue(policies[case["scheduler"]], *columns, case["nodes"] * case["cores_per_node"])
    assert found["start_s"].tolist() == [case["start"][str(job["id"])] for job in jobs]


def drawn(seed, jobs=25, gpus=8, exact=False):
    rng = np.random.default_rng(seed)
    submit = np.sort(rng.integers(0, 120, jobs)).tolist()
    run = rng.integers(1, 30, jobs)
    estimate = run if exact else run + rng.integers(0, 20, jobs)
    return submit, rng.integers(1, gpus + 1, jobs).tolist(), run.tolist(), estimate.tolist()


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([jobs_to_start, conservative_to_start, first_come_to_start]))
def test_no_gpu_is_held_twice(seed, policy):
    submit, gpus, run, estimate = drawn(seed)
    start = followed_queue(policy, submit, gpus, run, estimate, 8)["start_s"]
    assert np.all(start >= submit)
    for second in range(int(max(start) + 40)):
        assert sum(g for g, begin, r in zip(gpus, start, run, strict=True) if begin <= second < begin + r) <= 8


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.booleans())
def test_the_head_of_the_queue_starts_no_later_than_its_reservation(seed, exact):
    jobs = drawn(seed, exact=exact)
    first_promise = {}

    def noted(now, free, running, queue):
        order = [job for job in range(len(jobs[0])) if np.isnan(begun[job]) and jobs[0][job] <= now]
        chosen = jobs_to_start(now, free, running, queue)
        for place in chosen:
            begun[order[place]] = now
        left = [place for place in range(len(queue)) if place not in chosen]
        if left:
            held = [*running, *((queue[p][0], now + queue[p][1]) for p in chosen)]
            free -= sum(queue[p][0] for p in chosen)
            first_promise.setdefault(order[left[0]], reservation(now, free, held, queue[left[0]][0])["start_s"])
        return chosen

    begun = np.full(len(jobs[0]), np.nan)
    start = followed_queue(noted, *jobs, 8)["start_s"]
    assert all(start[job] <= promise for job, promise in first_promise.items())


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_conservative_delays_nobody_in_the_order_of_arrival(seed):
    """With exact estimates each job starts in the first hole left by those before it: here on a grid of seconds."""
    submit, gpus, run, _ = drawn(seed, jobs=14, exact=True)
    used, expected = np.zeros(2000, dtype=int), []
    for s, g, r in zip(submit, gpus, run, strict=True):
        begin = next(t for t in range(s, 2000) if np.all(used[t : t + r] + g <= 8))
        used[begin : begin + r] += g
        expected.append(begin)
    assert followed_queue(conservative_to_start, submit, gpus, run, run, 8)["start_s"].tolist() == expected


def test_one_gpu_is_a_queue_with_one_server():
    rng = np.random.default_rng(2)
    submit, run = np.cumsum(rng.exponential(10, 300)), rng.exponential(8, 300)
    wait, waits = 0.0, []
    for gap, before in zip(np.diff(submit, prepend=submit[0]), np.r_[0, run[:-1]], strict=True):
        wait = max(0.0, wait + before - gap)
        waits.append(wait)
    found = followed_queue(first_come_to_start, submit.tolist(), [1] * 300, run.tolist(), run.tolist(), 1)
    np.testing.assert_allclose(found["wait_s"], waits, atol=1e-9)


def test_six_jobs_by_hand():
    """Four GPUs. 0: 2 for 10 s. 1: 4 for 10, waits until 10. 2: 2 for 6 passes. 3: 2 for 20 must not. 4: no room."""
    jobs = {"submit_s": [0, 1, 2, 3, 4], "job_gpus": [2, 4, 2, 2, 1]}
    times = [10, 10, 6, 20, 2]
    found = followed_queue(jobs_to_start, **jobs, run_s=times, estimate_s=times, gpus=4)
    assert found["start_s"].tolist() == [0, 10, 2, 20, 8]
    assert followed_queue(first_come_to_start, **jobs, run_s=times, estimate_s=times, gpus=4)["start_s"].tolist() == [
        0,
        10,
        20,
        20,
        26,
    ]


def test_spare_gpus_may_be_taken_for_long():
    assert jobs_to_start(0.0, 3, [(3, 60.0)], [(4, 9.0), (2, 500.0), (1, 500.0)]) == [1]
    assert jobs_to_start(0.0, 3, [(3, 60.0)], [(4, 9.0), (2, 60.0), (1, 500.0)]) == [1, 2]
    assert reservation(5.0, 3, [], 3) == {"start_s": 5.0, "spare_gpus": 0}
    assert reservation(5.0, 0, [(2, 3.0), (2, 5.0)], 3) == {"start_s": 5.0, "spare_gpus": 1}
    with pytest.raises(ValueError, match="no more GPUs"):
        reservation(0.0, 1, [(2, 9.0)], 4)
    with pytest.raises(ValueError, match="no more GPUs"):
        conservative_to_start(0.0, 1, [(2, 9.0)], [(4, 1.0)])


def test_nobody_passes_the_head():
    assert first_come_to_start(0.0, 4, [], [(2, 9.0), (3, 1.0), (1, 1.0)]) == [0]
    assert first_come_to_start(0.0, 4, [], [(2, 9.0), (2, 1.0)]) == [0, 1]
    assert first_come_to_start(0.0, 1, [(3, 9.0)], [(2, 9.0), (1, 1.0)]) == []


def test_a_policy_that_cheats_is_found():
    jobs = {"submit_s": [0, 0], "job_gpus": [2, 2], "run_s": [5, 5], "estimate_s": [5, 5], "gpus": 3}
    for decision, words in (([0, 1], "more GPUs"), ([0, 0], "twice"), ([2], "does not wait"), ([], "never start")):
        with pytest.raises(ValueError, match=words):
            followed_queue(lambda *_, answer=decision: answer, **jobs)


@settings(max_examples=30)
@given(st.integers(0, 10**6))
def test_a_report_second_by_second(seed):
    rng = np.random.default_rng(seed)
    n, gpus = 6, 16
    submit = rng.integers(0, 20, n)
    start, run, size = submit + rng.integers(0, 20, n), rng.integers(1, 30, n), rng.integers(1, 4, n)
    mfu, team = rng.uniform(0.1, 0.6, n), rng.choice(["a", "b", "c"], n).tolist()
    report = schedule_report(submit, start, run, size, mfu, team, gpus)
    first, last = submit.min(), (start + run).max()
    held = useful = 0.0
    for second in range(first, last):
        on = (start <= second) & (second < start + run)
        held += size[on].sum()
        useful += (size * mfu)[on].sum()
    assert report["makespan_s"] == last - first
    assert report["allocated"] == pytest.approx(held / (gpus * (last - first)))
    assert report["useful"] == pytest.approx(useful / (gpus * (last - first)))
    slow = [max(1, (s + r - c) / max(r, 10)) for c, s, r in zip(submit, start, run, strict=True)]
    assert report["mean_slowdown"] == pytest.approx(sum(slow) / n)
    assert report["mean_completion_s"] == pytest.approx(np.mean(start + run - submit))
    shares = [sum(g * r for g, r, t in zip(size, run, team, strict=True) if t == name) for name in sorted(set(team))]
    assert report["fairness"] == pytest.approx(jain_index(shares))


@given(st.integers(1, 20), st.floats(0.1, 1e6))
def test_fairness_at_its_ends(n, amount):
    assert jain_index([amount] * n) == pytest.approx(1)
    assert jain_index([amount] + [0] * (n - 1)) == pytest.approx(1 / n)
    with pytest.raises(ValueError, match="somebody"):
        jain_index([0.0] * n)
