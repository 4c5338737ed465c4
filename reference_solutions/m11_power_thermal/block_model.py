r"""HotSpot's block model: a die in its package, as a network of thermal resistances and capacitances.

Question
    A floorplan, its powers, a spreader and a sink that are larger than the die. How hot does each block get?
Model
    .. math:: C \frac{dT}{dt} = P + g T_a - B T, \qquad B T = P + g T_a \text{ in the steady state}

    Four layers of :math:`n` blocks (`stack_w_per_k`), and twelve nodes for what of spreader and sink lies
    beyond the die, west, east, north, south: 4 of the spreader, 4 of the sink below it, 4 of the sink beyond it. A
    trapezoid from the die's edge to the spreader's has the mean of its two sides as its width. Blocks at the die's edge
    share such a trapezoid by their own conductances. Air takes heat from each part of the sink by its share of the
    sink's area, in series with the part's own vertical resistance. Every capacitance is multiplied by 0.333, HotSpot's
    factor for lumping what is distributed.
Assumes
    As the stack's; a square spreader on a square sink, the die in the middle; air that carries heat away evenly.
Breaks when
    Air flows from one side, or there is a second way out: through the board, which a laptop's chip uses.
Source
    Skadron et al., "Temperature-aware microarchitecture", ISCA 2003, pp. 2-13; HotSpot 7 (uvahotspot/HotSpot at
    f18831e4), whose rules for ring nodes, sharing and series resistances are followed exactly.
Oracle
    Matrices, capacitances, steady states and transients that HotSpot 7 wrote out; balance of energy; symmetric plans.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions.m11_power_thermal.block_stack import stack_w_per_k
from reference_solutions.units import Array

__all__ = ["PackageNetwork", "package_network", "steady_temperatures_k"]

Nodes = NDArray[np.intp]

LUMPED = 0.333
"""Share of a distributed capacitance that counts at one node."""

LAYERS = ("chip", "interface", "spreader", "sink")


@dataclass(frozen=True)
class PackageNetwork:
    """Nodes of a die in its package: four layers of blocks, then twelve beyond the die.

    Parameters
    ----------
    conductance_w_per_k : (nodes, nodes) ndarray
        Laplacian, with the conductances to ambient on its diagonal. [W/K]
    ambient_w_per_k : (nodes,) ndarray
        Conductance from each node to ambient. [W/K]
    capacitance_j_per_k : (nodes,) ndarray
        Capacitance of each node. [J/K]

    Examples
    --------
    >>> PackageNetwork(np.array([[2.0]]), np.array([2.0]), np.array([1.0])).ambient_w_per_k
    array([2.])
    """

    conductance_w_per_k: Array
    ambient_w_per_k: Array
    capacitance_j_per_k: Array


def package_network(blocks_m: ArrayLike, package: Mapping[str, float]) -> PackageNetwork:
    """Network of a floorplan in a package.

    Parameters
    ----------
    blocks_m : (n, 4) array_like
        Width, height, left edge, lower edge of each block. [m]
    package : mapping of str to float
        As HotSpot's configuration: `t_`, `k_`, `p_` of chip, interface, spreader, sink (thickness [m], conductivity
        [W/(m K)], heat capacity [J/(m^3 K)]), `s_spreader`, `s_sink` (sides [m]), `r_convec` [K/W], `c_convec` [J/K].

    Returns
    -------
    PackageNetwork
        4 n + 12 nodes.

    Examples
    --------
    >>> sizes = {"t_chip": 0.00015, "t_interface": 2e-5, "t_spreader": 0.001, "t_sink": 0.0069}
    >>> conducts = {"k_chip": 130.0, "k_interface": 4.0, "k_spreader": 400.0, "k_sink": 400.0}
    >>> holds = {"p_chip": 1630300, "p_interface": 4e6, "p_spreader": 3.55e6, "p_sink": 3.55e6}
    >>> rest = {"s_spreader": 0.03, "s_sink": 0.06, "r_convec": 0.1, "c_convec": 140.4}
    >>> network = package_network([[0.01, 0.01, 0.0, 0.0]], sizes | conducts | holds | rest)
    >>> -network.conductance_w_per_k[0, 1:2].round(4), network.ambient_w_per_k[[3, 8, 12]].round(4)
    (array([86.6667]), array([0.2651, 0.5302, 1.7893]))
    """
    blocks = np.asarray(blocks_m, dtype=float)
    stack = stack_w_per_k(
        blocks, [package[f"t_{layer}"] for layer in LAYERS], [package[f"k_{layer}"] for layer in LAYERS]
    )
    n = len(blocks)
    links = np.zeros((4 * n + 12, 4 * n + 12))
    links[: 4 * n, : 4 * n] = np.diag(np.diag(stack)) - stack
    for side in range(4):
        _link_side(links, blocks, package, side)
    areas_m2 = _areas_m2(blocks, package)
    conducting_m2 = areas_m2 * np.r_[np.zeros(3 * n), np.ones(n), np.zeros(4), np.ones(8)]  # the sink's
    ambient = conducting_m2 / (package["r_convec"] * package["s_sink"] ** 2 + package["t_sink"] / package["k_sink"])
    held = [package[f"p_{layer}"] * package[f"t_{layer}"] for layer in LAYERS]
    of_air = package["c_convec"] / package["s_sink"] ** 2 * (conducting_m2 > 0)
    per_m2 = np.r_[np.repeat(held, n), np.full(4, held[2]), np.full(8, held[3])]
    return PackageNetwork(np.diag(links.sum(axis=1) + ambient) - links, ambient, LUMPED * (per_m2 + of_air) * areas_m2)


def _die_m(blocks: Array) -> tuple[float, float]:
    """Width and height of the die: the box around its blocks."""
    ends = blocks[:, 2:] + blocks[:, :2]
    return tuple((ends.max(axis=0) - blocks[:, 2:].min(axis=0)).tolist())


def _areas_m2(blocks: Array, package: Mapping[str, float]) -> Array:
    """Area of each node, seen from above."""
    (die_x, die_y), spreader, sink = _die_m(blocks), package["s_spreader"], package["s_sink"]
    beyond_x, beyond_y = (
        (spreader + other) * (spreader - along) / 4 for along, other in ((die_x, die_y), (die_y, die_x))
    )
    ring = [beyond_x, beyond_x, beyond_y, beyond_y]
    outer = np.full(4, (sink**2 - spreader**2) / 4)
    return np.concatenate([np.tile(blocks[:, 0] * blocks[:, 1], 4), ring, ring, outer])


def _link_side(links: Array, blocks: Array, package: Mapping[str, float], side: int) -> None:
    """Conductances of one side's three nodes: west, east, north, south."""
    n, axis = len(blocks), side // 2
    along, other = _die_m(blocks)[axis], _die_m(blocks)[1 - axis]
    low, high = blocks[:, 2 + axis], blocks[:, 2 + axis] + blocks[:, axis]
    at_low = side in (0, 3)  # west and south
    touching = np.flatnonzero(np.abs(low - low.min()) < 1e-6 if at_low else np.abs(high - high.max()) < 1e-6)
    spreader, sink, thick = package["s_spreader"], package["s_sink"], package["t_sink"]
    first, under, beyond = 4 * n + side, 4 * n + 4 + side, 4 * n + 8 + side
    for layer, name, node in ((2, "spreader", first), (3, "sink", under)):
        k, t = package[f"k_{name}"], package[f"t_{name}"]
        to_ring = (spreader - along) / 4 / (k * (spreader + 3 * other) / 4 * t)
        own = k * t * blocks[touching, 1 - axis] / (blocks[touching, axis] / 2)
        _link(links, layer * n + touching, node, 1 / (1 / own + to_ring * own.sum() / own))
    area = (spreader + other) * (spreader - along) / 4
    _link(links, first, under, package["k_spreader"] * area / package["t_spreader"])
    half = (spreader - along) / 4 / (package["k_sink"] * (3 * spreader + other) / 4 * thick)
    outer = (sink - spreader) / 4 / (package["k_sink"] * (sink + 3 * spreader) / 4 * thick)
    _link(links, under, beyond, 1 / (half + outer))


def _link(links: Array, one: int | Nodes, other: int, conductance: float | Array) -> None:
    links[one, other] = links[other, one] = conductance


def steady_temperatures_k(network: PackageNetwork, power_w: ArrayLike, ambient_k: float) -> Array:
    """Temperatures of all nodes once nothing changes any more.

    Parameters
    ----------
    network : PackageNetwork
        Of a die in its package.
    power_w : (n,) array_like
        Power of the first n nodes, the blocks of the die. [W]
    ambient_k : float
        Temperature of the air. [K]

    Returns
    -------
    (nodes,) ndarray
        Temperatures. [K]

    Raises
    ------
    ValueError
        If no node leads to ambient: heat would have nowhere to go.

    Examples
    --------
    >>> lone = PackageNetwork(np.array([[2.0]]), np.array([2.0]), np.array([1.0]))
    >>> steady_temperatures_k(lone, [10.0], 300.0)
    array([305.])
    """
    if not np.any(network.ambient_w_per_k > 0):
        raise ValueError("no node leads to ambient")
    heat, watts = network.ambient_w_per_k * ambient_k, np.atleast_1d(np.asarray(power_w, dtype=float))
    heat[: len(watts)] += watts
    return np.asarray(np.linalg.solve(network.conductance_w_per_k, heat))
