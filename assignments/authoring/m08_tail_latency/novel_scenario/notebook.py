# %% [markdown]
# # Module 8 · Tail Latency & Scale-Out: novel scenario
#
# You take over a retrieval pipeline. A question is embedded, searched for in all shards of an index, the finds are
# reranked, and a model begins to answer: four tiers in a row. The promise is that **99 of 100 questions have their
# first word after 100 ms**. The budget for next quarter is due, and everybody has sent you prices.
#
# **You decide how many replicas each tier gets, and whether the shards are hedged, and you defend it.** That is 11
# points and about 20 minutes:
#
# 1. the cheapest plan that keeps the promise (5 points, 9 minutes),
# 2. the alerts that tell when it is not kept (2 points, 4 minutes),
# 3. the defence, in words (4 points, 7 minutes).
#
# **Your pipeline is not your neighbour's.** Loads, service times, shards, prices and the wishes of the people on call
# derive from your student id. All are made up; the method is not, and your practical is open beside you.

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
# ## Your pipeline
#
# Write your student id between the quotes, as your course has it, and run the cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
hedge = scenario["hedge"]
print(
    f"An index of {scenario['product']}: {scenario['arrival_per_s']:,} questions/s, of which "
    f"{scenario['quantile']:.0%} within {scenario['budget_ms']} ms."
)
pd.DataFrame(scenario["tiers"]).set_index("tier").rename(
    columns={
        "service_ms": "mean service time [ms]",
        "usd_per_hour": "one replica [$/h]",
        "replicas": "replicas on offer (of each shard)",
    }
)

# %% [markdown]
# **How it works.**
#
# - A question passes all four tiers, one after the other. At a tier without shards it goes to one replica, drawn at
#   random; a replica is one server with a queue of its own, arrivals at random, exponential service (M/M/1).
# - The search has several shards. Every question goes to *all* of them, to one replica of each, and waits for the
#   slowest. Each shard has as many replicas as you choose, so a plan pays for *replicas times shards*.
# - The search may be **hedged**: a shard that has not answered after `delay_ms` gets a copy of the question, at another
#   of its replicas; nobody cancels a copy. Copies are requests: they make the replicas busier. What they cost beside
#   that, network and standby, was offered at a flat price for all shards together.

# %%
print(f"Copies after {hedge['delay_ms']} ms, for ${hedge['usd_per_hour']} an hour.")


def hedged_arrivals_per_s(arrival_per_s, service_per_s, delay_s):
    """Requests and copies that reach a replica [1/s], once the load has settled; infinite where it never does.

    arrival_per_s: requests that reach it, without copies; a number or an array [1/s]
    service_per_s: rate at which the busy replica serves [1/s]
    delay_s:       when a copy is sent; infinite for never [s]
    """
    arrival = np.asarray(arrival_per_s, dtype=float)
    if np.isinf(delay_s):
        return arrival
    # late = exp(-(service - arrival (1 + late)) delay) has a solution, and it is Lambert's, where x is at most 1 / e
    x = arrival * delay_s * np.exp(-(service_per_s - arrival) * delay_s)
    settles = x <= np.exp(-1)
    total = arrival - np.real(special.lambertw(-np.where(settles, x, 0))) / delay_s
    return np.where(settles & (total < service_per_s), total, np.inf)


# %% [markdown]
# ## 1. The plan
#
# **The rules of booking.** They make plans comparable, and they are cautious on purpose.
#
# - *Misses.* The 1 % that may be late is divided evenly among the four tiers (they may be late together or not: Boole's
#   inequality does not care). The shards of the search are taken as independent, and all alike.
# - *Times.* For each number of replicas a tier books the time that it keeps with this probability, **rounded up to a
#   tenth of a millisecond**; infinite, where there is no steady state. A hedged request that is later than the delay
#   $\Delta$ takes half as long as one that runs *alone, on replicas that are busy with copies*, plus half the delay:
#   $(t + \Delta)/2$. (Multiply the two tails, and see.)
# - *The plan.* The booked times of the four tiers must not exceed the budget. Of all plans that keep it take the
#   cheapest; of equally cheap ones the one that books less time, and then the one without copies.
#
# **Exercise 1** (5 points, 9 minutes). Fill in `pipeline_plan`, a dict:
#
# | key | |
# |---|---|
# | `booked_ms` | a dict: for each tier a list, the time for each number of replicas on offer [ms] |
# | | under `"search, hedged"` the same list for the search with copies |
# | `replicas` | a dict: for each tier the number of replicas (of each shard) in your plan |
# | `hedged` | whether the search is hedged |
# | `p99_ms` | the sum of the times that your plan books [ms] |
# | `usd_per_hour` | what your plan costs [$/h] |

# %% exercise={"id": "m08_pipeline_plan", "reference": "m08_tail_latency.rag_pipeline:pipeline_plan"}
# pipeline_plan = {"booked_ms": {"embed": [...], ...}, "replicas": {"embed": ..., ...}, "hedged": ..., ...}
### SOLUTION

# %% tests={"id": "m08_pipeline_plan"}
names = [tier["tier"] for tier in scenario["tiers"]]
assert set(pipeline_plan) == {"booked_ms", "replicas", "hedged", "p99_ms", "usd_per_hour"}, (
    f"these five keys: {sorted(pipeline_plan)}"
)
assert set(pipeline_plan["booked_ms"]) == {*names, "search, hedged"}, "times of each tier, and of the hedged search"
assert all(len(times) == len(scenario["tiers"][0]["replicas"]) for times in pipeline_plan["booked_ms"].values()), (
    "a time for each number of replicas on offer"
)
assert set(pipeline_plan["replicas"]) == set(names), "replicas of each tier"
assert 0 < pipeline_plan["p99_ms"] <= scenario["budget_ms"], "the plan keeps the promise"

# %%
figure, axes = plt.subplots()
left_ms = left_share = 0.0
for number, (tier, colour) in enumerate(zip(scenario["tiers"], (GREEN, BLUE, ORANGE, RED), strict=True)):
    name, count = tier["tier"], pipeline_plan["replicas"][tier["tier"]]
    booked = name + ", hedged" if pipeline_plan["hedged"] and name == "search" else name
    time_ms = pipeline_plan["booked_ms"][booked][tier["replicas"].index(count)]
    usd = count * tier["shards"] * tier["usd_per_hour"] + hedge["usd_per_hour"] * (booked != name)
    share = 100 * usd / pipeline_plan["usd_per_hour"]
    axes.barh(1, time_ms, left=left_ms, color=colour, height=0.5)
    axes.barh(0, share, left=left_share, color=colour, height=0.5)
    raised = 0.25 * (number % 2)  # names of narrow bars would lie on each other
    axes.text(left_ms + time_ms / 2, 1.3 + raised, f"{booked}: {time_ms:.1f} ms", ha="center", fontsize=9)
    axes.text(left_share + share / 2, -0.45 - raised, f"${usd:,.0f}", ha="center", fontsize=9)
    left_ms, left_share = left_ms + time_ms, left_share + share
axes.axvline(scenario["budget_ms"], color=GREY, linewidth=0.8, linestyle=":")
axes.set(yticks=[0, 1], yticklabels=["cost [%]", "time [ms]"], ylim=(-0.9, 1.9))
axes.set_title(f"${pipeline_plan['usd_per_hour']:,.0f} an hour, {pipeline_plan['p99_ms']:.1f} ms")
plt.show()

# %% [markdown]
# **Notice.** Compare the two bars. Where is a tenth of the time bought for a tenth of the money, and where not? And how
# much of the search's time would be gone, if a question waited for a single shard?
#
# ## 2. When do you want to be woken?
#
# 1 % of the questions may be late: that is a budget, too, for the whole *period* of the promise. At a **burn rate** of
# 1 it is gone exactly at the period's end; at 10 after a tenth of it. The people on call have said what they want: to
# be told when a certain share of the whole budget has been spent within a window.

# %%
print(f"The promise is kept or broken over {scenario['alerting']['period_days']} days.")
for asked in scenario["alerting"]["alerts"]:
    print(
        f"{asked['severity']:>12}: {asked['budget_share']:.0%} of the budget are gone within {asked['window_h']} hours"
    )

# %% [markdown]
# An alert with one window goes on for hours after the trouble is over. So every alert has a second, short window of **a
# twelfth** of the long one, and fires only while the rate of late questions is too high in *both* (The Site Reliability
# Workbook, chapter 5).
#
# **Exercise 2** (2 points, 4 minutes). Set `burn_alert_file` to the text of a JSON file with `objective` (the share of
# questions that must be in time), `period_days`, and `alerts`, a list in the order above. Each alert has
#
# | key | |
# |---|---|
# | `severity` | as above |
# | `long_window_h`, `short_window_min` | its windows [h], [min] |
# | `burn_rate` | the burn rate above which it fires [1] |
# | `late_share` | the share of late questions that is this burn rate: what a dashboard can compare with [1] |

# %% exercise={"id": "m08_burn_alert_file", "reference": "m08_tail_latency.rag_pipeline:burn_alert_file"}
# burn_alert_file = """{"objective": ..., ...}"""   the text of the file
### SOLUTION

# %% tests={"id": "m08_burn_alert_file"}
file = json.loads(burn_alert_file)
assert set(file) == {"objective", "period_days", "alerts"}, f"these three keys: {sorted(file)}"
assert len(file["alerts"]) == 3, "three alerts"
assert all(
    set(alert) == {"severity", "long_window_h", "short_window_min", "burn_rate", "late_share"}
    for alert in file["alerts"]
), "five keys each"
assert all(alert["burn_rate"] >= 1 for alert in file["alerts"]), "below a rate of 1 the promise is being kept"
assert all(0 < alert["late_share"] < 1 for alert in file["alerts"]), "a share that can be reached"

# %% [markdown]
# ## 3. Defend it
#
# Tomorrow you present the plan. The team of the search wants copies, or hates them. Finance asks why the model's
# replicas, the dearest of all, are not one less. Somebody from operations asks what happens if the traffic
# grows.

# %% [markdown] exercise={"id": "m08_pipeline_defence"}
# **Exercise 3** (4 points, 7 minutes). *The defence.* In about 200 words:
#
# 1. State your plan with its price, and derive the time that you booked for the search: from which share of misses, of
#    how many shards, at which load of a replica?
# 2. Copies or not? Give the price of the best plan on the other side, and say what decides: the delay, the load, or the
#    flat price.
# 3. Where does your number err to the safe side, and where to the other? One of each.
# 4. Traffic grows by a tenth before you can buy. Which tier breaks its part of the promise first, and what do you do
#    until then?

# %% [markdown]
# You began with measured latencies and end with a plan, its price, its alerts and its limits. Whoever doubts a number
# can compute it again. In the capstone, somebody will.
