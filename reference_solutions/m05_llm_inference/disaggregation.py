r"""Prefill and decode on machines of their own.

Question
    Prompts stall answers, and answers slow prompts. What does it take to keep the two apart?
Model
    .. math:: \mathrm{TTFT} = D + \frac{R D^2}{2 (1 - R D)}, \qquad
        \frac{n_p}{n_d} = \frac{R_d}{R_p}, \qquad t_{move} = \frac{M}{B}

    A prefill instance reads one prompt after the other, each in :math:`D` seconds; at :math:`R` prompts a second, come
    at random, that is a queue M/D/1. An instance of either kind has a rate it can sustain; in balance, the numbers
    of instances are inverse to these. Every request's cache of :math:`M` bytes moves from one to the other.
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
    M/D/1 by Lindley's recursion on drawn arrivals, and by Ciw; half of the wait of an M/M/1; balance tried out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["prefill_queue_ttft_s", "prefill_to_decode_ratio"]


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
