r"""Placing pages one by one: near those who use them, and not all in one place.

Question
    A page is touched for the first time. On which node should it lie, if we know who will use it?
Model
    Among the nodes with room, the one of least

    .. math:: \frac{\sum_i a_i L_{ij}}{\sum_i a_i} + c \cdot \max L \cdot \frac{q_j + a}{\sum_k (q_k + a)}

    :math:`a_i` are the page's accesses by threads of node :math:`i`, :math:`a` their sum, :math:`L` the latencies, and
    :math:`q_j` the accesses to pages that lie on node :math:`j` already. The first term brings a page near its users;
    the second keeps the memories equally busy, and decides where the first is indifferent. :math:`c = 2` here.
Assumes
    Accesses are known beforehand, from a profile or an earlier run; pages stay where they are.
Breaks when
    Users move, or later pages are much hotter: a greedy policy cannot take back what it has placed.
Source
    Our own greedy rule. First touch, interleaving and binding, which it is held against: numa(7), Linux manual, and
    Lameter, "NUMA (non-uniform memory access): an overview", ACM Queue 11(7), 2013.
Oracle
    Placements small enough to try all of them; one node after the other, and interleaving, on the same runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.m01_microarchitecture.numa import numa_run_s, page_traffic

__all__ = ["place_page", "placed_run_s"]

Policy = Callable[[list[int], list[int], list[int], list[list[float]]], int]


def place_page(
    accesses: Sequence[int],
    free_pages: Sequence[int],
    load: Sequence[int],
    latency_s: Sequence[Sequence[float]],
) -> int:
    """Node on which a page is put.

    Parameters
    ----------
    accesses : (N,) sequence of int
        Accesses to the page by threads of each node, at least one. [1]
    free_pages : (N,) sequence of int
        Pages that each node has room for; at least one node has. [1]
    load : (N,) sequence of int
        Accesses to pages that lie on each node already. [1]
    latency_s : (N, N) sequence of sequence of float
        Latency from each node (row) to memory on each node (column). [s]

    Returns
    -------
    int
        Node.

    Examples
    --------
    Used by node 1 only; and used by both alike, while node 0 is busy:

    >>> near = [[80e-9, 140e-9], [140e-9, 80e-9]]
    >>> place_page([0, 9], [5, 5], [30, 30], near), place_page([4, 4], [5, 5], [60, 10], near)
    (1, 1)
    """
    latency = np.asarray(latency_s)
    near = np.asarray(accesses) @ latency / np.sum(accesses)
    after = np.asarray(load) + np.sum(accesses)
    cost = near + 2 * np.max(latency) * after / np.sum(after)
    return int(np.argmin(np.where(np.asarray(free_pages) > 0, cost, np.inf)))


def placed_run_s(
    policy: Policy,
    accesses: ArrayLike,
    node_pages: int,
    latency_s: ArrayLike,
    memory_bytes_per_s: ArrayLike,
    link_bytes_per_s: ArrayLike,
    outstanding: int,
) -> float:
    """Time of a run whose pages a policy has placed, in the order of their first touch.

    Parameters
    ----------
    policy : callable
        Takes what `place_page` takes; gives a node.
    accesses : (P, N) array_like of int
        Accesses to each page by threads of each node. [1]
    node_pages : int
        Pages that each node has room for. [1]
    latency_s : (N, N) array_like
        Latency from each node (row) to memory on each node (column). [s]
    memory_bytes_per_s : (N,) array_like
        Bandwidth of each node's memory. [B/s]
    link_bytes_per_s : (N, N) array_like
        Bandwidth from each node (row) to each other (column). [B/s]
    outstanding : int
        Lines that each node has under way at a time. [1]

    Returns
    -------
    float
        Time, as `numa_run_s` has it. [s]

    Raises
    ------
    ValueError
        If the policy gives a node without room.

    Examples
    --------
    Two pages, each read a million times by another node; both on node 0, then each on its own:

    >>> reads, near = [[10**6, 0], [0, 10**6]], [[80e-9, 140e-9], [140e-9, 80e-9]]
    >>> machine = near, [90e9, 90e9], [[1, 40e9], [40e9, 1]], 40
    >>> for policy in (lambda *_: 0, place_page):
    ...     print(round(placed_run_s(policy, reads, 2, *machine) * 1e3, 3))
    3.5
    2.0
    """
    by_page = np.asarray(accesses)
    nodes = by_page.shape[1]
    free, load, homes = [node_pages] * nodes, [0] * nodes, []
    latencies = np.asarray(latency_s, dtype=float).tolist()
    for page in by_page.tolist():
        home = int(policy(page, list(free), list(load), latencies))
        if free[home] < 1:
            raise ValueError(f"node {home} has no room")
        free[home] -= 1
        load[home] += sum(page)
        homes.append(home)
    traffic = page_traffic(by_page, homes)
    return numa_run_s(traffic, latency_s, memory_bytes_per_s, link_bytes_per_s, outstanding)
