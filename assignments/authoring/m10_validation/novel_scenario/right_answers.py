"""Right answers of module 10's novel scenario by other ways, written from the released notebook alone."""

from __future__ import annotations

import math
import statistics

from scipy import stats

from graders.checks import answer


def kept_runs(side):
    return [ms for ms, hot in zip(side["ms"], side["throttled"], strict=True) if not hot]


@answer("m10_claim_audit", by="scipy's quantiles, and the quadratic solved")
def audit_by_quadratic(scenario):
    runs = {side: kept_runs(scenario[side]) for side in ("old", "new")}
    totals, variance = {}, 0.0
    for side in runs:
        counted, turns = scenario[side]["counted"], scenario[side]["turns"]
        totals[side] = turns * math.fsum(counted) / len(counted)
        variance += statistics.variance(counted) * turns * (turns - len(counted)) / len(counted)
    same = (totals["old"] - totals["new"]) ** 2 <= 4 * variance
    m1, m2 = (math.fsum(runs[side]) / len(runs[side]) for side in runs)
    v1, v2 = (statistics.variance(runs[side]) / len(runs[side]) for side in runs)
    nu = (v1 + v2) ** 2 / (v1**2 / (len(runs["old"]) - 1) + v2**2 / (len(runs["new"]) - 1))
    t = stats.t.ppf(0.975, nu)
    a, b, c = m2**2 - t**2 * v2, m1 * m2, m1**2 - t**2 * v1
    low, high = ((b + sign * math.sqrt(b * b - a * c)) / a for sign in (-1, 1))
    if not same:
        verdict = "other work"
    else:
        verdict = "holds" if scenario["claim"] <= low else "open" if scenario["claim"] <= high else "refuted"
    return {
        "kept": {side: len(each) for side, each in runs.items()},
        "instructions": totals,
        "same_work": same,
        "speedup": m1 / m2,
        "low": low,
        "high": high,
        "verdict": verdict,
    }


@answer("m10_remeasure_file", by="counting upwards")
def remeasure_by_counting(scenario):
    wanted, sides = scenario["wanted"], (scenario["old"], scenario["new"])
    c = max(statistics.stdev(kept_runs(side)) / statistics.fmean(kept_runs(side)) for side in sides)
    runs = 2
    while stats.t.ppf(0.975, 2 * runs - 2) * c * math.sqrt(2 / runs) > wanted["half_width"]:
        runs += 1
    requests = 1
    while wanted["quantile"] ** requests > 1 - wanted["confidence"]:
        requests += 1
    turns = 1
    for side in sides:
        spread = statistics.stdev(side["counted"]) / statistics.fmean(side["counted"])
        while spread * math.sqrt(max(0.0, 1 - turns / side["turns"]) / turns) > wanted["count_u"]:
            turns += 1
    return f'{{"runs_per_side": {runs}, "requests": {requests}, "turns": {turns}}}'
