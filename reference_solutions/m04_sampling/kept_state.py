r"""Stale state: a cache that is left as the last window left it.

Question
    Between two windows nothing is simulated, and the cache keeps what it held. Is that better than emptying it, and how
    far is it from the truth?
Model
    .. math:: r_w = \frac{1}{U} \, \#\left\{ i \in w :\ \delta'_i \ge c \right\}, \qquad
        b = \bar r_{\text{kept}} - \bar r_{\text{true}}

    :math:`\delta'_i` is the number of other lines since the last use of line :math:`i`, counted in the windows only, as
    if one followed the other: what lies between them is not seen. A cache of :math:`c` lines that is kept never misses
    more than one that is emptied. But it can hit on lines that the program has long pushed out, and so, other than a
    cold start, it can be wrong in both directions.
Assumes
    One fully associative cache with LRU; windows in the order of the program.
Breaks when
    Windows are drawn from different phases: then what is kept is another phase's, and no better than nothing.
Source
    The inclusion by which a kept cache misses no more than an emptied one: Mattson, Gecsei, Slutz, Traiger, "Evaluation
    Techniques for Storage Hierarchies", IBM Systems Journal 9(2), 1970. That state between windows must be accounted
    for: Haskins, Skadron, ISPASS 2003 (abstract read). The comparison is ours.
Oracle
    Stack distances counted over the windows put together; a cold start, which is never better; a program that repeats
    itself, of which kept state is the truth.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from reference_solutions.units import Array

__all__ = ["kept_state_miss_ratios"]


def kept_state_miss_ratios(lines: Sequence[int], cache_lines: int, starts: Sequence[int], window: int) -> Array:
    """Miss ratio of each window, with the cache as the window before left it.

    Parameters
    ----------
    lines : sequence of int
        Cache lines that a program accesses, one after the other.
    cache_lines : int
        Lines that the cache holds. [1]
    starts : sequence of int
        First access of each window; they rise, and windows do not overlap.
    window : int
        Accesses of a window. [1]

    Returns
    -------
    (windows,) ndarray
        Misses per access in each window. [1]

    Raises
    ------
    ValueError
        If a window has no access, lies outside of the trace or overlaps the one before, or the cache holds nothing.

    Examples
    --------
    The second window finds what the first has left, though the program had pushed it out:

    >>> kept_state_miss_ratios([1, 2, 7, 8, 9, 1, 2], cache_lines=2, starts=[0, 5], window=2).tolist()
    [1.0, 0.0]
    """
    begins = list(starts)
    apart = all(after - before >= window for before, after in pairwise(begins))
    if window < 1 or cache_lines < 1 or not apart or any(not 0 <= begin <= len(lines) - window for begin in begins):
        raise ValueError("windows lie in the trace, one behind the other, and a cache holds a line")
    cache: OrderedDict[int, None] = OrderedDict()
    ratios = []
    for begin in begins:
        misses = 0
        for line in lines[begin : begin + window]:
            misses += line not in cache
            cache[line] = None
            cache.move_to_end(line)
            if len(cache) > cache_lines:
                cache.popitem(last=False)
        ratios.append(misses / window)
    return np.array(ratios)
