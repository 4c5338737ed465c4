r"""One number for many benchmarks: which mean belongs to times, to rates, and to ratios.

Question
    Ten benchmarks, one sentence for the management. When is the mean the arithmetic one, the harmonic, the geometric?
Model
    .. math:: \bar t = \frac{\sum w_i t_i}{\sum w_i}, \qquad \bar r = \frac{\sum w_i}{\sum w_i / r_i}, \qquad
        \bar g = \exp\!\left(\frac{\sum w_i \ln g_i}{\sum w_i}\right)

    Times add up. Rates are work over time: with weights that are shares of the work their mean is harmonic, so that it
    is all work over all time. Ratios to a baseline have no sum that means anything: only their geometric mean orders
    two machines alike whatever the baseline is.
Assumes
    Weights that say how often each benchmark's work is done.
Breaks when
    A geometric mean is read as a time: half the time on one benchmark does not make up for double on another, unless
    both take equally long.
Source
    Fleming, Wallace, "How not to lie with statistics: the correct way to summarize benchmark results", Communications
    of the ACM 29(3), 1986, pp. 218-221; Hoefler, Belli, "Scientific Benchmarking of Parallel Computing Systems", SC
    2015.
Oracle
    scipy.stats: hmean, gmean, with weights; total work over total time; another baseline changes no order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["benchmark_summary"]


def benchmark_summary(values: ArrayLike, kind: str, weights: ArrayLike | None = None) -> float:
    """The mean that belongs to a kind of result.

    Parameters
    ----------
    values : (n,) array_like
        Results of the benchmarks, in one unit.
    kind : str
        "time", "rate", or "ratio".
    weights : (n,) array_like, optional
        How much each counts: of times how often it is run, of rates how much work it is; equally, if not given. [1]

    Returns
    -------
    float
        In the unit of the values.

    Raises
    ------
    ValueError
        If there is no value, one is not positive, weights are negative or all zero, or the kind is another.

    Examples
    --------
    >>> benchmark_summary([1.0, 4.0], "time"), benchmark_summary([1.0, 4.0], "rate")
    (2.5, 1.6)
    >>> round(benchmark_summary([1.0, 4.0], "ratio"), 12)
    2.0
    """
    x = np.asarray(values, dtype=float)
    w = np.ones(x.shape) if weights is None else np.asarray(weights, dtype=float)
    if x.size == 0 or not np.all(x > 0) or np.any(w < 0) or not np.any(w > 0):
        raise ValueError("values must be positive, weights not negative and not all zero")
    if kind == "time":
        return float(np.average(x, weights=w))
    if kind == "rate":
        return float(1 / np.average(1 / x, weights=w))
    if kind == "ratio":
        return float(np.exp(np.average(np.log(x), weights=w)))
    raise ValueError(f"a kind of result is time, rate or ratio, not {kind!r}")
