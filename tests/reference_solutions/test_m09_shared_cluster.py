"""A training beside a service: plans and queues against the models that they stand on."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from reference_solutions.m09_cluster.checkpointing import first_order_goodput, job_mtbf_s, young_interval_s
from reference_solutions.m09_cluster.hierarchical_collectives import hierarchical_all_reduce_s
from reference_solutions.m09_cluster.priorities import decayed_usage, fair_share_factor, multifactor_priority
from reference_solutions.m09_cluster.shared_cluster import cluster_plan, queue_order_file


def drawn(seed):
    """Any cluster, plainer than a student's: three plans, three teams, four jobs."""
    rng = np.random.default_rng(seed)
    free = [int(one) for one in rng.integers(4, 12, 3)]
    plans = [{"plan": letter, "nodes": [int(rng.integers(1, n + 1)) for n in free[:used]] + [0] * (3 - used)}
             for letter, used in zip("ABC", (1, 2, 3), strict=True)]  # fmt: skip
    training = {"node_days": int(rng.integers(60, 200)), "steps": 200_000, "buffer_gb": int(rng.integers(50, 180))}
    training |= {"checkpoint_s": int(rng.integers(30, 200)), "restart_s": 900, "deadline_days": 20}
    network = {"inner_gb_per_s": 450, "leaf_gb_per_s": 50, "oversubscription": int(rng.integers(1, 4))}
    network |= {"node_mtbf_h": int(rng.integers(800, 2000)), "leaf_mtbf_h": int(rng.integers(1000, 4000))}
    teams = [
        {"team": name, "share": share, "gpu_hours": rng.integers(0, 900, 5).tolist()}
        for name, share in zip("xyz", (0.5, 0.3, 0.2), strict=True)
    ]
    jobs = [
        {"job": f"j{n}", "team": "xyz"[n % 3], "age_h": int(rng.integers(1, 99)), "gpus": int(rng.integers(1, 65))}
        for n in range(4)
    ]
    queue = {"half_life_days": 3, "teams": teams, "jobs": jobs, "oldest_h": 48, "gpus": 128}
    return {
        "leaves": {"free_nodes": free},
        "plans": plans,
        "training": training | {"usd_per_node_hour": 25},
        "network": network,
        "service": {"replicas": int(rng.integers(3, 10))},
        "queue": queue | {"weights": {"fair_share": 1000, "age": 500, "size": 300}},
    }


@pytest.mark.parametrize("seed", range(60))
def test_plans_are_what_the_models_say(seed):
    """Other code, with oracles of its own: collectives, failures, goodput; and the service, placed leaf by leaf."""
    scenario = drawn(seed)
    plan = cluster_plan(scenario)
    training, network = scenario["training"], scenario["network"]
    for place, one in enumerate(scenario["plans"]):
        nodes, used = sum(one["nodes"]), sum(count > 0 for count in one["nodes"])
        outer = network["leaf_gb_per_s"] * 1e9 / (network["oversubscription"] if used > 1 else 1)
        buffer_bytes = training["buffer_gb"] * 1e9
        inner = network["inner_gb_per_s"] * 1e9
        step_s = float(hierarchical_all_reduce_s(buffer_bytes, 8, nodes, 0, inner, 0, outer))
        step_s += training["node_days"] * 86_400 / training["steps"] / nodes
        hours = [network["node_mtbf_h"], network["leaf_mtbf_h"]]
        mtbf_s = job_mtbf_s(np.array(hours) * 3600, [nodes, used])
        tau = float(young_interval_s(training["checkpoint_s"], mtbf_s))
        goodput = float(first_order_goodput(tau, training["checkpoint_s"], training["restart_s"], mtbf_s))
        days = training["steps"] * step_s / goodput / 86_400
        expected = [step_s, mtbf_s / 3600, tau, goodput, days]
        found = [plan[name][place] for name in ("step_s", "mtbf_h", "interval_s", "goodput", "days")]
        assert found == pytest.approx(expected)
        assert plan["usd"][place] == np.ceil(round(days * 24 * nodes * training["usd_per_node_hour"], 6))
        half = (scenario["service"]["replicas"] + 1) // 2
        left = [free - count for free, count in zip(scenario["leaves"]["free_nodes"], one["nodes"], strict=True)]
        ways = itertools.product(*(range(min(half, nodes_left) + 1) for nodes_left in left))
        assert plan["service_nodes"][place] == max(map(sum, ways))
    rows = zip(plan["usd"], plan["days"], plan["service_nodes"], "ABC", strict=True)
    replicas, limit = scenario["service"]["replicas"], training["deadline_days"]
    possible = [(usd, letter) for usd, days, nodes, letter in rows if nodes >= replicas and days <= limit]
    assert not possible or plan["plan"] == min(possible)[1]


@pytest.mark.parametrize("seed", range(60))
def test_queues_are_what_the_models_say(seed):
    queue = drawn(seed)["queue"]
    file = json.loads(queue_order_file({"queue": queue}))
    used = [decayed_usage(one["gpu_hours"], np.arange(1, 6), queue["half_life_days"]) for one in queue["teams"]]
    shares = np.array(used) / sum(used)
    factor = fair_share_factor(shares, [one["share"] for one in queue["teams"]])
    for one, share, fair in zip(queue["teams"], shares, factor, strict=True):
        assert file["teams"][one["team"]] == pytest.approx({"usage_share": share, "fair_share": fair})
    names = [one["team"] for one in queue["teams"]]
    rows = [
        [factor[names.index(job["team"])], min(1, job["age_h"] / queue["oldest_h"]), job["gpus"] / queue["gpus"]]
        for job in queue["jobs"]
    ]
    weights = [queue["weights"][name] for name in ("fair_share", "age", "size")]
    expected = dict(zip([job["job"] for job in queue["jobs"]], multifactor_priority(rows, weights), strict=True))
    assert {one["job"]: one["priority"] for one in file["queue"]} == pytest.approx(expected)
    priorities = [one["priority"] for one in file["queue"]]
    assert priorities == sorted(priorities, reverse=True)
