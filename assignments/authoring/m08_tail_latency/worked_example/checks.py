"""What must hold of the answers of module 8's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import (
    Equal,
    Exercise,
    Property,
    Raises,
    call,
    in_view,
    labelled,
    marks,
    sampled,
    scales,
)
from reference_solutions.m08_tail_latency.hedging import hedged_exceeds
from reference_solutions.m08_tail_latency.search_figure import search_figure

# --- a leaf with a copy -----------------------------------------------------------------------------------------------


def leaf(rng):
    """Measured latencies, most of them short."""
    return 0.01 * rng.lognormal(size=40) + 0.1 * rng.random(40) * (rng.random(40) < 0.2)


def copies_after_a_while(rng):
    latency_s = leaf(rng)
    delay_s = float(np.quantile(latency_s, rng.uniform(0.4, 0.8)))
    return call(latency_s, delay_s, delay_s + rng.uniform(0, 0.05, size=6))


def before_the_copy(rng):
    latency_s = leaf(rng)
    delay_s = float(np.quantile(latency_s, 0.9))
    return call(latency_s, delay_s, delay_s * rng.uniform(0.1, 0.9, size=(2, 3)))


def at_once_and_never(rng):
    return call(leaf(rng), float(rng.choice([0.0, np.inf])), rng.uniform(0.004, 0.05, size=5))


HEDGED = Exercise(
    "m08_hedged_exceeds",
    reference=hedged_exceeds,
    checks=[
        Equal(
            "two copies",
            weight=1,
            cases=sampled(copies_after_a_while, count=4),
            message="Times at which the copy may have answered, too.",
        ),
        Equal(
            "one copy",
            weight=0.5,
            cases=sampled(before_the_copy, count=3),
            message="Times before the copy has even been sent.",
        ),
        Equal(
            "at once, or never",
            weight=0.25,
            cases=[
                call([0.1, 0.2, 0.3], 0.0, 0.15),
                call([0.1, 0.2, 0.3], np.inf, 0.15),
                sampled(at_once_and_never, 3),
            ],
            message="A delay of zero, and one without end.",
        ),
        Raises(
            ValueError,
            "no such hedge",
            weight=0.25,
            cases=[call([], 0.1, 0.2), call([0.1], -0.1, 0.2), call([0.1], np.nan, 0.2)],
            message="No latencies, and a copy that leaves before the request.",
        ),
    ],
)

# --- the figure -------------------------------------------------------------------------------------------------------


def any_search(rng):
    """Leaves whose lateness falls with time, and less of it with copies; all lines come to the promise."""
    times_s = np.sort(rng.uniform(0.005, 0.2, size=30))
    single = 0.5 * np.exp(-np.cumsum(rng.uniform(0.2, 0.6, size=30)))
    fan_out = int(rng.integers(20, 300))
    return call(times_s, single, single ** rng.uniform(1.3, 1.9), fan_out, int(fan_out * rng.uniform(0.85, 0.97)))


def hopeless_search(rng):
    """Leaves that stay too slow for a request that waits for all of them."""
    times_s = np.sort(rng.uniform(0.005, 0.2, size=12))
    single = np.geomspace(0.3, 0.002, 12) * rng.uniform(0.9, 1.1, size=12)
    single = np.minimum.accumulate(single)
    return call(times_s, single, single**1.7, 100, 95)


def points(figure, label):
    """Where the points of a line lie."""
    (line,) = (one for one in figure["series"] if one["label"] == label and one["kind"] == "line")
    return [list(line["x"]), list(line["y"])]


SEARCHES = sampled(any_search, count=3)

FIGURE = Exercise(
    "m08_search_figure",
    reference=search_figure,
    checks=[
        Equal(
            "waiting for all",
            weight=0.75,
            cases=SEARCHES,
            part=lambda figure: [points(figure, "all leaves"), points(figure, "all leaves, hedged")],
            rtol=1e-6,
            message="Requests that wait for every leaf, without copies and with them.",
        ),
        Equal(
            "waiting for enough",
            weight=0.75,
            cases=SEARCHES,
            part=lambda figure: [points(figure, one["label"]) for one in figure["series"] if " of " in one["label"]],
            rtol=1e-6,
            message="Requests for which some of the answers are enough.",
        ),
        Equal(
            "percentiles",
            weight=0.75,
            cases=SEARCHES,
            part=marks,
            message="Where each line falls to 1 %.",
        ),
        Equal(
            "no percentile here",
            weight=0.5,
            cases=sampled(hopeless_search, count=3),
            part=lambda figure: [sorted(figure["left_out"]), marks(figure)],
            message="Lines that stay above 1 % as long as the picture shows.",
        ),
        Equal("axes", weight=0.125, cases=SEARCHES, part=scales, message="One axis is linear, the other logarithmic."),
        Property(
            "in view",
            weight=0.125,
            cases=[SEARCHES, sampled(hopeless_search, count=1)],
            holds=lambda pairs: labelled()(pairs) and in_view()(pairs),
            message="Everything has a label, and nothing lies outside of the axes.",
        ),
    ],
)
