"""Levels of fidelity, tools, calibration: tried pair by pair, planted, and by other solvers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from reference_solutions.m03_modeling_simulation.bounded_fit import calibrated_costs
from reference_solutions.m03_modeling_simulation.fidelity import fidelity_table
from reference_solutions.m03_modeling_simulation.tool_selection import tool_table

# --- fidelity ---------------------------------------------------------------------------------------------------------

errors = st.sampled_from([0.0, 0.02, 0.05, 0.1, 0.2])
speeds = st.sampled_from([1e4, 2e5, 1e7, 1e9])
setups = st.sampled_from([0.0, 600.0, 86_400.0])


@settings(max_examples=80)
@given(st.lists(st.tuples(errors, speeds, setups), min_size=1, max_size=6), st.integers(1, 50), st.integers(1, 20))
def test_every_level_is_judged_as_by_hand(rows, points, hosts):
    levels = {"level": [f"level {number}" for number in range(len(rows))]}
    levels |= dict(zip(("error", "instructions_per_s", "setup_s"), map(list, zip(*rows, strict=True)), strict=True))
    table = fidelity_table(levels, 3e9, 1e9, points, hosts, deadline_s=200_000.0, tolerance=0.1)
    rounds = math.ceil(points / hosts)
    costs = [(setup + rounds * 1e9 / speed, error) for error, speed, setup in rows]
    assert table["study_s"].tolist() == pytest.approx([study for study, _ in costs])
    assert table["slowdown"].tolist() == pytest.approx([3e9 / speed for _, speed, _ in rows])
    beaten = [any(o != own and o[0] <= own[0] and o[1] <= own[1] for o in costs) for own in costs]
    assert table["pareto"].tolist() == [not one for one in beaten]
    feasible = [(study, error, n) for n, (study, error) in enumerate(costs) if error <= 0.1 and study <= 200_000]
    assert table["feasible"].tolist() == [n in {place for *_, place in feasible} for n in range(len(rows))]
    assert np.flatnonzero(table["chosen"]).tolist() == ([min(feasible)[2]] if feasible else [])


@pytest.mark.parametrize("change", [{"error": [-0.1]}, {"instructions_per_s": [0.0]}, {"setup_s": [-1.0]}])
def test_no_study_at_impossible_levels(change):
    level = {"level": ["one"], "error": [0.1], "instructions_per_s": [1e6], "setup_s": [0.0]}
    with pytest.raises(ValueError, match=r"positive|negative"):
        fidelity_table(level | change, 1e9, 1e9, 1, 1, 1.0, 0.1)
    with pytest.raises(ValueError, match="positive"):
        fidelity_table(level, 1e9, 1e9, 1, 0, 1.0, 0.1)


# --- tools ------------------------------------------------------------------------------------------------------------

merits = st.one_of(st.integers(0, 5).map(float), st.just(float("nan")))


@settings(max_examples=80)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 9.0]), *[merits] * 3), min_size=1, max_size=5))
def test_tools_are_compared_as_by_hand(rows):
    columns = list(zip(*rows, strict=True))
    tools = {
        "tool": list("abcde")[: len(rows)],
        "offline": columns[0],
        "start_s": columns[1],
        "event_s": [1e-6] * len(rows),
    }
    tools |= dict(zip(("docs", "speed", "queues"), columns[2:], strict=True))
    weights = {"docs": 2.0, "speed": 1.0, "queues": 1.0}
    table = tool_table(tools, weights, events=1e6, longest_s=5.0)
    known = [[0.0 if math.isnan(one) else one for one in row[2:]] for row in rows]
    score = [(2 * a + b + c) / 4 for a, b, c in known]
    admitted = [offline and start + 1 <= 5 for offline, start, *_ in rows]
    assert table["score"].tolist() == pytest.approx(score)
    assert table["admitted"].tolist() == admitted
    for own, mine in enumerate(known):
        by = [
            n for n, other in enumerate(known) if admitted[n] and other != mine and all(map(float.__ge__, other, mine))
        ]
        assert bool(table["dominated"][own]) == bool(by)
    ranked = sorted((-score[n], rows[n][1], n) for n in range(len(rows)) if admitted[n])
    assert np.flatnonzero(table["chosen"]).tolist() == [n for *_, n in ranked[:1]]


def test_no_weights_make_a_dominated_tool_the_only_winner():
    rng = np.random.default_rng(3)
    for _ in range(20):
        tools = {"tool": list("abcd"), "offline": [True] * 4, "start_s": [0.0] * 4, "event_s": [0.0] * 4}
        tools |= {name: rng.integers(0, 6, size=4).astype(float) for name in ("x", "y", "z")}
        dominated = tool_table(tools, {"x": 1, "y": 1, "z": 1}, 1, 1)["dominated"]
        for parts in itertools.product(range(5), repeat=3):
            if any(parts):
                score = tool_table(tools, dict(zip("xyz", parts, strict=True)), 1, 1)["score"]
                alone = np.sum(score == score.max()) == 1
                assert not (alone and dominated[int(np.argmax(score))])


@pytest.mark.parametrize("weights", [{}, {"x": 0.0}, {"x": -1.0}])
def test_no_choice_without_weights(weights):
    tools = {"tool": ["a"], "offline": [True], "start_s": [0.0], "event_s": [0.0], "x": [3.0]}
    with pytest.raises(ValueError, match="weights"):
        tool_table(tools, weights, 1, 1)
    with pytest.raises(ValueError, match="between 0 and 5"):
        tool_table(tools | {"x": [7.0]}, {"x": 1.0}, 1, 1)


# --- calibration ------------------------------------------------------------------------------------------------------


def machine(seed, noise):
    rng = np.random.default_rng(seed)
    counts = rng.uniform(1, 100, size=(14, 3)) * [1e6, 1e4, 1e3]
    cost = np.array([0.4e-9, 20e-9, 90e-9])
    measured = counts @ cost * (1 + noise * rng.normal(size=14))
    return counts, measured, cost, np.arange(14) % 4 == 3


@pytest.mark.parametrize("seed", range(5))
def test_planted_costs_are_found(seed):
    counts, measured, cost, held_out = machine(seed, 0.0)
    found = calibrated_costs(counts, measured, [0] * 3, [1e-6] * 3, held_out)
    np.testing.assert_allclose(found["cost_s"], cost, rtol=1e-5)
    assert found["test_error"] < 1e-5


@pytest.mark.parametrize("seed", range(8))
def test_scipys_other_solver_and_all_subsets_at_the_bounds_agree(seed):
    counts, measured, cost, held_out = machine(seed, 0.1)
    low, high = 0.8 * cost, 1.15 * cost
    found = calibrated_costs(counts, measured, low, high, held_out)
    train, target = (counts / measured[:, None])[~held_out], np.ones(np.sum(~held_out))
    other = optimize.least_squares(
        lambda scale: train @ (scale * cost) - target,
        np.ones(3),
        bounds=(0.8, 1.15),
        xtol=1e-12,
        ftol=1e-12,
        gtol=1e-12,
    )
    np.testing.assert_allclose(found["cost_s"], other.x * cost, rtol=1e-4)
    best = np.inf
    for held in itertools.product((None, 0, 1), repeat=3):
        fixed = np.array([0.0 if side is None else (low, high)[side][k] for k, side in enumerate(held)])
        free = [k for k, side in enumerate(held) if side is None]
        if free:
            fixed[free] = np.linalg.lstsq(train[:, free], target - train @ fixed, rcond=None)[0]
        if np.all(fixed >= low * (1 - 1e-9)) and np.all(fixed <= high * (1 + 1e-9)):
            best = min(best, float(np.sum((train @ fixed - target) ** 2)))
    assert float(np.sum((train @ found["cost_s"] - target) ** 2)) == pytest.approx(best, rel=1e-6, abs=1e-12)
    error = np.abs(counts @ found["cost_s"] / measured - 1)
    assert found["train_error"] == pytest.approx(np.mean(error[~held_out]))
    assert found["test_error"] == pytest.approx(np.mean(error[held_out]))


def test_events_that_come_together_show_in_the_condition():
    counts, measured, _, held_out = machine(1, 0.0)
    together = counts.copy()
    together[:, 2] = together[:, 1] * (1 + 1e-6 * np.arange(14))
    bounds = [0.0] * 3, [1e-5] * 3
    apart = calibrated_costs(counts, measured, *bounds, held_out)["condition"]
    assert apart < 20 < 1e4 < calibrated_costs(together, measured, *bounds, held_out)["condition"]


@pytest.mark.parametrize(
    "change", [{"measured_s": [1, 0, 1]}, {"held_out": [False] * 3}, {"held_out": [True, True, False]}]
)
def test_no_fit_without_runs_to_fit_to_and_to_try_on(change):
    asked = {"counts": [[1, 2], [2, 1], [1, 1]], "measured_s": [1, 2, 3], "low_s": [0, 0], "high_s": [1, 1]}
    with pytest.raises(ValueError, match="runs are there"):
        calibrated_costs(**(asked | {"held_out": [False, False, True]} | change))
