r"""Collectives over fast links inside a node and slow ones between nodes, and what a placement costs.

Question
    A job sums its gradients over devices in several nodes. How long does that take, what does the hierarchy save over
    one large ring, and what does a scattered placement lose?
Model
    A ring sums pieces in :math:`n - 1` steps (reduce-scatter), and hands the results on in as many (all-gather). In
    groups of :math:`g` devices with links :math:`(\alpha, \beta)`, and :math:`n` groups over :math:`(\alpha', \beta')`,

    .. math:: t = 2 (g - 1) \left( \alpha + \frac{S}{g \beta} \right)
        + 2 (n - 1) \left( \alpha' + \frac{S / g}{n \beta'} \right)

    First each group scatters its sum, then the devices with the same piece sum it over the groups, each over a network
    link of its own, then each group gathers. Of a placement, pairs that talk pay for the lowest level that holds both:

    .. math:: C = \sum_{i < j} w_{ij}\, c_{\ell(x_i, x_j)}
Assumes
    All links of a level are alike and used at the same time, each device has its own network link (rails), the phases
    follow each other, additions are free. The cost of a pair does not depend on others.
Breaks when
    Devices share a network card (divide its bandwidth), phases overlap in pieces, switches are oversubscribed, or other
    algorithms (trees, in-network sums) win for small buffers. The pairwise cost ignores congestion.
Source
    The ring: Patarasuk, Yuan, J. Parallel and Distributed Computing 69(2), 2009, pp. 117-124, in Hockney's model
    (Parallel Computing 20(3), 1994), see `m01_microarchitecture.transfer_time`; the composition in three phases is
    arithmetic on them, and the cost of a placement the usual minimum-cut objective.
Oracle
    The three phases played device by device with numbers that are summed; one group, or groups of one, is a plain ring;
    placements of up to eight devices, all tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = [
    "cheapest_slots",
    "common_level",
    "hierarchical_all_reduce_s",
    "placed_all_reduce_s",
    "placement_cost",
    "reduce_scatter_s",
]


def reduce_scatter_s(
    size_bytes: ArrayLike, devices: ArrayLike, startup_s: ArrayLike, bandwidth_bytes_per_s: ArrayLike
) -> Array:
    """Time of a ring until each device has its piece of the sum; an all-gather takes as long. The arguments broadcast.

    Parameters
    ----------
    size_bytes : (...) array_like
        Buffer of each device; of an all-gather, what each has in the end. [B]
    devices : (...) array_like of int
        How many; one has nothing to do. [1]
    startup_s : (...) array_like
        Start-up time of a step. [s]
    bandwidth_bytes_per_s : (...) array_like
        Bandwidth of a link, in one direction. [B/s]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If there is no device, a bandwidth is not positive, or a size or start-up time is negative.

    Examples
    --------
    >>> float(reduce_scatter_s(8e9, 8, 0.0, 100e9))
    0.07
    """
    validate.require_positive(devices=devices, bandwidth_bytes_per_s=bandwidth_bytes_per_s)
    if np.any(np.less(size_bytes, 0)) or np.any(np.less(startup_s, 0)):
        raise ValueError("sizes and start-up times are not negative")
    step_s = np.asarray(startup_s) + np.divide(size_bytes, devices) / np.asarray(bandwidth_bytes_per_s)
    return np.asarray(np.subtract(devices, 1) * step_s)


def hierarchical_all_reduce_s(
    size_bytes: ArrayLike,
    group_devices: ArrayLike,
    groups: ArrayLike,
    inner_startup_s: ArrayLike,
    inner_bytes_per_s: ArrayLike,
    outer_startup_s: ArrayLike,
    outer_bytes_per_s: ArrayLike,
) -> Array:
    """Time to sum a buffer over all devices of all groups, in three phases; the arguments broadcast.

    Parameters
    ----------
    size_bytes : (...) array_like
        Buffer of each device. [B]
    group_devices : (...) array_like of int
        Devices of a group: those of a node. [1]
    groups : (...) array_like of int
        How many. [1]
    inner_startup_s : (...) array_like
        Start-up time of a step inside a group. [s]
    inner_bytes_per_s : (...) array_like
        Bandwidth of a device's link inside its group, in one direction. [B/s]
    outer_startup_s : (...) array_like
        Start-up time of a step between groups. [s]
    outer_bytes_per_s : (...) array_like
        Bandwidth of a device's link to other groups, in one direction. [B/s]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If there is no device or group, a bandwidth is not positive, or a size or start-up time is negative.

    Examples
    --------
    Sixteen nodes of eight devices, 8 GB; 100 GB/s inside and 50 GB/s outside of a node:

    >>> round(float(hierarchical_all_reduce_s(8e9, 8, 16, 0, 100e9, 0, 50e9)), 4)
    0.1775
    """
    inside_s = reduce_scatter_s(size_bytes, group_devices, inner_startup_s, inner_bytes_per_s)
    piece_bytes = np.divide(size_bytes, group_devices)
    return np.asarray(2 * inside_s + 2 * reduce_scatter_s(piece_bytes, groups, outer_startup_s, outer_bytes_per_s))


def placed_all_reduce_s(
    size_bytes: float,
    devices_on_node: ArrayLike,
    inner_startup_s: float,
    inner_bytes_per_s: float,
    outer_startup_s: float,
    outer_bytes_per_s: float,
) -> float:
    """Time to sum a buffer over a job's devices, wherever its placement has put them.

    Parameters
    ----------
    size_bytes : float
        Buffer of each device. [B]
    devices_on_node : (n,) array_like of int
        The job's devices on each node; 0 where it has none. Where all that are not 0 are equal, the job takes the three
        phases, which never are slower than one ring; else a ring through all devices, as slow as its slowest link. [1]
    inner_startup_s : float
        Start-up time of a step inside a node. [s]
    inner_bytes_per_s : float
        Bandwidth of a device's link inside its node. [B/s]
    outer_startup_s : float
        Start-up time of a step between nodes. [s]
    outer_bytes_per_s : float
        Bandwidth of a device's link to other nodes. [B/s]

    Returns
    -------
    float
        Time. [s]

    Raises
    ------
    ValueError
        If no node has a device, or a number of devices is negative.

    Examples
    --------
    Eight devices on one node, on two, and scattered over three:

    >>> links = {"inner_startup_s": 0, "inner_bytes_per_s": 100e9, "outer_startup_s": 0, "outer_bytes_per_s": 25e9}
    >>> [round(placed_all_reduce_s(8e9, nodes, **links), 3) for nodes in ([8, 0], [4, 4], [4, 3, 1])]
    [0.14, 0.2, 0.56]
    """
    counts = np.asarray(devices_on_node)
    used = counts[counts > 0]
    if used.size == 0 or np.any(counts < 0):
        raise ValueError("a job has a device on some node")
    each, nodes, devices = int(used[0]), used.size, int(used.sum())
    if np.any(used != each):
        startup_s, bytes_per_s = max(inner_startup_s, outer_startup_s), min(inner_bytes_per_s, outer_bytes_per_s)
        return float(2 * (devices - 1) * (startup_s + size_bytes / devices / bytes_per_s))
    inside_s = (each - 1) * (inner_startup_s + size_bytes / each / inner_bytes_per_s)
    between_s = (nodes - 1) * (outer_startup_s + size_bytes / each / nodes / outer_bytes_per_s)
    return float(2 * (inside_s + between_s))


def common_level(slots: ArrayLike, others: ArrayLike, level_slots: Sequence[int]) -> Array:
    """Lowest level of a tree of nodes, leaves and pods that holds two slots; the arguments broadcast.

    Parameters
    ----------
    slots, others : (...) array_like of int
        Slots, numbered through the cluster from 0.
    level_slots : sequence of int
        Slots of a node, of a leaf switch, of a pod: each a multiple of the one before. [1]

    Returns
    -------
    (...) ndarray of int
        0 within a node, 1 within a leaf, and so on; the number of levels where not even the last holds both.

    Raises
    ------
    ValueError
        If a level has no slot, or does not divide the next.

    Examples
    --------
    >>> common_level(0, [1, 3, 5, 9], [2, 4, 8]).tolist()
    [0, 1, 2, 3]
    """
    sizes = [1, *level_slots]
    if any(upper < lower or upper % lower for lower, upper in itertools.pairwise(sizes)):
        raise ValueError("each level is made of whole ones of the level below")
    apart = [np.floor_divide(slots, size) != np.floor_divide(others, size) for size in level_slots]
    return np.asarray(np.sum(apart, axis=0))


def placement_cost(
    traffic_bytes: ArrayLike, slots: Sequence[int], level_slots: Sequence[int], cost_per_byte: Sequence[float]
) -> float:
    """What the traffic of a placement costs, pair by pair.

    Parameters
    ----------
    traffic_bytes : (n, n) array_like
        Bytes between each two tasks, in either direction; what stands above the diagonal counts. [B]
    slots : sequence of int
        Slot of each task.
    level_slots : sequence of int
        Slots of a node, of a leaf switch, of a pod. [1]
    cost_per_byte : sequence of float
        Cost of a byte at each level, one more than there are levels. [1/B]

    Returns
    -------
    float
        Cost. [1]

    Raises
    ------
    ValueError
        If two tasks share a slot, there is not one slot for each, or not one cost for each level and one beyond.

    Examples
    --------
    >>> placement_cost([[0, 4, 0], [4, 0, 1], [0, 1, 0]], [0, 1, 2], [2], [1.0, 10.0])
    14.0
    """
    traffic = np.asarray(traffic_bytes, dtype=float)
    if len(set(slots)) < len(slots) or traffic.shape != (len(slots), len(slots)):
        raise ValueError("each task has a slot, and no two the same")
    if len(cost_per_byte) != len(level_slots) + 1:
        raise ValueError("there is a cost for each level, and one beyond")
    one, other = np.triu_indices(len(slots), 1)
    place = np.asarray(slots)
    levels = common_level(place[one], place[other], level_slots)
    return float(np.sum(traffic[one, other] * np.asarray(cost_per_byte, dtype=float)[levels]))


def cheapest_slots(
    traffic_bytes: ArrayLike, free_slots: Sequence[int], level_slots: Sequence[int], cost_per_byte: Sequence[float]
) -> tuple[int, ...]:
    """The placement that costs least, by trying all of them: for a handful of tasks.

    Parameters
    ----------
    traffic_bytes : (n, n) array_like
        Bytes between each two tasks. [B]
    free_slots : sequence of int
        Slots that may be used; at most eight.
    level_slots : sequence of int
        Slots of a node, of a leaf switch, of a pod. [1]
    cost_per_byte : sequence of float
        Cost of a byte at each level, one more than there are levels. [1/B]

    Returns
    -------
    tuple of int
        Slot of each task; of equally cheap ones the first in lexicographic order.

    Raises
    ------
    ValueError
        If there are more than eight slots, or fewer than tasks.

    Examples
    --------
    >>> cheapest_slots([[0, 0, 5], [0, 0, 1], [5, 1, 0]], [0, 1, 2, 3], [2], [1.0, 10.0])
    (0, 2, 1)
    """
    tasks = np.shape(traffic_bytes)[0]
    if not tasks <= len(free_slots) <= 8:
        raise ValueError("at least as many slots as tasks, and at most eight")
    return min(
        itertools.permutations(sorted(free_slots), tasks),
        key=lambda slots: placement_cost(traffic_bytes, slots, level_slots, cost_per_byte),
    )
