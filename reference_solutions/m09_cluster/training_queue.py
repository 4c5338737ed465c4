r"""A partition for jobs of whole nodes: how long gangs wait, how busy it is, and what rounding up to nodes loses.

Question
    Beside one long run, a partition serves other jobs. Each takes whole nodes, all at once. How many nodes does it
    need so that few wait long, and how much of it is held without being asked for?
Model
    A job of :math:`g` devices holds :math:`n_i = \lceil g_i / k \rceil` nodes of :math:`k` devices for its run time
    :math:`r_i`. A queue, in order of arrival or with backfill (`job_queue`, `backfill`), gives its wait. On :math:`N`
    nodes, from the first arrival to the last end, :math:`T`,

    .. math:: U = \frac{\sum n_i r_i}{N T}, \qquad \Phi = 1 - \frac{\sum g_i r_i}{k \sum n_i r_i}

    are allocation and internal fragmentation. Of the waits, mean and nearest-rank 90th percentile are given.
Assumes
    Run times are known when a job starts; any free nodes will do; nothing fails.
Breaks when
    Small jobs share nodes (fragmentation is then external, see `fragmentation`), users' estimates are wild (backfill
    finds less), or topology decides which nodes a gang may have.
Source
    Queues as in `backfill`: Lifka, JSSPP 1995; Mu'alem, Feitelson, IEEE Transactions on Parallel and Distributed
    Systems 12(6), 2001. The two shares are arithmetic.
Oracle
    The partition replayed minute by minute by a loop that knows no events; one node is a queue with one server.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.m09_cluster.backfill import first_come_to_start, jobs_to_start
from reference_solutions.m09_cluster.job_queue import followed_queue

__all__ = ["gang_partition"]


def gang_partition(
    submit_s: ArrayLike,
    job_devices: ArrayLike,
    run_s: ArrayLike,
    nodes: int,
    node_devices: int,
    policy: str = "backfill",
) -> dict[str, float]:
    """Waits, allocation and fragmentation of a partition whose jobs take whole nodes.

    Parameters
    ----------
    submit_s : (n,) array_like
        Arrivals, in rising order. [s]
    job_devices : (n,) array_like of int
        What each job asks for. [devices]
    run_s : (n,) array_like
        How long it runs. [s]
    nodes : int
        Of the partition. [nodes]
    node_devices : int
        Devices of a node. [devices]
    policy : {"backfill", "fifo"}
        Who starts: EASY backfill, or strictly in order of arrival.

    Returns
    -------
    dict of str to float
        `wait_mean_s`, `wait_p90_s` [s]; `utilisation` of nodes, `fragmentation` [1].

    Raises
    ------
    ValueError
        If a job is larger than the partition, or there is no such policy.

    Examples
    --------
    Twelve devices take two of three nodes; who asks for three nodes waits, who asks for one device does not:

    >>> jobs = {"submit_s": [0, 1, 2], "job_devices": [12, 24, 1], "run_s": [100, 50, 60]}
    >>> found = gang_partition(**jobs, nodes=3, node_devices=8)
    >>> found["wait_mean_s"], found["wait_p90_s"], round(found["fragmentation"], 3)
    (33.0, 99.0, 0.25)
    """
    validate.require_positive(nodes=nodes, node_devices=node_devices, run_s=run_s, job_devices=job_devices)
    policies = {"backfill": jobs_to_start, "fifo": first_come_to_start}
    if policy not in policies:
        raise ValueError("policy is backfill or fifo")
    asked, runs = np.asarray(job_devices), np.asarray(run_s, dtype=float)
    held = -(-asked // node_devices)
    if np.any(held > nodes):
        raise ValueError("a job asks for more than the partition has")
    arrivals, times = [float(one) for one in np.asarray(submit_s)], runs.tolist()
    seen = followed_queue(policies[policy], arrivals, held.tolist(), times, times, nodes)
    waits, span_s = np.sort(seen["wait_s"]), float(np.max(seen["start_s"] + runs)) - min(arrivals)
    return {
        "wait_mean_s": float(waits.mean()),
        "wait_p90_s": float(waits[-(-9 * len(waits) // 10) - 1]),
        "utilisation": float(held @ runs / (nodes * span_s)),
        "fragmentation": float(1 - asked @ runs / (node_devices * (held @ runs))),
    }
