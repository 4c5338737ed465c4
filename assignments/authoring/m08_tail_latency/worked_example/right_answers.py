"""Right answers of module 8's worked example by other ways, written from the released notebook alone."""

from __future__ import annotations

import math

import numpy as np

from graders.checks import answer


@answer("m08_hedged_exceeds", by="counting, time by time")
def hedged_by_counting(latency_s, delay_s, t_s):
    measured = [float(latency) for latency in latency_s]
    if not measured or math.isnan(delay_s) or delay_s < 0:
        raise ValueError("no latencies, or no delay")

    def late(t):
        first = sum(latency > t for latency in measured) / len(measured)
        second = 1.0 if t < delay_s else sum(latency > t - delay_s for latency in measured) / len(measured)
        return first * second

    return np.vectorize(late, otypes=[float])(t_s)


@answer("m08_search_figure", by="point by point, with binomial sums")
def figure_point_by_point(times_s, single, hedged, fan_out, needed):
    def all_in_time(late):
        return -math.expm1(fan_out * math.log1p(-late))

    def too_few(late):
        return math.fsum(math.comb(fan_out, k) * (1 - late) ** k * late ** (fan_out - k) for k in range(needed))

    lines = {
        "all leaves": [all_in_time(float(late)) for late in single],
        "all leaves, hedged": [all_in_time(float(late)) for late in hedged],
        f"{needed} of {fan_out}": [too_few(float(late)) for late in single],
    }
    plain = {
        "title": "How many requests are late",
        "x": {"label": "t [ms]", "scale": "linear", "limits": [1000 * times_s[0], 1000 * times_s[-1]]},
        "y": {"label": "late [1]", "scale": "log", "limits": [1e-4, 1]},
        "series": [],
        "marks": [],
        "left_out": [label for label, shares in lines.items() if min(shares) > 0.01],
    }
    for label, shares in lines.items():
        points = [(1000 * t, share) for t, share in zip(times_s, shares, strict=True) if share >= 1e-4]
        x, y = zip(*points, strict=True)
        plain["series"].append({"label": label, "kind": "line", "x": list(x), "y": list(y)})
        reached = [1000 * t for t, share in zip(times_s, shares, strict=True) if share <= 0.01]
        plain["marks"] += [{"label": label, "x": t, "y": 0.01} for t in reached[:1]]
    return plain
