r"""A policy of continuous batching that is after goodput.

Question
    Requests count that meet both limits. Which prompts does a step read so that as many as possible do?
Model
    .. math:: C = \left\lfloor \frac{\mathrm{TPOT}_{max} - t_0}{t_1} \right\rfloor, \qquad
        w_i + \frac{p_i}{C - n} \, \mathrm{TPOT}_{max} \le \mathrm{TTFT}_{max}

    A step of at most :math:`C` tokens keeps the limit on TPOT for all :math:`n` that write; what they leave is for
    prompts. Whoever can still meet the limit on TTFT (second formula: time waited, and time to read what is left) comes
    before those who cannot. Among the former the one that has waited longest is first, which is the earliest
    deadline. Whoever has lost patience comes before all: a request that counts no more is still somebody's.
Assumes
    A step is linear in its tokens, and the policy knows the machine's two figures; the length of an answer is unknown.
Breaks when
    Load stays above one: then somebody must be turned away at the door, which this policy cannot do.
Source
    Agrawal et al., "Taming Throughput-Latency Tradeoff in LLM Inference with Sarathi-Serve", OSDI 2024, section 4.3
    (the budget, there from profiled batches and a limit on the gaps between tokens); the order is our own, after
    earliest deadline first: Liu, Layland, "Scheduling Algorithms for Multiprogramming in a Hard-Real-Time Environment",
    JACM 20(1), 1973, pp. 46-61.
Oracle
    Goodput in `simulate_serving` against first come, first served, on drawn traces; steps that never take longer than
    the limit; by hand for three that wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["next_prompts"]


def next_prompts(
    waiting: Sequence[Mapping[str, Any]], decoding: int, free_slots: int, service: Mapping[str, float]
) -> dict[Any, int]:
    """Prompt tokens that the next step reads.

    Parameters
    ----------
    waiting : sequence of mapping
        Requests whose prompts are not read, in the order of arrival: `id`, `waited_s`, `prompt_left`, `is_started`.
    decoding, free_slots : int
        Requests that write in this step, and that may still start. [1]
    service : mapping
        `step_s`, `token_s`: time of a step and of a token in it; `ttft_limit_s`, `tpot_limit_s`, `patience_s`. [s]

    Returns
    -------
    dict
        Id -> tokens to read, one at least. [1]

    Examples
    --------
    A step has time for 100 tokens. The first is too late for its limit, so the second is read, and then a part of it.

    >>> service = {"step_s": 0.01, "token_s": 1e-4, "ttft_limit_s": 0.5, "tpot_limit_s": 0.02, "patience_s": 10.0}
    >>> waiting = [
    ...     {"id": "long", "waited_s": 0.4, "prompt_left": 5000, "is_started": True},
    ...     {"id": "short", "waited_s": 0.1, "prompt_left": 30, "is_started": False},
    ... ]
    >>> next_prompts(waiting, decoding=10, free_slots=3, service=service)
    {'short': 30, 'long': 60}
    """
    step_tokens = int((service["tpot_limit_s"] - service["step_s"]) / service["token_s"])
    left = max(step_tokens - decoding, 1)  # somebody must come in, even if everybody else waits a little longer
    reading_s = service["tpot_limit_s"] / left  # for each token of a prompt

    ranks = []
    for request in waiting:
        done_s = request["waited_s"] + request["prompt_left"] * reading_s
        timely = done_s <= service["ttft_limit_s"]
        ranks.append(0 if request["waited_s"] > service["patience_s"] else 1 if timely else 2)
    read = {}
    for place in np.argsort(ranks, kind="stable"):  # equals stay in the order of arrival
        request = waiting[place]
        if left == 0:
            break
        if not request["is_started"]:
            if free_slots == 0:
                continue
            free_slots -= 1
        read[request["id"]] = min(request["prompt_left"], left)
        left -= read[request["id"]]
    return read
