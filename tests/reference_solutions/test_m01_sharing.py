"""Sharing: coherence from the history alone, bandwidths by a linear program, transfers step by step."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from reference_solutions.m01_microarchitecture.coherence import SnoopingBus
from reference_solutions.m01_microarchitecture.numa import (
    numa_bytes_per_s,
    numa_latency_s,
    numa_run_s,
    page_homes,
    page_traffic,
)
from reference_solutions.m01_microarchitecture.transfer_time import bus_bytes_per_s, ring_all_reduce_s, transfer_s

# --- MESI -----------------------------------------------------------------------------------------------------------

CORES = 3
histories = st.lists(st.tuples(st.booleans(), st.integers(0, CORES - 1), st.integers(0, 1)), max_size=40)


def played(history):
    bus = SnoopingBus(CORES)
    for writes, core, line in history:
        (bus.write if writes else bus.read)(core, line)
    return bus


def holders(history, line):
    """Who has the line: the last writer and all readers since; and whether it is newer than memory."""
    own = [(writes, core) for writes, core, touched in history if touched == line]
    last = max((place for place, (writes, _) in enumerate(own) if writes), default=-1)
    having = {core for _, core in own[max(last, 0) :]}
    return having, last >= 0 and having == {own[last][1]}


@given(histories)
def test_states_follow_from_who_wrote_last_and_who_read_since(history):
    bus = played(history)
    for line in (0, 1):
        having, dirty = holders(history, line)
        for core in range(CORES):
            expected = "I" if core not in having else "M" if dirty else "E" if len(having) == 1 else "S"
            assert bus.state(core, line) == expected


@given(histories)
def test_counts_follow_from_the_history(history):
    """Each access looks at who had the line before it, and at nothing else."""
    expected = {"BusRd": 0, "BusRdX": 0, "BusUpgr": 0}
    invalidations = write_backs = 0
    for place, (writes, core, line) in enumerate(history):
        having, dirty = holders(history[:place], line)
        others = having - {core}
        if core not in having:
            expected["BusRdX" if writes else "BusRd"] += 1
            write_backs += dirty
        elif writes and others:
            expected["BusUpgr"] += 1
        invalidations += len(others) if writes else 0
    bus = played(history)
    assert (bus.transactions, bus.invalidations, bus.write_backs) == (expected, invalidations, write_backs)


@given(histories)
def test_one_writer_or_many_readers(history):
    bus = SnoopingBus(CORES)
    for writes, core, line in history:
        (bus.write if writes else bus.read)(core, line)
        states = [bus.state(other, line) for other in range(CORES)]
        assert states.count("M") + states.count("E") <= 1
        assert not ({"M", "E"} & set(states) and "S" in states)


@pytest.mark.parametrize("writes", [1, 2, 9, 40])
def test_false_sharing_costs_all_writes_but_one(writes):
    shared = played([(True, turn % 2, 0) for turn in range(writes)])
    padded = played([(True, turn % 2, turn % 2) for turn in range(writes)])
    assert (shared.invalidations, padded.invalidations) == (writes - 1, 0)
    assert (shared.write_backs, sum(padded.transactions.values())) == (writes - 1, min(writes, 2))


def test_reading_first_makes_writing_silent():
    alone = played([(False, 0, 0), (True, 0, 0)])
    assert alone.transactions == {"BusRd": 1, "BusRdX": 0, "BusUpgr": 0}
    beside = played([(False, 1, 0), (False, 0, 0), (True, 0, 0)])
    assert beside.transactions == {"BusRd": 2, "BusRdX": 0, "BusUpgr": 1}


def test_a_bus_has_cores():
    with pytest.raises(ValueError, match="at least one core"):
        SnoopingBus(0)


# --- NUMA -----------------------------------------------------------------------------------------------------------


def machine(rng, nodes):
    traffic = rng.uniform(0, 1, (nodes, nodes)) * (rng.uniform(size=(nodes, nodes)) < 0.8)
    traffic[0, 0] += 0.1
    latency = rng.uniform(80e-9, 300e-9, (nodes, nodes))
    return traffic, latency, rng.uniform(50e9, 400e9, nodes), rng.uniform(10e9, 100e9, (nodes, nodes))


@pytest.mark.parametrize("seed", range(12))
def test_a_linear_program_sends_as_much(seed):
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(2, 5))
    traffic, _, memory, link = machine(rng, nodes)
    share = traffic / traffic.sum()
    rows = [share[:, home].sum() for home in range(nodes)]
    limits = list(memory / 1e9)
    for here in range(nodes):
        for there in range(nodes):
            if here != there:
                rows.append(share[here, there])
                limits.append(link[here, there] / 1e9)
    best = linprog([-1.0], A_ub=np.array(rows)[:, np.newaxis], b_ub=limits, bounds=[(0, None)])
    assert numa_bytes_per_s(traffic, memory, link) / 1e9 == pytest.approx(best.x[0], rel=1e-7)


@pytest.mark.parametrize("nodes", [2, 4, 8])
def test_interleaving_is_remote_but_for_one_nth(nodes):
    homes = page_homes("interleave", np.zeros(64 * nodes, dtype=int), nodes)
    traffic = page_traffic(np.ones((64 * nodes, nodes)), homes)
    assert np.trace(traffic) / traffic.sum() == pytest.approx(1 / nodes)
    latency = np.where(np.eye(nodes, dtype=bool), 90e-9, 160e-9)
    assert numa_latency_s(traffic, latency) == pytest.approx(90e-9 / nodes + 160e-9 * (1 - 1 / nodes))


def test_two_remote_shares_by_hand():
    """A third of the accesses remote: (1 - r) local + r remote."""
    assert numa_latency_s([[4, 2], [0, 0]], [[90e-9, 150e-9], [150e-9, 90e-9]]) == pytest.approx(110e-9)


@pytest.mark.parametrize("seed", range(6))
def test_traffic_is_counted_page_by_page(seed):
    rng = np.random.default_rng(seed)
    accesses, homes = rng.integers(0, 9, (20, 3)), rng.integers(0, 3, 20)
    expected = np.zeros((3, 3))
    for page in range(20):
        for node in range(3):
            expected[node, homes[page]] += accesses[page, node]
    np.testing.assert_array_equal(page_traffic(accesses, homes), expected)


@pytest.mark.parametrize("seed", range(6))
def test_a_run_is_as_slow_as_its_slowest_part(seed):
    rng = np.random.default_rng(seed)
    traffic, latency, memory, link = machine(rng, 3)
    traffic *= 1e7
    waits = [sum(traffic[i, j] * latency[i, j] for j in range(3)) / 20 for i in range(3)]
    places = [64 * traffic[:, j].sum() / memory[j] for j in range(3)]
    places += [64 * traffic[i, j] / link[i, j] for i in range(3) for j in range(3) if i != j]
    assert numa_run_s(traffic, latency, memory, link, outstanding=20) == pytest.approx(max(*waits, *places))


def test_policies_by_their_names():
    touched = [2, 0, 1, 1]
    assert page_homes("first_touch", touched, 3).tolist() == touched
    assert page_homes("bind", touched, 3, node=2).tolist() == [2] * 4
    for refused in (lambda: page_homes("?", touched, 3), lambda: numa_latency_s([[0]], [[1]])):
        with pytest.raises(ValueError, match=r"no policy|positive"):
            refused()


# --- transfers ------------------------------------------------------------------------------------------------------


def test_a_gibibyte_over_eight_devices():
    assert float(ring_all_reduce_s(2**30, 8, 0.0, 450e9)) * 1e3 == pytest.approx(4.17566, rel=1e-6)


def ring_played(values, startup_s, bandwidth):
    """Sums travel around the ring piece by piece; the time of each step is that of one transfer."""
    devices = len(values)
    pieces = [np.array_split(np.asarray(value, dtype=float), devices) for value in values]
    elapsed = 0.0
    for step in range(2 * (devices - 1)):
        sent = []
        for device in range(devices):
            piece = (device - step) % devices
            sent.append((device, piece, pieces[device][piece].copy()))
        for device, piece, data in sent:
            target = pieces[(device + 1) % devices]
            target[piece] = target[piece] + data if step < devices - 1 else data
        elapsed += startup_s + 8 * sent[0][2].size / bandwidth
    return [np.concatenate(one) for one in pieces], elapsed


@given(st.integers(1, 6), st.integers(1, 5), st.floats(0, 1e-3))
def test_a_played_ring_sums_and_takes_as_long(devices, piece, startup):
    values = np.random.default_rng(devices).uniform(size=(devices, devices * piece))
    sums, elapsed = ring_played(list(values), startup, 1e6)
    for one in sums:
        np.testing.assert_allclose(one, values.sum(axis=0))
    assert float(ring_all_reduce_s(8 * devices * piece, devices, startup, 1e6)) == pytest.approx(elapsed)


@given(st.floats(1e-7, 1e-4), st.floats(1e8, 1e12))
def test_half_of_the_bandwidth_at_n_half(startup, bandwidth):
    size = startup * bandwidth
    assert size / float(transfer_s(size, startup, bandwidth)) == pytest.approx(bandwidth / 2)


def test_bus_bandwidths_are_those_of_nccl_tests():
    cases = json.loads((Path(__file__).parents[1] / "oracles/m01_bus_bandwidth.json").read_text())["cases"]
    assert len(cases) >= 12
    for case in cases:
        found = bus_bytes_per_s(case["op"], case["n"], case["S"], case["t"])
        assert float(found) == pytest.approx(case["busbw"], rel=1e-12)


def test_a_ring_without_start_up_runs_at_bus_bandwidth():
    time_s = ring_all_reduce_s(3e9, [2, 3, 16], 0, 50e9)
    np.testing.assert_allclose(bus_bytes_per_s("all_reduce", np.array([2, 3, 16]), 3e9, time_s), 50e9)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: transfer_s(-1, 0, 1),
        lambda: transfer_s(1, -1, 1),
        lambda: transfer_s(1, 0, 0),
        lambda: ring_all_reduce_s(1, 0, 0, 1),
        lambda: bus_bytes_per_s("scan", 2, 1, 1),
    ],
)
def test_impossible_transfers_are_refused(refused):
    with pytest.raises(ValueError, match=r"negative|positive|no operation"):
        refused()
