"""A vendor's claim, and what was handed over with it: others for each student.

Whatever differs is rolled with SHA-256 from the course's salt, the student id and the name of the thing. Runs and
counts scatter as they were rolled, and are then brought to the deviation that their side has. Claims and amounts of
work are near to each other or clearly apart: nothing lies just at an edge, so that no rounding decides.

Students get this file: no answer stands in it. Vendors, products, times and counts are made up.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

PRODUCTS = ("compiler", "inference runtime", "kernel library", "memory allocator", "network stack", "storage engine")
VENDORS = ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Larch", "Rowan")


def scenario(student: str, salt: str) -> dict[str, Any]:
    """The claim against which one student holds the vendor's runs, as plain data."""
    seed = f"{salt}\0{student}"
    old_ms, factor = rolled(seed, "old", 80, 200), rolled(seed, "factor", 1150, 1600) / 1000
    sizes = {side: rolled(seed, f"{side} runs", 7, 14) for side in ("old", "new")}
    noise = {side: rolled(seed, f"{side} noise", 10, 30) / 1000 for side in ("old", "new")}
    error = math.sqrt(sum(noise[side] ** 2 / sizes[side] for side in sizes))  # relative, of the factor
    away = rolled(seed, "side", -1, 1) * rolled(seed, "away", 330, 450) + rolled(seed, "a little", -90, 90)
    return {
        "vendor": VENDORS[rolled(seed, "vendor", 0, len(VENDORS) - 1)],
        "product": PRODUCTS[rolled(seed, "product", 0, len(PRODUCTS) - 1)],
        "claim": round(factor * (1 + away / 100 * error), 3),
        "old": rolled_side(seed, "old", old_ms, sizes["old"], noise["old"], 1.0),
        "new": rolled_side(seed, "new", old_ms / factor, sizes["new"], noise["new"], rolled_work(seed)),
        "wanted": {
            "half_width": rolled(seed, "half width", 4, 12) / 1000,
            "quantile": (0.95, 0.98, 0.99, 0.995, 0.999)[rolled(seed, "quantile", 0, 4)],
            "confidence": (0.9, 0.95, 0.99)[rolled(seed, "confidence", 0, 2)],
            "count_u": rolled(seed, "count", 3, 9) / 1000,
        },
    }


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def rolled_work(seed: str) -> float:
    """How much the new side does, as a part of what the old one does."""
    if rolled(seed, "shortcut", 1, 4) == 1:
        return 1 - rolled(seed, "left out", 90, 200) / 1000
    return 1 + rolled(seed, "slack", -5, 5) / 1000


def scattered(seed: str, what: str, count: int, deviation: float) -> list[float]:
    """Factors around 1 with this deviation."""
    raw = [rolled(seed, f"{what} {place}", -1000, 1000) for place in range(count)]
    mean = sum(raw) / count
    size = math.sqrt(sum((each - mean) ** 2 for each in raw) / (count - 1))
    return [1 + deviation * (each - mean) / size for each in raw]


def rolled_side(seed: str, side: str, mean_ms: float, runs: int, noise: float, work: float) -> dict[str, Any]:
    """Runs and counters of one side; some runs were throttled, and took longer for it."""
    times = [(mean_ms * each, False) for each in scattered(seed, f"{side} run", runs, noise)]
    for number in range(rolled(seed, f"{side} hot", 1, 3)):
        slower = 1 + rolled(seed, f"{side} hot {number}", 80, 250) / 1000
        times.insert(rolled(seed, f"{side} place {number}", 0, len(times)), (mean_ms * slower, True))
    turns, seen = rolled(seed, f"{side} turns", 40, 60), rolled(seed, f"{side} seen", 10, 20)
    spread = rolled(seed, f"{side} spread", 30, 60) / 1000
    per_turn = work * rolled(seed, "instructions", 20_000, 90_000) * 50 / turns
    return {
        "ms": [round(ms, 2) for ms, _ in times],
        "throttled": [hot for _, hot in times],
        "turns": turns,
        "counted": [round(per_turn * each) for each in scattered(seed, f"{side} turn", seen, spread)],
    }
