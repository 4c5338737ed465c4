"""A retrieval pipeline, its prices and its promise: others for each student.

Whatever differs is rolled with SHA-256 from the course's salt, the student id and the name of the thing. Only whole
numbers are rolled. All prices are whole dollars an hour, and times are booked in whole tenths of a millisecond: plans
are told apart by whole numbers, and no rounding decides.

Students get this file: no answer stands in it. Names, loads and prices are made up.
"""

from __future__ import annotations

import hashlib
from typing import Any

PRODUCTS = ("case law", "clinical notes", "machine manuals", "news archive", "patents", "source code", "travel guides")

TIERS = {
    "embed": {"service_us": (400, 700), "usd_per_hour": (2, 4), "shards": (1, 1)},
    "search": {"service_us": (2800, 3900), "usd_per_hour": (1, 3), "shards": (12, 32)},
    "rerank": {"service_us": (600, 1000), "usd_per_hour": (5, 9), "shards": (1, 1)},
    "generate": {"service_us": (900, 1500), "usd_per_hour": (16, 30), "shards": (1, 1)},
}
"""Tier -> from where to where its mean service time, the price of one replica, and its number of shards may lie."""

OPTIONS = 7
"""Numbers of replicas on offer at each tier."""

OBJECTIVES = {
    "page at once": {"budget_share": (1, 4), "window_h": (1, 2)},
    "page": {"budget_share": (4, 8), "window_h": (5, 8)},
    "ticket": {"budget_share": (11, 15), "window_h": (48, 72)},
}
"""Alert -> which percentage of the budget may be gone in a window, and how long the window is."""


def scenario(student: str, salt: str) -> dict[str, Any]:
    """The pipeline of one student, as plain data."""
    seed = f"{salt}\0{student}"
    arrival_per_s = 20 * rolled(seed, "arrivals", 40, 110)
    tiers = [rolled_tier(seed, name, arrival_per_s) for name in TIERS]
    return {
        "product": PRODUCTS[rolled(seed, "product", 0, len(PRODUCTS) - 1)],
        "arrival_per_s": arrival_per_s,
        "budget_ms": 100,
        "quantile": 0.99,
        "tiers": tiers,
        "hedge": {"delay_ms": rolled(seed, "delay", 150, 240) / 10, "usd_per_hour": rolled(seed, "copies", 1, 60)},
        "alerting": {
            "period_days": (28, 30, 84, 90)[rolled(seed, "period", 0, 3)],
            "alerts": [rolled_alert(seed, name) for name in OBJECTIVES],
        },
    }


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def rolled_tier(seed: str, name: str, arrival_per_s: int) -> dict[str, Any]:
    """A tier, and the numbers of replicas that are on offer: from nearly too few upwards."""
    limits = TIERS[name]
    found = {what: rolled(seed, f"{name} {what}", *limits[what]) for what in limits}
    fewest = arrival_per_s * found["service_us"] // 900_000 + 1
    return {
        "tier": name,
        "service_ms": found["service_us"] / 1000,
        "usd_per_hour": found["usd_per_hour"],
        "shards": found["shards"],
        "replicas": [fewest + more for more in range(OPTIONS)],
    }


def rolled_alert(seed: str, name: str) -> dict[str, Any]:
    """An alert, as the people on call have asked for it."""
    limits = OBJECTIVES[name]
    return {
        "severity": name,
        "budget_share": rolled(seed, f"{name} share", *limits["budget_share"]) / 100,
        "window_h": rolled(seed, f"{name} window", *limits["window_h"]),
    }
