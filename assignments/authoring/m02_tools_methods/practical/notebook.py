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
# There are ten exercises, 45 points, and about 90 minutes of work. Write your answer where it says `YOUR CODE HERE`;
# add cells of your own wherever you like to try things out. The cell below each answer holds tests that you can see.
# **When they pass, and Validate passes, that is the beginning:** the hidden checks try other machines, other programs
# and the cases at the edge that the text names.
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
# ### The same product on three machines
#
# A matrix product $C = A B$ with $A$ of $m \times k$ and $B$ of $k \times n$ elements does $2mnk$ operations. If every
# element crosses the memory interface once, in BF16, it moves $2(mk + kn + mn)$ bytes. Decoding a language model
# multiplies the weights ($k = n = 4096$, say) with one row per request: $m$ is the batch. The larger the batch, the
# more often each weight is used once it is there.

# %%
DEVICES = {  # dense BF16 peak [flop/s], memory bandwidth [B/s]; NVIDIA's data sheets and H100 white paper
    "H100 SXM": (989.4e12, 3.35e12),
    "A100 SXM 80 GB": (312e12, 2.039e12),
    "A100 SXM 40 GB": (312e12, 1.555e12),
}
batch = 2 ** np.arange(0, 13, 2)
width = 4096
operations = 2 * batch * width * width
traffic_bytes = 2 * (2 * batch * width + width * width)

intensity = np.geomspace(0.25, 8192, 400)
figure, axes = plt.subplots()
for (device, (peak, bandwidth)), colour in zip(DEVICES.items(), (BLUE, ORANGE, GREEN), strict=True):
    axes.loglog(intensity, attainable_flops_per_s(intensity, peak, bandwidth) / 1e12, color=colour, label=device)
    axes.loglog(
        operations / traffic_bytes,
        attainable_flops_per_s(operations / traffic_bytes, peak, bandwidth) / 1e12,
        "o",
        color=colour,
        markersize=5,
    )
axes.text(0.3, 0.32, "m =", fontsize=8, color=GREY)
for size, at in zip(batch, operations / traffic_bytes, strict=True):
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
# **Exercise 2** (7 points, 14 minutes). Write `roofline_figure`. Three things to think about:
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
# **Exercise 3** (7 points, 14 minutes). Write `topdown_level_1`. It takes such a table, a data frame or a dictionary of
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
# **Exercise 4** (4 points, 9 minutes). Write `bottleneck_figure`, in the same form as in exercise 2.


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
# ### Drill down
#
# Each category of level 1 splits into two of level 2, and *memory bound* into the levels of the hierarchy. Few of all
# these numbers matter, and the tree says which: **a node deserves a look if it is above its own threshold, and all its
# ancestors are.** Below a silent parent nobody speaks, however large: its numbers are small parts of something small.
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
nodes = pd.read_csv("data/topdown_tree.csv", comment="#", index_col="workload")
nodes.loc[["decode_gemv", "tokenizer", "json_parser_smt"]].T  # three of eight programs

# %% [markdown]
# **Exercise 5** (4 points, 7 minutes). Write `drill_down_path`: from level 1 downwards, always to the *largest* child
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
# **Exercise 6** (8 points, 15 minutes). Write `CounterMultiplexer`. In each `tick` time passes, and things happen in
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
# **Exercise 7** (5 points, 9 minutes). Write `calibrate_counter`.


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
# **Exercise 8** (2 points, 3 minutes). Judge the six counters: set `counter_verdicts` to a dict with one word for each
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
# **Exercise 9** (3 points, 8 minutes). Set `mended_metric_file` to the text of the mended file. Change what is wrong
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
# **Exercise 10** (2 points, 5 minutes). Write `cpi_changes`: what each node costs in the second run, less what it cost
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
