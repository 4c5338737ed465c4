r"""A step's time as a straight line in its tokens.

Question
    A step takes so long, and each token in it a little more. Which two numbers does a model on a machine give?
Model
    .. math:: t_0 = \frac{W}{B} + t_o + 2 L \cdot 2 (n - 1)\, \alpha, \qquad
        t_1 = \max\!\left( \frac{f}{P},\; \frac{c \, m}{B} \right) + 2 L \cdot \frac{2 (n - 1)}{n} \frac{S}{\beta}

    A step reads the weights, :math:`W` bytes, once. A token takes :math:`f` operations, and where it is written it
    reads the cache of its sequence, :math:`c` tokens of :math:`m` bytes. With :math:`n` tensor-parallel devices each of
    :math:`L` layers sums its activations twice over a ring: :math:`S` bytes a token, over links of bandwidth
    :math:`\beta` and start-up time :math:`\alpha`. :math:`t_o` is the host's. :math:`P` and :math:`B` are what all
    devices together reach.
Assumes
    Communication does not overlap with computing. Each token is charged for the dearer of its arithmetic and its cache,
    though a step pays for the dearer of the sums: the line never lies below `step_time_s` with the same :math:`t_0`.
Breaks when
    Contexts differ much in length, or kernels hide the all-reduce behind the next matrix: then it is too slow.
Source
    Williams, Waterman, Patterson, CACM 52(4), 2009, pp. 65-76, for both maxima; Shoeybi et al., "Megatron-LM: Training
    Multi-Billion Parameter Language Models Using Model Parallelism", arXiv 1909.08053, 2019, section 3 (two all-reduces
    a layer in a forward pass); Patarasuk, Yuan, J. Parallel and Distributed Computing 69(2), 2009 (ring). The line is
    our own.
Oracle
    By hand: a machine in round numbers; `step_time_s` and `ring_all_reduce_s` on drawn machines, never above the line,
    and on it where one of the two limits binds alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["fixed_step_s", "token_step_s"]

_REDUCTIONS_A_LAYER = 2  # after attention, and after the feed-forward part


def fixed_step_s(
    weight_bytes: ArrayLike,
    bandwidth_bytes_per_s: ArrayLike,
    overhead_s: ArrayLike = 0.0,
    layers: ArrayLike = 1,
    devices: ArrayLike = 1,
    startup_s: ArrayLike = 0.0,
) -> Array:
    """Part of a step that does not depend on its tokens; the arguments broadcast.

    Parameters
    ----------
    weight_bytes : (...) array_like
        Weights of the model. [B]
    bandwidth_bytes_per_s : (...) array_like
        Traffic that all devices together reach. [B/s]
    overhead_s : (...) array_like
        Host and launches. [s]
    layers : (...) array_like of int
        Layers, each with two all-reduces. [1]
    devices : (...) array_like of int
        Tensor-parallel devices; one has nothing to sum. [1]
    startup_s : (...) array_like
        Start-up time of a step of the ring. [s]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    10 s to read the weights, 1 s of overhead, and 3 layers with two rings of two steps of 0.1 s:

    >>> round(float(fixed_step_s(100, 10, overhead_s=1, layers=3, devices=2, startup_s=0.1)), 6)
    12.2
    """
    validate.require_positive(
        weight_bytes=weight_bytes, bandwidth_bytes_per_s=bandwidth_bytes_per_s, layers=layers, devices=devices
    )
    reading_s = np.asarray(weight_bytes, dtype=float) / np.asarray(bandwidth_bytes_per_s)
    ring_steps = _REDUCTIONS_A_LAYER * np.asarray(layers) * 2 * (np.asarray(devices) - 1)
    return np.asarray(reading_s + np.asarray(overhead_s) + ring_steps * np.asarray(startup_s))


def token_step_s(
    token_flops: ArrayLike,
    flops_per_s: ArrayLike,
    context_tokens: ArrayLike,
    token_bytes: ArrayLike,
    bandwidth_bytes_per_s: ArrayLike,
    layers: ArrayLike = 1,
    devices: ArrayLike = 1,
    message_bytes: ArrayLike = 0.0,
    link_bytes_per_s: ArrayLike = 1.0,
) -> Array:
    """What a further token adds to a step; the arguments broadcast.

    Parameters
    ----------
    token_flops : (...) array_like
        Operations for one token. [flop]
    flops_per_s : (...) array_like
        Operations that all devices together reach. [flop/s]
    context_tokens : (...) array_like
        Mean length of what a written token attends to. [1]
    token_bytes : (...) array_like
        Keys and values of one token. [B]
    bandwidth_bytes_per_s : (...) array_like
        Traffic that all devices together reach. [B/s]
    layers, devices : (...) array_like of int
        As in `fixed_step_s`. [1]
    message_bytes : (...) array_like
        Activations of one token that an all-reduce sums. [B]
    link_bytes_per_s : (...) array_like
        Bandwidth of a link, in one direction. [B/s]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If a figure of the machine is not positive.

    Examples
    --------
    0.5 s of arithmetic hide 0.4 s of reading; 2 layers with two rings that send 10 B at 100 B/s:

    >>> round(float(token_step_s(50, 100, 4, 1, 10, layers=2, devices=2, message_bytes=10, link_bytes_per_s=100)), 6)
    0.9
    """
    validate.require_positive(
        token_flops=token_flops,
        flops_per_s=flops_per_s,
        bandwidth_bytes_per_s=bandwidth_bytes_per_s,
        devices=devices,
        link_bytes_per_s=link_bytes_per_s,
    )
    computing_s = np.asarray(token_flops, dtype=float) / np.asarray(flops_per_s)
    reading_s = np.asarray(context_tokens, dtype=float) * np.asarray(token_bytes) / np.asarray(bandwidth_bytes_per_s)
    ring_share = 2 * (np.asarray(devices) - 1) / np.asarray(devices)
    sending_s = ring_share * np.asarray(message_bytes, dtype=float) / np.asarray(link_bytes_per_s)
    return np.asarray(np.maximum(computing_s, reading_s) + _REDUCTIONS_A_LAYER * np.asarray(layers) * sending_s)
