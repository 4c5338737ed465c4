"""A model that you have never served, its users, and three machines on offer: others for each student.

Whatever differs is rolled with SHA-256. The course's salt and the student id choose one of the `CASES` below, the order
of the machines and the level of their prices; the case's own number then rolls model, users and machines, in whole
numbers, so that all machines of this world get the same. The cases are those in which nothing is a matter of rounding.

Model, machines and prices are made up.
"""

from __future__ import annotations

import hashlib
from typing import Any

# fmt: off
CASES = (
    852, 3102, 3176, 4134, 4267, 5572, 5605, 5635, 6998, 7226, 8236, 9030, 9328, 9369, 10987, 11126, 12024, 14160,
    14441, 14947, 15610, 16035, 16114, 17078, 17365, 17637, 18324, 18481, 19388, 19578, 20031, 20195, 21461, 21765,
    22307, 23226, 23637, 24115, 25691, 25941, 27477, 28260, 30405, 31058, 35136, 35761, 36409, 36502, 36827, 37187,
    37790, 40252, 40510, 40621, 41141, 41996, 42158, 42622, 42956, 43931, 45223, 45642, 46303, 46814, 47517, 49943,
    50304, 50405, 51521, 51636, 52795, 52867, 52877, 53902, 55473, 55713, 55975, 56043, 57226, 57261, 57806, 59386,
    59432, 59917, 60387, 60836, 60874, 62582, 62736, 63025, 63258, 64888, 65758, 66466, 67356, 67470, 68195, 68907,
    68935, 72136, 72491, 72596, 72938, 73512, 73932, 74075, 74215, 75270, 75634, 76259, 76870, 77027, 77874, 78199,
    78375, 78582, 79271, 79930, 82911, 83240, 84142, 84887, 85080, 85784, 87025, 88743, 88989, 90001, 90108, 92700,
    94509, 94698, 96308, 96472, 96673, 96955, 97529, 97547, 97912, 99134, 99982, 100573, 101104, 101146, 101265,
    101933, 102456, 103863, 104104, 104120, 105738, 106555, 106567, 107992, 108446, 109408, 109486, 109556, 110563,
    110739, 111163, 111667, 111830, 112157, 112158, 112444, 112857, 113103, 113459, 113472, 113681, 115121, 115205,
    115713, 118679, 120409, 120761, 121315, 122434, 123577, 123670, 123941, 124001, 124316, 124505, 124926, 126005,
    126197, 127003, 127060, 127620, 128048, 128802, 129572, 129778, 129824, 130941, 131059, 131578, 132029, 133354,
    135188, 135357, 136939, 137767, 137819, 140779, 141262, 141968, 142019, 142587, 142603, 142935, 143601, 144742,
    145685, 145864, 146170, 146784, 147109, 147481, 147541, 148027, 148941, 148966, 150044, 150562, 151528, 151589,
    152550, 152680, 153135, 153951, 154523, 155277, 155873, 156816, 157831, 158442, 159384,
)
# fmt: on

MODELS = ("Alder", "Birch", "Cedar", "Hazel", "Juniper", "Larch", "Rowan", "Willow")

MACHINES = {
    "dense": {"devices": (8, 8), "gb": (72, 96), "gb_per_s": (2200, 3000), "tflops": (380, 560), "usd": (5200, 8800)},
    "roomy": {
        "devices": (8, 8),
        "gb": (120, 180),
        "gb_per_s": (3400, 4800),
        "tflops": (420, 900),
        "usd": (6800, 12500),
    },
    "lean": {"devices": (4, 8), "gb": (40, 64), "gb_per_s": (700, 1300), "tflops": (110, 240), "usd": (1300, 3600)},
}
"""Kind of machine -> from where to where its figures may lie: memory, bandwidth, operations; dollars in hundredths."""


def scenario(student: str, salt: str) -> dict[str, Any]:
    """Model, users, promise and machines on offer of one student, as plain data."""
    own = f"{salt}\0{student}"
    case = f"case {CASES[rolled(own, 'case', 0, len(CASES) - 1)]}"
    order = sorted(MACHINES, key=lambda kind: rolled(own, f"place of {kind}", 0, 2**60))
    made = case_of(case)
    level = rolled(own, "prices", 800, 1250)
    machines = []
    for letter, kind in zip("ABC", order, strict=True):
        machine = made["machines"][kind]
        machines.append({"machine": letter, **machine, "usd_per_hour": machine["usd_per_hour"] * level // 10 / 100})
    return {**made, "machines": machines}


def case_of(case: str) -> dict[str, Any]:
    """What a case's number rolls: machines by their kind, with prices in whole dollars."""
    return {
        "model": rolled_model(case),
        "traffic": {
            "requests_per_s": rolled(case, "rate", 15, 60),
            "prompt_median": rolled(case, "prompt", 40, 400) * 10,
            "prompt_spread": rolled(case, "prompt spread", 60, 120) / 100,
            "answer_median": rolled(case, "answer", 15, 60) * 10,
            "answer_spread": rolled(case, "answer spread", 50, 100) / 100,
        },
        "promise": {
            "tpot_limit_s": rolled(case, "tpot", 18, 50) / 1000,
            "headroom": rolled(case, "headroom", 20, 35) / 100,
            "spares": rolled(case, "spares", 1, 2),
        },
        "machines": {kind: rolled_machine(f"{case}\0{kind}", ranges) for kind, ranges in MACHINES.items()},
    }


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def chosen(seed: str, what: str, options: Any) -> Any:
    """One of the options."""
    return options[rolled(seed, what, 0, len(options) - 1)]


def rolled_model(case: str) -> dict[str, Any]:
    """A dense model, with grouped-query or latent attention, in eight or sixteen bits."""
    model = {
        "name": f"{chosen(case, 'name', MODELS)} {rolled(case, 'version', 2, 9)}",
        "weights": rolled(case, "weights", 24, 130) * 10**9,
        "weight_element_bytes": rolled(case, "weight bytes", 1, 2),
        "layers": rolled(case, "layers", 40, 96),
        "cache_element_bytes": rolled(case, "cache bytes", 1, 2),
    }
    if rolled(case, "attention", 0, 2):
        return model | {"kv_heads": chosen(case, "heads", (4, 8, 16)), "head_dim": chosen(case, "dim", (96, 128))}
    return model | {"latent_dim": chosen(case, "latent", (384, 512, 640)), "rope_dim": 64}


def rolled_machine(seed: str, ranges: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """A machine: what the server may use of each device, and what kernels reach there."""
    own = {what: rolled(seed, what, *limits) for what, limits in ranges.items()}
    return {
        "devices": own["devices"],
        "usable_bytes": own["gb"] * 10**9,
        "bandwidth_bytes_per_s": own["gb_per_s"] * 10**9,
        "flops_per_s": own["tflops"] * 10**12,
        "overhead_s": rolled(seed, "overhead", 2, 6) / 1000,
        "usd_per_hour": own["usd"] // 100,
    }
