"""A vendor's claim: the audit by the module's other models, planted claims, and plans by counting upwards."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from reference_solutions.m10_validation.claim_audit import claim_audit, remeasure_file
from reference_solutions.m10_validation.mean_intervals import interval_table
from reference_solutions.m10_validation.net_counter import NetCounter
from reference_solutions.m10_validation.quantile_verdict import quantile_verdict


def side(draw, mean_ms, work=1.0, noise=0.02):
    times = np.r_[mean_ms * draw.normal(1, noise, 9), 1.3 * mean_ms]
    counted = work * draw.normal(50_000, 1500, 15)
    return {"ms": times.tolist(), "throttled": [False] * 9 + [True], "turns": 50, "counted": counted.tolist()}


def handed_over(seed, claim=1.4, factor=1.4, work=1.0, **wanted):
    draw = np.random.default_rng(seed)
    given = {"half_width": 0.01, "quantile": 0.99, "confidence": 0.95, "count_u": 0.005} | wanted
    return {"claim": claim, "old": side(draw, 140.0), "new": side(draw, 140.0 / factor, work), "wanted": given}


@pytest.mark.parametrize("seed", range(4))
def test_speed_up_and_counts_by_the_other_models(seed):
    scenario = handed_over(seed)
    audit = claim_audit(scenario)
    table = interval_table(scenario["old"]["ms"][:9], scenario["new"]["ms"][:9])
    assert [audit["speedup"], audit["low"], audit["high"]] == pytest.approx(
        [table[name][3] for name in ("estimate", "low", "high")]
    )
    counters = {}
    for which in ("old", "new"):
        counters[which] = NetCounter(probes=0)
        for turn in range(50):
            counters[which].turn(scenario[which]["counted"][turn] if turn < 15 else None)
        counters[which].calibrate(0)
        counters[which].calibrate(0)
        assert audit["instructions"][which] == pytest.approx(counters[which].scaled)
        assert audit["kept"][which] == 9
    apart = abs(counters["old"].net - counters["new"].net)
    allowed = 2 * np.hypot(counters["old"].uncertainty, counters["new"].uncertainty)
    assert audit["same_work"] == (apart <= allowed)


@pytest.mark.parametrize(("factor", "same"), [(0.99, True), (1.01, False)])
def test_work_is_the_same_up_to_two_uncertainties(factor, same):
    """The new side's turns moved by one constant: their scatter stays, and with it what is allowed."""
    scenario, squares = handed_over(1), 0.0
    old, new = (np.array(scenario[which]["counted"]) for which in ("old", "new"))
    for counted in (old, new):
        squares += 50**2 * counted.var(ddof=1) / 15 * (1 - 15 / 50)
    new = new - new.mean() + old.mean() + factor * 2 * np.sqrt(squares) / 50
    moved = scenario | {"new": scenario["new"] | {"counted": new.tolist()}}
    assert claim_audit(moved)["same_work"] is same


@pytest.mark.parametrize(
    ("planted", "verdict"),
    [
        ({"claim": 1.3}, "holds"),
        ({"claim": 1.5}, "refuted"),
        ({"claim": 1.4}, "open"),
        ({"claim": 1.3, "work": 0.85}, "other work"),
    ],
)
def test_planted_claims_are_judged(planted, verdict):
    verdicts = [claim_audit(handed_over(seed, **planted))["verdict"] for seed in range(300)]
    assert verdicts.count(verdict) / 300 > 0.83  # 95 % of the limits hold, 94 % of the counts agree (t of 28)


def test_nineteen_of_twenty_limits_hold_the_factor():
    held = [audit["low"] <= 1.4 <= audit["high"] for audit in (claim_audit(handed_over(seed)) for seed in range(1500))]
    assert np.mean(held) == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 1500))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("half_width", [0.004, 0.01, 0.05])
def test_the_plan_is_the_first_that_is_enough(seed, half_width):
    scenario = handed_over(seed, half_width=half_width, quantile=0.995, confidence=0.9)
    plan, sides = json.loads(remeasure_file(scenario)), (scenario["old"], scenario["new"])
    c = max(stats.variation(each["ms"][:9], ddof=1) for each in sides)

    def width(n):
        return stats.t.ppf(0.975, 2 * n - 2) * c * np.sqrt(2 / n)

    n = plan["runs_per_side"]
    assert width(n) <= half_width
    assert n == 2 or width(n - 1) > half_width
    assert plan["requests"] == quantile_verdict([1.0], 0.995, 1.0, 0.9)["requests_needed"]
    spread = max(stats.variation(each["counted"], ddof=1) for each in sides)
    u = [spread * np.sqrt((1 - m / 50) / m) for m in (plan["turns"], plan["turns"] - 1)]
    assert u[0] <= 0.005 < u[1]
