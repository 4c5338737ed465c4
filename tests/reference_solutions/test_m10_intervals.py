"""Intervals for means, ratios, resampled statistics and percentiles: recorded, by scipy, and as often as promised."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import optimize, stats

from reference_solutions.m10_validation.bootstrap import bca_interval
from reference_solutions.m10_validation.mean_intervals import interval_table
from reference_solutions.m10_validation.quantile_verdict import quantile_verdict

RECORDED = json.loads((Path(__file__).parents[1] / "oracles/m10_validation/stats.json").read_text())["cases"]


def two_samples(seed, n1=7, n2=11):
    draw = np.random.default_rng(seed)
    return draw.normal(10, 1.5, n1), draw.normal(8, 0.5, n2)


def rows(table):
    columns = (table[name] for name in ("estimate", "low", "high"))
    return dict(zip(table["quantity"], zip(*columns, strict=True), strict=True))


# --- means, difference, ratio -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", RECORDED["ci"])
def test_recorded_intervals_of_means(case):
    for confidence, name in ((0.95, "t_ci95"), (0.99, "t_ci99")):
        found = rows(interval_table(case["x"], [1.0, 2.0], confidence))["before"]
        assert found == pytest.approx((case["mean"], *case[name]), rel=1e-9)


@pytest.mark.parametrize("case", RECORDED["two_sample"])
def test_recorded_welch(case):
    """Their t is difference over deviation; the half width is a quantile with the recorded degrees of freedom."""
    _, low, high = rows(interval_table(case["x"], case["y"]))["difference"]
    deviation = (high + low) / 2 / case["welch_t"]
    assert (high - low) / 2 == pytest.approx(stats.t.ppf(0.975, case["welch_df"]) * deviation, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("confidence", [0.9, 0.99])
def test_intervals_are_scipys(seed, confidence):
    before, after = two_samples(seed)
    found = rows(interval_table(before, after, confidence))
    for name, sample in (("before", before), ("after", after)):
        expected = stats.t.interval(confidence, sample.size - 1, sample.mean(), stats.sem(sample))
        assert found[name] == pytest.approx((sample.mean(), *expected))
    welch = stats.ttest_ind(before, after, equal_var=False).confidence_interval(confidence)
    assert found["difference"][1:] == pytest.approx((welch.low, welch.high))


@pytest.mark.parametrize("seed", range(4))
def test_the_ratios_limits_solve_their_definition(seed):
    """The ratios at which the difference from the scaled second mean is just t deviations."""
    before, after = two_samples(seed)
    v1, v2 = (sample.var(ddof=1) / sample.size for sample in (before, after))
    t = stats.t.ppf(0.975, stats.ttest_ind(before, after, equal_var=False).df)

    def excess(ratio):
        return (before.mean() - ratio * after.mean()) ** 2 - t**2 * (v1 + ratio**2 * v2)

    estimate, low, high = rows(interval_table(before, after))["ratio"]
    assert estimate == before.mean() / after.mean()
    assert low == pytest.approx(optimize.brentq(excess, 0.1, estimate))
    assert high == pytest.approx(optimize.brentq(excess, estimate, 10))


def test_nineteen_of_twenty_ratios_are_held():
    draw = np.random.default_rng(3)
    held = 0
    for _ in range(2000):
        _, low, high = rows(interval_table(draw.normal(10, 2, 8), draw.normal(8, 0.6, 12)))["ratio"]
        held += low <= 1.25 <= high
    assert held / 2000 == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 2000))


def test_a_denominator_that_may_be_zero_sets_no_limit():
    assert rows(interval_table([1.0, 2.0, 3.0], [-0.4, 0.5, 0.1]))["ratio"][1:] == (-np.inf, np.inf)


def test_a_sample_without_spread_leaves_the_others():
    found = rows(interval_table([2.0, 2.0], [1.0, 1.1, 0.9]))
    assert found["before"] == (2.0, 2.0, 2.0)
    expected = stats.t.interval(0.95, 2, 1.0, stats.sem([1.0, 1.1, 0.9]))
    assert found["difference"][1:] == pytest.approx((2 - expected[1], 2 - expected[0]))


@pytest.mark.parametrize("wrong", [([1.0], [1.0, 2.0], 0.95), ([1.0, 2.0], [3.0], 0.95), ([1.0, 2.0], [3.0, 4.0], 95)])
def test_no_interval_of_such_samples(wrong):
    with pytest.raises(ValueError, match="two runs"):
        interval_table(*wrong)
    with pytest.raises(ValueError, match="never vary"):
        interval_table([0.1, 0.1, 0.1], [2.0, 2.0])  # whose mean is not 0.1 in floats


# --- bootstrap --------------------------------------------------------------------------------------------------------


def intervals_of_a_run(seed, n=25):
    draw = np.random.default_rng(seed)
    cycles = draw.lognormal(0, 0.8, n)
    return cycles * draw.uniform(0.3, 2.5, n), cycles, draw.integers(n, size=(1500, n))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_bca_is_scipys_on_the_same_resamples(seed, confidence):
    x, y, places = intervals_of_a_run(seed)
    again = np.array([x[row].sum() / y[row].sum() for row in places])
    shared = {
        "data": (x, y),
        "statistic": lambda a, b, axis=-1: a.sum(axis=axis) / b.sum(axis=axis),
        "paired": True,
        "vectorized": True,
        "confidence_level": confidence,
        "n_resamples": 0,
        "bootstrap_result": SimpleNamespace(bootstrap_distribution=again),
    }
    found = bca_interval(x, y, places, confidence)
    for method, names in (("BCa", ("low", "high")), ("percentile", ("percentile_low", "percentile_high"))):
        expected = stats.bootstrap(method=method, **shared).confidence_interval
        assert tuple(found[name] for name in names) == pytest.approx((expected.low, expected.high), rel=1e-9)


@pytest.mark.parametrize("case", RECORDED["ci"])
def test_recorded_bootstrap_of_means(case):
    """A ratio to as many ones is a mean; drawn anew, so within the noise of both."""
    n = len(case["x"])
    places = np.random.default_rng(4).integers(n, size=(60_000, n))
    found = bca_interval(case["x"], np.ones(n), places)
    assert found["estimate"] == pytest.approx(case["mean"])
    assert found["percentile_low"] == pytest.approx(case["boot_mean_percentile"][0], abs=0.01 * case["sd"])
    assert found["percentile_high"] == pytest.approx(case["boot_mean_percentile"][1], abs=0.01 * case["sd"])
    assert (found["low"], found["high"]) == pytest.approx(tuple(case["boot_mean_BCa"]), abs=0.03 * case["sd"])


def test_normal_data_give_the_interval_of_normal_theory():
    draw = np.random.default_rng(8)
    x = draw.normal(5, 1, 400)
    found = bca_interval(x, np.ones(400), draw.integers(400, size=(8000, 400)))
    assert (found["low"], found["high"]) == pytest.approx(stats.norm.interval(0.95, x.mean(), stats.sem(x)), abs=0.01)


def test_bca_holds_a_skewed_mean_more_often_than_percentiles():
    draw, held = np.random.default_rng(2), np.zeros(2)
    places = draw.integers(20, size=(600, 20))
    for _ in range(600):
        found = bca_interval(draw.lognormal(0, 1, 20), np.ones(20), places)
        truth = np.exp(0.5)
        held += [found["low"] <= truth <= found["high"], found["percentile_low"] <= truth <= found["percentile_high"]]
    assert held[0] > held[1]


@pytest.mark.parametrize(
    "wrong",
    [
        ([1.0], [1.0], [[0]]),
        ([1.0, 2.0], [1.0], [[0, 1]]),
        ([1.0, 2.0], [1.0, 1.0], [[0, 1, 1]]),
        ([1, 2], [1, 1], [0, 1]),
    ],
)
def test_no_bootstrap_of_such_pairs(wrong):
    with pytest.raises(ValueError, match="two pairs"):
        bca_interval(*wrong)


def test_resamples_on_one_side_say_nothing():
    with pytest.raises(ValueError, match="one side"):
        bca_interval([1.0, 2.0, 6.0], [1.0, 1.0, 1.0], [[0, 0, 1], [0, 1, 1]])


# --- a promise about a percentile -------------------------------------------------------------------------------------


def test_known_numbers_of_requests():
    """299 requests for a 99th percentile with 95 %, 59 for a 95th: the classical numbers."""
    for quantile, needed in ((0.99, 299), (0.95, 59), (0.9, 29)):
        assert quantile_verdict(np.ones(3), quantile, 1.0)["requests_needed"] == needed
        assert quantile**needed <= 0.05 < quantile ** (needed - 1)


@pytest.mark.parametrize("n", [58, 59, 298, 299])
def test_an_upper_limit_needs_just_so_many(n):
    for quantile in (0.95, 0.99):
        found = quantile_verdict(np.arange(n), quantile, 1e9)
        assert np.isfinite(found["upper_s"]) == (n >= found["requests_needed"])


@pytest.mark.parametrize("seed", range(6))
def test_limits_agree_with_one_sided_tests_of_scipy(seed):
    latency_s = np.random.default_rng(seed).lognormal(size=500)
    found = quantile_verdict(latency_s, 0.95, 1.0, confidence=0.9)
    above = stats.quantile_test(latency_s, q=0, p=0.95, alternative="less").confidence_interval(0.9)
    below = stats.quantile_test(latency_s, q=0, p=0.95, alternative="greater").confidence_interval(0.9)
    assert found["upper_s"] == above.high
    assert found["lower_s"] == below.low


@pytest.mark.parametrize("seed", range(40))
def test_the_verdict_is_that_of_the_share_of_late_requests(seed):
    """A promise is broken if significantly more, kept if significantly fewer than 5 % are late (exact binomial)."""
    draw = np.random.default_rng(seed)
    latency_s, limit_s = draw.lognormal(size=200), float(np.exp(draw.uniform(0.8, 2.6)))
    late = int(np.sum(latency_s > limit_s))
    broken = stats.binomtest(late, 200, 0.05, alternative="greater").pvalue <= 0.05
    kept = stats.binomtest(late, 200, 0.05, alternative="less").pvalue <= 0.05
    expected = "broken" if broken else "kept" if kept else "open"
    assert quantile_verdict(latency_s, 0.95, limit_s)["verdict"] == expected


def test_all_three_verdicts_are_met():
    draw = np.random.default_rng(1)
    latency_s = draw.lognormal(size=400)
    verdicts = [quantile_verdict(latency_s, 0.95, limit)["verdict"] for limit in (2.0, 5.2, 20.0)]
    assert verdicts == ["broken", "open", "kept"]


@pytest.mark.parametrize("wrong", [([], 0.9, 0.95), ([1.0], 99, 0.95), ([1.0], 0.9, 0.5), ([1.0], 0.9, 1.0)])
def test_no_verdict_on_such_a_promise(wrong):
    latency_s, quantile, confidence = wrong
    with pytest.raises(ValueError, match="lie"):
        quantile_verdict(latency_s, quantile, 1.0, confidence)
