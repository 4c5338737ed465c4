r"""What a device must hold to train a model, and how long a pipeline stands idle.

Question
    Does a training job fit into the devices' memory, and what do parallelism and recomputation change?
Model
    Mixed precision with Adam keeps 16 bytes for each parameter: 2 of weights, 2 of gradients, 12 of optimizer states
    (weights, momentum, variance in 32 bits). ZeRO divides more of them with each stage among :math:`N` replicas:

    .. math:: 16\Psi, \quad 4\Psi + \frac{12\Psi}{N}, \quad 2\Psi + \frac{14\Psi}{N}, \quad \frac{16\Psi}{N}

    A layer keeps for the backward pass, of sequence :math:`s`, micro-batch :math:`b`, width :math:`h`, :math:`a` heads,
    over :math:`t` devices with tensor (T) and sequence (S) parallelism, in bytes,

    .. math:: \mathrm{T}: s b h \left(10 + \frac{24}{t} + 5 \frac{a s}{h t}\right), \qquad
        \mathrm{T+S}: \frac{s b h}{t} \left(34 + 5 \frac{a s}{h}\right),

    without the term in :math:`as/h` where attention is recomputed (selective), :math:`2 s b h` where the layer is.
    A pipeline of :math:`p` stages, :math:`v` pieces of the model on each, is idle for :math:`(p - 1) / (v m)` of its
    ideal time with :math:`m` micro-batches; of the *whole* time that is :math:`(p - 1) / (v m + p - 1)`.
Assumes
    16-bit activations, masks of one byte, an MLP of 4h with GELU, no fused attention; stages alike.
Breaks when
    Attention is fused (the selective figure is nearer then), the MLP is gated, embeddings or logits weigh much,
    allocators fragment, buffers of collectives count, or stages differ.
Source
    Rajbhandari, Rasley, Ruwase, He, "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models", SC 2020.
    Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models", MLSys 2023. Narayanan et al.,
    "Efficient Large-Scale Language Model Training on GPU Clusters Using Megatron-LM", SC 2021 (idle over ideal time);
    Huang et al., "GPipe", NeurIPS 2019 (idle over whole time).
Oracle
    ZeRO's figure 1: 7.5 billion parameters, 64 replicas: 120, 31.4, 16.6, 1.9 GB. Activations tensor by tensor. Three
    pipeline schedules, played event by event.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = [
    "activation_bytes_per_layer",
    "bubble_per_ideal_time",
    "bubble_share_of_time",
    "micro_batches_in_flight",
    "model_state_bytes",
]

WEIGHT_BYTES, GRADIENT_BYTES, OPTIMIZER_BYTES = 2, 2, 12


def model_state_bytes(parameters: ArrayLike, replicas: ArrayLike, zero_stage: ArrayLike = 0) -> Array:
    """Weights, gradients and optimizer states on a device, in mixed precision with Adam; the arguments broadcast.

    Parameters
    ----------
    parameters : (...) array_like
        Of the device's part of the model: what tensor and pipeline parallelism leave to it. [1]
    replicas : (...) array_like of int
        Devices that hold the same part: the data-parallel degree. [1]
    zero_stage : (...) array_like of int
        0: nothing is divided; 1: optimizer states; 2: gradients too; 3: weights too.

    Returns
    -------
    (...) ndarray
        Bytes on each device. [B]

    Raises
    ------
    ValueError
        If there are no parameters or replicas, or there is no such stage.

    Examples
    --------
    ZeRO's figure 1, in GB:

    >>> (model_state_bytes(7.5e9, 64, [0, 1, 2, 3]) / 1e9).round(1).tolist()
    [120.0, 31.4, 16.6, 1.9]
    """
    validate.require_positive(parameters=parameters, replicas=replicas)
    stage, n = np.asarray(zero_stage), np.asarray(replicas)
    if not np.all(np.isin(stage, (0, 1, 2, 3))):
        raise ValueError("a stage of ZeRO is 0, 1, 2 or 3")
    per_parameter = (
        WEIGHT_BYTES / np.where(stage >= 3, n, 1)
        + GRADIENT_BYTES / np.where(stage >= 2, n, 1)
        + OPTIMIZER_BYTES / np.where(stage >= 1, n, 1)
    )
    held_bytes: Array = np.multiply(parameters, per_parameter)
    return held_bytes


def activation_bytes_per_layer(
    sequence: ArrayLike,
    micro_batch: ArrayLike,
    width: ArrayLike,
    heads: ArrayLike,
    tensor_parallel: ArrayLike = 1,
    sequence_parallel: bool = False,
    recompute: str = "none",
) -> Array:
    """What a transformer layer keeps on a device for the backward pass of a micro-batch; the arguments broadcast.

    Parameters
    ----------
    sequence : (...) array_like of int
        Tokens of a sequence. [1]
    micro_batch : (...) array_like of int
        Sequences. [1]
    width : (...) array_like of int
        Hidden size. [1]
    heads : (...) array_like of int
        Attention heads. [1]
    tensor_parallel : (...) array_like of int
        Devices over which the layer is divided. [1]
    sequence_parallel : bool
        Whether what tensor parallelism leaves whole is divided along the sequence, over the same devices.
    recompute : {"none", "selective", "full"}
        What the backward pass computes anew: nothing, the attention's inner part, or the whole layer from its input.

    Returns
    -------
    (...) ndarray
        Bytes on each device. [B]

    Raises
    ------
    ValueError
        If a size is not positive, or there is no such recomputation.

    Examples
    --------
    GPT-3 with 175 billion parameters: 2.87 GB a layer, on one device.

    >>> round(float(activation_bytes_per_layer(2048, 1, 12288, 96)) / 1e9, 4)
    2.8689
    """
    validate.require_positive(sequence=sequence, micro_batch=micro_batch, width=width, heads=heads)
    validate.require_positive(tensor_parallel=tensor_parallel)
    if recompute not in ("none", "selective", "full"):
        raise ValueError("recompute is none, selective or full")
    t = np.asarray(tensor_parallel, dtype=float)
    if recompute == "full":
        factor = np.full(t.shape, 2.0)  # the layer's input, on every device: Korthikanti et al. do not divide it
    else:
        attention = 5 * np.multiply(heads, sequence) / width if recompute == "none" else 0.0
        factor = (34 if sequence_parallel else 10 * t + 24) / t + attention / t
    kept_bytes: Array = np.multiply(sequence, micro_batch) * np.asarray(width) * factor
    return kept_bytes


def micro_batches_in_flight(stage: ArrayLike, stages: ArrayLike, micro_batches: ArrayLike) -> Array:
    """Micro-batches whose activations a pipeline stage holds at most, forward and backward taking turns (1F1B).

    Parameters
    ----------
    stage : (...) array_like of int
        From 0, the first.
    stages : (...) array_like of int
        Of the pipeline. [1]
    micro_batches : (...) array_like of int
        Of a step. [1]

    Returns
    -------
    (...) ndarray of int
        Micro-batches. [1]

    Raises
    ------
    ValueError
        If there is no such stage or no micro-batch.

    Examples
    --------
    >>> micro_batches_in_flight([0, 1, 2, 3], 4, 8).tolist()
    [4, 3, 2, 1]
    """
    validate.require_positive(stages=stages, micro_batches=micro_batches)
    if np.any(np.less(stage, 0)) or np.any(np.greater_equal(stage, stages)):
        raise ValueError("stages are counted from 0, and the last one is the number of stages less 1")
    return np.asarray(np.minimum(micro_batches, np.subtract(stages, stage)))


def bubble_per_ideal_time(stages: ArrayLike, micro_batches: ArrayLike, pieces: ArrayLike = 1) -> Array:
    """Idle time of a pipeline, over the time that a device works; the arguments broadcast.

    Parameters
    ----------
    stages : (...) array_like of int
        Of the pipeline. [1]
    micro_batches : (...) array_like of int
        Of a step. [1]
    pieces : (...) array_like of int
        Pieces of the model on each device (interleaved); with more than one, micro-batches come in groups of as many
        as there are stages. [1]

    Returns
    -------
    (...) ndarray
        Idle over ideal time. [1]

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> bubble_per_ideal_time(8, [8, 32], [1, 4]).tolist()
    [0.875, 0.0546875]
    """
    validate.require_positive(stages=stages, micro_batches=micro_batches, pieces=pieces)
    idle: Array = np.subtract(stages, 1) / np.multiply(micro_batches, pieces)
    return idle


def bubble_share_of_time(stages: ArrayLike, micro_batches: ArrayLike, pieces: ArrayLike = 1) -> Array:
    """Idle time of a pipeline, over the whole time of the step; the arguments broadcast.

    Parameters
    ----------
    stages : (...) array_like of int
        Of the pipeline. [1]
    micro_batches : (...) array_like of int
        Of a step. [1]
    pieces : (...) array_like of int
        Pieces of the model on each device. [1]

    Returns
    -------
    (...) ndarray
        Share of the step. [1]

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> float(bubble_share_of_time(4, 12))
    0.2
    """
    idle = bubble_per_ideal_time(stages, micro_batches, pieces)
    return np.asarray(idle / (1 + idle))
