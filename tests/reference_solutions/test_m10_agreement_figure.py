"""Simulator against machine: lines are limits of agreement of logarithms, and each kernel is where it belongs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reference_solutions.m10_validation.agreement import limits_of_agreement
from reference_solutions.m10_validation.agreement_figure import agreement_figure


def twelve(seed):
    draw = np.random.default_rng(seed)
    measured = 10 ** draw.uniform(0, 4, 12)
    return [f"k{i}" for i in range(12)], measured * draw.lognormal(0.1, 0.2, 12), measured


def heights(plain):
    return {one["label"]: one["y"][0] for one in plain["series"] if one["kind"] == "line"}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_lines_are_limits_of_logarithms(seed, confidence):
    names, simulated, measured = twelve(seed)
    found = heights(agreement_figure(names, simulated, measured, confidence))
    limits = limits_of_agreement(np.log(simulated), np.log(measured), confidence)
    keys = {"bias": "bias", "lower limit": "low", "upper limit": "high"}
    keys |= {"lower limit, at least": "low_least", "upper limit, at most": "high_most"}
    assert found == pytest.approx({label: np.exp(limits[key]) for label, key in keys.items()})


def test_the_outer_line_is_scipys_interval_of_the_limit():
    names, simulated, measured = twelve(9)
    d = np.log(simulated / measured)
    interval = stats.t.interval(0.95, 11, d.mean() + 1.96 * d.std(ddof=1), np.sqrt(3) * stats.sem(d))
    assert np.log(heights(agreement_figure(names, simulated, measured))["upper limit, at most"]) == pytest.approx(
        interval[1]
    )


def test_kernels_by_hand():
    names = ["a", "b", "unfinished", "c", "d", "never measured"]
    plain = agreement_figure(names, [4.0, 9.0, np.nan, 25.0, 1.0, 3.0], [1.0, 4.0, 5.0, 16.0, 4.0, 0.0])
    points = plain["series"][0]
    assert points["x"] == pytest.approx([2, 6, 20, 2])
    assert points["y"] == pytest.approx([4, 2.25, 1.5625, 0.25])
    assert plain["left_out"] == ["unfinished", "never measured"]


def test_an_odd_kernel_is_marked_and_all_is_in_view():
    names, simulated, measured = twelve(3)
    simulated = measured * np.random.default_rng(1).lognormal(0, 0.02, 12)
    simulated[7] = 1.5 * measured[7]
    plain = agreement_figure(names, simulated, measured)
    assert [(mark["label"], mark["y"]) for mark in plain["marks"]] == [("k7", pytest.approx(1.5))]
    for axis in "xy":
        low, high = plain[axis]["limits"]
        assert all(low <= value <= high for one in plain["series"] for value in one[axis])


def test_two_kernels_are_no_picture():
    with pytest.raises(ValueError, match="three kernels"):
        agreement_figure(["a", "b", "c"], [1.0, 2.0, np.nan], [1.0, 2.0, 3.0])
