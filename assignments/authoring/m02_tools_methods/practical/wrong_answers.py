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


# --- operational intensity of a matrix product ---------------------------------------------------------------

SQUARE, VECTOR, ANY_SHAPE, ELEMENT, SHAPES = (
    "square products",
    "a vector",
    "products of any shape",
    "bytes of an element",
    "many shapes at once",
)


def three_matrices(m, n, k):
    """Sizes as numbers, and elements of A, B and C."""
    m, n, k = (np.asarray(size, dtype=float) for size in (m, n, k))
    return m * n * k, m * k, k * n, m * n


@mistake(
    "m02_gemm_flops_per_byte",
    misconception="every element has two bytes",
    loses=[ELEMENT, SHAPES],
    hint="You computed BF16, whatever `element_bytes` says.",
)
def always_two_bytes(m, n, k, element_bytes=2):
    terms, *matrices = three_matrices(m, n, k)
    return 2 * terms / (2 * sum(matrices) + 0 * np.asarray(element_bytes))


@mistake(
    "m02_gemm_flops_per_byte",
    misconception="one intensity for all shapes",
    loses=[SHAPES],
    hint="You gave one number for all shapes together. Each product has operations and bytes of its own.",
)
def all_shapes_together(m, n, k, element_bytes=2):
    terms, *matrices = three_matrices(m, n, k)
    terms, size = np.broadcast_arrays(2 * terms, np.asarray(element_bytes) * sum(matrices))
    return np.sum(terms) / np.sum(size)


@mistake(
    "m02_gemm_flops_per_byte",
    misconception="a multiply-add is one operation",
    loses=[SQUARE, VECTOR, ANY_SHAPE, ELEMENT, SHAPES],
    hint="Half of the intensity: each term of a sum costs a multiplication and an addition, fused or not.",
)
def multiplications_alone(m, n, k, element_bytes=2):
    terms, *matrices = three_matrices(m, n, k)
    return terms / (np.asarray(element_bytes) * sum(matrices))


@mistake(
    "m02_gemm_flops_per_byte",
    misconception="results leave for nothing",
    loses=[SQUARE, VECTOR, ANY_SHAPE, ELEMENT, SHAPES],
    hint="You count what is read. The result crosses the interface as well, in the other direction.",
)
def result_not_written(m, n, k, element_bytes=2):
    terms, a, b, _ = three_matrices(m, n, k)
    return 2 * terms / (np.asarray(element_bytes) * (a + b))


@mistake(
    "m02_gemm_flops_per_byte",
    misconception="only the weights are large",
    loses=[SQUARE, VECTOR, ANY_SHAPE, ELEMENT, SHAPES],
    hint="You count the bytes of B alone. With one row that is nearly right; with a batch, A and C grow.",
)
def weights_alone(m, n, k, element_bytes=2):
    terms, _, b, _ = three_matrices(m, n, k)
    return 2 * terms / (np.asarray(element_bytes) * b)


@mistake(
    "m02_gemm_flops_per_byte",
    misconception="every operand comes from memory",
    loses=[SQUARE, VECTOR, ANY_SHAPE, ELEMENT, SHAPES],
    hint="You read two elements for each term of each sum, as if there were no cache. Which of them were there before?",
)
def no_cache_at_all(m, n, k, element_bytes=2):
    terms, _, _, c = three_matrices(m, n, k)
    return 2 * terms / (np.asarray(element_bytes) * (2 * terms + c))


# --- operational intensity of attention ------------------------------------------------------------------------

PROMPT, TOKEN, GROUPED, SCORES = "a prompt", "one token more", "shared keys and values", "scores through memory"


def attention(queries, keys, heads, kv_heads, head_dim):
    """Operations of both products; elements of queries and results, of keys and values, of the scores."""
    q, k, h, shared, d = (np.asarray(size, dtype=float) for size in (queries, keys, heads, kv_heads, head_dim))
    return 4 * h * q * k * d, 2 * h * q * d, 2 * shared * k * d, h * q * k


@mistake(
    "m02_attention_flops_per_byte",
    misconception="scores are all there is to compute",
    loses=[PROMPT, TOKEN, GROUPED, SCORES, ELEMENT, SHAPES],
    hint="Half of the operations are missing: after the scores, the probabilities are multiplied with the values.",
)
def first_product_alone(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    operations, own, cached, scores = attention(queries, keys, heads, kv_heads, head_dim)
    return operations / 2 / (np.asarray(element_bytes) * (own + cached + np.where(fused, 0, 4 * scores)))


@mistake(
    "m02_attention_flops_per_byte",
    misconception="every head has its own keys",
    loses=[GROUPED, SCORES, ELEMENT, SHAPES],
    hint="You read keys and values once for each *query* head. Those that share them find them on the chip.",
)
def keys_of_each_query_head(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    operations, own, cached, scores = attention(queries, keys, heads, heads, head_dim)
    size = own + cached + np.where(fused, 0, 4 * scores) + 0 * np.asarray(kv_heads)
    return operations / (np.asarray(element_bytes) * size)


@mistake(
    "m02_attention_flops_per_byte",
    misconception="shared keys are computed with once",
    loses=[GROUPED, SCORES, ELEMENT, SHAPES],
    hint="You count products for each head of *keys*. Sharing saves bytes: every query head does both products.",
)
def products_of_key_heads(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    operations, own, cached, scores = attention(queries, keys, heads, kv_heads, head_dim)
    operations = operations * np.asarray(kv_heads) / np.asarray(heads)
    return operations / (np.asarray(element_bytes) * (own + cached + np.where(fused, 0, 4 * scores)))


@mistake(
    "m02_attention_flops_per_byte",
    misconception="only the cache is moved",
    loses=[PROMPT, TOKEN, GROUPED, SCORES, ELEMENT, SHAPES],
    hint="Queries are read and results written, too: for one token nearly nothing, for a prompt as much as the keys.",
)
def cache_alone(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    operations, _, cached, scores = attention(queries, keys, heads, kv_heads, head_dim)
    return operations / (np.asarray(element_bytes) * (cached + np.where(fused, 0, 4 * scores)))


@mistake(
    "m02_attention_flops_per_byte",
    misconception="the softmax works on the chip",
    loses=[SCORES, ELEMENT, SHAPES],
    hint="Not fused, the softmax is a kernel of its own: it reads scores from memory, and writes probabilities there.",
)
def scores_move_twice(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    operations, own, cached, scores = attention(queries, keys, heads, kv_heads, head_dim)
    return operations / (np.asarray(element_bytes) * (own + cached + np.where(fused, 0, 2 * scores)))


@mistake(
    "m02_attention_flops_per_byte",
    misconception="scores are always fused away",
    loses=[SCORES, ELEMENT, SHAPES],
    hint="Your bytes are those of a fused kernel, whatever `fused` says. What does another one send through memory?",
)
def always_fused(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    operations, own, cached, _ = attention(queries, keys, heads, kv_heads, head_dim)
    return operations / (np.asarray(element_bytes) * (own + cached + 0 * np.asarray(fused)))


@mistake(
    "m02_attention_flops_per_byte",
    misconception="every element has two bytes",
    loses=[ELEMENT, SHAPES],
    hint="You computed BF16, whatever `element_bytes` says.",
)
def elements_of_two_bytes(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    operations, own, cached, scores = attention(queries, keys, heads, kv_heads, head_dim)
    return operations / (2 * (own + cached + np.where(fused, 0, 4 * scores)) + 0 * np.asarray(element_bytes))


@mistake(
    "m02_attention_flops_per_byte",
    misconception="one kind of kernel at a time",
    loses=[SHAPES],
    hint="Python's `if` decides about one kernel. Where `fused` is an array, each kernel needs its own decision.",
)
def one_kernel_at_a_time(queries, keys, heads, kv_heads, head_dim, element_bytes=2, fused=True):
    operations, own, cached, scores = attention(queries, keys, heads, kv_heads, head_dim)
    return operations / (np.asarray(element_bytes) * (own + cached + (0 if fused else 4 * scores)))


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


# --- Top-Down, level 1, from PERF_METRICS -----------------------------------------------------------------------

PROPORTIONS, DROPPED, CLEARS, REST = "proportions", "dropped slots", "clears", "bad speculation"
UNCORRECTED, TOO_MUCH, NOTHING = "a core without that correction", "less than nothing left", "nothing counted"


def fields_of(counters):
    """Fields in the order of the register, and their sum."""
    names = ("RETIRING", "BAD_SPECULATION", "FRONTEND_BOUND", "BACKEND_BOUND")
    fields = [np.asarray(counters[f"PERF_METRICS.{name}"], dtype=float) for name in names]
    return fields, sum(fields)


def per_slot(counters, name):
    """A count as a share of the slots."""
    slots = np.asarray(counters["TOPDOWN.SLOTS"], dtype=float)
    return np.asarray(counters[name], dtype=float) / np.where(slots > 0, slots, np.nan)


def clears_of(counters, clear_slots):
    return clear_slots * per_slot(counters, "INT_MISC.CLEARS_COUNT") if clear_slots else 0


def level_1_of(retiring, frontend, backend, rest=lambda remains: np.maximum(remains, 0)):
    """The four shares of three; what was not counted at all is nowhere."""
    remains = 1 - retiring - frontend - backend
    unknown = 0 * remains
    return {
        "retiring": retiring + unknown,
        "bad_speculation": rest(remains),
        "frontend_bound": frontend + unknown,
        "backend_bound": backend + unknown,
    }


def sound_metrics(counters, clear_slots, **how):
    """No mistake in it; each mistake below changes one of its decisions."""
    (retiring, _, frontend, backend), whole = fields_of(counters)
    whole = how.get("whole", np.where(whole > 0, whole, np.nan))
    dropped = how.get("dropped", per_slot(counters, "INT_MISC.UOP_DROPPING"))
    clears = how.get("clears", clears_of(counters, clear_slots))
    rest = how.get("rest", lambda remains: np.maximum(remains, 0))
    return level_1_of(retiring / whole, frontend / whole - dropped, backend / whole + clears, rest)


@mistake(
    "m02_perf_metrics_level_1",
    misconception="the whole is the slots",
    loses=[PROPORTIONS, DROPPED, CLEARS, REST, UNCORRECTED, TOO_MUCH, NOTHING],
    hint="You divide the fields by the slots. They have a unit of their own: what do the four of them add up to?",
)
def whole_is_the_slots(counters, clear_slots=0):
    slots = np.asarray(counters["TOPDOWN.SLOTS"], dtype=float)
    _, whole = fields_of(counters)
    return sound_metrics(counters, clear_slots, whole=np.where((slots > 0) & (whole > 0), slots, np.nan))


@mistake(
    "m02_perf_metrics_level_1",
    misconception="fields are 255ths",
    loses=[PROPORTIONS, DROPPED, CLEARS, REST, UNCORRECTED, TOO_MUCH, NOTHING],
    hint="You divide by 255. Fields come in other units as well, and rounded ones seldom add up to 255.",
)
def whole_is_255(counters, clear_slots=0):
    _, whole = fields_of(counters)
    return sound_metrics(counters, clear_slots, whole=np.where(whole > 0, 255, np.nan))


@mistake(
    "m02_perf_metrics_level_1",
    misconception="dropped slots were the front end's",
    loses=[DROPPED, REST, UNCORRECTED, TOO_MUCH, NOTHING],
    hint="Your front end answers for slots that were dropped for another reason: they are booked on it wrongly.",
)
def dropped_slots_kept(counters, clear_slots=0):
    nothing = 0 * per_slot(counters, "INT_MISC.UOP_DROPPING")
    return sound_metrics(counters, clear_slots, dropped=nothing)


@mistake(
    "m02_perf_metrics_level_1",
    misconception="a count of slots taken off a field",
    loses=[DROPPED, REST, UNCORRECTED, TOO_MUCH, NOTHING],
    hint="You subtract slots from a field before you divide by the sum of the fields. Make both shares first.",
)
def slots_taken_off_a_field(counters, clear_slots=0):
    (_, _, _, _), whole = fields_of(counters)
    own = np.asarray(counters["INT_MISC.UOP_DROPPING"], dtype=float) / np.where(whole > 0, whole, np.nan)
    return sound_metrics(counters, clear_slots, dropped=own + 0 * per_slot(counters, "INT_MISC.UOP_DROPPING"))


@mistake(
    "m02_perf_metrics_level_1",
    misconception="a clear costs one slot",
    loses=[CLEARS, REST, TOO_MUCH],
    hint="You count clears where slots are asked for: each clear costs as many as `clear_slots` says.",
)
def a_slot_for_a_clear(counters, clear_slots=0):
    clears = clears_of(counters, clear_slots) / (clear_slots or 1)
    return sound_metrics(counters, clear_slots, clears=clears)


@mistake(
    "m02_perf_metrics_level_1",
    misconception="every core has the column",
    loses=[PROPORTIONS, UNCORRECTED, NOTHING],
    hint="You ask for a count that this table does not have. Where clears cost nothing, nobody has to count them.",
)
def always_asks_for_clears(counters, clear_slots=0):
    return sound_metrics(counters, clear_slots, clears=clear_slots * per_slot(counters, "INT_MISC.CLEARS_COUNT"))


@mistake(
    "m02_perf_metrics_level_1",
    misconception="bad speculation has a field",
    loses=[REST, UNCORRECTED, TOO_MUCH, NOTHING],
    hint="You took bad speculation from its field. What the corrections give and take must come from somewhere.",
)
def field_of_bad_speculation(counters, clear_slots=0):
    (_, bad, _, _), whole = fields_of(counters)
    own = bad / np.where(whole > 0, whole, np.nan)
    return sound_metrics(counters, clear_slots, rest=lambda remains: own + 0 * remains)


@mistake(
    "m02_perf_metrics_level_1",
    misconception="what remains may be negative",
    loses=[TOO_MUCH],
    hint="Your bad speculation is below zero. The vendor's file ends it at zero, and the sum shows it.",
)
def remains_below_zero(counters, clear_slots=0):
    return sound_metrics(counters, clear_slots, rest=lambda remains: remains)


@mistake(
    "m02_perf_metrics_level_1",
    misconception="every share is cut off at zero",
    loses=[DROPPED],
    hint="You cut off more than one share at zero. Only bad speculation ends there; the front end may be negative.",
)
def all_cut_off(counters, clear_slots=0):
    shares = sound_metrics(counters, clear_slots)
    return {category: np.maximum(share, 0) for category, share in shares.items()}


@mistake(
    "m02_perf_metrics_level_1",
    misconception="nothing counted means zero",
    loses=[NOTHING],
    hint="A core without slots spent 0 % of them nowhere: it had none. 0/0 is not 0.",
)
def uncounted_is_zero(counters, clear_slots=0):
    return {category: np.nan_to_num(share) for category, share in sound_metrics(counters, clear_slots).items()}


# --- Top-Down, level 2 --------------------------------------------------------------------------------------------

FETCH, THROWN, RETIRED, BACK_END = "front end", "bad speculation", "retiring", "back end"
UNCAUSED, UNCUT = "no cause counted", "nothing cut off"
DOWN_A_LEVEL = {
    "retiring": ("heavy_operations", "light_operations"),
    "bad_speculation": ("branch_mispredicts", "machine_clears"),
    "frontend_bound": ("fetch_latency", "fetch_bandwidth"),
    "backend_bound": ("memory_bound", "core_bound"),
}


def none_for_nothing(part, whole):
    """Part of a whole, and nothing of nothing."""
    return part / np.where(whole > 0, whole, np.inf)


class Split:
    """Level 2 with no mistake in it; each mistake below changes one of its decisions."""

    def __init__(self, counters, level_1, width):
        self.width = width
        self.counters = {name: np.asarray(counters[name], dtype=float) for name in counters if name != "workload"}
        self.parents = {name: np.asarray(level_1[name], dtype=float) for name in DOWN_A_LEVEL}

    def count(self, name):
        return self.counters[name]

    def clocks(self):
        clocks = core_clocks(self.counters)
        return np.where(clocks > 0, clocks, np.nan)

    def slots(self):
        return self.width * self.clocks()

    def fetch_latency(self):
        return self.width * self.count("IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE") / self.slots()

    def part_of_guesses(self):
        wrong, cleared = self.count("BR_MISP_RETIRED.ALL_BRANCHES"), self.count("MACHINE_CLEARS.COUNT")
        return none_for_nothing(wrong, wrong + cleared)

    def light_slots(self):
        return self.count("INST_RETIRED.ANY") - self.count("UOPS_RETIRED.MACRO_FUSED")

    def heavy_operations(self):
        return (self.count("UOPS_RETIRED.RETIRE_SLOTS") - self.light_slots()) / self.slots()

    def few_ports(self):
        one, two = self.count("EXE_ACTIVITY.1_PORTS_UTIL"), self.count("EXE_ACTIVITY.2_PORTS_UTIL")
        return one + self.parents["retiring"] * two

    def stores(self):
        return self.count("EXE_ACTIVITY.BOUND_ON_STORES")

    def part_of_memory(self):
        waited = self.count("CYCLE_ACTIVITY.STALLS_MEM_ANY") + self.stores()
        return none_for_nothing(waited, self.count("CYCLE_ACTIVITY.STALLS_TOTAL") + self.few_ports() + self.stores())

    def branch_mispredicts(self):
        return self.part_of_guesses() * self.parents["bad_speculation"]

    def memory_bound(self):
        return self.part_of_memory() * self.parents["backend_bound"]

    def sibling(self, category, measured):
        return self.parents[category] - measured

    def shares(self):
        shares = {}
        for category, (child, sibling) in DOWN_A_LEVEL.items():
            shares[child] = getattr(self, child)()
            shares[sibling] = self.sibling(category, shares[child])
        return shares


@mistake(
    "m02_topdown_level_2",
    misconception="a clock without a µop is one slot",
    loses=[FETCH, SMT, WIDTH, UNCAUSED, IDLE, UNCUT],
    hint="The event counts clocks in which nothing came. In each of them the core loses all of its slots, not one.",
)
def empty_clocks_for_slots(counters, level_1, width=4):
    class Mistaken(Split):
        def fetch_latency(self):
            return super().fetch_latency() / self.width

    return Mistaken(counters, level_1, width).shares()


@mistake(
    "m02_topdown_level_2",
    misconception="guesses and clears exchanged",
    loses=[THROWN, SMT, WIDTH, UNCAUSED, IDLE],
    hint="Your two children of bad speculation are exchanged: wrong guesses are what mispredicted branches count.",
)
def guesses_and_clears_exchanged(counters, level_1, width=4):
    shares = Split(counters, level_1, width).shares()
    return shares | {
        "branch_mispredicts": shares["machine_clears"],
        "machine_clears": shares["branch_mispredicts"],
    }


@mistake(
    "m02_topdown_level_2",
    misconception="a fused pair takes two slots",
    loses=[RETIRED, SMT, WIDTH, UNCAUSED, IDLE, UNCUT],
    hint="Your heavy operations are too few: a fused pair is two instructions, and takes one slot, not two.",
)
def fused_pairs_forgotten(counters, level_1, width=4):
    class Mistaken(Split):
        def light_slots(self):
            return self.count("INST_RETIRED.ANY")

    return Mistaken(counters, level_1, width).shares()


@mistake(
    "m02_topdown_level_2",
    misconception="part of the parent for share of the slots",
    loses=[THROWN, BACK_END, SMT, WIDTH, UNCAUSED, IDLE],
    hint="Your children are parts of their parents. A share is of all slots: how much has the parent to divide?",
)
def parts_of_parents(counters, level_1, width=4):
    class Mistaken(Split):
        def branch_mispredicts(self):
            return self.part_of_guesses()

        def memory_bound(self):
            return self.part_of_memory()

    return Mistaken(counters, level_1, width).shares()


@mistake(
    "m02_topdown_level_2",
    misconception="memory means loads",
    loses=[BACK_END, SMT, WIDTH, UNCAUSED, IDLE],
    hint="A core that cannot get rid of its stores waits for memory, too: above and below in your fraction.",
)
def stores_forgotten(counters, level_1, width=4):
    class Mistaken(Split):
        def stores(self):
            return 0

    return Mistaken(counters, level_1, width).shares()


@mistake(
    "m02_topdown_level_2",
    misconception="two busy ports are always too few",
    loses=[BACK_END, SMT, WIDTH, UNCAUSED, IDLE],
    hint="You count every clock with two busy ports in full. They count in proportion to what retires.",
)
def two_ports_in_full(counters, level_1, width=4):
    class Mistaken(Split):
        def few_ports(self):
            return self.count("EXE_ACTIVITY.1_PORTS_UTIL") + self.count("EXE_ACTIVITY.2_PORTS_UTIL")

    return Mistaken(counters, level_1, width).shares()


@mistake(
    "m02_topdown_level_2",
    misconception="multithreading ignored",
    loses=[SMT, IDLE],
    hint="In rows with multithreading you took one thread's clocks. They share the core: whose slots are these?",
)
def clocks_of_a_thread(counters, level_1, width=4):
    class Mistaken(Split):
        def clocks(self):
            clocks = self.count("CPU_CLK_UNHALTED.THREAD")
            return np.where(clocks > 0, clocks, np.nan)

    return Mistaken(counters, level_1, width).shares()


@mistake(
    "m02_topdown_level_2",
    misconception="every core is four wide",
    loses=[WIDTH],
    hint="You computed the slots of a four-wide core, whatever `width` says.",
)
def four_slots_a_clock(counters, level_1, width=4):
    return Split(counters, level_1, 4).shares()


@mistake(
    "m02_topdown_level_2",
    misconception="no cause, no share",
    loses=[UNCAUSED],
    hint="0/0 came out as NaN. If no cause was counted, the parent's slots are still lost: they go to the sibling.",
)
def nothing_of_nothing(counters, level_1, width=4):
    class Mistaken(Split):
        def part_of_guesses(self):
            wrong, cleared = self.count("BR_MISP_RETIRED.ALL_BRANCHES"), self.count("MACHINE_CLEARS.COUNT")
            return np.where(wrong + cleared > 0, super().part_of_guesses(), np.nan)

    return Mistaken(counters, level_1, width).shares()


@mistake(
    "m02_topdown_level_2",
    misconception="idle means zero",
    loses=[IDLE],
    hint="A core that never ran spent 0 % of its slots nowhere: it had none. 0/0 is not 0.",
)
def idle_children_are_zero(counters, level_1, width=4):
    return {child: np.nan_to_num(share) for child, share in Split(counters, level_1, width).shares().items()}


@mistake(
    "m02_topdown_level_2",
    misconception="clipped at zero",
    loses=[UNCUT],
    hint="You clipped a share that was slightly negative. Its sibling, or the sum of the two, is wrong by as much now.",
)
def children_clipped(counters, level_1, width=4):
    class Mistaken(Split):
        def heavy_operations(self):
            return np.maximum(super().heavy_operations(), 0)

    return Mistaken(counters, level_1, width).shares()


@mistake(
    "m02_topdown_level_2",
    misconception="what is left is never negative",
    loses=[UNCUT],
    hint="A sibling came out at zero whose parent was already used up. The two add up to more than it now.",
)
def siblings_clipped(counters, level_1, width=4):
    class Mistaken(Split):
        def sibling(self, category, measured):
            return np.maximum(super().sibling(category, measured), 0)

    return Mistaken(counters, level_1, width).shares()


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
