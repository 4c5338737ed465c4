r"""Bursts on a link: buckets that meter and shape them, and the delay that none can exceed.

Question
    A source may send bursts, but not for ever. Which of its packets break the contract, when does a shaper let them go,
    and how long can a packet that keeps the contract wait behind the others?
Model
    A *token bucket* holds :math:`\sigma` bytes of tokens at most, and is full at first; :math:`\rho` flow in each
    second. A packet needs as many as it has bytes. A *meter* (policer) marks one that finds too few, and takes none; a
    *shaper* lets it wait, in order. What passes in any time :math:`t` is :math:`\sigma + \rho t` at most, so that a
    link which gives :math:`R \ge \rho` after a pause of :math:`T` at the longest has

    .. math:: \text{delay} \le T + \frac{\sigma}{R}, \qquad \text{backlog} \le \sigma + \rho T

    A *leaky bucket* that fills with packets and drains at :math:`\rho` is the same meter seen from the other side.
    Over several links, *cut through* sends a packet on as soon as its header is in: only the header is paid a second
    time, unless the next link is faster and has to wait for the end.
Assumes
    Packets arrive at once, and are counted whole. Tokens do not come in grains.
Breaks when
    The source keeps no contract: only the mean is known then (`mg1_mean_wait_s` of module 8, with a variation of 0 for
    packets of one size). Flows that share a link each add their burst. A bound is not a forecast.
Source
    Cruz, "A calculus for network delay, part I: network elements in isolation", IEEE Transactions on Information Theory
    37(1), 1991, pp. 114-131, by its citation; Le Boudec, Thiran, *Network Calculus*, LNCS 2050, Springer 2001, not
    seen: the two bounds were derived anew. Virtual scheduling, the oracle: ITU-T I.371 and ATM Forum UNI, "generic cell
    rate algorithm", as lecture notes draw it.
Oracle
    The generic cell rate algorithm; what passes in each interval of a trace, for all of them; a link played packet by
    packet; SimPy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["burst_bounds", "conforming_packets", "cut_through_s", "shaped_departures_s"]


def conforming_packets(
    arrival_s: ArrayLike, packet_bytes: ArrayLike, rate_bytes_per_s: float, burst_bytes: float
) -> NDArray[np.bool_]:
    """Which packets find tokens enough; those that do not take none.

    Parameters
    ----------
    arrival_s : (N,) array_like
        When each packet arrives; times do not fall. [s]
    packet_bytes : (N,) array_like
        Their sizes. [B]
    rate_bytes_per_s : float
        Tokens that flow in. [B/s]
    burst_bytes : float
        Tokens that the bucket holds, and has at first. [B]

    Returns
    -------
    (N,) ndarray of bool
        True for packets that keep the contract.

    Raises
    ------
    ValueError
        If columns differ in length, times fall, or a number is not positive.

    Examples
    --------
    Three packets at once, and one half a second later; 1000 B/s, bursts of 1500 B:

    >>> conforming_packets([0, 0, 0, 0.5], [700] * 4, 1000, 1500).tolist()
    [True, True, False, False]
    """
    times, sizes = _checked(arrival_s, packet_bytes, rate_bytes_per_s, burst_bytes)
    tokens, last, kept = burst_bytes, 0.0, []
    for now, size in zip(times, sizes, strict=True):
        tokens, last = min(burst_bytes, tokens + rate_bytes_per_s * (now - last)), now
        kept.append(size <= tokens * (1 + 1e-12))
        tokens -= size * kept[-1]
    return np.asarray(kept, dtype=bool)


def shaped_departures_s(
    arrival_s: ArrayLike, packet_bytes: ArrayLike, rate_bytes_per_s: float, burst_bytes: float
) -> Array:
    """When a shaper lets packets go: in order, each as soon as there are tokens enough.

    Parameters
    ----------
    arrival_s : (N,) array_like
        When each packet arrives; times do not fall. [s]
    packet_bytes : (N,) array_like
        Their sizes; none is larger than the burst. [B]
    rate_bytes_per_s : float
        Tokens that flow in. [B/s]
    burst_bytes : float
        Tokens that the bucket holds, and has at first. [B]

    Returns
    -------
    (N,) ndarray
        When each leaves. [s]

    Raises
    ------
    ValueError
        If columns differ in length, times fall, a number is not positive, or a packet is larger than the burst.

    Examples
    --------
    >>> shaped_departures_s([0, 0, 0, 0.5], [750] * 4, 1000, 1500).tolist()
    [0.0, 0.0, 0.75, 1.5]
    """
    times, sizes = _checked(arrival_s, packet_bytes, rate_bytes_per_s, burst_bytes)
    if max(sizes, default=0) > burst_bytes:
        raise ValueError("a packet that is larger than the burst would wait for ever")
    tokens, last, left = burst_bytes, 0.0, []
    for arrival, size in zip(times, sizes, strict=True):
        now = max(arrival, last)
        tokens = min(burst_bytes, tokens + rate_bytes_per_s * (now - last))
        wait_s = max(0.0, size - tokens) / rate_bytes_per_s
        tokens = max(tokens - size, 0.0)
        last = now + wait_s
        left.append(last)
    return np.asarray(left, dtype=float)


def burst_bounds(
    burst_bytes: ArrayLike, rate_bytes_per_s: ArrayLike, link_bytes_per_s: ArrayLike, pause_s: ArrayLike = 0.0
) -> dict[str, Array]:
    """Longest delay and largest backlog of traffic that keeps a contract; the arguments broadcast.

    Parameters
    ----------
    burst_bytes : (...) array_like
        Burst of the contract. [B]
    rate_bytes_per_s : (...) array_like
        Rate of the contract. [B/s]
    link_bytes_per_s : (...) array_like
        What the link gives, once it does; not below the contract's rate. [B/s]
    pause_s : (...) array_like
        How long it may give nothing before. [s]

    Returns
    -------
    dict of str to (...) ndarray
        `delay_s`, from a packet's arrival to its last byte [s]; `backlog_bytes`, what has arrived and is not sent [B].

    Raises
    ------
    ValueError
        If a number is not positive (a pause may be 0), or the link gives less than the contract's rate.

    Examples
    --------
    >>> found = burst_bounds(15_000, 1e6, 10e6, 1e-3)
    >>> float(found["delay_s"]), float(found["backlog_bytes"])
    (0.0025, 16000.0)
    """
    validate.require_positive(burst_bytes=burst_bytes, rate_bytes_per_s=rate_bytes_per_s, link=link_bytes_per_s)
    burst, rate, link = (np.asarray(one, dtype=float) for one in (burst_bytes, rate_bytes_per_s, link_bytes_per_s))
    pause = np.asarray(pause_s, dtype=float)
    if np.any(pause < 0) or np.any(link < rate):
        raise ValueError("a pause is not negative, and a link gives the contract's rate at least")
    delay_s: Array = pause + burst / link
    backlog: Array = burst + rate * pause
    return {"delay_s": delay_s, "backlog_bytes": backlog}


def cut_through_s(
    packet_bytes: float, header_bytes: float, rates_bits_per_s: list[float], propagation_s: list[float]
) -> float:
    """Time of a packet over idle links whose switches send it on as soon as its header is in.

    Parameters
    ----------
    packet_bytes : float
        Size of the packet, header and all. [B]
    header_bytes : float
        What a switch must have read; not more than the packet. [B]
    rates_bits_per_s : list of float
        Rate of each link. [bit/s]
    propagation_s : list of float
        Propagation delay of each link. [s]

    Returns
    -------
    float
        From the first bit sent to the last bit received. [s]

    Raises
    ------
    ValueError
        If there is no link, the header is larger than the packet, or a number is not positive (a delay may be 0).

    Examples
    --------
    Three links of 10 Mbit/s, in milliseconds: 1.2 for the packet, 0.016 for each header:

    >>> round(1e3 * cut_through_s(1500, 20, [10e6] * 3, [0.0] * 3), 3)
    1.232
    """
    validate.require_positive(packet_bytes=packet_bytes, header_bytes=header_bytes, rates=rates_bits_per_s)
    if not rates_bits_per_s or header_bytes > packet_bytes or min(propagation_s) < 0:
        raise ValueError("one link at least, and a header that is a part of the packet")
    header_in = end = 0.0
    for rate, delay in zip(rates_bits_per_s, propagation_s, strict=True):
        sent = 8 * packet_bytes / rate
        start = max(header_in, end - sent)  # its last bit cannot leave before it has come in
        header_in = start + 8 * header_bytes / rate + delay
        end = start + sent + delay
    return end


def _checked(
    arrival_s: ArrayLike, packet_bytes: ArrayLike, rate_bytes_per_s: float, burst_bytes: float
) -> tuple[list[float], list[float]]:
    """Times and sizes of a trace."""
    validate.require_positive(packet_bytes=packet_bytes, rate_bytes_per_s=rate_bytes_per_s, burst_bytes=burst_bytes)
    times, sizes = np.asarray(arrival_s, dtype=float), np.asarray(packet_bytes, dtype=float)
    if times.ndim != 1 or times.shape != sizes.shape or np.any(np.diff(times, prepend=0.0) < 0):
        raise ValueError("a size for each packet, and times from 0 that do not fall")
    return times.tolist(), sizes.tolist()
