r"""Calibrating a counter: kernels whose counts are known, and a straight line.

Question
    A counter is to be trusted with a program nobody knows. What does it say of programs that everybody knows?
Model
    .. math:: \tilde c_k = \operatorname*{median}_r c_{kr} = a + g\,n_k + \varepsilon_k, \qquad
        \hat{g} = \frac{\sum_k (n_k - \bar n)(\tilde c_k - \bar c)}{\sum_k (n_k - \bar n)^2}, \qquad
        \hat{a} = \bar c - \hat{g}\,\bar n

    Micro-kernels execute known numbers :math:`n_k` of events, each of them several times; the counter says
    :math:`c_{kr}`. A run that an interrupt met counts too much, so the median speaks for the runs of a size. The
    offset :math:`a` is what starting, stopping and reading costs, the gain :math:`g` what the counter makes of one
    event; :math:`\bar c` is the mean of the medians. A counter that is far from its own line counts something else.
    Without repetitions the gain and the offset have intervals from Student's t with :math:`K - 2` degrees of freedom.
Assumes
    Fewer than half of the runs of a size are disturbed, and disturbances do not depend on the size.
Breaks when
    Events happen more often the longer a kernel runs, as interrupts do: they look like gain, so count in user mode and
    keep kernels short; or the counter overflows inside the range, which a line through few sizes hides.
Source
    Weaver, Terpstra, Moore, "Non-determinism and overcount on modern hardware performance counter implementations",
    ISPASS 2013, pp. 215-224, and Zaparanuks, Jovic, Hauswirth, "Accuracy of performance counter measurements", 2009,
    for offsets and overcounts; the fit of gain and offset is ours (ordinary least squares).
Oracle
    Planted gains and offsets come back exactly without noise, under a disturbed run a size as well, and inside their
    intervals in 95 of 100 with noise; scipy's linregress and numpy's lstsq agree.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from reference_solutions.units import Array

__all__ = ["calibrate_counter", "calibration_intervals", "corrected_counts", "counter_verdicts"]


def calibrate_counter(known: ArrayLike, counted: ArrayLike) -> dict[str, Array]:
    """Gain and offset of counters, and how far off their lines they are.

    Parameters
    ----------
    known : (K,) array_like
        Events that each micro-kernel executes. [1]
    counted : (..., K, R) array_like
        What each counter said in each of R runs of each kernel. [1]

    Returns
    -------
    dict of str to (...) ndarray
        `gain`, `offset`, and `misfit`: the largest distance of a kernel's median from the line. [1]

    Raises
    ------
    ValueError
        If there are fewer than two different sizes: no line then.

    Examples
    --------
    A counter that counts a twentieth too much and starts at 30; an interrupt met one of its runs:

    >>> fit = calibrate_counter([100, 1000, 10_000], [[135, 135, 135], [1080, 1900, 1080], [10_530, 10_530, 10_530]])
    >>> round(float(fit["gain"]), 9), round(float(fit["offset"]), 6)
    (1.05, 30.0)
    """
    n = np.asarray(known, dtype=float)
    if np.unique(n).size < 2:
        raise ValueError("a line needs kernels of two sizes")
    c = np.median(np.asarray(counted, dtype=float), axis=-1)  # a run that was disturbed does not speak for its size
    spread = n - n.mean()
    gain = np.sum(spread * c, axis=-1) / np.sum(spread**2)
    offset = np.mean(c, axis=-1) - gain * n.mean()
    line = offset[..., np.newaxis] + gain[..., np.newaxis] * n
    return {"gain": gain, "offset": offset, "misfit": np.max(np.abs(c - line), axis=-1)}


def counter_verdicts(known: Array, counted: Mapping[str, Array]) -> dict[str, str]:
    """What each of some calibrated counters is good for.

    Parameters
    ----------
    known : (K,) ndarray
        Events that each micro-kernel executes, positive. [1]
    counted : mapping of str to (K, R) ndarray
        Counter -> what it said in each of R runs of each kernel. [1]

    Returns
    -------
    dict of str to str
        `exact` if the median of each kernel is right within 1 %; else `correctable` if the counter rises and lies on
        its line within 1 % of what the line covers; else `broken`.

    Raises
    ------
    ValueError
        If there are fewer than two different sizes.

    Examples
    --------
    Of three counters one is right, one counts double, one is stuck:

    >>> counts = {"right": [100, 200, 401], "double": [200, 401, 800], "stuck": [7, 7, 7]}
    >>> runs = {counter: np.array(count)[:, np.newaxis] for counter, count in counts.items()}
    >>> counter_verdicts(np.array([100, 200, 400]), runs)
    {'right': 'exact', 'double': 'correctable', 'stuck': 'broken'}
    """
    verdicts = {}
    for counter, runs in counted.items():
        medians = np.median(runs, axis=-1)
        fit = calibrate_counter(known, runs)
        if np.all(np.abs(medians / known - 1) <= 0.01):
            verdicts[counter] = "exact"
        elif fit["misfit"] < 0.01 * fit["gain"] * np.ptp(known):  # never below zero: a line that does not rise
            verdicts[counter] = "correctable"
        else:
            verdicts[counter] = "broken"
    return verdicts


def calibration_intervals(known: ArrayLike, counted: ArrayLike, confidence: float = 0.95) -> dict[str, Array]:
    """Intervals of gains and offsets; the last axis holds the measurements.

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
        `gain_low`, `gain_high`, `offset_low`, `offset_high`. [1]

    Raises
    ------
    ValueError
        If there are fewer than three measurements or fewer than two sizes, or the confidence is not between 0 and 1.

    Examples
    --------
    Four points, two of them one above and two one below the line 1 + 2 n:

    >>> interval = calibration_intervals([0, 1, 2, 3], [0, 4, 6, 6])
    >>> round(float(interval["gain_low"]), 2), round(float(interval["gain_high"]), 2)
    (-0.72, 4.72)
    """
    n, c = np.asarray(known, dtype=float), np.asarray(counted, dtype=float)
    if n.ndim != 1 or n.size < 3 or np.all(n == n[0]) or c.shape[-1:] != n.shape or not 0 < confidence < 1:
        raise ValueError("an interval needs three measurements of two sizes, and a confidence between 0 and 1")
    fit = calibrate_counter(n, c[..., np.newaxis])
    gain, offset = fit["gain"], fit["offset"]
    square = np.sum((n - n.mean()) ** 2)
    residuals = c - offset[..., np.newaxis] - gain[..., np.newaxis] * n
    deviation = np.sqrt(np.sum(residuals**2, axis=-1) / (n.size - 2))
    t = float(stdtrit(n.size - 2, (1 + confidence) / 2))
    gain_error = t * deviation / np.sqrt(square)
    offset_error = t * deviation * np.sqrt(1 / n.size + n.mean() ** 2 / square)
    return {
        "gain_low": gain - gain_error,
        "gain_high": gain + gain_error,
        "offset_low": offset - offset_error,
        "offset_high": offset + offset_error,
    }


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
