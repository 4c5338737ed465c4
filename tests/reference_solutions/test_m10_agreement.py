"""Model against machine: the triangle, errors, order, limits of agreement; recorded, by scipy, and by hand."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from reference_solutions.m10_validation.agreement import limits_of_agreement
from reference_solutions.m10_validation.error_metrics import model_errors
from reference_solutions.m10_validation.rank_fidelity import rank_fidelity
from reference_solutions.m10_validation.triangle import triangle_check

RECORDED = json.loads((Path(__file__).parents[1] / "oracles/m10_validation/stats.json").read_text())["cases"]


def points(seed, n=9):
    draw = np.random.default_rng(seed)
    measured = draw.uniform(1, 20, n)
    return measured * draw.uniform(0.7, 1.5, n), measured


# --- the triangle -----------------------------------------------------------------------------------------------------

HONEST = {"clock_hz": 2.5e9, "cores": 8, "instructions_per_request": 4e6}


def triangle(ipc=1.6, counted=1.6, served=8000.0, u=(0.02, 0.01, 0.01), **others):
    return triangle_check(ipc, counted, served_per_s=served, relative_u=u, **(HONEST | others))


def test_the_three_sides_by_hand():
    # 1.6 instructions a cycle, 2.5e9 cycles a second, 8 cores, 4e6 instructions a request
    assert triangle()["per_s"] == pytest.approx([8000, 8000, 8000])
    assert triangle()["suspect"] == "none"


@pytest.mark.parametrize(
    ("fault", "suspect", "agree"),
    [
        ({"ipc": 2.0}, "simulator", [False, True, False]),
        ({"counted": 1.3}, "counters", [False, False, True]),
        ({"served": 6500.0}, "application", [True, False, False]),
        ({"ipc": 2.0, "served": 6500.0}, "undecided", [False, False, False]),
        ({"ipc": 1.63, "served": 7830.0, "u": (0.01, 0.01, 0.01)}, "undecided", [True, True, False]),
    ],
)
def test_a_planted_fault_is_found_on_its_side(fault, suspect, agree):
    found = triangle(**fault)
    assert found["suspect"] == suspect
    assert found["agree"] == agree


def test_a_common_mistake_is_blamed_on_the_honest_side():
    """Twice the instructions a request: simulator and counters are wrong alike."""
    assert triangle(instructions_per_request=8e6)["suspect"] == "application"


def test_honest_sides_agree_as_often_as_normal_errors_do():
    draw = np.random.default_rng(5)
    agreed = [
        triangle(1.6 * (1 + 0.03 * a), 1.6 * (1 + 0.04 * b), u=(0.03, 0.04, 1e-9), k=1.0)["agree"][0]
        for a, b in draw.standard_normal((4000, 2))
    ]
    assert np.mean(agreed) == pytest.approx(2 * stats.norm.cdf(1) - 1, abs=0.025)


def test_the_limit_itself_still_agrees():
    """3 and 4 per cent of 8,000 make 400; k = 2 allows 800."""
    for served, expected in ((8795.0, True), (8850.0, False)):
        u = (0.0, 240 / 8000, 320 / served)
        assert triangle(served=served, u=u)["agree"][1] is expected


@pytest.mark.parametrize("wrong", [{"ipc": 0.0}, {"served": -1.0}, {"cores": 0}, {"k": 0.0}, {"u": (0.1, -0.1, 0.1)}])
def test_no_triangle_of_such_sides(wrong):
    with pytest.raises(ValueError, match="must"):
        triangle(**wrong)


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", RECORDED["model_error"])
def test_recorded_errors_and_correlations(case):
    errors, ranks = model_errors(case["pred"], case["y"]), rank_fidelity(case["pred"], case["y"])
    assert errors["mape"] == pytest.approx(case["mape_sklearn"], rel=1e-9)
    assert errors["ratio"] == pytest.approx(case["geomean_ratio"], rel=1e-9)
    for name in ("pearson", "spearman", "kendall"):
        assert ranks[name] == pytest.approx(case[name], rel=1e-9)


def test_errors_by_hand():
    found = model_errors([9.0, 22.0, 33.0, 38.0], [10.0, 20.0, 30.0, 40.0])
    assert found["mape"] == pytest.approx((0.1 + 0.1 + 0.1 + 0.05) / 4)
    assert found["mpe"] == pytest.approx((-0.1 + 0.1 + 0.1 - 0.05) / 4)
    assert found["smape"] == pytest.approx((2 / 19 + 4 / 42 + 6 / 63 + 4 / 78) / 4)
    assert found["wape"] == pytest.approx(8 / 100)
    assert found["rmse"] == pytest.approx(np.sqrt(18 / 4))
    assert found["r2"] == pytest.approx(1 - 18 / 500)
    assert found["worst"] == pytest.approx(0.1)


@pytest.mark.parametrize("seed", range(5))
def test_identities_of_the_errors(seed):
    model, machine = points(seed)
    found, scaled = model_errors(model, machine), model_errors(7 * model, 7 * machine)
    assert abs(found["mpe"]) <= found["mape"] <= found["worst"]
    assert found["wape"] == pytest.approx(np.average(np.abs(model / machine - 1), weights=machine))
    assert found["smape"] <= 2
    assert found["ratio"] == pytest.approx(stats.gmean(model / machine))
    assert found["ratio"] == pytest.approx(1 / model_errors(machine, model)["ratio"])
    assert scaled.pop("rmse") == pytest.approx(7 * found.pop("rmse"))
    assert scaled == pytest.approx(found)


def test_a_perfect_model_and_one_without_spread():
    perfect = model_errors([1.0, 2.0, 4.0], [1.0, 2.0, 4.0])
    assert perfect == {name: 1.0 if name in {"r2", "ratio"} else 0.0 for name in perfect}
    assert np.isnan(model_errors([1.0, 2.0], [3.0, 3.0])["r2"])
    assert np.isnan(model_errors([0.2, 0.1, 0.3], [0.1, 0.1, 0.1])["r2"])  # whose mean is not 0.1 in floats
    mean = model_errors([2.0, 2.0, 2.0], [1.0, 2.0, 3.0])
    assert mean["r2"] == pytest.approx(0)


# --- order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_correlations_are_scipys_with_ties(seed):
    draw = np.random.default_rng(seed)
    x, y = draw.integers(1, 6, 12).astype(float), draw.integers(1, 6, 12).astype(float)
    found = rank_fidelity(x, y)
    assert found["pearson"] == pytest.approx(stats.pearsonr(x, y).statistic)
    assert found["spearman"] == pytest.approx(stats.spearmanr(x, y).statistic)
    assert found["kendall"] == pytest.approx(stats.kendalltau(x, y).statistic)


@pytest.mark.parametrize("seed", range(3))
def test_the_worst_speed_up_is_found_pair_by_pair(seed):
    x, y = points(seed)
    worst = max(abs((x[i] / x[j]) / (y[i] / y[j]) - 1) for i, j in itertools.permutations(range(9), 2))
    assert rank_fidelity(x, y)["speedup_error"] == pytest.approx(worst)


def test_a_common_factor_spoils_nothing_but_the_error():
    measured = np.array([1.0, 3.0, 2.0, 7.0])
    found = rank_fidelity(1.2 * measured, measured)
    assert found == pytest.approx({"pearson": 1, "spearman": 1, "kendall": 1, "speedup_error": 0})
    assert model_errors(1.2 * measured, measured)["mape"] == pytest.approx(0.2)


def test_what_never_changes_has_no_order():
    found = rank_fidelity([2.0, 2.0, 2.0], [1.0, 2.0, 3.0])
    assert all(np.isnan(found[name]) for name in ("pearson", "spearman", "kendall"))
    assert found["speedup_error"] == pytest.approx(2)
    assert np.isnan(rank_fidelity([0.1, 0.2, 0.3], [0.7, 0.7, 0.7])["pearson"])


@pytest.mark.parametrize("of", [model_errors, rank_fidelity])
@pytest.mark.parametrize(
    "wrong", [([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([1.0, 2.0], [1.0, 0.0]), ([-1.0, 2.0], [1, 2])]
)
def test_what_cannot_be_compared_is_refused(of, wrong):
    with pytest.raises(ValueError, match="in pairs"):
        of(*wrong)


# --- limits of agreement ----------------------------------------------------------------------------------------------

# Bland, Altman 1986, table 1: peak expiratory flow of 17 subjects [l/min], first readings of two meters.
LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
SMALL = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_the_papers_peak_flows():
    """The paper prints a mean difference of -2.1 and a deviation of 38.8."""
    found = limits_of_agreement(LARGE, SMALL)
    assert round(found["bias"], 1) == -2.1
    assert (found["high"] - found["low"]) / (2 * 1.96) == pytest.approx(38.8, abs=0.05)
    assert stats.pearsonr(LARGE, SMALL).statistic == pytest.approx(0.943, abs=5e-4)


@pytest.mark.parametrize("case", RECORDED["model_error"])
def test_recorded_limits(case):
    found = limits_of_agreement(case["pred"], case["y"])
    assert found["bias"] == pytest.approx(case["bland_altman_bias"], rel=1e-9)
    assert (found["low"], found["high"]) == pytest.approx(tuple(case["loa"]), rel=1e-9)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_intervals_and_slope_are_scipys(confidence):
    x, y = points(2)
    found, d = limits_of_agreement(x, y, confidence), x - y
    assert (found["bias_low"], found["bias_high"]) == pytest.approx(
        stats.t.interval(confidence, 8, d.mean(), stats.sem(d))
    )
    of_the_limit = stats.t.interval(confidence, 8, d.mean() + 1.96 * d.std(ddof=1), np.sqrt(3) * stats.sem(d))
    assert found["high_most"] == pytest.approx(of_the_limit[1])
    assert found["low_least"] + found["high_most"] == pytest.approx(2 * found["bias"])
    assert found["slope"] == pytest.approx(stats.linregress((x + y) / 2, d).slope)


def test_the_variance_of_a_limit_is_about_three_times_that_of_the_mean():
    draw = np.random.default_rng(1)
    found = [limits_of_agreement(draw.normal(0, 1, 60), np.zeros(60)) for _ in range(3000)]
    variances = {name: np.var([one[name] for one in found]) for name in ("bias", "high")}
    assert variances["high"] / variances["bias"] == pytest.approx(3, rel=0.1)


def test_two_pairs_agree_on_nothing():
    with pytest.raises(ValueError, match="three pairs"):
        limits_of_agreement([1.0, 2.0], [1.0, 2.0])
