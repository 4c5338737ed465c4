"""Right answers of module 2's worked example by other ways, written from the released notebook alone."""

from __future__ import annotations

import math

import numpy as np

from graders.checks import answer


@answer("m02_gemv_roofline", by="times instead of rates")
def gemv_roofline_by_times(count, elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s):
    """The time of the run at its best, over the time that it took."""
    instructions = count["FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE"]
    lines = sum(count[event] for event in count if event.startswith("UNC_M_CAS_COUNT"))
    at_best_s = max(lines * 64 / bandwidth_bytes_per_s, instructions * 16 / peak_flops_per_s)
    return {
        "intensity_flops_per_byte": instructions / lines / 4,
        "attainable_flops_per_s": instructions * 16 / at_best_s,
        "roof_share": at_best_s / elapsed_s,
    }


@answer("m02_gemv_waits", by="what others leave is DRAM's")
def gemv_waits_in_clocks(count):
    """In clocks first, and DRAM from what it is, not from what is left."""
    first, second, third = (count[f"CYCLE_ACTIVITY.STALLS_{level}_MISS"] for level in ("L1D", "L2", "L3"))
    hits, misses = count["MEM_LOAD_RETIRED.L2_HIT"], count["MEM_LOAD_RETIRED.L1_MISS"]
    loads = hits + hits * count["MEM_LOAD_RETIRED.FB_HIT"] / misses
    of_level_2 = (first - second) * loads / (count["L1D_PEND_MISS.FB_FULL:c1"] + loads)
    clocks = {"l2_bound": of_level_2, "l3_bound": second - third, "dram_bound": third + first - second - of_level_2}
    return {level: waited / count["CPU_CLK_UNHALTED.THREAD"] for level, waited in clocks.items()}


@answer("m02_quantised_gemv_time_s", by="weights a second")
def quantised_by_rates(
    weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits=16
):
    """The lower of two rates at which weights come through."""
    bits = np.add(weight_bits, np.divide(scale_bits, group_weights))
    delivered_per_s = np.multiply(8.0, bandwidth_bytes_per_s) / bits
    return np.divide(weights, np.minimum(delivered_per_s, unpacked_weights_per_s))


@answer("m02_quantised_gemv_time_s", by="one by one, group by group")
def quantised_group_by_group(
    weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits=16
):
    def one(count, bits, group, bandwidth, unpacked, scale):
        groups = 0.0 if math.isinf(group) else count / group
        read_bytes = (count * bits + groups * scale) / 8
        return max(read_bytes / bandwidth, count / unpacked)

    return np.vectorize(one, otypes=[float])(
        weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits
    )
