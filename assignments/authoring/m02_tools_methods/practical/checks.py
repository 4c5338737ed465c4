"""What must hold of the answers of module 2."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graders.checks import Conserved, Equal, Exercise, Raises, Scenario, call, sampled
from reference_solutions.m02_tools_methods.multiplexing import CounterMultiplexer
from reference_solutions.m02_tools_methods.roofline import attainable_flops_per_s
from reference_solutions.m02_tools_methods.topdown import topdown_level_1

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
            weight=2,
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
            weight=1,
            cases=[call(0, 2e12, 100e9), call(float("inf"), 2e12, 100e9)],
            message="A kernel that computes nothing, and one that never touches memory.",
        ),
        Equal(
            "many kernels, many machines",
            weight=1,
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
            weight=0.5,
            cases=[call([3.0, -1.0], 2e12, 100e9), call(1.0, 0.0, 100e9), call(1.0, 2e12, [100e9, -1.0])],
            message="Negative intensities, and machines without peak or bandwidth, are refused.",
        ),
        Raises(
            ValueError,
            "not a number",
            weight=0.5,
            cases=[call([1.0, np.nan], 2e12, 100e9), call(1.0, np.nan, 100e9), call(1.0, 2e12, np.nan)],
            message="NaN is refused, wherever it stands, and does not come out as a performance.",
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
            part=lambda table: {"retiring": table["retiring"], "frontend_bound": table["frontend_bound"]},
            message="What retired, and what never arrived, as shares of the slots; one thread on the core.",
        ),
        Equal(
            "bad speculation",
            weight=1,
            cases=[sampled(single_thread, count=2), sampled(named_workloads, count=1)],
            part=lambda table: table["bad_speculation"],
            message="What was thrown away, and what recovery cost; one thread on the core.",
        ),
        Equal(
            "back end",
            weight=1,
            cases=[sampled(single_thread, count=2), sampled(named_workloads, count=1)],
            part=lambda table: table["backend_bound"],
            message="What is left for the back end; one thread on the core.",
        ),
        Equal(
            "multithreading",
            weight=1.5,
            cases=sampled(both_kinds_of_rows, count=2),
            message="Tables in which some workloads ran two threads on the core, and some ran one.",
        ),
        Equal("another width", weight=0.5, cases=sampled(wide_core, count=2), message="Cores that are not four wide."),
        Equal(
            "idle core",
            weight=0.5,
            cases=sampled(idle_among_others, count=2),
            message="A workload that never ran a clock has no shares; the others keep theirs.",
        ),
        Equal(
            "counts that do not fit together",
            weight=0.5,
            cases=sampled(scaled_apart, count=2),
            message="Counts that claim more than all slots: the table shows it.",
        ),
    ],
)

# --- the counter multiplexer --------------------------------------------------------------------------------


def a_counter_for_each(student, expect):
    multiplexer = student.CounterMultiplexer(counters=4, groups=[["a", "b"], ["c"]], fixed=["clocks"])
    for turn in range(3):
        expect(multiplexer.active_events).equals({"a", "b", "c", "clocks"})
        multiplexer.tick(0.25, {"a": 10 + turn, "c": 2, "clocks": 1000})
    for event, count in {"a": 33, "b": 0, "c": 6, "clocks": 3000}.items():
        expect(multiplexer.raw(event)).equals(count)
        expect(multiplexer.running_share(event)).equals(1)
        expect(multiplexer.estimate(event)).equals(count)


def turns_of_one_length(student, expect):
    multiplexer = student.CounterMultiplexer(2, [["loads", "misses"], ["branches", "clears"], ["stores"]])
    for _ in range(2):
        for active in ({"loads", "misses"}, {"branches", "clears"}, {"stores"}):
            expect(multiplexer.active_events).equals(active)
            multiplexer.tick(0.5, {"loads": 400, "misses": 30, "branches": 100, "stores": 70})
    for event, count in {"loads": 800, "misses": 60, "branches": 200, "clears": 0, "stores": 140}.items():
        expect(multiplexer.raw(event)).equals(count)
        expect(multiplexer.running_share(event)).equals(1 / 3)
        expect(multiplexer.estimate(event)).equals(3 * count)


def turns_of_many_lengths(student, expect, rng):
    multiplexer = student.CounterMultiplexer(counters=1, groups=[["a"], ["b"], ["c"]])
    for _ in range(8):
        multiplexer.tick(float(rng.uniform(0.01, 0.1)), {name: int(rng.integers(100, 1000)) for name in "abc"})
    for event in "abc":
        expect(multiplexer.raw(event)).agrees()
        expect(multiplexer.running_share(event)).agrees()
        expect(multiplexer.estimate(event)).agrees()


def small_behind_large(student, expect):
    multiplexer = student.CounterMultiplexer(counters=4, groups=[["a", "b", "c"], ["d", "e"], ["f"]])
    # Beside the three of the first group there is room for f, but d and e stand in between.
    for active in ({"a", "b", "c"}, {"d", "e", "f"}, {"f", "a", "b", "c"}, {"a", "b", "c"}):
        expect(multiplexer.active_events).equals(active)
        multiplexer.tick(1.0, {"f": 12})
    expect(multiplexer.raw("f")).equals(24)
    expect(multiplexer.running_share("f")).equals(0.5)
    expect(multiplexer.estimate("f")).equals(48)


def fixed_beside_full(student, expect):
    multiplexer = student.CounterMultiplexer(1, [["a"], ["b"]], ["clocks", "instructions"])
    expect(multiplexer.active_events).equals({"a", "clocks", "instructions"})
    multiplexer.tick(1.0, {"a": 5, "b": 5, "clocks": 900, "instructions": 700})
    expect(multiplexer.active_events).equals({"b", "clocks", "instructions"})
    multiplexer.tick(3.0, {"a": 15, "b": 15, "clocks": 2700})
    expect(multiplexer.raw("clocks")).equals(3600)
    expect(multiplexer.running_share("clocks")).equals(1)
    expect(multiplexer.estimate("instructions")).equals(700)
    expect(multiplexer.estimate("a")).equals(20)


def not_yet(student, expect):
    multiplexer = student.CounterMultiplexer(counters=1, groups=[["a"], ["b"]], fixed=["clocks"])
    expect(multiplexer.running_share("a")).equals(float("nan"))
    expect(multiplexer.estimate("clocks")).equals(float("nan"))
    multiplexer.tick(0.5, {"a": 3, "b": 4})
    expect(multiplexer.raw("b")).equals(0)
    expect(multiplexer.running_share("b")).equals(0)
    expect(multiplexer.estimate("b")).equals(float("nan"))
    expect(multiplexer.estimate("a")).equals(3)


def no_time_passes(student, expect):
    multiplexer = student.CounterMultiplexer(counters=1, groups=[["a"]])
    expect(multiplexer.tick(0, {"a": 3})).raises(ValueError)
    expect(multiplexer.tick(-0.5, {"a": 3})).raises(ValueError)
    multiplexer.tick(0.5, {"a": 3})
    expect(multiplexer.raw("a")).equals(3)


def random_turns(student, rng):
    counters = int(rng.integers(2, 5))
    groups = [[f"{group}.{event}" for event in range(rng.integers(1, counters + 1))] for group in range(4)]
    multiplexer = student.CounterMultiplexer(counters, groups, fixed=["clocks"])
    for _ in range(6):
        multiplexer.tick(float(rng.uniform(0.01, 0.1)), {"clocks": int(rng.integers(1000))})
        shares = [multiplexer.running_share(event) for group in groups for event in group]
        yield counters, shares, multiplexer.running_share("clocks")


def counters_are_shared(seen):
    counters, shares, fixed = seen
    return min(shares) >= 0 and sum(shares) <= counters * (1 + 1e-9) and abs(fixed - 1) < 1e-9


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
        Scenario(
            "fixed counters", weight=1, play=fixed_beside_full, message="Fixed events always run, beside full counters."
        ),
        Scenario("not yet", weight=1, play=not_yet, message="Before anything ran, and for an event that never did."),
        Scenario("a turn takes time", weight=0.5, play=no_time_passes, message="A turn without duration is refused."),
        Raises(
            ValueError,
            "impossible wishes",
            weight=0.5,
            cases=[
                call(0, []),
                call(2, [["a"], []]),
                call(2, [["a", "b", "c"]]),
                call(2, [["a"], ["b", "a"]]),
                call(2, [["a"]], ["a"]),
            ],
            message="Groups that can never be counted, and events that are there twice, are refused.",
        ),
        Conserved(
            "no more counters than there are",
            weight=0.5,
            script=random_turns,
            invariant=counters_are_shared,
            message="Whatever the groups, the running shares never add up to more than there are counters.",
        ),
    ],
)
