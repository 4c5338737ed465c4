# %% [markdown]
# # Module 1 · System & Microarchitecture Deep Dive: novel scenario
#
# A search service is to run on a server with uneven memories: an index in main memory, which threads on all its
# nodes search, and a GPU that ranks what they find. Both machines are new to you. Two decisions are yours: *which
# placement policy for the index*, and *which of four launches for the ranking kernel*.
#
# **You decide, and defend it.** That is 16 points and about 42 minutes:
#
# 1. what three placement policies cost (6 points, 14 minutes),
# 2. the deployment plan, a file (6 points, 16 minutes),
# 3. its defence, in words (4 points, 12 minutes).
#
# **Your machines are not your neighbour's.** Latencies, links, memories, the service's habits, the GPU's limits and the
# launches derive from your student id. Vendor and machines are made up; the rules are not, and your practical is open
# beside you.

# %%
import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 3.4), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## Your machines
#
# Write your student id between the quotes, as your course has it, and run the two cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
server, gpu, launches = scenario["server"], scenario["gpu"], scenario["launches"]
accesses, touched_by = scenario["accesses"], scenario["touched_by"]
nodes = [f"node {node}" for node in range(4)]
print(f"{scenario['service']} on {server['name']}: {server['outstanding']} lines under way for each node")
print(f"bind: to node {server['bind_node']}; lines of {server['line_bytes']} bytes")
memory = pd.DataFrame({"memory [GB/s]": np.array(server["memory_bytes_per_s"]) / 1e9}, index=nodes)
latency = pd.DataFrame(np.array(server["latency_s"]) * 1e9, index=nodes, columns=nodes).round()
memory.join(latency.add_prefix("ns to "))

# %%
links = pd.DataFrame(np.array(server["link_bytes_per_s"]) / 1e9, index=nodes, columns=nodes)
links.add_prefix("GB/s to ")  # from the node of the row to the memory of the column; no link leads to itself

# %% [markdown]
# The index has twelve extents of the same size. A profile of last week says which node's threads accessed each of them,
# and how often, and which node's thread will touch it first when the service starts:

# %%
profile = pd.DataFrame(np.array(accesses) / 1e6, columns=[f"by {node} [10⁶]" for node in nodes]).astype(int)
profile.insert(0, "touched first by", touched_by)
profile.rename_axis("extent")

# %% [markdown]
# ## 1. What does each policy cost?
#
# Three policies are on offer. `first_touch` puts an extent on the node whose thread touches it first, `interleave` puts
# extent $e$ on node $e \bmod 4$, and `bind` puts all of them on one node. Think of $A_{ij}$, the accesses that threads
# of node $i$ make to memory of node $j$:
#
# - An access pays the latency to where it goes.
# - The memory of a node serves *everybody* who accesses it, at its bandwidth; the link from $i$ to $j$ carries what
#   node $i$ accesses on node $j$. All nodes together can only go so fast that no memory and no link is asked for more
#   than it has, as long as the shares of the traffic stay what they are.
# - The run of last week is over when the slowest part is. Each node works off the latencies of its own accesses with
#   `outstanding` lines under way at a time; and all lines must pass the memories and links. Nothing else takes time,
#   and the two overlap.
#
# **Exercise 1** (6 points, 14 minutes). Fill in `placement_costs`, a table (a data frame, or a dict of lists) with a
# row for each policy, in this order. Compute it from `accesses`, `touched_by` and `server`, and do not round.
#
# | column | |
# |---|---|
# | `policy` | `"first_touch"`, `"interleave"`, `"bind"` |
# | `latency_s` | mean latency of an access |
# | `bytes_per_s` | what memories and links allow all nodes together |
# | `run_s` | time of the run |

# %% exercise={"id": "m01_placement_costs", "reference": "m01_microarchitecture.deployment:placement_costs"}
# placement_costs = {"policy": [...], "latency_s": [...], "bytes_per_s": [...], "run_s": [...]}
### SOLUTION

# %% tests={"id": "m01_placement_costs"}
costs = {name: list(column) for name, column in dict(placement_costs).items()}
assert set(costs) == {"policy", "latency_s", "bytes_per_s", "run_s"}, f"these columns: {sorted(costs)}"
assert costs["policy"] == ["first_touch", "interleave", "bind"], f"these policies, in this order: {costs['policy']}"
fastest_s, slowest_s = np.min(server["latency_s"]), np.max(server["latency_s"])
assert all(fastest_s <= one <= slowest_s for one in costs["latency_s"]), "a mean lies between the least and the most"
assert max(costs["bytes_per_s"]) <= sum(server["memory_bytes_per_s"]), "no more than all memories together"
moved_s = server["line_bytes"] * np.sum(accesses) / np.array(costs["bytes_per_s"])
assert all(np.array(costs["run_s"]) >= moved_s * (1 - 1e-9)), "no run is over before its lines have moved"

# %%
figure, panels = plt.subplots(1, 3, sharey=True)
for axes, column, scale, label in zip(
    panels,
    ("latency_s", "bytes_per_s", "run_s"),
    (1e9, 1e-9, 1),
    ("mean latency [ns]", "bandwidth allowed [GB/s]", "time of the run [s]"),
    strict=True,
):
    axes.barh(costs["policy"], scale * np.array(costs[column]), color=BLUE if column == "run_s" else GREY, height=0.6)
    axes.set_xlabel(label)
panels[0].invert_yaxis()
figure.suptitle(f"Three policies on {server['name']}", x=0.02, ha="left", fontsize=11)
figure.tight_layout()
plt.show()

# %% [markdown]
# **Look before you go on.** Does the policy with the least latency also finish first? If not, what holds it up? And is
# the time of each run explained by one of the two columns before it?
#
# ## 2. The plan
#
# The ranking kernel streams through a large table, and each of its loads moves only what is asked for. Four people have
# written it four times. What matters is how much is under way: each thread has `loads` loads of `access_bytes` under
# way, as long as its block is resident. The memory answers within `latency_s`, and delivers no more than its peak.
#
# The GPU gives out registers and shared memory as those of the practical do: registers to whole warps, in units of 256,
# from four quarters of the file; shared memory after what is reserved has been added, rounded up to the granularity.
# All launches can be launched. How many blocks a multiprocessor holds, and why not one more, is for you to find out.

# %%
print(f"{gpu['name']}: {gpu['multiprocessors']} multiprocessors, memory {gpu['bandwidth_bytes_per_s'] / 1e9:,.0f} GB/s")
limits = ["max_warps", "max_blocks", "registers", "shared_bytes", "reserved_shared_bytes_per_block"]
print("per multiprocessor:", {name: gpu[name] for name in [*limits, "shared_granularity_bytes"]})
print(f"latency: {gpu['latency_s'] * 1e9:.0f} ns")
pd.DataFrame(launches).set_index("launch")

# %% [markdown]
# **Exercise 2** (6 points, 16 minutes). Write `deployment_plan`, the text of a JSON file for the people who will start
# the service:
#
# ```json
# {
#   "placement": {"policy": "interleave", "run_s": 1.25},
#   "launch": {"launch": "A", "blocks": 6, "limited_by": ["registers"], "busy_share": 0.5}
# }
# ```
#
# - `placement`: the policy whose run is over first, and its time.
# - `launch`: the letter of the launch that keeps the memory busiest; the blocks of it that a multiprocessor holds;
#   *all* resources that allow just so many blocks and no more (`warps`, `blocks`, `registers`, `shared_memory`); and
#   the share of the memory's peak that it reaches, at most 1.
#
# You have `costs`, `launches` and `gpu`. Do not round.

# %% exercise={"id": "m01_deployment_plan", "reference": "m01_microarchitecture.deployment:deployment_plan"}
# deployment_plan = """{"placement": {...}, "launch": {...}}"""   the text of the file, in JSON
### SOLUTION

# %% tests={"id": "m01_deployment_plan"}
plan = json.loads(deployment_plan)
assert set(plan) == {"placement", "launch"}, f"these two parts: {sorted(plan)}"
assert plan["placement"]["policy"] in costs["policy"], f"one of {', '.join(costs['policy'])}"
assert plan["launch"]["launch"] in [one["launch"] for one in launches], "one of the letters on offer"
assert set(plan["launch"]["limited_by"]) <= {"warps", "blocks", "registers", "shared_memory"}, "names of resources"
assert plan["launch"]["limited_by"], "something keeps the next block out"
assert 0 < plan["launch"]["busy_share"] <= 1, "a share of the peak"

# %%
print(json.dumps(plan, indent=2))

# %% [markdown]
# ## 3. Defend it
#
# Two people will object. One of them has always used the launch with the highest occupancy, the other the one with the
# most loads in each thread. And somebody in operations has read that one should always interleave.

# %% [markdown] exercise={"id": "m01_deployment_defence"}
# **Exercise 3** (4 points, 12 minutes). *The defence.* In about 200 words:
#
# 1. Placement: state your policy and its time, and what limits it on *this* server: waiting, a memory, or a link. Hold
#    it against the next best, with its number.
# 2. Launch: state your launch, what limits its blocks, and the share of the peak. Say why neither the highest occupancy
#    nor the most loads per thread decides.
# 3. Name one change of the service or of the machines that would overturn one of your decisions, and say how you would
#    notice it in operation.

# %% [markdown]
# You came with two machines that nobody has tuned for, and left with a plan whose numbers somebody else can check. That
# is what the tracks beyond this module build on: first what a machine *can* do, then what it does.
