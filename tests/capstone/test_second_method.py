"""Headline numbers of the sample by a second method: arithmetic written here, and a fleet of processes in SimPy.

Nothing of `reference_solutions` is imported.
"""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from statistics import fmean

import numpy as np
import pytest
import simpy


@pytest.fixture(scope="module")
def says(document):
    return {id_: one.value for id_, one in document.claims.items()}


def test_memory_by_hand(says):
    layers, heads, dim = (int(says[f"model.{name}"]) for name in ("layers", "kv_heads", "head_dim"))
    token = sum(2 * dim * says["mem.kv_element"] for _ in range(layers) for _ in range(heads))
    assert says["mem.kv_bytes_per_token"] == pytest.approx(token, rel=1e-3)
    usable = says["hw.device_memory"] * says["mem.utilisation"] - says["mem.working_bytes"]
    room = says["par.tp"] * usable - says["model.params"] * says["mem.weight_element"]
    assert says["mem.kv_budget"] == pytest.approx(room, rel=1e-3)
    assert says["mem.kv_capacity_tokens"] == pytest.approx(room / token, rel=2e-3)


def test_the_step_by_hand(says):
    """Weights at the memory's pace, rings at the links': terms added up layer by layer."""
    bandwidth = says["par.tp"] * says["hw.device_bandwidth"] * says["perf.bandwidth_efficiency"]
    step = says["model.params"] * says["mem.weight_element"] / bandwidth + says["perf.step_overhead"]
    token = says["mem.context_tokens"] * says["mem.kv_bytes_per_token"] / bandwidth
    flops = says["par.tp"] * says["hw.device_peak"] * says["perf.compute_efficiency"]
    token = max(token, 2 * says["model.active_params"] / flops)
    n = int(says["par.tp"])
    for _ in range(int(says["model.layers"])):
        for _ in range(2):  # after attention, after the feed-forward part
            for _ in range(2 * (n - 1)):
                step += says["net.startup"]
                token += 2 * says["model.hidden"] / n / says["hw.link_bandwidth"]
    assert says["perf.fixed_step"] == pytest.approx(step, rel=2e-3)
    assert says["perf.token_step"] == pytest.approx(token, rel=2e-3)


def test_availability_by_exact_fractions(says):
    n, k = int(says["cap.replicas"]), int(says["cap.replicas"] - says["cap.spares"])
    hours = 1 / (says["par.tp"] / says["fail.device_mtbf"] + says["par.tp"] / 8 / says["fail.host_mtbf"])
    up = Fraction(hours) / (Fraction(hours) + Fraction(says["fail.mttr"]))
    enough = sum(math.comb(n, i) * up**i * (1 - up) ** (n - i) for i in range(k, n + 1))
    assert 1 - says["fail.availability"] == pytest.approx(float(1 - enough), rel=0.02)


def test_power_and_cost_by_hand(says):
    busy = says["cap.utilisation"]
    device = says["pwr.idle_power"] * (1 - busy) + says["hw.device_power"] * busy
    power = (says["cap.gpus"] * device + says["cap.nodes"] * says["pwr.host_power"]) * says["pwr.pue"]
    assert says["pwr.facility"] == pytest.approx(power, rel=2e-3)
    machines = says["cap.gpus"] * says["hw.device_price"] + says["cap.nodes"] * says["hw.host_price"]
    total = machines
    for _ in range(int(says["cost.years"])):
        total += power / 1000 * 24 * 365 * says["cost.usd_per_kwh"] + machines * says["cost.running_share"]
    assert says["cost.tco"] == pytest.approx(total, rel=3e-3)
    seconds = says["cost.years"] * 365 * 24 * 3600
    tokens = says["req.rate_mean"] * says["wl.output_tokens_mean"] * says["wl.load_share"] * seconds
    assert says["cost.usd_per_mtok"] == pytest.approx(total / tokens * 1e6, rel=3e-3)


def replica(env, waiting, says, seen):
    """A process: steps one after the other, whoever waits enters while there are slots."""
    writing = []  # [request, tokens left, time of its first token]
    while True:
        entering = [] if writing or waiting.items else [(yield waiting.get())]
        while waiting.items and len(writing) + len(entering) < says["batching.slots"]:
            entering.append((yield waiting.get()))
        tokens = len(writing) + sum(prompt for _, prompt, _ in entering)
        yield env.timeout(says["perf.fixed_step"] + says["perf.token_step"] * tokens)
        for one in writing:
            one[1] -= 1
        writing += [[request, request[2] - 1, env.now] for request in entering]
        for request, _, first in (one for one in writing if one[1] == 0):
            gap = (env.now - first) / (request[2] - 1) if request[2] > 1 else None
            seen.append((first - request[0], gap, env.now - request[0]))
        writing = [one for one in writing if one[1] > 0]


def fleet(brief, says, replicas):
    """TTFT, TPOT and stay of each request; a store of waiting ones before each replica."""
    names = ("arrivals_s", "prompt_tokens", "output_tokens")
    rows = list(zip(*(brief.data[f"trace.{name}"].tolist() for name in names), strict=True))
    env, seen = simpy.Environment(), []
    stores = [simpy.Store(env) for _ in range(replicas)]

    def users():
        for number, row in enumerate(rows):
            yield env.timeout(row[0] - env.now)
            yield stores[number % replicas].put(row)

    for store in stores:
        env.process(replica(env, store, says, seen))
    env.process(users())
    env.run(until=rows[-1][0] + 3600)
    assert len(seen) == len(rows)
    return seen


@pytest.mark.parametrize("name", ["", "_degraded"])
def test_the_tail_by_processes(brief, says, name):
    replicas = int(says["cap.replicas"] - (says["cap.spares"] if name else 0))
    seen = fleet(brief, says, replicas)
    ttft = np.sort([one[0] for one in seen])
    tpot = np.sort([one[1] for one in seen if one[1] is not None])
    # another order of events at equal times, and rounded claims: well within the tenth that a simulation is granted
    assert says[f"tail.ttft_p99{name}"] == pytest.approx(ttft[math.ceil(0.99 * len(ttft)) - 1], rel=0.05)
    assert says[f"tail.tpot_p99{name}"] == pytest.approx(tpot[math.ceil(0.99 * len(tpot)) - 1], rel=0.05)
    if not name:
        assert says["tail.e2e_mean"] == pytest.approx(fmean(one[2] for one in seen), rel=0.02)


@pytest.mark.parametrize(("share", "keeps"), [(0.93, True), (1.1, False)])
def test_goodput_by_processes(brief, says, share, keeps):
    """One replica at a little less than its goodput keeps both limits, at a little more it does not."""
    data = dict(brief.data)
    arrivals = data["trace.arrivals_s"] - data["trace.arrivals_s"][0]
    data["trace.arrivals_s"] = arrivals * (len(arrivals) - 1) / arrivals[-1] / (says["perf.goodput"] * share)
    seen = fleet(dataclasses.replace(brief, data=data), says, 1)
    ttft = np.sort([one[0] for one in seen])
    tpot = np.sort([one[1] for one in seen if one[1] is not None])
    worst = [times[math.ceil(0.99 * len(times)) - 1] for times in (ttft, tpot)]
    kept = worst[0] <= says["req.slo_ttft_p99"] and worst[1] <= says["req.slo_tpot_p99"]
    assert bool(kept) is keeps


def test_littles_law_by_counting(brief, says):
    """Requests that are there, counted at moments of the trace, against rate times time."""
    seen = fleet(brief, says, int(says["cap.replicas"]))
    stays = sum(one[2] for one in seen)
    span = brief.data["trace.arrivals_s"][-1]
    assert says["cap.in_flight"] == pytest.approx(stays / span, rel=0.03)
