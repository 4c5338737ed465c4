r"""Prefill and decode on machines of their own.

Question
    Prompts stall answers, and answers slow prompts. What does it take to keep the two apart?
Model
    .. math:: \mathrm{TTFT} = D + \frac{R D^2}{2 (1 - R D)}, \qquad
        \frac{n_p}{n_d} = \frac{R_d}{R_p}, \qquad t_{move} = \frac{M}{B}

    .. math:: \mathrm{TTFT} \le L \iff R D \le \frac{2 (L - D)}{2 (L - D) + D}

    A prefill instance reads one prompt after the other, each in :math:`D` seconds; at :math:`R` prompts a second, come
    at random, that is a queue M/D/1. An instance of either kind has a rate it can sustain; in balance, the numbers
    of instances are inverse to these. A limit :math:`L` on the mean time to first token says how busy a prefill
    instance may be, and so how many a rate needs. Every request's cache of :math:`M` bytes moves from one to the other.
Assumes
    Prompts of one length; prefills that fill the machine on their own, so that they are not batched.
Breaks when
    Prompts differ (then Pollaczek and Khinchine have the second moment), or a transfer takes longer than a step of
    decode and cannot be hidden behind layers.
Source
    Zhong et al., "DistServe: Disaggregating Prefill and Decoding for Goodput-optimized Large Language Model Serving",
    OSDI 2024, section 3.1, equation 1. Balance: its algorithm 1 (section 4.1) has as many instances of each kind as
    carry the rate, rounded up. Transfers: its section 3.3 has the bandwidth that all requests need together; the time
    of one is our own.
Oracle
    M/D/1 by Lindley's recursion on drawn arrivals, and by Ciw; half of the wait of an M/M/1; balance tried out;
    instances added one by one until the queue of each keeps the limit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["instances_apart", "prefill_queue_ttft_s", "prefill_to_decode_ratio"]


def prefill_queue_ttft_s(prefill_s: ArrayLike, rate_per_s: ArrayLike) -> Array:
    """Mean time to first token of a prefill instance with its queue; the arguments broadcast.

    Parameters
    ----------
    prefill_s : (...) array_like
        Time that a prompt takes. [s]
    rate_per_s : (...) array_like
        Prompts that arrive in a second. [1/s]

    Returns
    -------
    (...) ndarray
        Mean of waiting and reading; infinite from a load of one upwards. [s]

    Raises
    ------
    ValueError
        If a prompt takes no time, or a rate is negative.

    Examples
    --------
    >>> prefill_queue_ttft_s(0.1, [0, 5, 10])
    array([0.1 , 0.15,  inf])
    """
    validate.require_positive(prefill_s=prefill_s)
    service_s, rate = np.asarray(prefill_s, dtype=float), np.asarray(rate_per_s, dtype=float)
    if np.any(rate < 0):
        raise ValueError("rate_per_s must not be negative")
    idle = np.maximum(1 - rate * service_s, 0)
    with np.errstate(divide="ignore"):
        return np.asarray(service_s + rate * service_s**2 / (2 * idle))


def prefill_to_decode_ratio(prefill_rate_per_s: ArrayLike, decode_rate_per_s: ArrayLike) -> Array:
    """Prefill instances for each decode instance, so that neither waits for the other; the arguments broadcast.

    Parameters
    ----------
    prefill_rate_per_s, decode_rate_per_s : (...) array_like
        Requests a second that one instance of each kind sustains within its limit. [1/s]

    Returns
    -------
    (...) ndarray
        Ratio. [1]

    Raises
    ------
    ValueError
        If a rate is not positive.

    Examples
    --------
    >>> float(prefill_to_decode_ratio(prefill_rate_per_s=2.0, decode_rate_per_s=4.0))
    2.0
    """
    validate.require_positive(prefill_rate_per_s=prefill_rate_per_s, decode_rate_per_s=decode_rate_per_s)
    return np.asarray(np.asarray(decode_rate_per_s, dtype=float) / np.asarray(prefill_rate_per_s))


def instances_apart(
    rates_per_s: ArrayLike, prefill_s: float, decode_rate_per_s: float, ttft_limit_s: float
) -> dict[str, Array]:
    """Instances of both kinds that carry each of several rates.

    Parameters
    ----------
    rates_per_s : (N,) array_like
        Requests that arrive in a second; each goes to a prefill instance at random. [1/s]
    prefill_s : float
        Time that a prompt takes. [s]
    decode_rate_per_s : float
        Requests a second that a decode instance sustains. [1/s]
    ttft_limit_s : float
        Limit on the mean time to first token. [s]

    Returns
    -------
    dict of str to (N,) ndarray
        `prefill` and `decode`, the fewest instances that suffice [1]; `ttft_s`, the mean with them. [s]

    Raises
    ------
    ValueError
        If a rate or a time is not positive, or no number of instances keeps the limit.

    Examples
    --------
    With five prompts a second an instance is busy half of the time, and they wait 0.05 s: four are few enough, six not.

    >>> plan = instances_apart([4, 6], prefill_s=0.1, decode_rate_per_s=3.0, ttft_limit_s=0.15)
    >>> plan["prefill"], plan["decode"], np.round(plan["ttft_s"], 4)
    (array([1, 2]), array([2, 2]), array([0.1333, 0.1214]))
    """
    validate.require_positive(rates_per_s=rates_per_s, prefill_s=prefill_s, decode_rate_per_s=decode_rate_per_s)
    if not prefill_s < ttft_limit_s:
        raise ValueError("nobody can wait less than a prompt takes to read")
    rate = np.asarray(rates_per_s, dtype=float)
    wait_s = ttft_limit_s - prefill_s
    busy = 2 * wait_s / (2 * wait_s + prefill_s)  # share of the time at which the queue is that long
    prefill = np.ceil(rate * prefill_s / busy)
    load = rate * prefill_s / prefill
    ttft_s = prefill_s + load * prefill_s / (2 * (1 - load))
    decode = np.ceil(rate / decode_rate_per_s)
    return {"prefill": prefill.astype(int), "decode": decode.astype(int), "ttft_s": ttft_s}
