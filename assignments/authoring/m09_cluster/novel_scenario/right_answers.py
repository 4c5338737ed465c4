"""Right answers of module 9's novel scenario by other ways, written from the released notebook alone."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd

from graders.checks import answer


@answer("m09_cluster_plan", by="device by device, and the service placed replica by replica")
def plan_by_devices(scenario):
    """Adds up the steps of each phase, and puts replicas into leaves one after the other."""
    t, w = scenario["training"], scenario["network"]
    table = []
    for one in scenario["plans"]:
        nodes = sum(one["nodes"])
        used = [count for count in one["nodes"] if count]
        slow = w["oversubscription"] if len(used) > 1 else 1
        step_s = t["node_days"] * 24 * 3600 / (t["steps"] * nodes)
        step_s += sum(t["buffer_gb"] / 8 / w["inner_gb_per_s"] for _ in range(14))
        step_s += sum(t["buffer_gb"] / 8 / nodes / w["leaf_gb_per_s"] * slow for _ in range(2 * nodes - 2))
        failures_per_h = sum(1 / w["node_mtbf_h"] for _ in range(nodes)) + len(used) / w["leaf_mtbf_h"]
        mtbf_s = 3600 / failures_per_h
        tau = (2 * t["checkpoint_s"] * mtbf_s) ** 0.5
        good = 1 - t["checkpoint_s"] / tau - tau / 2 / mtbf_s - t["restart_s"] / mtbf_s
        hours = t["steps"] * step_s / good / 3600
        left = [free - count for free, count in zip(scenario["leaves"]["free_nodes"], one["nodes"], strict=True)]
        replicas = scenario["service"]["replicas"]
        limit = math.ceil(replicas / 2)
        here = [0, 0, 0]
        for _ in range(replicas):
            open_leaves = [leaf for leaf in range(3) if here[leaf] < min(limit, left[leaf])]
            if open_leaves:
                here[open_leaves[0]] += 1
        table.append(
            {
                "step_s": step_s,
                "mtbf_h": mtbf_s / 3600,
                "interval_s": tau,
                "goodput": good,
                "days": hours / 24,
                "usd": math.ceil(hours * nodes * t["usd_per_node_hour"]),
                "service_nodes": sum(min(limit, free) for free in left),
                "placed": sum(here) == replicas,
            }
        )
    frame = pd.DataFrame(table, index=[one["plan"] for one in scenario["plans"]])
    fine = frame[frame["placed"] & (frame["days"] <= t["deadline_days"])]
    return {name: frame[name].tolist() for name in frame if name != "placed"} | {"plan": fine["usd"].idxmin()}


@answer("m09_queue_order_file", by="matrices of usage and of factors")
def order_by_matrices(scenario):
    """Weighs days and factors with products of matrices."""
    q = scenario["queue"]
    names = [one["team"] for one in q["teams"]]
    usage = np.array([one["gpu_hours"] for one in q["teams"]], dtype=float)
    kept = usage @ np.exp2(-np.arange(1, usage.shape[1] + 1) / q["half_life_days"])
    shares = kept / kept.sum()
    fair = np.exp2(-shares / [one["share"] for one in q["teams"]])
    factors = np.array(
        [
            [fair[names.index(job["team"])], min(job["age_h"], q["oldest_h"]) / q["oldest_h"], job["gpus"] / q["gpus"]]
            for job in q["jobs"]
        ]
    )
    priority = factors @ [q["weights"][name] for name in ("fair_share", "age", "size")]
    order = np.argsort(-np.round(priority, 9), kind="stable")
    teams = zip(names, shares, fair, strict=True)
    return json.dumps(
        {
            "teams": {name: {"usage_share": share, "fair_share": factor} for name, share, factor in teams},
            "queue": [{"job": q["jobs"][place]["job"], "priority": float(priority[place])} for place in order],
        }
    )
