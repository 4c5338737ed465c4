"""Discrimination and reliability: a published data set, another program's values, second methods, honest intervals."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import f, pearsonr

from graders.psychometrics import items
from graders.psychometrics.items import FEWEST, correlation, discrimination, reliability, standard_error

# Brennan (2001), synthetic data set no. 1: 10 persons, 12 items; E rho^2 = .844, which for p x i is Cronbach's alpha
BRENNAN = np.array(
    [
        [int(one) for one in row]
        for row in (
            *("101000000000", "111001000000", "111110000000", "110110010000", "111110100000"),
            *("111011100000", "111111100000", "111101111100", "111111111110", "111111111111"),
        )
    ],
    dtype=float,
)


def test_alpha_is_that_of_the_published_data_set():
    found = reliability(BRENNAN)
    assert found.value == pytest.approx(0.844, abs=5e-4)
    assert found.n == 10


def with_alpha(alpha: float, n: int, k: int) -> np.ndarray:
    """Scores whose alpha is known by construction: columns of equal variance and equal correlation."""
    r = alpha / (k - (k - 1) * alpha)
    wanted = np.full((k, k), r) + (1 - r) * np.eye(k)
    drawn = np.random.default_rng(1).normal(size=(n, k))
    drawn -= drawn.mean(axis=0)
    white = drawn @ np.linalg.inv(np.linalg.cholesky(drawn.T @ drawn / (n - 1))).T
    return white @ np.linalg.cholesky(wanted).T


def test_feldts_interval_is_that_of_another_program(monkeypatch):
    """C. Evans's R code on the statistics wiki of the MRC Cognition and Brain Sciences Unit, and what it prints."""
    monkeypatch.setattr(items, "_jackknife", lambda _: 0.0)  # Feldt's alone
    found = reliability(with_alpha(0.913, 873, 20))
    assert (found.value, found.low, found.high) == pytest.approx((0.913, 0.9044024, 0.9211588), abs=5e-7)


@given(arrays(float, st.tuples(st.integers(12, 30), st.integers(2, 6)), elements=st.integers(0, 4)))
def test_alpha_and_its_error_by_the_analysis_of_variance(scores):
    """A second method (Hoyt 1941): alpha is 1 - MS_rest / MS_students, and the error of a sum k MS_rest."""
    found, error = reliability(scores), standard_error(scores)
    assume(found.value is not None and found.value < 1 - 1e-9)
    n, k = scores.shape
    mean = scores.mean()
    students = k * ((scores.mean(axis=1) - mean) ** 2).sum() / (n - 1)
    left = scores - scores.mean(axis=1, keepdims=True) - scores.mean(axis=0) + mean
    rest = (left**2).sum() / ((n - 1) * (k - 1))
    assert found.value == pytest.approx(1 - rest / students, abs=1e-9)
    assert error.value == pytest.approx(math.sqrt(k * rest), abs=1e-9)
    assert found.low <= found.value <= found.high
    feldt = [1 - (1 - found.value) * f.isf(tail, n - 1, (n - 1) * (k - 1)) for tail in (0.025, 0.975)]
    assert found.low <= feldt[0] + 1e-12
    assert found.high >= feldt[1] - 1e-12


def test_equal_exercises_are_perfectly_reliable_and_unrelated_ones_are_not():
    one = np.arange(12.0)[:, None]
    assert reliability(np.repeat(one, 4, axis=1)).value == pytest.approx(1)
    assert reliability(np.hstack([one, 11 - one, one, one])).value == pytest.approx(4 / 3 * (1 - 4 / 4))
    assert standard_error(np.repeat(one, 4, axis=1)).value == pytest.approx(0, abs=1e-6)


points = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), min_size=FEWEST, max_size=40)


@given(points)
def test_a_correlation_is_scipys_and_its_interval_no_narrower_than_fishers(pairs):
    one, other = np.array(pairs, dtype=float).T
    found = correlation(one, other)
    assume(found.value is not None and abs(found.value) < 1 - 1e-9)
    expected = pearsonr(one, other)
    assert found.value == pytest.approx(expected.statistic, abs=1e-9)
    fisher = expected.confidence_interval(0.95)
    assert found.low <= fisher.low + 1e-9
    assert found.high >= fisher.high - 1e-9
    assert -1 <= found.low <= found.value <= found.high <= 1


def test_fishers_interval_where_it_is_the_wider_one():
    """A line with a step up and a step down by turns has thin tails, so that the jackknife's is narrower."""
    one = np.arange(20.0)
    other = one + 8 * (-1) ** np.arange(20)
    found, expected = correlation(one, other), pearsonr(one, other).confidence_interval(0.95)
    assert found.interval == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_jackknife_by_leaving_out_one_student_at_a_time(monkeypatch):
    """The sums that are mended for each student give what a loop over the others gives."""
    seen = []
    ours = items._jackknife
    monkeypatch.setattr(items, "_jackknife", lambda values: (seen.append(values), ours(values))[1])
    scores = np.random.default_rng(4).integers(0, 5, size=(14, 5)).astype(float)
    correlation(scores[:, 0], scores[:, 1])
    reliability(scores)
    standard_error(scores)
    less = [np.delete(scores, row, axis=0) for row in range(14)]
    alphas = [5 / 4 * (1 - one.var(axis=0, ddof=1).sum() / one.sum(axis=1).var(ddof=1)) for one in less]
    spreads = [one.sum(axis=1).std(ddof=1) for one in less]
    assert seen[0] == pytest.approx([math.atanh(pearsonr(one[:, 0], one[:, 1]).statistic) for one in less])
    assert seen[1] == pytest.approx([math.log(1 - alpha) for alpha in alphas])
    assert seen[2] == pytest.approx([math.log(s * math.sqrt(1 - a)) for s, a in zip(spreads, alphas, strict=True)])


def test_an_exercise_is_held_against_the_others_alone():
    scores = np.random.default_rng(2).integers(0, 5, size=(16, 4)).astype(float)
    for item, found in enumerate(discrimination(scores)):
        rest = [sum(row) - row[item] for row in scores]
        assert found.value == pytest.approx(statistics.correlation(list(scores[:, item]), rest))


def test_nothing_is_given_where_it_would_say_nothing():
    scores = np.random.default_rng(3).integers(0, 5, size=(12, 3)).astype(float)
    assert reliability(scores[:9]).why == "9 students are too few, it takes 10"
    assert discrimination(scores[:9])[0].why == "9 students are too few, it takes 10"
    scores[:, 0] = [0, 0, *[4] * 10]
    assert discrimination(scores)[0].why == "all but 2 came out the same here, it takes 3 who did not"
    scores[:, 0] = 4
    assert discrimination(scores)[0].why == "all came out the same here, it takes 3 who did not"
    assert discrimination(np.ones((12, 1)))[0].why == "there is no other exercise"
    assert reliability(np.ones((12, 1))).why == "it takes two exercises"
    assert "all came out the same in sum" in reliability(np.ones((12, 3))).why
    assert (reliability(scores[:9]).value, reliability(scores[:9]).interval) == (None, None)


def cohort(draw: np.random.Generator, n: int, kind: str) -> np.ndarray:
    """Eight exercises that measure one thing, as points look: right or wrong, quarters, most have nearly all."""
    answers = 0.7 * draw.normal(size=(n, 1)) + 0.7 * draw.normal(size=(n, 8))
    return {
        "normal": lambda: answers,
        "right or wrong": lambda: (answers > np.linspace(-1, 0.6, 8)).astype(float),
        "quarters": lambda: np.clip(np.round(answers + 1.5), 0, 4) / 4,
        "most have most": lambda: np.clip(np.round((answers + 2.8) * 1.5), 0, 4) / 4,
        "nine in ten have all": lambda: (answers > -1.2).astype(float),
    }[kind]()


@pytest.mark.parametrize(
    ("kind", "least_alpha"),
    [
        ("normal", 0.93),
        ("right or wrong", 0.93),
        ("quarters", 0.93),
        ("most have most", 0.88),
        ("nine in ten have all", 0.82),
    ],
)
@pytest.mark.parametrize("n", [12, 30])
def test_intervals_hold_the_truth_about_as_often_as_they_say(kind, least_alpha, n):
    """Of 400 cohorts; the truth is that of 300,000 students. Without the jackknife the last two would be at 0.75."""
    draw = np.random.default_rng(11)
    many = cohort(draw, 300_000, kind)
    truth = [np.corrcoef(many[:, item], many.sum(axis=1) - many[:, item])[0, 1] for item in range(8)]
    alpha = 8 / 7 * (1 - many.var(axis=0).sum() / many.sum(axis=1).var())
    held, of_alpha = [], []
    for _ in range(400):
        scores = cohort(draw, n, kind)
        held += [
            one.low <= true <= one.high for one, true in zip(discrimination(scores), truth, strict=True) if not one.why
        ]
        whole = reliability(scores)
        of_alpha += [] if whole.why else [whole.low <= alpha <= whole.high]
    assert np.mean(held) >= 0.90
    assert np.mean(of_alpha) >= least_alpha
