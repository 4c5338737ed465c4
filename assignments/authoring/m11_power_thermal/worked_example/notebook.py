# %% [markdown]
# # Module 11 · Power & Thermal Awareness: worked example
#
# A camera's chip has six units, and one of them is hot: the neural engine. The product manager wants more frames a
# second. The thermal team says that the junction is at its limit. The board team offers a fan, the silicon team a
# higher limit, and the layout team says that everybody forgets them. Somebody has to write **one page about perf/W**
# that all of them can sign.
#
# The analysis is laid out for you. Some steps are missing: **you complete two of them and write the page.** That is 10
# points and about 23 minutes. What you write is marked by a person; each numbered part counts alike.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.4), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"

# %% [markdown]
# ## 1. Where to put the hot unit?
#
# The die is cut into six slots of 4 mm, two rows of three. The thermal network of die and package is linear, so one
# matrix says all: $M_{ij}$ is the rise in slot $i$ for each watt in slot $j$ (`data/influence_k_per_w.csv`; it is the
# inverse of the matrix of the practical's exercise 4, package included). Units and links are made up.

# %%
slots_m = np.array([[0.004, 0.004, 0.004 * column, 0.004 * row] for row in (0, 1) for column in (0, 1, 2)])
influence_k_per_w = np.loadtxt("data/influence_k_per_w.csv", delimiter=",")
units = {"npu": 13.0, "cpu": 11.0, "cache": 4.0, "dram": 5.0, "isp": 3.0, "io": 2.0}  # [W]
links = [
    ("npu", "cache", 4.0), ("npu", "dram", 3.0), ("cpu", "cache", 3.0),
    ("isp", "dram", 1.0), ("cpu", "io", 1.0), ("cpu", "dram", 1.0),
]  # fmt: skip
k_per_m = 45.0


def judged(plan):
    """Hottest rise [K] and weighted length of the wires [m] of a plan: a dict from unit to slot, 0 to 5."""
    watts = np.zeros(6)
    watts[[plan[name] for name in units]] = list(units.values())
    middle = slots_m[:, 2:] + slots_m[:, :2] / 2
    wires = sum(weight * np.abs(middle[plan[a]] - middle[plan[b]]).sum() for a, b, weight in links)
    return (influence_k_per_w @ watts).max(), wires


as_drawn = dict(zip(["npu", "cpu", "cache", "dram", "isp", "io"], range(6), strict=True))
peak_k, wires_m = judged(as_drawn)
print(f"as the layout stands: {peak_k:.2f} K in the hottest slot, {1e3 * wires_m:.0f} mm of wire (weighted)")
pd.DataFrame(influence_k_per_w, index=[f"slot {i}" for i in range(6)], columns=[f"slot {i}" for i in range(6)]).round(2)

# %% [markdown]
# A watt warms its own slot by 1.84 K, a neighbour by 0.83, the far corner by 0.63. So it matters who sits beside whom.
# But who talks to whom matters, too: a link of weight $w$ costs its length, measured in right angles from middle to
# middle of the slots, times $w$; and a metre of weight 1 is worth `k_per_m` kelvin. What is to be as small as possible:
#
# $$ \text{hottest rise in any slot} \; + \; \texttt{k\_per\_m} \cdot \sum_{\text{links}} w \cdot \text{length} $$
#
# **Exercise 1** (3 points, 8 minutes). Set `floorplan_file` to the text of a floorplan file with the best assignment of
# the six units to the six slots: one line for each unit, in any order, with its name, width, height, left edge and
# lower edge in metres, separated by tabs or spaces (HotSpot's format). The slots have one size, so all $6!$ plans can
# be tried. The die has mirror images: which of equally good plans you give is all the same.

# %% exercise={"id": "m11_floorplan_file", "reference": "m11_power_thermal.floorplan:floorplan_file"}
# floorplan_file = "npu\t0.004\t0.004\t...\n..."   the text of the file
### SOLUTION

# %% tests={"id": "m11_floorplan_file"}
lines = [line.split() for line in floorplan_file.splitlines() if line.strip()]
assert sorted(line[0] for line in lines) == sorted(units), f"each unit once: {[line[0] for line in lines]}"
assert all(len(line) == 5 for line in lines), "name, width, height, left edge, lower edge"
corners = [[float(word) for word in line[1:]] for line in lines]
assert all(np.isclose(slots_m, corner).all(axis=1).any() for corner in corners), "each in one of the slots, in metres"
placed = {
    line[0]: int(np.flatnonzero(np.isclose(slots_m, c).all(axis=1))[0]) for line, c in zip(lines, corners, strict=True)
}
assert len(set(placed.values())) == 6, "and no two in the same one"
assert judged(placed)[0] < judged(as_drawn)[0], "cooler than the layout as it stands"

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.2), layout="constrained")
for place, plan, title in zip(axes, (as_drawn, placed), ("as it stands", "yours"), strict=True):
    watts = np.zeros(6)
    watts[[plan[name] for name in units]] = list(units.values())
    rises = influence_k_per_w @ watts
    place.imshow(rises.reshape(2, 3), cmap="inferno", origin="lower", vmin=20, vmax=55, extent=(0, 12, 0, 8))
    for name, slot in plan.items():
        x, y = 1e3 * (slots_m[slot, 2:] + 0.002)
        place.text(x, y, f"{name}\n{rises[slot]:.1f} K", ha="center", va="center", color="white")
    peak_k, wires_m = judged(plan)
    place.set(xlabel="x [mm]", title=f"{title}: {peak_k:.2f} K, {1e3 * wires_m:.0f} mm")
plt.show()

# %% [markdown]
# **Notice.** Between the best and the worst of 720 plans lie 2.7 K, for nothing but a drawing. It is not the hot unit's
# place that decides: every slot is nearly as well cooled as any other. It is its *neighbours*: keep the two hottest
# apart, and give them what they talk to in between.
#
# ## 2. Plan, limit, or cooler?
#
# What are kelvins worth? At a junction temperature $T$ the cooler carries $(T - T_a)/R$ away. Leakage takes its part,
# $P_0\,e^{\beta (T - T_0)}$, and the rest is for work:
#
# $$ P_d(T) = \frac{T - T_a}{R} - P_0\, e^{\beta (T - T_0)} $$
#
# So a higher *limit* is worth something as long as a kelvin more carries away more than it makes the chip leak, and no
# longer. And a limit is a permission, no duty: a chip that could do more at a lower temperature will be run there. So
# at each limit it sustains the *largest* $P_d(T)$ with $T$ at most the limit; any temperature, not only those of a
# table.
#
# The chip has six clocks, and a dynamic power at each. Between two of them it switches to and fro, so that the clock
# that is sustained lies on the straight line between (power across, clock upwards). More than the fastest clock it
# cannot use; with less power than the slowest clock takes, it cannot run.
#
# **Exercise 2** (3 points, 8 minutes). Write `tj_figure`, a figure as plain data: the sustained clock against the
# limit, a line for each cooler. A limit at which a cooler does not sustain even the slowest clock has no point; a
# cooler without any point has no line and no mark: *name* it.


# %% exercise={"id": "m11_tj_figure", "reference": "m11_power_thermal.tj_study:tj_figure"}
def tj_figure(limits_c, coolers, chip):
    """Sustained clock against the limit of the junction's temperature, a line for each cooler, as plain data.

    limits_c: array of rising limits [degC]
    coolers:  dict, thermal resistance of each cooler, by its name [K/W]
    chip:     dict: ambient_c, nominal_c (T_a, T_0) [degC]; leakage_w (P_0) [W]; per_k (beta) [1/K];
              clocks_ghz [GHz] and dynamic_w [W], two lists, both rising

    Returns a dict with
        title:    a text
        x, y:     dicts with `label` (ending in the unit, [degC] and [GHz]), `scale` ("linear"), `limits` (first and
                  last limit; 0 and the fastest clock)
        series:   list of dicts, one for each cooler in the order given, with `label` (its name), `kind` ("line"), `x`
                  (limits [degC]) and `y` (sustained clocks [GHz])
        marks:    for each line a dict with its `label`, and `x` and `y` of the first of its points that is at most
                  0.001 GHz below its last one: from there on a higher limit buys nothing
        left_out: list of the names of coolers that have no line
    """
    ### SOLUTION


# %% tests={"id": "m11_tj_figure"}
small = {
    "ambient_c": 25.0,
    "nominal_c": 60.0,
    "leakage_w": 10.0,
    "per_k": 0.02,
    "clocks_ghz": [1.0, 2.0],
    "dynamic_w": [20.0, 60.0],
}
plain = tj_figure(np.array([40.0, 60.0, 80.0]), {"fan": 0.5, "none": 3.0}, small)
assert set(plain) == {"title", "x", "y", "series", "marks", "left_out"}, f"these parts: {sorted(plain)}"
assert [one["label"] for one in plain["series"]] == ["fan"], "one cooler is enough, one is not"
assert plain["left_out"] == ["none"], f"with 3 K/W not even the slowest clock is sustained: {plain['left_out']}"
assert np.allclose(plain["series"][0]["y"], [1.0824, 2.0, 2.0], atol=1e-4), (
    f"30 W at 40 degrees, less 6.7 W: {plain['series'][0]}"
)
assert [mark["x"] for mark in plain["marks"]] == [60.0], f"from 60 degrees on it runs at its fastest: {plain['marks']}"

# %%
CHIP = {
    "ambient_c": 35.0, "nominal_c": 60.0, "leakage_w": 9.0, "per_k": 0.02,
    "clocks_ghz": [0.6, 1.0, 1.4, 1.8, 2.2, 2.6], "dynamic_w": [6.0, 11.0, 18.0, 28.0, 43.0, 66.0],
}  # fmt: skip
COOLERS = {"fan": 0.8, "heat pipe": 1.2, "finned case": 1.9, "bare case": 3.0}  # [K/W]
plain = tj_figure(np.arange(60.0, 126.0), COOLERS, CHIP)
figure, axes = plt.subplots()
for one, colour in zip(plain["series"], (GREEN, BLUE, ORANGE), strict=False):
    axes.plot(one["x"], one["y"], color=colour, label=one["label"])
for mark in plain["marks"]:
    axes.plot(mark["x"], mark["y"], "o", color=GREY, markersize=5)
    axes.annotate(
        f"{mark['x']:.0f} degC", (mark["x"], mark["y"]), xytext=(-8, 7), textcoords="offset points", fontsize=9
    )
axes.set(xlabel=plain["x"]["label"], ylabel=plain["y"]["label"], title=plain["title"])
axes.set(xlim=plain["x"]["limits"], ylim=(0, 2.8))
axes.legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# **Notice.** The finned case gains nothing from about 112 degrees on: there each kelvin makes more heat than it
# carries away. That is the same point at which a chip at constant power would run away; here it shows as a line that is
# flat.
#
# Today's product has the heat pipe, a limit of 85 degrees, and the layout as it stands. What is offered:

# %%
DRAWS_W = {"fan": 2.0, "heat pipe": 0.0}


def option(cooler, limit_c):
    """Clock [GHz], power of chip and fan [W], and GHz a watt, at a limit."""
    lines = {one["label"]: one for one in tj_figure(np.array([60.0, limit_c]), COOLERS, CHIP)["series"]}
    clock = lines[cooler]["y"][-1]
    leaks = CHIP["leakage_w"] * np.exp(CHIP["per_k"] * (limit_c - CHIP["nominal_c"]))
    power = np.interp(clock, CHIP["clocks_ghz"], CHIP["dynamic_w"]) + leaks + DRAWS_W[cooler]
    return [clock, leaks, power, 1e3 * clock / power]


gained_k = judged(as_drawn)[0] - judged(placed)[0]
options = {
    "today": option("heat pipe", 85.0),
    "A: another layout": option("heat pipe", 85.0 + gained_k),  # at the same temperature of the hottest slot
    "B: a limit of 105 degrees": option("heat pipe", 105.0),
    "C: a fan": option("fan", 85.0),
    "D: a limit of 75 degrees": option("heat pipe", 75.0),
}
pd.DataFrame(options, index=["clock [GHz]", "leakage [W]", "power [W]", "MHz a watt"]).T.round(2)

# %% [markdown]
# (For A the numbers are those of a limit that is as much higher as the hottest slot is cooler: leakage is a little
# overstated.)
#
# ## 3. What was measured
#
# So much for the model. Prototypes of *today* and of *C* ran the same 20 minutes of video, eight times each, at 35
# degrees, after 10 minutes of warming up; a meter in the 12 V supply saw the whole board. (Constructed, not measured.)

# %%
rng = np.random.default_rng(1108)
runs = pd.DataFrame(
    {
        "prototype": np.repeat(["today", "C"], 8),
        "frames/s": np.r_[61.0 + rng.normal(0, 0.5, 8), 78.0 + rng.normal(0, 0.7, 8)].round(1),
        "board [W]": np.r_[51.5 + rng.normal(0, 0.9, 8), 74.5 + rng.normal(0, 1.2, 8)].round(1),
    }
)
runs["frames/J"] = runs["frames/s"] / runs["board [W]"]
summary = runs.groupby("prototype")[["frames/s", "board [W]", "frames/J"]].agg(["mean", "std"]).round(3)
print("eight runs each; Student's t for 95 % and 7 degrees of freedom is 2.36, for the difference of both (14) 2.14")
summary

# %% [markdown] exercise={"id": "m11_perf_per_watt_page"}
# **Exercise 3** (4 points, 7 minutes). *One page about perf/W.* In about 200 words:
#
# 1. State frames per joule of *today* and of *C*, each with a 95 % interval, and whether they differ.
# 2. Say under which conditions the numbers hold: name four things that somebody must keep the same to get them again.
# 3. Which of A to D do you propose, in which order? Give for each of them what it buys and what it costs, in numbers.
# 4. Where may model and measurement mislead you here? One thing for each, and what you would measure to find out.

# %% [markdown]
# You have followed one chip from its drawing to a page with an interval on it. In the novel scenario nobody has laid
# out the road: a machine of your own, a limit, and as many tokens a joule as you can get.
