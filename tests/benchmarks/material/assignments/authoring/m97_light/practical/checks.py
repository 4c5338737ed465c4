"""What must hold of the light notebook's answers."""

from __future__ import annotations

import pandas as pd
from reference_solutions.m97_light.figures import (
    amdahl_speedup,
    busy_share,
    empirical_cdf,
    harmonic_mean,
    lines_touched,
    mean_by_node,
    moving_mean,
    nearest_rank_percentile_s,
)

from graders.checks import Equal, Exercise, Raises, call, sampled


def any_program(rng):
    return call(rng.uniform(0, 1, 5), rng.uniform(1, 100))


def any_rates(rng):
    return call(rng.uniform(1, 100, rng.integers(2, 30)))


def any_latencies(rng):
    return call(rng.lognormal(-4, 1, rng.integers(5, 200)), float(rng.uniform(1, 99)))


def any_series(rng):
    return call(rng.normal(size=50), int(rng.integers(1, 50)))


def any_trace(rng):
    return call(rng.integers(0, 1 << 16, 200), int(2 ** rng.integers(4, 9)))


def any_intervals(rng):
    start = rng.uniform(0, 10, 12)
    return call(start, start + rng.exponential(1.0, 12), 30.0)


def any_power(rng):
    nodes = rng.choice(list("abcdef"), 40)
    return call(pd.DataFrame({"node": nodes, "power_w": rng.uniform(50, 300, 40)}))


def any_values(rng):
    return call(rng.normal(size=rng.integers(3, 60)))


def exercise(name, reference, generator, given, *more):
    return Exercise(
        name,
        reference=reference,
        checks=[
            Equal("a known case", weight=1, cases=given, message="A case that can be worked out by hand."),
            Equal("other cases", weight=2, cases=[sampled(generator, count=5)], message="Cases of other sizes."),
            *more,
        ],
    )


SPEEDUP = exercise(
    "m97_amdahl_speedup",
    amdahl_speedup,
    any_program,
    [call(0.75, 4)],
    Raises(ValueError, "no fraction", weight=1, cases=[call(1.5, 2)], message="More than everything is refused."),
)
MEAN = exercise(
    "m97_harmonic_mean",
    harmonic_mean,
    any_rates,
    [call([2.0, 6.0])],
    Raises(ValueError, "no rates", weight=1, cases=[call([])], message="No rates have no mean."),
)
PERCENTILE = exercise(
    "m97_nearest_rank_percentile_s", nearest_rank_percentile_s, any_latencies, [call([4.0, 3.0, 2.0, 1.0], 75)]
)
SMOOTH = exercise("m97_moving_mean", moving_mean, any_series, [call([2.0, 4.0, 6.0, 8.0], 3)])
LINES = exercise("m97_lines_touched", lines_touched, any_trace, [call([0, 63, 64, 128, 64], 64)])
BUSY = exercise("m97_busy_share", busy_share, any_intervals, [call([0.0, 4.0], [2.0, 5.0], 10.0)])
POWER = exercise(
    "m97_mean_by_node",
    mean_by_node,
    any_power,
    [call(pd.DataFrame({"node": ["x", "y", "x"], "power_w": [1.0, 2.0, 3.0]}))],
)
CDF = exercise("m97_empirical_cdf", empirical_cdf, any_values, [call([3.0, 1.0, 2.0])])
