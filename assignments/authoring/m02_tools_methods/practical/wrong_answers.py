"""What students really write in module 2's practical notebook."""

from __future__ import annotations

import json

import numpy as np

from graders.checks import mistake

# --- attainable performance under a roofline ---------------------------------------------------------------

RIDGE, ENDS, MANY = "both sides of the ridge", "no work, no traffic", "many kernels, many machines"
REFUSED, NAN = "impossible kernels and machines", "not a number"


def refuse(intensity, peak, bandwidth):
    """As the exercise asks."""
    if not (np.all(intensity >= 0) and np.all(peak > 0) and np.all(bandwidth > 0)):
        raise ValueError("no such kernel or machine")


@mistake(
    "m02_attainable_flops_per_s",
    misconception="the higher roof",
    loses=[RIDGE, ENDS, MANY],
    hint="Both roofs bound the kernel at once. It cannot rise above either, so the lower one decides.",
)
def higher_roof(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    intensity, peak, bandwidth = map(np.asarray, (intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s))
    refuse(intensity, peak, bandwidth)
    return np.maximum(intensity * bandwidth, peak)


@mistake(
    "m02_attainable_flops_per_s",
    misconception="memory is the only limit",
    loses=[RIDGE, ENDS, MANY, REFUSED, NAN],
    hint="With enough operations per byte you promise more than the arithmetic units can do. Where does the line bend?",
)
def memory_roof_alone(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    return np.asarray(intensity_flops_per_byte) * np.asarray(bandwidth_bytes_per_s) + 0 * np.asarray(peak_flops_per_s)


@mistake(
    "m02_attainable_flops_per_s",
    misconception="computing and moving take turns",
    loses=[RIDGE, MANY],
    hint="You added the time of the arithmetic to the time of the traffic. At best they overlap: the longer decides.",
)
def one_after_the_other(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    intensity = np.asarray(intensity_flops_per_byte, float)
    peak, bandwidth = np.asarray(peak_flops_per_s, float), np.asarray(bandwidth_bytes_per_s, float)
    refuse(intensity, peak, bandwidth)
    with np.errstate(divide="ignore"):
        return 1 / (1 / peak + 1 / (intensity * bandwidth))


@mistake(
    "m02_attainable_flops_per_s",
    misconception="the ridge upside down",
    loses=[RIDGE, MANY],
    hint="Your bend lies at bandwidth over peak. Check its unit: an intensity is in flop per byte, so is the ridge.",
)
def ridge_upside_down(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    intensity, peak, bandwidth = map(np.asarray, (intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s))
    refuse(intensity, peak, bandwidth)
    return np.where(intensity < bandwidth / peak, intensity * bandwidth, peak)


@mistake(
    "m02_attainable_flops_per_s",
    misconception="one kernel at a time",
    loses=[MANY],
    hint="Python's `min` and `if` decide about one number. For arrays each element needs its own decision.",
)
def one_at_a_time(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    refuse(*map(np.asarray, (intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s)))
    return min(peak_flops_per_s, intensity_flops_per_byte * bandwidth_bytes_per_s)


@mistake(
    "m02_attainable_flops_per_s",
    misconception="wrong input made plausible",
    loses=[REFUSED],
    hint="A negative intensity became a performance that looks right. Say that the question makes no sense instead.",
)
def clipped_silently(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    intensity, peak, bandwidth = map(np.asarray, (intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s))
    if np.isnan(intensity).any() or np.isnan(peak).any() or np.isnan(bandwidth).any():
        raise ValueError("not a number")
    return np.clip(intensity * bandwidth, 0, np.abs(peak))


@mistake(
    "m02_attainable_flops_per_s",
    misconception="NaN fails no comparison",
    loses=[NAN],
    hint="`nan < 0` is False, so NaN walks past a test for bad values. Ask whether the values are good instead.",
)
def nan_walks_past(intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s):
    intensity, peak, bandwidth = map(np.asarray, (intensity_flops_per_byte, peak_flops_per_s, bandwidth_bytes_per_s))
    if np.any(intensity < 0) or np.any(peak <= 0) or np.any(bandwidth <= 0):
        raise ValueError("no such kernel or machine")
    return np.minimum(peak, intensity * bandwidth)


# --- a figure: hierarchical roofline -------------------------------------------------------------------------

ROOFS, POINTS, RIDGES, UNDRAWN, AXES = (
    "a roof for each level",
    "a point for each level",
    "ridges",
    "what cannot be drawn",
    "axes",
)


def kernel_points(kernels, bandwidths, left_out, intensity=lambda performance, rate: performance / rate):
    """Points of each kernel, all levels that see its traffic; who has none is left out."""
    series = []
    traffic = [kernels[f"{level}_bytes_per_s"] for level in bandwidths]
    for name, performance, *rates in zip(kernels["kernel"], kernels["flops_per_s"], *traffic, strict=True):
        x = [intensity(performance, rate) for rate in rates if rate > 0 and performance > 0]
        if x:
            series.append({"label": name, "kind": "points", "x": x, "y": [performance] * len(x)})
        else:
            left_out.append(name)
    return series


def roofline_of(peak, bandwidths, points, left_out):
    """A sound figure around these points."""
    ridges = {level: peak / bandwidth for level, bandwidth in bandwidths.items()}
    every = [*ridges.values(), *(x for one in points for x in one["x"])]
    low, high = min(every) / 2, 2 * max(every)
    roofs = [
        {"label": level, "kind": "line", "x": [low, ridges[level], high], "y": [low * speed, peak, peak]}
        for level, speed in bandwidths.items()
    ]
    figure = {
        "title": "GPU kernels",
        "x": {"label": "intensity [flop/B]", "scale": "log", "limits": [low, high]},
        "y": {"label": "performance [flop/s]", "scale": "log"},
        "series": [*roofs, *points],
        "marks": [{"label": level, "x": ridge, "y": peak} for level, ridge in ridges.items()],
        "left_out": left_out,
    }
    return framed(figure)


def framed(figure):
    """The figure, its y axis as long as it must be."""
    heights = [y for one in figure["series"] for y in one["y"]]
    figure["y"]["limits"] = [min(heights) / 2, 2 * max(heights)]
    return figure


def sound_roofline(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    left_out = []
    points = kernel_points(kernels, bandwidths_bytes_per_s, left_out)
    return roofline_of(peak_flops_per_s, bandwidths_bytes_per_s, points, left_out)


@mistake(
    "m02_roofline_figure",
    misconception="intensity belongs to the kernel alone",
    loses=[POINTS, UNDRAWN],
    hint="All points of a kernel share one intensity here. Each level sees its own traffic, so each has its own.",
)
def one_intensity_for_all(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    left_out = []
    series = kernel_points(kernels, bandwidths_bytes_per_s, left_out)
    for one in series:
        one["x"] = one["x"][-1:] * len(bandwidths_bytes_per_s)
        one["y"] = one["y"][:1] * len(bandwidths_bytes_per_s)
    if len(bandwidths_bytes_per_s) == 1:
        return sound_roofline(kernels, peak_flops_per_s, bandwidths_bytes_per_s)
    return roofline_of(peak_flops_per_s, bandwidths_bytes_per_s, series, left_out)


@mistake(
    "m02_roofline_figure",
    misconception="bytes per operation",
    loses=[POINTS],
    hint="Your points move left when traffic falls. Look at the unit of the axis: which of the two stands on top?",
)
def bytes_per_operation(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    left_out = []
    series = kernel_points(kernels, bandwidths_bytes_per_s, left_out, lambda performance, rate: rate / performance)
    return roofline_of(peak_flops_per_s, bandwidths_bytes_per_s, series, left_out)


@mistake(
    "m02_roofline_figure",
    misconception="a kernel stands on its roof",
    loses=[POINTS],
    hint="You drew what each level would allow. The gap between a kernel and its roof is what the plot is for.",
)
def points_on_the_roof(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    figure = sound_roofline(kernels, peak_flops_per_s, bandwidths_bytes_per_s)
    speeds = list(bandwidths_bytes_per_s.values())
    for one in figure["series"]:
        if one["kind"] == "points":
            one["y"] = [min(peak_flops_per_s, x * speed) for x, speed in zip(one["x"], speeds, strict=False)]
    return framed(figure)


@mistake(
    "m02_roofline_figure",
    misconception="a roof without an end",
    loses=[ROOFS],
    hint="Your roofs rise for ever. Right of the ridge the arithmetic is the limit, whatever the level.",
)
def roof_without_end(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    figure = sound_roofline(kernels, peak_flops_per_s, bandwidths_bytes_per_s)
    low, high = figure["x"]["limits"]
    for one in figure["series"]:
        if one["kind"] == "line":
            speed = bandwidths_bytes_per_s[one["label"]]
            one |= {"x": [low, high], "y": [low * speed, high * speed]}
    return framed(figure)


@mistake(
    "m02_roofline_figure",
    misconception="a roof begins at the ridge",
    loses=[ROOFS],
    hint="Left of its ridge, too, a level has a roof: the slanted one. It begins at the left limit of the axis.",
)
def flat_part_only(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    figure = sound_roofline(kernels, peak_flops_per_s, bandwidths_bytes_per_s)
    for one in figure["series"]:
        if one["kind"] == "line":
            one |= {"x": one["x"][1:], "y": one["y"][1:]}
    return framed(figure)


@mistake(
    "m02_roofline_figure",
    misconception="faster memory, later ridge",
    loses=[RIDGES],
    hint="Your ridges are exchanged. The faster a level, the fewer operations per byte keep the arithmetic busy.",
)
def ridges_exchanged(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    figure = sound_roofline(kernels, peak_flops_per_s, bandwidths_bytes_per_s)
    places = sorted(mark["x"] for mark in figure["marks"])
    by_speed = sorted(figure["marks"], key=lambda mark: bandwidths_bytes_per_s[mark["label"]])
    for mark, x in zip(by_speed, places, strict=True):
        mark["x"] = x
    return figure


@mistake(
    "m02_roofline_figure",
    misconception="zero is a small number",
    loses=[UNDRAWN, AXES],
    hint="You drew kernels that have no place on a logarithmic axis, at a place that you made up. Name them instead.",
)
def zero_made_small(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    traffic = [kernels[f"{level}_bytes_per_s"] for level in bandwidths_bytes_per_s]
    series = []
    for name, performance, *rates in zip(kernels["kernel"], kernels["flops_per_s"], *traffic, strict=True):
        x = [max(performance, 1.0) / max(rate, 1.0) for rate in rates]
        series.append({"label": name, "kind": "points", "x": x, "y": [performance] * len(x)})
    return roofline_of(peak_flops_per_s, bandwidths_bytes_per_s, series, [])


@mistake(
    "m02_roofline_figure",
    misconception="left out without a word",
    loses=[UNDRAWN],
    hint="Kernels are missing, and your figure does not say which. Who reads it will think that there were none.",
)
def dropped_in_silence(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    return sound_roofline(kernels, peak_flops_per_s, bandwidths_bytes_per_s) | {"left_out": []}


@mistake(
    "m02_roofline_figure",
    misconception="a level without traffic ends the kernel",
    loses=[UNDRAWN],
    hint="A kernel that lives in a cache has no point for the memory behind it, but it has one for the cache.",
)
def all_levels_or_none(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    left_out = []
    every = kernel_points(kernels, bandwidths_bytes_per_s, left_out)
    series = [one for one in every if len(one["x"]) == len(bandwidths_bytes_per_s)]
    left_out += [one["label"] for one in every if one not in series]
    return roofline_of(peak_flops_per_s, bandwidths_bytes_per_s, series, left_out)


@mistake(
    "m02_roofline_figure",
    misconception="linear axes",
    loses=[AXES],
    hint="Intensities span four decades. On a linear axis all kernels but one lie on the left edge.",
)
def linear_axes(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    figure = sound_roofline(kernels, peak_flops_per_s, bandwidths_bytes_per_s)
    figure["x"]["scale"] = figure["y"]["scale"] = "linear"
    return figure


@mistake(
    "m02_roofline_figure",
    misconception="limits wide enough for anything",
    loses=[AXES],
    hint="Your limits are the same for every machine. The data fill a corner of the picture: let them set the limits.",
)
def limits_by_hand(kernels, peak_flops_per_s, bandwidths_bytes_per_s):
    figure = sound_roofline(kernels, peak_flops_per_s, bandwidths_bytes_per_s)
    low, high = figure["x"]["limits"] = [1e-3, 1e5]
    for one in figure["series"]:
        if one["kind"] == "line":
            one["x"] = [low, one["x"][1], high]
            one["y"][0] = low * bandwidths_bytes_per_s[one["label"]]
    return framed(figure)


# --- Top-Down, level 1 --------------------------------------------------------------------------------------

KEPT, WASTED, BACK = "retiring and front end", "bad speculation", "back end"
SMT, WIDTH, IDLE, MISFIT = "multithreading", "another width", "idle core", "counts that do not fit together"


def level_1(counters, width, clocks, recovery_slots):
    """Shares for given clocks and slots of recovery."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slots = np.where(clocks > 0, width * clocks, np.nan)
        retiring = np.asarray(counters["UOPS_RETIRED.RETIRE_SLOTS"]) / slots
        wasted = (np.asarray(counters["UOPS_ISSUED.ANY"]) + recovery_slots) / slots - retiring
        lost = np.asarray(counters["IDQ_UOPS_NOT_DELIVERED.CORE"]) / slots
    blocked = 1 - retiring - wasted - lost
    return {"retiring": retiring, "bad_speculation": wasted, "frontend_bound": lost, "backend_bound": blocked}


def core_clocks(counters, plain="CPU_CLK_UNHALTED.THREAD", of_both="CPU_CLK_UNHALTED.THREAD_ANY"):
    """Clocks of the core, or of its recovery, as the exercise asks."""
    smt = np.asarray(counters["SMT_ON"], bool)
    return np.where(smt, np.asarray(counters[of_both]) / 2, np.asarray(counters[plain]))


def core_recovery(counters):
    return core_clocks(counters, "INT_MISC.RECOVERY_CYCLES", "INT_MISC.RECOVERY_CYCLES_ANY")


@mistake(
    "m02_topdown_level_1",
    misconception="a clock of recovery is one slot",
    loses=[WASTED, BACK, SMT, WIDTH, IDLE, MISFIT],
    hint="Recovery is counted in clocks. In each of them the core loses all of its slots, not one.",
)
def recovery_in_slots(counters, width=4):
    return level_1(counters, width, core_clocks(counters), core_recovery(counters))


@mistake(
    "m02_topdown_level_1",
    misconception="recovery costs nothing",
    loses=[WASTED, BACK, SMT, WIDTH, IDLE, MISFIT],
    hint="A wrong guess costs twice: the work thrown away, and the clocks until the right path arrives.",
)
def recovery_forgotten(counters, width=4):
    return level_1(counters, width, core_clocks(counters), 0)


@mistake(
    "m02_topdown_level_1",
    misconception="multithreading ignored",
    loses=[SMT, IDLE],
    hint="In rows with multithreading you took one thread's clocks. They share the core: whose slots are these?",
)
def threads_for_cores(counters, width=4):
    recovery = width * np.asarray(counters["INT_MISC.RECOVERY_CYCLES"])
    return level_1(counters, width, np.asarray(counters["CPU_CLK_UNHALTED.THREAD"]), recovery)


@mistake(
    "m02_topdown_level_1",
    misconception="each clock of the core counted twice",
    loses=[SMT, IDLE],
    hint="With multithreading the _ANY events count every clock of the core on both threads. You have twice the slots.",
)
def any_not_halved(counters, width=4):
    smt = np.asarray(counters["SMT_ON"], bool)
    double = np.where(smt, 2, 1)
    return level_1(counters, width, double * core_clocks(counters), width * double * core_recovery(counters))


@mistake(
    "m02_topdown_level_1",
    misconception="recovery of one thread",
    loses=[SMT, IDLE],
    hint="You halved the core's clocks but took the threads' recovery. Both are counted per thread.",
)
def half_of_the_correction(counters, width=4):
    recovery = width * np.asarray(counters["INT_MISC.RECOVERY_CYCLES"])
    return level_1(counters, width, core_clocks(counters), recovery)


@mistake(
    "m02_topdown_level_1",
    misconception="percent for shares",
    loses=[KEPT, WASTED, BACK, SMT, WIDTH, IDLE, MISFIT],
    hint="A hundred times too much: shares are between 0 and 1 and add up to 1.",
)
def percent(counters, width=4):
    shares = level_1(counters, width, core_clocks(counters), width * core_recovery(counters))
    return {category: 100 * share for category, share in shares.items()}


@mistake(
    "m02_topdown_level_1",
    misconception="every core is four wide",
    loses=[WIDTH],
    hint="You computed the slots of a four-wide core, whatever `width` says.",
)
def always_four(counters, width=4):
    return level_1(counters, 4, core_clocks(counters), 4 * core_recovery(counters))


@mistake(
    "m02_topdown_level_1",
    misconception="idle means zero",
    loses=[IDLE],
    hint="A core that never ran spent 0 % of its slots nowhere: it had none. 0/0 is not 0.",
)
def idle_is_zero(counters, width=4):
    shares = level_1(counters, width, core_clocks(counters), width * core_recovery(counters))
    return {category: np.nan_to_num(share) for category, share in shares.items()}


@mistake(
    "m02_topdown_level_1",
    misconception="clipped at zero",
    loses=[MISFIT],
    hint="You clipped a negative share. It said that the counts do not fit together; now the sum hides it.",
)
def clipped(counters, width=4):
    shares = level_1(counters, width, core_clocks(counters), width * core_recovery(counters))
    return {category: np.where(share < 0, 0, share) for category, share in shares.items()}


# --- a figure: stacked shares, bottlenecks marked ------------------------------------------------------------

LAYERS, MARKS, UNSTACKED = "layers", "bottlenecks", "what cannot be stacked"


def stack(shares, workloads, drawn, percent=100):
    """A sound stack of the workloads that are drawn."""
    series, base = [], np.zeros(np.count_nonzero(drawn))
    names = [name for name, one in zip(workloads, drawn, strict=True) if one]
    for category in shares:
        height = percent * np.asarray(shares[category], dtype=float)[drawn]
        series.append({"label": category, "kind": "bars", "x": names, "y": height, "base": base})
        base = base + height
    marks = []
    for row, name in enumerate(names):
        worst = max((one for one in series if one["label"] != "retiring"), key=lambda one: one["y"][row])
        marks.append({"label": worst["label"], "x": name, "y": worst["base"][row] + worst["y"][row] / 2})
    return {
        "title": "Level 1",
        "x": {"label": "workload", "scale": "category", "limits": names},
        "y": {"label": "slots [%]", "scale": "linear", "limits": [0, 100]},
        "series": series,
        "marks": marks,
        "left_out": [name for name in workloads if name not in names],
    }


def whole(shares):
    """Which workloads can be stacked."""
    table = np.array([np.asarray(shares[category], dtype=float) for category in shares])
    return np.all(table >= 0, axis=0) & (np.abs(np.sum(table, axis=0) - 1) <= 1e-3)


@mistake(
    "m02_bottleneck_figure",
    misconception="shares for percent",
    loses=[LAYERS, MARKS],
    hint="Your bars end at 1 on an axis that ends at 100. Which unit does the axis have?",
)
def shares_for_percent(shares, workloads):
    return stack(shares, workloads, whole(shares), percent=1)


@mistake(
    "m02_bottleneck_figure",
    misconception="bars beside each other",
    loses=[LAYERS],
    hint="All your layers stand on the ground, so the last one hides the others. What does a layer stand on?",
)
def all_on_the_ground(shares, workloads):
    figure = stack(shares, workloads, whole(shares))
    for one in figure["series"]:
        one["base"] = 0 * one["base"]
    return figure


@mistake(
    "m02_bottleneck_figure",
    misconception="the largest layer is the bottleneck",
    loses=[MARKS],
    hint="You marked useful work as a bottleneck. A program that retires 90 % of its slots is not held back by that.",
)
def retiring_marked(shares, workloads):
    figure = stack(shares, workloads, whole(shares))
    for row, mark in enumerate(figure["marks"]):
        worst = max(figure["series"], key=lambda one: one["y"][row])
        mark |= {"label": worst["label"], "y": worst["base"][row] + worst["y"][row] / 2}
    return figure


@mistake(
    "m02_bottleneck_figure",
    misconception="a mark at the size of the layer",
    loses=[MARKS],
    hint="Your mark lies as high as the layer is large. In a stack the layer begins where the one below it ends.",
)
def mark_at_the_share(shares, workloads):
    figure = stack(shares, workloads, whole(shares))
    for row, mark in enumerate(figure["marks"]):
        mark["y"] = next(one["y"][row] for one in figure["series"] if one["label"] == mark["label"])
    return figure


@mistake(
    "m02_bottleneck_figure",
    misconception="clipped at zero",
    loses=[UNSTACKED],
    hint="You drew a share below zero as if it were zero. The picture now shows counts that nobody measured.",
)
def drawn_clipped(shares, workloads):
    clipped = {name: np.nan_to_num(np.maximum(np.asarray(shares[name], dtype=float), 0)) for name in shares}
    return stack(clipped, workloads, np.full(len(workloads), True))


@mistake(
    "m02_bottleneck_figure",
    misconception="left out without a word",
    loses=[UNSTACKED],
    hint="A workload is missing from the picture, and nothing says so. Whoever reads it will think that all is well.",
)
def bars_dropped_in_silence(shares, workloads):
    return stack(shares, workloads, whole(shares)) | {"left_out": []}


@mistake(
    "m02_bottleneck_figure",
    misconception="a sum is not looked at",
    loses=[UNSTACKED],
    hint="You look at each share alone. Shares that are all sound may still add up to 90 %: then something is missing.",
)
def any_sum_will_do(shares, workloads):
    table = np.array([np.asarray(shares[category], dtype=float) for category in shares])
    return stack(shares, workloads, np.all(table >= 0, axis=0))


@mistake(
    "m02_bottleneck_figure",
    misconception="an axis that follows the data",
    loses=[AXES],
    hint="Your axis ends where the largest layer ends. Shares of a whole are read against the whole: 0 to 100 %.",
)
def axis_follows_the_data(shares, workloads):
    figure = stack(shares, workloads, whole(shares))
    figure["y"]["limits"] = [0, max((float(np.max(one["y"], initial=0)) for one in figure["series"]), default=1)]
    return figure


# --- the way down the tree ------------------------------------------------------------------------------------

DOWN, ANY_TREE, THRESHOLDS, UNMEASURED, EQUALS = (
    "the way down",
    "trees of any kind",
    "thresholds",
    "not measured",
    "two of the same size",
)


def way_down(values, tree, step):
    """From level 1 downwards; `step` chooses among the measured children, and ends the way with None."""
    path, here = [], ""
    while True:
        measured = [
            node for node, (parent, _) in tree.items() if parent == here and not np.isnan(values.get(node, np.nan))
        ]
        here = step(measured)
        if here is None:
            return path
        path.append(here)


@mistake(
    "m02_drill_down_path",
    misconception="the largest, threshold or not",
    loses=[ANY_TREE, THRESHOLDS],
    hint="You go on to the largest child even where it is below its threshold. There is nothing to see there.",
)
def thresholds_forgotten(values, tree):
    return way_down(values, tree, lambda nodes: max(nodes, key=values.get, default=None))


@mistake(
    "m02_drill_down_path",
    misconception="the largest child speaks for all",
    loses=[ANY_TREE, THRESHOLDS],
    hint="You ask only the largest child. A smaller sibling with a lower threshold may be above its own.",
)
def only_the_largest_is_asked(values, tree):
    def step(nodes):
        largest = max(nodes, key=values.get, default=None)
        return largest if largest is not None and values[largest] > tree[largest][1] else None

    return way_down(values, tree, step)


@mistake(
    "m02_drill_down_path",
    misconception="the first one above its threshold",
    loses=[DOWN, ANY_TREE],
    hint="You took the first child above its threshold, not the largest of them. The order of a tree means nothing.",
)
def first_above(values, tree):
    return way_down(values, tree, lambda nodes: next((one for one in nodes if values[one] > tree[one][1]), None))


@mistake(
    "m02_drill_down_path",
    misconception="farthest above its threshold",
    loses=[ANY_TREE, THRESHOLDS, EQUALS],
    hint="You compare how far nodes are above their thresholds. Siblings are shares of the same whole: compare these.",
)
def largest_excess(values, tree):
    def step(nodes):
        above = [node for node in nodes if values[node] > tree[node][1]]
        return max(above, key=lambda node: values[node] - tree[node][1], default=None)

    return way_down(values, tree, step)


@mistake(
    "m02_drill_down_path",
    misconception="a threshold is reached, not exceeded",
    loses=[THRESHOLDS],
    hint="A node that lies exactly at its threshold is not above it.",
)
def at_the_threshold(values, tree):
    def step(nodes):
        return max((node for node in nodes if values[node] >= tree[node][1]), key=values.get, default=None)

    return way_down(values, tree, step)


@mistake(
    "m02_drill_down_path",
    misconception="all that is large, wherever it hangs",
    loses=[DOWN, ANY_TREE, THRESHOLDS, UNMEASURED, EQUALS],
    hint="You listed every node above its threshold. A path has one node a level, each a child of the one before.",
)
def every_flagged_node(values, tree):
    flagged = [node for node, (_, threshold) in tree.items() if values.get(node, np.nan) > threshold]
    return sorted(flagged, key=values.get, reverse=True)


@mistake(
    "m02_drill_down_path",
    misconception="every node was measured",
    loses=[DOWN, THRESHOLDS, UNMEASURED, EQUALS],
    hint="You ask each node of the tree for its value. Not every tool measures every level: some have none.",
)
def all_are_there(values, tree):
    path, here = [], ""
    while True:
        above = [node for node, (parent, threshold) in tree.items() if parent == here and values[node] > threshold]
        if not above:
            return path
        here = max(above, key=values.get)
        path.append(here)


@mistake(
    "m02_drill_down_path",
    misconception="the last of equals",
    loses=[EQUALS],
    hint="Of two children of the same size you take the last one.",
)
def last_of_equals(values, tree):
    def step(nodes):
        return max((node for node in reversed(nodes) if values[node] > tree[node][1]), key=values.get, default=None)

    return way_down(values, tree, step)


# --- the counter multiplexer --------------------------------------------------------------------------------

ALL, TURNS, LENGTHS, QUEUE = "a counter for each event", "taking turns", "turns of many lengths", "nobody overtakes"
BEFORE, WISHES, SHARED = "not yet", "impossible wishes", "no more counters than there are"


class Turns:
    """A multiplexer with no mistake in it; each mistake below changes one of its decisions."""

    def __init__(self, counters, groups):
        if min(map(len, groups), default=1) < 1 or max(map(len, groups), default=1) > counters:
            raise ValueError("a group can never be counted")
        self.begin(counters, groups)

    def begin(self, counters, groups):
        self.counters, self.groups = counters, list(groups)
        self.counts = {event: 0 for group in groups for event in group}
        self.running_s = dict.fromkeys(self.counts, 0)
        self.enabled_s = 0

    @property
    def active_events(self):
        return {event for group in self.chosen() for event in group}

    def chosen(self):
        chosen = []
        for group in self.groups:
            if sum(map(len, chosen)) + len(group) > self.counters:
                break
            chosen.append(group)
        return chosen

    def tick(self, duration_s, counts):
        self.note(duration_s, counts)
        self.groups = self.groups[1:] + self.groups[:1]

    def note(self, duration_s, counts):
        self.enabled_s += duration_s
        for event in self.active_events:
            self.counts[event] += counts.get(event, 0)
            self.running_s[event] += duration_s

    def running_share(self, event):
        return self.running_s[event] / self.enabled_s if self.enabled_s else float("nan")

    def estimate(self, event):
        return self.counts[event] * self.enabled_s / self.running_s[event] if self.running_s[event] else float("nan")


@mistake(
    "m02_counter_multiplexer",
    misconception="scaled the wrong way",
    loses=[TURNS, LENGTHS, QUEUE],
    hint="An event that ran half of the time was seen half as often as it happened. Yours makes it fewer still.",
)
class ScaledDown(Turns):
    def estimate(self, event):
        return self.counts[event] * self.running_share(event) if self.running_s[event] else float("nan")


@mistake(
    "m02_counter_multiplexer",
    misconception="counts while waiting",
    loses=[TURNS, LENGTHS, QUEUE],
    hint="Your counters also saw what happened while their events were not on them. Only active events count.",
)
class CountsWhileWaiting(Turns):
    def note(self, duration_s, counts):
        super().note(duration_s, {})
        for event in self.counts:
            self.counts[event] += counts.get(event, 0)


@mistake(
    "m02_counter_multiplexer",
    misconception="small groups overtake",
    loses=[QUEUE],
    hint="A small group slipped past a large one that did not fit. The first group that does not fit ends the round.",
)
class Overtaking(Turns):
    def chosen(self):
        chosen = []
        for group in self.groups:
            if sum(map(len, chosen)) + len(group) <= self.counters:
                chosen.append(group)
        return chosen


@mistake(
    "m02_counter_multiplexer",
    misconception="one group at a time",
    loses=[ALL, QUEUE],
    hint="You put one group on the counters and leave the rest of them free, though the next group would fit.",
)
class OneGroupAtATime(Turns):
    def chosen(self):
        return self.groups[:1]


@mistake(
    "m02_counter_multiplexer",
    misconception="never seen is zero",
    loses=[BEFORE],
    hint="Nobody looked, so nobody knows: an event that never ran has no estimate, and zero is one.",
)
class NeverSeenIsZero(Turns):
    def estimate(self, event):
        return super().estimate(event) if self.running_s[event] else 0.0


@mistake(
    "m02_counter_multiplexer",
    misconception="turns for time",
    loses=[LENGTHS],
    hint="You scaled by the number of turns. A long turn sees more than a short one: what counts is time.",
)
class TurnsForTime(Turns):
    def note(self, duration_s, counts):
        super().note(1, counts)


@mistake(
    "m02_counter_multiplexer",
    misconception="rotates before it counts",
    loses=[LENGTHS, QUEUE, BEFORE],
    hint="Your queue moves before the turn is counted: the events that were active at its start miss their own turn.",
)
class RotatesFirst(Turns):
    def tick(self, duration_s, counts):
        self.groups = self.groups[1:] + self.groups[:1]
        self.note(duration_s, counts)


@mistake(
    "m02_counter_multiplexer",
    misconception="the queue never moves",
    loses=[TURNS, LENGTHS, QUEUE],
    hint="The same group keeps the counters for ever. After each turn the head of the queue goes to its end.",
)
class NeverRotates(Turns):
    def tick(self, duration_s, counts):
        self.note(duration_s, counts)


@mistake(
    "m02_counter_multiplexer",
    misconception="no limit to the counters",
    loses=[TURNS, LENGTHS, QUEUE, BEFORE, SHARED],
    hint="You let every event count all the time. The core has only so many counters: who does not fit waits.",
)
class NoLimit(Turns):
    def chosen(self):
        return self.groups


@mistake(
    "m02_counter_multiplexer",
    misconception="any wish is granted",
    loses=[WISHES],
    hint="A group that never fits is never counted, and holds up all behind it. Say so when it is asked for.",
)
class AnyWish(Turns):
    def __init__(self, counters, groups):
        self.begin(counters, groups)


# --- calibration ------------------------------------------------------------------------------------------------

GAIN, OFFSET, MISFIT, DISTURBED, NO_LINE = "gain", "offset", "misfit", "disturbed runs", "no line"


def line_through(known, represented, misfit=lambda off: np.max(np.abs(off))):
    """A sound fit through one count a size."""
    n, c = np.asarray(known, dtype=float), np.asarray(represented, dtype=float)
    if len(set(n.tolist())) < 2:
        raise ValueError("one size is no line")
    gain = np.sum((n - n.mean()) * (c - c.mean())) / np.sum((n - n.mean()) ** 2)
    offset = c.mean() - gain * n.mean()
    return {"gain": gain, "offset": offset, "misfit": misfit(c - offset - gain * n)}


@mistake(
    "m02_calibrate_counter",
    misconception="the mean of the runs",
    loses=[GAIN, OFFSET, DISTURBED],
    hint="Your line is the one through the means. One interrupt pulls a mean as far as it likes.",
)
def mean_of_the_runs(known, counted):
    return line_through(known, np.mean(counted, axis=-1))


@mistake(
    "m02_calibrate_counter",
    misconception="the best run is the true one",
    loses=[GAIN, OFFSET, DISTURBED],
    hint="You took the least count of each size. Counters scatter both ways: the least is an extreme, too.",
)
def best_run(known, counted):
    return line_through(known, np.min(counted, axis=-1))


@mistake(
    "m02_calibrate_counter",
    misconception="no events, no counts",
    loses=[GAIN, OFFSET, MISFIT, DISTURBED],
    hint="Your line goes through the origin. What does a counter say that is started and stopped at once?",
)
def through_the_origin(known, counted):
    line_through(known, known)  # refuses one size
    n, c = np.asarray(known, dtype=float), np.median(counted, axis=-1)
    gain = np.sum(n * c) / np.sum(n * n)
    return {"gain": gain, "offset": 0.0, "misfit": np.max(np.abs(c - gain * n))}


@mistake(
    "m02_calibrate_counter",
    misconception="the line the other way round",
    loses=[GAIN, OFFSET, MISFIT, DISTURBED],
    hint="You fitted what is known to what was counted. Gain is counts per event, not events per count.",
)
def other_way_round(known, counted):
    line_through(known, known)
    c = np.median(counted, axis=-1)
    if np.ptp(c) == 0:
        return {"gain": np.inf, "offset": np.nan, "misfit": np.nan}
    return line_through(c, known)


@mistake(
    "m02_calibrate_counter",
    misconception="a line through its ends",
    loses=[GAIN, OFFSET, MISFIT, DISTURBED],
    hint="Your line goes through the smallest and the largest kernel, and the kernels between have no say in it.",
)
def through_the_ends(known, counted):
    n, c = np.asarray(known, dtype=float), np.median(counted, axis=-1)
    ends = [int(np.argmin(n)), int(np.argmax(n))]
    fit = line_through(n[ends], c[ends])
    return fit | {"misfit": np.max(np.abs(c - fit["offset"] - fit["gain"] * n))}


@mistake(
    "m02_calibrate_counter",
    misconception="the usual distance for the worst",
    loses=[MISFIT, DISTURBED],
    hint="You give the root mean square of the distances. A counter is as good as its worst size.",
)
def usual_distance(known, counted):
    return line_through(known, np.median(counted, axis=-1), lambda off: np.sqrt(np.mean(off**2)))


@mistake(
    "m02_calibrate_counter",
    misconception="only too much is wrong",
    loses=[MISFIT, DISTURBED],
    hint="You look only at sizes where the counter says more than its line. Too few events are as wrong as too many.",
)
def only_above(known, counted):
    return line_through(known, np.median(counted, axis=-1), np.max)


@mistake(
    "m02_calibrate_counter",
    misconception="any points make a line",
    loses=[NO_LINE],
    hint="Through kernels of one size goes every line. Yours came out of a division by zero, or of rounding.",
)
def any_points_will_do(known, counted):
    if len(set(np.asarray(known).tolist())) < 2:
        return {"gain": np.nan, "offset": np.nan, "misfit": np.nan}
    return line_through(known, np.median(counted, axis=-1))


# --- a value: which counters can be used ----------------------------------------------------------------------

USABLE, CORRECTED, UNUSABLE = "usable as they are", "to be corrected", "not to be used"


def judged(known, counted, exact, fits):
    """A word for each counter, by two questions to its medians, gain, offset and misfit."""
    verdicts = {}
    for counter, runs in counted.items():
        medians = np.median(runs, axis=1)
        fit = line_through(known, medians)
        if exact(medians, fit):
            verdicts[counter] = "exact"
        else:
            verdicts[counter] = "correctable" if fits(medians, fit) else "broken"
    return verdicts


def right_everywhere(known):
    return lambda medians, _fit: bool(np.all(np.abs(medians / known - 1) < 0.01))


def on_its_line(known):
    return lambda _medians, fit: fit["misfit"] < 0.01 * fit["gain"] * np.ptp(known)


@mistake(
    "m02_counter_verdicts",
    misconception="a gain of one is exact",
    loses=[USABLE, CORRECTED, UNUSABLE],
    hint="You trust every counter whose gain is near one. What about its offset, and its distance from the line?",
)
def gain_decides(known, counted):
    return judged(known, counted, lambda _medians, fit: abs(fit["gain"] - 1) < 0.01, on_its_line(known))


@mistake(
    "m02_counter_verdicts",
    misconception="what is wrong is broken",
    loses=[CORRECTED, UNUSABLE],
    hint="You throw away counters that are wrong in a way that is known exactly: their line says how to correct them.",
)
def wrong_is_broken(known, counted):
    return judged(known, counted, right_everywhere(known), lambda _medians, _fit: False)


@mistake(
    "m02_counter_verdicts",
    misconception="a line can be fitted to anything",
    loses=[CORRECTED, UNUSABLE],
    hint="Least squares gives a line for any points. Whether they lie on it, the misfit says.",
)
def any_line_will_do(known, counted):
    return judged(known, counted, right_everywhere(known), lambda _medians, _fit: True)


@mistake(
    "m02_counter_verdicts",
    misconception="no scatter, no fault",
    loses=[CORRECTED, UNUSABLE],
    hint="A counter that always says the same lies on its line perfectly, and the line does not rise.",
)
def stuck_is_sound(known, counted):
    def lies_on_its_line(_medians, fit):
        return fit["misfit"] <= 0.01 * fit["gain"] * np.ptp(known)

    return judged(known, counted, right_everywhere(known), lies_on_its_line)


@mistake(
    "m02_counter_verdicts",
    misconception="large counts are what matters",
    loses=[USABLE, CORRECTED],
    hint="You looked at the largest kernel only. An offset drowns there, and is all that small kernels have.",
)
def right_at_the_largest(known, counted):
    return judged(known, counted, lambda medians, _fit: abs(medians[-1] / known[-1] - 1) < 0.01, on_its_line(known))


# --- a file: three faults ---------------------------------------------------------------------------------------

VERSION, EVENTS, CLOCKS, SHARES, REST = (
    "version of the events",
    "events",
    "clocks of two threads",
    "the four shares",
    "nothing else",
)
HALVED = "thread_clocks * (1 - smt_on) + any_clocks / 2 * smt_on"


def mended(received, version="1.37", swap_back=True, clocks=HALVED):
    """The file with these things mended."""
    document = json.loads(received)
    document["event_file"]["version"] = version
    if swap_back:
        events = document["events"]
        events["issued_uops"], events["retired_slots"] = events["retired_slots"], events["issued_uops"]
    document["metrics"][0]["formula"] = clocks
    return document


@mistake(
    "m02_mended_metric_file",
    misconception="the version is the document's",
    loses=[VERSION, REST],
    hint="You changed the version of the metrics' document. What must agree with the counts is the list of *events*.",
)
def version_of_the_document(received):
    document = mended(received, version="1.28")
    document["documents"][0]["version"] = "1.37"
    return json.dumps(document)


@mistake(
    "m02_mended_metric_file",
    misconception="exchanged in the formulas",
    loses=[EVENTS],
    hint="You exchanged names in the formulas. The shares are right now, and the aliases still say the wrong thing.",
)
def swapped_in_the_formulas(received):
    document = mended(received, swap_back=False)
    for metric in document["metrics"]:
        formula = metric["formula"].replace("issued_uops", "ISSUED").replace("retired_slots", "issued_uops")
        metric["formula"] = formula.replace("ISSUED", "retired_slots")
    return json.dumps(document)


@mistake(
    "m02_mended_metric_file",
    misconception="each clock of the core counted twice",
    loses=[CLOCKS, SHARES],
    hint="The sum over both threads has each clock of the core twice, so your file has twice the slots.",
)
def not_halved(received):
    return json.dumps(mended(received, clocks="thread_clocks * (1 - smt_on) + any_clocks * smt_on"))


@mistake(
    "m02_mended_metric_file",
    misconception="always two threads",
    loses=[CLOCKS, SHARES],
    hint="You halve the clocks in every row. Where one thread runs, nothing is counted twice.",
)
def always_halved(received):
    return json.dumps(mended(received, clocks="any_clocks / 2"))


@mistake(
    "m02_mended_metric_file",
    misconception="what is not used is superfluous",
    loses=[EVENTS, CLOCKS, SHARES],
    hint="You deleted the event that no formula used. It was listed for a reason: a formula should have used it.",
)
def unused_deleted(received):
    document = mended(received, clocks="thread_clocks")
    del document["events"]["any_clocks"]
    return json.dumps(document)


# --- regression -------------------------------------------------------------------------------------------------

NODES, SUM, OTHERS = "each node", "the sum", "other nodes"


def same_nodes(before, after):
    """As the exercise asks."""
    if set(before) != set(after):
        raise ValueError("the two runs have other nodes")


@mistake(
    "m02_cpi_changes",
    misconception="a larger share is a larger cost",
    loses=[NODES, SUM],
    hint="You compared shares, parts of two wholes. When the whole grows, a node may keep its share and cost more.",
)
def shares_compared(shares_before, cpi_before, shares_after, cpi_after):
    same_nodes(shares_before, shares_after)
    return {node: shares_after[node] - shares_before[node] for node in shares_before}


@mistake(
    "m02_cpi_changes",
    misconception="both runs measured by the new one",
    loses=[NODES, SUM],
    hint="You weigh both shares with the CPI of the second run. The first run's shares are shares of its own clocks.",
)
def new_cpi_for_both(shares_before, cpi_before, shares_after, cpi_after):
    same_nodes(shares_before, shares_after)
    return {node: (shares_after[node] - shares_before[node]) * cpi_after for node in shares_before}


@mistake(
    "m02_cpi_changes",
    misconception="slower is negative",
    loses=[NODES, SUM],
    hint="Your signs are turned round: what the second run needs more is positive.",
)
def turned_round(shares_before, cpi_before, shares_after, cpi_after):
    same_nodes(shares_before, shares_after)
    return {node: shares_before[node] * cpi_before - shares_after[node] * cpi_after for node in shares_before}


@mistake(
    "m02_cpi_changes",
    misconception="every node takes its share of the change",
    loses=[NODES],
    hint="You shared the change out by the new shares, so every node became slower. Some cost what they always did.",
)
def change_shared_out(shares_before, cpi_before, shares_after, cpi_after):
    same_nodes(shares_before, shares_after)
    return {node: shares_after[node] * (cpi_after - cpi_before) for node in shares_before}


@mistake(
    "m02_cpi_changes",
    misconception="the same order in both runs",
    loses=[NODES, OTHERS],
    hint="You paired the nodes by their places. Two runs may list them in another order, or list others: pair by name.",
)
def paired_by_place(shares_before, cpi_before, shares_after, cpi_after):
    pairs = zip(shares_before, shares_before.values(), shares_after.values(), strict=False)
    return {node: after * cpi_after - before * cpi_before for node, before, after in pairs}


@mistake(
    "m02_cpi_changes",
    misconception="what is missing was zero",
    loses=[OTHERS],
    hint="A node that one run does not have was not measured there, and you took it for zero. Refuse the comparison.",
)
def missing_is_zero(shares_before, cpi_before, shares_after, cpi_after):
    nodes = {**shares_before, **shares_after}
    return {node: shares_after.get(node, 0) * cpi_after - shares_before.get(node, 0) * cpi_before for node in nodes}
