r"""What a scaled count can be worth: the estimate, and how wrong it may be.

Question
    perf prints a count and "(40.00%)" beside it. What was the true count, and how far off can the number be?
Model
    .. math:: \hat{n} = n_{raw}\,\frac{t_{enabled}}{t_{running}}, \qquad
        n_{raw}\left(1 + \frac{u}{\rho}\right) \le n \le n_{raw}\,(1 + u\,\rho), \qquad
        u = \frac{t_{enabled} - t_{running}}{t_{running}}

    If the event's rate in the time that was not counted was at most :math:`\rho` times, and at least a :math:`\rho`-th
    of, the rate that was seen, the true count lies between these two.
Assumes
    A bound on how much the rate changes, from a shorter run or from what the program does.
Breaks when
    Phases are such that an event happens only while it is not counted: then no bound holds and the estimate is zero.
Source
    perf_event_open(2), Linux manual pages: time_enabled and time_running; the interval is ours.
Oracle
    Closed forms for piecewise constant rates: exact for one rate, both ends of the interval for two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["scaled_count", "scaled_count_interval"]


def scaled_count(raw: ArrayLike, enabled_s: ArrayLike, running_s: ArrayLike) -> Array:
    """Count that would have been seen, had the event always run; the arguments broadcast.

    Parameters
    ----------
    raw : (...) array_like
        What the counter saw. [1]
    enabled_s, running_s : (...) array_like
        Time that the event was wanted, and that it ran. [s]

    Returns
    -------
    (...) ndarray
        Estimate; NaN for an event that never ran. [1]

    Raises
    ------
    ValueError
        If an event ran for longer than it was wanted, or a time is negative.

    Examples
    --------
    >>> scaled_count([4000, 0], enabled_s=[1.0, 1.0], running_s=[0.4, 0.0])
    array([10000.,    nan])
    """
    counted, wanted, ran = (np.asarray(value, dtype=float) for value in (raw, enabled_s, running_s))
    if not (np.all(ran >= 0) and np.all(wanted >= ran)):
        raise ValueError("an event runs for no longer than it is enabled, and times are not negative")
    return np.asarray(counted * wanted / np.where(ran > 0, ran, np.nan))


def scaled_count_interval(
    raw: ArrayLike, enabled_s: ArrayLike, running_s: ArrayLike, rate_ratio: ArrayLike
) -> tuple[Array, Array]:
    """Least and largest count that the event can have had; the arguments broadcast.

    Parameters
    ----------
    raw : (...) array_like
        What the counter saw. [1]
    enabled_s, running_s : (...) array_like
        Time that the event was wanted, and that it ran. [s]
    rate_ratio : (...) array_like
        How many times higher or lower than the rate seen the rate can have been while it was not counted. [1]

    Returns
    -------
    least, largest : (...) ndarray
        The interval; NaN for an event that never ran. [1]

    Raises
    ------
    ValueError
        If an event ran for longer than it was wanted, a time is negative, or a ratio is below one.

    Examples
    --------
    Seen for half of the time, and elsewhere at most twice or half as often:

    >>> least, largest = scaled_count_interval(1000, 1.0, 0.5, rate_ratio=2)
    >>> float(least), float(largest)
    (1500.0, 3000.0)
    """
    counted, wanted, ran, ratio = (np.asarray(value, dtype=float) for value in (raw, enabled_s, running_s, rate_ratio))
    if not (np.all(ran >= 0) and np.all(wanted >= ran) and np.all(ratio >= 1)):
        raise ValueError("an event runs for no longer than it is enabled, and a ratio of rates is one or more")
    unseen = (wanted - ran) / np.where(ran > 0, ran, np.nan)
    return np.asarray(counted * (1 + unseen / ratio)), np.asarray(counted * (1 + unseen * ratio))
