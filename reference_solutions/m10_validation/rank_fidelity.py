r"""Does a model put designs into the right order, and does it get their ratios right?

Question
    A simulator is a fifth too slow on everything. Is it useless? Which numbers say whether it still tells the faster
    design from the slower one?
Model
    .. math:: r = \frac{\sum (x_i - \bar x)(y_i - \bar y)}{\sqrt{\sum (x_i - \bar x)^2 \sum (y_i - \bar y)^2}}, \qquad
        \tau_b = \frac{\sum_{i<j} \operatorname{sgn}(x_i - x_j) \operatorname{sgn}(y_i - y_j)}
        {\sqrt{\sum_{i<j} \operatorname{sgn}^2(x_i - x_j) \sum_{i<j} \operatorname{sgn}^2(y_i - y_j)}}, \qquad
        e = \max_{i,j} \frac{x_i / x_j}{y_i / y_j} - 1

    Pearson's :math:`r` sees lines; Spearman's is Pearson's of the ranks, equal values sharing the mean of their ranks;
    Kendall's :math:`\tau_b` counts pairs in the right order less those in the wrong one, and leaves ties out of what
    could have been. The speed-up error :math:`e` is that of the worst pair: a factor common to all predictions cancels.
Assumes
    Predictions and measurements of the same points, all positive for the speed-up error.
Breaks when
    One value never changes: order and lines then mean nothing (NaN). A correlation near one says nothing about the
    size of the errors, and a few far-apart points make it near one by themselves.
Source
    Pearson 1895; Spearman 1904; Kendall, "The treatment of ties in ranking problems", Biometrika 33(3), 1945 (tau-b).
    The speed-up error is the definition of a ratio of ratios.
Oracle
    scipy.stats: pearsonr, spearmanr, kendalltau, on recorded and drawn points with ties; speed-ups pair by pair.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["rank_fidelity"]


def rank_fidelity(predicted: ArrayLike, measured: ArrayLike) -> dict[str, float]:
    """Correlations of predictions with measurements, and the error of the worst predicted speed-up.

    Parameters
    ----------
    predicted, measured : (n,) array_like
        What the model says and what was measured, in one unit.

    Returns
    -------
    dict of str to float
        `pearson`, `spearman`, `kendall`, NaN where one side never changes; `speedup_error`. [1]

    Raises
    ------
    ValueError
        If there are fewer than two points, they do not pair up, or a value is not positive.

    Examples
    --------
    Everything a fifth too slow, but in the right order:

    >>> rank_fidelity([1.2, 2.4, 6.0], [1.0, 2.0, 5.0])["speedup_error"] < 1e-9
    True
    >>> rank_fidelity([1.0, 3.0, 2.0], [1.0, 2.0, 3.0])["spearman"]
    0.5
    """
    x, y = np.asarray(predicted, dtype=float), np.asarray(measured, dtype=float)
    if x.shape != y.shape or x.size < 2 or not (np.all(x > 0) and np.all(y > 0)):
        raise ValueError("there must be two points or more, in pairs, and all positive")
    signs = [np.sign(values[:, np.newaxis] - values) for values in (x, y)]
    ranks = [sign.sum(axis=1) for sign in signs]  # smaller less larger ones: mid-ranks, but for scale and origin
    found = {}
    for name, one, other in (
        ("pearson", x - x.mean(), y - y.mean()),
        ("spearman", *ranks),
        ("kendall", *signs),
    ):
        size = np.sqrt(np.sum(one**2) * np.sum(other**2))
        constant = np.all(x == x[0]) or np.all(y == y[0])
        found[name] = np.nan if constant else float(np.sum(one * other) / size)
    ratios = x / y
    return found | {"speedup_error": float(ratios.max() / ratios.min() - 1)}
