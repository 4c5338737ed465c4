"""Fan-out, copies, choices: recorded survival functions, closed forms, and requests drawn or simulated here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import solve_ivp
from scipy.special import lambertw

from reference_solutions.m08_tail_latency.fan_out import (
    answered_by,
    any_slow_probability,
    exponential_order_statistic_mean,
    leaf_quantile,
)
from reference_solutions.m08_tail_latency.hedging import (
    hedge_extra_load,
    hedged_exceeds,
    hedged_quantile_s,
    hedged_quantile_s_by_definition,
)
from reference_solutions.m08_tail_latency.hedging_load import (
    best_hedge_delay_s,
    hedged_arrivals_per_s,
    hedged_response_quantile_s,
)
from reference_solutions.m08_tail_latency.mm1 import mm1_response_quantile_s
from reference_solutions.m08_tail_latency.power_of_d import (
    choices_table,
    power_of_d_mean_queue,
    power_of_d_mean_response,
    power_of_d_share,
)
from reference_solutions.m08_tail_latency.tied_requests import tied_quantile_s, tied_response_exceeds

RECORDED = json.loads((Path(__file__).parents[1] / "oracles/m08_tail_latency/tail_fanout_hedge_pod.json").read_text())[
    "cases"
]
shares = st.floats(0.001, 0.999)

# --- fan-out ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", RECORDED["fanout"], ids=lambda case: str(case["n"]))
def test_recorded_order_statistics(case):
    n = case["n"]
    assert float(any_slow_probability(0.01, n)) == pytest.approx(case["p_any_slow_if_leaf_slow_1pct"], rel=1e-10)
    assert float(any_slow_probability(1e-4, n)) == pytest.approx(case["p_any_slow_if_leaf_slow_0p01pct"], rel=1e-10)
    quantile = float(leaf_quantile(0.99, n))
    assert quantile == pytest.approx(case["per_leaf_quantile_for_q99"], rel=1e-12)
    assert stats.lognorm.ppf(quantile, 1) == pytest.approx(case["lognorm_s1_q99_of_max"], rel=1e-6)
    assert exponential_order_statistic_mean(1.0, n, n) == pytest.approx(case["exp1_E_max"], rel=1e-10)


def test_the_articles_figures():
    assert round(100 * float(any_slow_probability(0.01, 100))) == 63
    assert round(100 * float(any_slow_probability(1e-4, 2000))) == 18
    assert float(any_slow_probability(0.01, 100)) == pytest.approx(0.63397, abs=1e-5)
    assert exponential_order_statistic_mean(1.0, 100, 95) == pytest.approx(2.90404, abs=1e-5)


def test_correlated_leaves_are_a_multivariate_normal():
    rng = np.random.default_rng(12)
    for leaves in (1, 2, 3, 3, 4, 5):
        slow, correlation = float(rng.uniform(0.01, 0.5)), float(rng.uniform(0.05, 0.9))
        covariance = np.full((leaves, leaves), correlation) + (1 - correlation) * np.eye(leaves)
        limit = np.full(leaves, stats.norm.ppf(1 - slow))
        fast = stats.multivariate_normal.cdf(limit, cov=covariance, maxpts=5_000 * leaves, rng=7)
        found = float(any_slow_probability(slow, leaves, correlation))
        assert found == pytest.approx(1 - float(fast), abs=3e-4)


@settings(max_examples=30)
@given(shares, st.integers(2, 2000), st.floats(0.05, 0.9))
def test_what_is_slow_together_is_seldom_slow(slow, leaves, correlation):
    independent, together = (float(any_slow_probability(slow, leaves, r)) for r in (0.0, correlation))
    assert slow - 1e-9 <= together <= independent + 1e-9
    assert float(any_slow_probability(slow, leaves, 1e-9)) == pytest.approx(independent, abs=1e-6)


def test_correlated_leaves_drawn_here():
    rng = np.random.default_rng(3)
    draws, leaves, correlation = 40_000, 20, 0.4
    common, own = rng.normal(size=(draws, 1)), rng.normal(size=(draws, leaves))
    latency = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    counted = float(np.mean(np.max(latency, axis=1) > stats.norm.ppf(0.98)))
    expected = float(any_slow_probability(0.02, leaves, correlation))
    assert counted == pytest.approx(expected, abs=4 * np.sqrt(expected / draws))


@given(shares, st.integers(1, 1000))
def test_a_leaf_quantile_is_undone_by_the_fan_out(quantile, leaves):
    slow = 1 - float(leaf_quantile(quantile, leaves))
    assert 1 - float(any_slow_probability(slow, leaves)) == pytest.approx(quantile, rel=1e-9)


@given(shares, st.integers(1, 60), st.data())
def test_enough_answers_are_binomial(cdf, leaves, data):
    needed = data.draw(st.integers(1, leaves))
    found = float(answered_by(cdf, leaves, needed))
    assert found == pytest.approx(float(stats.binom.sf(needed - 1, leaves, cdf)), rel=1e-9, abs=1e-12)


def test_the_mean_of_an_order_statistic_is_the_area_above_its_distribution():
    t = np.linspace(0, 40, 40_001)
    for leaves, needed in ((1, 1), (10, 10), (10, 8), (100, 95)):
        area = np.trapezoid(1 - answered_by(stats.expon.cdf(t), leaves, needed), t)
        assert exponential_order_statistic_mean(1.0, leaves, needed) == pytest.approx(float(area), rel=1e-4)


# --- hedged requests --------------------------------------------------------------------------------------------------

DISTRIBUTIONS = {"lognorm(1)": stats.lognorm(1), "lognorm(1.5)": stats.lognorm(1.5), "gamma(2)": stats.gamma(2)}


def as_measured(distribution, requests=200_000):
    return distribution.ppf((np.arange(requests) + 0.5) / requests)


@pytest.mark.parametrize("case", RECORDED["hedge"], ids=lambda case: case["dist"])
def test_recorded_survival_products(case):
    """A very large sample in place of the distribution: 200,000 of its quantiles."""
    latency = as_measured(DISTRIBUTIONS[case["dist"]])
    delay = case["hedge_delay"]
    assert float(hedge_extra_load(latency, delay)) == pytest.approx(case["extra_load"], rel=1e-3)
    found = hedged_quantile_s(latency, delay, [0.99, 0.999])
    np.testing.assert_allclose(found, [case["q99_hedged"], case["q999_hedged"]], rtol=1e-3)
    single = hedged_quantile_s(latency, np.inf, 0.99)
    assert float(single) == pytest.approx(case["q99_single"], rel=1e-3)


def test_an_exponential_hedged_at_its_95th_percentile():
    latency = as_measured(stats.expon)
    found = hedged_quantile_s(latency, np.log(20), [0.99, 0.999])
    np.testing.assert_allclose(found, [3.80045, 4.95174], rtol=1e-3)
    exceeds = hedged_exceeds(latency, np.log(20), [3.80045, 4.95174])
    np.testing.assert_allclose(exceeds, [0.01, 0.001], rtol=5e-3)


latencies = st.lists(st.floats(0.001, 10), min_size=1, max_size=25)


@settings(max_examples=30)
@given(latencies, st.floats(0, 10), st.floats(0.01, 0.99))
def test_a_quantile_is_the_rank_among_all_pairs(latency, delay, quantile):
    found = float(hedged_quantile_s(latency, delay, quantile))
    assert found == pytest.approx(hedged_quantile_s_by_definition(latency, delay, quantile), rel=1e-9)


@given(latencies, st.floats(0, 10), st.floats(0, 25))
def test_a_share_is_counted_among_all_pairs(latency, delay, t):
    pairs = [min(first, delay + copy) for first in latency for copy in latency]
    if min(abs(pair - t) for pair in pairs) > 1e-9:
        counted = sum(pair > t for pair in pairs) / len(pairs)
        assert float(hedged_exceeds(latency, delay, t)) == pytest.approx(counted, abs=1e-12)


@given(latencies, st.floats(0, 10))
def test_copies_are_sent_by_those_who_are_late(latency, delay):
    assert float(hedge_extra_load(latency, delay)) == pytest.approx(np.mean(np.array(latency) > delay))


@given(latencies)
def test_at_once_is_the_better_of_two_and_never_is_none(latency):
    t = np.array([0.5, 5.0])
    single = np.array([np.mean(np.array(latency) > time) for time in t])
    np.testing.assert_allclose(hedged_exceeds(latency, 0.0, t), single**2, atol=1e-12)
    np.testing.assert_allclose(hedged_exceeds(latency, np.inf, t), single, atol=1e-12)


# --- copies that are load ---------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.floats(0.01, 0.99), st.floats(0.01, 50))
def test_the_fixed_point_is_lamberts(utilisation, delay):
    x = utilisation * delay * np.exp(-(1 - utilisation) * delay)
    found = float(hedged_arrivals_per_s(utilisation, 1.0, delay))
    if x > np.exp(-1) * (1 + 1e-6):
        assert np.isinf(found)
    elif x < np.exp(-1) * (1 - 1e-4):
        late = -np.real(lambertw(-x)) / (utilisation * delay)
        expected = utilisation * (1 + late) if utilisation * (1 + late) < 1 and late <= 1 else np.inf
        assert found == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize(("utilisation", "better"), [(0.32, True), (0.345, False)])
def test_copies_at_once_pay_up_to_a_load_of_a_third(utilisation, better):
    """The mean: half of 1 / (1 - 2 load) against 1 / (1 - load). All quantiles of an exponential go with its mean."""
    tails = hedged_response_quantile_s(utilisation, 1.0, [np.inf, 0.0], 0.5)
    assert (tails[1] < tails[0]) == better
    assert float(tails[0]) == pytest.approx(float(mm1_response_quantile_s(utilisation, 1.0, 0.5)))


def test_no_delay_is_better_than_the_best():
    delays = np.concatenate([np.linspace(0, 40, 60), [np.inf]])
    for utilisation in (0.1, 0.3, 0.5, 0.7, 0.9):
        best = best_hedge_delay_s(utilisation, 1.0, 0.99, delays)
        tails = [float(hedged_response_quantile_s(utilisation, 1.0, delay, 0.99)) for delay in delays]
        assert float(hedged_response_quantile_s(utilisation, 1.0, best, 0.99)) == min(tails)
    assert best_hedge_delay_s(0.9, 1.0, 0.99, delays) == np.inf


def test_an_event_simulation_of_forty_replicas():
    """SimPy: copies go to another replica and are never cancelled; 12,000 requests, the first sixth dropped."""
    rng = np.random.default_rng(5)
    utilisation, delay, replicas, requests = 0.4, 3.0, 40, 12_000
    environment = simpy.Environment()
    servers = [simpy.Resource(environment, 1) for _ in range(replicas)]
    responses, copies = [], []

    def attempt(server, done):
        with servers[server].request() as turn:
            yield turn
            yield environment.timeout(rng.exponential())
        if not done.triggered:
            done.succeed()

    def request():
        started, done = environment.now, environment.event()
        first, other = rng.choice(replicas, size=2, replace=False)
        environment.process(attempt(first, done))
        yield done | environment.timeout(delay)
        copies.append(not done.triggered)
        if not done.triggered:
            environment.process(attempt(other, done))
            yield done
        responses.append(environment.now - started)

    def arrivals():
        for _ in range(requests):
            yield environment.timeout(rng.exponential(1 / (replicas * utilisation)))
            environment.process(request())

    environment.process(arrivals())
    environment.run()
    late = float(hedged_arrivals_per_s(utilisation, 1.0, delay)) / utilisation - 1
    assert float(np.mean(copies[2000:])) == pytest.approx(late, rel=0.08)
    expected = float(hedged_response_quantile_s(utilisation, 1.0, delay, 0.95))
    assert float(np.quantile(responses[2000:], 0.95)) == pytest.approx(expected, rel=0.06)


# --- tied requests ----------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.floats(0.05, 0.95), st.integers(2, 4), st.floats(0.1, 10))
def test_the_levels_of_work_balance(utilisation, copies, rate):
    """The balance equation, integrated from what is known at zero: the share of busy servers."""
    solved = solve_ivp(
        lambda _, share: -rate * (share - utilisation * share**copies),
        (0, 5 / rate),
        [utilisation],
        rtol=1e-9,
        atol=1e-12,
        t_eval=[1 / rate, 5 / rate],
    )
    found = tied_response_exceeds([1 / rate, 5 / rate], utilisation, rate, copies)
    np.testing.assert_allclose(found, solved.y[0] / utilisation, rtol=1e-6)


@given(st.floats(0.05, 0.95), st.integers(1, 4), st.floats(0.5, 0.9999), st.floats(0.1, 10))
def test_a_tied_quantile_undoes_its_distribution(utilisation, copies, quantile, rate):
    t = float(tied_quantile_s(utilisation, rate, quantile, copies))
    found = float(tied_response_exceeds(t, utilisation, rate, copies))
    assert found == pytest.approx(1 - quantile, rel=1e-6)
    if copies == 1:
        assert t == pytest.approx(float(mm1_response_quantile_s(utilisation * rate, rate, quantile)), rel=1e-9)


def test_least_work_of_two_simulated():
    """Three hundred servers, each request to the one of two with less work; a quarter of 160,000 requests dropped."""
    rng = np.random.default_rng(11)
    servers, requests, utilisation = 300, 160_000, 0.8
    arrival = np.cumsum(rng.exponential(1 / (servers * utilisation), requests)).tolist()
    service, asked = rng.exponential(1.0, requests).tolist(), rng.integers(servers, size=(requests, 2)).tolist()
    free, response = [0.0] * servers, []
    for now, takes, (one, other) in zip(arrival, service, asked, strict=True):
        chosen = one if max(free[one], now) <= max(free[other], now) else other
        free[chosen] = max(free[chosen], now) + takes
        response.append(free[chosen] - now)
    for t, tolerance in ((1.0, 0.03), (3.0, 0.08), (5.0, 0.15)):
        expected = float(tied_response_exceeds(t, utilisation, 1.0))
        assert float(np.mean(np.array(response[40_000:]) > t)) == pytest.approx(expected, rel=tolerance)


# --- power of d choices -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", RECORDED["power_of_d"], ids=lambda case: f"{case['d']},{case['lam']}")
def test_recorded_queues_of_d_choices(case):
    found = power_of_d_mean_queue(case["lam"], case["d"])
    assert found == pytest.approx(case["mean_queue_len_per_server"], rel=1e-9)
    assert power_of_d_mean_response(case["lam"], case["d"]) == pytest.approx(case["mean_sojourn"], rel=1e-9)


def test_a_table_of_choices_has_the_recorded_queues():
    for case in RECORDED["power_of_d"]:
        table = choices_table(case["lam"], 0.25, [case["d"], 1])
        assert table["choices"].tolist() == [case["d"], 1]
        assert table["mean_requests"][0] == pytest.approx(case["mean_queue_len_per_server"], rel=1e-9)
        assert table["mean_response_s"][0] == pytest.approx(0.25 * case["mean_sojourn"], rel=1e-9)
        assert table["mean_response_s"][1] == pytest.approx(0.25 / (1 - case["lam"]), rel=1e-9)  # M/M/1
        assert table["long_queue_share"][1] == pytest.approx(case["lam"] ** 5)


def test_long_queues_are_fed_level_by_level():
    level = 1.0
    for _ in range(5):
        level = 0.9 * level**3
    assert choices_table(0.9, 1.0, [3])["long_queue_share"][0] == pytest.approx(level)


@given(st.floats(0.05, 0.97), st.integers(1, 5))
def test_each_level_is_fed_by_the_one_below(utilisation, choices):
    """In balance s_(i+1) = load * s_i^d: what joins queues of at least i leaves those of at least i + 1."""
    levels = power_of_d_share(utilisation, choices, 8)
    np.testing.assert_allclose(levels[1:], utilisation * levels[:-1] ** choices, rtol=1e-6, atol=1e-300)


def test_five_hundred_servers_with_two_choices():
    """A jump chain: arrivals and services in the proportion of their rates; a quarter of 250,000 events dropped."""
    rng = np.random.default_rng(2)
    servers, utilisation, events = 500, 0.8, 250_000
    arrives = (rng.random(events) < utilisation / (1 + utilisation)).tolist()
    picks = rng.integers(servers, size=(events, 2)).tolist()
    queue, total, seen = [0] * servers, 0, 0.0
    for number in range(events):
        one, other = picks[number]
        if arrives[number]:
            queue[one if queue[one] <= queue[other] else other] += 1
            total += 1
        elif queue[one]:
            queue[one] -= 1
            total -= 1
        if number >= events // 4:
            seen += total
    mean = seen / (events - events // 4) / servers
    assert mean == pytest.approx(power_of_d_mean_queue(utilisation, 2), rel=0.05)


# --- impossible input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refused",
    [
        lambda: any_slow_probability(-0.1, 2),
        lambda: any_slow_probability(0.1, 0),
        lambda: any_slow_probability(0.1, 2, 1.0),
        lambda: leaf_quantile(1.0, 2),
        lambda: answered_by(0.5, 3, 4),
        lambda: exponential_order_statistic_mean(1.0, 3, 0),
        lambda: hedged_exceeds([], 1.0, 1.0),
        lambda: hedged_exceeds([1.0], -1.0, 1.0),
        lambda: hedge_extra_load([1.0], np.nan),
        lambda: hedged_quantile_s([1.0], 1.0, 0.0),
        lambda: hedged_quantile_s_by_definition([1.0], 1.0, 1.0),
        lambda: hedged_arrivals_per_s(0.5, 1.0, -1.0),
        lambda: hedged_response_quantile_s(0.5, 1.0, 1.0, 1.0),
        lambda: best_hedge_delay_s(0.0, 1.0, 0.5, [1.0]),
        lambda: tied_response_exceeds(-1.0, 0.5, 1.0),
        lambda: tied_quantile_s(1.0, 1.0, 0.5),
        lambda: power_of_d_share(1.0, 2, 3),
        lambda: power_of_d_mean_queue(0.5, 0),
        lambda: power_of_d_mean_response(0.0, 2),
        lambda: choices_table(1.0, 1.0, [2]),
        lambda: choices_table(0.5, 0.0, [2]),
        lambda: choices_table(0.5, 1.0, [2, 0]),
    ],
)
def test_impossible_input_is_refused(refused):
    with pytest.raises(ValueError, match=r"between|positive|negative|needed|least|correlation"):
        refused()
