r"""An encoder of frames under a deadline: which batch, how late, how busy.

Question
    Cameras send frames, and each must be encoded in time. How many frames should be encoded together?
Model
    .. math:: t(B) = t_0 + \max \left( \frac{B F}{P \, u(B)}, \; \frac{w + B a}{\beta} \right), \qquad
        u(B) = u_\infty \frac{B}{B + B_{1/2}}

    .. math:: \ell(B) = \frac{B - 1}{\lambda} + t(B) \le d, \qquad t(B) \le \frac{B}{\lambda}

    A batch of :math:`B` frames takes a launch :math:`t_0`, and then the longer of computing (:math:`F` operations a
    frame at a share :math:`u` of the peak :math:`P`, half of the best share at :math:`B_{1/2}` frames) and moving
    (weights :math:`w` once, :math:`a` bytes a frame, bandwidth :math:`\beta`). Frames come evenly, :math:`\lambda` a
    second. The first of a batch waits until the last is there, and is done :math:`\ell(B)` after it came; no batch may
    take longer than the next takes to fill. Of all batches that keep both rules the *largest* is best: a frame takes
    the less time, the more are encoded together. Where no batch keeps them, frames are dropped: every :math:`k`-th is
    kept, with the smallest :math:`k` that has such a batch.
Assumes
    Frames that come evenly (the cameras' phases are spread), one encoder, and batches that begin as soon as they are
    full. Then a batch never waits for the one before it.
Breaks when
    Frames come at random or in bursts: a batch should then not wait to be full (`encoder_day`); or when something else
    runs beside the encoder, or it throttles.
Source
    The roofline (`attainable_flops_per_s`) with a launch and a share of the peak that grows with the batch; the rules
    of batching and of dropping are our own.
Oracle
    Every batch tried, and a clock that plays a thousand frames one by one; closed forms at B = 1 and where computing
    bounds: t(B) = t0 + F (B + B_half) / (P u).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["encoder_batch", "encoder_time_s"]

PARTS = (
    "frame_flops",
    "frame_bytes",
    "weight_bytes",
    "launch_s",
    "peak_flops_per_s",
    "bandwidth_bytes_per_s",
    "best_share",
    "half_batch",
)
"""What an encoder on a device is described by."""


def encoder_time_s(batch: ArrayLike, encoder: Mapping[str, float]) -> Array:
    """Time to encode a batch of frames.

    Parameters
    ----------
    batch : (...) array_like of int
        Frames encoded together. [1]
    encoder : mapping of str to float
        `frame_flops` [flop], `frame_bytes` moved for each frame and `weight_bytes` moved for each batch [B], `launch_s`
        [s], `peak_flops_per_s` [flop/s], `bandwidth_bytes_per_s` [B/s], `best_share` of the peak that large batches
        reach, and `half_batch` at which half of that is reached. [1]

    Returns
    -------
    (...) ndarray
        Time of the batch. [s]

    Raises
    ------
    ValueError
        If a batch has no frame, or the encoder is none.

    Examples
    --------
    35 Gflop a frame at 40 % of 10 Tflop/s, half of that for a batch of 1:

    >>> encoder = {"frame_flops": 35e9, "frame_bytes": 50e6, "weight_bytes": 180e6, "launch_s": 1e-3}
    >>> encoder |= {"peak_flops_per_s": 10e12, "bandwidth_bytes_per_s": 100e9, "best_share": 0.4, "half_batch": 1.0}
    >>> encoder_time_s([1, 2, 4], encoder)
    array([0.0185 , 0.02725, 0.04475])
    """
    frames = np.asarray(batch, dtype=float)
    if not np.all(frames >= 1):
        raise ValueError("a batch has a frame")
    if min(encoder[part] for part in PARTS) < 0 or encoder["peak_flops_per_s"] * encoder["best_share"] <= 0:
        raise ValueError("an encoder that takes negative time, or computes nothing")
    reached = encoder["best_share"] * frames / (frames + encoder["half_batch"])
    computing_s = frames * encoder["frame_flops"] / (encoder["peak_flops_per_s"] * reached)
    moving_s = (encoder["weight_bytes"] + frames * encoder["frame_bytes"]) / encoder["bandwidth_bytes_per_s"]
    return np.asarray(encoder["launch_s"] + np.maximum(computing_s, moving_s))


def encoder_batch(
    frames_per_s: float, deadline_s: float, encoder: Mapping[str, float], largest: int = 64, drop: int = 8
) -> dict[str, float]:
    """Best batch of an encoder to which frames come evenly, and what it makes of them.

    Parameters
    ----------
    frames_per_s : float
        Frames that come, of all cameras together. [1/s]
    deadline_s : float
        Time in which each frame must be encoded. [s]
    encoder : mapping of str to float
        As `encoder_time_s` takes it.
    largest : int
        Most frames that fit into memory together. [1]
    drop : int
        Largest `keep_every` that is allowed: of so many frames at least one is kept. [1]

    Returns
    -------
    dict of str to float
        `keep_every` (1 if none is dropped), `batch`, `latency_s` of the frame that waits longest [s], and the share of
        the time that the encoder is busy with them, `utilisation`; `batch` and `keep_every` 0, `latency_s` infinite and
        `utilisation` 0 if there is no way. [1]

    Raises
    ------
    ValueError
        If a rate or a deadline is not positive, or `largest` or `drop` is less than 1.

    Examples
    --------
    100 frames a second, in 150 ms; of 200 a second every other one is dropped.

    >>> encoder = {"frame_flops": 35e9, "frame_bytes": 50e6, "weight_bytes": 180e6, "launch_s": 1e-3}
    >>> encoder |= {"peak_flops_per_s": 10e12, "bandwidth_bytes_per_s": 100e9, "best_share": 0.4, "half_batch": 1.0}
    >>> encoder_batch(100.0, 0.15, encoder)
    {'keep_every': 1, 'batch': 8, 'latency_s': 0.14975, 'utilisation': 0.996875}
    >>> encoder_batch(200.0, 0.15, encoder)["keep_every"]
    2
    """
    if not (frames_per_s > 0 and deadline_s > 0 and largest >= 1 and drop >= 1):
        raise ValueError("rates, deadlines and batches must be positive")
    batches = np.arange(1, largest + 1)
    takes_s = encoder_time_s(batches, encoder)
    for keep_every in range(1, drop + 1):
        apart_s = keep_every / frames_per_s
        latency_s = (batches - 1) * apart_s + takes_s
        kept = np.flatnonzero((latency_s <= deadline_s) & (takes_s <= batches * apart_s))
        if kept.size:
            best = int(kept[-1])
            return {
                "keep_every": keep_every,
                "batch": int(batches[best]),
                "latency_s": float(latency_s[best]),
                "utilisation": float(takes_s[best] / (batches[best] * apart_s)),
            }
    return {"keep_every": 0, "batch": 0, "latency_s": float(np.inf), "utilisation": 0.0}
