r"""A server of one's own: where its pages lie, and how its kernel is launched.

Question
    An inference service gets a server with uneven memories and a GPU whose limits nobody has in mind. Which placement
    policy, which of the launches on offer, and how fast will both be?
Model
    Placement: `numa`, for three policies side by side. A run takes as long as its slowest node waits, with as many
    lines under way as the node has buffers, or as its busiest memory or link needs, whichever is more.

    .. math:: T = \max\left( \max_i \frac{\sum_j A_{ij} L_{ij}}{n},\; \max_j \frac{l \sum_i A_{ij}}{B_j},\;
        \max_{i \ne j} \frac{l A_{ij}}{K_{ij}} \right)

    Launch: `occupancy` gives the blocks, and Little's law the bandwidth:
    :math:`\min(1,\; M b\, T_b\, k\, a / (B\, L))` of the peak, with :math:`k` loads of :math:`a` bytes under way for
    each of the :math:`T_b` threads of a block.
Assumes
    What both models do: fixed shares of the traffic, latencies that do not grow with the load, full sectors.
Breaks when
    Host and GPU disturb each other, or a memory nears its peak.
Source
    Lameter, ACM Queue 11(7), 2013, for the policies; NVIDIA, `cuda_occupancy.h`, CUDA 12.9; Little, Operations Research
    9(3), 1961, pp. 383-387. Putting them together is our own.
Oracle
    Drawn servers and launches, whose parts `numa` and `block_occupancy` give: other code, with oracles of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["deployment_plan", "placement_costs"]


def placement_costs(accesses: ArrayLike, touched_by: Sequence[int], server: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Latency, bandwidth and time of a run with each of three policies.

    Parameters
    ----------
    accesses : (P, N) array_like
        Accesses to each page by threads of each node. [1]
    touched_by : (P,) sequence of int
        Node whose thread touches each page first.
    server : mapping
        `latency_s` and `link_bytes_per_s` from each node (row) to each node (column); `memory_bytes_per_s` of each
        node; `outstanding` lines that a node has under way; `line_bytes`; `bind_node`. [s, B/s, 1, B]

    Returns
    -------
    dict of str to list
        `policy`: "first_touch", "interleave", "bind"; `latency_s`, the mean of an access; `bytes_per_s`, what memories
        and links allow all nodes together; `run_s`.

    Examples
    --------
    Two nodes that each touch and use a page of their own:

    >>> server = {"latency_s": [[8e-8, 14e-8], [14e-8, 8e-8]], "link_bytes_per_s": [[0, 40e9], [40e9, 0]]}
    >>> server |= {"memory_bytes_per_s": [90e9, 90e9], "outstanding": 40, "line_bytes": 64, "bind_node": 1}
    >>> found = placement_costs([[1e6, 0], [0, 1e6]], [0, 1], server)
    >>> [round(time_s * 1e3, 3) for time_s in found["run_s"]]
    [2.0, 2.0, 3.5]
    """
    by_page = np.asarray(accesses, dtype=float)
    pages, nodes = by_page.shape
    latency = np.asarray(server["latency_s"])
    homes = {
        "first_touch": np.asarray(touched_by),
        "interleave": np.arange(pages) % nodes,
        "bind": np.full(pages, server["bind_node"]),
    }
    table: dict[str, list[Any]] = {"policy": list(homes), "latency_s": [], "bytes_per_s": [], "run_s": []}
    for policy in homes:
        traffic = by_page.T @ (homes[policy][:, np.newaxis] == np.arange(nodes))
        waiting_s = np.sum(traffic * latency, axis=1)
        busy_s = [
            server["line_bytes"] * traffic[:, node].sum() / server["memory_bytes_per_s"][node] for node in range(nodes)
        ]
        for here in range(nodes):
            for there in range(nodes):
                if here != there:
                    moved_bytes = server["line_bytes"] * traffic[here, there]
                    busy_s.append(moved_bytes / server["link_bytes_per_s"][here][there])
        table["latency_s"].append(float(waiting_s.sum() / traffic.sum()))
        table["bytes_per_s"].append(float(server["line_bytes"] * traffic.sum() / max(busy_s)))
        table["run_s"].append(float(max(waiting_s.max() / server["outstanding"], *busy_s)))
    return table


def deployment_plan(
    costs: Mapping[str, Sequence[Any]], launches: Sequence[Mapping[str, Any]], gpu: Mapping[str, Any]
) -> str:
    """The decision as a text in JSON.

    Parameters
    ----------
    costs : mapping of str to sequence
        What `placement_costs` gives.
    launches : sequence of mapping
        Of each its letter `launch`; `threads` of a block, `registers` of a thread, `shared_bytes` of a block; `loads`
        of `access_bytes` that each thread has under way. [1, B]
    gpu : mapping
        `multiprocessors`, `latency_s`, `bandwidth_bytes_per_s`; and of each multiprocessor `max_warps`, `max_blocks`,
        `registers`, `shared_bytes`, `reserved_shared_bytes_per_block`, `shared_granularity_bytes`.

    Returns
    -------
    str
        JSON: `placement` with `policy` and `run_s`; `launch` with `launch`, `blocks`, `limited_by`, `busy_share`.

    Examples
    --------
    >>> costs = {"policy": ["interleave", "bind"], "run_s": [0.5, 0.25]}
    >>> launches = [{"launch": "A", "threads": 128, "registers": 64, "shared_bytes": 0, "loads": 1, "access_bytes": 16}]
    >>> gpu = {"multiprocessors": 10, "latency_s": 1e-6, "bandwidth_bytes_per_s": 0.4e12, "max_warps": 48}
    >>> gpu |= {"max_blocks": 16, "registers": 65536, "shared_bytes": 65536}
    >>> gpu |= {"reserved_shared_bytes_per_block": 1024, "shared_granularity_bytes": 128}
    >>> plan = json.loads(deployment_plan(costs, launches, gpu))
    >>> plan["placement"]["policy"], plan["launch"]["blocks"], plan["launch"]["limited_by"]
    ('bind', 8, ['registers'])
    """
    plans = []
    for one in launches:
        warps = -(-one["threads"] // 32)
        grains = -(-(one["shared_bytes"] + gpu["reserved_shared_bytes_per_block"]) // gpu["shared_granularity_bytes"])
        limits = {
            "warps": gpu["max_warps"] // warps,
            "blocks": gpu["max_blocks"],
            "registers": 4 * (gpu["registers"] // 4 // (256 * -(-one["registers"] // 8))) // warps,
            "shared_memory": gpu["shared_bytes"] // (grains * gpu["shared_granularity_bytes"]),
        }
        blocks = min(limits.values())
        in_flight_bytes = gpu["multiprocessors"] * blocks * one["threads"] * one["loads"] * one["access_bytes"]
        plans.append(
            {
                "launch": one["launch"],
                "blocks": blocks,
                "limited_by": [resource for resource in limits if limits[resource] == blocks],
                "busy_share": min(1.0, in_flight_bytes / gpu["latency_s"] / gpu["bandwidth_bytes_per_s"]),
            }
        )
    best = int(np.argmin(costs["run_s"]))
    return json.dumps(
        {
            "placement": {"policy": costs["policy"][best], "run_s": costs["run_s"][best]},
            "launch": max(plans, key=lambda plan: plan["busy_share"]),
        },
        indent=2,
    )
