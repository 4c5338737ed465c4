"""Differential Top-Down: changes that add up for any two runs, and limits in which one thing changed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.regression import (
    clock_changes,
    cpi_changes,
    logarithmic_mean,
    ranked_changes,
)

NODES = ("retiring", "bad_speculation", "frontend_bound", "backend_bound")
positive = st.floats(1e-3, 1e3)
weights = st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda some: sum(some) > 1e-3)


def shares_of(some):
    return {node: weight / sum(some) for node, weight in zip(NODES, some, strict=True)}


@given(positive, positive)
def test_the_mean_lies_between_the_geometric_and_the_arithmetic(x, y):
    found = float(logarithmic_mean(x, y))
    assert math.sqrt(x * y) * (1 - 1e-12) <= found <= (x + y) / 2 * (1 + 1e-12)
    assert found == pytest.approx(float(logarithmic_mean(y, x)), rel=1e-9)


@given(positive, st.floats(1e-14, 1e-3))
def test_the_mean_of_near_numbers_keeps_its_digits(x, step):
    """Series of (u) / ln(1 + u) around zero: 1 + u / 2 - u^2 / 12."""
    u = (x * (1 + step) - x) / x
    assert float(logarithmic_mean(x * (1 + step), x)) == pytest.approx(x * (1 + u / 2 - u**2 / 12), rel=1e-9)


@pytest.mark.parametrize(("x", "y", "mean"), [(math.e, 1, math.e - 1), (4, 4, 4), (8, 2, 6 / math.log(4))])
def test_the_mean_by_hand(x, y, mean):
    assert float(logarithmic_mean(x, y)) == pytest.approx(mean)


@given(weights, weights, positive, positive)
def test_changes_of_cpi_add_up(before, after, cpi_before, cpi_after):
    changes = cpi_changes(shares_of(before), cpi_before, shares_of(after), cpi_after)
    total = sum(float(change) for change in changes.values())
    assert total == pytest.approx(cpi_after - cpi_before, abs=1e-9 * (cpi_before + cpi_after))


runs = st.tuples(weights, st.floats(1, 1e12), st.floats(1, 1e12))


@given(runs, runs)
def test_changes_of_clocks_add_up(before, after):
    (first, clocks_before, instructions_before), (second, clocks_after, instructions_after) = before, after
    changes = clock_changes(
        shares_of(first), clocks_before, instructions_before, shares_of(second), clocks_after, instructions_after
    )
    parts = [float(change) for change in changes.values()]
    scale = sum(abs(part) for part in parts) + clocks_before + clocks_after
    assert abs(sum(parts) - (clocks_after - clocks_before)) <= 1e-9 * scale


def test_as_many_instructions():
    """Then clocks per instruction tell all: each node's change is N times its change of CPI."""
    first, second = shares_of([4, 1, 2, 3]), shares_of([3, 1, 2, 6])
    changes = clock_changes(first, 2e6, 1e6, second, 3e6, 1e6)
    assert float(changes.pop("instructions")) == pytest.approx(0)
    for node, change in cpi_changes(first, 2.0, second, 3.0).items():
        assert float(changes[node]) == pytest.approx(1e6 * float(change), abs=1e-3)


def test_only_more_instructions():
    same = shares_of([4, 1, 2, 3])
    changes = clock_changes(same, 2e6, 1e6, same, 3e6, 1.5e6)
    assert float(changes.pop("instructions")) == pytest.approx(1e6)
    assert all(float(change) == pytest.approx(0, abs=1e-6) for change in changes.values())


def test_opposite_changes_that_cancel():
    """Twice the instructions at half the CPI: no clock more, two changes of C ln 2 each."""
    same = shares_of([1, 1, 1, 1])
    changes = clock_changes(same, 1000, 500, same, 1000, 1000)
    assert float(changes.pop("instructions")) == pytest.approx(1000 * math.log(2))
    assert sum(float(change) for change in changes.values()) == pytest.approx(-1000 * math.log(2))


def test_negative_shares_are_changes_too():
    before = {"retiring": 0.5, "backend_bound": 0.52, "bad_speculation": -0.02}
    after = {"retiring": 0.4, "backend_bound": 0.6, "bad_speculation": 0.0}
    changes = clock_changes(before, 1000, 800, after, 1250, 800)
    assert sum(float(change) for change in changes.values()) == pytest.approx(250)
    assert float(changes["bad_speculation"]) == pytest.approx(20)


def test_runs_broadcast():
    changes = clock_changes({"a": [1.0, 1.0]}, [10, 10], 10, {"a": [1.0, 1.0]}, [20, 30], 10)
    np.testing.assert_allclose(changes["a"], [10, 20])


@given(st.dictionaries(st.text("abc", min_size=1, max_size=2), st.floats(-10, 10)))
def test_ranked_by_size(changes):
    found = ranked_changes(changes)
    assert dict(found) == changes
    sizes = [abs(change) for _, change in found]
    assert sizes == sorted(sizes, reverse=True)


def test_refusals():
    with pytest.raises(ValueError, match="only one run has b, c"):
        cpi_changes({"a": 1, "b": 0}, 1, {"a": 1, "c": 0}, 1)
    with pytest.raises(ValueError, match="instructions_after must be positive"):
        clock_changes({"a": 1}, 1, 1, {"a": 1}, 1, 0)
    with pytest.raises(ValueError, match="must be positive"):
        clock_changes({"a": 1}, 1, 1, {"a": 1}, 0, 1)
    with pytest.raises(ValueError, match="named instructions"):
        clock_changes({"instructions": 1}, 1, 1, {"instructions": 1}, 1, 1)
