r"""A die as blocks, and the layers under it: what heat finds between them.

Question
    A floorplan on a die, on an interface, on a spreader, on a sink. How well does heat pass from block to block, and
    from layer to layer?
Model
    .. math:: G_{vert} = \frac{k_l w_i h_i}{t_l}, \qquad
        \frac{1}{G_{lat}} = \frac{w_i / 2}{k_l\, e\, t_l} + \frac{w_j / 2}{k_l\, e\, t_l}, \qquad
        B_{ij} = \begin{cases} -G_{ij} & i \ne j \\ \sum_m G_{im} & i = j \end{cases}

    Every layer is cut like the floorplan. Between a layer and the next one lies the whole thickness of the *upper* one.
    Blocks that share an edge of length :math:`e` side by side meet through half a width each; stacked ones, with
    :math:`h`, through half a height each. Heat that flows through a conductance leaves one node and reaches another:
    :math:`B` is a Laplacian, its rows add up to nothing.
Assumes
    Heat flows straight; a block has one temperature; materials do not know the temperature.
Breaks when
    A block is long and thin, or its power sits in a corner: then cut it, or use a grid.
Source
    Skadron, Stan, Huang, Velusamy, Sankaranarayanan, Tarjan, "Temperature-aware microarchitecture", ISCA 2003, pp.
    2-13; the exact rules of HotSpot 7's block model (whole upper thickness, 1e-6 m for shared edges).
Oracle
    Matrices that HotSpot 7 wrote out; block by block in a loop; a rod cut into equal parts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["stack_w_per_k"]


def stack_w_per_k(blocks_m: ArrayLike, thickness_m: ArrayLike, conductivity_w_per_mk: ArrayLike) -> Array:
    """Conductance matrix of a stack of layers that are all cut like one floorplan.

    Parameters
    ----------
    blocks_m : (n, 4) array_like
        Width, height, left edge, lower edge of each block. [m]
    thickness_m : (layers,) array_like
        Thickness of each layer, from the die downwards. [m]
    conductivity_w_per_mk : (layers,) array_like
        Its thermal conductivity. [W/(m K)]

    Returns
    -------
    (layers * n, layers * n) ndarray
        Laplacian: row `layer * n + block`. [W/K]

    Raises
    ------
    ValueError
        If a size or a conductivity is not positive, or blocks overlap.

    Examples
    --------
    Two squares side by side, one layer:

    >>> stack_w_per_k([[0.01, 0.01, 0, 0], [0.01, 0.01, 0.01, 0]], [0.001], [100.0])
    array([[ 0.1, -0.1],
           [-0.1,  0.1]])
    """
    width, height, left, low = np.asarray(blocks_m, dtype=float).T
    thickness, conductivity = np.asarray(thickness_m, dtype=float), np.asarray(conductivity_w_per_mk, dtype=float)
    right, top, near = left + width, low + height, 1e-6
    common_x = np.minimum.outer(right, right) - np.maximum.outer(left, left)  # negative: a gap between them
    common_y = np.minimum.outer(top, top) - np.maximum.outer(low, low)
    apart = ~np.eye(len(width), dtype=bool)
    if not all(np.all(sizes > 0) for sizes in (width, height, thickness, conductivity)):
        raise ValueError("sizes and conductivities must be positive")
    if np.any(apart & (common_x > near) & (common_y > near)):
        raise ValueError("blocks must not overlap")
    beside = (np.abs(common_x) < near) & (common_y > near)
    stacked = (np.abs(common_y) < near) & (common_x > near)
    lateral = np.where(beside, common_y / (np.add.outer(width, width) / 2), 0.0)
    lateral += np.where(stacked, common_x / (np.add.outer(height, height) / 2), 0.0)
    n, layers = len(width), len(thickness)
    conductances = np.zeros((layers, n, layers, n))
    for layer in range(layers):
        conductances[layer, :, layer] = conductivity[layer] * thickness[layer] * lateral
        if layer + 1 < layers:
            vertical = np.diag(conductivity[layer] * width * height / thickness[layer])
            conductances[layer, :, layer + 1] = conductances[layer + 1, :, layer] = vertical
    flat = conductances.reshape(layers * n, layers * n)
    return np.asarray(np.diag(flat.sum(axis=1)) - flat)
