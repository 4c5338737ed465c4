"""Results of MLPerf and what is made of them: published examples and entries, scipy's tests, sums by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from reference_solutions.m07_mlperf.comparison import comparison_table
from reference_solutions.m07_mlperf.composite_score import composite_score, inferred_results
from reference_solutions.m07_mlperf.convergence import (
    convergence_check,
    interpolated_point,
    least_epochs,
    pruned_points,
)
from reference_solutions.m07_mlperf.procurement import procurement
from reference_solutions.m07_mlperf.serving_cost import ownership_usd
from reference_solutions.m07_mlperf.slo_rate import fleet_latency, goodput_rate_per_s, replicas_for_rate
from reference_solutions.m07_mlperf.tier_rates import tier_rates
from reference_solutions.m07_mlperf.token_bill import token_bill
from reference_solutions.m07_mlperf.training_score import flops_utilisation, olympic_minutes

# --- training ---------------------------------------------------------------------------------------------------------


def test_the_slowest_may_never_arrive():
    assert olympic_minutes([10.0, 12.0, 11.0]) == 11.0
    assert olympic_minutes([np.inf, 10.0, 12.0, 11.0]) == 11.5
    assert olympic_minutes([np.inf, np.inf, 10.0, 12.0, 11.0]) == np.inf
    forty = [*range(1, 37), *[np.inf] * 4]
    assert olympic_minutes(forty, dropped=4) == np.mean(range(5, 37))
    with pytest.raises(ValueError, match="left"):
        olympic_minutes([1.0, 2.0])
    with pytest.raises(ValueError, match="left"):
        olympic_minutes([0.0, 2.0, 3.0])


@pytest.mark.shared
def test_published_training_results(shared_oracles):
    entries = json.loads((shared_oracles / "systems/mlperf/training_v50_results.json").read_text())["cases"]
    assert len(entries) >= 25
    for entry in entries:
        assert olympic_minutes(entry["run_minutes"]) == pytest.approx(entry["olympic_mean_minutes"], abs=1e-4)


def test_palm_used_46_2_percent():
    # Chowdhery et al. 2022, appendix B: 238.3 thousand tokens a second on 6,144 chips
    palm = flops_utilisation(238.3e3, 540.35e9, 118, 48, 256, 2048, 6144, 275e12)
    assert palm == pytest.approx(0.462, abs=5e-4)
    with pytest.raises(ValueError, match="chips"):
        flops_utilisation(1.0, 1.0, 1, 1, 1, 1, 0, 1.0)


FIRST = [16, 14, 16, 17, 16, 16, 15, 16, 15, 16]


def test_published_convergence_points():
    # Training Rules, appendix with examples: a submission of five runs
    seen = convergence_check(FIRST, [15, 16, 15, 16, 15])
    assert seen["least_epochs"] == pytest.approx(15.2126, abs=5e-5)
    assert seen["speedup"] == pytest.approx(0.0353, abs=5e-5)
    assert least_epochs(20.75, 0.661438, 8, 3) == pytest.approx(19.929, abs=5e-4)


@pytest.mark.parametrize("seed", range(6))
def test_the_limit_is_that_of_scipys_t_test(seed):
    rng = np.random.default_rng(seed)
    mean, deviation, ours, theirs = rng.uniform(5, 30), rng.uniform(0.1, 1), *rng.integers(2, 12, 2)
    least = least_epochs(mean, deviation, int(ours), int(theirs))

    def tail(epochs):
        test = stats.ttest_ind_from_stats(epochs, deviation, theirs, mean, deviation, ours, alternative="less")
        return test.pvalue - 0.05

    assert least == pytest.approx(optimize.brentq(tail, mean - 20 * deviation, mean), rel=1e-9)


def test_convergence_drops_extremes_on_both_sides():
    submission = [1.0, 15.5, 15.6, 15.4, 99.0]
    seen = convergence_check(FIRST, submission)
    assert seen["passes"]
    assert seen["mean_epochs"] == np.mean(sorted(FIRST)[1:-1])
    assert not convergence_check(FIRST, [15.0] * 5)["passes"]
    edge = seen["least_epochs"]
    assert convergence_check(FIRST, [edge] * 5)["passes"]
    assert not convergence_check(FIRST, [edge - 1e-6] * 5)["passes"]
    with pytest.raises(ValueError, match="left"):
        convergence_check(FIRST, [15.0, 16.0])
    with pytest.raises(ValueError, match="runs"):
        least_epochs(1.0, 1.0, 1, 1)


def test_between_two_points_lies_their_mean():
    points = {16: (10.0, 0.2), 32: (14.0, 0.6), 64: (15.0, 0.5)}
    assert interpolated_point(24, points) == pytest.approx((12.0, 0.4))
    assert interpolated_point(64, points) == points[64]
    assert interpolated_point(40, points) == pytest.approx((14.25, 0.575))
    for beyond in (8, 65):
        with pytest.raises(ValueError, match="beyond"):
            interpolated_point(beyond, points)


@given(st.lists(st.tuples(st.integers(1, 200), st.floats(5, 30)), min_size=1, max_size=7, unique_by=lambda one: one[0]))
def test_pruning_goes_from_left_to_right(rows):
    points = {size * 8: (mean, 0.3) for size, mean in rows}  # one deviation: the means decide
    left = list(pruned_points(points, 8, 3))
    fastest = min(sorted(points), key=lambda size: points[size][0])

    def walked(done, rest):
        if len(rest) < 2:
            return [*done, *rest]
        (here, after), before = rest[:2], done[-1]
        share = (here - before) / (after - before)
        line = (1 - share) * points[before][0] + share * points[after][0]
        return walked(done if points[here][0] > line + 1e-12 else [*done, here], rest[1:])

    assert left == walked([fastest], [size for size in sorted(points) if size > fastest])
    with pytest.raises(ValueError, match="points"):
        pruned_points({}, 8, 3)


@given(st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0.1, 5)), min_size=1, max_size=6))
def test_a_composite_ranks_alike_whatever_the_reference(rows):
    first, second, weights = (np.array(column) for column in zip(*rows, strict=True))
    other = np.linspace(1, 2, len(rows))
    ratio = composite_score(np.ones(len(rows)), first, weights) / composite_score(np.ones(len(rows)), second, weights)
    again = composite_score(other, first, weights) / composite_score(other, second, weights)
    assert ratio == pytest.approx(again)
    product = np.prod([(1 / one) ** (weight / weights.sum()) for one, weight in zip(first, weights, strict=True)])
    assert composite_score(np.ones(len(rows)), first, weights) == pytest.approx(product)


def test_a_composite_misses_nothing():
    with pytest.raises(ValueError, match="every benchmark"):
        composite_score([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="result"):
        composite_score([1.0, 2.0], [1.0, 0.0])


def test_the_rules_example_of_inferred_results():
    assert inferred_results(0.025, 0.025) == {"multi_stream_s": 0.2, "offline_per_s": 40.0}
    assert inferred_results(0.03, 0.025, mean_multi_s=0.2)["offline_per_s"] == pytest.approx(40.0)
    with pytest.raises(ValueError, match="mean_multi_s"):
        inferred_results(0.03, 0.025, mean_multi_s=0.0)


# --- tiers, bills, comparisons ----------------------------------------------------------------------------------------


@given(st.integers(1, 12), st.integers(0, 1000))
def test_a_tiers_rate_is_found_by_trying_all(count, seed):
    rng = np.random.default_rng(seed)
    rates = rng.permutation(np.arange(1.0, count + 1))
    ttft, tpot = rng.uniform(0.1, 1, count), rng.uniform(0.01, 0.1, count)
    tiers = {"a": (0.8, 0.08), "b": (0.5, 0.09), "c": (2.0, 2.0)}
    seen = tier_rates(rates, ttft, tpot, tiers, 20.0)
    for name, found, share in zip(seen["tier"], seen["rate_per_s"], seen["of_offline"], strict=True):
        a, b = tiers[str(name)]
        expected = 0.0
        for rate in sorted(rates):
            place = list(rates).index(rate)
            if ttft[place] > a or tpot[place] > b:
                break
            expected = rate
        assert found == expected
        assert share == expected / 20
    with pytest.raises(ValueError, match="sweep"):
        tier_rates([], [], [], tiers, 1.0)


def test_a_sweep_of_a_replica_finds_what_bisection_finds():
    rng = np.random.default_rng(3)
    arrivals, prompts, outputs = (
        np.cumsum(rng.exponential(1, 400)),
        rng.integers(20, 200, 400),
        rng.integers(2, 40, 400),
    )
    machine = {"slots": 8, "step_s": 0.02, "token_s": 2e-4}
    found = goodput_rate_per_s(arrivals, prompts, outputs, **machine, ttft_limit_s=1.0, tpot_limit_s=0.1)
    shape = (arrivals - arrivals[0]) * 399 / (arrivals[-1] - arrivals[0])
    sweep = np.linspace(1, 20, 96)
    seen = [fleet_latency(shape / rate, prompts, outputs, 1, **machine) for rate in sweep]
    rows = tier_rates(
        sweep, [one["ttft_p99_s"] for one in seen], [one["tpot_p99_s"] for one in seen], {"t": (1.0, 0.1)}, 20.0
    )
    assert rows["rate_per_s"][0] == pytest.approx(found, rel=0.1)


def test_a_bill_is_ownership_over_all_years():
    bill = token_bill(300_000, 4, 2000, 9000, 1.2, 0.09, 25_000, 0.4)
    hours = 4 * 8760
    kwh = 1.2 * (0.4 * 9 + 0.6 * 2) * 8760
    usd = float(ownership_usd(300_000, 4, kwh, 0.09))
    tokens = 25_000 * 0.4 * 3600 * hours
    assert float(bill["million_usd"]) == pytest.approx(1e6 * usd / tokens)
    assert float(bill["token_j"]) == pytest.approx(kwh * 4 * 3.6e6 / tokens)
    assert float(bill["million_usd"]) == float(bill["capital_usd"]) + float(bill["energy_usd"])


def test_an_hours_joules_second_by_second():
    busy = [second % 4 == 0 for second in range(3600)]
    joules = sum(1.5 * (700 if one else 100) for one in busy)
    bill = token_bill(1.0, 1, 100, 700, 1.5, 0.0, 50, 0.25)
    assert float(bill["token_j"]) == pytest.approx(joules / (50 * sum(busy)))
    assert float(bill["energy_usd"]) == 0.0


def test_a_bill_refuses_what_is_no_share():
    for wrong in [{"utilisation": 0.0}, {"utilisation": 1.1}, {"pue": 0.9}, {"years": 0.0}, {"tokens_per_s": 0.0}]:
        right = {"machine_usd": 1, "years": 1, "idle_w": 1, "busy_w": 1, "pue": 1, "usd_per_kwh": 1}
        with pytest.raises(ValueError, match=r"share|facility"):
            token_bill(**(right | {"tokens_per_s": 1, "utilisation": 1} | wrong))


def entry(name, **changed):
    plain = {
        "entry": name, "round": "5.1", "division": "closed", "suite": "datacenter", "model": "llama2-70b-99",
        "scenario": "Server", "unit": "Tokens/s", "result": 800.0, "nodes": 1, "accelerators": 8,
    }  # fmt: skip
    return plain | changed


def test_published_entries_for_one_accelerator():
    # MLPerf Inference v5.1, closed, datacenter: Quanta Cloud Technology, D75E-4U_H200-NVL-141GBx4_TRT, and Supermicro,
    # SYS-422GS-NBRT-LCC_B200-SXM-180GBx8_TRT; both llama2-70b-99, Server
    rows = [entry("QCT", result=13736.1, accelerators=4), entry("Supermicro", result=99181.1)]
    table = comparison_table(rows, "QCT")
    assert table["per_accelerator"] == pytest.approx([3434.0, 12397.6], abs=0.05)
    assert table["ratio"] == pytest.approx([1, 3.610], abs=5e-4)


def test_what_differs_has_no_ratio():
    rows = [
        entry("a"),
        entry("b", nodes=2, result=1600.0),
        entry("c", model="llama2-70b-99.9", scenario="Offline"),
        entry("d", unit="Queries/s", division="open", suite="edge", round="5.0"),
    ]
    table = comparison_table(rows, "b")
    assert table["ratio"][:2].tolist() == [1.0, 1.0]
    assert np.isnan(table["ratio"][2:]).all()
    assert table["differs"].tolist() == ["", "", "model, scenario", "division, round, suite, unit"]
    with pytest.raises(ValueError, match="baseline"):
        comparison_table(rows, "z")


# --- procurement ------------------------------------------------------------------------------------------------------


def offered(rng, name):
    rates = np.sort([rng.uniform(1, 10), *rng.uniform(10, 20, 5)])
    points = [
        {"requests_per_s": float(rate), "ttft_p99_s": float(0.01 * rate), "tpot_p99_s": float(0.002 * rate)}
        for rate in rates
    ]
    return {
        "machine_usd": float(rng.uniform(1e5, 5e5)), "idle_w": float(rng.uniform(500, 2000)), "busy_w": 9000.0,
        "accuracy": float(rng.choice([0.98, 0.995, 1.0])) if name else 1.0, "offline_per_s": 25.0,
        "sweep": [points[place] for place in rng.permutation(6)],
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_procurement_is_put_together_from_the_other_pages(seed):
    rng = np.random.default_rng(seed)
    tiers = {
        name: {
            "requests_per_s": float(rng.uniform(20, 90)),
            "ttft_s": limit,
            "tpot_s": 0.039,
            "tokens": 100 + 50 * place,
        }
        for place, (name, limit) in enumerate({"a": 0.19, "b": 0.3}.items())
    }
    scenario = {
        "tiers": tiers, "accuracy_floor": 0.99, "headroom": 0.2, "spares": 1, "years": 4, "pue": 1.3,
        "usd_per_kwh": 0.15, "offers": {name: offered(rng, place) for place, name in enumerate("xyz")},
    }  # fmt: skip
    bought = procurement(scenario)
    costs = {}
    for name, offer in scenario["offers"].items():
        columns = [[point[key] for point in offer["sweep"]] for key in ("requests_per_s", "ttft_p99_s", "tpot_p99_s")]
        limits = {tier: (one["ttft_s"], one["tpot_s"]) for tier, one in tiers.items()}
        rates = tier_rates(*columns, limits, 25.0)["rate_per_s"]
        assert list(bought["tier_per_s"][name].values()) == rates.tolist()
        count, usd = 0, 0.0
        for one, rate in zip(tiers.values(), rates, strict=True):
            needed = replicas_for_rate(one["requests_per_s"], rate, headroom=0.2, spares=1)
            busy_kw = one["requests_per_s"] / rate * (9.0 - offer["idle_w"] / 1e3) + needed * offer["idle_w"] / 1e3
            usd += float(ownership_usd(needed * offer["machine_usd"], 4, 1.3 * busy_kw * 8760, 0.15))
            count += needed
        assert bought["machines"][name] == count
        tokens = sum(one["requests_per_s"] * one["tokens"] for one in tiers.values()) * 4 * 8760 * 3600
        costs[name] = 1e6 * usd / tokens
        assert bought["million_usd"][name] == pytest.approx(costs[name])
    accurate = [name for name, offer in scenario["offers"].items() if offer["accuracy"] >= 0.99]
    assert bought["choice"] == min(accurate, key=costs.get)
    assert bought["slide_choice"] == min(scenario["offers"], key=lambda name: scenario["offers"][name]["machine_usd"])
    with pytest.raises(ValueError, match="accurate"):
        procurement({**scenario, "accuracy_floor": 1.1})
    with pytest.raises(ValueError, match="tier"):
        procurement({**scenario, "tiers": {"a": {**tiers["a"], "ttft_s": 1e-6}}})
