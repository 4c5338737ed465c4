"""What the sample's prose says in words, beside its claims, is so: each statement is asked of the model."""

from __future__ import annotations

import numpy as np
import pytest

from graders.capstone.llm_serving.design import designs
from graders.capstone.what_if import what_if


def replicas(seen, **changes):
    answer = what_if(seen, {name.replace("__", "."): value for name, value in changes.items()})
    after = {one.id: one.after for one in answer.claims}
    return after.get("cap.replicas", "7"), {one.id for one in answer.flips}


def test_only_the_first_driver_needs_another_replica_when_a_tenth_worse(seen):
    assert seen.values["cap.replicas"] == 7
    assert replicas(seen, hw__device_peak="-10%") == ("8", set())
    for changes in (
        {"wl__output_tokens_mean": "+10%"},
        {"wl__prompt_tokens_mean": "+10%"},
        {"req__rate_mean": "+10%"},
        {"hw__device_bandwidth": "-10%"},
    ):
        assert replicas(seen, **changes) == ("7", set())


def test_a_step_a_tenth_longer_needs_another_replica(seen):
    assert replicas(seen, perf__fixed_step="+10%", perf__token_step="+10%")[0] == "8"


def test_answers_twice_as_long_miss_the_limit_on_the_whole(seen):
    assert "e2e" in replicas(seen, wl__output_tokens_mean="x2")[1]


def test_prompts_four_times_as_long_no_longer_fit(seen):
    assert "memory" in replicas(seen, wl__prompt_tokens_mean="x4")[1]


def test_neighbouring_replicas_are_worse(seen):
    values = seen.values
    weights = values["mem.weight_bytes"] / (2 * values["hw.device_bandwidth"] * values["perf.bandwidth_efficiency"])
    assert weights > values["req.slo_tpot_p99"] / 2
    assert "memory" in replicas(seen, par__tp="2")[1]
    assert "budget" in replicas(seen, par__tp="8")[1]


def test_more_slots_serve_no_more(seen):
    answer = what_if(seen, {"batching.slots": f"{seen.values['cap.max_concurrent']:.0f}"})
    goodput = {one.id: one.share for one in answer.claims}.get("perf.goodput", 0.0)
    assert goodput == pytest.approx(0.0, abs=0.01)


def test_the_runner_up_costs_a_little_more_and_the_third_machine_too_much(seen):
    assert replicas(seen, hw__machine="H200 SXM") == ("6", set())
    answer = what_if(seen, {"hw.machine": "H200 SXM"})
    assert 0 < {one.id: one.share for one in answer.claims}["cost.tco"] < 0.05
    assert "budget" in replicas(seen, hw__machine="A100 SXM 80 GB")[1]


def test_smaller_replicas_of_the_runner_up_break_the_budget(graph, brief, seen):
    smaller = designs(graph)["H200 SXM"]
    assert smaller["par.tp"] < seen.values["par.tp"]
    assert smaller["cost.tco"] > brief.values["req.budget_tco"]


def test_halves_of_the_trace_differ_by_less_than_twice_their_standard_error(brief):
    for name in ("prompt", "output"):
        tokens = brief.data[f"trace.{name}_tokens"]
        first, second = tokens[: len(tokens) // 2], tokens[len(tokens) // 2 :]
        error = np.sqrt(first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second))
        assert abs(first.mean() - second.mean()) < 2 * error
    assert np.quantile(brief.data["trace.prompt_tokens"], 0.99) > 4 * np.median(brief.data["trace.prompt_tokens"])


def test_bounds_and_racks_are_as_told(seen):
    values = seen.values
    assert values["val.bias_low"] < 0 < values["val.bias_high"]
    assert (values["roof.prefill_bound"], values["roof.decode_bound"]) == ("compute", "memory")
    assert (
        values["pwr.rack"] / values["pwr.nodes_per_rack"] * (values["pwr.nodes_per_rack"] + 1)
        > (values["req.rack_limit"])
    )
    assert values["pwr.nodes_per_rack"] * values["hw.host_devices"] / values["par.tp"] > values["cap.spares"]
    assert values["hw.host_devices"] / values["par.tp"] == values["cap.spares"] == 2
    energy = values["cost.energy_per_year"] * values["cost.usd_per_kwh"]
    assert energy < 0.1 * values["cost.tco"] / values["cost.years"]
    assert values["sens.break_even_rate"] / values["req.rate_peak"] == pytest.approx(1.1, abs=0.02)
    assert replicas(seen, cap__spares="1")[1] == {"availability"}
    assert values["perf.ttft_floor"] > values["req.asked_limit"] > values["tail.tpot_p99_degraded"]
