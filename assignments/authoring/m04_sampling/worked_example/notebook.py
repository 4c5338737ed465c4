# %% [markdown]
# # Module 4 · Sampling & Representativeness: worked example
#
# Five intervals are few enough to do everything by hand: vectors, clusters, points, weights, and the CPI of the whole
# program, beside the truth. Then four published claims about a larger program, each with a number, a method and an
# error bar. **One of them stands.**
#
# The analysis is laid out for you. **You complete one step and explain the claims.** That is 7 points and about 12
# minutes. What you explain is marked by a person; each numbered part counts alike.

# %%
from collections import OrderedDict

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 3.8), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## 1. Five intervals
#
# A program of three basic blocks with 4, 10 and 6 instructions, cut every 1,000 instructions; the last interval is
# short. How often each interval enters each block, and what a full simulation of it gives (which nobody would have):

# %%
SIZES = np.array([4, 10, 6])
ENTRIES = np.array([[100, 60, 0], [90, 64, 0], [0, 10, 150], [105, 58, 0], [0, 5, 75]])
IPC, MPKI, APKI = (
    np.array([2.0, 1.9, 0.5, 2.1, 0.45]),
    np.array([1, 1.2, 24, 0.9, 26]),
    np.array([90, 92, 240, 88, 250]),
)

instructions = ENTRIES @ SIZES
vectors = ENTRIES * SIZES / instructions[:, np.newaxis]
weights = instructions / instructions.sum()
table = pd.DataFrame(vectors.round(3), columns=["block 0", "block 1", "block 2"]).rename_axis("interval")
table.assign(instructions=instructions, weight=weights.round(4), IPC=IPC, MPKI=MPKI, APKI=APKI)

# %% [markdown]
# **By eye** there are two kinds: 0, 1 and 3 live in the first two blocks, 2 and 4 in the last one. **By hand**, with $k
# = 2$ and the centres begun at the intervals 0 and 2, one round labels them so, and the centres move to the weighted
# means:

# %%
labels = np.argmin(((vectors[:, np.newaxis] - vectors[[0, 2]]) ** 2).sum(axis=2), axis=1)
centres = np.array([np.average(vectors[labels == j], axis=0, weights=weights[labels == j]) for j in (0, 1)])
distance = np.sqrt(((vectors - centres[labels]) ** 2).sum(axis=1))
print("labels", labels, " centres", centres.round(4).tolist())
print("distances to the own centre", distance.round(4))
points = [min(np.flatnonzero(labels == j), key=lambda i: (round(distance[i], 9), i)) for j in (0, 1)]
shares = np.array([weights[labels == j].sum() for j in (0, 1)])
print("simulation points", [int(point) for point in points], " weights", shares.round(4))

# %% [markdown]
# **Notice.** Intervals 2 and 4 have the *same* vector: half as long, but of the same kind. Both are at no distance from
# their centre, and the first one counts. Two intervals of five are simulated; they stand for two thirds and one third
# of the instructions.
#
# ## 2. The whole program
#
# Each point reports rates: IPC, misses and accesses per thousand instructions (MPKI, APKI). The weights are shares of
# **instructions**. So whatever is counted *per instruction* may be averaged with them. Nothing else may; but everything
# else can be made of such averages: ask of each metric what it is counted in, on top and below.
#
# **Exercise 1** (3 points, 5 minutes). Write `whole_program`. Weights are none if one of them is negative, or if they
# do not sum to one within a millionth. A point may have no misses; every point has accesses.


# %% exercise={"id": "m04_whole_program", "reference": "m04_sampling.reconstruction:whole_program"}
def whole_program(weights, ipc, mpki, apki, instructions, clock_hz):
    """Metrics of a program from those of its simulation points.

    weights:      share of the program's instructions that each point stands for [1]
    ipc:          instructions per cycle of each point [1]
    mpki:         misses in a cache in each point, per thousand instructions [1]
    apki:         accesses to that cache in each point, per thousand instructions [1]
    instructions: of the whole program [1]
    clock_hz:     clock [1/s]

    Returns a dict with `cpi`, `ipc`, `mpki`, `miss_ratio` (misses per access) [1], and `time_s` [s].

    Raises ValueError if the weights are none, or an IPC, the instructions or the clock are not positive.
    """
    ### SOLUTION


# %% tests={"id": "m04_whole_program"}
# Half of the instructions at an IPC of 2, half at 0.5; a billion instructions at 1 GHz.
half_and_half = whole_program([0.5, 0.5], [2.0, 0.5], [1.0, 9.0], [100.0, 300.0], 1e9, 1e9)
assert set(half_and_half) == {"cpi", "ipc", "mpki", "miss_ratio", "time_s"}, f"these five: {sorted(half_and_half)}"
assert np.isclose(half_and_half["cpi"], 1.25), f"half of 0.5 and half of 2 cycles: 1.25, not {half_and_half['cpi']}"
assert np.isclose(half_and_half["time_s"], 1.25), f"a billion times 1.25 cycles: {half_and_half['time_s']} s"
assert np.isclose(half_and_half["mpki"], 5), f"misses are counted per instruction: {half_and_half['mpki']}"
assert half_and_half["ipc"] < 1, f"slow instructions take longer, so they weigh more in time: {half_and_half['ipc']}"
try:
    whole_program([0.5, 0.4], [2.0, 0.5], [1.0, 9.0], [100.0, 300.0], 1e9, 1e9)
except ValueError:
    pass
else:
    raise AssertionError("these weights do not sum to one: raise ValueError")

# %%
estimate = whole_program(shares, IPC[points], MPKI[points], APKI[points], instructions.sum(), 1e9)
truth = whole_program(weights, IPC, MPKI, APKI, instructions.sum(), 1e9)
averaged = {
    "cpi": 1 / (shares @ IPC[points]),
    "ipc": shares @ IPC[points],
    "mpki": shares @ MPKI[points],
    "miss_ratio": shares @ (MPKI[points] / APKI[points]),
}
columns = {"two points": estimate, "all five": truth, "everything averaged": averaged}
pd.DataFrame(columns).drop(index="time_s").round(4)

# %% [markdown]
# **Notice.** Two points are within three per cent of the truth in everything. Averaging the IPC instead is off by a
# half, and always in the *flattering* direction: the arithmetic mean is never less than the harmonic one. The
# authors of SimPoint warned of exactly this in their first paper (ASPLOS 2002, section 5.2).
#
# ## 3. Four claims
#
# A program of 20 million instructions, in 20,000 units of 1,000: a loop over 50 units, ten of which are slow. **It is
# constructed**, so everybody can look up the truth. Four groups have published a number.

# %%
rng = np.random.default_rng(20)
UNITS = 20_000
cpi = np.where(np.arange(UNITS) % 50 < 10, 2.5, 0.8) * (1 + 0.02 * rng.standard_normal(UNITS))
print(f"in truth: CPI {cpi.mean():.3f}, so IPC {1 / cpi.mean():.3f}")

# %% [markdown]
# | | what was done | what was published |
# |---|---|---|
# | A | SimPoint, two points: 80 % at an IPC of 1.25, 20 % at an IPC of 0.4 | IPC **1.08** |
# | B | every 50th unit from the first on, 400 units, warmed | CPI **2.51 ± 0.3 %**, with 99.7 % |
# | C | 12 windows of 1,000 accesses, with an empty cache each | **34.6 % ± 0.7 points** missed: "too small a cache" |
# | D | 1,300 units at random, each warmed; its seed published | CPI **1.12 ± 5 %**, with 99.7 % |
#
# What B and D have measured:

# %%
every_50th = cpi[::50]
drawn = cpi[np.random.default_rng(3).choice(UNITS, 1_300, replace=False)]
for name, sample in (("B", every_50th), ("D", drawn)):
    half = 3 * sample.std(ddof=1) / np.sqrt(len(sample)) / sample.mean()
    print(f"{name}: {len(sample)} units, CPI {sample.mean():.3f} ± {half:.1%}")
for stride, offset in ((50, 0), (50, 25), (49, 0), (51, 0)):
    print(f"a stride of {stride} from unit {offset:2} on: CPI {cpi[offset::stride].mean():.3f}")

# %% [markdown]
# And what C measured: a cache of 512 lines, least recently used out first. In truth it is never empty.


# %%
def misses(lines, cache, size=512):
    """Which of the accesses miss; the cache goes on from what is in it."""
    missed = []
    for line in lines:
        missed.append(line not in cache)
        cache[line] = None
        cache.move_to_end(line)
        if len(cache) > size:
            cache.popitem(last=False)
    return np.array(missed)


rank = np.arange(1, 3001)
lines = rng.choice(3000, size=60_000, p=rank**-1.1 / (rank**-1.1).sum()).tolist()
in_truth = misses(lines, OrderedDict())[20_000:].mean()
starts = rng.integers(16_000, 59_000, size=12).tolist()
rows = []
for warm_up in (0, 1_000, 4_000, 16_000):
    windows = [misses(lines[start - warm_up : start + 1_000], OrderedDict())[warm_up:].mean() for start in starts]
    rows.append([warm_up, 100 * np.mean(windows), 200 * np.std(windows, ddof=1) / np.sqrt(12), 100 * in_truth])
columns = ["accesses before each window", "miss ratio [%]", "± (95 %)", "in truth [%]"]
measured = pd.DataFrame(rows, columns=columns).set_index(columns[0])
measured.round(1)

# %%
figure, axes = plt.subplots()
axes.errorbar(
    np.arange(4), measured["miss ratio [%]"], yerr=measured["± (95 %)"], fmt="o", color=BLUE, capsize=4, label="windows"
)
axes.axhline(100 * in_truth, color=GREY, linewidth=1, label="in truth")
axes.set(xticks=range(4), xticklabels=[f"{warm_up:,}" for warm_up in measured.index], ylim=(0, None))
axes.set(xlabel="accesses before each window", ylabel="miss ratio [%]", title="The error bar knows nothing of the bias")
axes.legend(frameon=False)
plt.show()

# %% [markdown] exercise={"id": "m04_sampling_claims"}
# **Exercise 2** (4 points, 7 minutes). *Which claim stands?* In about 200 words:
#
# 1. Claim A: what was done with the numbers, what is the program's IPC by the same two points, and which of the metrics
#    in section 2 may be put together the way A did it?
# 2. Claim B: why is its error bar so small and its number so wrong? Which run above gives it away, and what would you
#    have measured instead?
# 3. Claim C: by how much is it wrong, in which direction, and why would a hundred times as many windows not help?
# 4. Claim D: check its error bar against its number of units. Then name two more things that you would want published
#    before you believe the number for *your* program.

# %% [markdown]
# You have seen the three ways in which a sample goes wrong without a sign: means of rates, a period that fits, and a
# cold start. In the novel scenario the day is yours, and so is the bill.
