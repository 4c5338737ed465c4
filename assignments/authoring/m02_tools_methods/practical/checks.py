"""What must hold of the answers of module 2's practical notebook."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from graders.checks import (
    Conserved,
    Equal,
    Exercise,
    Property,
    Raises,
    Scenario,
    call,
    column,
    in_json,
    marks,
    sampled,
    series,
    value,
)
from reference_solutions.m02_tools_methods.attention import attention_flops_per_byte
from reference_solutions.m02_tools_methods.calibration import calibrate_counter, counter_verdicts
from reference_solutions.m02_tools_methods.drill_down import SKYLAKE_TREE, drill_down_path
from reference_solutions.m02_tools_methods.figures import bottleneck_figure, roofline_figure
from reference_solutions.m02_tools_methods.intensity import gemm_flops_per_byte
from reference_solutions.m02_tools_methods.mended_metric_file import mended_metric_file
from reference_solutions.m02_tools_methods.metric_evaluation import evaluate_metrics
from reference_solutions.m02_tools_methods.metric_file import read_metric_file
from reference_solutions.m02_tools_methods.multiplexing import CounterMultiplexer
from reference_solutions.m02_tools_methods.perf_metrics import perf_metrics_level_1
from reference_solutions.m02_tools_methods.regression import cpi_changes
from reference_solutions.m02_tools_methods.roofline import attainable_flops_per_s
from reference_solutions.m02_tools_methods.topdown import topdown_level_1
from reference_solutions.m02_tools_methods.topdown_level_2 import topdown_level_2

DATA = Path(__file__).parents[1] / "data"

# --- attainable performance under a roofline ---------------------------------------------------------------


def kernels_against_machines(rng):
    """Intensities far to the left and right of every ridge, as a column, against a row of machines."""
    ridges = rng.uniform(5, 500, size=4)
    bandwidths = rng.uniform(50e9, 8e12, size=4)
    intensities = np.concatenate([rng.uniform(0.1, 4, size=3), rng.uniform(600, 5000, size=2)])
    return call(intensities[:, np.newaxis], ridges * bandwidths, bandwidths)


def kernel_on_a_machine(rng):
    """One kernel on one machine, left of its ridge."""
    bandwidth = rng.uniform(50e9, 8e12)
    ridge = rng.uniform(5, 500)
    return call(ridge * rng.uniform(0.05, 0.8), ridge * bandwidth, bandwidth)


ROOFLINE = Exercise(
    "m02_attainable_flops_per_s",
    reference=attainable_flops_per_s,
    checks=[
        Equal(
            "both sides of the ridge",
            weight=1,
            cases=[
                call(0.0833, 3.2e12, 205e9),  # a stream triad on a server
                call(62.06, 312e12, 2.039e12),
                call(1365.33, 312e12, 1.555e12),
                call(intensity_flops_per_byte=25.0, peak_flops_per_s=1e12, bandwidth_bytes_per_s=40e9),  # the ridge
                sampled(kernel_on_a_machine, count=5),
            ],
            message="Kernels left of the ridge, right of it, and on it.",
        ),
        Equal(
            "no work, no traffic",
            weight=0.5,
            cases=[call(0, 2e12, 100e9), call(float("inf"), 2e12, 100e9)],
            message="A kernel that computes nothing, and one that never touches memory.",
        ),
        Equal(
            "many kernels, many machines",
            weight=0.75,
            cases=[
                sampled(kernels_against_machines, count=5),
                call([1, 10, 100], 5e12, 100e9),
                call(40.0, [1e12, 2e12, 8e12], [50e9, 100e9, 100e9]),
            ],
            message="Arrays of intensities, of peaks, of bandwidths, and all of them at once.",
        ),
        Raises(
            ValueError,
            "impossible kernels and machines",
            weight=0.375,
            cases=[call([3.0, -1.0], 2e12, 100e9), call(1.0, 0.0, 100e9), call(1.0, 2e12, [100e9, -1.0])],
            message="Negative intensities, and machines without peak or bandwidth, are refused.",
        ),
        Raises(
            ValueError,
            "not a number",
            weight=0.375,
            cases=[call([1.0, np.nan], 2e12, 100e9), call(1.0, np.nan, 100e9), call(1.0, 2e12, np.nan)],
            message="NaN is refused, wherever it stands, and does not come out as a performance.",
        ),
    ],
)

# --- operational intensity of a matrix product ---------------------------------------------------------------


def product(rng):
    """A product with no side like another."""
    m, n, k = rng.choice(np.arange(2, 9000), size=3, replace=False)
    return call(int(m), int(n), int(k))


def square(rng):
    side = int(rng.integers(100, 9000))
    return call(side, side, side)


def weights_times_vector(rng):
    n, k = (int(side) for side in rng.integers(500, 20_000, size=2))
    return call(1, n, k)


def batches_and_formats(rng):
    """Batches as a column against formats as a row."""
    batches = rng.choice(np.arange(1, 2000), size=4, replace=False)
    return call(batches[:, np.newaxis], int(rng.integers(1000, 9000)), int(rng.integers(1000, 9000)), [4, 2, 1])


GEMM = Exercise(
    "m02_gemm_flops_per_byte",
    reference=gemm_flops_per_byte,
    checks=[
        Equal(
            "square products",
            weight=0.75,
            cases=[call(4096, 4096, 4096), call(m=1, n=1, k=1), sampled(square, count=2)],
            message="Three square matrices of 2-byte elements.",
        ),
        Equal(
            "a vector",
            weight=0.5,
            cases=[call(1, 4096, 4096), call(4096, 1, 11_008), sampled(weights_times_vector, count=2)],
            message="A matrix times a vector, on either side.",
        ),
        Equal(
            "products of any shape",
            weight=0.75,
            cases=[call(64, 4096, 4096), call(512, 640, 1), call(3, 2, 70_000), sampled(product, count=4)],
            message="Products whose three sides are all different, long, flat or thin.",
        ),
        Equal(
            "bytes of an element",
            weight=0.5,
            cases=[
                call(4096, 4096, 4096, 4),
                call(m=8, n=4096, k=14_336, element_bytes=1),
                call(1, 8192, 8192, element_bytes=0.5),
            ],
            message="Elements of four bytes, of one, and of half a byte.",
        ),
        Equal(
            "many shapes at once",
            weight=0.5,
            cases=[
                sampled(batches_and_formats, count=2),
                call([1, 16, 256], 4096, 4096),
                call(64, [128, 4096], [4096, 128], [2, 1]),
            ],
            message="Arrays of sizes, and of element sizes.",
        ),
    ],
)

# --- operational intensity of attention ------------------------------------------------------------------------


def prompt(rng):
    heads, tokens = int(rng.integers(8, 100)), int(rng.integers(200, 20_000))
    return call(tokens, tokens, heads, heads, int(rng.choice([64, 80, 96, 128, 256])))


def token_more(rng):
    heads = int(rng.integers(8, 100))
    return call(1, int(rng.integers(200, 100_000)), heads, heads, int(rng.choice([64, 96, 128])))


def grouped(rng):
    """Two query heads or more to a head of keys and values."""
    kv_heads = int(rng.integers(1, 9))
    queries, keys = (int(length) for length in rng.integers(2, 9000, size=2))
    return call(queries, keys, kv_heads * int(rng.integers(2, 17)), kv_heads, int(rng.choice([64, 128, 192])))


def stored_scores(rng):
    heads, head_dim = int(rng.integers(8, 100)), int(rng.choice([64, 80, 96, 128, 256]))
    queries, keys = (int(length) for length in rng.integers(100, 9000, size=2))
    return call(queries, keys, heads, heads, head_dim, fused=False)


def fused_and_not(rng):
    """Chunks of a prompt as a column, against both kinds of kernel."""
    queries = rng.choice(np.arange(1, 4096), size=3, replace=False)
    return call(queries[:, np.newaxis], int(rng.integers(4096, 50_000)), 32, 8, 128, fused=np.array([True, False]))


ATTENTION = Exercise(
    "m02_attention_flops_per_byte",
    reference=attention_flops_per_byte,
    checks=[
        Equal(
            "a prompt",
            weight=0.75,
            cases=[call(4096, 4096, 32, 32, 128), sampled(prompt, count=3)],
            message="As many queries as keys, a head of keys for each head of queries, fused.",
        ),
        Equal(
            "one token more",
            weight=0.75,
            cases=[call(queries=1, keys=8192, heads=40, kv_heads=40, head_dim=128), sampled(token_more, count=3)],
            message="One query, and all that came before it.",
        ),
        Equal(
            "shared keys and values",
            weight=0.75,
            cases=[
                call(1, 4096, 64, 8, 128),
                call(2048, 2048, 32, 1, 128),  # one head of keys and values for all
                sampled(grouped, count=4),
            ],
            message="Heads of keys and values that several heads of queries share.",
        ),
        Equal(
            "scores through memory",
            weight=0.75,
            cases=[
                call(4096, 4096, 16, 16, 64, fused=False),
                call(1, 4096, 64, 8, 128, fused=False),
                sampled(stored_scores, count=3),
            ],
            message="Kernels that are not fused: scores and probabilities go out and come back.",
        ),
        Equal(
            "bytes of an element",
            weight=0.5,
            cases=[call(1024, 1024, 8, 8, 64, 4), call(1, 4096, 64, 8, 128, element_bytes=1, fused=False)],
            message="Elements of four bytes, and of one.",
        ),
        Equal(
            "many shapes at once",
            weight=0.5,
            cases=[
                sampled(fused_and_not, count=2),
                call([1, 8, 64], 4096, 64, [64, 8, 1], 128),
                call(512, 512, 8, 8, [64, 128], [2, 1], [False, True]),
            ],
            message="Arrays of lengths, of heads, of element sizes, and of kinds of kernel.",
        ),
    ],
)

# --- a figure: hierarchical roofline -------------------------------------------------------------------------


def machine(rng, levels):
    """A peak, and bandwidths that grow towards the core."""
    bandwidth = rng.uniform(0.5e12, 8e12)
    bandwidths = {}
    for level in reversed(levels):
        bandwidths[level] = bandwidth
        bandwidth *= rng.uniform(2, 5)
    return bandwidth * rng.uniform(0.5, 20), {level: bandwidths[level] for level in levels}


def kernels_on(rng, peak, bandwidths, rows):
    """Kernels that use a part of each level's bandwidth, and reach a part of what the roofs allow."""
    table = {"kernel": [f"kernel_{number}" for number in rng.choice(100, size=rows, replace=False)]}
    intensity = 10 ** rng.uniform(-0.5, 2.5, size=rows)
    performance = rng.uniform(0.3, 0.95, size=rows) * attainable_flops_per_s(intensity, peak, min(bandwidths.values()))
    table["flops_per_s"] = performance
    for level in reversed(bandwidths):
        table[f"{level}_bytes_per_s"] = np.minimum(performance / intensity, 0.98 * bandwidths[level])
        intensity = intensity / rng.uniform(1.1, 4, size=rows)
    return table


def three_levels(rng):
    peak, bandwidths = machine(rng, ["L1", "L2", "HBM"])
    return call(pd.DataFrame(kernels_on(rng, peak, bandwidths, rows=4)), peak, bandwidths)


def two_levels(rng):
    peak, bandwidths = machine(rng, ["SLC", "DRAM"])
    return call(kernels_on(rng, peak, bandwidths, rows=3), peak, bandwidths)


ONE_LEVEL = call(
    {"kernel": ["gemv", "gemm"], "flops_per_s": [3e9, 80e9], "DRAM_bytes_per_s": [6e9, 2e9]}, 100e9, {"DRAM": 10e9}
)
UNDRAWABLE = [
    call(
        {
            "kernel": ["copy", "stencil", "registers", "resident"],
            "flops_per_s": [0.0, 2e12, 9e12, 5e12],
            "L2_bytes_per_s": [2e12, 4e12, 0.0, 2e12],
            "HBM_bytes_per_s": [1e12, 1e12, 0.0, 0.0],
        },
        10e12,
        {"L2": 6e12, "HBM": 2e12},
    ),
    call({"kernel": ["fill"], "flops_per_s": [0.0], "HBM_bytes_per_s": [1e12]}, 5e12, {"HBM": 2e12}),
]


def roofs(figure):
    """Bandwidth, corners and peak of each roof, and whether it reaches from limit to limit."""
    limits = figure["x"]["limits"]
    return {
        label: [corners[0, 1] / corners[0, 0], corners[1:-1], corners[-1, 1], np.allclose(corners[[0, -1], 0], limits)]
        for label, corners in series("line")(figure).items()
    }


def drawn(figure):
    """Who has how many points, and who has none."""
    counts = {label: len(points) for label, points in series("points")(figure).items()}
    return {"left out": sorted(figure["left_out"]), "points": counts}


def is_framed(axis, unit, values):
    """Logarithmic, with its unit, from half of the smallest to twice the largest value."""
    low, high = axis["limits"]
    sound = axis["scale"] == "log" and axis["label"].endswith(unit) and low > 0
    return sound and np.allclose([low, high], [min(values) / 2, 2 * max(values)])


def axes_follow_the_data(pairs):
    for _, figure in pairs:
        intensities = [mark["x"] for mark in figure["marks"]]
        intensities += [x for one in figure["series"] if one["kind"] == "points" for x in one["x"]]
        heights = [y for one in figure["series"] for y in one["y"]]
        if not (is_framed(figure["x"], "[flop/B]", intensities) and is_framed(figure["y"], "[flop/s]", heights)):
            return False
    return True


SAMPLED_KERNELS = [ONE_LEVEL, sampled(three_levels, count=1), sampled(two_levels, count=1)]

ROOFLINE_FIGURE = Exercise(
    "m02_roofline_figure",
    reference=roofline_figure,
    checks=[
        Equal(
            "a roof for each level",
            weight=1.5,
            cases=SAMPLED_KERNELS,
            part=roofs,
            message="Each roof rises with its level's bandwidth, bends at its ridge, and ends flat at the right limit.",
        ),
        Equal(
            "a point for each level",
            weight=2,
            cases=SAMPLED_KERNELS,
            part=series("points"),
            message="Each kernel at its intensity of each level, and at its own performance.",
        ),
        Equal(
            "ridges",
            weight=1,
            cases=SAMPLED_KERNELS,
            part=marks,
            message="A mark on the ridge of each level.",
        ),
        Equal(
            "what cannot be drawn",
            weight=1.5,
            cases=UNDRAWABLE,
            part=drawn,
            message="Kernels that compute nothing, or that some level or every level sees no traffic of.",
        ),
        Property(
            "axes",
            weight=1,
            cases=[*SAMPLED_KERNELS, *UNDRAWABLE],
            holds=axes_follow_the_data,
            message="Both axes logarithmic, with units, and with room around all that is drawn.",
        ),
    ],
)

# --- Top-Down, level 1 --------------------------------------------------------------------------------------


def counted(rng, smt, width=4, backend=(0.05, 0.5)):
    """Counts of programs whose back-end share lies in a given range, from their shares of the slots backwards."""
    smt = np.asarray(smt)
    rows = smt.size
    clocks = rng.integers(10**8, 10**10, size=rows).astype(float)
    slots = width * clocks
    left = 1 - rng.uniform(*backend, size=rows)
    retiring, wasted, recovering, lost = (left[:, np.newaxis] * rng.dirichlet([6, 2, 2, 3], size=rows)).T
    recovery = clocks * recovering
    return {
        "SMT_ON": smt,
        "CPU_CLK_UNHALTED.THREAD": clocks * np.where(smt, rng.uniform(1.2, 1.9, size=rows), 1),
        "CPU_CLK_UNHALTED.THREAD_ANY": clocks * np.where(smt, 2, 1),
        "IDQ_UOPS_NOT_DELIVERED.CORE": slots * lost,
        "INT_MISC.RECOVERY_CYCLES": recovery * np.where(smt, rng.uniform(1.1, 1.8, size=rows), 1),
        "INT_MISC.RECOVERY_CYCLES_ANY": recovery * np.where(smt, 2, 1),
        "UOPS_ISSUED.ANY": slots * (retiring + wasted),
        "UOPS_RETIRED.RETIRE_SLOTS": slots * retiring,
    }


def single_thread(rng):
    return call(counted(rng, [0] * 6))


def named_workloads(rng):
    """A data frame with names, another column and an index that does not count from zero."""
    frame = pd.DataFrame(counted(rng, [0] * 4))
    frame.insert(0, "workload", ["sort", "join", "scan", "hash"])
    return call(frame.set_index(np.array([40, 30, 20, 10])))


def both_kinds_of_rows(rng):
    return call(counted(rng, [1, 0, 1, 1, 0]))


def wide_core(rng):
    width = int(rng.integers(5, 9))
    return call(counted(rng, [0, 0, 0], width=width), width=width)


def idle_among_others(rng):
    table = counted(rng, [0, 0, 1])
    for name in table:
        table[name][1] = 0
    return call(table)


def scaled_apart(rng):
    """Counts that say more than all slots: the back end's share is below zero."""
    return call(counted(rng, [0, 0, 0], backend=(-0.08, -0.01)))


TOPDOWN = Exercise(
    "m02_topdown_level_1",
    reference=topdown_level_1,
    checks=[
        Equal(
            "retiring and front end",
            weight=1,
            cases=[sampled(single_thread, count=2), sampled(named_workloads, count=1)],
            part=column("retiring", "frontend_bound"),
            message="What retired, and what never arrived, as shares of the slots; one thread on the core.",
        ),
        Equal(
            "bad speculation",
            weight=1,
            cases=[sampled(single_thread, count=2), sampled(named_workloads, count=1)],
            part=column("bad_speculation"),
            message="What was thrown away, and what recovery cost; one thread on the core.",
        ),
        Equal(
            "back end",
            weight=1,
            cases=[sampled(single_thread, count=2), sampled(named_workloads, count=1)],
            part=column("backend_bound"),
            message="What is left for the back end; one thread on the core.",
        ),
        Equal(
            "multithreading",
            weight=2,
            cases=sampled(both_kinds_of_rows, count=2),
            message="Tables in which some workloads ran two threads on the core, and some ran one.",
        ),
        Equal("another width", weight=0.5, cases=sampled(wide_core, count=2), message="Cores that are not four wide."),
        Equal(
            "idle core",
            weight=0.75,
            cases=sampled(idle_among_others, count=2),
            message="A workload that never ran a clock has no shares; the others keep theirs.",
        ),
        Equal(
            "counts that do not fit together",
            weight=0.75,
            cases=sampled(scaled_apart, count=2),
            message="Counts that claim more than all slots: the table shows it.",
        ),
    ],
)

# --- a figure: stacked shares, bottlenecks marked ------------------------------------------------------------

LEVEL_1 = ["retiring", "bad_speculation", "frontend_bound", "backend_bound"]


def stacks(rng, categories, rows):
    """Shares that add up to one, as a table, and names of workloads."""
    shares = rng.dirichlet(rng.uniform(0.5, 3, size=len(categories)), size=rows).T
    names = [f"workload_{number}" for number in rng.choice(100, size=rows, replace=False)]
    return dict(zip(categories, shares, strict=True)), names


def programs(rng):
    shares, names = stacks(rng, LEVEL_1, rows=6)
    return call(pd.DataFrame(shares), names)


def another_tree(rng):
    """Other categories, and useful work neither first nor last."""
    return call(*stacks(rng, ["stalled", "starved", "retiring", "flushed", "throttled"], rows=4))


def useful_work_largest(rng):
    shares, names = stacks(rng, LEVEL_1, rows=3)
    for name in shares:
        shares[name] = 0.3 * shares[name] + (0.7 if name == "retiring" else 0)
    return call(shares, names)


UNSTACKABLE = [
    call(
        {"retiring": [0.7, 0.2, np.nan, 0.5], "stalled": [-0.1, 0.5, np.nan, 0.3], "starved": [0.4, 0.3, 1.0, 0.1]},
        ["negative", "sound", "idle", "ninety"],
    ),
    call({"retiring": [0.3, 0.6], "stalled": [0.6996, 0.402]}, ["rounded", "too much"]),
]


def bottlenecks(figure):
    return {mark["x"]: [mark["label"], mark["y"]] for mark in figure["marks"]}


def stacked(figure):
    """Who has a bar, and who has none."""
    return {"left out": sorted(figure["left_out"]), "bars": [list(one["x"]) for one in figure["series"]]}


def stack_is_readable(pairs):
    for _, figure in pairs:
        across, up = figure["x"], figure["y"]
        drawn = [list(one["x"]) for one in figure["series"]]
        if across["scale"] != "category" or any(names != list(across["limits"]) for names in drawn):
            return False
        if up["scale"] != "linear" or not up["label"].endswith("[%]") or [*map(float, up["limits"])] != [0, 100]:
            return False
    return True


SAMPLED_STACKS = [sampled(programs, count=2), sampled(another_tree, count=2)]

BOTTLENECK_FIGURE = Exercise(
    "m02_bottleneck_figure",
    reference=bottleneck_figure,
    checks=[
        Equal(
            "layers",
            weight=1.25,
            cases=SAMPLED_STACKS,
            part=series("bars"),
            message="Each layer in percent, and standing on those before it.",
        ),
        Equal(
            "bottlenecks",
            weight=1.25,
            cases=[*SAMPLED_STACKS, sampled(useful_work_largest, count=2)],
            part=bottlenecks,
            message="A mark in the middle of the largest layer that is no useful work.",
        ),
        Equal(
            "what cannot be stacked",
            weight=1,
            cases=UNSTACKABLE,
            part=stacked,
            message="Workloads with a share below zero, or unknown, or whose shares are no whole.",
        ),
        Property(
            "axes",
            weight=0.5,
            cases=[*SAMPLED_STACKS, *UNSTACKABLE],
            holds=stack_is_readable,
            message="Names of the workloads that are drawn along one axis, 0 to 100 % along the other.",
        ),
    ],
)

# --- Top-Down, level 1, from PERF_METRICS -----------------------------------------------------------------------

METRICS = [f"PERF_METRICS.{name}" for name in ("RETIRING", "BAD_SPECULATION", "FRONTEND_BOUND", "BACKEND_BOUND")]


def booked(rng, rows, clears=0.06, unit=None):
    """Fields in some unit, and corrections that leave something for bad speculation.

    With `clears` at 0 the column of the clears is not there at all.
    """
    slots = rng.integers(10**8, 10**10, size=rows).astype(float)
    fields = rng.uniform(0.1, 1, size=(rows, 4)) @ np.diag([1, 0.9, 0.8, 1])
    unit = rng.uniform(100, 1000) if unit is None else unit
    table = dict(zip(METRICS, unit * fields.T / fields.sum(axis=1), strict=True))
    table["INT_MISC.UOP_DROPPING"] = slots * rng.uniform(0.005, 0.025, size=rows)
    table["TOPDOWN.SLOTS"] = slots
    if clears:
        least = fields[:, 1] / fields.sum(axis=1)
        table["INT_MISC.CLEARS_COUNT"] = np.rint(slots * least * rng.uniform(0.3, 0.9, size=rows) / 5)
    return table


def on_ice_lake(rng):
    return call(booked(rng, rows=5), clear_slots=5)


def named_on_ice_lake(rng):
    """A data frame with names, and an index that does not count from zero."""
    frame = pd.DataFrame(booked(rng, rows=3)).set_index(np.array([7, 5, 3]))
    frame.insert(0, "workload", ["sort", "join", "scan"])
    return call(frame, clear_slots=5)


def on_sapphire_rapids(rng):
    return call(booked(rng, rows=4, clears=0))


def clears_of_another_price(rng):
    """As if it were another core, still with five slots' worth of clears at most."""
    return call(booked(rng, rows=3), clear_slots=int(rng.integers(2, 5)))


def as_in_the_register(rng):
    """Whole numbers of 255ths, which do not add up to 255."""
    fields = rng.multinomial(255, [0.4, 0.2, 0.15, 0.25], size=4).T + np.array([[1], [0], [-1], [1]])
    table = dict(zip(METRICS, fields.clip(0), strict=True))
    return call(table | {"INT_MISC.UOP_DROPPING": np.zeros(4), "TOPDOWN.SLOTS": rng.integers(10**6, 10**8, size=4)})


def corrected_too_much(rng):
    """Clears that cost more than there was to take from."""
    table = booked(rng, rows=3)
    table["INT_MISC.CLEARS_COUNT"] = np.rint(table["TOPDOWN.SLOTS"] * rng.uniform(0.2, 0.3, size=3))
    return call(table, clear_slots=5)


def nothing_counted(rng):
    """Three rows among others: nothing at all, no fields, no slots."""
    table = booked(rng, rows=5, clears=0)
    for name in table:
        table[name][1] = 0
    for name in METRICS:
        table[name][3] = 0
    table["TOPDOWN.SLOTS"][4] = 0
    return call(table)


def a_core(fields, dropped=0, clears=0, slots=1000):
    """One row, by hand."""
    table = {name: [field] for name, field in zip(METRICS, fields, strict=True)}
    return table | {
        "INT_MISC.UOP_DROPPING": [dropped],
        "INT_MISC.CLEARS_COUNT": [clears],
        "TOPDOWN.SLOTS": [slots],
    }


SAMPLED_FIELDS = [sampled(on_ice_lake, count=2), sampled(named_on_ice_lake, count=1)]

PERF_METRICS = Exercise(
    "m02_perf_metrics_level_1",
    reference=perf_metrics_level_1,
    checks=[
        Equal(
            "proportions",
            weight=1,
            cases=[
                *SAMPLED_FIELDS,
                sampled(as_in_the_register, count=2),
                call(a_core([255, 0, 0, 0])),  # at the end of its range
                call(a_core([255, 255, 255, 255])),
            ],
            part=column("retiring"),
            message="What retired, from fields in any unit.",
        ),
        Equal(
            "dropped slots",
            weight=1,
            cases=[*SAMPLED_FIELDS, call(a_core([50, 30, 4, 16], dropped=90))],
            part=column("frontend_bound"),
            message="The front end's share without the slots that were dropped; it may be negative.",
        ),
        Equal(
            "clears",
            weight=1,
            cases=[*SAMPLED_FIELDS, sampled(clears_of_another_price, count=1)],
            part=column("backend_bound"),
            message="The back end's share, with what clears cost it.",
        ),
        Equal(
            "bad speculation",
            weight=0.75,
            cases=[*SAMPLED_FIELDS, sampled(clears_of_another_price, count=1)],
            part=column("bad_speculation"),
            message="What remains when the other three are right.",
        ),
        Equal(
            "a core without that correction",
            weight=0.5,
            cases=[sampled(on_sapphire_rapids, count=2)],
            message="Sapphire Rapids: clears cost nothing, and there is no column for them.",
        ),
        Equal(
            "less than nothing left",
            weight=0.375,
            cases=[sampled(corrected_too_much, count=2), call(a_core([40, 1, 30, 29], clears=100), clear_slots=5)],
            message="Corrections that take more than there was.",
        ),
        Equal(
            "nothing counted",
            weight=0.375,
            cases=sampled(nothing_counted, count=2),
            message="Workloads without a slot, or whose fields are all zero; the others keep their shares.",
        ),
    ],
)

# --- Top-Down, level 2 --------------------------------------------------------------------------------------------


def counted_twice_down(rng, smt, width=4):
    """Counts of programs for both levels, and the shares of level 1."""
    table = counted(rng, smt, width=width)
    shares = topdown_level_1(table, width)
    rows, threads = np.asarray(smt).size, table["CPU_CLK_UNHALTED.THREAD"]
    clocks = table["CPU_CLK_UNHALTED.THREAD_ANY"] / np.where(smt, 2, 1)
    waiting = threads[:, np.newaxis] * rng.dirichlet([4, 1, 2, 2, 3], size=rows)
    none, stores, one, two, _ = waiting.T
    retired = table["UOPS_RETIRED.RETIRE_SLOTS"]
    fused = retired * rng.uniform(0.03, 0.15, size=rows)
    heavy = retired * rng.uniform(0.02, 0.3, size=rows)
    table |= {
        "INST_RETIRED.ANY": retired + fused - heavy,
        "UOPS_RETIRED.MACRO_FUSED": fused,
        "IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE": clocks
        * shares["frontend_bound"]
        * rng.uniform(0.2, 0.8, size=rows),
        "BR_MISP_RETIRED.ALL_BRANCHES": rng.integers(10**5, 10**7, size=rows).astype(float),
        "MACHINE_CLEARS.COUNT": rng.integers(10**5, 10**7, size=rows).astype(float),
        "CYCLE_ACTIVITY.STALLS_MEM_ANY": none * rng.uniform(0.3, 0.9, size=rows),
        "CYCLE_ACTIVITY.STALLS_TOTAL": none,
        "EXE_ACTIVITY.1_PORTS_UTIL": one,
        "EXE_ACTIVITY.2_PORTS_UTIL": two,
        "EXE_ACTIVITY.BOUND_ON_STORES": stores,
    }
    return table, shares


def one_thread_down(rng):
    return call(*counted_twice_down(rng, [0] * 5))


def frames_down(rng):
    """Two data frames whose common index does not count from zero."""
    index = np.array([30, 10, 20])
    return call(*(pd.DataFrame(table).set_index(index) for table in counted_twice_down(rng, [0] * 3)))


def both_kinds_down(rng):
    return call(*counted_twice_down(rng, [1, 0, 1, 1]))


def wide_core_down(rng):
    width = int(rng.integers(5, 9))
    return call(*counted_twice_down(rng, [0, 0, 0], width=width), width=width)


CAUSES = {
    1: ["BR_MISP_RETIRED.ALL_BRANCHES", "MACHINE_CLEARS.COUNT"],
    2: [
        "CYCLE_ACTIVITY.STALLS_MEM_ANY",
        "CYCLE_ACTIVITY.STALLS_TOTAL",
        *("EXE_ACTIVITY.1_PORTS_UTIL", "EXE_ACTIVITY.2_PORTS_UTIL", "EXE_ACTIVITY.BOUND_ON_STORES"),
    ],
}


def no_cause_counted(rng):
    """A row in which nothing was thrown away, one in which nothing waited, and a sound one."""
    table, shares = counted_twice_down(rng, [0, 0, 0])
    for row, names in CAUSES.items():
        for name in names:
            table[name][row] = 0
    return call(table, shares)


def idle_down(rng):
    """A row without a clock, among others."""
    table, _ = counted_twice_down(rng, [0, 0, 1])
    for name in table:
        table[name][1] = 0
    return call(table, topdown_level_1(table))


def slightly_below_zero(rng):
    """Fewer slots than light instructions would take, and more clocks without a µop than slots that were lost."""
    table, shares = counted_twice_down(rng, [0, 0, 0])
    table["INST_RETIRED.ANY"] = (table["UOPS_RETIRED.RETIRE_SLOTS"] + table["UOPS_RETIRED.MACRO_FUSED"]) * 1.002
    lost = 1.01 * shares["frontend_bound"]
    table["IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE"] = lost * table["CPU_CLK_UNHALTED.THREAD"]
    return call(table, shares)


SAMPLED_DOWN = [sampled(one_thread_down, count=2), sampled(frames_down, count=1)]

LEVEL_TWO = Exercise(
    "m02_topdown_level_2",
    reference=topdown_level_2,
    checks=[
        Equal(
            "front end",
            weight=0.75,
            cases=SAMPLED_DOWN,
            part=column("fetch_latency", "fetch_bandwidth"),
            message="Nothing came, or too little; one thread on the core.",
        ),
        Equal(
            "bad speculation",
            weight=0.75,
            cases=SAMPLED_DOWN,
            part=column("branch_mispredicts", "machine_clears"),
            message="Thrown away for a wrong guess, or for another reason; one thread on the core.",
        ),
        Equal(
            "retiring",
            weight=1,
            cases=SAMPLED_DOWN,
            part=column("heavy_operations", "light_operations"),
            message="Slots of heavy instructions, and of light ones; one thread on the core.",
        ),
        Equal(
            "back end",
            weight=1.25,
            cases=SAMPLED_DOWN,
            part=column("memory_bound", "core_bound"),
            message="Waiting for data, or for busy units; one thread on the core.",
        ),
        Equal(
            "multithreading",
            weight=0.75,
            cases=sampled(both_kinds_down, count=2),
            message="Tables in which some workloads ran two threads on the core, and some ran one.",
        ),
        Equal(
            "another width",
            weight=0.25,
            cases=sampled(wide_core_down, count=2),
            message="Cores that are not four wide.",
        ),
        Equal(
            "no cause counted",
            weight=0.5,
            cases=sampled(no_cause_counted, count=2),
            message="Nothing was thrown away, or nothing waited: then the sibling has it all.",
        ),
        Equal(
            "idle core",
            weight=0.25,
            cases=sampled(idle_down, count=2),
            message="A workload that never ran a clock has no shares; the others keep theirs.",
        ),
        Equal(
            "nothing cut off",
            weight=0.5,
            cases=sampled(slightly_below_zero, count=2),
            part=column("heavy_operations", "light_operations", "fetch_latency", "fetch_bandwidth"),
            message="Counts that are not exact: shares slightly below zero, and their siblings above their parents.",
        ),
    ],
)

# --- the way down the tree ------------------------------------------------------------------------------------


def any_tree(rng):
    """Three levels, each node with two children; in random order, with thresholds of its own."""
    names = [f"node_{number}" for number in rng.permutation(21)]
    parents = [""] * 3 + [names[number] for number in range(9) for _ in range(2)]
    tree = {name: (parent, float(rng.uniform(0.05, 0.5))) for name, parent in zip(names, parents, strict=True)}
    values = {name: float(rng.uniform(0, 0.6)) for name in names}
    order = rng.permutation(names)
    return call(values, {str(name): tree[name] for name in order})


SMALL_TREE = {
    "dram": ("memory", 0.1),
    "front": ("", 0.15),
    "memory": ("back", 0.2),
    "core": ("back", 0.1),
    "back": ("", 0.2),
    "cache": ("memory", 0.05),
    "latency": ("front", 0.1),
}

PATH = Exercise(
    "m02_drill_down_path",
    reference=drill_down_path,
    checks=[
        Equal(
            "the way down",
            weight=1,
            cases=[
                call(
                    {"frontend_bound": 0.2, "backend_bound": 0.7, "memory_bound": 0.5, "core_bound": 0.2},
                    SKYLAKE_TREE,
                ),
                call({"frontend_bound": 0.3, "fetch_latency": 0.05, "fetch_bandwidth": 0.25}, SKYLAKE_TREE),
                call({"retiring": 0.75, "light_operations": 0.7, "heavy_operations": 0.05}, SKYLAKE_TREE),
                call({"bad_speculation": 0.3, "branch_mispredicts": 0.26, "machine_clears": 0.04}, SKYLAKE_TREE),
            ],
            message="From level 1 downwards, always to a child of the node before.",
        ),
        Equal("trees of any kind", weight=1, cases=sampled(any_tree, count=20), message="Other trees, in any order."),
        Equal(
            "thresholds",
            weight=1,
            cases=[
                call({"back": 0.2, "memory": 0.6, "dram": 0.6, "front": 0.16}, SMALL_TREE),  # at it is not above it
                call({"back": 0.5, "memory": 0.2, "core": 0.11, "dram": 0.9}, SMALL_TREE),
                call({"back": 0.5, "memory": 0.3, "core": 0.2, "dram": 0.05, "cache": 0.04}, SMALL_TREE),
                call({"back": 0.1, "front": 0.1, "memory": 0.9, "latency": 0.9}, SMALL_TREE),
            ],
            message="A node above its own threshold, not at it; the smaller one, if only that one is above its own.",
        ),
        Equal(
            "not measured",
            weight=0.5,
            cases=[
                call({"front": 0.3, "back": np.nan, "memory": 0.5, "latency": np.nan}, SMALL_TREE),
                call({"back": 0.3, "dram": 0.4, "cache": 0.2}, SMALL_TREE),
                call({}, SMALL_TREE),
            ],
            message="Nodes that are missing or NaN: the way does not lead through them.",
        ),
        Equal(
            "two of the same size",
            weight=0.5,
            cases=[
                call({"back": 0.5, "front": 0.5, "latency": 0.3, "memory": 0.4}, SMALL_TREE),
                call({"back": 0.6, "memory": 0.3, "core": 0.3, "cache": 0.2, "dram": 0.2}, SMALL_TREE),
            ],
            message="Of two equally large children the one that stands first in the tree.",
        ),
    ],
)

# --- the counter multiplexer --------------------------------------------------------------------------------


def a_counter_for_each(student, expect):
    multiplexer = student.CounterMultiplexer(counters=4, groups=[["a", "b"], ["c"]])
    for turn in range(3):
        expect(multiplexer.active_events).equals({"a", "b", "c"})
        multiplexer.tick(0.25, {"a": 10 + turn, "c": 2})
    for event, count in {"a": 33, "b": 0, "c": 6}.items():
        expect(multiplexer.running_share(event)).equals(1)
        expect(multiplexer.estimate(event)).equals(count)


def turns_of_one_length(student, expect):
    multiplexer = student.CounterMultiplexer(2, [["loads", "misses"], ["branches", "clears"], ["stores"]])
    for _ in range(2):
        for active in ({"loads", "misses"}, {"branches", "clears"}, {"stores"}):
            expect(multiplexer.active_events).equals(active)
            multiplexer.tick(0.5, {"loads": 400, "misses": 30, "branches": 100, "stores": 70})
    for event, count in {"loads": 800, "misses": 60, "branches": 200, "clears": 0, "stores": 140}.items():
        expect(multiplexer.running_share(event)).equals(1 / 3)
        expect(multiplexer.estimate(event)).equals(3 * count)


def turns_of_many_lengths(student, expect, rng):
    multiplexer = student.CounterMultiplexer(counters=1, groups=[["a"], ["b"], ["c"]])
    for _ in range(8):
        multiplexer.tick(float(rng.uniform(0.01, 0.1)), {name: int(rng.integers(100, 1000)) for name in "abc"})
    for event in "abc":
        expect(multiplexer.running_share(event)).agrees()
        expect(multiplexer.estimate(event)).agrees()


def small_behind_large(student, expect):
    multiplexer = student.CounterMultiplexer(counters=4, groups=[["a", "b", "c"], ["d", "e"], ["f"]])
    # Beside the three of the first group there is room for f, but d and e stand in between.
    for active in ({"a", "b", "c"}, {"d", "e", "f"}, {"f", "a", "b", "c"}, {"a", "b", "c"}):
        expect(multiplexer.active_events).equals(active)
        multiplexer.tick(1.0, {"f": 12})
    expect(multiplexer.running_share("f")).equals(0.5)
    expect(multiplexer.estimate("f")).equals(48)


def not_yet(student, expect):
    multiplexer = student.CounterMultiplexer(counters=1, groups=[["a"], ["b"]])
    expect(multiplexer.running_share("a")).equals(float("nan"))
    expect(multiplexer.estimate("a")).equals(float("nan"))
    multiplexer.tick(0.5, {"a": 3, "b": 4})
    expect(multiplexer.running_share("b")).equals(0)
    expect(multiplexer.estimate("b")).equals(float("nan"))
    expect(multiplexer.estimate("a")).equals(3)


def random_turns(student, rng):
    counters = int(rng.integers(2, 5))
    groups = [[f"{group}.{event}" for event in range(rng.integers(1, counters + 1))] for group in range(4)]
    multiplexer = student.CounterMultiplexer(counters, groups)
    for _ in range(6):
        multiplexer.tick(float(rng.uniform(0.01, 0.1)), {})
        yield counters, [multiplexer.running_share(event) for group in groups for event in group]


def counters_are_shared(seen):
    counters, shares = seen
    return min(shares) >= 0 and sum(shares) <= counters * (1 + 1e-9)


MULTIPLEXER = Exercise(
    "m02_counter_multiplexer",
    reference=CounterMultiplexer,
    checks=[
        Scenario(
            "a counter for each event",
            weight=1,
            play=a_counter_for_each,
            message="As long as all groups fit, all count.",
        ),
        Scenario("taking turns", weight=1.5, play=turns_of_one_length, message="Groups take turns of equal length."),
        Scenario(
            "turns of many lengths",
            weight=1.5,
            play=turns_of_many_lengths,
            message="What scales a count is the time that its event ran, however long the turns.",
        ),
        Scenario(
            "nobody overtakes",
            weight=1.5,
            play=small_behind_large,
            message="Who goes on the counters when the next group in the queue does not fit.",
        ),
        Scenario("not yet", weight=1, play=not_yet, message="Before anything ran, and for an event that never did."),
        Raises(
            ValueError,
            "impossible wishes",
            weight=0.75,
            cases=[call(2, [["a"], []]), call(2, [["a", "b", "c"]]), call(1, [["a"], ["b", "c"]])],
            message="Groups that can never be counted are refused.",
        ),
        Conserved(
            "no more counters than there are",
            weight=0.75,
            script=random_turns,
            invariant=counters_are_shared,
            message="Whatever the groups, the running shares never add up to more than there are counters.",
        ),
    ],
)

# --- calibration ------------------------------------------------------------------------------------------------


def counter_runs(rng, sizes=5, runs=5, disturbed=0, scatter=0.02):
    """A counter with gain, offset and scatter; interrupts fall into `disturbed` of the runs of each size."""
    known = np.sort(rng.choice(np.arange(100, 100_000), size=sizes, replace=False))
    line = rng.uniform(50, 5000) + rng.uniform(0.5, 2.5) * known
    counted = line[:, np.newaxis] * rng.uniform(1 - scatter, 1 + scatter, size=(sizes, runs))
    for row in counted:
        row[rng.choice(runs, size=disturbed, replace=False)] += rng.uniform(2e3, 2e5, size=disturbed)
    return call(known, counted)


def undisturbed(rng):
    return counter_runs(rng, sizes=int(rng.integers(4, 8)))


def disturbed(rng):
    return counter_runs(rng, disturbed=2)


def single_runs(rng):
    return counter_runs(rng, runs=1, scatter=0.1)


def by_name(name):
    """Only this part of the result."""
    return lambda fit: fit[name]


CALIBRATION = Exercise(
    "m02_calibrate_counter",
    reference=calibrate_counter,
    checks=[
        Equal(
            "gain",
            weight=1,
            cases=[sampled(undisturbed, count=3), call([3, 1, 2], [[6, 7, 6], [2, 2, 3], [4, 4, 4]])],
            part=by_name("gain"),
            rtol=1e-7,
            message="What the counter makes of one event; in runs that nothing disturbed much.",
        ),
        Equal(
            "offset",
            weight=1,
            cases=[sampled(undisturbed, count=3), call([0, 10, 30], [[-5, -5], [5, 5], [25, 25]])],
            part=by_name("offset"),
            rtol=1e-7,
            atol=1e-6,
            message="What the counter says where nothing happens; it may be negative.",
        ),
        Equal(
            "misfit",
            weight=1,
            cases=[
                sampled(single_runs, count=3),
                call([1, 2, 3, 4], [[2], [2], [2], [3]]),
                call([1, 2, 3], [[5, 5], [5, 5], [5, 5]]),  # stuck, and without any scatter
            ],
            part=by_name("misfit"),
            rtol=1e-7,
            atol=1e-6,
            message="How far the counter strays from its own line, at its worst, above or below.",
        ),
        Equal(
            "disturbed runs",
            weight=1.5,
            cases=[
                sampled(disturbed, count=6),
                call([10, 20, 30], [[10, 10, 900], [20, 20, 20], [4000, 30, 30]]),
            ],
            rtol=1e-7,
            atol=1e-6,
            message="Interrupts in up to two of five runs: too many, by thousands.",
        ),
        Raises(
            ValueError,
            "no line",
            weight=0.5,
            cases=[call([50, 50, 50], [[50, 51], [50, 50], [52, 50]]), call([1000], [[1000, 1001]])],
            message="One size alone gives no line, however often it was run.",
        ),
    ],
)

# --- a value: which counters can be used ----------------------------------------------------------------------

CALIBRATION_RUNS = pd.read_csv(DATA / "calibration.csv", comment="#")
COUNTED = {
    counter: rows.filter(like="run").to_numpy() for counter, rows in CALIBRATION_RUNS.groupby("counter", sort=False)
}


def called(word):
    """Counters that are called so."""
    return lambda verdicts: sorted(counter for counter, verdict in verdicts.items() if verdict == word)


VERDICTS = Exercise(
    "m02_counter_verdicts",
    reference=counter_verdicts,
    given={"known": CALIBRATION_RUNS["known"].unique(), "counted": COUNTED},
    checks=[
        Equal(
            "usable as they are",
            weight=0.5,
            cases=[value()],
            part=called("exact"),
            message="Counters that are right at every size.",
        ),
        Equal(
            "to be corrected",
            weight=0.75,
            cases=[value()],
            part=called("correctable"),
            message="Counters that are wrong, and lie on a line that rises.",
        ),
        Equal(
            "not to be used",
            weight=0.75,
            cases=[value()],
            part=called("broken"),
            message="Counters that no line describes.",
        ),
    ],
)

# --- a file: three faults ---------------------------------------------------------------------------------------

RECEIVED = (DATA / "skylake_level_1.json").read_text(encoding="utf-8")
ONE_AND_TWO_THREADS = {
    "SMT_ON": [0, 1, 1, 0],
    "CPU_CLK_UNHALTED.THREAD": [1000, 1700, 2900, 400],
    "CPU_CLK_UNHALTED.THREAD_ANY": [1000, 2000, 3200, 400],
    "IDQ_UOPS_NOT_DELIVERED.CORE": [500, 900, 2100, 90],
    "INT_MISC.RECOVERY_CYCLES": [20, 60, 150, 4],
    "INT_MISC.RECOVERY_CYCLES_ANY": [20, 90, 260, 4],
    "UOPS_ISSUED.ANY": [2400, 2600, 3300, 300],
    "UOPS_RETIRED.RETIRE_SLOTS": [2100, 2200, 2500, 290],
}


def by_file(*metrics):
    """These metrics, by a file that must be sound."""

    def part(text):
        in_json()(text)  # no text, or too long a one, is read no further
        return evaluate_metrics(read_metric_file(text), ONE_AND_TWO_THREADS, metrics)

    return part


def right_as_received(text):
    document = in_json()(text)
    return [
        document["cpu"],
        document["documents"],
        document["settings"],
        [metric["name"] for metric in document["metrics"]],
    ]


def is_untouched(pairs):
    return all(right_as_received(text) == right_as_received(RECEIVED) for _, text in pairs)


METRIC_FILE = Exercise(
    "m02_mended_metric_file",
    reference=mended_metric_file,
    given={"received": RECEIVED},
    checks=[
        Equal(
            "version of the events",
            weight=0.5,
            cases=[value()],
            part=in_json("event_file"),
            message="The list of events that the counts were taken with.",
        ),
        Equal(
            "events",
            weight=0.75,
            cases=[value()],
            part=in_json("events"),
            message="Each alias stands for the event that its name says.",
        ),
        Equal(
            "clocks of two threads",
            weight=0.75,
            cases=[value()],
            part=by_file("clocks"),
            message="Clocks of the core, with and without multithreading.",
        ),
        Equal(
            "the four shares",
            weight=0.5,
            cases=[value()],
            part=by_file(*LEVEL_1),
            message="Level 1 by this file, on counts of one thread and of two.",
        ),
        Property(  # as received it holds: by itself it earns nothing
            "nothing else",
            weight=0.5,
            cases=[value()],
            holds=is_untouched,
            message="CPU, documents, settings and the metrics' names were right.",
        ),
    ],
)

# --- regression -------------------------------------------------------------------------------------------------


def two_runs(rng):
    nodes = ["useful", "branches", "clears", "fetch", "memory", "core"]
    before, after = (dict(zip(nodes, map(float, rng.dirichlet(np.full(6, 2.0))), strict=True)) for _ in range(2))
    return call(before, float(rng.uniform(0.4, 1.2)), after, float(rng.uniform(1.3, 3)))


def listed_in_another_order(rng):
    before, cpi_before, after, cpi_after = two_runs(rng).args
    return call(before, cpi_before, dict(reversed(after.items())), cpi_after)


def adds_up(pairs):
    for case, changes in pairs:
        _, before, _, after = case.args
        if not np.isclose(sum(float(change) for change in changes.values()), after - before, rtol=1e-9):
            return False
    return True


REGRESSION = Exercise(
    "m02_cpi_changes",
    reference=cpi_changes,
    checks=[
        Equal(
            "each node",
            weight=1,
            cases=[
                call({"memory": 0.25, "other": 0.75}, 1.0, {"memory": 0.5, "other": 0.5}, 1.5),
                sampled(two_runs, count=4),
                sampled(listed_in_another_order, count=2),
            ],
            message="What each node gained or lost, in clocks per instruction.",
        ),
        Property(
            "the sum",
            weight=0.5,
            cases=sampled(two_runs, count=4),
            holds=adds_up,
            message="The changes of all nodes add up to the change of the program.",
        ),
        Raises(
            ValueError,
            "other nodes",
            weight=0.5,
            cases=[
                call({"memory": 0.5, "other": 0.5}, 1.0, {"memory": 0.4, "core": 0.1, "other": 0.5}, 1.2),
                call({"memory": 0.5, "other": 0.5}, 1.0, {"other": 1.0}, 1.2),
            ],
            message="Two runs that were not split into the same nodes cannot be compared node by node.",
        ),
    ],
)
