"""A machine, its coolers and its work: others for each student.

Whatever differs is rolled with SHA-256 from the course's salt, the student id and the name of the thing. Only whole
numbers are rolled. A machine on wheels or in a cabinet and a tray in a rack differ by a factor in all that is measured
in watts; the questions are the same.

Students get this file: no answer stands in it. Names and numbers are made up.
"""

from __future__ import annotations

import hashlib
from typing import Any

MACHINES = {
    "a box in a traffic light": 1,
    "a box on a tractor": 1,
    "a box in an operating theatre": 2,
    "a cabinet at a radio mast": 6,
    "a tray behind a cold plate": 40,
    "a tray in a rack door": 40,
}
"""Where it stands -> its size, by which all its watts are multiplied."""

COOLERS = {
    "passive": {"k_per_w": (520, 780), "watts": (0, 0)},
    "quiet": {"k_per_w": (380, 540), "watts": (20, 60)},
    "loud": {"k_per_w": (150, 230), "watts": (50, 120)},
}
"""Level -> from where to where its resistance [hundredths of a K/W] and what it draws [hundredths of a W] may lie."""

STATES = 6


def scenario(student: str, salt: str) -> dict[str, Any]:
    """The machine of one student, as plain data."""
    seed = f"{salt}\0{student}"
    machine = sorted(MACHINES)[rolled(seed, "machine", 0, len(MACHINES) - 1)]
    size = MACHINES[machine]
    states = rolled_states(seed)
    phases = {
        "prefill": rolled_phase(seed, "prefill", size, cycles=(350, 700), memory=(15, 60), switched=(70, 110)),
        "decode": rolled_phase(seed, "decode", size, cycles=(150, 320), memory=(250, 600), switched=(24, 45)),
    }
    tokens = rolled(seed, "tokens", 8, 24)
    middle = states[rolled(seed, "promise", 2, 4)]["mhz"]
    slowest_s = sum(phase["mega_cycles"] / middle + phase["memory_ms"] / 1000 for phase in phases.values())
    return {
        "machine": machine,
        "ambient_c": rolled(seed, "ambient", 20, 35),
        "limit_c": rolled(seed, "limit", 52, 64),
        "heat_j_per_k": size * rolled(seed, "heat", 40, 160),
        "leakage": {
            "watts": size * rolled(seed, "leakage", 10, 26) / 10,
            "per_k": rolled(seed, "exponent", 14, 22) / 1000,
            "nominal_c": 60,
        },
        "other_w": size * rolled(seed, "other", 10, 45) / 10,
        "coolers": [rolled_cooler(seed, level, size) for level in COOLERS],
        "states": states,
        "phases": phases,
        "tokens": tokens,
        "promise_tokens_per_s": int(100 * tokens / slowest_s) / 100,
    }


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def rolled_states(seed: str) -> list[dict[str, int]]:
    """Clocks that rise evenly, and voltages that rise faster."""
    step, bend = rolled(seed, "step", 25, 55), rolled(seed, "bend", 8, 16)
    return [{"mhz": 600 + 300 * state, "mv": 500 + step * state + bend * state**2} for state in range(STATES)]


def rolled_phase(
    seed: str, name: str, size: int, cycles: tuple[int, int], memory: tuple[int, int], switched: tuple[int, int]
) -> dict[str, float]:
    """What a phase of a request computes, how long it waits for memory, and what switches in one of its cycles."""
    return {
        "mega_cycles": rolled(seed, f"{name} cycles", *cycles),
        "memory_ms": rolled(seed, f"{name} memory", *memory),
        "switched_nf": size * rolled(seed, f"{name} switched", *switched) / 10,
    }


def rolled_cooler(seed: str, level: str, size: int) -> dict[str, Any]:
    """A level of cooling: how well it cools, and what it draws."""
    limits = COOLERS[level]
    return {
        "level": level,
        "k_per_w": rolled(seed, f"{level} resistance", *limits["k_per_w"]) / (100 * size),
        "watts": size * rolled(seed, f"{level} watts", *limits["watts"]) / 100,
    }
