"""Three offers, two tiers and an accuracy to keep: others for each student.

Whatever differs is rolled with SHA-256 from the course's salt, the student id and the name of the thing. Only whole
numbers are rolled. What the offers are called says nothing about what they can do.

Students get this file: no answer stands in it. Names and numbers are made up.
"""

from __future__ import annotations

import hashlib
from typing import Any

SERVICES = ("a tutor for evening schools", "a help desk of a railway", "a clerk for building permits",
            "a guide through a museum", "a helper for farmers", "a reader for the blind")  # fmt: skip
OFFERS = ("alder", "birch", "cedar")
FRACTIONS = (12, 24, 36, 48, 58, 68, 78, 88)
"""Rates of a sweep, in per cent of the offline rate."""

KINDS: dict[str, dict[str, tuple[int, int]]] = {
    "quick": {"offline": (240, 360), "first": (60, 110), "between": (9, 13), "slope": (40, 90), "price": (300, 400),
              "idle": (22, 30), "busy": (85, 110), "accuracy": (9991, 10004)},
    "broad": {"offline": (520, 820), "first": (120, 240), "between": (14, 20), "slope": (120, 220),
              "price": (400, 640), "idle": (28, 40), "busy": (110, 150), "accuracy": (9975, 10000)},
    "plain": {"offline": (110, 180), "first": (90, 180), "between": (13, 21), "slope": (60, 140), "price": (90, 150),
              "idle": (10, 16), "busy": (40, 60), "accuracy": (9880, 9996)},
}  # fmt: skip
"""Kind of machine -> from where to where its numbers are rolled: offline rate [tenths of a request/s]; time to the
first token, and between tokens, of an empty machine [ms]; how the latter grows with the load [%]; price [thousand USD];
power [hundreds of W]; accuracy [hundredths of a per cent of the reference]."""


def scenario(student: str, salt: str) -> dict[str, Any]:
    """The service and the offers of one student, as plain data."""
    seed = f"{salt}\0{student}"
    first = rolled(seed, "order", 0, 5)
    order = [list(KINDS)[(first + step * (1 + first // 3)) % 3] for step in range(3)]
    return {
        "service": SERVICES[rolled(seed, "service", 0, len(SERVICES) - 1)],
        "tiers": {
            "live": {
                "requests_per_s": rolled(seed, "live rate", 40, 140),
                "ttft_s": rolled(seed, "live first", 35, 60) / 100,
                "tpot_s": rolled(seed, "live between", 29, 42) / 1000,
                "tokens": rolled(seed, "live tokens", 80, 200),
            },
            "chat": {
                "requests_per_s": rolled(seed, "chat rate", 60, 300),
                "ttft_s": rolled(seed, "chat first", 120, 240) / 100,
                "tpot_s": rolled(seed, "chat between", 60, 150) / 1000,
                "tokens": rolled(seed, "chat tokens", 200, 500),
            },
        },
        "accuracy_floor": [0.99, 0.999][rolled(seed, "floor", 0, 1)],
        "headroom": rolled(seed, "headroom", 10, 30) / 100,
        "spares": rolled(seed, "spares", 1, 2),
        "years": rolled(seed, "years", 3, 5),
        "pue": rolled(seed, "pue", 112, 155) / 100,
        "usd_per_kwh": rolled(seed, "electricity", 7, 24) / 100,
        "offers": {name: rolled_offer(seed, name, kind) for name, kind in zip(OFFERS, order, strict=True)},
    }


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def rolled_offer(seed: str, name: str, kind: str) -> dict[str, Any]:
    """A machine with its price and power, and a sweep of it in the order in which it was measured."""
    size = {what: rolled(seed, f"{name} {what}", *limits) for what, limits in KINDS[kind].items()}
    sweep = []
    lucky = rolled(seed, f"{name} luck", 0, 2) == 0  # the last run met warm caches
    for place, fraction in enumerate(FRACTIONS):
        load = FRACTIONS[1] if lucky and fraction == FRACTIONS[-1] else fraction
        wavers = [rolled(seed, f"{name} {what} {place}", -8, 8) for what in ("first wavers", "between wavers")]
        ttft_ms = size["first"] / (1 - load / 104) * (1 + wavers[0] / 100)
        tpot_ms = size["between"] * (1 + size["slope"] * load / 10_000) * (1 + wavers[1] / 100)
        sweep.append(
            {
                "requests_per_s": size["offline"] * fraction // 10 / 100,
                "ttft_p99_s": round(ttft_ms) / 1000,
                "tpot_p99_s": round(tpot_ms * 10) / 10_000,
            }
        )
    turned = rolled(seed, f"{name} begins", 0, len(sweep) - 1)
    return {
        "offline_per_s": size["offline"] / 10,
        "machine_usd": 1000 * size["price"],
        "idle_w": 100 * size["idle"],
        "busy_w": 100 * size["busy"],
        "accuracy": size["accuracy"] / 10_000,
        "sweep": sweep[turned:] + sweep[:turned],
    }
