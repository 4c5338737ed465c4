"""Availability: scipy's binomial, every state of a small fleet, up and down times that are drawn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m09_cluster.availability import k_of_n_availability, steady_availability


@given(st.floats(0, 1), st.integers(1, 7), st.data())
def test_all_states_of_a_small_fleet(up, replicas, data):
    needed = data.draw(st.integers(0, replicas))
    total = sum(
        np.prod([up if one else 1 - up for one in state])
        for state in itertools.product([True, False], repeat=replicas)
        if sum(state) >= needed
    )
    assert float(k_of_n_availability(up, needed, replicas)) == pytest.approx(total, abs=1e-12)


@given(st.floats(0.5, 0.999999), st.integers(1, 200), st.integers(0, 5))
def test_large_fleets_as_scipy_has_them(up, needed, spares):
    expected = stats.binom.sf(needed - 1, needed + spares, up)
    assert float(k_of_n_availability(up, needed, needed + spares)) == pytest.approx(expected, rel=1e-9)


def test_up_and_down_times_add_up():
    draw = np.random.default_rng(5)
    up, down = draw.exponential(50.0, 200_000), draw.weibull(2.0, 200_000) * 4
    share = up.sum() / (up.sum() + down.sum())
    assert float(steady_availability(50.0, down.mean())) == pytest.approx(share, rel=0.002)


def test_what_is_no_probability_is_refused():
    for arguments in ((1.1, 1, 2), (0.5, 3, 2), (0.5, -1, 2)):
        with pytest.raises(ValueError, match="probability"):
            k_of_n_availability(*arguments)
    with pytest.raises(ValueError, match="mtbf_s"):
        steady_availability(0, 1)
    with pytest.raises(ValueError, match="mttr_s"):
        steady_availability(1, -1)
