"""Right answers of module 10's worked example by other ways, written from the released notebook alone."""

from __future__ import annotations

import math
import statistics

from scipy import stats

from graders.checks import answer


@answer("m10_model_errors", by="point by point")
def errors_point_by_point(predicted, measured):
    pairs = [(float(p), float(m)) for p, m in zip(predicted, measured, strict=True)]
    if len(pairs) < 2 or any(p <= 0 or m <= 0 for p, m in pairs):
        raise ValueError("nothing to compare")
    n, measurements = len(pairs), [m for _, m in pairs]
    relative = [p / m - 1 for p, m in pairs]
    squares = math.fsum((p - m) ** 2 for p, m in pairs)
    mean = math.fsum(measurements) / n
    spread = math.fsum((m - mean) ** 2 for m in measurements)
    return {
        "mape": math.fsum(map(abs, relative)) / n,
        "mpe": math.fsum(relative) / n,
        "worst": max(map(abs, relative)),
        "smape": math.fsum(abs(p - m) / ((p + m) / 2) for p, m in pairs) / n,
        "wape": math.fsum(abs(p - m) for p, m in pairs) / math.fsum(measurements),
        "rmse": math.sqrt(squares / n),
        "r2": math.nan if len(set(measurements)) == 1 else 1 - squares / spread,
        "ratio": math.prod(p / m for p, m in pairs) ** (1 / n),
    }


@answer("m10_agreement_figure", by="logarithms to the base ten, kernel by kernel")
def figure_kernel_by_kernel(kernels, simulated_us, measured_us, confidence=0.95):
    drawn, left_out = [], []
    for name, s, m in zip(kernels, map(float, simulated_us), map(float, measured_us), strict=True):
        if s > 0 and m > 0:
            drawn.append((name, math.exp((math.log(s) + math.log(m)) / 2), s / m))
        else:
            left_out.append(name)
    n = len(drawn)
    if n < 3:
        raise ValueError("too few")
    logs = [math.log10(ratio) for *_, ratio in drawn]
    bias, spread = statistics.fmean(logs), statistics.stdev(logs)
    reach = stats.t.ppf((1 + confidence) / 2, n - 1) * math.sqrt(3 * spread**2 / n)
    low, high = bias - 1.96 * spread, bias + 1.96 * spread
    heights = {"bias": bias, "lower limit": low, "upper limit": high}
    heights |= {"lower limit, at least": low - reach, "upper limit, at most": high + reach}
    xs, ys = [x for _, x, _ in drawn], [y for *_, y in drawn]
    ends = [min(xs) / 2, max(xs) * 2]
    series = [{"label": "kernels", "kind": "points", "x": xs, "y": ys}]
    series += [{"label": name, "kind": "line", "x": ends, "y": [10**at, 10**at]} for name, at in heights.items()]
    return {
        "title": "Ratios",
        "x": {"label": "size [us]", "scale": "log", "limits": ends},
        "y": {
            "label": "ratio [1]",
            "scale": "log",
            "limits": [min(*ys, 10 ** (low - reach)) / 2, 2 * max(*ys, 10 ** (high + reach))],
        },
        "series": series,
        "marks": [{"label": name, "x": x, "y": y} for name, x, y in drawn if not low <= math.log10(y) <= high],
        "left_out": left_out,
    }
