"""What must hold of the answers of module 2's worked example."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from graders.checks import Equal, Exercise, call, sampled, value
from reference_solutions.m02_tools_methods.kernel_reading import gemv_roofline, gemv_waits
from reference_solutions.m02_tools_methods.quantised_gemv import quantised_gemv_time_s

# --- the run --------------------------------------------------------------------------------------------------------


def counted():
    """The counts that the notebook reads."""
    lines = Path(__file__).parents[1].joinpath("data", "gemv_counters.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.rsplit(",", 1) for line in lines if not line.startswith(("#", "event,"))]
    return {event: int(count) for event, count in rows}


RUN = {
    "count": counted(),
    "elapsed_s": 0.3633,
    "peak_flops_per_s": 28 * 2.0e9 * 64,
    "bandwidth_bytes_per_s": 6 * 8 * 2666.67e6,
}
"""What the notebook's first cell defines."""

# --- first reading: the roofline -------------------------------------------------------------------------------------

ROOFLINE = Exercise(
    "m02_gemv_roofline",
    reference=gemv_roofline,
    given=RUN,
    checks=[
        Equal(
            "operations for bytes",
            weight=1,
            cases=[value()],
            rtol=1e-4,
            part=lambda answer: answer["intensity_flops_per_byte"],
            message="The intensity, from the operations and the bytes that were counted.",
        ),
        Equal(
            "what its roof allows",
            weight=0.5,
            cases=[value()],
            rtol=1e-4,
            part=lambda answer: answer["attainable_flops_per_s"],
            message="The performance that this machine allows at this intensity.",
        ),
        Equal(
            "how near it came",
            weight=0.5,
            cases=[value()],
            rtol=1e-4,
            part=lambda answer: answer["roof_share"],
            message="The share of its own roof that the run reached.",
        ),
    ],
)

# --- second reading: what the cores waited for -----------------------------------------------------------------------

WAITS = Exercise(
    "m02_gemv_waits",
    reference=gemv_waits,
    given={"count": RUN["count"]},
    checks=[
        Equal(
            "the caches",
            weight=1,
            cases=[value()],
            rtol=1e-4,
            part=lambda answer: [answer["l2_bound"], answer["l3_bound"]],
            message="Clocks lost to the caches of level 2 and level 3.",
        ),
        Equal(
            "beyond the caches",
            weight=1,
            cases=[value()],
            rtol=1e-4,
            part=lambda answer: answer["dram_bound"],
            message="Clocks lost to DRAM.",
        ),
    ],
)

# --- fewer bytes -----------------------------------------------------------------------------------------------------


def moving_decides(rng):
    """Cores that unpack ten times faster than the memory delivers."""
    weights, bits = float(rng.integers(10**8, 10**11)), int(rng.integers(2, 9))
    bandwidth = float(rng.uniform(50e9, 5e12))
    return call(weights, bits, int(rng.choice([16, 32, 64, 128])), bandwidth, 10 * 8 * bandwidth / bits)


def unpacking_decides(rng):
    """Cores that unpack a fortieth of what the memory delivers."""
    weights, bits = float(rng.integers(10**8, 10**11)), int(rng.integers(2, 5))
    bandwidth = float(rng.uniform(50e9, 5e12))
    return call(weights, bits, 32, bandwidth, 8 * bandwidth / bits / 40)


def other_scales(rng):
    """Scales of 8 or 32 bits, which cost a good part of a bit."""
    bandwidth, scale_bits = float(rng.uniform(50e9, 5e12)), int(rng.choice([8, 32]))
    return call(1e9, 4, int(rng.choice([8, 16, 32])), bandwidth, np.inf, scale_bits=scale_bits)


def many_machines(rng):
    """Widths as a column against machines as a row; some wait for the memory, some for the cores."""
    bandwidths = rng.uniform(50e9, 400e9, size=4)
    bits = np.array([[16], [8], [4], [2]])
    return call(2e10, bits, 32, bandwidths, bandwidths * np.array([[5.0], [4.0], [3.0], [1.5]]) / 2)


QUANTISED = Exercise(
    "m02_quantised_gemv_time_s",
    reference=quantised_gemv_time_s,
    checks=[
        Equal(
            "memory decides",
            weight=0.75,
            cases=[call(1e9, 16, np.inf, 100e9, 1e12), sampled(moving_decides, count=4)],
            message="Cores that unpack faster than the weights and their scales arrive.",
        ),
        Equal(
            "unpacking decides",
            weight=0.5,
            cases=sampled(unpacking_decides, count=4),
            message="Memory that delivers faster than the cores unpack.",
        ),
        Equal(
            "scales of another width",
            weight=0.25,
            cases=sampled(other_scales, count=3),
            message="Scales that are not 16 bits wide.",
        ),
        Equal(
            "many widths, many machines",
            weight=0.5,
            cases=sampled(many_machines, count=2),
            message="Arrays of widths against arrays of machines.",
        ),
    ],
)
