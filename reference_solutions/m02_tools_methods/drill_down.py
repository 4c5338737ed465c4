r"""Drilling down the Top-Down tree: which nodes matter, and where to look.

Question
    A tree of thirty shares: which of them deserve attention, and which one first?
Model
    .. math:: \mathrm{flag}(n) = \left( v_n > t_n \;\lor\; \exists\, c \in P(n): v_c > t_c \right)
        \land \mathrm{flag}(\mathrm{parent}(n))

    A node is flagged if it is above its own threshold and all its ancestors are flagged. :math:`P(n)` names children
    that speak for their parent: Retiring is flagged beyond 70 % of the slots, and also if Heavy Operations are above
    theirs; so values are needed before flags. From the root the path goes to the largest child above its own
    threshold, again and again: on the way down the ancestors are flagged already, and nobody speaks for a parent.
Assumes
    Siblings are shares of the same whole, so that the largest is the one to look at.
Breaks when
    A node's value is small but wrong (noise of multiplexing), thresholds belong to another CPU, or siblings of
    different domains (clocks and slots) are compared: compare them with their own thresholds only.
Source
    Yasin, ISPASS 2014, pp. 35-44, section III (hierarchical safety property); thresholds of SKX as in Intel's perfmon
    metrics file, TMA 5.01.
Oracle
    pmu-tools' flags on 28 counter sets (but for Retiring, which it tests before its child exists), and trees built by
    hand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["SKYLAKE_TREE", "SPEAKS_FOR_PARENT", "drill_down_path", "flagged_nodes"]

SKYLAKE_TREE: dict[str, tuple[str, float]] = {
    "frontend_bound": ("", 0.15),
    "bad_speculation": ("", 0.15),
    "backend_bound": ("", 0.20),
    "retiring": ("", 0.70),
    "fetch_latency": ("frontend_bound", 0.10),
    "fetch_bandwidth": ("frontend_bound", 0.20),
    "branch_mispredicts": ("bad_speculation", 0.10),
    "machine_clears": ("bad_speculation", 0.10),
    "memory_bound": ("backend_bound", 0.20),
    "core_bound": ("backend_bound", 0.10),
    "light_operations": ("retiring", 0.60),
    "heavy_operations": ("retiring", 0.10),
    "l1_bound": ("memory_bound", 0.10),
    "l2_bound": ("memory_bound", 0.05),
    "l3_bound": ("memory_bound", 0.05),
    "dram_bound": ("memory_bound", 0.10),
    "store_bound": ("memory_bound", 0.20),
}
"""Node -> its parent ("" at level 1) and its threshold."""

SPEAKS_FOR_PARENT = ("heavy_operations",)
"""Nodes that flag their parent when they are above their own threshold."""


def flagged_nodes(
    values: Mapping[str, ArrayLike],
    tree: Mapping[str, tuple[str, float]],
    speaks_for_parent: Collection[str] = (),
) -> dict[str, NDArray[np.bool_]]:
    """Whether each node of each workload is above its threshold, and so are all above it.

    Parameters
    ----------
    values : mapping of str to (...) array_like
        Share of each node; a NaN is never flagged. [1]
    tree : mapping of str to tuple of str and float
        Node -> its parent ("" for a root) and its threshold, in any order.
    speaks_for_parent : collection of str
        Nodes that flag their parent when they are above their own threshold.

    Returns
    -------
    dict of str to (...) ndarray of bool
        Flag of each node that has a value, in the order of the tree.

    Raises
    ------
    ValueError
        If a node with a value has an ancestor without one, or is its own ancestor.

    Examples
    --------
    >>> tree = {"backend_bound": ("", 0.2), "memory_bound": ("backend_bound", 0.2), "retiring": ("", 0.7)}
    >>> values = {"backend_bound": [0.5, 0.1], "memory_bound": [0.3, 0.3], "retiring": [0.5, 0.9]}
    >>> {node: flags.tolist() for node, flags in flagged_nodes(values, tree).items()}
    {'backend_bound': [True, False], 'memory_bound': [True, False], 'retiring': [False, True]}
    """
    nodes = [node for node in tree if node in values]
    above = {node: np.asarray(values[node], dtype=float) > tree[node][1] for node in nodes}
    own = dict(above)
    for node in nodes:
        parent = tree[node][0]
        if node in speaks_for_parent and parent in own:
            own[parent] = own[parent] | above[node]
    flags = {}
    for node in nodes:
        flag, parent, climbed = own[node], tree[node][0], [node]
        while parent:
            if parent not in own or parent in climbed:
                raise ValueError(f"{node} needs a value of its ancestor {parent}, and no node is its own ancestor")
            flag = flag & own[parent]
            climbed.append(parent)
            parent = tree[parent][0]
        flags[node] = flag
    return flags


def drill_down_path(values: Mapping[str, float], tree: Mapping[str, tuple[str, float]]) -> list[str]:
    """Nodes from level 1 downwards, each the largest of those above their thresholds; empty if there is none.

    Parameters
    ----------
    values : mapping of str to float
        Share of each node of one workload; a node may be missing, and a NaN is above no threshold. [1]
    tree : mapping of str to tuple of str and float
        Node -> its parent ("" for a root) and its threshold, in any order.

    Returns
    -------
    list of str
        The path; where two are equally large, the first of the tree.

    Examples
    --------
    >>> values = {"backend_bound": 0.55, "memory_bound": 0.3, "core_bound": 0.25, "dram_bound": 0.2, "l3_bound": 0.06}
    >>> drill_down_path(values, SKYLAKE_TREE)
    ['backend_bound', 'memory_bound', 'dram_bound']
    """
    path: list[str] = []
    here = ""
    while True:
        children = [node for node in tree if tree[node][0] == here and node in values]
        flagged = [node for node in children if values[node] > tree[node][1]]
        if not flagged:
            return path
        here = max(flagged, key=lambda node: values[node])
        path.append(here)
