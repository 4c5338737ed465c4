"""What must hold of the answers of module 1's practical notebook."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graders.checks import (
    Conserved,
    Equal,
    Exercise,
    Outcome,
    Property,
    Raises,
    Scenario,
    call,
    column,
    marks,
    sampled,
    series,
    value,
)
from reference_solutions.hardware import MULTIPROCESSORS
from reference_solutions.m01_microarchitecture.access_time import access_times
from reference_solutions.m01_microarchitecture.coherence import SnoopingBus
from reference_solutions.m01_microarchitecture.cpi_stack import cpi_stack
from reference_solutions.m01_microarchitecture.latency_hiding import warps_figure
from reference_solutions.m01_microarchitecture.memory_parallelism import memory_use
from reference_solutions.m01_microarchitecture.occupancy import block_occupancy
from reference_solutions.m01_microarchitecture.out_of_order import retired_cycles
from reference_solutions.m01_microarchitecture.page_placement import placed_run_s
from reference_solutions.m01_microarchitecture.pipeline import pipeline_verdicts
from reference_solutions.m01_microarchitecture.prefetch_distance import prefetch_figure
from reference_solutions.m01_microarchitecture.reuse import stack_distances_by_definition
from reference_solutions.m01_microarchitecture.set_associative import LruCache
from reference_solutions.m01_microarchitecture.transfer_time import ring_all_reduce_s

DATA = Path(__file__).parents[1] / "data"

# --- the stack of miss events -----------------------------------------------------------------------------------------


def missed(rng, rows, with_long_misses=True):
    """Events of programs that miss everywhere, or not in the last cache."""
    long = rng.integers(500, 20_000, size=rows) if with_long_misses else np.zeros(rows, dtype=int)
    return {
        "instructions": rng.integers(10**6, 10**8, size=rows),
        "branch_mispredictions": rng.integers(1_000, 60_000, size=rows),
        "resolution_cycles": rng.uniform(6, 40, size=rows),
        "fetch_misses": rng.integers(100, 30_000, size=rows),
        "long_misses": long,
        "parallelism": rng.uniform(1.5, 9, size=rows) if with_long_misses else np.full(rows, np.nan),
    }


def core(rng):
    return {
        "width": int(rng.integers(2, 9)),
        "frontend_cycles": int(rng.integers(5, 20)),
        "fetch_miss_cycles": int(rng.integers(8, 60)),
        "memory_cycles": int(rng.integers(100, 500)),
    }


def programs_on_a_core(rng):
    return call(missed(rng, 4), **core(rng))


def framed(rng):
    """A data frame with names and an index of its own."""
    frame = pd.DataFrame(missed(rng, 3))
    frame.insert(0, "program", ["scan", "sort", "join"])
    return call(frame.set_index(np.array([30, 20, 10])), **core(rng))


def some_without_long_misses(rng):
    with_them, without = missed(rng, 2), missed(rng, 2, with_long_misses=False)
    return call({name: np.concatenate([with_them[name], without[name]]) for name in with_them}, **core(rng))


PROGRAMS = [sampled(programs_on_a_core, count=2), sampled(framed, count=1)]

CPI_STACK = Exercise(
    "m01_cpi_stack",
    reference=cpi_stack,
    checks=[
        Equal(
            "base",
            weight=0.75,
            cases=PROGRAMS,
            part=column("base"),
            message="What a core of this width takes without any miss event.",
        ),
        Equal(
            "branches",
            weight=1.25,
            cases=PROGRAMS,
            part=column("branches"),
            message="What mispredicted branches cost, from the guess to a front end that is full again.",
        ),
        Equal(
            "fetch",
            weight=0.75,
            cases=PROGRAMS,
            part=column("fetch"),
            message="What misses of instruction fetches cost.",
        ),
        Equal(
            "memory",
            weight=2,
            cases=PROGRAMS,
            part=column("memory"),
            message="What long misses cost that are under way together.",
        ),
        Equal(
            "no long miss",
            weight=1.25,
            cases=sampled(some_without_long_misses, count=2),
            part=column("memory"),
            message="Programs without long misses, beside others that have them.",
        ),
    ],
)

# --- a window ---------------------------------------------------------------------------------------------------------


def chain(rng):
    """Each instruction needs the last; the window is never full of anything else."""
    latencies = rng.integers(1, 9, size=12)
    return call([[place - 1] if place else [] for place in range(12)], latencies, int(rng.integers(2, 5)), 16)


def independent_ones(rng):
    """All need nothing, and the last takes longest: when it begins is all that counts for it."""
    count, latency = int(rng.integers(15, 30)), int(rng.integers(1, 4))
    latencies = [latency] * count + [int(rng.integers(20, 40))]
    return call([[] for _ in latencies], latencies, int(rng.integers(2, 6)), 64)


def behind_a_load(rng):
    """A long one, and many short ones behind it that need nothing; there is room for all."""
    latencies = [int(rng.integers(30, 90)), *rng.integers(0, 3, size=17).tolist()]
    return call([[] for _ in latencies], latencies, int(rng.integers(2, 4)), 64)


def overtaking(rng):
    """Loads that need nothing, and behind each what needs it; there is room for all."""
    latencies = [int(rng.integers(1, 4)) if place % 2 else int(rng.integers(20, 40)) for place in range(14)]
    return call([[place - 1] if place % 2 else [] for place in range(14)], latencies, 2, 64)


def small_window(rng):
    """Loads now and then in a window that is full most of the time; producers anywhere before."""
    count, window = 40, int(rng.integers(4, 9))
    latencies = np.where(
        rng.uniform(size=count) < 0.25, rng.integers(20, 60, size=count), rng.integers(0, 4, size=count)
    )
    producers = [
        sorted({int(one) for one in rng.integers(0, place, size=2)}) if place % 3 else [] for place in range(count)
    ]
    return call(producers, latencies, int(rng.integers(2, 5)), window)


WINDOW = Exercise(
    "m01_retired_cycles",
    reference=retired_cycles,
    checks=[
        Equal(
            "a chain",
            weight=0.75,
            cases=[sampled(chain, count=2), call([], [], 2, 4), call([[]], [0], 1, 1)],
            message="Instructions that each need the last one; one alone, and none.",
        ),
        Equal(
            "the width",
            weight=1,
            cases=sampled(independent_ones, count=2),
            message="Instructions that need nothing, of which the last takes longest.",
        ),
        Equal(
            "in order at the end",
            weight=0.75,
            cases=sampled(behind_a_load, count=2),
            message="Short instructions behind a long one, in a window with room for all.",
        ),
        Equal(
            "out of order in the middle",
            weight=0.75,
            cases=sampled(overtaking, count=2),
            message="Loads, and behind each an instruction that needs it, in a window with room for all.",
        ),
        Equal(
            "the window",
            weight=1.25,
            cases=[call([[], [0], [], [], [], []], [60, 1, 1, 1, 1, 1], 2, 3), sampled(small_window, count=2)],
            message="Programs whose loads fill the window.",
        ),
        Raises(
            ValueError,
            "impossible programs",
            weight=0.5,
            cases=[
                call([[]], [1], 0, 4),
                call([[]], [1], 2, 0),
                call([[]], [-1], 2, 4),
                call([[], [2], []], [1, 1, 1], 2, 4),
                call([[-1]], [1], 2, 4),
            ],
            message="No width, no window, a negative latency, or a producer that does not stand before, is refused.",
        ),
    ],
)

# --- verdicts ---------------------------------------------------------------------------------------------------------


def counted():
    """The counters that the notebook reads."""
    with (DATA / "pipeline_counters.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return {name: [row[name] if name == "program" else int(row[name]) for row in rows] for name in rows[0]}


CHANGES = [
    {"change": "A", "what": "fetch rows ahead", "node": "memory_bound", "times_fewer": 1.6},
    {"change": "B", "what": "select without a branch", "node": "bad_speculation", "times_fewer": 3.0},
    {"change": "C", "what": "lay out the code by profile", "node": "frontend_bound", "times_fewer": 1.8},
    {"change": "D", "what": "polynomials for exp and division", "node": "core_bound", "times_fewer": 2.5},
    {"change": "E", "what": "wider vectors", "node": "retiring", "times_fewer": 1.4},
]


VERDICTS = Exercise(
    "m01_pipeline_verdicts",
    reference=pipeline_verdicts,
    given={"counters": counted(), "width": 6, "changes": CHANGES},
    checks=[
        Equal(
            "verdicts",
            weight=1.5,
            cases=[value()],
            part=column("verdict", by="program"),
            message="Which node takes most of each program's slots.",
        ),
        Equal(
            "their shares",
            weight=1,
            cases=[value()],
            rtol=1e-3,
            part=column("verdict", "share", by="program"),
            message="How many of the slots it takes.",
        ),
        Equal(
            "the best changes",
            weight=1,
            cases=[value()],
            part=column("change", by="program"),
            message="Which change makes each program fastest, wherever most of its time goes.",
        ),
        Equal(
            "what they bring",
            weight=1.5,
            cases=[value()],
            rtol=1e-3,
            part=column("change", "speedup", by="program"),
            message="Time before over time after, of each program with its best change.",
        ),
    ],
)

# --- stack distances --------------------------------------------------------------------------------------------------


def skewed_trace(rng):
    """Some lines often, others seldom; numbered anyhow, for a line is not an index."""
    names = rng.choice(10**6, size=40, replace=False)
    return call(names[np.minimum(rng.geometric(0.12, size=150), 40) - 1])


def looped_trace(rng):
    """Loops one after the other, which begin before the last one's end."""
    lines: list[int] = []
    for start in rng.integers(0, 8, size=4):
        lines += list(range(start, start + int(rng.integers(3, 9)))) * int(rng.integers(2, 4))
    return call([int(line) for line in lines])


def repeating_trace(rng):
    """Neighbours that touch the same line, as walking through an array does."""
    return call(np.repeat(rng.integers(0, 12, size=30), rng.integers(1, 5, size=30)))


def far_ones(distances):
    """Which accesses are first touches."""
    return np.isinf(np.asarray(distances, dtype=float))


STACK_DISTANCES = Exercise(
    "m01_stack_distances",
    reference=stack_distances_by_definition,
    target="stack_distances",
    checks=[
        Equal(
            "loops",
            weight=1.5,
            cases=sampled(looped_trace, count=3),
            message="Loops over a few lines, one after the other.",
        ),
        Equal(
            "lines in any order",
            weight=2,
            cases=[sampled(skewed_trace, count=2), sampled(repeating_trace, count=2)],
            message="Lines in any order, under any number, also several times in a row.",
        ),
        Equal(
            "first touches",
            weight=1,
            cases=[call([5, 5, 0, 5, 0, 9]), sampled(skewed_trace, count=2)],
            part=far_ones,
            message="A line that was never touched before is infinitely far away, and only such a one.",
        ),
        Equal("nothing", weight=0.5, cases=[call([]), call([3])], message="An empty trace, and one with one access."),
    ],
)

# --- a cache with sets ------------------------------------------------------------------------------------------------


def sets_by_remainder(student, expect):
    """Seven sets of one line: neighbours do not meet, and lines that are seven apart do."""
    cache = student.LruCache(7, 1)
    for line in (0, 1, 2, 8, 5):
        expect(cache.access(line)).equals("compulsory")
    for line, answer in ((0, "hit"), (2, "hit"), (8, "hit"), (1, "conflict"), (5, "hit")):
        expect(cache.access(line)).equals(answer)


def renewed_by_hits(student, expect):
    """Three ways: a hit makes a line the last to go."""
    cache = student.LruCache(2, 3)
    for line in (0, 2, 4, 0, 6):
        cache.access(line)
    expect(cache.access(0)).equals("hit")
    expect(cache.access(4)).equals("hit")
    expect(cache.access(2)).equals("conflict")


def too_many_lines(student, expect, rng):
    """A loop over more lines than the cache holds, and one over fewer that meet in one set."""
    sets, ways = int(rng.choice([2, 4])), int(rng.integers(1, 4))
    cache = student.LruCache(sets, ways)
    size = sets * ways
    for turn in range(2):
        for line in range(size + sets):
            expect(cache.access(100 * sets + line)).equals("capacity" if turn else "compulsory")
    cache = student.LruCache(sets, ways)
    for turn in range(3):
        for line in range(ways + 1):
            expect(cache.access(sets * line)).equals("conflict" if turn else "compulsory")


def hits_that_matter(student, expect):
    """A line that hits in its set is used in the cache without sets as well."""
    cache = student.LruCache(2, 1)
    for line, answer in ((0, "compulsory"), (1, "compulsory"), (0, "hit"), (3, "compulsory"), (0, "hit")):
        expect(cache.access(line)).equals(answer)
    expect(cache.access(2)).equals("compulsory")
    expect(cache.access(0)).equals("conflict")  # the cache without sets had 3 to give away


def lines_anyhow(student, expect, rng):
    """Lines in any order, in a cache of any shape."""
    cache = student.LruCache(int(rng.choice([3, 5, 6])), int(rng.integers(2, 4)))
    for line in rng.integers(0, 24, size=90):
        expect(cache.access(int(line))).agrees()


def impossible_caches(student, expect):
    expect(student.LruCache(0, 2)).raises(ValueError)
    expect(student.LruCache(2, 0)).raises(ValueError)
    expect(student.LruCache(1, 1).access(4)).equals("compulsory")


LRU_CACHE = Exercise(
    "m01_lru_cache",
    reference=LruCache,
    checks=[
        Scenario("sets", weight=1, play=sets_by_remainder, message="A line is looked for in its own set only."),
        Scenario(
            "the last to go",
            weight=1,
            play=renewed_by_hits,
            message="A full set replaces the line that was used longest ago.",
        ),
        Scenario(
            "capacity or conflict",
            weight=1,
            play=too_many_lines,
            message="Loops over more lines than fit, and over few that meet in one set.",
        ),
        Scenario(
            "the cache without sets",
            weight=0.75,
            play=hits_that_matter,
            message="What a cache of the same size without sets would hold, hits included.",
        ),
        Scenario("lines in any order", weight=0.75, play=lines_anyhow, message="Lines in any order."),
        Scenario("no cache", weight=0.5, play=impossible_caches, message="No set, and no way, are refused."),
    ],
)

# --- access times -----------------------------------------------------------------------------------------------------

ACCESSES = 1_000_000
DESIGNS = {
    "design": ["today", "larger L1", "larger L2", "larger L3", "faster memory"],
    "l1_cycles": [4, 5, 4, 4, 4],
    "l2_cycles": [12, 12, 15, 12, 12],
    "l3_cycles": [40, 40, 40, 46, 40],
    "memory_cycles": [250, 250, 250, 250, 190],
    "l1_misses": [60_000, 30_000, 60_000, 60_000, 60_000],
    "l2_misses": [21_000, 20_000, 12_000, 21_000, 21_000],
    "l3_misses": [8_400, 8_400, 8_200, 5_000, 8_400],
}

ACCESS_TIMES = Exercise(
    "m01_access_times",
    reference=access_times,
    given={"designs": DESIGNS, "accesses": ACCESSES},
    checks=[
        Equal(
            "the first level",
            weight=0.5,
            cases=[value()],
            part=column("l1_miss_ratio"),
            rtol=1e-3,
            message="The miss ratio of the level that all accesses reach.",
        ),
        Equal(
            "the levels behind it",
            weight=1.5,
            cases=[value()],
            part=column("l2_miss_ratio", "l3_miss_ratio"),
            rtol=1e-3,
            message="Local miss ratios of levels that only some accesses reach.",
        ),
        Equal(
            "the mean",
            weight=2,
            cases=[value()],
            part=column("average_cycles"),
            rtol=1e-4,
            message="The mean time of an access, with each level paid by whoever reaches it.",
        ),
    ],
)

# --- many at a time ---------------------------------------------------------------------------------------------------


def loads(rng, kind):
    """Programs that one thing limits: what they offer, the buffers, or the memory."""
    scarce, ample = rng.integers(2, 20, size=3), rng.integers(25, 400, size=3)
    offered, buffers = (scarce, ample) if kind == "program" else (ample, scarce)
    line_bytes, latency_s = rng.choice([32, 64, 128], size=3), rng.uniform(60e-9, 700e-9, size=3)
    peak = scarce * line_bytes / latency_s * rng.uniform(1.5, 9, size=3)
    if kind == "memory":
        peak = peak / 12
    return {
        "offered": offered,
        "buffers": buffers,
        "line_bytes": line_bytes,
        "latency_s": latency_s,
        "peak_bytes_per_s": peak,
    }


def of_all_kinds(rng):
    """A data frame with names, and an index of its own."""
    frame = pd.concat([pd.DataFrame(loads(rng, kind)) for kind in ("memory", "program", "buffers")])
    frame.insert(0, "program", [f"program {number}" for number in range(len(frame))])
    return call(frame.set_index(rng.permutation(len(frame)) + 10))


def as_columns(kind):
    def generated(rng):
        return call({name: list(values) for name, values in loads(rng, kind).items()})

    return generated


ALL_KINDS = sampled(of_all_kinds, count=2)

MEMORY_USE = Exercise(
    "m01_memory_use",
    reference=memory_use,
    checks=[
        Equal(
            "few under way",
            weight=1.25,
            cases=[sampled(as_columns("program"), count=1), sampled(as_columns("buffers"), count=1)],
            part=column("bytes_per_s"),
            message="Memories that are partly idle: the program or the buffers limit what is under way.",
        ),
        Equal(
            "a busy memory",
            weight=0.75,
            cases=sampled(as_columns("memory"), count=1),
            part=column("bytes_per_s"),
            message="More under way than the memory can deliver.",
        ),
        Equal(
            "limits",
            weight=1,
            cases=[
                ALL_KINDS,
                call(
                    {
                        "offered": [9, 9],
                        "buffers": [9, 9],
                        "line_bytes": [64, 64],
                        "latency_s": [1e-7, 1e-7],
                        "peak_bytes_per_s": [6e9, 5e9],
                    }
                ),
            ],
            part=column("limit"),
            message="Which of the three is scarcest, also where two are equally scarce.",
        ),
        Equal(
            "lines for the peak",
            weight=1,
            cases=ALL_KINDS,
            part=column("lines_needed"),
            message="How many lines keep the memory busy, whatever the program does.",
        ),
    ],
)

# --- prefetching ------------------------------------------------------------------------------------------------------


def roomy_loop(rng):
    """A cache that holds whatever is asked for."""
    latency, body = int(rng.integers(80, 400)), int(rng.integers(15, 60))
    return call(list(range(int(rng.integers(8, 14)))), latency, body, int(rng.integers(200, 900)))


def tight_loop(rng):
    """A cache that the farther ones of the distances do not fit into, beyond the one that hides all."""
    body, lines, needed = int(rng.integers(20, 60)), int(rng.integers(2, 4)), int(rng.integers(3, 6))
    latency = body * needed - int(rng.integers(1, body))
    room = lines * (needed + int(rng.integers(2, 4))) + int(rng.integers(0, lines))
    return call(list(range(needed + 8)), latency, body, room, lines_per_iteration=lines)


def never_enough(rng):
    """A cache that is full before the latency is hidden; distances with gaps."""
    body, lines = int(rng.integers(10, 20)), int(rng.integers(2, 4))
    return call([0, 1, 2, 4, 7, 11, 16], 12 * body + 5, body, 6 * lines, lines)


LOOPS = [sampled(roomy_loop, count=2), sampled(tight_loop, count=2), sampled(never_enough, count=1)]


def points_by_distance(figure):
    """The points, one each, by their distance."""
    return [[x, y] for x, y in sorted(series("points")(figure)["prefetched"].tolist())]


def axes_show_all(pairs):
    """A title; linear axes with units, from the first to the last distance, from zero to a loop that always waits."""
    for case, figure in pairs:
        distances, latency, body = case.args[:3]
        x, y = figure["x"], figure["y"]
        sound = x["scale"] == y["scale"] == "linear" and bool(figure["title"].strip())
        sound = sound and x["label"].endswith("[iterations]") and y["label"].endswith("[cycle]")
        ends = np.allclose(x["limits"], [distances[0], distances[-1]]) and np.allclose(y["limits"], [0, latency + body])
        if not (sound and ends):
            return False
    return True


PREFETCH = Exercise(
    "m01_prefetch_figure",
    reference=prefetch_figure,
    checks=[
        Equal(
            "too near",
            weight=2,
            cases=sampled(roomy_loop, count=3),
            part=points_by_distance,
            message="Prefetches that come late, and such that do not, in a cache with room for all.",
        ),
        Equal(
            "too far",
            weight=1.75,
            cases=[
                call([0, 1, 3, 5, 7, 9], 90, 30, 8),
                sampled(tight_loop, count=3),
                sampled(never_enough, count=1),
            ],
            part=points_by_distance,
            message="Prefetches whose lines are gone when they are needed.",
        ),
        Equal(
            "the best distance",
            weight=1.5,
            cases=LOOPS,
            part=marks,
            message="A mark where an iteration takes least; of several such distances on the nearest.",
        ),
        Equal(
            "the two limits",
            weight=0.75,
            cases=LOOPS,
            part=series("line"),
            message="Lines for a loop that always waits, and for one that never does.",
        ),
        Property(
            "title and axes",
            weight=1,
            cases=LOOPS,
            holds=axes_show_all,
            message="A title, and linear axes with their units, from zero time to a loop without prefetches.",
        ),
    ],
)

# --- coherence --------------------------------------------------------------------------------------------------------


def silent_write(student, expect):
    """Who reads alone may write without a word."""
    bus = student.SnoopingBus(3)
    bus.read(2, 40)
    expect(bus.state(2, 40)).equals("E")
    bus.write(2, 40)
    bus.read(2, 40)
    bus.write(2, 40)
    expect([bus.state(core, 40) for core in range(3)]).equals(["I", "I", "M"])
    expect(bus.transactions).equals({"BusRd": 1, "BusRdX": 0, "BusUpgr": 0})


def readers(student, expect):
    """One reads, then others do."""
    bus = student.SnoopingBus(4)
    for core in (1, 3, 0):
        bus.read(core, 5)
    bus.read(1, 5)
    expect([bus.state(core, 5) for core in range(4)]).equals(["S", "S", "I", "S"])
    expect(bus.transactions).equals({"BusRd": 3, "BusRdX": 0, "BusUpgr": 0})
    expect(bus.write_backs).equals(0)


def upgrade(student, expect):
    """Of three that share a line one writes."""
    bus = student.SnoopingBus(4)
    for core in (0, 1, 2):
        bus.read(core, 9)
    bus.write(1, 9)
    expect([bus.state(core, 9) for core in range(4)]).equals(["I", "M", "I", "I"])
    expect(bus.transactions).equals({"BusRd": 3, "BusRdX": 0, "BusUpgr": 1})
    expect(bus.invalidations).equals(2)


def dirty_line(student, expect):
    """A line that was written is read by another core, and later written by a third."""
    bus = student.SnoopingBus(3)
    bus.write(0, 1)
    bus.read(1, 1)
    expect([bus.state(core, 1) for core in range(3)]).equals(["S", "S", "I"])
    expect(bus.write_backs).equals(1)
    bus.write(2, 1)
    expect([bus.state(core, 1) for core in range(3)]).equals(["I", "I", "M"])
    bus.write(1, 1)
    expect(bus.write_backs).equals(2)


def false_sharing(student, expect, rng):
    """Cores that write in turns to one line, and to lines of their own."""
    cores, rounds = int(rng.integers(2, 5)), int(rng.integers(3, 7))
    for line_of in (lambda core: 8, lambda core: core):
        bus = student.SnoopingBus(cores)
        for turn in range(cores * rounds):
            bus.write(turn % cores, line_of(turn % cores))
        expect(bus.invalidations).agrees()
        expect(bus.write_backs).agrees()
        expect(bus.transactions).agrees()


def traffic(student, expect, rng):
    """Reads and writes of anybody to anything, looked at now and then."""
    cores = int(rng.integers(3, 5))
    bus = student.SnoopingBus(cores)
    one, other = (int(core) for core in rng.permutation(cores)[:2])
    bus.read(one, 20)
    bus.write(one, 20)
    bus.write(one, 21)
    bus.write(other, 21)
    bus.read(one, 21)
    for core in range(cores):
        bus.read(core, 22)
    bus.write(other, 22)
    for step in range(40):
        core, line = int(rng.integers(cores)), int(rng.integers(3))
        (bus.write if rng.uniform() < 0.4 else bus.read)(core, line)
        if step % 8 == 7:
            expect([bus.state(core, line) for core in range(cores) for line in range(3)]).agrees()
    for seen in (bus.transactions, bus.invalidations, bus.write_backs):
        expect(seen).agrees()


def no_cores(student, expect):
    """A bus without cores is refused; one core is enough."""
    expect(student.SnoopingBus(0)).raises(ValueError)
    bus = student.SnoopingBus(1)
    bus.write(0, 3)
    expect(bus.state(0, 3)).equals("M")
    expect(bus.transactions).equals({"BusRd": 0, "BusRdX": 1, "BusUpgr": 0})


def any_traffic(student, rng):
    """States of all copies of a line after each step."""
    bus = student.SnoopingBus(3)
    for _ in range(30):
        line = int(rng.integers(2))
        (bus.write if rng.uniform() < 0.5 else bus.read)(int(rng.integers(3)), line)
        yield [bus.state(core, line) for core in range(3)]


def one_writer_or_many_readers(states: Any) -> bool:
    alone = states.count("M") + states.count("E")
    return alone + states.count("S") > 0 and alone <= 1 and not (alone and "S" in states)


SNOOPING = Exercise(
    "m01_snooping_bus",
    reference=SnoopingBus,
    checks=[
        Scenario("a silent write", weight=1.25, play=silent_write, message="Who reads alone may write without a word."),
        Scenario("readers", weight=1, play=readers, message="One core reads a line, then others do."),
        Scenario("an upgrade", weight=1.25, play=upgrade, message="Of several that share a line one writes."),
        Scenario(
            "a dirty line",
            weight=1.5,
            play=dirty_line,
            message="A line that was written is read by another core, and then written by a third.",
        ),
        Scenario(
            "false sharing",
            weight=1.25,
            play=false_sharing,
            message="Cores that write in turns to one line, or do not.",
        ),
        Scenario("traffic", weight=1.25, play=traffic, message="Reads and writes of anybody to anything."),
        Scenario("few cores", weight=0.5, play=no_cores, message="One core, and none."),
        Conserved(
            "one writer or many readers",
            weight=1,
            script=any_traffic,
            invariant=one_writer_or_many_readers,
            message="Whatever happens: one copy that may be written, or any number that may be read.",
        ),
    ],
)

# --- placement --------------------------------------------------------------------------------------------------------


def server(rng, far_ns):
    """Two sockets of two nodes; how far is far differs."""
    far, near = int(rng.integers(far_ns, far_ns + 50)) * 1e-9, int(rng.integers(100, 115)) * 1e-9
    latency = np.full((4, 4), far)
    for node in range(4):
        latency[node, node ^ 1], latency[node, node] = near, 85e-9
    return latency, np.full(4, 80e9), np.full((4, 4), 40e9)


def pages_with_an_owner(rng, pages_of_node):
    owner = rng.permutation(np.repeat(range(4), pages_of_node))
    accesses = rng.integers(0, 3, size=(owner.size, 4))
    accesses[np.arange(owner.size), owner] += rng.integers(40, 61, size=owner.size)
    return 1000 * accesses


def one_user_each(policy, rng):
    return placed_run_s(policy, pages_with_an_owner(rng, [30] * 4), 120, *server(rng, 140), 48)


def all_use_all(policy, rng):
    accesses = 1000 * (rng.integers(8, 13, size=(120, 4)) + np.array([5, 0, 0, 0]))
    return placed_run_s(policy, accesses, 120, *server(rng, 140), 200)


def too_small_a_node(policy, rng):
    return placed_run_s(policy, pages_with_an_owner(rng, [10, 10, 15, 85]), 50, *server(rng, 200), 48)


def interleaved(_accesses, free_pages, _load, _latency_s):
    return free_pages.index(max(free_pages))


def one_after_the_other(_accesses, free_pages, _load, _latency_s):
    return next(node for node, free in enumerate(free_pages) if free > 0)


def is_a_node(decision):
    """A whole number from 0 to 3, whatever kind of number it is."""
    number = np.asarray(decision)
    return number.ndim == 0 and number.dtype.kind in "iuf" and decision in range(4)


PLACEMENT = Exercise(
    "m01_place_page",
    checks=[
        Outcome(
            "one user each",
            weight=2,
            simulate=one_user_each,
            measure=float,
            at_most=0.83,
            times=interleaved,
            accepts=is_a_node,
            message="Pages that one node uses most: held against interleaving.",
        ),
        Outcome(
            "all use all",
            weight=2,
            simulate=all_use_all,
            measure=float,
            at_most=0.4,
            times=one_after_the_other,
            accepts=is_a_node,
            message="Pages that all nodes use: held against all of them on one node.",
        ),
        Outcome(
            "a node that is too small",
            weight=2,
            simulate=too_small_a_node,
            measure=float,
            at_most=0.66,
            times=one_after_the_other,
            accepts=is_a_node,
            message="Most users on one node, whose room ends: held against one node after the other.",
        ),
    ],
)

# --- occupancy --------------------------------------------------------------------------------------------------------

CAPABILITIES = sorted(MULTIPROCESSORS)


def multiprocessor(rng):
    return dict(MULTIPROCESSORS[CAPABILITIES[int(rng.integers(len(CAPABILITIES)))]])


def light_kernel(rng):
    """Few registers, no shared memory, a block size that is seldom a multiple of 32."""
    return call(int(rng.integers(33, 1025)), int(rng.integers(8, 25)), 0, multiprocessor(rng))


def many_registers(rng):
    """Registers decide; odd numbers of warps."""
    return call(32 * int(rng.integers(1, 5)) * 2 - 32, int(rng.integers(33, 200)), 0, multiprocessor(rng))


def much_shared_memory(rng):
    return call(64, 24, int(rng.integers(2_000, 40_000)), multiprocessor(rng))


def any_kernel(rng):
    threads, registers = 32 * int(rng.integers(1, 17)), int(rng.integers(16, 120))
    return call(threads, registers, int(rng.integers(0, 30_000)), multiprocessor(rng))


A100, V100 = dict(MULTIPROCESSORS["8.0"]), dict(MULTIPROCESSORS["7.0"])


def refusals(found):
    """Blocks, occupancy, and which limits are 0."""
    return [found["blocks"], found["occupancy"], {name: bool(limit == 0) for name, limit in found["limits"].items()}]


def limit(*names):
    return lambda found: {name: found["limits"][name] for name in names}


OCCUPANCY = Exercise(
    "m01_block_occupancy",
    reference=block_occupancy,
    checks=[
        Equal(
            "warps and blocks",
            weight=1,
            cases=[
                call(1, 16, 0, A100),
                call(33, 16, 0, A100),
                call(1024, 16, 0, V100),
                sampled(light_kernel, count=4),
            ],
            part=limit("warps", "blocks"),
            message="Blocks of any size, counted in warps, against what a multiprocessor keeps at most.",
        ),
        Equal(
            "registers",
            weight=2,
            cases=[
                call(32, 8, 0, A100),
                call(96, 40, 0, A100),
                call(160, 0, 0, A100),
                sampled(many_registers, count=5),
            ],
            part=limit("registers"),
            message="Registers, in the units and quarters in which they are given out.",
        ),
        Equal(
            "shared memory",
            weight=1.5,
            cases=[call(256, 32, 0, A100), call(256, 32, 0, V100), sampled(much_shared_memory, count=4)],
            part=limit("shared_memory"),
            message="Shared memory with what is reserved, rounded up; and a block that takes none.",
        ),
        Equal(
            "blocks and occupancy",
            weight=1.5,
            cases=[
                call(96, 40, 0, A100),
                call(64, 24, 9 * 1024, A100),
                call(100, 16, 0, A100),
                sampled(any_kernel, count=4),
            ],
            part=lambda found: [found["blocks"], found["occupancy"]],
            message="How many blocks are resident, and the share of the warps.",
        ),
        Equal(
            "what cannot be launched",
            weight=1.5,
            cases=[
                call(1056, 16, 0, A100),
                call(32, 256, 0, A100),
                call(1024, 72, 0, V100),
                call(800, 80, 0, A100),
                call(64, 16, A100["max_shared_bytes_per_block"] + 1, A100),
            ],
            part=refusals,
            message="Blocks that break a rule for a single block: the limit that says so is 0.",
        ),
        Raises(
            ValueError,
            "impossible kernels",
            weight=0.5,
            cases=[call(0, 16, 0, A100), call(32, -1, 0, A100), call(32, 16, -1, A100)],
            message="No thread, or less than no registers or shared memory, is refused.",
        ),
    ],
)

# --- warps that are enough --------------------------------------------------------------------------------------------


def mixed_kernels(rng):
    """Some kernels reach the peak, at a number of warps that need not be whole; one never does."""
    most = int(rng.integers(12, 25))
    latency = int(rng.integers(most + 1, 3 * most))
    return call(latency, [1, *sorted(int(one) for one in rng.choice(np.arange(4, 11), size=3, replace=False))], most)


def short_latency(rng):
    """Every kernel reaches the peak."""
    return call(int(rng.integers(3, 10)), [1, 2, 3], int(rng.integers(10, 20)))


KERNELS = [sampled(mixed_kernels, count=3), sampled(short_latency, count=1)]


def warps_axes(pairs):
    """A title; linear axes with units, from no warp to the most, and from nothing to one instruction a cycle."""
    for case, figure in pairs:
        x, y = figure["x"], figure["y"]
        sound = x["scale"] == y["scale"] == "linear" and bool(figure["title"].strip())
        sound = sound and x["label"].endswith("[1]") and y["label"].endswith("[1/cycle]")
        if not (sound and np.allclose(x["limits"], [0, case.args[2]]) and np.allclose(y["limits"], [0, 1])):
            return False
    return True


def never_enough_warps(figure):
    return sorted(figure["left_out"])


WARPS_FIGURE = Exercise(
    "m01_warps_figure",
    reference=warps_figure,
    checks=[
        Equal(
            "the bound",
            weight=1.75,
            cases=KERNELS,
            part=series("line"),
            message="The issue rate over the warps: a line for each kernel, up to one instruction a cycle.",
        ),
        Equal(
            "enough",
            weight=1.25,
            cases=[call(30, [3, 5, 10], 16), *KERNELS],
            part=marks,
            message="The least whole number of warps that keeps the scheduler busy.",
        ),
        Equal(
            "never enough",
            weight=0.5,
            cases=[call(24, [2, 1], 8), *KERNELS],
            part=never_enough_warps,
            message="Kernels for which all warps together are too few.",
        ),
        Property(
            "title and axes",
            weight=0.5,
            cases=KERNELS,
            holds=warps_axes,
            message="A title, and linear axes with their units, from no warp to the most and from 0 to 1.",
        ),
    ],
)

# --- a ring -----------------------------------------------------------------------------------------------------------


def large_buffers(rng):
    """Start-up takes no time."""
    return call(rng.uniform(1e8, 1e10, size=4), rng.integers(2, 65, size=4), 0.0, float(rng.uniform(20e9, 500e9)))


def small_buffers(rng):
    """Nothing but start-up: an empty buffer."""
    return call(0.0, int(rng.integers(3, 65)), float(rng.uniform(1e-6, 30e-6)), 100e9)


def any_buffers(rng):
    """Sizes down, devices across."""
    sizes = rng.uniform(1e4, 1e7, size=(3, 1))
    devices = rng.choice(np.arange(3, 65), size=4, replace=False)
    return call(sizes, devices, float(rng.uniform(2e-6, 20e-6)), float(rng.uniform(20e9, 400e9)))


RING = Exercise(
    "m01_ring_all_reduce_s",
    reference=ring_all_reduce_s,
    checks=[
        Equal(
            "large buffers",
            weight=1.25,
            cases=sampled(large_buffers, count=2),
            message="Buffers so large that start-up does not matter.",
        ),
        Equal(
            "empty buffers",
            weight=1,
            cases=sampled(small_buffers, count=2),
            message="Buffers so small that only start-up matters.",
        ),
        Equal(
            "any buffers",
            weight=1.25,
            cases=sampled(any_buffers, count=2),
            message="Buffers of any size, on any number of devices.",
        ),
        Equal(
            "one device",
            weight=0.5,
            cases=[call(3e6, 1, 4e-6, 50e9), call(np.array([1e3, 1e9]), 1, 0.0, 50e9)],
            message="A device alone.",
        ),
    ],
)
