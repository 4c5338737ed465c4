r"""Fatigue by cycles of temperature: which cycles a trace holds, and how much of a joint's life they use up.

Question
    The temperature of a package goes up and down all day, in large swings and small ones within them. How many cycles
    is that, of which size, and how long do its joints hold?
Model
    .. math:: N_f(\Delta T) = C\, \Delta T^{-q}, \qquad D = \sum_i \frac{n_i}{N_f(\Delta T_i)}

    Rainflow counting takes a trace apart into the loops of stress and strain that a material goes through: of three
    successive ranges of turning points, the middle one is a whole cycle if the next is as large or larger; it is taken
    out, and what it interrupted goes on. What has no partner, at the beginning and at the end, counts half. Coffin and
    Manson: a joint bears :math:`N_f` cycles of a size, and wide ones weigh far more than many narrow ones. Miner: parts
    of its life add up, and at :math:`D = 1` it is used up.
Assumes
    Damage adds up whatever the order of cycles; ranges alone matter, not their mean, their speed or their dwell.
Breaks when
    Joints creep at the hot end for long, or ranges are so small that they only bend elastically: count those out.
Source
    ASTM E1049, "Standard Practices for Cycle Counting in Fatigue Analysis", section 5.4.4, as the documentation of the
    packages rainflow and rfcnt describes it; Coffin and Manson's law as in JEDEC JEP122 (text not seen); Miner's sum is
    every textbook's.
Oracle
    The example of ASTM E1049, as the tests of the package rainflow 3 hold it; what its documentation prints for another
    series; the four-point method; a life counted trace by trace.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["fatigue_damage", "rainflow_cycles"]


def rainflow_cycles(series: ArrayLike) -> Array:
    """Cycles of a series by rainflow counting.

    Parameters
    ----------
    series : (n,) array_like
        Values in their order, in one unit.

    Returns
    -------
    (cycles, 3) ndarray
        A row a cycle: its range and its mean, in the unit of the series, and 1 for a whole one, 0.5 for a half. In the
        order in which they are found; the halves of the end come last. None if nothing changes.

    Raises
    ------
    ValueError
        If a value is not a finite number.

    Examples
    --------
    A small cycle on the way up, and the way itself:

    >>> rainflow_cycles([0.0, 6.0, 4.0, 10.0])
    array([[ 2. ,  5. ,  1. ],
           [10. ,  5. ,  0.5]])
    """
    x = np.asarray(series, dtype=float)
    if not np.all(np.isfinite(x)):
        raise ValueError("a value must be a finite number")
    moving = x[np.r_[True, np.diff(x) != 0]] if x.size else x
    turns = np.diff(np.sign(np.diff(moving))) != 0
    points = moving[np.r_[True, turns, True]] if moving.size > 1 else moving
    open_points: list[float] = []
    cycles: list[tuple[float, float, float]] = []
    for point in points.tolist():
        open_points.append(point)
        while len(open_points) >= 3:
            before, begin, end = open_points[-3:]
            if abs(end - begin) < abs(begin - before):
                break
            whole = len(open_points) > 3
            cycles.append((abs(begin - before), (begin + before) / 2, 1.0 if whole else 0.5))
            del open_points[-3 : -1 if whole else -2]
    cycles += [(abs(end - begin), (begin + end) / 2, 0.5) for begin, end in pairwise(open_points)]
    return np.array(cycles, dtype=float).reshape(-1, 3)


def fatigue_damage(temperatures_c: ArrayLike, coefficient: float, exponent: float, elastic_k: float = 0.0) -> float:
    """Share of a joint's life that a trace of temperatures uses up.

    Parameters
    ----------
    temperatures_c : (n,) array_like
        Temperatures in their order. [degC]
    coefficient : float
        Cycles of 1 K that a joint bears. [1]
    exponent : float
        Of the range. [1]
    elastic_k : float
        Ranges up to this one do no damage. [K]

    Returns
    -------
    float
        Damage; the trace can be repeated 1 over that often. [1]

    Raises
    ------
    ValueError
        If the coefficient or the exponent is not positive, or a temperature is not a finite number.

    Examples
    --------
    A day from 20 to 80 degrees and back, for a joint that bears 10,000 cycles of 60 K:

    >>> days = 1 / fatigue_damage([20.0, 80.0, 20.0], coefficient=1e4 * 60**2, exponent=2.0)
    >>> round(days)
    10000
    """
    validate.require_positive(coefficient=coefficient, exponent=exponent)
    ranges, _, counts = rainflow_cycles(temperatures_c).T
    return float(np.sum(np.where(ranges > elastic_k, counts * ranges**exponent, 0.0)) / coefficient)
