"""What students really write in module 3's worked example."""

from __future__ import annotations

import numpy as np
from scipy import special

from graders.checks import mistake

# --- replications -----------------------------------------------------------------------------------------------------

INTERVAL, ENOUGH, CONFIDENCE, NONE = "the interval", "runs that are enough", "another confidence", "no interval"


def interval(run_means, wanted, confidence=0.95, *, ddof=1, quantile=None, floor=True, refuse=True, root=np.sqrt):
    """The right interval, but for what is given."""
    means = np.asarray(run_means, dtype=float)
    if refuse and (means.size < 2 or not wanted > 0 or not 0 < confidence < 1):
        raise ValueError("no interval")
    share, spread = (1 + confidence) / 2, means.std(ddof=ddof)
    student = quantile or (lambda runs, share: special.stdtrit(runs - 1, share))
    runs = means.size if floor else 2
    while student(runs, share) * spread / root(runs) > wanted and runs < 10**6:
        runs += 1
    half = student(means.size, share) * spread / root(means.size)
    return {"mean": float(means.mean()), "half_width": float(half), "runs": runs}


@mistake(
    "m03_replication_interval",
    misconception="1.96 for all",
    loses=[INTERVAL, ENOUGH, CONFIDENCE],
    hint="You took the normal quantile. With a handful of runs the deviation itself is uncertain: Student's is larger.",
)
def normal_for_all(run_means, wanted, confidence=0.95):
    return interval(run_means, wanted, confidence, quantile=lambda runs, share: special.ndtri(share))


@mistake(
    "m03_replication_interval",
    misconception="a degree of freedom too many",
    loses=[INTERVAL, ENOUGH, CONFIDENCE],
    mostly=0.15,
    hint="R runs leave R - 1 degrees of freedom: one went into the mean.",
)
def a_degree_too_many(run_means, wanted, confidence=0.95):
    return interval(run_means, wanted, confidence, quantile=lambda runs, share: special.stdtrit(runs, share))


@mistake(
    "m03_replication_interval",
    misconception="divide by R",
    loses=[INTERVAL, ENOUGH, CONFIDENCE],
    hint="Your standard deviation divides by R. The means are a sample: divide by R - 1.",
)
def divided_by_r(run_means, wanted, confidence=0.95):
    return interval(run_means, wanted, confidence, ddof=0)


@mistake(
    "m03_replication_interval",
    misconception="one-sided",
    loses=[INTERVAL, ENOUGH, CONFIDENCE],
    hint="You left all of the rest on one side. Half of it lies above the interval, half below.",
)
def one_sided(run_means, wanted, confidence=0.95):
    return interval(
        run_means, wanted, confidence, quantile=lambda runs, share: special.stdtrit(runs - 1, 2 * share - 1)
    )


@mistake(
    "m03_replication_interval",
    misconception="the quantile stays",
    loses=[ENOUGH, CONFIDENCE],
    hint="You solved for the number of runs with the quantile of the runs made. With more runs it is smaller: search.",
)
def the_quantile_stays(run_means, wanted, confidence=0.95):
    right = interval(run_means, wanted, confidence)
    made = len(run_means)
    needed = (right["half_width"] / wanted) ** 2 * made
    return right | {"runs": max(made, int(np.ceil(needed)))}


@mistake(
    "m03_replication_interval",
    misconception="runs can be given back",
    loses=[ENOUGH],
    hint="You need fewer runs than were made. They were made: the number never falls below it.",
)
def runs_given_back(run_means, wanted, confidence=0.95):
    return interval(run_means, wanted, confidence, floor=False)


@mistake(
    "m03_replication_interval",
    misconception="always 95 percent",
    loses=[CONFIDENCE],
    hint="Your interval is as wide for 80 % as it is for 99 %. Which argument did you not use?",
)
def always_95(run_means, wanted, confidence=0.95):
    interval(run_means, wanted, confidence)
    return interval(run_means, wanted)


@mistake(
    "m03_replication_interval",
    misconception="one run is an interval",
    loses=[NONE],
    hint="One run, or a confidence of 95, gives numbers in yours. Refuse them.",
)
def one_run_is_enough(run_means, wanted, confidence=0.95):
    try:
        return interval(run_means, wanted, confidence)
    except ValueError:
        return {"mean": float(np.sum(run_means)), "half_width": 0.0, "runs": len(run_means)}


# --- warm-up ----------------------------------------------------------------------------------------------------------

DROPPED, LEFT, OTHERS, SETTLED, NO_RUN = (
    "how many are dropped",
    "the mean that is left",
    "other batches",
    "has it settled",
    "no run",
)


def truncated(series, batch=5, *, power=2, most=lambda whole: whole // 2, refuse=True, last=False):
    """The right rule, but for what is given."""
    values = np.asarray(series, dtype=float)
    if refuse and (batch < 1 or values.size < 4 * batch):
        raise ValueError("no run")
    whole = values.size // batch
    means = values[: whole * batch].reshape(whole, batch).mean(axis=1)
    errors = [np.sum((means[d:] - means[d:].mean()) ** 2) / (whole - d) ** power for d in range(most(whole) + 1)]
    best = int(np.argmin(errors)) if not last else len(errors) - 1 - int(np.argmin(errors[::-1]))
    return {"dropped": best * batch, "mean": float(means[best:].mean()), "settled": best < whole // 2}, means, values


@mistake(
    "m03_mser_truncation",
    misconception="batches are dropped",
    loses=[DROPPED, OTHERS],
    mostly=0.6,
    hint="You give the number of batches. Asked for are observations: five for each batch.",
)
def batches_are_dropped(series, batch=5):
    found, *_ = truncated(series, batch)
    return found | {"dropped": found["dropped"] // batch}


@mistake(
    "m03_mser_truncation",
    misconception="the variance of the rest",
    loses=[DROPPED, LEFT, OTHERS, SETTLED],
    mostly=0.15,
    hint="You minimise the variance of the rest, dividing by m - d once. That likes short rests: divide by its square.",
)
def variance_of_the_rest(series, batch=5):
    return truncated(series, batch, power=1)[0]


@mistake(
    "m03_mser_truncation",
    misconception="the whole run may be dropped",
    loses=[SETTLED],
    mostly=0.5,
    hint="Your search goes on to the end of the run. Beyond the middle too little is left to judge by.",
)
def up_to_the_end(series, batch=5):
    right, *_ = truncated(series, batch)
    if right["settled"]:
        return right
    return right | {"settled": True}


@mistake(
    "m03_mser_truncation",
    misconception="mser without batches",
    loses=[DROPPED, LEFT, OTHERS],
    mostly=0.5,
    hint="You look at single observations, not at means of batches. Their noise hides the transient.",
)
def without_batches(series, batch=5):
    right, *_ = truncated(series, batch)
    plain, *_ = truncated(series[: len(series) // batch * batch], 1)
    return plain | {"settled": right["settled"]}


@mistake(
    "m03_mser_truncation",
    misconception="the mean of all",
    loses=[LEFT, OTHERS],
    hint="Your mean is that of the whole run. The beginning was dropped to keep it out.",
)
def mean_of_all(series, batch=5):
    found, means, _ = truncated(series, batch)
    return found | {"mean": float(means.mean())}


@mistake(
    "m03_mser_truncation",
    misconception="half is enough",
    loses=[SETTLED],
    mostly=0.5,
    hint="Half of the run was dropped, and you call it settled. The search ended there, and not the transient.",
)
def half_is_enough(series, batch=5):
    found, means, _ = truncated(series, batch)
    return found | {"settled": found["dropped"] <= len(means) * batch // 4}


@mistake(
    "m03_mser_truncation",
    misconception="any run will do",
    loses=[NO_RUN],
    hint="Three batches are no run to judge. Refuse fewer than four.",
)
def any_run(series, batch=5):
    try:
        return truncated(series, batch)[0]
    except ValueError:
        return {"dropped": 0, "mean": float(np.mean(series)), "settled": False}


# --- the figure -------------------------------------------------------------------------------------------------------

AVERAGE, STEADY, CUT, NO_CUT, AXES, VIEW = (
    "the runs and their average",
    "the steady state",
    "the cut",
    "no cut",
    "axes",
    "in view",
)


def drawn(runs_s, window, expected_s, smooth=None, steady=None, mark=None, always=False, scale="linear", high=None):
    """The right figure, but for what is given."""
    mean = np.asarray(runs_s, dtype=float).mean(axis=0)
    sides = [min(place, window) for place in range(mean.size - window)]
    smoothed = (
        np.array([mean[p - s : p + s + 1].mean() for p, s in enumerate(sides)]) if smooth is None else smooth(mean)
    )
    cut, *_ = truncated(mean)
    level = expected_s if steady is None else steady(mean)
    lines = {"mean of the runs": mean, "moving average": smoothed, "steady state": np.full(mean.size, level)}
    settled = cut["settled"] or always
    dropped, left = (cut["dropped"], cut["mean"]) if mark is None else mark(cut, mean)
    return {
        "title": "Warm-up",
        "x": {"label": "job [1]", "scale": "linear", "limits": [0, mean.size - 1]},
        "y": {
            "label": "wait [s]",
            "scale": scale,
            "limits": [0, max(mean.max(), expected_s) if high is None else high],
        },
        "series": [
            {"label": label, "kind": "line", "x": list(range(len(y))), "y": y.tolist()} for label, y in lines.items()
        ],
        "marks": [{"label": "MSER-5", "x": dropped, "y": left}] if settled else [],
        "left_out": [] if settled else ["MSER-5"],
    }


@mistake(
    "m03_warm_up_figure",
    misconception="one run is the mean",
    loses=[AVERAGE, CUT],
    hint="You drew the first run. Average all of them, job by job, before you smooth or cut.",
)
def one_run(runs_s, window, expected_s):
    return drawn(np.asarray(runs_s, float)[:1], window, expected_s) | {
        "y": {"label": "wait [s]", "scale": "linear", "limits": [-1000, 1000]}
    }


@mistake(
    "m03_warm_up_figure",
    misconception="a window that looks back",
    loses=[AVERAGE],
    hint="Your moving average looks back only, so that the curve comes late. The window is centred.",
)
def looks_back(runs_s, window, expected_s):
    def smooth(mean):
        return np.array([mean[max(0, place - window) : place + 1].mean() for place in range(mean.size - window)])

    return drawn(runs_s, window, expected_s, smooth=smooth)


@mistake(
    "m03_warm_up_figure",
    misconception="what is measured is steady",
    loses=[STEADY],
    hint="Your level line is the mean of the runs. It was to show what the runs should come to.",
)
def measured_is_steady(runs_s, window, expected_s):
    return drawn(runs_s, window, expected_s, steady=np.mean)


@mistake(
    "m03_warm_up_figure",
    misconception="the mark lies on the curve",
    loses=[CUT],
    hint="Your mark lies on the curve. Its height is the mean of what is left.",
)
def on_the_curve(runs_s, window, expected_s):
    return drawn(runs_s, window, expected_s, mark=lambda cut, mean: (cut["dropped"], float(mean[cut["dropped"]])))


@mistake(
    "m03_warm_up_figure",
    misconception="there is always a cut",
    loses=[NO_CUT],
    hint="The runs have not settled, and you mark a cut all the same. Name it as left out.",
)
def always_a_cut(runs_s, window, expected_s):
    return drawn(runs_s, window, expected_s, always=True)


@mistake(
    "m03_warm_up_figure",
    misconception="waits are drawn on a log axis",
    loses=[AXES, VIEW],
    hint="A logarithmic axis hides where a curve becomes level, and has no zero.",
)
def log_axis(runs_s, window, expected_s):
    return drawn(runs_s, window, expected_s, scale="log")


@mistake(
    "m03_warm_up_figure",
    misconception="the axis ends at the expectation",
    loses=[VIEW],
    hint="Your axis ends below some of the points.",
)
def ends_too_low(runs_s, window, expected_s):
    return drawn(runs_s, window, expected_s, high=0.5 * expected_s)
