"""The simulated queue: Ciw and SimPy on the same trace, request by request; closed forms; one request after another."""

from __future__ import annotations

import json
from pathlib import Path

import ciw
import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from reference_solutions.m08_tail_latency.mg1 import mg1_mean_wait_s
from reference_solutions.m08_tail_latency.mmc import mmc_mean_wait_s, mmc_wait_quantile_s
from reference_solutions.m08_tail_latency.other_queues import mdc_mean_wait_s
from reference_solutions.m08_tail_latency.queue_simulation import queue_waits_s, queue_waits_s_by_definition

ORACLES = Path(__file__).parents[1] / "oracles" / "m08_tail_latency"
CIW = {case["name"]: case["stats"] for case in json.loads((ORACLES / "ciw_sim.json").read_text())["cases"]}


def trace(seed, requests, arrival_per_s, service=None):
    rng = np.random.default_rng(seed)
    arrival = np.cumsum(rng.exponential(1 / arrival_per_s, requests))
    return arrival, rng.exponential(1.0, requests) if service is None else service(rng, requests)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("servers", "arrival_per_s"), [(1, 0.9), (3, 2.7), (3, 4.0)])
def test_ciw_lets_each_request_wait_as_long(servers, arrival_per_s):
    arrival, service = trace(servers, 400, arrival_per_s)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*np.diff(arrival, prepend=0.0).tolist(), float("inf")])],
        service_distributions=[ciw.dists.Sequential(service.tolist())],
        number_of_servers=[servers],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(400, method="Finish")
    records = sorted(simulation.get_all_records(), key=lambda record: record.id_number)
    assert len(records) == 400
    by_ciw = [record.waiting_time for record in records]
    np.testing.assert_allclose(queue_waits_s(arrival, service, servers), by_ciw, atol=1e-9)


@pytest.mark.parametrize(("servers", "arrival_per_s"), [(1, 0.7), (5, 4.5)])
def test_simpy_lets_each_request_wait_as_long(servers, arrival_per_s):
    arrival, service = trace(10 + servers, 600, arrival_per_s)
    environment = simpy.Environment()
    pool, waits = simpy.Resource(environment, servers), {}

    def request(number):
        yield environment.timeout(arrival[number])
        with pool.request() as turn:
            yield turn
            waits[number] = environment.now - arrival[number]
            yield environment.timeout(service[number])

    for number in range(600):
        environment.process(request(number))
    environment.run()
    by_simpy = [waits[number] for number in range(600)]
    np.testing.assert_allclose(queue_waits_s(arrival, service, servers), by_simpy, atol=1e-9)


traces = st.lists(st.tuples(st.floats(0, 3), st.floats(0, 5)), max_size=60)


@given(traces, st.integers(1, 5))
def test_any_trace_as_one_request_after_another(pairs, servers):
    arrival, service = np.cumsum([gap for gap, _ in pairs]), np.array([takes for _, takes in pairs])
    expected = queue_waits_s_by_definition(arrival, service, servers)
    np.testing.assert_allclose(queue_waits_s(arrival, service, servers), expected, atol=1e-9)


@pytest.mark.parametrize(("servers", "utilisation"), [(2, 0.5), (2, 0.97), (8, 0.9), (40, 0.8), (3, 1.05), (3, 1.5)])
def test_parts_side_by_side_are_exact(servers, utilisation):
    """Long traces are cut; calm ones fit after two passes, crowded ones after many or never."""
    arrival, service = trace(servers, 20_000, servers * utilisation)
    expected = queue_waits_s_by_definition(arrival, service, servers)
    np.testing.assert_array_equal(queue_waits_s(arrival, service, servers), expected)


def test_the_long_run_is_the_closed_form():
    """Means over 400,000 requests: a standard error of about 1 % at these loads; 5 % are allowed."""
    drop = 20_000
    for seed, (servers, arrival_per_s, service, expected) in enumerate(
        [
            (4, 3.2, None, float(mmc_mean_wait_s(3.2, 1.0, 4))),
            (4, 3.2, lambda _, n: np.ones(n), mdc_mean_wait_s(3.2, 1.0, 4)),
            (1, 0.7, lambda rng, n: rng.gamma(0.5, 2.0, n), float(mg1_mean_wait_s(0.7, 1.0, 2.0))),
        ]
    ):
        waits = queue_waits_s(*trace(seed, 400_000, arrival_per_s, service), servers)[drop:]
        assert float(np.mean(waits)) == pytest.approx(expected, rel=0.05)
        if service is None:
            p99 = float(mmc_wait_quantile_s(arrival_per_s, 1.0, servers, 0.99))
            assert float(np.quantile(waits, 0.99)) == pytest.approx(p99, rel=0.05)


def test_a_lognormal_service_waits_as_in_ciws_recorded_run():
    lognormal = trace(5, 300_000, 5.6, lambda rng, n: rng.lognormal(-0.5, 1.0, n))
    mean, half_width = CIW["mln_8_r70"]["Wq"]
    assert abs(float(np.mean(queue_waits_s(*lognormal, 8)[10_000:])) - mean) < 2 * half_width


@pytest.mark.parametrize("simulate", [queue_waits_s, queue_waits_s_by_definition])
def test_small_traces_by_hand(simulate):
    assert simulate([], [], 3).tolist() == []
    assert simulate([5.0], [1.0], 2).tolist() == [0.0]
    assert simulate([-3.0, -2.5, -2.0], [1.0, 1.0, 1.0], 1).tolist() == [0.0, 0.5, 1.0]
    assert simulate([0, 0, 0, 0], [2, 1, 5, 5], 2).tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize("simulate", [queue_waits_s, queue_waits_s_by_definition])
@pytest.mark.parametrize("impossible", [([0, 1], [1], 1), ([1, 0], [1, 1], 1), ([0, 1], [1, -1], 1), ([0], [1], 0)])
def test_impossible_traces_are_refused(simulate, impossible):
    with pytest.raises(ValueError, match="service times"):
        simulate(*impossible)
