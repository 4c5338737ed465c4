"""Module 5's novel scenario: every case that may be rolled is clear, and none of them is a matter of rounding."""

from __future__ import annotations

import json
from collections import Counter
from importlib import util

import pytest

from graders.paths import material_root
from reference_solutions.m05_llm_inference.replica_plan import capacity_plan, replica_profile

FOLDER = material_root() / "assignments/authoring/m05_llm_inference/novel_scenario"


@pytest.fixture(scope="module")
def author():
    spec = util.spec_from_file_location("novel_scenario_of_module_5", FOLDER / "scenario.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def solved(case, machines, **changed):
    """Profile and plan of a case; `changed` scales parts of it."""
    traffic = case["traffic"] | {"requests_per_s": case["traffic"]["requests_per_s"] * changed.get("load", 1)}
    promise = case["promise"] | {"tpot_limit_s": case["promise"]["tpot_limit_s"] * changed.get("limit", 1)}
    profile = replica_profile(case["model"], traffic, promise, machines)
    return profile, json.loads(capacity_plan(profile, machines, traffic, promise))


@pytest.fixture(scope="module")
def cases(author):
    made = [author.case_of(f"case {number}") for number in author.CASES]
    return [(case, [{"machine": kind, **one} for kind, one in case["machines"].items()]) for case in made]


def test_there_are_many_cases(author):
    assert len(set(author.CASES)) == len(author.CASES) == 240


def test_rounding_decides_nothing(cases):
    """The same batches and replicas if the limit, or the load, were a millionth more or less."""
    for case, machines in cases:
        profile, plan = solved(case, machines)
        for times in (1 - 1e-6, 1 + 1e-6):
            assert solved(case, machines, limit=times)[0]["batch"] == profile["batch"]
            other = solved(case, machines, load=times)[1]
            assert {name: one["replicas"] for name, one in other["offers"].items()} == {
                name: one["replicas"] for name, one in plan["offers"].items()
            }


def test_no_rule_of_thumb_is_right_too_often(cases):
    right = Counter()
    for case, machines in cases:
        profile, plan = solved(case, machines)
        offers, prices = plan["offers"], {one["machine"]: one["usd_per_hour"] for one in machines}
        memory = {one["machine"]: one["devices"] * one["usable_bytes"] for one in machines}
        rates = dict(zip(profile["machine"], profile["requests_per_s"], strict=True))
        right["fewest replicas"] += plan["choice"] == min(offers, key=lambda name: offers[name]["replicas"])
        right["cheapest machine"] += plan["choice"] == min(offers, key=prices.get)
        right["most memory"] += plan["choice"] == max(offers, key=memory.get)
        right["fastest replica"] += plan["choice"] == max(offers, key=rates.get)
        right["kind: " + plan["choice"]] += 1
    assert max(right.values()) <= 0.45 * len(cases), right


def test_a_step_of_the_chosen_machine_waits_for_reading(cases):
    """So the model answer may say so: one request more would still be computed within the limit."""
    for case, machines in cases:
        profile, plan = solved(case, machines)
        machine = next(one for one in machines if one["machine"] == plan["choice"])
        batch = profile["batch"][profile["machine"].index(plan["choice"])]
        peak = machine["devices"] * machine["flops_per_s"]
        computing_s = (batch + 1) * 2 * case["model"]["weights"] / peak
        assert computing_s + machine["overhead_s"] < case["promise"]["tpot_limit_s"]


def test_prices_keep_their_order(author):
    """The level of prices moves no decision: all bills move together."""
    for number in range(1, 60):
        scenario = author.scenario(f"student-{number:04}", "salt")
        choice = solved(scenario, scenario["machines"])[1]["choice"]
        assert choice in "ABC"
        assert {one["machine"] for one in scenario["machines"]} == set("ABC")
        assert all(one["usd_per_hour"] > 5 for one in scenario["machines"])
