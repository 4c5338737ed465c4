"""Right answers of module 5's novel scenario by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd

from graders.checks import answer


def facts(scenario):
    """Mean lengths, and what a token and the weights take."""
    model, traffic = scenario["model"], scenario["traffic"]
    prompt = traffic["prompt_median"] * np.exp(np.square(traffic["prompt_spread"]) / 2)
    answer_length = traffic["answer_median"] * np.exp(np.square(traffic["answer_spread"]) / 2)
    if "kv_heads" in model:
        token = model["layers"] * model["kv_heads"] * model["head_dim"] * model["cache_element_bytes"] * 2
    else:
        token = model["layers"] * (model["rope_dim"] + model["latent_dim"]) * model["cache_element_bytes"]
    return prompt, answer_length, token, model["weights"] * model["weight_element_bytes"]


def step_s(scenario, machine, batch):
    """A step of decode."""
    prompt, answer_length, token, weights = facts(scenario)
    reading = (weights + batch * token * (prompt + answer_length / 2)) / machine["bandwidth_bytes_per_s"]
    computing = 2 * scenario["model"]["weights"] * batch / machine["flops_per_s"]
    return max(reading, computing) / machine["devices"] + machine["overhead_s"]


@answer("m05_replica_profile", by="one request more, as long as it fits and keeps the limit")
def profile_by_trying(scenario):
    prompt, answer_length, token, weights = facts(scenario)
    rows = []
    for machine in scenario["machines"]:
        memory = machine["devices"] * machine["usable_bytes"] - weights
        slots = next(n for n in itertools.count() if (n + 1) * token * (prompt + answer_length) > memory)
        limit = scenario["promise"]["tpot_limit_s"]
        batch = next(n for n in itertools.count() if n == slots or step_s(scenario, machine, n + 1) > limit)
        rate = 0.0
        if batch:
            prefill = prompt * 2 * scenario["model"]["weights"] / (machine["devices"] * machine["flops_per_s"])
            rate = 1 / (prefill + answer_length * step_s(scenario, machine, batch) / batch)
        rows.append((machine["machine"], slots, batch, "memory" if batch == slots else "tpot", rate))
    return pd.DataFrame(rows, columns=["machine", "slots", "batch", "bound_by", "requests_per_s"])


@answer("m05_capacity_plan", by="replicas added until they carry the load")
def plan_by_adding(scenario):
    table = profile_by_trying(scenario).set_index("machine")
    prices = {machine["machine"]: machine["usd_per_hour"] for machine in scenario["machines"]}
    offers = {}
    for name, rate in table["requests_per_s"][table["batch"] > 0].items():
        carried = rate * (1 - scenario["promise"]["headroom"])
        number = next(n for n in itertools.count(1) if n * carried >= scenario["traffic"]["requests_per_s"])
        number += scenario["promise"]["spares"]
        offers[name] = {"replicas": number, "usd_per_hour": prices[name] * number}
    cheapest = sorted((offer["usd_per_hour"], name) for name, offer in offers.items())[0][1]
    return json.dumps({"choice": cheapest, "offers": offers}, indent=2)
