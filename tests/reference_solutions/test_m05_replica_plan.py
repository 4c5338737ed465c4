"""Replicas and bills: one request and one replica more until it is enough, by functions of other pages."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reference_solutions.m05_llm_inference.capacity import replicas_needed
from reference_solutions.m05_llm_inference.kv_cache import kv_cache_bytes, latent_cache_bytes
from reference_solutions.m05_llm_inference.replica_plan import capacity_plan, replica_profile
from reference_solutions.m05_llm_inference.step_times import step_time_s


def drawn(seed):
    """Model, traffic, promise and one machine."""
    rng = np.random.default_rng(seed)
    weights = int(rng.integers(5, 90)) * 10**9
    model = {
        "weights": weights,
        "weight_element_bytes": 2,
        "layers": 60,
        "cache_element_bytes": int(rng.integers(1, 3)),
    }
    model |= {"kv_heads": 8, "head_dim": 128} if seed % 2 else {"latent_dim": 512, "rope_dim": 64}
    traffic = {"requests_per_s": 30.0, "prompt_median": float(rng.integers(200, 2000)), "prompt_spread": 0.9}
    traffic |= {"answer_median": float(rng.integers(60, 400)), "answer_spread": 0.7}
    machine = {"machine": "A", "devices": 8, "usable_bytes": int(rng.integers(60, 140)) * 10**9, "overhead_s": 0.004}
    machine |= {
        "bandwidth_bytes_per_s": 2.5e12,
        "flops_per_s": float(rng.integers(50, 500)) * 1e12,
        "usd_per_hour": 70.0,
    }
    return model, traffic, {"tpot_limit_s": float(rng.uniform(0.006, 0.06)), "headroom": 0.3, "spares": 1}, machine


def mean_lengths(traffic):
    return [traffic[f"{part}_median"] * np.exp(traffic[f"{part}_spread"] ** 2 / 2) for part in ("prompt", "answer")]


def cache_bytes(model, tokens):
    if "latent_dim" in model:
        shape = model["layers"], model["latent_dim"], model["rope_dim"]
        return float(latent_cache_bytes(*shape, model["cache_element_bytes"], tokens))
    shape = model["layers"], model["kv_heads"], model["head_dim"]
    return float(kv_cache_bytes(*shape, model["cache_element_bytes"], tokens))


def step(model, traffic, machine, batch):
    prompt, answer = mean_lengths(traffic)
    return float(
        step_time_s(
            batch,
            batch * (prompt + answer / 2),
            model["weights"] * 2,
            cache_bytes(model, 1),
            2 * model["weights"],
            8 * machine["flops_per_s"],
            8 * machine["bandwidth_bytes_per_s"],
            machine["overhead_s"],
        )
    )


@pytest.mark.parametrize("seed", range(30))
def test_one_request_more_until_it_is_too_much(seed):
    model, traffic, promise, machine = drawn(seed)
    prompt, answer = mean_lengths(traffic)
    table = replica_profile(model, traffic, promise, [machine])
    memory = 8 * machine["usable_bytes"] - 2 * model["weights"]
    slots = 0
    while (slots + 1) * cache_bytes(model, prompt + answer) <= memory:
        slots += 1
    batch = 0
    while batch < slots and step(model, traffic, machine, batch + 1) <= promise["tpot_limit_s"]:
        batch += 1
    assert (table["slots"], table["batch"]) == ([slots], [batch])
    assert table["bound_by"] == ["memory" if batch == slots else "tpot"]
    if batch:
        reading_s = prompt * 2 * model["weights"] / (8 * machine["flops_per_s"])
        writing_s = answer * step(model, traffic, machine, batch) / batch
        assert table["requests_per_s"][0] == pytest.approx(1 / (reading_s + writing_s))
    else:
        assert table["requests_per_s"] == [0]


def test_drawn_cases_are_of_every_kind():
    tables = [replica_profile(*drawn(seed)[:3], [drawn(seed)[3]]) for seed in range(30)]
    assert {table["bound_by"][0] for table in tables} == {"memory", "tpot"}
    assert min(table["batch"][0] for table in tables) == 0


def test_the_mean_of_drawn_lengths():
    lengths = np.random.default_rng(2).lognormal(np.log(500), 0.8, 400_000)
    traffic = {"prompt_median": 500, "prompt_spread": 0.8, "answer_median": 1, "answer_spread": 0}
    assert mean_lengths(traffic)[0] == pytest.approx(lengths.mean(), rel=0.01)


@pytest.mark.parametrize("seed", range(1, 30, 4))
def test_replicas_tried_one_after_the_other_and_those_of_another_page(seed):
    model, traffic, promise, machine = drawn(seed)
    table = replica_profile(model, traffic, promise, [machine])
    [rate], [batch] = table["requests_per_s"], table["batch"]
    plan = json.loads(capacity_plan({"machine": ["A"], "requests_per_s": [rate]}, [machine], traffic, promise))
    number = 1
    while number * rate * 0.7 < 30:
        number += 1
    assert plan == {"offers": {"A": {"replicas": number + 1, "usd_per_hour": 70.0 * (number + 1)}}, "choice": "A"}
    prompt, answer = mean_lengths(traffic)
    token_s = 2 * model["weights"] / (8 * machine["flops_per_s"])
    step_s = step(model, traffic, machine, batch) - batch * token_s  # the rest of a step
    other = replicas_needed(30.0, prompt, answer, step_s, token_s, batch, slots=10**6, headroom=0.3, spares=1)
    assert other["replicas"] == number + 1


def test_the_cheapest_plan_and_no_offer_that_does_not_serve():
    profile = {"machine": ["A", "B", "C"], "requests_per_s": [4.0, 0.0, 1.0]}
    machines = [{"usd_per_hour": 50.0}, {"usd_per_hour": 1.0}, {"usd_per_hour": 5.0}]
    plan = json.loads(capacity_plan(profile, machines, {"requests_per_s": 8.0}, {"headroom": 0.0, "spares": 1}))
    assert plan["choice"] == "C"
    assert plan["offers"] == {
        "A": {"replicas": 3, "usd_per_hour": 150.0},
        "C": {"replicas": 9, "usd_per_hour": 45.0},
    }
