r"""The time of a training step: operations of a token, a pipeline's pace, and the slowest of many nodes.

Question
    A model is trained over thousands of devices. How many operations is a token, how long is a step, and what does it
    cost that every node waits for the slowest?
Model
    Forward, a layer of width :math:`h` takes :math:`24 h^2 + 4 s h` operations a token, the second term for the
    attention over a sequence of :math:`s`; logits over :math:`V` words take :math:`2 h V`. Backward is twice that, and
    what is computed anew is forward once more. For :math:`L` layers, without recomputation:

    .. math:: F = 72 L h^2 \left( 1 + \frac{s}{6 h} + \frac{V}{12 L h} \right)

    selective recomputation adds :math:`4 L s h`, full recomputation :math:`L (24 h^2 + 4 s h)`. MFU counts the first,
    HFU all of it. A pipeline of :math:`p` stages, :math:`v` pieces on each, :math:`m` micro-batches a step, which take
    :math:`t` each, and what is not hidden behind them, :math:`x`:

    .. math:: T = \left( m + \frac{p - 1}{v} \right) t\, (1 + \sigma e_n) + x

    Every micro-batch waits for the slowest of :math:`n` nodes. Their times have a relative spread of :math:`\sigma`,
    and :math:`e_n = n \int z \varphi(z) \Phi(z)^{n-1} dz` is the expected maximum of :math:`n` standard normals. The
    first stage holds the activations of :math:`p` micro-batches, with pieces those of :math:`v p + p - 1` pieces of
    :math:`L / (v p)` layers: :math:`L (1 + (p - 1) / (v p))` layers in all.
Assumes
    A feed-forward width of :math:`4 h`, all heads with keys and values of their own, attention over the whole sequence
    (a causal mask saves nothing here), stages alike, nodes independent in each step, forward and backward in turn.
Breaks when
    Experts are routed, MLPs are gated, the last stage's logits weigh much, a node is slow for good (then it is no
    spread, and is taken out), or transfers between stages are longer than a micro-batch.
Source
    Narayanan et al., "Efficient Large-Scale Language Model Training on GPU Clusters Using Megatron-LM", SC 2021:
    operations (appendix; with full recomputation), as Megatron-LM's `num_floating_point_operations` quotes it; the
    paper itself was not seen. Pieces in flight are counted here, from the order of an interleaved schedule. The
    integral is the definition of an expected maximum.
Oracle
    Matrix products counted one by one; the paper's sum with full recomputation; schedules played piece by piece;
    expected maxima of 2 and 3 normals in closed form, of many by the integral of their distribution, and drawn ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["first_stage_layers", "pipeline_step_s", "slowest_of", "training_token_flops"]

_RECOMPUTE = {"none": (0.0, 0.0), "selective": (0.0, 1.0), "full": (1.0, 1.0)}
"""Recomputation -> how often a layer's matrices, and its attention, run forward once more."""


def training_token_flops(
    layers: ArrayLike, width: ArrayLike, sequence: ArrayLike, vocabulary: ArrayLike, recompute: str = "none"
) -> Array:
    """Operations to train on a token: forward, backward, and what is computed anew; the arguments broadcast.

    Parameters
    ----------
    layers : (...) array_like
        Of the transformer. [1]
    width : (...) array_like
        Hidden size. [1]
    sequence : (...) array_like
        Tokens of a sequence. [1]
    vocabulary : (...) array_like
        Words of the output. [1]
    recompute : {"none", "selective", "full"}
        What the backward pass computes anew: nothing, the attention's inner part, or layers from their inputs.

    Returns
    -------
    (...) ndarray
        Operations. [flop]

    Raises
    ------
    ValueError
        If a size is not positive, or there is no such recomputation.

    Examples
    --------
    GPT-3 with 175 billion parameters, in units of operations a parameter:

    >>> round(float(training_token_flops(96, 12288, 2048, 51200)) / 175e9, 2)
    6.15
    """
    validate.require_positive(layers=layers, width=width, sequence=sequence, vocabulary=vocabulary)
    if recompute not in _RECOMPUTE:
        raise ValueError("recompute is none, selective or full")
    matrices_again, attention_again = _RECOMPUTE[recompute]
    h = np.asarray(width, dtype=float)
    matrices, attention = 24 * h**2, 4 * np.asarray(sequence) * h
    a_layer = (3 + matrices_again) * matrices + (3 + attention_again) * attention
    return np.asarray(np.asarray(layers) * a_layer + 6 * h * np.asarray(vocabulary))


def first_stage_layers(layers: ArrayLike, stages: ArrayLike, micro_batches: ArrayLike, pieces: ArrayLike = 1) -> Array:
    """Layers whose activations the first stage of a pipeline holds at once, each for one micro-batch, at most.

    Parameters
    ----------
    layers : (...) array_like
        Of the whole model. [1]
    stages : (...) array_like of int
        Of the pipeline. [1]
    micro_batches : (...) array_like of int
        Of a step. [1]
    pieces : (...) array_like of int
        Pieces of the model on each stage. [1]

    Returns
    -------
    (...) ndarray
        Layers. [1]

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> first_stage_layers(96, 8, 64, [1, 2]).tolist()
    [96.0, 138.0]
    """
    validate.require_positive(layers=layers, stages=stages, micro_batches=micro_batches, pieces=pieces)
    p, v = np.asarray(stages), np.asarray(pieces)
    held = np.minimum(np.where(v > 1, v * p + p - 1, p), v * np.asarray(micro_batches))
    return np.asarray(held * np.asarray(layers, dtype=float) / (v * p))


def pipeline_step_s(
    micro_batch_s: ArrayLike,
    stages: ArrayLike,
    micro_batches: ArrayLike,
    pieces: ArrayLike = 1,
    slowdown: ArrayLike = 1.0,
    exposed_s: ArrayLike = 0.0,
) -> Array:
    """Time of a training step; the arguments broadcast.

    Parameters
    ----------
    micro_batch_s : (...) array_like
        Forward and backward of a micro-batch on a stage, what it waits for included. [s]
    stages : (...) array_like of int
        Of the pipeline. [1]
    micro_batches : (...) array_like of int
        Of a step. [1]
    pieces : (...) array_like of int
        Pieces of the model on each stage. [1]
    slowdown : (...) array_like
        Time with the slowest node over that of a mean one. [1]
    exposed_s : (...) array_like
        What follows the last micro-batch: gradients that are still to be summed, the optimizer. [s]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If a time or number is not positive, the slowest is faster than the mean, or exposed time negative.

    Examples
    --------
    Eight stages, 32 micro-batches of a quarter second, with one piece and with two:

    >>> pipeline_step_s(0.25, 8, 32, [1, 2]).tolist()
    [9.75, 8.875]
    """
    validate.require_positive(micro_batch_s=micro_batch_s, stages=stages, micro_batches=micro_batches, pieces=pieces)
    if np.any(np.less(slowdown, 1)) or np.any(np.less(exposed_s, 0)):
        raise ValueError("the slowest is no faster than the mean, and exposed time not negative")
    turns = np.asarray(micro_batches) + np.subtract(stages, 1) / np.asarray(pieces)
    return np.asarray(turns * np.asarray(micro_batch_s) * np.asarray(slowdown) + np.asarray(exposed_s))


def slowest_of(nodes: int, spread: float) -> float:
    """Expected time of the slowest of many nodes, over the mean.

    Parameters
    ----------
    nodes : int
        That wait for each other. [1]
    spread : float
        Standard deviation of a node's time over its mean. [1]

    Returns
    -------
    float
        At least 1. [1]

    Raises
    ------
    ValueError
        If there is no node, or the spread is negative.

    Examples
    --------
    A hundred nodes that spread by two per cent are five per cent slower together:

    >>> round(slowest_of(100, 0.02), 4)
    1.0502
    """
    validate.require_positive(nodes=nodes)
    if spread < 0:
        raise ValueError("spread must not be negative")
    if nodes < 2:
        return 1.0
    z = np.linspace(-9.0, 9.0, 3601)
    below = special.ndtr(z)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    highest = np.trapezoid(nodes * z * density * below ** (nodes - 1), z)
    return float(1 + spread * highest)
