# %% [markdown]
# # Module 9 · Cluster-Level Thinking: worked example
#
# Sixteen GPUs, three trainings, Monday morning. Every GPU is allocated, none of them computes, and nothing has failed.
# Nothing will happen either: **the three jobs wait for each other, for good.** How can that be, how do you prove that a
# repair is one, and what does it cost?
#
# The analysis is laid out for you. Some steps are missing: **you complete two of them and explain the decision.** That
# is 10 points and about 16 minutes. What you explain is marked by a person; each numbered part counts alike.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.2), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

GPUS = 16
JOBS = {"alpha": 12, "beta": 8, "gamma": 8}  # GPUs that each training needs, all at once

# %% [markdown]
# ## 1. What happened?
#
# The scheduler knows workers, not jobs. A worker of one GPU is started wherever a GPU is free, in the order in which
# workers arrive. A training begins when *all* of its workers have met. On Monday, workers of all three came mixed:

# %%
held, log = dict.fromkeys(JOBS, 0), []
for job in ["alpha", "beta", "gamma", "alpha"] * 4:
    held[job] += 1
    log.append([*held.values(), GPUS - sum(held.values())])
pd.DataFrame(log, columns=[*JOBS, "free"]).iloc[[0, 3, 7, 11, 15]]

# %% [markdown]
# In the last row eight GPUs wait for four more, four wait for four, and four wait for four. Nobody has what she needs,
# nobody gives anything back before she has run, and nothing is free. These are the conditions of every deadlock.
#
# ## 2. Could it have gone well?
#
# Often it does: with luck one job gets all of its workers before the others take them. "It has always worked" is no
# proof. A proof looks at **all states that can be reached**: how many GPUs each job holds, and which have finished.
#
# - In the beginning no job holds anything.
# - A job that holds less than it needs may take one more GPU, if one is free.
# - As a *gang* it takes all that it needs in one step, if so many are free, and nothing otherwise.
# - A job that holds all that it needs may finish, and then gives all back.
#
# A state is **stuck** if some job has not finished, and none of these steps is possible. If no state that can be
# reached is stuck, then no order of events leads to a deadlock, however unlucky. (Jobs that run do finish.)
#
# **Exercise 1** (3 points, 6 minutes). Write `stuck_states`. Keep a list of states that are still to be looked at, and
# a set of those seen. Two orders of events that lead to the same state are one state.


# %% exercise={"id": "m09_stuck_states", "reference": "m09_cluster.gang:stuck_states"}
def stuck_states(needs, gpus, gang):
    """All states that can be reached and in which no job can go on.

    needs: GPUs that each job needs, all at once [GPUs]
    gpus:  that there are [GPUs]
    gang:  whether a job takes all at once or nothing; otherwise it takes them one by one

    Returns a list of states in rising order, each once. A state is a tuple (or list) with the GPUs that each job holds,
    -1 for a job that has finished.

    Raises ValueError if a job needs less than one GPU, or more than there are.
    """
    ### SOLUTION


# %% tests={"id": "m09_stuck_states"}
two_of_two = [list(state) for state in stuck_states([2, 2], 2, gang=False)]
assert two_of_two == [[1, 1]], f"two jobs that need both GPUs can hold one each: {two_of_two}"
assert list(stuck_states([2, 2], 2, gang=True)) == [], "all or nothing: one runs, then the other"
assert len(stuck_states([3, 3], 4, gang=False)) == 1, "of four GPUs each can hold two, and nobody three"
try:
    stuck_states([5], 4, gang=True)
except ValueError:
    pass
else:
    raise AssertionError("a job that needs more than there is would be stuck alone: raise ValueError")

# %%
needs = list(JOBS.values())
rows = []
for gpus in (16, 20, 24, 25, 26):
    rows.append([gpus, len(stuck_states(needs, gpus, gang=False)), len(stuck_states(needs, gpus, gang=True))])
pd.DataFrame(rows, columns=["GPUs", "stuck states, worker by worker", "stuck states, as gangs"])

# %% [markdown]
# **Notice.** More GPUs help late: with 25 the three jobs can still hold 11, 7 and 7, with 26 they cannot. For gangs the
# list is empty everywhere, and that is the proof, for these jobs.
#
# ## 3. Is a timeout a repair?
#
# The team's first idea: a job that has waited for ten minutes gives back all of its workers, and tries again. Then
# nobody is stuck *for good*. But GPUs that are held by a job that cannot run are lost. How many, if workers arrive in
# random order and the jobs run for an hour each?


# %%
def held_in_vain(seed, timeout_s=600, run_s=3600):
    """GPU-seconds that were held by jobs which could not run, and the time until all three are done, with timeouts."""
    rng = np.random.default_rng(seed)
    open_jobs, now_s, wasted = dict(JOBS), 0.0, 0.0
    while open_jobs:
        workers = rng.permutation(np.repeat(list(open_jobs), list(open_jobs.values())))[:GPUS]
        held = {job: int(np.sum(workers == job)) for job in open_jobs}
        whole = [job for job in open_jobs if held[job] == open_jobs[job]]
        waits_s = min(timeout_s, run_s) if not whole else run_s  # others time out, and come back for the same GPUs
        wasted += waits_s * sum(held[job] for job in open_jobs if job not in whole)
        now_s += waits_s
        for job in whole:
            del open_jobs[job]
    return wasted, now_s


mornings = np.array([held_in_vain(seed) for seed in range(50)]) / 3600
rows = [
    ["timeouts of 10 min", mornings[:, 1].mean(), mornings[:, 1].max(), mornings[:, 0].mean()],
    ["gangs: alpha, then beta and gamma", 2.0, 2.0, 0.0],
]
columns = ["repair", "hours, mean", "at worst", "GPU-hours held in vain, mean"]
pd.DataFrame(rows, columns=columns).round(1)

# %% [markdown]
# **Notice.** The work itself is 28 GPU-hours. A timeout does not prevent the deadlock, it repeats the lottery. And
# while one job runs, the others hold what is left, in vain.

# %% [markdown]
# ## 4. What does a dashboard say?
#
# A week later gangs are in use, and the question is how the queue should treat them. Twelve jobs of one day, once first
# come, first served, once with EASY backfilling (your practical has both). The same jobs, the same 16 GPUs:

# %%
day = pd.DataFrame(
    {
        "team": ["red", "blue", "red", "blue", "blue", "red", "blue", "blue", "red", "blue", "blue", "red"],
        "submit_s": [0, 0, 600, 900, 1200, 1500, 1800, 2400, 3000, 3600, 4200, 4800],
        "gpus": [12, 8, 8, 2, 4, 16, 1, 2, 12, 2, 4, 8],
        "run_s": [3600, 1800, 3600, 600, 1200, 1800, 1800, 900, 2400, 1500, 600, 1200],
        "mfu": [0.42, 0.38, 0.40, 0.15, 0.22, 0.44, 0.10, 0.18, 0.41, 0.12, 0.25, 0.36],
        "served_s": [0, 3600, 3600, 5400, 5400, 7200, 9000, 9000, 9000, 9900, 11400, 11400],
        "backfilled_s": [0, 3600, 4500, 900, 1500, 8100, 2700, 2700, 9900, 5400, 5400, 6900],
    }
)

# %% [markdown]
# Over the *makespan* $T$, from the first arrival to the last end, on $G$ GPUs:
#
# $$ \text{allocated} = \frac{\sum g_i r_i}{G T}, \qquad \text{useful} = \frac{\sum m_i g_i r_i}{G T}, \qquad
#    s_i = \max\left(1, \frac{w_i + r_i}{\max(r_i, 10\,\mathrm{s})}\right), \qquad
#    J = \frac{\left(\sum_u x_u\right)^2}{n \sum_u x_u^2}, $$
#
# with GPUs $g_i$, run times $r_i$, waits $w_i$, and the share $m_i$ of the GPUs' peak that a job reaches (MFU). $s_i$
# is the *bounded slowdown*: without the 10 s a job of one second that waited a minute would count as a catastrophe. $J$
# is Jain's index, over the GPU-seconds $x_u$ that the $n$ teams got: 1 if all got the same, $1/n$ if one got all.
#
# **Exercise 2** (3 points, 5 minutes). Write `schedule_report`.


# %% exercise={"id": "m09_schedule_report", "reference": "m09_cluster.schedule_metrics:schedule_report"}
def schedule_report(submit_s, start_s, run_s, job_gpus, mfu, team, gpus):
    """Metrics of a schedule, as a dict.

    submit_s: when each job came [s]
    start_s:  when it started [s]
    run_s:    for how long it ran; may be 0, but not for all of them [s]
    job_gpus: on how many GPUs [GPUs]
    mfu:      share of their peak that it reached [1]
    team:     name of its owner
    gpus:     GPUs of the cluster [GPUs]

    Returns a dict with `makespan_s`, from the first arrival to the last end [s]; `allocated` and `useful` [1];
    `mean_completion_s`, the mean time from arrival to end [s]; `mean_slowdown`, the mean of the bounded slowdowns [1];
    `fairness`, Jain's index of the teams [1].
    """
    ### SOLUTION


# %% tests={"id": "m09_schedule_report"}
two_jobs = schedule_report([0, 0], [0, 10], [10, 30], [4, 2], [0.5, 0.4], ["a", "b"], gpus=4)
names = {"makespan_s", "allocated", "useful", "mean_completion_s", "mean_slowdown", "fairness"}
assert set(two_jobs) == names, f"these six: {sorted(two_jobs)}"
assert np.isclose(two_jobs["makespan_s"], 40), f"the second ends after 40 s: {two_jobs}"
assert np.isclose(two_jobs["allocated"], 0.625), f"100 of 160 GPU-seconds: {two_jobs}"
assert np.isclose(two_jobs["useful"], 0.275), f"20 and 24 of 160: {two_jobs}"
assert np.isclose(two_jobs["mean_slowdown"], 7 / 6), f"1, and 40 s for 30: {two_jobs}"

# %%
columns = [day[name].tolist() for name in ("run_s", "gpus", "mfu", "team")]
reports = {
    name: schedule_report(day["submit_s"].tolist(), day[column].tolist(), *columns, gpus=GPUS)
    for name, column in (("first come, first served", "served_s"), ("backfilled", "backfilled_s"))
}
pd.DataFrame(reports).round(3)

# %%
figure, both = plt.subplots(2, 1, figsize=(8.5, 5.4), sharex=True, layout="constrained")
at = np.arange(0, 13_000, 60)
for axes, name, column in zip(
    both, ("First come, first served", "Backfilled"), ("served_s", "backfilled_s"), strict=True
):
    for team, colour in (("red", RED), ("blue", BLUE)):
        mine = day[day["team"] == team]
        on = [(mine["gpus"] * ((mine[column] <= t) & (t < mine[column] + mine["run_s"]))).sum() for t in at]
        axes.step(at / 60, on, color=colour, where="post", label=team)
    axes.set(ylabel="GPUs", title=name, ylim=(0, GPUS + 0.5), yticks=[0, 8, 16])
both[0].legend(frameon=False)
both[1].set(xlabel="time [min]")
plt.show()

# %% [markdown] exercise={"id": "m09_gang_decision"}
# **Exercise 3** (4 points, 5 minutes). *What do you change, and how do you know?* In about 180 words:
#
# 1. What exactly does the empty list of section 2 prove, for which jobs, and what does it not say? Name one thing that
#    could still block this cluster.
# 2. Why are timeouts no repair? Give numbers from section 3.
# 3. The two schedules of section 4 hardly differ in makespan and allocation. What differs more, and by how much? Which
#    number would you put on the dashboard instead of the allocation, and why?
# 4. Who pays for backfilling? Find the jobs that start later than first come, first served, and say what EASY promised
#    them, and what it did not.

# %% [markdown]
# You have proved a repair, and priced it. In the novel scenario the cluster is yours: a training that wants the best
# nodes, a service that must survive the loss of a leaf, and a queue of people who all come first.
