"""What pictures cost a conversation, and the plan of a fleet: tokens read one by one, a fleet played and searched."""

from __future__ import annotations

import heapq
import itertools
import math

import numpy as np
import pytest

from reference_solutions.m05_llm_inference.forward_flops import causal_context
from reference_solutions.m06_multimodal.cross_attention import fusion_cost
from reference_solutions.m06_multimodal.fusion_figure import fusion_figure
from reference_solutions.m06_multimodal.vlm_plan import vlm_plan

MODEL = {
    "text_tokens": 300, "image_tokens": 900, "latents": 48, "layers": 24, "hidden": 2048, "weights": 3e9,
    "cross_layers": 6, "resampler_flops": 4e10, "flops_per_s": 2e14,
}  # fmt: skip


# --- the figure -------------------------------------------------------------------------------------------------------


def test_each_point_from_the_pages_of_its_parts():
    figure = fusion_figure(np.arange(0, 12), 100.0, MODEL)
    lines = {one["label"]: one["y"] for one in figure["series"]}
    for n in range(12):
        tokens = {"one sequence": 300 + n * 900, "resampler": 300 + n * 48, "cross-attention": 300}
        for way, read in tokens.items():
            flops = 2 * 3e9 * read + 24 * 4 * 2048 * float(causal_context(read))
            flops += n * 4e10 * (way == "resampler")
            if way == "cross-attention":
                flops += 6 * fusion_cost(300, n * 900, 2048, 16)["cross"]["flops"]
            assert lines[way][n] == pytest.approx(flops / 2e14)


def test_marks_are_the_last_points_in_time():
    figure = fusion_figure(np.arange(1, 20), 0.25, MODEL)
    for mark, one in zip(figure["marks"], figure["series"], strict=True):
        kept = [x for x, y in zip(one["x"], one["y"], strict=True) if y <= 0.25]
        assert mark == {"label": one["label"], "x": kept[-1], "y": one["y"][one["x"].index(kept[-1])]}
    assert figure["left_out"] == []
    assert max(figure["series"][0]["y"]) <= figure["y"]["limits"][1]


def test_a_way_that_is_late_at_once_is_left_out():
    one_picture_s = 2 * 3e9 * 1200 / 2e14
    figure = fusion_figure([1, 2], one_picture_s, MODEL)
    assert figure["left_out"] == ["one sequence"]
    nothing = fusion_figure([1, 2], 1e-9, MODEL)
    assert (nothing["series"], nothing["marks"], len(nothing["left_out"])) == ([], [], 3)


# --- the plan ---------------------------------------------------------------------------------------------------------


def scenario(**changes):
    model = {"token_px": 28, "encode_ms_per_1000_tokens": 150, "weights": 8e9, "hidden": 4096, "latents": 64}
    model |= {"bytes_per_token": 131_072, "cross_layers": 10, "cross_bytes_per_token": 40_000}
    images = [
        {"kind": "page", "height_px": 1500, "width_px": 1000, "percent": 60},
        {"kind": "crop", "height_px": 500, "width_px": 300, "percent": 40},
    ]
    return {
        "images": images, "image_share": 0.6, "hit_share": 0.2, "text_tokens": 400, "answer_tokens": 200,
        "requests_per_s": 9.0, "write_s": 3.0, "machines": 7, "flops_per_s": 3e14, "cache_bytes": 5e9, "busiest": 0.85,
        "promise_ms": 450, "model": model, "quality": {"joined": 80.0, "resampled": 75.0, "cross": 77.0},
    } | changes  # fmt: skip


def served(arrivals, services, servers):
    free, left = [0.0] * servers, []
    for comes, takes in zip(arrivals, services, strict=True):
        begins = max(comes, heapq.heappop(free))
        heapq.heappush(free, begins + takes)
        left.append(begins + takes)
    return np.array(left)


@pytest.mark.parametrize("quality", ["joined", "resampled", "cross"])
def test_the_chosen_fleet_played(quality):
    """Request by request: within a tenth of what was planned, and each stage as busy as it says."""
    users = scenario(quality={"joined": 1.0, "resampled": 1.0, "cross": 1.0} | {quality: 2.0})
    plan, rng, count = vlm_plan(users), np.random.default_rng(7), 60_000
    assert plan["fusion"] == quality
    seen = np.array([54 * 36, 18 * 11.0])
    kind = rng.choice(2, count, p=[0.6, 0.4])
    image = rng.random(count) < 0.6
    new = image & (rng.random(count) >= 0.2)
    comes = np.cumsum(rng.exponential(1 / 9.0, count))
    encode_s = (seen * 150 / 1e6)[kind]
    extra = 10 * np.array([fusion_cost(400, int(one), 4096, 32)["cross"]["flops"] for one in seen])
    tokens = {"joined": seen, "resampled": np.full(2, 64.0), "cross": np.zeros(2)}[quality]
    flops = 2 * 8e9 * (400 + np.where(image, tokens[kind], 0)) + np.where(image, extra[kind], 0) * (quality == "cross")
    ready = comes.copy()
    ready[new] = served(comes[new], encode_s[new], plan["machines"][0])
    order = np.argsort(ready, kind="stable")
    first = np.empty(count)
    first[order] = served(ready[order], flops[order] / 3e14, plan["machines"][1])
    late = new.copy()
    late[:5000] = False
    assert np.mean((first - comes)[late]) == pytest.approx(plan["ttft_s"], rel=0.1)
    assert encode_s[new].sum() / comes[-1] / plan["machines"][0] == pytest.approx(plan["utilisation"][0], rel=0.02)
    assert (flops / 3e14).sum() / comes[-1] / plan["machines"][1] == pytest.approx(plan["utilisation"][1], rel=0.02)


def test_slots_of_the_mean_request():
    plan = vlm_plan(scenario())
    mean_image = 0.6 * 54 * 36 + 0.4 * 18 * 11
    assert plan["tokens"] == {"page": 54 * 36, "crop": 18 * 11}
    assert plan["slots"]["joined"] == math.floor(5e9 / (131_072 * (600 + 0.6 * mean_image)))
    assert plan["slots"]["resampled"] == math.floor(5e9 / (131_072 * (600 + 0.6 * 64)))
    assert plan["slots"]["cross"] == math.floor(5e9 / (131_072 * 600 + 0.6 * 40_000 * mean_image))


def waits_s(rate, kinds, servers):
    """M/M/c by factorials, scaled by the second moment; `kinds` are (share, time)."""
    mean, square = (sum(share * time**power for share, time in kinds) for power in (1, 2))
    load = rate * mean
    if load >= servers:
        return math.inf
    full = load**servers / math.factorial(servers) * servers / (servers - load)
    waiting = full / (full + sum(load**n / math.factorial(n) for n in range(servers)))
    return waiting * mean / (servers - load) * square / mean**2 / 2


def test_every_split_tried():
    plan = vlm_plan(scenario(promise_ms=1e6))
    encode = [(0.6, 54 * 36 * 150 / 1e6), (0.4, 18 * 11 * 150 / 1e6)]
    read = [(0.6, 2 * 8e9 * (400 + 54 * 36) / 3e14), (0.4, 2 * 8e9 * (400 + 18 * 11) / 3e14)]
    mixed = [(0.6 * share, time) for share, time in read] + [(0.4, 2 * 8e9 * 400 / 3e14)]
    idle_s = sum(share * time for share, time in encode + read)
    found = {}
    for split in itertools.product(range(1, 6), repeat=3):
        busy = [9 * 0.6 * 0.8 * sum(s * t for s, t in encode) / split[0], 9 * sum(s * t for s, t in mixed) / split[1]]
        busy.append(9 * 3.0 / (split[2] * plan["slots"]["joined"]))
        if sum(split) == 7 and max(busy) <= 0.85:
            waited_s = waits_s(9 * 0.6 * 0.8, encode, split[0]) + waits_s(9.0, mixed, split[1])
            found[split] = idle_s + waited_s
    best = min(found, key=found.get)
    assert len(found) > 1
    assert (plan["fusion"], tuple(plan["machines"])) == ("joined", best)
    assert plan["ttft_s"] == pytest.approx(found[best], rel=1e-9)


def test_the_promise_decides_between_versions():
    best = vlm_plan(scenario())["least_ttft_s"]
    slow, fast = max(best, key=best.get), min(best, key=best.get)
    between_ms = 1e3 * (best[slow] + best[fast]) / 2
    chosen = vlm_plan(scenario(promise_ms=between_ms, quality=dict.fromkeys(best, 1.0) | {slow: 9.0, fast: 2.0}))
    assert chosen["fusion"] == fast
    with pytest.raises(ValueError, match="no fusion keeps"):
        vlm_plan(scenario(promise_ms=1))


def test_a_stage_that_is_too_busy_rules_a_version_out():
    plan = vlm_plan(scenario(cache_bytes=1.2e9, promise_ms=1e6))
    assert plan["least_ttft_s"]["joined"] == np.inf
    assert plan["fusion"] != "joined"
