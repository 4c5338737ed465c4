# %% [markdown]
# # Module 11 · Power & Thermal Awareness: novel scenario
#
# A machine stands where nobody wanted one to stand, and answers requests to a language model. It has three levels of
# cooling, six clocks, a limit of temperature that somebody wrote into a contract, and a rate that sales has promised.
# The electricity bill is yours.
#
# **You decide how it is cooled and clocked, so that it makes most tokens of a joule, and you defend it.** That is 10
# points and about 18 minutes:
#
# 1. the plan (6 points, 11 minutes),
# 2. the defence, in words (4 points, 7 minutes).
#
# **Your machine is not your neighbour's.** Where it stands, its size, coolers, voltages, leakage and work derive from
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
# ## Your machine
#
# Write your student id between the quotes, as your course has it, and run the cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
leakage = scenario["leakage"]
print(
    f"{scenario['machine'].capitalize()}, at {scenario['ambient_c']} degC; limit {scenario['limit_c']} degC.\n"
    f"It leaks {leakage['watts']:g} W at {leakage['nominal_c']} degC, growing with exp({leakage['per_k']:g} per K); "
    f"everything else takes {scenario['other_w']:g} W, always.\n"
    f"Chip and cooler hold {scenario['heat_j_per_k']} J/K. A request makes {scenario['tokens']} tokens; "
    f"promised are {scenario['promise_tokens_per_s']:g} tokens/s."
)
pd.DataFrame(scenario["coolers"]).set_index("level").rename(
    columns={"k_per_w": "resistance to the air [K/W]", "watts": "it draws [W]"}
).round(4)

# %%
pd.DataFrame(scenario["states"]).rename(columns={"mhz": "clock [MHz]", "mv": "supply [mV]"}).rename_axis("state").T

# %%
pd.DataFrame(scenario["phases"]).T.rename(
    columns={
        "mega_cycles": "computes [million cycles]",
        "memory_ms": "waits for memory [ms]",
        "switched_nf": "switches in a cycle [nF]",
    }
)

# %% [markdown]
# **How it works.**
#
# - Requests follow each other without a gap. Each has two phases, *prefill* and *decode*, and each phase has its own
#   clock: a plan names two of the six states, which may be the same one.
# - A phase computes for its cycles at its clock, and waits for memory as long at any clock. A cycle takes $C V^2$ from
#   the supply, with the phase's $C$ and the voltage of its state; a core that waits switches nothing.
# - A request is short against the time in which the machine warms up. So what warms it is the **mean** over a request:
#   dynamic power is the switched energy of both phases over the time of both.
# - Leakage is $P_0\,e^{\beta (T - T_0)}$, whatever the voltage. With one resistance to the air the temperature settles
#   where dynamic power and leakage put it (practical, exercise 6). What cooler and everything else draw warms something
#   else.
# - A joule is a joule: the energy of a request is that of *everything*, dynamic power, leakage at the settled
#   temperature, the cooler's draw and `other_w`, over its time.

# %% [markdown]
# ## 1. The plan
#
# A plan is a level of cooling and two clocks: 108 of them. It is allowed if it settles at the limit or below, and makes
# at least the promised tokens a second. Of those that are allowed, take the one that makes **most tokens a joule**.
# (If another one is within a thousandth of the best, it counts as well.)
#
# Two more numbers are asked for. How hot would the machine get, at each level of cooling, with the *fastest* clock in
# both phases? And **if the fan or the pump stops**: a machine that is as cold as its surroundings, cooled by the level
# `passive`, how long may it run the fastest clocks in both phases until it reaches the limit? To be on the safe side,
# take its power as constant all the time, and as large as it would be *at* the limit: mean dynamic power and the
# leakage of the limit. With resistance $R$ and heat capacity $C_h$ the temperature then goes exponentially, with time
# constant $R\,C_h$, towards where that power leads.
#
# **Exercise 1** (6 points, 11 minutes). Fill in `power_plan`, a dict:
#
# | key | |
# |---|---|
# | `settled_c` | a dict: for each level, where the machine settles with the fastest clock in both phases [degC]; |
# | | infinite (`np.inf`) where it runs away, and without regard to the limit |
# | `cooling` | the level in your plan |
# | `prefill_mhz`, `decode_mhz` | its two clocks [MHz] |
# | `temperature_c` | where your plan settles [degC] |
# | `tokens_per_s`, `tokens_per_j` | what your plan makes [1/s], [1/J] |
# | `boost_s` | how long it runs at its fastest with the cooling `passive`, from ambient temperature [s]; |
# | | infinite if it never reaches the limit |

# %% exercise={"id": "m11_power_plan", "reference": "m11_power_thermal.power_plan:power_plan"}
# power_plan = {"settled_c": {"passive": ..., ...}, "cooling": ..., "prefill_mhz": ..., ...}
### SOLUTION

# %% tests={"id": "m11_power_plan"}
keys = {"settled_c", "cooling", "prefill_mhz", "decode_mhz", "temperature_c", "tokens_per_s", "tokens_per_j", "boost_s"}
assert set(power_plan) == keys, f"these eight keys: {sorted(power_plan)}"
assert set(power_plan["settled_c"]) == {"passive", "quiet", "loud"}, "each level of cooling"
assert power_plan["settled_c"]["loud"] <= power_plan["settled_c"]["passive"], "better cooling is no hotter"
assert {power_plan["prefill_mhz"], power_plan["decode_mhz"]} <= {state["mhz"] for state in scenario["states"]}, "clocks"
assert scenario["ambient_c"] < power_plan["temperature_c"] <= scenario["limit_c"], "the limit is kept"
assert power_plan["tokens_per_s"] >= scenario["promise_tokens_per_s"], "and so is the promise"
assert 0 < power_plan["tokens_per_j"] < power_plan["tokens_per_s"] / scenario["other_w"], "everything takes energy"

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
settled_c = {level: min(c, 200.0) for level, c in power_plan["settled_c"].items()}
left.barh(
    list(settled_c),
    list(settled_c.values()),
    color=[RED if c > scenario["limit_c"] else BLUE for c in settled_c.values()],
)
left.axvline(scenario["limit_c"], color=GREY, linestyle=":")
left.set(
    xlim=(scenario["ambient_c"], 200), xlabel="settled [degC]; 200 stands for running away", title="The fastest clocks"
)
clocks = np.array([state["mhz"] for state in scenario["states"]])
for (name, phase), colour in zip(scenario["phases"].items(), (ORANGE, GREEN), strict=True):
    right.plot(
        clocks, 1e3 * phase["mega_cycles"] / clocks + phase["memory_ms"], "o-", color=colour, markersize=4, label=name
    )
    chosen = power_plan[f"{name}_mhz"]
    right.plot(chosen, 1e3 * phase["mega_cycles"] / chosen + phase["memory_ms"], "o", color=RED, markersize=8)
right.set(xlabel="clock [MHz]", ylabel="time of the phase [ms]", ylim=(0, None), title="Your clocks")
right.legend(frameon=False)
plt.show()
print(
    f"{power_plan['cooling']}, {power_plan['prefill_mhz']} and {power_plan['decode_mhz']} MHz: "
    f"{power_plan['tokens_per_s']:.2f} tokens/s, {power_plan['tokens_per_j']:.3f} tokens/J "
    f"at {power_plan['temperature_c']:.1f} degC"
)

# %% [markdown]
# **Notice.** The slowest clocks are not the thriftiest: everything else stays on for longer. The best cooling is not
# the thriftiest, nor is the cheapest: what a fan draws is worth what leakage it saves. And a promise decides more often
# than a limit.
#
# ## 2. Defend it
#
# Tomorrow the plan is on the table. Sales wants the fastest clocks "at least in the morning, when it is cold". The
# owner of the place wants the fan off. Somebody has read that race-to-idle saves energy.

# %% [markdown] exercise={"id": "m11_power_plan_defence"}
# **Exercise 2** (4 points, 7 minutes). *The defence.* In about 200 words:
#
# 1. State your plan with its tokens per joule, and derive its temperature: time and switched energy of a request, mean
#    dynamic power, leakage, resistance.
# 2. The next better or next worse level of cooling: what would the best plan with it make of a joule, or why is there
#    none? What decides between the two?
# 3. Which of the two, limit or promise, holds your plan back? What would it gain without it?
# 4. The place gets ten degrees warmer than ever before. What happens to your plan, and what should the machine do by
#    itself? And how long does it last if the fan stops?

# %% [markdown]
# You began with counters and end with a plan, its temperature, its price and its limits. Whoever doubts a number can
# compute it again. In the capstone, somebody will.
