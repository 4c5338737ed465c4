r"""Dominant resource fairness: shares for users who want different things.

Question
    Some users' tasks need many CPUs, others' much memory, others' GPUs. How many tasks may each run, so that nobody
    would rather have another one's share?
Model
    A user's *dominant share* is the largest of her shares of the resources. Serve the user whose is lowest, by weight,

    .. math:: s_u = \frac{1}{w_u} \max_r \frac{x_u d_{ur}}{c_r},

    with one task more, again and again; whoever's next task does not fit is served no more. Divisible tasks rise
    together (*water filling*) until a resource is used up; whoever needs it stops, the others go on.
Assumes
    Users want as much as they can get, of tasks that are all alike, and do not lie about them: it would not help.
Breaks when
    Tasks must lie on one machine, or demands are finite and change: then the shares are of one moment.
Source
    Ghodsi, Zaharia, Hindman, Konwinski, Shenker, Stoica, "Dominant Resource Fairness: Fair Allocation of Multiple
    Resource Types", NSDI 2011, pp. 323-336. There the first task that does not fit ends the allocation; here the
    others go on.
Oracle
    The paper's example, 9 CPUs and 18 GB: 3 and 2 tasks; lexicographic linear programmes (recorded); nobody's
    dominant share can rise without lowering one that is no larger.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["drf_tasks", "water_filled_tasks"]


def drf_tasks(capacity: ArrayLike, demand: ArrayLike, weights: ArrayLike) -> Array:
    """Tasks that each user may run.

    Parameters
    ----------
    capacity : (r,) array_like
        What there is of each resource.
    demand : (u, r) array_like
        What a task of each user needs.
    weights : (u,) array_like
        Of the users: twice the weight, twice the dominant share. [1]

    Returns
    -------
    (u,) ndarray of int
        Tasks. Of users with equal weighted dominant shares (to a billionth) the first is served first. [1]

    Raises
    ------
    ValueError
        If a demand or capacity is negative, a task needs nothing, or a weight is not positive.

    Examples
    --------
    >>> drf_tasks([9, 18], [[1, 4], [3, 1]], [1, 1]).tolist()
    [3, 2]
    """
    has, needs = np.asarray(capacity, dtype=float), np.asarray(demand, dtype=float)
    weight = np.asarray(weights, dtype=float)
    if np.any(has < 0) or np.any(needs < 0) or np.any(needs.sum(axis=1) <= 0) or np.any(weight <= 0):
        raise ValueError("a task needs something, a user has a weight, and nothing is negative")
    tasks = np.zeros(len(needs), dtype=int)
    active = [user for user in range(len(needs)) if np.all(needs[user] <= has)]
    used = has > 0
    while active:
        share = tasks * np.max(needs[:, used] / has[used], axis=1) / weight
        user = next(one for one in active if share[one] <= np.min(share[active]) + 1e-9)
        if np.all((tasks[:, np.newaxis] * needs).sum(axis=0) + needs[user] <= has * (1 + 1e-9)):
            tasks[user] += 1
        else:
            active.remove(user)
    return np.asarray(tasks)


def water_filled_tasks(capacity: ArrayLike, demand: ArrayLike, weights: ArrayLike) -> Array:
    """Tasks that each user may run, if tasks are divisible.

    Parameters
    ----------
    capacity : (r,) array_like
        What there is of each resource; more than nothing.
    demand : (u, r) array_like
        What a task of each user needs.
    weights : (u,) array_like
        Of the users. [1]

    Returns
    -------
    (u,) ndarray
        Tasks. [1]

    Raises
    ------
    ValueError
        If a capacity or weight is not positive, a demand is negative, or a task needs nothing.

    Examples
    --------
    >>> water_filled_tasks([9, 18], [[1, 4], [3, 1]], [1, 1]).round(9).tolist()
    [3.0, 2.0]
    """
    has, needs = np.asarray(capacity, dtype=float), np.asarray(demand, dtype=float)
    weight = np.asarray(weights, dtype=float)
    if np.any(has <= 0) or np.any(needs < 0) or np.any(needs.sum(axis=1) <= 0) or np.any(weight <= 0):
        raise ValueError("a task needs something, a user has a weight, and there is something of everything")
    per_share = needs * (weight / np.max(needs / has, axis=1))[:, np.newaxis]  # resources of a dominant share of 1
    tasks, level = np.zeros(len(needs)), np.zeros(len(needs))
    active = np.ones(len(needs), dtype=bool)
    left = has.copy()
    while active.any():
        rate = per_share[active].sum(axis=0)
        rise = float(np.min(left[rate > 0] / rate[rate > 0]))
        level[active] += rise
        left = np.maximum(left - rise * rate, 0)
        gone = left <= 1e-12 * has
        active &= ~np.any(needs[:, gone] > 0, axis=1)
    tasks = level * weight / np.max(needs / has, axis=1)
    return np.asarray(tasks)
