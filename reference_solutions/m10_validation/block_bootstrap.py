r"""Resampling blocks: how sure the mean of a series is whose neighbours resemble one another.

Question
    Throughput was logged every second for an hour, and a slow second is followed by another. How sure is the mean, and
    what does it cost to pretend that the seconds know nothing of each other?
Model
    .. math:: \theta^* = \frac{1}{n} \sum_{j=1}^{\lceil n / \ell \rceil} \sum_{i=0}^{\ell - 1} x_{(s_j + i) \bmod n},
        \qquad \operatorname{var} \theta^* \to \frac{1}{n} \sum_{k=-(\ell - 1)}^{\ell - 1}
        \left( 1 - \frac{|k|}{\ell} \right) \hat\gamma_k

    Resamples are put together from blocks of :math:`\ell` neighbours, which begin anywhere; the series is closed to a
    ring, so that each value is drawn as often as any other, and the last block is cut off at :math:`n` values. Within a
    block neighbours keep their resemblance; for whole blocks the variance of the mean is the known one of circular
    autocovariances :math:`\hat\gamma_k`, weighted down to 0 at :math:`\ell`. The interval takes quantiles of the
    :math:`\theta^*`. A block of 1 is the ordinary bootstrap. Of the order of :math:`n^{1/3}` is a start for
    :math:`\ell`; it must be longer than the resemblance reaches.
Assumes
    One steady process: no drift, no change on the way. Resemblance that fades within a block.
Breaks when
    Blocks are as short as the resemblance (the interval is too narrow) or so long that few are left (it varies wildly).
Source
    Blocks: Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of Statistics 17,
    1989, pp. 1217-1261; closed to a ring: Politis, Romano 1994, as the documentation of the package arch 7.2 refers to
    it and advises; the cube root of n as there (of its optimal_block_length). Articles not read.
Oracle
    All resamples of a short series, enumerated; the variance of whole blocks in closed form; coverage of drawn chains
    of first order, whose mean is known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions.units import Array

__all__ = ["block_bootstrap_interval", "resampled_places"]


def resampled_places(starts: ArrayLike, block: int, length: int) -> NDArray[np.intp]:
    """Places of a series that resamples of blocks take.

    Parameters
    ----------
    starts : (B, blocks) array_like of int
        Where the blocks of each resample begin, from 0. [1]
    block : int
        Values of a block. [1]
    length : int
        Values of the series, and of each resample. [1]

    Returns
    -------
    (B, length) ndarray of int
        Places; behind the last comes the first.

    Raises
    ------
    ValueError
        If a block has no value or more than the series, or the blocks are too few.

    Examples
    --------
    >>> resampled_places([[3, 1, 0]], block=2, length=5)
    array([[3, 4, 1, 2, 0]])
    """
    first = np.asarray(starts, dtype=np.intp)
    if not 1 <= block <= length or first.ndim != 2 or first.shape[1] * block < length:
        raise ValueError("a block lies in the series, and blocks must fill it")
    places = (first[:, :, np.newaxis] + np.arange(block)) % length
    return places.reshape(len(first), -1)[:, :length]


def block_bootstrap_interval(
    series: ArrayLike, starts: ArrayLike, block: int, confidence: float = 0.95
) -> dict[str, float]:
    """Mean of a series with an interval that knows of its memory.

    Parameters
    ----------
    series : (n,) array_like
        Values in the order in which they were measured.
    starts : (B, blocks) array_like of int
        Where the blocks of each resample begin, drawn from 0 to n - 1; enough of them to fill n values. [1]
    block : int
        Values of a block. [1]
    confidence : float
        Of the interval, between 0 and 1. [1]

    Returns
    -------
    dict of str to float
        `mean`, `low`, `high` and the `standard_error`, which is the resamples' standard deviation, in the series' unit.

    Raises
    ------
    ValueError
        If the series has fewer than two values, the confidence is none, or blocks do not fit.

    Examples
    --------
    A series of long runs, with blocks as long as these, and value by value:

    >>> series, draw = np.repeat([1.0, 3.0, 2.0, 5.0, 1.0, 3.0], 20), np.random.default_rng(1)
    >>> blocks = block_bootstrap_interval(series, draw.integers(120, size=(2000, 6)), block=20)
    >>> values = block_bootstrap_interval(series, draw.integers(120, size=(2000, 120)), block=1)
    >>> blocks["mean"], round(blocks["standard_error"], 2), round(values["standard_error"], 2)
    (2.5, 0.37, 0.13)
    """
    x = np.asarray(series, dtype=float)
    if x.size < 2 or not 0 < confidence < 1:
        raise ValueError("a series has two values, and a confidence lies between 0 and 1")
    means: Array = x[resampled_places(starts, block, x.size)].mean(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return {"mean": float(x.mean()), "low": float(low), "high": float(high), "standard_error": float(means.std())}
