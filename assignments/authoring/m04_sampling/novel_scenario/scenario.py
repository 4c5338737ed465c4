"""A service with a day of its own, a pilot and a price list: others for each student.

Whatever differs is rolled with SHA-256 from the course's salt, the student id and the name of the thing. Only whole
numbers are rolled, and plans are compared in whole hours: no rounding decides.

Students get this file: no answer stands in it. Names, phases and prices are made up.
"""

from __future__ import annotations

import hashlib
from typing import Any

SERVICES = ("chat assistant", "code completion", "document search", "image captions", "speech to text", "translation")

PHASES = {
    "night": {"windows": (18_000, 32_000), "cpi": (70, 110), "cv": (8, 25), "minutes": (20, 40)},
    "morning": {"windows": (12_000, 24_000), "cpi": (95, 150), "cv": (10, 35), "minutes": (25, 45)},
    "peak": {"windows": (10_000, 22_000), "cpi": (110, 260), "cv": (15, 50), "minutes": (30, 70)},
    "batch": {"windows": (7_000, 18_000), "cpi": (80, 220), "cv": (10, 60), "minutes": (40, 90)},
    "rollout": {"windows": (200, 600), "cpi": (150, 300), "cv": (3, 6), "minutes": (60, 90)},
}
"""Phase -> from where to where its windows, mean CPI [1/100], scatter [% of it] and minutes a window may lie."""


def scenario(student: str, salt: str) -> dict[str, Any]:
    """The day of one student's service, as plain data."""
    seed = f"{salt}\0{student}"
    return {
        "service": SERVICES[rolled(seed, "service", 0, len(SERVICES) - 1)],
        "phases": [rolled_phase(seed, name) for name in PHASES],
        "error": 0.02,
        "confidence": 0.95,
        "z": 1.96,
        "profile_hours": 10 * rolled(seed, "profile", 30, 130),
        "period_windows": (12, 18, 24, 30, 36, 60)[rolled(seed, "period", 0, 5)],
    }


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def rolled_phase(seed: str, name: str) -> dict[str, Any]:
    """A phase of the day, as the pilot has found it."""
    found = {what: rolled(seed, f"{name} {what}", *limits) for what, limits in PHASES[name].items()}
    return {
        "phase": name,
        "windows": found["windows"],
        "mean_cpi": found["cpi"] / 100,
        "cv": found["cv"] / 100,
        "minutes": found["minutes"],
    }
