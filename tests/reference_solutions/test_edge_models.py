"""Models of the edge: arena, tiles, encoder, throttling, battery, paired outcomes, rollout, each by another way."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import simpy
from scipy import stats

from reference_solutions.m01_microarchitecture.tensor_arena import arena_plan
from reference_solutions.m02_tools_methods.roofline import attainable_flops_per_s
from reference_solutions.m02_tools_methods.tiled_product import tiled_product_bytes
from reference_solutions.m06_multimodal.edge_encoder import encoder_arena_bytes, encoder_pass
from reference_solutions.m06_multimodal.vision_transformer import vit_macs
from reference_solutions.m09_cluster.staged_rollout import staged_rollout
from reference_solutions.m10_validation.paired_outcomes import paired_outcomes, selective_outcomes
from reference_solutions.m11_power_thermal.battery import battery_life_s
from reference_solutions.m11_power_thermal.runaway import settled_temperature_c
from reference_solutions.m11_power_thermal.throttling import highest_ambient_c, throttled_frames, time_to_limit_s

# --- arena


def painted(sizes, first, last, offsets):
    """Each moment's memory, byte by byte: the highest byte, and whether two tensors meet in one."""
    top = 0
    for moment in range(max(last) + 1):
        owner = {}
        for one, size in enumerate(sizes):
            if first[one] <= moment <= last[one]:
                for byte in range(offsets[one], offsets[one] + size):
                    assert byte not in owner, (one, owner[byte])
                    owner[byte] = one
        top = max([top, *(byte + 1 for byte in owner)])
    return top


def first_fit(sizes, first, last, order):
    """An arena by first fit in a given order, a byte at a time."""
    offsets = {}
    for one in order:
        beside = [i for i in offsets if first[i] <= last[one] and first[one] <= last[i]]
        offset = 0
        while any(offset < offsets[i] + sizes[i] and offsets[i] < offset + sizes[one] for i in beside):
            offset += 1
        offsets[one] = offset
    return max(offsets[i] + sizes[i] for i in offsets)


def tensors(seed):
    draw = np.random.default_rng(seed)
    count = int(draw.integers(2, 7))
    first = draw.integers(0, 6, count)
    return draw.integers(1, 12, count).tolist(), first.tolist(), (first + draw.integers(0, 4, count)).tolist()


@pytest.mark.parametrize("seed", range(40))
def test_a_plan_never_lets_two_live_tensors_meet_and_is_between_the_bound_and_twice_the_best(seed):
    sizes, first, last = tensors(seed)
    plan = arena_plan(sizes, first, last, alignment_bytes=1)
    assert painted(sizes, first, last, plan["offsets_bytes"].tolist()) == plan["arena_bytes"]
    live = [sum(s for s, f, e in zip(sizes, first, last, strict=True) if f <= t <= e) for t in range(max(last) + 1)]
    assert plan["least_bytes"] == max(live) <= plan["arena_bytes"]
    best = min(first_fit(sizes, first, last, order) for order in itertools.permutations(range(len(sizes))))
    assert best <= plan["arena_bytes"] <= 2 * best
    by_size = sorted(range(len(sizes)), key=lambda i: (-sizes[i], first[i], i))
    assert plan["arena_bytes"] == first_fit(sizes, first, last, by_size)


def test_offsets_are_aligned_and_tensors_that_meet_add_up():
    plan = arena_plan([10, 20], [0, 1], [1, 2], alignment_bytes=1)
    assert plan["arena_bytes"] == 30
    assert (arena_plan([10, 20, 7], [0, 0, 0], [1, 1, 1], 16)["offsets_bytes"] % 16 == 0).all()
    for bad in (([0], [0], [1], 1), ([4], [2], [1], 1), ([4], [0], [1], 0), ([], [], [], 1)):
        with pytest.raises(ValueError, match="tensors"):
            arena_plan(*bad)


# --- tiles


def loaded(m, k, n, a, w, sram):
    """Both orders of loops played: what each loads, strip by strip."""
    found = []
    for strips, stays, streams in ((m, k * a, n * k * w), (n, k * w, m * k * a)):
        other = k * w if stays == k * a and streams == n * k * w else k * a
        room = int((sram - other) // stays)
        moved, at = 0, 0
        while at < strips:
            size = min(room, strips - at)
            moved += size * stays + streams
            at += size
        found.append(moved)
    return min(found) + m * n * a


@pytest.mark.parametrize("sram", [300, 1000, 4000, 100_000])
def test_traffic_by_playing_the_loops(sram):
    for m, k, n, a, w in ((50, 16, 40, 1, 2), (7, 32, 90, 2, 1), (120, 8, 8, 1, 1), (33, 20, 65, 1, 0.5)):
        assert float(tiled_product_bytes(m, k, n, a, w, sram)) == pytest.approx(loaded(m, k, n, a, w, sram))


def test_traffic_is_each_operand_once_where_one_fits_and_never_less_than_hong_and_kung():
    m, k, n = 64, 64, 64
    once = m * k + k * n + m * n
    assert float(tiled_product_bytes(m, k, n, 1, 1, m * k + k)) == once
    for sram in (130, 500, 1500, 4000):
        # loads: m n k / (2 sqrt(2 S)) - S, the constant of Irony, Toledo and Tiskin for Hong and Kung's order
        assert float(tiled_product_bytes(m, k, n, 1, 1, sram)) >= max(once, m * n * k / math.sqrt(8 * sram) - sram)
    less = tiled_product_bytes(m, k, n, 1, 1, 500) - tiled_product_bytes(m, k, n, 1, 1, 1500)
    assert less > 0
    with pytest.raises(ValueError, match="must fit"):
        tiled_product_bytes(m, k, n, 1, 1, 100)
    with pytest.raises(ValueError, match="rows"):
        tiled_product_bytes(0, k, n, 1, 1, 500)


# --- encoder


def test_an_encoder_operator_by_operator():
    n, p, depth, d, m = 144, 14, 6, 192, 768
    peak, beta, sram, w, launch = 1.2e12, 8e9, 200_000, 0.55, 1e-5
    operators = [(n, 3 * p * p, d)] + depth * [(n + 1, d, 3 * d), (n + 1, d, d), (n + 1, d, m), (n + 1, m, d)]
    seconds = moved = 0.0
    for rows, inner, outer in operators:
        traffic = loaded(rows, inner, outer, 1, w, sram)
        moved += traffic
        seconds += launch + max(2 * rows * inner * outer / peak, traffic / beta)
    for _ in range(depth):
        moved += 4 * (n + 1) * d
        seconds += launch + max(4 * (n + 1) ** 2 * d / peak, 4 * (n + 1) * d / beta)
    found = encoder_pass(n, p, depth, d, m, peak, beta, sram, weight_bytes=w, launch_s=launch)
    assert found["time_s"] == pytest.approx(seconds, rel=1e-12)
    assert found["traffic_bytes"] == pytest.approx(moved, rel=1e-12)
    assert found["flops"] == pytest.approx(2 * float(vit_macs(n, p, depth, d, m)), rel=1e-12)
    assert found["least_bytes"] <= found["traffic_bytes"]
    assert 0 < found["memory_share"] < 1
    with pytest.raises(ValueError, match="flops_per_s"):
        encoder_pass(n, p, depth, d, m, 0.0, beta, sram)


def test_an_encoder_never_beats_the_roofline_and_reaches_it_at_either_end():
    shape = {"patches": 196, "patch_px": 16, "layers": 12, "hidden": 768, "mlp": 3072, "sram_bytes": 2**21}
    for peak, beta in ((1e13, 34e9), (1e12, 68e9), (4e13, 5e9)):
        found = encoder_pass(**shape, flops_per_s=peak, bandwidth_bytes_per_s=beta)
        bound = attainable_flops_per_s(found["flops"] / found["traffic_bytes"], peak, beta)
        assert found["flops"] / found["time_s"] <= float(bound) * (1 + 1e-12)
    slow = encoder_pass(**shape, flops_per_s=1e9, bandwidth_bytes_per_s=1e12)
    assert (slow["memory_share"], slow["time_s"]) == (0.0, pytest.approx(slow["flops"] / 1e9))
    thin = encoder_pass(**shape, flops_per_s=1e18, bandwidth_bytes_per_s=1e9)
    assert (thin["memory_share"], thin["time_s"]) == (1.0, pytest.approx(thin["traffic_bytes"] / 1e9))


def test_images_together_share_the_reading_of_weights():
    shape = {"patches": 196, "patch_px": 16, "layers": 12, "hidden": 768, "mlp": 3072, "sram_bytes": 2**24}
    one = encoder_pass(**shape, flops_per_s=1e18, bandwidth_bytes_per_s=1e9)
    four = encoder_pass(**shape, flops_per_s=1e18, bandwidth_bytes_per_s=1e9, images=4)
    weights = 12 * (4 * 768**2 + 2 * 768 * 3072) + 3 * 16**2 * 768
    assert 4 * one["least_bytes"] - four["least_bytes"] == pytest.approx(3 * weights)
    assert four["flops"] == pytest.approx(4 * one["flops"])


@pytest.mark.parametrize(("hidden", "mlp"), [(64, 256), (64, 96), (32, 512)])
def test_the_arena_by_what_must_live_at_once(hidden, mlp):
    n, p = 9, 8
    tokens = n + 1
    image = n * 3 * p * p
    at_once = [image + tokens * hidden, 5 * tokens * hidden, 2 * tokens * hidden + tokens * mlp]
    found = encoder_arena_bytes(n, p, hidden, mlp)
    assert found["least_bytes"] == max(at_once)
    assert found["least_bytes"] <= found["arena_bytes"] <= 1.4 * found["least_bytes"]
    assert encoder_arena_bytes(n, p, hidden, mlp, activation_bytes=2)["least_bytes"] == 2 * max(at_once)
    with pytest.raises(ValueError, match="tensors"):
        encoder_arena_bytes(0, p, 0, mlp)


# --- throttling

POWER = {"base_w": 1.5, "busy_w": 9.0, "slow_factor": 1.8, "slow_w": 4.0}
HEAT = {"ambient_c": 30.0, "start_c": 40.0, "limit_c": 60.0, "resume_c": 55.0, "resistance_k_per_w": 6.0,
        "time_constant_s": 12.0}  # fmt: skip


def stepped(arrivals, work, queue, step_s=0.002):
    """The same board as processes: a camera, a server, and a temperature in small steps."""
    env = simpy.Environment()
    heat = {"c": HEAT["start_c"], "w": POWER["base_w"], "hottest": HEAT["start_c"], "j": 0.0}
    waiting, seen, dropped, slow = [], [], [], []
    state = {"busy": False, "slow": False, "left": len(arrivals)}

    def warms():
        while True:
            goal = HEAT["ambient_c"] + heat["w"] * HEAT["resistance_k_per_w"]
            heat["c"] += (goal - heat["c"]) * step_s / HEAT["time_constant_s"]
            heat["j"] += heat["w"] * step_s
            heat["hottest"] = max(heat["hottest"], heat["c"])
            yield env.timeout(step_s)

    def serves():
        state["busy"] = True
        while waiting:
            arrival, need = waiting.pop(0)
            state["slow"] = heat["c"] > HEAT["resume_c"] if state["slow"] else heat["c"] >= HEAT["limit_c"]
            heat["w"] = POWER["base_w"] + POWER["slow_w" if state["slow"] else "busy_w"]
            slow.append(state["slow"])
            yield env.timeout(need * (POWER["slow_factor"] if state["slow"] else 1.0))
            seen.append(env.now - arrival)
        heat["w"], state["busy"] = POWER["base_w"], False

    def camera():
        for arrival, need in zip(arrivals, work, strict=True):
            yield env.timeout(arrival - env.now)
            if len(waiting) >= queue and state["busy"]:
                dropped.append(arrival)
                continue
            waiting.append((arrival, need))
            if not state["busy"]:
                env.process(serves())

    env.process(warms())
    env.process(camera())
    env.run(until=arrivals[-1] + 60)
    return seen, dropped, slow, heat


def trace(seed, frames=900):
    draw = np.random.default_rng(seed)
    arrivals = np.cumsum(draw.exponential(0.1, frames))
    return arrivals, 0.02 + draw.exponential(0.05, frames)


@pytest.mark.parametrize("seed", range(3))
def test_a_board_that_throttles_by_processes(seed):
    arrivals, work = trace(seed)
    found = throttled_frames(arrivals, work, **POWER, **HEAT, queue_frames=4)
    seen, dropped, slow, heat = stepped(arrivals, work, 4)
    # a temperature in steps changes clocks a frame earlier or later, and a queue carries that on
    assert found["slow_share"] == pytest.approx(np.mean(slow), abs=0.03)
    assert 0.05 < found["slow_share"] < 0.95
    assert found["dropped_share"] == pytest.approx(len(dropped) / len(arrivals), abs=0.02)
    latencies = sorted(seen)
    assert found["p50_s"] == pytest.approx(latencies[math.ceil(0.5 * len(seen)) - 1], rel=0.06)
    assert found["p99_s"] == pytest.approx(latencies[math.ceil(0.99 * len(seen)) - 1], rel=0.06)
    assert found["hottest_c"] == pytest.approx(heat["hottest"], abs=0.6)
    assert found["mean_s"] == pytest.approx(np.mean(seen), rel=0.04)
    assert found["p99_low_s"] <= found["p99_s"] <= found["p99_high_s"]


def test_a_cool_board_is_a_plain_queue():
    arrivals, work = trace(7, 400)
    cool = {**HEAT, "limit_c": 1000.0, "resume_c": 999.0}
    found = throttled_frames(arrivals, work, **POWER, **cool, queue_frames=10_000)
    end, latencies = 0.0, []
    for arrival, need in zip(arrivals, work, strict=True):
        end = max(end, arrival) + need
        latencies.append(end - arrival)
    assert found["p99_s"] == pytest.approx(sorted(latencies)[math.ceil(0.99 * 400) - 1])
    assert found["slow_share"] == found["dropped_share"] == 0
    span = end - arrivals[0]
    assert found["busy_share"] == pytest.approx(work.sum() / span)
    assert found["power_w"] == pytest.approx(POWER["base_w"] + POWER["busy_w"] * work.sum() / span)


def test_a_busy_board_becomes_slow_when_its_limit_is_reached():
    """Always busy: the first slow frame starts at the first whole frame behind the closed form's time."""
    frame = 0.05
    arrivals, work = np.zeros(2000), np.full(2000, frame)
    found = throttled_frames(arrivals, work, **POWER, **HEAT, queue_frames=2000)
    power = POWER["base_w"] + POWER["busy_w"]
    at_s = float(time_to_limit_s(60.0, 40.0, 30.0, power, 6.0, 12.0, 3600.0))
    fast = math.ceil(at_s / frame)
    one_less = throttled_frames(arrivals[:fast], work[:fast], **POWER, **HEAT, queue_frames=2000)
    one_more = throttled_frames(arrivals[: fast + 1], work[: fast + 1], **POWER, **HEAT, queue_frames=2000)
    assert one_less["slow_share"] == 0 < one_more["slow_share"] == 1 / (fast + 1)
    # even slow it is too warm: it settles where its slow power holds it
    assert found["hottest_c"] == pytest.approx(30.0 + (1.5 + 4.0) * 6.0, abs=0.01)


def test_a_hot_board_stays_slow_until_it_has_cooled_to_the_resume_temperature():
    """Frames after pauses that let it cool to a known temperature: above the resume one slow, below it fast."""
    rise, tau = 10.5 * 6.0, 12.0
    busy = tau * math.log((30.0 + rise - 40.0) / (30.0 + rise - 62.0))  # from 40 to 62 degrees
    cooled = [-tau * math.log((goal - 39.0) / (62.0 - 39.0)) for goal in (58.0, 54.0)]  # rest settles at 39
    for pause, slow in zip(cooled, (True, False), strict=True):
        frames = [0.0, busy, busy + 1e-6 + pause], [busy, 1e-6, 0.1]
        found = throttled_frames(*frames, **POWER, **HEAT)
        assert found["slow_share"] == pytest.approx((1 + slow) / 3)


def test_a_burst_fills_the_queue_and_the_rest_is_dropped():
    found = throttled_frames(np.zeros(10), np.full(10, 0.01), **POWER, **HEAT, queue_frames=2)
    assert found["dropped_share"] == pytest.approx(0.7)  # one is served, two wait
    assert found["p99_s"] == pytest.approx(0.03)


def test_time_to_the_limit_by_small_steps():
    warm, seconds = 40.0, 0.0
    while warm < 60.0:
        warm += (30.0 + 10.5 * 6.0 - warm) * 1e-4 / 12.0
        seconds += 1e-4
    assert float(time_to_limit_s(60.0, 40.0, 30.0, 10.5, 6.0, 12.0, 3600.0)) == pytest.approx(seconds, abs=1e-2)
    assert float(time_to_limit_s(60.0, 40.0, 30.0, 4.0, 6.0, 12.0, 77.0)) == 77.0


def test_the_highest_ambient_is_where_the_board_settles_at_its_limit():
    for dynamic, leakage, resistance in ((4.0, 0.8, 5.0), (9.0, 0.3, 3.0)):
        ambient = float(highest_ambient_c(85.0, dynamic, leakage, 0.02, 25.0, resistance))
        assert float(settled_temperature_c(ambient, resistance, dynamic, leakage, 0.02, 25.0)) == pytest.approx(85.0)
    with pytest.raises(ValueError, match="resistance"):
        highest_ambient_c(85.0, 4.0, 0.8, 0.02, 25.0, 0.0)


def test_what_no_camera_sends_is_refused():
    for arrivals, work in (([], []), ([0.0, 1.0], [0.1]), ([1.0, 0.0], [0.1, 0.1]), ([0.0], [0.0])):
        with pytest.raises(ValueError, match=r"frame|work"):
            throttled_frames(arrivals, work, **POWER, **HEAT)


# --- battery


@pytest.mark.parametrize("leak", [0.0, 1e-7, 1e-6])
def test_a_battery_emptied_in_small_steps(leak):
    energy, seconds, step = 0.85 * 50 * 3600.0, 0.0, 5.0
    while energy > 0:
        energy -= (3.0 / 0.9 + leak * energy) * step
        seconds += step
    assert float(battery_life_s(50 * 3600.0, 0.85, 0.9, 3.0, leak)) == pytest.approx(seconds, rel=1e-3)


def test_batteries_that_are_none():
    for bad in ((0.0, 1.0, 1.0, 1.0, 0.0), (1.0, 1.1, 1.0, 1.0, 0.0), (1.0, 1.0, 1.0, 1.0, -1.0)):
        with pytest.raises(ValueError, match=r"must be positive|at most 1"):
            battery_life_s(*bad)


# --- paired outcomes


def expanded(both, lost, gained, neither):
    before = np.repeat([1, 1, 0, 0], [both, lost, gained, neither])
    return before, np.repeat([1, 0, 1, 0], [both, lost, gained, neither])


def test_approval_ratings_of_two_surveys():
    found = paired_outcomes(*expanded(794, 150, 86, 570))
    assert (found["accuracy_before"], found["accuracy_after"]) == (944 / 1600, 880 / 1600)
    assert found["drop"] == pytest.approx(0.04)
    assert found["p_value"] == pytest.approx(stats.binomtest(86, 236).pvalue, rel=1e-9)
    before, after = expanded(794, 150, 86, 570)
    interval = stats.ttest_1samp(before - after, 0).confidence_interval()
    assert found["drop_low"] == pytest.approx(interval.low, abs=1e-4)
    assert found["drop_high"] == pytest.approx(interval.high, abs=1e-4)


def test_mcnemars_exact_test_of_a_published_table():
    """48, 28, 35, 53: p = 0.45 by R's binom.test of 28 in 63."""
    assert paired_outcomes(*expanded(48, 28, 35, 53))["p_value"] == pytest.approx(0.45, abs=5e-4)
    assert paired_outcomes(*expanded(5, 0, 0, 5))["p_value"] == 1.0


def test_the_interval_covers_as_often_as_it_says():
    draw = np.random.default_rng(3)
    hits = 0
    for _ in range(2000):
        kind = draw.choice(4, 600, p=[0.7, 0.06, 0.03, 0.21])
        found = paired_outcomes(np.isin(kind, (0, 1)), np.isin(kind, (0, 2)))
        hits += found["drop_low"] <= 0.03 <= found["drop_high"]
    assert hits / 2000 == pytest.approx(0.95, abs=0.015)


def test_outcomes_that_are_none():
    for before, after in (([1], [1]), ([1, 0], [1]), ([1, 2], [1, 0])):
        with pytest.raises(ValueError, match="right or wrong"):
            paired_outcomes(before, after)
    with pytest.raises(ValueError, match="accuracy"):
        selective_outcomes([1], [0.5], 0.5, 1.5)


def test_unsure_answers_one_by_one():
    draw = np.random.default_rng(5)
    sure = draw.random(500)
    right = draw.random(500) < sure
    for threshold in (0.0, 0.4, 0.9, 1.1):
        kept = [bool(r) for r, s in zip(right, sure, strict=True) if s >= threshold]
        found = selective_outcomes(right, sure, threshold, 0.95)
        assert found["left_share"] == pytest.approx(1 - len(kept) / 500)
        assert found["accuracy"] == pytest.approx((sum(kept) + 0.95 * (500 - len(kept))) / 500)
        assert found["kept_accuracy"] == pytest.approx(sum(kept) / len(kept) if kept else 0.0)


# --- rollout


def test_a_rollout_device_by_device():
    fleet, package, link, server, first, growth = 730, 5e6, 2e4, 1.5e6, 0.02, 4
    todo, share, seconds, stages = list(range(fleet)), first, 0.0, 0
    while todo:
        goal = min(math.ceil(round(fleet * share, 6)), fleet)
        stage = [todo.pop() for _ in range(goal - (fleet - len(todo)))]
        seconds += max(package / link, sum(package for _ in stage) / server) + 600.0 + 7200.0
        share, stages = share * growth, stages + 1
    found = staged_rollout(fleet, package, link, server, first, growth, 600.0, 7200.0)
    assert found["rollout_s"] == pytest.approx(seconds)
    assert found["stages"] == stages == 4
    assert found["first_devices"] == math.ceil(fleet * first)
    assert found["server_bytes"] == fleet * package


def test_one_stage_in_closed_form_and_rollouts_that_are_none():
    assert staged_rollout(50, 100.0, 10.0, 1000.0, 1.0, 2, 5.0, 7.0)["rollout_s"] == 10 + 5 + 7
    for bad in ((0, 1.0, 1.0, 1.0, 0.1, 2, 0.0, 0.0), (5, 1.0, 1.0, 1.0, 1.5, 2, 0.0, 0.0),
                (5, 1.0, 1.0, 1.0, 0.1, 1, 0.0, 0.0), (5, 1.0, 1.0, 1.0, 0.1, 2, -1.0, 0.0)):  # fmt: skip
        with pytest.raises(ValueError, match=r"positive|at most"):
            staged_rollout(*bad)
