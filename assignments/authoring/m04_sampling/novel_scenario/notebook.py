# %% [markdown]
# # Module 4 · Sampling & Representativeness: novel scenario
#
# A service is to move to a new machine that exists in a simulator only. Its day has phases: a night that is calm, a
# peak that is not, batch jobs, and a rollout that everybody fears. The day is cut into windows, tens of thousands of
# them, and each costs the simulator half an hour or more. Procurement wants one number, the day's mean CPI, **within
# 2 % with 95 % confidence**, and the simulation farm wants to know how many hours that takes.
#
# **You decide how the day is sampled, publish the plan, and defend it.** That is 9 points and about 16 minutes:
#
# 1. the plan, as the file that is published (5 points, 9 minutes),
# 2. the defence, in words (4 points, 7 minutes).
#
# **Your day is not your neighbour's.** Phases, their sizes, scatter and prices derive from your student id. All are
# made up; the method is not, and your practical is open beside you.

# %%
import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 3.8), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## Your day
#
# Write your student id between the quotes, as your course has it, and run the cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
print(
    f"A service for {scenario['service']}: the mean CPI within {scenario['error']:.0%} with "
    f"{scenario['confidence']:.0%} confidence (z = {scenario['z']}).\n"
    f"To tell the phase of every window of the day costs {scenario['profile_hours']:,} hours.\n"
    f"Something repeats itself every {scenario['period_windows']} windows."
)
pd.DataFrame(scenario["phases"]).set_index("phase").rename(
    columns={
        "windows": "windows of the day",
        "mean_cpi": "mean CPI",
        "cv": "scatter over mean",
        "minutes": "one window [min]",
    }
)

# %%
figure, axes = plt.subplots()
begins = np.cumsum([0, *(phase["windows"] for phase in scenario["phases"])])
for phase, left, colour in zip(scenario["phases"], begins[:-1], (BLUE, GREEN, RED, ORANGE, "black"), strict=True):
    scatter = phase["cv"] * phase["mean_cpi"]
    axes.bar(left, 2 * scatter, phase["windows"], phase["mean_cpi"] - scatter, align="edge", color=colour, alpha=0.6)
    axes.text(left, phase["mean_cpi"] + 1.1 * scatter, phase["phase"], color=colour, fontsize=9)
axes.set(xlabel="windows", ylabel="CPI", ylim=(0, None), title="The day: one standard deviation to either side")
plt.show()

# %% [markdown]
# ## 1. The plan
#
# Windows are drawn at random in either plan, so the mean is right on average, and what is left is its standard error.
# The promise is kept if $z$ standard errors are at most 2 % of the mean: the standard error must not exceed
# $a = \varepsilon\mu/z$. The pilot's numbers are taken as true. With $N_h$ windows of phase $h$, $N$ of the day,
# $W_h = N_h/N$, means $m_h$, standard deviations $s_h$ (scatter over mean, times mean), and minutes $c_h$ for a window:
#
# **Windows at random** from the whole day, whatever phase they are of. No profile is needed. They scatter within phases
# and because phases differ: $S^2 = \sum_h W_h s_h^2 + \sum_h W_h (m_h - \mu)^2$, where $\mu = \sum_h W_h m_h$. Their
# mean has the variance $\frac{S^2}{n}\left(1 - \frac{n}{N}\right)$: solve for $n$. A window costs
# $\sum_h W_h c_h$ minutes on average.
#
# **Phase by phase.** First every window of the day gets its phase, by a profile that costs `profile_hours`. Then $n_h$
# windows are drawn from each phase, and the phases' means are put together with their *known* weights $W_h$. What
# phases have in common, or not, is no scatter any more: the variance is $\sum_h W_h^2 \frac{s_h^2}{n_h}\left(1 -
# \frac{n_h}{N_h}\right)$. The cheapest $n_h$ that keep it at $a^2$ are proportional to $W_h s_h / \sqrt{c_h}$ (Cochran,
# Sampling Techniques, 1977; for equal prices it is Neyman's rule):
#
# $$ n_h = \frac{W_h s_h}{\sqrt{c_h}}\cdot\frac{\sum_j W_j s_j\sqrt{c_j}}{a^2 + \frac{1}{N}\sum_j W_j s_j^2}. $$
#
# **The rules of booking.** Numbers of windows are rounded up, each $n_h$ by itself, and a phase gets *at least two*:
# one window knows no scatter. Hours are rounded up to whole hours, once for each plan, after everything is summed up
# (sum the minutes first, which are whole, and divide by 60 afterwards). The plan with fewer hours is chosen; if both
# book the same, windows at random, which need no profile.
#
# **The stride.** The farm would like to take every $k$-th window instead of drawing lots. Without harm that can be done
# only if $k$ has no divisor but 1 in common with the period of what repeats itself (an autoscaler, a cron job): then
# every place of the period is met. Book the *largest* such stride with which the random plan still gets at least its
# $n$ windows, that is, the largest $k \le N/n$.
#
# **Exercise 1** (5 points, 9 minutes). Set `sampling_plan_file` to the text of a JSON file with these keys:
#
# | key | |
# |---|---|
# | `error`, `confidence` | what is promised, as in the scenario [1] |
# | `random` | an object: `windows` (the number n), `stride`, and `hours` [h] |
# | `stratified` | an object: `windows` (an object with the number of windows of each phase, by its name), `hours` [h] |
# | `chosen` | `"random"` or `"stratified"` |
# | `half_width` | half the width of the 95 % interval that the chosen plan will have, as a share of the mean: |
# | | z standard errors over the mean, with the *rounded* numbers of windows [1] |

# %% exercise={"id": "m04_sampling_plan_file", "reference": "m04_sampling.serving_day:sampling_plan_file"}
# sampling_plan_file = """{"error": ..., ...}"""   the text of the file
### SOLUTION

# %% tests={"id": "m04_sampling_plan_file"}
file = json.loads(sampling_plan_file)
keys = {"error", "confidence", "random", "stratified", "chosen", "half_width"}
assert set(file) == keys, f"these six keys: {sorted(file)}"
assert set(file["random"]) == {"windows", "stride", "hours"}, f"three keys: {sorted(file['random'])}"
assert set(file["stratified"]) == {"windows", "hours"}, f"two keys: {sorted(file['stratified'])}"
names = {phase["phase"] for phase in scenario["phases"]}
assert set(file["stratified"]["windows"]) == names, "windows of each phase"
assert all(count >= 2 for count in file["stratified"]["windows"].values()), "two windows at least"
assert file["chosen"] in ("random", "stratified"), "one of the two plans"
assert 0 < file["half_width"] <= scenario["error"], f"the promise is kept: {file['half_width']}"

# %%
whole_day = sum(phase["windows"] for phase in scenario["phases"])
rows = {
    "at random": [file["random"]["windows"], 0, file["random"]["hours"]],
    "phase by phase": [
        sum(file["stratified"]["windows"].values()),
        scenario["profile_hours"],
        file["stratified"]["hours"],
    ],
    "the whole day": [whole_day, 0, sum(p["windows"] * p["minutes"] for p in scenario["phases"]) / 60],
}
pd.DataFrame(rows, index=["windows", "of the hours: profile", "hours"]).T.astype(int)

# %% [markdown]
# **Notice.** Either plan is a small part of the day. What separates them is one sum, $\sum_h W_h (m_h - \mu)^2$,
# against the price of the profile. And look at the rollout: a few hundred windows, and two of them are enough for the
# mean.
#
# ## 2. Defend it
#
# Tomorrow you present the plan. Somebody has read of SimPoint: *one* window for each phase, the one nearest to its
# centre, five in all, done by lunch. Somebody else has simulated last week's day, and wants to use that.

# %% [markdown] exercise={"id": "m04_plan_defence"}
# **Exercise 2** (4 points, 7 minutes). *The defence.* In about 200 words:
#
# 1. State your plan with its hours, and derive its number of windows: from which variance, at which standard error?
# 2. Give the hours of the other plan, and say what decides between them. At which price of the profile would it turn?
# 3. Answer the proposal of five windows: what would they cost, and what can nobody say of their result?
# 4. Name three things that must be published with the number so that others can repeat it, and one thing that, if it
#    changes, makes the plan (or last week's) worthless without anybody noticing.

# %% [markdown]
# You have planned a measurement before making it, and everybody can see what it will be worth. In the capstone your
# workload's representativeness is one of the first things that a reviewer asks for.
