r"""What a trace of requests asks for: its busiest window, and what it has read before.

Question
    Requests came at known times. At which rate must a fleet be able to serve, and how much of the prompts is old?
Model
    .. math:: \lambda_{max} = \max_i \frac{\#\{ j : t_i \le t_j < t_i + w \}}{w}, \qquad
        h = \frac{\sum_i k_i}{\sum_i p_i}

    The busiest window of length :math:`w` may begin at any arrival, since one that begins earlier holds no more.
    :math:`k_i` of a prompt's :math:`p_i` tokens are a prefix that an earlier request has had.
Assumes
    Arrivals are exact; the window is short against the trace and long against a request's own time.
Breaks when
    The trace is a sample of the requests (its rate is that of the sample), or the cache forgets prefixes in between:
    then :math:`h` is an upper limit.
Source
    The sliding maximum follows from its definition; Gim et al., "Prompt Cache: Modular Attention Reuse for Low-Latency
    Inference", MLSys 2024, for sharing prompts' parts.
Oracle
    Every window that begins on a fine grid, none of which holds more; traces by hand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate

__all__ = ["busiest_rate_per_s", "prefix_hit_rate"]


def busiest_rate_per_s(arrivals_s: ArrayLike, window_s: float) -> float:
    """Highest rate in any window of a given length.

    Parameters
    ----------
    arrivals_s : (n,) array_like
        When requests arrive, in order. [s]
    window_s : float
        Length of the window, its end not included. [s]

    Returns
    -------
    float
        Rate. [1/s]

    Raises
    ------
    ValueError
        If the window has no length, there is no arrival, or they are not in order.

    Examples
    --------
    >>> busiest_rate_per_s([0.0, 1.0, 1.5, 1.9, 3.0], window_s=1.0)
    3.0
    """
    arrivals = np.asarray(arrivals_s, dtype=float)
    validate.require_positive(window_s=window_s)
    if arrivals.size == 0 or np.any(np.diff(arrivals) < 0):
        raise ValueError("there must be arrivals, in their order")
    ends = np.searchsorted(arrivals, arrivals + window_s, side="left")
    return float(np.max(ends - np.arange(arrivals.size)) / window_s)


def prefix_hit_rate(prompt_tokens: ArrayLike, prefix_tokens: ArrayLike) -> float:
    """Share of all prompt tokens that an earlier request has had as its prefix.

    Parameters
    ----------
    prompt_tokens : (n,) array_like of int
        Lengths of the prompts. [1]
    prefix_tokens : (n,) array_like of int
        How many of them an earlier prompt began with, too. [1]

    Returns
    -------
    float
        Share. [1]

    Raises
    ------
    ValueError
        If a prefix is longer than its prompt, or negative.

    Examples
    --------
    >>> prefix_hit_rate([100, 300], [50, 150])
    0.5
    """
    prompts, prefixes = np.asarray(prompt_tokens, dtype=float), np.asarray(prefix_tokens, dtype=float)
    if np.any(prefixes < 0) or np.any(prefixes > prompts):
        raise ValueError("a prefix is a part of its prompt")
    return float(prefixes.sum() / prompts.sum())
