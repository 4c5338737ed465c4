# %% [markdown]
# # Module 10 · Validation & Measurement: novel scenario
#
# A vendor sells a product that makes your program faster: by a factor, stated to three digits. You asked for the
# measurements behind it, and got them: run times before and after, the flags of the clock, and instruction counts from
# a counter that was shared. Your company will pay per processor, every year. Somebody has to sign that the claim holds.
#
# **You audit the claim, say what the next measurement must have, and defend the verdict.** That is 11 points and about
# 25 minutes:
#
# 1. the audit (5 points, 11 minutes),
# 2. the next measurement (2 points, 5 minutes),
# 3. the defence, in words (4 points, 9 minutes).
#
# **Your vendor is not your neighbour's.** Claim, runs, noise, flags and counts derive from your student id. All are
# made up; the method is not, and your practical is open beside you.

# %%
import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import special

plt.rcParams.update(
    {"figure.figsize": (8.5, 3.4), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## What you were handed
#
# Write your student id between the quotes, as your course has it, and run the cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario, SIDES = my_scenario(STUDENT), ["old", "new"]
print(f"{scenario['vendor']}: our {scenario['product']} makes your program {scenario['claim']} times as fast.")
for which in SIDES:
    print(f"\n{which}, run by run [ms] (* the clock was throttled):")
    runs = zip(scenario[which]["ms"], scenario[which]["throttled"], strict=True)
    print("  ".join(f"{ms:.2f}{'*' if hot else ''}" for ms, hot in runs))
    counted = scenario[which]["counted"]
    print(f"instructions, on the counter in {len(counted)} of {scenario[which]['turns']} turns [thousands]:")
    print("  ".join(map(str, counted)))

# %%
figure, axes = plt.subplots()
for height, (which, colour) in enumerate((("new", BLUE), ("old", GREY))):
    for ms, hot in zip(scenario[which]["ms"], scenario[which]["throttled"], strict=True):
        axes.plot(ms, height, "x" if hot else "o", color=RED if hot else colour, markersize=6)
axes.set(
    yticks=[0, 1], yticklabels=["new", "old"], ylim=(-0.6, 1.6), xlabel="time [ms]", title="Runs (crosses: throttled)"
)
plt.show()
shares = {which: np.mean(scenario[which]["throttled"]) for which in SIDES}
seen = {which: len(scenario[which]["counted"]) / scenario[which]["turns"] for which in SIDES}
pd.DataFrame({"runs that were throttled": shares, "turns that were counted": seen}).map("{:.0%}".format)

# %% [markdown]
# ## 1. The audit
#
# **The rules**, so that audits can be compared:
#
# - *Runs.* A run during which the clock was throttled does not count, on neither side. No other run is left out.
# - *Work.* Each count is scaled to all turns, with the uncertainty of turns that were not seen (section 3 of the
#   practical; a turn is a turn, nothing is charged for probes). Both sides did the **same work** if the scaled counts
#   differ by no more than $2 \sqrt{u_{\mathrm{old}}^2 + u_{\mathrm{new}}^2}$.
# - *Speed-up.* The mean of the old runs over the mean of the new ones, with Fieller's interval for 95 % and Welch's
#   degrees of freedom (section 2 of the practical).
# - *Verdict.* If it was not the same work, `"other work"`, whatever the times are. Otherwise the claim `"holds"` if the
#   lower limit is not below it, is `"refuted"` if the upper limit is below it, and is `"open"` in between.
#
# **Exercise 1** (5 points, 11 minutes). Fill in `claim_audit`, a dict:
#
# | key | |
# |---|---|
# | `kept` | a dict: how many runs count, of `"old"` and of `"new"` |
# | `instructions` | a dict: the scaled counts of `"old"` and `"new"` [thousands] |
# | `same_work` | whether both sides did the same work |
# | `speedup`, `low`, `high` | the speed-up and its limits, not rounded, also where the work was not the same [1] |
# | `verdict` | one of the four |

# %% exercise={"id": "m10_claim_audit", "reference": "m10_validation.claim_audit:claim_audit"}
# claim_audit = {"kept": {"old": ..., "new": ...}, "instructions": {...}, "same_work": ..., "speedup": ..., ...}
### SOLUTION

# %% tests={"id": "m10_claim_audit"}
assert set(claim_audit) == {"kept", "instructions", "same_work", "speedup", "low", "high", "verdict"}, (
    f"these seven keys: {sorted(claim_audit)}"
)
for which in SIDES:
    assert 2 <= claim_audit["kept"][which] < len(scenario[which]["ms"]), (
        f"some runs of {which} count, and not all of them"
    )
    assert claim_audit["instructions"][which] > sum(scenario[which]["counted"]), (
        f"{which}: turns that were not seen, too"
    )
assert claim_audit["low"] < claim_audit["speedup"] < claim_audit["high"], "the speed-up lies between its limits"
assert claim_audit["verdict"] in ("holds", "refuted", "open", "other work"), f"one of four: {claim_audit['verdict']}"

# %%
figure, axes = plt.subplots(figsize=(8.5, 2.2))
axes.plot([claim_audit["low"], claim_audit["high"]], [0, 0], color=BLUE, linewidth=4)
axes.plot(claim_audit["speedup"], 0, "o", color=BLUE, markersize=8)
axes.axvline(scenario["claim"], color=RED, linewidth=1)
axes.text(scenario["claim"], 0.7, " the claim", color=RED)
axes.set(ylim=(-1, 1), yticks=[], xlabel="speed-up", title=f"{claim_audit['verdict']}")
axes.spines["left"].set_visible(False)
plt.show()

# %% [markdown]
# **Notice.** Compute the speed-up again with *all* runs. Did throttling flatter the vendor, or you? And with 95 %
# confidence, how many of twenty honest claims would you call unproven?
#
# ## 2. The next measurement
#
# Whatever the verdict, the next measurement must be large enough to be worth its time. It is planned from the scatter
# of this one.

# %%
wanted = scenario["wanted"]
print(f"speed-up: a relative half width of {wanted['half_width']:.1%} at most, with 95 % confidence")
print(f"latency:  an upper limit on the {wanted['quantile']:.1%} quantile, with {wanted['confidence']:.0%} confidence")
print(f"counter:  a relative standard uncertainty of the instructions of {wanted['count_u']:.1%} at most")
print(
    "Student's quantiles 0.975, by degrees of freedom:",
    {nu: round(float(special.stdtrit(nu, 0.975)), 3) for nu in (2, 10, 98)},
)

# %% [markdown]
# **The rules.**
#
# - *Runs.* Equally many on both sides. Let $c$ be the larger of both sides' relative deviations: of the runs that
#   count, the deviation (its square divided by their number less one) over the mean. Two means of $n$ runs then make a
#   relative half width of about $t_{2n-2}\, c\, \sqrt{2/n}$, with the quantile 0.975 of Student's distribution with
#   $2n - 2$ degrees of freedom. Take the fewest $n \ge 2$ for which it is small enough.
# - *Requests.* The fewest with which a one-sided upper limit on the quantile exists at all (practical, section 2).
# - *Turns.* The counter must see $m$ of the $M$ turns, so that $\frac{s_c}{\bar c} \sqrt{(1 - m/M)/m}$ is small
#   enough, with deviation and mean of the turns that were counted. Take the fewest $m$ for each side, with its own
#   $M$, and of both the larger.
#
# **Exercise 2** (2 points, 5 minutes). Set `remeasure_file` to the text of a JSON file with `runs_per_side`, `requests`
# and `turns`, three whole numbers.

# %% exercise={"id": "m10_remeasure_file", "reference": "m10_validation.claim_audit:remeasure_file"}
# remeasure_file = """{"runs_per_side": ..., "requests": ..., "turns": ...}"""   the text of the file
### SOLUTION

# %% tests={"id": "m10_remeasure_file"}
file = json.loads(remeasure_file)
assert set(file) == {"runs_per_side", "requests", "turns"}, f"these three keys: {sorted(file)}"
assert all(number == int(number) and number >= 2 for number in file.values()), f"whole numbers: {file}"
assert file["turns"] <= max(scenario[which]["turns"] for which in SIDES), "there are only so many turns"

# %% [markdown]
# ## 3. Defend it
#
# Tomorrow you sit at a table with the vendor's engineer, who knows every run by heart, your own finance department, and
# a colleague who wants the product anyway.

# %% [markdown] exercise={"id": "m10_audit_defence"}
# **Exercise 3** (4 points, 9 minutes). *The defence.* In about 200 words:
#
# 1. State the verdict, and the chain that leads to it: runs that count, speed-up, limits, claim.
# 2. What would the speed-up be with all runs, and why do throttled ones not count, while other odd ones do?
# 3. Was it the same work? Give both scaled counts with their uncertainty, and say what such a count cannot show.
# 4. What do you ask the vendor for next, in numbers, and which result would change your verdict?

# %% [markdown]
# You began with runs and end with a signature, or without one. In the capstone the claims are your own, and somebody
# else will audit them.
