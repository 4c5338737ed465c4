"""Regressions and summaries: scipy's tests and means, recorded ones, power as promised, and orders that stay."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from reference_solutions.m10_validation.regressions import (
    cusum_alarms,
    discoveries,
    rank_difference,
    runs_to_detect,
)
from reference_solutions.m10_validation.summaries import benchmark_summary

RECORDED = json.loads((Path(__file__).parents[1] / "oracles/m10_validation/stats.json").read_text())["cases"]


@pytest.mark.parametrize("case", RECORDED["two_sample"])
def test_recorded_rank_tests(case):
    found = rank_difference(case["x"], case["y"])
    assert found["u"] == case["U1"]
    assert found["p"] == pytest.approx(case["p_asymptotic_cc"], rel=1e-9)
    assert found["delta"] == pytest.approx(case["rank_biserial_pg"], rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_rank_tests_with_ties_are_scipys(seed):
    draw = np.random.default_rng(seed)
    x, y = draw.integers(0, 6, 11), draw.integers(1, 7, 9)
    found, expected = rank_difference(x, y), stats.mannwhitneyu(x, y, method="asymptotic")
    assert found["u"] == expected.statistic
    assert found["p"] == pytest.approx(expected.pvalue)


def test_limits_of_the_effect():
    assert rank_difference([5.0, 6.0], [1.0, 2.0])["delta"] == 1
    assert rank_difference([1.0, 2.0], [5.0, 6.0])["delta"] == -1
    assert rank_difference([3.0, 3.0], [3.0]) == {"u": 1.0, "delta": 0.0, "p": 1.0}
    with pytest.raises(ValueError, match="need a value"):
        rank_difference([], [1.0])


def test_cumulative_sums_by_hand_and_a_planted_shift():
    # 0.2, 0.5, 0.9 exceed in turn: sums of 0.1, 0.5, 1.3 beyond a slack of 0.1; then anew
    assert cusum_alarms([1.2, 1.5, 1.9, 1.2, 0.3, 2.5], 1.0, 0.1, 1.0).tolist() == [2, 5]
    draw = np.random.default_rng(3)
    steady = draw.normal(10, 1, 200)
    assert cusum_alarms(steady, 10.0, 0.5, 8.0).size == 0
    shifted = np.r_[steady, draw.normal(11.5, 1, 60)]
    assert 200 <= cusum_alarms(shifted, 10.0, 0.5, 8.0)[0] < 220
    for slack, threshold in ((-0.1, 1.0), (0.1, 0.0)):
        with pytest.raises(ValueError, match="threshold"):
            cusum_alarms([1.0], 1.0, slack, threshold)


@pytest.mark.parametrize("seed", range(6))
def test_discoveries_are_scipys(seed):
    p = np.random.default_rng(seed).uniform(0, 1, 40) ** 3
    np.testing.assert_array_equal(discoveries(p, 0.1), stats.false_discovery_control(p, method="bh") <= 0.1)
    assert not discoveries([0.9, 0.5]).any()
    with pytest.raises(ValueError, match="p-values"):
        discoveries([1.2])


def test_few_discoveries_are_false():
    """Forty tests of nothing, ten of something: of those believed, five in a hundred are false at most."""
    draw, shares = np.random.default_rng(4), []
    for _ in range(400):
        z = draw.normal(np.r_[np.zeros(40), np.full(10, 3.5)], 1)
        believed = discoveries(2 * stats.norm.sf(np.abs(z)))
        shares.append(believed[:40].sum() / max(1, believed.sum()))
    assert 0.02 < np.mean(shares) < 0.05


def test_so_many_runs_find_the_difference_so_often():
    n = runs_to_detect(2.0, 1.0, significance=0.05, power=0.9)
    assert n == 85  # 2 (1.960 + 1.282)^2 4 = 84.06, and more than that
    draw = np.random.default_rng(6)
    x, y = draw.normal(10, 2, (3000, n)), draw.normal(11, 2, (3000, n))
    z = (y.mean(axis=1) - x.mean(axis=1)) / np.sqrt(2 * 4 / n)
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.9, abs=0.02)
    for wrong in ((0.0, 1.0), (1.0, 0.0)):
        with pytest.raises(ValueError, match="positive"):
            runs_to_detect(*wrong)


@pytest.mark.parametrize("seed", range(3))
def test_means_are_scipys(seed):
    draw = np.random.default_rng(seed)
    x, w = draw.uniform(1, 9, 7), draw.uniform(0, 3, 7)
    assert benchmark_summary(x, "time", w) == pytest.approx(np.sum(w * x) / np.sum(w))
    assert benchmark_summary(x, "rate", w) == pytest.approx(stats.hmean(x, weights=w))
    assert benchmark_summary(x, "ratio", w) == pytest.approx(stats.gmean(x, weights=w))
    assert benchmark_summary(x, "time") >= benchmark_summary(x, "ratio") >= benchmark_summary(x, "rate")
    work, seconds = w, w / x  # a rate is work over time: the mean is all work over all time
    assert benchmark_summary(x, "rate", w) == pytest.approx(work.sum() / seconds.sum())


def test_only_ratios_keep_their_order_whatever_the_baseline():
    draw = np.random.default_rng(2)
    for _ in range(50):
        a, b, one, other = draw.lognormal(0, 1, (4, 6))
        orders = [benchmark_summary(a / base, "ratio") < benchmark_summary(b / base, "ratio") for base in (one, other)]
        assert orders[0] == orders[1]


@pytest.mark.parametrize("wrong", [([], "time"), ([1.0, 0.0], "rate"), ([1.0], "median"), ([1.0], "time", [0.0])])
def test_no_summary_of_such_results(wrong):
    with pytest.raises(ValueError, match=r"values must|kind"):
        benchmark_summary(*wrong)
