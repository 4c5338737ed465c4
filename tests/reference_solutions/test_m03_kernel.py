"""The event kernel and the queue that runs on it, beside SimPy and Ciw; Little's law in any window."""

from __future__ import annotations

import ciw
import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_solutions.m03_modeling_simulation.event_kernel import EventKernel, process_trace
from reference_solutions.m03_modeling_simulation.little import little_audit
from reference_solutions.m03_modeling_simulation.queue_log import queue_log
from reference_solutions.m08_tail_latency.mmc import mmc_mean_wait_s

# --- the kernel -------------------------------------------------------------------------------------------------------


def sleeper(sleeps):
    yield from sleeps


def simpy_trace(sleeps_of, until_s):
    environment, trace = simpy.Environment(), []

    def process(name, sleeps):
        for sleep_s in sleeps:
            yield environment.timeout(sleep_s)
            trace.append((environment.now, name))

    for name, sleeps in sleeps_of.items():
        environment.process(process(name, sleeps))
    environment.run(until=until_s)
    return trace


whole_sleeps = st.lists(st.integers(0, 4).map(float), max_size=12)


@given(st.lists(whole_sleeps, max_size=5), st.floats(0.5, 20))
def test_the_trace_is_simpys_with_ties_and_zero_delays(sleeps, until_s):
    named = {f"process {number}": one for number, one in enumerate(sleeps)}
    ours = process_trace({name: sleeper(one) for name, one in named.items()}, until_s)
    assert ours == simpy_trace(named, until_s)


def test_the_trace_is_simpys_with_drawn_sleeps():
    rng = np.random.default_rng(31)
    named = {f"process {number}": rng.exponential(size=300).tolist() for number in range(7)}
    assert process_trace({name: sleeper(one) for name, one in named.items()}, 150.0) == simpy_trace(named, 150.0)


commands = st.one_of(
    st.tuples(st.just("schedule"), st.integers(0, 3), st.integers(-1, 1)),
    st.tuples(st.just("cancel"), st.integers(1, 15), st.just(0)),
    st.tuples(st.just("step"), st.just(0), st.just(0)),
)


@given(st.lists(commands, max_size=60))
def test_a_list_that_is_sorted_anew_does_the_same(script):
    kernel, now, events, scheduled = EventKernel(5.0), 5.0, [], 0
    for what, number, priority in script:
        if what == "schedule":
            scheduled += 1
            events.append((now + number, priority, scheduled))
            assert kernel.schedule(number, f"event {scheduled}", priority) == scheduled
        elif what == "cancel":
            there = [event for event in events if event[2] == number]
            events = [event for event in events if event[2] != number]
            assert kernel.cancel(number) == bool(there)
        elif events:
            first = min(events)
            events.remove(first)
            now = first[0]
            assert kernel.step() == f"event {first[2]}"
        else:
            assert kernel.step() is None
        assert (kernel.now_s, kernel.pending) == (now, len(events))


@pytest.mark.parametrize("delay", [-1e-9, float("nan")])
def test_nothing_happens_in_the_past(delay):
    with pytest.raises(ValueError, match="past"):
        EventKernel().schedule(delay, "too late")


# --- the queue --------------------------------------------------------------------------------------------------------


def simpy_waits(arrival_s, service_s, servers):
    environment, waits = simpy.Environment(), {}
    pool = simpy.Resource(environment, capacity=servers)

    def customer(number, arrives, takes):
        yield environment.timeout(arrives)
        with pool.request() as turn:
            yield turn
            waits[number] = environment.now - arrives
            yield environment.timeout(takes)

    for number, times in enumerate(zip(arrival_s, service_s, strict=True)):
        environment.process(customer(number, *times))
    environment.run()
    return [waits[number] for number in range(len(waits))]


def ciw_waits(arrival_s, service_s, servers):
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*np.diff(arrival_s, prepend=0.0).tolist(), float("inf")])],
        service_distributions=[ciw.dists.Sequential(service_s.tolist())],
        number_of_servers=[servers],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(len(arrival_s), method="Finish")
    records = sorted(simulation.get_all_records(), key=lambda one: one.arrival_date)
    return [one.waiting_time for one in records]


@pytest.mark.parametrize(("load", "servers"), [(0.6, 1), (0.75, 2), (0.9, 5)])
def test_every_customer_waits_as_in_simpy_and_ciw(load, servers):
    log = queue_log(load * servers, 1.0, servers, 400, seed=servers)
    waits, service_s = log["start_s"] - log["arrival_s"], log["departure_s"] - log["start_s"]
    np.testing.assert_allclose(waits, simpy_waits(log["arrival_s"], service_s, servers), atol=1e-9)
    np.testing.assert_allclose(waits, ciw_waits(log["arrival_s"], service_s, servers), atol=1e-9)


@pytest.mark.parametrize(("load", "servers"), [(0.7, 1), (0.75, 2)])
def test_long_runs_wait_as_the_closed_form(load, servers):
    runs = [queue_log(load * servers, 1.0, servers, 20_000, seed) for seed in range(10)]
    means = [float(np.mean((log["start_s"] - log["arrival_s"])[2000:])) for log in runs]
    half = 3 * np.std(means, ddof=1) / np.sqrt(len(means))
    assert abs(np.mean(means) - float(mmc_mean_wait_s(load * servers, 1.0, servers))) < half


def test_times_are_of_the_rates_that_were_asked_for():
    log = queue_log(3.0, 0.5, 9, 20_000, seed=1)
    assert np.mean(np.diff(log["arrival_s"])) == pytest.approx(1 / 3, rel=0.03)
    assert np.mean(log["departure_s"] - log["start_s"]) == pytest.approx(2.0, rel=0.03)


@pytest.mark.parametrize("asked", [(0, 1, 1, 5), (1, 0, 1, 5), (2, 1, 2, 5), (3, 1, 2, 5), (1, 2, 0, 5), (1, 2, 1, 0)])
def test_no_steady_state_no_run(asked):
    with pytest.raises(ValueError, match=r"rates|keep up"):
        queue_log(*asked, seed=0)


# --- Little's law -----------------------------------------------------------------------------------------------------


def area_event_by_event(arrival_s, departure_s, from_s, until_s):
    """The area under the number in the system, from one event to the next."""
    changes = sorted([(float(t), 1) for t in arrival_s] + [(float(t), -1) for t in departure_s])
    area, inside, before = 0.0, 0, -np.inf
    for time_s, change in [*changes, (np.inf, 0)]:
        area += inside * max(0.0, min(time_s, until_s) - max(before, from_s)) if inside else 0.0
        inside, before = inside + change, time_s
    return area


logs = st.lists(st.tuples(st.floats(-5, 20), st.floats(0, 10)), min_size=1, max_size=30)


@settings(max_examples=60)
@given(logs, st.floats(-6, 15), st.floats(0.1, 20))
def test_the_books_close_in_every_window(log, from_s, length_s):
    arrival = np.array([arrives for arrives, _ in log])
    departure = arrival + [stays for _, stays in log]
    books = little_audit(arrival, departure, from_s, from_s + length_s)
    area = books["mean_in_system"] * length_s
    customers = books["arrival_per_s"] * length_s
    closes = customers * books["mean_time_s"] + books["carried_in_s"] - books["carried_out_s"]
    assert area == pytest.approx(closes, abs=1e-6)
    assert area == pytest.approx(area_event_by_event(arrival, departure, from_s, from_s + length_s), abs=1e-6)


def test_nothing_is_carried_where_the_system_is_empty_at_both_ends():
    log = queue_log(1.5, 1.0, 2, 300, seed=4)
    until = float(log["departure_s"].max()) + 1
    books = little_audit(log["arrival_s"], log["departure_s"], 0.0, until)
    assert books["carried_in_s"] == books["carried_out_s"] == 0
    assert books["mean_in_system"] == pytest.approx(books["arrival_per_s"] * books["mean_time_s"])


@pytest.mark.parametrize(
    "log", [([0, 1], [1], 0, 1), ([1], [0.5], 0, 2), ([0], [1], 2, 2), ([0], [float("nan")], 0, 2)]
)
def test_no_books_without_a_log_and_a_window(log):
    with pytest.raises(ValueError, match="window"):
        little_audit(*log)
