"""What must hold of the answers of module 3's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import Equal, Exercise, Property, Raises, call, in_view, labelled, marks, sampled, scales
from reference_solutions.m03_modeling_simulation.runs import replication_interval
from reference_solutions.m03_modeling_simulation.warm_up import mser_truncation
from reference_solutions.m03_modeling_simulation.warm_up_figure import warm_up_figure

# --- replications -----------------------------------------------------------------------------------------------------


def few_runs(rng):
    return call(rng.normal(10, 2, size=int(rng.integers(3, 8))), float(rng.uniform(0.6, 1.2)))


def wide_enough(rng):
    return call(rng.normal(10, 2, size=12), float(rng.uniform(3, 9)))


def sure_or_bold(rng):
    return call(
        rng.normal(10, 2, size=6), float(rng.uniform(0.1, 0.25)), confidence=float(rng.choice([0.8, 0.9, 0.99]))
    )


INTERVAL = Exercise(
    "m03_replication_interval",
    reference=replication_interval,
    checks=[
        Equal(
            "the interval",
            weight=1,
            cases=[call([4.0, 6.0], 50.0), sampled(few_runs, count=3)],
            part=lambda found: [found["mean"], found["half_width"]],
            message="The mean of a few runs, and its half-width.",
        ),
        Equal(
            "runs that are enough",
            weight=1,
            cases=[sampled(few_runs, count=4), sampled(wide_enough, count=2), call([3.0, 3.0, 3.0], 0.1)],
            part=lambda found: found["runs"],
            message="How many runs a half-width takes; never fewer than were made.",
        ),
        Equal(
            "another confidence",
            weight=0.5,
            cases=sampled(sure_or_bold, count=3),
            part=lambda found: [found["half_width"], found["runs"]],
            message="Intervals that are meant to be surer, or bolder.",
        ),
        Raises(
            ValueError,
            "no interval",
            weight=0.5,
            cases=[call([1.0], 0.1), call([], 0.1), call([1.0, 2.0], 0.0), call([1.0, 2.0], 0.1, confidence=95)],
            message="One run or none, no half-width, and a confidence that is no share.",
        ),
    ],
)

# --- warm-up ----------------------------------------------------------------------------------------------------------


def with_a_transient(rng, observations=150):
    steps = np.arange(observations + int(rng.integers(0, 5)))
    warm = int(rng.integers(20, 60))
    return 10 - 6 * np.exp(-steps / warm * 2) + rng.normal(0, 0.8, size=steps.size)


def in_fives(rng):
    return call(with_a_transient(rng))


def other_batches(rng):
    return call(with_a_transient(rng), batch=int(rng.choice([1, 2, 3, 8])))


def rising(rng):
    return call(np.cumsum(rng.uniform(0.5, 1.5, size=60)))


MSER = Exercise(
    "m03_mser_truncation",
    reference=mser_truncation,
    checks=[
        Equal(
            "how many are dropped",
            weight=1.25,
            cases=[sampled(in_fives, count=4), sampled(rising, count=1)],
            part=lambda found: found["dropped"],
            message="Observations that MSER-5 drops, from runs that begin far off and from one that never settles.",
        ),
        Equal(
            "the mean that is left",
            weight=0.5,
            cases=sampled(in_fives, count=3),
            part=lambda found: found["mean"],
            message="The mean of the batches that are left.",
        ),
        Equal(
            "other batches",
            weight=0.5,
            cases=[sampled(other_batches, count=3), call([1.0, 1.0, 1.0, 1.0], batch=1)],
            part=lambda found: [found["dropped"], found["mean"]],
            message="Batches of other sizes; a series that never changes.",
        ),
        Equal(
            "has it settled",
            weight=0.5,
            cases=[sampled(in_fives, count=2), sampled(rising, count=2), call([9, 9, 0, 0, 0, 0], batch=1)],
            part=lambda found: bool(found["settled"]),
            message="Runs that are long enough to tell, and runs that are not.",
        ),
        Raises(
            ValueError,
            "no run",
            weight=0.25,
            cases=[call(np.ones(19)), call(np.ones(9), batch=0), call([1.0, 2.0, 3.0], batch=1)],
            message="Fewer than four batches, and batches of nothing.",
        ),
    ],
)

# --- the figure -------------------------------------------------------------------------------------------------------


def any_runs(rng):
    """They settle early, and the rest goes up and down so little that every rule sees it."""
    steps, warm = np.arange(80), float(rng.uniform(3, 8))
    wiggles, away = rng.normal(0, 0.3, size=(16, 5)), rng.normal(0, 0.5, size=(4, 80))
    level = 10 + 0.2 * (-1.0) ** (steps // 5) - 7 * np.exp(-steps / warm)
    level += (wiggles - wiggles.mean(axis=1, keepdims=True)).ravel()
    level[0] = 0.5  # near the bottom of the picture
    return call(level + away - away.mean(axis=0), int(rng.integers(2, 9)), 10.0)


def never_settled(rng):
    return call(
        np.cumsum(rng.uniform(0.5, 1.5, size=(3, 40)), axis=1), int(rng.integers(2, 9)), float(rng.uniform(5, 60))
    )


def line(label):
    def part(figure):
        (one,) = (one for one in figure["series"] if one["label"] == label and one["kind"] == "line")
        return [list(one["x"]), list(one["y"])]

    return part


def level(figure):
    x, y = line("steady state")(figure)
    return [min(x), max(x), min(y), max(y)]


RUNS = sampled(any_runs, count=3)

FIGURE = Exercise(
    "m03_warm_up_figure",
    reference=warm_up_figure,
    checks=[
        Equal(
            "the runs and their average",
            weight=1,
            cases=RUNS,
            part=lambda figure: [line("mean of the runs")(figure), line("moving average")(figure)],
            message="Job by job, and smoothed.",
        ),
        Equal("the steady state", weight=0.5, cases=RUNS, part=level, message="A level line over all jobs."),
        Equal("the cut", weight=0.75, cases=RUNS, part=marks, message="Where MSER-5 cuts, at the mean that is left."),
        Equal(
            "no cut",
            weight=0.5,
            cases=sampled(never_settled, count=2),
            part=lambda figure: [sorted(figure["left_out"]), marks(figure)],
            message="Runs that have not settled: named, and not marked.",
        ),
        Equal("axes", weight=0.125, cases=RUNS, part=scales, message="Both axes are linear."),
        Property(
            "in view",
            weight=0.125,
            cases=[RUNS, sampled(never_settled, count=1)],
            holds=lambda pairs: labelled()(pairs) and in_view()(pairs),
            message="Everything has a label, and nothing lies outside of the axes.",
        ),
    ],
)
