r"""One link in two network simulators: the same figures from two kinds of output.

Question
    ns-3 and OMNeT++ simulate the same link, and each writes files of its own. Do the two agree, and with the formula?
Model
    .. math:: T = \frac{L}{R} + \tau, \qquad \bar T = \frac{1}{n} \sum_k (r_k - e_k), \qquad
        \text{loss} = \frac{d}{n + d}

    A packet of :math:`L` bits on an idle link of rate :math:`R` arrives after its transmission and the propagation
    :math:`\tau` (store and forward). With a queue the wait comes on top. A first-in-first-out link keeps packets in
    order, so the :math:`k`-th that is received is the :math:`k`-th that was enqueued: no packet needs a name.
Assumes
    One link, one direction; what is dropped is dropped before it is queued.
Breaks when
    Packets overtake each other, or are lost on the wire: then the k-th is not the k-th.
Source
    ns-3's documentation (ASCII traces: `+` enqueue, `-` dequeue, `d` drop, `r` receive, followed by the time in
    seconds); OMNeT++ Simulation Manual, chapter "Result Files" (lines `version`, `scalar`, `statistic`, `field`).
Oracle
    A queue drawn in the test, written in both formats; the formula for packets that never wait; corrupted files.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference_solutions.units import Array

__all__ = ["link_table", "store_and_forward_s"]


def store_and_forward_s(packet_bytes: float, rates_bits_per_s: list[float], propagation_s: list[float]) -> float:
    """Time of a packet over idle links, each of which takes it in whole before it sends it on.

    Parameters
    ----------
    packet_bytes : float
        Size of the packet. [B]
    rates_bits_per_s : list of float
        Rate of each link. [bit/s]
    propagation_s : list of float
        Propagation delay of each link. [s]

    Returns
    -------
    float
        From the first bit sent to the last bit received. [s]

    Examples
    --------
    >>> round(store_and_forward_s(1250, [10e6, 1e6], [1e-3, 2e-3]), 6)
    0.014
    """
    return sum(8 * packet_bytes / rate + delay for rate, delay in zip(rates_bits_per_s, propagation_s, strict=True))


def link_table(ns3_trace: str, omnet_scalars: str) -> dict[str, Any]:
    r"""Packets, loss and mean delay of one link, from both simulators' files.

    Parameters
    ----------
    ns3_trace : str
        An ASCII trace of ns-3: lines that begin with `+`, `-`, `d` or `r`, and a time; others are passed over. [s]
    omnet_scalars : str
        A scalar file of OMNeT++: scalars `packetReceived:count` and `packetDropped:count`, and a statistic
        `endToEndDelay:stats` with fields `count` and `mean`. [1, s]

    Returns
    -------
    dict of str to (2,) ndarray
        `tool` ("ns-3", "OMNeT++"), `received` and `dropped` packets, `loss`: dropped over both, `mean_delay_s`, from
        enqueue to receive. [1, s]

    Raises
    ------
    ValueError
        If a trace's times fall, a packet is received that was not enqueued, or not as many were received as enqueued;
        if the scalar file has no `version` line, lacks one of its values, or its two counts of packets differ; if
        nothing was received.

    Examples
    --------
    >>> trace = "+ 1.0 /Tx\n- 1.0 /Tx\nd 1.5 /Tx\nr 3.0 /Rx"
    >>> scalars = "version 3\nscalar N.app packetReceived:count 4\nscalar N.queue packetDropped:count 1\n"
    >>> scalars += "statistic N.app endToEndDelay:stats\nfield count 4\nfield mean 1.75"
    >>> table = link_table(trace, scalars)
    >>> table["mean_delay_s"].tolist(), table["loss"].tolist()
    ([2.0, 1.75], [0.5, 0.2])
    """
    times: dict[str, list[float]] = {"+": [], "-": [], "d": [], "r": []}
    last = -np.inf
    for line in ns3_trace.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] in times:
            time = float(words[1])
            times[words[0]].append(time)
            if time < last or len(times["r"]) > len(times["+"]):
                raise ValueError("times fall, or a packet arrives that nobody sent")
            last = time
    found: dict[str, float] = {}
    statistic = ""
    lines = omnet_scalars.splitlines()
    for line in lines:
        words = line.split()
        if line.startswith("statistic "):
            statistic = words[2]
        elif line.startswith(("scalar ", "field ")):
            name = words[2] if words[0] == "scalar" else f"{statistic} {words[1]}"
            found[name] = float(words[-1])
    names = ("packetReceived:count", "packetDropped:count", "endToEndDelay:stats count", "endToEndDelay:stats mean")
    if not (lines and lines[0].startswith("version")) or any(name not in found for name in names):
        raise ValueError("no scalar file, or not all of its values")
    if not len(times["r"]) == len(times["+"]) > 0 or not found[names[0]] == found[names[2]] > 0:
        raise ValueError("packets are missing, or there were none")
    received: Array = np.array([len(times["r"]), found[names[0]]], dtype=float)
    dropped: Array = np.array([len(times["d"]), found[names[1]]], dtype=float)
    delays = np.array(times["r"]) - np.array(times["+"])
    return {
        "tool": np.array(["ns-3", "OMNeT++"]),
        "received": received,
        "dropped": dropped,
        "loss": dropped / (received + dropped),
        "mean_delay_s": np.array([float(np.mean(delays)), found[names[3]]]),
    }
