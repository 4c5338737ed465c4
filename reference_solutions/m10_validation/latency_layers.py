r"""Histograms from the kernel: which layer takes the time, as far as buckets can tell.

Question
    A tracer counted latencies of each layer in buckets of powers of two. What are their percentiles, how much time went
    into each layer, and is one of them the bottleneck beyond doubt?
Model
    .. math:: \sum_b n_b\, l_b \;\le\; T \;<\; \sum_b n_b\, h_b, \qquad
        l_b \le x_q < h_b, \qquad \hat x_q = l_b + (h_b - l_b) \frac{\lceil qn \rceil - N_{b-1}}{n_b}

    Bucket :math:`b` holds :math:`n_b` events of :math:`l_b` up to less than :math:`h_b`; :math:`N_b` is how many there
    are in buckets up to it, and :math:`b` the first with :math:`N_b \ge \lceil qn \rceil`. A layer is the bottleneck if
    its least total time exceeds the most of each other: with powers of two that takes a factor of two.
Assumes
    Layers of the same requests over the same time, whose times do not overlap.
Breaks when
    Waits are nested (a request off the CPU waits for its disk): then times of layers add up to more than the request.
    The last bucket is open: then only a least time is known.
Source
    bpftrace's documentation of hist() and lhist(), for the format; Gregg, Systems Performance, 2nd edition,
    Addison-Wesley 2020, and BPF Performance Tools, 2019 (run queue latency, off-CPU time, the USE method).
Oracle
    Drawn latencies: percentiles and sums of the exact samples lie within the bounds that their printed histogram gives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["latency_layers"]


def latency_layers(text: str, quantile: float = 0.99) -> dict[str, Any]:
    r"""Percentiles and total times of layers from bpftrace's histograms, and the bottleneck, if it is beyond doubt.

    Parameters
    ----------
    text : str
        What bpftrace printed: maps of histograms of microseconds, among other lines.
    quantile : float
        Share of the events, more than 0, at most 1. [1]

    Returns
    -------
    dict
        `layers`: for each map its `events` [1], bounds of the quantile `low_us`, `high_us`, and `estimate_us` between
        them (the lower bound in an open bucket) [us], bounds of the total time `least_s`, `most_s` [s]; `bottleneck`:
        the map whose least time is more than the most of each other, or "undecided".

    Raises
    ------
    ValueError
        If there is no histogram in the text, or the quantile is no such share.

    Examples
    --------
    >>> found = latency_layers("@disk_us:\n[0]  6 |@@@@|\n[1K, 2K)  2 |@@  |\n\n@start[17]: 4711\n", quantile=0.75)
    >>> found["layers"]["disk_us"]["high_us"], found["bottleneck"]
    (1.0, 'disk_us')
    """
    if not 0 < quantile <= 1:
        raise ValueError("a quantile is more than 0 and at most 1")
    factors = {"K": 2**10, "M": 2**20, "G": 2**30}
    maps: dict[str, list[tuple[float, float, int]]] = {}
    name = None
    for line in text.splitlines():
        if line.startswith("@"):
            name = line.strip()[1:-1] if line.strip().endswith(":") else None  # other maps have a value behind it
        elif name is not None and line.startswith(("[", "(")):
            label, count = line.split("|")[0].rsplit(maxsplit=1)
            edges = [edge.strip("[]() ") for edge in label.split(",")]
            numbers = [
                float(edge[:-1]) * factors[edge[-1]] if edge[-1] in factors else float(edge)
                for edge in edges
                if edge != "..."
            ]
            low = 0.0 if edges[0] == "..." else numbers[0]
            high = np.inf if edges[-1] == "..." else numbers[-1] if len(edges) == 2 else low + 1
            if int(count) > 0:
                maps.setdefault(name, []).append((low, high, int(count)))
    if not maps:
        raise ValueError("there is no histogram in the text")
    layers: dict[str, dict[str, float]] = {}
    for name, buckets in maps.items():
        lows, highs, counts = (np.array(column) for column in zip(*buckets, strict=True))
        up_to = np.cumsum(counts)
        rank = np.ceil(quantile * up_to[-1] - 1e-9)  # a rank that is whole but for rounding is whole
        place = int(np.sum(up_to < rank))
        low, high, inside = lows[place], highs[place], (rank - up_to[place]) / counts[place] + 1
        layers[name] = {
            "events": int(up_to[-1]),
            "low_us": float(low),
            "high_us": float(high),
            "estimate_us": float(low if np.isinf(high) else low + (high - low) * inside),
            "least_s": float(counts @ lows / 1e6),
            "most_s": float(counts @ highs / 1e6),
        }
    bottleneck = "undecided"
    for name, layer in layers.items():
        if all(layer["least_s"] > other["most_s"] for other in layers.values() if other is not layer):
            bottleneck = name
    return {"layers": layers, "bottleneck": bottleneck}
