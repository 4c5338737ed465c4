r"""What a map of phases is worth.

Question
    t-SNE or PCA has drawn a hundred intervals on a sheet of paper. Are neighbours on the paper neighbours at all?
Model
    .. math:: T(k) = 1 - \frac{2}{n k (2 n - 3 k - 1)} \sum_i \sum_{j \in U_k(i)} \left( r(i, j) - k \right)

    :math:`U_k(i)` are the points that are among the :math:`k` nearest of :math:`i` on the map, and not among its
    :math:`k` nearest in truth; :math:`r(i, j)` is the rank of :math:`j` by its distance from :math:`i` in truth, 1 for
    the nearest. 1 is a map whose neighbourhoods can be believed; the factor makes the worst map 0.
Assumes
    Only neighbourhoods matter: t-SNE keeps these, and neither distances nor the size or density of clusters.
Breaks when
    Half of the points or more count as neighbours: then the factor is none.
Source
    Venna, Kaski, "Neighborhood Preservation in Nonlinear Projection Methods: An Experimental Study", ICANN 2001,
    pp. 485-491; van der Maaten, Hinton, "Visualizing Data using t-SNE", J. Machine Learning Research 9, 2008.
Oracle
    scikit-learn's trustworthiness; ranks counted one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["phase_figure", "trustworthiness"]


def trustworthiness(vectors: ArrayLike, positions: ArrayLike, neighbours: int = 5) -> float:
    """How far neighbours on a map are neighbours in truth.

    Parameters
    ----------
    vectors : (n, dimensions) array_like
        The points in truth. [1]
    positions : (n, 2) array_like
        The same points on the map. [1]
    neighbours : int
        How many nearest points are looked at, fewer than half of the points. [1]

    Returns
    -------
    float
        From 0 to 1; of equally far points the one with the lower number is nearer. [1]

    Raises
    ------
    ValueError
        If the map has not as many points, or there are not so many neighbours.

    Examples
    --------
    A line of seven points, and a map that has exchanged its ends:

    >>> line = [[float(place)] for place in range(7)]
    >>> trustworthiness(line, line, neighbours=2), round(trustworthiness(line, line[-1:] + line[1:-1] + line[:1], 2), 4)
    (1.0, 0.6327)
    """
    n = np.shape(vectors)[0]
    if np.shape(positions)[0] != n or not 1 <= neighbours < n / 2:
        raise ValueError("the map has all points, and fewer than half of them are neighbours")

    nearest_first = []
    for points in (vectors, positions):
        at = np.asarray(points, dtype=float)
        squared = ((at[:, np.newaxis] - at) ** 2).sum(axis=2)
        np.fill_diagonal(squared, -np.inf)  # each point comes first in its own row
        nearest_first.append(np.argsort(squared, axis=1, kind="stable"))
    rank = np.argsort(nearest_first[0], axis=1)
    shown = nearest_first[1][:, 1 : neighbours + 1]
    excess = np.maximum(np.take_along_axis(rank, shown, axis=1) - neighbours, 0)
    return float(1 - 2 * excess.sum() / (n * neighbours * (2 * n - 3 * neighbours - 1)))


def phase_figure(positions: ArrayLike, labels: ArrayLike, points: Mapping[str, ArrayLike]) -> dict[str, Any]:
    """A map of phases, with what is simulated marked on it, as plain data.

    Parameters
    ----------
    positions : (n, 2) array_like
        Where each interval lies on the map. [1]
    labels : (n,) array_like of int
        Phase of each interval.
    points : mapping of str to array_like
        `cluster`, `interval` and `weight` of each simulation point, as `simulation_points` gives them.

    Returns
    -------
    dict
        `title`; `x` and `y` with `label`, `scale` and `limits`; `series` of points, one for each phase that has an
        interval; `marks` at the simulation points; `left_out`: labels of phases that nothing stands for.

    Examples
    --------
    >>> table = {"cluster": [0], "interval": [1], "weight": [1.0]}
    >>> plain = phase_figure([[0.0, 0.0], [1.0, 2.0], [8.0, 1.0]], [0, 0, 2], table)
    >>> [one["label"] for one in plain["series"]], plain["marks"], plain["left_out"]
    (['phase 0', 'phase 2'], [{'label': 'interval 1: 100%', 'x': 1.0, 'y': 2.0}], ['phase 2'])
    """
    at, of = np.asarray(positions, dtype=float), np.asarray(labels)
    series, left_out = [], []
    for phase in np.unique(of).tolist():
        x, y = at[of == phase].T.tolist()
        series.append({"label": f"phase {phase}", "kind": "points", "x": x, "y": y})
        if phase not in np.asarray(points["cluster"]):
            left_out.append(f"phase {phase}")
    marks = []
    simulated = (np.asarray(points[name]).tolist() for name in ("interval", "weight"))
    for interval, weight in zip(*simulated, strict=True):
        x, y = at[interval].tolist()
        marks.append({"label": f"interval {interval}: {weight:.0%}", "x": x, "y": y})
    limits = [float(at.min()), float(at.max())]  # the same for both: the map has no scale of its own
    return {
        "title": "Phases",
        "x": {"label": "t-SNE 1 [1]", "scale": "linear", "limits": limits},
        "y": {"label": "t-SNE 2 [1]", "scale": "linear", "limits": limits},
        "series": series,
        "marks": marks,
        "left_out": left_out,
    }
