"""Budgets and retries: scipy's minimiser, closed forms, published alert rates, attempts drawn here."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from reference_solutions.m08_tail_latency.error_budget import alert_burn_rate, alerts_that_fire, burn_rate
from reference_solutions.m08_tail_latency.mm1 import mm1_response_quantile_s
from reference_solutions.m08_tail_latency.retries import attempts_per_request, layered_attempts, retry_equilibria
from reference_solutions.m08_tail_latency.retry_throttle import RetryThrottle
from reference_solutions.m08_tail_latency.slo_budget import (
    latency_budgets,
    series_availability,
    series_quantile_s,
    series_quantile_s_by_definition,
)

# --- latency budgets --------------------------------------------------------------------------------------------------

services = st.lists(st.tuples(st.integers(1, 4), st.floats(0.1, 10)), min_size=1, max_size=5)


@given(services, st.floats(0.02, 1), st.floats(0.5, 0.999), st.floats(1, 1000))
def test_a_budget_is_spent_whole_and_each_service_keeps_its_part(tiers, budget, quantile, arrival):
    visits, price = np.array(tiers).T
    found = latency_budgets(budget, quantile, arrival, visits, price)
    assert float(np.sum(visits * found["call_s"])) == pytest.approx(budget)
    per_call = 1 - (1 - quantile) / np.sum(visits)
    kept = mm1_response_quantile_s(visits * arrival, found["service_per_s"], per_call)
    np.testing.assert_allclose(kept, found["call_s"], rtol=1e-6)


def test_scipys_minimiser_finds_nothing_cheaper():
    rng = np.random.default_rng(8)
    for _ in range(8):
        n = int(rng.integers(2, 6))
        visits, price = rng.integers(1, 4, n), rng.uniform(0.2, 5, n)
        budget, arrival, quantile = 0.1, 50.0, 0.99
        miss = (1 - quantile) / visits.sum()

        def cost(call_s, visits=visits, price=price, arrival=arrival, miss=miss):
            return float(np.sum(price * (visits * arrival - np.log(miss) / call_s)))

        start = np.full(n, budget / visits.sum())
        best = optimize.minimize(
            lambda x, cost=cost, budget=budget, start=start: cost(np.exp(x) * budget) / cost(start),
            np.log(start / budget),
            constraints={"type": "eq", "fun": lambda x, visits=visits: np.sum(visits * np.exp(x)) - 1},
        )
        found = latency_budgets(budget, quantile, arrival, visits, price)
        assert cost(found["call_s"]) == pytest.approx(cost(np.exp(best.x) * budget), rel=1e-4)
        assert float(np.sum(price * found["service_per_s"])) == pytest.approx(cost(found["call_s"]))


def hypoexponential_exceeds(t, rates):
    """Tail of a sum of exponentials with different rates: partial fractions."""
    return sum(
        np.exp(-rate * t) * np.prod([other / (other - rate) for other in rates if other != rate]) for rate in rates
    )


def test_exponential_calls_in_a_row_are_hypoexponential():
    rates, step = [100.0, 150.0, 400.0], 2e-5
    edges = np.arange(0, 20_001) * step
    calls = [np.diff(-np.exp(-rate * edges), append=0.0) for rate in rates]
    for quantile in (0.5, 0.99, 0.999):
        found = float(series_quantile_s(calls, step, quantile))
        assert float(hypoexponential_exceeds(found + 1.5 * step, rates)) == pytest.approx(1 - quantile, rel=0.01)
        per_call = 1 - (1 - quantile) / 3
        assert found < sum(-np.log(1 - per_call) / rate for rate in rates)


distributions = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=9).filter(any), min_size=1, max_size=4)


@settings(max_examples=30)
@given(distributions, st.floats(0.01, 0.99))
def test_fourier_adds_up_every_combination(weights, quantile):
    calls = [np.array(one) / sum(one) for one in weights]
    found = float(series_quantile_s(calls, 0.001, quantile))
    assert found == pytest.approx(series_quantile_s_by_definition(calls, 0.001, quantile), abs=1e-12)


@given(st.lists(st.floats(0.5, 1), min_size=1, max_size=6))
def test_availabilities_multiply(parts):
    product = 1.0
    for one in parts:
        product *= one
    assert series_availability(parts) == pytest.approx(product)
    assert series_availability(parts, visits=[2] * len(parts)) == pytest.approx(product**2)
    assert series_availability(parts) >= 1 - sum(1 - one for one in parts) - 1e-9


# --- error budgets ----------------------------------------------------------------------------------------------------

DAY_S, HOUR_S = 86_400.0, 3_600.0


@pytest.mark.parametrize(
    ("share", "window_s", "printed"), [(0.02, HOUR_S, 14.4), (0.05, 6 * HOUR_S, 6.0), (0.1, 3 * DAY_S, 1.0)]
)
def test_the_workbooks_rates(share, window_s, printed):
    assert float(alert_burn_rate(share, window_s, 30 * DAY_S)) == pytest.approx(printed)


@given(st.floats(0.01, 1), st.floats(0.9, 0.9999), st.integers(1, 500))
def test_at_an_alerts_rate_its_share_of_the_budget_is_gone(share, objective, window_steps):
    """A budget, spent step by step at exactly that rate."""
    period_steps, requests = 1000, 50_000.0
    rate = float(alert_burn_rate(share, window_steps, period_steps))
    failed_a_step = rate * (1 - objective) * requests
    spent = sum(failed_a_step for _ in range(window_steps)) / ((1 - objective) * requests * period_steps)
    assert spent == pytest.approx(share)
    if failed_a_step <= requests:
        assert float(burn_rate(failed_a_step, requests, objective)) == pytest.approx(rate)


def test_the_short_window_ends_an_alert():
    page = {"burn_rate": 14.4, "long_window_s": HOUR_S, "short_window_s": HOUR_S / 12}
    slow = {"burn_rate": 6.0, "long_window_s": 6 * HOUR_S, "short_window_s": HOUR_S / 2}
    requests = [1000] * 72
    ongoing, over, blip = [0] * 60 + [30] * 12, [0] * 48 + [30] * 22 + [0] * 2, [0] * 71 + [200]
    assert alerts_that_fire(ongoing, requests, 0.999, [page, slow], 300) == [True, False]
    assert alerts_that_fire(over, requests, 0.999, [page, slow], 300) == [False, True]
    assert alerts_that_fire(blip, requests, 0.999, [page, slow], 300) == [True, False]
    assert alerts_that_fire([0] * 72, requests, 0.999, [page, slow], 300) == [False, False]


def test_without_traffic_nothing_burns():
    assert float(burn_rate(0, 0, 0.99)) == 0


# --- retries ----------------------------------------------------------------------------------------------------------


@given(st.floats(0, 1), st.integers(0, 12))
def test_attempts_are_a_geometric_sum(failure, retries):
    assert float(attempts_per_request(failure, retries)) == pytest.approx(sum(failure**i for i in range(retries + 1)))


def test_attempts_drawn_here():
    rng = np.random.default_rng(6)
    for failure, retries in ((0.1, 3), (0.6, 2), (0.9, 5)):
        fails = rng.random((40_000, retries + 1)) < failure
        made = 1 + np.sum(np.cumprod(fails[:, :-1], axis=1), axis=1)
        assert float(attempts_per_request(failure, retries)) == pytest.approx(float(np.mean(made)), rel=0.02)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4)), min_size=1, max_size=4))
def test_layers_multiply(layers):
    expected = 1.0
    for failure, retries in layers:
        expected *= sum(failure**i for i in range(retries + 1))
    assert layered_attempts(*zip(*layers, strict=True)) == pytest.approx(expected)
    assert layered_attempts([1.0] * 3, [3] * 3) == 64


def settled(load, arrival, timeout, retries):
    for _ in range(1000):
        failed = np.exp(-(1 - load) * timeout) if load < 1 else 1.0
        load = arrival * sum(failed**i for i in range(retries + 1))
    return load


@settings(max_examples=30)
@given(st.floats(0.05, 0.9), st.floats(2, 20), st.integers(1, 4))
def test_the_ends_are_where_the_load_settles(arrival, timeout, retries):
    """From nothing it settles in the lowest state, from a push in the highest; between them lies a tipping point."""
    found = retry_equilibria(arrival, 1.0, timeout, retries)
    assert 1 <= found.size <= 3
    assert settled(arrival, arrival, timeout, retries) == pytest.approx(found[0], rel=1e-3)
    assert settled(arrival * (retries + 1), arrival, timeout, retries) == pytest.approx(found[-1], rel=1e-3)
    if found.size == 3:
        assert settled(found[1] * 0.99, arrival, timeout, retries) < found[1] < found[2]
        assert settled(min(found[1] * 1.01, found[2]), arrival, timeout, retries) > found[1]


def test_a_root_finder_agrees():
    def excess(load):
        failed = np.exp(-(1 - load) * 10)
        return 0.6 * sum(failed**i for i in range(4)) - load

    roots = [optimize.brentq(excess, 0.6, 0.7), optimize.brentq(excess, 0.8, 0.99)]
    np.testing.assert_allclose(retry_equilibria(0.6, 1.0, 10.0, 3), [*roots, 2.4], rtol=1e-9)
    assert retry_equilibria(1.2, 1.0, 10.0, 3).tolist() == [pytest.approx(4.8)]


# --- the throttle -----------------------------------------------------------------------------------------------------


def test_a_throttle_played_by_hand():
    throttle = RetryThrottle(10, 0.5)
    for left in (9, 8, 7, 6):
        throttle.record(False)
        assert (throttle.tokens, throttle.may_retry()) == (left, True)
    throttle.record(False)
    assert (throttle.tokens, throttle.may_retry()) == (5, False), "at half it is closed"
    throttle.record(True)
    assert throttle.may_retry()
    for _ in range(30):
        throttle.record(False)
    assert throttle.tokens == 0
    for _ in range(100):
        throttle.record(True)
    assert throttle.tokens == 10


@given(st.lists(st.booleans(), max_size=60), st.floats(1, 20), st.floats(0.05, 2))
def test_tokens_stay_in_the_bucket(outcomes, size, ratio):
    throttle, expected = RetryThrottle(size, ratio), size
    for succeeded in outcomes:
        throttle.record(succeeded)
        expected = float(np.clip(expected + (ratio if succeeded else -1), 0, size))
        assert throttle.tokens == pytest.approx(expected)
        assert throttle.may_retry() == (throttle.tokens > size / 2)


@pytest.mark.parametrize(("failing", "opens"), [(0.07, True), (0.12, False)])
def test_it_opens_below_the_break_even_share(failing, opens):
    """A ratio of 0.1 breaks even at 0.1 / 1.1 = 9.1 % of the attempts."""
    throttle, rng, open_for = RetryThrottle(100, 0.1), np.random.default_rng(9), 0
    for number in range(20_000):
        throttle.record(rng.random() >= failing)
        open_for += number >= 10_000 and throttle.may_retry()
    assert (open_for > 9000) == opens
    assert (open_for < 1000) == (not opens)


# --- impossible input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refused",
    [
        lambda: latency_budgets(0.1, 1.0, 10, [1], [1]),
        lambda: latency_budgets(0.1, 0.9, 10, [0], [1]),
        lambda: series_quantile_s([], 1.0, 0.5),
        lambda: series_quantile_s([[0.5, 0.4]], 1.0, 0.5),
        lambda: series_quantile_s_by_definition([], 1.0, 0.5),
        lambda: series_availability([1.1]),
        lambda: burn_rate(2, 1, 0.9),
        lambda: burn_rate(1, 2, 1.0),
        lambda: alert_burn_rate(0.02, 100, 50),
        lambda: attempts_per_request(-0.1, 1),
        lambda: attempts_per_request(0.5, -1),
        lambda: layered_attempts([2.0], [1]),
        lambda: retry_equilibria(0.5, 1.0, 0.0, 1),
        lambda: RetryThrottle(0, 0.1),
        lambda: RetryThrottle(1, 0),
    ],
)
def test_impossible_input_is_refused(refused):
    with pytest.raises(ValueError, match=r"between|positive|up to 1|call|fail|bucket|negative"):
        refused()
