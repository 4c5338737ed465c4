r"""What mending a bottleneck would pay: Amdahl's law as a what-if table.

Question
    A tenth of the time goes here, a half there. What would it bring to halve one, or to remove it?
Model
    .. math:: S = \frac{1}{1 - f + f / s}, \qquad \lim_{s \to \infty} S = \frac{1}{1 - f}

    A share :math:`f` of the time becomes :math:`s` times faster; the rest stays as it is.
Assumes
    Shares of time, measured before the change, that do not overlap.
Breaks when
    Shares are of slots or of stalled clocks: removing a stall uncovers the one behind it, so the table is a bound from
    above; or the problem grows with the machine (Gustafson).
Source
    Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities", AFIPS Spring
    Joint Computer Conference, 1967, pp. 483-485; the equation as in Hennessy and Patterson, section 1.9.
Oracle
    Closed forms and limits, and the time added up part by part.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["amdahl_speedup", "ranked_payoffs"]


def amdahl_speedup(share: ArrayLike, factor: ArrayLike) -> Array:
    """Speed-up of the whole when a share of its time becomes faster; the arguments broadcast.

    Parameters
    ----------
    share : (...) array_like
        Share of the time that the change concerns. [1]
    factor : (...) array_like
        How many times faster that part becomes; infinite if it goes away. [1]

    Returns
    -------
    (...) ndarray
        Time before over time after; infinite if all of it goes away. [1]

    Raises
    ------
    ValueError
        If a share is not between 0 and 1, or a factor is not positive.

    Examples
    --------
    >>> amdahl_speedup(0.5, [2, 1e9, float("inf")]).round(4)
    array([1.3333, 2.    , 2.    ])
    """
    f, s = np.asarray(share, dtype=float), np.asarray(factor, dtype=float)
    if not (np.all((f >= 0) & (f <= 1)) and np.all(s > 0)):
        raise ValueError("shares lie between 0 and 1, factors are positive")
    left = 1 - f + f / s
    return np.asarray(np.where(left > 0, 1 / np.where(left > 0, left, 1), np.inf))


def ranked_payoffs(shares: Mapping[str, float], factors: Mapping[str, float]) -> list[tuple[str, float]]:
    """Changes by what each alone would bring, the best first.

    Parameters
    ----------
    shares : mapping of str to float
        Part of the program or node of a tree -> its share of the time. [1]
    factors : mapping of str to float
        Change of that part -> how many times faster it becomes. [1]

    Returns
    -------
    list of tuple of str and float
        Part and speed-up of the whole; equal ones in the order of the names.

    Raises
    ------
    ValueError
        If a factor's part has no share, a share is not between 0 and 1, or a factor is not positive.

    Examples
    --------
    Ten times faster branches bring less than memory that is a third faster:

    >>> shares = {"memory": 0.5, "branches": 0.1}
    >>> [(name, round(gain, 3)) for name, gain in ranked_payoffs(shares, {"branches": 10, "memory": 4 / 3})]
    [('memory', 1.143), ('branches', 1.099)]
    """
    unknown = [name for name in factors if name not in shares]
    if unknown:
        raise ValueError(f"no share is known of {', '.join(unknown)}")
    payoffs = [(name, float(amdahl_speedup(shares[name], factor))) for name, factor in factors.items()]
    return sorted(payoffs, key=lambda one: (-one[1], one[0]))
