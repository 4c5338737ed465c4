r"""Input and output: requests in flight, and stages that work at the same time.

Question
    A drive answers in 80 us and promises a million reads a second. How many must be asked for at once? And how long do
    a thousand pieces take from the drive over a link to a card, if each step has one buffer, or two?
Model
    :math:`q` requests in flight, each answered after :math:`t`, are :math:`q / t` a second, and no more than the device
    can do (Little). A chain of stages that pass pieces on takes as long as the first piece takes through all, and then
    a *period* for each that follows:

    .. math:: T = \sum_i s_i + (n - 1) P, \qquad P = \begin{cases}
        \max_i (s_i + s_{i+1}) & \text{one buffer between two stages} \\
        \max_i s_i & \text{two or more} \\
        \sum_i s_i & \text{one piece at a time} \end{cases}

    With one buffer, the stage that fills it waits until the stage that empties it is done: the two take turns.
Assumes
    All pieces are alike, and a stage works on one at a time, from its full buffer into an empty one.
Breaks when
    Times vary: then two buffers no longer hide everything; or the latency rises with the load (module 8's queues).
Source
    Little, Operations Research 9(3), 1961, pp. 383-387; the period of a chain with buffers is derived anew, from the
    longest path through its steps.
Oracle
    A chain of processes and resources of SimPy; requests played one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["chained_stages_s", "device_operations_per_s", "requests_in_flight"]


def device_operations_per_s(in_flight: ArrayLike, latency_s: ArrayLike, limit_per_s: ArrayLike = np.inf) -> Array:
    """Requests a second that a device answers; the arguments broadcast.

    Parameters
    ----------
    in_flight : (...) array_like of int
        Requests that are kept in flight (the queue depth). [1]
    latency_s : (...) array_like
        From a request to its answer, while the device is not full. [s]
    limit_per_s : (...) array_like
        What the device can do. [1/s]

    Returns
    -------
    (...) ndarray
        Operations a second. [1/s]

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> device_operations_per_s([1, 32, 256], 80e-6, 1e6).round().tolist()
    [12500.0, 400000.0, 1000000.0]
    """
    validate.require_positive(in_flight=in_flight, latency_s=latency_s, limit_per_s=limit_per_s)
    operations: Array = np.minimum(np.divide(in_flight, latency_s), limit_per_s)
    return operations


def requests_in_flight(operations_per_s: ArrayLike, latency_s: ArrayLike) -> Array:
    """Requests that must be in flight for a rate; the arguments broadcast.

    Parameters
    ----------
    operations_per_s : (...) array_like
        Rate that is wanted. [1/s]
    latency_s : (...) array_like
        From a request to its answer. [s]

    Returns
    -------
    (...) ndarray
        Smallest whole number of requests. [1]

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> requests_in_flight([12_500, 1e6], 80e-6).tolist()
    [1.0, 80.0]
    """
    validate.require_positive(operations_per_s=operations_per_s, latency_s=latency_s)
    needed = np.multiply(operations_per_s, latency_s)
    whole: Array = np.ceil(needed * (1 - 1e-12))  # 80 and not 81 where a product is rounded up
    return whole


def chained_stages_s(stages_s: ArrayLike, pieces: ArrayLike, buffers: int) -> Array:
    """Time of pieces through a chain of stages.

    Parameters
    ----------
    stages_s : (..., S) array_like
        Time of a piece in each stage. [s]
    pieces : (...) array_like of int
        How many go through. [1]
    buffers : int
        Between each two stages; 0 if a piece has to leave the chain before the next one may enter. [1]

    Returns
    -------
    (...) ndarray
        From the start of the first to the end of the last. [s]

    Raises
    ------
    ValueError
        If there is no stage or no piece, or a time or the number of buffers is negative.

    Examples
    --------
    Read, send, compute; a hundred pieces:

    >>> [round(float(chained_stages_s([3.0, 2.0, 4.0], 100, buffers)), 3) for buffers in (0, 1, 2)]
    [900.0, 603.0, 405.0]
    """
    validate.require_positive(pieces=pieces)
    stages = np.asarray(stages_s, dtype=float)
    if stages.ndim < 1 or stages.shape[-1] < 1 or np.any(stages < 0) or buffers < 0:
        raise ValueError("a chain has a stage at least, and nothing is negative")
    first = stages.sum(axis=-1)
    period = first if buffers == 0 else stages.max(axis=-1)
    if buffers == 1 and stages.shape[-1] > 1:
        period = (stages[..., 1:] + stages[..., :-1]).max(axis=-1)
    total: Array = first + (np.asarray(pieces) - 1) * period
    return total
