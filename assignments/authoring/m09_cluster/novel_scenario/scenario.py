"""A cluster with a training, a service and a queue: another one for each student.

Whatever differs is rolled with SHA-256 from the course's salt, the student id and the name of the thing. Only whole
numbers are rolled. The service is never larger than what the largest training leaves it.

Students get this file: no answer stands in it. Names, prices and failure rates are made up.
"""

from __future__ import annotations

import hashlib
from typing import Any

MODELS = (
    "a code model",
    "a protein model",
    "a speech model",
    "a translation model",
    "a vision model",
    "a weather model",
)
TEAMS = ("chat", "research", "vision")


def scenario(student: str, salt: str) -> dict[str, Any]:
    """The cluster of one student, as plain data."""
    seed = f"{salt}\0{student}"
    middle, days = rolled(seed, "nodes", 6, 9), rolled(seed, "days", 12, 30)
    free_nodes, sizes = rolled_leaves(seed, middle)
    return {
        "product": MODELS[rolled(seed, "model", 0, len(MODELS) - 1)],
        "leaves": {"free_nodes": free_nodes},
        "plans": [
            {"plan": letter, "nodes": nodes} for letter, nodes in zip("ABCDEF", shuffled(seed, sizes), strict=True)
        ],
        "training": {
            "node_days": days * middle,
            "steps": rolled(seed, "steps", 15, 30) * days * 500,
            "buffer_gb": 10 * rolled(seed, "buffer", 6, 18),
            "checkpoint_s": rolled(seed, "checkpoint", 60, 180),
            "restart_s": 60 * rolled(seed, "restart", 10, 30),
            "deadline_days": days * rolled(seed, "slack", 130, 165) // 100,
            "usd_per_node_hour": rolled(seed, "price", 18, 30),
        },
        "network": {
            "inner_gb_per_s": 450,
            "leaf_gb_per_s": 50,
            "oversubscription": rolled(seed, "oversubscription", 2, 3),
            "node_mtbf_h": 100 * rolled(seed, "node failures", 8, 20),
            "leaf_mtbf_h": 1000 * rolled(seed, "leaf failures", 1, 4),
        },
        "service": {"replicas": rolled_service(seed, free_nodes, middle)},
        "queue": rolled_queue(seed),
    }


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def shuffled(seed: str, things: list[list[int]]) -> list[list[int]]:
    """The same things, in an order of the student's own."""
    return sorted(things, key=lambda thing: hashlib.sha256(f"{seed}\0order {thing}".encode()).digest())


def rolled_leaves(seed: str, middle: int) -> tuple[list[int], list[list[int]]]:
    """Free nodes of three leaves, and six ways to take some of them: three sizes, on one leaf or on several."""
    small, large, third = middle - 2, middle + 4, middle // 3
    free_nodes = [
        middle + rolled(seed, "first leaf", 0, 2),
        large // 2 + rolled(seed, "second leaf", 2, 5),
        third + rolled(seed, "third leaf", 0, 1),
    ]
    return free_nodes, [
        [small, 0, 0],
        [small - small // 2, small // 2, 0],
        [middle, 0, 0],
        [middle - middle // 2, middle // 2, 0],
        [middle - 2 * third, third, third],
        [large - large // 2, large // 2, 0],
    ]


def rolled_service(seed: str, free_nodes: list[int], middle: int) -> int:
    """Replicas of the service: as many as rolled, but no more than the largest training leaves room for."""
    large = middle + 4
    left = [free_nodes[0] - (large - large // 2), free_nodes[1] - large // 2, free_nodes[2]]
    replicas = rolled(seed, "replicas", 10, 13)
    while sum(min(nodes, -(-replicas // 2)) for nodes in left) < replicas:
        replicas -= 1
    return replicas


def rolled_queue(seed: str) -> dict[str, Any]:
    """Teams with shares and usage, and jobs that wait."""
    first = rolled(seed, "share of chat", 20, 45)
    second = rolled(seed, "share of research", 20, 45)
    shares = (first, second, 100 - first - second)
    weights = {
        "fair_share": 100 * rolled(seed, "weight of shares", 8, 12),
        "age": 100 * rolled(seed, "weight of ages", 3, 7),
        "size": 100 * rolled(seed, "weight of sizes", 2, 6),
    }
    oldest_h, gpus = 24 * rolled(seed, "oldest", 2, 4), 128
    jobs = [
        {
            "job": f"{team}-{number}",
            "team": team,
            "age_h": rolled(seed, f"age of {team} {number}", 1, 120),
            "gpus": 2 ** rolled(seed, f"size of {team} {number}", 0, 6),
        }
        for team in TEAMS
        for number in (1, 2)
    ]
    return {
        "half_life_days": rolled(seed, "half-life", 2, 7),
        "teams": [
            {
                "team": team,
                "share": share / 100,
                "gpu_hours": [rolled(seed, f"{team} {day} days ago", 0, 900) for day in range(1, 6)],
            }
            for team, share in zip(TEAMS, shares, strict=True)
        ],
        "weights": weights,
        "oldest_h": oldest_h,
        "gpus": gpus,
        "jobs": untied(jobs, weights["age"] * gpus, weights["size"] * oldest_h, oldest_h),
    }


def untied(jobs: list[dict[str, Any]], per_hour: int, per_gpu: int, oldest_h: int) -> list[dict[str, Any]]:
    """The same jobs, but where a team's older one is just as much smaller the younger is an hour older.

    Both priorities would be equal but for rounding, which must not order them. Jobs alike in age and size stay equal.
    """
    for pair in zip(jobs[::2], jobs[1::2], strict=True):
        younger, older = sorted(pair, key=lambda job: job["age_h"])
        hours = min(older["age_h"], oldest_h) - min(younger["age_h"], oldest_h)
        if hours and per_hour * hours == per_gpu * (younger["gpus"] - older["gpus"]):
            younger["age_h"] += 1
    return jobs
