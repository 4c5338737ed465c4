"""The interval about a mean of shares is Wilson's, by another's code, and holds the truth as often as it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from graders.reports.interval import FEWEST, interval


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(("successes", "n"), [(0, 5), (5, 5), (3, 7), (12, 24), (23, 24), (299, 300)])
def test_of_a_count_it_is_wilsons(successes: int, n: int, confidence: float) -> None:
    expected = binomtest(successes, n).proportion_ci(confidence_level=confidence, method="wilson")
    assert interval(successes / n, n, confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_where_nobody_has_anything_it_is_a_closed_form() -> None:
    # the inequality of the model with mean 0: p^2 <= z^2 p (1 - p) / n, so p <= z^2 / (n + z^2); z^2 = 3.841459
    low, high = interval(0.0, 5) or (1.0, 1.0)
    assert low == pytest.approx(0, abs=1e-12)
    assert high == pytest.approx(3.841459 / 8.841459, abs=1e-6)


def test_too_few_students_have_none() -> None:
    assert [interval(0.5, n) is None for n in range(FEWEST + 2)] == [True] * FEWEST + [False] * 2


@given(st.floats(0, 1), st.integers(FEWEST, 500))
def test_it_holds_the_mean_and_stays_on_the_axis(mean: float, n: int) -> None:
    low, high = interval(mean, n) or (1.0, 0.0)
    assert 0 <= low <= mean + 1e-12
    assert mean - 1e-12 <= high <= 1
    wider = interval(mean, n, 0.99) or (1.0, 0.0)
    assert wider[0] - 1e-12 <= low <= high <= wider[1] + 1e-12


SHARES = {  # what points look like: all or nothing, every share alike, most have most, a few checks lost or kept
    "all or nothing": (lambda rng, size: (rng.random(size) < 0.7).astype(float), 0.7),
    "uniform": (lambda rng, size: rng.random(size), 0.5),
    "nearly all": (lambda rng, size: rng.beta(9, 1, size), 0.9),
    "quarters": (lambda rng, size: rng.choice([0, 0.25, 0.5, 0.75, 1], size, p=[0.2, 0.1, 0.1, 0.2, 0.4]), 0.625),
}


@pytest.mark.parametrize("n", [8, 24])
@pytest.mark.parametrize("kind", SHARES)
def test_it_holds_the_truth_as_often_as_it_says(kind: str, n: int) -> None:
    """Of 4,000 cohorts; where points are all or nothing it may miss by a little, since counts are discrete."""
    draw, truth = SHARES[kind]
    means = draw(np.random.default_rng(20251017), (4000, n)).mean(axis=1)
    found = [interval(float(mean), n) for mean in means]
    held = np.mean([low <= truth <= high for low, high in filter(None, found)])
    assert held >= 0.93
