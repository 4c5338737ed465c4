r"""Non-uniform memory: what a placement of pages costs in latency, and what it leaves of the bandwidth.

Question
    Pages lie on nodes, threads run on nodes. How long does an access take, and how fast can all of them go?
Model
    .. math:: \bar L = \sum_{ij} x_{ij} L_{ij}, \qquad
        X = \min\left( \min_j \frac{B_j}{\sum_i x_{ij}},\; \min_{i \ne j} \frac{K_{ij}}{x_{ij}} \right)

    :math:`x_{ij}` is the share of all traffic that threads of node :math:`i` ask of memory on node :math:`j`. A latency
    is paid by each access, so latencies are averaged. A bandwidth is shared: the whole can go only as fast as its
    narrowest place, the memory of a node (:math:`B_j`) or a link (:math:`K_{ij}`). *First touch* puts a page on the
    node whose thread touches it first, *interleaving* deals pages out in turns, *binding* puts all on one node.
    A run of :math:`A_{ij}` accesses takes at least as long as any of its parts:

    .. math:: T = \max\left( \max_i \frac{1}{n} \sum_j A_{ij} L_{ij},\; \frac{l \sum_{ij} A_{ij}}{X} \right)

    with :math:`n` lines of :math:`l` bytes under way for each node.
Assumes
    Routes are fixed, each pair of nodes has a link of its own in each direction, traffic keeps its shares.
Breaks when
    Pages migrate, several pairs share a link, or caches answer. Near the limits latencies grow.
Source
    Lameter, "NUMA (non-uniform memory access): an overview", ACM Queue 11(7), 2013, and numa(7) of the Linux manual for
    placement and its policies; the equations are our own.
Oracle
    A linear program (scipy) that sends as much traffic as capacities allow; interleaving in closed form, 1 - 1/n.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["numa_bytes_per_s", "numa_latency_s", "numa_run_s", "page_homes", "page_traffic"]


def page_homes(policy: str, first_touch: ArrayLike, nodes: int, node: int = 0) -> NDArray[np.int64]:
    """Node on which each page lies.

    Parameters
    ----------
    policy : {"first_touch", "interleave", "bind"}
        Where pages are put.
    first_touch : (P,) array_like of int
        Node whose thread touches each page first.
    nodes, node : int
        How many there are; and which one, for "bind". [1]

    Returns
    -------
    (P,) ndarray of int
        Home of each page.

    Raises
    ------
    ValueError
        If there is no such policy.

    Examples
    --------
    >>> page_homes("interleave", [0, 0, 0, 0, 0], nodes=2)
    array([0, 1, 0, 1, 0])
    """
    touched = np.asarray(first_touch, dtype=np.int64)
    if policy == "first_touch":
        return touched
    if policy == "interleave":
        return np.arange(touched.size) % nodes
    if policy == "bind":
        return np.full(touched.size, node)
    raise ValueError(f"no policy {policy!r}: first_touch, interleave or bind")


def page_traffic(accesses: ArrayLike, homes: ArrayLike) -> Array:
    """Accesses that threads of each node make to memory of each node.

    Parameters
    ----------
    accesses : (P, N) array_like
        Accesses to each page by threads of each node. [1]
    homes : (P,) array_like of int
        Home of each page.

    Returns
    -------
    (N, N) ndarray
        Accesses from each node (row) to each node (column). [1]

    Examples
    --------
    >>> page_traffic([[6, 1], [2, 3]], homes=[0, 1])
    array([[6., 2.],
           [1., 3.]])
    """
    by_page = np.asarray(accesses, dtype=float)
    lies = np.asarray(homes)[:, np.newaxis] == np.arange(by_page.shape[1])
    traffic: Array = by_page.T @ lies
    return traffic


def numa_latency_s(traffic: ArrayLike, latency_s: ArrayLike) -> float:
    """Mean latency of an access.

    Parameters
    ----------
    traffic : (N, N) array_like
        Accesses, or shares of them, from each node (row) to memory on each node (column). [1]
    latency_s : (N, N) array_like
        Latency between them. [s]

    Returns
    -------
    float
        Mean. [s]

    Raises
    ------
    ValueError
        If there is no traffic, or a latency is not positive.

    Examples
    --------
    >>> round(numa_latency_s([[3, 1], [0, 0]], [[80e-9, 140e-9], [140e-9, 80e-9]]) * 1e9, 6)
    95.0
    """
    validate.require_positive(latency_s=latency_s, traffic=np.sum(traffic))
    return float(np.average(np.asarray(latency_s, dtype=float), weights=np.asarray(traffic, dtype=float)))


def numa_bytes_per_s(traffic: ArrayLike, memory_bytes_per_s: ArrayLike, link_bytes_per_s: ArrayLike) -> float:
    """Bandwidth of all nodes together, if the traffic keeps its shares.

    Parameters
    ----------
    traffic : (N, N) array_like
        Accesses, or shares of them, from each node (row) to memory on each node (column). [1]
    memory_bytes_per_s : (N,) array_like
        Bandwidth of each node's memory. [B/s]
    link_bytes_per_s : (N, N) array_like
        Bandwidth from each node (row) to each other (column); the diagonal does not count. [B/s]

    Returns
    -------
    float
        Bandwidth. [B/s]

    Raises
    ------
    ValueError
        If there is no traffic.

    Examples
    --------
    Two nodes that read everything from node 0: its memory decides, unless the link does.

    >>> numa_bytes_per_s([[1, 0], [1, 0]], [200e9, 200e9], np.full((2, 2), 50e9)) / 1e9
    100.0
    """
    validate.require_positive(traffic=np.sum(traffic))
    share = np.asarray(traffic, dtype=float) / np.sum(traffic)
    between = ~np.eye(share.shape[0], dtype=bool)
    used = np.concatenate([share.sum(axis=0), share[between]])
    capacity = np.concatenate([np.asarray(memory_bytes_per_s), np.asarray(link_bytes_per_s)[between]])
    return float(np.min(capacity[used > 0] / used[used > 0]))


def numa_run_s(
    traffic: ArrayLike,
    latency_s: ArrayLike,
    memory_bytes_per_s: ArrayLike,
    link_bytes_per_s: ArrayLike,
    outstanding: int,
    line_bytes: int = 64,
) -> float:
    """Time of a run, by its slowest node or its narrowest place, whichever takes longer.

    Parameters
    ----------
    traffic : (N, N) array_like
        Accesses from each node (row) to memory on each node (column). [1]
    latency_s : (N, N) array_like
        Latency between them. [s]
    memory_bytes_per_s : (N,) array_like
        Bandwidth of each node's memory. [B/s]
    link_bytes_per_s : (N, N) array_like
        Bandwidth from each node (row) to each other (column). [B/s]
    outstanding : int
        Lines that each node has under way at a time. [1]
    line_bytes : int
        Size of a line. [B]

    Returns
    -------
    float
        Time. [s]

    Examples
    --------
    A million accesses of one node, 40 at a time and 80 ns each, to a memory that is fast enough:

    >>> numa_run_s([[1e6]], [[80e-9]], [200e9], [[1e9]], outstanding=40)
    0.002
    """
    accesses = np.asarray(traffic, dtype=float)
    waiting_s = np.sum(accesses * np.asarray(latency_s), axis=1) / outstanding
    moving_s = line_bytes * np.sum(accesses) / numa_bytes_per_s(accesses, memory_bytes_per_s, link_bytes_per_s)
    return float(max(np.max(waiting_s), moving_s))
