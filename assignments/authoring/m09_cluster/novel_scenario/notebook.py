# %% [markdown]
# # Module 9 · Cluster-Level Thinking: novel scenario
#
# A cluster of three leaves is yours for the next month. A large training wants its nodes today, all next to each other.
# A service that people pay for needs nodes as well, and must survive the loss of a leaf. Three teams wait with the
# rest.
#
# **You decide which nodes the training gets, and who is next in the queue, and you defend it.** That is 11 points and
# about 19 minutes:
#
# 1. the cheapest plan that ends in time and leaves the service its room (5 points, 9 minutes),
# 2. the order of the queue (2 points, 4 minutes),
# 3. the defence, in words (4 points, 6 minutes).
#
# **Your cluster is not your neighbour's.** Nodes, plans, work, failures, prices and the queue derive from your student
# id. All are made up; the method is not, and your practical is open beside you.

# %%
import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.2), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## Your cluster
#
# Write your student id between the quotes, as your course has it, and run the cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
leaves = [f"leaf {number}" for number in (1, 2, 3)]
print(f"A training of {scenario['product']}, and a service of {scenario['service']['replicas']} replicas.")
plans_offered = pd.DataFrame([one["nodes"] for one in scenario["plans"]], columns=leaves)
plans_offered.index = [f"plan {one['plan']}: nodes" for one in scenario["plans"]]
pd.concat([pd.DataFrame([scenario["leaves"]["free_nodes"]], columns=leaves, index=["free nodes"]), plans_offered])

# %%
pd.DataFrame({"value": scenario["training"] | scenario["network"]})

# %% [markdown]
# ## 1. Which nodes?
#
# **The rules.** They make plans comparable.
#
# - *A step.* The training's work is `node_days` on one node; on $N$ nodes each of its `steps` computes for the $N$-th
#   part. Then eight devices of each node sum a buffer of `buffer_gb` over all devices, in the three phases of your
#   practical, without start-up times: a device has `inner_gb_per_s` within its node, and `leaf_gb_per_s` to other nodes
#   of the leaf. A plan with nodes in more than one leaf has this divided by `oversubscription`, for all of that phase.
#   Nothing overlaps. A GB is $10^9$ bytes.
# - *Failures.* Each node fails every `node_mtbf_h` hours, each leaf *that the plan uses* every `leaf_mtbf_h`; any of
#   these failures stops the training. Checkpoints hold it up for `checkpoint_s`, a restart takes `restart_s`. It uses
#   Young's interval, and its goodput is the first-order one.
# - *Days* until the end: all steps, over the goodput. *Dollars:* all its nodes for that time, at `usd_per_node_hour`,
#   rounded up to whole dollars; nothing else is rounded. Both for every plan, possible or not.
# - *Room.* The service needs one node for each replica, of those that the plan leaves free. No leaf may hold more than
#   half of the replicas, rounded up (of 7: four), so that a leaf that fails takes no more with it.
# - *The plan.* Of all plans that end within `deadline_days` and leave room for the service take the cheapest; of
#   equally cheap ones the first.
#
# **Exercise 1** (5 points, 9 minutes). Fill in `cluster_plan`, a dict. All but the last hold a list with one value for
# each plan, in the order of the table:
#
# | key | |
# |---|---|
# | `step_s` | time of a step [s] |
# | `mtbf_h` | mean time between failures that stop the training [h] |
# | `interval_s`, `goodput` | Young's interval [s], and the goodput at it [1] |
# | `days`, `usd` | until the end [d], for so much [$] |
# | `service_nodes` | nodes that the service could use beside the plan, in each leaf as many as it may [1] |
# | `plan` | the letter of the plan to take |

# %% exercise={"id": "m09_cluster_plan", "reference": "m09_cluster.shared_cluster:cluster_plan"}
# cluster_plan = {"step_s": [...], "mtbf_h": [...], ..., "plan": "..."}
### SOLUTION

# %% tests={"id": "m09_cluster_plan"}
keys = ["step_s", "mtbf_h", "interval_s", "goodput", "days", "usd", "service_nodes"]
assert set(cluster_plan) == {*keys, "plan"}, f"these eight keys: {sorted(cluster_plan)}"
assert all(len(cluster_plan[key]) == len(scenario["plans"]) for key in keys), "a value for each plan"
assert all(0 < share < 1 for share in cluster_plan["goodput"]), "a share of the time"
chosen = "ABCDEF".index(cluster_plan["plan"])
assert cluster_plan["days"][chosen] <= scenario["training"]["deadline_days"], "your plan ends in time"
needed = scenario["service"]["replicas"]
assert cluster_plan["service_nodes"][chosen] >= needed, "your plan leaves room for the service"

# %%
figure, axes = plt.subplots()
for number, one in enumerate(scenario["plans"]):
    colour = (
        GREEN
        if one["plan"] == cluster_plan["plan"]
        else BLUE
        if cluster_plan["service_nodes"][number] >= needed
        else RED
    )
    axes.plot(cluster_plan["days"][number], cluster_plan["usd"][number] / 1e3, "o", color=colour)
    label = f" {one['plan']}: {' + '.join(str(count) for count in one['nodes'] if count)}"
    place = (cluster_plan["days"][number], cluster_plan["usd"][number] / 1e3)
    height = (7, 3, -13)[sum(count > 0 for count in one["nodes"]) - 1]  # plans of one size lie close to each other
    axes.annotate(label, place, xytext=(4, height), textcoords="offset points", fontsize=9)
axes.axvline(scenario["training"]["deadline_days"], color=GREY, linewidth=0.8, linestyle=":")
axes.set(
    xlabel="days until the end", ylabel="cost [1,000 $]", title="Six plans (red: no room for the service; green: yours)"
)
plt.show()

# %% [markdown]
# **Notice.** Compare plans of the same size. What do the same nodes cost at other addresses, in seconds a step, in
# failures, in dollars? And what do more nodes cost, although they end earlier?
#
# ## 2. Who is next?
#
# The rest of the cluster has a queue. A job's priority is a weighted sum of three factors between 0 and 1, as in
# Slurm's multifactor plug-in:
#
# - *Fair share:* $F = 2^{-U / S}$, with the team's promised share $S$ of the cluster, and its share $U$ of the usage of
#   all teams. Usage is forgotten: what was used $d$ days ago counts $2^{-d / H}$, with a half-life of $H$ days.
# - *Age:* the age over `oldest_h`, 1 at most.
# - *Size:* the job's GPUs over those of the cluster.

# %%
queue = scenario["queue"]
print(
    f"Half-life {queue['half_life_days']} days; weights {queue['weights']}; "
    f"oldest_h {queue['oldest_h']}; {queue['gpus']} GPUs in the cluster."
)
pd.DataFrame(
    [[one["team"], one["share"], *one["gpu_hours"]] for one in queue["teams"]],
    columns=["team", "share", *(f"GPU-hours {day} days ago" for day in range(1, 6))],
)

# %%
pd.DataFrame(queue["jobs"])

# %% [markdown]
# **Exercise 2** (2 points, 4 minutes). Set `queue_order_file` to the text of a JSON file with
#
# | key | |
# |---|---|
# | `teams` | a dict: for each team a dict with `usage_share` (its $U$) and `fair_share` (its $F$) [1] |
# | `queue` | a list of dicts with `job` and `priority`, the highest first; of equals the one listed first above |

# %% exercise={"id": "m09_queue_order_file", "reference": "m09_cluster.shared_cluster:queue_order_file"}
# queue_order_file = """{"teams": {...}, "queue": [...]}"""   the text of the file
### SOLUTION

# %% tests={"id": "m09_queue_order_file"}
file = json.loads(queue_order_file)
assert set(file) == {"teams", "queue"}, f"these two keys: {sorted(file)}"
assert set(file["teams"]) == {one["team"] for one in queue["teams"]}, "all teams"
assert np.isclose(sum(one["usage_share"] for one in file["teams"].values()), 1), "shares of all usage add up to 1"
assert all(0 < one["fair_share"] <= 1 for one in file["teams"].values()), "a factor between 0 and 1"
assert {one["job"] for one in file["queue"]} == {one["job"] for one in queue["jobs"]}, "all jobs"
priorities = [one["priority"] for one in file["queue"]]
assert priorities == sorted(priorities, reverse=True), "the highest priority first"

# %% [markdown]
# ## 3. Defend it
#
# Tomorrow you present the plan. The training's people want more nodes, and all of them in one leaf. The service's
# people ask what happens when a switch dies. Finance asks why not the cheapest.

# %% [markdown] exercise={"id": "m09_cluster_defence"}
# **Exercise 3** (4 points, 6 minutes). *The defence.* In about 180 words:
#
# 1. State your plan with its days and its price, and derive its goodput: failures of what, how often, which interval?
# 2. Compare it with the plan of as many nodes at other addresses, or, if there is none with a chance, with the next
#    cheapest that is possible. What decides: the deadline, the network, or the room of the service?
# 3. A leaf that your training uses fails. What happens to the training, and to the service, and for how long?
# 4. Nodes turn out to fail twice as often. What becomes of the goodput and of the deadline, and what would you change
#    first: the interval, the checkpoints, or the number of nodes?

# %% [markdown]
# You began with jobs in boxes, and end with a cluster on which each decision has a number, and each number a model that
# can be wrong. In the capstone, the cluster has a thousand nodes, and somebody will ask.
