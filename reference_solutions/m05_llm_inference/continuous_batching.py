r"""Static and continuous batching: when a batch may change.

Question
    Answers differ in length. What is gained by letting a request leave, and the next one in, after every token?
Model
    .. math:: T_{static} = \sum_{\text{batches}} \left[ t_0 + t_1 \sum_i p_i + (\max_i o_i - 1)(t_0 + t_1 n) \right],
        \qquad T \ge \frac{t_0}{s} \sum_i o_i

    Static batching takes what waits, up to :math:`s` requests, and keeps these :math:`n` together until the longest
    answer :math:`o_i` is written; nobody's answer is returned before. Continuous batching decides before each step:
    whoever is done has left, whoever waits reads the whole prompt :math:`p_i` in the step in which a slot is free. No
    schedule writes more than :math:`s` tokens a step: the second line.
    Between two arrivals or ends nothing changes, so all steps in between are one jump: the work grows with the number
    of requests, and not of tokens.
Assumes
    A step takes :math:`t_0 + t_1` times its tokens. First come, first served.
Breaks when
    Long prompts stall those that write (`chunked_prompts`), or memory, and not slots, is short.
Source
    Yu et al., "Orca: A Distributed Serving System for Transformer-Based Generative Models", OSDI 2022, sections 3
    and 4.2, where it is called iteration-level scheduling; both formulas are our own.
Oracle
    Vidur's Orca scheduler on 150 requests to 1e-9 s; a step-by-step simulation, and a process for each request in
    SimPy, on drawn traces; one slot makes both kinds of batching equal.
"""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.m05_llm_inference.serving import simulate_serving, whole_prompts
from reference_solutions.units import Array

__all__ = ["continuous_batching", "continuous_batching_by_definition", "static_batching"]


def continuous_batching(
    arrivals_s: ArrayLike,
    prompt_tokens: ArrayLike,
    output_tokens: ArrayLike,
    slots: int,
    step_s: float,
    token_s: float,
    late_after: tuple[float, int] = (np.inf, 0),
    slow_after: tuple[float, int] = (np.inf, 0),
) -> tuple[Array, Array]:
    """First and last token of each request under continuous batching.

    Parameters
    ----------
    arrivals_s : (N,) array_like
        When requests arrive, in order. [s]
    prompt_tokens, output_tokens : (N,) array_like of int
        Their lengths, one at least. [1]
    slots : int
        Requests in a step at most. [1]
    step_s, token_s : float
        Time of a step, and of a token in it. [s]
    late_after, slow_after : (float, int)
        Time until a first token, and mean time per further token [s], each with how many may take longer [1]: once
        more do, the trace is given up.

    Returns
    -------
    first_s, last_s : (N,) ndarray
        When the first token was written, and the last; infinite where it was not before the trace was given up. [s]

    Raises
    ------
    ValueError
        If there is no slot, a step takes no time, or requests are not in the order of arrival.

    Examples
    --------
    >>> continuous_batching([0, 0], [6, 4], [1, 2], slots=2, step_s=1.0, token_s=0.1)
    (array([2., 2.]), array([2. , 3.1]))
    """
    arrivals, prompts, outputs = _trace(arrivals_s, prompt_tokens, output_tokens, slots, step_s)
    count = len(arrivals)
    first_s, last_s = [np.inf] * count, [np.inf] * count
    ends: list[tuple[int, int]] = []  # a heap of who is running: step of the last token, request
    now_s, step, coming, running = 0.0, 0, 0, 0
    (ttft_s, may_be_late), (tpot_s, may_be_slow) = late_after, slow_after
    while (coming < count or running) and may_be_late >= 0 and may_be_slow >= 0:
        if not running:
            now_s = max(now_s, arrivals[coming])
        if running < slots and coming < count and arrivals[coming] <= now_s:
            entered, full = coming, min(count, coming + slots - running)
            while coming < full and arrivals[coming] <= now_s:
                coming += 1
            now_s += step_s + token_s * (running + sum(prompts[entered:coming]))
            step += 1
            for number in range(entered, coming):
                first_s[number] = now_s
                may_be_late -= now_s - arrivals[number] > ttft_s
                heappush(ends, (step + outputs[number] - 1, number))
            running += coming - entered
        else:
            pace_s = step_s + token_s * running
            steps = ends[0][0] - step
            if running != slots and coming < count:
                steps = min(steps, max(1, int(-(-(arrivals[coming] - now_s) // pace_s))))
            now_s += steps * pace_s
            step += steps
        while running and ends[0][0] == step:
            number = heappop(ends)[1]
            last_s[number], gaps = now_s, outputs[number] - 1
            may_be_slow -= gaps > 0 and (now_s - first_s[number]) / gaps > tpot_s
            running -= 1
    return np.array(first_s), np.array(last_s)


def continuous_batching_by_definition(
    arrivals_s: ArrayLike,
    prompt_tokens: ArrayLike,
    output_tokens: ArrayLike,
    slots: int,
    step_s: float,
    token_s: float,
) -> tuple[Array, Array]:
    """`continuous_batching`, step by step and token by token.

    Parameters
    ----------
    arrivals_s : (N,) array_like
        When requests arrive, in order. [s]
    prompt_tokens, output_tokens : (N,) array_like of int
        Their lengths, one at least. [1]
    slots : int
        Requests in a step at most. [1]
    step_s, token_s : float
        Time of a step, and of a token in it. [s]

    Returns
    -------
    first_s, last_s : (N,) ndarray
        When the first token was written, and the last. [s]

    Examples
    --------
    >>> continuous_batching_by_definition([0, 0], [6, 4], [1, 2], slots=2, step_s=1.0, token_s=0.1)
    (array([2., 2.]), array([2. , 3.1]))
    """
    times = simulate_serving(whole_prompts, arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s)
    return np.array([tokens[0] for tokens in times]), np.array([tokens[-1] for tokens in times])


def static_batching(
    arrivals_s: ArrayLike,
    prompt_tokens: ArrayLike,
    output_tokens: ArrayLike,
    slots: int,
    step_s: float,
    token_s: float,
) -> tuple[Array, Array]:
    """First token and return of each request when a batch stays together to its end.

    Parameters
    ----------
    arrivals_s : (N,) array_like
        When requests arrive, in order. [s]
    prompt_tokens, output_tokens : (N,) array_like of int
        Their lengths, one at least. [1]
    slots : int
        Requests in a batch at most; a batch starts with what waits. [1]
    step_s, token_s : float
        Time of a step, and of a token in it; those that are done are padded, and cost as before. [s]

    Returns
    -------
    first_s, last_s : (N,) ndarray
        When the first token was written, and when the batch was returned. [s]

    Raises
    ------
    ValueError
        If there is no slot, a step takes no time, or requests are not in the order of arrival.

    Examples
    --------
    The first one's single token is there at 2 s, and is returned with the other's second.

    >>> static_batching([0, 0], [6, 4], [1, 2], slots=2, step_s=1.0, token_s=0.1)
    (array([2., 2.]), array([3.2, 3.2]))
    """
    validate.require_positive(slots=slots, step_s=step_s, prompt_tokens=prompt_tokens, output_tokens=output_tokens)
    arrivals, prompts, outputs = map(np.asarray, (arrivals_s, prompt_tokens, output_tokens))
    if np.any(np.diff(arrivals) < 0):
        raise ValueError("requests are in the order of arrival")
    first_s, last_s = np.empty(len(arrivals)), np.empty(len(arrivals))
    now_s, start = 0.0, 0
    while start < len(arrivals):
        now_s = max(now_s, arrivals[start])
        end = min(start + slots, int(np.searchsorted(arrivals, now_s, side="right")))
        now_s += step_s + token_s * prompts[start:end].sum()
        first_s[start:end] = now_s
        now_s += (outputs[start:end].max() - 1) * (step_s + token_s * (end - start))
        last_s[start:end] = now_s
        start = end
    return first_s, last_s


def _trace(
    arrivals_s: ArrayLike, prompt_tokens: ArrayLike, output_tokens: ArrayLike, slots: int, step_s: float
) -> tuple[list[float], list[int], list[int]]:
    arrivals = np.asarray(arrivals_s, dtype=float)
    validate.require_positive(slots=slots, step_s=step_s, prompt_tokens=prompt_tokens, output_tokens=output_tokens)
    if np.any(np.diff(arrivals) < 0):
        raise ValueError("requests are in the order of arrival")
    return arrivals.tolist(), np.asarray(prompt_tokens).tolist(), np.asarray(output_tokens).tolist()
