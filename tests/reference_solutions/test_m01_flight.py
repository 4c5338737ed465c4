"""Streaming kernels and deployments: loads played one by one, parts of a plan by other models."""

from __future__ import annotations

import heapq
import json

import numpy as np
import pytest

from reference_solutions.hardware import MULTIPROCESSORS
from reference_solutions.m01_microarchitecture.decode_flight import decode_flight
from reference_solutions.m01_microarchitecture.deployment import deployment_plan, placement_costs
from reference_solutions.m01_microarchitecture.numa import (
    numa_bytes_per_s,
    numa_latency_s,
    numa_run_s,
    page_homes,
    page_traffic,
)
from reference_solutions.m01_microarchitecture.occupancy import block_occupancy

# --- a streaming kernel ---------------------------------------------------------------------------------------------


def streamed_s(slots, sectors, latency_s, bandwidth, loads):
    """Slots that load again and again; data come after a latency, and after all sectors that were asked for before."""
    ready = [0.0] * slots
    served = now = 0.0
    for _ in range(loads):
        now = heapq.heappop(ready)
        served = max(served, now) + 32 * sectors / bandwidth
        heapq.heappush(ready, max(now + latency_s, served))
    return max(ready)


@pytest.mark.parametrize("slots", [4, 30, 200])
@pytest.mark.parametrize("sectors", [4, 16, 32])
def test_loads_that_are_played_take_as_long(slots, sectors):
    latency_s, bandwidth, loads = 1e-6, 20e9, 40 * slots
    time_s = streamed_s(slots, sectors, latency_s, bandwidth, loads)
    versions = {"blocks": [1], "warps": [slots], "loads": [1], "sectors": [sectors], "access_bytes": [4]}
    versions["needed_bytes"] = [loads * 32 * 4]
    gpu = {"multiprocessors": 1, "latency_s": latency_s, "bandwidth_bytes_per_s": bandwidth}
    found = decode_flight(versions, gpu)
    assert float(found["time_s"][0]) == pytest.approx(time_s, rel=0.03)  # the first latency, and the last
    assert float(found["moved_bytes_per_s"][0]) * time_s == pytest.approx(loads * 32 * sectors, rel=0.03)


def test_what_is_under_way_multiplies():
    versions = {"version": ["one", "all"], "blocks": [1, 4], "warps": [1, 4], "loads": [1, 3], "sectors": [16, 16]}
    versions |= {"access_bytes": [16, 16], "needed_bytes": [1e9, 1e9]}
    gpu = {"multiprocessors": 108, "latency_s": 600e-9, "bandwidth_bytes_per_s": 1e15}
    found = decode_flight(versions, gpu)["moved_bytes_per_s"]
    assert found[1] / found[0] == pytest.approx(48)
    assert found[0] == pytest.approx(108 * 512 / 600e-9)


# --- a deployment ---------------------------------------------------------------------------------------------------


def drawn(seed):
    rng = np.random.default_rng(seed)
    nodes, pages = int(rng.integers(2, 5)), 9
    accesses, touched = rng.integers(1, 10**6, (pages, nodes)), rng.integers(0, nodes, pages).tolist()
    server = {
        "latency_s": rng.uniform(80e-9, 300e-9, (nodes, nodes)).tolist(),
        "link_bytes_per_s": rng.uniform(10e9, 100e9, (nodes, nodes)).tolist(),
        "memory_bytes_per_s": rng.uniform(50e9, 400e9, nodes).tolist(),
        "outstanding": int(rng.integers(8, 200)),
        "line_bytes": 64,
        "bind_node": int(rng.integers(nodes)),
    }
    return accesses, touched, server


@pytest.mark.parametrize("seed", range(10))
def test_costs_are_those_of_the_numa_model(seed):
    accesses, touched, server = drawn(seed)
    machine = server["memory_bytes_per_s"], server["link_bytes_per_s"]
    found = placement_costs(accesses, touched, server)
    for row, policy in enumerate(found["policy"]):
        homes = page_homes(policy, touched, accesses.shape[1], server["bind_node"])
        traffic = page_traffic(accesses, homes)
        assert found["latency_s"][row] == pytest.approx(numa_latency_s(traffic, server["latency_s"]))
        assert found["bytes_per_s"][row] == pytest.approx(numa_bytes_per_s(traffic, *machine))
        expected = numa_run_s(traffic, server["latency_s"], *machine, server["outstanding"])
        assert found["run_s"][row] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(10))
def test_a_plan_takes_the_fastest_placement_and_the_busiest_launch(seed):
    rng = np.random.default_rng(seed)
    gpu = dict(MULTIPROCESSORS[sorted(MULTIPROCESSORS)[seed % 8]])
    gpu |= {"multiprocessors": 50, "latency_s": 700e-9, "bandwidth_bytes_per_s": 9e12}
    launches = [
        {
            "launch": letter,
            "threads": 32 * int(rng.integers(1, 17)),
            "registers": int(rng.integers(16, 120)),
            "shared_bytes": int(rng.integers(0, 30_000)),
            "loads": int(rng.integers(1, 5)),
            "access_bytes": 16,
        }
        for letter in "ABCD"
    ]
    costs = {"policy": ["a", "b", "c"], "run_s": rng.uniform(1, 2, 3).tolist()}
    plan = json.loads(deployment_plan(costs, launches, gpu))
    assert plan["placement"]["run_s"] == min(costs["run_s"])
    reached = {}
    for one in launches:
        held = block_occupancy(one["threads"], one["registers"], max(one["shared_bytes"], 1), gpu)
        under_way = 50 * held["blocks"] * one["threads"] * one["loads"] * 16
        reached[one["launch"]] = (min(1, under_way / 700e-9 / 9e12), held)
    best = max(reached, key=lambda letter: reached[letter][0])
    share, held = reached[best]
    assert plan["launch"]["busy_share"] == pytest.approx(share)
    if sum(other == share for other, _ in reached.values()) == 1:
        assert (plan["launch"]["launch"], plan["launch"]["blocks"]) == (best, held["blocks"])
        limits = {resource for resource, blocks in held["limits"].items() if blocks == held["blocks"]}
        assert set(plan["launch"]["limited_by"]) == limits
