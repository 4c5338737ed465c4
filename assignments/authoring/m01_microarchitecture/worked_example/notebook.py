# %% [markdown]
# # Module 1 · System & Microarchitecture Deep Dive: worked example
#
# A language model decodes. For each new token its attention reads all keys and values of all tokens before, once, and
# does next to nothing with each: the memory should be the limit. Six versions of the kernel are on the table, and they
# differ by a factor of nine. **Why, and which one do we build?**
#
# The analysis is laid out for you. Some steps are missing: **you complete two of them and defend a choice.** That is
# 12 points and about 30 minutes. What you write in words is marked by a person.
#
# The **work** is one layer of Llama 3.1 8B: 8 key-value heads, 128 numbers each, in BF16. 16 requests have 8,192 tokens
# each. A key of one head is a *row* of 256 bytes, and the rows of successive tokens follow each other.
#
# The **machine** is an A100 with 80 GB: 108 multiprocessors, and a memory of 2,039 GB/s. For the latency of a load
# that goes to memory we *assume* 600 ns. It is the one number here that no data sheet prints: if you do this for your
# own machine, measure it, with loads that wait for each other, and under the traffic that you care about.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 3.6), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

gpu = {"multiprocessors": 108, "latency_s": 600e-9, "bandwidth_bytes_per_s": 2.039e12}
versions = pd.read_csv("data/decode_versions.csv", comment="#")
needed_bytes = 2 * 8 * 128 * 2 * 8_192 * 16  # keys and values, heads, numbers, bytes, tokens, requests
print(f"{needed_bytes:,} bytes a layer; at the peak {needed_bytes / gpu['bandwidth_bytes_per_s'] * 1e6:.0f} µs")
versions.set_index("version")[["threads", "registers", "shared_bytes"]]

# %% [markdown]
# ## 1. What does a load move?
#
# Memory is not moved in bytes. A warp's load touches *sectors* of 32 bytes, and each sector that it touches is moved
# as a whole, however little of it is wanted. (CUDA C++ Best Practices Guide, for compute capability 6.0 and up.)
#
# Lanes that want something from the same sector share it. A lane that is switched off wants nothing. And no access lies
# on two sectors: the address of an access is a multiple of its size, and hardware refuses what is not.
#
# **Exercise 1** (4 points, 10 minutes). Write `warp_sectors`. It takes one warp or many, in an array of any shape whose
# last axis are the 32 lanes.


# %% exercise={"id": "m01_warp_sectors", "reference": "m01_microarchitecture.warp_memory:warp_sectors"}
def warp_sectors(addresses, access_bytes, active=True):
    """Sectors of 32 bytes that each warp's load touches.

    addresses:    array of whole numbers, shape (..., 32): where each lane's access begins, from 0 on [B]
    access_bytes: size of each access: 1, 2, 4, 8 or 16 [B]
    active:       True, or an array of truth values that fits to `addresses`: which lanes take part

    Returns an array of shape (...), whole numbers; 0 for a warp without an active lane [1].

    Raises ValueError if the last axis has not 32 lanes, if there is no such size, or if the address of an active lane
    is not a multiple of the size; where a lane that is not active points does not matter.
    """
    ### SOLUTION


# %% tests={"id": "m01_warp_sectors"}
lane = np.arange(32)
assert warp_sectors(4 * lane, 4) == 4, f"32 neighbours of 4 bytes: 4 sectors, not {warp_sectors(4 * lane, 4)}"
assert warp_sectors(4 * lane + 4, 4) == 5, "the same, but 4 bytes further: they touch a fifth sector"
assert warp_sectors(0 * lane, 4) == 1, "all lanes want the same 4 bytes: one sector"
assert np.shape(warp_sectors(np.zeros((3, 2, 32), dtype=int), 4)) == (3, 2), "one number for each warp"
try:
    warp_sectors(4 * lane + 2, 4)
except ValueError:
    pass
else:
    raise AssertionError("4 bytes at an address that is no multiple of 4 must raise ValueError")

# %%
on = lane >= 0
layouts = {  # address of each lane, size of its access, who takes part
    "A: a token a lane": (256 * lane, 4, on),  # two numbers of 32 tokens; then the same two of the next 32, ...
    "B: a token a warp": (4 * lane, 4, on),  # neighbours read neighbours: half a row at a time
    "C: 16 bytes a lane": (16 * lane, 16, on),  # the same with wider loads: two rows at a time
    "C, every other lane off": (16 * lane, 16, lane % 2 == 0),
    "C, rows padded to 272 bytes": (16 * (lane % 16) + 272 * (lane // 16), 16, on),
}
table = pd.DataFrame({"sectors": {name: int(warp_sectors(*load)) for name, load in layouts.items()}})
table["bytes asked for"] = [size * int(np.sum(active)) for _, size, active in layouts.values()]
table["used"] = (table["bytes asked for"] / table["sectors"] / 32).map("{:.1%}".format)
table

# %% [markdown]
# **Notice.**
#
# - Version A looks natural: each thread takes care of one token, and keeps two numbers of the query in a register while
#   all tokens go by; then come the next two numbers. It moves eight times what it asks for. If the rest of a sector
#   stayed in a cache until its turn comes, nothing would be lost. But by then *all* rows have gone by. Remember the
#   stack distances of the practical: no cache of this machine is half a gigabyte large.
# - Switching off every other lane saves nothing here: each sector still has a lane that wants one half of it.
# - Padding the rows costs one sector, for the second row begins in the middle of one.
#
# ## 2. Is enough under way?
#
# Full sectors are half of it. The other half is Little's law: what is under way arrives within one latency. A thread
# waits for a load only when it uses its result; until then, further loads may be under way. So
#
# - each multiprocessor holds `blocks` blocks of `warps` warps (from your practical's `block_occupancy`),
# - each warp has `loads` loads under way,
# - and each load of a warp moves `sectors` sectors.
#
# No more than the memory's peak arrives, however much is under way.

# %%
versions.set_index("version")[["blocks", "warps", "loads", "sectors", "access_bytes", "needed_bytes"]]

# %% [markdown]
# **Exercise 2** (4 points, 10 minutes). Fill in `decode_flight`, a table (a data frame, or a dict of lists or arrays)
# with one row for each of the `versions`, in their order. The whole GPU is `gpu`; do not round.
#
# | column | |
# |---|---|
# | `moved_bytes_per_s` | what the memory delivers, wanted or not |
# | `busy_share` | that, over the memory's peak |
# | `used_share` | bytes that the lanes of a warp ask for, over the bytes that its load moves |
# | `time_s` | until all `needed_bytes` have arrived |

# %% exercise={"id": "m01_decode_flight", "reference": "m01_microarchitecture.decode_flight:decode_flight"}
# decode_flight = {"moved_bytes_per_s": [...], "busy_share": [...], "used_share": [...], "time_s": [...]}
### SOLUTION

# %% tests={"id": "m01_decode_flight"}
flight = pd.DataFrame({name: np.asarray(column, dtype=float) for name, column in dict(decode_flight).items()})
assert set(flight.columns) == {"moved_bytes_per_s", "busy_share", "used_share", "time_s"}, f"{list(flight.columns)}"
assert len(flight) == len(versions), f"one row for each version, not {len(flight)}"
assert flight["busy_share"].between(0, 1).all(), "no memory delivers more than its peak"
assert flight["used_share"].between(0, 1).all(), "here nobody asks for more than is moved"
at_the_peak_s = versions["needed_bytes"] / gpu["bandwidth_bytes_per_s"]
assert (flight["time_s"] >= at_the_peak_s * (1 - 1e-9)).all(), "no version is faster than the memory at its peak"

# %%
flight.index = versions["version"]
figure, (left, right) = plt.subplots(1, 2, sharey=True)
for axes, column, scale, unit, colour in (
    (left, "time_s", 1e6, "time of a layer [µs], logarithmic", BLUE),
    (right, "busy_share", 100, "memory: busy, and busy with what is used [%]", GREY),
):
    axes.barh(flight.index, scale * flight[column], color=colour, height=0.6)
    axes.set(xlabel=unit)
right.barh(flight.index, 100 * flight["busy_share"] * flight["used_share"], color=GREEN, height=0.6)
left.set(xscale="log", xlim=(100, 6000))
for row, time_s in enumerate(flight["time_s"]):
    left.text(time_s * 1e6 * 1.05, row, f"{time_s * 1e6:.0f} µs", va="center", fontsize=9)
left.invert_yaxis()
figure.suptitle("Six versions of one kernel", x=0.02, ha="left", fontsize=11)
figure.tight_layout()
plt.show()

# %% [markdown]
# **Notice.**
#
# - From B to D the bars on the right grow with what is under way: more blocks, wider loads. That is *latency* binding,
#   with a memory that is partly idle.
# - E keeps three loads under way for each thread without a register for them: they go to shared memory on their own
#   (`cp.async`). What would be under way is more than the memory can take, and so the peak decides.
# - A is at the peak as well. Its memory is as busy as E's.
#
# ## 3. Which one first?
#
# F is C with keys and values in 8 bits: half of the bytes, everything else as it was. The team can build *one* version
# until the next release.

# %% [markdown] exercise={"id": "m01_decode_lever"}
# **Exercise 3** (4 points, 10 minutes). *Which version first.* In about 150 words:
#
# 1. A monitoring tool shows a memory that is 100 % busy for version A, and again for version E. Why is that good news
#    for one of them and bad news for the other? Name the numbers that tell them apart.
# 2. Choose between E and F as the next step from C. Give both times, what each of the two costs besides time, and what
#    a third version with both changes would reach.
# 3. Which of your numbers would you trust least on a real A100, in which direction would it be off, and what would you
#    measure?

# %% [markdown]
# Two factors have carried this example: *of what is moved, how much is used*, and *of what could be moved, how much is
# under way*. Nearly every memory-bound kernel that disappoints fails in one of the two, and a single number such as
# "memory utilisation" cannot tell you in which.
