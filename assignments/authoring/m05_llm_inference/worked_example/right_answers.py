"""Right answers of module 5's worked example by other ways, written from the released notebook alone."""

from __future__ import annotations

import math

import numpy as np

from graders.checks import answer


@answer("m05_node_budget", by="device by device, in whole blocks by integers")
def budget_by_device(
    devices, device_bytes, utilisation, working_bytes, weight_bytes, token_bytes, request_tokens, block_tokens
):
    share = weight_bytes / devices
    left = math.fsum(utilisation * device_bytes - working_bytes - share for _ in range(devices))
    blocks = math.floor(left / token_bytes / block_tokens)
    each = math.ceil(request_tokens / block_tokens)
    return {"budget_bytes": left, "tokens": blocks * block_tokens, "requests": (blocks - blocks % each) // each}


@answer("m05_step_time_s", by="a decision for each step")
def step_by_step(
    tokens,
    cached_tokens,
    weight_bytes,
    token_bytes,
    token_flops,
    peak_flops_per_s,
    bandwidth_bytes_per_s,
    overhead_s=0.0,
):
    def one(new, cached):
        if min(new, cached) < 0:
            raise ValueError(f"{new} tokens and {cached} cached ones make no step")
        computing = token_flops / peak_flops_per_s * new
        reading = weight_bytes / bandwidth_bytes_per_s + token_bytes / bandwidth_bytes_per_s * cached
        return overhead_s + (computing if computing > reading else reading)

    return np.vectorize(one, otypes=[float])(tokens, cached_tokens)


@answer("m05_tokens_per_round", by="a recursion from the last proposal to the first")
def round_from_its_end(acceptance, proposals):
    def one(alpha, gamma):
        if not 0 <= alpha <= 1 or gamma < 0:
            raise ValueError(f"acceptance {alpha}, {gamma} proposals")
        tokens = 1.0  # the large model's own
        for _ in range(int(gamma)):
            tokens = 1.0 + alpha * tokens
        return tokens

    return np.vectorize(one, otypes=[float])(acceptance, proposals)
