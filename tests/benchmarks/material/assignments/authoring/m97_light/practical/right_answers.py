"""Right answers of the light notebook, as honest students write them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from graders.checks import answer


@answer("m97_amdahl_speedup", by="times")
def amdahl_speedup(fraction, factor):
    fraction = np.array(fraction, dtype=float)
    if fraction.min() < 0 or fraction.max() > 1:
        raise ValueError("no fraction")
    time_left = (1 - fraction) + fraction / factor
    return 1.0 / time_left


@answer("m97_harmonic_mean", by="mean time")
def harmonic_mean(rates):
    if len(rates) == 0:
        raise ValueError("no rates")
    return 1 / np.mean([1 / rate for rate in rates])


@answer("m97_nearest_rank_percentile_s", by="a sorted list")
def nearest_rank_percentile_s(latencies_s, percent):
    ordered = sorted(latencies_s)
    return ordered[max(math.ceil(percent / 100 * len(ordered)) - 1, 0)]


@answer("m97_moving_mean", by="a convolution")
def moving_mean(values, window):
    return np.convolve(values, np.ones(window) / window, mode="valid")


@answer("m97_lines_touched", by="a set")
def lines_touched(addresses, line_bytes):
    seen, counts = set(), []
    for address in addresses:
        seen.add(int(address) // line_bytes)
        counts.append(len(seen))
    return counts


@answer("m97_busy_share", by="a sweep")
def busy_share(start_s, end_s, horizon_s):
    busy, reached = 0.0, 0.0
    for start, end in sorted(zip(start_s, end_s, strict=True)):
        if end > reached:
            busy += end - max(start, reached)
            reached = end
    return busy / horizon_s


@answer("m97_mean_by_node", by="pandas")
def mean_by_node(table):
    return pd.DataFrame(table).groupby("node", as_index=False)["power_w"].mean()


@answer("m97_empirical_cdf", by="ranks")
def empirical_cdf(values):
    ordered = pd.Series(values).sort_values()
    return pd.DataFrame({"value": ordered.to_numpy(), "share": ordered.rank(method="max").to_numpy() / len(ordered)})
