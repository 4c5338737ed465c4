"""Headline numbers of the training sample by a second method: counting, playing, drawing.

Nothing of `reference_solutions` is imported.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from tests.capstone.samples import made


@pytest.fixture(scope="module")
def says():
    return {id_: one.value for id_, one in made("training_cluster").document.claims.items()}


def test_operations_and_parameters_matrix_by_matrix(says):
    layers, h, s, words = (int(says[f"model.{name}"]) for name in ("layers", "width", "heads", "vocabulary"))
    s = int(says["wl.sequence"])
    shapes = [(h, 3 * h), (h, h), (h, 4 * h), (4 * h, h)]
    weights = sum(m * n for m, n in shapes)
    biases = 3 * h + h + 4 * h + h + 4 * h  # of the matrices, and two layer norms
    assert says["model.params"] == pytest.approx(layers * (weights + biases) + (words + s) * h, rel=1e-3)
    attention = 2 * 2 * s * h  # scores, and values under them, for one token
    forward = layers * (2 * weights + attention) + 2 * h * words
    assert says["model.token_flops"] == pytest.approx(3 * forward, rel=1e-3)
    assert says["model.token_flops_done"] == pytest.approx(3 * forward + layers * attention, rel=1e-3)
    assert says["train.flops"] == pytest.approx(3 * forward * says["wl.tokens"], rel=1e-3)


def test_memory_tensor_by_tensor(says):
    """One layer of one micro-batch, attention recomputed: tensors as the backward pass needs them."""
    sbh = says["wl.sequence"] * says["par.micro_batch"] * says["model.width"]
    kept = {
        "input of the first norm": 2, "input of query, key, value": 2, "query and key": 4, "values": 2,
        "input of the projection": 2, "its dropout mask": 1, "input of the second norm": 2, "input of the wide part": 2,
        "input of GELU": 8, "input of the narrow part": 8, "its dropout mask again": 1,
    }  # fmt: skip
    assert sum(kept.values()) == 34
    layer = sbh * sum(kept.values()) / says["par.tp"]
    assert says["mem.layer_bytes"] == pytest.approx(layer, rel=1e-3)
    scores = says["model.heads"] * says["wl.sequence"] ** 2 * says["par.micro_batch"] / says["par.tp"]
    assert says["mem.layer_bytes_whole"] == pytest.approx(layer + (2 + 1 + 2) * scores, rel=1e-3)
    p, v = int(says["par.pp"]), int(says["par.pieces"])
    held = most = 0
    total = v * int(says["par.micro_batches"])
    warm_up = 2 * (p - 1) + (v - 1) * p
    for turn in range(total):  # forward passes; from the end of the warm-up on, a backward pass follows each
        held += 1
        most = max(most, held)
        held -= 1 if turn >= warm_up else 0
    assert says["mem.layers_held"] == pytest.approx(most * says["model.layers"] / (p * v))
    stage = says["mem.stage_params"]
    states = stage * (2 + 2) + stage / says["par.dp"] * (4 + 4 + 4)
    assert says["mem.state_bytes"] == pytest.approx(states, rel=1e-3)
    together = states + says["mem.layers_held"] * layer + says["mem.working_bytes"]
    assert says["mem.per_gpu"] == pytest.approx(together, rel=2e-3)


def test_a_step_played_turn_by_turn(says):
    """Rings piece by piece, micro-batches one after the other, the slowest of drawn hosts."""
    n, size = int(says["par.tp"]), says["net.message_bytes"]
    ring = sum(says["net.inner_startup"] + size / n / says["hw.link_bandwidth"] for _ in range(2 * (n - 1)))
    assert says["net.tp_allreduce"] == pytest.approx(ring, rel=1e-3)
    flops = says["hw.device_peak"] * says["perf.compute_efficiency"]
    layers = int(says["model.layers"] / says["par.pp"])
    tokens = says["wl.sequence"] * says["par.micro_batch"]
    compute = says["model.token_flops_done"] * tokens / (says["par.pp"] * n) / flops
    transfer = says["net.outer_startup"] + size / n / says["net.outer_bandwidth"]
    stage = compute + sum(2 * ring + 2 * ring for _ in range(layers)) + 2 * says["par.pieces"] * transfer
    assert says["perf.micro_batch_time"] == pytest.approx(stage, rel=2e-3)
    replicas = int(says["par.dp"])
    gradients = sum(
        says["net.outer_startup"] + 2 * says["mem.stage_params"] / replicas / says["net.outer_bandwidth"]
        for _ in range(2 * (replicas - 1))
    )
    assert says["net.dp_time"] == pytest.approx(gradients, rel=1e-3)
    hidden = min(says["perf.overlap"] * gradients, 2 / 3 * compute)
    draw = np.random.default_rng(11)
    hosts = 1 + says["tail.node_spread"] * draw.standard_normal((20_000, int(says["cap.run_nodes"])))
    slowest = hosts.max(axis=1).mean()
    assert says["tail.straggler"] == pytest.approx(slowest, abs=5e-4)
    turns = says["par.micro_batches"] + (says["par.pp"] - 1) / says["par.pieces"]
    step = turns * stage * slowest + gradients - hidden + says["perf.step_overhead"]
    assert says["perf.step"] == pytest.approx(step, rel=3e-3)
    assert says["train.time_ideal"] == pytest.approx(says["train.steps"] * step / 86400, rel=3e-3)


def test_goodput_failure_by_failure(says):
    """A run that is played with drawn failures, in restarts as well."""
    draw = np.random.default_rng(12)
    rate = says["par.gpus"] / says["fail.device_mtbf"] + says["cap.run_nodes"] / says["fail.host_mtbf"]
    assert says["fail.job_mtbf"] == pytest.approx(1 / rate, rel=1e-3)
    restart = says["fail.detect"] + says["ckpt.bytes"] / says["data.read_bandwidth"]
    progress = now = 0.0
    for life in draw.exponential(3600 / rate, 60_000):
        now += life
        left = life - restart
        while left >= says["ckpt.interval"] + says["ckpt.time"]:
            left -= says["ckpt.interval"] + says["ckpt.time"]
            progress += says["ckpt.interval"]
    assert 1 - says["fail.goodput"] == pytest.approx(1 - progress / now, rel=0.02)


def test_full_strength_as_scipy_has_it(says):
    rate = says["hw.host_devices"] / says["fail.device_mtbf"] + 1 / says["fail.host_mtbf"]
    up = Fraction(1 / rate) / (Fraction(1 / rate) + Fraction(says["fail.mttr"]))
    hosts = int(says["cap.run_nodes"] + says["cap.spares"])
    enough = stats.binom.sf(says["cap.run_nodes"] - 1, hosts, float(up))
    assert 1 - says["fail.full_strength"] == pytest.approx(1 - enough, rel=0.01)


def test_the_partition_event_by_event(says):
    """Another scheduler: all hosts as a list of the times at which they become free."""
    data = made("training_cluster").brief.data
    jobs = list(zip(*(data[f"trace.{name}"].tolist() for name in ("submit_s", "job_devices", "run_s")), strict=True))
    free_at, last, waits = [0.0] * int(says["sched.research_nodes"]), 0.0, []
    for submit, devices, run in jobs:  # strictly in order of arrival: nobody starts before who came before
        need = math.ceil(devices / says["hw.host_devices"])
        free_at.sort()
        start = max(submit, last, free_at[need - 1])
        free_at[:need] = [start + run] * need
        waits.append(start - submit)
        last = start
    assert says["sched.fifo_wait_p90"] == pytest.approx(np.quantile(waits, 0.9, method="inverted_cdf"), rel=1e-3)
    held = sum(math.ceil(devices / says["hw.host_devices"]) * run for _, devices, run in jobs)
    asked = sum(devices * run for _, devices, run in jobs)
    assert 1 - says["sched.fragmentation"] == pytest.approx(asked / held / says["hw.host_devices"], rel=1e-3)


def test_power_heat_and_cost_by_hand(says):
    busy = says["pwr.busy"]
    device = says["pwr.idle_power"] * (1 - busy) + says["hw.device_power"] * busy
    watts = (says["cap.gpus"] * device + says["cap.nodes"] * says["pwr.host_power"]) * says["pwr.pue"]
    assert says["pwr.facility"] == pytest.approx(watts, rel=2e-3)
    price = says["cap.gpus"] * says["hw.device_price"] + says["cap.nodes"] * says["hw.host_price"]
    price += says["cost.storage"]
    hours = 365 * 24 * says["cost.years"]
    owned = price * (1 + says["cost.running_share"] * says["cost.years"])
    owned += watts / 1000 * hours * says["cost.usd_per_kwh"]
    share = (says["cap.run_nodes"] + says["cap.spares"]) / says["cap.nodes"]
    assert says["cost.run"] == pytest.approx(owned / hours * 24 * says["train.time_wall"] * share, rel=3e-3)
    warmed = says["therm.flow"] * says["therm.heat_capacity"] * says["therm.coolant_rise"]
    assert warmed == pytest.approx(says["pwr.nodes_per_rack"] * (8 * 700 + says["pwr.host_power"]), rel=1e-3)
