r"""Calibrating a counter: kernels whose counts are known, and a straight line.

Question
    A counter is to be trusted with a program nobody knows. What does it say of programs that everybody knows?
Model
    .. math:: c = a + g\,n + \varepsilon, \qquad
        \hat{g} = \frac{\sum (n - \bar n)(c - \bar c)}{\sum (n - \bar n)^2}, \qquad
        \hat{a} = \bar c - \hat{g}\,\bar n

    Micro-kernels execute known numbers :math:`n` of events; the counter says :math:`c`. The offset :math:`a` is what
    starting, stopping and reading it costs, the gain :math:`g` what it makes of one event; each has an interval from
    Student's t with :math:`K - 2` degrees of freedom. A counter whose residuals are large counts something else.
Assumes
    Disturbances (interrupts, reading) do not depend on the size of the kernel, and are about equally large.
Breaks when
    Events happen more often the longer a kernel runs, as interrupts do: they look like gain, so count in user mode and
    keep kernels short; or the counter overflows inside the range, which a line through few sizes hides.
Source
    Weaver, Terpstra, Moore, "Non-determinism and overcount on modern hardware performance counter implementations",
    ISPASS 2013, pp. 215-224, and Zaparanuks, Jovic, Hauswirth, "Accuracy of performance counter measurements", 2009,
    for offsets and overcounts; the fit of gain and offset is ours (ordinary least squares).
Oracle
    Planted gains and offsets come back exactly without noise, inside their intervals in 95 of 100 with it; scipy's
    linregress and numpy's lstsq agree.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from reference_solutions.units import Array

__all__ = ["calibrate_counter", "calibration_verdict", "corrected_counts"]


def calibrate_counter(known: ArrayLike, counted: ArrayLike, confidence: float = 0.95) -> dict[str, Array]:
    """Gain and offset of counters, with intervals; the last axis holds the measurements.

    Parameters
    ----------
    known : (K,) array_like
        Events that each measured kernel executes; sizes may repeat. [1]
    counted : (..., K) array_like
        What each counter said. [1]
    confidence : float
        Probability that an interval holds the true value, if noise is normal. [1]

    Returns
    -------
    dict of str to (...) ndarray
        `gain`, `gain_low`, `gain_high`, `offset`, `offset_low`, `offset_high`, and `misfit`: the standard deviation
        of the residuals over the range that the fitted line covers; infinite where the line is flat. [1]

    Raises
    ------
    ValueError
        If there are fewer than three measurements or fewer than two sizes, or the confidence is not between 0 and 1.

    Examples
    --------
    A counter that counts a twentieth too much and starts at 30:

    >>> fit = calibrate_counter([100, 1000, 10_000], [135, 1080, 10_530])
    >>> round(float(fit["gain"]), 9), round(float(fit["offset"]), 6)
    (1.05, 30.0)
    """
    n, c = np.asarray(known, dtype=float), np.asarray(counted, dtype=float)
    if n.ndim != 1 or n.size < 3 or np.all(n == n[0]) or c.shape[-1:] != n.shape or not 0 < confidence < 1:
        raise ValueError("a line needs three measurements of two sizes, and a confidence between 0 and 1")
    spread = n - n.mean()
    square = np.sum(spread**2)
    gain = np.sum(spread * c, axis=-1) / square
    offset = c.mean(axis=-1) - gain * n.mean()
    residuals = c - offset[..., np.newaxis] - gain[..., np.newaxis] * n
    deviation = np.sqrt(np.sum(residuals**2, axis=-1) / (n.size - 2))
    t = float(stdtrit(n.size - 2, (1 + confidence) / 2))
    gain_error = t * deviation / np.sqrt(square)
    offset_error = t * deviation * np.sqrt(1 / n.size + n.mean() ** 2 / square)
    covered = np.abs(gain) * (n.max() - n.min())
    return {
        "gain": gain,
        "gain_low": gain - gain_error,
        "gain_high": gain + gain_error,
        "offset": offset,
        "offset_low": offset - offset_error,
        "offset_high": offset + offset_error,
        "misfit": np.where(covered > 0, deviation / np.where(covered > 0, covered, 1), np.inf),
    }


def calibration_verdict(calibration: Mapping[str, ArrayLike], tolerance: float = 0.01) -> NDArray[np.str_]:
    """What each calibrated counter is good for.

    Parameters
    ----------
    calibration : mapping of str to (...) array_like
        What `calibrate_counter` found. [1]
    tolerance : float
        Relative error that is allowed. [1]

    Returns
    -------
    (...) ndarray of str
        `broken` if no line of positive gain fits within the tolerance; else `exact` if the gain is one within the
        tolerance and the offset's interval holds zero; else `correctable`.

    Raises
    ------
    ValueError
        If the tolerance is not positive.

    Examples
    --------
    Of three counters one is right, one counts double, one is stuck:

    >>> counts = [[100, 200, 300, 401], [200, 400, 601, 800], [7, 7, 7, 7]]
    >>> calibration_verdict(calibrate_counter([100, 200, 300, 400], counts)).tolist()
    ['exact', 'correctable', 'broken']
    """
    if not tolerance > 0:
        raise ValueError("tolerance must be positive")
    fit = {name: np.asarray(value, dtype=float) for name, value in calibration.items()}
    fits = (fit["gain_low"] > 0) & (fit["misfit"] <= tolerance)
    exact = (np.abs(fit["gain"] - 1) <= tolerance) & (fit["offset_low"] <= 0) & (fit["offset_high"] >= 0)
    return np.asarray(np.where(fits, np.where(exact, "exact", "correctable"), "broken"))


def corrected_counts(counted: ArrayLike, gain: ArrayLike, offset: ArrayLike) -> Array:
    """Events that happened, from what a calibrated counter said; the arguments broadcast.

    Parameters
    ----------
    counted : (...) array_like
        What the counter said. [1]
    gain, offset : (...) array_like
        Its calibration. [1]

    Returns
    -------
    (...) ndarray
        Events; slightly negative where a small count lies below the offset. [1]

    Raises
    ------
    ValueError
        If a gain is not positive.

    Examples
    --------
    >>> corrected_counts([130, 1030], gain=1.0, offset=30)
    array([ 100., 1000.])
    """
    slope = np.asarray(gain, dtype=float)
    if not np.all(slope > 0):
        raise ValueError("a counter whose gain is not positive cannot be corrected")
    return np.asarray((np.asarray(counted, dtype=float) - np.asarray(offset)) / slope)
