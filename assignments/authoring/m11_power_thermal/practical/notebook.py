# %% [markdown]
# # Module 11 · Power & Thermal Awareness: practical
#
# A chip that could do more stands still, because it is too hot; another does half the work for a third of the energy,
# because somebody looked. Between the counters of a simulation and "performance per watt" on a slide lie a dozen small
# models. This notebook builds them, in the order in which heat is made, flows, and is paid for:
#
# 1. **Activity:** how much power is what the counters counted?
# 2. **Leakage:** what flows while nothing happens?
# 3. **Calibration:** how far may a model be trusted that was fitted to three meters?
# 4. **Heat flow:** how hot does each block get, and how soon?
# 5. **Runaway:** when does warmth make more warmth than leaves?
# 6. **Clocks:** which state next?
# 7. **Metrics:** which design is best, and by which measure?
# 8. **Meters:** memory's share, and a counter that wraps.
#
# There are ten exercises, 45 points, and about an hour and three quarters of work. Write your answer where it says
# `YOUR CODE HERE`; add cells of your own wherever you like to try things out. The cell below each answer holds tests
# that you can see. **When they pass, and Validate passes, that is the beginning:** the hidden checks try other chips,
# other plans, other days, and the cases at the edge that the text names.
#
# Units stand in the names: `_w` watt, `_j` joule, `_k` kelvin, `_c` degrees Celsius, `_v` volt, `_m` metre. Whatever is
# given as an array may be a list, too; a function that gives an array may give a list.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import optimize, special

plt.rcParams.update(
    {"figure.figsize": (8.5, 4.4), "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"}
)
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8A8A8A"
COLOURS = (BLUE, ORANGE, GREEN, RED, "#56B4E9", GREY)

# %% [markdown]
# ## 1. How much power is what the counters counted?
#
# Charging a capacitance $C$ to a voltage $V$ takes $C V^2$ from the supply; it is given back to nobody. Done $\alpha$
# times in each cycle of a clock $f$ that is the **dynamic power** $P = \alpha C V^2 f$ (Chandrakasan, Sheng, Brodersen,
# IEEE JSSC 27(4), 1992). Nobody knows $\alpha$ and $C$ of a whole unit. What one has is a table: the energy $e_u$ of
# one *event* of unit $u$ (an instruction decoded, a line read) at a nominal voltage $V_0$; and what the unit's clock
# tree takes in each *cycle*, $c_u$, whether or not anything happens, unless the clock is **gated**: then nothing, in a
# share $g_u$ of the cycles.
#
# **What the model leaves out.** Data: an adder that adds zeros takes less. Glitches are in the table, or nowhere.
#
# **Exercise 1** (4 points, 8 minutes). Write `unit_power_w`. All energies of the table hold at `nominal_v`. Counters
# were read for one window, or for many: then `events` and `gated_share` have a row for each window, and clock and
# supply may be one number for all windows, or an array with one for each.


# %% exercise={"id": "m11_unit_power_w", "reference": "m11_power_thermal.dynamic_power:unit_power_w"}
def unit_power_w(events, event_j, clock_j, gated_share, window_s, frequency_hz, voltage_v, nominal_v):
    """Dynamic power of each unit of a chip, from what its counters counted [W]: as many rows and columns as `events`.

    events:       events of each unit in a window; (units,) or (windows, units) [1]
    event_j:      energy of one event of each unit, at the nominal voltage [J]
    clock_j:      energy that each unit's clock tree takes in one cycle, at the nominal voltage [J]
    gated_share:  share of the cycles in which the unit's clock is gated; like `events` [1]
    window_s:     length of a window, the same for all [s]
    frequency_hz: clock; one number, or one for each window [Hz]
    voltage_v:    supply; one number, or one for each window [V]
    nominal_v:    voltage at which the energies hold [V]

    Raises ValueError if a share is below 0 or above 1, a count is negative, or window, clock, or a voltage is not
    positive.
    """
    ### SOLUTION


# %% tests={"id": "m11_unit_power_w"}
# A billion events of 20 pJ in a second; a clock tree of 10 pJ at 1 GHz, gated half of the time.
one_unit = unit_power_w([1e9], [20e-12], [10e-12], [0.5], 1.0, 1e9, 1.0, 1.0)
assert np.shape(one_unit) == (1,), "one unit, one power"
assert np.isclose(one_unit[0], 0.025), f"20 mW of events and 5 mW of clock make 25 mW, not {1e3 * one_unit[0]:.3f} mW"
halved = unit_power_w([1e9], [20e-12], [10e-12], [0.5], 1.0, 1e9, 0.5, 1.0)
assert np.isclose(halved[0], 0.025 / 4), f"half the voltage, a quarter of the power: not {1e3 * halved[0]:.3f} mW"
windows = unit_power_w(
    np.ones((3, 2)), [1.0, 2.0], [0.0, 0.0], np.zeros((3, 2)), 1.0, [1.0, 1.0, 1.0], [1.0, 2.0, 3.0], 1.0
)
assert np.shape(windows) == (3, 2), "three windows, two units"
try:
    unit_power_w([1e9], [20e-12], [10e-12], [1.5], 1.0, 1e9, 1.0, 1.0)
except ValueError:
    pass
else:
    raise AssertionError("a clock cannot be gated for one and a half of the time: raise ValueError")

# %% [markdown]
# A made-up core of six units, and a program that computes, waits for memory, and computes again: power over time,
# window by window of 100 us, without gating and with clocks that stop when a unit has nothing to do.

# %%
units = ["fetch", "rename", "integer", "float", "load/store", "L2"]
event_j = 1e-12 * np.array([22, 9, 14, 45, 30, 180])
clock_j = 1e-12 * np.array([18, 8, 16, 40, 22, 35])
phase = np.repeat([0, 1, 0], 20)[:, np.newaxis]
per_cycle = np.where(phase == 0, [1.6, 1.6, 1.0, 0.7, 0.6, 0.01], [0.2, 0.2, 0.1, 0.0, 0.15, 0.06])
idle = np.clip(1 - per_cycle, 0, 0.9)
figure, axes = plt.subplots(1, 2, figsize=(9.5, 4), sharey=True, layout="constrained")
for place, title in zip(axes, ("no clock is gated", "idle clocks are gated"), strict=True):
    gated = idle if "are" in title else 0 * idle
    power_w = np.asarray(unit_power_w(per_cycle * 2.5e5, event_j, clock_j, gated, 1e-4, 2.5e9, 0.9, 1.0))
    place.stackplot(0.1 * np.arange(60), power_w.T, labels=units, step="post", colors=COLOURS)
    place.set(xlabel="time [ms]", title=f"{title}: {power_w.sum(axis=1).mean():.2f} W")
axes[0].set_ylabel("power [W]")
axes[1].legend(frameon=False, fontsize=8, ncols=2, loc="upper right")
plt.show()

# %% [markdown]
# **Notice.** While it waits, the core counts an eighth of the events and draws nearly two thirds of the power: clocks
# run for nobody. Gating them is worth a third of the whole. What is left is voltage: everything in the picture scales
# with its square.

# %% [markdown]
# ## 2. What flows while nothing happens?
#
# Transistors that are off still leak, the more the warmer they are and the higher the supply. Over a range that matters
# this fits well, with a nominal point $(V_0, T_0)$:
#
# $$ P = P_0\, \frac{V}{V_0}\, e^{k (V - V_0)}\, e^{\beta (T - T_0)} $$
#
# (a fit of ours; Butts and Sohi, "A Static Power Model for Architects", MICRO 2000, has the factor $V$, Liao, He and
# Lepak, IEEE TCAD 2005, a current of several terms). Three numbers are wanted: $P_0$, $k$, $\beta$. Take the logarithm
# of the law, and it is linear in two of them and in the logarithm of the third. **Least squares of the logarithm** let
# each measurement count by its relative error, whether it was made cold, at half a watt, or hot, at fifty.
#
# **What the model leaves out.** One exponent for all temperatures; look at the table below.
#
# **Exercise 2** (4 points, 8 minutes). Write `leakage_fit`. How many kelvin double the leakage is a number that people
# remember: give it, too.


# %% exercise={"id": "m11_leakage_fit", "reference": "m11_power_thermal.leakage:leakage_fit"}
def leakage_fit(power_w, voltage_v, temperature_c, nominal_v, nominal_c):
    """Law of the leakage that was measured, by least squares of its logarithm; each measurement counts alike.

    power_w:       leakage that was measured; an array [W]
    voltage_v:     at which supply; an array of that length [V]
    temperature_c: at which temperature; an array of that length [degC]
    nominal_v:     voltage of the nominal point, where nothing need have been measured [V]
    nominal_c:     its temperature [degC]

    Returns a dict with `nominal_w` (P0, [W]), `per_v` (k, [1/V]), `per_k` (beta, [1/K]) and `doubling_k` (the kelvin
    that double the leakage, [K]).

    Raises ValueError if a power or a voltage is not positive, or if the measurements do not determine three numbers:
    fewer than three, or, for instance, all at one voltage, or all at one temperature.
    """
    ### SOLUTION


# %% tests={"id": "m11_leakage_fit"}
fit = leakage_fit([10.0, 20.0, 26.6], [1.0, 1.0, 1.1], [60.0, 95.0, 95.0], nominal_v=1.0, nominal_c=60.0)
assert set(fit) == {"nominal_w", "per_v", "per_k", "doubling_k"}, f"these four: {sorted(fit)}"
assert np.isclose(fit["nominal_w"], 10.0), f"at 1 V and 60 degrees it was 10 W, not {fit['nominal_w']} W"
assert np.isclose(fit["doubling_k"], 35.0), f"35 K more, twice the power: {fit['doubling_k']} K"
assert np.isclose(fit["per_v"], 1.8987, atol=5e-5), f"26.6 W at 1.1 V: {fit['per_v']} per volt"
try:
    leakage_fit([10.0, 20.0, 30.0], [1.0, 1.0, 1.0], [60.0, 80.0, 95.0], 1.0, 60.0)
except ValueError:
    pass
else:
    raise AssertionError("measured at one voltage only, k may be anything: raise ValueError")

# %% [markdown]
# McPAT has physics where we have a fit. It was run for a 40 nm Arm A9 at five temperatures (`data/a9_leakage.csv`).
# How many kelvin double the leakage between two neighbours?

# %%
a9 = pd.read_csv("data/a9_leakage.csv")
steps = np.diff(np.log(a9["leakage_w"])) / np.diff(a9["temperature_k"])
pd.DataFrame(
    {
        "from [K]": a9["temperature_k"].to_numpy()[:-1],
        "to [K]": a9["temperature_k"].to_numpy()[1:],
        "doubles in [K]": np.log(2) / steps,
    }
).round(1)

# %% [markdown]
# **Notice.** From 35 K near room temperature to 52 K near 100 degrees: a fit is good where it was measured, and too
# high beyond. Whoever extrapolates from a cold laboratory to a hot product predicts a runaway that does not come.

# %% [markdown]
# ## 3. How far may a calibrated model be trusted?
#
# A model such as McPAT (Li et al., MICRO 2009) gives the power of every unit; silicon gives one number for the whole
# chip. So one runs a few **anchor** workloads on both, and corrects each unit by a factor $s_u$. With three anchors and
# six units there are endless ways to be right on the anchors. Two things make the answer unique and honest: factors
# stay *near 1* unless the anchors say otherwise, and *within limits* that an energy table can be wrong by:
#
# $$ \min_{l \le s_u \le h} \; \sum_{w \in \text{anchors}} \left( \frac{\sum_u s_u p_{wu} + q_w - m_w}{m_w} \right)^2
#    + r \sum_u (s_u - 1)^2 $$
#
# $p_{wu}$ is the model's power of unit $u$ in workload $w$, $q_w$ what is not in question (leakage), $m_w$ what the
# meter showed. Workloads that are no anchors are **held out**: what the corrected model says of them is the only honest
# test of it.
#
# **What the model leaves out.** Errors in the *activity*: a factor on an energy then mends one workload and breaks
# another.
#
# **Exercise 3** (5 points, 12 minutes). Write `calibrated_scales`. The limits belong *into* the search: factors that
# are cut afterwards leave their part of the error to nobody. (`optimize.lsq_linear` takes bounds, and a term $r (s_u -
# 1)^2$ is one more row of a least-squares problem.) Factors are compared to three digits.


# %% exercise={"id": "m11_calibrated_scales", "reference": "m11_power_thermal.power_calibration:calibrated_scales"}
def calibrated_scales(unit_w, other_w, measured_w, anchors, low=0.5, high=2.0, ridge=0.01):
    """Factor for each unit of a power model, from the total power of a few workloads.

    unit_w:     power of each unit by the model; (workloads, units) [W]
    other_w:    what is not in question, of each workload [W]
    measured_w: total power that was measured, of each workload [W]
    anchors:    list of rows to calibrate on, counted from 0; the others are held out [1]
    low:        least factor that is allowed [1]
    high:       largest factor that is allowed [1]
    ridge:      r, the weight of a factor's squared distance from 1 [1]

    Returns a dict with `scales`, an array with the factor of each unit [1], and `errors`, an array with an entry for
    each workload, held out or not: what the corrected model says over what was measured, less 1 [1].

    Raises ValueError if there is no anchor, a measured power or the ridge is not positive, or it is not true that
    0 < low < 1 < high.
    """
    ### SOLUTION


# %% tests={"id": "m11_calibrated_scales"}
# One unit that the model believes to draw 3 W; 1 W of leakage; the meter shows 5 W. Then twice as much of the unit.
corrected = calibrated_scales([[3.0], [6.0]], [1.0, 1.0], [5.0, 9.0], anchors=[0], ridge=1e-9)
assert set(corrected) == {"scales", "errors"}, f"these two: {sorted(corrected)}"
assert np.allclose(corrected["scales"], [4 / 3], atol=1e-4), f"4 W instead of 3: {corrected['scales']}"
assert np.allclose(corrected["errors"], [0, 0], atol=1e-4), f"two workloads, both explained: {corrected['errors']}"
bound = calibrated_scales([[3.0]], [1.0], [10.0], anchors=[0], ridge=1e-9)
assert np.allclose(bound["scales"], [2.0], atol=1e-4), (
    f"9 W instead of 3 is more than the limits allow: {bound['scales']}"
)
try:
    calibrated_scales([[3.0]], [1.0], [5.0], anchors=[])
except ValueError:
    pass
else:
    raise AssertionError("without an anchor there is nothing to calibrate on: raise ValueError")

# %% [markdown]
# Six units, eight workloads (`data/power_anchors.csv`, constructed: the true factors are known, and the meter errs by a
# per cent). The first three are anchors.

# %%
anchors = pd.read_csv("data/power_anchors.csv").set_index("workload")
true_scales = np.array([1.0, 1.25, 0.8, 1.5, 1.1, 0.9])
columns = [name for name in anchors.columns if name not in ("other_w", "measured_w")]
before = (anchors[columns].sum(axis=1) + anchors["other_w"]) / anchors["measured_w"] - 1
table = {
    "table as it is": before,
    "true factors": (anchors[columns] @ true_scales + anchors["other_w"]) / anchors["measured_w"] - 1,
}
for ridge in (1e-6, 0.01, 1.0):
    found = calibrated_scales(
        anchors[columns].to_numpy(),
        anchors["other_w"].to_numpy(),
        anchors["measured_w"].to_numpy(),
        [0, 1, 2],
        ridge=ridge,
    )
    table[f"r = {ridge:g}"] = np.asarray(found["errors"])
seen = anchors[columns].to_numpy()[:3]
wanted = (anchors["measured_w"] - anchors["other_w"]).to_numpy()[:3]
free, _ = optimize.nnls(seen, wanted)  # any factors that are not negative
table["any factor"] = (anchors[columns] @ free + anchors["other_w"]) / anchors["measured_w"] - 1
print(f"the meter itself is within {special.ndtri(0.975):.2f} % in 19 of 20 cases; the first three are the anchors")
(100 * pd.DataFrame(table, index=anchors.index)).round(1)

# %% [markdown]
# **Notice.** The smaller $r$, the better the anchors; with any factors at all they are exact. Look at the *other* rows
# before you are proud of it. A calibration that reports its anchors reports what it was told.

# %% [markdown]
# ## 4. How hot does each block get, and how soon?
#
# Heat flows through silicon, an interface of paste, a copper spreader, a sink, and into the air, as current flows
# through resistors. **HotSpot's block model** (Skadron et al., "Temperature-aware microarchitecture", ISCA 2003) cuts
# every layer like the floorplan: each block of each layer is a node with one temperature. You build the middle of it,
# the conductances within the die's shadow, exactly as HotSpot 7 has them:
#
# - **Down.** Between block $i$ of a layer and block $i$ of the next one below lies the whole thickness $t$ of the
#   *upper* of the two: $G = k\,w\,h / t$, with $k$ and $t$ of the upper layer, width $w$ and height $h$ of the block.
# - **Sideways.** In each layer, two blocks that share an edge of length $e$ meet through half of each, one after the
#   other: side by side (in $x$) $1/G = \frac{w_i/2}{k\,e\,t} + \frac{w_j/2}{k\,e\,t}$; one above the other (in $y$)
#   the same with heights. Only the part of the edge that they have *in common* counts. Two edges are the same if they
#   lie less than $10^{-6}$ m apart; less than $10^{-6}$ m in common is no common edge, so blocks that meet at a corner
#   do not touch.
#
# Collected in a matrix $B$, a **Laplacian**: $B_{ij} = -G_{ij}$ off the diagonal, and on it the sum of all that lead
# away from the node. $B T$ is then the heat that leaves each node. Row $l n + i$ belongs to layer $l$ (0 is the die)
# and block $i$, with $n$ blocks in a layer.
#
# **What the model leaves out.** A block's own hot corner. A long thin block should be cut.
#
# **Exercise 4** (6 points, 14 minutes). Write `stack_w_per_k`, for any number of layers.


# %% exercise={"id": "m11_stack_w_per_k", "reference": "m11_power_thermal.block_stack:stack_w_per_k"}
def stack_w_per_k(blocks_m, thickness_m, conductivity_w_per_mk):
    """Conductance matrix of a stack of layers that are all cut like one floorplan [W/K]: a Laplacian.

    blocks_m:              width, height, left edge, lower edge of each block; (n, 4) [m]
    thickness_m:           thickness of each layer, from the die downwards; (layers,) [m]
    conductivity_w_per_mk: its thermal conductivity; (layers,) [W/(m K)]

    Returns an array of shape (layers * n, layers * n). There may be gaps between blocks: no heat crosses them.

    Raises ValueError if a width, a height, a thickness or a conductivity is not positive, or if two blocks overlap by
    more than 1e-6 m in both directions.
    """
    ### SOLUTION


# %% tests={"id": "m11_stack_w_per_k"}
pair = np.array(stack_w_per_k([[0.01, 0.01, 0, 0], [0.01, 0.01, 0.01, 0]], [0.001], [100.0]))
assert pair.shape == (2, 2), "two blocks in one layer"
assert np.allclose(pair, [[0.1, -0.1], [-0.1, 0.1]]), f"a centimetre of silicon between the middles: 0.1 W/K\n{pair}"
die = np.array(stack_w_per_k([[0.01, 0.01, 0, 0]], [0.00015, 2e-5, 0.001, 0.0069], [130, 4, 400, 400]))
assert np.allclose(np.diag(die, 1), [-86.6667, -20, -40]), f"HotSpot's single die: 86.6667, 20, 40 W/K\n{die}"
assert np.allclose(die.sum(axis=1), 0), "what leaves a node reaches another: rows add up to nothing"
try:
    stack_w_per_k([[0.01, 0.01, 0, 0], [0.01, 0.01, 0.005, 0]], [0.001], [100.0])
except ValueError:
    pass
else:
    raise AssertionError("two blocks in one place: raise ValueError")

# %% [markdown]
# What is left is beyond the die: spreader and sink are larger. HotSpot gives each of the four sides three more nodes,
# and lets each part of the sink pass heat to the air by its share of the area. The cell below adds them, with HotSpot's
# rules, and its defaults for the package; you need not read it.

# %%
PACKAGE = {
    "t": [0.00015, 2e-5, 0.001, 0.0069], "k": [130.0, 4.0, 400.0, 400.0], "p": [1630300.0, 4e6, 3.55e6, 3.55e6],
    "spreader": 0.03, "sink": 0.06, "r_convec": 0.1, "c_convec": 140.4,
}  # fmt: skip


def packaged(blocks_m, package=PACKAGE):
    """The whole network: conductances [W/K], conductances to the air [W/K], capacitances [J/K]; 4 n + 12 nodes."""
    blocks, n = np.asarray(blocks_m, dtype=float), len(blocks_m)
    (t, k, p), s, z = (package[name] for name in "tkp"), package["spreader"], package["sink"]
    b = np.zeros((4 * n + 12, 4 * n + 12))
    b[: 4 * n, : 4 * n] = stack_w_per_k(blocks, t, k)
    corner, far = blocks[:, 2:].min(axis=0), (blocks[:, 2:] + blocks[:, :2]).max(axis=0)
    sides, area = far - corner, np.zeros(4 * n + 12)
    area[: 4 * n] = np.tile(blocks[:, 0] * blocks[:, 1], 4)

    def connect(i, j, g):
        b[i, j] -= g
        b[j, i] -= g
        b[i, i] += g
        b[j, j] += g

    for side in range(4):  # west, east, north, south
        axis, ends = side // 2, blocks[:, 2 + side // 2] + (side in (1, 2)) * blocks[:, side // 2]
        along, across = sides[axis], sides[1 - axis]
        rim = np.abs(ends - (far if side in (1, 2) else corner)[axis]) < 1e-6
        ring = 4 * n + side + np.array([0, 4, 8])
        area[ring[:2]], area[ring[2]] = (s + across) * (s - along) / 4, (z * z - s * s) / 4
        for layer in (2, 3):
            half = k[layer] * t[layer] * blocks[rim, 1 - axis] / (blocks[rim, axis] / 2)
            trapezoid = (s - along) / (k[layer] * t[layer] * (s + 3 * across))
            for block, g in zip(np.flatnonzero(rim), 1 / (1 / half + trapezoid * half.sum() / half), strict=True):
                connect(layer * n + block, ring[layer - 2], g)
        connect(ring[0], ring[1], k[2] * area[ring[0]] / t[2])
        outward = (s - along) / (3 * s + across) + (z - s) / (z + 3 * s)
        connect(ring[1], ring[2], k[3] * t[3] / outward)
    to_air = np.r_[np.zeros(3 * n), area[3 * n : 4 * n], np.zeros(4), area[4 * n + 4 :]]
    air = to_air / (package["r_convec"] * z * z + t[3] / k[3])
    held = np.r_[np.repeat(np.multiply(p, t), n), np.full(4, p[2] * t[2]), np.full(8, p[3] * t[3])]
    heat = 0.333 * (held * area + package["c_convec"] * to_air / (z * z))
    return b + np.diag(air), air, heat


four = [[0.006, 0.006, 0, 0], [0.006, 0.006, 0.006, 0], [0.006, 0.006, 0, 0.006], [0.006, 0.006, 0.006, 0.006]]
conductance, air, heat = packaged(four)
rise_k = np.linalg.solve(conductance, np.r_[20.0, 2.0, 2.0, 2.0, np.zeros(24)])
figure, axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
axes[0].imshow(rise_k[:4].reshape(2, 2), cmap="inferno", origin="lower", extent=(0, 12, 0, 12), vmin=0, vmax=12)
for block, (w, h, x, y) in enumerate(four):
    axes[0].text(1e3 * (x + w / 2), 1e3 * (y + h / 2), f"{rise_k[block]:.1f} K", ha="center", color="white")
axes[0].set(xlabel="x [mm]", ylabel="y [mm]", title="20 W in one block, 2 W in each other")
layers = rise_k[:16].reshape(4, 4)
for block, colour, label in ((0, RED, "below the hot block"), (3, BLUE, "below the far corner")):
    axes[1].plot(["die", "interface", "spreader", "sink"], layers[:, block], "o-", color=colour, label=label)
axes[1].set(ylabel="rise above the air [K]", title="On the way down")
axes[1].legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** All blocks sit on one lump of copper, so all of them rise. Half of what makes the hot block *different* is
# two hundredths of a millimetre of paste: a larger sink would cool all, and leave that as it is.

# %% [markdown]
# ### How soon?
#
# Each node also holds heat, $C$ joules a kelvin. With rises $x$ above the air and powers $p$
#
# $$ C\, \dot{x} = p - B\, x . $$
#
# A die answers within milliseconds, a sink within minutes: the system is **stiff**. A method that takes small steps
# must take them as small as the fastest node wants (Runge-Kutta's fourth order may step no further than $2.785$ over
# the largest eigenvalue of $C^{-1} B$), however slowly everything else moves. But while power is constant, the solution
# is known. Let $A = C^{-1/2} B\, C^{-1/2}$; it is symmetric, $A = U \Lambda U^{\mathsf T}$, and in $z = U^{\mathsf T}
# C^{1/2} x$ the nodes are strangers: each $z_m$ goes its own exponential way, with a rate $\lambda_m$, towards the
# value at which it would rest.
#
# **What the model leaves out.** Power that follows the temperature within a step.
#
# **Exercise 5** (5 points, 12 minutes). Write `rises_k`: the rises at the *end* of each step. It must be exact for
# power that is constant within a step, however long the step is, up to 0.01 K; and fast: a thousand steps of twenty
# nodes, a thousand times as long as the fastest node's time, in a small part of a second. `B` is symmetric; its
# diagonal holds whatever leads to the air. There may be parts from which nothing leads away: their heat stays.


# %% exercise={"id": "m11_rises_k", "reference": "m11_power_thermal.transient:rises_k"}
def rises_k(conductance_w_per_k, capacitance_j_per_k, power_w, step_s, start_k=0.0):
    """Rise of each node above the air at the end of each step [K]; (steps, nodes).

    conductance_w_per_k: B, the matrix of the network; (nodes, nodes) [W/K]
    capacitance_j_per_k: C of each node; (nodes,) [J/K]
    power_w:             power of each node during each step; (steps, nodes) [W]
    step_s:              length of a step, the same for all [s]
    start_k:             rise of each node before the first step; one number is that of all nodes [K]

    Raises ValueError if a capacitance or the step is not positive.
    """
    ### SOLUTION


# %% tests={"id": "m11_rises_k"}
# 2 J/K and 0.5 W/K: 4 s are a time constant. 10 W for that long, then nothing.
charged = np.array(rises_k([[0.5]], [2.0], [[10.0], [0.0]], 4.0))
assert charged.shape == (2, 1), "two steps, one node"
assert np.allclose(charged[:, 0], [12.6424, 4.6509], atol=1e-4), f"63 % of 20 K, and 37 % of that: {charged[:, 0]}"
rest = np.array(rises_k(conductance, heat, np.zeros((3, 28)), 1.0, start_k=rise_k))
assert np.all(np.diff(rest, axis=0) < 0), "without power everything cools"
held = np.array(
    rises_k(conductance, heat, np.tile(np.r_[20.0, 2.0, 2.0, 2.0, np.zeros(24)], (2, 1)), 1.0, start_k=rise_k)
)
assert np.allclose(held, rise_k), "what has settled stays, under the same power"

# %%
pulses = np.zeros((4000, 28))
pulses[:, 0] = np.where(np.arange(4000) % 400 < 100, 80.0, 0.0)  # 80 W for a quarter of the time, 20 W on average
fast = np.array(rises_k(conductance, heat, pulses, 0.001, start_k=rise_k))
figure, axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
axes[0].plot(np.arange(4000) / 1000, fast[:, 0], color=RED, linewidth=0.8, label="die")
axes[0].plot(np.arange(4000) / 1000, fast[:, 12], color=BLUE, label="sink below")
axes[0].set(xlabel="time [s]", ylabel="rise [K]", title="80 W pulses, 20 W on average", ylim=(0, None))
axes[0].legend(frameon=False)
cold = np.array(rises_k(conductance, heat, np.tile(np.r_[20.0, np.zeros(27)], (6000, 1)), 0.01))
axes[1].semilogx(0.01 * np.arange(1, 6001), cold[:, 0], color=RED)
axes[1].set(xlabel="time [s]", title="20 W, from cold", ylim=(0, None))
print(
    f"peak {fast[:, 0].max():.1f} K, mean {fast[:, 0].mean():.1f} K; cold start: "
    + ", ".join(f"{cold[step - 1, 0]:.1f} K after {step / 100:g} s" for step in (10, 100, 1000, 6000))
)
plt.show()

# %% [markdown]
# **Notice.** Left: the average of 20 W explains a mean of 9.4 K, and not the peaks, which are nearly three times as
# high. A sensor that is read once a second, or a power trace that was averaged over one, misses them. Right: two thirds
# of the rise are there within a tenth of a second, and the rest takes half a minute. Whoever measures for a second
# measures a machine that nobody will have.

# %% [markdown]
# ## 5. When does warmth make more warmth than leaves?
#
# Leakage warms the chip, and a warm chip leaks. With one thermal resistance $R$ to a coolant at $T_a$:
#
# $$ T = T_a + R \left( P_d + P_0\, e^{\beta (T - T_0)} \right) $$
#
# The right side is an exponential, the left one a straight line: they meet twice, once, or never. Twice, a chip that
# comes from below settles at the *lower* meeting point. Never: whatever the temperature, more heat is made than leaves:
# **thermal runaway**. An equation of the form $y\,e^{y} = u$ has the solution $y = W_0(u)$, for $u \ge -1/e$
# (Lambert's function; `special.lambertw`, which gives complex numbers). Halving does it, too: below the temperature at
# which the exponential's slope is that of the line, there is one solution or none.
#
# **What the model leaves out.** A hot block that leaks for its cold neighbours; a throttle that comes first.
#
# **Exercise 6** (4 points, 9 minutes). Write `settled_temperature_c`. All arguments may be numbers or arrays that
# broadcast. Where a chip runs away, the temperature is infinite. A chip that could just settle, settles.


# %% exercise={"id": "m11_settled_temperature_c", "reference": "m11_power_thermal.runaway:settled_temperature_c"}
def settled_temperature_c(ambient_c, resistance_k_per_w, dynamic_w, leakage_w, per_k, nominal_c):
    """Temperature at which a chip settles that leaks the more the hotter it is [degC]; infinite where it runs away.

    ambient_c:          temperature of the coolant, at which the chip begins [degC]
    resistance_k_per_w: R, from the junction to the coolant [K/W]
    dynamic_w:          P_d, power that does not depend on the temperature [W]
    leakage_w:          P_0, leakage at the nominal temperature; may be 0 [W]
    per_k:              beta, exponent of the leakage [1/K]
    nominal_c:          T_0, nominal temperature [degC]

    Raises ValueError if a resistance or an exponent is not positive, or a power is negative.
    """
    ### SOLUTION


# %% tests={"id": "m11_settled_temperature_c"}
settled_c = settled_temperature_c(45.0, [0.5, 0.8], 80.0, 15.0, 0.02, 60.0)
assert np.shape(settled_c) == (2,), "two coolers, two temperatures"
assert np.isclose(settled_c[0], 102.5730, atol=5e-5), f"with 0.5 K/W it settles at 102.5730 degrees, not {settled_c[0]}"
assert settled_c[1] == np.inf, "with 0.8 K/W it runs away"
try:
    settled_temperature_c(45.0, 0.0, 80.0, 15.0, 0.02, 60.0)
except ValueError:
    pass
else:
    raise AssertionError("heat that meets no resistance: raise ValueError")

# %%
dynamic_w = np.linspace(0, 140, 281)
figure, axes = plt.subplots()
for resistance, colour in ((0.3, GREEN), (0.5, BLUE), (0.8, ORANGE)):
    settled_c = np.asarray(settled_temperature_c(45.0, resistance, dynamic_w, 15.0, 0.02, 60.0))
    axes.plot(dynamic_w, settled_c, color=colour, label=f"{resistance} K/W")
    axes.plot(dynamic_w, 45 + resistance * (dynamic_w + 15), color=colour, linewidth=0.8, linestyle=":")
axes.set(
    xlabel="dynamic power [W]",
    ylabel="settled temperature [degC]",
    ylim=(40, 160),
    title="With leakage, and (dotted) without its growth",
)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Notice.** A line does not end in a wall because something melts there. It ends where its slope has become infinite:
# the last watt before the end costs many kelvin. So the *margin to runaway*, in watts, is worth more than a
# temperature.

# %% [markdown]
# ## 6. Which state next?
#
# A core has states of clock and voltage; the voltage follows from the clock by $f = k\,(V - V_t)^\alpha / V$ (Sakurai
# and Newton, IEEE JSSC 25(2), 1990). Work that computes takes $N/f$; work that waits for memory takes as long at any
# clock. A **governor** looks at the core every 10 ms and chooses the next state. Racing to idle wastes voltage;
# crawling is late; and a core that *waits* looks as busy as one that computes. Here is a made-up core, and its day.

# %%
CLOCKS_HZ = 1e9 * np.array([1.0, 1.4, 1.8, 2.2, 2.6, 3.0])
VOLTS = np.array([0.468, 0.544, 0.632, 0.735, 0.857, 1.0])  # threshold 0.3 V, exponent 1.3
LIMIT_C = 85.0


def core_day(policy, cycles, memory_s, ambient_c):
    """A day by a policy: a row for each interval of 10 ms; it begins in the fastest state, as cool as its surroundings.

    cycles, memory_s: cycles of computing, and time at memory, that arrive with each interval; what is not done is left
                      over for the next [1], [s]
    """
    state, todo, stall, warm_c, rows = 5, 0.0, 0.0, ambient_c, []
    for arrived, stalled in zip(cycles, memory_s, strict=True):
        todo, stall, clock = todo + arrived, stall + stalled, CLOCKS_HZ[state]
        needed_s = todo / clock + stall
        share = min(1.0, 0.01 / needed_s) if needed_s else 0.0
        leaks_w = 2.0 * VOLTS[state] * np.exp(0.015 * (warm_c - 60))
        joules = 0.01 * leaks_w + 1e-8 * VOLTS[state] ** 2 * share * (todo + 0.35 * clock * stall)
        warm_c += (ambient_c + 2 * joules / 0.01 - warm_c) * -np.expm1(-0.01 / 0.5)  # 2 K/W, half a second
        busy, waiting = share * needed_s / 0.01, stall / needed_s if needed_s else 0.0
        done_s = share * (todo / CLOCKS_HZ[-1] + stall)
        todo, stall = (1 - share) * todo, (1 - share) * stall
        rows.append([state, busy, waiting, joules, warm_c, todo / CLOCKS_HZ[-1] + stall, done_s])
        state = int(policy(busy, waiting, warm_c, state, CLOCKS_HZ, LIMIT_C))
    return pd.DataFrame(rows, columns=["state", "busy", "waiting", "energy_j", "temperature_c", "left_s", "done_s"])


# %% [markdown]
# An interval is **late** if it ends with more than 5 ms of work left (`left_s`, counted at the fastest clock).
#
# **Exercise 7** (5 points, 12 minutes). Write the policy `next_state`. It sees the interval that has just ended. The
# hidden checks follow it through days that you have not seen, of two to four seconds:
#
# - *an ordinary day*, with loads that rise and fall slowly, from 3 to 15 million cycles an interval: at most half of
#   the energy of a core that is always in the fastest state; it counts only if at most 2 % of the intervals are late;
# - *memory phases*: for a while a core computes, then it waits, for most of its time; at most 80 % of the energy of a
#   governor that takes the fastest state whenever the core was busy for more than 80 % of an interval, waiting or not,
#   and else the slowest state that would have been busy for at most 80 %; again at most 2 % may be late;
# - *bursts* that begin from one interval to the next, six intervals of 26 million cycles in every thirty: at most 6 %
#   of the intervals late;
# - *a hot day*, 45 degrees, with more work than the core can do without exceeding its limit: it does at least twice as
#   much (`done_s`) as in the slowest state. If more than 1 % of the intervals end above the limit, it counts as
#   nothing.


# %% exercise={"id": "m11_next_state", "reference": "m11_power_thermal.dvfs_day:next_state"}
def next_state(busy, waiting, temperature_c, state, clocks_hz, limit_c):
    """State of the next interval, from 0, the slowest, to len(clocks_hz) - 1: a whole number.

    busy:          share of the interval in which the core had work, computing or waiting; 1 if it was not done [1]
    waiting:       share of *that time* in which it waited for memory [1]
    temperature_c: temperature at the interval's end [degC]
    state:         the state in which it was, from 0 [1]
    clocks_hz:     array, the clock of each state, rising [Hz]
    limit_c:       temperature that is not to be exceeded [degC]
    """
    ### SOLUTION


# %% tests={"id": "m11_next_state"}
quiet = core_day(next_state, np.full(60, 6e6), np.full(60, 0.0005), 25.0)
assert quiet["state"].isin(range(6)).all(), "a state from 0 to 5"
assert (
    quiet["energy_j"].sum()
    < 0.5 * core_day(lambda *_: 5, np.full(60, 6e6), np.full(60, 0.0005), 25.0)["energy_j"].sum()
), "a core that is busy for a quarter of the time needs no fastest state"
assert (quiet["left_s"] < 0.005).all(), "and is not late"
hot = core_day(next_state, np.full(300, 2.8e7), np.full(300, 0.0003), 45.0)
assert (hot["temperature_c"] > LIMIT_C).mean() <= 0.01, f"it gets {hot['temperature_c'].max():.1f} degrees hot"

# %%
work = np.repeat([0.2, 0.75, 0.03, 0.5], 60) * 3e7
memory_s = np.repeat([0.0005, 0.0005, 0.0085, 0.001], 60)
figure, axes = plt.subplots(2, 1, figsize=(8.5, 5.6), sharex=True, layout="constrained")
for policy, colour, label in ((lambda *_: 5, GREY, "always the fastest"), (next_state, BLUE, "yours")):
    day = core_day(policy, work, memory_s, 25.0)
    axes[0].step(
        np.arange(240) / 100,
        CLOCKS_HZ[day["state"]] / 1e9,
        color=colour,
        label=f"{label}: {day['energy_j'].sum():.1f} J",
    )
    axes[1].plot(np.arange(240) / 100, day["temperature_c"], color=colour)
axes[0].set(ylabel="clock [GHz]", title="Light, heavy, waiting, medium")
axes[0].legend(frameon=False)
axes[1].set(xlabel="time [s]", ylabel="temperature [degC]")
plt.show()

# %% [markdown]
# **Notice.** The third phase is the one that pays: the core is busy for nine tenths of the time, and no clock makes
# memory faster. On the hot day the question is no longer which state, but how often each: the limit is a budget of
# heat.

# %% [markdown]
# ## 7. Which design is best, and by which measure?
#
# "Performance per watt" hides a choice. Designs that do the same work in times $t$ with mean powers $P$ have energies
# $E = P t$; the *energy-delay product* $E t$ and $E t^2$ weigh time more and more (Gonzalez and Horowitz, IEEE JSSC
# 31(9), 1996). Lowering the voltage of *one* design lowers $E$ as $V^2$ and raises $t$ about as $1/V$: so $E$ always
# votes for the slower, and $E t^2$ does not move: it compares designs, not operating points. A design that is beaten on
# both time and energy is no choice at all: the others are the **frontier**.
#
# **Exercise 8** (4 points, 8 minutes). Write `design_table`. A design is on the frontier unless another one is as good
# or better in *both* time and energy, and better in at least one of them. Equal designs do not beat each other.


# %% exercise={"id": "m11_design_table", "reference": "m11_power_thermal.energy_metrics:design_table"}
def design_table(time_s, power_w, work):
    """Energy measures of designs that do the same work.

    time_s:  time that each design takes for it [s]
    power_w: its mean power meanwhile [W]
    work:    what is done: tokens, frames, instructions; one number for all [1]

    Returns a table, data frame or dict of arrays, with the columns energy_j [J], edp_j_s (energy times time, [J s]),
    ed2p_j_s2 (energy times time squared, [J s^2]), work_per_j [1/J], and on_frontier (True or False), one row for each
    design, in their order.

    Raises ValueError if a time, a power or the work is not positive.
    """
    ### SOLUTION


# %% tests={"id": "m11_design_table"}
designs = pd.DataFrame(design_table([1.0, 2.0, 2.0], [8.0, 3.0, 4.5], work=12))
columns = ["energy_j", "edp_j_s", "ed2p_j_s2", "work_per_j", "on_frontier"]
assert set(designs.columns) == set(columns), f"these columns: {columns}, not {list(designs.columns)}"
assert np.allclose(designs["energy_j"], [8, 6, 9]), f"power times time: {list(designs['energy_j'])}"
assert np.allclose(designs["work_per_j"], [1.5, 2, 4 / 3]), f"twelve pieces of work: {list(designs['work_per_j'])}"
assert list(designs["on_frontier"]) == [True, True, False], "the third is as slow as the second, and takes more"

# %%
volts = np.linspace(0.6, 1.1, 11)
clock_hz = 1e9 * (volts - 0.3) ** 1.3 / volts / (0.7**1.3)
rows = []
for name, cycles, farad, static_w in (("wide core", 0.7e9, 3.2e-9, 0.5), ("narrow core", 1.3e9, 1.0e-9, 0.2)):
    time_s = cycles / clock_hz
    power_w = farad * volts**2 * clock_hz + static_w
    rows.append(pd.DataFrame(design_table(time_s, power_w, 1e9)).assign(core=name, volts=volts.round(2), time_s=time_s))
both = pd.concat(rows)
figure, axes = plt.subplots()
for (name, of_one), colour in zip(both.groupby("core"), (BLUE, ORANGE), strict=True):
    axes.plot(of_one["time_s"], of_one["energy_j"], "o-", color=colour, markersize=4, label=name)
axes.set(xlabel="time [s]", ylabel="energy [J]", title="Two cores, eleven voltages each")
axes.legend(frameon=False)
plt.show()
both.groupby("core")[["energy_j", "edp_j_s", "ed2p_j_s2"]].min().round(2)

# %% [markdown]
# **Notice.** By energy the narrow core wins, by $E t^2$ the wide one, and both are right: one answers "how long does
# the battery last", the other "which one do I build, if I may choose the voltage later". A slide with one number has
# chosen for you.

# %% [markdown]
# ## 8. Meters: memory's share, and a counter that wraps
#
# A DRAM's data sheet gives **currents**: `IDD0` flows while rows are opened and closed as fast as allowed, `IDD4R`
# while bursts are read without a gap, `IDD4W` while they are written, `IDD5` during a refresh; `IDD3N` flows anyway
# while a row is open, `IDD2N` while all are closed. What an operation *adds* is its current less what flows anyway,
# times voltage, times time (Micron, TN-40-07, "Calculating Memory Power for DDR4 SDRAM"):
#
# - an activate, with its precharge: `IDD0` over $t_{RAS} + t_{RP}$ cycles, less `IDD3N` over $t_{RAS}$ and `IDD2N` over
#   $t_{RP}$;
# - a read or a write: `IDD4R` or `IDD4W` less `IDD3N`, over half as many cycles as a burst has words: data move on both
#   edges of the clock;
# - a refresh: `IDD5` less `IDD3N`, over $t_{RFC}$ cycles;
# - standby: `IDD3N` for the share of the window with a row open, `IDD2N` for the rest.
#
# All of it in each of the devices of a rank.
#
# **Exercise 9** (4 points, 8 minutes). Write `dram_energy_j`. Mind the units of the data sheet.


# %% exercise={"id": "m11_dram_energy_j", "reference": "m11_power_thermal.dram_energy:dram_energy_j"}
def dram_energy_j(chip, devices, commands, window_s, active_share):
    """Energy of a rank over a window, by what took it.

    chip:         dict: vdd_v [V]; idd0_ma, idd2n_ma, idd3n_ma, idd4r_ma, idd4w_ma, idd5_ma [mA]; tck_ns, one cycle
                  [ns]; tras, trp, trfc [cycles]; burst, words of a burst [1]
    devices:      devices of the rank [1]
    commands:     dict of counts: activates, reads, writes, refreshes [1]
    window_s:     length of the window [s]
    active_share: share of the window with a row open [1]

    Returns a dict with activate, read, write, refresh, standby, and total, their sum [J].

    Raises ValueError if there is no device, a count is negative, the window is not positive, or the share is not
    between 0 and 1 (both included).
    """
    ### SOLUTION


# %% tests={"id": "m11_dram_energy_j"}
DDR4 = {  # 8 Gb, 8 bits wide, 3200 MT/s, from the configurations of the simulator DRAMsim3
    "vdd_v": 1.2, "idd0_ma": 57, "idd2n_ma": 37, "idd3n_ma": 52, "idd4r_ma": 168, "idd4w_ma": 150, "idd5_ma": 250,
    "tck_ns": 0.63, "tras": 52, "trp": 22, "trfc": 560, "burst": 8,
}  # fmt: skip
one_each = dram_energy_j(DDR4, 8, {"activates": 1, "reads": 1, "writes": 1, "refreshes": 1}, 1e-6, 1.0)
assert set(one_each) == {"activate", "read", "write", "refresh", "standby", "total"}, f"these six: {sorted(one_each)}"
assert np.isclose(one_each["activate"], 4233.6e-12, rtol=1e-4), (
    f"an activate: 4,233.6 pJ, not {1e12 * one_each['activate']:.1f}"
)
assert np.isclose(one_each["read"], 2806.3e-12, rtol=1e-4), f"a read: 2,806.3 pJ, not {1e12 * one_each['read']:.1f} pJ"
assert np.isclose(one_each["standby"], 0.4992e-6), f"half a watt for a microsecond: {one_each['standby']} J"

# %%
rows = {}
for label, share, hit in (("idle", 0.0, 0.0), ("pointer chase", 0.15, 0.0), ("stream", 0.8, 0.95)):
    bursts = int(share * 1e-3 / (4 * DDR4["tck_ns"] * 1e-9))  # of 64 bytes, in a millisecond
    counts = {
        "activates": int(bursts * (1 - hit)),
        "reads": int(0.7 * bursts),
        "writes": int(0.3 * bursts),
        "refreshes": 127,
    }
    joules = dram_energy_j(DDR4, 8, counts, 1e-3, min(1.0, 3 * share))
    rows[label] = {name: 1e3 * joules[name] for name in joules} | {
        "nJ a burst": 1e9 * joules["total"] / bursts if bursts else np.nan
    }
pd.DataFrame(rows).T.drop(columns="total").assign(total=[rows[name]["total"] for name in rows]).round(2)

# %% [markdown]
# **Notice.** A row is a millisecond, so its millijoules are watts. A chase moves a fifth of the data of a stream, and
# draws more than half as much: each of its bursts pays for a row of its own, and for standby, and costs three times the
# energy. What a byte costs is decided by the hit rate.
#
# ### A counter that wraps
#
# Intel's RAPL counts the energy of a package in a register of 32 bits, in units of $2^{-u}$ J, where $u$ stands in bits
# 12 to 8 of another register, `MSR_RAPL_POWER_UNIT` (Software Developer's Manual, volume 3; by default $u = 16$, 15.3
# uJ; some models have 14). When the register is full it begins again at 0. One wrap between two readings can be mended:
# take the difference modulo $2^{32}$. A whole turn more cannot be seen at all. So a reading is worth something only if
# the counter *cannot* have gone round since the last one: at the largest power that the package can draw, the gap's
# energy must be *less* than $2^{32}$ units.
#
# **Exercise 10** (4 points, 8 minutes). Write the class `EnergyCounter`. A reading that is refused leaves everything as
# it was.


# %% exercise={"id": "m11_energy_counter", "reference": "m11_power_thermal.energy_counter:EnergyCounter"}
class EnergyCounter:
    """Energy and mean power from readings of a counter of 32 bits."""

    def __init__(self, power_unit, most_w):
        """Start without a reading.

        power_unit: value of MSR_RAPL_POWER_UNIT; bits 12 to 8 are u, the others mean other things [1]
        most_w:     largest power that the package can draw [W]

        Raises ValueError if the largest power is not positive.
        """
        ### SOLUTION

    @property
    def energy_j(self):
        """Energy between the first reading and the last one; 0 before there are two [J]."""
        ### SOLUTION

    @property
    def mean_power_w(self):
        """Mean power between the first reading and the last one; 0 before there are two [W]."""
        ### SOLUTION

    def record(self, time_s, raw):
        """Take a reading.

        time_s: when it was taken [s]
        raw:    what the counter showed, a whole number from 0 to 2**32 - 1 [1]

        Raises ValueError for any other number, for a reading that is not later than the last one, and for one that is
        so much later that the counter may have gone round.
        """
        ### SOLUTION

    def above_idle_j(self, idle_w):
        """Energy beyond what idling would have taken, between the first reading and the last one [J].

        idle_w: idle power [W]

        0 before there are two readings; negative if less was drawn than by idling.
        """
        ### SOLUTION


# %% tests={"id": "m11_energy_counter"}
counter = EnergyCounter(0xA1003, most_w=200.0)  # u = 16: 65,536 units are a joule
assert counter.energy_j == 0, "nothing read, nothing drawn"
counter.record(0.0, 2**32 - 65_536)
counter.record(2.0, 5 * 65_536)
assert counter.energy_j == 6.0, f"a joule to the end, and five from the beginning: {counter.energy_j} J"
assert counter.mean_power_w == 3.0, f"in two seconds: {counter.mean_power_w} W"
assert counter.above_idle_j(1.0) == 4.0, f"idling would have taken two: {counter.above_idle_j(1.0)} J"
try:
    counter.record(400.0, 5 * 65_536)
except ValueError:
    pass
else:
    raise AssertionError("at 200 W the counter goes round in 328 s: raise ValueError")

# %% [markdown]
# **Notice.** 655 s at 100 W with $u = 16$, 2,621 s with 14: a script that reads once an hour reports a number, and
# nothing about it looks wrong. On a server of 400 W, readings three minutes apart may be too far.
#
# You can now follow a watt from the counter that saw it to the air that took it. In the worked example these tools meet
# a die with one hot unit; in the novel scenario, a machine of your own.
