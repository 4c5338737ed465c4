"""Right answers of module 10's practical by other ways, written from the released notebook alone."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
from scipy import stats

from graders.checks import answer


@answer("m10_run_screen", by="pairs and groups, one by one")
def screen_by_pairs(times_s):
    runs = [float(each) for each in times_s]
    n = len(runs)
    if n < 4:
        raise ValueError("too few")

    def middle(values):
        ordered = sorted(values)
        return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2

    centre = middle(runs)
    away = [abs(run - centre) for run in runs]
    mad = middle(away)
    outliers = [i for i, far in enumerate(away) if (far > 0 if mad == 0 else 0.6745 * far / mad > 3.5)]
    s = sum((later > earlier) - (later < earlier) for earlier, later in itertools.combinations(runs, 2))
    variance = Fraction(n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in Counter(runs).values()), 18)
    z = r = 0.0
    if variance:
        z = (s - (s > 0) + (s < 0)) / math.sqrt(variance)
        mean = math.fsum(runs) / n
        r = math.fsum((a - mean) * (b - mean) for a, b in itertools.pairwise(runs))
        r /= math.fsum((a - mean) ** 2 for a in runs)
    worth = n if r <= 0 else n * (1 - r) / (1 + r)
    return {
        "outliers": outliers,
        "drift_z": z,
        "drift_p": math.erfc(abs(z) / math.sqrt(2)),
        "lag1": r,
        "effective_runs": worth,
    }


@answer("m10_interval_table", by="scipy's tests, and the ratio's quadratic solved")
def intervals_by_tests(before_s, after_s, confidence=0.95):
    before, after = np.asarray(before_s, dtype=float), np.asarray(after_s, dtype=float)
    if before.size < 2 or after.size < 2 or not 0 < confidence < 1 or len({*before}) == len({*after}) == 1:
        raise ValueError("no interval")
    rows = []
    for name, runs in (("before", before), ("after", after)):
        half = stats.sem(runs) * stats.t.ppf((1 + confidence) / 2, runs.size - 1)
        rows.append((name, runs.mean(), runs.mean() - half, runs.mean() + half))
    v1, v2 = stats.sem(before) ** 2, stats.sem(after) ** 2
    nu = (v1 + v2) ** 2 / (v1**2 / (before.size - 1) + v2**2 / (after.size - 1))
    t = stats.t.ppf((1 + confidence) / 2, nu)
    gap = before.mean() - after.mean()
    rows.append(("difference", gap, gap - t * math.sqrt(v1 + v2), gap + t * math.sqrt(v1 + v2)))
    a, b, c = after.mean() ** 2 - t**2 * v2, -2 * before.mean() * after.mean(), before.mean() ** 2 - t**2 * v1
    limits = (-math.inf, math.inf)
    if a > 0:
        limits = [(-b + sign * math.sqrt(b * b - 4 * a * c)) / (2 * a) for sign in (-1, 1)]
    rows.append(("ratio", before.mean() / after.mean(), *limits))
    return pd.DataFrame(rows, columns=["quantity", "estimate", "low", "high"])


@answer("m10_bca_interval", by="resample by resample, with normal quantiles by search")
def bca_one_by_one(numerator, denominator, resamples, confidence=0.95):
    pairs = [(float(x), float(y)) for x, y in zip(numerator, denominator, strict=True)]
    n = len(pairs)
    if n < 2 or any(np.ndim(row) != 1 or len(row) != n for row in resamples):
        raise ValueError("nothing to resample")

    def ratio(chosen):
        return sum(x for x, _ in chosen) / sum(y for _, y in chosen)

    normal = stats.norm()
    whole = float(np.sum(numerator) / np.sum(denominator))
    x, y = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    again = [float(np.sum(x[row]) / np.sum(y[row])) for row in np.asarray(resamples)]
    below = sum(1.0 if each < whole else 0.5 if each == whole else 0.0 for each in again) / len(again)
    if below in (0, 1):
        raise ValueError("all on one side")
    left = [ratio(pairs[:i] + pairs[i + 1 :]) for i in range(n)]
    centre = math.fsum(left) / n
    cubes, squares = math.fsum((centre - one) ** 3 for one in left), math.fsum((centre - one) ** 2 for one in left)
    a, z0 = cubes / (6 * squares**1.5), normal.ppf(below)
    found = {"estimate": whole}
    for side, tail in (("low", (1 - confidence) / 2), ("high", (1 + confidence) / 2)):
        z = z0 + normal.ppf(tail)
        found[f"percentile_{side}"] = float(np.percentile(again, 100 * tail))
        found[side] = float(np.percentile(again, 100 * normal.cdf(z0 + z / (1 - a * z))))
    return found


@answer("m10_quantile_verdict", by="tests of the share of late requests")
def verdict_by_ranks(latency_s, quantile, limit_s, confidence=0.95):
    ordered = sorted(map(float, latency_s))
    n, alpha = len(ordered), 1 - confidence
    if n == 0 or not 0 < quantile < 1 or not 0.5 < confidence < 1:
        raise ValueError("no verdict")
    below = stats.binom(n, quantile)
    lower = max((ordered[rank - 1] for rank in range(1, n + 1) if below.cdf(rank - 1) <= alpha), default=0.0)
    upper = min((ordered[rank - 1] for rank in range(1, n + 1) if below.sf(rank - 1) <= alpha), default=math.inf)
    needed = 1
    while quantile**needed > alpha:
        needed += 1
    said = "kept" if upper <= limit_s else "broken" if lower > limit_s else "open"
    return {"lower_s": lower, "upper_s": upper, "verdict": said, "requests_needed": needed}


@answer("m10_net_energy", by="a covariance matrix, with derivatives by complex steps")
def energy_by_covariance(busy_w, idle_w, time_s, requests, u_busy_w, u_idle_w, u_time_s, correlation=0.0):
    u = np.array([u_busy_w, u_idle_w, u_time_s], dtype=float)
    if busy_w <= idle_w or time_s <= 0 or requests <= 0 or abs(correlation) > 1 or u.min() < 0 or not u.any():
        raise ValueError("no such readings")

    def energy(x):
        return (x[0] - x[1]) * x[2] / requests

    x = np.array([busy_w, idle_w, time_s], dtype=complex)
    slopes = np.array([energy(x + 1e-30j * step).imag / 1e-30 for step in np.eye(3)])
    covariance = np.diag(u**2)
    covariance[0, 1] = covariance[1, 0] = correlation * u_busy_w * u_idle_w
    shares = np.outer(slopes, slopes) * covariance
    variance = shares.sum()
    parts = dict(zip(("busy", "idle", "time"), np.diag(shares) / variance, strict=True))
    return {
        "energy_j": energy(x).real,
        "standard_j": math.sqrt(variance),
        "expanded_j": 2 * math.sqrt(variance),
        "parts": {**parts, "covariance": 2 * shares[0, 1] / variance},
    }


@answer("m10_net_counter", by="running sums")
class CounterByRunningSums:
    """Keeps no counts: their number, mean and squares, by Welford."""

    def __init__(self, probes):
        if probes < 0:
            raise ValueError("no such probes")
        self._probes, self._all = probes, 0
        self._seen, self._empty = [0, 0.0, 0.0], [0, 0.0, 0.0]

    @staticmethod
    def _add(sums, value):
        sums[0] += 1
        step = value - sums[1]
        sums[1] += step / sums[0]
        sums[2] += step * (value - sums[1])

    def turn(self, count=None):
        self._all += 1
        if count is not None:
            self._add(self._seen, count)

    def calibrate(self, count):
        self._add(self._empty, count)

    @property
    def scaled(self):
        return self._all * self._seen[1] if self._seen[0] else math.nan

    @property
    def net(self):
        return self.scaled - self._probes * self._empty[1] if self._empty[0] else math.nan

    @property
    def uncertainty(self):
        m, k = self._seen[0], self._empty[0]
        if m < 2 or k < 2:
            return math.nan
        turns = self._all * (self._all - m) * self._seen[2] / (m - 1) / m
        return math.sqrt(turns + self._probes**2 * self._empty[2] / (k - 1) / k)


@answer("m10_latency_layers", by="a pattern for lines, and events one after the other")
def layers_by_pattern(text, quantile=0.99):
    if not 0 < quantile <= 1:
        raise ValueError("no such quantile")
    unit = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
    bucket = re.compile(r"[\[(](?:(\d+)([KMG]?)|\.\.\.)(?:, (?:(\d+)([KMG]?)|\.\.\.))?[\])]\s+(\d+)\s*\|")
    layers, name = {}, None
    for line in text.split("\n"):
        title = re.fullmatch(r"@(.*):\s*", line)
        if line.startswith("@"):
            name = title and title[1]
        found = bucket.match(line) if name else None
        if not found or found[5] == "0":
            continue
        low = int(found[1]) * unit[found[2]] if found[1] else 0
        high = int(found[3]) * unit[found[4]] if found[3] else math.inf
        if "," not in line.split("|")[0]:
            high = low + 1
        layers.setdefault(name, []).append((low, high, int(found[5])))
    if not layers:
        raise ValueError("nothing there")
    answers = {}
    for name, buckets in layers.items():
        events = sum(count for _, _, count in buckets)
        left = math.ceil(Fraction(quantile).limit_denominator(10**6) * events)
        place = 0
        while left > buckets[place][2]:
            left -= buckets[place][2]
            place += 1
        low, high, count = buckets[place]
        answers[name] = {
            "events": events,
            "low_us": low,
            "high_us": high,
            "estimate_us": low if high == math.inf else low + (high - low) * left / count,
            "least_s": sum(a * c for a, _, c in buckets) / 1e6,
            "most_s": sum(b * c for _, b, c in buckets) / 1e6,
        }
    ordered = sorted(answers, key=lambda each: -answers[each]["least_s"])
    rivals = max((answers[each]["most_s"] for each in ordered[1:]), default=-1)
    return {"layers": answers, "bottleneck": ordered[0] if answers[ordered[0]]["least_s"] > rivals else "undecided"}


@answer("m10_rank_fidelity", by="scipy's correlations, and logarithms")
def fidelity_by_scipy(predicted, measured):
    x, y = [float(each) for each in predicted], [float(each) for each in measured]
    if len(x) != len(y) or len(x) < 2 or min(x + y) <= 0:
        raise ValueError("nothing to compare")
    logs = np.log(x) - np.log(y)
    found = {"speedup_error": math.expm1(float(np.ptp(logs)))}
    if len(set(x)) == 1 or len(set(y)) == 1:
        return found | dict.fromkeys(("pearson", "spearman", "kendall"), math.nan)
    found["pearson"] = float(stats.pearsonr(x, y)[0])
    found["spearman"] = float(stats.spearmanr(x, y)[0])
    return found | {"kendall": float(stats.kendalltau(x, y)[0])}


@answer("m10_triangle_check", by="squares, and counting agreements of each side")
def triangle_by_counting(
    simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, relative_u, k=2.0
):
    numbers = (simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, k)
    if any(each <= 0 for each in numbers) or any(each < 0 for each in relative_u):
        raise ValueError("no such sides")
    seconds = instructions_per_request / clock_hz / cores
    names = ["simulator", "counters", "application"]
    per_s = [simulated_ipc / seconds, counted_ipc / seconds, float(served_per_s)]

    def near(i, j):
        return bool(
            (per_s[i] - per_s[j]) ** 2 <= k**2 * ((per_s[i] * relative_u[i]) ** 2 + (per_s[j] * relative_u[j]) ** 2)
        )

    agree = [near(0, 1), near(1, 2), near(0, 2)]
    friends = [agree[0] + agree[2], agree[0] + agree[1], agree[1] + agree[2]]
    if sorted(friends) == [0, 1, 1]:
        suspect = names[friends.index(0)]
    else:
        suspect = "none" if friends == [2, 2, 2] else "undecided"
    return {"per_s": per_s, "agree": agree, "suspect": suspect}


@answer("m10_left_out_table", by="Cramer's rule")
def left_out_by_cramer(flops, traffic_bytes, measured_s, u_measured, u_input=0.0):
    work, traffic = ([float(each) / 1e9 for each in column] for column in (flops, traffic_bytes))
    times, u = [float(each) for each in measured_s], [float(each) for each in u_measured]
    n = len(times)
    if n < 4 or not len(work) == len(traffic) == len(u) == n:
        raise ValueError("nothing to leave out")
    if min(work + traffic + times) <= 0 or min([*u, u_input]) < 0:
        raise ValueError("no such quantities")
    rows = []
    for i in range(n):
        a, b = ([column[j] / times[j] for j in range(n) if j != i] for column in (work, traffic))
        aa, bb, ab = (
            math.fsum(x * x for x in a),
            math.fsum(y * y for y in b),
            math.fsum(map(math.prod, zip(a, b, strict=True))),
        )
        det = aa * bb - ab * ab
        alpha, beta = (math.fsum(a) * bb - math.fsum(b) * ab) / det, (math.fsum(b) * aa - math.fsum(a) * ab) / det
        predicted = alpha * work[i] + beta * traffic[i]
        u_val = math.hypot(u[i], u_input)
        others = sorted(work[j] / traffic[j] for j in range(n) if j != i)
        if not others[0] <= work[i] / traffic[i] <= others[-1]:
            verdict = "outside"
        else:
            verdict = "noise" if abs(predicted - times[i]) <= 2 * u_val * times[i] else "model"
        rows.append((predicted, predicted / times[i] - 1, u_val, verdict))
    return pd.DataFrame(rows, columns=["predicted_s", "error", "u_val", "verdict"])
