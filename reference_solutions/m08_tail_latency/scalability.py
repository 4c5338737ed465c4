r"""Scalability: when more of everything makes a service slower.

Question
    A service was measured with 1, 8, 16 and 32 workers. How fast would it be with 64, how many are too many, and what
    is it that holds it back?
Model
    .. math:: X(N) = \frac{\gamma N}{1 + \alpha (N - 1) + \beta N (N - 1)}, \qquad
        N^* = \sqrt{\frac{1 - \alpha}{\beta}}

    :math:`\gamma` is the throughput of one worker. A share :math:`\alpha` of the work waits for others (contention: a
    lock, a shared queue), so throughput ends at :math:`\gamma / \alpha`, as Amdahl has it. :math:`\beta` is what each
    pair of workers costs to agree (coherency): it makes throughput fall beyond :math:`N^*`. Both follow from measured
    throughputs by least squares in :math:`N / X`, which is linear in :math:`1/\gamma, \alpha/\gamma, \beta/\gamma`.
Assumes
    One law over all loads; work that can be split in any number of parts.
Breaks when
    Another resource takes over at some load (memory is full, a second socket begins): then points before and after
    belong to two laws. Beyond the points it is extrapolation, most of all of :math:`\beta`.
Source
    Gunther, Guerrilla Capacity Planning, Springer 2007 (not read; the law and its coefficients as the documentation of
    the R package usl 3.0.3 gives them, which refers to it).
Oracle
    Amdahl's law for no coherency; the best of all whole numbers; planted laws; a general optimiser on noisy points;
    0.03 and 0.0005: the peak is at 44.05.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["scalability_fit", "scaled_throughput_per_s", "workers_at_peak"]


def scaled_throughput_per_s(
    workers: ArrayLike, single_per_s: ArrayLike, contention: ArrayLike, coherency: ArrayLike = 0.0
) -> Array:
    """Throughput of so many workers; the arguments broadcast.

    Parameters
    ----------
    workers : (...) array_like
        Workers, processors, or requests at a time. [1]
    single_per_s : (...) array_like
        Throughput of one. [1/s]
    contention : (...) array_like
        Share of the work that waits for others. [1]
    coherency : (...) array_like
        What a pair of workers costs, in work of one. [1]

    Returns
    -------
    (...) ndarray
        Throughput. [1/s]

    Raises
    ------
    ValueError
        If there is less than one worker, the throughput of one is not positive, contention is no share, or coherency
        is negative.

    Examples
    --------
    >>> scaled_throughput_per_s([1, 16, 44, 64], 100.0, 0.03, 0.0005).round(1)
    array([ 100. , 1019.1, 1359.7, 1304.5])
    """
    n, alpha, beta = (np.asarray(value, dtype=float) for value in (workers, contention, coherency))
    validate.require_positive(single_per_s=single_per_s)
    if not np.all(n >= 1) or np.any((alpha < 0) | (alpha > 1)) or np.any(beta < 0):
        raise ValueError("there is a worker, contention is a share, and coherency is not negative")
    return np.asarray(np.asarray(single_per_s) * n / (1 + alpha * (n - 1) + beta * n * (n - 1)))


def workers_at_peak(contention: float, coherency: float) -> float:
    """Workers with which throughput is highest; more make it fall.

    Parameters
    ----------
    contention : float
        Share of the work that waits for others. [1]
    coherency : float
        What a pair of workers costs, in work of one. [1]

    Returns
    -------
    float
        Their number, not rounded and at least 1; infinite without coherency. [1]

    Raises
    ------
    ValueError
        If contention is no share, or coherency is negative.

    Examples
    --------
    >>> round(workers_at_peak(0.03, 0.0005), 2), workers_at_peak(0.03, 0.0)
    (44.05, inf)
    """
    if not 0 <= contention <= 1 or coherency < 0:
        raise ValueError("contention is a share, and coherency is not negative")
    return max(1.0, float(np.sqrt((1 - contention) / coherency))) if coherency > 0 else float("inf")


def scalability_fit(workers: ArrayLike, throughput_per_s: ArrayLike) -> dict[str, float]:
    """Coefficients of the law from measurements.

    Parameters
    ----------
    workers : (n,) array_like
        Workers of each measurement. [1]
    throughput_per_s : (n,) array_like
        What was measured. [1/s]

    Returns
    -------
    dict of str to float
        `single_per_s` [1/s], `contention` and `coherency`, none of them negative, that make the squares of the relative
        errors of the time per request least. [1]

    Raises
    ------
    ValueError
        If there are fewer than three numbers of workers, or one is less than 1, or a throughput is not positive.

    Examples
    --------
    >>> found = scalability_fit([1, 8, 16, 32], scaled_throughput_per_s([1, 8, 16, 32], 100.0, 0.03, 0.0005))
    >>> {name: round(value, 6) for name, value in found.items()}
    {'single_per_s': 100.0, 'contention': 0.03, 'coherency': 0.0005}
    """
    n, x = np.asarray(workers, dtype=float), np.asarray(throughput_per_s, dtype=float)
    validate.require_positive(throughput_per_s=x)
    if np.unique(n).size < 3 or np.any(n < 1):
        raise ValueError("three numbers of workers are needed, none of them below 1")
    parts = np.stack([np.ones(n.shape), n - 1, n * (n - 1)], axis=1)
    (alone, waiting, agreeing), _ = optimize.nnls(parts * (x / n)[:, np.newaxis], np.ones(n.shape))
    return {
        "single_per_s": float(1 / alone),
        "contention": float(waiting / alone),
        "coherency": float(agreeing / alone),
    }
