"""What students really write in module 11's worked example."""

from __future__ import annotations

import itertools

import numpy as np

from graders.checks import mistake

# --- the floorplan ----------------------------------------------------------------------------------------------------

PLAN, COST, HOT = "a floorplan", "what it costs", "how hot it is"


def written(units, slots_m, order, scale=1.0):
    lines = [
        "\t".join([name, *(f"{scale * x:g}" for x in slots_m[slot])]) for name, slot in zip(units, order, strict=True)
    ]
    return "\n".join(lines)


def best(units, slots_m, gains, links, *, heat, price):
    """The order of slots that costs least, by a rule for heat and a price of wires."""
    names, watts = list(units), np.array(list(units.values()))
    middle = slots_m[:, 2:] + slots_m[:, :2] / 2

    def cost(order):
        wires = 0.0
        for a, b, weight in links:
            ends = middle[order[names.index(a)]] - middle[order[names.index(b)]]
            wires += weight * float(np.abs(ends).sum())
        placed = np.zeros(len(names))
        placed[list(order)] = watts
        return round(heat(gains @ placed) + price * wires, 12)

    return min(itertools.permutations(range(len(names))), key=cost)


@mistake(
    "m11_floorplan_file",
    misconception="heat is all that counts",
    loses=[COST, HOT],
    hint="Yours is the coolest plan, and its wires are long. Both count, at the price that is given.",
)
def heat_alone(units, slots_m, influence_k_per_w, links, k_per_m):
    return written(units, slots_m, best(units, slots_m, influence_k_per_w, links, heat=np.max, price=0.0))


@mistake(
    "m11_floorplan_file",
    misconception="wires are all that count",
    loses=[COST, HOT],
    hint="Yours has the shortest wires, and puts the hottest units side by side.",
)
def wires_alone(units, slots_m, influence_k_per_w, links, k_per_m):
    return written(
        units, slots_m, best(units, slots_m, influence_k_per_w, links, heat=lambda rises: 1e-6 * rises[0], price=1.0)
    )


@mistake(
    "m11_floorplan_file",
    misconception="units as they are listed",
    loses=[COST, HOT],
    hint="That is the layout as it stands.",
)
def as_listed(units, slots_m, influence_k_per_w, links, k_per_m):
    return written(units, slots_m, range(len(units)))


@mistake(
    "m11_floorplan_file",
    misconception="the mean rise",
    loses=[COST, HOT],
    hint="Your plan keeps the die cool on average. What throttles is the hottest slot.",
)
def the_mean_rise(units, slots_m, influence_k_per_w, links, k_per_m):
    order = best(units, slots_m, influence_k_per_w, links, heat=np.mean, price=0.0)
    return written(units, slots_m, order)


@mistake(
    "m11_floorplan_file",
    misconception="millimetres",
    loses=[PLAN, COST, HOT],
    hint="Your floorplan is four metres wide. HotSpot reads metres.",
)
def millimetres(units, slots_m, influence_k_per_w, links, k_per_m):
    order = best(units, slots_m, influence_k_per_w, links, heat=np.max, price=k_per_m)
    return written(units, slots_m, order, scale=1000.0)


# --- the figure -------------------------------------------------------------------------------------------------------

RISING, FLAT, MARKS, OUT, AXES, VIEW = (
    "rising lines",
    "where nothing more is bought",
    "marks",
    "coolers left out",
    "axes",
    "in view",
)


def at_its_limit(limits, resistance, chip):
    """The temperature that is used at each limit."""
    turning = chip["nominal_c"] - np.log(chip["per_k"] * resistance * chip["leakage_w"]) / chip["per_k"]
    return np.minimum(limits, turning)


def drawn(
    limits_c,
    coolers,
    chip,
    *,
    used=at_its_limit,
    leaks=True,
    nominal=False,
    clock=np.interp,
    all_points=False,
    last=False,
):
    """The right figure, but for what is given."""
    limits, series, marks, left_out = np.asarray(limits_c, dtype=float), [], [], []
    for label, resistance in coolers.items():
        t = used(limits, resistance, chip)
        grown = np.ones(len(t)) if nominal else np.exp(chip["per_k"] * (t - chip["nominal_c"]))
        work_w = (t - chip["ambient_c"]) / resistance - leaks * chip["leakage_w"] * grown
        runs = work_w >= (-np.inf if all_points else chip["dynamic_w"][0])
        if not runs.any():
            left_out.append(label)
            continue
        y = np.asarray(clock(work_w[runs], chip["dynamic_w"], chip["clocks_ghz"]))
        series.append({"label": label, "kind": "line", "x": limits[runs].tolist(), "y": y.tolist()})
        first = len(y) - 1 if last else int(np.argmax(y >= y[-1] - 1e-3))
        marks.append({"label": label, "x": float(limits[runs][first]), "y": float(y[first])})
    return {
        "title": "Limits",
        "x": {"label": "limit [degC]", "scale": "linear", "limits": [limits[0], limits[-1]]},
        "y": {"label": "clock [GHz]", "scale": "linear", "limits": [0, chip["clocks_ghz"][-1]]},
        "series": series,
        "marks": marks,
        "left_out": left_out,
    }


@mistake(
    "m11_tj_figure",
    misconception="a limit is a duty",
    loses=[FLAT, MARKS],
    hint="Your chip runs at its limit even where a colder one does more. Nobody has to use a permission.",
)
def a_limit_is_a_duty(limits_c, coolers, chip):
    return drawn(limits_c, coolers, chip, used=lambda limits, _resistance, _chip: limits)


@mistake(
    "m11_tj_figure",
    misconception="all power is for work",
    loses=[RISING, FLAT, MARKS],
    hint="You gave all the heat that is carried away to the clock. Leakage takes its part first.",
)
def all_for_work(limits_c, coolers, chip):
    return drawn(limits_c, coolers, chip, leaks=False)


@mistake(
    "m11_tj_figure",
    misconception="leakage at the nominal temperature",
    loses=[RISING, FLAT, MARKS],
    hint="Your leakage is that at the nominal temperature, at every limit.",
)
def nominal_leakage(limits_c, coolers, chip):
    return drawn(limits_c, coolers, chip, nominal=True)


@mistake(
    "m11_tj_figure",
    misconception="a clock is one of six",
    loses=[RISING, FLAT, MARKS],
    hint="Your clocks go in steps. Between two of them the chip switches to and fro, and sustains what lies between.",
)
def one_of_six(limits_c, coolers, chip):
    def below(work_w, dynamic_w, clocks_ghz):
        place = np.searchsorted(dynamic_w, work_w, side="right") - 1
        return np.asarray(clocks_ghz)[np.maximum(place, 0)]

    return drawn(limits_c, coolers, chip, clock=below)


@mistake(
    "m11_tj_figure",
    misconception="the slowest clock always runs",
    loses=[RISING, FLAT, MARKS, OUT],
    hint="Your lines go on at the slowest clock where not even that is sustained. There the chip is off.",
)
def slowest_always_runs(limits_c, coolers, chip):
    return drawn(limits_c, coolers, chip, all_points=True)


@mistake(
    "m11_tj_figure",
    misconception="the end of a line is its mark",
    loses=[MARKS],
    hint="You marked where your lines end. Asked is where they have stopped rising.",
)
def marks_at_the_end(limits_c, coolers, chip):
    return drawn(limits_c, coolers, chip, last=True)


@mistake(
    "m11_tj_figure",
    misconception="performance on a logarithmic axis from zero",
    loses=[AXES, VIEW],
    hint="A logarithmic axis has no zero. Differences of clocks are what is to be seen.",
)
def a_logarithmic_axis(limits_c, coolers, chip):
    found = drawn(limits_c, coolers, chip)
    return {**found, "y": {**found["y"], "scale": "log"}}
