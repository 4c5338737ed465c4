"""What must hold of the answers of module 6's novel scenario."""

from __future__ import annotations

import functools
import json
import math

from graders.checks import Decision, Equal, Exercise, ModelAnswer, value
from reference_solutions.m06_multimodal import vlm_plan as page
from reference_solutions.m08_tail_latency.mg1 import allen_cunneen_mean_wait_s

VERSIONS = ("joined", "resampled", "cross")

# --- every plan of a model --------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2048)
def planned(text):
    return page.vlm_plan(json.loads(text))


def vlm_plan(scenario):
    """The right plan, worked out once for each scenario."""
    return planned(json.dumps(scenario))


def kinds_of(scenario, fusion):
    """Share of the images, time to encode and time to read of each kind; time to read without an image."""
    model, text = scenario["model"], scenario["text_tokens"]
    token_flops, found = 2 * model["weights"], []
    for image in scenario["images"]:
        seen = math.prod(-(-image[side] // model["token_px"]) for side in ("height_px", "width_px"))
        flops = token_flops * text
        if fusion == "cross":
            wide = model["hidden"]
            flops += model["cross_layers"] * 4 * wide * (wide * (text + seen) + text * seen)
        else:
            flops += token_flops * (seen if fusion == "joined" else model["latents"])
        encode_s = seen * model["encode_ms_per_1000_tokens"] / 1e6
        found.append((image["percent"] / 100, encode_s, flops / scenario["flops_per_s"]))
    return found, token_flops * text / scenario["flops_per_s"]


def moments(shares_and_times):
    mean = sum(share * time for share, time in shares_and_times)
    return mean, max(sum(share * time**2 for share, time in shares_and_times) / mean**2 - 1, 0.0)


def plan_of(scenario, fusion, machines):
    """Utilisation of the three stages, and time to first token, of any plan."""
    kinds, text_s = kinds_of(scenario, fusion)
    rate, share = scenario["requests_per_s"], scenario["image_share"]
    new_per_s = rate * share * (1 - scenario["hit_share"])
    encode_s, encode_scv = moments([(part, time) for part, time, _ in kinds])
    read_s, read_scv = moments([*((share * part, time) for part, _, time in kinds), (1 - share, text_s)])
    encoders, readers, writers = machines
    slots = writers * vlm_plan(scenario)["slots"][fusion]
    busy = [new_per_s * encode_s / encoders, rate * read_s / readers, rate * scenario["write_s"] / slots]
    ttft_s = encode_s + sum(part * time for part, _, time in kinds)
    ttft_s += float(allen_cunneen_mean_wait_s(new_per_s, encode_s, encoders, 1.0, encode_scv))
    ttft_s += float(allen_cunneen_mean_wait_s(rate, read_s, readers, 1.0, read_scv))
    return busy, ttft_s


# --- the plan ---------------------------------------------------------------------------------------------------------


def answered(answer, scenario):
    machines = [int(count) for count in answer["machines"]]
    if len(machines) != 3 or min(machines) < 1 or sum(machines) != scenario["machines"]:
        raise ValueError("no split of the fleet")
    return plan_of(scenario, str(answer["fusion"]), machines)


def over_the_best(answer, scenario):
    """Quality and time of the answered plan, over those of the best one; 0 if it is not allowed."""
    (busy, ttft_s), right, quality = answered(answer, scenario), vlm_plan(scenario), scenario["quality"]
    late = ttft_s > 1.001 * scenario["promise_ms"] / 1e3
    if late or max(busy) > scenario["busiest"] * (1 + 1e-9):
        return [0.0, 0.0]
    least_s = right["least_ttft_s"][answer["fusion"]]
    return [min(1.0, quality[answer["fusion"]] / quality[right["fusion"]]), ttft_s / least_s]


def said_over_true(answer, scenario):
    """What is said of the answered plan, over what is true of it."""
    busy, ttft_s = answered(answer, scenario)
    said = [float(one) for one in answer["utilisation"]]
    return [float(answer["ttft_s"]) / ttft_s, *(one / true for one, true in zip(said, busy, strict=True))]


PLAN = Exercise(
    "m06_vlm_plan",
    reference=vlm_plan,
    personal=True,
    checks=[
        Equal(
            "tokens",
            weight=0.75,
            cases=[value()],
            part=lambda answer: dict(answer["tokens"]),
            message="What the encoder makes of each kind of image.",
        ),
        Equal(
            "slots",
            weight=1.25,
            cases=[value()],
            part=lambda answer: dict(answer["slots"]),
            message="How many requests a decode machine holds, by version.",
        ),
        Equal(
            "least times",
            weight=1.5,
            cases=[value()],
            part=lambda answer: dict(answer["least_ttft_s"]),
            rtol=1e-3,
            message="What each version can do at its best, with all machines.",
        ),
        Equal(
            "the plan",
            weight=1.5,
            cases=[value()],
            part=over_the_best,
            rtol=1e-3,
            message="Allowed, of highest quality among those that keep the promise, and as fast as its version can be.",
        ),
        Equal(
            "what it does",
            weight=1,
            cases=[value()],
            part=said_over_true,
            rtol=1e-3,
            message="Time to first token and utilisation of the plan that was answered.",
        ),
    ],
)

# --- all scenarios together -------------------------------------------------------------------------------------------


def apart(scenario):
    """How far the nearest version is from the promise, in per cent of it."""
    promise_s = scenario["promise_ms"] / 1e3
    return 100 * min(abs(one / promise_s - 1) for one in vlm_plan(scenario)["least_ttft_s"].values())


FUSION = Decision(
    "fusion",
    right=lambda scenario: vlm_plan(scenario)["fusion"],
    margin=apart,
    at_least=1e-4,  # within a thousandth both are right
    most=0.5,
)
SPLIT = Decision(
    "split",
    right=lambda scenario: "-".join(str(count) for count in vlm_plan(scenario)["machines"]),
    margin=lambda _scenario: 1.0,
    at_least=1.0,
    most=0.2,
)

# --- the defence ------------------------------------------------------------------------------------------------------


def other_version(scenario, plan, fusion):
    least_s, quality = plan["least_ttft_s"][fusion], scenario["quality"][fusion]
    if math.isinf(least_s):
        return f"`{fusion}` ({quality:g} points): no split is allowed, a stage is always busier than it may be"
    late = least_s > scenario["promise_ms"] / 1e3
    verdict = "too late" if late else "in time, but of lower quality"
    return f"`{fusion}` ({quality:g} points): {1e3 * least_s:.0f} ms at best, {verdict}"


def defence_facts(scenario):
    """What a defence should say, in words and rounded numbers."""
    plan = vlm_plan(scenario)
    kinds, _ = kinds_of(scenario, plan["fusion"])
    encode_s = sum(part * time for part, time, _ in kinds)
    read_s = sum(part * time for part, _, time in kinds)
    stages = dict(zip(("encode", "prefill", "decode"), plan["utilisation"], strict=True))
    first = max(stages, key=stages.get)
    others = [other_version(scenario, plan, fusion) for fusion in VERSIONS if fusion != plan["fusion"]]
    return {
        "fusion": plan["fusion"],
        "quality": f"{scenario['quality'][plan['fusion']]:g}",
        "machines": ", ".join(str(count) for count in plan["machines"]),
        "ttft": f"{1e3 * plan['ttft_s']:.0f}",
        "promise": scenario["promise_ms"],
        "tokens": ", ".join(f"{count} of a {kind}" for kind, count in plan["tokens"].items()),
        "encode": f"{1e3 * encode_s:.0f}",
        "read": f"{1e3 * read_s:.0f}",
        "waits": f"{1e3 * (plan['ttft_s'] - encode_s - read_s):.0f}",
        "others": "; ".join(others),
        "bottleneck": first,
        "busy": f"{100 * stages[first]:.0f}",
        "holds": f"{scenario['requests_per_s'] / stages[first]:.1f}",
        "rate": f"{scenario['requests_per_s']:g}",
        "slots": plan["slots"][plan["fusion"]],
    }


DEFENCE = ModelAnswer("m06_vlm_defence", facts=defence_facts)
