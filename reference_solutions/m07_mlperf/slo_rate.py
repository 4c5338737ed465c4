r"""From limits to a rate: what a fleet may be asked for such that users still get what was promised.

Question
    Limits on the 99th percentiles of TTFT and TPOT stand in a contract. At which rate does a replica keep them all, and
    how many replicas does that make?
Model
    .. math:: g = \max \{ \lambda : Q_{0.99}(\mathrm{TTFT}; \lambda) \le a \;\wedge\;
        Q_{0.99}(\mathrm{TPOT}; \lambda) \le b \}, \qquad
        n = \left\lceil \frac{\lambda_{max}}{g (1 - h)} \right\rceil + k

    A trace is served by `continuous_batching`, its arrivals drawn together or apart until its mean rate is
    :math:`\lambda`; bisection finds the highest that passes. A fleet deals requests out in turn, so that each replica
    sees every :math:`n`-th. A part :math:`h` stays free; :math:`k` replicas may fail.
Assumes
    The shape of the arrivals is the same at every rate, and passing is monotone in it.
Breaks when
    A trace is so short that its 99th percentile is one request's luck (300 requests at least: `quantile_interval_s`),
    or a balancer knows the queues: then the fleet does better than in turns. Where passing is not monotone, bisection
    finds one of the borders.
Source
    Zhong et al., "DistServe: Disaggregating Prefill and Decoding for Goodput-optimized Large Language Model Serving",
    OSDI 2024, section 1 (goodput as a rate at which the objective holds); MLCommons, inference rules, Server scenario
    (a rate found by trying).
Oracle
    All rates of a grid tried one after the other; each replica's share served by the step-by-step simulation;
    percentiles of single requests by hand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.m05_llm_inference.continuous_batching import continuous_batching
from reference_solutions.m08_tail_latency.quantiles import nearest_rank_quantile_s, quantile_interval_s
from reference_solutions.units import Array

__all__ = ["fleet_latency", "goodput_rate_per_s", "replicas_for_rate"]


def fleet_latency(
    arrivals_s: ArrayLike,
    prompt_tokens: ArrayLike,
    output_tokens: ArrayLike,
    replicas: int,
    slots: int,
    step_s: float,
    token_s: float,
) -> dict[str, float]:
    """Latencies of a trace that is dealt out in turn over replicas with continuous batching.

    Parameters
    ----------
    arrivals_s : (N,) array_like
        When requests arrive, in order. [s]
    prompt_tokens, output_tokens : (N,) array_like of int
        Their lengths, one at least. [1]
    replicas : int
        How many take turns. [1]
    slots : int
        Requests in a step of a replica at most. [1]
    step_s, token_s : float
        Time of a step, and of a token in it. [s]

    Returns
    -------
    dict of str to float
        `ttft_p50_s`, `ttft_p95_s`, `ttft_p99_s`, `tpot_p50_s`, `tpot_p99_s`, `e2e_mean_s`, `e2e_p99_s`;
        `ttft_p99_low_s`, `ttft_p99_high_s`: 95 % interval of that percentile, were requests independent. [s]

    Raises
    ------
    ValueError
        If there is no replica, no slot, a step takes no time, or requests are not in order.

    Examples
    --------
    Two requests at once, each on a replica of its own:

    >>> seen = fleet_latency([0, 0], [6, 4], [1, 2], replicas=2, slots=2, step_s=1.0, token_s=0.1)
    >>> round(seen["ttft_p99_s"], 6), round(seen["tpot_p99_s"], 6), round(seen["e2e_mean_s"], 6)
    (1.6, 1.1, 2.05)
    """
    validate.require_positive(replicas=replicas)
    arrivals = np.asarray(arrivals_s, dtype=float)
    prompts, outputs = np.asarray(prompt_tokens), np.asarray(output_tokens)
    first_s, last_s = np.empty(arrivals.size), np.empty(arrivals.size)
    for number in range(min(int(replicas), arrivals.size)):
        own = slice(number, None, int(replicas))
        first_s[own], last_s[own] = continuous_batching(
            arrivals[own], prompts[own], outputs[own], slots, step_s, token_s
        )
    ttft_s, e2e_s = first_s - arrivals, last_s - arrivals
    ttft = nearest_rank_quantile_s(ttft_s, [0.5, 0.95, 0.99])
    tpot = nearest_rank_quantile_s(_tpot_s(first_s, last_s, outputs), [0.5, 0.99])
    interval = quantile_interval_s(ttft_s, 0.99)
    return {
        "ttft_p50_s": float(ttft[0]),
        "ttft_p95_s": float(ttft[1]),
        "ttft_p99_s": float(ttft[2]),
        "ttft_p99_low_s": interval["low"],
        "ttft_p99_high_s": interval["high"],
        "tpot_p50_s": float(tpot[0]),
        "tpot_p99_s": float(tpot[1]),
        "e2e_mean_s": float(e2e_s.mean()),
        "e2e_p99_s": float(nearest_rank_quantile_s(e2e_s, 0.99)),
    }


def _tpot_s(first_s: Array, last_s: Array, outputs: Array) -> Array:
    """Mean time per further token of the requests that have one."""
    written = outputs > 1
    return (last_s - first_s)[written] / (outputs[written] - 1) if written.any() else np.zeros(1)


def goodput_rate_per_s(
    arrivals_s: ArrayLike,
    prompt_tokens: ArrayLike,
    output_tokens: ArrayLike,
    slots: int,
    step_s: float,
    token_s: float,
    ttft_limit_s: float,
    tpot_limit_s: float,
    tolerance: float = 0.01,
) -> float:
    """Highest mean rate of one replica at which both 99th percentiles keep their limits.

    Parameters
    ----------
    arrivals_s : (N,) array_like
        When requests arrive, in order; only the shape counts. [s]
    prompt_tokens, output_tokens : (N,) array_like of int
        Their lengths. [1]
    slots : int
        Requests in a step at most. [1]
    step_s, token_s : float
        Time of a step, and of a token in it. [s]
    ttft_limit_s, tpot_limit_s : float
        Limits. [s]
    tolerance : float
        Share of the rate that it may lie below the highest. [1]

    Returns
    -------
    float
        Rate; 0, if even requests that are alone miss a limit. [1/s]

    Raises
    ------
    ValueError
        If a limit is not positive, or the trace has no length.

    Examples
    --------
    A request of one token takes 1 s, and may take 1.5 s; they come at even intervals: one a second is served.

    >>> even = np.arange(400.0)
    >>> rate = goodput_rate_per_s(even, np.ones(400, int), np.ones(400, int), 1, 1.0, 1e-9, 1.5, 1.0)
    >>> bool(0.98 < rate < 1.01)
    True
    """
    arrivals = np.asarray(arrivals_s, dtype=float)
    validate.require_positive(ttft_limit_s=ttft_limit_s, tpot_limit_s=tpot_limit_s)
    span_s = float(arrivals[-1] - arrivals[0]) if arrivals.size > 1 else 0.0
    validate.require_positive(span_s=span_s)
    outputs = np.asarray(output_tokens)
    unit_rate = (arrivals - arrivals[0]) * (arrivals.size - 1) / span_s  # one a second on average
    late_after, slow_after = (
        (limit_s, count - int(np.ceil(0.99 * count - 1e-9)))  # so many lie beyond the percentile
        for limit_s, count in ((ttft_limit_s, arrivals.size), (tpot_limit_s, int(np.sum(outputs > 1))))
    )

    def passes(rate_per_s: float) -> bool:
        at_s = unit_rate / rate_per_s
        first_s, last_s = continuous_batching(
            at_s, prompt_tokens, outputs, slots, step_s, token_s, late_after, slow_after
        )
        if not np.isfinite(last_s).all():
            return False  # given up
        ttft_s, tpot_s = first_s - at_s, _tpot_s(first_s, last_s, outputs)
        return bool(
            nearest_rank_quantile_s(ttft_s, 0.99) <= ttft_limit_s
            and nearest_rank_quantile_s(tpot_s, 0.99) <= tpot_limit_s
        )

    # more than this no schedule serves: all slots write in every step, and each prompt is read
    demand_s = float(np.mean(np.asarray(prompt_tokens)) * token_s + np.mean(outputs) * (token_s + step_s / slots))
    low, high = 0.0, 1 / demand_s
    if passes(high):
        return high
    while high - low > tolerance * high:
        middle = (low + high) / 2
        low, high = (middle, high) if passes(middle) else (low, middle)
        if high < 1e-4 / demand_s:
            return 0.0
    return low


def replicas_for_rate(rate_per_s: float, goodput_per_s: float, headroom: float = 0.0, spares: int = 0) -> int:
    """Replicas that serve a rate, with a part of each kept free and some allowed to fail.

    Parameters
    ----------
    rate_per_s : float
        What is asked of all together. [1/s]
    goodput_per_s : float
        What one serves within its limits. [1/s]
    headroom : float
        Share that stays free, at least 0 and less than 1. [1]
    spares : int
        Replicas that may fail at once. [1]

    Returns
    -------
    int
        Replicas to run. [1]

    Raises
    ------
    ValueError
        If a rate is not positive, or the headroom is no share below one.

    Examples
    --------
    >>> replicas_for_rate(30, 4, headroom=0.2, spares=1)
    11
    """
    validate.require_positive(rate_per_s=rate_per_s, goodput_per_s=goodput_per_s)
    if not 0 <= headroom < 1:
        raise ValueError("the headroom is a share below one")
    return int(np.ceil(round(rate_per_s / (goodput_per_s * (1 - headroom)), 9))) + int(spares)
