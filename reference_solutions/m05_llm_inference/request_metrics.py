r"""What users of a language model wait for: metrics of a request from the times of its tokens.

Question
    A service streams tokens. When does a user see the first one, how fast do the others follow, and how many users got
    what was promised?
Model
    .. math:: \mathrm{TTFT} = t_1 - t_{sent}, \qquad \mathrm{TPOT} = \frac{t_n - t_1}{n - 1}, \qquad
        \mathrm{E2E} = t_n - t_{sent} = \mathrm{TTFT} + (n - 1)\,\mathrm{TPOT}

    :math:`t_i` is when token :math:`i` of :math:`n` arrived. TPOT is the *mean* of the gaps, so the longest gap stands
    beside it: the mean hides a pause. The achieved goodput of a run counts the requests that met every limit, by
    second.
Assumes
    Times are the client's, of one clock; a token that arrives with others in a packet has the packet's time.
Breaks when
    A request has one token (it has no gap: TPOT is NaN, and no limit on it can be missed) or none (it was cancelled or
    failed: everything is NaN, and no limit was met). A mean over requests weighs a short answer like a long one; tokens
    by second weigh tokens: the two are not each other's inverse.
Source
    MLCommons, inference rules, inference_policies ac93e89: TTFT, and TPOT as the average interval between tokens, both
    bounded in the Server scenario; there a request's time starts when it was due to be sent. Zhong et al., "DistServe:
    Disaggregating Prefill and Decoding for Goodput-optimized Large Language Model Serving", OSDI 2024, section 1, where
    goodput is the *highest rate* per GPU at which a goal, say 90 % of requests within the limits, still holds: another
    quantity than that of one run.
Oracle
    Traces by hand, the identity of E2E, one request at a time by `statistics`, and percentiles that a benchmark of real
    vLLM 0.19 runs printed about its own requests (read in place).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["goodput_per_s", "request_metrics"]


def request_metrics(sent_s: ArrayLike, token_times_s: Sequence[ArrayLike]) -> dict[str, Array]:
    """Metrics of each request, one row a request.

    Parameters
    ----------
    sent_s : (N,) array_like
        When each request was sent. [s]
    token_times_s : sequence of N array_like
        When each of its tokens arrived, in order; none, if it was cancelled before. [s]

    Returns
    -------
    dict of str to (N,) ndarray
        `tokens` [1], `ttft_s`, `tpot_s`, `longest_gap_s`, `e2e_s` [s]; NaN where a request has no such time.

    Raises
    ------
    ValueError
        If a token arrived before the one before it, or before its request was sent.

    Examples
    --------
    Three tokens, one token, none:

    >>> table = request_metrics([0.0, 1.0, 2.0], [[0.5, 0.6, 0.9], [1.25], []])
    >>> table["ttft_s"], table["tpot_s"]
    (array([0.5 , 0.25,  nan]), array([0.2, nan, nan]))
    """
    table: dict[str, list[float]] = {name: [] for name in ("tokens", "ttft_s", "tpot_s", "longest_gap_s", "e2e_s")}
    for sent, times in zip(np.asarray(sent_s, dtype=float), token_times_s, strict=True):
        times_s = np.asarray(times, dtype=float)
        waits_s = np.diff(np.concatenate([[sent], times_s]))
        gaps_s = waits_s[1:]
        if np.any(waits_s < 0):
            raise ValueError("tokens arrive in order, and after their request was sent")
        table["tokens"].append(times_s.size)
        table["ttft_s"].append(waits_s[0] if times_s.size else np.nan)
        table["tpot_s"].append(gaps_s.mean() if gaps_s.size else np.nan)  # one token has no gap
        table["longest_gap_s"].append(gaps_s.max() if gaps_s.size else np.nan)
        table["e2e_s"].append(times_s[-1] - sent if times_s.size else np.nan)
    return {name: np.array(column) for name, column in table.items()}


def goodput_per_s(
    ttft_s: ArrayLike, tpot_s: ArrayLike, ttft_limit_s: float, tpot_limit_s: float, window_s: float
) -> float:
    """Requests by second that met both limits: the achieved goodput of one run.

    Parameters
    ----------
    ttft_s, tpot_s : (N,) array_like
        Of each request; TTFT is NaN where there was no token, TPOT where there were fewer than two. [s]
    ttft_limit_s, tpot_limit_s : float
        What was promised; a limit that is just reached is met. [s]
    window_s : float
        Length of the run. [s]

    Returns
    -------
    float
        Goodput. [1/s]

    Raises
    ------
    ValueError
        If the window has no length.

    Examples
    --------
    The first is good, the second came late, the third has one token and is good, the fourth has none:

    >>> goodput_per_s([0.2, 0.9, 0.3, np.nan], [0.02, 0.02, np.nan, np.nan], 0.5, 0.05, 4.0)
    0.5
    """
    if not window_s > 0:
        raise ValueError("window_s must be positive")
    on_time = np.asarray(ttft_s, dtype=float) <= ttft_limit_s
    too_slow = np.asarray(tpot_s, dtype=float) > tpot_limit_s  # NaN is not
    return float(np.count_nonzero(on_time & ~too_slow) / window_s)
