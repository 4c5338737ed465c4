r"""GPUs that are free and of no use, and a placement that makes few of them.

Question
    Tasks ask for a fraction of a GPU, or for several whole ones. Which of the free GPUs can serve nobody who is likely
    to come, and where should a task go so that these stay few?
Model
    Of a node with shares :math:`R_g` free and a kind of task that asks for :math:`D_m`,

    .. math:: F(m) = \begin{cases} \sum_g R_g & \text{if it cannot run here, or asks for no GPU} \\
        \sum_{g:\, R_g < \min(D_m, 1)} R_g & \text{else} \end{cases}, \qquad F = \sum_m p_m F(m),

    over kinds of task with the shares :math:`p_m` in which they come. A task goes to the node where :math:`F` grows
    least (or falls most): the steepest descent of the cluster's fragmentation.
Assumes
    The mix of tomorrow is that of yesterday; whole GPUs are alike, and a fraction lies on one GPU.
Breaks when
    The mix changes, tasks live very differently long (the model looks at one moment), or topology matters.
Source
    Weng, Yang, Yu, Wang, Tang, Yang, Zhang, "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with
    Fragmentation Gradient Descent", USENIX ATC 2023; tasks without GPU as in the authors' code (`pkg/utils/frag.go`).
Oracle
    By hand: GPUs with 0.3 and 1 free; every GPU asked on its own whether this kind can use it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["choose_node", "fragmentation_gpus"]


def fragmentation_gpus(
    free_gpus: Sequence[float],
    free_cpus: float,
    task_gpus: Sequence[float],
    task_cpus: Sequence[float],
    task_share: Sequence[float],
) -> float:
    """Free GPUs of a node that are of no use, on average over kinds of task.

    Parameters
    ----------
    free_gpus : (g,) sequence of float
        Free share of each GPU, from 0 to 1. [GPUs]
    free_cpus : float
        Free CPUs of the node. [1]
    task_gpus : (m,) sequence of float
        What each kind of task asks for: 0, a fraction of one GPU, or a whole number. [GPUs]
    task_cpus : (m,) sequence of float
        CPUs that it asks for. [1]
    task_share : (m,) sequence of float
        Share of the tasks that are of this kind. [1]

    Returns
    -------
    float
        Free GPUs of no use. [GPUs]

    Examples
    --------
    Half a GPU cannot use the 0.3 that is free, two GPUs can use nothing:

    >>> round(fragmentation_gpus([0.3, 1.0], 8, [0.5, 2.0], [1, 1], [0.5, 0.5]), 3)
    0.8
    """
    free = np.asarray(free_gpus, dtype=float)
    lost = 0.0
    for gpus, cpus, share in zip(task_gpus, task_cpus, task_share, strict=True):
        usable = free >= min(gpus, 1) - 1e-9
        runs = gpus > 0 and cpus <= free_cpus and np.sum(usable) >= gpus
        lost += share * float(np.sum(free[~usable]) if runs else np.sum(free))
    return lost


def choose_node(free_gpus: list[list[float]], task_gpus: float, mix: list[list[float]]) -> int:
    """Place a task where fragmentation grows least.

    Parameters
    ----------
    free_gpus : list of list of float
        Free share of each GPU, node by node. [GPUs]
    task_gpus : float
        What the task asks for. [GPUs]
    mix : list of [float, float]
        Kinds of task: what each asks for, and its share. [GPUs, 1]

    Returns
    -------
    int
        Number of a node with room; of equals the one with the least free, then the first.

    Examples
    --------
    A half GPU beside the other half, and not where two whole ones are free:

    >>> choose_node([[1.0, 1.0], [0.5, 0.0]], 0.5, [[0.5, 0.5], [2.0, 0.5]])
    1
    """
    asked, shares = [kind[0] for kind in mix], [kind[1] for kind in mix]
    nothing = [0.0] * len(mix)
    ranks = []
    for node, before in enumerate(free_gpus):
        after = sorted(before)
        room = [place for place, free in enumerate(after) if free >= min(task_gpus, 1) - 1e-9]
        if len(room) < task_gpus:
            continue
        for place in room[: max(1, round(task_gpus))]:  # the fullest GPU that has room
            after[place] -= min(task_gpus, 1)
        grown = [fragmentation_gpus(free, 0, asked, nothing, shares) for free in (before, after)]
        ranks.append((round(grown[1] - grown[0], 9), round(sum(before), 9), node))
    return min(ranks)[2]
