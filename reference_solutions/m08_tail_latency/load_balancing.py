r"""Sending requests to queues: at random, in turn, to the shortest, to the shorter of two; with news or without.

Question
    A balancer in front of many servers knows how long their queues are, or were a second ago. Which rule makes the
    response short, and what is old news worth?
Model
    .. math:: R_n = \max(F_j, A_n) + S_n - A_n, \qquad F_j \leftarrow \max(F_j, A_n) + S_n, \qquad
        j = \text{rule}\left( L_1(t_n), \dots, L_c(t_n) \right)

    Each server has a queue of its own and is done with it at :math:`F_j`. A rule sees the numbers of requests in each
    queue as they were at the last refresh :math:`t_n \le A_n`. At random each server is an M/M/1 queue of its own. In
    turn its arrivals are steadier. Joining the shortest is near to one common queue, as long as the news is fresh;
    with old news everybody joins the queue that was short, and it is worse than no news at all.
Assumes
    A request stays where it was sent; servers are equal; choosing takes no time.
Breaks when
    Several balancers know only their own requests, or requests differ so much that the number of them says little.
Source
    Mitzenmacher, PhD thesis, UC Berkeley 1996, and "The Power of Two Choices in Randomized Load Balancing", IEEE
    Transactions on Parallel and Distributed Systems 12(10), 2001, for two choices. The simulation, and the model of old
    news, are ours.
Oracle
    M/M/1 at random; the queue of Erlang arrivals in turn; the balance equations of two queues for the shortest; the
    limit of many servers for two choices; news that never comes is no news.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference_solutions.units import Array

__all__ = ["balanced_response_s"]

RULES = ("random", "turn", "shortest", "two")


def balanced_response_s(
    arrival_s: ArrayLike, service_s: ArrayLike, servers: int, rule: str, draws: ArrayLike, refresh_s: float = 0.0
) -> Array:
    """Response time of each request.

    Parameters
    ----------
    arrival_s : (n,) array_like
        Times of arrival, rising. [s]
    service_s : (n,) array_like
        Time that each takes. [s]
    servers : int
        Servers, each with a queue. [1]
    rule : str
        "random"; "turn", one server after the other; "shortest" of all queues, one of them at random if several are;
        "two", the shorter of two that are drawn, the first if they are alike.
    draws : (n, 2) array_like
        Two numbers from 0 to below 1 for each request: the first chooses a server or among the shortest, the second
        another server. [1]
    refresh_s : float
        Time between news of the queues, the first at time 0; at 0 they are always fresh. [s]

    Returns
    -------
    (n,) ndarray
        Response times. [s]

    Raises
    ------
    ValueError
        If there is no server, or one only for a choice of two; the rule is another; arguments do not pair up; arrivals
        fall; or the time between news is negative.

    Examples
    --------
    A long request, and three short ones behind it:

    >>> arrivals, services, draws = [0.0, 1.0, 2.0, 3.0], [10.0, 1.0, 1.0, 1.0], np.zeros((4, 2))
    >>> balanced_response_s(arrivals, services, 2, "turn", draws).tolist()
    [10.0, 1.0, 9.0, 1.0]
    >>> balanced_response_s(arrivals, services, 2, "shortest", draws).tolist()
    [10.0, 1.0, 1.0, 1.0]
    """
    arrivals, services, chance = (np.asarray(one, dtype=float) for one in (arrival_s, service_s, draws))
    if servers < 1 + (rule == "two") or rule not in RULES or refresh_s < 0:
        raise ValueError(
            f"there are servers to choose from, the rule is one of {', '.join(RULES)}, and news has a time"
        )
    if services.shape != arrivals.shape or chance.shape != (*arrivals.shape, 2) or np.any(np.diff(arrivals) < 0):
        raise ValueError("each arrival has a service time and two draws, and they come in order")
    ends: list[deque[float]] = [deque() for _ in range(servers)]
    seen, news = np.zeros(servers, dtype=np.intp), 0
    responses = np.empty(arrivals.shape)
    for place, (now, service) in enumerate(zip(arrivals.tolist(), services.tolist(), strict=True)):
        if rule in ("shortest", "two"):
            latest = int(now // refresh_s) if refresh_s > 0 else place + 1
            if latest > news:
                news = latest
                at = news * refresh_s if refresh_s > 0 else now
                seen = np.array([sum(end > at for end in queue) for queue in ends])
        server = _chosen(rule, place, seen, chance[place].tolist())
        queue = ends[server]
        end = max(queue[-1] if queue else now, now) + service
        responses[place] = end - now
        while queue and queue[0] <= now:  # done before any news that is still to come
            queue.popleft()
        queue.append(end)
    return responses


def _chosen(rule: str, place: int, seen: NDArray[np.intp], chance: list[float]) -> int:
    servers = len(seen)
    if rule == "turn":
        return place % servers
    if rule == "shortest":
        shortest = np.flatnonzero(seen == seen.min())
        return int(shortest[int(chance[0] * len(shortest))])
    one = int(chance[0] * servers)
    if rule == "random":
        return one
    other = (one + 1 + int(chance[1] * (servers - 1))) % servers
    return other if seen[other] < seen[one] else one
