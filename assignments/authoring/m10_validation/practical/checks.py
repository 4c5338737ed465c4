"""What must hold of the answers of module 10's practical."""

from __future__ import annotations

import numpy as np

from graders.checks import Conserved, Equal, Exercise, Raises, Scenario, call, column, sampled
from reference_solutions.m10_validation.bootstrap import bca_interval
from reference_solutions.m10_validation.latency_layers import latency_layers
from reference_solutions.m10_validation.left_out import left_out_table
from reference_solutions.m10_validation.mean_intervals import interval_table
from reference_solutions.m10_validation.net_counter import NetCounter
from reference_solutions.m10_validation.propagation import net_energy
from reference_solutions.m10_validation.quantile_verdict import quantile_verdict
from reference_solutions.m10_validation.rank_fidelity import rank_fidelity
from reference_solutions.m10_validation.run_screen import run_screen
from reference_solutions.m10_validation.triangle import triangle_check


def keys(*names):
    return lambda found: [found[name] for name in names]


# --- a screen of runs -------------------------------------------------------------------------------------------------


def steady(rng, runs):
    return rng.normal(10, 0.2, size=int(runs))


def with_outliers(rng):
    """Some far out, on both sides, so far that they widen the deviation."""
    times_s = steady(rng, rng.integers(18, 30))
    odd = rng.choice(times_s.size, size=5, replace=False)
    times_s[odd[:4]] += rng.uniform(3, 9, size=4)
    times_s[odd[4]] -= rng.uniform(3, 5)
    return call(times_s)


def drifting(rng):
    runs = int(rng.integers(10, 25))
    return call(steady(rng, runs) + rng.choice([-1, 1]) * np.linspace(0, 0.4, runs))


def in_ticks(rng):
    """A clock with coarse ticks: many runs are equal."""
    return call(np.round(steady(rng, rng.integers(12, 25)) * 5) / 5)


def remembering(rng):
    times_s = np.zeros(int(rng.integers(15, 30)))
    for run in range(1, times_s.size):
        times_s[run] = 0.7 * times_s[run - 1] + rng.normal()
    return call(50 + times_s)


def alternating(rng):
    runs = int(rng.integers(12, 20))
    return call(steady(rng, runs) + np.arange(runs) % 2)


SCREEN = Exercise(
    "m10_run_screen",
    reference=run_screen,
    checks=[
        Equal(
            "outliers",
            weight=1,
            cases=[call([4.0, 4.1, 3.9, 4.0, 9.0, 4.2, -2.0, 3.8]), sampled(with_outliers, count=4)],
            part=lambda found: list(found["outliers"]),
            message="Runs that are far out on either side, several at a time.",
        ),
        Equal(
            "mostly equal runs",
            weight=0.5,
            cases=[call([2.0, 2.0, 2.0, 2.0, 2.001, 1.9]), call([3.0, 3.0, 1.0, 3.0, 3.0])],
            part=lambda found: list(found["outliers"]),
            message="More than half of the runs are equal, and some are not.",
        ),
        Equal(
            "drift",
            weight=1,
            cases=[call([5.0, 4.0, 3.0, 2.0, 1.0]), sampled(drifting, count=4)],
            part=keys("drift_z", "drift_p"),
            message="Runs that become slower, or faster.",
        ),
        Equal(
            "ties",
            weight=0.5,
            cases=sampled(in_ticks, count=4),
            part=keys("drift_z", "drift_p"),
            message="A clock whose ticks are coarse, so that many runs are equal.",
        ),
        Equal(
            "memory",
            weight=0.75,
            cases=[sampled(remembering, count=3), sampled(alternating, count=2)],
            part=keys("lag1", "effective_runs"),
            message="Runs that resemble the one before, and runs that are unlike it.",
        ),
        Equal(
            "all equal",
            weight=0.125,
            cases=[call([7.0] * 4), call([0.1] * 9)],
            part=keys("drift_z", "drift_p", "lag1", "effective_runs"),
            message="Runs that are all alike.",
        ),
        Raises(
            ValueError,
            "too few",
            weight=0.125,
            cases=[call([]), call([1.0, 2.0, 1.5])],
            message="No runs, and three.",
        ),
    ],
)

# --- means, difference, ratio -----------------------------------------------------------------------------------------


def two_samples(rng, n1, n2, **others):
    """The first varies a lot, the second little."""
    return call(rng.normal(1.2, 0.2, size=int(n1)), rng.normal(1.0, 0.03, size=int(n2)), **others)


def few_and_many(rng):
    return two_samples(rng, rng.integers(4, 8), rng.integers(12, 20))


def surer_or_bolder(rng):
    return two_samples(rng, 6, 9, confidence=float(rng.choice([0.5, 0.8, 0.99])))


def row(*names):
    def part(table):
        quantities = [str(each) for each in table["quantity"]]
        places = [quantities.index(name) for name in names]
        return [[float(table[side][place]) for side in ("estimate", "low", "high")] for place in places]

    return part


SAMPLES = sampled(few_and_many, count=4)

INTERVALS = Exercise(
    "m10_interval_table",
    reference=interval_table,
    checks=[
        Equal(
            "means",
            weight=1,
            cases=[call([1.0, 2.0], [5.0, 5.5, 6.0]), SAMPLES],
            part=row("before", "after"),
            message="Both means with their intervals: few runs, and many.",
        ),
        Equal(
            "difference",
            weight=1.5,
            cases=SAMPLES,
            part=row("difference"),
            message="The difference of samples that vary unequally and are unequally large.",
        ),
        Equal(
            "ratio",
            weight=1.5,
            cases=SAMPLES,
            part=row("ratio"),
            message="The ratio, with limits that need not lie evenly around it.",
        ),
        Equal(
            "no ratio",
            weight=0.25,
            cases=[call([1.0, 2.0, 3.0], [-0.4, 0.5, 0.1]), call([4.0, 4.5], [3.0, 0.2])],
            part=row("ratio"),
            message="A second mean that cannot be told from zero.",
        ),
        Equal(
            "another confidence",
            weight=0.5,
            cases=[call([2.0, 2.0, 2.0], [1.0, 1.2, 0.9], confidence=0.9), sampled(surer_or_bolder, count=3)],
            part=row("before", "after", "difference", "ratio"),
            message="Intervals that are meant to be surer, or bolder; and a sample that does not vary.",
        ),
        Raises(
            ValueError,
            "no interval",
            weight=0.25,
            cases=[
                call([1.0], [1.0, 2.0]),
                call([1.0, 2.0], [3.0]),
                call([1.0, 1.0], [2.0, 2.0]),
                call([1, 2], [3, 5], 95),
            ],
            message="A single run, samples without any spread, and a confidence that is no share.",
        ),
    ],
)

# --- bootstrap --------------------------------------------------------------------------------------------------------


def run_of(rng, intervals, resamples, **others):
    cycles = rng.lognormal(0, 1, size=intervals)
    counted = cycles * rng.lognormal(0, 0.6, size=intervals)
    return call(counted, cycles, rng.integers(intervals, size=(resamples, intervals)), **others)


def skewed_run(rng):
    return run_of(rng, int(rng.integers(22, 30)), 150)  # so many that no resample has each pair once


def other_confidence(rng):
    return run_of(rng, 25, 120, confidence=float(rng.choice([0.5, 0.8, 0.9])))


def often_equal(rng):
    """Few values, so that many resamples give the estimate itself."""
    return call([1.0, 2.0, 3.0, 4.0, 6.0, 8.0], np.ones(6), rng.integers(6, size=(200, 6)))


RUNS = sampled(skewed_run, count=4)

BOOTSTRAP = Exercise(
    "m10_bca_interval",
    reference=bca_interval,
    checks=[
        Equal(
            "the estimate",
            weight=0.75,
            cases=RUNS,
            part=lambda found: found["estimate"],
            message="The ratio of the sums.",
        ),
        Equal(
            "percentiles",
            weight=1.25,
            cases=RUNS,
            part=keys("percentile_low", "percentile_high"),
            message="The quantiles of the resampled ratios.",
        ),
        Equal(
            "bias-corrected and accelerated",
            weight=1.75,
            cases=RUNS,
            part=keys("low", "high"),
            message="BCa's limits, where pairs differ much in size.",
        ),
        Equal(
            "equal ones",
            weight=0.5,
            cases=sampled(often_equal, count=5),
            part=keys("low", "high"),
            message="Many resamples that give the estimate itself.",
        ),
        Equal(
            "another confidence",
            weight=0.5,
            cases=sampled(other_confidence, count=3),
            part=keys("percentile_low", "percentile_high", "low", "high"),
            message="Intervals that are meant to be surer, or bolder.",
        ),
        Raises(
            ValueError,
            "nothing to resample",
            weight=0.25,
            cases=[
                call([1.0], [1.0], [[0], [0]]),
                call([1.0, 2.0], [1.0], [[0, 1]]),
                call([1.0, 2.0], [1.0, 1.0], [[0, 1, 1], [0, 0, 1]]),
                call([1.0, 2.0, 6.0], [1.0, 1.0, 1.0], [[0, 0, 1], [0, 1, 1]]),
            ],
            message="A single pair, arguments that do not fit together, and resamples all below the estimate.",
        ),
    ],
)

# --- a promise about a percentile -------------------------------------------------------------------------------------


def load_test(rng, requests, quantile, at, **others):
    """A limit that lies `at` deviations (of the logarithm) from the true percentile of latencies with spread 1/2."""
    latency_s = 0.01 * np.exp(rng.normal(0, 0.5, size=int(requests)))
    truth = {0.9: 1.2816, 0.95: 1.6449, 0.99: 2.3263}[quantile]
    return call(latency_s, quantile, float(0.01 * np.exp(0.5 * (truth + at))), **others)


def any_promise(rng):
    return load_test(rng, rng.integers(200, 500), float(rng.choice([0.9, 0.95])), rng.uniform(-0.3, 0.3))


def surer_promise(rng):
    confidence = float(rng.choice([0.6, 0.8, 0.99]))
    return load_test(rng, rng.integers(100, 300), 0.9, rng.uniform(-0.2, 0.2), confidence=confidence)


def kept_promise(rng):
    return load_test(rng, 400, 0.95, 0.8)


def broken_promise(rng):
    return load_test(rng, 400, 0.95, -0.8)


def too_short(rng):
    return load_test(rng, rng.integers(30, 280), 0.99, 1.5)


THREE_HUNDRED = np.arange(300, 0, -1) / 1000

VERDICT = Exercise(
    "m10_quantile_verdict",
    reference=quantile_verdict,
    checks=[
        Equal(
            "limits",
            weight=1,
            cases=sampled(any_promise, count=5),
            part=keys("lower_s", "upper_s"),
            message="Limits on one side each.",
        ),
        Equal(
            "verdicts",
            weight=0.75,
            cases=[
                call(THREE_HUNDRED, 0.95, 0.28),
                call(THREE_HUNDRED, 0.95, 0.285),
                call(THREE_HUNDRED, 0.95, 0.292),
                sampled(kept_promise, 2),
                sampled(broken_promise, 2),
            ],
            part=lambda found: found["verdict"],
            message="Promises that are kept, broken, and neither.",
        ),
        Equal(
            "too short a test",
            weight=0.5,
            cases=[
                sampled(too_short, count=3),
                call(np.arange(59) / 100, 0.95, 0.6),
                call([0.5, 0.6], 0.9, 0.4),
                call([0.01] * 20, 0.05, 0.02),
            ],
            part=keys("lower_s", "upper_s", "verdict"),
            message="So few requests that there is no limit on one side, or on both.",
        ),
        Equal(
            "requests that it takes",
            weight=0.25,
            cases=[
                call([0.1, 0.2], 0.999, 1.0),
                call([0.1, 0.2], 0.95, 1.0, confidence=0.99),
                call([0.3], 0.5, 1.0, 0.9),
            ],
            part=lambda found: found["requests_needed"],
            message="The fewest requests of a test that can end well.",
        ),
        Equal(
            "another confidence",
            weight=0.25,
            cases=sampled(surer_promise, count=3),
            part=keys("lower_s", "upper_s", "requests_needed"),
            message="Limits that are meant to be surer, or bolder.",
        ),
        Raises(
            ValueError,
            "no verdict",
            weight=0.25,
            cases=[call([], 0.9, 1.0), call([1.0], 99, 1.0), call([1.0], 0.9, 1.0, 0.5), call([1.0], 0.9, 1.0, 1.0)],
            message="No latencies, a quantile that is no share, and confidences that are none.",
        ),
    ],
)

# --- net energy -------------------------------------------------------------------------------------------------------


def readings(rng, correlation, u_time_s):
    idle_w = float(rng.uniform(50, 150))
    return call(
        idle_w + float(rng.uniform(50, 300)),
        idle_w,
        float(rng.uniform(30, 300)),
        int(rng.integers(100, 10_000)),
        u_busy_w=float(rng.uniform(1, 6)),
        u_idle_w=float(rng.uniform(1, 6)),
        u_time_s=u_time_s,
        correlation=correlation,
    )


def two_meters(rng):
    return readings(rng, 0.0, 0.0)


def with_a_clock(rng):
    return readings(rng, 0.0, float(rng.uniform(1, 5)))


def one_meter(rng):
    return readings(rng, float(rng.uniform(0.3, 0.95)), float(rng.uniform(1, 5)))


def opposed(rng):
    return readings(rng, float(rng.uniform(-0.9, -0.3)), float(rng.uniform(1, 5)))


METERS = [call(240.0, 90.0, 120.0, 500, 3.0, 2.0, 0.5), sampled(two_meters, count=2), sampled(with_a_clock, count=3)]
CORRELATED = [
    sampled(one_meter, count=3),
    sampled(opposed, count=2),
    call(310.0, 100.0, 60.0, 1000, 5.0, 5.0, 1.0, 1.0),
]

ENERGY = Exercise(
    "m10_net_energy",
    reference=net_energy,
    checks=[
        Equal(
            "energy",
            weight=0.5,
            cases=METERS,
            part=lambda found: found["energy_j"],
            message="The energy of a request above idle.",
        ),
        Equal(
            "independent readings",
            weight=1.25,
            cases=METERS,
            part=keys("standard_j", "expanded_j"),
            message="Two meters, and a clock that is uncertain or not.",
        ),
        Equal(
            "one meter",
            weight=1.25,
            cases=CORRELATED,
            part=keys("standard_j", "expanded_j"),
            message="Errors of the two powers that go together, or against each other.",
        ),
        Equal(
            "where it comes from",
            weight=0.75,
            cases=[*METERS, *CORRELATED],
            part=lambda found: found["parts"],
            message="The shares of the variance.",
        ),
        Raises(
            ValueError,
            "no such readings",
            weight=0.25,
            cases=[
                call(100.0, 100.0, 60.0, 10, 1.0, 1.0, 1.0),
                call(200.0, 100.0, 0.0, 10, 1.0, 1.0, 1.0),
                call(200.0, 100.0, 60.0, 0, 1.0, 1.0, 1.0),
                call(200.0, 100.0, 60.0, 10, 1.0, -1.0, 1.0),
                call(200.0, 100.0, 60.0, 10, 0.0, 0.0, 0.0),
                call(200.0, 100.0, 60.0, 10, 1.0, 1.0, 1.0, correlation=1.5),
            ],
            message="Nothing above idle, no time, no request; uncertainties and correlations that are none.",
        ),
    ],
)

# --- a shared counter -------------------------------------------------------------------------------------------------


def a_shared_counter(student, expect, rng):
    counter = student.NetCounter(probes=0)
    for turn in range(12):
        counter.turn(int(rng.integers(50, 900)) if turn % 3 < 2 else None)
        if turn % 4 == 3:
            expect(counter.scaled).agrees()


def costly_probes(student, expect, rng):
    counter = student.NetCounter(probes=int(rng.integers(20, 60)))
    for _ in range(5):
        counter.turn(int(rng.integers(20_000, 90_000)))
    for _ in range(3):
        counter.calibrate(int(rng.integers(90, 160)))
    expect(counter.scaled).agrees()
    expect(counter.net).agrees()


def uncertain_turns(student, expect, rng):
    counter = student.NetCounter(probes=0)
    counter.calibrate(40)
    counter.calibrate(60)
    for turn in range(14):
        counter.turn(int(rng.integers(50, 900)) if turn % 3 else None)
        if turn > 5:
            expect(counter.uncertainty).agrees()


def uncertain_probes(student, expect, rng):
    counter = student.NetCounter(probes=int(rng.integers(20, 60)))
    for _ in range(6):
        counter.turn(int(rng.integers(20_000, 90_000)))  # all of them counted: only the probes are uncertain
    counter.calibrate(int(rng.integers(90, 160)))
    for _ in range(4):
        counter.calibrate(int(rng.integers(90, 160)))
        expect(counter.uncertainty).agrees()


def both_uncertain(student, expect, rng):
    counter = student.NetCounter(probes=int(rng.integers(5, 9)))
    for turn in range(12):
        counter.turn(int(rng.integers(5_000, 6_000)) if turn % 2 else None)
    for _ in range(4):
        counter.calibrate(int(rng.integers(90, 260)))
    expect(counter.net).agrees()
    expect(counter.uncertainty).agrees()


def too_early(student, expect):
    counter = student.NetCounter(probes=3)
    expect(counter.scaled).agrees()
    counter.turn(None)
    counter.turn(8)
    expect(counter.scaled).equals(16)
    expect(counter.net).agrees()
    counter.calibrate(1)
    expect(counter.net).equals(13)
    counter.calibrate(3)
    expect(counter.net).equals(10)
    expect(counter.uncertainty).agrees()
    counter.turn(0)
    expect(counter.scaled).equals(12)


def any_turns(student, rng):
    counter = student.NetCounter(probes=2)
    counter.calibrate(5)
    counter.calibrate(7)
    counter.turn(100)
    for _ in range(20):
        counter.turn(int(rng.integers(90, 110)) if rng.random() < 0.5 else None)
        yield [counter.scaled, counter.net]


COUNTER = Exercise(
    "m10_net_counter",
    reference=NetCounter,
    checks=[
        Scenario(
            "scaled", weight=0.75, play=a_shared_counter, message="Turns with the event on the counter, and without."
        ),
        Scenario("probes", weight=0.75, play=costly_probes, message="What starts and stops cost, and nothing else."),
        Scenario(
            "turns not seen", weight=1, play=uncertain_turns, message="The uncertainty by turns that were not counted."
        ),
        Scenario("cost not known", weight=0.5, play=uncertain_probes, message="The uncertainty by what probes cost."),
        Scenario("together", weight=0.5, play=both_uncertain, message="Uncertain turns and uncertain probes."),
        Scenario(
            "too early",
            weight=0.25,
            play=too_early,
            message="Before there are enough turns and calibrations, and just then.",
        ),
        Conserved(
            "probes cost the same",
            weight=0.125,
            script=any_turns,
            invariant=lambda seen: abs(seen[0] - seen[1] - 12) < 1e-6,
            message="Whatever is counted, the same is subtracted for the probes.",
        ),
        Raises(
            ValueError, "no such probes", weight=0.125, cases=[call(-1), call(probes=-20)], message="Fewer than none."
        ),
    ],
)

# --- histograms of the kernel -----------------------------------------------------------------------------------------


def edge(number):
    for factor, suffix in ((2**30, "G"), (2**20, "M"), (2**10, "K")):
        if number >= factor:
            return f"{number // factor}{suffix}"
    return str(number)


def printed(name, first, counts):
    """A map as bpftrace prints hist(), from bucket `first` on: 0 and 1 hold one number each."""
    lines, most = [f"@{name}:"], max(counts)
    for place, count in enumerate(counts, start=first):
        label = f"[{place}]" if place < 2 else f"[{edge(2 ** (place - 1))}, {edge(2**place)})"
        lines.append(f"{label:<16}{count:>8} |{'@' * (52 * count // most):<52}|")
    return "\n".join(lines) + "\n\n"


def layer(rng, name, first, buckets, many):
    return printed(name, first, [int(count) for count in rng.integers(1, many, size=buckets)])


NOISE = "Attaching 5 probes...\n^C\n\n"


def short_waits(rng):
    """Below a millisecond: no suffixes, and single numbers."""
    return call(NOISE + layer(rng, "lock_us", 0, 7, 90) + layer(rng, "tcp_us", 3, 6, 90), float(rng.uniform(0.3, 0.9)))


def long_waits(rng):
    text = NOISE + layer(rng, "runq_us", 5, 10, 60) + layer(rng, "disk_us[sdb]", 9, 14, 60)
    return call(text, float(rng.choice([0.5, 0.9, 0.99, 0.999])))


def one_leads(rng):
    names = rng.permutation(["runq_us", "tcp_us", "lock_us"]).tolist()
    counts = [int(rng.integers(30, 60)), int(rng.integers(30, 60)), int(rng.integers(250, 300))]
    maps = [printed(name, 12, [count, 2 * count]) for name, count in zip(names, counts, strict=True)]
    return call(NOISE + "".join(maps[place] for place in rng.permutation(3)), 0.9)


def nobody_leads(rng):
    """One has the most events, and another the most time, but not beyond doubt."""
    many, long, few = (int(rng.integers(*ends)) for ends in ((170, 190), (130, 150), (20, 40)))
    return call(
        NOISE + printed("a_us", 11, [many] * 2) + printed("b_us", 12, [long] * 2) + printed("c_us", 12, [few]), 0.9
    )


def of_layers(*names):
    return lambda found: {layer: [values[name] for name in names] for layer, values in found["layers"].items()}


LINEAR = """Attaching 2 probes...

@wait_us[x, 1]:
(..., 100)             3 |@@@@@@@                 |
[100, 200)            11 |@@@@@@@@@@@@@@@@@@@@@@@@|
[200, 300)             0 |                        |
[300, 400)             4 |@@@@@@@@                |
[400, ...)             2 |@@@@                    |

@seen: 20
@start[771]: 99182
@io_us:
[64, 128)              1 |@                       |
"""
LONGEST = "@a_us:\n[512, 1K)  7 |@|\n[1K, 2K)  33 |@|\n[512M, 1G)  40 |@|\n[1G, 2G)  20 |@|\n"
NUMBERS = "@a_us:\n[0]  50 |@@@@@|\n[1]  30 |@@@|\n[2, 4)  20 |@@|\n"
HUNDRED = "@a_us:\n" + "".join(
    f"[{edge(2**k)}, {edge(2 ** (k + 1))})  {n} |@|\n" for k, n in enumerate((0, 7, 33, 60), 1)
)

LAYERS = Exercise(
    "m10_latency_layers",
    reference=latency_layers,
    checks=[
        Equal(
            "short waits",
            weight=1,
            cases=[call(HUNDRED, 0.07), call(NUMBERS, 0.6), sampled(short_waits, count=3)],
            part=of_layers("events", "low_us", "high_us"),
            message="Events, and the bucket of a percentile, where all waits are short.",
        ),
        Equal(
            "long waits",
            weight=0.75,
            cases=[call(LONGEST, 0.4), call(LONGEST, 0.95), sampled(long_waits, count=4)],
            part=of_layers("events", "low_us", "high_us"),
            message="The same, for waits up to seconds.",
        ),
        Equal(
            "the guess between the edges",
            weight=0.5,
            cases=[call(HUNDRED, 0.07), call(NUMBERS, 0.6), sampled(short_waits, count=3)],
            part=of_layers("estimate_us"),
            message="A percentile between the edges of its bucket.",
        ),
        Equal(
            "total time",
            weight=1,
            cases=sampled(short_waits, count=3),
            part=of_layers("least_s", "most_s"),
            message="How much time went into a layer at least, and at most.",
        ),
        Equal(
            "the bottleneck",
            weight=0.75,
            cases=[sampled(one_leads, count=3), sampled(nobody_leads, count=3), call("@only_us:\n[2, 4)   9 |@@|\n")],
            part=lambda found: found["bottleneck"],
            message="A layer that leads beyond doubt, several of which none does, and one alone.",
        ),
        Equal(
            "linear, open, and other maps",
            weight=0.75,
            cases=[call(LINEAR, 0.5), call(LINEAR, 0.1), call(LINEAR, 1.0), call(LINEAR, 0.7)],
            message="Open ends, empty buckets, keys with commas, and maps that are no histograms.",
        ),
        Raises(
            ValueError,
            "nothing to read",
            weight=0.25,
            cases=[
                call(""),
                call("Attaching 1 probe...\n\n@count: 17\n"),
                call("@a_us:\n[2, 4)   0 ||\n"),
                call(HUNDRED, 0.0),
                call(HUNDRED, 99),
            ],
            message="Texts without events, and quantiles that are no share.",
        ),
    ],
)

# --- order ------------------------------------------------------------------------------------------------------------


def scattered(rng):
    measured = rng.uniform(1, 20, size=int(rng.integers(6, 14)))
    return call(measured * rng.uniform(0.6, 1.6, size=measured.size), measured)


def with_ties(rng):
    points = int(rng.integers(9, 14))
    return call(rng.integers(1, 5, size=points).astype(float), rng.integers(1, 6, size=points).astype(float))


def curved(rng):
    """In perfect order, and on no line."""
    measured = np.sort(rng.uniform(1, 4, size=8))
    return call(measured**4, measured)


ORDER = Exercise(
    "m10_rank_fidelity",
    reference=rank_fidelity,
    checks=[
        Equal(
            "a line",
            weight=0.75,
            cases=[sampled(curved, count=2), sampled(scattered, count=3)],
            part=lambda found: found["pearson"],
            message="How near predictions and measurements are to a line.",
        ),
        Equal(
            "order",
            weight=1,
            cases=sampled(scattered, count=4),
            part=keys("spearman", "kendall"),
            message="Points without equal values.",
        ),
        Equal(
            "ties",
            weight=1,
            cases=sampled(with_ties, count=4),
            part=keys("spearman", "kendall"),
            message="Points of which several have equal predictions, or equal measurements.",
        ),
        Equal(
            "speed-ups",
            weight=0.75,
            cases=[call([3.0, 1.0], [1.0, 2.0]), sampled(scattered, count=4)],
            part=lambda found: found["speedup_error"],
            message="The error of the worst predicted speed-up.",
        ),
        Equal(
            "no order",
            weight=0.25,
            cases=[call([2.0, 2.0, 2.0], [1.0, 2.0, 4.0]), call([0.1, 0.4, 0.2], [0.3, 0.3, 0.3])],
            message="Predictions or measurements that are all equal.",
        ),
        Raises(
            ValueError,
            "nothing to compare",
            weight=0.25,
            cases=[
                call([1.0], [1.0]),
                call([1.0, 2.0], [1.0, 2.0, 3.0]),
                call([1.0, 0.0], [1.0, 2.0]),
                call([1, 2], [-1, 2]),
            ],
            message="A single point, points without a partner, and values that are not positive.",
        ),
    ],
)

# --- the triangle -----------------------------------------------------------------------------------------------------

HONEST = {"clock_hz": 3e9, "cores": 16, "instructions_per_request": 8e6}


def triangle(rng, factors, u=(0.03, 0.01, 0.01), **others):
    """Sides that are off by these factors, on some machine."""
    ipc, cores = float(rng.uniform(0.5, 3)), int(rng.integers(2, 64))
    machine = {
        "clock_hz": float(rng.uniform(1e9, 4e9)),
        "cores": cores,
        "instructions_per_request": float(10 ** rng.uniform(5, 8)),
    }
    per_s = ipc * machine["clock_hz"] * cores / machine["instructions_per_request"]
    sides = {"simulated_ipc": ipc * factors[0], "counted_ipc": ipc * factors[1], "served_per_s": per_s * factors[2]}
    return call(**sides, **machine, relative_u=list(u), **others)


def any_factors(rng):
    return triangle(rng, rng.uniform(0.8, 1.25, size=3))


def one_off(rng):
    """One side is off by so much that nothing explains it."""
    factors = np.ones(3)
    factors[rng.integers(3)] = rng.choice([0.7, 1.4])
    return triangle(rng, factors)


def all_well(rng):
    return triangle(rng, 1 + rng.uniform(-0.008, 0.008, size=3))


def in_a_row(rng):
    """The one in the middle agrees with both, and they do not agree; or everybody is alone."""
    if rng.random() < 0.5:
        return triangle(rng, (1.0, 1.02, 1.04), u=(0.01, 0.01, 0.005))
    return triangle(rng, (1.0, 1.3, 1.7))


def just_so(rng):
    """So far apart that only the right rule decides: between one uncertainty and the sum of both, or another k."""
    apart, k = ((1.053, 2.0), (1.068, 2.0), (1.045, 1.5), (1.075, 3.0))[rng.integers(4)]
    return triangle(rng, (1.0, apart, apart), u=(0.02, 0.02, 0.02), k=k)


TRIANGLE = Exercise(
    "m10_triangle_check",
    reference=triangle_check,
    checks=[
        Equal(
            "one unit",
            weight=1,
            cases=sampled(any_factors, count=4),
            part=lambda found: found["per_s"],
            message="Requests per second of the whole machine, three times.",
        ),
        Equal(
            "who agrees",
            weight=1.25,
            cases=[
                call(1.0, 1.053, served_per_s=6318.0, relative_u=[0.02, 0.02, 0.02], **HONEST),
                call(1.0, 1.07, served_per_s=6420.0, relative_u=[0.02, 0.02, 0.02], k=3.0, **HONEST),
                call(1.0, 1.068, served_per_s=6408.0, relative_u=[0.02, 0.02, 0.02], **HONEST),
                sampled(just_so, count=6),
            ],
            part=lambda found: [bool(each) for each in found["agree"]],
            message="Sides that are just near enough, or just too far apart.",
        ),
        Equal(
            "the odd one out",
            weight=1,
            cases=[sampled(one_off, count=5), sampled(all_well, count=2)],
            part=lambda found: found["suspect"],
            message="A fault of one side, and none at all.",
        ),
        Equal(
            "nobody is outvoted",
            weight=0.5,
            cases=[sampled(in_a_row, count=4), sampled(one_off, count=1)],
            part=lambda found: found["suspect"],
            message="Two pairs that agree, or none.",
        ),
        Raises(
            ValueError,
            "no such sides",
            weight=0.25,
            cases=[
                call(0.0, 1.0, served_per_s=1.0, relative_u=[0.1, 0.1, 0.1], **HONEST),
                call(1.0, 1.0, served_per_s=-1.0, relative_u=[0.1, 0.1, 0.1], **HONEST),
                call(1.0, 1.0, served_per_s=1.0, relative_u=[0.1, -0.1, 0.1], **HONEST),
                call(1.0, 1.0, served_per_s=1.0, relative_u=[0.1, 0.1, 0.1], k=0.0, **HONEST),
            ],
            message="Quantities that are not positive, and uncertainties below zero.",
        ),
    ],
)

# --- left out ---------------------------------------------------------------------------------------------------------


def workloads(rng, noise, **others):
    n = int(rng.integers(6, 10))
    traffic = rng.uniform(1, 4, size=n)
    work = traffic * rng.permutation(np.geomspace(2, 50, n)) * rng.uniform(0.95, 1.05, size=n)
    times_s = (work / 8 + traffic / 1.2) * (1 + rng.normal(0, noise, size=n))
    return call(work * 1e9, traffic * 1e9, times_s, np.full(n, 0.02), **others)


def noisy_kernels(rng):
    return workloads(rng, 0.1)


def quiet_kernels(rng):
    """Errors of a few per cent, inputs that are uncertain, too."""
    return workloads(rng, 0.05, u_input=float(rng.uniform(0.01, 0.05)))


def unlike_measurements(rng):
    asked = noisy_kernels(rng)
    u = rng.uniform(0.005, 0.1, size=len(asked.args[2]))
    return call(*asked.args[:3], u, u_input=float(rng.uniform(0.01, 0.05)))


LEFT_OUT = Exercise(
    "m10_left_out_table",
    reference=left_out_table,
    checks=[
        Equal(
            "predictions",
            weight=1.75,
            cases=sampled(noisy_kernels, count=4),
            rtol=1e-6,
            part=column("predicted_s"),
            message="Each workload, predicted from all the others.",
        ),
        Equal(
            "errors",
            weight=0.75,
            cases=sampled(noisy_kernels, count=4),
            rtol=1e-6,
            atol=1e-9,
            part=column("error"),
            message="The error of each prediction, with its sign.",
        ),
        Equal(
            "validation uncertainty",
            weight=0.75,
            cases=[
                call([9, 4, 2, 1], [1, 2, 3, 4], [9, 5, 4, 4], [0.1, 0.2, 0.1, 0.3]),
                sampled(unlike_measurements, count=4),
            ],
            part=column("u_val"),
            message="What measurement and inputs leave uncertain.",
        ),
        Equal(
            "verdicts",
            weight=1.5,
            cases=[sampled(quiet_kernels, count=4), sampled(unlike_measurements, count=3)],
            part=column("verdict"),
            message="Noise, a fault of the model, or a question beyond what it was fitted to.",
        ),
        Raises(
            ValueError,
            "nothing to leave out",
            weight=0.25,
            cases=[
                call([1, 2, 3], [1, 1, 1], [1, 2, 3], [0.1] * 3),
                call([1, 2, 3, 4], [1, 1, 1], [1, 2, 3, 4], [0.1] * 4),
                call([1, 2, 3, 0], [1, 1, 1, 1], [1, 2, 3, 4], [0.1] * 4),
                call([1, 2, 3, 4], [1, 1, 1, 1], [1, 2, 3, -4], [0.1] * 4),
                call([1, 2, 3, 4], [1, 1, 1, 1], [1, 2, 3, 4], [0.1, 0.1, 0.1, -0.1]),
            ],
            message="Three workloads, lists of unequal length, nothing done or moved, and uncertainties below zero.",
        ),
    ],
)
