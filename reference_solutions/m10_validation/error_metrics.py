r"""How far a model is from measurements: error, bias, and how sure one is of the bias.

Question
    A model predicted, a machine was measured. How large are the errors, do they lean to one side, and might the lean be
    chance?
Model
    .. math:: \mathrm{MAPE} = \frac{1}{n} \sum_i \left| \frac{\hat y_i - y_i}{y_i} \right|, \qquad
        \mathrm{MPE} = \frac{1}{n} \sum_i \frac{\hat y_i - y_i}{y_i}, \qquad
        \bar x \pm t_{n-1,\,(1+\gamma)/2} \frac{s}{\sqrt{n}}

    Errors are relative to what was measured, :math:`y`. A positive bias means that the model promises too much time.
    The interval is Student's, of the mean of the relative errors.
Assumes
    Points are independent, none is zero, and their errors are near enough to normal.
Breaks when
    Points repeat one another, or there are few of them: MAPE is then luck, and an interval of two points is endless.
Source
    Hyndman, Koehler, "Another look at measures of forecast accuracy", International Journal of Forecasting 22(4), 2006,
    pp. 679-688; Student, "The probable error of a mean", Biometrika 6(1), 1908.
Oracle
    `scipy.stats.t.interval`; errors by hand; how often the interval of drawn errors holds the true mean.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["relative_errors"]


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
