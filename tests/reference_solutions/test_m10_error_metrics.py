"""Errors of a model: by hand, scipy's interval, and how often the interval holds the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reference_solutions.m10_validation.error_metrics import relative_errors


def test_errors_by_hand():
    found = relative_errors([9.0, 22.0, 33.0, 38.0], [10.0, 20.0, 30.0, 40.0])
    # -0.1, 0.1, 0.1, -0.05
    assert found["mape"] == pytest.approx(0.0875)
    assert found["bias"] == pytest.approx(0.0125)
    assert found["points"] == 4


def test_the_interval_is_scipys():
    draw = np.random.default_rng(3)
    measured = draw.uniform(1, 2, 9)
    model = measured * (1 + draw.normal(0.02, 0.05, 9))
    errors = model / measured - 1
    low, high = stats.t.interval(0.9, 8, loc=errors.mean(), scale=stats.sem(errors))
    found = relative_errors(model, measured, confidence=0.9)
    assert (found["bias_low"], found["bias_high"]) == pytest.approx((low, high))


def test_nineteen_of_twenty_intervals_hold_the_true_bias():
    draw = np.random.default_rng(11)
    held = 0
    for _ in range(2000):
        found = relative_errors(1 + draw.normal(0.03, 0.02, 6), np.ones(6))
        held += found["bias_low"] <= 0.03 <= found["bias_high"]
    # 95 % +- 3 standard errors of 2000 draws
    assert abs(held / 2000 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 2000)


@pytest.mark.parametrize(("model", "machine"), [([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([1.0, 2.0], [1.0, 0.0])])
def test_what_cannot_be_compared_is_refused(model, machine):
    with pytest.raises(ValueError, match="pairs"):
        relative_errors(model, machine)
