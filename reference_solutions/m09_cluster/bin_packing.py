r"""Packing jobs of one size each into nodes: four rules, a bound, and the optimum.

Question
    Jobs ask for so many GPUs, nodes have so many. How many nodes does a simple rule open, and how many are needed?
Model
    First fit takes the first open bin with room, best fit the fullest one; *decreasing* means largest item first. No
    packing has fewer bins than the volume says, nor than large items do, of which no two share a bin. With
    :math:`N_1, N_2, N_3` the items of more than :math:`c - k`, of more than :math:`c / 2`, of at least :math:`k` and at
    most :math:`c / 2`,

    .. math:: L_1 = \left\lceil \frac{\sum s}{c} \right\rceil, \qquad L_2 = \max_{0 \le k \le c/2} |N_1| + |N_2| +
        \max\left( 0, \left\lceil \frac{\sum_{N_3} s - (|N_2| c - \sum_{N_2} s)}{c} \right\rceil \right)

    First fit opens at most :math:`\lfloor 1.7\,\mathrm{OPT} \rfloor` bins, first fit decreasing at most
    :math:`11/9\,\mathrm{OPT} + 6/9`.
Assumes
    One resource, nodes alike, items known (for *decreasing*) or in the order of their arrival.
Breaks when
    Several resources count, items leave again, or where an item lies matters.
Source
    Johnson, "Near-optimal bin packing algorithms", PhD thesis, MIT 1973; Dosa, ESCAPE 2007 (11/9 OPT + 6/9), with the
    first complete proof in Dosa, Li, Han, Tuza, Theoretical Computer Science 2013; Dosa, Sgall, STACS 2013, pp. 538-549
    (1.7 OPT). The bound L2 goes back to Martello and Toth; their text was not seen, its validity is tested.
Oracle
    Packings of `prtpy` 0.8.3; the exact optimum for small instances, by integer programming and by trying everything;
    both guarantees as properties.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["fewest_bins", "fewest_bins_bound", "packed_bins"]


def packed_bins(sizes: ArrayLike, capacity: float, rule: str) -> Array:
    """Bin of each item, by a rule.

    Parameters
    ----------
    sizes : (n,) array_like
        Items, in the order in which they come. [GPUs]
    capacity : float
        Of each bin; an item fits that is too large by less than a billionth of it. [GPUs]
    rule : {"first fit", "best fit", "first fit decreasing", "best fit decreasing"}
        What decides; of equally full bins (to a billionth of the capacity) the first opened is taken, of equal items
        the first to come.

    Returns
    -------
    (n,) ndarray of int
        Bin of each item; bins are counted from 0 as they are opened.

    Raises
    ------
    ValueError
        If there is no such rule, an item has no size, or one does not fit into an empty bin.

    Examples
    --------
    >>> packed_bins([4, 2, 6, 4], 8, "first fit").tolist(), packed_bins([4, 2, 6, 4], 8, "best fit decreasing").tolist()
    ([0, 0, 1, 2], [1, 0, 0, 1])
    """
    if rule not in ("first fit", "best fit", "first fit decreasing", "best fit decreasing"):
        raise ValueError("no such rule")
    wanted, slack = np.asarray(sizes, dtype=float), 1e-9 * capacity
    if np.any(wanted <= 0) or np.any(wanted > capacity + slack):
        raise ValueError("an item has a size, and fits into an empty bin")
    order = np.argsort(-wanted, kind="stable") if rule.endswith("decreasing") else np.arange(wanted.size)
    free: list[float] = []
    bin_of = np.zeros(wanted.size, dtype=int)
    for item in order:
        fitting = [place for place, room in enumerate(free) if wanted[item] <= room + slack]
        if not fitting:
            fitting = [len(free)]
            free.append(float(capacity))
        if rule.startswith("best"):
            fullest = min(free[place] for place in fitting)
            fitting = [place for place in fitting if free[place] <= fullest + slack]
        chosen = fitting[0]
        free[chosen] -= float(wanted[item])
        bin_of[item] = chosen
    return np.asarray(bin_of)


def fewest_bins_bound(sizes: ArrayLike, capacity: float) -> int:
    """So many bins every packing has: Martello and Toth's bound L2.

    Parameters
    ----------
    sizes : (n,) array_like
        Items. [GPUs]
    capacity : float
        Of each bin; sizes are compared to a billionth of it. [GPUs]

    Returns
    -------
    int
        Bins; 0 without items. [1]

    Raises
    ------
    ValueError
        If an item has no size, or does not fit into an empty bin.

    Examples
    --------
    The volume of five items of 5 is 25, and they need five bins of 8, not four:

    >>> fewest_bins_bound([5, 5, 5, 5, 5], 8)
    5
    """
    wanted, slack = np.asarray(sizes, dtype=float) / capacity, 1e-9  # in bins
    if np.any(wanted <= 0) or np.any(wanted > 1 + slack):
        raise ValueError("an item has a size, and fits into an empty bin")
    over_half = wanted > 0.5 + slack
    bound = int(np.sum(over_half))
    for small in wanted[~over_half]:
        alone = wanted > 1 - small + slack
        large = over_half & ~alone
        rest = ~over_half & (wanted >= small - slack)
        beside = np.sum(large) - wanted[large].sum()
        more = np.ceil(wanted[rest].sum() - beside - slack)
        bound = max(bound, int(np.sum(alone) + np.sum(large) + max(0, more)))
    return bound


def fewest_bins(sizes: ArrayLike, capacity: float) -> int:
    """Bins that the best packing has, by branch and bound: for a dozen items or two.

    Parameters
    ----------
    sizes : (n,) array_like
        Items. [GPUs]
    capacity : float
        Of each bin. [GPUs]

    Returns
    -------
    int
        Bins. [1]

    Raises
    ------
    ValueError
        If an item has no size, or does not fit into an empty bin.

    Examples
    --------
    >>> fewest_bins([6, 6, 4, 4], 10)
    2
    """
    wanted = sorted(np.asarray(sizes, dtype=float).tolist(), reverse=True)
    best = 1 + int(np.max(packed_bins(wanted, capacity, "first fit decreasing"), initial=-1))
    least, slack = fewest_bins_bound(wanted, capacity), 1e-9 * capacity

    def search(item: int, free: list[float]) -> None:
        nonlocal best
        if len(free) >= best or best == least:
            return
        if item == len(wanted):
            best = len(free)
            return
        tried = set()
        for place, room in enumerate(free):
            if wanted[item] <= room + slack and round(room, 9) not in tried:  # equally full bins are the same
                tried.add(round(room, 9))
                search(item + 1, [*free[:place], room - wanted[item], *free[place + 1 :]])
        search(item + 1, [*free, capacity - wanted[item]])

    search(0, [])
    return best
