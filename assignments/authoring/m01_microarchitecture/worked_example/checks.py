"""What must hold of the answers of module 1's worked example."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from graders.checks import Equal, Exercise, Raises, call, column, sampled, value
from reference_solutions.m01_microarchitecture.decode_flight import decode_flight
from reference_solutions.m01_microarchitecture.warp_memory import warp_sectors

# --- what a load moves ------------------------------------------------------------------------------------------------

LANES = np.arange(32)


def strided(rng):
    """Strides and starts that are whole accesses; a warp that reads every other word, say."""
    access = int(rng.choice([4, 8, 16]))
    return call(access * (int(rng.integers(2, 12)) * LANES + int(rng.integers(0, 50))), access)


def misaligned_rows(rng):
    """Neighbours, from a place in the middle of a sector."""
    return call(4 * LANES + 32 * int(rng.integers(1, 99)) + 4 * int(rng.integers(1, 8)), 4)


def gathered(rng):
    """Anywhere in a small table, so that lanes share sectors without being neighbours."""
    access = int(rng.choice([1, 2, 4, 8]))
    return call(access * rng.integers(0, 400, size=32), access)


def partly_active(rng):
    """Lanes that are switched off point anywhere, also to where no access could begin."""
    active = rng.uniform(size=32) < 0.5
    active[0] = True
    addresses = np.where(active, 8 * rng.permutation(64)[:32], 4096 + 1 + 64 * LANES)
    return call(addresses, 8, active)


def many_warps(rng):
    starts = 4 * rng.integers(0, 1000, size=(2, 3, 1))
    return call(starts + 4 * rng.integers(1, 9, size=(2, 3, 1)) * LANES, 4)


SECTORS = Exercise(
    "m01_warp_sectors",
    reference=warp_sectors,
    checks=[
        Equal(
            "strides and starts",
            weight=1,
            cases=[sampled(strided, count=3), sampled(misaligned_rows, count=2)],
            message="Lanes at equal distances, from anywhere.",
        ),
        Equal(
            "shared sectors",
            weight=1,
            cases=[call(0 * LANES, 16), sampled(gathered, count=4)],
            message="Lanes that want something from the same sector, whether neighbours or not.",
        ),
        Equal(
            "lanes that are off",
            weight=0.75,
            cases=[sampled(partly_active, count=3), call(64 * LANES, 4, np.zeros(32, dtype=bool))],
            message="Lanes that take no part, wherever they point; and a warp of nothing but such lanes.",
        ),
        Equal(
            "many warps",
            weight=0.75,
            cases=[
                sampled(many_warps, count=2),
                call([[0] * 32, list(range(0, 128, 4))], 4, [[True] * 32, [False] * 32]),
            ],
            message="Arrays of warps: a number for each.",
        ),
        Raises(
            ValueError,
            "impossible loads",
            weight=0.5,
            cases=[call(4 * LANES + 2, 4), call(LANES[:16], 1), call(3 * LANES, 3)],
            message="An access that is not aligned, half a warp, and sizes that do not exist are refused.",
        ),
    ],
)

# --- what is under way ------------------------------------------------------------------------------------------------


def recorded():
    """The versions that the notebook reads."""
    lines = Path(__file__).parents[1].joinpath("data", "decode_versions.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return {name: [row[name] if name == "version" else int(row[name]) for row in rows] for name in rows[0]}


FLIGHT = Exercise(
    "m01_decode_flight",
    reference=decode_flight,
    given={
        "versions": recorded(),
        "gpu": {"multiprocessors": 108, "latency_s": 600e-9, "bandwidth_bytes_per_s": 2.039e12},
    },
    checks=[
        Equal(
            "what is moved",
            weight=1.5,
            cases=[value()],
            rtol=1e-4,
            part=column("moved_bytes_per_s", "busy_share"),
            message="What is under way, against the memory's latency and its peak.",
        ),
        Equal(
            "what is used",
            weight=1,
            cases=[value()],
            rtol=1e-4,
            part=column("used_share"),
            message="The share of what is moved that somebody asked for.",
        ),
        Equal(
            "time",
            weight=1.5,
            cases=[value()],
            rtol=1e-4,
            part=column("time_s"),
            message="How long each version takes for what it needs.",
        ),
    ],
)
