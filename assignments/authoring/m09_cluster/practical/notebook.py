# %% [markdown]
# # Module 9 · Cluster-Level Thinking: practical
#
# The dashboard says that 96 % of the GPUs are allocated. Half of them wait: for seven more GPUs of the same node, for a
# job that will never get its last worker, for a network that is four times too slow, or for a checkpoint to be read
# again. A cluster is not a number of GPUs. What it is worth is decided by where jobs lie, in which order they start,
# who has to go, and how often they lose an hour's work. This notebook builds the tools for these decisions:
#
# 1. **Packing:** how many nodes do jobs need, and how good is a simple rule?
# 2. **Several resources:** which node is best for a task?
# 3. **Shared GPUs:** which free GPUs are of no use, and how does a policy avoid them?
# 4. **The queue:** who may pass the head of it?
# 5. **Fairness:** who gets how much, and who must give back?
# 6. **Training:** what do placement, failures and memory do to a job of a thousand GPUs?
#
# There are thirteen exercises, 49 points, and about an hour and a quarter of work. Write your answer where it says
# `YOUR CODE HERE`; add cells of your own wherever you like to try things out. The cell below each answer holds tests
# that you can see. **When they pass, and Validate passes, that is the beginning:** the hidden checks try other jobs,
# other clusters, other traces, and the cases at the edge that the text names.
#
# Units stand in the names: `_s` is seconds, `_bytes` bytes, `_bytes_per_s` a bandwidth; `gpus` are counted.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.4), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## 1. How many nodes do jobs need?
#
# Jobs ask for GPUs of *one* node, each node has equally many. Which node takes which job? That is bin packing, and
# nobody solves it exactly while jobs come in. Four rules are in use:
#
# - **First fit:** the first open node with room; if there is none, a new one.
# - **Best fit:** of the open nodes with room the fullest.
# - **First** or **best fit decreasing:** the same, after the jobs have been sorted, the largest first.
#
# How bad can they be? First fit never opens more than $\lfloor 1.7\,\mathrm{OPT} \rfloor$ nodes (Dósa and Sgall, 2013),
# first fit decreasing never more than $\frac{11}{9}\mathrm{OPT} + \frac{6}{9}$ (Dósa, 2007), with the best possible
# number OPT.
#
# **What the model leaves out.** Jobs that leave again, other resources than GPUs, and the question *which* GPUs.
#
# **Exercise 1** (4 points, 6 minutes). Write `packed_bins`. Sizes may be fractions of a GPU: ten times 0.1 fill one GPU
# exactly, though floats disagree, so an item still fits (also into an empty bin) that is too large by less than a
# billionth of the capacity. Of bins that are equally full, to the same billionth, take the one opened first; of equal
# items the first to come.


# %% exercise={"id": "m09_packed_bins", "reference": "m09_cluster.bin_packing:packed_bins"}
def packed_bins(sizes, capacity, rule):
    """Bin of each item, in the order in which the items are given; bins are counted from 0 as they are opened.

    sizes:    items, in the order in which they come [GPUs]
    capacity: of each bin [GPUs]
    rule:     "first fit", "best fit", "first fit decreasing" or "best fit decreasing"

    Returns an array of whole numbers, one for each item; it is empty without items.

    Raises ValueError if there is no such rule, if an item is not larger than 0, or does not fit into an empty bin.
    """
    ### SOLUTION


# %% tests={"id": "m09_packed_bins"}
jobs = [4, 2, 6, 4]
first = packed_bins(jobs, 8, "first fit")
assert list(first) == [0, 0, 1, 2], f"4 and 2 share a node; 6 does not fit there; the last 4 fits nowhere: {first}"
assert list(packed_bins(jobs, 8, "best fit decreasing")) == [1, 0, 0, 1], "6 opens node 0, the fours share node 1"
try:
    packed_bins([9], 8, "first fit")
except ValueError:
    pass
else:
    raise AssertionError("nine GPUs are not on a node of eight: raise ValueError")

# %% [markdown]
# ### Is there anything better?
#
# Whoever presents a packing is asked whether fewer nodes would do. A **lower bound** answers without a search. The
# volume gives one, $\lceil \sum s / c \rceil$. Items of more than half a node give another: no two of them share one.
# The bound of Martello and Toth joins both. For a threshold $k$ from 0 to $c / 2$ look at three groups:
#
# - $N_1$, items larger than $c - k$: alone in their bins, as far as items of at least $k$ are concerned;
# - $N_2$, items larger than $c / 2$, but not than $c - k$: a bin each, with some room left;
# - $N_3$, items of at least $k$ and at most $c / 2$: they go into that room, and what is left over into further bins.
#
# $$ L(k) = |N_1| + |N_2| + \max\left(0, \left\lceil \frac{\sum_{N_3} s - \left(|N_2|\,c - \sum_{N_2} s\right)}{c}
#    \right\rceil\right), \qquad L_2 = \max_k L(k). $$
#
# Only the sizes up to $c/2$ need to be tried for $k$, and $c/2$ itself.
#
# **Exercise 2** (3 points, 4 minutes). Write `fewest_bins_bound`. What is whole but for rounding is whole: ten items of
# 0.1 need one bin of 1, not two. Sizes are compared with $k$, $c - k$ and $c / 2$ to a billionth of the capacity.


# %% exercise={"id": "m09_fewest_bins_bound", "reference": "m09_cluster.bin_packing:fewest_bins_bound"}
def fewest_bins_bound(sizes, capacity):
    """So many bins every packing has: Martello and Toth's bound. A whole number, 0 without items.

    sizes:    items [GPUs]
    capacity: of each bin [GPUs]

    Raises ValueError if an item is not larger than 0, or does not fit into an empty bin.
    """
    ### SOLUTION


# %% tests={"id": "m09_fewest_bins_bound"}
assert fewest_bins_bound([4, 2, 6, 4], 8) == 2, "16 GPUs are two nodes of 8"
assert fewest_bins_bound([5, 5, 5, 5, 5], 8) == 5, "no two jobs of 5 GPUs share a node of 8, whatever the volume says"
assert fewest_bins_bound([], 8) == 0, "no jobs, no nodes"

# %%
rng = np.random.default_rng(9)
rows = []
for name, sizes in (
    ("1 to 8 GPUs", rng.integers(1, 9, 60)),
    ("1, 2, 4 or 8", rng.choice([1, 2, 4, 8], 60)),
    ("3 or 5", rng.choice([3, 5], 60)),
    ("2 or 3", rng.choice([2, 3], 60)),
):
    opened = [1 + max(packed_bins(sizes, 8, rule)) for rule in ("first fit", "best fit", "first fit decreasing")]
    rows.append([name, -(-sizes.sum() // 8), fewest_bins_bound(sizes, 8), *opened])
pd.DataFrame(rows, columns=["60 jobs of", "volume", "bound", "first fit", "best fit", "first fit decreasing"])

# %% [markdown]
# **Notice.** Where a rule opens as many nodes as the bound says, it has found the optimum, and nobody needs to search.
# Jobs of 1, 2, 4 or 8 GPUs, sorted, always reach it: each divides the next. That is a reason to offer no other sizes.

# %% [markdown]
# ## 2. Which node, if several resources count?
#
# A task asks for CPUs, memory and GPUs. A scheduler first **filters** the nodes on which it fits, then **scores** them.
# With $r_i$ what is requested on a node, *the task included*, $c_i$ what the node has, and $f_i = r_i / c_i$, the
# scheduler of Kubernetes offers, in whole numbers from 0 to 100,
#
# $$ \mathrm{Least} = \left\lfloor \frac{\sum_i w_i \lfloor 100\,(c_i - r_i) / c_i \rfloor}{\sum_i w_i} \right\rfloor,
#    \quad \mathrm{Most} = \left\lfloor \frac{\sum_i w_i \lfloor 100\, r_i / c_i \rfloor}{\sum_i w_i} \right\rfloor,
#    \quad \mathrm{Balanced} = \lfloor 100\,(1 - \sigma) \rfloor, $$
#
# where $\sigma$ is the (population's) standard deviation of the $f_i$. Least spreads, Most packs, Balanced avoids nodes
# that have memory left but no CPU. Tetris (Grandl et al., SIGCOMM 2014) multiplies what the task asks for with what is
# free *before* it comes, $u_i$ being in use: alignment $= \sum_i (d_i / c_i)\,(1 - u_i / c_i)$.
#
# **What the model leaves out.** What tasks really use; and that a score looks at one task and knows nothing of the
# next.
#
# **Exercise 3** (4 points, 6 minutes). Write `node_scores`, a table with a row for each node. A task fits if the node
# has enough of everything *that the task asks for*. A node on which it does not fit gets 0 for all scores. Requests of
# more than a node has (of what the task does not ask for) count as all of it. A resource of which a node has none at
# all is left out of all four of its scores, with its weight. Balanced and alignment do not look at weights. 100 (1 − σ)
# that is whole but for rounding (a billionth) is whole.


# %% exercise={"id": "m09_node_scores", "reference": "m09_cluster.vector_packing:node_scores"}
def node_scores(request, allocatable, requested, weights):
    """Table with one row for each node, as a data frame or a dict of columns.

    request:     what the task asks for of each resource, whole numbers
    allocatable: what nodes have, one row for each node, one column for each resource, whole numbers; each has something
    requested:   what tasks on them have asked for before, in the same shape
    weights:     how much each resource counts for Least and Most, whole numbers larger than 0 [1]

    Columns: `fits` (True or False); `least`, `most`, `balanced` (whole numbers from 0 to 100); `alignment` [1].
    """
    ### SOLUTION


# %% tests={"id": "m09_node_scores"}
# Half of 8 CPUs and a quarter of 64 GB are in use; a task of 2 CPUs and 16 GB makes it three quarters and a half.
half_full = pd.DataFrame(node_scores([2, 16], [[8, 64], [4, 64]], [[4, 16], [3, 0]], [1, 1]))
assert list(half_full["fits"]) == [True, False], f"the second node has one CPU left: {half_full}"
assert list(half_full["least"]) == [37, 0], f"(25 + 50) / 2 is 37 in whole numbers: {half_full}"
assert list(half_full["balanced"]) == [87, 0], f"0.75 and 0.5 deviate by 0.125 from their mean: {half_full}"
assert np.isclose(half_full["alignment"][0], 0.3125), f"2/8 of 4/8, and 16/64 of 48/64: {half_full}"

# %%
node = np.array([96, 768, 8])  # CPUs, GB, GPUs
tasks = np.random.default_rng(4).permutation([[8, 48, 1]] * 40 + [[4, 160, 0]] * 20 + [[24, 64, 0]] * 14)
rows = []
for score in ("least", "most", "balanced", "alignment"):
    used, left_over = np.zeros((6, 3), dtype=int), 0
    for task in tasks:
        table = pd.DataFrame(node_scores(task, np.tile(node, (6, 1)), used, [1, 1, 1]))
        if table["fits"].any():
            used[table[score].where(table["fits"], -1).astype(float).argmax()] += task
        else:
            left_over += 1
    rows.append([score, left_over, *(f"{share:.0%}" for share in used.sum(axis=0) / (6 * node))])
pd.DataFrame(rows, columns=["score", "tasks left over", "CPUs", "memory", "GPUs"])

# %% [markdown]
# **Notice.** The same 74 tasks, the same six nodes. No score is best for every mix: each of them is a guess about the
# tasks to come. The next section makes the guess explicit.

# %% [markdown]
# ## 3. Which free GPUs are of no use?
#
# Inference tasks ask for fractions of a GPU, trainings for whole ones. A GPU that is 30 % free is no good for a task of
# half a GPU. Whether it is *fragmented* depends on who is likely to come. Weng et al. (USENIX ATC 2023) measure exactly
# that. A node has the shares $R_g$ of its GPUs free. For a kind of task that asks for $D$ GPUs (a fraction of *one*, or
# a whole number, all from this node) the free GPUs of no use are
#
# $$ F(D) = \begin{cases} \sum_g R_g & \text{if it cannot run on the node, or asks for no GPU,} \\
#    \sum_{g:\,R_g < \min(D, 1)} R_g & \text{otherwise.} \end{cases} $$
#
# It can run if enough CPUs are free, and a GPU with a share of $D$ (for $D < 1$), or $D$ GPUs that are wholly free.
# Averaged over the kinds of task, with the shares in which they come, that is the node's fragmentation.
#
# **What the model leaves out.** How long tasks stay. It looks at one moment, and takes the mix of tomorrow from
# yesterday.
#
# **Exercise 4** (3 points, 5 minutes). Write `fragmentation_gpus`. Shares are sums of decimal fractions: one that is
# too small by less than a billionth is enough, and so is a GPU that is wholly free but for that.


# %% exercise={"id": "m09_fragmentation_gpus", "reference": "m09_cluster.fragmentation:fragmentation_gpus"}
def fragmentation_gpus(free_gpus, free_cpus, task_gpus, task_cpus, task_share):
    """Free GPUs of a node that are of no use, on average over kinds of task [GPUs].

    free_gpus:  free share of each GPU, from 0 to 1 [GPUs]
    free_cpus:  free CPUs of the node [1]
    task_gpus:  what each kind of task asks for: 0, a fraction of one GPU, or a whole number [GPUs]
    task_cpus:  CPUs that each kind asks for [1]
    task_share: share of the tasks that are of each kind; they add up to 1 [1]
    """
    ### SOLUTION


# %% tests={"id": "m09_fragmentation_gpus"}
lost = fragmentation_gpus([0.3, 1.0], 8, [0.5], [1], [1.0])
assert np.isclose(lost, 0.3), f"half a GPU can use the free one, and not the 0.3: {lost}"
lost = fragmentation_gpus([0.3, 1.0], 8, [0.5, 2.0], [1, 1], [0.5, 0.5])
assert np.isclose(lost, 0.8), f"a task of two GPUs can use none of the 1.3, and comes as often: {lost}"
assert np.isclose(fragmentation_gpus([1.0, 1.0], 2, [1.0], [4], [1.0]), 2), "without CPUs no GPU is of use"

# %% [markdown]
# ### A policy for placing tasks
#
# Now a cluster in which tasks come, stay for a while, and leave. A task takes a fraction of one GPU, or whole ones of
# one node; for a fraction the node itself picks its fullest GPU with room. If no node has room, the task is turned
# away. A **policy** is asked for the node, whenever at least one has room. The measure: which share of all GPUs asked
# for was turned away?


# %%
def fits(gpus, asked):
    return sum(free >= min(asked, 1) - 1e-9 for free in gpus) >= asked


def turned_away_share(policy, task_gpus, stay, mix, nodes, gpus):
    """Share of the GPUs asked for that was turned away; one task comes in each unit of time."""
    free, there, lost = np.ones((nodes, gpus)), [], 0.0
    for now, (asked, stays) in enumerate(zip(task_gpus, stay, strict=True)):
        for _, node, places, share in [one for one in there if one[0] <= now]:
            free[node, places] = np.round(free[node, places] + share, 9)
        there = [one for one in there if one[0] > now]
        if not any(fits(one, asked) for one in free):
            lost += asked
            continue
        node = policy(free.tolist(), asked, mix)
        share = min(asked, 1)
        places = [gpu for gpu in np.argsort(free[node], kind="stable") if free[node, gpu] >= share - 1e-9]
        places = places[: max(1, round(asked))]
        free[node, places] = np.round(free[node, places] - share, 9)
        there.append((now + stays, node, places, share))
    return lost / sum(task_gpus)


def most_free_node(free_gpus, task_gpus, mix):
    """Spread: the node with most GPUs free."""
    return max((node for node, gpus in enumerate(free_gpus) if fits(gpus, task_gpus)), key=lambda n: sum(free_gpus[n]))


def traffic(seed, mix, load, gpus, count=220):
    """Tasks drawn from a mix, and stays such that they ask for `load` times the GPUs that there are."""
    draw = np.random.default_rng(seed)
    sizes, shares = np.array(mix).T
    tasks = draw.choice(sizes, count, p=shares)
    return tasks.tolist(), draw.exponential(load * gpus / (sizes @ shares), count).tolist()


# %% [markdown]
# **Exercise 5** (5 points, 8 minutes). Write the policy `choose_node`. You are told the free share of each GPU, the
# task, and the mix in which tasks come; nobody asks for CPUs here. The hidden checks hold it against spreading, on
# eight nodes of eight GPUs, at loads around 90 to 100 %. Each takes the mean over several traces, always the same ones:
# on a single trace luck decides much.
#
# - *whole GPUs*: tasks of 1, 2, 4 and 8: at most seven tenths of what spreading turns away;
# - *fractions and whole nodes*: many fractions, a few tasks of eight GPUs: at most half;
# - *everything mixed*: at most six tenths.
#
# One good idea is to go where `fragmentation_gpus` grows least. There are others.


# %% exercise={"id": "m09_choose_node", "reference": "m09_cluster.fragmentation:choose_node"}
def choose_node(free_gpus, task_gpus, mix):
    """Number of the node that takes the task, counted from 0; it must have room.

    free_gpus: list of nodes, each a list of the free share of its GPUs [GPUs]
    task_gpus: what the task asks for: a fraction of one GPU, or a whole number [GPUs]
    mix:       list of pairs: what a kind of task asks for, and its share of the tasks [GPUs, 1]
    """
    ### SOLUTION


# %% tests={"id": "m09_choose_node"}
mix = [[0.5, 0.5], [2.0, 0.5]]
assert choose_node([[0.4, 0.4], [1.0, 0.0]], 0.5, mix) == 1, "only the second node has a GPU with half of it free"
mixed = [[0.3, 0.4], [0.5, 0.3], [1.0, 0.1], [4.0, 0.1], [8.0, 0.1]]
shares = traffic(5, mixed, 0.9, 64)
yours, spread = (turned_away_share(policy, *shares, mixed, 8, 8) for policy in (choose_node, most_free_node))
assert yours < 0.7 * spread, f"you turned {yours:.0%} away, spreading {spread:.0%}"

# %%
figure, axes = plt.subplots()
mixes = {"whole GPUs": [[1, 0.5], [2, 0.2], [4, 0.2], [8, 0.1]], "with fractions": mixed}
for place, (name, kinds) in enumerate(mixes.items()):
    for policy, colour, label in ((most_free_node, RED, "spread"), (choose_node, BLUE, "your policy")):
        lost = [100 * turned_away_share(policy, *traffic(6, kinds, load, 64), kinds, 8, 8) for load in (0.6, 0.8, 1.0)]
        style = "-" if place == 0 else "--"
        axes.plot([60, 80, 100], lost, style, marker="o", markersize=4, color=colour, label=f"{label}, {name}")
axes.set(xlabel="GPUs asked for [% of the cluster]", ylabel="turned away [%]", title="The same tasks, the same cluster")
axes.set(ylim=(0, 60))
axes.legend(frameon=False, loc="upper left", ncols=2)
plt.show()

# %% [markdown]
# **Notice.** Spreading looks kind: every task gets an empty node. It is paid for by those who need one. What it is good
# for, fewer neighbours and fewer losses with a node, belongs to replicas of a *service*, not to everybody.

# %% [markdown]
# ### A GPU in slices
#
# An A100 can be cut into instances in hardware (MIG). There are seven compute slices and eight memory slices. An
# instance takes neighbouring memory slices, and may begin at some of them only (NVIDIA, MIG user guide):

# %%
MIG_MEMORY = {"1g": 1, "2g": 2, "3g": 4, "4g": 4, "7g": 8}  # memory slices
MIG_STARTS = {"1g": (0, 1, 2, 3, 4, 5, 6), "2g": (0, 2, 4), "3g": (0, 4), "4g": (0,), "7g": (0,)}

# %% [markdown]
# **What the model leaves out.** The compute slices of instances that run already, and profiles other than these five.
#
# **Exercise 6** (3 points, 5 minutes). Write `mig_layout`: where can these instances be, all of them? Compute slices of
# the instances asked for must not be more than seven; each takes as many as its name says (a `3g` three). Instances
# that run already cannot be moved: they are given by the memory slices that they hold. Of all layouts give the first in
# lexicographic order: the first instance as low as possible, then the second, and so on.


# %% exercise={"id": "m09_mig_layout", "reference": "m09_cluster.mig:mig_layout"}
def mig_layout(profiles, taken=()):
    """First memory slice of each instance, as a list in the order given; None if there is no layout.

    profiles: instances to place, such as ["3g", "1g"]
    taken:    memory slices that are in use already, from 0 to 7
    """
    ### SOLUTION


# %% tests={"id": "m09_mig_layout"}
assert mig_layout(["4g", "3g"]) == [0, 4], "a 4g begins at 0, so the 3g goes to 4"
assert mig_layout(["3g", "4g"]) == [4, 0], "the same, asked for in the other order"
assert mig_layout(["3g", "3g", "1g"]) is None, "two 3g hold all the memory, and a compute slice is stranded"
assert mig_layout(["3g"], taken=[5]) == [0], "the upper half is not free"

# %% [markdown]
# **Notice.** One `1g` at slice 0 and one at slice 4: six of eight slices are free, and not even a `3g` fits. A start
# slot is a placement decision. Whoever puts small instances at the upper end of the device keeps the lower end whole;
# the lexicographic order of the exercise makes answers comparable, and is no advice.

# %% [markdown]
# ## 4. Who may pass the head of the queue?
#
# A training starts with all of its workers or not at all (a *gang*), so the queue has a head that waits for many GPUs
# while few are free. **First come, first served** leaves them idle. **Backfilling** lets later jobs pass if they do no
# harm. EASY (Lifka, 1995) promises the head, and only the head, a start:
#
# - From the expected ends of the running jobs follows the first time at which enough GPUs are free: the *reservation*.
# - At that time some GPUs are left over: they are to *spare*. Jobs that end at the same moment all count.
#
# **Exercise 7** (3 points, 5 minutes). Write `reservation`. A job that is over its time counts as ending now: its GPUs
# count among those that are free now, also where the job needs none of them.


# %% exercise={"id": "m09_reservation", "reference": "m09_cluster.backfill:reservation"}
def reservation(now_s, free_gpus, running, needed_gpus):
    """When a job can start if nobody starts before it, and what is to spare then.

    now_s:       now [s]
    free_gpus:   free now [GPUs]
    running:     list of pairs: GPUs and expected end of each running job [GPUs, s]
    needed_gpus: what the job needs, at least 1 [GPUs]

    Returns a dict with `start_s`, when so many are free (now, if they are) [s], and `spare_gpus`, how many more are
    free at that time, with the GPUs of all jobs that end by then [GPUs].

    Raises ValueError if the job needs more than there are.
    """
    ### SOLUTION


# %% tests={"id": "m09_reservation"}
promise = reservation(100.0, 2, [(4, 150.0), (2, 130.0), (1, 150.0)], needed_gpus=5)
assert promise == {"start_s": 150.0, "spare_gpus": 4}, f"after 130 s four are free, after 150 s nine: {promise}"
assert reservation(100.0, 5, [], 5) == {"start_s": 100.0, "spare_gpus": 0}, "enough are free now"
try:
    reservation(0.0, 2, [(2, 10.0)], 5)
except ValueError:
    pass
else:
    raise AssertionError("there are four GPUs: raise ValueError")

# %% [markdown]
# ### A policy for the queue
#
# A simulator follows a trace of jobs. At every arrival and every end it tells the policy what runs and who waits, and
# starts the jobs that the policy names, each with all of its GPUs. Users say how long their jobs will take; that is
# never too short (who is over his time is ended), and often much too long.


# %%
def followed_queue(policy, submit_s, job_gpus, run_s, estimate_s, gpus):
    """Wait of each job [s]."""
    start_s, waiting, ends, free, coming = {}, [], [], gpus, list(range(len(submit_s)))
    while coming or ends:
        now_s = min([end_s for end_s, _ in ends] + [submit_s[job] for job in coming[:1]])
        free += sum(job_gpus[job] for end_s, job in ends if end_s <= now_s)
        ends = [one for one in ends if one[0] > now_s]
        while coming and submit_s[coming[0]] <= now_s:
            waiting.append(coming.pop(0))
        running = [(job_gpus[job], max(now_s, start_s[job] + estimate_s[job])) for _, job in ends]
        chosen = policy(now_s, free, running, [(job_gpus[job], estimate_s[job]) for job in waiting]) if waiting else []
        for job in [waiting[place] for place in chosen]:
            start_s[job] = now_s
            free -= job_gpus[job]
            ends.append((now_s + run_s[job], job))
        assert free >= 0, "more GPUs started than are free"
        waiting = [job for place, job in enumerate(waiting) if place not in chosen]
    return np.array([start_s[job] - submit_s[job] for job in range(len(submit_s))])


def first_come_first_served(now_s, free_gpus, running, queue):
    """Nobody passes the head of the queue."""
    return list(range(int(np.sum(np.cumsum([gpus for gpus, _ in queue]) <= free_gpus))))


def job_trace(seed, count=200, load=0.9, large=0.15):
    """Jobs for 64 GPUs: most of 1 to 16, some of 40 to 64; half an hour is the median, with a long tail."""
    draw = np.random.default_rng(seed)
    small = draw.choice([1, 2, 4, 8, 16], count, p=[0.3, 0.2, 0.2, 0.2, 0.1])
    size = np.where(draw.random(count) < large, draw.integers(40, 65, count), small)
    run_s = 1800 * draw.lognormal(0, 1.1, count)
    submit_s = np.cumsum(draw.exponential(np.mean(size * run_s) / (load * 64), count))
    return submit_s.tolist(), size.tolist(), run_s.tolist(), (run_s * draw.uniform(1, 3, count)).tolist()


# %% [markdown]
# **Exercise 8** (5 points, 8 minutes). Write the policy `jobs_to_start`: EASY, or a better one of your own. The hidden
# checks follow it through traces that you have not seen, with 64 GPUs, and hold it against first come, first served.
# Each takes the mean over several traces, always the same ones; on a single day a policy may be out of luck.
#
# - *a mixed day*: the mean wait is at most three tenths;
# - *the large jobs*: a steady stream of small jobs, and now and then one that needs all GPUs: the mean wait of these is
#   at most half again as long;
# - *the longest wait* of any job of a mixed day, with estimates up to ten times too long: it is no longer.


# %% exercise={"id": "m09_jobs_to_start", "reference": "m09_cluster.backfill:jobs_to_start"}
def jobs_to_start(now_s, free_gpus, running, queue):
    """Places in the queue, counted from 0, of the jobs that start now; a list, which may be empty.

    now_s:     now [s]
    free_gpus: free now [GPUs]
    running:   list of pairs: GPUs and expected end of each running job [GPUs, s]
    queue:     list of pairs: GPUs and estimated run time of each waiting job, in the order of arrival [GPUs, s]
    """
    ### SOLUTION


# %% tests={"id": "m09_jobs_to_start"}
assert list(jobs_to_start(0.0, 4, [], [(4, 100.0)])) == [0], "the head fits, and starts"
assert list(jobs_to_start(0.0, 0, [(4, 60.0)], [(1, 10.0)])) == [], "nothing is free"
trace = job_trace(3)
yours, plain = (followed_queue(policy, *trace, 64).mean() for policy in (jobs_to_start, first_come_first_served))
assert yours < 0.5 * plain, f"a mean wait of {yours / 3600:.1f} h; first come, first served has {plain / 3600:.1f} h"

# %%
figure, axes = plt.subplots()
trace = job_trace(8)
sides = ((first_come_first_served, RED, "first come, first served"), (jobs_to_start, BLUE, "your policy"))
for policy, colour, label in sides:
    wait_h = followed_queue(policy, *trace, 64) / 3600
    axes.plot(trace[1], wait_h + 0.01, "o", color=colour, markersize=4, alpha=0.6, label=label)
axes.set(xlabel="GPUs of the job", ylabel="wait [h]", xscale="log", yscale="log", title="Who waits: 200 jobs, 64 GPUs")
axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
plt.show()

# %% [markdown]
# **Notice.** Backfilling gives small jobs the holes, and large ones lose little by it: whoever heads the queue has a
# reservation, and it holds. Without one, small jobs always find room, and a job that needs all GPUs waits until nobody
# else comes.

# %% [markdown]
# ## 5. Who gets how much?
#
# One team's tasks need CPUs, another's memory, a third's GPUs. Equal numbers of tasks are not fair, nor are equal
# shares of one resource. **Dominant resource fairness** (Ghodsi et al., NSDI 2011) looks at each user's largest share,
#
# $$ s_u = \frac{1}{w_u} \max_r \frac{x_u\, d_{ur}}{c_r}, $$
#
# with $x_u$ tasks that each need $d_{ur}$ of the $c_r$ there are, and gives one task more to the user with the *lowest*
# one, again and again. A user whose next task does not fit any more drops out, and the others go on. Nobody would
# rather have another one's share, and lying about one's needs does not pay.
#
# **What the model leaves out.** Tasks lie on machines: what is free in sum may be free nowhere.
#
# **Exercise 9** (4 points, 6 minutes). Write `drf_tasks`. Shares that differ by less than a billionth are equal, and
# then the user who comes first in the table is served. What exceeds a capacity by less than a billionth of it fits. Who
# needs something of which there is nothing runs no task.


# %% exercise={"id": "m09_drf_tasks", "reference": "m09_cluster.drf:drf_tasks"}
def drf_tasks(capacity, demand, weights):
    """Tasks that each user may run, as an array of whole numbers.

    capacity: what there is of each resource
    demand:   what a task needs, one row for each user, one column for each resource; 0 where it needs nothing
    weights:  of the users [1]

    Raises ValueError if a capacity or a demand is negative, a user's task needs nothing at all, or a weight is not
    larger than 0.
    """
    ### SOLUTION


# %% tests={"id": "m09_drf_tasks"}
paper = drf_tasks([9, 18], [[1, 4], [3, 1]], [1, 1])
assert list(paper) == [3, 2], f"9 CPUs, 18 GB, tasks of (1, 4) and (3, 1): 3 and 2, and both have two thirds: {paper}"
assert list(drf_tasks([10], [[1], [1]], [1, 4])) == [2, 8], "four times the weight, four times the share"

# %% [markdown]
# ### Quotas that may be borrowed
#
# Teams own GPUs, and nobody wants them idle. So teams form a *cohort* (as in Kueue): who needs more **borrows** what
# others leave, and gives it back when they come, by **preemption**. The rules here:
#
# 1. A job must not take its team above its quota plus its borrowing limit: otherwise it waits.
# 2. If all jobs together, this one included, need no more than all quotas together, it starts.
# 3. Otherwise, if its team stays within its *own* quota with it, jobs of other teams that borrow (use more than their
#    quotas) must go: lowest priority first, of equals the one that was admitted last; from each team only as long as it
#    borrows, those already chosen counted as gone. They are chosen until enough GPUs are free.
# 4. Then look at those chosen again, the last chosen first, and spare each without whom it is enough; who is spared
#    runs on, and counts when you look at the next.
# 5. If even all of them are not enough, or the team would have to borrow, the job waits, and nothing changes.
#
# **Exercise 10** (5 points, 8 minutes). Write the class `QuotaCohort`.


# %% exercise={"id": "m09_quota_cohort", "reference": "m09_cluster.quotas:QuotaCohort"}
class QuotaCohort:
    """Teams that share GPUs: quotas, borrowing, and preemption of those who borrow."""

    def __init__(self, nominal, borrowing):
        """Start without jobs.

        nominal:   dict, quota of each team [GPUs]
        borrowing: dict, how much more than its quota each team may use [GPUs]

        Raises ValueError if a number is negative, or not the same teams have quotas and limits.
        """
        ### SOLUTION

    def used(self, team):
        """GPUs that a team uses now [GPUs].

        team: its name
        """
        ### SOLUTION

    def borrowed(self, team):
        """GPUs that a team uses beyond its quota; 0 if it does not [GPUs].

        team: its name
        """
        ### SOLUTION

    def finish(self, job):
        """Give back what a job holds; nothing happens if it does not run.

        job: its name
        """
        ### SOLUTION

    def admit(self, job, team, gpus, priority):
        """Start a job if it may, and preempt for it those who must go.

        job:      its name
        team:     its owner
        gpus:     what it needs [GPUs]
        priority: the higher, the later it is preempted; a whole number [1]

        Returns a list with the names of the jobs that were preempted (not of those spared), in the order in which they
        were chosen; it is empty if nobody had to go. Returns None if the job must wait.

        Raises ValueError if it needs no GPU, there is no such team, or a job of this name runs.
        """
        ### SOLUTION


# %% tests={"id": "m09_quota_cohort"}
cohort = QuotaCohort({"red": 8, "blue": 8}, {"red": 8, "blue": 0})
assert cohort.admit("r1", "red", 8, priority=1) == [], "within its quota"
assert cohort.admit("r2", "red", 4, priority=5) == [], "borrowed from blue"
assert (cohort.used("red"), cohort.borrowed("red")) == (12, 4), "12 of 8"
assert cohort.admit("b1", "blue", 8, priority=0) == ["r1"], "blue wants its own back; r1 has the lowest priority"
assert cohort.admit("r3", "red", 6, priority=9) is None, "no room, and red would have to borrow"
assert cohort.used("red") == 4, "who waits uses nothing"

# %% [markdown]
# **Notice.** The priority of `b1` is 0, and it still gets its GPUs: an owner needs no priority against a borrower. And
# `r1` went, although four GPUs were missing and it had eight. A preempted training loses its work since the last
# checkpoint: what that costs comes next.

# %% [markdown]
# ## 6. What does a job of a thousand GPUs care about?
#
# ### Where its workers are
#
# After each step, trainings sum their gradients over all devices (an *all-reduce*). In a ring of $n$ devices, of which
# each sends with bandwidth $\beta$ and start-up time $\alpha$, one phase (scattering the sums, or gathering the
# results) takes $(n - 1)(\alpha + S / (n \beta))$ for a buffer of $S$ bytes; an all-reduce is two of them.
#
# Within a node links are fast, between nodes slow. So do it in **three phases**: scatter within each node of $g$
# devices, all-reduce the pieces of $S / g$ bytes *between* $n$ nodes, gather within. Each device has a network link of
# its own, and all of them work at the same time:
#
# $$ t = 2 (g - 1)\left(\alpha + \frac{S}{g \beta}\right)
#      + 2 (n - 1)\left(\alpha' + \frac{S / g}{n \beta'}\right). $$
#
# **What the model leaves out.** Switches that are shared, phases that overlap, and trees, which are better for small
# buffers.
#
# **Exercise 11** (3 points, 4 minutes). Write `placed_all_reduce_s`. *If all nodes that have devices of the job have
# equally many*, it takes the three phases (of which some may have nothing to do). If not, only one large ring through
# all devices is left. It goes through nodes and network, and each of its steps is as slow as the slowest link: the
# larger start-up time, the smaller bandwidth.


# %% exercise={"id": "m09_placed_all_reduce_s", "reference": "m09_cluster.hierarchical_collectives:placed_all_reduce_s"}
def placed_all_reduce_s(
    size_bytes, devices_on_node, inner_startup_s, inner_bytes_per_s, outer_startup_s, outer_bytes_per_s
):
    """Time of an all-reduce over a job's devices, wherever they are [s].

    size_bytes:        buffer of each device [B]
    devices_on_node:   the job's devices on each node, 0 where it has none [1]
    inner_startup_s:   start-up time of a step within a node [s]
    inner_bytes_per_s: bandwidth of a device's link within its node [B/s]
    outer_startup_s:   start-up time of a step between nodes [s]
    outer_bytes_per_s: bandwidth of a device's link to other nodes [B/s]

    Raises ValueError if no node has a device, or a number of devices is negative.
    """
    ### SOLUTION


# %% tests={"id": "m09_placed_all_reduce_s"}
links = {"inner_startup_s": 0, "inner_bytes_per_s": 100e9, "outer_startup_s": 0, "outer_bytes_per_s": 25e9}
times_s = [placed_all_reduce_s(8e9, nodes, **links) for nodes in ([8, 0, 0], [4, 4, 0], [4, 3, 1])]
assert np.isclose(times_s[0], 0.14), f"eight devices of one node: 14/8 of 8 GB at 100 GB/s, not {times_s[0]} s"
assert np.isclose(times_s[1], 0.20), f"120 ms within the nodes, 80 ms between them, not {times_s[1]} s"
assert np.isclose(times_s[2], 0.56), f"a ring as slow as the network, not {times_s[2]} s"

# %%
rows = []
for nodes in ([8], [4, 4], [2, 2, 2, 2], [5, 3], [7, 1], [1] * 8):
    rows.append([" + ".join(map(str, nodes)), 1e3 * placed_all_reduce_s(8e9, nodes, **links)])
pd.DataFrame(rows, columns=["eight devices as", "all-reduce of 8 GB [ms]"]).round(0)

# %% [markdown]
# **Notice.** Seven and one is four times as slow as eight: a single stray worker throws the whole job back on the slow
# links. The same GPUs, another address.
#
# ### How often it fails
#
# A job stops when any of its $n$ parts fails: if one fails every $M_1$ seconds, the job does every $M = M_1 / n$. Every
# $\tau$ seconds of progress it writes a checkpoint, for which it stands still for $\delta$; after a failure it needs
# $R$ until it goes on from the last one. The share of the time that is progress, the **goodput**, is
#
# $$ g \approx 1 - \frac{\delta}{\tau} - \frac{\tau / 2 + R}{M}, \qquad
#    g = \frac{\tau}{M\, e^{R/M} \left(e^{(\tau + \delta)/M} - 1\right)}, $$
#
# to first order, and exactly, with failures that also strike checkpoints and restarts (Daly, 2006). The best interval
# is near
#
# $$ \tau_{\mathrm{Young}} = \sqrt{2 \delta M}, \qquad
#    \tau_{\mathrm{Daly}} = \sqrt{2 \delta M}\left[1 + \tfrac{1}{3}\sqrt{\tfrac{\delta}{2M}}
#      + \tfrac{1}{9}\,\tfrac{\delta}{2M}\right] - \delta. $$
#
# **What the model leaves out.** Failures that come in clumps, and jobs that hang without failing.
#
# **Exercise 12** (3 points, 5 minutes). Write `goodput_figure`, a figure as plain data. Points at which the first-order
# line is negative are left out of it, `x` and `y`: it says nothing there. Marks are kept wherever they lie.


# %% exercise={"id": "m09_goodput_figure", "reference": "m09_cluster.goodput_figure:goodput_figure"}
def goodput_figure(interval_s, checkpoint_s, restart_s, mtbf_s):
    """Goodput against the interval, as plain data.

    interval_s:   array of rising intervals, the progress between two checkpoints [s]
    checkpoint_s: for which time a checkpoint holds the job up; less than twice `mtbf_s` [s]
    restart_s:    from a failure until the job goes on [s]
    mtbf_s:       mean time between the job's failures [s]

    Returns a dict with
        title:    a text
        x, y:     dicts with `label` (ending in the unit, [s] or [1]), `scale` ("log" for x, "linear" for y), `limits`
                  (first and last interval; 0 and 1)
        series:   list of two dicts with `label` ("first order", then "exact"), `kind` ("line"), `x` [s] and `y` [1]
        marks:    list of two dicts with `label` ("Young", then "Daly"), `x`, that interval [s], and `y`, the exact
                  goodput there [1]
        left_out: names of lines that are left out as a whole: an empty list
    """
    ### SOLUTION


# %% tests={"id": "m09_goodput_figure"}
plain = goodput_figure(np.array([300.0, 3000.0]), 60.0, 120.0, 21_600.0)
assert set(plain) == {"title", "x", "y", "series", "marks", "left_out"}, f"these parts: {sorted(plain)}"
assert [round(mark["x"]) for mark in plain["marks"]] == [1610, 1570], f"a minute, six hours: {plain['marks']}"
assert np.allclose(plain["series"][0]["y"], [0.7875, 0.9050], atol=1e-4), f"first order: {plain['series'][0]}"
assert np.allclose(plain["series"][1]["y"], [0.8218, 0.9075], atol=1e-4), f"exact: {plain['series'][1]}"

# %%
figure, axes = plt.subplots()
for gpus, colour in ((1_024, GREEN), (8_192, BLUE), (65_536, RED)):
    plain = goodput_figure(np.geomspace(20, 40_000, 120), 30.0, 300.0, 50_000 * 3600 / gpus)
    for one, style in zip(plain["series"], (":", "-"), strict=True):
        axes.plot(one["x"], one["y"], style, color=colour, label=f"{gpus:,} GPUs" if style == "-" else None)
    axes.plot(*[[mark[axis] for mark in plain["marks"]] for axis in "xy"], "o", color=GREY, markersize=5)
axes.set(xscale="log", xlabel=plain["x"]["label"], ylabel=plain["y"]["label"], ylim=(0, 1))
axes.set_title("A GPU that fails every 50,000 hours; checkpoints of 30 s (dotted: first order)")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** The optimum is flat: an interval twice too long costs little. What costs is the number of GPUs: at 65,536
# the job fails every 46 minutes, and no interval saves it. Shorter checkpoints and restarts do.
#
# ### Whether it fits
#
# In mixed precision with Adam each parameter takes 16 bytes: 2 of weights, 2 of gradients, 12 of optimizer states. ZeRO
# (Rajbhandari et al., SC 2020) divides them among the $d$ replicas that hold the same part of the model: optimizer
# states in stage 1, gradients too in stage 2, weights too in stage 3. Tensor parallelism over $t$ devices and a
# pipeline of $p$ stages leave a device $1 / (t p)$ of the parameters.
#
# Activations wait for the backward pass. With tensor and sequence parallelism a layer keeps, for a micro-batch of $b$
# sequences of $s$ tokens, width $h$, $a$ heads (Korthikanti et al., 2023),
#
# | what is recomputed | bytes of a layer on each device |
# |---|---|
# | nothing (`"none"`) | $\frac{s b h}{t} \left(34 + 5 \frac{a s}{h}\right)$ |
# | the attention's inner part (`"selective"`) | $34 \frac{s b h}{t}$ |
# | all of the layer (`"full"`) | $2 s b h$, not divided |
#
# The first stage of a pipeline holds the activations of $\min(p, m)$ of its $m$ micro-batches, for its share of the
# layers. And while a pipeline fills and empties, its devices are idle for $(p - 1) / (m + p - 1)$ of the step's time.
# (Some papers divide by the *ideal* time instead, $(p - 1) / m$: say which.)
#
# **Exercise 13** (4 points, 5 minutes). Write `training_table`. A plan fits if states and activations of the first
# stage together take no more than the memory given. Nothing is rounded.


# %% exercise={"id": "m09_training_table", "reference": "m09_cluster.training_fit:training_table"}
def training_table(model, plans, memory_bytes):
    """Table with one row for each plan, as a data frame or a dict of columns.

    model:        dict with `parameters`, `layers`, `width`, `heads`, `sequence` (tokens) [1]
    plans:        list of dicts with `tensor`, `pipeline`, `data` (degrees), `zero_stage` (0 to 3), `micro_batch`
                  (sequences), `micro_batches` (of a step and replica) [1], `recompute` ("none", "selective", "full")
    memory_bytes: what a device has for states and activations [B]

    Columns: `devices` [1], `state_bytes` and `activation_bytes` on a device of the first stage [B], `fits` (True or
    False), `idle_share` of the step's time [1].

    Raises ValueError if the layers do not divide over a plan's stages, or there is no such recomputation or ZeRO stage.
    """
    ### SOLUTION


# %% tests={"id": "m09_training_table"}
small = {"parameters": 8e9, "layers": 32, "width": 4096, "heads": 32, "sequence": 4096}
plan = {"tensor": 2, "pipeline": 4, "data": 8, "zero_stage": 1, "micro_batch": 1, "micro_batches": 12}
found = pd.DataFrame(training_table(small, [plan | {"recompute": "selective"}], 80e9))
assert list(found["devices"]) == [64], f"2 times 4 times 8: {found}"
assert np.isclose(found["state_bytes"][0], 5.5e9), f"a billion parameters, of 2 + 2 + 12/8 bytes: {found}"
assert np.isclose(found["activation_bytes"][0], 9.126805504e9), f"4 micro-batches, 8 layers, 17 sbh: {found}"
assert np.isclose(found["idle_share"][0], 0.2) and bool(found["fits"][0]), f"3 of 15, and 15 GB fit: {found}"

# %%
gpt3 = {"parameters": 175e9, "layers": 96, "width": 12288, "heads": 96, "sequence": 2048}
names = ["tensor", "pipeline", "data", "zero_stage", "micro_batch", "micro_batches", "recompute"]
plans = [
    dict(zip(names, plan, strict=True))
    for plan in (
        (8, 8, 16, 1, 1, 96, "none"),
        (8, 8, 16, 1, 1, 96, "selective"),
        (8, 16, 8, 1, 1, 192, "selective"),
        (8, 1, 128, 3, 1, 12, "full"),
    )
]
table = pd.DataFrame(training_table(gpt3, plans, 36e9))
pd.DataFrame(plans).join((table[["state_bytes", "activation_bytes"]] / 1e9).round(1)).join(
    table[["devices", "fits", "idle_share"]].round(3)
)

# %% [markdown]
# **Notice.** Four ways to put 175 billion parameters on 1,024 GPUs of 40 GB, of which 4 are kept back. Deeper pipelines
# hold fewer parameters, but as many activations: more micro-batches are under way. What you save in memory you pay in
# idle time, in recomputed work, or in traffic (ZeRO's third stage sends half as much again).
#
# You can now say what a cluster is worth beyond its number of GPUs. In the worked example three jobs block each other
# for good on an idle cluster; in the novel scenario you place a training of your own beside a service that must not
# fall.
