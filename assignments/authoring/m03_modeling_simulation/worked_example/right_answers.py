"""Right answers of module 3's worked example by other ways, written from the released notebook alone."""

from __future__ import annotations

import math
import statistics

from scipy import stats

from graders.checks import answer


@answer("m03_replication_interval", by="scipy.stats and a search by halves")
def interval_by_halves(run_means, wanted, confidence=0.95):
    means = [float(mean) for mean in run_means]
    if len(means) < 2 or wanted <= 0 or not 0 < confidence < 1:
        raise ValueError("no interval")
    spread = statistics.stdev(means)

    def half_width(runs):
        return float(stats.t.ppf(0.5 + confidence / 2, runs - 1)) * spread / math.sqrt(runs)

    low, high = len(means) - 1, len(means)
    while half_width(high) > wanted:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if middle >= len(means) and half_width(middle) <= wanted else (middle, high)
    return {"mean": statistics.fmean(means), "half_width": half_width(len(means)), "runs": high}


def dropped_batches(means):
    """The number of batches that MSER drops, from sums that grow from the end."""
    best, total, squares = None, 0.0, 0.0
    for dropped in range(len(means) - 1, -1, -1):
        away = means[dropped] - means[-1]  # about a value of the series: no digits are lost
        total, squares, left = total + away, squares + away * away, len(means) - dropped
        error = max(squares - total * total / left, 0.0) / left**2
        if dropped <= len(means) // 2 and (best is None or error <= best[0] + 1e-15):
            best = (error, dropped)
    return best[1]


@answer("m03_mser_truncation", by="sums that grow from the end")
def truncation_from_the_end(series, batch=5):
    if batch < 1 or len(series) < 4 * batch:
        raise ValueError("no run")
    means = [statistics.fmean(series[place : place + batch]) for place in range(0, len(series) - batch + 1, batch)]
    dropped = dropped_batches(means)
    return {
        "dropped": dropped * batch,
        "mean": statistics.fmean(means[dropped:]),
        "settled": dropped != len(means) // 2,
    }


@answer("m03_warm_up_figure", by="job by job")
def figure_job_by_job(runs_s, window, expected_s):
    jobs = len(runs_s[0])
    mean = [statistics.fmean(float(run[job]) for run in runs_s) for job in range(jobs)]
    smooth = []
    for job in range(jobs - window):
        side = job if job < window else window
        smooth.append(sum(mean[job - side : job + side + 1]) / (2 * side + 1))
    cut = truncation_from_the_end(mean)
    plain = {
        "title": "Waits after a start from empty",
        "x": {"label": "number of the job [1]", "scale": "linear", "limits": [0, jobs - 1]},
        "y": {"label": "mean wait [s]", "scale": "linear", "limits": [0, max([expected_s, *mean])]},
        "series": [
            {"label": "mean of the runs", "kind": "line", "x": list(range(jobs)), "y": mean},
            {"label": "moving average", "kind": "line", "x": list(range(len(smooth))), "y": smooth},
            {"label": "steady state", "kind": "line", "x": [0, jobs - 1], "y": [expected_s, expected_s]},
        ],
        "marks": [],
        "left_out": ["MSER-5"],
    }
    if cut["settled"]:
        plain |= {"marks": [{"label": "MSER-5", "x": cut["dropped"], "y": cut["mean"]}], "left_out": []}
    return plain
