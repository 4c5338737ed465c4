r"""Who asks when: the four scenarios of MLPerf Inference, played against a system with one worker.

Question
    The same system is asked by one camera, by eight, by a crowd, or for everything at once. When is each query
    scheduled, when is it answered, and when has the run been long enough?
Model
    Samples are served in the order in which they are asked for, the :math:`i`-th in :math:`x_{i \bmod n}` seconds.

    .. math:: s_{k+1} = \begin{cases} c_k & \text{SingleStream, MultiStream} \\ s_k + g_{k \bmod m} &
        \text{Server} \end{cases}, \qquad c_k = \max(c_{k-1}, s_k) + \sum_{i \in k} x_i, \qquad s_0 = 0

    A query has one sample, in MultiStream eight. Queries are issued while their schedule lies before the least
    duration, or there are fewer than the least number. Offline is one query with so many samples that both hold.
Assumes
    One worker without batches: a query of eight samples takes their sum. In Server the gaps are drawn from the
    exponential distribution (a Poisson process), whatever the system does.
Breaks when
    A system answers out of order or in batches; LoadGen makes its offline query from an expected rate instead.
Source
    MLCommons, MLPerf Inference Rules, at commit ac93e89 of mlcommons/inference_policies (July 2026), table of
    scenarios: query generation, duration, samples per query. Background: Reddi et al., "MLPerf Inference Benchmark",
    ISCA 2020.
Oracle
    Closed forms for equal services; the mean response of M/D/1 and what LoadGen 6.0.17 measured of it; its own
    schedules in two traces, whose gaps are exponential; a simulation with SimPy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["scenario_log"]


def scenario_log(
    scenario: str,
    service_s: ArrayLike,
    gaps_s: ArrayLike,
    min_duration_s: float,
    min_queries: int,
    samples_per_query: int = 8,
) -> dict[str, Array]:
    """Queries of a run, each with its schedule and its answer.

    Parameters
    ----------
    scenario : str
        SingleStream, MultiStream, Server or Offline.
    service_s : (n,) array_like
        Times that samples take; after the last the first comes again. [s]
    gaps_s : (m,) array_like
        Times between the schedules of queries in Server, used likewise. [s]
    min_duration_s : float
        Queries are issued at least so long. [s]
    min_queries : int
        And at least so many of them; Offline: samples. [1]
    samples_per_query : int
        Samples of a query in MultiStream, at least 1. [1]

    Returns
    -------
    dict of str to ndarray
        `scheduled_s`, `completed_s` [s] and `samples` [1] of each query.

    Raises
    ------
    ValueError
        If there is no such scenario, a query has no sample, or a time that is needed is missing or not positive.

    Examples
    --------
    >>> run = scenario_log("Server", [3.0, 1.0], [2.0], min_duration_s=5.0, min_queries=1)
    >>> run["scheduled_s"], run["completed_s"]
    (array([0., 2., 4.]), array([3., 4., 7.]))
    """
    service, gaps = np.asarray(service_s, dtype=float), np.asarray(gaps_s, dtype=float)
    needed = np.concatenate([service, gaps]) if scenario == "Server" else service
    if scenario not in ("SingleStream", "MultiStream", "Server", "Offline") or not np.all(needed > 0):
        raise ValueError("no such scenario, or a time that is not positive")
    if service.size == 0 or (scenario == "Server" and gaps.size == 0):
        raise ValueError("a time is missing")
    width = {"MultiStream": samples_per_query}.get(scenario, 1)
    if width < 1:
        raise ValueError("a query has a sample")
    scheduled, completed, free_s, taken, due_s = [], [], 0.0, 0, 0.0
    while due_s < min_duration_s or taken < min_queries * width:
        for _ in range(width):
            free_s = max(free_s, due_s) + service[taken % service.size]
            taken += 1
        scheduled.append(due_s)
        completed.append(free_s)
        due_s = due_s + gaps[(len(scheduled) - 1) % gaps.size] if scenario == "Server" else free_s
    if scenario == "Offline":  # one query: all that was needed
        return {"scheduled_s": np.zeros(1), "completed_s": np.array([free_s]), "samples": np.array([taken])}
    return {
        "scheduled_s": np.array(scheduled),
        "completed_s": np.array(completed),
        "samples": np.full(len(scheduled), width),
    }
