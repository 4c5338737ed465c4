"""The card of the novel scenario: SimPy, job by job, and the plan by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import simpy

from reference_solutions.m03_modeling_simulation.card_study import card_plan, experiment_file
from reference_solutions.m03_modeling_simulation.runs import replication_interval
from reference_solutions.m03_modeling_simulation.warm_up import mser_truncation


def drawn(seed, jobs=90):
    rng = np.random.default_rng(seed)
    times = {"arrival_us": np.sort(rng.integers(0, 4000, jobs)).tolist()}
    times |= {"transfer_us": rng.integers(10, 50, jobs).tolist(), "work_us": rng.integers(40, 500, jobs).tolist()}
    levels = [
        {"level": "quick", "error_percent": 30, "setup_min": 10, "run_min": 1},
        {"level": "slow to set up", "error_percent": 8, "setup_min": 900, "run_min": 5},
        {"level": "slow to run", "error_percent": 9, "setup_min": 90, "run_min": 400},
    ]
    card = {"jobs": times, "tiles": [6, 7, 8], "places": [1, 2, 5, 60], "tile_usd": 40, "place_usd": 7}
    return card | {"most_lost": int(rng.integers(0, 6)), "levels": levels, "tolerance_percent": 10, "hosts": 5}


def on_simpy(jobs, tiles, places):
    """A tile is given back a thousandth of a microsecond early: before whoever comes at the same time."""
    environment, waits, lost = simpy.Environment(), {}, []
    engines, pool = simpy.Resource(environment, 2), simpy.Resource(environment, tiles)

    def job(number):
        yield environment.timeout(jobs["arrival_us"][number])
        with engines.request() as turn:
            yield turn
            yield environment.timeout(jobs["transfer_us"][number])
        now = environment.now
        if pool.count == tiles and len(pool.queue) >= places:
            lost.append(number)
            return
        with pool.request() as turn:
            yield turn
            waits[number] = environment.now - now
            yield environment.timeout(jobs["work_us"][number] - 0.001)

    for number in range(len(jobs["arrival_us"])):
        environment.process(job(number))
    environment.run()
    return len(lost), float(np.mean(list(waits.values())))


@pytest.mark.parametrize("seed", range(6))
def test_simpy_loses_the_same_jobs(seed):
    scenario = drawn(seed)
    plan = card_plan(scenario)
    options = {}
    for tiles, row in zip(scenario["tiles"], plan["lost"], strict=True):
        for places, lost in zip(scenario["places"], row, strict=True):
            found, wait = on_simpy(scenario["jobs"], tiles, places)
            assert found == lost
            options[40 * tiles + 7 * places, lost, tiles, places] = wait
    best = min(one for one in options if one[1] <= scenario["most_lost"])
    assert (plan["usd"], plan["tiles"], plan["places"]) == (best[0], best[2], best[3])
    assert plan["mean_wait_us"] == pytest.approx(options[best], abs=0.2)


def test_the_level_is_the_one_whose_study_is_done_first():
    """Twelve cards on five hosts are three rounds: 900 + 15 minutes against 90 + 1200."""
    scenario = drawn(1)
    assert card_plan(scenario)["level"] == "slow to set up"
    assert card_plan(scenario | {"hosts": 12})["level"] == "slow to run"
    assert card_plan(scenario | {"tolerance_percent": 40})["level"] == "quick"


@pytest.mark.parametrize("seed", range(5))
def test_the_experiment_is_planned_by_the_modules_own_rules(seed):
    rng = np.random.default_rng(seed)
    series = (500 - 400 * np.exp(-np.arange(40) / 4) + rng.normal(0, 20, 40)).round().astype(int).tolist()
    pilot = {"run_means_us": rng.integers(450, 550, 5).tolist(), "batch_means_us": series, "jobs_per_batch": 50}
    pilot |= {"wanted_us": int(rng.integers(10, 30)), "first_seed": 3000}
    plan = json.loads(experiment_file({"pilot": pilot}))
    assert plan["warm_up_jobs"] == 50 * mser_truncation(series, batch=1)["dropped"]
    assert plan["runs"] == replication_interval(pilot["run_means_us"], pilot["wanted_us"])["runs"]
    assert plan["seeds"] == list(range(3000, 3000 + plan["runs"]))
    assert math.isclose(plan["confidence"], 0.95)
