# %% [markdown]
# # Module 2 · Tools & Methods: worked example
#
# A language model decodes on a server without an accelerator. Somebody asks the old question: *is that good?* In the
# practical you built two tools that answer it. Here both are put to the same run of the same kernel, from raw counts
# to a decision.
#
# The analysis is laid out for you. Some steps are missing: **you complete three of them and explain two.** That is
# 12 points and about 25 minutes. What you explain is marked by a person; each numbered part of a question counts alike.
#
# The **kernel** is $y = W x$, where $W$ has 14,336 × 4,096 weights in BF16: the up-projection in a layer of
# Llama 3.1 8B. Each of its 32 layers has its own $W$, and ten tokens are decoded, one after the other.
#
# The **machine** is one socket of a Skylake-SP server: 28 cores, multithreading off, six channels of DDR4-2666. A core
# of this kind has two vector units of 512 bits. It does 2 × 16 fused multiply-adds, that is 64 flop, in a clock. The
# clock was held at 2.0 GHz.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.6), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

CORES, CLOCK_HZ = 28, 2.0e9
peak_flops_per_s = CORES * CLOCK_HZ * 64
bandwidth_bytes_per_s = 6 * 8 * 2666.67e6  # six channels, 8 bytes wide
weights = 14_336 * 4_096 * 32 * 10  # read in the whole run
elapsed_s = 0.3633

count = pd.read_csv("data/gemv_counters.csv", comment="#", index_col="event")["count"].to_dict()
pd.Series(count).map("{:,}".format).to_frame("count, all 28 cores together")

# %% [markdown]
# ## 1. Do the counts fit together?
#
# First things first, whoever hands you the numbers. **These counts are constructed, not measured**: nobody lent us the
# server. Operations and lines were counted from the kernel's shape, with a little more for what a real run adds; the
# time follows from these lines at four fifths of the channels' peak, as streaming programs reach it; clocks, slots and
# stalls follow from the time and from the instructions of a plain AVX-512 loop. A real run must pass the same three
# questions before it is worth a second look.

# %%
questions = {
    "Do the clocks fill the time?": (count["CPU_CLK_UNHALTED.THREAD"], CORES * CLOCK_HZ * elapsed_s),
    "Are there as many lines as the weights fill?": (count["UNC_M_CAS_COUNT.RD"], 2 * weights / 64),
    "Do the slots that retire fit the instructions?": (
        count["UOPS_RETIRED.RETIRE_SLOTS"],
        count["INST_RETIRED.ANY"] - count["UOPS_RETIRED.MACRO_FUSED"],
    ),
}
for question, (counted, expected) in questions.items():
    print(f"{question:48} {counted:16,.0f} of {expected:16,.0f}: {counted / expected:.3f}")

# %% [markdown]
# They do. The cores were busy nearly all the time; the memory read 1.3 % more lines than the weights fill, for vectors,
# page tables and lines that were fetched too far; and hardly an instruction took more than one slot.
#
# ## 2. First reading: the roofline
#
# The roofline wants three numbers of the run: operations, bytes, seconds. **Take the first two from the counts, not
# from the shape**: what counts is what crossed the memory interface, not what should have. Two events are enough for
# that, once you know what they count:
#
# - `FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE` counts vector *instructions* of 16 numbers in single precision, and
#   counts a fused multiply-add as two.
# - `UNC_M_CAS_COUNT.RD` and `.WR` count *lines* of 64 bytes that the memory controllers read and wrote.
#
# **Exercise 1** (2 points, 4 minutes). Fill in `gemv_roofline`: the operational intensity of the run; the performance
# that this machine's roofline allows at that intensity; and the share of it that the run reached. Compute them from
# `count`, `elapsed_s`, `peak_flops_per_s` and `bandwidth_bytes_per_s`, and do not round.

# %% exercise={"id": "m02_gemv_roofline", "reference": "m02_tools_methods.kernel_reading:gemv_roofline"}
# gemv_roofline = {"intensity_flops_per_byte": ..., "attainable_flops_per_s": ..., "roof_share": ...}
### SOLUTION

# %% tests={"id": "m02_gemv_roofline"}
assert set(gemv_roofline) == {"intensity_flops_per_byte", "attainable_flops_per_s", "roof_share"}, (
    f"these three keys: intensity_flops_per_byte, attainable_flops_per_s, roof_share; not {sorted(gemv_roofline)}"
)
assert all(np.ndim(value) == 0 for value in gemv_roofline.values()), "each of them is one number"
assert 0.01 < gemv_roofline["intensity_flops_per_byte"] < 100, "an intensity in flop per byte, please look again"
assert 0 < gemv_roofline["roof_share"] <= 1, "no run rises above its roof: the share lies between 0 and 1"

# %%
intensity = np.geomspace(0.1, 300, 300)
at, allowed = gemv_roofline["intensity_flops_per_byte"], gemv_roofline["attainable_flops_per_s"]
reached = gemv_roofline["roof_share"] * allowed
ridge = peak_flops_per_s / bandwidth_bytes_per_s
figure, axes = plt.subplots()
for label, share_of_peak, style in (
    ("roof: 28 cores, two vector units each", 1, "-"),
    ("multiplications or additions, not both at once", 1 / 2, "--"),
    ("no vectors", 1 / 16, ":"),
):
    roof = np.minimum(share_of_peak * peak_flops_per_s, intensity * bandwidth_bytes_per_s)
    axes.loglog(intensity, roof / 1e9, color=BLUE, linestyle=style, linewidth=1.8 if style == "-" else 1, label=label)
axes.axvline(ridge, color=GREY, linewidth=0.8)
axes.text(ridge * 1.08, 4, f"ridge: {ridge:.0f} flop/B", fontsize=9, color=GREY)
axes.plot(at, allowed / 1e9, "o", color=ORANGE, markerfacecolor="white", markersize=6)
axes.plot(at, reached / 1e9, "o", color=ORANGE, markersize=6)
label = f"this run: {reached / 1e9:.0f} Gflop/s\n{reached / allowed:.0%} of what its roof allows"
axes.text(1.4, 10, f"{label}\n{reached / peak_flops_per_s:.1%} of the peak", fontsize=9)
axes.set(xlabel="operational intensity [flop/B]", ylabel="performance [Gflop/s]", ylim=(2, 8000))
axes.set_title("The run and its roof")
axes.legend(frameon=False, loc="upper left", fontsize=9)
plt.show()

# %% [markdown]
# **Notice.**
#
# - The point lies a factor of nearly 30 to the left of the ridge. Neither better vector code nor more cores would lift
#   it: even the lowest of the three ceilings is above the memory's slope here.
# - It stands close under its roof: four fifths of the peak of a memory is what streaming programs reach on such
#   servers. So the memory is not waited for in vain. It is *busy*.
# - On an H100 the ridge lies at 295 flop/B. The kernel would stand ten times further from it, and would be the same.
#
# ## 3. Second reading: Top-Down
#
# Now forget the bytes. What did the cores do with their slots? Levels 1 and 2 are worked out for you, from the counts
# above; of the level below memory, one step is yours.

# %%
LEVEL_1 = {"retiring": 0.0491, "bad_speculation": 0.0012, "frontend_bound": 0.0093, "backend_bound": 0.9403}
LEVEL_2 = {"memory_bound": 0.8722, "core_bound": 0.0682}  # of the back end; shares of the slots, as on level 1
pd.Series(LEVEL_1 | LEVEL_2).map("{:.2%}".format).to_frame("share of the slots")

# %% [markdown]
# The back end blocked nearly all slots, and memory nearly all of these. *Which* memory? From here on hardware counts
# *clocks* in which a thread stood still with a load under way. Such a clock is put down to the farthest level that one
# of its loads had missed.
#
# | symbol | event | clocks in which nothing executes, and a load is under way that … |
# |---|---|---|
# | $C_1$ | `CYCLE_ACTIVITY.STALLS_L1D_MISS` | missed level 1 |
# | $C_2$ | `CYCLE_ACTIVITY.STALLS_L2_MISS` | missed level 2 as well |
# | $C_3$ | `CYCLE_ACTIVITY.STALLS_L3_MISS` | missed level 3 as well |
#
# The difference $C_2 - C_3$ was spent on level 3. It is tempting to read $C_1 - C_2$ as level 2 in the same way, but a
# load that missed level 1 may find all *fill buffers* taken by lines that come from far away. Then it never gets as far
# as level 2, though it does not wait for it. So only a part of that difference is level 2's. With $h$ loads that hit
# level 2 (`MEM_LOAD_RETIRED.L2_HIT`), $m$ that missed level 1 (`.L1_MISS`), $r$ that rode along in a buffer that was
# filling already (`.FB_HIT`), and $n$ clocks with no buffer free (`L1D_PEND_MISS.FB_FULL:c1`), that part is
#
# $$ \frac{a}{a + n}, \qquad a = h \left( 1 + \frac{r}{m} \right). $$
#
# The rest of $C_1 - C_2$ belongs to whoever kept the buffers: DRAM. (Intel's metrics of Skylake-SP, TMA 5.01.)
#
# **Exercise 2** (2 points, 4 minutes). Fill in `gemv_waits`: the shares of the *clocks* (`CPU_CLK_UNHALTED.THREAD`)
# that were lost to level 2, to level 3 and to DRAM. Together they are all clocks stalled beyond level 1.

# %% exercise={"id": "m02_gemv_waits", "reference": "m02_tools_methods.kernel_reading:gemv_waits"}
# gemv_waits = {"l2_bound": ..., "l3_bound": ..., "dram_bound": ...}   shares of the clocks [1]
### SOLUTION

# %% tests={"id": "m02_gemv_waits"}
assert set(gemv_waits) == {"l2_bound", "l3_bound", "dram_bound"}, f"these three: {sorted(gemv_waits)}"
assert all(0 <= share <= 1 for share in gemv_waits.values()), "shares lie between 0 and 1"
beyond_1 = count["CYCLE_ACTIVITY.STALLS_L1D_MISS"] / count["CPU_CLK_UNHALTED.THREAD"]
assert np.isclose(sum(gemv_waits.values()), beyond_1), (
    f"together they are the clocks stalled beyond level 1: {beyond_1:.4f}, not {sum(gemv_waits.values()):.4f}"
)

# %%
all_clocks = count["CPU_CLK_UNHALTED.THREAD"]
memory = {
    "l1_bound": (count["CYCLE_ACTIVITY.STALLS_MEM_ANY"] - count["CYCLE_ACTIVITY.STALLS_L1D_MISS"]) / all_clocks,
    **gemv_waits,
    "store_bound": count["EXE_ACTIVITY.BOUND_ON_STORES"] / all_clocks,
}
bars = {
    "level 1, slots": (LEVEL_1, 0, (GREEN, RED, ORANGE, BLUE)),
    "level 2, slots": (LEVEL_2, 1 - LEVEL_1["backend_bound"], (BLUE, "#7FB8D8")),
    "level 3, clocks": (memory, 0, ("#BFDBEB", "#9CC8E0", "#7FB8D8", BLUE, GREY)),
}
figure, axes = plt.subplots(figsize=(8.5, 3.2))
for row, (shares, left, colours) in enumerate(bars.values()):
    for (node, share), colour in zip(shares.items(), colours, strict=True):
        axes.barh(row, share, left=left, color=colour, height=0.66)
        if share > 0.1:
            label = f"{node}  {share:.1%}"
            axes.text(left + share / 2, row, label, ha="center", va="center", color="white", fontsize=9)
        left += share
axes.text(sum(memory.values()) + 0.01, 2, "no stall", va="center", fontsize=9, color=GREY)
axes.set(yticks=range(3), yticklabels=list(bars), xlim=(0, 1), xlabel="share [1]")
axes.set_title("The same run, from the core's side")
axes.invert_yaxis()
plt.show()

# %% [markdown]
# **Notice.**
#
# - 87 % of the *slots* and about 81 % of the *clocks*: two different wholes. A slot may be lost in a clock that is no
#   stall. Compare each number with its own threshold (20 % and 10 %), never with the other.
# - A third of the clocks had no fill buffer free, and yet level 2 gets next to nothing. Without the correction you
#   would have sent somebody to tune for the wrong cache.
# - *DRAM bound* does not say whether the lines came late or came at the full rate. The core sees a load that waits. It
#   cannot see how busy the memory was with the lines of the other 27.
#
# ## 4. Two witnesses
#
# One method counted operations, bytes and seconds, and never looked at the core. The other looked at nothing but the
# core's slots and clocks. They give the same verdict, and the same advice: *fewer bytes*. That is worth more than
# either alone, but only if you can say why they agree, and when they would not.

# %% [markdown] exercise={"id": "m02_gemv_agreement"}
# **Exercise 3** (3 points, 6 minutes). *Two witnesses.* In about 150 words:
#
# 1. State the verdict of each method with a number from this run.
# 2. Explain why they agree *here*: which one fact about the run makes the roofline point low and the stalled clocks
#    many?
# 3. Describe one workload on the same machine for which they would *not* lead to the same advice. Say what each method
#    would show, and whom you would believe.

# %% [markdown]
# ## 5. Fewer bytes, but how many fewer?
#
# Weights need not be kept in 16 bits. In 8 or 4 bits, a *group* of neighbouring weights shares a scale, which has to be
# read as well. And the weights have to be unpacked before they can be multiplied: that takes instructions, which until
# now nobody had to wait for. If moving and unpacking overlap completely, the slower of the two decides.
#
# **Exercise 4** (2 points, 5 minutes). Write `quantised_gemv_time_s`. All arguments may be arrays and broadcast.


# %% exercise={"id": "m02_quantised_gemv_time_s", "reference": "m02_tools_methods.quantised_gemv:quantised_gemv_time_s"}
def quantised_gemv_time_s(
    weights, weight_bits, group_weights, bandwidth_bytes_per_s, unpacked_weights_per_s, scale_bits=16
):
    """Seconds that multiplying quantised weights with a vector takes at least; the vector's own bytes are neglected.

    weights:                weights that are read [1]
    weight_bits:            bits of a weight, without its scale [bit]
    group_weights:          weights that share one scale; infinite where there are no scales [1]
    bandwidth_bytes_per_s:  bandwidth of the memory that weights and scales come from [B/s]
    unpacked_weights_per_s: weights that the cores unpack and use in a second, if they need not wait [1/s]
    scale_bits:             bits of a scale [bit]
    """
    ### SOLUTION


# %% tests={"id": "m02_quantised_gemv_time_s"}
plain_s = quantised_gemv_time_s(1e9, 16, np.inf, 100e9, np.inf)
assert np.isclose(plain_s, 0.02), f"a billion weights of 16 bits at 100 GB/s take 20 ms, not {1e3 * plain_s:.4g} ms"
scaled_s = quantised_gemv_time_s(1e9, 8, 32, 100e9, np.inf)
assert np.isclose(scaled_s, 0.010625), (
    f"in 8 bits, with a scale for each 32, they take 10.625 ms, not {1e3 * scaled_s:.4g} ms"
)
assert np.shape(quantised_gemv_time_s(1e9, [16, 8, 4], 32, 100e9, 1e11)) == (3,), "three widths give three times"

# %% [markdown]
# How fast can these cores unpack? Not measured either, but counted by hand from a plain kernel: vector operations for
# 16 weights, the multiply-add included. BF16 and 8 bits take 3 (widen, shift or convert, multiply-add); 4 bits take
# about 5, since two weights share a byte; 3 bits about 9, since they straddle bytes. A core does two a clock.

# %%
OPERATIONS = {16: 3, 8: 3, 4: 5, 3: 9}
reached_bytes_per_s = 64 * (count["UNC_M_CAS_COUNT.RD"] + count["UNC_M_CAS_COUNT.WR"]) / elapsed_s
bits = np.array(list(OPERATIONS))
unpacked = CORES * CLOCK_HZ * 2 * 16 / np.array(list(OPERATIONS.values()))
groups = np.where(bits == 16, np.inf, 32)
moving_s = quantised_gemv_time_s(weights, bits, groups, reached_bytes_per_s, np.inf)
unpacking_s = quantised_gemv_time_s(weights, bits, groups, np.inf, unpacked)
total_s = quantised_gemv_time_s(weights, bits, groups, reached_bytes_per_s, unpacked)

figure, axes = plt.subplots()
places = np.arange(len(bits))
axes.bar(places - 0.2, 1e3 * moving_s, 0.38, color=BLUE, label="moving weights and scales, at the bandwidth reached")
axes.bar(places + 0.2, 1e3 * unpacking_s, 0.38, color=ORANGE, label="unpacking and using them")
for place, longest in zip(places, total_s, strict=True):
    label = f"{1e3 * longest:.0f} ms\n{total_s[0] / longest:.2f} ×"
    axes.text(place, 1e3 * longest + 8, label, ha="center", fontsize=9)
axes.set(xticks=places, xticklabels=[f"{width} bits" for width in bits], ylim=(0, 440))
axes.set(ylabel="time of ten tokens [ms]", title="The slower of the two decides")
axes.legend(frameon=False, loc="upper right")
plt.show()

# %% [markdown]
# **Notice.**
#
# - Half the bits take a little more than half the time, a quarter more than a quarter: the scales stay.
# - From 4 to 3 bits the bytes shrink by 22 %, the time by 6 %: unpacking has become the slower one. The kernel has
#   crossed the ridge, and what it waits for now is arithmetic. The first bar of Top-Down would turn from *memory* to
#   *core* and *retiring*.
# - None of this says a word about how good the answers of the model still are.

# %% [markdown]
# ## 6. Which lever first?
#
# Four proposals lie on the table:
#
# | | proposal | what it changes |
# |---|---|---|
# | A | weights in 4 bits, groups of 32 | bytes, and instructions |
# | B | decode two requests together | operations for the same weights |
# | C | the next generation of cores: twice the flop a clock, the same memory | the peak |
# | D | software prefetching, eight lines ahead | when lines are asked for |

# %% [markdown] exercise={"id": "m02_gemv_lever"}
# **Exercise 5** (3 points, 6 minutes). *Which lever first?* The service has one request at a time and wants each token
# sooner. In about 150 words:
#
# 1. Choose a proposal, and state what it brings in numbers, from this notebook.
# 2. Say what it *cannot* do: where its gain ends, and what neither method knows about it.
# 3. Name the measurement that would show afterwards whether you were right: an event or a quantity, and what it should
#    read.

# %% [markdown]
# You have taken one kernel from counts to a decision, by two roads, and you know where each of them ends. In the novel
# scenario nobody has laid out the road: the core is new, its events have other names, and the first thing that you
# need is the metric file that you have to write yourself.
