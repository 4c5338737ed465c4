"""A model that sees, its users and a fleet: others for each student.

Whatever differs is rolled with SHA-256 from the course's salt, the student id and the name of the thing. Only whole
numbers are rolled.

Students get this file: no answer stands in it. Names and numbers are made up.
"""

from __future__ import annotations

import hashlib
from typing import Any

SERVICES = {
    "a help desk to which people send screenshots": {"screen": (900, 1300, 1500, 2200), "detail": (200, 700, 200, 900)},
    "a claims office to which people send photos of dents": {
        "photo": (1000, 1700, 1200, 1900),
        "form": (1300, 2000, 900, 1500),
    },
    "a kitchen assistant that is shown labels and plates": {
        "label": (300, 900, 300, 900),
        "plate": (800, 1500, 800, 1600),
    },
    "a school that is sent pages of homework": {"page": (1200, 1900, 900, 1400), "sketch": (300, 800, 400, 900)},
    "a garden centre that is sent leaves": {"leaf": (500, 1200, 500, 1200), "garden": (900, 1500, 1200, 2000)},
}
"""What it is for -> kinds of images, and from where to where height and width may lie [px]."""

USERS = {"image share": (30, 80), "hits": (0, 40), "write": (20, 45)}
"""What is rolled of them -> limits: shares in per cent, tenths of a second."""


def scenario(student: str, salt: str) -> dict[str, Any]:
    """The model, the users and the fleet of one student, as plain data."""
    seed = f"{salt}\0{student}"
    service = sorted(SERVICES)[rolled(seed, "service", 0, len(SERVICES) - 1)]
    percent = rolled(seed, "percent", 30, 70)
    images = [
        {
            "kind": kind,
            "height_px": rolled(seed, f"{kind} height", limits[0], limits[1]),
            "width_px": rolled(seed, f"{kind} width", limits[2], limits[3]),
            "percent": share,
        }
        for (kind, limits), share in zip(SERVICES[service].items(), (percent, 100 - percent), strict=True)
    ]
    model, text, answer = rolled_model(seed), rolled(seed, "text", 150, 600), rolled(seed, "answer", 100, 400)
    share, hits, write_s = (rolled(seed, what, *limits) for what, limits in USERS.items())
    speed, cache_bytes = rolled(seed, "speed", 30, 45) * 1e13, rolled(seed, "cache", 30, 70) * 1e8
    machines = rolled(seed, "machines", 7, 10)
    # A rough guess of what an image and a request take, so that fleet and promise suit the load.
    size = sum(one["percent"] * one["height_px"] * one["width_px"] for one in images) / 100 / model["token_px"] ** 2
    encode_s, read_s = size * model["encode_ms_per_1000_tokens"] / 1e6, 2 * model["weights"] * (text + size) / speed
    held = model["bytes_per_token"] * (text + answer + share * size / 200)
    work_s = share * (100 - hits) * encode_s / 1e4 + 0.6 * read_s + write_s / 10 * held / cache_bytes
    return {
        "service": service,
        "images": images,
        "image_share": share / 100,
        "hit_share": hits / 100,
        "text_tokens": text,
        "answer_tokens": answer,
        # A hundredth more than tenths: no number of slots is then busy for 85 % exactly, where rounding would decide.
        "requests_per_s": (10 * int(machines * rolled(seed, "load", 48, 58) / work_s / 10) + 1) / 100,
        "write_s": write_s / 10,
        "machines": machines,
        "flops_per_s": speed,
        "cache_bytes": cache_bytes,
        "busiest": 0.85,
        "promise_ms": int(10 * (encode_s + read_s) * rolled(seed, "promise", 110, 160)),
        "model": model,
        "quality": {
            "joined": rolled(seed, "joined quality", 785, 880) / 10,
            "resampled": rolled(seed, "resampled quality", 720, 840) / 10 + 0.03,
            "cross": rolled(seed, "cross quality", 720, 840) / 10 + 0.06,
        },
    }


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def rolled_model(seed: str) -> dict[str, Any]:
    """The model that sees, in three versions that differ in how they take in an image."""
    return {
        "token_px": (24, 28, 32)[rolled(seed, "patch", 0, 2)],
        "encode_ms_per_1000_tokens": rolled(seed, "encoder", 80, 180),
        "weights": rolled(seed, "weights", 70, 140) * 1e8,
        "hidden": (4096, 5120)[rolled(seed, "hidden", 0, 1)],
        "bytes_per_token": 1024 * rolled(seed, "cached", 96, 192),
        "latents": (64, 96, 144)[rolled(seed, "latents", 0, 2)],
        "cross_layers": rolled(seed, "cross layers", 8, 14),
        "cross_bytes_per_token": 1024 * rolled(seed, "cached across", 24, 56),
    }
