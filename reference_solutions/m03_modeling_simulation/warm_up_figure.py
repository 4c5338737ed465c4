r"""The warm-up in one picture: many runs averaged, smoothed, and the place where MSER cuts.

Question
    A rule says to drop 400 customers. Does the eye agree?
Model
    The mean over the runs, customer by customer, and Welch's moving average of it; as a mark the truncation point that
    MSER finds in the mean over the runs, at the height of the mean that is left. A closed form, if there is one, is a
    level line.
Assumes
    Runs of equal length that all begin in the same state.
Breaks when
    There are few runs: the mean is then as rough as a run, and the eye sees what it likes.
Source
    Welch's procedure and MSER as in `welch_average` and `mser_truncation`.
Oracle
    Their own oracles; every point by hand for short runs; a planted transient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.m03_modeling_simulation.warm_up import mser_truncation, welch_average

__all__ = ["warm_up_figure"]


def warm_up_figure(runs_s: ArrayLike, window: int, expected_s: float) -> dict[str, Any]:
    """Waits at the beginning of runs, as plain data.

    Parameters
    ----------
    runs_s : (R, n) array_like
        Wait of each customer, a row for each run. [s]
    window : int
        Of Welch's moving average, on either side. [1]
    expected_s : float
        Mean wait in the steady state. [s]

    Returns
    -------
    dict of str to object
        `title`; `x` and `y` with `label`, `scale` and `limits`; `series`: "mean of the runs", "moving average" and
        "steady state"; `marks`: one, "MSER-5", where the mean of the runs is cut, at the mean that is left; `left_out`:
        a list with "MSER-5" if the runs are too short for it (then there is no mark), else empty.

    Examples
    --------
    >>> plain = warm_up_figure(np.minimum(np.arange(60), 10) * np.ones((2, 1)), window=1, expected_s=10.0)
    >>> plain["marks"], [one["label"] for one in plain["series"]]
    ([{'label': 'MSER-5', 'x': 10, 'y': 10.0}], ['mean of the runs', 'moving average', 'steady state'])
    """
    mean = np.asarray(runs_s, dtype=float).mean(axis=0)
    smooth = welch_average(mean, window)
    cut = mser_truncation(mean)
    places = np.arange(mean.size)
    lines = {
        "mean of the runs": (places, mean),
        "moving average": (places[: smooth.size], smooth),
        "steady state": (places[[0, -1]], np.full(2, expected_s)),
    }
    return {
        "title": "Where does the warm-up end?",
        "x": {"label": "customer [1]", "scale": "linear", "limits": [int(np.min(places)), int(np.max(places))]},
        "y": {"label": "wait [s]", "scale": "linear", "limits": [0, max(float(np.max(mean)), expected_s)]},
        "series": [
            {"label": label, "kind": "line", "x": x.tolist(), "y": y.tolist()} for label, (x, y) in lines.items()
        ],
        "marks": [{"label": "MSER-5", "x": cut["dropped"], "y": cut["mean"]}] if cut["settled"] else [],
        "left_out": [] if cut["settled"] else ["MSER-5"],
    }
