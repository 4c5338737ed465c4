r"""From a model, its users and machines on offer to a number of replicas and a bill.

Question
    Three machines are on offer for a model and its users. What does a replica on each of them serve, and which is the
    cheapest way to keep the promise?
Model
    .. math:: b = \left\lfloor \min\!\left( \frac{M_{kv}}{m (p + o)},\;
        \frac{(\tau - t_0) B - W}{m (p + o / 2)},\; \frac{(\tau - t_0) P}{f} \right) \right\rfloor, \qquad
        r = \frac{1}{p f / P + o \, t(b) / b}, \qquad n = \left\lceil \frac{\lambda}{r (1 - h)} \right\rceil + k

    A replica decodes the largest batch that fits into memory at the end of an answer, and whose step, with half of the
    answer written on average, keeps the limit :math:`\tau` on TPOT (`step_time_s`). A request takes the time of its
    prompt's operations, and its share of the steps of its answer. A part :math:`h` of the capacity stays free,
    :math:`k` replicas may fail, and the bill is that of all.
    Lengths are log-normal: their mean is :math:`e^{\sigma^2 / 2}` times the median.
Assumes
    Prefill waits for arithmetic, decode mostly for memory; replicas are full when it matters; means stand for
    distributions.
Breaks when
    Prompts are read between the tokens of others and stretch their gaps, a tail and not a mean is promised, or memory
    must hold more than the mean length of all requests at once.
Source
    Kwon et al., SOSP 2023, sections 2.2 and 3; Williams, Waterman, Patterson, CACM 52(4), 2009, pp. 65-76; Johnson,
    Kotz, Balakrishnan, "Continuous Univariate Distributions", volume 1, 2nd edition, 1994, chapter 14 (log-normal
    distributions). Putting them together is our own.
Oracle
    Batches found by trying one after the other with `step_time_s`, `kv_cache_bytes` and `latent_cache_bytes`; means of
    drawn lengths; plans of `replicas_needed` for the same replica; replicas tried one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["capacity_plan", "replica_profile"]


def replica_profile(
    model: Mapping[str, Any],
    traffic: Mapping[str, float],
    promise: Mapping[str, float],
    machines: Sequence[Mapping[str, Any]],
) -> dict[str, list[Any]]:
    """What a replica of a model serves on each machine, one row a machine.

    Parameters
    ----------
    model : mapping
        `weights` [1], `weight_element_bytes` [B], `layers` [1], `cache_element_bytes` [B], and either `kv_heads` and
        `head_dim` or `latent_dim` and `rope_dim`. [1]
    traffic : mapping
        `prompt_median`, `prompt_spread`, `answer_median`, `answer_spread`: log-normal lengths. [1]
    promise : mapping
        `tpot_limit_s`. [s]
    machines : sequence of mapping
        `machine`, `devices` [1], and of each device `usable_bytes` [B], `bandwidth_bytes_per_s` [B/s], `flops_per_s`
        [flop/s]; `overhead_s` of a step. [s]

    Returns
    -------
    dict of str to list
        `machine`; `slots`, whole requests that memory holds; `batch`, the largest that keeps the limit, too;
        `bound_by`: `memory`, if that is all that memory holds, else `tpot`; `requests_per_s`, 0 if not even one
        keeps it. [1/s]

    Examples
    --------
    >>> model = {"weights": 10, "weight_element_bytes": 1, "layers": 1, "cache_element_bytes": 1, "kv_heads": 1,
    ...     "head_dim": 1}
    >>> traffic = {"prompt_median": 8, "prompt_spread": 0, "answer_median": 4, "answer_spread": 0}
    >>> machine = {"machine": "A", "devices": 2, "usable_bytes": 65, "bandwidth_bytes_per_s": 100, "flops_per_s": 1000}
    >>> profile = replica_profile(model, traffic, {"tpot_limit_s": 0.25}, [machine | {"overhead_s": 0.1}])
    >>> {name: profile[name][0] for name in ("slots", "batch", "bound_by")}
    {'slots': 5, 'batch': 1, 'bound_by': 'tpot'}
    >>> round(profile["requests_per_s"][0], 3)  # 0.08 s for its prompt, and four steps of 0.25 s
    0.926
    """
    if "latent_dim" in model:
        elements = model["latent_dim"] + model["rope_dim"]
    else:
        elements = 2 * model["kv_heads"] * model["head_dim"]
    token_bytes = model["layers"] * elements * model["cache_element_bytes"]
    weight_bytes = model["weights"] * model["weight_element_bytes"]
    token_flops = 2 * model["weights"]
    prompt = traffic["prompt_median"] * np.exp(traffic["prompt_spread"] ** 2 / 2)  # a mean is more than a median
    answer = traffic["answer_median"] * np.exp(traffic["answer_spread"] ** 2 / 2)
    cached = prompt + answer / 2  # half of the answer is there, on average
    table: dict[str, list[Any]] = {"machine": [], "slots": [], "batch": [], "bound_by": [], "requests_per_s": []}
    for machine in machines:
        bandwidth = machine["devices"] * machine["bandwidth_bytes_per_s"]
        peak = machine["devices"] * machine["flops_per_s"]
        room_bytes = machine["devices"] * machine["usable_bytes"] - weight_bytes
        slots = max(int(room_bytes // (token_bytes * (prompt + answer))), 0)
        step_s = promise["tpot_limit_s"] - machine["overhead_s"]
        readable = (step_s * bandwidth - weight_bytes) / (token_bytes * cached)
        computable = step_s * peak / token_flops
        batch = max(int(np.floor(min(slots, readable, computable))), 0)
        read_s = (weight_bytes + batch * cached * token_bytes) / bandwidth
        tpot_s = max(read_s, batch * token_flops / peak) + machine["overhead_s"]
        table["machine"].append(machine["machine"])
        table["slots"].append(slots)
        table["batch"].append(batch)
        table["bound_by"].append("memory" if batch == slots else "tpot")
        table["requests_per_s"].append(float(batch / (batch * prompt * token_flops / peak + answer * tpot_s)))
    return table


def capacity_plan(
    profile: Mapping[str, Sequence[Any]],
    machines: Sequence[Mapping[str, Any]],
    traffic: Mapping[str, float],
    promise: Mapping[str, float],
) -> str:
    """Replicas and bill on each machine that can keep the promise, and the cheapest of them, as JSON.

    Parameters
    ----------
    profile : mapping of str to sequence
        `machine` and `requests_per_s` of a replica, as `replica_profile` gives them. [1/s]
    machines : sequence of mapping
        In the same order, with `usd_per_hour` of one. [USD/h]
    traffic : mapping
        `requests_per_s`. [1/s]
    promise : mapping
        `headroom`, a share that is kept free, and `spares`, replicas that may fail. [1]

    Returns
    -------
    str
        `offers`: machine -> `replicas`, spares included, and `usd_per_hour`; `choice`: the cheapest machine.

    Examples
    --------
    >>> profile = {"machine": ["A", "B"], "requests_per_s": [2.0, 5.0]}
    >>> machines = [{"usd_per_hour": 10.0}, {"usd_per_hour": 30.0}]
    >>> plan = json.loads(capacity_plan(profile, machines, {"requests_per_s": 8.0}, {"headroom": 0.2, "spares": 1}))
    >>> plan["offers"]
    {'A': {'replicas': 6, 'usd_per_hour': 60.0}, 'B': {'replicas': 3, 'usd_per_hour': 90.0}}
    >>> plan["choice"]
    'A'
    """
    offers = {}
    for name, rate_per_s, machine in zip(profile["machine"], profile["requests_per_s"], machines, strict=True):
        if rate_per_s > 0:
            needed = traffic["requests_per_s"] / (rate_per_s * (1 - promise["headroom"]))
            replicas = int(np.ceil(needed)) + promise["spares"]
            offers[name] = {"replicas": replicas, "usd_per_hour": replicas * machine["usd_per_hour"]}
    choice = min(offers, key=lambda name: offers[name]["usd_per_hour"])
    return json.dumps({"offers": offers, "choice": choice})
