"""An accelerator card, its jobs and its prices: others for each student.

Whatever differs is rolled with SHA-256 from the course's salt, the student id and the name of the thing. Only whole
numbers are rolled, and times are whole microseconds or minutes: no rounding decides.

Students get this file: no answer stands in it. Names, loads, errors and prices are made up.
"""

from __future__ import annotations

import hashlib
from typing import Any

WORKLOADS = (
    "genome reads",
    "radar frames",
    "chess positions",
    "video tiles",
    "protein folds",
    "tax returns",
    "ray bundles",
)

LEVELS = {
    "formula": {"error_percent": (26, 45), "setup_min": (20, 60), "run_min": (1, 1)},
    "event-driven": {"error_percent": (11, 19), "setup_min": (200, 900), "run_min": (2, 12)},
    "transaction-level": {"error_percent": (6, 9), "setup_min": (600, 1500), "run_min": (40, 140)},
    "cycle-level": {"error_percent": (1, 4), "setup_min": (1500, 4000), "run_min": (300, 700)},
}
"""Level -> from where to where its error, the time to set it up, and the time of one run may lie."""

TOLERANCES = (5, 7, 8, 9, 12, 14, 17, 20, 24, 30, 36, 48)
JOBS = 180
PILOT_BATCHES = 40


def scenario(student: str, salt: str) -> dict[str, Any]:
    """The card of one student, as plain data."""
    seed = f"{salt}\0{student}"
    jobs = rolled_jobs(seed)
    span_us = jobs["arrival_us"][-1]
    fewest = sum(jobs["work_us"]) // span_us + 1
    return {
        "workload": WORKLOADS[rolled(seed, "workload", 0, len(WORKLOADS) - 1)],
        "jobs": jobs,
        "tiles": [fewest + more for more in range(4)],
        "places": [1, 2, 4, 8, 16, 48],
        "tile_usd": rolled(seed, "tile", 12, 50),
        "place_usd": rolled(seed, "place", 3, 14),
        "most_lost": rolled(seed, "lost", 3, 10),
        "levels": [
            {"level": name, **{what: rolled(seed, f"{name} {what}", *limits) for what, limits in of_level.items()}}
            for name, of_level in LEVELS.items()
        ],
        "tolerance_percent": TOLERANCES[rolled(seed, "tolerance", 0, len(TOLERANCES) - 1)],
        "hosts": rolled(seed, "hosts", 3, 9),
        "deadline_min": 10_000,
        "pilot": rolled_pilot(seed),
    }


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def rolled_jobs(seed: str) -> dict[str, list[int]]:
    """Jobs that come in bursts: when each arrives, how long its transfer takes, and how long its work."""
    burst = rolled(seed, "burst", 3, 9)
    work = rolled(seed, "work", 150, 400)
    arrival_us, now = [], 0
    while len(arrival_us) < JOBS:
        size = rolled(seed, f"size {now}", 1, burst)
        now += rolled(seed, f"gap {now}", 10, 60 * size)
        arrival_us += [now + 3 * number for number in range(size)]
        now += 3 * size
    arrival_us = arrival_us[:JOBS]
    return {
        "arrival_us": arrival_us,
        "transfer_us": [rolled(seed, f"transfer {number}", 10, 50) for number in range(JOBS)],
        "work_us": [rolled(seed, f"work {number}", work // 4, 2 * work - work // 4) for number in range(JOBS)],
    }


def rolled_pilot(seed: str) -> dict[str, Any]:
    """What five pilot runs of a simulation gave: their means, and one run's waits in batches of fifty jobs."""
    level, warm = rolled(seed, "level", 400, 900), rolled(seed, "warm", 2, 14)
    noise = [rolled(seed, f"batch {number}", -level // 12, level // 12) for number in range(PILOT_BATCHES)]
    series = [level + away - max(0, warm - number) * level // (warm + 1) for number, away in enumerate(noise)]
    return {
        "run_means_us": [level + rolled(seed, f"run {number}", -level // 8, level // 8) for number in range(5)],
        "batch_means_us": series,
        "jobs_per_batch": 50,
        "wanted_us": level // rolled(seed, "wanted", 25, 60),
        "first_seed": rolled(seed, "first seed", 1, 9) * 1000,
    }
