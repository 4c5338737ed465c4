r"""Windows with a cold start: how wrong, and for how long.

Question
    A window begins after a jump, with an empty cache. How many accesses must come before it, so that its miss ratio is
    the program's?
Model
    .. math:: b(w) = \frac{1}{|S|} \sum_{s \in S} r(s - w, s) \; - \; r_\infty

    Windows begin at :math:`s`; :math:`r(s - w, s)` is the miss ratio in a window whose cache was empty :math:`w`
    accesses before it. Least recently used goes out first, so a longer warm-up never makes more misses: the bias falls
    to 0 from above, as the cache fills with what the program would have left there.
Assumes
    One fully associative cache, whose state is all that a jump destroys.
Breaks when
    State lasts longer than any warm-up (a predictor's tables, a large last-level cache): keep it warm all the time, or
    store it (checkpoints).
Source
    Wunderlich et al., "SMARTS", ISCA 2003, section 4.1, on warming in detail and by function; the inclusion property of
    LRU: Mattson, Gecsei, Slutz, Traiger, "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal 9(2),
    1970.
Oracle
    Stack distances counted one by one; no bias for a warm-up from the beginning of the trace.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from reference_solutions.units import Array

__all__ = ["windowed_miss_ratios"]


def windowed_miss_ratios(
    lines: Sequence[int], cache_lines: int, starts: Sequence[int], window: int, warm_up: int
) -> Array:
    """Miss ratio of each window, with so many accesses before it.

    Parameters
    ----------
    lines : sequence of int
        Cache lines that a program accesses, one after the other.
    cache_lines : int
        Lines that the cache holds. [1]
    starts : sequence of int
        First access of each window.
    window : int
        Accesses of a window. [1]
    warm_up : int
        Accesses before each window that fill the cache, as far as the trace has them. [1]

    Returns
    -------
    (windows,) ndarray
        Misses per access in each window. [1]

    Raises
    ------
    ValueError
        If a window has no access or lies outside the trace, the cache holds nothing, or the warm-up is negative.

    Examples
    --------
    >>> windowed_miss_ratios([1, 2, 1, 2, 1, 2], cache_lines=2, starts=[2], window=4, warm_up=0).tolist()
    [0.5]
    >>> windowed_miss_ratios([1, 2, 1, 2, 1, 2], cache_lines=2, starts=[2], window=4, warm_up=2).tolist()
    [0.0]
    """
    outside = any(not 0 <= start <= len(lines) - window for start in starts)
    if window < 1 or cache_lines < 1 or warm_up < 0 or outside:
        raise ValueError("windows lie in the trace, and a cache holds a line")
    ratios = []
    for start in starts:
        cache: OrderedDict[int, None] = OrderedDict()
        misses = 0
        for place in range(max(0, start - warm_up), start + window):
            misses += place >= start and lines[place] not in cache
            cache[lines[place]] = None
            cache.move_to_end(lines[place])
            if len(cache) > cache_lines:
                cache.popitem(last=False)
        ratios.append(misses / window)
    return np.array(ratios)
