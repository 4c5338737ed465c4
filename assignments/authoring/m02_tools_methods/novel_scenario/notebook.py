# %% [markdown]
# # Module 2 · Tools & Methods: novel scenario
#
# A rack of servers has arrived. Their core is so new that no tool knows it: no metric file, no formulas, only a page of
# the vendor's manual. Three of your services take turns on such a core, somebody has recorded counts, and four people
# each propose a change. There is time for one of them this quarter.
#
# **You decide which, and defend it.** On the way you write the metric file that everybody after you will use. That is
# 18 points and about 35 minutes:
#
# 1. the metric file (6 points, 13 minutes),
# 2. the diagnosis of the three services (4 points, 7 minutes),
# 3. the decision, in numbers (4 points, 6 minutes),
# 4. its defence, in words (4 points, 9 minutes).
#
# **Your core is not your neighbour's.** Width, events, units, thresholds, services and proposals derive from your
# student id. Vendor, core and counts are made up; the method is not, and your practical is open beside you.

# %%
import ast
import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.6), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
COLOURS = {
    "retiring": "#009E73",
    "bad_speculation": "#D55E00",
    "frontend_bound": "#E69F00",
    "backend_bound": "#0072B2",
    "memory_bound": "#0072B2",
    "core_bound": "#7FB8D8",
}

# %% [markdown]
# ## Your core
#
# Write your student id between the quotes, as your course has it, and run the two cells.

# %% student={}
STUDENT = ""  # your student id

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
display(Markdown(scenario["manual"]))

# %% [markdown]
# ## 1. A metric file for a new core
#
# Read the page twice. It says what each event counts, in which unit, and on whose counters; it does not say how a share
# of slots is made of them. For every event that you want to use, ask three questions: *does it count slots, or
# something that I must turn into slots? With two threads, how often is it in the sum? And which end of a slot does
# it belong to?*
#
# These are the counts, and what the recorder noted beside them:

# %%
counts = scenario["counts"]
services = counts["service"]
print("recorded on {cpu}, with version {event_file_version} of the event file".format(**scenario["measured"]))
pd.DataFrame(counts).set_index("service").map("{:,}".format).T

# %% [markdown]
# The **format** is the one that you know from the practical, here with the metric of another machine:
#
# ```json
# {
#   "format": 1,
#   "cpu": {"name": "Zen 4", "identifiers": ["AuthenticAMD-25-1[0-9A-F]"], "width": 6},
#   "documents": [{"id": "55901", "title": "Processor Programming Reference", "version": "0.25"}],
#   "event_file": {"name": "amdzen4", "version": "v1"},
#   "settings": {"two_threads": "SMT_ON"},
#   "events": {"clocks": "ls_not_halted_cyc",
#              "lost_to_frontend": "de_no_dispatch_per_slot.no_ops_from_frontend"},
#   "metrics": [
#     {"name": "slots", "unit": "slots", "formula": "width * clocks"},
#     {"name": "frontend_bound", "unit": "share of slots", "level": 1,
#      "formula": "lost_to_frontend / slots", "threshold": "frontend_bound > 0.15"}
#   ]
# }
# ```
#
# - `events` and `settings` give columns of the counts a short name. Names that no formula uses do not belong there.
# - A formula may use these names, `width`, and metrics that stand above it; `+ - * /`, comparisons, `min` and `max`,
#   and `a if condition else b`.
# - A metric of level 2 names its `parent`. A threshold is a comparison, with shares between 0 and 1.
#
# **Exercise 1** (6 points, 13 minutes). Write `core_metric_file`, the text of a metric file for your core: the CPU by
# the manual's identifier, *without* the stepping, so that the file holds for all of them; the manual as its document;
# the version of the event file; and the metrics `slots`, `retiring`, `bad_speculation`, `frontend_bound` and
# `backend_bound` (level 1), `memory_bound` and `core_bound` (level 2), each node with the manual's threshold. The
# hidden checks give your file the counts of other workloads on your core.

# %% exercise={"id": "m02_core_metric_file", "reference": "m02_tools_methods.slot_accounts:core_metric_file"}
# core_metric_file = """{"format": 1, ...}"""   the text of the file
### SOLUTION

# %% tests={"id": "m02_core_metric_file"}
NODES = ["retiring", "bad_speculation", "frontend_bound", "backend_bound", "memory_bound", "core_bound"]
file = json.loads(core_metric_file)
missing = [
    key for key in ("format", "cpu", "documents", "event_file", "settings", "events", "metrics") if key not in file
]
assert not missing, f"the file lacks {', '.join(missing)}"
unknown = sorted({*file["events"].values(), *file["settings"].values()} - set(counts))
assert not unknown, f"the counts have no column {', '.join(unknown)}"
absent = sorted({"slots", *NODES} - {metric["name"] for metric in file["metrics"]})
assert not absent, f"the file defines no {', '.join(absent)}"

# %% [markdown]
# ### The file at work
#
# Formulas are text, and text from somebody else's file must not run as a program. So Python only *parses* it here, into
# a tree, and the tree is walked: nodes that are not listed are refused. That is all that a metric tool needs.


# %%
ARITHMETIC = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide}
COMPARISONS = {ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal, ast.Eq: np.equal}
CALLS = {"min": np.minimum, "max": np.maximum}


def value_of(node, values):
    """Value of a node of a formula's tree: arrays in, arrays out."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -value_of(operand, values)
        case ast.BinOp(left=left, op=operator, right=right):
            return ARITHMETIC[type(operator)](value_of(left, values), value_of(right, values))
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return COMPARISONS[type(operator)](value_of(left, values), value_of(right, values))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return np.where(value_of(test, values), value_of(body, values), value_of(orelse, values))
        case ast.Call(func=ast.Name(id=("min" | "max") as name), args=[left, right]):
            return CALLS[name](value_of(left, values), value_of(right, values))
    raise ValueError(f"not in a formula: {ast.unparse(node)}")


def evaluate(text, counts):
    """Metrics of a metric file, and which are above their own threshold: dicts of arrays, one value a service."""
    file = json.loads(text)
    values = {"width": file["cpu"]["width"]}
    values |= {name: np.asarray(counts[column], float) for name, column in (file["events"] | file["settings"]).items()}
    for metric in file["metrics"]:
        values[metric["name"]] = value_of(ast.parse(metric["formula"], mode="eval").body, values)
    flags = {
        metric["name"]: value_of(ast.parse(metric["threshold"], mode="eval").body, values)
        for metric in file["metrics"]
        if metric.get("threshold")
    }
    rows = len(counts["service"])
    return {metric["name"]: np.broadcast_to(values[metric["name"]], rows) for metric in file["metrics"]}, flags


# %%
metrics, flags = evaluate(core_metric_file, counts)
BARS = ["retiring", "bad_speculation", "frontend_bound", "memory_bound", "core_bound"]
figure, axes = plt.subplots(figsize=(8.5, 3.2))
left = np.zeros(len(services))
for node in BARS:
    share = np.asarray(metrics[node], float)
    axes.barh(services, share, left=left, color=COLOURS[node], height=0.62, label=node.replace("_", " "))
    over = flags[node] & (flags["backend_bound"] if node in ("memory_bound", "core_bound") else True)
    for row in np.flatnonzero(over):
        axes.barh(
            row, share[row], left=left[row], color="none", edgecolor="black", linewidth=1.6, height=0.62, zorder=3
        )
    for row in np.flatnonzero(share > 0.06):
        at = left[row] + share[row] / 2
        axes.text(at, row, f"{share[row]:.0%}", ha="center", va="center", color="white", fontsize=9)
    left = left + share
axes.set(xlabel="share of the slots [1]", xlim=(0, 1.02), title="Framed in black: above its threshold")
axes.invert_yaxis()
axes.legend(frameon=False, ncols=5, loc="upper center", bbox_to_anchor=(0.47, -0.2), fontsize=9)
plt.show()

# %% [markdown]
# **Look before you go on.** Do the bars end at 1? Is no share negative? Would you believe these shares of a service
# that works for its living? If a service with two threads looks quite unlike the others, read the manual's marks once
# more.

# %% [markdown]
# ## 2. What holds each service back?
#
# **Exercise 2** (4 points, 7 minutes). Fill in `core_diagnosis`, a table (a dict of lists will do) with a row for each
# service, in the order of the counts:
#
# | column | |
# |---|---|
# | `service` | its name |
# | `verdict` | the node at which the manual's way of reading ends |
# | `share` | the share of the service's slots that this node has |
# | `time_share` | the share of the core's time that the service has: the three take turns, at one clock frequency |

# %% exercise={"id": "m02_core_diagnosis", "reference": "m02_tools_methods.turns_on_a_core:core_diagnosis"}
# core_diagnosis = {"service": [...], "verdict": [...], "share": [...], "time_share": [...]}
### SOLUTION

# %% tests={"id": "m02_core_diagnosis"}
diagnosis = pd.DataFrame(
    {column: list(core_diagnosis[column]) for column in ("service", "verdict", "share", "time_share")}
)
assert list(diagnosis["service"]) == counts["service"], f"the services, in this order: {counts['service']}"
assert set(diagnosis["verdict"]) <= set(NODES), f"a verdict is one of {', '.join(NODES)}"
assert diagnosis["share"].between(0, 1).all(), "shares lie between 0 and 1"
assert np.isclose(diagnosis["time_share"].sum(), 1), "the three services share all of the time"

# %% [markdown]
# ### Time and slots on one sheet
#
# Shares of slots are heights. Give each service the width of its time, and every node becomes an **area**: its part of
# everything that the core does. What a change can bring at most, you can see with the naked eye.

# %%
figure, axes = plt.subplots(figsize=(8.5, 4.4))
left = 0.0
for row, (service, width) in enumerate(zip(services, diagnosis["time_share"], strict=True)):
    bottom = 0.0
    for node in BARS:
        share = metrics[node][row]
        label = node.replace("_", " ") if row == 0 else None
        axes.bar(left, share, width, bottom, align="edge", color=COLOURS[node], edgecolor="white", label=label)
        if share > 0.05 and width > 0.1:
            at = left + width / 2, bottom + share / 2
            axes.text(*at, f"{share * width:.1%}", ha="center", va="center", color="white", fontsize=9)
        bottom += share
    axes.text(left + width / 2, 1.02, f"{service}\n{width:.0%} of the time", ha="center", fontsize=9)
    left += width
axes.set(xlabel="share of the time [1]", ylabel="share of the slots [1]", xlim=(0, 1), ylim=(0, 1))
axes.legend(frameon=False, ncols=5, loc="upper center", bbox_to_anchor=(0.5, -0.14), fontsize=9)
plt.show()

# %% [markdown]
# ## 3. Which change first?
#
# Four changes are on offer. Each makes the slots of *one* node of *one* service fewer by a factor, and leaves all
# others as they are. Slots that are won are time that is won.

# %%
changes = scenario["changes"]
offers = pd.DataFrame(changes).set_index("change")
offers.rename(columns={"what": "proposal", "times_fewer": "times fewer slots"})

# %% [markdown]
# **Exercise 3** (4 points, 6 minutes). Fill in `core_decision`, a dict:
#
# | key | |
# |---|---|
# | `speedups` | a dict: for each letter, the speed-up of *all three services together*, if only this change is made |
# | `first` | the letter of the change that you would make first: the largest of these |
# | `ceiling` | the speed-up that your first change could bring at most, if its factor were as large as you like |
#
# A speed-up is the time before over the time after. Do not round.

# %% exercise={"id": "m02_core_decision", "reference": "m02_tools_methods.turns_on_a_core:core_decision"}
# core_decision = {"speedups": {"A": ..., ...}, "first": ..., "ceiling": ...}
### SOLUTION

# %% tests={"id": "m02_core_decision"}
assert set(core_decision) == {"speedups", "first", "ceiling"}, f"these three keys: {sorted(core_decision)}"
assert set(core_decision["speedups"]) == set(offers.index), "a speed-up for each change on offer"
assert core_decision["first"] in offers.index, "the first change is one of the letters"
assert min(core_decision["speedups"].values()) > 1, "every change makes something faster, and so the whole"
assert core_decision["ceiling"] > core_decision["speedups"][core_decision["first"]], (
    "a factor without limit brings more than the one on offer"
)

# %%
figure, axes = plt.subplots(figsize=(8.5, 3.0))
order = sorted(core_decision["speedups"], key=core_decision["speedups"].get)
for row, letter in enumerate(order):
    change, gain = offers.loc[letter], core_decision["speedups"][letter] - 1
    axes.barh(row, gain, color=COLOURS[change["node"]], height=0.6)
    what = f"{change['node'].replace('_', ' ')} of {change['service']}, {change['times_fewer']:g} times fewer"
    axes.text(gain, row, f" +{gain:.1%}   {what}", va="center", fontsize=9)
axes.set(yticks=range(len(order)), yticklabels=order, xlabel="gain in speed of all three services together [1]")
axes.set(xlim=(0, 2.2 * max(core_decision["speedups"].values()) - 2.2), title="Four changes, one quarter")
plt.show()

# %% [markdown]
# **Notice.** Each bar is made of three numbers: a share of the time, a share of the slots, a factor. People who propose
# a change tell you the third. Which of the other two would have misled you, had you looked at it alone?
#
# ## 4. Defend it
#
# Tomorrow you stand before the people whose proposals you turned down. They know their services, and one of them knows
# the manual by heart.

# %% [markdown] exercise={"id": "m02_core_defence"}
# **Exercise 4** (4 points, 9 minutes). *The defence.* In about 200 words:
#
# 1. State your decision and its payoff for the whole, and derive the payoff: from which shares, by which factor?
# 2. Show that you have read the counts by *this* manual: what does it ask for that your practical's CPU did not?
# 3. Take the strongest rival and say, with its number, why not that one first.
# 4. Say what your number cannot promise, in which direction it errs, and what you will measure after the change.

# %% [markdown]
# You came with a page of a manual and left with a decision that others can check: the file, the counts, the areas, the
# number. That is what *evidence* means in this track, and the capstone will ask for nothing else.
