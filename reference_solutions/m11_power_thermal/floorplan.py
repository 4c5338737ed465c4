r"""Where to put the hot unit: places on a die against temperature and wires.

Question
    Units of a die, their powers, and which of them talk to each other. Which place for each makes the die cool, without
    making its wires long?
Model
    .. math:: \min_{\pi} \; \max_i \sum_u M_{i \pi(u)} p_u
        + \lambda \sum_{(u, v)} w_{uv} \left( |x_{\pi(u)} - x_{\pi(v)}| + |y_{\pi(u)} - y_{\pi(v)}| \right)

    A thermal network is linear: the rise in slot :math:`i` is a sum of what each watt elsewhere adds there,
    :math:`M_{ij}`, one row of the inverse of the network's matrix. Wires run in right angles from middle to middle.
    With slots of one size every assignment is a permutation, and a few units have so few that all can be tried.
Assumes
    Units of one size; a wire's price is its length times the traffic on it.
Breaks when
    Units differ in size: then shapes have to be cut and packed, and a search takes the place of trying all.
Source
    Han, Koren, "Simulated Annealing Based Temperature Aware Floorplanning", Journal of Low Power Electronics 3, 2007,
    pp. 1-15, for temperature as an aim of floorplanning, as HotFloorplan of the HotSpot distribution has it.
Oracle
    Every permutation by itertools, each solved as a network; a mirror image costs the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reference_solutions.units import Array

__all__ = ["floorplan_file"]


def floorplan_file(
    units: Mapping[str, float],
    slots_m: Array,
    influence_k_per_w: Array,
    links: Sequence[tuple[str, str, float]],
    k_per_m: float,
) -> str:
    """Best assignment of units to slots, as a floorplan file.

    Parameters
    ----------
    units : mapping of str to float
        Power of each unit, by its name. [W]
    slots_m : (n, 4) ndarray
        Width, height, left edge, lower edge of each slot, all of one size; as many as units. [m]
    influence_k_per_w : (n, n) ndarray
        Rise in each slot (row) for a watt in each (column). [K/W]
    links : sequence of (str, str, float)
        Pairs of units, and the weight of what runs between them. [1]
    k_per_m : float
        How many kelvin a metre of wire of weight 1 is worth. [K/m]

    Returns
    -------
    str
        A line a unit: name, width, height, left edge, lower edge, with tabs between. [m]

    Examples
    --------
    Three slots in a row, the middle one better cooled:

    >>> slots = np.array([[0.004, 0.004, 0.004 * place, 0.0] for place in range(3)])
    >>> gains = np.array([[2.0, 0.5, 0.1], [0.5, 1.6, 0.5], [0.1, 0.5, 2.0]])
    >>> text = floorplan_file({"cache": 1.0, "core": 8.0, "bus": 2.0}, slots, gains, [("cache", "bus", 1.0)], 1.0)
    >>> [line.split() for line in text.splitlines()][1]
    ['core', '0.004', '0.004', '0.004', '0.0']
    """
    names, watts = list(units), np.array(list(units.values()), dtype=float)
    left, low = slots_m[:, 2], slots_m[:, 3]  # of one size: corners are as far apart as middles
    away_m = np.abs(np.subtract.outer(left, left)) + np.abs(np.subtract.outer(low, low))
    plans: list[tuple[int, ...]] = [()]
    for _ in names:  # unit after unit gets each slot that is still free
        plans = [(*plan, slot) for plan in plans for slot in range(len(slots_m)) if slot not in plan]
    costs = []
    for plan in plans:
        rise_k = influence_k_per_w[:, plan] @ watts
        wire_m = sum(weight * away_m[plan[names.index(a)], plan[names.index(b)]] for a, b, weight in links)
        costs.append(float(np.max(rise_k) + k_per_m * wire_m))
    best = plans[int(np.argmin(costs))]
    lines = [[name, *slots_m[slot].tolist()] for name, slot in zip(names, best, strict=True)]
    return "\n".join("\t".join(str(word) for word in line) for line in lines)
