"""What students really answer in module 6's novel scenario."""

from __future__ import annotations

import math

import numpy as np

from graders.checks import mistake

TOKENS, SLOTS, LEAST, THE_PLAN, DOES = "tokens", "slots", "least times", "the plan", "what it does"
VERSIONS = ("joined", "resampled", "cross")


def pool_wait_s(rate, mean_s, servers, scv):
    """Allen and Cunneen, with random arrivals."""
    load, lost = rate * mean_s, 1.0
    if load >= servers:
        return math.inf
    for server in range(1, servers + 1):
        lost = load * lost / (server + load * lost)
    waiting = servers * lost / (servers - load * (1 - lost))
    return waiting * mean_s / (servers - load) * (1 + scv) / 2


class Fleet:
    """The right numbers of a scenario; `cut` and `wait` are what mistakes change."""

    def __init__(self, scenario, *, cut=math.ceil, wait=pool_wait_s, across=True):
        self.scenario, self.wait = scenario, wait
        model, x = scenario["model"], scenario["text_tokens"]
        self.seen = np.array(
            [
                math.prod(cut(image[side] / model["token_px"]) for side in ("height_px", "width_px"))
                for image in scenario["images"]
            ],
            dtype=float,
        )
        self.mix = np.array([image["percent"] for image in scenario["images"]]) / 100
        self.share, self.rate = scenario["image_share"], scenario["requests_per_s"]
        self.encode = self.seen * model["encode_ms_per_1000_tokens"] / 1e6
        self.read = {"joined": self.seen, "resampled": 0 * self.seen + model["latents"], "cross": 0 * self.seen}
        d = model["hidden"]
        extra = model["cross_layers"] * (4 * d**2 * (x + self.seen) + 4 * x * self.seen * d)
        self.reading = {
            version: (2 * model["weights"] * (x + read) + (extra if version == "cross" and across else 0))
            / scenario["flops_per_s"]
            for version, read in self.read.items()
        }
        self.text_s = 2 * model["weights"] * x / scenario["flops_per_s"]

    def slots(self, *, answers=True, share=None, across=True):
        """Of a decode machine, by version."""
        scenario, model = self.scenario, self.scenario["model"]
        share, found = self.share if share is None else share, {}
        for version in VERSIONS:
            kept = model["bytes_per_token"] * (self.mix @ self.read[version])
            if version == "cross" and across:
                kept += model["cross_bytes_per_token"] * (self.mix @ self.seen)
            plain = model["bytes_per_token"] * (scenario["text_tokens"] + answers * scenario["answer_tokens"])
            found[version] = int(scenario["cache_bytes"] // (plain + share * kept))
        return found

    def plan_of(self, version, machines):
        """Utilisation and time to first token of a split."""
        encoders, readers, writers = machines
        new_per_s = self.rate * self.share * (1 - self.scenario["hit_share"])
        shares = np.append(self.share * self.mix, 1 - self.share)
        stages = [
            (new_per_s, self.mix, self.encode, encoders),
            (self.rate, shares, np.append(self.reading[version], self.text_s), readers),
        ]
        busy = [rate * float(chance @ times) / count for rate, chance, times, count in stages]
        busy.append(self.rate * self.scenario["write_s"] / (writers * self.slots()[version]))
        ttft_s = float(self.mix @ self.encode + self.mix @ self.reading[version])
        for rate, chance, times, count in stages:
            mean = float(chance @ times)
            ttft_s += self.wait(rate, mean, count, max(float(chance @ times**2) / mean**2 - 1, 0.0))
        return busy, ttft_s

    def best(self):
        """Version -> time to first token, machines, utilisation of its best split."""
        fleet, found = self.scenario["machines"], {}
        for version in VERSIONS:
            plans = [(math.inf, [1, 1, fleet - 2], [1.0] * 3)]
            for encoders in range(1, fleet - 1):
                for readers in range(1, fleet - encoders):
                    machines = [encoders, readers, fleet - encoders - readers]
                    busy, ttft_s = self.plan_of(version, machines)
                    if max(busy) <= self.scenario["busiest"]:
                        plans.append((ttft_s, machines, busy))
            found[version] = min(plans)
        return found

    def answer(self, *, choose=None):
        """The plan, by the right choice or another."""
        best, quality = self.best(), self.scenario["quality"]
        in_time = [one for one in VERSIONS if best[one][0] <= self.scenario["promise_ms"] / 1e3]
        version = choose(best) if choose else max(in_time or VERSIONS, key=quality.get)
        ttft_s, machines, busy = best[version]
        kinds = [image["kind"] for image in self.scenario["images"]]
        return {
            "tokens": {kind: int(count) for kind, count in zip(kinds, self.seen, strict=True)},
            "slots": self.slots(),
            "least_ttft_s": {one: best[one][0] for one in VERSIONS},
            "fusion": version,
            "machines": machines,
            "utilisation": busy,
            "ttft_s": ttft_s,
        }


@mistake(
    "m06_vlm_plan",
    misconception="the last piece is cut off",
    loses=[TOKENS, LEAST, DOES],
    hint="You cut off what is left of a side. The last piece is filled up, so there is a token for it.",
)
def the_last_piece_is_cut_off(scenario):
    right, cut = Fleet(scenario).answer(), Fleet(scenario, cut=math.floor)
    least = {one: best[0] for one, best in cut.best().items()}
    tokens = dict(zip(right["tokens"], (int(one) for one in cut.seen), strict=True))
    ttft_s = cut.plan_of(right["fusion"], right["machines"])[1]
    return right | {"tokens": tokens, "least_ttft_s": least, "ttft_s": ttft_s}


@mistake(
    "m06_vlm_plan",
    misconception="answers take no cache",
    loses=[SLOTS],
    hint="Your slots hold the prompt only. Every token of the answer leaves keys and values as well.",
)
def answers_take_no_cache(scenario):
    fleet = Fleet(scenario)
    return fleet.answer() | {"slots": fleet.slots(answers=False)}


@mistake(
    "m06_vlm_plan",
    misconception="every request has an image",
    loses=[SLOTS],
    hint="You sized slots as if every request had an image. Take the mean request.",
)
def every_request_has_an_image(scenario):
    fleet = Fleet(scenario)
    return fleet.answer() | {"slots": fleet.slots(share=1.0)}


@mistake(
    "m06_vlm_plan",
    misconception="what is seen across is not cached",
    loses=[SLOTS],
    hint="Across, keys and values of the image lie in the cross layers' cache. You counted the text only.",
)
def across_is_not_cached(scenario):
    fleet = Fleet(scenario)
    return fleet.answer() | {"slots": fleet.slots(across=False)}


@mistake(
    "m06_vlm_plan",
    misconception="nobody waits",
    loses=[LEAST, DOES],
    hint="Your time to first token is that of an idle fleet. Requests wait for an encoder, and for a prefill server.",
)
def nobody_waits(scenario):
    fleet = Fleet(scenario)
    found, idle = fleet.answer(), Fleet(scenario, wait=lambda *_: 0.0)
    least = {one: best[0] for one, best in idle.best().items()}
    return found | {"least_ttft_s": least, "ttft_s": least[found["fusion"]]}


@mistake(
    "m06_vlm_plan",
    misconception="services are exponential",
    loses=[LEAST, DOES],
    hint="You took services as exponential. Two kinds of images make two times, with a variance that you can compute.",
)
def services_are_exponential(scenario):
    found = Fleet(scenario).answer()
    other = Fleet(scenario, wait=lambda rate, mean_s, servers, _scv: pool_wait_s(rate, mean_s, servers, 1.0))
    least = {one: best[0] for one, best in other.best().items()}
    return found | {"least_ttft_s": least, "ttft_s": other.plan_of(found["fusion"], found["machines"])[1]}


@mistake(
    "m06_vlm_plan",
    misconception="looking across is free",
    loses=[LEAST],
    hint="Your cross-attention layers compute nothing. Keys and values of all image tokens are products, too.",
)
def looking_across_is_free(scenario):
    least = {one: best[0] for one, best in Fleet(scenario, across=False).best().items()}
    return Fleet(scenario).answer() | {"least_ttft_s": least}


@mistake(
    "m06_vlm_plan",
    misconception="the highest quality, whatever was promised",
    loses=[THE_PLAN],
    hint="You serve the version of highest quality. At its best it does not keep the promise.",
    mostly=0.15,
)
def the_highest_quality(scenario):
    quality = scenario["quality"]
    possible = Fleet(scenario).best()
    return Fleet(scenario).answer(
        choose=lambda _best: max((one for one in VERSIONS if math.isfinite(possible[one][0])), key=quality.get)
    )


@mistake(
    "m06_vlm_plan",
    misconception="the fastest version",
    loses=[THE_PLAN],
    hint="You serve the fastest version. A version of higher quality keeps the promise, too.",
    mostly=0.3,
)
def the_fastest_version(scenario):
    return Fleet(scenario).answer(choose=lambda best: min(best, key=lambda one: best[one][0]))


@mistake(
    "m06_vlm_plan",
    misconception="balanced is fastest",
    loses=[THE_PLAN],
    hint="Your split makes the busiest stage as little busy as possible. Asked for was the least time to first token.",
    mostly=0.5,
)
def balanced_is_fastest(scenario):
    fleet, most = Fleet(scenario), scenario["machines"]
    found = fleet.answer()
    splits = [[one, other, most - one - other] for one in range(1, most - 1) for other in range(1, most - one)]
    machines = min(splits, key=lambda split: max(fleet.plan_of(found["fusion"], split)[0]))
    busy, ttft_s = fleet.plan_of(found["fusion"], machines)
    return found | {"machines": machines, "utilisation": busy, "ttft_s": ttft_s}


@mistake(
    "m06_vlm_plan",
    misconception="milliseconds",
    loses=[LEAST, DOES],
    hint="Your times are in milliseconds. They were asked for in seconds.",
)
def milliseconds(scenario):
    right = Fleet(scenario).answer()
    least = {version: 1e3 * one for version, one in right["least_ttft_s"].items()}
    return right | {"least_ttft_s": least, "ttft_s": 1e3 * right["ttft_s"]}
