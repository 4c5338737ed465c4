"""Module 1's novel scenario: a fair one for everybody, and none that gives its answers away."""

from __future__ import annotations

import importlib.util
import json
import re
from collections import Counter

import numpy as np
import pytest

from graders.authoring.material import load_module
from graders.checks import load
from graders.paths import material_root
from reference_solutions.m01_microarchitecture.deployment import deployment_plan, placement_costs

FOLDER = material_root() / "assignments/authoring/m01_microarchitecture/novel_scenario"
STUDENTS = [f"student-{number:04}" for number in range(600)]


def loaded():
    spec = importlib.util.spec_from_file_location("m01_scenario", FOLDER / "scenario.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def author():
    return loaded()


@pytest.fixture(scope="module")
def made(author):
    return [author.scenario(student, "salt") for student in STUDENTS]


@pytest.fixture(scope="module")
def decided(made):
    """What our models say of each scenario: costs, and the plan."""
    found = []
    for scenario in made:
        costs = placement_costs(scenario["accesses"], scenario["touched_by"], scenario["server"])
        found.append((costs, json.loads(deployment_plan(costs, scenario["launches"], scenario["gpu"]))))
    return found


# --- machines that there could be -----------------------------------------------------------------------------------


def test_near_is_nearer_than_far(made):
    for scenario in made:
        latency = np.array(scenario["server"]["latency_s"])
        np.testing.assert_array_equal(latency, latency.T)
        for node, row in enumerate(latency):
            own, neighbour, *far = np.sort(row)
            assert own == row[node]
            assert own < 1.25 * own < min(far) / 1.3
            assert own < neighbour < min(far)


def test_links_are_narrower_than_memories(made):
    for scenario in made:
        links = np.array(scenario["server"]["link_bytes_per_s"])
        assert np.all(np.diag(links) == 0)
        assert links.max() < min(scenario["server"]["memory_bytes_per_s"])


def test_each_launch_can_be_launched(made):
    for scenario in made:
        gpu = scenario["gpu"]
        for one in scenario["launches"]:
            assert one["threads"] <= 1024
            assert one["threads"] % 32 == 0
            assert 0 < one["registers"] <= 255
            assert one["shared_bytes"] + gpu["reserved_shared_bytes_per_block"] <= gpu["shared_bytes"]


def test_counts_of_the_gpu_are_plausible(made):
    per_multiprocessor = [one["gpu"]["bandwidth_bytes_per_s"] / one["gpu"]["multiprocessors"] for one in made]
    assert 5e9 < min(per_multiprocessor) < max(per_multiprocessor) < 100e9


# --- balance --------------------------------------------------------------------------------------------------------


def between(counter, low, high):
    return all(low <= times / counter.total() <= high for times in counter.values())


def test_no_decision_is_right_for_too_many(decided):
    assert between(Counter(plan["placement"]["policy"] for _, plan in decided), 0.25, 0.42)
    assert between(Counter(plan["launch"]["launch"] for _, plan in decided), 0.18, 0.32)
    limits = Counter(", ".join(plan["launch"]["limited_by"]) for _, plan in decided)
    assert len(limits) == 3
    assert between(limits, 0.08, 0.5)


def test_decisions_are_clear(decided):
    for costs, plan in decided:
        first, second = sorted(costs["run_s"])[:2]
        assert second > 1.1 * first
        assert 0.6 < plan["launch"]["busy_share"] < 0.95


def test_looking_at_one_thing_only_is_often_wrong(made, decided):
    nearest = crowded = 0
    for costs, plan in decided:
        policies = costs["policy"]
        nearest += policies[int(np.argmin(costs["latency_s"]))] == plan["placement"]["policy"]
        crowded += policies[int(np.argmax(costs["bytes_per_s"]))] == plan["placement"]["policy"]
    assert nearest < 0.8 * len(decided)
    assert crowded < len(decided)
    for scenario, (_, plan) in zip(made, decided, strict=True):
        chosen = next(one for one in scenario["launches"] if one["launch"] == plan["launch"]["launch"])
        assert chosen["loads"] < max(one["loads"] for one in scenario["launches"])


def test_waiting_and_moving_both_end_runs(made, decided):
    moving = 0
    for scenario, (costs, _) in zip(made, decided, strict=True):
        row = int(np.argmin(costs["run_s"]))
        moved_s = 64 * np.sum(scenario["accesses"]) / costs["bytes_per_s"][row]
        moving += costs["run_s"][row] <= moved_s * (1 + 1e-9)
    assert 0.05 < moving / len(made) < 0.95


# --- what students get ----------------------------------------------------------------------------------------------


def test_a_scenario_is_plain_data_and_always_the_same(made):
    other = loaded()
    for student, scenario in list(zip(STUDENTS, made, strict=True))[:30]:
        assert json.loads(json.dumps(scenario)) == scenario == other.scenario(student, "salt")
        assert other.scenario(student, "another salt") != scenario
    assert len({json.dumps(scenario) for scenario in made}) == len(made)


def test_the_data_hold_no_answer(made):
    said = " ".join(json.dumps(scenario) for scenario in made[:50])
    assert not re.search("best|blocks_|occupancy|busy|limited|verdict|policy|run_s", said)


def test_the_model_answers_numbers_agree_with_each_other(made, decided):
    facts_of = load(load_module(FOLDER.parent)).model_answers["m01_deployment_defence"].facts
    for scenario, (_, plan) in list(zip(made, decided, strict=True))[:60]:
        facts = facts_of(scenario)
        assert facts["policy"] == plan["placement"]["policy"]
        assert float(facts["run"].split()[0]) < float(facts["second_run"].split()[0])
        assert facts["launch"] not in (facts["fullest"], facts["loaded"])
        shares = [int(facts[name].rstrip("%")) for name in ("share", "fullest_share", "loaded_share")]
        assert shares[0] > max(shares[1:])
        assert int(facts["fullest_occupancy"].rstrip("%")) > int(facts["occupancy"].rstrip("%"))
