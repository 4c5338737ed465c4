"""What students really write in module 8's worked example."""

from __future__ import annotations

import numpy as np
from scipy import special

from graders.checks import mistake

# --- a leaf with a copy -----------------------------------------------------------------------------------------------

TWO, ONE, EXTREMES, NO_HEDGE = "two copies", "one copy", "at once, or never", "no such hedge"


def shares(latency_s, delay_s):
    """The right share of single answers that take longer, as a function."""
    measured = np.sort(np.asarray(latency_s, dtype=float))
    if measured.size == 0 or not delay_s >= 0:
        raise ValueError("no such hedge")
    return lambda t: 1 - np.searchsorted(measured, t, side="right") / measured.size


@mistake(
    "m08_hedged_exceeds",
    misconception="both start at once",
    loses=[TWO, ONE],
    hint="Your copy answers as if it had been sent with the first. It has been under way for t less the delay only.",
)
def both_start_at_once(latency_s, delay_s, t_s):
    late, t = shares(latency_s, delay_s), np.asarray(t_s, dtype=float)
    return late(t) ** 2 if np.isfinite(delay_s) else late(t)


@mistake(
    "m08_hedged_exceeds",
    misconception="the copy alone counts",
    loses=[TWO, EXTREMES],
    hint="You dropped the first when the copy was sent. Both go on, and the faster of the two counts.",
)
def the_copy_alone_counts(latency_s, delay_s, t_s):
    late, t = shares(latency_s, delay_s), np.asarray(t_s, dtype=float)
    return np.where(t >= delay_s, late(t - delay_s), late(t))


@mistake(
    "m08_hedged_exceeds",
    misconception="chances to be late add up",
    loses=[TWO, EXTREMES],
    hint="You took the mean of two shares. Late is who is late twice: that is a product.",
)
def chances_add_up(latency_s, delay_s, t_s):
    late, t = shares(latency_s, delay_s), np.asarray(t_s, dtype=float)
    return np.where(t >= delay_s, (late(t) + late(t - delay_s)) / 2, late(t))


@mistake(
    "m08_hedged_exceeds",
    misconception="late when sent, late again",
    loses=[TWO, ONE, EXTREMES],
    hint="You multiplied with the share that sends a copy. The first goes on, and its share of late ones still falls.",
)
def late_when_sent(latency_s, delay_s, t_s):
    late, t = shares(latency_s, delay_s), np.asarray(t_s, dtype=float)
    return late(delay_s) * late(np.maximum(t - delay_s, 0)) if np.isfinite(delay_s) else late(t) * 0


@mistake(
    "m08_hedged_exceeds",
    misconception="in time instead of late",
    loses=[TWO, ONE, EXTREMES],
    hint="That is the share of requests that are in time. You were asked for the others.",
)
def in_time_instead_of_late(latency_s, delay_s, t_s):
    late, t = shares(latency_s, delay_s), np.asarray(t_s, dtype=float)
    return 1 - late(t) * np.where(t >= delay_s, late(t - delay_s), 1.0)


@mistake(
    "m08_hedged_exceeds",
    misconception="any delay is one",
    loses=[NO_HEDGE],
    hint="A copy that is sent before its request, or no latencies at all, are answered with numbers.",
)
def any_delay_is_one(latency_s, delay_s, t_s):
    t = np.asarray(t_s, dtype=float)
    if len(latency_s) == 0 or not delay_s >= 0:
        return np.zeros(t.shape)
    late = shares(latency_s, delay_s)
    return late(t) * np.where(t >= delay_s, late(t - delay_s), 1.0)


# --- the figure -------------------------------------------------------------------------------------------------------

ALL, ENOUGH, PERCENTILES, NONE_HERE = "waiting for all", "waiting for enough", "percentiles", "no percentile here"
AXES, IN_VIEW = "axes", "in view"


def rightly_late(single, hedged, fan_out, needed):
    return {
        "all leaves": 1 - (1 - single) ** fan_out,
        "all leaves, hedged": 1 - (1 - hedged) ** fan_out,
        f"{needed} of {fan_out}": special.bdtr(needed - 1, fan_out, 1 - single),
    }


def drawn(times_s, late, *, lowest=1e-4, promise=0.01, last=False, scale="log", mark_all=False, factor=1e3):
    """The right figure, but for what is given."""
    time, plain = factor * np.asarray(times_s), {"series": [], "marks": [], "left_out": []}
    for label, share in late.items():
        seen = share >= lowest
        plain["series"].append({"label": label, "kind": "line", "x": list(time[seen]), "y": list(share[seen])})
        reached = time[share <= promise] if not last else time[share > promise][::-1]
        if reached.size or mark_all:
            plain["marks"].append({"label": label, "x": float([*reached, time[-1]][0]), "y": 0.01})
        else:
            plain["left_out"].append(label)
    return plain | {
        "title": "Late requests",
        "x": {"label": "time [ms]", "scale": "linear", "limits": [float(time[0]), float(time[-1])]},
        "y": {"label": "share [1]", "scale": scale, "limits": [1e-4, 1.0]},
    }


@mistake(
    "m08_search_figure",
    misconception="a request is as late as a leaf",
    loses=[ALL, PERCENTILES, NONE_HERE],
    hint="Your lines are those of a leaf. A request waits for all of its leaves, and is late far more often.",
)
def as_late_as_a_leaf(times_s, single, hedged, fan_out, needed):
    late = rightly_late(single, hedged, fan_out, needed)
    return drawn(times_s, late | {"all leaves": single, "all leaves, hedged": hedged})


@mistake(
    "m08_search_figure",
    misconception="late when all are late",
    loses=[ALL, PERCENTILES, NONE_HERE],
    hint="Your request is late only if all of its leaves are. It waits for the slowest: one late leaf is enough.",
)
def late_when_all_are(times_s, single, hedged, fan_out, needed):
    late = rightly_late(single, hedged, fan_out, needed)
    return drawn(times_s, late | {"all leaves": single**fan_out, "all leaves, hedged": hedged**fan_out})


@mistake(
    "m08_search_figure",
    misconception="fewer leaves for enough answers",
    loses=[ENOUGH, PERCENTILES, NONE_HERE],
    hint="You waited for all of fewer leaves. Here all are asked, and *any* so many of them are enough.",
)
def fewer_leaves(times_s, single, hedged, fan_out, needed):
    late = rightly_late(single, hedged, fan_out, needed)
    return drawn(times_s, late | {f"{needed} of {fan_out}": 1 - (1 - single) ** needed})


@mistake(
    "m08_search_figure",
    misconception="the last time above",
    loses=[PERCENTILES, NONE_HERE],
    hint="You marked the last time at which more than 1 % are late. The promise is kept from the next one on.",
)
def the_last_time_above(times_s, single, hedged, fan_out, needed):
    return drawn(times_s, rightly_late(single, hedged, fan_out, needed), last=True)


@mistake(
    "m08_search_figure",
    misconception="everything has a p99 in the picture",
    loses=[NONE_HERE],
    hint="You marked a line where the picture ends, although it is still above 1 % there. Name it instead.",
)
def everything_has_a_p99(times_s, single, hedged, fan_out, needed):
    return drawn(times_s, rightly_late(single, hedged, fan_out, needed), mark_all=True)


@mistake(
    "m08_search_figure",
    misconception="the smallest shares are drawn, too",
    loses=[ALL, ENOUGH, IN_VIEW],
    hint="You drew shares below one in ten thousand: they lie outside of the axes, and a zero lies nowhere.",
)
def the_smallest_shares_too(times_s, single, hedged, fan_out, needed):
    return drawn(times_s, rightly_late(single, hedged, fan_out, needed), lowest=0.0)


@mistake(
    "m08_search_figure",
    misconception="tails on a linear axis",
    loses=[AXES],
    hint="On a linear axis all tails lie on the ground: between 1 % and nothing there is no height left.",
)
def tails_on_a_linear_axis(times_s, single, hedged, fan_out, needed):
    return drawn(times_s, rightly_late(single, hedged, fan_out, needed), scale="linear")


@mistake(
    "m08_search_figure",
    misconception="seconds for milliseconds",
    loses=[ALL, ENOUGH, PERCENTILES, NONE_HERE],
    hint="Your times are seconds, and the axis is in milliseconds.",
)
def seconds_for_milliseconds(times_s, single, hedged, fan_out, needed):
    return drawn(times_s, rightly_late(single, hedged, fan_out, needed), factor=1.0)
