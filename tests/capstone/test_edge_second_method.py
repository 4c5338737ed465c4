"""Headline numbers of the edge sample by a second method: arithmetic written here, and a board of processes in SimPy.

Nothing of `reference_solutions` is imported.
"""

from __future__ import annotations

import math
from statistics import fmean

import numpy as np
import pytest
import simpy
from scipy import optimize, stats

from tests.capstone.samples import made


@pytest.fixture(scope="module")
def sampled():
    return made("edge_deployment")


@pytest.fixture(scope="module")
def says(sampled):
    return {id_: one.value for id_, one in sampled.document.claims.items()}


def test_weights_and_memory_by_hand(says):
    width, inner, layers = (int(says[f"model.{name}"]) for name in ("hidden", "mlp", "layers"))
    matrices = layers * (4 * width * width + 2 * width * inner) + 3 * int(says["model.patch_px"]) ** 2 * width
    assert says["model.encoder_params"] == pytest.approx(matrices, rel=0.01)  # norms, biases and positions are the rest
    element = 1 + says["mem.scale_bytes"] / says["mem.scale_group"]  # int8
    models = (says["model.encoder_params"] + says["model.lm_params"]) * element
    assert says["mem.models_bytes"] == pytest.approx(models, rel=2e-3)
    tokens = int(says["wl.prompt_tokens"] + says["wl.answer_tokens"])
    cache = sum(
        2 * says["model.lm_kv_heads"] * says["model.lm_head_dim"] * 2 for _ in range(int(says["model.lm_layers"]))
    )
    assert says["mem.kv_bytes"] == pytest.approx(cache * tokens, rel=2e-3)
    rows = int(says["model.patches"]) + 1
    assert says["mem.arena"] == pytest.approx(2 * rows * width + rows * inner, rel=1e-3)


def test_a_crop_operator_by_operator(says):
    """Loops over strips, written out, and the slower of arithmetic and traffic."""
    chip, element = says["hw.sram"], says["mem.weight_element"]
    flops, bandwidth = says["perf.board_flops"], says["perf.board_bandwidth"]
    rows, width, inner = int(says["model.patches"]) + 1, int(says["model.hidden"]), int(says["model.mlp"])
    block = [(rows, width, 3 * width), (rows, width, width), (rows, width, inner), (rows, inner, width)]
    seconds = moved = 0.0
    for m, k, n in [(rows - 1, 3 * int(says["model.patch_px"]) ** 2, width), *int(says["model.layers"]) * block]:
        best = math.inf
        for count, stay, stream in ((m, k, k * n * element), (n, k * element, m * k)):
            room = int((chip - (k * element if stay == k else k)) // stay)
            loads, done = 0.0, 0
            while done < count:
                take = min(room, count - done)
                loads, done = loads + take * stay + stream, done + take
            best = min(best, loads)
        moved += best + m * n
        seconds += says["perf.launch"] + max(2 * m * k * n / flops, (best + m * n) / bandwidth)
    for _ in range(int(says["model.layers"])):
        moved += 4 * rows * width
        seconds += says["perf.launch"] + max(4 * rows * rows * width / flops, 4 * rows * width / bandwidth)
    assert says["mem.traffic"] == pytest.approx(moved, rel=2e-3)
    assert says["perf.encoder_time"] == pytest.approx(seconds, rel=2e-3)


def test_an_answer_by_hand(says):
    token = (says["mem.lm_bytes"] + says["mem.kv_bytes"]) / says["perf.board_bandwidth"] + says["perf.token_overhead"]
    assert says["perf.tokens_per_s"] == pytest.approx(1 / token, rel=2e-3)
    reading = 2 * says["model.lm_params"] * says["wl.prompt_tokens"] / says["perf.board_flops"]
    answer = reading + says["perf.token_overhead"] + says["wl.answer_tokens"] * token
    assert says["perf.answer_time"] == pytest.approx(answer, rel=5e-3)


def test_heat_by_bisection(says):
    def left_over(celsius):
        leaking = says["pwr.leakage"] * math.exp(says["pwr.leak_per_k"] * (celsius - says["pwr.leak_nominal"]))
        drawn = says["pwr.idle"] + says["sched.utilisation"] * says["pwr.busy"] + leaking
        return celsius - says["therm.ambient"] - drawn * says["therm.resistance"]

    junction = optimize.bisect(left_over, says["therm.ambient"], 110)
    assert says["therm.junction"] == pytest.approx(junction, abs=0.05)
    voltage = says["pwr.voltage_floor"] + (1 - says["pwr.voltage_floor"]) * says["perf.clock_share"]
    assert says["pwr.busy"] == pytest.approx(says["pwr.dynamic_full"] * says["perf.clock_share"] * voltage**2, rel=1e-3)


def board(sampled, says, ambient, start, step_s=0.01):
    """A camera, a server and a temperature as processes: latencies, drops, frames on a slow board."""
    env = simpy.Environment()
    data = sampled.brief.data
    base = says["pwr.idle"] + says["pwr.leakage_warm"]
    heat = {"c": start, "w": base}
    waiting, stays, drops, slow = [], [], [], []
    state = {"busy": False, "slow": False}

    def warms():
        while True:
            goal = ambient + heat["w"] * says["therm.resistance"]
            heat["c"] += (goal - heat["c"]) * step_s / says["therm.time_constant"]
            yield env.timeout(step_s)

    def serves():
        state["busy"] = True
        limit = says["req.junction_limit"]
        while waiting:
            arrival, need = waiting.pop(0)
            state["slow"] = heat["c"] > limit - says["therm.hysteresis"] if state["slow"] else heat["c"] >= limit
            slow.append(state["slow"])
            heat["w"] = base + says["pwr.busy_slow" if state["slow"] else "pwr.busy"]
            yield env.timeout(need * (says["therm.slow_factor"] if state["slow"] else 1))
            stays.append(env.now - arrival)
        heat["w"], state["busy"] = base, False

    def camera():
        crops = data["trace.crops"] * data["trace.slowdown"]
        for arrival, work in zip(data["trace.arrivals_s"].tolist(), crops.tolist(), strict=True):
            yield env.timeout(arrival - env.now)
            if len(waiting) >= says["sched.queue_frames"] and state["busy"]:
                drops.append(arrival)
                continue
            waiting.append((arrival, says["perf.frame_overhead"] + work * says["perf.encoder_time"]))
            if not state["busy"]:
                env.process(serves())

    env.process(warms())
    env.process(camera())
    env.run(until=float(data["trace.arrivals_s"][-1]) + 30)
    return stays, len(drops) / len(data["trace.crops"]), fmean(slow)


def test_the_tail_by_processes(sampled, says):
    stays, dropped, slow = board(sampled, says, says["therm.ambient"], says["therm.junction"])
    ranked = np.sort(stays)
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        found = ranked[math.ceil(share * len(ranked)) - 1]
        assert says[f"tail.latency_{name}"] == pytest.approx(found, rel=0.02)
    assert says["tail.latency_mean"] == pytest.approx(fmean(stays), rel=0.02)
    assert (says["tail.dropped_share"], says["tail.slow_share"]) == (dropped, slow) == (0.0, 0.0)
    # Little's law by counting: time that frames spend on the board, over the trace
    assert says["sched.frames_at_once"] == pytest.approx(sum(stays) / sampled.brief.data["trace.span_s"], rel=0.02)


def test_a_hotter_sun_by_processes(sampled, says):
    """Beyond what the sample's design stands: slow frames and drops, as the model has them."""
    graph = sampled.graph
    hot = {**sampled.seen.truth, "therm.sun": says["therm.sun"] + 4.0}
    claimed = {name: graph.value(graph.index.required[name], hot) for name in
               ("tail.latency_p99_sun", "tail.slow_share_sun", "tail.dropped_share_sun")}  # fmt: skip
    start = min(says["therm.junction"] + hot["therm.sun"], says["req.junction_limit"])
    stays, dropped, slow = board(sampled, says, says["therm.ambient"] + hot["therm.sun"], start)
    assert claimed["tail.slow_share_sun"] == pytest.approx(slow, abs=0.03)
    assert 0.1 < slow < 1
    assert claimed["tail.dropped_share_sun"] == pytest.approx(dropped, abs=0.01)
    assert claimed["tail.latency_p99_sun"] == pytest.approx(np.sort(stays)[math.ceil(0.99 * len(stays)) - 1], rel=0.1)


def test_the_battery_hour_by_hour(says):
    power = says["wl.active_share"] * (
        says["pwr.mean"] + says["wl.answers_per_hour"] * says["perf.answer_time"] / 3600 * says["pwr.busy"]
    ) + (1 - says["wl.active_share"]) * says["pwr.sleep"]  # fmt: skip
    left, seconds = says["batt.capacity"] * says["batt.usable"] * 3600, 0
    while left > 0:
        left -= (power / says["batt.efficiency"] + left * says["batt.self_discharge"] / 86_400) * 60
        seconds += 60
    assert says["batt.life"] == pytest.approx(seconds, rel=5e-3)


def test_accuracy_by_counting(sampled, says):
    data, scheme = sampled.brief.data, says["quant.scheme"]
    before, after, sure = (data[f"eval.{name}|{scheme}"] for name in ("reference", "quantised", "confidence"))
    lost = sum(1 for one, two in zip(before, after, strict=True) if one and not two)
    gained = sum(1 for one, two in zip(before, after, strict=True) if two and not one)
    assert says["quant.drop"] == pytest.approx((lost - gained) / len(before), abs=1e-6)
    assert says["quant.p_value"] == pytest.approx(stats.binomtest(lost, lost + gained).pvalue, rel=1e-3)
    ends = stats.ttest_1samp(before.astype(float) - after, 0).confidence_interval()
    assert says["quant.drop_low"] == pytest.approx(ends.low, abs=1e-4)
    assert says["quant.drop_high"] == pytest.approx(ends.high, abs=1e-4)
    sent = sure < says["fleet.threshold"]
    together = (after[~sent].sum() + says["fleet.other_accuracy"] * sent.sum()) / len(after)
    assert says["fleet.fallback_share"] == pytest.approx(sent.mean(), abs=1e-5)
    assert says["fleet.accuracy"] == pytest.approx(together, abs=1e-4)


def test_cost_by_hand(says):
    bom = sum(
        says[name] for name in ("hw.board_price", "cost.camera_price", "cost.battery_price", "cost.enclosure_price")
    )
    hours = 365 * 24
    charges = hours * 3600 / says["batt.life"]
    calls = says["fleet.fallback_share"] * says["wl.reports_per_hour"] * says["wl.active_share"] * hours
    gigabytes = (says["fleet.updates"] * says["net.update_bytes"] + calls * says["net.crop_bytes"]) / 1e9
    year = (
        bom / says["cost.years"]
        + says["cost.battery_price"] * charges / says["batt.cycles"]
        + calls * says["cost.usd_per_call"]
        + gigabytes * says["cost.usd_per_gb"]
        + hours / says["fail.hardware_mtbf"] * (bom + says["cost.visit"])
        + says["batt.mean_power"] / says["batt.efficiency"] * hours / 1000 * says["cost.usd_per_kwh"]
    )
    assert says["cost.device_year"] == pytest.approx(year, rel=2e-3)


def test_a_rollout_stage_by_stage(says):
    fleet, reached, seconds, stages = int(says["fleet.devices"]), 0, 0.0, 0
    share = says["fleet.first_share"]
    while reached < fleet:
        goal = min(math.ceil(round(fleet * share, 6)), fleet)
        load = max(says["net.update_bytes"] / says["net.link"],
                   (goal - reached) * says["net.update_bytes"] / says["net.server"])  # fmt: skip
        seconds += load + 3600 * (says["fleet.online"] + says["fleet.watch"])
        reached, share, stages = goal, share * says["fleet.growth"], stages + 1
    assert says["fleet.rollout"] == pytest.approx(seconds, rel=2e-3)
    assert says["fleet.stages"] == stages
    assert says["fleet.exposed"] == math.ceil(fleet * says["fleet.first_share"])
