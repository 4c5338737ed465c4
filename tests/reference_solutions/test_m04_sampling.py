"""Samples: recorded tables and intervals, scipy, and programs whose mean is known."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import manifold

from reference_solutions.m04_sampling.intervals import sampled_interval
from reference_solutions.m04_sampling.phase_map import phase_figure, trustworthiness
from reference_solutions.m04_sampling.reconstruction import whole_program
from reference_solutions.m04_sampling.sample_size import units_needed
from reference_solutions.m04_sampling.sampling_plan import every_kth_unit, fixed_plan, next_units, sampled_programs
from reference_solutions.m04_sampling.window import window

ORACLES = Path(__file__).parents[1] / "oracles" / "m04_sampling"
SMARTS = json.loads((ORACLES / "smarts.json").read_text())


def population(kind):
    return np.loadtxt(ORACLES / f"cpi_{kind}.csv", comments="#")


@pytest.mark.parametrize("row", SMARTS["sample_size_table"])
def test_recorded_sizes(row):
    assert units_needed(row["V"], row["epsilon"], row["z_exact"]) == row["n_exact_ceil"]
    for z, name in ((3.0, "n_with_z3"), (1.96, "n_with_z1p96")):
        if row[name] is not None:
            assert units_needed(row["V"], row["epsilon"], z) == row[name]


@given(st.integers(1, 300), st.integers(1, 20), st.integers(1, 10**6))
def test_sizes_in_fractions(per_cent, error, units):
    wanted = (Fraction(3 * per_cent, error)) ** 2
    assert units_needed(per_cent / 100, error / 100) == max(1, -(-wanted.numerator // wanted.denominator))
    wanted = wanted / (1 + wanted / units)
    assert units_needed(per_cent / 100, error / 100, population=units) == max(
        1, -(-wanted.numerator // wanted.denominator)
    )
    assert units_needed(per_cent / 100, error / 100, population=units) <= units


def test_a_sample_of_that_size_keeps_the_error():
    rng = np.random.default_rng(8)
    program = rng.gamma(4.0, 0.25, size=4000)  # a variation of about 1/2
    units = units_needed(float(program.std() / program.mean()), 0.05, 1.96, len(program))
    off = [rng.choice(program, units, replace=False).mean() / program.mean() - 1 for _ in range(3000)]
    assert np.mean(np.abs(off) <= 0.05) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("case", SMARTS["systematic_sampling_cases"])
def test_recorded_systematic_samples(case):
    program = population(case["kind"])
    assert len(program) == 2000
    units = every_kth_unit(2000, case["n"], case["offset"])
    np.testing.assert_array_equal(units, np.arange(case["offset"], 2000, case["step"]))
    for confidence in (0.95, 0.997):
        found = sampled_interval(program[units], confidence=confidence)
        np.testing.assert_allclose([found["low"], found["high"]], case[f"ci_t_{confidence}"], rtol=1e-9)
        z = float(stats.norm.ppf((1 + confidence) / 2))
        assert units_needed(case["V_hat"], 0.03, z) == case[f"n_tuned_{confidence}_eps0.03"]
    assert found["estimate"] == pytest.approx(case["sample_mean"])


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=30), st.floats(0.5, 0.999))
def test_an_interval_of_a_mean_is_scipys(values, confidence):
    found = sampled_interval(values, confidence=confidence)
    theirs = stats.t.interval(confidence, len(values) - 1, np.mean(values), stats.sem(values) or 1e-300)
    np.testing.assert_allclose([found["low"], found["high"]], theirs, rtol=1e-7, atol=1e-12)
    whole = sampled_interval(values, confidence=confidence, population=len(values))
    assert whole["relative"] == pytest.approx(0, abs=1e-12)


def test_intervals_of_ratios_hold_the_truth_as_often_as_they_say():
    """Branches per unit, and the mispredicted ones; the program has 3,000 units, a tenth of which is measured."""
    rng = np.random.default_rng(2)
    branches = rng.integers(100, 300, size=3000)
    missed = rng.binomial(branches, rng.beta(2, 30, size=3000))
    truth, held = missed.sum() / branches.sum(), 0
    for _ in range(2000):
        units = rng.choice(3000, 300, replace=False)
        found = sampled_interval(missed[units], branches[units], 0.9, 3000)
        held += found["low"] <= truth <= found["high"]
    assert held / 2000 == pytest.approx(0.9, abs=0.02)


@given(st.integers(0, 10**6))
def test_a_ratio_moves_as_much_as_when_each_unit_is_left_out(seed):
    """The jackknife's variance is the delta method's, for a sample that is not too small."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(50, 60, size=400)
    y = 0.3 * x + rng.normal(0, 1, size=400)
    without = (y.sum() - y) / (x.sum() - x)
    error = np.sqrt(399 / 400 * np.sum((without - without.mean()) ** 2))
    found = sampled_interval(y, x)
    assert found["high"] - found["estimate"] == pytest.approx(stats.t.ppf(0.975, 399) * error, rel=0.01)


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_counts_of_a_whole_program_added_up(seed, phases):
    """Every interval of a phase behaves alike, so its point says all of it."""
    rng = np.random.default_rng(seed)
    intervals = rng.integers(1, 20, size=phases)
    cycles, misses, accesses = (rng.integers(low, high, size=phases) for low, high in ((200, 9000), (0, 90), (91, 900)))
    whole = [float(intervals @ one) for one in (cycles, misses, accesses)]
    instructions = 1000 * intervals.sum()
    found = whole_program(intervals / intervals.sum(), 1000 / cycles, misses, accesses, instructions, 2e9)
    assert found["cpi"] == pytest.approx(whole[0] / instructions)
    assert found["ipc"] == pytest.approx(instructions / whole[0])
    assert found["mpki"] == pytest.approx(1000 * whole[1] / instructions)
    assert found["miss_ratio"] == pytest.approx(whole[1] / whole[2])
    assert found["time_s"] == pytest.approx(whole[0] / 2e9)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(6, 40), st.integers(1, 8))
def test_trust_is_scikit_learns_and_counted_one_by_one(seed, n, neighbours):
    rng = np.random.default_rng(seed)
    truth, shown = rng.normal(size=(n, 5)), rng.normal(size=(n, 2))
    shown[: n // 2] = truth[: n // 2, :2]
    if neighbours >= n / 2:
        with pytest.raises(ValueError, match="fewer than half"):
            trustworthiness(truth, shown, neighbours)
        return
    found = trustworthiness(truth, shown, neighbours)
    assert found == pytest.approx(manifold.trustworthiness(truth, shown, n_neighbors=neighbours))
    excess = 0
    for i in range(n):
        others = [j for j in range(n) if j != i]
        in_truth = sorted(others, key=lambda j: np.sum((truth[i] - truth[j]) ** 2))
        on_map = sorted(others, key=lambda j: np.sum((shown[i] - shown[j]) ** 2))[:neighbours]
        excess += sum(max(0, in_truth.index(j) + 1 - neighbours) for j in on_map)
    assert found == pytest.approx(1 - 2 * excess / (n * neighbours * (2 * n - 3 * neighbours - 1)))


@given(st.integers(0, 10**6))
def test_a_figure_shows_every_interval_once_and_names_what_nothing_stands_for(seed):
    rng = np.random.default_rng(seed)
    at, labels = rng.normal(size=(15, 2)), rng.integers(0, 4, size=15)
    kept = [int(label) for label in labels[:2]]
    table = {"cluster": sorted(set(kept)), "interval": [kept.index(one) for one in sorted(set(kept))]}
    table["weight"] = rng.dirichlet(np.ones(len(table["cluster"]))).tolist()
    plain = phase_figure(at, labels, table)
    assert json.loads(json.dumps(plain)) == plain
    shown = {(x, y): one["label"] for one in plain["series"] for x, y in zip(one["x"], one["y"], strict=True)}
    assert shown == {tuple(place): f"phase {label}" for place, label in zip(at.tolist(), labels, strict=True)}
    for mark, interval, weight in zip(plain["marks"], table["interval"], table["weight"], strict=True):
        assert [mark["x"], mark["y"]] == at[interval].tolist()
        assert mark["label"] == f"interval {interval}: {round(100 * weight)}%"
    assert set(plain["left_out"]) == {f"phase {label}" for label in set(labels.tolist()) - set(kept)}
    assert plain["x"]["limits"] == plain["y"]["limits"] == [at.min(), at.max()]


# --- plans ------------------------------------------------------------------------------------------------------------


def test_a_period_that_divides_the_stretch_is_met_at_one_place():
    loop = np.where(np.arange(20_000) % 50 < 10, 2.0, 0.8)
    for offset in (0, 12):
        seen = loop[every_kth_unit(20_000, 400, offset)]
        assert seen.std() == 0
        assert seen.mean() in (2.0, 0.8)
    assert loop[every_kth_unit(20_000, 408, 0)].mean() == pytest.approx(loop.mean(), rel=0.03)  # every 49th
    chosen = next_units(np.array([]), np.array([]), 20_000, 0.05)
    assert loop[chosen].mean() == pytest.approx(loop.mean(), rel=0.12)


def test_a_plan_that_learns_measures_what_the_variation_asks_for():
    rng = np.random.default_rng(11)
    programs = {str(scv): rng.gamma(1 / scv, scv, size=20_000) for scv in (0.04, 0.25, 1.0)}
    found = sampled_programs(next_units, programs, 0.05)
    assert not np.any(found["missed"])
    assert np.all(found["measured"] >= found["ideal"] * 0.8)
    assert np.all(found["measured"] <= np.maximum(found["ideal"] * 1.5, 230))
    fixed = sampled_programs(fixed_plan, programs, 0.05)
    assert np.all(fixed["measured"] == units_needed(1.0, 0.05, population=20_000))
    np.testing.assert_array_equal(fixed["ideal"], found["ideal"])


def test_a_fixed_plan_spreads_its_units_once():
    chosen = fixed_plan(np.array([]), np.array([]), 3000, 0.1)
    assert len(chosen) == units_needed(1.0, 0.1, population=3000) == 693
    assert np.all(np.diff(chosen) == 4)
    assert len(fixed_plan(chosen, np.ones(693), 3000, 0.1)) == 0


def test_who_measures_nothing_pays_for_everything():
    found = sampled_programs(lambda *_: np.array([], dtype=int), {"one": np.ones(50)}, 0.1)
    assert (found["measured"][0], found["missed"][0], found["cost"][0]) == (0, 1, 50)


# --- the window -------------------------------------------------------------------------------------------------------


def seen_in_windows(cycles, length, every, latencies):
    """Mean cost of accesses that begin in windows, if only what ends in the window counts."""
    begins = np.arange(0, cycles, every)
    ends = begins + latencies
    inside = ends <= (begins // length + 1) * length
    return latencies[inside].mean()


def test_below_the_rule_slow_accesses_are_not_seen():
    rng = np.random.default_rng(5)
    latencies = np.where(rng.random(200_000) < 0.05, 600, 20)
    truth = latencies.mean()
    found = window({"cache": 10.0, "memory": 250.0}, {"link": 50.0}, 2.0, 1.0, [300, 700, 50_000])
    assert (found["cycles"], found["unit"]) == (600, 700)
    assert seen_in_windows(200_000 * 50, 300, 50, latencies) == 20  # none at all
    assert 20 < seen_in_windows(200_000 * 50, 700, 50, latencies) < 0.7 * truth  # some: the rule is a minimum
    assert seen_in_windows(200_000 * 50, 50_000, 50, latencies) == pytest.approx(truth, rel=0.02)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=4), st.lists(st.integers(0, 500), min_size=1, max_size=3))
def test_a_window_is_the_first_that_is_longer(latencies, queues):
    bound = (max(latencies) + sum(queues)) * 3 * 4
    offered = [bound - 1, bound, bound + 1, 2 * bound]
    for order in itertools.islice(itertools.permutations(offered), 4):
        found = window(dict(enumerate(latencies)), dict(enumerate(queues)), 3.0, 4.0, order)
        assert (found["unit"], found["instructions"]) == (bound + 1, bound)
        assert found["edge"] == pytest.approx(bound / (bound + 1))


@pytest.mark.parametrize(
    "refused",
    [
        lambda: units_needed(-0.1, 0.03),
        lambda: units_needed(1.0, 0.0),
        lambda: units_needed(1.0, 0.03, z=0.0),
        lambda: units_needed(1.0, 0.03, population=0),
        lambda: sampled_interval([1.0]),
        lambda: sampled_interval([1.0, 2.0], [1.0]),
        lambda: sampled_interval([1.0, 2.0], confidence=95),
        lambda: sampled_interval([1.0, 2.0], population=1),
        lambda: every_kth_unit(10, 11),
        lambda: every_kth_unit(10, 2, 5),
        lambda: whole_program([0.5, 0.4], [1.0, 1.0], [1.0, 1.0], [2.0, 2.0], 1e9, 1e9),
        lambda: whole_program([1.5, -0.5], [1.0, 1.0], [1.0, 1.0], [2.0, 2.0], 1e9, 1e9),
        lambda: whole_program([1.0], [0.0], [1.0], [2.0], 1e9, 1e9),
        lambda: whole_program([1.0], [1.0], [1.0], [2.0], 0, 1e9),
        lambda: trustworthiness([[1.0]] * 9, [[1.0]] * 8, 2),
        lambda: trustworthiness([[1.0]] * 9, [[1.0]] * 9, 0),
    ],
)
def test_impossible_input_is_refused(refused):
    with pytest.raises(ValueError, match=r"variation|units|sample|weights|map"):
        refused()
