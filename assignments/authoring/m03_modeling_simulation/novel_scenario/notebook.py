# %% [markdown]
# # Module 3 · Modeling & Simulation: novel scenario
#
# An accelerator card is being designed. Jobs come in bursts over two DMA engines; on the card, compute tiles work on
# them, and a buffer holds those that wait. A job that finds all tiles busy and the buffer full is lost. Tiles and
# places in the buffer cost money, and somebody must say how many.
#
# **You simulate the card, choose its size and the fidelity of the study, and defend both.** That is 11 points and about
# half an hour:
#
# 1. the cheapest card that loses hardly any job (5 points, 16 minutes),
# 2. the plan of the experiment that follows (2 points, 6 minutes),
# 3. the defence, in words (4 points, 10 minutes).
#
# **Your card is not your neighbour's.** Jobs, prices, levels of fidelity and the pilot's numbers derive from your
# student id. All are made up; the method is not, and your practical and the worked example are open beside you.

# %%
import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import special

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.2), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## Your card
#
# Write your student id between the quotes, as your course has it, and run the cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
print(f"Jobs: {scenario['workload']}. On offer: {scenario['tiles']} tiles, {scenario['places']} places in the buffer.")
print(f"A tile costs ${scenario['tile_usd']}, a place ${scenario['place_usd']}.", end=" ")
print(f"At most {scenario['most_lost']} of the {len(scenario['jobs']['arrival_us'])} jobs may be lost.")
pd.DataFrame(scenario["jobs"]).head()

# %% [markdown]
# **How it works.** All times are whole microseconds.
#
# - *Engines.* Jobs wait on the host, without limit, in the order of the list. Each takes the one of the **two** DMA
#   engines that is free first, from its arrival on or from when the engine is free, whichever is later, and keeps it
# for its
#   `transfer_us`. Then it is on the card.
# - *Tiles.* Jobs come to the card in the order in which their transfers end; of those that end together, in the order
#   of the list. If a tile is free (one whose work ends at exactly this time is), the job begins at once and keeps it
# for
#   its `work_us`.
# - *Buffer.* If no tile is free, it waits in the buffer, first come, first served; a job that begins leaves the buffer.
#   If all places are taken by jobs that wait, it is **lost**, and does not come again. (Those whose work is under way
#   take no place. A job that begins at exactly this time has left the buffer.)
# - *Price.* Tiles times their price, and places times theirs.

# %%
jobs = pd.DataFrame(scenario["jobs"])
figure, axes = plt.subplots(figsize=(8.5, 3))
axes.step(jobs["arrival_us"] / 1000, np.arange(1, len(jobs) + 1), color=BLUE)
steady = [0, jobs["arrival_us"].iloc[-1] / 1000]
axes.plot(steady, [0, len(jobs)], color=GREY, linewidth=1)
axes.set(xlabel="time [ms]", ylabel="jobs that have arrived", title="Your jobs; the grey line would need no buffer")
plt.show()
levels = pd.DataFrame(scenario["levels"]).set_index("level")
print(f"The study may err by {scenario['tolerance_percent']} %, and has {scenario['hosts']} hosts.")
levels

# %% [markdown]
# ## 1. The card
#
# **The plan.** Of the cards that lose at most as many jobs as allowed take the cheapest; of equally cheap ones the one
# that loses fewer, then the one with fewer tiles, then with fewer places.
#
# **The level of fidelity.** Before the card is built the same study is to be repeated, with traffic that nobody has
# seen, at one of the levels above: a run for each of the cards on offer (numbers of tiles times numbers of places), on
# the hosts, one run on each at a time, so in rounds: the set-up time, and `run_min` for each round (the last may be
# half empty). Of the levels whose error does not exceed the tolerance take the one whose study is done first; of equals
# the first.
#
# **Exercise 1** (5 points, 16 minutes). Fill in `card_plan`, a dict:
#
# | key | |
# |---|---|
# | `level` | the level of fidelity, by name |
# | `lost` | a list for each number of tiles on offer, in their order: jobs lost with each number of places |
# | `tiles`, `places` | your card |
# | `usd` | its price [$] |
# | `mean_wait_us` | mean wait for a tile on it, of all jobs that are not lost; who begins at once waits 0 [µs] |

# %% exercise={"id": "m03_card_plan", "reference": "m03_modeling_simulation.card_study:card_plan"}
# card_plan = {"level": ..., "lost": [[...], ...], "tiles": ..., "places": ..., "usd": ..., "mean_wait_us": ...}
### SOLUTION

# %% tests={"id": "m03_card_plan"}
assert set(card_plan) == {"level", "lost", "tiles", "places", "usd", "mean_wait_us"}, f"these keys: {sorted(card_plan)}"
assert card_plan["level"] in list(levels.index), f"one of the levels: {card_plan['level']}"
assert np.shape(card_plan["lost"]) == (len(scenario["tiles"]), len(scenario["places"])), (
    "a row for each number of tiles"
)
assert np.all(np.diff(card_plan["lost"], axis=1) <= 0), "more places do not lose more jobs here"
assert card_plan["tiles"] in scenario["tiles"] and card_plan["places"] in scenario["places"], "what is on offer"

# %%
figure, axes = plt.subplots()
for tiles, row, colour in zip(scenario["tiles"], card_plan["lost"], (RED, ORANGE, GREEN, BLUE), strict=True):
    axes.plot(range(len(row)), row, "o-", color=colour, label=f"{tiles} tiles")
axes.axhline(scenario["most_lost"], color=GREY, linewidth=0.8, linestyle=":")
axes.set(xticks=range(len(scenario["places"])), xticklabels=scenario["places"], xlabel="places in the buffer")
axes.set(ylabel="jobs lost", title=f"${card_plan['usd']}: {card_plan['tiles']} tiles, {card_plan['places']} places")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** Follow the dotted line: each point on or below it is a card that would do. Is it a place that you buy for
# the price of a tile, or a tile for the price of some places? And what would the grey line of the first figure have
# told you to buy?
#
# ## 2. The experiment
#
# Your losses come from one trace. The study that follows simulates traffic with random bursts, and wants the mean wait
# within a half-width. A pilot of five runs was made.

# %%
given = scenario["pilot"]
print(f"means of the runs: {given['run_means_us']} µs; wanted: ± {given['wanted_us']} µs with 95 % confidence")
print(f"first seed: {given['first_seed']}; Student's quantile for five runs is {special.stdtrit(4, 0.975):.3f}")
figure, axes = plt.subplots(figsize=(8.5, 3))
axes.plot(given["batch_means_us"], "o-", color=BLUE, markersize=4)
axes.set(xlabel=f"batch of {given['jobs_per_batch']} jobs", ylabel="mean wait [µs]", title="One of the pilot's runs")
plt.show()

# %% [markdown]
# - *Warm-up*, by the rule of MSER on `batch_means_us` as they are: drop the first $d$ of the $m$ batches for which
#   $\sum (y_j - \bar y)^2 / (m - d)^2$ over those that are left is least, $d$ from 0 to less than half of $m$; of
#   equals the smallest.
# - *Runs*: the smallest number $R$, not below the pilot's, for which Student's half-width
#   $t_{R-1,\,0.975}\, s / \sqrt{R}$ is at most `wanted_us`, if the standard deviation $s$ of `run_means_us` (with $R -
# 1$)
#   stays as it is.
#
# **Exercise 2** (2 points, 6 minutes). Set `experiment_file` to the text of a JSON file with four keys:
#
# | key | |
# |---|---|
# | `warm_up_jobs` | *jobs* (not batches) that are dropped at the beginning of each run |
# | `runs` | the number of runs |
# | `seeds` | a list of as many seeds: `first_seed` of the pilot, and each one more than the one before |
# | `confidence` | 0.95 |

# %% exercise={"id": "m03_experiment_file", "reference": "m03_modeling_simulation.card_study:experiment_file"}
# experiment_file = """{"warm_up_jobs": ..., ...}"""   the text of the file
### SOLUTION

# %% tests={"id": "m03_experiment_file"}
file = json.loads(experiment_file)
assert set(file) == {"warm_up_jobs", "runs", "seeds", "confidence"}, f"these four keys: {sorted(file)}"
assert len(file["seeds"]) == file["runs"] >= 5, "a seed for each run, and no fewer runs than the pilot"
assert file["warm_up_jobs"] % given["jobs_per_batch"] == 0, "whole batches are dropped"

# %% [markdown]
# ## 3. Defend it
#
# Tomorrow you present the card. Somebody asks why no queueing formula was used. Somebody else wants the cycle-level
# model, "to be sure". And the customer says that next year's bursts will be longer.

# %% [markdown] exercise={"id": "m03_card_defence"}
# **Exercise 3** (4 points, 10 minutes). *The defence.* In about 200 words:
#
# 1. State your card with its price, what it loses, and what the best card with one tile more (or one less) would cost.
#    What decides between tiles and places?
# 2. Defend the level of fidelity: its error, the time of its study, and what the next better level would cost in time.
#    Why is the quickest one that is good enough the right one?
# 3. How far do you believe the number of lost jobs? Name two reasons, one about the trace and one about the model, and
#    say what your experiment does about the first.
# 4. Bursts become longer. Which part of the card gives way first, how would you see it in the simulation, and which
#    check (an identity, a limit, a second method) makes you trust the simulation itself?

# %% [markdown]
# You began with a clock that jumps from event to event, and end with a card, its price, and a number of runs. Whoever
# doubts one of them can simulate it again: the seeds are in the file.
