r"""How far a model is from measurements: error, bias, and how sure one is of the bias.

Question
    A model predicted, a machine was measured. How large are the errors, do they lean to one side, and might the lean be
    chance?
Model
    .. math:: \mathrm{MAPE} = \frac{1}{n} \sum_i \left| \frac{\hat y_i - y_i}{y_i} \right|, \qquad
        \mathrm{MPE} = \frac{1}{n} \sum_i \frac{\hat y_i - y_i}{y_i}, \qquad
        \bar x \pm t_{n-1,\,(1+\gamma)/2} \frac{s}{\sqrt{n}}

    .. math:: \mathrm{sMAPE} = \frac{1}{n} \sum_i \frac{2\,|\hat y_i - y_i|}{|\hat y_i| + |y_i|}, \quad
        \mathrm{WAPE} = \frac{\sum_i |\hat y_i - y_i|}{\sum_i |y_i|}, \quad
        \mathrm{RMSE}^2 = \frac{1}{n} \sum_i (\hat y_i - y_i)^2, \quad
        R^2 = 1 - \frac{\sum_i (\hat y_i - y_i)^2}{\sum_i (y_i - \bar y)^2}

    Errors are relative to what was measured, :math:`y`. A positive bias means that the model promises too much time.
    The interval is Student's, of the mean of the relative errors. A geometric mean of :math:`\hat y / y` weighs twice
    as much and half as much alike.
Assumes
    Points are independent, none is zero, and their errors are near enough to normal.
Breaks when
    Points repeat one another, or there are few of them: MAPE is then luck, and an interval of two points is endless.
Source
    Hyndman, Koehler, "Another look at measures of forecast accuracy", International Journal of Forecasting 22(4), 2006,
    pp. 679-688; Student, "The probable error of a mean", Biometrika 6(1), 1908.
Oracle
    `scipy.stats.t.interval` and `scipy.stats.gmean`; recorded errors; errors by hand; identities of the summaries; how
    often the interval of drawn errors holds the true mean.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["model_errors", "relative_errors"]


def model_errors(predicted: ArrayLike, measured: ArrayLike) -> dict[str, float]:
    """Eight summaries of a model's errors.

    Parameters
    ----------
    predicted, measured : (n,) array_like
        What the model says and what was measured, in one unit.

    Returns
    -------
    dict of str to float
        `mape`, `smape`, `wape`, `mpe`, `worst` (the largest relative error, without its sign), `r2` (NaN if the
        measurements are all equal), `ratio`, the geometric mean of predicted over measured [1]; `rmse`, in the unit of
        the arguments.

    Raises
    ------
    ValueError
        If there are fewer than two points, they do not pair up, or a value is not positive.

    Examples
    --------
    >>> found = model_errors([110.0, 95.0, 100.0], [100.0, 100.0, 100.0])
    >>> round(found["mape"], 4), round(found["mpe"], 4), round(found["rmse"], 4)
    (0.05, 0.0167, 6.455)
    """
    model, machine = np.asarray(predicted, dtype=float), np.asarray(measured, dtype=float)
    if model.shape != machine.shape or model.size < 2 or not (np.all(model > 0) and np.all(machine > 0)):
        raise ValueError("there must be two points or more, in pairs, and all positive")
    errors = model - machine
    spread = np.sum((machine - machine.mean()) ** 2)
    return {
        "mape": float(np.mean(np.abs(errors) / machine)),
        "smape": float(np.mean(2 * np.abs(errors) / (model + machine))),
        "wape": float(np.sum(np.abs(errors)) / np.sum(machine)),
        "mpe": float(np.mean(errors / machine)),
        "worst": float(np.max(np.abs(errors) / machine)),
        "r2": float(1 - np.sum(errors**2) / spread) if np.any(machine != machine[0]) else np.nan,
        "ratio": float(np.exp(np.mean(np.log(model / machine)))),
        "rmse": float(np.sqrt(np.mean(errors**2))),
    }


def relative_errors(predicted: ArrayLike, measured: ArrayLike, confidence: float = 0.95) -> dict[str, float]:
    """Error, bias, and the bias's interval.

    Parameters
    ----------
    predicted, measured : (n,) array_like
        What the model says and what was measured, in one unit.
    confidence : float
        Of the interval, between 0 and 1. [1]

    Returns
    -------
    dict of str to float
        `mape`, `bias`, `bias_low`, `bias_high`, as shares; `points`. [1]

    Raises
    ------
    ValueError
        If there are fewer than two points, they do not pair up, or a measured one is zero.

    Examples
    --------
    >>> found = relative_errors([110.0, 95.0, 100.0], [100.0, 100.0, 100.0])
    >>> round(found["mape"], 4), round(found["bias"], 4)
    (0.05, 0.0167)
    """
    model, machine = np.asarray(predicted, dtype=float), np.asarray(measured, dtype=float)
    if model.shape != machine.shape or model.size < 2 or np.any(machine == 0):
        raise ValueError("there must be two points or more, in pairs, and none of the measured ones zero")
    errors = (model - machine) / machine
    half = special.stdtrit(errors.size - 1, (1 + confidence) / 2) * errors.std(ddof=1) / np.sqrt(errors.size)
    return {
        "mape": float(np.abs(errors).mean()),
        "bias": float(errors.mean()),
        "bias_low": float(errors.mean() - half),
        "bias_high": float(errors.mean() + half),
        "points": float(errors.size),
    }
