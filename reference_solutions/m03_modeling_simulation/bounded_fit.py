r"""Calibration: costs of a model fitted to a machine, within bounds, and tried on what they were not fitted to.

Question
    A model says how often things happen; what each costs is to be learned from a machine. What are the costs, and will
    they hold for the next program?
Model
    .. math:: \hat\theta = \arg\min_{\theta \in [l, u]} \sum_{i \in \text{train}}
        \left( \frac{(X \theta)_i - h_i}{h_i} \right)^2

    Row :math:`i` of :math:`X` counts the events of a run, :math:`h_i` is its measured time. Relative errors make short
    runs count as much as long ones; bounds keep a cost from becoming negative, or larger than physics allows. The
    condition number of :math:`X_{ij} / h_i` (training rows, columns scaled to length 1) says whether costs can be told
    apart at all: beyond a few hundred two events always come together, and only their sum is known.
Assumes
    The model's form is right; runs that are held out were not looked at, not even to choose the model.
Breaks when
    Held-out runs are copies of training runs, or the fit leans on a bound: then a term is missing.
Source
    Bounded linear least squares as in `scipy.optimize.lsq_linear` (Stark, Parker, "Bounded-variable least-squares: an
    algorithm and applications", Computational Statistics 10, 1995); holding out as in any textbook of statistics.
Oracle
    Planted costs; `scipy.optimize.least_squares`; every subset of costs at its bounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

__all__ = ["calibrated_costs"]


def calibrated_costs(
    counts: ArrayLike, measured_s: ArrayLike, low_s: ArrayLike, high_s: ArrayLike, held_out: ArrayLike
) -> dict[str, Any]:
    """Costs of events, fitted with relative errors and bounds, and how well they fit.

    Parameters
    ----------
    counts : (n, k) array_like
        How often each event happened in each run. [1]
    measured_s : (n,) array_like
        Measured time of each run. [s]
    low_s, high_s : (k,) array_like
        Bounds of each cost. [s]
    held_out : (n,) array_like of bool
        Runs that are not fitted to.

    Returns
    -------
    dict of str to object
        `cost_s`, (k,) ndarray [s]; `train_error` and `test_error`, mean absolute relative errors [1]; `condition`, of
        the training rows over their measured times, columns scaled to length 1 [1].

    Raises
    ------
    ValueError
        If a measured time is not positive, no run is held out, or fewer are fitted to than there are costs.

    Examples
    --------
    >>> found = calibrated_costs([[1, 0], [1, 1], [2, 1], [1, 3]], [2, 5, 7, 11], [0, 0], [9, 9], [False] * 3 + [True])
    >>> found["cost_s"].round(6).tolist(), round(found["test_error"], 6)
    ([2.0, 3.0], 0.0)
    """
    events, measured = np.asarray(counts, dtype=float), np.asarray(measured_s, dtype=float)
    test = np.asarray(held_out, dtype=bool)
    if not np.all(measured > 0) or not np.any(test) or np.sum(~test) < events.shape[1]:
        raise ValueError("measured times are positive, and runs are there to fit to and to try on")
    relative = events / measured[:, None]
    train = relative[~test]
    lengths = np.linalg.norm(train, axis=0)
    low, high = np.asarray(low_s, dtype=float), np.asarray(high_s, dtype=float)
    # costs differ by orders of magnitude: scaled columns let one tolerance serve all
    scaled = optimize.lsq_linear(train / lengths, np.ones(len(train)), (low * lengths, high * lengths), tol=1e-12)
    cost_s = scaled.x / lengths
    error = np.abs(relative @ cost_s - 1)
    return {
        "cost_s": cost_s,
        "train_error": float(np.mean(error[~test])),
        "test_error": float(np.mean(error[test])),
        "condition": float(np.linalg.cond(train / lengths)),
    }
