r"""HotSpot's grid model: the die cut into equal cells, so that a hot corner of a block shows.

Question
    A block model gives each block one temperature. How hot is the hottest spot, and how much does the answer depend on
    where the floorplan was cut?
Model
    .. math:: B T = P + g T_a, \qquad \left( \frac{C}{\Delta t} + B \right) T' = \frac{C}{\Delta t} T + P + g T_a

    Four layers of rows times columns cells, with the package around them as in `package_network`: every rule of the
    block model holds for cells. A block's power is spread evenly over its area, and each cell gets the part that lies
    in it. Nodes are many, but each touches its neighbours only: the equations are sparse. In time, one implicit Euler
    step follows each step of the power trace, which is stable for any length and damps what is faster.
Assumes
    As the block model; power is even within a block; cells are square.
Breaks when
    A step of the trace is as long as the die's time constants: then the implicit step is far behind the truth (half a
    kelvin in the recorded run), and should be cut. The temperature of a block is the mean of the cells that it touches,
    each counted fully: small blocks on coarse cells take their neighbours' heat for their own.
Source
    HotSpot 7 (uvahotspot/HotSpot at f18831e4), its rules for the grid model, followed exactly for square cells; for
    others it exchanges the conductances of rows and columns, which is refused here. Skadron et al., ISCA 2003.
Oracle
    Steady states and transients that HotSpot 7 wrote out; `package_network` of the cells; balance of energy; finer
    cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.sparse import linalg

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["grid_steady_k", "grid_transient_k"]

LAYERS = ("chip", "interface", "spreader", "sink")
LUMPED = 0.333
"""Share of a distributed capacitance that counts at one node."""


def grid_steady_k(
    blocks_m: ArrayLike, power_w: ArrayLike, package: Mapping[str, float], rows: int, columns: int, ambient_k: float
) -> dict[str, Array]:
    """Temperatures once nothing changes any more.

    Parameters
    ----------
    blocks_m : (n, 4) array_like
        Width, height, left edge, lower edge of each block; together they fill a rectangle. [m]
    power_w : (n,) array_like
        Power of each block. [W]
    package : mapping of str to float
        As for `package_network`.
    rows, columns : int
        Cells from north to south and from west to east. [1]
    ambient_k : float
        Temperature of the air. [K]

    Returns
    -------
    dict of str to ndarray
        `cells` (4, rows, columns) of die, interface, spreader and sink, the northern row first; `blocks` (4, n), the
        mean of the cells that each touches; `beyond` (12,), what lies beyond the die. [K]

    Raises
    ------
    ValueError
        If there is no cell, cells are not square, or a size is not positive.

    Examples
    --------
    >>> sizes = {"t_chip": 0.00015, "t_interface": 2e-5, "t_spreader": 0.001, "t_sink": 0.0069}
    >>> conducts = {"k_chip": 130.0, "k_interface": 4.0, "k_spreader": 400.0, "k_sink": 400.0}
    >>> holds = {"p_chip": 1630300, "p_interface": 4e6, "p_spreader": 3.55e6, "p_sink": 3.55e6}
    >>> rest = {"s_spreader": 0.03, "s_sink": 0.06, "r_convec": 0.1, "c_convec": 140.4}
    >>> halves = [[0.005, 0.01, 0.0, 0.0], [0.005, 0.01, 0.005, 0.0]]
    >>> found = grid_steady_k(halves, [20.0, 0.0], sizes | conducts | holds | rest, 8, 8, 318.15)
    >>> found["blocks"][0].round(2).tolist(), round(float(found["cells"][0].max()), 2)
    ([324.74, 321.15], 325.07)
    """
    conductance, ambient, _, spread, touched = _network(blocks_m, package, rows, columns)
    watts = np.r_[spread @ np.asarray(power_w, dtype=float), np.zeros(len(ambient) - rows * columns)]
    nodes = np.asarray(linalg.spsolve(conductance.tocsc(), watts + ambient * ambient_k))
    layers = nodes[:-12].reshape(4, -1)
    return {"cells": layers.reshape(4, rows, columns), "blocks": layers @ touched.T, "beyond": nodes[-12:]}


def grid_transient_k(
    blocks_m: ArrayLike,
    power_w: ArrayLike,
    package: Mapping[str, float],
    rows: int,
    columns: int,
    ambient_k: float,
    step_s: float,
) -> Array:
    """Temperatures of the blocks of the die at the end of each step, from a start at the temperature of the air.

    Parameters
    ----------
    blocks_m : (n, 4) array_like
        Width, height, left edge, lower edge of each block; together they fill a rectangle. [m]
    power_w : (steps, n) array_like
        Power of each block in each step. [W]
    package : mapping of str to float
        As for `package_network`.
    rows, columns : int
        Cells from north to south and from west to east. [1]
    ambient_k : float
        Temperature of the air. [K]
    step_s : float
        Length of a step. [s]

    Returns
    -------
    (steps, n) ndarray
        Temperatures. [K]

    Raises
    ------
    ValueError
        If there is no cell, cells are not square, or a size or the step is not positive.

    Examples
    --------
    >>> sizes = {"t_chip": 0.00015, "t_interface": 2e-5, "t_spreader": 0.001, "t_sink": 0.0069}
    >>> conducts = {"k_chip": 130.0, "k_interface": 4.0, "k_spreader": 400.0, "k_sink": 400.0}
    >>> holds = {"p_chip": 1630300, "p_interface": 4e6, "p_spreader": 3.55e6, "p_sink": 3.55e6}
    >>> rest = {"s_spreader": 0.03, "s_sink": 0.06, "r_convec": 0.1, "c_convec": 140.4}
    >>> die = [[0.01, 0.01, 0.0, 0.0]]
    >>> grid_transient_k(die, [[30.0], [30.0], [0.0]], sizes | conducts | holds | rest, 4, 4, 318.15, 0.01).round(2)
    array([[320.42],
           [320.76],
           [318.63]])
    """
    validate.require_positive(step_s=step_s)
    conductance, ambient, capacitance, spread, touched = _network(blocks_m, package, rows, columns)
    per_step = capacitance / step_s
    solve = linalg.splu((conductance + sparse.diags_array(per_step)).tocsc()).solve
    nodes, cells, found = np.full(len(ambient), ambient_k), rows * columns, []
    for watts in np.asarray(power_w, dtype=float):
        arriving = per_step * nodes + ambient * ambient_k
        arriving[:cells] += spread @ watts
        nodes = solve(arriving)
        found.append(touched @ nodes[:cells])
    return np.array(found)


def _network(
    blocks_m: ArrayLike, package: Mapping[str, float], rows: int, columns: int
) -> tuple[Any, Array, Array, Array, Array]:
    """Conductances [W/K], those to ambient [W/K], capacitances [J/K]; blocks' parts in cells, and cells in blocks."""
    blocks = np.asarray(blocks_m, dtype=float)
    low, high = blocks[:, 2:].min(axis=0), (blocks[:, 2:] + blocks[:, :2]).max(axis=0)
    die_x, die_y = (high - low).tolist()
    if min(rows, columns) < 1 or not np.all(blocks[:, :2] > 0) or not np.isclose(die_x / columns, die_y / rows):
        raise ValueError("sizes are positive, and cells are square: rows and columns as the die's height and width")
    cells, cell_m2 = rows * columns, die_x / columns * die_y / rows
    place = np.arange(cells).reshape(rows, columns)
    thick, conducts = (np.array([package[f"{what}_{layer}"] for layer in LAYERS]) for what in ("t", "k"))
    links: list[tuple[Array, Array, Array]] = []
    for layer in range(4):
        here, lateral = place + layer * cells, conducts[layer] * thick[layer]  # a square: as long as wide
        links += [_pairs(here[:, 1:], here[:, :-1], lateral), _pairs(here[1:], here[:-1], lateral)]
        if layer < 3:
            links.append(_pairs(here, here + cells, conducts[layer] * cell_m2 / thick[layer]))
    edges = (place[:, 0], place[:, -1], place[0], place[-1])  # west, east, north, south
    beyond_m2 = []
    for side, edge in enumerate(edges):
        along, other = (die_x, die_y) if side < 2 else (die_y, die_x)
        beyond_m2.append((package["s_spreader"] + other) * (package["s_spreader"] - along) / 4)
        links += _side(side, edge, along, other, beyond_m2[-1], package, cells)
    one, two, values = (np.concatenate(parts) for parts in zip(*links, strict=True))
    nodes = 4 * cells + 12
    joined = sparse.coo_array((np.r_[values, values], (np.r_[one, two], np.r_[two, one])), shape=(nodes, nodes))

    outer_m2 = (package["s_sink"] ** 2 - package["s_spreader"] ** 2) / 4
    areas_m2 = np.r_[np.full(4 * cells, cell_m2), beyond_m2, beyond_m2, np.full(4, outer_m2)]
    to_air_m2 = areas_m2 * np.r_[np.zeros(3 * cells), np.ones(cells), np.zeros(4), np.ones(8)]
    ambient = to_air_m2 / (package["r_convec"] * package["s_sink"] ** 2 + package["t_sink"] / package["k_sink"])
    held = [package[f"p_{layer}"] * package[f"t_{layer}"] for layer in LAYERS]
    per_m2 = np.r_[np.repeat(held, cells), np.full(4, held[2]), np.full(8, held[3])]
    of_air = package["c_convec"] / package["s_sink"] ** 2 * to_air_m2
    conductance = sparse.diags_array(joined.sum(axis=1) + ambient) - joined
    return conductance, ambient, LUMPED * (per_m2 * areas_m2 + of_air), *_shares(blocks, low, high, rows, columns)


def _pairs(one: ArrayLike, two: ArrayLike, conductance: float) -> tuple[Array, Array, Array]:
    first = np.ravel(one)
    return first, np.ravel(two), np.full(first.size, conductance)


def _side(
    side: int, edge: Array, along: float, other: float, area_m2: float, package: Mapping[str, float], cells: int
) -> list[tuple[Array, Array, Array]]:
    """Links of one side's three nodes beyond the die: of the spreader, of the sink under it, of the sink beyond."""
    spreader, sink = package["s_spreader"], package["s_sink"]
    node, links = 4 * cells + side, []
    for layer, name, to in ((2, "spreader", node), (3, "sink", node + 4)):
        k, t = package[f"k_{name}"], package[f"t_{name}"]
        to_ring = (spreader - along) / 4 / (k * (spreader + 3 * other) / 4 * t)
        resistance = 0.5 / (k * t) + to_ring * edge.size  # half a cell, and its part of the trapezoid
        links.append(_pairs(edge + layer * cells, np.full(edge.size, to), 1 / resistance))
    k, t = package["k_sink"], package["t_sink"]
    half = (spreader - along) / 4 / (k * (3 * spreader + other) / 4 * t)
    outer = (sink - spreader) / 4 / (k * (sink + 3 * spreader) / 4 * t)
    links.append(_pairs([node], [node + 4], package["k_spreader"] * area_m2 / package["t_spreader"]))
    return [*links, _pairs([node + 4], [node + 8], 1 / (half + outer))]


def _shares(blocks: Array, low: Array, high: Array, rows: int, columns: int) -> tuple[Array, Array]:
    """Part of each block's power in each cell (cells, n), and weight of each cell in a block's mean (n, cells)."""
    lengths, weights = [], []
    for axis, count in ((0, columns), (1, rows)):
        size = (high[axis] - low[axis]) / count
        begin = (blocks[:, 2 + axis] - low[axis]) / size
        end, cell = begin + blocks[:, axis] / size, np.arange(count)[:, np.newaxis]
        lengths.append(np.clip(np.minimum(end, cell + 1) - np.maximum(begin, cell), 0, None) / (end - begin))
        weights.append((cell >= np.floor(begin.round(9))) & (cell < np.ceil(end.round(9))))
    across, upward = lengths
    spread = np.einsum("rn,cn->rcn", upward[::-1], across).reshape(rows * columns, -1)
    touched = np.einsum("rn,cn->nrc", weights[1][::-1], weights[0]).reshape(len(blocks), -1).astype(float)
    return spread, touched / touched.sum(axis=1, keepdims=True)
