r"""A cluster whose GPUs are shared: tasks come, are placed by a policy, and leave.

Question
    How much of what tasks ask for must be turned away, if a policy chooses the nodes?
Model
    Task :math:`i` comes at time :math:`i`, stays for :math:`s_i`, and asks for :math:`D_i` GPUs of one node: a fraction
    of one, or whole ones. Where it is placed a fraction takes the fullest GPU with room. If no node has room it is
    turned away. The measure is the share of the GPUs asked for that were turned away,

    .. math:: \frac{\sum_{i\ \mathrm{turned\ away}} D_i}{\sum_i D_i}
Assumes
    Nobody waits or moves, and a task counts by its size: large ones are not easier to lose.
Breaks when
    Tasks queue instead of going away, or what they hold is not what they use.
Source
    The setting of Weng et al., "Beware of Fragmentation", USENIX ATC 2023, with departures; the simulator is our own.
Oracle
    One GPU is a renewal process; traces played by hand; conservation: what is held is what was placed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

__all__ = ["most_free_node", "turned_away_share"]

NodePolicy = Callable[[list[list[float]], float, list[list[float]]], int]


def most_free_node(free_gpus: list[list[float]], task_gpus: float, mix: list[list[float]]) -> int:  # noqa: ARG001
    """Spread: the node with room that has most GPUs free, which a policy is held against.

    Parameters
    ----------
    free_gpus : list of list of float
        Free share of each GPU, node by node. [GPUs]
    task_gpus : float
        What the task asks for. [GPUs]
    mix : list of [float, float]
        Not looked at.

    Returns
    -------
    int
        Number of a node; of equals the first.

    Examples
    --------
    >>> most_free_node([[1.0, 1.0], [0.5, 0.0]], 0.5, [])
    0
    """
    room = [node for node, gpus in enumerate(free_gpus) if _fits(gpus, task_gpus)]
    return max(room, key=lambda node: (round(sum(free_gpus[node]), 9), -node))


def turned_away_share(
    policy: NodePolicy,
    task_gpus: Sequence[float],
    stay: Sequence[float],
    mix: list[list[float]],
    nodes: int,
    gpus: int,
) -> float:
    """Share of the GPUs asked for that a policy had to turn away.

    Parameters
    ----------
    policy : callable
        Takes the free share of each GPU node by node, what a task asks for, and the mix; gives the number of a node.
        It is asked only while some node has room.
    task_gpus : sequence of float
        What tasks ask for, one at each unit of time. [GPUs]
    stay : sequence of float
        How long each stays. [units of time]
    mix : list of [float, float]
        Kinds of task and their shares, as the policy is told. [GPUs, 1]
    nodes : int
        Nodes. [1]
    gpus : int
        GPUs of each. [1]

    Returns
    -------
    float
        Share. [1]

    Raises
    ------
    ValueError
        If the policy chooses a node without room.

    Examples
    --------
    Two GPUs of one node, and three tasks of 1, 2 and 1 GPU: the second finds one GPU free.

    >>> turned_away_share(most_free_node, [1, 2, 1], [5, 5, 5], [], nodes=1, gpus=2)
    0.5
    """
    free = [[1.0] * gpus for _ in range(nodes)]
    leaving: list[tuple[float, int, int, list[int], float]] = []
    lost = 0.0
    for now, (asked, stays) in enumerate(zip(task_gpus, stay, strict=True)):
        while leaving and leaving[0][0] <= now:
            _, _, node, places, share = heapq.heappop(leaving)
            for gpu in places:
                free[node][gpu] = round(free[node][gpu] + share, 9)
        if not any(_fits(one, asked) for one in free):
            lost += asked
            continue
        node = int(policy([list(one) for one in free], asked, mix))
        if not (0 <= node < nodes and _fits(free[node], asked)):
            raise ValueError("a node without room")
        share = min(float(asked), 1.0)
        fullest_first = sorted(range(gpus), key=lambda gpu: (free[node][gpu], gpu))
        places = [gpu for gpu in fullest_first if free[node][gpu] >= share - 1e-9][: max(1, round(asked))]
        for gpu in places:
            free[node][gpu] = max(0.0, round(free[node][gpu] - share, 9))
        heapq.heappush(leaving, (now + stays, now, node, places, share))
    return lost / sum(task_gpus)


def _fits(gpus: Sequence[float], asked: float) -> bool:
    return sum(free >= min(asked, 1) - 1e-9 for free in gpus) >= asked
