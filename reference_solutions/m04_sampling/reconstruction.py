r"""A whole program from its simulation points: what may be averaged, and what may not.

Question
    Each point reports its IPC, its misses and its accesses. What does the program do?
Model
    .. math:: \mathrm{CPI} = \sum_j q_j\,\frac{1}{\mathrm{IPC}_j}, \qquad
        \mathrm{MPKI} = \sum_j q_j\,\mathrm{MPKI}_j, \qquad
        r = \frac{\sum_j q_j\,\mathrm{MPKI}_j}{\sum_j q_j\,\mathrm{APKI}_j}, \qquad
        t = \frac{N \cdot \mathrm{CPI}}{f}

    Weights are shares of *instructions*. So what is counted per instruction is averaged as it is; everything else is
    made of such averages afterwards. IPC has instructions on top, so it wants the harmonic mean; a ratio wants both of
    its parts.
Assumes
    Weights that sum to one, and one clock for all points.
Breaks when
    Threads spin while they wait: instructions then measure patience, and not work.
Source
    Sherwood et al., ASPLOS X, 2002, section 5.2, warns that averaging is wrong for statistics such as rates; the means
    are definitions.
Oracle
    Counts of a whole synthetic program, added up; exact fractions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["whole_program"]


def whole_program(
    weights: ArrayLike, ipc: ArrayLike, mpki: ArrayLike, apki: ArrayLike, instructions: float, clock_hz: float
) -> dict[str, float]:
    """Metrics of a program from those of its simulation points.

    Parameters
    ----------
    weights : (points,) array_like
        Share of the program's instructions that each point stands for. [1]
    ipc : (points,) array_like
        Instructions per cycle of each point. [1]
    mpki, apki : (points,) array_like
        Misses in, and accesses to, a cache in each point, per thousand instructions. [1]
    instructions : float
        Instructions of the whole program. [1]
    clock_hz : float
        Clock. [1/s]

    Returns
    -------
    dict of str to float
        `cpi`, `ipc`, `mpki`, `miss_ratio` (misses per access) [1], and `time_s` [s].

    Raises
    ------
    ValueError
        If weights are negative or do not sum to one within a millionth, or an IPC, the instructions or the clock are
        not positive.

    Examples
    --------
    Half of the instructions at an IPC of 2, half at 0.5:

    >>> found = whole_program([0.5, 0.5], [2.0, 0.5], [1.0, 9.0], [100.0, 300.0], 1e9, 1e9)
    >>> {name: round(value, 3) for name, value in found.items()}
    {'cpi': 1.25, 'ipc': 0.8, 'mpki': 5.0, 'miss_ratio': 0.025, 'time_s': 1.25}
    """
    q = np.asarray(weights, dtype=float)
    if np.any(q < 0) or not abs(q.sum() - 1) <= 1e-6 or not np.min(ipc) > 0 or not min(instructions, clock_hz) > 0:
        raise ValueError("weights sum to one, and rates are positive")
    cpi = q @ (1 / np.asarray(ipc, dtype=float))
    misses, accesses = q @ np.asarray(mpki, dtype=float), q @ np.asarray(apki, dtype=float)
    return {
        "cpi": float(cpi),
        "ipc": float(1 / cpi),
        "mpki": float(misses),
        "miss_ratio": float(misses / accesses),
        "time_s": float(instructions * cpi / clock_hz),
    }
