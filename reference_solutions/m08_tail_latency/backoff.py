r"""Backing off: when do all those clients come again, whose requests failed at the same moment?

Question
    A service was down for a second, and ten thousand requests failed together. Each client tries again after a pause
    that grows. How many come at a time, with and without chance in their pauses?
Model
    .. math:: w_i = \min(c,\; b\, 2^i), \qquad T_k = \sum_{i=0}^{k} U_i\, w_i, \qquad
        U_i \sim \begin{cases} 1 & \text{none} \\ U(0, 1) & \text{full} \\ U(\tfrac12, 1) & \text{equal} \end{cases}

    Retry :math:`k` comes :math:`T_k` after the failure. Without chance all clients come together each time, however
    long they wait: the wave stays as high. With full jitter the first retries are spread evenly over the base pause
    :math:`b`, and later waves are lower and wider, as sums of independent pauses are: their density is that of one
    pause folded with the next. Equal jitter keeps half of each pause, so it asks for less at first and for more at
    once. The mean pause is :math:`w_i`, :math:`w_i / 2`, :math:`\tfrac34 w_i`.
Assumes
    Retries fail at once, and alike for all; clients that know nothing of each other.
Breaks when
    A retry takes as long as a pause, or some succeed: then waves shrink by those, see `retry_equilibria` for what a
    steady load of retries does.
Source
    Pauses with full and with equal jitter as AWS' "Exponential Backoff And Jitter" has them, seen in notes that quote
    it; the density of the waves is ours.
Oracle
    Pauses drawn for many clients; the first wave in closed form; sums of uniform pauses by Irwin and Hall; every client
    comes once a wave.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["longest_pause_s", "retry_wave_per_s"]

LEAST_PART = {"none": 1.0, "full": 0.0, "equal": 0.5}


def longest_pause_s(retry: ArrayLike, base_s: float, most_s: float) -> Array:
    """Longest pause before a retry.

    Parameters
    ----------
    retry : (...) array_like of int
        Which retry, from 0. [1]
    base_s : float
        Longest pause before the first. [s]
    most_s : float
        What no pause exceeds. [s]

    Returns
    -------
    (...) ndarray
        Pause: without chance the pause itself. [s]

    Raises
    ------
    ValueError
        If a time is not positive, or a retry is numbered below 0.

    Examples
    --------
    >>> longest_pause_s([0, 1, 2, 3], 0.5, 3.0).tolist()
    [0.5, 1.0, 2.0, 3.0]
    """
    number = np.asarray(retry, dtype=float)
    validate.require_positive(base_s=base_s, most_s=most_s)
    if np.any(number < 0):
        raise ValueError("retries are numbered from 0")
    return np.asarray(np.minimum(most_s, base_s * 2**number))


def retry_wave_per_s(
    clients: float, retry: int, base_s: float, most_s: float, jitter: str, step_s: float
) -> tuple[Array, Array]:
    """Rate at which clients come for a retry, over the time since all of them failed.

    Parameters
    ----------
    clients : float
        Clients whose requests failed at time 0. [1]
    retry : int
        Which retry, from 0. [1]
    base_s, most_s : float
        Longest pause before the first retry, and of all. [s]
    jitter : str
        "none", "full" or "equal".
    step_s : float
        Steps that time goes in; small against the base. [s]

    Returns
    -------
    tuple of (n,) ndarray
        Times, from 0 [s], and the rate around each: what comes between two times belongs to both, to the nearer one
        more [1/s].

    Raises
    ------
    ValueError
        If a time is not positive, there is no client, the retry is numbered below 0, or the jitter is another.

    Examples
    --------
    Ten thousand clients, a second; all of them within a step of 10 ms, or evenly over the second:

    >>> [float(retry_wave_per_s(1e4, 0, 1.0, 20.0, jitter, 0.01)[1].max().round(3)) for jitter in ("none", "full")]
    [1000000.0, 10000.0]
    """
    if jitter not in LEAST_PART:
        raise ValueError(f"a jitter is one of {', '.join(LEAST_PART)}")
    validate.require_positive(clients=clients, step_s=step_s)
    longest = longest_pause_s(np.arange(retry + 1) if retry >= 0 else [retry], base_s, most_s)
    share: Array = np.ones(1)
    for pause_s in longest:
        share = np.convolve(share, _shares(float(pause_s), LEAST_PART[jitter], step_s))
    return step_s * np.arange(share.size, dtype=float), clients * share / step_s


def _shares(pause_s: float, least_part: float, step_s: float) -> Array:
    """Probability of each number of steps: a pause goes to the two between which it lies, so that its mean stays."""
    if least_part == 1:
        whole, part = divmod(pause_s / step_s, 1)
        found = np.zeros(int(whole) + 2)
        found[int(whole)], found[int(whole) + 1] = 1 - part, part
        return found
    low, high = least_part * pause_s / step_s, pause_s / step_s
    steps = np.arange(int(np.ceil(high)) + 2, dtype=float)

    def folded(at: Array) -> Array:  # twice integrated density of a uniform pause
        inside = np.clip(at, low, high)
        return np.asarray((inside - low) ** 2 / 2 + np.maximum(at - high, 0) * (high - low)) / (high - low)

    return np.asarray(folded(steps + 1) - 2 * folded(steps) + folded(steps - 1))
