# %% [markdown]
# # Module 2 · Tools & Methods: practical
#
# Somebody shows you a kernel that takes 3 ms and asks: *is that good?* You cannot answer from the 3 ms. You need to
# know what the machine would have allowed, where the time went, and whether the numbers that told you so can be
# believed. This notebook builds the tools that answer exactly these questions, and uses them:
#
# 1. **Roofline:** what does the machine *allow*?
# 2. **Top-Down:** where did the core's slots *go*, and which node of the tree is in the way?
# 3. **Multiplexing, calibration, metric files:** can the numbers be *trusted*?
# 4. **Differential Top-Down:** what made version 2 slower?
#
# There are fourteen exercises, 63 points, and about two hours of work. Write your answer where it says `YOUR CODE
# HERE`; add cells of your own wherever you like to try things out. The cell below each answer holds tests that you can
# see. **When they pass, and Validate passes, that is the beginning:** the hidden checks try other machines, other
# programs and the cases at the edge that the text names.
#
# Units stand in the names, SI base units throughout: `_flops_per_s`, `_bytes_per_s`, `_s`. A *flop* is one
# floating-point operation; a fused multiply-add is two.

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.6), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## 1. What does the machine allow?
#
# A kernel does $W$ operations and moves $Q$ bytes between the memory and the chip. Its *operational intensity* is the
# ratio of the two,
#
# $$ I = W / Q \qquad [\text{flop/B}] $$
#
# and it belongs to the kernel, not to the machine. The machine brings two numbers of its own: the peak of its
# arithmetic, $P_\text{peak}$ in flop/s, and the bandwidth of its memory, $B$ in B/s. The arithmetic alone needs at
# least $W / P_\text{peak}$ seconds. The traffic alone needs at least $Q / B$ seconds. At best the two overlap
# completely.
#
# From there it is one step to an upper bound on the performance $P = W / T$ that any kernel of intensity $I$ can
# attain: the **roofline** of Williams, Waterman and Patterson (CACM 52(4), 2009). Take that step yourself, on paper,
# before you go on.
#
# **What the model leaves out.** It knows nothing of latency: a kernel with too little parallelism stays far below both
# roofs. It counts the traffic of *one* level, the memory. And the peak is the peak of a particular instruction: without
# tensor cores, or without fused multiply-adds, the roof of the same chip is lower.
#
# **Exercise 1** (3 points, 6 minutes). Write `attainable_flops_per_s`. Each argument may be a number or an array, and
# they broadcast as numpy's arithmetic does: 200 intensities against one machine, or one kernel against five machines. A
# kernel that never touches memory has infinite intensity; that is a legitimate question. A negative intensity, a value
# that is not a number, or a machine without peak or bandwidth is not.


# %% exercise={"id": "m02_attainable_flops_per_s", "reference": "m02_tools_methods.roofline:attainable_flops_per_s"}
def attainable_flops_per_s(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    """Performance that a roofline allows [flop/s]; the arguments may be arrays, and broadcast.

    intensity_flops_per_byte: operations per byte of memory traffic, 0 to infinity, both included [flop/B]
    peak_flops_per_s:         peak of the arithmetic units [flop/s]
    bandwidth_bytes_per_s:    peak bandwidth of the memory [B/s]

    Raises ValueError if an intensity is negative or NaN, or a peak or bandwidth is zero, negative or NaN.
    """
    ### SOLUTION


# %% tests={"id": "m02_attainable_flops_per_s"}
# An H100 SXM: 989.4 Tflop/s in dense BF16, 3.35 TB/s.
slow = attainable_flops_per_s(1.0, 989.4e12, 3.35e12)
assert np.isclose(slow, 3.35e12), f"at 1 flop/B an H100 can attain 3.35 Tflop/s, not {slow:.4g} flop/s"
fast = attainable_flops_per_s(10_000.0, 989.4e12, 3.35e12)
assert np.isclose(fast, 989.4e12), f"at 10,000 flop/B an H100 can attain 989.4 Tflop/s, not {fast:.4g} flop/s"
grid = attainable_flops_per_s([[0.5], [5.0]], 100e9, [10e9, 20e9, 40e9])
assert np.shape(grid) == (2, 3), (
    f"2 intensities against 3 bandwidths give a table of shape (2, 3), not {np.shape(grid)}"
)
try:
    attainable_flops_per_s(-1.0, 100e9, 10e9)
except ValueError:
    pass
else:
    raise AssertionError("a negative intensity must raise ValueError")

# %% [markdown]
# ### Count before you run
#
# Where do $W$ and $Q$ come from? For the kernels that language models are made of, from their shapes alone: nobody has
# to run anything. Take the product of two matrices (GEMM), $C = A B$, with $A$ of $m \times k$ and $B$ of $k \times n$
# elements. Each element of $C$ is a sum of $k$ terms, and each term costs a multiplication and an addition. As for the
# bytes, count those that no machine can avoid, the *compulsory* traffic: $A$ and $B$ are read once, $C$ is written
# once, and caches hold whatever is used again.
#
# A matrix times a vector (GEMV) needs no formula of its own: it is the case $m = 1$, or $n = 1$. An element has $b$
# bytes, in all three matrices: 4 in FP32, 2 in BF16, 1 in FP8, and half a byte in a format of 4 bits.
#
# **What the model leaves out.** Tiles that do not fit, so that operands are read again; a $C$ that is added to what was
# there before, and so is read as well; the scales of a 4-bit format. All of them add bytes: what you count is the
# *largest* intensity that such a kernel can have.
#
# **Exercise 2** (3 points, 6 minutes). Write `gemm_flops_per_byte`. Each argument may be a number or an array, and they
# broadcast, as in exercise 1. All sizes are positive; you need not refuse anything.


# %% exercise={"id": "m02_gemm_flops_per_byte", "reference": "m02_tools_methods.intensity:gemm_flops_per_byte"}
def gemm_flops_per_byte(m, n, k, element_bytes=2):
    """Operational intensity of a product of an m by k and a k by n matrix [flop/B]; the arguments broadcast.

    m:             rows of the first matrix and of the result; 1 for a row vector [1]
    n:             columns of the second matrix and of the result; 1 for a column vector [1]
    k:             columns of the first, rows of the second [1]
    element_bytes: bytes of one element of each of the three matrices: 2 in BF16 [B]
    """
    ### SOLUTION


# %% tests={"id": "m02_gemm_flops_per_byte"}
square = gemm_flops_per_byte(3000, 3000, 3000)
assert np.isclose(square, 1000), f"three square matrices of 3,000 by 3,000 in BF16 give 1,000 flop/B, not {square:.5g}"
one_row = gemm_flops_per_byte(1, 4096, 4096)
assert np.isclose(one_row, 0.99951, rtol=1e-5), f"one row times 4,096 by 4,096 weights: 0.99951, not {one_row:.5g}"
single = gemm_flops_per_byte(3000, 3000, 3000, element_bytes=4)
assert np.isclose(single, 500), f"in FP32 each element has twice the bytes: 500 flop/B, not {single:.5g}"
table = gemm_flops_per_byte([[1], [64]], 4096, 4096, [1, 2, 4])
assert np.shape(table) == (2, 3), f"2 batches in 3 formats give a table of shape (2, 3), not {np.shape(table)}"

# %% [markdown]
# ### The same product on three machines
#
# Decoding a language model multiplies the weights ($k = n = 4096$, say) with one row per request: $m$ is the batch. The
# larger the batch, the more often each weight is used once it is there.

# %%
DEVICES = {  # dense BF16 peak [flop/s], memory bandwidth [B/s]; NVIDIA's data sheets and H100 white paper
    "H100 SXM": (989.4e12, 3.35e12),
    "A100 SXM 80 GB": (312e12, 2.039e12),
    "A100 SXM 40 GB": (312e12, 1.555e12),
}
batch = 2 ** np.arange(0, 13, 2)
width = 4096
of_batch = gemm_flops_per_byte(batch, width, width)

intensity = np.geomspace(0.25, 8192, 400)
figure, axes = plt.subplots()
for (device, (peak, bandwidth)), colour in zip(DEVICES.items(), (BLUE, ORANGE, GREEN), strict=True):
    axes.loglog(intensity, attainable_flops_per_s(intensity, peak, bandwidth) / 1e12, color=colour, label=device)
    axes.loglog(
        of_batch,
        attainable_flops_per_s(of_batch, peak, bandwidth) / 1e12,
        "o",
        color=colour,
        markersize=5,
    )
axes.text(0.3, 0.32, "m =", fontsize=8, color=GREY)
for size, at in zip(batch, of_batch, strict=True):
    axes.text(at, 0.32, size, ha="center", fontsize=8, color=GREY)
    axes.axvline(at, ymin=0.09, color=GREY, linewidth=0.4, linestyle=":")
axes.set(
    xlabel="operational intensity [flop/B]",
    ylabel="attainable [Tflop/s]",
    ylim=(0.25, 2000),
    title="One weight matrix, growing batches, three roofs",
)
axes.legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# **Notice.**
#
# - At $m = 1$ the intensity is 1 flop/B. The H100 has three times the arithmetic of an A100, and here all of it is idle
#   but 0.3 %. What you pay for is bandwidth.
# - The ridges lie at 295, 153 and 201 flop/B, so of the two A100s the one with the *weaker* memory needs the *larger*
#   batch before its arithmetic is busy. At $m = 256$ both stand under their flat roof, and the H100 does not: a kernel
#   is never "memory-bound" in itself; it is so on a machine.
# - Which lever would you pull at $m = 16$: faster arithmetic, faster memory, or smaller weights? Only two of them move
#   the point that you see.

# %% [markdown]
# ### Attention: a batch does not help
#
# The other kernel of a language model has shapes of its own. There are $q$ positions that ask, each with a *query*, and
# $k$ positions that are asked, each with a *key* and a *value*. In every one of $H$ heads, of $d$ elements per
# position, they meet in two products:
#
# $$ S = Q K^\mathsf{T} \quad (q \times k), \qquad O = P V \quad (q \times d) $$
#
# The probabilities $P$ are the softmax of the scores $S$, row by row. That costs little beside the two products: count
# no operations for it. With **grouped-query attention** several query heads share one head of keys and values. There
# are only $H_{kv}$ of these, and each is read *once* for all that share it; the two products are done for each of the
# $H$ query heads all the same.
#
# Which bytes? Queries are read, results are written, keys and values are read. A **fused** kernel (FlashAttention: Dao
# et al., NeurIPS 2022) keeps $S$ and $P$ on the chip. One that is not fused sends them through memory, in every query
# head: the first product writes $S$, the softmax reads it and writes $P$, the second product reads that. All elements
# have the same number of bytes.
#
# **What the model leaves out.** Masks: where a prompt does not look ahead, half of the scores are never needed. And a
# fused kernel reads keys and values once for each *block* of queries that fits on the chip, so several times for a
# long prompt.
#
# **Exercise 3** (4 points, 9 minutes). Write `attention_flops_per_byte`. Again the arguments broadcast, `fused`
# included, and all sizes are positive.


# %% exercise={"id": "m02_attention_flops_per_byte","reference": "m02_tools_methods.attention:attention_flops_per_byte"}
def attention_flops_per_byte(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    """Operational intensity of one layer's attention [flop/B]; the arguments broadcast.

    queries:       positions that ask [1]
    keys:          positions that are asked, all of them by each query [1]
    heads:         heads of queries [1]
    kv_heads:      heads of keys and values [1]
    head_dim:      elements of a head at one position [1]
    element_bytes: bytes of one element, whatever it is an element of: 2 in BF16 [B]
    fused:         whether scores and probabilities stay on the chip; a truth value, or an array of them
    """
    ### SOLUTION


# %% tests={"id": "m02_attention_flops_per_byte"}
prompt = attention_flops_per_byte(queries=4096, keys=4096, heads=32, kv_heads=32, head_dim=128)
assert np.isclose(prompt, 2048), f"a prompt of 4,096 tokens, fused, has 2,048 flop/B, not {prompt:.5g}"
one_more = attention_flops_per_byte(queries=1, keys=4096, heads=64, kv_heads=8, head_dim=128)
assert np.isclose(one_more, 7.9844, rtol=1e-4), f"one token, 8 query heads to a head of keys: 7.984, not {one_more:.5g}"
stored = attention_flops_per_byte(queries=4096, keys=4096, heads=32, kv_heads=32, head_dim=128, fused=False)
assert np.isclose(stored, 62.061, rtol=1e-4), f"the same prompt, not fused: 62.06 flop/B, not {stored:.5g}"
both = attention_flops_per_byte([[1], [512]], 512, 8, 8, 64, fused=[True, False])
assert np.shape(both) == (2, 2), f"2 numbers of queries, fused and not, give a table of shape (2, 2): {np.shape(both)}"

# %%
asking = 2 ** np.arange(0, 13)
figure, axes = plt.subplots()
for label, kv_heads, fused, colour in (
    ("64 heads of keys, fused", 64, True, BLUE),
    ("8 heads of keys, fused", 8, True, GREEN),
    ("64 heads of keys, not fused", 64, False, ORANGE),
):
    of_attention = attention_flops_per_byte(asking, 4096, 64, kv_heads, 128, fused=fused)
    axes.loglog(asking, of_attention, "o-", color=colour, markersize=4, linewidth=1.2, label=label)
for device in ("H100 SXM", "A100 SXM 80 GB"):
    peak, bandwidth = DEVICES[device]
    axes.axhline(peak / bandwidth, color=GREY, linewidth=0.6, linestyle=":")
    axes.text(1, 1.04 * peak / bandwidth, f"ridge of {device}", fontsize=8, color=GREY)
axes.set(
    xlabel="queries at a time",
    ylabel="operational intensity [flop/B]",
    title="Attention over 4,096 keys: 64 query heads of 128 elements, BF16",
)
axes.legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# **Notice.**
#
# - One query at a time is decoding: 1 flop/B without sharing, however long the context. And here a batch does *not*
#   help: each request brings keys of its own, so operations and bytes grow together. It was the weights that requests
#   shared, and nobody shares a cache.
# - What helps is more queries per key. Eight query heads to a head of keys bring eight times the intensity. So do
#   eight positions at a time, which is why checking eight guessed tokens costs hardly more than making one.
# - Fused, with equal heads, the size of a head cancels: only the two lengths are left. Not fused, it is the limit: with
#   scores in memory a long prompt has nearly 64 flop/B, $d / b$, and stays below both ridges for ever. Fusing makes no
#   operation cheaper. It removes bytes.

# %% [markdown]
# ## 2. A roof for each level
#
# Between memory and arithmetic lie caches, and each level has a bandwidth and a traffic of its own. The **hierarchical
# roofline** (Yang, Kurth and Williams, CCPE 32(20), 2020) draws one roof for each level $l$, and gives a kernel one
# intensity for each level, $I_l = W / Q_l$, under the same $P_\text{peak}$. A kernel has only one performance, though:
# its points lie at the same height, side by side.
#
# Below is what a profiler gave for a real kernel (Nsight Compute calls such numbers `dram__bytes.sum.per_second`):
# **GPP**, the hot loop of the materials code BerkeleyGW, in double precision on one V100. The parameter `nw` says how
# many results are computed from data that are loaded once. The machine's numbers are measured as well, by a
# micro-benchmark (ERT): no vendor's peak, but what a kernel really can get.

# %%
V100_PEAK_FLOPS_PER_S = 7068.86e9  # double precision, fused multiply-adds
V100_WITHOUT_FMA_FLOPS_PER_S = 3535.79e9
V100_BANDWIDTHS_BYTES_PER_S = {"L1": 14336e9, "L2": 2996.77e9, "HBM": 828.758e9}
gpu_kernels = pd.read_csv("data/gpu_kernels.csv", comment="#")
(gpu_kernels.set_index("kernel") / 1e9).rename_axis(columns="in 10⁹")

# %% [markdown]
# **A figure is data before it is a picture.** A plot that a script makes for 300 kernels every night is looked at by
# nobody until something is wrong. So let the script make a plain object first: axes, series, marks. It can be
# tested, compared with yesterday's, and drawn at the end.
#
# **Exercise 4** (7 points, 14 minutes). Write `roofline_figure`. Three things to think about:
#
# - Both axes are logarithmic. On them a roof is a polyline with one corner.
# - A logarithmic axis has no zero and no infinity. A kernel that computes nothing, such as a copy, has no place on it;
#   a level that sees no traffic gives its kernel no point. Whoever cannot be drawn at all is *named*.
# - Nothing lies on the frame. Let an axis begin at half of the smallest value that it shows, and end at twice the
#   largest: along x of all ridges and points, along y of all roofs and points.


# %% exercise={"id": "m02_roofline_figure", "reference": "m02_tools_methods.figures:roofline_figure"}
def roofline_figure(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    """Hierarchical roofline plot as plain data.

    kernels: table, as a data frame or as a dict of lists, one row a kernel: its name `kernel`, its performance
        `flops_per_s` [flop/s], and for each level its traffic `<level>_bytes_per_s` [B/s]
    peak_flops_per_s: peak of the arithmetic units [flop/s]
    bandwidths_bytes_per_s: dict, level of memory -> its bandwidth [B/s]

    Returns a dict with
        title:    a text
        x, y:     dicts with `label` (ending in the unit, [flop/B] or [flop/s]), `scale` ("log"), `limits` ([low, high])
        series:   list of dicts with `label`, `kind`, `x`, `y`. First for each level its roof, of kind "line", labelled
                  with the level, from the left limit over the ridge to the right limit. Then each kernel, of kind
                  "points", labelled with its name: its intensities in the order of the levels, its performance as often
        marks:    list of dicts with `label`, `x`, `y`: the ridge of each level, labelled with the level
        left_out: list of the names of kernels that have no point
    """
    ### SOLUTION


# %% tests={"id": "m02_roofline_figure"}
# Two kernels on a machine of 100 Gflop/s, 400 GB/s from L2 and 10 GB/s from memory.
two_kernels = {
    "kernel": ["triad", "copy"],
    "flops_per_s": [0.8e9, 0.0],
    "L2_bytes_per_s": [16e9, 9e9],
    "DRAM_bytes_per_s": [8e9, 9e9],
}
plain = roofline_figure(two_kernels, 100e9, {"L2": 400e9, "DRAM": 10e9})
assert set(plain) == {"title", "x", "y", "series", "marks", "left_out"}, f"these parts: {sorted(plain)}"
assert [one["label"] for one in plain["series"]] == ["L2", "DRAM", "triad"], "two roofs and one kernel, in this order"
triad = plain["series"][2]
assert np.allclose(triad["x"], [0.05, 0.1]), f"the triad does 0.05 flop per byte of L2, 0.1 per byte of DRAM: {triad}"
assert np.allclose(triad["y"], 0.8e9), f"and 0.8 Gflop/s, at both: {triad}"
assert [mark["x"] for mark in plain["marks"]] == [0.25, 10.0], f"the ridges lie at 0.25 and 10 flop/B: {plain['marks']}"
assert plain["left_out"] == ["copy"], f"a copy computes nothing: {plain['left_out']}"
assert np.allclose(plain["x"]["limits"], [0.025, 20]), f"from half of 0.05 to twice 10 flop/B: {plain['x']}"

# %% [markdown]
# Now the picture. `draw` draws any such object; look at how little it has to decide.


# %%
def draw(plain, colours):
    """Draw a figure that is plain data: lines, points or stacked bars, and a label on each mark."""
    axes = plt.figure().subplots()
    for number, one in enumerate(plain["series"]):
        colour = colours[number % len(colours)]
        if one["kind"] == "bars":
            axes.barh(one["x"], one["y"], left=one["base"], color=colour, label=one["label"].replace("_", " "))
        elif one["kind"] == "line":
            axes.plot(one["x"], one["y"], color=colour, linewidth=1.6)
        else:
            axes.plot(one["x"], one["y"], "o-", color=colour, markersize=5, linewidth=0.9, label=one["label"])
    lying = plain["x"]["scale"] == "category"  # long names read better beside bars that lie
    if lying:
        axes.set(ylim=(len(plain["x"]["limits"]) - 0.4, -0.6), xlim=plain["y"]["limits"], xlabel=plain["y"]["label"])
    else:
        axes.set(xscale=plain["x"]["scale"], xlim=plain["x"]["limits"], xlabel=plain["x"]["label"])
        axes.set(yscale=plain["y"]["scale"], ylim=plain["y"]["limits"], ylabel=plain["y"]["label"])
    axes.set_title(plain["title"] + (f" (left out: {', '.join(plain['left_out'])})" if plain["left_out"] else ""))
    for mark in plain["marks"]:
        across, up = (mark["y"], mark["x"]) if lying else (mark["x"], mark["y"])
        axes.annotate(
            "\u25cf" if lying else f"{mark['label']}\n{across:.2g}",
            (across, up),
            xytext=(0, 0 if lying else 4),
            textcoords="offset points",
            ha="center",
            va="center" if lying else "bottom",
            fontsize=9,
            color="white" if lying else GREY,
        )
    return axes


roofs, kernels = ["#B0B0B0", "#8A8A8A", "#4D4D4D"], list(plt.get_cmap("viridis")(np.linspace(0, 0.9, 6)))
axes = draw(roofline_figure(gpu_kernels, V100_PEAK_FLOPS_PER_S, V100_BANDWIDTHS_BYTES_PER_S), roofs + kernels)
axes.axhline(V100_WITHOUT_FMA_FLOPS_PER_S, color=GREY, linewidth=0.8, linestyle=":")
axes.text(26, 0.84 * V100_WITHOUT_FMA_FLOPS_PER_S, "without fused multiply-add", ha="right", fontsize=8, color=GREY)
axes.legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# **Notice.** Each kernel has three points from left to right: L1, L2, HBM.
#
# - At `nw=1` the right point touches the roof of HBM: 97 % of the bandwidth is used. Whoever had looked at L1 alone,
#   where it is a sixth of the bandwidth, would have optimised the wrong thing.
# - Larger `nw` moves the HBM point to the *right*: more results from the same data. As long as HBM binds, performance
#   rises along the roof.
# - From `nw=3` on the point still moves away from the roof, and performance hardly does. The kernel has passed the
#   ceiling without fused multiply-adds, and is well below the peak: only some of its instructions are fused. More
#   intensity buys nothing now; the instruction mix does.
# - The gap between the L1 and the L2 point is what L1 saves. At `nw=1` the points of L2 and HBM nearly coincide: what
#   L2 delivers has just come from memory, and the cache is a detour.

# %% [markdown]
# ## 3. Where did the slots go?
#
# The roofline says what is possible. When a program stays below it, the core itself can tell why. In each clock a core
# of *width* $w$ can pass up to $w$ micro-operations (µops) from its front end, which fetches and decodes, to its back
# end, which executes. Over $C$ clocks that makes $S = w \cdot C$ **slots**, and each of them came to exactly one of
# four ends:
#
# | end of a slot | what happened | events of Skylake-SP, where $w = 4$ |
# |---|---|---|
# | **retiring** | a µop passed, and its result was kept | `UOPS_RETIRED.RETIRE_SLOTS` |
# | **bad speculation** | a µop passed, but was thrown away | `UOPS_ISSUED.ANY` counts *all* that passed |
# | | the core was recovering from a wrong guess | `INT_MISC.RECOVERY_CYCLES`, in *clocks* |
# | **front-end bound** | the back end had room, but no µop came | `IDQ_UOPS_NOT_DELIVERED.CORE` |
# | **back-end bound** | a µop was there, but the back end had no room | none: it is what is left |
#
# In a clock of recovery all $w$ slots are lost. A back end has no room while it waits for data, or for a busy unit.
#
# This is level 1 of the **Top-Down** method (Yasin, ISPASS 2014). Its beauty is that the four shares add up to one:
# what you win in one place, you see again in another.
#
# **With multithreading** (`SMT_ON` is 1) two threads share the core and its slots, and every column holds the *sum* of
# what both threads counted. The clocks need care. `CPU_CLK_UNHALTED.THREAD` counts while its own thread runs.
# `CPU_CLK_UNHALTED.THREAD_ANY` counts every clock in which *either* thread runs, and it does so on both threads: the
# sum has each clock of the core twice. The same goes for `INT_MISC.RECOVERY_CYCLES` and its `_ANY`. Without
# multithreading, use the two plain ones.
#
# **What the model leaves out.** Shares, not speed: a core can retire a great many useless instructions. And *back-end
# bound* is found by subtraction, so it takes the errors of the other three. It may even come out a little negative. Do
# not hide that: it tells you that the counts do not fit together.

# %%
COUNTERS = [
    "SMT_ON",
    "CPU_CLK_UNHALTED.THREAD",
    "CPU_CLK_UNHALTED.THREAD_ANY",
    "IDQ_UOPS_NOT_DELIVERED.CORE",
    "INT_MISC.RECOVERY_CYCLES",
    "INT_MISC.RECOVERY_CYCLES_ANY",
    "UOPS_ISSUED.ANY",
    "UOPS_RETIRED.RETIRE_SLOTS",
]
counters = pd.read_csv("data/counters.csv", comment="#", index_col="workload")
counters.loc[["dense_gemm", "tokenizer", "json_parser_smt"], COUNTERS].T  # three of nine programs

# %% [markdown]
# **Exercise 5** (7 points, 14 minutes). Write `topdown_level_1`. It takes such a table, a data frame or a dictionary of
# columns, with one row per workload, and gives the table of the four shares. Some rows may have multithreading on and
# others off. A workload whose core never ran a clock has no shares: not zero, but NaN.


# %% exercise={"id": "m02_topdown_level_1", "reference": "m02_tools_methods.topdown:topdown_level_1"}
def topdown_level_1(counters, width=4):
    """Shares of the slots in the four categories of Top-Down level 1, one row per workload.

    counters: table with (at least) the columns COUNTERS, as a data frame or as a dict of lists or arrays [1]
    width:    micro-operations that the core can pass per clock [1]

    Returns a table, data frame or dict of arrays, with the columns retiring, bad_speculation, frontend_bound and
    backend_bound, in the order of the rows [1]. All four are NaN for a workload without a clock.
    """
    ### SOLUTION


# %% tests={"id": "m02_topdown_level_1"}
# Ten clocks are 40 slots: 20 retire, 2 are thrown away, 2 go in half a clock of recovery, 6 arrive empty; 10 are left.
ten_clocks = {name: [0.5 if "RECOVERY" in name else 10] for name in COUNTERS}
ten_clocks |= {
    "SMT_ON": [0],
    "IDQ_UOPS_NOT_DELIVERED.CORE": [6],
    "UOPS_ISSUED.ANY": [22],
    "UOPS_RETIRED.RETIRE_SLOTS": [20],
}
shares = pd.DataFrame(topdown_level_1(ten_clocks))
assert set(shares.columns) == {"retiring", "bad_speculation", "frontend_bound", "backend_bound"}, (
    f"these columns: {list(shares.columns)}"
)
for category, expected in {
    "retiring": 0.5,
    "bad_speculation": 0.1,
    "frontend_bound": 0.15,
    "backend_bound": 0.25,
}.items():
    found = float(shares[category].iloc[0])
    assert np.isclose(found, expected), f"{category} should be {expected}, not {found:.4g}"
everything = pd.DataFrame(topdown_level_1(counters))
assert everything.shape == (len(counters), 4), f"one row per workload and four columns, not {everything.shape}"
assert np.allclose(everything.sum(axis=1), 1), "the shares of each workload add up to 1"

# %% [markdown]
# ### See the bottleneck
#
# Nine workloads with four shares are 36 numbers, and nobody sees the bottleneck in 36 numbers. A stack of bars shows
# it: each workload one bar that ends at 100 %, each category one layer, and a mark on the largest layer that is *not*
# useful work. A share below zero cannot stand on a stack. A picture that draws it anyway lies; one that clips it, or
# drops the workload without a word, lies as well.
#
# **Exercise 6** (4 points, 9 minutes). Write `bottleneck_figure`, in the same form as in exercise 4.


# %% exercise={"id": "m02_bottleneck_figure", "reference": "m02_tools_methods.figures:bottleneck_figure"}
def bottleneck_figure(shares, workloads):
    """Stacked bars in percent, a mark on the bottleneck of each, as plain data.

    shares: table, as a data frame or as a dict of lists or arrays: category -> its share in each workload [1];
        `retiring` is one of the categories, and never a bottleneck
    workloads: list of their names, in the order of the rows

    Returns a dict with
        title:    a text
        x:        dict with `label`, `scale` ("category") and `limits` (names of the workloads that are drawn, in order)
        y:        dict with `label` (ending in its unit, [%]), `scale` ("linear") and `limits` ([0, 100])
        series:   for each category, in order, a dict with `label` (its name), `kind` ("bars"), and lists with one entry
                  for each workload that is drawn: `x` (its name), `y` (height of the layer [%]), `base` (what it stands
                  on [%])
        marks:    for each workload that is drawn a dict with `label` (the category of its largest layer but retiring),
                  `x` (its name), `y` (the middle of that layer [%])
        left_out: list of the workloads that are not drawn: those with a share that is negative or NaN, and those whose
                  shares do not add up to one within a thousandth
    """
    ### SOLUTION


# %% tests={"id": "m02_bottleneck_figure"}
three = {"retiring": [0.5, 0.25, 0.9], "stalled": [0.3, 0.55, 0.2], "starved": [0.2, 0.2, -0.1]}
plain = bottleneck_figure(three, ["sort", "join", "noisy"])
layers = {one["label"]: one for one in plain["series"]}
assert list(layers) == ["retiring", "stalled", "starved"], f"a layer for each category: {list(layers)}"
assert np.allclose(layers["stalled"]["y"], [30, 55]), f"30 % and 55 % of the slots stalled: {layers['stalled']}"
assert np.allclose(layers["stalled"]["base"], [50, 25]), f"on top of what retired: {layers['stalled']}"
assert [mark["label"] for mark in plain["marks"]] == ["stalled", "stalled"], f"the bottlenecks: {plain['marks']}"
assert np.isclose(plain["marks"][0]["y"], 65), f"the middle between 50 and 80 is 65: {plain['marks'][0]}"
assert plain["left_out"] == ["noisy"], f"a share below zero cannot be stacked: {plain['left_out']}"

# %%
shares = pd.DataFrame(
    {name: np.asarray(column) for name, column in dict(topdown_level_1(counters)).items()}, index=counters.index
)
categories = ["retiring", "bad_speculation", "frontend_bound", "backend_bound"]
plain = bottleneck_figure(shares[categories], list(counters.index))
axes = draw(plain, [GREEN, RED, ORANGE, BLUE])
axes.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.4, -0.14))
plt.show()

# %% [markdown]
# What would it pay to remove a bottleneck? If a share $f$ of the time vanished and everything else stayed as it is, the
# program would be $1 / (1 - f)$ times as fast (Amdahl 1967, with the speed of that part taken to infinity).

# %%
payoff = pd.DataFrame(
    [(mark["x"], mark["label"], 1 / (1 - shares.loc[mark["x"], mark["label"]])) for mark in plain["marks"]],
    columns=["workload", "bottleneck", "at most x times as fast"],
)
payoff.sort_values("at most x times as fast", ascending=False).round(2).reset_index(drop=True)

# %% [markdown]
# **Notice.**
#
# - `stream_triad`, `decode_gemv` and `embedding_lookup` look alike here, though the first two stream through memory and
#   the third jumps about in it. Level 1 says *back end*; it cannot say more.
# - The payoff is a bound from above. Slots are not time that can be removed: behind every stall stands the next one.
#   The roofline knows the better bound for `decode_gemv`, which is the bandwidth.
# - `tokenizer` loses a fifth of its slots to wrong guesses, and part of its front-end share is the same illness: after
#   each wrong guess the front end must start again. Heal the branches first, then look again.
# - `json_parser_smt` has its mark on a layer that is hardly larger than the next. A mark alone would hide that.
# - `sort_multiplexed` was left out, and named: its back-end share is below zero. Something is wrong with its counts.
#   What, is the subject of section 4.

# %% [markdown]
# ### A core that counts its slots itself
#
# From Ice Lake on, nobody has to put level 1 together from events. The core books each slot itself. A register,
# **PERF_METRICS**, holds the four shares, in fields of eight bits; a counter beside it, `TOPDOWN.SLOTS`, holds how many
# slots there were (Linux, `tools/perf/Documentation/topdown.txt`). Neither needs a programmable counter, so neither has
# to take turns. What comes out is still not level 1, for three reasons.
#
# **The fields are proportions.** One tool prints them as they lie in the register, 0 to 255, another one in percent, a
# third one times the slots. So the whole is the *sum of the four fields*, whatever unit they are in: not 255, which
# rounding often misses, and not `TOPDOWN.SLOTS`, which may have been read at another time. A field that has reached
# the end of its range, such as 255, is no special case.
#
# **Some slots are booked on the wrong account.** Intel's metrics files (Ice Lake-SP and Sapphire Rapids, TMA 5.2)
# correct two things. Both are counts over the whole interval, so these are shares of `TOPDOWN.SLOTS`:
#
# - `INT_MISC.UOP_DROPPING` estimates *slots* that are booked on the front end, and were lost for another reason. They
#   are taken off the front end's share.
# - On the five-wide Ice Lake each *clear* of the pipeline (`INT_MISC.CLEARS_COUNT`) costs `clear_slots` = 5 slots that
#   should stand on the back end's account and do not. They are added to its share. Sapphire Rapids needs no such
#   correction: there `clear_slots` is 0, and the table need not have that column at all.
#
# **Bad speculation takes what remains** when the corrected three are taken off one; its own field serves to make the
# whole, and for nothing else. If the corrections have left less than nothing, it is zero, and the four then add up to
# *more* than one. Only here do those files cut anything off: the front end's share may be negative.
#
# **What the model leaves out.** The eight bits. And the correction for dropped slots is an estimate: the list of events
# says so itself.
#
# **Exercise 7** (5 points, 10 minutes). Write `perf_metrics_level_1`. The table is of the same kind as in exercise 5. A
# workload whose core had no slot, or whose four fields are all zero, has no shares: all four are NaN.


# %%
METRICS = ["PERF_METRICS.RETIRING", "PERF_METRICS.BAD_SPECULATION"]
METRICS += ["PERF_METRICS.FRONTEND_BOUND", "PERF_METRICS.BACKEND_BOUND"]


# %% exercise={"id": "m02_perf_metrics_level_1", "reference": "m02_tools_methods.perf_metrics:perf_metrics_level_1"}
def perf_metrics_level_1(counters, clear_slots=0):
    """Shares of the slots in the four categories of Top-Down level 1, one row per workload, from PERF_METRICS.

    counters:    table with (at least) the columns METRICS, INT_MISC.UOP_DROPPING and TOPDOWN.SLOTS, as a data frame or
                 as a dict of lists or arrays; INT_MISC.CLEARS_COUNT is there if clears cost slots [1]
    clear_slots: slots that each clear costs the back end, to be added to its share [1]

    Returns a table, data frame or dict of arrays, with the columns retiring, bad_speculation, frontend_bound and
    backend_bound, in the order of the rows [1]. All four are NaN for a workload without a slot or without a field
    above zero.
    """
    ### SOLUTION


# %% tests={"id": "m02_perf_metrics_level_1"}
# The fields add up to 200: 80 retiring. Of 100 slots, 5 were dropped, and each of 2 clears cost the back end 5.
one_core = {name: [field] for name, field in zip(METRICS, (80, 20, 50, 50), strict=True)}
one_core |= {"INT_MISC.UOP_DROPPING": [5], "TOPDOWN.SLOTS": [100]}
for table, clear_slots, expected in (
    (one_core, 0, {"retiring": 0.4, "bad_speculation": 0.15, "frontend_bound": 0.2, "backend_bound": 0.25}),
    (
        one_core | {"INT_MISC.CLEARS_COUNT": [2]},
        5,
        {"retiring": 0.4, "bad_speculation": 0.05, "frontend_bound": 0.2, "backend_bound": 0.35},
    ),
):
    booked = pd.DataFrame(perf_metrics_level_1(table, clear_slots))
    assert set(booked.columns) == set(expected), f"these columns: {list(booked.columns)}"
    for category, share in expected.items():
        found = float(booked[category].iloc[0])
        assert np.isclose(found, share), f"{category} should be {share} if a clear costs {clear_slots}, not {found:.4g}"
idle = pd.DataFrame(perf_metrics_level_1({name: [0] for name in one_core}))
assert idle.isna().all(axis=None), f"no slots, no shares: NaN, and not {idle.to_dict('records')}"

# %% [markdown]
# What do eight bits cost? Below, the shares that you found for the programs above (all but the one that does not fit
# together) are put into such fields, each rounded to a whole number of 255ths, and read by your function.

# %%
sound = shares.loc[(shares[categories] >= 0).all(axis=1), categories]
fields = (255 * sound).round().set_axis([f"PERF_METRICS.{category.upper()}" for category in categories], axis="columns")
in_bits = fields.assign(**{"INT_MISC.UOP_DROPPING": 0, "TOPDOWN.SLOTS": 1})
read_again = pd.DataFrame(
    {name: np.asarray(column) for name, column in dict(perf_metrics_level_1(in_bits)).items()}, index=sound.index
)
figure, axes = plt.subplots()
for category, colour in zip(categories, (GREEN, RED, ORANGE, BLUE), strict=True):
    off = 100 * abs(read_again[category] / sound[category] - 1)
    axes.loglog(100 * sound[category], off, "o", color=colour, label=category.replace("_", " "))
axes.set(xlabel="share of the slots [%]", ylabel="off by [% of the share]", title="Level 1 through eight bits")
axes.legend(frameon=False)
plt.show()
fields.sum(axis=1).astype(int).value_counts().rename_axis("the four fields add up to").to_frame("programs")

# %% [markdown]
# **Notice.**
#
# - Shares above 3 % are right to 2 % of themselves, and nobody needs more. The smallest, 0.2 %, has come out twice as
#   large as it is: *how many times* fewer slots go to wrong guesses now is no question for this register.
# - The four fields of only half of the programs add up to 255. Whoever divides by 255 makes that one error more.
# - The register counts from its last reset on, and what you want is mostly the *difference* of two readings. Half of a
#   255th of a long run is nothing against the run, and a lot against its last hundredth. Reset it before the part that
#   matters.

# %% [markdown]
# ### One level down
#
# Level 1 said *back end*, and could not say more. **Level 2** splits each of its categories in two. One child is
# measured, and its sibling is whatever the parent has left, so that the two always add up to their parent:
#
# | category | the child that is measured | its sibling |
# |---|---|---|
# | front-end bound | **fetch latency**: nothing came at all | **fetch bandwidth**: something came, but too little |
# | bad speculation | **branch mispredicts** | **machine clears**: thrown away for another reason |
# | retiring | **heavy operations**: instructions of several µops | **light operations**: one slot, or less |
# | back-end bound | **memory bound**: waiting for data | **core bound**: waiting for busy units |
#
# On Skylake-SP (Intel's metrics file for it, TMA 5.01; the tree is Yasin's) the four are measured like this:
#
# - **Fetch latency.** `IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE` counts *clocks* in which the back end had room
#   and not a single µop came. All slots of such a clock are lost.
# - **Branch mispredicts.** Their part of bad speculation is their part of all that was thrown away: of
#   `BR_MISP_RETIRED.ALL_BRANCHES` and `MACHINE_CLEARS.COUNT` together. Each is taken to cost the same.
# - **Heavy operations.** A light instruction retires in one slot. Two that are *fused*, such as a compare and its
#   branch, retire in one slot together: `UOPS_RETIRED.MACRO_FUSED` counts these pairs, while `INST_RETIRED.ANY` counts
#   both instructions of each. The slots that retired beyond what light instructions would have taken are heavy.
# - **Memory bound.** Its part of the back end's share is a part of the clocks in which too little was executed:
#
# $$ \frac{C_\text{load} + C_\text{store}}{C_\text{none} + (C_1 + R \, C_2) + C_\text{store}} $$
#
# | | clocks in which | event |
# |---|---|---|
# | $C_\text{load}$ | nothing is executed while a load is on its way | `CYCLE_ACTIVITY.STALLS_MEM_ANY` |
# | $C_\text{store}$ | the buffer of stores is full | `EXE_ACTIVITY.BOUND_ON_STORES` |
# | $C_\text{none}$ | nothing is executed at all | `CYCLE_ACTIVITY.STALLS_TOTAL` |
# | $C_1$, $C_2$ | one execution port is busy, two are | `EXE_ACTIVITY.1_PORTS_UTIL`, `EXE_ACTIVITY.2_PORTS_UTIL` |
#
# and $R$ is the share of retiring: two busy ports are the more of a pity, the more there is to be done.
#
# **At the edge.** If no guess was wrong and no clear was counted, or if the denominator above is zero, the measured
# child gets nothing and its sibling all that the parent has. And nothing is cut off: since the counts are not exact to
# the last digit, heavy operations may come out slightly negative, and light operations as slightly more than their
# parent; so may any other child, measured or left over. With multithreading only the clocks of the core need care,
# exactly as on level 1. All other counts are sums of both threads, and are used as they are. A workload whose core
# never ran has NaN on both levels.
#
# **What the model leaves out.** That a clear may cost far more than a misprediction. And the back end's slots are
# divided as *clocks* are, so its two children are estimates.
#
# **Exercise 8** (6 points, 12 minutes). Write `topdown_level_2`. It takes the table of counts and the table of level 1
# shares for the same workloads in the same order, and gives the table of the eight.

# %%
LEVEL_2 = {  # category of level 1 -> the child that is measured, and its sibling
    "retiring": ("heavy_operations", "light_operations"),
    "bad_speculation": ("branch_mispredicts", "machine_clears"),
    "frontend_bound": ("fetch_latency", "fetch_bandwidth"),
    "backend_bound": ("memory_bound", "core_bound"),
}
more_counters = pd.read_csv("data/level_2_counters.csv", comment="#", index_col="workload")
LEVEL_2_COUNTERS = ["SMT_ON", "CPU_CLK_UNHALTED.THREAD", "CPU_CLK_UNHALTED.THREAD_ANY"]
LEVEL_2_COUNTERS += ["UOPS_RETIRED.RETIRE_SLOTS", "INST_RETIRED.ANY", *more_counters]
counters_2 = counters.join(more_counters, how="inner")[LEVEL_2_COUNTERS]
counters_2.loc[["dense_gemm", "tokenizer", "json_parser_smt"]].T  # three of eight programs


# %% exercise={"id": "m02_topdown_level_2", "reference": "m02_tools_methods.topdown_level_2:topdown_level_2"}
def topdown_level_2(counters, level_1, width=4):
    """Shares of the slots in the eight categories of Top-Down level 2, one row per workload.

    counters: table with (at least) the columns LEVEL_2_COUNTERS, as a data frame or as a dict of lists or arrays [1]
    level_1:  table of the shares of level 1, of the same kind, its rows in the same order: the columns are retiring,
              bad_speculation, frontend_bound and backend_bound [1]
    width:    micro-operations that the core can pass per clock [1]

    Returns a table, data frame or dict of arrays, with the eight names in LEVEL_2 as its columns, in the order of the
    rows [1]. No share is cut off at zero. All are NaN for a workload without a clock.
    """
    ### SOLUTION


# %% tests={"id": "m02_topdown_level_2"}
# A hundred clocks are 400 slots. In 10 clocks nothing came; 3 wrong guesses and a clear; 106 instructions, of which 20
# are 10 fused pairs, took 100 slots; 30 of 40 clocks with little execution wait for memory: 25 + 8 + 0.25 x 8 + 5.
hundred = {name: [0] for name in LEVEL_2_COUNTERS}
hundred |= {"CPU_CLK_UNHALTED.THREAD": [100], "CPU_CLK_UNHALTED.THREAD_ANY": [100]}
hundred |= {"UOPS_RETIRED.RETIRE_SLOTS": [100], "UOPS_RETIRED.MACRO_FUSED": [10], "INST_RETIRED.ANY": [106]}
hundred |= {"IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE": [10]}
hundred |= {"BR_MISP_RETIRED.ALL_BRANCHES": [3], "MACHINE_CLEARS.COUNT": [1]}
hundred |= {"CYCLE_ACTIVITY.STALLS_MEM_ANY": [25], "EXE_ACTIVITY.BOUND_ON_STORES": [5]}
hundred |= {"CYCLE_ACTIVITY.STALLS_TOTAL": [25], "EXE_ACTIVITY.1_PORTS_UTIL": [8], "EXE_ACTIVITY.2_PORTS_UTIL": [8]}
parents = {"retiring": [0.25], "bad_speculation": [0.1], "frontend_bound": [0.15], "backend_bound": [0.5]}
children = pd.DataFrame(topdown_level_2(hundred, parents))
assert set(children.columns) == {child for pair in LEVEL_2.values() for child in pair}, (
    f"these columns: {list(children.columns)}"
)
for child, expected in {
    "fetch_latency": 0.1,
    "branch_mispredicts": 0.075,
    "heavy_operations": 0.01,
    "memory_bound": 0.375,
}.items():
    found = float(children[child].iloc[0])
    assert np.isclose(found, expected), f"{child} should be {expected}, not {found:.4g}"
for category, pair in LEVEL_2.items():
    total = float(children[list(pair)].iloc[0].sum())
    assert np.isclose(total, parents[category][0]), f"{' and '.join(pair)} add up to their parent, not to {total:.4g}"

# %% [markdown]
# The figure of exercise 6 takes any categories, so it takes these. Useful work is kept in one piece.

# %%
level_2 = pd.DataFrame(
    {name: np.asarray(one) for name, one in dict(topdown_level_2(counters_2, shares.loc[counters_2.index])).items()},
    index=counters_2.index,
)
parts = [child for category in categories[1:] for child in LEVEL_2[category]]
layers = shares.loc[level_2.index, ["retiring"]].join(level_2[parts])
axes = draw(bottleneck_figure(layers, list(layers.index)), [GREEN, RED, "#F2B896", ORANGE, "#F7DC9C", BLUE, "#9CCAE4"])
axes.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.4, -0.14))
plt.show()
level_2[list(LEVEL_2["retiring"])].round(3).T

# %% [markdown]
# **Notice.**
#
# - The dark colours are the children that are measured. `stream_triad`, `decode_gemv` and `embedding_lookup` wait for
#   *memory*, and `dense_gemm` for its own units: what was left of its slots is *core bound*. Level 1 had one word for
#   all four.
# - `op_dispatch` waits for code: in most of its lost slots *nothing* comes. In `json_parser_smt` something comes, and
#   is too little. Code that lies closer together, or more cache for it, would help the first one.
# - The wrong guesses of `tokenizer` really are branches; clears are nearly nothing. Keep the number in mind: section 5
#   has a second version of it.
# - `json_parser_smt` has its mark on *branch mispredicts* now. Nothing has moved: its front-end share fell in two, and
#   the other did not. Which layer is largest depends on how finely you slice.

# %% [markdown]
# ### Drill down
#
# *Memory bound* splits again, into the levels of the hierarchy. Few of all these numbers matter, and the tree says
# which: **a node deserves a look if it is above its own threshold, and all its ancestors are.** Below a silent parent
# nobody speaks, however large: its numbers are small parts of something small.
#
# The thresholds below are those of Intel's metrics file for Skylake-SP (TMA 5.01). They differ from node to node, and
# levels 1 and 2 are shares of *slots*, level 3 of *clocks*: compare siblings with each other, never a node with its
# niece. One rule is left out here: Intel flags *retiring* also where *heavy operations* are above theirs.

# %%
TREE = {  # node -> its parent ("" at level 1), its threshold
    "frontend_bound": ("", 0.15),
    "bad_speculation": ("", 0.15),
    "backend_bound": ("", 0.20),
    "retiring": ("", 0.70),
    "fetch_latency": ("frontend_bound", 0.10),
    "fetch_bandwidth": ("frontend_bound", 0.20),
    "branch_mispredicts": ("bad_speculation", 0.10),
    "machine_clears": ("bad_speculation", 0.10),
    "memory_bound": ("backend_bound", 0.20),
    "core_bound": ("backend_bound", 0.10),
    "light_operations": ("retiring", 0.60),
    "heavy_operations": ("retiring", 0.10),
    "l1_bound": ("memory_bound", 0.10),
    "l2_bound": ("memory_bound", 0.05),
    "l3_bound": ("memory_bound", 0.05),
    "dram_bound": ("memory_bound", 0.10),
    "store_bound": ("memory_bound", 0.20),
}
# Levels 1 and 2 are what you computed, to three digits; level 3 comes from further events.
nodes = pd.read_csv("data/topdown_tree.csv", comment="#", index_col="workload")
nodes.loc[["decode_gemv", "tokenizer", "json_parser_smt"]].T  # three of eight programs

# %% [markdown]
# **Exercise 9** (4 points, 7 minutes). Write `drill_down_path`: from level 1 downwards, always to the *largest* child
# that is above its threshold, as far as that goes. A node that was not measured is missing, or NaN; the way does not
# lead through it.


# %% exercise={"id": "m02_drill_down_path", "reference": "m02_tools_methods.drill_down:drill_down_path"}
def drill_down_path(values, tree):
    """Names of the nodes on the way down, level 1 first; an empty list if no node of level 1 is above its threshold.

    values: dict, node -> its share in one workload [1]; nodes may be missing, or NaN
    tree:   dict, node -> (name of its parent, "" at level 1; its threshold [1]), in any order

    Of two equally large children the one that stands first in the tree is taken.
    """
    ### SOLUTION


# %% tests={"id": "m02_drill_down_path"}
path = drill_down_path({"backend_bound": 0.6, "memory_bound": 0.2, "core_bound": 0.4, "dram_bound": 0.3}, TREE)
assert path == ["backend_bound", "core_bound"], f"core is the larger half, and has no children: {path}"
assert drill_down_path({"retiring": 0.6, "backend_bound": 0.19}, TREE) == [], "nobody is above a threshold"
path = drill_down_path(nodes.loc["decode_gemv"].to_dict(), TREE)
assert path == ["backend_bound", "memory_bound", "dram_bound"], f"decode_gemv waits for DRAM: {path}"

# %%
for workload, row in nodes.iterrows():
    path = drill_down_path(row.to_dict(), TREE)
    print(f"{workload:17}", " > ".join(f"{node} {row[node]:.0%}" for node in path) or "nothing stands out")

# %% [markdown]
# **Notice.**
#
# - The three that looked alike still do: all of them wait for DRAM. For its bandwidth or for its latency? Here the tree
#   ends, and the roofline goes on: who stands far below the roof of DRAM does not wait for bandwidth.
# - `json_parser_smt` stops at level 1: its front-end slots are lost half to this, half to that, and neither half is
#   large. Its second category, *bad speculation*, is above its threshold too, and there the way would go on to the
#   branches. A path is a place to begin, not a verdict.
# - `dense_gemm` ends in *light operations*: nearly all slots do simple, useful work. Only fewer or wider
#   instructions make it faster.

# %% [markdown]
# ## 4. Can the numbers be trusted?
#
# ### Taking turns
#
# Level 1 needs five events, level 2 many more; a core has four programmable counters, perhaps eight. So the
# operating system lets events **take turns**, and reports
#
# $$ \hat n = n_\text{raw} \cdot \frac{t_\text{enabled}}{t_\text{running}} $$
#
# where $t_\text{enabled}$ is how long the event was wanted and $t_\text{running}$ how long it really was on a counter
# (`perf_event_open(2)`; `perf stat` prints the ratio as a percentage behind the count). The event that was on a counter
# for a quarter of the time gets its count times four.
#
# On Linux, events that must be counted *together*, because you will take their ratio, form a **group**; a group goes on
# the counters whole or not at all. The rules are few:
#
# 1. The groups stand in a queue, at first in the order in which they were given.
# 2. In each turn, they are put on the free counters from the head of the queue on. The first group that does not fit
#    ends this: *no group overtakes another*, even if it would fit.
# 3. After each turn, the group at the head goes to the end of the queue.
#
# **What the model assumes** is only this: while it was not counted, an event happened at the same rate as while it was.
#
# **Exercise 10** (8 points, 15 minutes). Write `CounterMultiplexer`. In each `tick` time passes, and things happen in
# it, counted or not. What you keep between the calls is up to you.


# %% exercise={"id": "m02_counter_multiplexer", "reference": "m02_tools_methods.multiplexing:CounterMultiplexer"}
class CounterMultiplexer:
    """Groups of events that take turns on the counters of one core."""

    def __init__(self, counters, groups):
        """Nothing has been counted yet.

        counters: number of programmable counters [1]
        groups:   list of lists of event names: the events of each group are counted together; no event is in two groups

        Raises ValueError if a group is empty or larger than the number of counters.
        """
        ### SOLUTION

    @property
    def active_events(self):
        """Set of the names of all events that are being counted now."""
        ### SOLUTION

    def tick(self, duration_s, counts):
        """Let one turn pass, and then let the next group come first.

        duration_s: length of the turn [s]
        counts:     dict: how often each event happened in it, counted or not; what it does not name did not happen [1]
        """
        ### SOLUTION

    def running_share(self, event):
        """Running time of the event over its enabled time [1]; NaN before the first turn."""
        ### SOLUTION

    def estimate(self, event):
        """Count that the event would have had if it had always run [1]; NaN if it never ran."""
        ### SOLUTION


# %% tests={"id": "m02_counter_multiplexer"}
multiplexer = CounterMultiplexer(counters=4, groups=[["loads", "misses"], ["branches", "mispredicts", "clears"]])
assert multiplexer.active_events == {"loads", "misses"}, (
    "two of four counters are taken, and a group of three does not fit beside them"
)
assert np.isnan(multiplexer.estimate("loads")), "nothing has run yet"
multiplexer.tick(0.5, {"loads": 300, "branches": 100})
assert multiplexer.active_events == {"branches", "mispredicts", "clears"}, "after a turn the next group comes first"
multiplexer.tick(0.5, {"loads": 310, "branches": 100})
assert multiplexer.running_share("loads") == 0.5, "loads were on a counter half of the time"
assert multiplexer.estimate("loads") == 600, "300 were counted, so 600 are estimated"
try:
    CounterMultiplexer(counters=2, groups=[["a", "b", "c"]])
except ValueError:
    pass
else:
    raise AssertionError("a group that can never be counted must raise ValueError")

# %% [markdown]
# Now the experiment that the assumption calls for. For one second, a program alternates between a phase that misses the
# cache all the time and a phase of the same length that never does. There is one counter, and turns last 4 ms. How many
# misses there really were is known here, and so is the error of the estimate: with two events that take turns, and
# with six.


# %%
EVENTS = ["misses", "loads", "stores", "branches", "mispredicts", "clears"]


def relative_error(phase_s, events, turn_s=0.004, duration_s=1.0, rate_per_s=2e6):
    """Error of the scaled count of misses, when missing and not missing alternate every `phase_s`."""
    multiplexer = CounterMultiplexer(counters=1, groups=[[event] for event in events])
    edges_s = np.arange(0, duration_s + turn_s / 2, turn_s)
    missing_s = edges_s // (2 * phase_s) * phase_s + np.minimum(edges_s % (2 * phase_s), phase_s)  # up to each edge
    for misses in np.diff(missing_s) * rate_per_s:
        multiplexer.tick(turn_s, {"misses": misses})
    return multiplexer.estimate("misses") / (missing_s[-1] * rate_per_s) - 1


phases_s = np.unique(np.concatenate([np.geomspace(0.001, 0.1, 90), 0.001 * np.arange(1, 25)]))
figure, axes = plt.subplots()
for turns, colour in ((6, ORANGE), (2, BLUE)):
    errors = np.array([relative_error(phase_s, EVENTS[:turns]) for phase_s in phases_s])
    axes.semilogx(phases_s * 1e3, 100 * errors, color=colour, linewidth=1.2, label=f"{turns} events take turns")
axes.axhline(0, color=GREY, linewidth=0.8)
axes.set(xlabel="length of a phase [ms]", ylabel="error of the estimate [%]", title="One counter, turns of 4 ms")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.**
#
# - Nearly everywhere the error is small: turns fall on both phases alike. That is why scaling works so often, and
#   why it is so easy to forget that it is an estimate.
# - With two events, at a phase of exactly 4 ms, the counter watches *every* miss and nothing but misses: the estimate
#   is **twice** the truth. A longer run does not mend it. Start the program one turn later, and the estimate is zero.
# - Now `sort_multiplexed` is explained. Its four shares come from events that were counted in different turns, each
#   scaled on its own. The remedy is not to clip at zero, but to put events that are compared into one group, to run
#   longer, or to run again with fewer events.

# %% [markdown]
# ### Calibrating a counter
#
# Does the counter count what its name says? Ask it about programs whose counts are known: micro-kernels that execute
# exactly $n_k$ loads, or branches, or operations, for several sizes $k$, each run several times. A sound counter says
#
# $$ c = a + g \cdot n $$
#
# with an *offset* $a$, which is what starting, stopping and reading it costs, and a *gain* $g$, which is what it makes
# of one event. Both can be corrected afterwards. What cannot be corrected is a counter that does not lie on its line.
#
# Now and then an interrupt falls into a run, and the handler's events are counted too: always too many, never too few,
# sometimes by thousands. So the runs of one size are represented by their *median*, and the line is fitted through the
# medians, by least squares.
#
# **What the harness cannot see.** Whatever grows with the size of the kernel, such as timer interrupts in a long
# run, looks like gain. Count in user mode, and keep the kernels short. (Weaver, Terpstra and Moore, ISPASS 2013,
# measured how much real counters overcount; the straight line is ours.)
#
# **Exercise 11** (5 points, 9 minutes). Write `calibrate_counter`.


# %% exercise={"id": "m02_calibrate_counter", "reference": "m02_tools_methods.calibration:calibrate_counter"}
def calibrate_counter(known, counted):
    """Straight line through the medians of a counter's runs, by least squares.

    known:   K numbers of events, one for each micro-kernel [1]
    counted: K lists of R counts: what the counter said in each run of each kernel [1]

    Returns a dict with `gain` and `offset` of the line, and `misfit`: the largest distance of a median from the line,
    as a count, without sign [1].

    Raises ValueError if there are no two different numbers of events: no line then.
    """
    ### SOLUTION


# %% tests={"id": "m02_calibrate_counter"}
# A counter that counts a twentieth too much and starts at 30; an interrupt met one of its runs.
fit = calibrate_counter([100, 1000, 10_000], [[135, 135, 135], [1080, 1900, 1080], [10_530, 10_530, 10_530]])
assert set(fit) == {"gain", "offset", "misfit"}, f"these results: {sorted(fit)}"
assert np.isclose(fit["gain"], 1.05), f"the gain is 1.05, not {fit['gain']:.4g}"
assert np.isclose(fit["offset"], 30), f"the offset is 30, not {fit['offset']:.4g}"
assert abs(fit["misfit"]) < 1e-6, f"the medians lie on the line, and not {fit['misfit']:.4g} off"
try:
    calibrate_counter([100, 100], [[100, 101], [100, 102]])
except ValueError:
    pass
else:
    raise AssertionError("one size gives no line: raise ValueError")

# %%
calibration = pd.read_csv("data/calibration.csv", comment="#")
known = calibration["known"].unique()
counted = {counter: rows.filter(like="run").to_numpy() for counter, rows in calibration.groupby("counter", sort=False)}
fits = {counter: calibrate_counter(known, runs) for counter, runs in counted.items()}
sizes = np.geomspace(known[0], known[-1], 100)
figure, grid = plt.subplots(2, 3, figsize=(9.5, 5.6), sharex=True, layout="constrained")
for axes, (counter, runs) in zip(grid.flat, counted.items(), strict=True):
    axes.loglog(sizes, sizes, color=GREY, linewidth=0.8, linestyle=":")
    axes.loglog(sizes, fits[counter]["offset"] + fits[counter]["gain"] * sizes, color=BLUE, linewidth=1)
    axes.loglog(np.repeat(known, runs.shape[1]), runs.ravel(), ".", color=ORANGE, markersize=5)
    axes.set_title(counter, fontsize=10)
    axes.minorticks_off()  # in six small panels they are noise, and take longest to draw
figure.supxlabel("events that the kernel executes", fontsize=10)
figure.supylabel("events that the counter says", fontsize=10)
plt.show()
summary = pd.DataFrame(fits).astype(float).T
summary["range of the line"] = summary["gain"] * np.ptp(known)
summary.round(3)

# %% [markdown]
# Orange are the runs, dotted is the truth, blue is the line that you fitted. (On logarithmic axes a line with an offset
# is bent.) `known` holds the six sizes, `counted` for each counter its runs, `fits` what you found.
#
# **Exercise 12** (2 points, 3 minutes). Judge the six counters: set `counter_verdicts` to a dict with one word for each
# of them, by looking or by computing.
#
# - `"exact"`: usable as it is. The median of each size is right to within 1 %.
# - `"correctable"`: not exact, but it rises, and the misfit is less than 1 % of the range that the line covers.
# - `"broken"`: everything else.

# %% exercise={"id": "m02_counter_verdicts", "reference": "m02_tools_methods.calibration:counter_verdicts"}
# counter_verdicts = {"instructions": ..., "branches": ..., ...}
### SOLUTION

# %% tests={"id": "m02_counter_verdicts"}
assert set(counter_verdicts) == set(counted), f"a word for each counter: {sorted(counter_verdicts)}"
assert set(counter_verdicts.values()) <= {"exact", "correctable", "broken"}, "three words are known"
assert counter_verdicts["instructions"] == "exact", "instructions: four too many of a thousand, and less after that"

# %% [markdown]
# **Notice.**
#
# - Gain, offset and misfit say three different things, and none of them stands for another. A gain near one says
#   nothing about the distance from the line; an offset matters where counts are small, and drowns where they are large.
# - Calibrate over the whole range that you will use. What is perfect up to 30,000 may be nonsense at 100,000: some
#   counters have 16 bits.
# - A counter that repeats itself to the last digit has shown that it agrees with itself, and nothing more.
# - Two counts for one event may be a definition, not a defect: an event of floating-point *operations* counts a fused
#   multiply-add twice, and one of *instructions* counts it once.

# %% [markdown]
# ### A metric file that can be believed
#
# Nobody types formulas into a dashboard twice. They live in a **metric file**: for which CPU, how wide, from which
# document, over which version of the event list, an alias for each event, a formula for each metric. Vendors publish
# such files, colleagues edit them, and a share of "31 % front-end bound" is only as good as the file it came from.
#
# The file below was sent to you with the counts of section 3. The counts come from a `GenuineIntel-6-55-4`, and were
# collected with the event list `SKX/events/skylakex_core.json`, version **1.37**. **Three things are wrong with the
# file.** You have all that it takes to find them: the version that was used, the table of events in section 3, and a
# function of your own that computes the same shares. A sound file also uses whatever it lists.

# %%
received = Path("data/skylake_level_1.json").read_text()
print(received)


# %%
def metrics_by_file(text, counters):
    """Metrics of each workload, by the formulas of a metric file."""
    document = json.loads(text)
    columns = document["events"] | document["settings"]
    values = pd.DataFrame({alias: counters[column] for alias, column in columns.items()})
    values["width"] = document["cpu"]["width"]
    for metric in document["metrics"]:
        # Enough for a file of this course. A stranger's formula is a stranger's code: let a reader of your own refuse
        # whatever is not arithmetic, before anything is evaluated.
        values[metric["name"]] = values.eval(metric["formula"])
    return values[[metric["name"] for metric in document["metrics"]]]


by_file = metrics_by_file(received, counters)[categories]
(by_file - shares[categories]).round(3).rename_axis(columns="by the file received, less your own")

# %% [markdown]
# **Exercise 13** (3 points, 8 minutes). Set `mended_metric_file` to the text of the mended file. Change what is wrong
# and nothing else: aliases and names of metrics stay as they are. You may edit the text, or read it with `json.loads`,
# mend the object, and write it with `json.dumps`.

# %% exercise={"id": "m02_mended_metric_file", "reference": "m02_tools_methods.mended_metric_file:mended_metric_file"}
# mended_metric_file = ...   a JSON text
### SOLUTION

# %% tests={"id": "m02_mended_metric_file"}
assert isinstance(mended_metric_file, str), "a text, as `received` is one"
mended = metrics_by_file(mended_metric_file, counters)
assert list(mended)[:3] == ["clocks", "recovery_clocks", "slots"], f"the metrics keep their names: {list(mended)}"
gone = abs(mended["bad_speculation"] - shares["bad_speculation"])["decode_gemv"]
assert gone < 1e-9, f"decode_gemv ran one thread, and its bad speculation is still off by {gone:.3f}"

# %%
(mended[categories] - shares[categories]).round(3).rename_axis(columns="by your file, less your own")

# %% [markdown]
# **Notice.**
#
# - A file may be well formed, sound on paper, and wrong. What showed the faults was another source each time: the
#   header of the measurement, the table of events, a function that was tested.
# - One of the three shows in every row of the first table, one in two rows only: tests on programs of one kind find
#   faults of one kind.
# - And one shows nowhere. It will, on the day an event changes its meaning and keeps its name. Then what it says is all
#   that is left to find out which of your old numbers are still right.

# %% [markdown]
# ## 5. What changed?
#
# Version 2 of the tokenizer takes 18 % more clocks for the same text. *Where* did they go? Comparing the two lists of
# shares does not answer that: shares are parts of two different wholes. Comparable is what a node costs **per
# instruction**. With $f_i$ the share of node $i$ and CPI the clocks per instruction, node $i$ costs $f_i$ CPI.
# Since the shares add up to one, the costs of all nodes add up to CPI.
#
# **What the model leaves out.** The number of instructions may have changed as well; that is a cause of its own, and
# the cell below gives it a bar of its own. And two runs differ by noise: repeat them before you believe a small bar.
#
# **Exercise 14** (2 points, 5 minutes). Write `cpi_changes`: what each node costs in the second run, less what it cost
# in the first.


# %% exercise={"id": "m02_cpi_changes", "reference": "m02_tools_methods.regression:cpi_changes"}
def cpi_changes(shares_before, cpi_before, shares_after, cpi_after):
    """Clocks per instruction that each node gained (positive) or saved (negative) [1].

    shares_before: dict, node -> its share in the first run; the shares add up to one [1]
    cpi_before:    clocks per instruction of the first run [1]
    shares_after:  the same of the second run [1]
    cpi_after:     and its clocks per instruction [1]

    Returns a dict, node -> change. Raises ValueError if the two runs were not split into the same nodes.
    """
    ### SOLUTION


# %% tests={"id": "m02_cpi_changes"}
# From 1 to 1.5 clocks per instruction: memory cost a quarter of one clock, and costs half of one and a half.
changes = cpi_changes({"memory": 0.25, "other": 0.75}, 1.0, {"memory": 0.5, "other": 0.5}, 1.5)
assert np.isclose(changes["memory"], 0.5), f"memory gained half a clock, not {changes['memory']:.4g}"
assert np.isclose(changes["other"], 0), f"the rest costs what it did, though its share fell: {changes['other']:.4g}"
try:
    cpi_changes({"memory": 0.25, "other": 0.75}, 1.0, {"core": 0.5, "other": 0.5}, 1.5)
except ValueError:
    pass
else:
    raise AssertionError("other nodes must raise ValueError")

# %%
runs = pd.read_csv("data/regression.csv", comment="#", index_col="run")
before, after = (runs.loc[run].drop(["clocks", "instructions"]).to_dict() for run in ("before", "after"))
cpi = runs["clocks"] / runs["instructions"]
per_instruction = cpi_changes(before, cpi["before"], after, cpi["after"])
bars = {node: change * runs.loc["after", "instructions"] for node, change in per_instruction.items()}
bars["more instructions"] = (runs.loc["after", "instructions"] - runs.loc["before", "instructions"]) * cpi["before"]
causes = pd.Series(bars).sort_values(key=abs, ascending=False) / 1e9

figure, axes = plt.subplots()
at = runs.loc["before", "clocks"] / 1e9
axes.barh(["version 1"], [at], color=GREY)
for cause, billions in causes.items():
    axes.barh([cause.replace("_", " ")], [billions], left=at, color=RED if billions > 0 else GREEN)
    at += billions
axes.barh(["version 2"], [at], color=GREY)
axes.set(
    xlim=(0.97 * runs["clocks"].min() / 1e9, 1.02 * at), xlabel="clocks [10⁹]", title="From version 1 to version 2"
)
axes.invert_yaxis()
plt.show()
print(f"the bars end at {at:.3f}, version 2 took {runs.loc['after', 'clocks'] / 1e9:.3f} billion clocks")

# %% [markdown]
# **Notice.**
#
# - Two thirds of the regression are *machine clears*: the pipeline is thrown away, but not for a wrong guess. Clears
#   come from memory ordering (two threads that write to one cache line), or from code that modifies itself. Look at
#   what the change did to shared data, not at the branches, however much larger *their* share is.
# - The share of *branch mispredicts* fell from 21 % to 19 %, and they cost slightly more than before. The share of
#   *memory bound* fell as well, and there the cost really did. From shares alone you cannot tell the two apart.
# - *Fetch latency* rose, too. After each clear the front end starts again: an echo, as in section 3.
# - The bars end exactly where version 2 is. What does not add up cannot be argued about.
#
# You can now say what a machine allows, where the slots went, how far to believe the counters, and what changed. Before
# you hand in: run the notebook from the top, press Validate, and then ask of each function what its visible tests do
# *not* try.
