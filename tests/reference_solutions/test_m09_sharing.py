"""Fairness, quotas, priorities, scaling, neighbours: printed values, linear programmes, everything tried."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m09_cluster.autoscaling import desired_replicas, stabilised_replicas
from reference_solutions.m09_cluster.checkpointing import (
    daly_interval_s,
    expected_goodput,
    first_order_goodput,
    young_interval_s,
)
from reference_solutions.m09_cluster.drf import drf_tasks, water_filled_tasks
from reference_solutions.m09_cluster.goodput_figure import goodput_figure
from reference_solutions.m09_cluster.interference import best_pairs, usable_pairs, vacation_wait_s
from reference_solutions.m09_cluster.priorities import (
    decayed_usage,
    effective_usage,
    fair_share_factor,
    multifactor_priority,
)
from reference_solutions.m09_cluster.quotas import QuotaCohort
from reference_solutions.m09_cluster.training_fit import training_table
from reference_solutions.m09_cluster.training_memory import (
    activation_bytes_per_layer,
    bubble_share_of_time,
    micro_batches_in_flight,
    model_state_bytes,
)

RECORDED = json.loads((Path(__file__).parents[1] / "oracles/m09_cluster/packing_drf.json").read_text())["cases"]["drf"]


@pytest.mark.parametrize("case", RECORDED)
def test_recorded_shares(case):
    found = water_filled_tasks(case["capacity"], case["demand"], np.ones(len(case["demand"])))
    assert found == pytest.approx(case["tasks_divisible"], abs=1e-9)


def test_the_papers_example_and_edges():
    assert drf_tasks([9, 18], [[1, 4], [3, 1]], [1, 1]).tolist() == [3, 2]
    assert drf_tasks([10], [[1], [1]], [1, 4]).tolist() == [2, 8]
    assert drf_tasks([5], [[1], [1]], [1, 1]).tolist() == [3, 2]
    assert drf_tasks([8, 0], [[1, 0], [1, 1]], [1, 1]).tolist() == [8, 0]
    assert drf_tasks([10], [[4], [3]], [1, 1]).tolist() == [1, 2]
    for arguments in (([9], [[0]], [1]), ([9], [[1]], [0]), ([9], [[-1]], [1]), ([-1], [[1]], [1])):
        with pytest.raises(ValueError, match="a task needs"):
            drf_tasks(*arguments)
    with pytest.raises(ValueError, match="of everything"):
        water_filled_tasks([0], [[1]], [1])


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_nobody_can_rise_but_over_one_who_has_no_more(seed):
    """Max-min: each user is stopped by a resource that is used up and of which nobody with a larger share gives way."""
    rng = np.random.default_rng(seed)
    capacity = rng.uniform(5, 50, 3)
    demand, weight = rng.uniform(0, 4, (4, 3)) * (rng.random((4, 3)) < 0.7) + 1e-3, rng.uniform(0.5, 3, 4)
    tasks = water_filled_tasks(capacity, demand, weight)
    used = tasks @ demand
    assert np.all(used <= capacity * (1 + 1e-9))
    level = tasks * np.max(demand / capacity, axis=1) / weight
    for user in range(4):
        full = (used > capacity * (1 - 1e-9)) & (demand[user] > 0)
        assert full.any()
        assert any(level[user] >= level[demand[:, r] > 0].max() - 1e-9 for r in np.flatnonzero(full))


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_many_small_tasks_are_divisible(seed):
    rng = np.random.default_rng(seed)
    capacity, demand, weight = rng.uniform(5, 50, 3), rng.uniform(1, 4, (3, 3)), rng.uniform(0.5, 3, 3)
    # what is too little for two blocked tasks, a two hundredth each, is enough for eight of who needs a fourth of them
    whole = drf_tasks(capacity, demand / 200, weight) / 200
    assert whole == pytest.approx(water_filled_tasks(capacity, demand, weight), rel=0.05, abs=0.05)
    assert np.all(drf_tasks(capacity, demand, weight) @ demand <= capacity * (1 + 1e-9))


def cohort_after(seed, steps=30):
    rng = np.random.default_rng(seed)
    nominal = {"a": int(rng.integers(4, 12)), "b": int(rng.integers(4, 12)), "c": int(rng.integers(0, 6))}
    borrowing = {team: int(rng.integers(0, 10)) for team in nominal}
    cohort, jobs = QuotaCohort(nominal, borrowing), {}
    for step in range(steps):
        if jobs and rng.random() < 0.25:
            name = str(rng.choice(sorted(jobs)))
            cohort.finish(name)
            jobs.pop(name)
            continue
        team, gpus, priority = str(rng.choice(sorted(nominal))), int(rng.integers(1, 6)), int(rng.integers(0, 4))
        yield cohort, dict(jobs), nominal, borrowing, (f"j{step}", team, gpus, priority)
        victims = cohort.admit(f"j{step}", team, gpus, priority)
        yield victims
        for name in victims or []:
            jobs.pop(name)
        if victims is not None:
            jobs[f"j{step}"] = (team, gpus, priority)


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_quotas_hold_and_victims_are_needed(seed):
    walk = cohort_after(seed)
    for cohort, before, nominal, borrowing, (job, team, gpus, _) in walk:
        total, own = sum(g for _, g, _ in before.values()), sum(g for t, g, _ in before.values() if t == team)
        victims = next(walk)
        allowed = own + gpus <= nominal[team] + borrowing[team]
        room = total + gpus <= sum(nominal.values())
        assert (victims == []) == (allowed and room)
        if victims:
            assert own + gpus <= nominal[team]
            freed = sum(before[name][1] for name in victims)
            assert total + gpus - freed <= sum(nominal.values())
            for name in victims:
                owner = before[name][0]
                assert owner != team
                used = sum(g for t, g, _ in before.values() if t == owner)
                assert used > nominal[owner]
                assert total + gpus - (freed - before[name][1]) > sum(nominal.values())
        if victims is None:
            assert job not in cohort._jobs
            assert sum(cohort.used(one) for one in nominal) == total
        assert sum(cohort.used(one) for one in nominal) <= sum(nominal.values())


def test_victims_by_hand():
    cohort = QuotaCohort({"red": 8, "blue": 8}, {"red": 8, "blue": 0})
    for name, gpus, priority in (("low", 2, 0), ("late", 2, 1), ("later", 2, 1), ("high", 8, 9)):
        assert cohort.admit(name, "red", gpus, priority) == []
    assert (cohort.used("red"), cohort.borrowed("red")) == (14, 6)
    assert cohort.admit("b1", "blue", 4, 0) == ["low"]
    assert cohort.admit("b2", "blue", 4, 5) == ["later", "late"]
    assert cohort.admit("b3", "blue", 1, 9) is None
    assert cohort.admit("r", "red", 1, 9) is None
    with pytest.raises(ValueError, match="new job"):
        cohort.admit("b1", "blue", 1, 0)
    with pytest.raises(ValueError, match="quota and a limit"):
        QuotaCohort({"red": 8}, {"blue": 8})


def test_a_large_victim_spares_the_small_ones():
    cohort = QuotaCohort({"red": 0, "blue": 8}, {"red": 8, "blue": 0})
    for name, gpus, priority in (("small", 2, 0), ("large", 6, 1)):
        cohort.admit(name, "red", gpus, priority)
    assert cohort.admit("b", "blue", 6, 0) == ["large"]
    assert cohort.used("red") == 2


def test_the_factors_on_slurms_page():
    used, shares = [0.3875, 0.275, 0.15, 0.25, 0.145833], [0.3, 0.05, 0.05, 0.25, 0.35]
    printed = [0.408479, 0.022097, 0.125000, 0.500000, 0.749154]
    assert fair_share_factor(used, shares) == pytest.approx(printed, abs=2e-6)
    assert fair_share_factor([0.5, 0.2], [0.25, 0.0], dampening=2.0).tolist() == [0.5, 0.0]
    assert float(effective_usage(0.45, 0.45, 0.3, 0.3)) == pytest.approx(0.45)
    assert float(effective_usage(0.25, 0.45, 0.1, 0.4)) == pytest.approx(0.25 + 0.2 / 4)
    with pytest.raises(ValueError, match="share"):
        fair_share_factor(-0.1, 0.5)
    with pytest.raises(ValueError, match="siblings_share"):
        effective_usage(0.1, 0.2, 1, 0)


@given(st.floats(0, 1e6), st.integers(0, 12))
def test_usage_halves_once_every_half_life(usage, times):
    left = usage
    for _ in range(times):
        left /= 2
    assert decayed_usage([usage], [times * 3600.0], 3600.0) == pytest.approx(left)
    assert multifactor_priority([0.5, 1.0, 0.0], [10, 20, 40]) == 25
    with pytest.raises(ValueError, match="factor"):
        multifactor_priority([1.5], [1])
    with pytest.raises(ValueError, match="half_life_s"):
        decayed_usage([1], [1], 0)


@given(st.integers(1, 50), st.floats(1, 1000), st.floats(10, 100))
def test_enough_replicas_and_not_one_more(now, mean, target):
    found = desired_replicas([mean] * now, target, 1, 10**6)
    if abs(mean / target - 1) <= 0.1:
        assert found == now
    else:
        assert now * mean / found <= target * (1 + 1e-6)
        assert found == 1 or now * mean / (found - 1) > target * (1 - 1e-6)


def test_what_the_documentation_says():
    assert desired_replicas([200] * 4, 100, 1, 20) == 8
    assert desired_replicas([50] * 4, 100, 1, 20) == 2
    assert desired_replicas([109] * 4, 100, 1, 20) == 4
    assert desired_replicas([200] * 4, 100, 1, 6) == 6
    assert desired_replicas([50, 50, None, None], 100, 1, 20) == 3  # the missing count as 100
    assert desired_replicas([150, 150, None], 100, 1, 20) == 3  # the missing counts as 0: no change
    assert desired_replicas([None], 100, 2, 20) == 2
    assert stabilised_replicas(8, [8, 5, 3]) == 8
    assert stabilised_replicas(8, [5, 4, 3]) == 5
    assert stabilised_replicas(4, [5, 9]) == 9
    with pytest.raises(ValueError, match="target"):
        desired_replicas([], 100, 1, 2)
    with pytest.raises(ValueError, match="recommended"):
        stabilised_replicas(3, [])


@settings(max_examples=30)
@given(st.integers(0, 10**6))
def test_pairs_by_all_permutations(seed):
    rng = np.random.default_rng(seed)
    slow, limit = rng.uniform(1, 2, (6, 6)), rng.uniform(1.4, 2.1, 6)
    costs = {}
    for order in itertools.permutations(range(6)):
        pairs = sorted(tuple(sorted(order[k : k + 2])) for k in (0, 2, 4))
        if all(slow[a, b] <= limit[a] and slow[b, a] <= limit[b] for a, b in pairs):
            costs[tuple(pairs)] = sum(slow[a, b] + slow[b, a] for a, b in pairs)
    found = best_pairs(slow, limit)
    assert found == (list(min(costs, key=costs.get)) if costs else None)
    assert all((a, b) in usable_pairs(slow, limit) for a, b in found or [])


def test_a_queue_with_vacations_from_event_to_event():
    rng = np.random.default_rng(3)
    arrivals = np.cumsum(rng.exponential(2.0, 200_000))
    services = rng.exponential(1.0, 200_000)
    now, waits = 0.0, []
    for arrival, service in zip(arrivals, services, strict=True):
        while now < arrival:
            now += rng.uniform(0.0, 3.0)
        waits.append(now - arrival)
        now += service
    assert vacation_wait_s(0.5, 1.0, 1.0, 1.5, 1 / 3) == pytest.approx(np.mean(waits), rel=0.03)
    assert vacation_wait_s(1.0, 1.0, 1.0, 1.0, 0.0) == np.inf
    with pytest.raises(ValueError, match="vacation_s"):
        vacation_wait_s(0.5, 1.0, 1.0, 0.0, 0.0)


@settings(max_examples=30)
@given(st.integers(0, 10**6))
def test_plans_by_the_models_they_stand_on(seed):
    rng = np.random.default_rng(seed)
    model = {"parameters": float(rng.integers(1, 200) * 1e9), "layers": 48, "width": 128 * int(rng.integers(8, 100))}
    model |= {"heads": 32, "sequence": 1024 * int(rng.integers(1, 9))}
    plan = {"tensor": int(2 ** rng.integers(0, 4)), "pipeline": int(rng.choice([1, 2, 4, 8]))}
    plan |= {"data": int(rng.integers(1, 64)), "zero_stage": int(rng.integers(0, 4)), "micro_batch": 2}
    plan |= {"micro_batches": int(rng.integers(1, 40)), "recompute": str(rng.choice(["none", "selective", "full"]))}
    t, p, d, m = plan["tensor"], plan["pipeline"], plan["data"], plan["micro_batches"]
    state = float(model_state_bytes(model["parameters"] / (t * p), d, plan["zero_stage"]))
    layer = activation_bytes_per_layer(model["sequence"], 2, model["width"], 32, t, True, plan["recompute"])
    kept = float(layer) * 48 / p * int(micro_batches_in_flight(0, p, m))
    for memory_bytes, fits in ((state + kept * 1.001, True), ((state + kept) * 0.999, False)):
        table = training_table(model, [plan], memory_bytes)
        assert table["state_bytes"][0] == pytest.approx(state)
        assert table["activation_bytes"][0] == pytest.approx(kept)
        assert table["idle_share"][0] == pytest.approx(float(bubble_share_of_time(p, m)))
        assert (table["fits"], table["devices"]) == ([fits], [t * p * d])
    for wrong in ({"pipeline": 5}, {"recompute": "some"}, {"zero_stage": 4}):
        with pytest.raises(ValueError, match=r"stages|stage"):
            training_table(model, [plan | wrong], 1e9)


@given(st.floats(10, 600), st.floats(0, 900), st.floats(3_000, 1e6))
def test_the_picture_of_goodput(checkpoint_s, restart_s, mtbf_s):
    tau = np.geomspace(60, 40_000, 30)
    figure = goodput_figure(tau, checkpoint_s, restart_s, mtbf_s)
    first, exact = figure["series"]
    assert exact["y"] == pytest.approx(expected_goodput(tau, checkpoint_s, restart_s, mtbf_s).tolist())
    expected = first_order_goodput(first["x"], checkpoint_s, restart_s, mtbf_s) if first["x"] else []
    assert first["y"] == pytest.approx(list(expected))
    young, daly = figure["marks"]
    assert young["x"] == pytest.approx(float(young_interval_s(checkpoint_s, mtbf_s)))
    assert daly["x"] == pytest.approx(float(daly_interval_s(checkpoint_s, mtbf_s)))
    assert daly["y"] == pytest.approx(float(expected_goodput(daly["x"], checkpoint_s, restart_s, mtbf_s)))
