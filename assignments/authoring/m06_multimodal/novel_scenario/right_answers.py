"""An independent right answer to module 6's novel scenario."""

from __future__ import annotations

import itertools
import math

from graders.checks import answer


def erlang_wait_s(rate, times, servers):
    """Mean wait of jobs that arrive at random, from (share, time) of each kind; M/M/c scaled by the second moment."""
    mean = sum(share * time for share, time in times)
    square = sum(share * time * time for share, time in times)
    load = rate * mean
    if load >= servers:
        return math.inf
    lost = 1.0
    for count in range(1, servers + 1):
        lost = load * lost / (count + load * lost)
    waiting = servers * lost / (servers - load * (1 - lost))
    return waiting * mean / (servers - load) * square / mean**2 / 2


@answer("m06_vlm_plan", by="all plans listed, then sorted")
def plan_by_listing(scenario):
    model, users = scenario["model"], scenario
    shares = [image["percent"] / 100 for image in users["images"]]
    seen = [
        math.ceil(image["height_px"] / model["token_px"]) * math.ceil(image["width_px"] / model["token_px"])
        for image in users["images"]
    ]
    x, p = users["text_tokens"], users["image_share"]
    encode = [
        (share, 1e-6 * model["encode_ms_per_1000_tokens"] * count) for share, count in zip(shares, seen, strict=True)
    ]
    slots, plans = {}, []
    for version in ("joined", "resampled", "cross"):
        read = {"joined": seen, "resampled": [model["latents"]] * 2, "cross": [0, 0]}[version]
        held = sum(s * r * model["bytes_per_token"] for s, r in zip(shares, read, strict=True))
        if version == "cross":
            held = sum(s * t * model["cross_bytes_per_token"] for s, t in zip(shares, seen, strict=True))
        request = (x + users["answer_tokens"]) * model["bytes_per_token"] + p * held
        slots[version] = math.floor(users["cache_bytes"] / request)
        d = model["hidden"]
        work = [
            2 * model["weights"] * (x + r)
            + (version == "cross") * model["cross_layers"] * 2 * (2 * x * d * d + 2 * t * d * d + 2 * x * t * d)
            for r, t in zip(read, seen, strict=True)
        ]
        reading = [(s, w / users["flops_per_s"]) for s, w in zip(shares, work, strict=True)]
        mixed = [(p * s, time) for s, time in reading] + [(1 - p, 2 * model["weights"] * x / users["flops_per_s"])]
        rates = [users["requests_per_s"] * p * (1 - users["hit_share"]), users["requests_per_s"]]
        for split in itertools.product(range(1, users["machines"]), repeat=3):
            if sum(split) != users["machines"]:
                continue
            busy = [
                rates[0] * sum(s * t for s, t in encode) / split[0],
                rates[1] * sum(s * t for s, t in mixed) / split[1],
                rates[1] * users["write_s"] / (split[2] * slots[version]),
            ]
            time = sum(s * t for s, t in encode) + sum(s * t for s, t in reading)
            time += erlang_wait_s(rates[0], encode, split[0]) + erlang_wait_s(rates[1], mixed, split[1])
            if all(one <= users["busiest"] for one in busy):
                plans.append((time, version, list(split), busy))
    plans.sort(key=lambda plan: plan[0])
    least = {version: next((plan for plan in plans if plan[1] == version), None) for version in slots}
    in_time = [plan for plan in least.values() if plan and plan[0] <= users["promise_ms"] / 1000]
    time, version, split, busy = sorted(in_time, key=lambda plan: -users["quality"][plan[1]])[0]
    return {
        "tokens": {image["kind"]: count for image, count in zip(users["images"], seen, strict=True)},
        "slots": slots,
        "least_ttft_s": {version: plan[0] if plan else math.inf for version, plan in least.items()},
        "fusion": version,
        "machines": split,
        "utilisation": busy,
        "ttft_s": time,
    }
