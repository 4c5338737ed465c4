r"""Which node, if a task asks for several resources: filter, then score.

Question
    A task asks for CPUs, memory and GPUs. On which nodes does it fit, and how good is each of them?
Model
    With :math:`r_i` the requests on a node *with* the task, :math:`c_i` what it has, and :math:`f_i = r_i / c_i`:

    .. math:: \mathrm{Least} = \left\lfloor \sum w_i \lfloor 100 (c_i - r_i) / c_i \rfloor \big/ \sum w_i \right\rfloor
    .. math:: \mathrm{Most} = \left\lfloor \sum w_i \lfloor 100\, r_i / c_i \rfloor \big/ \sum w_i \right\rfloor, \qquad
        \mathrm{Balanced} = \lfloor 100\, (1 - \sigma(f)) \rfloor

    with the population's deviation :math:`\sigma`. The alignment :math:`\sum_i (d_i / c_i) (1 - u_i / c_i)` multiplies
    what the task asks for, :math:`d`, with what is free; :math:`u` is in use before it. Resources that a node does not
    have are left out.
Assumes
    Requests are what counts, not use; scores are comparable between nodes, whatever their size.
Breaks when
    Tasks use more or less than they ask for, or come in gangs: each score looks at one task and one node.
Source
    Kubernetes, kube-scheduler `noderesources/least_allocated.go` and `balanced_allocation.go`, whole numbers as there;
    Grandl, Ananthanarayanan, Kandula, Rao, Akella, "Multi-Resource Packing for Cluster Schedulers", SIGCOMM 2014, for
    the alignment. That scores leave out resources of which a node has none was read for Balanced only.
Oracle
    The scheduler's own test values, read in place; exact fractions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["node_scores"]


def node_scores(
    request: ArrayLike, allocatable: ArrayLike, requested: ArrayLike, weights: ArrayLike
) -> dict[str, list[Any]]:
    """Whether a task fits on each node, and four scores of it there.

    Parameters
    ----------
    request : (r,) array_like of int
        What the task asks for of each resource.
    allocatable : (n, r) array_like of int
        What each node has; 0 where it has none, but something of something.
    requested : (n, r) array_like of int
        What tasks on it have asked for before.
    weights : (r,) array_like of int
        How much each resource counts for the first two scores; more than 0. [1]

    Returns
    -------
    dict of str to list
        One entry for each node: `fits`; `least`, `most` and `balanced`, whole numbers from 0 to 100; `alignment`.
        All scores of a node without room are 0.

    Examples
    --------
    A node with half of its 8 CPUs and a quarter of its 64 GB in use, and a task of 2 CPUs and 16 GB:

    >>> node_scores([2, 16], [[8, 64]], [[4, 16]], [1, 1])
    {'fits': [True], 'least': [37], 'most': [62], 'balanced': [87], 'alignment': [0.3125]}
    """
    asked, weight = np.asarray(request), np.asarray(weights)
    table: dict[str, list[Any]] = {"fits": [], "least": [], "most": [], "balanced": [], "alignment": []}
    for has, used in zip(np.asarray(allocatable), np.asarray(requested), strict=True):
        fits = bool(np.all((asked == 0) | (used + asked <= has)))
        there = has > 0
        full, capacity, w = (used + asked)[there], has[there], weight[there]
        least = np.sum(w * (np.maximum(capacity - full, 0) * 100 // capacity)) // np.sum(w)
        most = np.sum(w * (np.minimum(full, capacity) * 100 // capacity)) // np.sum(w)
        spread = np.std(np.minimum(full / capacity, 1))
        alignment = np.sum(asked[there] / capacity * (1 - used[there] / capacity))
        table["fits"].append(fits)
        table["least"].append(int(least) if fits else 0)
        table["most"].append(int(most) if fits else 0)
        table["balanced"].append(int(100 * (1 - spread) + 1e-9) if fits else 0)
        table["alignment"].append(float(alignment) if fits else 0.0)
    return table
