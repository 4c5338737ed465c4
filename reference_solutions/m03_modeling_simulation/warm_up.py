r"""The warm-up of a run: how much of its beginning tells of the beginning.

Question
    A simulated queue begins empty, the real one never was. From where on is a run worth averaging?
Model
    .. math:: d^{*} = \arg\min_{0 \le d \le \lfloor m / 2 \rfloor} \frac{1}{(m - d)^2}
        \sum_{j > d} \bigl(y_j - \bar y_{m, d}\bigr)^2

    MSER: of :math:`m` values :math:`y_j` drop the first :math:`d` so that the squared standard error of the rest, as if
    they were independent, is least. MSER-5 does so with means of five neighbouring observations. A minimum at the upper
    end of the search says that the run is too short to tell. Welch's way is for the eye: average many runs, observation
    by observation, smooth with a window that is centred and shrinks at the beginning, and look where it is level.
Assumes
    One transient, at the beginning; the run is long against it.
Breaks when
    The run has trends or cycles of its own, or a rare state (a long queue) that happens to fall at its end.
Source
    White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69(6), 1997 (MSER; a
    minimum beyond the middle is not accepted); MSER-5 goes back to Spratt, M.S. thesis, University of Virginia, 1998,
    as White, Cobb and Spratt (2000) report; Welch's graphical procedure as in Law, *Simulation Modeling and Analysis*.
Oracle
    A planted transient; the sum written out for every candidate; convolution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["mser_truncation", "welch_average"]


def mser_truncation(series: ArrayLike, batch: int = 5) -> dict[str, float]:
    """How many observations MSER drops, and the mean of the rest.

    Parameters
    ----------
    series : (n,) array_like
        Observations in the order of the run, in any unit; those that fill no batch are left off the end.
    batch : int
        Observations that are averaged first; 5 for MSER-5. [1]

    Returns
    -------
    dict of str to float
        `dropped`, observations at the beginning [1]; `mean` of all other batches, in the unit of the series; `settled`,
        whether fewer batches are dropped than the search allows: else the run is too short.

    Raises
    ------
    ValueError
        If a batch has no observation, or there are fewer than four whole batches.

    Examples
    --------
    >>> mser_truncation([9.0, 5.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0], batch=1)
    {'dropped': 2, 'mean': 1.5, 'settled': True}
    """
    values = np.asarray(series, dtype=float)
    if batch < 1 or values.size < 4 * batch:
        raise ValueError("a batch has an observation at least, and four batches are the least")
    whole = values.size // batch
    means = values[: whole * batch].reshape(whole, batch).mean(axis=1)
    most = whole // 2
    error = [np.sum((means[d:] - means[d:].mean()) ** 2) / (whole - d) ** 2 for d in range(most + 1)]
    best = int(np.argmin(error))
    return {"dropped": best * batch, "mean": float(means[best:].mean()), "settled": best < most}


def welch_average(runs: ArrayLike, window: int) -> Array:
    """Mean of many runs, observation by observation, smoothed by Welch's moving average.

    Parameters
    ----------
    runs : (R, n) array_like
        A row for each run, in any unit.
    window : int
        Observations on either side; at the beginning as many as there are on the shorter side. [1]

    Returns
    -------
    (n - window,) ndarray
        The smoothed mean, in the unit of the runs.

    Raises
    ------
    ValueError
        If the window is negative, or both its sides do not fit into a run.

    Examples
    --------
    >>> welch_average([[0, 3, 6, 9, 6], [0, 5, 6, 9, 6]], window=1)
    array([0.        , 3.33333333, 6.33333333, 7.        ])
    """
    mean = np.atleast_2d(np.asarray(runs, dtype=float)).mean(axis=0)
    if not 0 <= 2 * window < mean.size:
        raise ValueError("a window is not negative, and both its sides fit into a run")
    sides = [min(place, window) for place in range(mean.size - window)]
    return np.array([mean[place - side : place + side + 1].mean() for place, side in enumerate(sides)])
