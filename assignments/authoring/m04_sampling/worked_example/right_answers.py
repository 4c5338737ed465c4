"""Right answers of module 4's worked example by other ways, written from the released notebook alone."""

from __future__ import annotations

import math

from graders.checks import answer


@answer("m04_whole_program", by="a program of a million instructions, counted out")
def counted_out(weights, ipc, mpki, apki, instructions, clock_hz):
    if min(weights) < 0 or abs(math.fsum(weights) - 1) > 1e-6 or min([*ipc, instructions, clock_hz]) <= 0:
        raise ValueError("no such program")
    parts = [1e6 * weight for weight in weights]  # instructions of each phase
    cycles = math.fsum(part / rate for part, rate in zip(parts, ipc, strict=True))
    missed = math.fsum(part * rate / 1000 for part, rate in zip(parts, mpki, strict=True))
    asked = math.fsum(part * rate / 1000 for part, rate in zip(parts, apki, strict=True))
    return {
        "cpi": cycles / 1e6,
        "ipc": 1e6 / cycles,
        "mpki": missed / 1000,
        "miss_ratio": missed / asked,
        "time_s": instructions / 1e6 * cycles / clock_hz,
    }
