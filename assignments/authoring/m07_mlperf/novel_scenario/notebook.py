# %% [markdown]
# # Module 7 · Benchmarks & Workloads: novel scenario
#
# A service is to be bought machines for. It has two tiers of users: *live* ones, who talk to it, and those who *chat*.
# Three vendors have made offers; each let you measure a sweep with your own traffic, and each has shown you a slide
# with its offline rate. The quality department has set a floor for the accuracy.
#
# **You decide which machine is bought, and you defend it.** That is 9 points and about 11 minutes:
#
# 1. the procurement (5 points, 7 minutes),
# 2. the defence, in words (4 points, 4 minutes).
#
# **Your offers are not your neighbour's.** Service, tiers, limits, sweeps, prices, powers and accuracies derive from
# your student id. All are made up; the method is not, and your practical is open beside you: copy from it what you
# need.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.2), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## Your service and your offers
#
# Write your student id between the quotes, as your course has it, and run the cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
print(
    f"{scenario['service'].capitalize()}. A machine must keep {100 * scenario['accuracy_floor']:g} % of the "
    f"reference's accuracy.\n{100 * scenario['headroom']:.0f} % of each machine's rate stay free; in each tier "
    f"{scenario['spares']} machine(s) may fail.\nMachines serve {scenario['years']} years; electricity is "
    f"{scenario['usd_per_kwh']:g} USD/kWh, the PUE {scenario['pue']:g}."
)
pd.DataFrame(scenario["tiers"]).T.rename(
    columns={
        "requests_per_s": "asked for [requests/s]",
        "ttft_s": "TTFT limit [s]",
        "tpot_s": "TPOT limit [s]",
        "tokens": "tokens a request",
    }
)

# %%
pd.DataFrame({name: {k: v for k, v in offer.items() if k != "sweep"} for name, offer in scenario["offers"].items()})

# %%
pd.concat({name: pd.DataFrame(offer["sweep"]) for name, offer in scenario["offers"].items()}, axis=1)

# %% [markdown]
# **How it works.**
#
# - The sweeps stand in the order in which they were measured. A tier's rate on a machine is the highest measured rate
#   up to which *every* measured rate keeps both of its limits (practical, exercise 10). Every offer serves both tiers
#   at its lowest rate at least, and one offer at least keeps the accuracy.
# - The tiers do not share machines. For each tier so many are needed that its demand fits into what is left of their
#   rates when the headroom stays free, rounded up to whole machines; then the spares are added. (What is whole but for
#   rounding is whole.)
# - The spares work as well: a tier's demand is spread over *all* of its machines. A machine is busy for its part of the
#   demand over its rate *in that tier*; it draws `busy_w` in that share of the time, `idle_w` in the rest, and the
#   facility draws PUE times as much.
# - A machine is paid off in a straight line over its years of 8,760 hours. The demand is the same all the time. All
#   machines of both tiers together deliver the tokens of both tiers.

# %% [markdown]
# ## 1. The procurement
#
# Work it out for *every* offer, the inaccurate ones too. Then choose: of those that keep the accuracy, the one with the
# cheapest token. (If another one is within a hundredth of its cost, it counts as well.) And name the one that the
# slides would have made you buy: the lowest price of a machine for its offline rate, whatever its accuracy (of equal
# ones, either counts).
#
# **Exercise 1** (5 points, 7 minutes). Fill in `procurement`, a dict:
#
# | key | |
# |---|---|
# | `tier_per_s` | by offer, and in it by tier (a dict of dicts): the rate of one machine [requests/s] |
# | `machines` | by offer: machines for both tiers together, with spares [1] |
# | `million_usd` | by offer: cost of a million tokens, machines and electricity [USD] |
# | `choice` | name of the offer that you buy |
# | `slide_choice` | name of the offer that the slides would have you buy |

# %% exercise={"id": "m07_procurement", "reference": "m07_mlperf.procurement:procurement"}
# procurement = {"tier_per_s": {"alder": {"live": ..., "chat": ...}, ...}, "machines": {...}, "million_usd": {...}, ...}
### SOLUTION

# %% tests={"id": "m07_procurement"}
names = list(scenario["offers"])
keys = {"tier_per_s", "machines", "million_usd", "choice", "slide_choice"}
assert set(procurement) == keys, f"these five keys: {sorted(procurement)}"
assert all(set(procurement[key]) == set(names) for key in ("tier_per_s", "machines", "million_usd")), "for every offer"
assert all(set(procurement["tier_per_s"][name]) == set(scenario["tiers"]) for name in names), "and for each tier"
assert {procurement["choice"], procurement["slide_choice"]} <= set(names), "names of offers"
for name in names:
    measured = [point["requests_per_s"] for point in scenario["offers"][name]["sweep"]]
    assert set(procurement["tier_per_s"][name].values()) <= set(measured), f"{name}: rates that were measured"
    assert procurement["tier_per_s"][name]["live"] <= procurement["tier_per_s"][name]["chat"], "live limits are tighter"
    assert procurement["machines"][name] >= 2 + 2 * scenario["spares"], f"{name}: each tier needs some, and its spares"
assert scenario["offers"][procurement["choice"]]["accuracy"] >= scenario["accuracy_floor"], "accuracy is a gate"

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
for place, name in zip(np.arange(3), names, strict=True):
    offer = scenario["offers"][name]
    accurate = offer["accuracy"] >= scenario["accuracy_floor"]
    shares = [procurement["tier_per_s"][name][tier] / offer["offline_per_s"] for tier in ("live", "chat")]
    left.bar([place - 0.2, place + 0.2], shares, width=0.36, color=[ORANGE, BLUE])
    colour = GREEN if name == procurement["choice"] else GREY if accurate else RED
    right.bar(place, procurement["million_usd"][name], color=colour)
left.set(xticks=range(3), xticklabels=names, ylabel="rate over offline rate", title="live and chat", ylim=(0, 1))
right.set(
    xticks=range(3), xticklabels=names, ylabel="cost of a million tokens [USD]", title="yours (red: not accurate)"
)
plt.show()
pd.DataFrame({key: procurement[key] for key in ("machines", "million_usd")}).round(3)

# %% [markdown]
# **Notice.** What a tier leaves of the offline rate differs from offer to offer, and spares and rounding weigh more,
# the larger a machine is. Nothing of this stands on a slide.
#
# ## 2. Defend it
#
# Tomorrow the vendor whom the slides favour is on the phone, and the quality department on the other line.

# %% [markdown] exercise={"id": "m07_procurement_defence"}
# **Exercise 2** (4 points, 4 minutes). *The defence.* In about 150 words:
#
# 1. State your choice with its cost, and derive the number of its machines for one tier: rate, headroom, rounding,
#    spares.
# 2. Hold it against the next best offer, or the one that the slides favour: what does it lose by, in numbers, and why?
# 3. The accuracy: what would be bought without the floor, and what would it save? If nothing changes, say by how much
#    your choice keeps the floor.
# 4. What may be wrong with the sweeps, and what would you have LoadGen run before you sign? Name scenario, length and
#    result.

# %% [markdown]
# A benchmark ends where your own traffic begins. You can now read it, run it, audit it, and pay for what it says. In
# the capstone, somebody will ask which round that number was from.
