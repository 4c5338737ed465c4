"""Queues: recorded chains and tools, limits in which one model becomes another, and Little's law."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reference_solutions.m08_tail_latency.bounded_queue import bounded_queue, bounded_queue_shares, door
from reference_solutions.m08_tail_latency.erlang import erlang_b, erlang_b_by_definition, erlang_c
from reference_solutions.m08_tail_latency.mg1 import (
    allen_cunneen_mean_wait_s,
    kingman_mean_wait_s,
    mg1_mean_wait_s,
)
from reference_solutions.m08_tail_latency.mm1 import (
    mm1_mean_in_system,
    mm1_mean_response_s,
    mm1_response_quantile_s,
)
from reference_solutions.m08_tail_latency.mmc import (
    mmc_mean_wait_s,
    mmc_response_exceeds,
    mmc_response_quantile_s,
    mmc_wait_quantile_s,
)
from reference_solutions.m08_tail_latency.other_queues import gm1_mean_wait_s, mdc_mean_wait_s
from reference_solutions.m08_tail_latency.staffing import servers_for_service_level, staffing_table

ORACLES = Path(__file__).parents[1] / "oracles" / "m08_tail_latency"
CLOSED = json.loads((ORACLES / "closed_form.json").read_text())["cases"]
CIW = {case["name"]: case["stats"] for case in json.loads((ORACLES / "ciw_sim.json").read_text())["cases"]}
POSITIONS = json.loads((ORACLES / "erlangC_pyworkforce.json").read_text())["cases"]

utilisations = st.floats(0.05, 0.98)
rates = st.floats(0.01, 1000)
pools = st.integers(1, 60)


def of_kind(kind):
    return [case for case in CLOSED if case["kind"] == kind]


# --- one server -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("utilisation", "mean", "p99"), [(0.8, 5.0, 23.0259), (0.95, 20.0, 92.1034)])
def test_mm1_of_the_catalogue(utilisation, mean, p99):
    assert float(mm1_mean_response_s(utilisation, 1.0)) == pytest.approx(mean)
    assert float(mm1_response_quantile_s(utilisation, 1.0, 0.99)) == pytest.approx(p99, rel=1e-5)


@settings(max_examples=30)
@given(utilisations, rates)
def test_mm1_is_the_stationary_state_of_its_chain(utilisation, service):
    states = utilisation ** np.arange(4000) * (1 - utilisation)
    expected = float(np.sum(np.arange(4000) * states))
    assert float(mm1_mean_in_system(utilisation * service, service)) == pytest.approx(expected, rel=1e-6)


@given(utilisations, rates, st.floats(0.01, 0.999))
def test_an_mm1_response_is_exponential(utilisation, service, quantile):
    mean = float(mm1_mean_response_s(utilisation * service, service))
    found = float(mm1_response_quantile_s(utilisation * service, service, quantile))
    assert found == pytest.approx(stats.expon.ppf(quantile, scale=mean), rel=1e-9)


def test_no_steady_state_waits_for_ever():
    assert np.all(np.isinf(mm1_mean_response_s([1.0, 1.5], 1.0)))
    assert np.all(np.isinf(mm1_response_quantile_s([1.0, 1.5], 1.0, 0.5)))
    assert np.isinf(mmc_mean_wait_s(4.0, 1.0, 4))
    assert np.isinf(mmc_wait_quantile_s(4.0, 1.0, 4, 0.5))
    assert np.all(np.isinf(mmc_response_quantile_s(4.0, 1.0, 4, [0.5, 0.9])))
    assert np.isinf(mdc_mean_wait_s(1.0, 1.0, 1))
    assert np.isinf(gm1_mean_wait_s(1.0, 1.0, 0.0))
    assert float(mmc_response_exceeds(1e6, 5.0, 1.0, 4)) == 1
    assert np.isinf(mg1_mean_wait_s(1.0, 1.0, 0.0))
    assert np.isinf(mg1_mean_wait_s(0.5, 1.0, np.inf))


# --- a pool of servers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", of_kind("erlangB_poisson_ratio"), ids=lambda case: f"{case['k']},{case['a']}")
def test_erlang_b_is_a_ratio_of_poisson_probabilities(case):
    assert float(erlang_b(case["k"], case["a"])) == pytest.approx(case["B"], rel=1e-10)


@given(st.integers(1, 150), st.floats(0.01, 300))
def test_erlang_b_is_what_erlang_wrote(servers, load):
    assert float(erlang_b(servers, load)) == pytest.approx(erlang_b_by_definition(servers, load), rel=1e-9)
    poisson = np.exp(stats.poisson.logpmf(servers, load) - stats.poisson.logcdf(servers, load))
    assert float(erlang_b(servers, load)) == pytest.approx(float(poisson), rel=1e-7)


@pytest.mark.parametrize("case", of_kind("mmk_ctmc"), ids=lambda case: f"{case['k']},{case['rho']:.2f}")
def test_mmc_is_its_birth_death_chain(case):
    given_ = case["lam"], case["mu"], case["k"]
    assert float(erlang_c(case["k"], case["lam"] / case["mu"])) == pytest.approx(case["p_wait"], rel=1e-10)
    assert float(mmc_mean_wait_s(*given_)) == pytest.approx(case["Wq"], rel=1e-10)


@pytest.mark.parametrize("case", of_kind("mmk_quantiles"), ids=lambda case: f"{case['k']},{case['lam']}")
def test_mmc_quantiles_found_by_convolution(case):
    given_ = case["lam"], case["mu"], case["k"]
    for name, recorded in case.items():
        if name.startswith("T_q"):
            quantile = float(name[3:])
            assert float(mmc_response_quantile_s(*given_, quantile)) == pytest.approx(recorded, rel=1e-8)
            assert float(mmc_response_exceeds(recorded, *given_)) == pytest.approx(1 - quantile, rel=1e-8)
        elif name.startswith("Wq_q"):
            assert float(mmc_wait_quantile_s(*given_, float(name[4:]))) == pytest.approx(recorded, rel=1e-8)


@settings(max_examples=30)
@given(pools, utilisations, rates, st.floats(0.1, 20))
def test_a_response_is_a_wait_and_a_service_added_up(servers, utilisation, service, t):
    """The wait's atom at zero and its density, convolved with the service on a fine grid."""
    arrival = servers * utilisation * service
    waiting = float(erlang_c(servers, arrival / service))
    theta, end = (servers * service - arrival), t / service
    grid = np.linspace(0, end, 4001)
    inside = waiting * theta * np.exp(-theta * grid) * np.exp(-service * (end - grid))
    expected = (1 - waiting) * np.exp(-service * end) + np.trapezoid(inside, grid) + waiting * np.exp(-theta * end)
    found = float(mmc_response_exceeds(end, arrival, service, servers))
    assert found == pytest.approx(expected, rel=2e-3, abs=1e-9)


@settings(max_examples=30)
@given(utilisations, rates)
def test_one_server_is_mm1(utilisation, service):
    arrival = utilisation * service
    wait = float(mmc_mean_wait_s(arrival, service, 1))
    assert wait + 1 / service == pytest.approx(float(mm1_mean_response_s(arrival, service)), rel=1e-9)
    found = float(mmc_response_quantile_s(arrival, service, 1, 0.99))
    assert found == pytest.approx(float(mm1_response_quantile_s(arrival, service, 0.99)), rel=1e-6)


@given(pools, st.floats(0.3, 0.95))
def test_a_larger_pool_at_the_same_utilisation_waits_less(servers, utilisation):
    small, large = (float(mmc_mean_wait_s(c * utilisation, 1.0, c)) for c in (servers, 2 * servers))
    assert large < small


# --- other service, other arrivals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", of_kind("mg1_pk"), ids=lambda case: case["service"])
def test_pollaczek_khinchine_on_five_distributions(case):
    assert float(mg1_mean_wait_s(case["lam"], case["ES"], case["cs2"])) == pytest.approx(case["Wq"], rel=1e-6)


@pytest.mark.parametrize("case", of_kind("mdk_crommelin_numeric"), ids=lambda case: f"{case['k']},{case['lam']}")
def test_mdc_is_crommelins_chain(case):
    found = mdc_mean_wait_s(case["lam"], case["D"], case["k"])
    assert found == pytest.approx(case["Wq_exact_crommelin"], rel=1e-7)


@settings(max_examples=30)
@given(utilisations, rates)
def test_equal_service_times_wait_half_as_long(utilisation, service):
    exact = mdc_mean_wait_s(utilisation * service, 1 / service, 1)
    assert exact == pytest.approx(float(mg1_mean_wait_s(utilisation * service, 1 / service, 0.0)), rel=1e-6)
    assert exact == pytest.approx(float(mg1_mean_wait_s(utilisation * service, 1 / service, 1.0)) / 2, rel=1e-6)


@given(utilisations, rates)
def test_random_arrivals_make_gm1_an_mm1(utilisation, service):
    found = gm1_mean_wait_s(utilisation * service, service, 1.0)
    assert found == pytest.approx(float(mmc_mean_wait_s(utilisation * service, service, 1)), rel=1e-4)


def test_ciw_measured_the_same_exact_waits():
    """Two half widths of a 95 % interval of ten replications."""
    exact = {
        "mm4_r80": float(mmc_mean_wait_s(3.2, 1.0, 4)),
        "md1_r80": mdc_mean_wait_s(0.8, 1.0, 1),
        "mh2_1_cs4_r70": float(mg1_mean_wait_s(0.7, 1.0, 4.0)),
        "erl2_m_1_r80": gm1_mean_wait_s(0.8, 1.0, 0.5),
        "mm1_K6_r120": bounded_queue(1.2, 1.0, 1, 6)["mean_response_s"] - 1,
    }
    for name, expected in exact.items():
        mean, half_width = CIW[name]["Wq"]
        assert abs(mean - expected) < 2 * half_width, name


def test_two_moments_come_within_a_quarter_of_ciw():
    lognormal = np.exp(1.0) - 1
    approximate = {
        "erl2_m_1_r80": float(kingman_mean_wait_s(0.8, 1.0, 0.5, 1.0)),
        "h2_m_4_r75_ca4": float(allen_cunneen_mean_wait_s(3.0, 1.0, 4, 4.0, 1.0)),
        "mln_8_r70": float(allen_cunneen_mean_wait_s(5.6, 1.0, 8, 1.0, lognormal)),
    }
    for name, expected in approximate.items():
        assert expected == pytest.approx(CIW[name]["Wq"][0], rel=0.25), name
    assert float(allen_cunneen_mean_wait_s(3.2, 1.0, 4, 1.0, 0.0)) == pytest.approx(0.3860949, rel=0.05)


@given(pools, utilisations, st.floats(0, 10), st.floats(0, 10))
def test_the_approximations_contain_the_exact_ones(servers, utilisation, of_arrivals, of_service):
    arrival = servers * utilisation
    plain = float(mmc_mean_wait_s(arrival, 1.0, servers))
    found = float(allen_cunneen_mean_wait_s(arrival, 1.0, servers, of_arrivals, of_service))
    assert found == pytest.approx(plain * (of_arrivals + of_service) / 2, rel=1e-9)
    assert float(kingman_mean_wait_s(utilisation, 1.0, 1.0, of_service)) == pytest.approx(
        float(mg1_mean_wait_s(utilisation, 1.0, of_service))
    )


# --- a queue with an end ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", of_kind("mmkK_ctmc"), ids=lambda case: f"{case['k']},{case['K']}")
def test_a_bounded_queue_is_its_chain(case):
    found = bounded_queue(case["lam"], case["mu"], case["k"], case["K"])
    assert found["refused"] == pytest.approx(case["p_block"], rel=1e-9)
    assert found["mean_in_system"] == pytest.approx(case["L"], rel=1e-9)
    assert found["throughput_per_s"] == pytest.approx(case["throughput"], rel=1e-9)
    assert found["mean_response_s"] == pytest.approx(case["W"], rel=1e-9)


@given(st.integers(1, 20), st.integers(0, 60), st.floats(0.05, 60))
def test_a_bounded_queue_balances_every_cut(servers, room, load):
    """What goes up from n to n + 1 comes down again; as many places as servers are Erlang B."""
    places = servers + room
    shares = bounded_queue_shares(load, servers, places)
    busy = np.minimum(np.arange(1, places + 1), servers)
    np.testing.assert_allclose(load * shares[:-1], busy * shares[1:], rtol=1e-9, atol=1e-300)
    assert float(np.sum(shares)) == pytest.approx(1)
    lost = bounded_queue_shares(load, servers, servers)[-1]
    assert float(lost) == pytest.approx(float(erlang_b(servers, load)), rel=1e-9)


def test_an_end_far_away_is_no_end():
    found = bounded_queue(3.2, 1.0, 4, 400)
    assert found["refused"] < 1e-30
    assert found["mean_response_s"] == pytest.approx(float(mmc_mean_wait_s(3.2, 1.0, 4)) + 1, rel=1e-9)


@given(st.floats(1.02, 3), rates, st.floats(1.05, 30))
def test_a_door_is_the_last_that_keeps_the_promise(load, service, services):
    found = door(load * service, service, services / service)
    kept, broken = (bounded_queue(load * service, service, 1, int(found["places"]) + more) for more in (0, 1))
    assert found["refused"] == pytest.approx(kept["refused"])
    assert found["mean_response_s"] == pytest.approx(kept["mean_response_s"])
    assert kept["mean_response_s"] <= services / service * (1 + 1e-9)
    assert broken["mean_response_s"] >= services / service * (1 - 1e-9)


def test_ciw_refused_as_many():
    mean, half_width = CIW["mm1_K6_r120"]["pblock"]
    assert abs(mean - bounded_queue(1.2, 1.0, 1, 6)["refused"]) < 2 * half_width


# --- how many servers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", POSITIONS, ids=lambda case: str(case["transactions"]))
def test_pyworkforce_wants_as_many(case):
    arrival, service = case["transactions"] / case["interval"], 1 / case["aht"]
    found = servers_for_service_level(arrival, service, case["asa_target"], 0.8, most_utilisation=0.9)
    assert found == case["required"]["raw_positions"]
    waiting = float(erlang_c(case["positions"], case["offered_erlangs"]))
    assert waiting == pytest.approx(case["waiting_probability"], rel=1e-9)
    late = waiting * np.exp(-(case["positions"] * service - arrival) * case["asa_target"])
    assert 1 - late == pytest.approx(case["service_level"], rel=1e-9)


@given(st.lists(pools, min_size=1, max_size=5), st.floats(0.1, 50), st.floats(0.5, 0.999))
def test_a_row_of_the_table_is_mmc(servers, load, quantile):
    table = staffing_table(load, 1.0, servers, quantile=quantile)
    np.testing.assert_allclose(table["wait_probability"], erlang_c(servers, load), rtol=1e-9)
    np.testing.assert_allclose(table["mean_wait_s"], mmc_mean_wait_s(load, 1.0, servers), rtol=1e-9)
    expected = mmc_wait_quantile_s(load, 1.0, servers, quantile)
    np.testing.assert_allclose(table["wait_quantile_s"], expected, rtol=1e-9, atol=1e-12)


@given(st.integers(1, 20), utilisations, st.floats(0, 5), st.floats(0.01, 5))
def test_a_row_of_the_table_scales_with_variability(servers, utilisation, of_arrivals, of_service):
    table = staffing_table(servers * utilisation, 1.0, [servers], of_arrivals, of_service)
    expected = allen_cunneen_mean_wait_s(servers * utilisation, 1.0, servers, of_arrivals, of_service)
    assert float(table["mean_wait_s"][0]) == pytest.approx(float(expected), rel=1e-9)
    if servers == 1:
        exact = mg1_mean_wait_s(utilisation, 1.0, of_service)
        found = staffing_table(utilisation, 1.0, [1], 1.0, of_service)["mean_wait_s"][0]
        assert float(found) == pytest.approx(float(exact), rel=1e-9)


def test_the_tail_of_the_table_is_near_what_ciw_saw():
    """P(T > t) is not the table's; but a wait's quantile is below the response's, and above it less a long service."""
    table = staffing_table(3.0, 1.0, [4], arrival_scv=4.0)
    p99 = float(table["wait_quantile_s"][0])
    assert CIW["h2_m_4_r75_ca4"]["T99"][0] - np.log(100) < p99 < CIW["h2_m_4_r75_ca4"]["T99"][0]


# --- impossible input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refused",
    [
        lambda: mm1_mean_response_s(0, 1),
        lambda: mm1_mean_in_system(1, -1),
        lambda: mm1_response_quantile_s(0.5, 1, 1.0),
        lambda: erlang_b(0, 1.0),
        lambda: erlang_b(2.5, 1.0),
        lambda: erlang_b_by_definition(1, 0.0),
        lambda: erlang_c(2, -1.0),
        lambda: mmc_mean_wait_s(1, 0, 2),
        lambda: mmc_wait_quantile_s(1, 1, 2, 0.0),
        lambda: mmc_response_exceeds(-1, 1, 1, 2),
        lambda: mmc_response_quantile_s(1, 1, 2, 1.5),
        lambda: mg1_mean_wait_s(0.5, 1, -0.1),
        lambda: kingman_mean_wait_s(0.5, -1, 1, 1),
        lambda: allen_cunneen_mean_wait_s(0.5, 1, 2, np.nan, 1),
        lambda: mdc_mean_wait_s(0.5, 0, 1),
        lambda: gm1_mean_wait_s(0.5, 1, -1),
        lambda: bounded_queue_shares(1.0, 3, 2),
        lambda: bounded_queue(-1, 1, 1, 2),
        lambda: door(0.9, 1.0, 5.0),
        lambda: door(1.2, 1.0, 1.0),
        lambda: staffing_table(1.0, 1.0, [0, 1]),
        lambda: servers_for_service_level(1.0, 1.0, -1, 0.9),
    ],
)
def test_impossible_input_is_refused(refused):
    with pytest.raises(ValueError, match=r"positive|between|negative|server"):
        refused()
