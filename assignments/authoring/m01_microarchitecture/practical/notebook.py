# %% [markdown]
# # Module 1 · System & Microarchitecture Deep Dive: practical
#
# A model that runs at a tenth of its machine's peak is not slow everywhere. Somewhere something *waits*: for a branch
# to be known, a line to arrive, another core to let go of a line, a far memory, a free register. This notebook takes a
# machine apart along one question, asked seven times: **what is waited for, and what would end the waiting?**
#
# 1. **Pipeline:** where do the cycles of a core go, and which change wins most of them back? *(exercises 1 to 3)*
# 2. **Caches:** how many misses has a trace, why, and what do they cost alone and together? *(exercises 4 to 7)*
# 3. **Prefetching:** how far ahead is far enough, and how far is too far? *(exercise 8)*
# 4. **Sharing:** what do caches tell each other, and what does false sharing cost? *(exercise 9)*
# 5. **NUMA:** on which node should a page lie? *(exercise 10)*
# 6. **GPU:** how many blocks fit on a multiprocessor, and how many warps are enough? *(exercises 11, 12)*
# 7. **Links:** what does it cost to bring the parts of a result together? *(exercise 13)*
#
# There are 13 exercises, 72 points, and about 160 minutes of work: two sittings, with a break after the caches, say.
# Write your answer where it says `YOUR CODE HERE`;
# add cells of your own wherever you like to try things out. The cell below each answer holds tests that you can see.
# **When they pass, and Validate passes, that is the beginning:** the hidden checks try other machines, other programs
# and the cases at the edge that the text names.
#
# Units stand in the names: `_cycles`, `_s`, `_bytes`, `_bytes_per_s`. Counts have none.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.2), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## 1. Where do the cycles go?
#
# An out-of-order core hides nearly everything, most of the time. Left alone it dispatches $D$ instructions in every
# cycle, its *width*. What stops it are **miss events**, three kinds of them:
#
# - A branch was **mispredicted**. Everything behind it was in vain. The core learns that when the branch is resolved,
#   which takes a while: the branch waits for its own inputs. Then the front end starts anew, and its pipeline must
#   fill.
# - An **instruction fetch** missed its cache: nothing arrives until the line does.
# - A load missed *all* caches. The window behind it fills up, and the core stands still until the memory answers. But
#   all long misses that stand in the same window are under way **together**: a group of them costs one latency. The
#   mean size of a group is the *memory-level parallelism*.
#
# Between two events the core runs at full width. So the time of a program is a sum, and divided by the instructions it
# becomes a **CPI stack**: cycles per instruction, layer by layer. This is *interval analysis*, here in a simple form
# (after Eyerman, Eeckhout, Karkhanis and Smith, ACM TOCS 27(2), 2009).
#
# **What the model leaves out.** Events that hide behind each other: a mispredicted branch that waits for a long miss is
# paid twice here. And programs whose dependences do not allow $D$ instructions a cycle even without any miss.
#
# **Exercise 1** (6 points, 14 minutes). Write `cpi_stack`. It takes a table, a data frame or a dictionary of columns,
# one row per program, and gives the four layers. A program without long misses has no parallelism: its `parallelism` is
# NaN, and its memory layer is zero.


# %% exercise={"id": "m01_cpi_stack", "reference": "m01_microarchitecture.cpi_stack:cpi_stack"}
def cpi_stack(events, width, frontend_cycles, fetch_miss_cycles, memory_cycles):
    """Cycles per instruction by what they are spent on, one row per program.

    events: table with the columns
        instructions, branch_mispredictions, fetch_misses, long_misses: how many there were
        resolution_cycles: mean time until a mispredicted branch is resolved
        parallelism: mean number of long misses that are under way together; NaN where there are none
        and perhaps program, its name; counts and times [1, cycle]
    width: instructions that the core can dispatch per cycle [1]
    frontend_cycles: time to fill the front end's pipeline again [cycle]
    fetch_miss_cycles: what a miss of an instruction fetch takes [cycle]
    memory_cycles: latency of the memory [cycle]

    Returns a table, data frame or dict of arrays, with the columns base, branches, fetch and memory [cycle].
    """
    ### SOLUTION


# %% tests={"id": "m01_cpi_stack"}
# 1,000 instructions, four a cycle; five branches of 12 + 8 cycles; two fetches of 20; four long misses, in pairs.
one_program = {"instructions": [1000], "branch_mispredictions": [5], "resolution_cycles": [12]}
one_program |= {"fetch_misses": [2], "long_misses": [4], "parallelism": [2.0]}
layers = pd.DataFrame(cpi_stack(one_program, width=4, frontend_cycles=8, fetch_miss_cycles=20, memory_cycles=200))
assert set(layers.columns) == {"base", "branches", "fetch", "memory"}, f"these columns: {list(layers.columns)}"
for layer, expected in {"base": 0.25, "branches": 0.1, "fetch": 0.04, "memory": 0.4}.items():
    found = float(layers[layer].iloc[0])
    assert np.isclose(found, expected), f"{layer} should be {expected} cycles per instruction, not {found:.4g}"

# %%
events = pd.DataFrame(  # made up, per million instructions
    {
        "program": ["parser", "pointer chase", "hash join", "stencil", "interpreter"],
        "instructions": [10**6] * 5,
        "branch_mispredictions": [9_000, 300, 2_500, 100, 4_000],
        "resolution_cycles": [14, 30, 25, 10, 12],
        "fetch_misses": [1_500, 50, 100, 20, 9_000],
        "long_misses": [200, 6_000, 6_000, 4_000, 300],
        "parallelism": [1.2, 1.0, 5.0, 8.0, 1.1],
    }
)
stack = pd.DataFrame(cpi_stack(events, width=4, frontend_cycles=10, fetch_miss_cycles=18, memory_cycles=300))
figure, axes = plt.subplots(figsize=(8.5, 3.4))
left = np.zeros(len(events))
for layer, colour in zip(["base", "branches", "fetch", "memory"], [GREEN, RED, ORANGE, BLUE], strict=True):
    axes.barh(events["program"], stack[layer], left=left, color=colour, label=layer)
    left = left + np.asarray(stack[layer])
axes.set(xlabel="cycles per instruction", title="Five programs on one core")
axes.invert_yaxis()
axes.legend(frameon=False, ncols=4, loc="lower right")
plt.show()

# %% [markdown]
# **Notice.** *Pointer chase* and *hash join* have the same number of long misses, and one waits five times as long for
# them. A miss rate alone tells you nothing about time: ask how many misses are under way together. What would a window
# twice as large do for each of the two?

# %% [markdown]
# ### A window, instruction by instruction
#
# Why does a window overlap some misses, and not others? Watch single instructions. A core of width $W$ with a window of
# $w$ instructions does four things with each of them:
#
# - It **dispatches** them in the order of the program, at most $W$ in a cycle. The window has room for $w$
#   instructions that are dispatched and not yet retired: instruction $i$ is not dispatched before instruction $i - w$
#   has retired, but may be in the same cycle. The first one is dispatched in cycle 0.
# - It **starts** one as soon as it is dispatched and all of its *producers* have finished, the instructions whose
#   results it needs. Who stands before whom in the program does not matter here.
# - It has **finished** after its latency, which may be zero.
# - It **retires** them in the order of the program again, at most $W$ in a cycle, and not before they have finished; an
#   instruction may retire in the cycle in which it finishes.
#
# "At most $W$ in a cycle" says of instructions in order: the one that stands $W$ places behind comes at least a cycle
# later. (The textbook machine; an analytical model of it is that of Karkhanis and Smith, ISCA 2004.)
#
# **What the model leaves out.** Ports, miss buffers, and everything that exercise 1 knows: branches are predicted, and
# instructions are there.
#
# **Exercise 2** (5 points, 10 minutes). Write `retired_cycles`.


# %% exercise={"id": "m01_retired_cycles", "reference": "m01_microarchitecture.out_of_order:retired_cycles"}
def retired_cycles(producers, latency_cycles, width, window):
    """Cycle in which each instruction of a program retires.

    producers: list with a list for each instruction: the numbers, from 0, of those whose results it needs
    latency_cycles: time that each takes to execute, whole numbers, from 0 on [cycle]
    width: instructions that are dispatched, and that retire, per cycle at most [1]
    window: instructions that are dispatched and not yet retired, at most [1]

    Returns an array of whole numbers [cycle]; an empty one for an empty program.

    Raises ValueError if width or window are not positive, a latency is negative, or an instruction needs one that does
    not stand before it.
    """
    ### SOLUTION


# %% tests={"id": "m01_retired_cycles"}
found = list(retired_cycles([[], [], [], []], [1, 1, 1, 1], width=2, window=4))
assert found == [1, 1, 2, 2], f"four that need nothing, two a cycle: [1, 1, 2, 2], not {found}"
found = list(retired_cycles([[], [0], [1]], [3, 3, 3], width=2, window=4))
assert found == [3, 6, 9], f"a chain takes the sum of its latencies: [3, 6, 9], not {found}"
# A load, an addition that needs it, and four that need nothing; the window is full until the load is there.
found = list(retired_cycles([[], [0], [], [], [], []], [100, 1, 1, 1, 1, 1], width=2, window=4))
assert found == [100, 101, 101, 102, 102, 103], f"[100, 101, 101, 102, 102, 103], not {found}"
try:
    retired_cycles([[], [1]], [1, 1], 2, 4)
except ValueError:
    pass
else:
    raise AssertionError("an instruction that needs itself must raise ValueError")

# %%
windows = [8, 16, 32, 64, 128, 256]
apart, length = 20, 800  # every so many instructions there is a load of 200 cycles; each of the others needs the last
join = [[place - 1] if place % apart else [] for place in range(length)]
chase = [[place - 1] if place % apart else [place - apart][:place] for place in range(length)]
latencies = [1 if place % apart else 200 for place in range(length)]
figure, axes = plt.subplots(figsize=(8.5, 3.2))
for name, needs, colour in (("hash join", join, BLUE), ("pointer chase: a load needs the last one", chase, RED)):
    ends = [retired_cycles(needs, latencies, 4, window)[-1] for window in windows]
    axes.plot(windows, np.array(ends) / length, "o-", color=colour, label=name)
axes.set(
    xlabel="window [instructions]", ylabel="cycles per instruction", title="Every twentieth is a load of 200 cycles"
)
axes.set_xscale("log", base=2)
axes.set_ylim(0)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** Up to 16 instructions the two are alike: no window holds two loads, and each waits for its own. From then
# on every window that is twice as large about halves the waiting of the join, and leaves the chase as it was: its next
# address is not known. What a window finds is the *parallelism* of exercise 1; hardware can only find what is there.

# %% [markdown]
# ### From counters to a verdict
#
# A real core does not hand you its miss events and their penalties. It counts *slots*. In each clock a core of width
# $w$ can issue up to $w$ operations, so that $C$ clocks are $w \cdot C$ slots, and each of them ends in one of five
# ways. This is the top of the **Top-Down** method (Yasin, ISPASS 2014); module 2 climbs down all of its tree.
#
# | node | what became of the slot | how it is counted here |
# |---|---|---|
# | `retiring` | an operation, and its result was kept | `retired` |
# | `bad_speculation` | an operation that was thrown away | `issued` counts *all* that were issued |
# | | or the core was recovering | `recovery_clocks`: in *clocks*, all slots of which are lost |
# | `frontend_bound` | nothing was there to issue | `starved_slots` |
# | `memory_bound` | the back end had no room, for want of data | part of what is left: see below |
# | `core_bound` | the back end had no room, for another reason | the other part |
#
# What is left for the back end is parted like the clocks in which nothing executed: `idle_clocks` all together, and
# `idle_clocks_load` of them with a load under way.

# %%
width = 6
counters = pd.read_csv("data/pipeline_counters.csv", comment="#")
changes = [
    {"change": "A", "what": "fetch rows ahead", "node": "memory_bound", "times_fewer": 1.6},
    {"change": "B", "what": "select without a branch", "node": "bad_speculation", "times_fewer": 3.0},
    {"change": "C", "what": "lay out the code by profile", "node": "frontend_bound", "times_fewer": 1.8},
    {"change": "D", "what": "polynomials for exp and division", "node": "core_bound", "times_fewer": 2.5},
    {"change": "E", "what": "wider vectors", "node": "retiring", "times_fewer": 1.4},
]
counters.set_index("program").map("{:,}".format).T

# %% [markdown]
# Five changes are on offer, in `changes`. Each makes the slots of *one* node fewer by a factor, in every program, and
# leaves the others as they are. Slots that are won are time that is won.
#
# **Exercise 3** (5 points, 13 minutes). Fill in `pipeline_verdicts`, a table (a dict of lists will do) with one row for
# each program of `counters`, in this order:
#
# | column | |
# |---|---|
# | `program` | its name |
# | `verdict` | the node that takes most of the program's slots; `retiring` is useful work, and no verdict |
# | `share` | the share of the slots that this node takes |
# | `change` | the letter of the change that makes this program fastest |
# | `speedup` | by how much: time before over time after |

# %% exercise={"id": "m01_pipeline_verdicts", "reference": "m01_microarchitecture.pipeline:pipeline_verdicts"}
# pipeline_verdicts = {"program": [...], "verdict": [...], "share": [...], "change": [...], "speedup": [...]}
### SOLUTION

# %% tests={"id": "m01_pipeline_verdicts"}
verdicts = pd.DataFrame({name: list(column) for name, column in dict(pipeline_verdicts).items()})
assert set(verdicts.columns) == {"program", "verdict", "share", "change", "speedup"}, f"{list(verdicts.columns)}"
assert list(verdicts["program"]) == list(counters["program"]), "one row per program, in the order of the counters"
assert set(verdicts["verdict"]) <= {"frontend_bound", "bad_speculation", "memory_bound", "core_bound"}, (
    f"a verdict is one of the four nodes that lose slots: {sorted(set(verdicts['verdict']))}"
)
assert verdicts["share"].between(0, 1).all(), "shares lie between 0 and 1"
assert (verdicts["speedup"] > 1).all(), "every program is made faster by some change"

# %%
verdicts.set_index("program").round(3)

# %% [markdown]
# **Notice.** For two of the six the best change is *not* at the verdict. The verdict says where most of the time goes;
# the payoff says what somebody can do about it. You need both, in this order: first where, then how much.

# %% [markdown]
# ## 2. All caches at once
#
# How many misses would a program have with 32 KiB of cache? With 48? With 1 MiB? You could simulate each size. You need
# not: for least-recently-used replacement, **one pass over the trace answers for all sizes** (Mattson, Gecsei, Slutz
# and Traiger, IBM Systems Journal 9(2), 1970).
#
# Put the lines on a stack, the one that was touched last on top. A cache of $C$ lines holds just the upper $C$ of it.
# So whether an access hits depends on one number only: how many *other* lines were touched since the last time this one
# was. That is its **stack distance**. If it is less than $C$ the access hits, in every cache of at least so many lines.
#
# **What the model leaves out.** Sets (a real cache looks at a few places only), replacement that is not quite LRU, and
# lines that hardware fetches on its own.
#
# **Exercise 4** (5 points, 13 minutes). Write `stack_distances`. A line that was never touched before is infinitely far
# away.


# %% exercise={"id": "m01_stack_distances", "reference": "m01_microarchitecture.reuse:stack_distances_by_definition"}
def stack_distances(lines):
    """Number of distinct other lines that were touched since the last access to the same line.

    lines: the line that each access touches, in order: a list or an array of whole numbers, possibly empty

    Returns an array with a distance for each access; infinity for the first touch of a line [1].
    """
    ### SOLUTION


# %% tests={"id": "m01_stack_distances"}
found = np.asarray(stack_distances([7, 8, 9, 8, 8, 7]), dtype=float)
assert found.shape == (6,), f"one distance for each access, not {found.shape}"
assert np.isinf(found[:3]).all(), f"the first touches of three lines are infinitely far: {found[:3]}"
assert found[4] == 0, f"8 is touched again at once, and no line in between: 0, not {found[4]}"
assert found[5] == 2, f"8 and 9 were touched between the two 7s: 2, not {found[5]}"

# %% [markdown]
# Two ways to multiply matrices of 16 × 16 numbers in double precision: row by row, and in tiles of 4 × 4. Same
# operations, same data; the order is all that differs. The curve below is the share of accesses with $d \ge C$.


# %%
def touched_lines(tile, n=16):
    """Lines of 64 bytes that C += A B touches, tile by tile; each of A, B, C is stored row by row."""
    trace = []
    tiles = range(0, n, tile)
    for i0, k0, j0 in [(i0, k0, j0) for i0 in tiles for k0 in tiles for j0 in tiles]:
        for i in range(i0, i0 + tile):
            for j in range(j0, j0 + tile):
                for k in range(k0, k0 + tile):
                    trace += [(i * n + k) // 8, (n * n + k * n + j) // 8, (2 * n * n + i * n + j) // 8]
    return trace


capacities = np.arange(1, 101)
figure, axes = plt.subplots(figsize=(8.5, 3.6))
for tile, colour, label in ((16, BLUE, "row by row"), (4, ORANGE, "tiles of 4 × 4")):
    distances = np.asarray(stack_distances(touched_lines(tile)), dtype=float)
    misses = np.mean(distances[:, np.newaxis] >= capacities, axis=0)
    axes.step(capacities, misses, where="post", color=colour, label=label)
axes.set(yscale="log", xlabel="capacity [lines of 64 bytes]", ylabel="miss ratio [1]", title="One pass, every cache")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** The curves fall in steps, and the steps are *working sets*: a row and a column, a tile, a whole matrix.
# Between two steps more cache buys nothing. Tiling moves the big step to the left: with 20 lines it misses half as
# often. With 40 it misses *more*, for here the rows fit as well, and the tiles come back later. At the far right both
# end at the first touches, which no cache of any size avoids. "Tiling is good" is true of a cache, not of a program.

# %% [markdown]
# ### A cache with sets
#
# No cache looks everywhere for a line. Line $x$ can lie in one *set* only, number $x \bmod S$, and a set has room for
# as many lines as the cache has *ways*. Each set replaces the line that was used longest ago, on its own. So an access
# may miss for three reasons (they go back to Hill's thesis, Berkeley 1987):
#
# - **Compulsory:** the line was never touched before.
# - **Capacity:** it was touched, but a cache of the same size *without* sets, in which a line may lie anywhere, misses
#   as well.
# - **Conflict:** that one would have hit. Room there was, only not in this set.
#
# **What the model leaves out.** Set numbers that are hashed, as those of last-level caches are, and the prefetchers.
# Textbooks count differently, too: for them conflicts are the misses that the cache has more than one without sets. An
# access that hits only *because* there are sets is then one conflict less; here it is a hit.
#
# **Exercise 5** (5 points, 10 minutes). Write the class `LruCache`: a cache that says of each access whether it hits,
# or why it misses.


# %% exercise={"id": "m01_lru_cache", "reference": "m01_microarchitecture.set_associative:LruCache"}
class LruCache:
    """A cache with sets and LRU replacement; at the beginning it is empty."""

    def __init__(self, sets, ways):
        """Make an empty cache.

        sets: how many there are, any number: line x belongs to set x mod sets [1]
        ways: lines that a set has room for [1]

        Raises ValueError if there is no set, or no way.
        """
        ### SOLUTION

    def access(self, line):
        """Touch a line, a whole number from 0 on: "hit", "compulsory", "capacity" or "conflict"."""
        ### SOLUTION


# %% tests={"id": "m01_lru_cache"}
cache = LruCache(sets=2, ways=1)
found = [cache.access(line) for line in (0, 2, 2, 0)]
assert found == ["compulsory", "compulsory", "hit", "conflict"], f"0 and 2 share a set, and set 1 is empty: {found}"
cache = LruCache(sets=1, ways=2)
found = [cache.access(line) for line in (5, 6, 5, 7, 5, 6)]
assert found[-2:] == ["hit", "capacity"], f"7 takes the place of 6, which was used longest ago: {found}"

# %%
columns = {}
for row_lines in (32, 33):  # 64 rows of a matrix, of so many lines each; read a column twice, then the next
    for ways in (1, 4, 16, 128):
        cache = LruCache(sets=128 // ways, ways=ways)
        seen = [cache.access(row * row_lines + column) for column in range(3) for _ in range(2) for row in range(64)]
        columns[f"{row_lines} lines a row", f"{ways} ways"] = pd.Series(seen).value_counts()
kinds = pd.DataFrame(columns).T.reindex(columns=["hit", "compulsory", "capacity", "conflict"]).fillna(0).astype(int)
kinds

# %% [markdown]
# **Notice.** 64 lines are wanted at a time, and the cache holds 128. With rows of 32 lines, though, they meet in a few
# sets, and even 16 ways do not save one of them: all that could hit are conflicts. One line more a row, and one way is
# enough. Matrices whose rows are powers of two are slow for a reason, and *padding* is the remedy. That is no capacity
# problem, so do not ask for a larger cache.

# %% [markdown]
# ### What an access costs
#
# A cache is worth what it saves on average. Levels are asked one after the other: level $k$ takes $t_k$, whether it
# hits or misses, and a share $m_k$ of the accesses *that reach it* goes on to the next. That share is its **local**
# miss ratio. The mean access time of three caches and a memory (Hennessy and Patterson call it AMAT) is
#
# $$T = t_1 + m_1 \, (t_2 + m_2 \, (t_3 + m_3 \, t_{mem}))$$
#
# A team has room for one change, and simulated five designs with the same 1,000,000 accesses. The simulator counts the
# misses of each level.
#
# **What the model leaves out.** Everything that overlaps. It is the time of accesses that wait for each other, one by
# one; the next exercise is about the others.

# %%
accesses = 1_000_000
designs = pd.DataFrame(  # made up
    [
        ["today", 4, 12, 40, 250, 60_000, 21_000, 8_400],
        ["larger L1", 5, 12, 40, 250, 30_000, 20_000, 8_400],
        ["larger L2", 4, 15, 40, 250, 60_000, 12_000, 8_200],
        ["larger L3", 4, 12, 46, 250, 60_000, 21_000, 5_000],
        ["faster memory", 4, 12, 40, 190, 60_000, 21_000, 8_400],
    ],
    columns=["design", "l1_cycles", "l2_cycles", "l3_cycles", "memory_cycles", "l1_misses", "l2_misses", "l3_misses"],
)
designs.set_index("design")

# %% [markdown]
# **Exercise 6** (4 points, 8 minutes). Fill in `access_times`, a table (a data frame, or a dict of lists or arrays)
# with one row for each of the `designs`, in their order; do not round.
#
# | column | |
# |---|---|
# | `l1_miss_ratio`, `l2_miss_ratio`, `l3_miss_ratio` | the local miss ratio of each level |
# | `average_cycles` | the mean time of an access |

# %% exercise={"id": "m01_access_times", "reference": "m01_microarchitecture.access_time:access_times"}
# access_times = {"l1_miss_ratio": [...], "l2_miss_ratio": [...], "l3_miss_ratio": [...], "average_cycles": [...]}
### SOLUTION

# %% tests={"id": "m01_access_times"}
levels = pd.DataFrame({name: np.asarray(column, dtype=float) for name, column in dict(access_times).items()})
names = {"l1_miss_ratio", "l2_miss_ratio", "l3_miss_ratio", "average_cycles"}
assert set(levels.columns) == names, f"these columns: {list(levels.columns)}"
assert len(levels) == len(designs), f"one row for each design, not {len(levels)}"
assert np.isclose(levels["l1_miss_ratio"].iloc[0], 0.06), "today 60,000 of 1,000,000 accesses miss the first level"
assert (levels["average_cycles"] > designs["l1_cycles"]).all(), "every access pays for the first level"
assert (levels["average_cycles"] < designs["memory_cycles"]).all(), "most accesses never reach the memory"

# %%
levels.set_index(designs["design"]).round(3)

# %% [markdown]
# **Notice.** The larger L1 halves its misses, and loses: every access pays the cycle more, and the misses that it saves
# are those that L2 would have caught. See what becomes of L2's *local* ratio: it nearly doubles, though L2 is as good
# as ever. A local ratio says as much about the level above as about its own. Compare designs by counts or by time.

# %% [markdown]
# ### Many at a time
#
# Most programs do not wait for one miss after the other. **Little's law** (Operations Research 9(3), 1961) says what
# that is worth. If $n$ lines of $l$ bytes are under way on average, and each is for a time $T$, then
#
# $$B = \frac{n \, l}{T}$$
#
# bytes arrive per second, until the memory is at its peak. How many are under way? As many as the *program* offers,
# but no more than the hardware has *buffers* for: cores of Intel have had 10 to 16 of them for the misses of their
# first level. Whichever is less.
#
# **What the model leaves out.** A latency that grows when the memory is nearly busy: close to the peak more must be
# under way than the law says with the latency of an idle memory.

# %%
programs = pd.DataFrame(  # made up, but for the bandwidth of an H100 (SXM)
    {
        "program": ["pointer chase", "hash join", "scan, one core", "scan, 32 cores", "scan, GPU"],
        "offered": [1, 6, 64, 2_048, 40_000],
        "buffers": [12, 12, 12, 384, 135_168],
        "line_bytes": [64, 64, 64, 64, 32],
        "latency_s": [90e-9, 90e-9, 80e-9, 120e-9, 600e-9],
        "peak_bytes_per_s": [200e9, 200e9, 200e9, 200e9, 3.35e12],
    }
)
programs.set_index("program")

# %% [markdown]
# **Exercise 7** (4 points, 8 minutes). Write `memory_use`. It takes such a table, a data frame or a dictionary of
# columns, and says for each program what it gets, what limits it, and what it would take.


# %% exercise={"id": "m01_memory_use", "reference": "m01_microarchitecture.memory_parallelism:memory_use"}
def memory_use(programs):
    """Bandwidth that each program gets, and what limits it.

    programs: table with the columns
        offered: lines that the program could have under way at a time
        buffers: lines that the hardware can have under way at a time
        line_bytes, latency_s, peak_bytes_per_s: of the memory
        and perhaps program, its name; counts and the memory's figures [1, B, s, B/s]

    Returns a table, data frame or dict of lists or arrays, with the columns
        bytes_per_s: what the memory delivers [B/s]
        limit: "program", "buffers" or "memory"; where two are equally scarce, the later in this list
        lines_needed: lines that must be under way to reach the peak, on average: do not round [1]
    """
    ### SOLUTION


# %% tests={"id": "m01_memory_use"}
# Forty loads that need nothing, twelve buffers, 80 ns: 12 lines of 64 bytes in 80 ns are 9.6 GB/s.
one_core = {"offered": [40], "buffers": [12], "line_bytes": [64], "latency_s": [80e-9], "peak_bytes_per_s": [32e9]}
used = pd.DataFrame({name: list(column) for name, column in dict(memory_use(one_core)).items()})
assert set(used.columns) == {"bytes_per_s", "limit", "lines_needed"}, f"these columns: {list(used.columns)}"
assert np.isclose(used["bytes_per_s"].iloc[0], 9.6e9), f"9.6 GB/s, not {used['bytes_per_s'].iloc[0]:.4g} B/s"
assert used["limit"].iloc[0] == "buffers", f"more loads than buffers, and an idle memory: {used['limit'].iloc[0]}"
assert np.isclose(used["lines_needed"].iloc[0], 40), f"40 lines for 32 GB/s, not {used['lines_needed'].iloc[0]}"

# %%
used = pd.DataFrame({name: list(column) for name, column in dict(memory_use(programs)).items()})
used.index = programs["program"]
used.assign(busy=(used["bytes_per_s"] / list(programs["peak_bytes_per_s"])).map("{:.1%}".format)).round(1)

# %% [markdown]
# **Notice.** The same memory of 200 GB/s is busy to less than one in two hundred with a chase, and full with 32 cores.
# Each answer asks for another remedy. *Program:* start more at once, as a batch of look-ups does. *Buffers:* use more
# cores, or let the prefetchers help, which have some of their own. *Memory:* move less. The GPU has room for far more
# than it needs, and this program does not offer enough: that is the subject of the worked example.

# %% [markdown]
# ## 3. How far ahead?
#
# If you know what will be needed, ask for it early. A loop reads new lines in each iteration and computes for $t$
# cycles. The memory takes $L$ cycles. A software prefetch at *distance* $d$ stands at the beginning of the body:
# iteration $i$ asks for the lines of iteration $i + d$; then it waits for its own, if they are not there; then it
# computes. All prefetches may be under way at the same time.
#
# - **Too near:** the lines of iteration $i$ are asked for only $d$ bodies earlier. The loop stands still for the rest.
#   But think twice before you write down how long an iteration takes *on average*: while the loop stands still, the
#   lines of the next $d$ iterations come nearer as well. With $L = 100$, $t = 36$ and $d = 1$, draw the first six
#   iterations on paper.
# - **Too far:** lines that are under way, or there and not yet used, take room. When an iteration wants its lines,
#   those of the next $d$ iterations have been asked for as well: $d + 1$ iterations of lines in all. If they are more
#   than the cache holds, the oldest are gone, and the whole latency is paid as if nobody had asked.
#
# The distance at which waiting ends is that of Mowry, Lam and Gupta (ASPLOS 1992). What lies on both sides of it is
# yours to find.
#
# **A figure is data before it is a picture.** Let your function return a plain object: axes, series, marks. It can be
# tested and compared with yesterday's; a course cell draws it.
#
# **Exercise 8** (7 points, 16 minutes). Write `prefetch_figure`.


# %% exercise={"id": "m01_prefetch_figure", "reference": "m01_microarchitecture.prefetch_distance:prefetch_figure"}
def prefetch_figure(distances, latency_cycles, iteration_cycles, cache_lines, lines_per_iteration=1):
    """Mean time of an iteration of a long loop, over the distance of its prefetches, as plain data.

    distances: iterations ahead, whole numbers from 0 on, increasing; at 0 nothing is asked for early [1]
    latency_cycles: time from a request to its data [cycle]
    iteration_cycles: time that an iteration computes [cycle]
    cache_lines: lines that the cache holds; the oldest one makes room [1]
    lines_per_iteration: new lines that each iteration reads, all at its beginning [1]

    Returns a dict with
        title:  a text
        x, y:   dicts with `label` (ending in its unit, [iterations] or [cycle]), `scale` ("linear"), `limits`
                ([low, high]): x from the first to the last distance, y from 0 to a loop without prefetches
        series: list of dicts with `label`, `kind`, `x`, `y`: "prefetched" of kind "points", a point for each distance;
                "no prefetch" and "no waiting" of kind "line", from the first to the last distance: an iteration of a
                loop that never asks early, and of one that never waits
        marks:  list of one dict with `label` ("best"), `x`, `y`: the point of least time; of several the nearest
        left_out: an empty list
    """
    ### SOLUTION


# %% tests={"id": "m01_prefetch_figure"}
# 100 cycles of latency, 36 of computing, and a cache of eight lines.
plain = prefetch_figure([0, 1, 2, 3, 6, 8], 100, 36, cache_lines=8)
assert set(plain) == {"title", "x", "y", "series", "marks", "left_out"}, f"these parts: {sorted(plain)}"
series = {one["label"]: one for one in plain["series"]}
assert set(series) == {"prefetched", "no prefetch", "no waiting"}, f"these series: {sorted(series)}"
times = dict(zip(series["prefetched"]["x"], series["prefetched"]["y"], strict=True))
assert np.isclose(times[0], 136), f"nobody asks early: 36 + 100 cycles, not {times[0]}"
assert np.isclose(times[6], 36), f"six iterations ahead all is there: 36 cycles, not {times[6]}"
assert np.isclose(times[8], 136), f"nine iterations of lines do not fit into eight: 136 cycles, not {times[8]}"
assert plain["marks"][0]["x"] == 3, f"three iterations of 36 cycles are enough: {plain['marks']}"

# %% [markdown]
# Trust, but play it: below, a loop runs step by step, with a cache that pushes out its oldest line.


# %%
def played_iteration_cycles(distance, latency, body, cache_lines, lines, iterations=240):
    """Mean time of an iteration of the later half of a loop that is played."""
    now, cache, ends = 0.0, {}, []
    for iteration in range(iterations):
        for line in range(lines * (distance > 0)):
            if len(cache) >= cache_lines:
                cache.pop(next(iter(cache)))
            cache[iteration + distance, line] = now + latency
        own = [(iteration, line) for line in range(lines)]
        missing = not all(line in cache for line in own)
        now = max([now, *(cache[line] for line in own if line in cache)]) + latency * missing + body
        ends.append(now)
    return (ends[-1] - ends[iterations // 2 - 1]) / (iterations / 2)


plain = prefetch_figure(list(range(17)), 200, 40, cache_lines=24, lines_per_iteration=2)
figure, axes = plt.subplots(figsize=(8.5, 3.8))
for one in plain["series"]:
    if one["kind"] == "line":
        axes.plot(one["x"], one["y"], color=GREY, linewidth=0.9, linestyle="--")
        axes.text(6, one["y"][0] - 14, one["label"], ha="center", fontsize=9, color=GREY)
    else:
        axes.plot(one["x"], one["y"], "o", color=BLUE, label=f"{one['label']}: your figure")
played = [played_iteration_cycles(distance, 200, 40, 24, 2) for distance in range(17)]
axes.plot(range(17), played, "+", color=ORANGE, markersize=11, label="played")
for mark in plain["marks"]:
    axes.annotate(f"{mark['label']}: {mark['x']}", (mark["x"], mark["y"]), xytext=(0, 12), textcoords="offset points")
axes.set(xlabel=plain["x"]["label"], ylabel=plain["y"]["label"], ylim=(0, 260), title=plain["title"])
axes.legend(frameon=False, loc="center")
plt.show()

# %% [markdown]
# **Notice.**
#
# - The first step ahead saves more than half of the waiting, every further one less. A distance that is *nearly* right
#   is nearly as good, on this side.
# - On the other side there is a cliff. A distance that was tuned on an empty machine falls off it when a neighbour
#   takes half of the cache, or a new core computes faster, so that you "tune" $d$ upwards. Stay away from the edge.

# %% [markdown]
# ## 4. What caches tell each other
#
# Every core has a cache of its own, and yet a core must never read an old value. On a bus, all caches listen. Each line
# in each cache is in one of four states (the **MESI** protocol; Papamarcos and Patel, ISCA 1984):
#
# | state | this copy is | other caches | memory |
# |---|---|---|---|
# | **M**odified | the newest | have none | is old |
# | **E**xclusive | clean | have none | is up to date |
# | **S**hared | clean | may have it | is up to date |
# | **I**nvalid | not there | may have it | |
#
# **Reading.** A line that is there is read, and nothing happens. If it is Invalid, the core puts a `BusRd` on the bus.
# Whoever has the line keeps it as Shared; if it was Modified, it is written back to memory first. The reader gets it
# Shared too; but Exclusive, if nobody else has it.
#
# **Writing.** Afterwards the line is Modified here, and Invalid everywhere else. From Modified and Exclusive this takes
# no message at all. From Shared the others must be told: `BusUpgr`. From Invalid the line must come as well: `BusRdX`.
# A copy that was Modified elsewhere is written back. Each copy that is lost counts as one invalidation.
#
# **What the model leaves out.** Caches here never run out of room, so that no line is ever evicted; and a transaction
# is over before the next begins.
#
# **Exercise 9** (9 points, 20 minutes). Write the class `SnoopingBus`.


# %% exercise={"id": "m01_snooping_bus", "reference": "m01_microarchitecture.coherence:SnoopingBus"}
class SnoopingBus:
    """Caches of several cores on one bus, with the MESI protocol.

    Attributes
        transactions:  dict, how many `BusRd`, `BusRdX` and `BusUpgr` there have been [1]
        invalidations: copies that were lost because somebody else wrote [1]
        write_backs:   Modified lines that were written back to memory [1]
    """

    def __init__(self, cores):
        """All caches are empty.

        cores: how many there are, numbered from 0 [1]

        Raises ValueError if there is none.
        """
        ### SOLUTION

    def state(self, core, line):
        """State of a line in a core's cache: "M", "E", "S" or "I"."""
        ### SOLUTION

    def read(self, core, line):
        """Let a core read from a line."""
        ### SOLUTION

    def write(self, core, line):
        """Let a core write to a line."""
        ### SOLUTION


# %% tests={"id": "m01_snooping_bus"}
bus = SnoopingBus(cores=2)
assert bus.state(0, 7) == "I", f"nobody has touched line 7 yet: I, not {bus.state(0, 7)}"
bus.read(0, 7)
assert bus.state(0, 7) == "E", f"core 0 is the only one to have read line 7: E, not {bus.state(0, 7)}"
bus.read(1, 7)
assert (bus.state(0, 7), bus.state(1, 7)) == ("S", "S"), "now both have it"
bus.write(1, 7)
assert (bus.state(0, 7), bus.state(1, 7)) == ("I", "M"), "core 1 has written, and core 0's copy is gone"
assert bus.transactions == {"BusRd": 2, "BusRdX": 0, "BusUpgr": 1}, f"two reads and an upgrade: {bus.transactions}"
assert (bus.invalidations, bus.write_backs) == (1, 0), "one copy was lost, and nothing dirty was written back"

# %% [markdown]
# ### False sharing
#
# Four threads count, each in a counter of its own of 8 bytes: nothing is shared. Is it? A line has 64 bytes, and eight
# counters fit into it.

# %%
strides = [8, 16, 32, 64, 128]
lost = []
for stride in strides:
    bus = SnoopingBus(cores=4)
    for turn in range(400):
        core = turn % 4
        line = core * stride // 64
        bus.read(core, line)
        bus.write(core, line)
    lost.append(bus.invalidations)
figure, axes = plt.subplots(figsize=(8.5, 3))
axes.bar([f"{stride} B" for stride in strides], lost, color=[RED if one else GREEN for one in lost])
axes.set(xlabel="distance of the counters", ylabel="copies lost", title="400 increments, four threads, nothing shared")
plt.show()

# %% [markdown]
# **Notice.** At 64 bytes the invalidations are gone; not halved, *gone*. No profiler that looks at variables shows you
# why, because no variable is shared. Look for a line that is Modified in another core's cache (perf calls it HITM), and
# then at who lives on that line.

# %% [markdown]
# ## 5. Where should a page lie?
#
# A server with several nodes has several memories. A core reaches its own node's memory sooner than its neighbour's,
# and that one sooner than those of the other socket. Two things can go wrong, and they pull in opposite directions:
#
# - **Far:** each access pays the latency to where its page lies. With $n$ lines under way at a time, a node's accesses
#   take at least (sum of their latencies) $/ n$.
# - **Crowded:** a memory has a bandwidth, and so has a link. If all pages lie on one node, its memory serves everybody,
#   and the others are idle.
#
# Linux puts a page on the node whose thread *touches it first* (numa(7)). When one thread initialises everything, and
# most programs do just that, then everything lies on node 0, until it is full; then comes the next one.
# `numactl --interleave` deals pages out in turns instead: never crowded, and mostly far.
#
# **Exercise 10** (6 points, 15 minutes). Write a policy that does better than both: `place_page`. It is asked once for
# each page, and knows from a profile which nodes are going to use it. There is no single right answer: the hidden
# checks run it on machines of four nodes, in three situations, and measure how long the program takes. Two nodes each
# share a socket; a node's own memory answers in 85 ns, its neighbour's in 100 to 115 ns, the other socket's in 140 to
# 250 ns; a memory delivers 80 GB/s, a link 40 GB/s. Each node holds as many pages as there are, but for the last
# situation: there it holds 50 of 120, and one node is the main user of 85.
#
# - each page has one node that uses it most (at most 0.83 of the time with interleaving),
# - all pages are used by all nodes (at most 0.4 of the time with everything on node 0),
# - most users are on one node, which has not enough room (at most 0.66 of the time with one node filled after the
#   other).


# %% exercise={"id": "m01_place_page", "reference": "m01_microarchitecture.page_placement:place_page"}
def place_page(accesses, free_pages, load, latency_s):
    """Node on which to put a page.

    accesses:   list, how often threads of each node are going to access the page; at least once in all [1]
    free_pages: list, how many more pages each node has room for; a node without room must not be chosen [1]
    load:       list, accesses that go to pages which lie on each node already [1]
    latency_s:  list of lists, latency_s[i][j] from threads of node i to memory on node j [s]

    Returns the number of a node, from 0.
    """
    ### SOLUTION


# %% tests={"id": "m01_place_page"}
near_and_far = [[80e-9, 140e-9], [140e-9, 80e-9]]
assert place_page([0, 9], [5, 5], [0, 0], near_and_far) == 1, "only node 1 uses this page, and has room for it"
assert place_page([0, 9], [5, 0], [0, 0], near_and_far) == 0, "node 1 is full"
assert place_page([4, 4], [5, 5], [60, 10], near_and_far) == 1, "both use it alike, and node 0 is busy already"

# %% [markdown]
# Try it on a machine of your own. This is the simulator: a run takes as long as its slowest part.


# %%
def run_s(policy, accesses, node_pages, latency_s, memory_bytes_per_s, link_bytes_per_s, outstanding):
    """Time of a run whose pages a policy places, one after the other."""
    nodes = accesses.shape[1]
    free, load = [node_pages] * nodes, [0] * nodes
    traffic = np.zeros((nodes, nodes))  # accesses from each node (row) to each node (column)
    for page in accesses.tolist():
        home = int(policy(page, list(free), list(load), latency_s.tolist()))
        assert free[home] > 0, f"node {home} has no room"
        free[home] -= 1
        load[home] += sum(page)
        traffic[:, home] += page
    waiting_s = np.sum(traffic * latency_s, axis=1) / outstanding
    memory_s = 64 * traffic.sum(axis=0) / memory_bytes_per_s
    link_s = 64 * np.where(np.eye(nodes, dtype=bool), 0, traffic) / link_bytes_per_s
    return max(waiting_s.max(), memory_s.max(), link_s.max())


rng = np.random.default_rng(1)
latency_s = np.full((4, 4), 170e-9)  # two sockets of two nodes
for node in range(4):
    latency_s[node, node ^ 1], latency_s[node, node] = 105e-9, 85e-9
SERVER = {"memory_bytes_per_s": np.full(4, 80e9), "link_bytes_per_s": np.full((4, 4), 40e9)}


def owned(pages_of_node):
    """Accesses to pages that each have one node that uses them most."""
    owner = rng.permutation(np.repeat(range(4), pages_of_node))
    return 1000 * (rng.integers(0, 3, (owner.size, 4)) + 50 * np.eye(4, dtype=int)[owner])


situations = {  # accesses, room on each node, lines under way
    "one user each": (owned([30, 30, 30, 30]), 120, 48),
    "all use all": (1000 * np.add(rng.integers(8, 13, (120, 4)), [5, 0, 0, 0]), 120, 200),
    "node 3 is too small": (owned([10, 10, 15, 85]), 50, 48),
}
policies = {
    "one after the other": lambda accesses, free, load, latency: next(node for node in range(4) if free[node]),
    "interleaved": lambda accesses, free, load, latency: free.index(max(free)),
    "yours": place_page,
}
figure, axes = plt.subplots(figsize=(8.5, 3.2))
for number, ((name, policy), colour) in enumerate(zip(policies.items(), (GREY, ORANGE, BLUE), strict=True)):
    times = [
        run_s(policy, accesses, pages, latency_s, outstanding=lines, **SERVER)
        for accesses, pages, lines in situations.values()
    ]
    axes.bar(np.arange(3) + 0.27 * (number - 1), np.array(times) * 1e3, 0.25, color=colour, label=name)
axes.set(xticks=range(3), xticklabels=list(situations), ylabel="time of the run [ms]", title="Three situations")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** Interleaving is hard to beat where all use all, and wastes a third of the time where each page has its
# user. What decides is not the machine but the *sharing*: know your pages before you touch `numactl`.

# %% [markdown]
# ## 6. How many blocks fit?
#
# A GPU hides latency with *other warps*. How many are resident decides how much can be under way. A multiprocessor has
# room for so many warps, so many blocks, so many registers, so much shared memory; a block of your kernel needs some of
# each; and the scarcest one decides. **Occupancy** is the share of the multiprocessor's warps that are resident.
#
# It would be four divisions, if hardware handed out single bytes. It does not (NVIDIA's `cuda_occupancy.h`, CUDA 12.9):
#
# - **Warps.** 32 threads are a warp, and the last warp of a block may be partly empty. It is resident all the same. A
#   block has at most 1,024 threads.
# - **Registers** are given to whole warps, in units of 256. The file is cut into four equal quarters, one for each
#   scheduler, and a warp lies in one of them. A thread has at most 255 registers.
# - **Shared memory.** The system reserves some for each block. What a block asks for and what is reserved are added,
#   and the sum is rounded up to the granularity. What a block *asks for* has a limit of its own. If after all a block
#   takes no shared memory, this limit is infinite.
#
# A block that breaks one of the rules for a single block cannot be launched: then the limit that says so is 0.

# %%
PER_MULTIPROCESSOR = pd.DataFrame(  # NVIDIA, CUDA C++ Programming Guide 12.9, and cuda_occupancy.h
    {
        "T4 (7.5)": [32, 16, 65_536, 65_536, 65_536, 0, 256],
        "A100 (8.0)": [64, 32, 65_536, 167_936, 166_912, 1024, 128],
        "L40 (8.9)": [48, 24, 65_536, 102_400, 101_376, 1024, 128],
        "H100 (9.0)": [64, 32, 65_536, 233_472, 232_448, 1024, 128],
    },
    index=[
        "max_warps",
        "max_blocks",
        "registers",
        "shared_bytes",
        "max_shared_bytes_per_block",
        "reserved_shared_bytes_per_block",
        "shared_granularity_bytes",
    ],
)
PER_MULTIPROCESSOR

# %% [markdown]
# **Exercise 11** (8 points, 17 minutes). Write `block_occupancy`, exactly as the hardware counts. The multiprocessor
# comes as a dictionary with the keys of the table above.


# %% exercise={"id": "m01_block_occupancy", "reference": "m01_microarchitecture.occupancy:block_occupancy"}
def block_occupancy(threads_per_block, registers_per_thread, shared_bytes_per_block, multiprocessor):
    """Blocks of a kernel that a multiprocessor holds at a time, and what limits them.

    threads_per_block:      from 1 on [1]
    registers_per_thread:   from 0 on; without any, registers are no limit: infinity [1]
    shared_bytes_per_block: what a block asks for, from 0 on [B]
    multiprocessor:         dict with the keys of PER_MULTIPROCESSOR [1, B]

    Returns a dict with
        limits:    dict, how many blocks each resource allows: `warps`, `blocks`, `registers`, `shared_memory` [1]
        blocks:    how many are resident [1]
        occupancy: resident warps over the warps that the multiprocessor could hold [1]

    Raises ValueError for less than one thread, and for negative registers or shared memory.
    """
    ### SOLUTION


# %% tests={"id": "m01_block_occupancy"}
a100 = PER_MULTIPROCESSOR["A100 (8.0)"].to_dict()
found = block_occupancy(256, 64, 33 * 1024, a100)
assert found["limits"] == {"warps": 8, "blocks": 32, "registers": 4, "shared_memory": 4}, f"these: {found['limits']}"
assert found["blocks"] == 4, f"the scarcest resource decides: 4, not {found['blocks']}"
assert np.isclose(found["occupancy"], 0.5), f"4 blocks of 8 warps are half of 64, not {found['occupancy']}"
assert block_occupancy(1024, 65, 0, a100)["blocks"] == 0, "1,024 threads of 65 registers are more than the file holds"
try:
    block_occupancy(0, 32, 0, a100)
except ValueError:
    pass
else:
    raise AssertionError("a block without threads must raise ValueError")

# %%
sizes = np.arange(32, 1025, 32)
figure, panels = plt.subplots(1, 2, figsize=(8.5, 3.4), sharey=True)
for axes, (title, registers, shared) in zip(
    panels, (("40 registers, no shared memory", 40, 0), ("32 registers, 40 KiB a block", 32, 40 * 1024)), strict=True
):
    for (device, column), colour in zip(PER_MULTIPROCESSOR.items(), (GREY, GREEN, ORANGE, BLUE), strict=True):
        held = [block_occupancy(int(size), registers, shared, column.to_dict())["occupancy"] for size in sizes]
        axes.plot(sizes, held, ".-", color=colour, linewidth=0.8, label=device)
    axes.set(xlabel="threads per block", title=title)
panels[0].set_ylabel("occupancy [1]")
panels[0].legend(frameon=False, fontsize=8, loc="lower left")
plt.show()

# %% [markdown]
# **Notice.**
#
# - The saw teeth are rounding: 32 threads more, and a whole block less. A block size of 128 to 256 is seldom far below
#   the best, because small pieces pack well.
# - On the left registers decide, and an A100 does what an H100 does. On the right shared memory decides: of the same
#   blocks an H100 keeps five, an A100 four, an L40 two and a T4 one. There *large* blocks win, since the same 40 KiB
#   then serve more threads. No block size is good in itself.
# - Occupancy is not speed. It is how much *could* be under way. The next question is how much must be.

# %% [markdown]
# ### How many warps are enough?
#
# A multiprocessor has four schedulers, and each issues at most one instruction a cycle, from any of its warps that is
# not waiting. A warp waits when it needs a result that is not there: $L$ cycles after it was asked for. Until then it
# may have $k$ instructions under way, if the program has so many that do not need each other. Little's law again: what
# $n$ warps have under way together, over $L$, is the rate at which they issue, until the scheduler is busy in every
# cycle. (Volkov, UCB/EECS-2016-143, 2016, is about how far this goes.)
#
# **What the model leaves out.** Instructions of several latencies in one program, and units slower than the scheduler.
# It is a bound from above: real kernels stay below it, most of all close to the corner.
#
# **Exercise 12** (4 points, 9 minutes). Write `warps_figure`: the bound over the number of resident warps, a
# line for each kernel, and a mark at the least whole number of warps that keeps the scheduler busy.


# %% exercise={"id": "m01_warps_figure", "reference": "m01_microarchitecture.latency_hiding:warps_figure"}
def warps_figure(latency_cycles, independent, most_warps):
    """Issue rate of a scheduler over its resident warps, as plain data.

    latency_cycles: from an instruction to the one that needs its result, a whole number from 1 on [cycle]
    independent: list of whole numbers, one for each kernel: instructions that a warp has under way at a time [1]
    most_warps: warps that the scheduler holds at most [1]

    Returns a dict with
        title:  a text
        x, y:   dicts with `label` (ending in its unit, [1] or [1/cycle]), `scale` ("linear"), `limits` ([low, high]):
                x from none to most_warps, y from 0 to 1
        series: list of dicts with `label`, `kind` ("line"), `x`, `y`: a line for each kernel from no warp to
                most_warps, labelled by its number of instructions, "4" for example
        marks:  list of dicts with `label` (that of the line), `x`, `y`: where a whole number of warps first reaches
                one instruction a cycle
        left_out: list of the labels of kernels that never reach it
    """
    ### SOLUTION


# %% tests={"id": "m01_warps_figure"}
plain = warps_figure(30, [1, 4], most_warps=16)
assert set(plain) == {"title", "x", "y", "series", "marks", "left_out"}, f"these parts: {sorted(plain)}"
lines = {one["label"]: one for one in plain["series"]}
assert set(lines) == {"1", "4"}, f"a line for each kernel: {sorted(lines)}"
ends = [float(np.interp(16, lines[name]["x"], lines[name]["y"])) for name in ("1", "4")]
assert np.allclose(ends, [16 / 30, 1]), f"16 warps: 16 instructions in 30 cycles, or one in each: {ends}"
assert [(one["label"], one["x"]) for one in plain["marks"]] == [("4", 8)], f"8 warps of 4: {plain['marks']}"
assert list(plain["left_out"]) == ["1"], f"16 warps with one instruction each never suffice: {plain['left_out']}"

# %%
figure, panels = plt.subplots(1, 2, figsize=(8.5, 3.2), sharey=True)
for axes, (title, latency, kernels) in zip(
    panels, (("arithmetic, 4 cycles", 4, [1, 2, 4]), ("results after 64 cycles", 64, [1, 2, 4, 8])), strict=True
):
    plain = warps_figure(latency, kernels, 16)
    for one, colour in zip(plain["series"], (GREY, GREEN, ORANGE, BLUE), strict=False):
        axes.plot(one["x"], one["y"], color=colour, label=one["label"])
    axes.plot([one["x"] for one in plain["marks"]], [one["y"] for one in plain["marks"]], "o", color=RED, clip_on=False)
    axes.set(xlabel=plain["x"]["label"], xticks=range(0, 17, 4), ylim=plain["y"]["limits"], title=title)
panels[0].set_ylabel(plain["y"]["label"])
handles, kernels = panels[1].get_legend_handles_labels()
panels[0].legend(handles, kernels, frameon=False, fontsize=8, title="under way in a warp", loc="lower right")
plt.show()

# %% [markdown]
# **Notice.** For arithmetic four warps of 16 are enough: an occupancy of a quarter, at full speed. Where results take
# 64 cycles, all 16 are too few with one or two under way in each, and eight are enough with eight. Registers hold what
# a warp has under way, and the same registers would let more warps in: what counts is the *product*. In the worked
# example you put the two together.

# %% [markdown]
# ## 7. What does it cost to bring results together?
#
# A model that lies on several devices sums something over all of them in every layer. The smallest model of a link has
# two numbers (Hockney, Parallel Computing 20(3), 1994): a start-up time $\alpha$ that even an empty message takes, and
# a bandwidth $\beta$. A message of $S$ bytes takes
#
# $$t = \alpha + \frac{S}{\beta}$$
#
# Now each of $n$ devices in a ring has a buffer of $S$ bytes, and all of them want the sum (an **all-reduce**). They
# cut the buffers into $n$ equal pieces. In each step every device sends *one piece* to its right neighbour, all at the
# same time:
#
# - First, sums travel. A device adds the piece that comes from the left to its own, and passes the sum on. After
#   $n - 1$ steps each piece is complete on one device, and each device has one complete piece.
# - Then, results travel, in the same way, until every device has all pieces.
#
# **What the model leaves out.** Links that share a switch, the time of the additions, and other algorithms: trees need
# fewer steps, and win when buffers are small.


# %%
def transfer_s(size_bytes, startup_s, bandwidth_bytes_per_s):
    """Time of a message over one link [s]; arrays are fine."""
    return np.asarray(startup_s) + np.asarray(size_bytes) / np.asarray(bandwidth_bytes_per_s)


# %% [markdown]
# **Exercise 13** (4 points, 8 minutes). Write `ring_all_reduce_s`. `transfer_s` is there.


# %% exercise={"id": "m01_ring_all_reduce_s", "reference": "m01_microarchitecture.transfer_time:ring_all_reduce_s"}
def ring_all_reduce_s(size_bytes, devices, startup_s, bandwidth_bytes_per_s):
    """Time until every device of a ring has the sum of all buffers.

    All four may be numbers, or arrays that fit to each other.

    size_bytes: buffer of each device [B]
    devices:    how many there are; one alone has nothing to do [1]
    startup_s:  start-up time of a message [s]
    bandwidth_bytes_per_s: bandwidth of each link, in one direction [B/s]

    Returns the time [s].
    """
    ### SOLUTION


# %% tests={"id": "m01_ring_all_reduce_s"}
found = float(ring_all_reduce_s(2**30, 8, 0.0, 450e9))
assert np.isclose(found, 4.17566e-3, rtol=1e-5), f"1 GiB on 8 devices, 450 GB/s: 4.17566 ms, not {found * 1e3:.6g} ms"
assert ring_all_reduce_s(1e6, 1, 5e-6, 100e9) == 0, "a device alone has the sum already"
assert np.shape(ring_all_reduce_s(1e6, np.array([2, 4, 8]), 5e-6, 100e9)) == (3,), "a time for each number of devices"

# %%
sizes = np.logspace(3, 9, 40)
figure, axes = plt.subplots(figsize=(8.5, 3.2))
for devices, colour in ((2, GREY), (8, BLUE), (64, ORANGE)):
    seconds = ring_all_reduce_s(sizes, devices, 5e-6, 100e9)
    axes.plot(sizes, sizes / seconds * 2 * (devices - 1) / devices / 1e9, color=colour, label=f"{devices} devices")
axes.set(xscale="log", xlabel="buffer of each device [B], logarithmic", ylabel="bytes over a link [GB/s]")
axes.set_title("Links of 100 GB/s, 5 µs to start")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** Large buffers use the links fully on any number of devices: that is what rings are for. But half of the
# bandwidth is reached at $n \, \alpha \, \beta$ bytes: 1 MB on two devices, 32 MB on 64. The sum of one token's
# activations, some kilobytes, is all start-up, and grows with the ring. Then collect small buffers into large ones, or
# choose another algorithm.
#
# ## Before you go
#
# A checklist that fits on a card, in the order of this notebook: *Which slots are lost? Which misses, of what kind, and
# how many of them together? Asked for how early? Whose line is it? Which node's memory? What limits the residents, and
# are they enough? Start-up or bandwidth?* Each question has a number, and each number has a limit that you now know.
