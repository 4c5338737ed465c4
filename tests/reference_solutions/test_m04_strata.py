"""Strata, phases and warm-up: everything tried where it is small, and drawn or simulated where it is not."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from reference_solutions.m04_sampling.phase_quality import phase_variation, silhouettes
from reference_solutions.m04_sampling.reuse_latency import reuse_warm_up
from reference_solutions.m04_sampling.stratified import neyman_allocation, stratified_mean
from reference_solutions.m04_sampling.warm_up import windowed_miss_ratios

SMALL = [np.array([1.0, 2.0, 4.0]), np.array([10.0, 13.0, 11.0, 20.0])]


def variance(sizes, deviations, counts):
    """Of the stratified mean, by its definition."""
    total = sum(sizes)
    return sum(
        (size / total) ** 2 * deviation**2 / count * (1 - count / size)
        for size, deviation, count in zip(sizes, deviations, counts, strict=True)
    )


@pytest.mark.parametrize("seed", range(8))
def test_no_other_allocation_is_better(seed):
    draw = np.random.default_rng(seed)
    sizes, deviations = draw.integers(2, 12, 3).tolist(), draw.uniform(0, 3, 3).tolist()
    units = int(draw.integers(3, sum(sizes) + 1))
    found = neyman_allocation(sizes, deviations, units)
    assert found.sum() == units
    tried = [
        variance(sizes, deviations, counts)
        for counts in product(*(range(1, size + 1) for size in sizes))
        if sum(counts) == units
    ]
    assert variance(sizes, deviations, found) == pytest.approx(min(tried), abs=1e-12)


def test_large_samples_are_neymans_proportions():
    sizes, deviations = np.array([50_000, 20_000, 30_000]), np.array([0.5, 4.0, 1.0])
    found = neyman_allocation(sizes, deviations, 2000)
    np.testing.assert_allclose(found, 2000 * sizes * deviations / (sizes @ deviations), atol=1)


def test_limits_of_an_allocation():
    assert neyman_allocation([4, 100], [50.0, 1.0], 30).tolist() == [4, 26], "no stratum gives more than it has"
    assert neyman_allocation([10, 10, 10], [0.0, 2.0, 0.0], 12).tolist() == [1, 10, 1]
    assert neyman_allocation([10, 1, 10], [1.0, 1.0, 0.0], 8, least=2).tolist() == [5, 1, 2]
    for sizes, deviations, units, least in (
        ([0, 3], [1, 1], 2, 1),
        ([3, 3], [1, -1], 2, 1),
        ([3, 3], [1, 1], 1, 1),
        ([3, 3], [1, 1], 7, 1),
        ([3, 3], [1, 1], 4, 0),
    ):
        with pytest.raises(ValueError, match="strata have units"):
            neyman_allocation(sizes, deviations, units, least)


def test_every_sample_of_a_small_population():
    sizes, truth = [3, 4], np.concatenate(SMALL).mean()
    found = [
        stratified_mean([list(first), list(second)], sizes)
        for first in combinations(SMALL[0], 2)
        for second in combinations(SMALL[1], 3)
    ]
    means = np.array([one["mean"] for one in found])
    assert means.mean() == pytest.approx(truth), "no bias"
    deviations = [stratum.std(ddof=1) for stratum in SMALL]
    assert means.var() == pytest.approx(variance(sizes, deviations, [2, 3]))
    assert np.mean([one["standard_error"] ** 2 for one in found]) == pytest.approx(means.var()), "nor of the variance"


def test_all_units_leave_no_doubt():
    assert stratified_mean(SMALL, [3, 4])["standard_error"] == 0
    assert stratified_mean([[2.0], SMALL[1][:2]], [1, 4])["mean"] == pytest.approx((2 + 4 * 11.5) / 5)
    for samples, sizes in (([[1.0], [1.0, 2.0]], [3, 4]), ([[], [1.0, 2.0]], [0, 4]), ([[1.0, 2.0, 3.0]], [2])):
        with pytest.raises(ValueError, match="two units"):
            stratified_mean(samples, sizes)


def test_two_phases_by_drawing():
    draw = np.random.default_rng(4)
    population = np.concatenate([draw.normal(1, 0.1, 12_000), draw.normal(3, 0.5, 8_000)])
    label = np.repeat([0, 1], [12_000, 8_000])
    found = []
    for _ in range(2000):
        looked_at = draw.integers(20_000, size=300)
        groups = [population[looked_at[label[looked_at] == stratum]] for stratum in (0, 1)]
        samples = [group[:20] for group in groups]
        found.append(stratified_mean(samples, [group.size for group in groups], looked_at=300))
    means, errors = (np.array([one[name] for one in found]) for name in ("mean", "standard_error"))
    assert means.std() == pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.05)
    assert abs(means.mean() - population.mean()) < 4 * means.std() / np.sqrt(2000)


@pytest.mark.parametrize("seed", range(4))
def test_silhouettes_are_scikit_learns(seed):
    draw = np.random.default_rng(seed)
    vectors, labels = draw.normal(size=(30, 3)), draw.permutation(np.r_[[7], np.repeat([0, 1, 4], [10, 12, 7])])
    np.testing.assert_allclose(silhouettes(vectors, labels), silhouette_samples(vectors, labels), atol=1e-12)


def test_silhouettes_by_hand_and_their_limits():
    # of 1: 1 to its own, 9 and 11 to the others; of 2: 1 and 8 and 10, of 10 and 12 likewise
    expected = [1 - 1 / 10, 1 - 1 / 9, 1 - 2 / 8.5, 1 - 2 / 10.5]
    np.testing.assert_allclose(silhouettes([[1.0], [2.0], [10.0], [12.0]], [0, 0, 1, 1]), expected)
    assert silhouettes([[0.0]] * 4, [0, 0, 1, 1]).tolist() == [0.0] * 4, "all alike: nobody is at home"
    for labels in ([0, 0, 0], [0, 1, 2]):
        with pytest.raises(ValueError, match="two phases"):
            silhouettes([[0.0], [1.0], [2.0]], labels)


def test_phases_split_the_variance():
    draw = np.random.default_rng(5)
    labels = draw.integers(3, size=200)
    cpi = np.array([1.0, 1.5, 4.0])[labels] * draw.uniform(0.9, 1.1, 200)
    found = phase_variation(cpi, labels)
    fitted = np.array([cpi[labels == label].mean() for label in labels])
    assert found["explained"] == pytest.approx(np.corrcoef(cpi, fitted)[0, 1] ** 2), "of a regression on the phases"
    assert found["within"] < found["worst"] < found["whole"]
    assert phase_variation([2.0, 2.0], [0, 1]) == {"within": 0.0, "worst": 0.0, "whole": 0.0, "explained": 0.0}
    assert phase_variation(cpi, np.zeros(200))["within"] == phase_variation(cpi, labels)["whole"]
    with pytest.raises(ValueError, match="positive"):
        phase_variation([1.0, 0.0], [0, 1])


@pytest.mark.parametrize("seed", range(5))
def test_a_large_cache_finds_what_the_warm_up_covers(seed):
    draw = np.random.default_rng(seed)
    trace = draw.zipf(1.3, 400) % 60
    start, window = 300, 60
    never = len(set(trace[start : start + window]) - set(trace[:start]))

    def misses(warm_up):
        return round(windowed_miss_ratios(trace.tolist(), 1000, [start], window, warm_up)[0] * window)

    whole = reuse_warm_up(trace.tolist(), start, window)
    assert misses(whole) == never
    assert misses(whole - 1) == never + 1, "an access less forgets a line"
    reused = len(set(trace[start : start + window])) - never
    half = reuse_warm_up(trace.tolist(), start, window, share=0.5)
    assert misses(half) - never <= reused / 2 < misses(half - 1) - never


def test_limits_of_a_warm_up():
    assert reuse_warm_up([1, 2, 3, 4], 2, 2) == 0, "nothing is reused"
    assert reuse_warm_up([1, 2, 1, 2], 2, 2, share=0) == 0
    assert reuse_warm_up([1, 2], 0, 2) == 0
    for start, window, share in ((0, 0, 1.0), (3, 2, 1.0), (-1, 1, 1.0), (0, 1, 1.1)):
        with pytest.raises(ValueError, match="a window lies"):
            reuse_warm_up([1, 2, 3, 4], start, window, share)
