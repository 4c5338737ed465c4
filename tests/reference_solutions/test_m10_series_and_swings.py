"""Series with a memory, series that change, and inputs that swing: enumerated, drawn, and in closed form."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from reference_solutions.m10_validation.block_bootstrap import block_bootstrap_interval, resampled_places
from reference_solutions.m10_validation.change_points import best_split, change_points
from reference_solutions.m10_validation.tornado import tornado_table


def chain(draw, length, memory):
    """A chain of first order around 10, in its steady state."""
    noise = draw.normal(size=length) * np.sqrt(1 - memory**2)
    values = np.empty(length)
    values[0] = draw.normal()
    for place in range(1, length):
        values[place] = memory * values[place - 1] + noise[place]
    return 10 + values


def test_blocks_go_around_the_ring_and_are_cut_off():
    assert resampled_places([[0, 4], [4, 2]], 3, 5).tolist() == [[0, 1, 2, 4, 0], [4, 0, 1, 2, 3]]
    for starts, block, length in (([[0]], 2, 5), ([[0, 1]], 0, 5), ([[0, 1]], 6, 5), ([0, 1, 2], 2, 5)):
        with pytest.raises(ValueError, match="a block lies"):
            resampled_places(starts, block, length)


def test_every_resample_of_a_short_series():
    series = np.array([1.0, 2.0, 4.0, 4.0, 3.0, 0.0])
    starts = list(product(range(6), repeat=2))  # two blocks of three
    found = block_bootstrap_interval(series, starts, block=3)
    means = [np.mean([series[(start + step) % 6] for start in pair for step in range(3)]) for pair in starts]
    assert np.mean(means) == pytest.approx(found["mean"]) == pytest.approx(14 / 6)
    assert found["standard_error"] == pytest.approx(np.std(means))
    assert (found["low"], found["high"]) == tuple(np.quantile(means, [0.025, 0.975]))


@pytest.mark.parametrize("block", [1, 4, 10])
def test_variance_of_whole_blocks_in_closed_form(block):
    draw = np.random.default_rng(1)
    series = chain(draw, 120, 0.6)
    away = series - series.mean()
    covariance = [np.mean(away * np.roll(away, lag)) for lag in range(block)]
    expected = covariance[0] + 2 * sum((1 - lag / block) * covariance[lag] for lag in range(1, block))
    found = block_bootstrap_interval(series, draw.integers(120, size=(40_000, 120 // block)), block)
    assert found["standard_error"] == pytest.approx(np.sqrt(expected / 120), rel=0.02)


def test_coverage_of_chains():
    draw, caught = np.random.default_rng(2), {1: 0, 25: 0}
    for _ in range(300):
        series = chain(draw, 400, 0.7)
        for block in caught:
            starts = draw.integers(400, size=(300, 400 // block))
            interval = block_bootstrap_interval(series, starts, block)
            caught[block] += interval["low"] <= 10 <= interval["high"]
    assert caught[1] < 0.75 * 300, "value by value it is far too sure"
    assert caught[25] > 0.86 * 300


def test_limits_of_resampling():
    assert block_bootstrap_interval([3.0] * 6, [[0, 0, 0]], 2)["standard_error"] == 0
    assert block_bootstrap_interval([1.0, 5.0], [[0], [1]], 2) == {"mean": 3, "low": 3, "high": 3, "standard_error": 0}
    for series, confidence in (([1.0], 0.95), ([1.0, 2.0], 1.0)):
        with pytest.raises(ValueError, match="two values"):
            block_bootstrap_interval(series, [[0, 0]], 1, confidence)


def statistic(x, y):
    """By its definition, pair by pair."""
    n, m = len(x), len(y)
    between = 2 * sum(abs(a - b) for a in x for b in y) / (n * m)
    within = [sum(abs(part[i] - part[k]) for i in range(len(part)) for k in range(i)) for part in (x, y)]
    return n * m / (n + m) * (between - 2 * within[0] / (n * (n - 1)) - 2 * within[1] / (m * (m - 1)))


@pytest.mark.parametrize("seed", range(5))
def test_the_best_split_of_all(seed):
    series = np.random.default_rng(seed).normal(size=14).round(2)
    expected = {place: statistic(series[:place].tolist(), series[place:].tolist()) for place in range(3, 12)}
    place, found = best_split(series)
    assert found == pytest.approx(max(expected.values()))
    assert expected[place] == pytest.approx(found)


def test_a_large_statistic_is_scipys_energy_distance():
    draw = np.random.default_rng(3)
    series = np.r_[draw.normal(0, 1, 400), draw.normal(5, 2, 400)]
    place, found = best_split(series)
    assert abs(place - 400) <= 3
    squared = stats.energy_distance(series[:place], series[place:]) ** 2
    weight = place * (800 - place) / 800
    within = [np.mean(np.abs(part[:, None] - part)) for part in (series[:place], series[place:])]
    bias = within[0] / (place - 1) + within[1] / (799 - place)  # a value is no distance from itself
    assert found / weight == pytest.approx(squared - bias, rel=1e-9)


def test_planted_changes_of_mean_and_of_scatter():
    draw = np.random.default_rng(4)
    shifted = np.r_[draw.normal(10, 1, 40), draw.normal(12, 1, 40), draw.normal(9, 1, 40)]
    found = change_points(shifted)
    assert len(found) == 2
    np.testing.assert_allclose(found, [40, 80], atol=2)
    wilder = np.r_[draw.normal(10, 0.2, 60), draw.normal(10, 3, 60)]
    assert abs(change_points(wilder)[0] - 60) <= 5, "the mean is the same"


def test_steady_series_are_left_alone():
    draw = np.random.default_rng(5)
    alarms = sum(bool(change_points(draw.lognormal(size=30), orders=99, seed=run)) for run in range(120))
    assert alarms <= stats.binom.ppf(0.999, 120, 0.05)
    assert change_points([1.0] * 20) == [], "orders of equal values look alike"
    assert change_points([1.0, 9.0, 1.0]) == change_points([]) == [], "too short to say"


def test_refusals_of_changes():
    for least, orders, significance in ((1, 99, 0.05), (3, 0, 0.05), (3, 99, 0.0), (3, 99, 1.0)):
        with pytest.raises(ValueError, match="two results"):
            change_points([1.0] * 10, significance, least, orders)
    for series, least in (([1.0] * 5, 3), ([1.0] * 10, 1)):
        with pytest.raises(ValueError, match="two parts"):
            best_split(series, least)


def test_a_power_laws_elasticities_are_its_exponents():
    found = tornado_table(
        lambda a, b, c: 5 * a**2 / b * c,
        {"a": 2.0, "b": 4.0, "c": 1.0},
        {"b": (4 - 1e-6, 4 + 1e-6), "a": (2 - 1e-6, 2 + 1e-6), "c": (0.5, 1.5)},
    )
    assert found["input"] == ["c", "a", "b"], "the largest swing first"
    np.testing.assert_allclose(found["elasticity"], [1, 2, -1], rtol=1e-6)
    assert found["answer"] == 5


def test_a_sum_has_no_rest_and_a_product_has():
    middle, ranges = {"a": 1.0, "b": 1.0}, {"a": (0.5, 2.0), "b": (0.0, 4.0)}
    added = tornado_table(lambda a, b: 3 * a - b, middle, ranges)
    assert (added["swing"], added["together"]) == ([4.5, -4.0], pytest.approx(0))
    assert (added["at_low"], added["at_high"]) == ([0.5, 3.0], [5.0, -1.0])
    multiplied = tornado_table(lambda a, b: a * b, middle, ranges)
    corners = [a * b for a, b in product(*ranges.values())]
    assert multiplied["answer"] + sum([1.0, 3.0]) + multiplied["together"] == max(corners) == 8


def test_limits_of_a_tornado():
    found = tornado_table(lambda a, b: a - b, {"a": 1.0, "b": 1.0}, {"a": (0.0, 2.0)})
    assert found["elasticity"] == [None], "there are no per cent of nothing"
    assert tornado_table(lambda a: a**2, {"a": 0.0}, {"a": (-1.0, 1.0)})["swing"] == [0.0], "it turns within the range"
    for ranges in ({"b": (0.0, 1.0)}, {"a": (2.0, 1.0)}, {"a": (2.0, 3.0)}, {"a": (1.0, 1.0)}):
        with pytest.raises(ValueError, match="must hold its value"):
            tornado_table(lambda a: a, {"a": 1.0}, ranges)
