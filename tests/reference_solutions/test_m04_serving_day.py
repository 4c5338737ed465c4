"""Plans for a day: samples of a made-up day, every allocation of a small one, and the promise kept over many days."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m04_sampling.serving_day import sampling_plan_file


def a_day(phases, **others):
    names = ("phase", "windows", "mean_cpi", "cv", "minutes")
    rows = [dict(zip(names, (f"p{place}", *row), strict=True)) for place, row in enumerate(phases)]
    usual = {"error": 0.02, "confidence": 0.95, "z": 1.96, "profile_hours": 100, "period_windows": 24}
    return {"phases": rows, **usual, **others}


phases = st.lists(
    st.tuples(st.integers(500, 30_000), st.floats(0.5, 3.0), st.floats(0.05, 0.6), st.integers(20, 90)),
    min_size=2,
    max_size=5,
)


def variances(day, plan):
    """Of both plans' means, from the definition of the scatter of a finite population, phase by phase."""
    total = sum(phase["windows"] for phase in day["phases"])
    mean = sum(phase["windows"] * phase["mean_cpi"] for phase in day["phases"]) / total
    square = sum(p["windows"] * p["mean_cpi"] ** 2 * (1 + p["cv"] ** 2) for p in day["phases"]) / total
    n = plan["random"]["windows"]
    at_random = (square - mean**2) * (1 / n - 1 / total)
    dealt = sum(
        (p["windows"] / total * p["cv"] * p["mean_cpi"]) ** 2
        * (1 / plan["stratified"]["windows"][p["phase"]] - 1 / p["windows"])
        for p in day["phases"]
    )  # fmt: skip
    return {"random": at_random, "stratified": dealt}, mean


@given(phases, st.sampled_from([0.02, 0.05]), st.integers(0, 2000), st.integers(6, 90))
def test_both_plans_keep_the_promise_and_the_cheaper_is_chosen(rows, error, profile_hours, period):
    day = a_day(rows, error=error, profile_hours=profile_hours, period_windows=period)
    plan = json.loads(sampling_plan_file(day))
    found, mean = variances(day, plan)
    allowed = (error * mean / 1.96) ** 2
    assert max(found.values()) <= allowed * (1 + 1e-9)
    one_less = {**plan, "random": {"windows": max(1, plan["random"]["windows"] - 1)}}
    assert variances(day, one_less)[0]["random"] > allowed * (1 - 1e-9) or plan["random"]["windows"] == 1
    hours = {name: plan[name]["hours"] for name in ("random", "stratified")}
    assert plan["chosen"] == min(hours, key=lambda name: (hours[name], name))
    assert plan["half_width"] == pytest.approx(1.96 * math.sqrt(found[plan["chosen"]]) / mean)
    minutes = sum(plan["stratified"]["windows"][p["phase"]] * p["minutes"] for p in day["phases"])
    assert hours["stratified"] == math.ceil(profile_hours + minutes / 60)
    total = sum(row[0] for row in rows)
    strides = [k for k in range(1, total // plan["random"]["windows"] + 1) if math.gcd(k, period) == 1]
    assert plan["random"]["stride"] == max(strides)


@settings(max_examples=4)
@given(st.integers(0, 10**6))
def test_no_allocation_of_a_small_day_is_cheaper(seed):
    """Before rounding: every whole allocation that keeps the promise costs as much, less a window a phase."""
    rng = np.random.default_rng(seed)
    rows = [
        (int(rng.integers(200, 400)), rng.uniform(0.5, 3), rng.uniform(0.05, 0.3), int(rng.integers(20, 90)))
        for _ in range(3)
    ]
    day = a_day(rows, error=0.05)
    plan = json.loads(sampling_plan_file(day))
    mean = variances(day, plan)[1]
    prices = [row[3] for row in rows]
    cost = sum(count * price for count, price in zip(plan["stratified"]["windows"].values(), prices, strict=True))
    most = [min(row[0], 3 * count + 3) for row, count in zip(rows, plan["stratified"]["windows"].values(), strict=True)]
    for counts in itertools.product(*(range(2, limit + 1) for limit in most)):
        tried = {"random": {"windows": 1}, "stratified": {"windows": {f"p{i}": n for i, n in enumerate(counts)}}}
        if sum(n * price for n, price in zip(counts, prices, strict=True)) < cost - sum(prices):
            assert variances(day, tried)[0]["stratified"] > (0.05 * mean / 1.96) ** 2


def test_samples_of_a_day_lie_where_the_plan_says():
    rows = [(3000, 0.9, 0.15, 30), (2000, 1.6, 0.3, 40), (1000, 2.2, 0.5, 60)]
    day = a_day(rows, error=0.05)
    plan = json.loads(sampling_plan_file(day))
    rng = np.random.default_rng(6)
    cpi = [mean * (1 + cv * np.sqrt(3) * rng.permutation(np.linspace(-1, 1, count))) for count, mean, cv, _ in rows]
    whole, truth = np.concatenate(cpi), np.concatenate(cpi).mean()
    by_lot = [rng.choice(whole, plan["random"]["windows"], replace=False).mean() for _ in range(1500)]
    counts, weights = plan["stratified"]["windows"].values(), np.array([3, 2, 1]) / 6
    by_phase = [
        weights @ [rng.choice(phase, n, replace=False).mean() for phase, n in zip(cpi, counts, strict=True)]
        for _ in range(1500)
    ]
    for means in (by_lot, by_phase):
        assert np.mean(np.abs(np.array(means) / truth - 1) <= 0.05) == pytest.approx(0.95, abs=0.02)
    assert sum(counts) < plan["random"]["windows"] / 2


def test_a_phase_has_two_windows_at_least():
    plan = json.loads(sampling_plan_file(a_day([(20_000, 1.0, 0.3, 30), (300, 2.0, 0.01, 30)])))
    assert plan["stratified"]["windows"]["p1"] == 2
