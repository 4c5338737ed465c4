"""Amdahl's law: closed forms, limits, and time added up part by part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m02_tools_methods.payoff import amdahl_speedup, ranked_payoffs

shares = st.floats(0, 1)
factors = st.floats(0.01, 1e6)


@pytest.mark.parametrize(
    ("share", "factor", "speedup"),
    [
        (0, 10, 1),
        (1, 10, 10),
        (0.5, 2, 4 / 3),
        (0.4, 10, 1 / 0.64),
        (0.95, np.inf, 20),
        (1, np.inf, np.inf),
        (0.5, 0.5, 2 / 3),
    ],
)
def test_closed_forms(share, factor, speedup):
    assert float(amdahl_speedup(share, factor)) == pytest.approx(speedup)


@given(shares, factors)
def test_the_time_of_two_parts(share, factor):
    slow, fast = 1 - share, share / factor
    assert float(amdahl_speedup(share, factor)) == pytest.approx(1 / (slow + fast))


@given(st.floats(0, 0.999), st.floats(1, 1e6))
def test_never_more_than_the_rest_allows(share, factor):
    assert 1 - 1e-12 <= float(amdahl_speedup(share, factor)) <= 1 / (1 - share) * (1 + 1e-12)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=2), st.tuples(shares, factors), min_size=1))
def test_payoffs_are_sorted_and_each_alone(parts):
    found = ranked_payoffs({n: s for n, (s, _) in parts.items()}, {n: f for n, (_, f) in parts.items()})
    assert {name for name, _ in found} == set(parts)
    assert [payoff for _, payoff in found] == sorted((payoff for _, payoff in found), reverse=True)
    assert all(payoff == float(amdahl_speedup(*parts[name])) for name, payoff in found)


def test_equal_payoffs_in_the_order_of_names():
    assert [name for name, _ in ranked_payoffs({"b": 0.5, "a": 0.5}, {"b": 2, "a": 2})] == ["a", "b"]


def test_broadcasts():
    assert amdahl_speedup(np.full((3, 1), 0.5), np.arange(1, 5)).shape == (3, 4)


@pytest.mark.parametrize("impossible", [(-0.1, 2), (1.1, 2), (np.nan, 2), (0.5, 0), (0.5, -1)])
def test_impossible_input_is_refused(impossible):
    with pytest.raises(ValueError, match="between 0 and 1"):
        amdahl_speedup(*impossible)


def test_a_change_of_an_unknown_part():
    with pytest.raises(ValueError, match="no share is known of gpu"):
        ranked_payoffs({"cpu": 0.5}, {"gpu": 2})
