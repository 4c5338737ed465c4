"""What students really write in module 4's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake

CYCLES, MISSES, RATIO, TIME, NO_PROGRAM = (
    "cycles and instructions",
    "misses",
    "misses to accesses",
    "time",
    "no such program",
)


def put_together(weights, ipc, mpki, apki, instructions, clock_hz, *, cpi=None, ratio=None, misses=None, refuse=True):
    """The right metrics, but for what is given."""
    q, rate = np.asarray(weights, dtype=float), np.asarray(ipc, dtype=float)
    wrong = np.any(q < 0) or abs(q.sum() - 1) > 1e-6 or np.any(rate <= 0) or min(instructions, clock_hz) <= 0
    if refuse and wrong:
        raise ValueError("no such program")
    found = q @ (1 / rate) if cpi is None else cpi(q, rate)
    missed, asked = q @ np.asarray(mpki, dtype=float), q @ np.asarray(apki, dtype=float)
    return {
        "cpi": float(found),
        "ipc": float(1 / found),
        "mpki": float(missed if misses is None else misses),
        "miss_ratio": float(missed / asked if ratio is None else ratio),
        "time_s": float(instructions * found / clock_hz),
    }


@mistake(
    "m04_whole_program",
    misconception="IPC is averaged",
    loses=[CYCLES, TIME],
    hint="You averaged the IPC with weights that are shares of instructions. Slow instructions take more of the time.",
)
def ipc_is_averaged(weights, ipc, mpki, apki, instructions, clock_hz):
    return put_together(weights, ipc, mpki, apki, instructions, clock_hz, cpi=lambda q, rate: 1 / (q @ rate))


@mistake(
    "m04_whole_program",
    misconception="points count alike",
    loses=[CYCLES, MISSES, RATIO, TIME],
    hint="Your points count alike. One of them may stand for nine tenths of the program.",
)
def points_count_alike(weights, ipc, mpki, apki, instructions, clock_hz):
    put_together(weights, ipc, mpki, apki, instructions, clock_hz)  # refuses what must be refused
    alike = np.full(len(weights), 1 / len(weights))
    return put_together(alike, ipc, mpki, apki, instructions, clock_hz)


@mistake(
    "m04_whole_program",
    misconception="ratios are averaged",
    loses=[RATIO],
    hint="You averaged the miss ratios of the points. A phase with many accesses counts more in a ratio to accesses.",
)
def ratios_are_averaged(weights, ipc, mpki, apki, instructions, clock_hz):
    ratio = np.asarray(weights, dtype=float) @ (np.asarray(mpki, dtype=float) / np.asarray(apki, dtype=float))
    return put_together(weights, ipc, mpki, apki, instructions, clock_hz, ratio=ratio)


@mistake(
    "m04_whole_program",
    misconception="misses by time",
    loses=[MISSES],
    hint="You weighted the misses by time. They are counted per instruction, and so are the weights.",
)
def misses_by_time(weights, ipc, mpki, apki, instructions, clock_hz):
    put_together(weights, ipc, mpki, apki, instructions, clock_hz)  # refuses what must be refused
    time = np.asarray(weights, dtype=float) / np.asarray(ipc, dtype=float)
    by_time = time / time.sum() @ np.asarray(mpki, dtype=float)
    return put_together(weights, ipc, mpki, apki, instructions, clock_hz, misses=by_time)


@mistake(
    "m04_whole_program",
    misconception="time of the averages",
    loses=[TIME],
    hint="Your time is instructions over the mean IPC. Take the CPI that you have.",
)
def time_of_the_averages(weights, ipc, mpki, apki, instructions, clock_hz):
    found = put_together(weights, ipc, mpki, apki, instructions, clock_hz)
    mean = np.asarray(weights, dtype=float) @ np.asarray(ipc, dtype=float)
    return found | {"time_s": float(instructions / mean / clock_hz)}


@mistake(
    "m04_whole_program",
    misconception="weights are weights",
    loses=[NO_PROGRAM],
    hint="Weights that do not sum to one, or a clock that runs backwards, give numbers here. Refuse them.",
)
def weights_are_weights(weights, ipc, mpki, apki, instructions, clock_hz):
    safe = np.where(np.asarray(ipc, dtype=float) > 0, ipc, 1.0)
    return put_together(weights, safe, mpki, apki, instructions, clock_hz, refuse=False)
