# %% [markdown]
# # Module 2 · Tools & Methods: practical
#
# Somebody shows you a kernel that takes 3 ms and asks: *is that good?* You cannot answer from the 3 ms. You need to
# know what the machine would have allowed, where the time went, and whether the numbers that told you so can be
# believed. This notebook builds the three tools that answer exactly these questions:
#
# 1. **Roofline:** what does the machine *allow*?
# 2. **Top-Down:** where did the core's slots *go*?
# 3. **Multiplexing:** can the counters be *trusted*?
#
# There are three exercises, 20 points, and about 90 minutes of work. Write your answer where it says `YOUR CODE HERE`;
# add cells of your own wherever you like to try things out. The cell below each answer holds tests that you can see.
# **When they pass, and Validate passes, that is the beginning:** the hidden checks try other machines.
#
# Units stand in the names, SI base units throughout: `_flops_per_s`, `_bytes_per_s`, `_s`. A *flop* is one
# floating-point operation; a fused multiply-add is two.

# %%
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
# roofs. It counts the traffic of *one* level, the memory; a kernel that lives in a cache has another roof. And the peak
# is the peak of a particular instruction: without tensor cores, the roof of the same chip is many times
# lower.
#
# **Exercise 1** (5 points, 20 minutes). Write `attainable_flops_per_s`. Each argument may be a number or an array, and
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
# - The roofs bend at different places. The ridges lie at 295, 153 and 201 flop/B, so the machine with the *weaker*
#   memory of two A100s needs the *larger* batch before its arithmetic is busy.
# - At $m = 256$ both A100s stand under their flat roof. The H100 does not: a batch that fills one machine leaves the
#   other waiting. A kernel is never "memory-bound" in itself; it is so on a machine.
# - Which lever would you pull at $m = 16$: faster arithmetic, faster memory, or smaller weights? Only two of them move
#   the point that you see.

# %% [markdown]
# ## 2. Where did the slots go?
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
counters[COUNTERS].T

# %% [markdown]
# **Exercise 2** (6 points, 30 minutes). Write `topdown_level_1`. It takes such a table, a data frame or a dictionary of
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
# ### Nine programs, side by side

# %%
shares = pd.DataFrame(
    {name: np.asarray(column) for name, column in dict(topdown_level_1(counters)).items()}, index=counters.index
)
figure, axes = plt.subplots()
left = np.zeros(len(shares))
for category, colour in {
    "retiring": GREEN,
    "bad_speculation": RED,
    "frontend_bound": ORANGE,
    "backend_bound": BLUE,
}.items():
    axes.barh(shares.index, shares[category], left=left, color=colour, label=category.replace("_", " "), height=0.72)
    for row, (start, share) in enumerate(zip(left, shares[category], strict=True)):
        if share >= 0.07:
            axes.text(start + share / 2, row, f"{share:.0%}", ha="center", va="center", fontsize=8, color="white")
    left += shares[category].to_numpy()
axes.axvline(1, color=GREY, linewidth=0.8)
axes.set(xlabel="share of the slots [1]", xlim=(0, 1.06), title="Top-Down, level 1")
axes.invert_yaxis()
axes.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.45, -0.14))
plt.show()

# %% [markdown]
# **Notice.**
#
# - `stream_triad`, `decode_gemv` and `embedding_lookup` look alike here, though the first two stream through memory and
#   the third jumps about in it. Level 1 says *back end*; level 2 will say memory; only then do bandwidth and latency
#   part ways. The method is a drill: one level at a time, and only where it is worth it.
# - `tokenizer` loses a fifth of its slots to wrong guesses, and part of its front-end share is the same illness: after
#   each wrong guess the front end must start again. Heal the branches first, then look again.
# - `op_dispatch` is what an eager framework does with many small kernels: the core does not wait for data but for
#   *instructions*.
# - `sort_multiplexed` has a back-end share below zero: the bars add up to one only because the last of them runs
#   backwards. Something is wrong with its counts. What, is the subject of the next section.

# %% [markdown]
# ## 3. Can the counters be trusted?
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
# 4. A few events (clocks, instructions) have a *fixed* counter of their own. They always run, and take no room from the
#    groups.
#
# **What the model assumes** is only this: while it was not counted, an event happened at the same rate as while it was.
#
# **Exercise 3** (9 points, 40 minutes). Write `CounterMultiplexer`. In each `tick` time passes, and things happen in
# it, counted or not. What you keep between the calls is up to you.


# %% exercise={"id": "m02_counter_multiplexer", "reference": "m02_tools_methods.multiplexing:CounterMultiplexer"}
class CounterMultiplexer:
    """Groups of events that take turns on the counters of one core."""

    def __init__(self, counters, groups, fixed=()):
        """Nothing has been counted yet.

        counters: number of programmable counters [1]
        groups:   list of lists of event names: the events of each group are counted together
        fixed:    names of events that have a counter of their own

        Raises ValueError if there is no counter, if a group is empty or larger than the counters, or if an event is
        there twice (in two groups, twice in a group, or in a group and fixed).
        """
        ### SOLUTION

    @property
    def active_events(self):
        """Set of the names of all events that are being counted now, the fixed ones included."""
        ### SOLUTION

    def tick(self, duration_s, counts):
        """Let one turn pass, and then let the next group come first.

        duration_s: length of the turn [s]; raises ValueError if it is not positive
        counts:     dict: how often each event happened in it, counted or not; what it does not name did not happen [1]
        """
        ### SOLUTION

    def raw(self, event):
        """Count of the event while it was on a counter [1]."""
        ### SOLUTION

    def running_share(self, event):
        """Running time of the event over its enabled time [1]; NaN before the first turn."""
        ### SOLUTION

    def estimate(self, event):
        """Count that the event would have had if it had always run [1]; NaN if it never ran."""
        ### SOLUTION


# %% tests={"id": "m02_counter_multiplexer"}
multiplexer = CounterMultiplexer(
    counters=4, groups=[["loads", "misses"], ["branches", "mispredicts", "clears"]], fixed=["clocks"]
)
assert multiplexer.active_events == {"clocks", "loads", "misses"}, (
    "two of four counters are taken, and a group of three does not fit beside them"
)
assert np.isnan(multiplexer.estimate("loads")), "nothing has run yet"
multiplexer.tick(0.5, {"clocks": 1000, "loads": 300, "branches": 100})
assert multiplexer.active_events == {"clocks", "branches", "mispredicts", "clears"}, (
    "after a turn the next group comes first"
)
multiplexer.tick(0.5, {"clocks": 1000, "loads": 300, "branches": 100})
assert multiplexer.raw("loads") == 300, "loads were on a counter in one of two turns"
assert multiplexer.running_share("loads") == 0.5, "they ran half of the time"
assert multiplexer.estimate("loads") == 600, "so their count is doubled"
assert multiplexer.estimate("clocks") == 2000, "a fixed counter has nothing to scale"
try:
    CounterMultiplexer(counters=2, groups=[["a", "b", "c"]])
except ValueError:
    pass
else:
    raise AssertionError("a group that can never be counted must raise ValueError")

# %% [markdown]
# ### A program with phases
#
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
# - With six events the counter looks every 24 ms. Now phases of 4, 6 and 12 ms keep step with it, and phases near these
#   come close enough to matter: fewer looks, larger errors.
# - Look at `sort_multiplexed` once more. Its four shares come from events that were counted in different turns, each
#   scaled on its own. The remedy is not to clip at zero, but to put events that are compared into one group, to run
#   longer, or to run again with fewer events.
#
# You can now say what a machine allows, where the slots went, and how far to believe the counters. Before you hand in:
# run the notebook from the top, press Validate, and then ask of each function what its visible tests do *not* try.
