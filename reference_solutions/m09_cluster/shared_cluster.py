r"""A training and a service on one cluster: which nodes the training gets, and who is next in the queue.

Question
    Leaves of a network have free nodes. Plans for a training take some of them; a service needs others, spread over
    leaves. Which plan is the cheapest that ends in time and leaves the service its room? And in which order do the
    other jobs wait?
Model
    With :math:`N` nodes of eight devices in :math:`l` leaves, work of :math:`W` node-seconds in :math:`K` steps, a
    buffer of :math:`S` bytes, links :math:`\beta` within nodes and :math:`\beta'` between them (divided by the
    oversubscription if :math:`l > 1`),

    .. math:: t = \frac{W}{K N} + 2 \frac{7}{8} \frac{S}{\beta} + 2 \frac{N - 1}{N} \frac{S / 8}{\beta'}, \qquad
        \frac{1}{M} = \frac{N}{M_{node}} + \frac{l}{M_{leaf}}

    Young's interval :math:`\tau = \sqrt{2 \delta M}`, the first-order goodput :math:`g` at it, :math:`K t / g` until
    the end. The service finds room if :math:`\sum_i \min(f_i, \lceil r / 2 \rceil) \ge r`, with :math:`f_i` nodes left
    in leaf :math:`i`: no leaf may hold more than half of its replicas, rounded up.
    The queue: fair share from usage that is forgotten with a half-life, age and size, weighted and added up.
Assumes
    Nothing overlaps, all plans' nodes are free at once, a failed leaf stops the training.
Breaks when
    The all-reduce overlaps with the backward pass (as it mostly does in part), or traffic of others shares the leaves.
Source
    `hierarchical_collectives`, `checkpointing` (Young, CACM 17(9), 1974), `priorities` (SchedMD's multifactor plug-in).
Oracle
    Those models, other code with oracles of its own; the service placed replica by replica.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["cluster_plan", "queue_order_file"]


def cluster_plan(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """What each plan comes to, and the one to take.

    Parameters
    ----------
    scenario : mapping
        `leaves` with `free_nodes`, `plans` with `plan` (a letter) and `nodes` in each leaf; `training` with
        `node_days`, `steps`, `buffer_gb`, `checkpoint_s`, `restart_s`, `deadline_days`, `usd_per_node_hour`; `network`
        with `inner_gb_per_s`, `leaf_gb_per_s`, `oversubscription`, `node_mtbf_h`, `leaf_mtbf_h`; `service` with
        `replicas`, of one node each.

    Returns
    -------
    dict
        A value for each plan: `step_s` [s], `mtbf_h` [h], `interval_s` [s], `goodput` [1], `days` [d], `usd` (whole
        dollars, rounded up) [USD], `service_nodes` that the service could use [1]; and `plan`, the letter of the one to
        take.

    Examples
    --------
    >>> leaves = {"free_nodes": [4, 2]}
    >>> training = {"node_days": 8, "steps": 86_400, "buffer_gb": 80, "checkpoint_s": 50, "restart_s": 0}
    >>> training |= {"deadline_days": 9, "usd_per_node_hour": 10}
    >>> network = {"inner_gb_per_s": 400, "leaf_gb_per_s": 50, "oversubscription": 2, "node_mtbf_h": 500}
    >>> scenario = {"leaves": leaves, "training": training, "network": network | {"leaf_mtbf_h": 1000}}
    >>> scenario |= {"plans": [{"plan": "A", "nodes": [2, 0]}, {"plan": "B", "nodes": [1, 1]}]}
    >>> found = cluster_plan(scenario | {"service": {"replicas": 3}})
    >>> [round(step_s, 2) for step_s in found["step_s"]], found["mtbf_h"][0], found["plan"]
    ([4.55, 4.75], 200.0, 'A')
    """
    training, network = scenario["training"], scenario["network"]
    nodes = np.array([one["nodes"] for one in scenario["plans"]])
    count, leaves = nodes.sum(axis=1), np.sum(nodes > 0, axis=1)
    between = network["leaf_gb_per_s"] / np.where(leaves > 1, network["oversubscription"], 1)
    compute_s = training["node_days"] * 86_400 / training["steps"] / count
    inside_s = 2 * 7 / 8 * training["buffer_gb"] / network["inner_gb_per_s"]
    step_s = compute_s + inside_s + 2 * (count - 1) / count * training["buffer_gb"] / 8 / between
    mtbf_h = 1 / (count / network["node_mtbf_h"] + leaves / network["leaf_mtbf_h"])
    interval_s = np.sqrt(2 * training["checkpoint_s"] * mtbf_h * 3600)
    lost = (interval_s / 2 + training["restart_s"]) / (mtbf_h * 3600)
    goodput = 1 - training["checkpoint_s"] / interval_s - lost
    days = training["steps"] * step_s / goodput / 86_400
    usd = np.ceil(days * 24 * count * training["usd_per_node_hour"])
    replicas = scenario["service"]["replicas"]
    left = np.array(scenario["leaves"]["free_nodes"]) - nodes
    service_nodes = np.minimum(left, -(-replicas // 2)).sum(axis=1)
    possible = (service_nodes >= replicas) & (days <= training["deadline_days"])
    best = int(np.argmin(np.where(possible, usd, np.inf)))
    return {
        "step_s": step_s.tolist(),
        "mtbf_h": mtbf_h.tolist(),
        "interval_s": interval_s.tolist(),
        "goodput": goodput.tolist(),
        "days": days.tolist(),
        "usd": usd.tolist(),
        "service_nodes": service_nodes.tolist(),
        "plan": scenario["plans"][best]["plan"],
    }


def queue_order_file(scenario: Mapping[str, Any]) -> str:
    """Fair-share factors of the teams and the order of the queue, as the text of a JSON file.

    Parameters
    ----------
    scenario : mapping
        `queue` with `half_life_days`; `teams`, each with `team`, `share` and `gpu_hours` of the last days, yesterday
        first (used one day ago, two days ago, ...); `weights` for `fair_share`, `age` and `size`; `oldest_h`, the age
        from which the age's factor is 1; `gpus` of the cluster; `jobs`, each with `job`, `team`, `age_h`, `gpus`.

    Returns
    -------
    str
        `teams`: for each its `usage_share` and `fair_share`; `queue`: names of the jobs and their `priority`, the
        highest first.

    Examples
    --------
    >>> teams = [{"team": "a", "share": 0.5, "gpu_hours": [80, 80]}, {"team": "b", "share": 0.5, "gpu_hours": [40, 0]}]
    >>> jobs = [{"job": "a1", "team": "a", "age_h": 48, "gpus": 8}, {"job": "b1", "team": "b", "age_h": 6, "gpus": 16}]
    >>> queue = {"half_life_days": 1, "teams": teams, "jobs": jobs, "oldest_h": 24, "gpus": 64}
    >>> queue |= {"weights": {"fair_share": 1000, "age": 200, "size": 400}}
    >>> file = json.loads(queue_order_file({"queue": queue}))
    >>> file["teams"]["b"]["usage_share"], [one["job"] for one in file["queue"]]
    (0.25, ['b1', 'a1'])
    """
    queue, weights = scenario["queue"], scenario["queue"]["weights"]
    # counted from yesterday: a day more for everybody changes no share
    used = {
        one["team"]: sum(hours * 2 ** (-day / queue["half_life_days"]) for day, hours in enumerate(one["gpu_hours"]))
        for one in queue["teams"]
    }
    teams = {
        one["team"]: {
            "usage_share": used[one["team"]] / sum(used.values()),
            "fair_share": 2 ** (-used[one["team"]] / sum(used.values()) / one["share"]),
        }
        for one in queue["teams"]
    }
    rows = [
        {
            "job": job["job"],
            "priority": weights["fair_share"] * teams[job["team"]]["fair_share"]
            + weights["age"] * min(1, job["age_h"] / queue["oldest_h"])
            + weights["size"] * job["gpus"] / queue["gpus"],
        }
        for job in queue["jobs"]
    ]
    rows.sort(key=lambda row: -row["priority"])
    return json.dumps({"teams": teams, "queue": rows})
