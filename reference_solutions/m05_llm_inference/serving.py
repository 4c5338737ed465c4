r"""A replica that serves a stream of requests, step by step, by a policy.

Question
    In every step a server decides which prompts to read while others are writing. What do users see of that decision?
Model
    .. math:: t_{step} = t_0 + t_1 \left( n_{decode} + n_{prompt} \right)

    Time passes in steps. Each request that has read its prompt writes one token in every step; the step in which the
    last token of a prompt is read writes the first token of its answer. The policy says how many prompt tokens of which
    request a step reads. A request holds a slot from its first prompt token to the last of its answer.
    With a budget of :math:`C` tokens a step, a prompt of :math:`T` alone takes :math:`\lceil T / C \rceil` steps, and
    no gap between two tokens is longer than :math:`t_0 + t_1 C`.
Assumes
    A step's time is linear in its tokens: :math:`t_0` reads the weights, :math:`t_1` is a token's arithmetic and the
    mean of its cache. A decision costs no time, and what arrives during a step is seen at its end.
Breaks when
    Contexts differ much in length (`step_time_s` reads each cache), memory runs out during an answer (`paged_serving`:
    somebody gives way), or several replicas share a queue.
Source
    Yu et al., "Orca: A Distributed Serving System for Transformer-Based Generative Models", OSDI 2022, sections 3 and
    4.2 (iteration-level scheduling); Agrawal et al., "Taming Throughput-Latency Tradeoff in LLM Inference with
    Sarathi-Serve", OSDI 2024, sections 4.1 to 4.3 (chunked prefills, a budget of tokens a step). A step's time is our
    own.
Oracle
    Vidur with its Orca and Sarathi schedulers: first token and end of 340 requests to 1e-9 s; a process for each
    request in SimPy on drawn traces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["chunked_prompts", "simulate_serving", "whole_prompts"]

Waiting = Sequence[Mapping[str, Any]]
Policy = Callable[[Waiting, int, int], Mapping[Any, int]]


@dataclass(slots=True)
class _Request:
    """A request on its way."""

    id: int
    arrival_s: float
    prompt_left: int
    output_left: int
    is_started: bool = False
    token_times_s: list[float] = field(default_factory=list)


def simulate_serving(
    policy: Policy,
    arrivals_s: ArrayLike,
    prompt_tokens: ArrayLike,
    output_tokens: ArrayLike,
    slots: int,
    step_s: float,
    token_s: float,
) -> list[list[float]]:
    """Serve a trace by a policy; gives when each token of each request was written.

    Parameters
    ----------
    policy : callable
        `policy(waiting, decoding, free_slots)`, asked before each step in which somebody waits. `waiting` lists, in the
        order of arrival, the requests whose prompts are not read: dicts with `id`, `waited_s`, `prompt_left` and
        `is_started`. `decoding` says how many write, `free_slots` how many more may start. It gives a dict: id ->
        prompt tokens to read in this step.
    arrivals_s : (N,) array_like
        When requests arrive, in order. [s]
    prompt_tokens, output_tokens : (N,) array_like of int
        Their lengths, one at least. [1]
    slots : int
        Requests that may be started and not finished. [1]
    step_s, token_s : float
        Time of a step, and of a token in it. [s]

    Returns
    -------
    list of N lists of float
        Times of each request's tokens; fewer than its answer has, if the policy never let it in. [s]

    Raises
    ------
    ValueError
        If the policy reads of a request that does not wait, more than is left, less than nothing, or starts more
        than there are slots; and if arrivals are not in order.

    Examples
    --------
    Two requests at once, a step of 1 s and 0.1 s a token: both prompts in the first step, then one token each.

    >>> simulate_serving(whole_prompts, [0, 0], [6, 4], [1, 2], slots=2, step_s=1.0, token_s=0.1)
    [[2.0], [2.0, 3.1]]
    """
    if np.any(np.diff(np.asarray(arrivals_s, dtype=float)) < 0):
        raise ValueError("requests are in the order of arrival")
    columns = (np.asarray(column).tolist() for column in (arrivals_s, prompt_tokens, output_tokens))
    requests = [_Request(number, *row) for number, row in enumerate(zip(*columns, strict=True))]
    coming, waiting, decoding = requests[::-1], list[_Request](), list[_Request]()
    now_s = 0.0
    while coming or waiting or decoding:
        while coming and coming[-1].arrival_s <= now_s:
            waiting.append(coming.pop())
        started = sum(one.is_started for one in waiting)
        free = slots - len(decoding) - started
        read = _asked(policy, waiting, len(decoding), free, now_s) if waiting else {}
        if not read and not decoding:
            if not coming:
                break  # the policy lets nobody in, and nobody comes
            now_s = max(now_s, coming[-1].arrival_s)
            continue
        now_s += step_s + token_s * (len(decoding) + sum(read.values()))
        for one in waiting:
            if one.id in read:
                one.is_started = True
                one.prompt_left -= read[one.id]
        decoding += [one for one in waiting if one.prompt_left == 0]
        waiting = [one for one in waiting if one.prompt_left > 0]
        for one in decoding:
            one.output_left -= 1
            one.token_times_s.append(now_s)
        decoding = [one for one in decoding if one.output_left > 0]
    return [one.token_times_s for one in requests]


def _asked(policy: Policy, waiting: Sequence[_Request], decoding: int, free: int, now_s: float) -> dict[int, int]:
    """What the policy wants to read, without zeros; refused, if it cannot be."""
    seen = [
        {
            "id": one.id,
            "waited_s": now_s - one.arrival_s,
            "prompt_left": one.prompt_left,
            "is_started": one.is_started,
        }
        for one in waiting
    ]
    wanted = {int(name): int(tokens) for name, tokens in policy(seen, decoding, free).items() if tokens != 0}
    left = {one.id: one.prompt_left for one in waiting}
    if any(name not in left or not 0 < tokens <= left[name] for name, tokens in wanted.items()):
        raise ValueError("the policy reads of who waits, and what is left")
    if sum(not one.is_started for one in waiting if one.id in wanted) > free:
        raise ValueError("the policy starts more requests than there are slots")
    return wanted


def whole_prompts(waiting: Waiting, decoding: int, free_slots: int) -> dict[Any, int]:  # noqa: ARG001  a policy's three
    """Policy: whoever is first reads the whole prompt at once, as long as there are slots.

    Parameters
    ----------
    waiting : sequence of mapping
        As `simulate_serving` says.
    decoding, free_slots : int
        Requests that write, and that may start. [1]

    Returns
    -------
    dict
        Id -> prompt tokens to read.

    Examples
    --------
    >>> waiting = [{"id": 7, "prompt_left": 900}, {"id": 8, "prompt_left": 20}]
    >>> whole_prompts(waiting, decoding=3, free_slots=1)
    {7: 900}
    """
    return {one["id"]: one["prompt_left"] for one in waiting[:free_slots]}


def chunked_prompts(token_budget: int) -> Policy:
    """Policy: a step has a budget of tokens; those that write come first, then prompts in the order of arrival.

    Parameters
    ----------
    token_budget : int
        Tokens of a step, prompts and answers together. [1]

    Returns
    -------
    callable
        The policy.

    Examples
    --------
    >>> waiting = [{"id": 7, "prompt_left": 900, "is_started": True}, {"id": 8, "prompt_left": 20, "is_started": False}]
    >>> chunked_prompts(512)(waiting, decoding=12, free_slots=4), chunked_prompts(1000)(waiting, 96, 4)
    ({7: 500}, {7: 900, 8: 4})
    """

    def policy(waiting: Waiting, decoding: int, free_slots: int) -> dict[Any, int]:
        budget, free = token_budget - decoding, free_slots
        read = {}
        for one in sorted(waiting, key=lambda one: not one["is_started"]):  # who has begun goes on
            if budget <= 0 or (not one["is_started"] and free == 0):
                break
            read[one["id"]] = min(one["prompt_left"], budget)
            budget -= read[one["id"]]
            free -= not one["is_started"]
        return read

    return policy
