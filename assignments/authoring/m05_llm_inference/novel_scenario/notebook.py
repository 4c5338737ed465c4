# %% [markdown]
# # Module 5 · LLM inference: novel scenario
#
# A model has been trained, its users are known, a promise has been made to them. Three kinds of machine can be rented.
# **You decide which, and how many, and defend it** before the people who pay. That is 14 points and about 23 minutes:
#
# 1. what one replica serves on each machine (6 points, 9 minutes),
# 2. the plan and the bill, as a file (4 points, 6 minutes),
# 3. its defence, in words (4 points, 8 minutes).
#
# **Your model is not your neighbour's.** Model, users, promise, machines and prices derive from your student id. All
# are made up; the method is not, and your practical and the worked example are open beside you.

# %%
import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.6), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## Your service
#
# Write your student id between the quotes, as your course has it, and run the two cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
model, traffic, promise, machines = (scenario[part] for part in ("model", "traffic", "promise", "machines"))
said = {
    (part, key): value if key == "name" else f"{value:,}"
    for part in ("model", "traffic", "promise")
    for key, value in scenario[part].items()
}
pd.Series(said).to_frame("your service")

# %%
pd.DataFrame(machines).set_index("machine").T.map("{:,.6g}".format).rename_axis(columns="on offer")

# %% [markdown]
# **The model** is dense: each of its `weights` is multiplied with each token, two operations for each. It is kept in
# `weight_element_bytes`. A token's cache has `cache_element_bytes` an element, without scales. If the model has
# `kv_heads`, attention is grouped-query; if it has a `latent_dim`, it is multi-head latent attention.
#
# **The users** send `requests_per_s`. Lengths of prompts and answers are log-normal: `median` says what half of them
# exceed, `spread` is the standard deviation of the logarithm, $\sigma$. Long ones pull the *mean* up: it is
# $e^{\sigma^2 / 2}$ times the median. Plan with means.
#
# **The promise**: no step of decode takes longer than `tpot_limit_s`. A share `headroom` of the capacity is kept free,
# and `spares` replicas may fail.
#
# **A machine** is one replica. Of each of its `devices` the server may use `usable_bytes`, activations already taken
# off. Bandwidth and operations are what kernels reach on *one* device. A step has `overhead_s` that overlaps with
# nothing. `usd_per_hour` rents the whole machine.
#
# ## 1. What does one replica serve?
#
# Three limits decide how many requests a replica can decode together:
#
# - **memory**: weights once, and for each request a cache that has grown to its full length, prompt and answer;
# - **reading**: the step reads the weights once, and the cache of each request, in which half of the answer stands on
#   average;
# - **computing**: the step computes for every request's token. The longer of reading and computing, and the overhead on
#   top, must not exceed the limit on TPOT.
#
# Then its rate: a request takes the time that its prompt's operations take (prefill waits for arithmetic), and its
# share, one of `batch`, of all the steps of its answer.
#
# **What the model leaves out.** Prompts are read between the tokens of others and stretch their gaps; lengths differ; a
# full memory sometimes turns somebody away. That is what headroom is for.
#
# **Exercise 1** (6 points, 9 minutes). Fill in `replica_profile`, a table (a dict of lists will do) with a row for each
# machine, in the order of `machines`:
#
# | column | |
# |---|---|
# | `machine` | its letter |
# | `slots` | whole requests that memory holds; 0 if not even the model fits |
# | `batch` | whole requests that it decodes together at most, within memory and limit; 0 if not even one |
# | `bound_by` | `"memory"`, if that is as many as memory holds, else `"tpot"` |
# | `requests_per_s` | requests that a replica serves in a second with this batch; 0 without a batch |

# %% exercise={"id": "m05_replica_profile", "reference": "m05_llm_inference.replica_plan:replica_profile"}
# replica_profile = {"machine": [...], "slots": [...], "batch": [...], "bound_by": [...], "requests_per_s": [...]}
### SOLUTION

# %% tests={"id": "m05_replica_profile"}
profile = pd.DataFrame({name: list(replica_profile[name]) for name in ("machine", "slots", "batch", "bound_by")})
profile["requests_per_s"] = np.asarray(replica_profile["requests_per_s"], float)
assert list(profile["machine"]) == ["A", "B", "C"], f"three machines, in this order: {list(profile['machine'])}"
assert (profile["batch"] <= profile["slots"]).all(), "nobody decodes who has no room"
assert set(profile["bound_by"]) <= {"memory", "tpot"}, "two things can bind: memory or tpot"
assert ((profile["requests_per_s"] > 0) == (profile["batch"] > 0)).all(), "a replica serves if it has a batch"
assert profile["batch"].map(lambda batch: batch == int(batch)).all(), "whole requests"

# %% [markdown]
# What is a replica's hour worth? Bars are requests a second for a dollar an hour, and what stops each machine.

# %%
prices = np.array([machine["usd_per_hour"] for machine in machines])
worth = profile["requests_per_s"].to_numpy() / prices
figure, axes = plt.subplots(figsize=(8.5, 2.4))
axes.barh(profile["machine"], worth, color=[BLUE if bound == "memory" else ORANGE for bound in profile["bound_by"]])
for row, (value, batch, bound) in enumerate(zip(worth, profile["batch"], profile["bound_by"], strict=True)):
    label = f" batch of {batch:.0f}, bound by {bound}" if batch else " cannot serve this model within the limit"
    axes.text(value, row, label, va="center", fontsize=9)
axes.set(xlabel="requests a second for a dollar an hour", xlim=(0, 1.8 * max(worth)), title="One replica of each")
axes.invert_yaxis()
plt.show()

# %% [markdown]
# **Look before you go on.** A machine with much memory may be stopped by the limit, a fast one by its memory. Do the
# batches of your three agree with what you expected of them?
#
# ## 2. The plan
#
# Replicas are whole. With the headroom kept free on each of them they must carry `requests_per_s`; the spares come on
# top, and are paid for as well. A machine that cannot serve the model within the limit is no offer.
#
# **Exercise 2** (4 points, 6 minutes). Write `capacity_plan`, the text of a JSON file for those who will order the
# machines. `json.dumps` writes one; do not round the bill.
#
# ```json
# {
#   "offers": {
#     "A": {"replicas": 7, "usd_per_hour": 350.0},
#     "B": {"replicas": 4, "usd_per_hour": 412.5}
#   },
#   "choice": "A"
# }
# ```
#
# `offers` has every machine that can serve, with all its replicas and their bill; `choice` is the letter of the
# cheapest plan.

# %% exercise={"id": "m05_capacity_plan", "reference": "m05_llm_inference.replica_plan:capacity_plan"}
# capacity_plan = """{"offers": ..., "choice": ...}"""   the text of the file
### SOLUTION

# %% tests={"id": "m05_capacity_plan"}
plan = json.loads(capacity_plan)
assert set(plan) == {"offers", "choice"}, f"these two keys: {sorted(plan)}"
assert set(plan["offers"]) <= {"A", "B", "C"}, f"offers have the letters of machines: {sorted(plan['offers'])}"
assert all(set(offer) == {"replicas", "usd_per_hour"} for offer in plan["offers"].values()), "two numbers each"
assert all(isinstance(offer["replicas"], int) for offer in plan["offers"].values()), "replicas are whole"
assert plan["choice"] in plan["offers"], "the choice is one of the offers"

# %%
bills = pd.DataFrame(plan["offers"]).T
figure, axes = plt.subplots(figsize=(8.5, 2.4))
axes.barh(bills.index, bills["usd_per_hour"], color=[GREEN if name == plan["choice"] else GREY for name in bills.index])
for row, (replicas, bill) in enumerate(zip(bills["replicas"], bills["usd_per_hour"], strict=True)):
    axes.text(bill, row, f" {replicas:.0f} replicas, {bill:,.2f} dollars an hour", va="center", fontsize=9)
axes.set(xlabel="dollars an hour", xlim=(0, 1.6 * bills["usd_per_hour"].max()), title="The same promise, other bills")
axes.invert_yaxis()
plt.show()

# %% [markdown]
# **Notice.** The machine with the best bar above need not have the shortest bar here: replicas are whole, and the same
# spare costs more where a replica is large. How much of your bill is spare?
#
# ## 3. Defend it
#
# Tomorrow you sit before those who pay. One of them has read that the other machine is *the* machine for language
# models, and another wants to save the spares.

# %% [markdown] exercise={"id": "m05_plan_defence"}
# **Exercise 3** (4 points, 8 minutes). *The defence.* In about 200 words; each part has one point:
#
# 1. State your choice, replicas and bill, and derive them: from which rate of a replica, by which load and headroom?
# 2. Say what stops a replica of your choice, memory or TPOT, with its batch. Which *one* change to the model would
#    raise it most, and why that one?
# 3. Take the next cheapest machine and say, with its numbers, why not that one, and at which price it would win.
# 4. Say what your number cannot promise, in which direction it errs, and what you will measure in the first week.

# %% [markdown]
# You came with a configuration file and a price list, and leave with a plan that others can check: batch by batch, and
# dollar by dollar. In the capacity model of a capstone nothing else is asked, only more of it.
