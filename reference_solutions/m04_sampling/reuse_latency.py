r"""How long to warm up: the distance over which a window's data are reused.

Question
    A window begins in the middle of a program. How far before it must caches be simulated, so that they hold what the
    window will ask for?
Model
    .. math:: w = \min \left\{ w :\ \#\{ i \in R : d_i \le w \} \ge q\, \# R \right\}, \qquad d_i = s - p_i

    Of the accesses in the window that begins at :math:`s`, only the first to each line can need the past. :math:`R` are
    those of them whose line was used before, last at :math:`p_i`: warming up from :math:`s - w` on finds the line if
    :math:`d_i \le w`. The warm-up is the shortest that covers a share :math:`q` of them. What was never used before
    misses with any warm-up.
Assumes
    The cache is large enough to keep what was reused: a smaller one forgets, and needs no longer warm-up than this.
Breaks when
    Predictors or a large last-level cache have a memory longer than any reuse seen here; or reuse of the window is not
    that of the next run.
Source
    Haskins, Skadron, "Memory Reference Reuse Latency: Accelerated Warmup for Sampled Microarchitecture Simulation",
    ISPASS 2003 (abstract read): the latencies of a window's references, and a share of them that is to be covered. Here
    latencies count from the window's beginning.
Oracle
    The misses of a large cache that is simulated with this warm-up, and with one access less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["reuse_warm_up"]


def reuse_warm_up(lines: Sequence[int], start: int, window: int, share: float = 1.0) -> int:
    """Accesses before a window that cover a share of what it reuses.

    Parameters
    ----------
    lines : sequence of int
        Cache lines that a program accesses, one after the other.
    start : int
        First access of the window.
    window : int
        Its accesses. [1]
    share : float
        Of the reuses of older lines, to be covered. [1]

    Returns
    -------
    int
        Accesses; 0 if nothing older is reused. [1]

    Raises
    ------
    ValueError
        If the window lies outside of the trace or has no access, or the share is not between 0 and 1.

    Examples
    --------
    Line 7 was used five accesses before the window, line 2 one access before it:

    >>> trace = [7, 1, 1, 1, 2, 7, 2, 2, 9]
    >>> reuse_warm_up(trace, start=5, window=4), reuse_warm_up(trace, start=5, window=4, share=0.5)
    (5, 1)
    """
    if window < 1 or not 0 <= start <= len(lines) - window or not 0 <= share <= 1:
        raise ValueError("a window lies in the trace, and a share between 0 and 1")
    last = {line: place for place, line in enumerate(lines[:start])}
    first = dict.fromkeys(lines[start : start + window])
    away = np.sort([start - last[line] for line in first if line in last])
    covered = int(np.ceil(round(share * away.size, 9)))
    return int(away[covered - 1]) if covered else 0
