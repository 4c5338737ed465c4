"""What students really write in module 2's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import mistake

# --- first reading: the roofline -------------------------------------------------------------------------------------

INTENSITY, ALLOWED, NEAR = "operations for bytes", "what its roof allows", "how near it came"


def flops(count):
    return 16 * count["FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE"]


def lines(count):
    return count["UNC_M_CAS_COUNT.RD"] + count["UNC_M_CAS_COUNT.WR"]


def position(flops, moved_bytes, elapsed_s, attainable_flops_per_s):
    """The three numbers that are asked for."""
    return {
        "intensity_flops_per_byte": flops / moved_bytes,
        "attainable_flops_per_s": attainable_flops_per_s,
        "roof_share": flops / elapsed_s / attainable_flops_per_s,
    }


def under_both_roofs(flops, moved_bytes, elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s):
    attainable_flops_per_s = min(peak_flops_per_s, flops / moved_bytes * bandwidth_bytes_per_s)
    return position(flops, moved_bytes, elapsed_s, attainable_flops_per_s)


@mistake(
    "m02_gemv_roofline",
    misconception="fused twice",
    loses=[INTENSITY, ALLOWED],
    hint="This event counts a fused multiply-add as two already. You doubled it once more.",
)
def fused_twice(count, elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s):
    return under_both_roofs(2 * flops(count), 64 * lines(count), elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s)


@mistake(
    "m02_gemv_roofline",
    misconception="instructions for operations",
    loses=[INTENSITY, ALLOWED],
    hint="You counted instructions. Each of them works on a whole vector of numbers.",
)
def instructions_for_operations(count, elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s):
    return under_both_roofs(flops(count) / 16, 64 * lines(count), elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s)


@mistake(
    "m02_gemv_roofline",
    misconception="lines for bytes",
    loses=[INTENSITY, ALLOWED, NEAR],
    hint="A controller counts lines, and a line has many bytes. Weights used once, and yet beyond the ridge?",
)
def lines_for_bytes(count, elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s):
    return under_both_roofs(flops(count), lines(count), elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s)


@mistake(
    "m02_gemv_roofline",
    misconception="bytes by the shape",
    loses=[INTENSITY, ALLOWED, NEAR],
    hint="These are the bytes that should have moved. Take those that did: the controllers counted more.",
)
def bytes_by_the_shape(count, elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s):
    shape_bytes = 2 * 14_336 * 4_096 * 32 * 10
    return under_both_roofs(flops(count), shape_bytes, elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s)


@mistake(
    "m02_gemv_roofline",
    misconception="only what is read",
    loses=[INTENSITY, ALLOWED, NEAR],
    hint="The results are written as well, and lines on their way out need the same wires.",
)
def only_what_is_read(count, elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s):
    read_bytes = 64 * count["UNC_M_CAS_COUNT.RD"]
    return under_both_roofs(flops(count), read_bytes, elapsed_s, peak_flops_per_s, bandwidth_bytes_per_s)


@mistake(
    "m02_gemv_roofline",
    misconception="share of the peak",
    loses=[ALLOWED, NEAR],
    hint="You held the run against the arithmetic's peak. Here another roof is far lower. Which one binds?",
)
def share_of_the_peak(count, elapsed_s, peak_flops_per_s):
    return position(flops(count), 64 * lines(count), elapsed_s, peak_flops_per_s)


@mistake(
    "m02_gemv_roofline",
    misconception="the roof is what was reached",
    loses=[ALLOWED, NEAR],
    hint="You took the bandwidth that the run reached for the one that the memory has: by that, any run is perfect.",
)
def roof_is_what_was_reached(count, elapsed_s):
    return position(flops(count), 64 * lines(count), elapsed_s, flops(count) / elapsed_s)


# --- second reading: what the cores waited for -----------------------------------------------------------------------

CACHES, BEYOND = "the caches", "beyond the caches"


def stalled(count, whole):
    """Stalls beyond each level, as shares of some whole."""
    return [count[f"CYCLE_ACTIVITY.STALLS_{name}_MISS"] / whole for name in ("L1D", "L2", "L3")]


def part_of_level_2(count, riders=True):
    """Part of the clocks between the first two counts that belongs to level 2."""
    along = count["MEM_LOAD_RETIRED.FB_HIT"] / count["MEM_LOAD_RETIRED.L1_MISS"] if riders else 0
    loads = count["MEM_LOAD_RETIRED.L2_HIT"] * (1 + along)
    return loads / (loads + count["L1D_PEND_MISS.FB_FULL:c1"])


def levels(beyond, part):
    l2_bound, l3_bound = part * (beyond[0] - beyond[1]), beyond[1] - beyond[2]
    return {"l2_bound": l2_bound, "l3_bound": l3_bound, "dram_bound": beyond[0] - l2_bound - l3_bound}


@mistake(
    "m02_gemv_waits",
    misconception="shares of the slots",
    loses=[CACHES, BEYOND],
    hint="Your shares are a quarter of the right ones: you divided clocks by slots. Here the whole is clocks.",
)
def shares_of_the_slots(count):
    return levels(stalled(count, 4 * count["CPU_CLK_UNHALTED.THREAD"]), part_of_level_2(count))


@mistake(
    "m02_gemv_waits",
    misconception="shares of the stalls",
    loses=[CACHES, BEYOND],
    hint="These are shares of the stalled clocks. A program that hardly ever stalls would look just as bad.",
)
def shares_of_the_stalls(count):
    return levels(stalled(count, count["CYCLE_ACTIVITY.STALLS_MEM_ANY"]), part_of_level_2(count))


@mistake(
    "m02_gemv_waits",
    misconception="what misses level 1 waits for level 2",
    loses=[CACHES, BEYOND],
    hint="You gave level 2 all clocks between two counts. With the fill buffers taken, a load waits for DRAM's lines.",
)
def all_of_it_is_level_2(count):
    return levels(stalled(count, count["CPU_CLK_UNHALTED.THREAD"]), 1.0)


@mistake(
    "m02_gemv_waits",
    misconception="only what missed level 3",
    loses=[BEYOND],
    hint="DRAM also has the loads that found no fill buffer free. What you left out belongs to nobody in your table.",
)
def only_what_missed_level_3(count):
    beyond = stalled(count, count["CPU_CLK_UNHALTED.THREAD"])
    return levels(beyond, part_of_level_2(count)) | {"dram_bound": beyond[2]}


@mistake(
    "m02_gemv_waits",
    misconception="riders left behind",
    loses=[CACHES, BEYOND],
    hint="Loads that rode along in a filling buffer waited for level 2, too. Your count of its loads leaves them out.",
)
def riders_left_behind(count):
    return levels(stalled(count, count["CPU_CLK_UNHALTED.THREAD"]), part_of_level_2(count, riders=False))


@mistake(
    "m02_gemv_waits",
    misconception="percent",
    loses=[CACHES, BEYOND],
    hint="A hundred times too much: a share is a part of 1.",
)
def percent(count):
    return levels(stalled(count, count["CPU_CLK_UNHALTED.THREAD"] / 100), part_of_level_2(count))


# --- fewer bytes -----------------------------------------------------------------------------------------------------

MEMORY, UNPACKING = "memory decides", "unpacking decides"
SCALES, MANY = "scales of another width", "many widths, many machines"


def moving_s(weights, bits, bandwidth_bytes_per_s):
    return np.asarray(weights) * np.asarray(bits) / 8 / np.asarray(bandwidth_bytes_per_s)


@mistake(
    "m02_quantised_gemv_time_s",
    misconception="scales weigh nothing",
    loses=[MEMORY, SCALES, MANY],
    hint="The scales are read from the same memory. In groups of 32, 16 bits of scale are half a bit a weight.",
)
def scales_weigh_nothing(
    weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits=16
):
    moving = moving_s(weights, weight_bits, bandwidth_bytes_per_s)
    return np.maximum(moving, np.asarray(weights) / np.asarray(unpacked_weights_per_s))


@mistake(
    "m02_quantised_gemv_time_s",
    misconception="one after the other",
    loses=[MEMORY, UNPACKING, MANY],
    hint="You added the two times. While one line is unpacked, the next is on its way: the slower of the two decides.",
)
def one_after_the_other(
    weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits=16
):
    bits = np.asarray(weight_bits) + scale_bits / np.asarray(group_weights)
    return moving_s(weights, bits, bandwidth_bytes_per_s) + np.asarray(weights) / np.asarray(unpacked_weights_per_s)


@mistake(
    "m02_quantised_gemv_time_s",
    misconception="the faster decides",
    loses=[MEMORY, UNPACKING, SCALES, MANY],
    hint="You took the shorter time. Both have to be finished.",
)
def the_faster_decides(
    weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits=16
):
    bits = np.asarray(weight_bits) + scale_bits / np.asarray(group_weights)
    unpacking = np.asarray(weights) / np.asarray(unpacked_weights_per_s)
    return np.minimum(moving_s(weights, bits, bandwidth_bytes_per_s), unpacking)


@mistake(
    "m02_quantised_gemv_time_s",
    misconception="bits for bytes",
    loses=[MEMORY, SCALES, MANY],
    hint="Eight times too long: a bandwidth is in bytes, your weights are in bits.",
)
def bits_for_bytes(weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits=16):
    bits = np.asarray(weight_bits) + scale_bits / np.asarray(group_weights)
    moving = 8 * moving_s(weights, bits, bandwidth_bytes_per_s)
    return np.maximum(moving, np.asarray(weights) / np.asarray(unpacked_weights_per_s))


@mistake(
    "m02_quantised_gemv_time_s",
    misconception="a scale for each weight",
    loses=[MEMORY, SCALES, MANY],
    hint="You read a scale with every weight. Its group shares one.",
)
def a_scale_for_each_weight(
    weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits=16
):
    bits = np.asarray(weight_bits) + scale_bits * np.isfinite(group_weights)
    moving = moving_s(weights, bits, bandwidth_bytes_per_s)
    return np.maximum(moving, np.asarray(weights) / np.asarray(unpacked_weights_per_s))


@mistake(
    "m02_quantised_gemv_time_s",
    misconception="unpacking is free",
    loses=[UNPACKING, MANY],
    hint="You left the cores out. Fewer bits are more instructions, and at some width these are what is waited for.",
)
def unpacking_is_free(
    weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits=16
):
    return moving_s(weights, np.asarray(weight_bits) + scale_bits / np.asarray(group_weights), bandwidth_bytes_per_s)


@mistake(
    "m02_quantised_gemv_time_s",
    misconception="every scale has sixteen bits",
    loses=[SCALES],
    hint="Your scales are as wide as the default, whatever is asked for.",
)
def every_scale_has_sixteen_bits(
    weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits=16
):
    moving = moving_s(weights, np.asarray(weight_bits) + 16 / np.asarray(group_weights), bandwidth_bytes_per_s)
    return np.maximum(moving, np.asarray(weights) / np.asarray(unpacked_weights_per_s))
