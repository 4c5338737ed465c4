"""A day with copies: closed forms without pauses, requests drawn here, and what policies bring."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m08_tail_latency.hedged_day import hedge_delay_s, hedged_day, never_hedge
from reference_solutions.m08_tail_latency.hedging_load import hedged_arrivals_per_s, hedged_response_quantile_s


@settings(max_examples=30)
@given(st.floats(0.1, 0.6), st.floats(1, 20), st.floats(0.0005, 0.1))
def test_without_pauses_it_is_the_fixed_point_of_mm1(load, delay, service_s):
    total = float(hedged_arrivals_per_s(load, 1.0, delay))
    day = hedged_day(lambda seen, busy: delay * service_s, [load, load], service_s, pause_probability=0.0)
    if total < 0.95 and load * delay * np.exp(-(1 - load) * delay) < 0.35:
        assert float(day["copies"][0]) == pytest.approx(total / load - 1, rel=1e-4)
        expected = float(hedged_response_quantile_s(load, 1.0, delay, 0.99)) * service_s
        assert float(day["p99_s"][0]) == pytest.approx(expected, rel=5e-3)
    elif np.isinf(total):
        assert float(day["utilisation"][0]) > 0.99


def test_requests_drawn_here():
    """First copies and second ones from a mixture of two exponentials, at the load at which the day has settled."""
    rng = np.random.default_rng(13)
    day = hedged_day(lambda seen, busy: 5.0, [0.4, 0.4], 1.0)
    spare, requests = 1 - 0.4 * (1 + float(day["copies"][0])), 300_000

    def drawn():
        paused = rng.random(requests) < 0.03
        return np.where(paused, rng.exponential(40.0, requests), rng.exponential(1 / spare, requests))

    first = drawn()
    assert float(np.mean(first > 5.0)) == pytest.approx(float(day["copies"][0]), rel=0.02)
    assert float(np.quantile(np.minimum(first, 5.0 + drawn()), 0.99)) == pytest.approx(float(day["p99_s"][0]), rel=0.02)


def test_what_a_policy_sees_is_the_last_stretch():
    told = []

    def listening(seen, busy):
        told.append((np.sort(seen), busy))
        return np.inf

    hedged_day(listening, [0.5, 0.3, 0.3], [1.0, 2.0, 1.0], pause_probability=0.0)
    assert [round(busy, 9) for _, busy in told] == [0.5, 0.3]
    shares = (np.arange(200) + 0.5) / 200
    np.testing.assert_allclose(told[0][0], -np.log1p(-shares) / 0.5, rtol=0.02)
    np.testing.assert_allclose(told[1][0], 2 * -np.log1p(-shares) / 0.7, rtol=0.02)


def test_the_policy_itself():
    latency = np.random.default_rng(1).permutation(np.arange(1.0, 201.0))
    assert hedge_delay_s(latency, 0.3) == 190
    assert hedge_delay_s(latency, 0.7) == np.inf
    assert never_hedge(latency, 0.1) == np.inf


def test_copies_help_at_night_and_drown_at_noon():
    quiet = hedged_day(hedge_delay_s, [0.2, 0.3, 0.4], 0.002)
    assert np.all(quiet["p99_s"] < 0.3 * quiet["never_p99_s"])
    noon = [0.5, 0.6, 0.7, 0.8, 0.8]
    np.testing.assert_allclose(hedged_day(never_hedge, noon, 0.002)["copies"], 0)
    careful, careless = (
        hedged_day(policy, noon, 0.002) for policy in (hedge_delay_s, lambda seen, busy: np.quantile(seen, 0.95))
    )
    assert np.max(careful["p99_s"] / careful["never_p99_s"]) <= 1 + 1e-9
    assert np.max(careless["p99_s"] / careless["never_p99_s"]) > 10


@pytest.mark.parametrize("refused", [lambda seen, busy: -1.0, lambda seen, busy: np.nan])
def test_no_delay_is_refused(refused):
    with pytest.raises(ValueError, match="delay"):
        hedged_day(refused, [0.2, 0.2], 1.0)


def test_a_load_is_below_one():
    with pytest.raises(ValueError, match="load"):
        hedged_day(never_hedge, [0.2, 1.0], 1.0)
