r"""Frames at the door of an encoder: which to drop, and how many to encode together.

Question
    Frames come from many cameras, at random and in bursts, and each must be encoded within its deadline. Whenever the
    encoder is free, somebody decides. What should be decided, so that most frames are in time?
Model
    .. math:: (n, B) = \arg\max_{n, B} B \quad \text{with} \quad t(B) \le r_{n+1}, \; n + B \le w

    :math:`w` frames wait, the oldest first, with :math:`r_1 \le r_2 \le \dots` left until their deadlines. Encoding
    :math:`B` of them takes :math:`t(B)`, less than :math:`B \, t(1)`: there is a launch, and a large batch computes
    faster. The first :math:`n` are dropped, the next :math:`B` encoded together. A batch that is in time for its oldest
    frame is in time for all. So of all pairs the largest batch, and of equal ones that which drops fewest: when there
    is too much to do, old frames that would make every batch small are given up early.
Assumes
    Deadlines in order of arrival; every frame is worth the same; an encoder that cannot be interrupted.
Breaks when
    Every frame of a camera is dropped and none of another (fairness), or a late frame is worth something.
Source
    Shen et al., "Nexus: A GPU Cluster Engine for Accelerating DNN-Based Video Analysis", SOSP 2019, pp. 322-337, serves
    frames in batches under deadlines; the rule here is stated as we use it, that paper's own was not re-read.
Oracle
    Frames that come evenly, where `encoder_batch` says what can be kept; schedules small enough to try every one of
    them: no policy keeps more than the best, and this one nearly as many; frames are conserved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["camera_day", "encode_all", "encoder_day", "next_batch"]

BatchPolicy = Callable[[list[float], list[float]], tuple[int, int]]


def next_batch(slack_s: Sequence[float], batch_s: Sequence[float]) -> tuple[int, int]:
    """The largest batch that is in time, with as few frames dropped before it as possible.

    Parameters
    ----------
    slack_s : (waiting,) sequence of float
        Time that each waiting frame has left until its deadline, the oldest first; negative if it has passed. [s]
    batch_s : (largest,) sequence of float
        Time that batches of 1, 2, 3, ... frames take. [s]

    Returns
    -------
    tuple of int
        How many of the oldest frames are dropped, and how many of the next are encoded together. [1]

    Examples
    --------
    Three frames; the first cannot be in time, the others can, together.

    >>> next_batch([0.01, 0.05, 0.06], [0.02, 0.03, 0.04])
    (1, 2)
    """
    waiting, best = len(slack_s), (0, 0)
    for dropped in range(waiting):
        for batch in range(min(len(batch_s), waiting - dropped), best[1], -1):
            if batch_s[batch - 1] <= slack_s[dropped]:
                best = dropped, batch
                break
    return best if best[1] else (waiting, 0)


def encode_all(slack_s: Sequence[float], batch_s: Sequence[float]) -> tuple[int, int]:
    """Encode whatever waits, late or not: what a policy is held against.

    Parameters
    ----------
    slack_s : (waiting,) sequence of float
        As `next_batch` takes it; only its length is looked at. [s]
    batch_s : (largest,) sequence of float
        Time that batches of 1, 2, 3, ... frames take. [s]

    Returns
    -------
    tuple of int
        No frame dropped, and as many encoded as fit into a batch. [1]

    Examples
    --------
    >>> encode_all([-1.0, 0.5, 0.6], [0.02, 0.03])
    (0, 2)
    """
    return 0, min(len(slack_s), len(batch_s))


def camera_day(frames_per_s: Sequence[float], stretch_s: float, seed: int, burst: int = 1) -> Array:
    """Arrivals of frames at random, stretch by stretch.

    Parameters
    ----------
    frames_per_s : (stretches,) sequence of float
        Mean rate of each stretch. [1/s]
    stretch_s : float
        Length of a stretch. [s]
    seed : int
        Of the generator.
    burst : int
        Frames that come together. [1]

    Returns
    -------
    (frames,) ndarray
        Times, rising. [s]

    Examples
    --------
    >>> camera_day([100.0, 50.0], 1.0, seed=1).size
    159
    """
    rng = np.random.default_rng(seed)
    found = []
    for number, rate in enumerate(frames_per_s):
        bursts = rng.uniform(number * stretch_s, (number + 1) * stretch_s, rng.poisson(rate * stretch_s / burst))
        found.append(np.repeat(np.sort(bursts), burst))
    return np.concatenate(found)


def encoder_day(
    policy: BatchPolicy, arrival_s: ArrayLike, deadline_s: float, batch_s: Sequence[float]
) -> dict[str, float]:
    """What comes of a policy: frames in time, late, and dropped.

    Parameters
    ----------
    policy : callable
        Takes the slack of the frames that wait and the times of batches; gives how many of the oldest to drop and how
        many of the next to encode. It is asked whenever the encoder is free and a frame waits; if it neither drops nor
        encodes, it is asked again when the next frame comes.
    arrival_s : (frames,) array_like
        Times at which frames come, not falling. [s]
    deadline_s : float
        Time in which each must be encoded. [s]
    batch_s : (largest,) sequence of float
        Time that batches of 1, 2, 3, ... frames take. [s]

    Returns
    -------
    dict of str to float
        `in_time`, `late`, `dropped`: shares of the frames [1]; `mean_batch` [1]; `busy_s` of the encoder [s].

    Raises
    ------
    ValueError
        If there is no frame, or the policy drops or encodes what is not there.

    Examples
    --------
    >>> day = encoder_day(next_batch, [0.0, 0.0, 0.01, 0.02], 0.05, [0.02, 0.03])
    >>> day["in_time"], day["mean_batch"]
    (1.0, 2.0)
    """
    arrivals = np.asarray(arrival_s, dtype=float).tolist()
    if not arrivals:
        raise ValueError("a day has a frame")
    times, now, seen = [float(one) for one in batch_s], 0.0, 0
    waiting: list[float] = []
    counts = {"in_time": 0, "late": 0, "dropped": 0}
    batches, busy_s = 0, 0.0
    while seen < len(arrivals) or waiting:
        if not waiting:
            now = max(now, arrivals[seen])
        while seen < len(arrivals) and arrivals[seen] <= now:
            waiting.append(arrivals[seen] + deadline_s)
            seen += 1
        dropped, batch = (int(number) for number in policy([due - now for due in waiting], list(times)))
        if not (0 <= dropped <= len(waiting) and 0 <= batch <= min(len(times), len(waiting) - dropped)):
            raise ValueError("only frames that wait can be dropped or encoded, and no more than fit into a batch")
        counts["dropped"] += dropped
        taken, waiting = waiting[dropped : dropped + batch], waiting[dropped + batch :]
        if batch:
            now, busy_s, batches = now + times[batch - 1], busy_s + times[batch - 1], batches + 1
            on_time = sum(due >= now - 1e-12 for due in taken)
            counts["in_time"] += on_time
            counts["late"] += batch - on_time
        elif not dropped:
            if seen == len(arrivals):  # nobody will come to change its mind
                counts["dropped"] += len(waiting)
                break
            now = max(now, arrivals[seen])
    shares = {name: count / len(arrivals) for name, count in counts.items()}
    encoded = counts["in_time"] + counts["late"]
    return {**shares, "mean_batch": encoded / batches if batches else 0.0, "busy_s": busy_s}
