r"""Failures of a large job, how often it should write checkpoints, and how much of its time is progress.

Question
    Devices fail now and then, and one failure stops the whole job. How often should it save its state, and what share
    of the time is left for training?
Model
    .. math:: \frac{1}{M} = \sum_i \frac{n_i}{M_i}, \qquad \tau_{Young} = \sqrt{2 \delta M}, \qquad
        \tau_{Daly} = \sqrt{2 \delta M} \left[ 1 + \frac{1}{3} \sqrt{\frac{\delta}{2M}}
        + \frac{1}{9} \frac{\delta}{2M} \right] - \delta

    :math:`\tau` is the time of progress between two checkpoints, :math:`\delta` what a checkpoint takes, :math:`R` a
    restart, :math:`M` the job's mean time between failures. To first order a failure costs half an interval and a
    restart, and with exponential failures, which strike checkpoints and restarts as well, exactly:

    .. math:: g \approx 1 - \frac{\delta}{\tau} - \frac{\tau / 2 + R}{M}, \qquad
        g = \frac{\tau}{M e^{R/M} \left( e^{(\tau + \delta)/M} - 1 \right)}
Assumes
    Parts fail independently at constant rates, and any of them stops the job; a replacement is at hand.
Breaks when
    Failures come in clumps, checkpoints are written beside the training (then only the part that holds it up is
    :math:`\delta`), parts hang without failing, or spares run out.
Source
    Young, "A first order approximation to the optimum checkpoint interval", CACM 17(9), 1974, pp. 530-531. Daly, "A
    higher order estimate of the optimum checkpoint interval for restart dumps", Future Generation Computer Systems
    22(3), 2006, pp. 303-312: first-order and complete model. That the interval is M for checkpoints of 2M and more
    was not seen in print; the numeric optimum is near it, and the job hopeless.
Oracle
    Captions of Daly's figures 3 to 5: checkpoints of 5 minutes, M of 24 h, 6 h, 15 min: 117, 57, 9.1 minutes. A numeric
    search for the best interval; jobs that are simulated failure by failure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["daly_interval_s", "expected_goodput", "first_order_goodput", "job_mtbf_s", "young_interval_s"]


def job_mtbf_s(part_mtbf_s: ArrayLike, parts: ArrayLike) -> float:
    """Mean time between failures of a job that any failing part stops.

    Parameters
    ----------
    part_mtbf_s : float or (k,) array_like
        Mean time between failures of one part of each kind: of a GPU, of a host, of a switch. [s]
    parts : int or (k,) array_like of int
        How many of each kind the job uses. [1]

    Returns
    -------
    float
        Of the job; infinite where it uses no part. [s]

    Raises
    ------
    ValueError
        If a time is not positive, or a number negative.

    Examples
    --------
    >>> job_mtbf_s(50_000 * 3600, 1000) / 3600
    50.0
    """
    validate.require_positive(part_mtbf_s=part_mtbf_s)
    if np.any(np.less(parts, 0)):
        raise ValueError("parts must not be negative")
    failures_per_s = np.sum(np.divide(parts, part_mtbf_s))
    return float(1 / failures_per_s) if failures_per_s > 0 else float("inf")


def young_interval_s(checkpoint_s: ArrayLike, mtbf_s: ArrayLike) -> Array:
    """Young's interval between checkpoints, the best to first order; the arguments broadcast.

    Parameters
    ----------
    checkpoint_s : (...) array_like
        For which time a checkpoint holds the job up. [s]
    mtbf_s : (...) array_like
        Of the job. [s]

    Returns
    -------
    (...) ndarray
        Time of progress between two checkpoints. [s]

    Raises
    ------
    ValueError
        If a time is not positive.

    Examples
    --------
    >>> round(float(young_interval_s(60, 21_600)), 2)
    1609.97
    """
    validate.require_positive(checkpoint_s=checkpoint_s, mtbf_s=mtbf_s)
    return np.asarray(np.sqrt(2 * np.multiply(checkpoint_s, mtbf_s)))


def daly_interval_s(checkpoint_s: ArrayLike, mtbf_s: ArrayLike) -> Array:
    """Daly's interval between checkpoints, good for frequent failures too; the arguments broadcast.

    Parameters
    ----------
    checkpoint_s : (...) array_like
        For which time a checkpoint holds the job up. [s]
    mtbf_s : (...) array_like
        Of the job. [s]

    Returns
    -------
    (...) ndarray
        Time of progress between two checkpoints; the time between failures where a checkpoint takes twice as long. [s]

    Raises
    ------
    ValueError
        If a time is not positive.

    Examples
    --------
    >>> round(float(daly_interval_s(60, 21_600)), 2)
    1570.22
    """
    young_s = young_interval_s(checkpoint_s, mtbf_s)
    delta, m = np.asarray(checkpoint_s, dtype=float), np.asarray(mtbf_s, dtype=float)
    xi = delta / (2 * m)
    return np.asarray(np.where(xi < 1, young_s * (1 + np.sqrt(xi) / 3 + xi / 9) - delta, m))


def first_order_goodput(
    interval_s: ArrayLike, checkpoint_s: ArrayLike, restart_s: ArrayLike, mtbf_s: ArrayLike
) -> Array:
    """Share of the time that is progress, while failures are rare; the arguments broadcast.

    Parameters
    ----------
    interval_s : (...) array_like
        Time of progress between two checkpoints. [s]
    checkpoint_s : (...) array_like
        For which time a checkpoint holds the job up. [s]
    restart_s : (...) array_like
        From a failure until the job goes on from its checkpoint. [s]
    mtbf_s : (...) array_like
        Of the job. [s]

    Returns
    -------
    (...) ndarray
        Share, not less than 0. [1]

    Raises
    ------
    ValueError
        If an interval or a time between failures is not positive, or another time negative.

    Examples
    --------
    >>> round(float(first_order_goodput(1000, 50, 100, 10_000)), 4)
    0.89
    """
    interval, delta, restart, m = _times(interval_s, checkpoint_s, restart_s, mtbf_s)
    return np.asarray(np.maximum(0.0, 1 - delta / interval - (interval / 2 + restart) / m))


def expected_goodput(interval_s: ArrayLike, checkpoint_s: ArrayLike, restart_s: ArrayLike, mtbf_s: ArrayLike) -> Array:
    """Share of the time that is progress, with failures of any frequency; the arguments broadcast.

    Parameters
    ----------
    interval_s : (...) array_like
        Time of progress between two checkpoints. [s]
    checkpoint_s : (...) array_like
        For which time a checkpoint holds the job up. [s]
    restart_s : (...) array_like
        From a failure until the job goes on from its checkpoint, if no failure strikes meanwhile. [s]
    mtbf_s : (...) array_like
        Of the job. [s]

    Returns
    -------
    (...) ndarray
        Share. [1]

    Raises
    ------
    ValueError
        If an interval or a time between failures is not positive, or another time negative.

    Examples
    --------
    >>> round(float(expected_goodput(1000, 50, 100, 10_000)), 4)
    0.8943
    """
    interval, delta, restart, m = _times(interval_s, checkpoint_s, restart_s, mtbf_s)
    return np.asarray(interval / (m * np.exp(restart / m) * np.expm1((interval + delta) / m)))


def _times(
    interval_s: ArrayLike, checkpoint_s: ArrayLike, restart_s: ArrayLike, mtbf_s: ArrayLike
) -> tuple[Array, Array, Array, Array]:
    validate.require_positive(interval_s=interval_s, mtbf_s=mtbf_s)
    if np.any(np.less(checkpoint_s, 0)) or np.any(np.less(restart_s, 0)):
        raise ValueError("checkpoint_s and restart_s must not be negative")
    interval, delta = np.asarray(interval_s, dtype=float), np.asarray(checkpoint_s, dtype=float)
    return interval, delta, np.asarray(restart_s, dtype=float), np.asarray(mtbf_s, dtype=float)
