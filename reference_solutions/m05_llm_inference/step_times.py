r"""Roofline of an inference step: reading a prompt and writing a token on the same machine.

Question
    How long does a step take that processes so many tokens, and what limits it: arithmetic or memory?
Model
    .. math:: t = \max\!\left( \frac{f \, n}{\eta_P P},\; \frac{W + m \, c}{\eta_B B} \right) + t_0, \qquad
        n^{*} = \frac{W \, \eta_P P}{f \, \eta_B B}

    A step reads the weights, :math:`W` bytes, once for all its :math:`n` tokens, and for each sequence the cache that
    it attends to, :math:`m` bytes for each of :math:`c` cached tokens; a token takes :math:`f` operations. In decode
    :math:`n` is the batch: weights are shared by it, caches are not. In prefill :math:`n` is the prompts' tokens.
    Below :math:`n^{*}` tokens, and without caches, the memory is the limit. With :math:`f = 2 N` and :math:`W = b N` it
    is :math:`b P / (2 B)`, whatever the model.
Assumes
    Arithmetic and traffic overlap; devices share both evenly; :math:`t_0` holds what does not overlap: launches, the
    host, communication.
Breaks when
    Prompts are long (the context adds operations: `forward_flops`), tensor-parallel messages grow with the tokens, or
    operations take turns: the sum of each operation's own maximum is longer than the maximum of the sums.
Source
    Williams, Waterman, Patterson, "Roofline: an insightful visual performance model for multicore architectures", CACM
    52(4), 2009, pp. 65-76, read as a time; Kwon et al., SOSP 2023, section 2.2 (decode is bound by memory).
Oracle
    70 billion weights in BF16 on eight H100: 5.224 ms to read them; 295 tokens on the H100's ridge. LLM-Viewer adds up
    the times of all operations: never less than this (72 recorded steps), and within 2 % of it in decode (36).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["critical_tokens", "step_time_s"]


def step_time_s(
    tokens: ArrayLike,
    cached_tokens: ArrayLike,
    weight_bytes: float,
    token_bytes: float,
    token_flops: float,
    peak_flops_per_s: float,
    bandwidth_bytes_per_s: float,
    overhead_s: float = 0.0,
) -> Array:
    """Time of a step; `tokens` and `cached_tokens` broadcast.

    Parameters
    ----------
    tokens : (...) array_like of int
        Tokens that the step processes, all sequences together. [1]
    cached_tokens : (...) array_like of int
        Tokens whose keys and values it reads, all sequences together. [1]
    weight_bytes : float
        Weights. [B]
    token_bytes : float
        Keys and values of one token. [B]
    token_flops : float
        Operations for one token: two for each weight that it meets. [flop]
    peak_flops_per_s : float
        Operations that all devices together reach. [flop/s]
    bandwidth_bytes_per_s : float
        Traffic that all devices together reach. [B/s]
    overhead_s : float
        What does not overlap. [s]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If tokens are negative, or a figure of machine or model is not positive.

    Examples
    --------
    A machine of 100 flop/s and 10 B/s, a model of 20 weights in 2 bytes: one token waits for the memory, 20 do not.

    >>> step_time_s([1, 20], 0, weight_bytes=40, token_bytes=1, token_flops=40, peak_flops_per_s=100,
    ...     bandwidth_bytes_per_s=10)
    array([4., 8.])
    """
    validate.require_positive(
        weight_bytes=weight_bytes,
        token_bytes=token_bytes,
        token_flops=token_flops,
        peak_flops_per_s=peak_flops_per_s,
        bandwidth_bytes_per_s=bandwidth_bytes_per_s,
    )
    new, cached = np.asarray(tokens, dtype=float), np.asarray(cached_tokens, dtype=float)
    if np.any(new < 0) or np.any(cached < 0):
        raise ValueError("tokens must not be negative")
    computing_s = new * token_flops / peak_flops_per_s
    reading_s = (weight_bytes + cached * token_bytes) / bandwidth_bytes_per_s
    return np.asarray(np.maximum(computing_s, reading_s) + overhead_s)


def critical_tokens(
    weight_bytes: ArrayLike, token_flops: ArrayLike, peak_flops_per_s: ArrayLike, bandwidth_bytes_per_s: ArrayLike
) -> Array:
    """Tokens of a step from which its arithmetic takes longer than reading the weights; the arguments broadcast.

    Parameters
    ----------
    weight_bytes : (...) array_like
        Weights. [B]
    token_flops : (...) array_like
        Operations for one token. [flop]
    peak_flops_per_s : (...) array_like
        Operations that all devices together reach. [flop/s]
    bandwidth_bytes_per_s : (...) array_like
        Traffic that all devices together reach. [B/s]

    Returns
    -------
    (...) ndarray
        Tokens; not whole. [1]

    Raises
    ------
    ValueError
        If a figure is not positive.

    Examples
    --------
    >>> float(critical_tokens(weight_bytes=40, token_flops=40, peak_flops_per_s=100, bandwidth_bytes_per_s=10))
    10.0
    """
    validate.require_positive(
        weight_bytes=weight_bytes,
        token_flops=token_flops,
        peak_flops_per_s=peak_flops_per_s,
        bandwidth_bytes_per_s=bandwidth_bytes_per_s,
    )
    reading_s = np.asarray(weight_bytes, dtype=float) / np.asarray(bandwidth_bytes_per_s)
    token_s = np.asarray(token_flops, dtype=float) / np.asarray(peak_flops_per_s)
    return np.asarray(reading_s / token_s)
