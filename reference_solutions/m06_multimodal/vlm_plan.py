r"""A new model that sees, to be served: how it takes in its images, and who gets how many machines.

Question
    Three ways of fusion were trained, of unequal quality. With a fleet of so many machines, a mix of images, and a
    promise about the first token: which of them, and how many machines for encoding, prefill and decode?
Model
    .. math:: t_i = \lceil h_i / f \rceil \lceil w_i / f \rceil, \qquad
        r_i = \frac{2 N (x + k_i) + X_i}{P}, \qquad
        s = \left\lfloor \frac{M}{u (x + o + p \, \bar k) + p \, \bar c} \right\rfloor

    An image of kind :math:`i` has :math:`t_i` tokens behind the encoder (sides rounded up to multiples of :math:`f`).
    The language model reads :math:`k_i = t_i` of them in one sequence, :math:`K` behind a resampler, none across; there
    :math:`X_i = X (4 x D^2 + 4 t_i D^2 + 4 x t_i D)` operations of the cross layers are added. A request's cache holds
    :math:`u` bytes for each token of its text, of its answer :math:`o`, and of what was read of an image, or across
    :math:`c_i = u_X t_i`: a decode machine with :math:`M` bytes for it has :math:`s` slots. The three stages are
    queues as in `stage_table`, with the mix's own means and variances. Of the splits in which no stage is busier than
    allowed, the one with the shortest mean time to first token of a request with a new image is a fusion's best; of the
    fusions whose best keeps the promise, that of highest quality is chosen.
Assumes
    One image a request; encoders of equal speed; the mean request's cache for all.
Breaks when
    Traffic comes in bursts, or the mix changes: the plan holds for one mix.
Source
    `stage_table`, `fusion_cost`, `kv_cache_bytes`; waits as in `allen_cunneen_mean_wait_s`. The rule is our own.
Oracle
    The chosen fleet played request by request; every split tried by code that shares none with this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference_solutions.m08_tail_latency.mg1 import allen_cunneen_mean_wait_s

__all__ = ["vlm_plan"]


def vlm_plan(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """The fusion of highest quality that keeps the promise, and the machines of each stage.

    Parameters
    ----------
    scenario : mapping
        `requests_per_s`, `image_share`, `hit_share`, `text_tokens`, `answer_tokens`, `write_s`, `machines`,
        `flops_per_s`, `cache_bytes`, `busiest`, `promise_ms`; `images`, each with its `kind`, `height_px`, `width_px`
        and `percent`; `model` with `token_px`, `encode_ms_per_1000_tokens`, `weights`, `hidden`, `bytes_per_token`,
        `latents`, `cross_layers`, `cross_bytes_per_token`; `quality` of each fusion.

    Returns
    -------
    dict
        `tokens` of each kind of image behind the encoder [1]; `slots` of a decode machine [1] and `least_ttft_s` [s]
        for each fusion, infinite where no split is allowed; the chosen `fusion`, its `machines` for encode, prefill
        and decode [1], their `utilisation` [1], and its `ttft_s` [s].

    Raises
    ------
    ValueError
        If no fusion keeps the promise.

    Examples
    --------
    >>> model = {"token_px": 28, "encode_ms_per_1000_tokens": 100, "weights": 7e9, "hidden": 4096, "latents": 64}
    >>> model |= {"bytes_per_token": 131072, "cross_layers": 8, "cross_bytes_per_token": 32768}
    >>> scenario = {"requests_per_s": 2, "image_share": 0.5, "hit_share": 0.2, "text_tokens": 300, "write_s": 4}
    >>> scenario |= {"answer_tokens": 200, "machines": 4, "flops_per_s": 4e14, "cache_bytes": 2e9, "busiest": 0.85}
    >>> scenario |= {"images": [{"kind": "photo", "height_px": 1000, "width_px": 800, "percent": 100}]}
    >>> scenario |= {"model": model, "quality": {"joined": 80.0, "resampled": 70.0, "cross": 75.0}, "promise_ms": 200}
    >>> plan = vlm_plan(scenario)
    >>> plan["tokens"], plan["slots"], plan["fusion"], plan["machines"]
    ({'photo': 1044}, {'joined': 14, 'resampled': 28, 'cross': 24}, 'joined', [2, 1, 1])
    """
    model, text, share = scenario["model"], scenario["text_tokens"], scenario["image_share"]
    sides = np.array([[image["height_px"], image["width_px"]] for image in scenario["images"]])
    seen = np.prod(np.ceil(sides / model["token_px"]), axis=1)
    mix = np.array([image["percent"] for image in scenario["images"]]) / 100
    encode_s = seen * model["encode_ms_per_1000_tokens"] / 1e6
    across = model["cross_layers"] * (4 * model["hidden"] ** 2 * (text + seen) + 4 * text * seen * model["hidden"])
    read_tokens = {"joined": seen, "resampled": 0 * seen + model["latents"], "cross": 0 * seen}
    slots: dict[str, Any] = {}
    best: dict[str, Any] = {}
    for fusion, read in read_tokens.items():
        kept = model["cross_bytes_per_token"] * seen if fusion == "cross" else 0 * seen
        request_bytes = model["bytes_per_token"] * (text + scenario["answer_tokens"] + share * (mix @ read))
        slots[fusion] = int(scenario["cache_bytes"] // (request_bytes + share * (mix @ kept)))
        flops = 2 * model["weights"] * (text + np.append(read, 0)) + np.append(across if fusion == "cross" else kept, 0)
        shares, read_s = np.append(share * mix, 1 - share), flops / scenario["flops_per_s"]
        new_per_s = scenario["requests_per_s"] * share * (1 - scenario["hit_share"])
        stages = [(new_per_s, mix, encode_s), (scenario["requests_per_s"], shares, read_s)]
        best[fusion] = {"ttft_s": np.inf}
        for encoders in range(1, scenario["machines"] - 1):
            for readers in range(1, scenario["machines"] - encoders):
                writers = scenario["machines"] - encoders - readers
                work = [rate * (chance @ times) for rate, chance, times in stages]
                busy = [work[0] / encoders, work[1] / readers]
                busy += [scenario["requests_per_s"] * scenario["write_s"] / (writers * slots[fusion])]
                if max(busy) > scenario["busiest"]:
                    continue
                ttft_s = mix @ encode_s + mix @ read_s[:-1]
                for (rate, chance, times), servers in zip(stages, (encoders, readers), strict=True):
                    mean_s = chance @ times
                    scv = max(chance @ times**2 / mean_s**2 - 1, 0.0)
                    ttft_s = ttft_s + allen_cunneen_mean_wait_s(rate, mean_s, servers, 1.0, scv)
                if ttft_s < best[fusion]["ttft_s"]:
                    plan = {"machines": [encoders, readers, writers], "utilisation": busy, "ttft_s": float(ttft_s)}
                    best[fusion] = {"fusion": fusion} | plan
    kept_by = [one for one in best if best[one]["ttft_s"] <= scenario["promise_ms"] / 1e3]
    if not kept_by:
        raise ValueError("no fusion keeps the promise")
    chosen = max(kept_by, key=lambda fusion: scenario["quality"][fusion])
    kinds = [image["kind"] for image in scenario["images"]]
    return {
        "tokens": {kind: int(number) for kind, number in zip(kinds, seen, strict=True)},
        "slots": slots,
        "least_ttft_s": {fusion: plan["ttft_s"] for fusion, plan in best.items()},
        **best[chosen],
    }
