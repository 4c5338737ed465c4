"""What must hold of the answers of module 11's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import Equal, Exercise, Property, call, in_view, labelled, marks, sampled, scales, value
from graders.paths import material_root
from reference_solutions.m11_power_thermal.floorplan import floorplan_file
from reference_solutions.m11_power_thermal.tj_study import tj_figure

# --- the floorplan ----------------------------------------------------------------------------------------------------

DATA = material_root() / "assignments/authoring/m11_power_thermal/data/influence_k_per_w.csv"
GIVEN = {
    "units": {"npu": 13.0, "cpu": 11.0, "cache": 4.0, "dram": 5.0, "isp": 3.0, "io": 2.0},
    "slots_m": np.array([[0.004, 0.004, 0.004 * column, 0.004 * row] for row in (0, 1) for column in (0, 1, 2)]),
    "influence_k_per_w": np.loadtxt(DATA, delimiter=","),
    "links": [
        ("npu", "cache", 4.0),
        ("npu", "dram", 3.0),
        ("cpu", "cache", 3.0),
        ("isp", "dram", 1.0),
        ("cpu", "io", 1.0),
        ("cpu", "dram", 1.0),
    ],
    "k_per_m": 45.0,
}
"""What the notebook's cells before the exercise define."""


def rectangles(text):
    """Unit -> width, height, left edge, lower edge."""
    lines = [line.split() for line in text[:5000].splitlines() if line.strip()]
    return {name: [round(float(word), 6) for word in words] for name, *words in lines}


def places(text):
    """Whether each unit lies in a slot, and no two in the same."""
    found = rectangles(text)
    return [sorted(found), sorted(found.values())]


def slot_of(text):
    known = GIVEN["slots_m"].round(6).tolist()
    found = {name: known.index(rectangle) for name, rectangle in rectangles(text).items()}
    if len(set(found.values())) < len(GIVEN["units"]):
        raise ValueError("two units in one slot")
    return found


def hottest_k(text):
    watts = np.zeros(len(GIVEN["units"]))
    for name, slot in slot_of(text).items():
        watts[slot] = GIVEN["units"][name]
    return float(np.max(GIVEN["influence_k_per_w"] @ watts))


def cost_k(text):
    middle, slots = GIVEN["slots_m"][:, 2:] + GIVEN["slots_m"][:, :2] / 2, slot_of(text)
    wires = sum(weight * np.abs(middle[slots[a]] - middle[slots[b]]).sum() for a, b, weight in GIVEN["links"])
    return hottest_k(text) + GIVEN["k_per_m"] * float(wires)


FLOORPLAN = Exercise(
    "m11_floorplan_file",
    reference=floorplan_file,
    given=GIVEN,
    checks=[
        Equal(
            "a floorplan",
            weight=0.5,
            cases=[value()],
            part=places,
            message="Each unit in one of the slots, each slot with one unit, in metres.",
        ),
        Equal(
            "what it costs",
            weight=2,
            cases=[value()],
            part=cost_k,
            rtol=1e-6,
            message="Heat and wires together: no plan costs less.",
        ),
        Equal("how hot it is", weight=0.5, cases=[value()], part=hottest_k, rtol=1e-6, message="Its hottest slot."),
    ],
)

# --- the figure -------------------------------------------------------------------------------------------------------


def any_chip(rng):
    """A chip on which a good cooler reaches the fastest clock, and a poor one none."""
    dynamic_w = np.cumsum(rng.uniform(4, 16, 5))
    chip = {"ambient_c": float(rng.uniform(15, 40)), "nominal_c": float(rng.uniform(50, 75))}
    chip |= {"leakage_w": float(rng.uniform(5, 9)), "per_k": float(rng.uniform(0.016, 0.022))}
    clocks_ghz = np.cumsum(rng.uniform(0.2, 0.7, 5)).tolist()
    return chip | {"clocks_ghz": clocks_ghz, "dynamic_w": dynamic_w.tolist()}


def still_rising(rng):
    """Limits below the turning points, powers below the fastest clock's."""
    chip = any_chip(rng)
    span_k = 88.0 - chip["ambient_c"]
    room_w = 0.9 * chip["dynamic_w"][-1] + chip["leakage_w"] * np.exp(chip["per_k"] * (88.0 - chip["nominal_c"]))
    tight = float(span_k / room_w)
    return call(np.arange(chip["ambient_c"] + 18, 88.0, 4.0), {"plate": tight, "block": tight * 1.15}, chip)


def flat_at_last(rng):
    """One line ends at the fastest clock, one beyond its turning point, and one cooler has none."""
    chip = any_chip(rng)
    turning = chip["ambient_c"] + 1 / chip["per_k"] + rng.uniform(15, 35)
    poor = float(np.exp(-chip["per_k"] * (turning - chip["nominal_c"])) / (chip["per_k"] * chip["leakage_w"]))
    most_w = chip["dynamic_w"][-1] + chip["leakage_w"] * np.exp(chip["per_k"] * (85.0 - chip["nominal_c"]))
    rich = float((85.0 - chip["ambient_c"]) / most_w)
    at_turning_w = (turning - chip["ambient_c"]) / poor - 1 / (chip["per_k"] * poor)
    chip["dynamic_w"] = (np.array(chip["dynamic_w"]) * 0.55 * at_turning_w / chip["dynamic_w"][1]).tolist()
    scaled = chip["dynamic_w"][-1] + chip["leakage_w"] * np.exp(chip["per_k"] * (85.0 - chip["nominal_c"]))
    coolers = {"poor": poor, "none": 40 * poor, "rich": rich * most_w / scaled}
    return call(np.arange(60.0, 140.0, 5.0), coolers, chip)


def lines(figure):
    return {one["label"]: [list(one["x"]), list(one["y"])] for one in figure["series"] if one["kind"] == "line"}


RISING, FLAT = sampled(still_rising, count=3), sampled(flat_at_last, count=3)

FIGURE = Exercise(
    "m11_tj_figure",
    reference=tj_figure,
    checks=[
        Equal(
            "rising lines",
            weight=1,
            cases=RISING,
            part=lines,
            rtol=1e-4,
            message="Limits up to which each kelvin still buys something.",
        ),
        Equal(
            "where nothing more is bought",
            weight=0.75,
            cases=FLAT,
            part=lines,
            rtol=1e-4,
            message="Limits beyond which a kelvin more leaks more than it carries away, or the clock is the fastest.",
        ),
        Equal(
            "marks",
            weight=0.5,
            cases=FLAT,
            part=marks,
            rtol=1e-4,
            message="Where each line has risen for the last time.",
        ),
        Equal(
            "coolers left out",
            weight=0.5,
            cases=[FLAT, RISING],
            part=lambda figure: sorted(figure["left_out"]),
            message="Coolers that do not sustain even the slowest clock.",
        ),
        Equal("axes", weight=0.125, cases=FLAT, part=scales, message="Two linear axes."),
        Property(
            "in view",
            weight=0.125,
            cases=[FLAT, RISING],
            holds=lambda pairs: labelled()(pairs) and in_view()(pairs),
            message="Everything has a label, and nothing lies outside of the axes.",
        ),
    ],
)
