r"""How many units a sample needs.

Question
    CPI is to be known within a few per cent, with a stated confidence. How many short units must be measured?
Model
    .. math:: n_0 = \left( \frac{z\,V}{\varepsilon} \right)^2, \qquad n = \frac{n_0}{1 + n_0 / N}, \qquad
        V = \frac{\sigma}{\mu}

    A mean of :math:`n` independent units scatters by :math:`V/\sqrt{n}` of itself. How long the program is does not
    matter, unless the sample is a good part of its :math:`N` units: then what has been measured is no longer unknown.
Assumes
    Independent draws, and a mean that is nearly normal.
Breaks when
    :math:`V` was guessed from a part of the program that is calmer than the rest; units are measured with a bias (cold
    caches), which no number of them removes.
Source
    Wunderlich, Wenisch, Falsafi, Hoe, "SMARTS: Accelerating Microarchitecture Simulation via Rigorous Statistical
    Sampling", ISCA 2003, section 5.1 (10,000 units for 3 % with 99.7 %, if V is 1); the correction for finite
    populations: Cochran, Sampling Techniques, Wiley 1977.
Oracle
    Recorded table of sizes; samples drawn in the test keep the error as often as they should.
"""

from __future__ import annotations

import numpy as np

__all__ = ["units_needed"]


def units_needed(variation: float, error: float, z: float = 3.0, population: float = np.inf) -> int:
    """Fewest units with which a mean is known closely enough.

    Parameters
    ----------
    variation : float
        Coefficient of variation of the units. [1]
    error : float
        Half width of the interval that is wanted, as a share of the mean. [1]
    z : float
        Half width in standard deviations: 3 for 99.7 %, 1.96 for 95 %. [1]
    population : float
        Units of the whole program; infinite if it is so long that it does not matter. [1]

    Returns
    -------
    int
        Number of units, one at least. [1]

    Raises
    ------
    ValueError
        If the variation is negative, the error or z not positive, or the program has no unit.

    Examples
    --------
    >>> units_needed(variation=1.0, error=0.03), units_needed(1.0, 0.03, population=20_000)
    (10000, 6667)
    """
    if not (variation >= 0 and error > 0 and z > 0 and population >= 1):
        raise ValueError("a variation is not negative, error and z are positive, and a program has a unit")
    units = (z * variation / error) ** 2
    units = units / (1 + units / population)
    return max(1, int(np.ceil(units * (1 - 1e-9))))  # a whole number stays one, whatever rounding did to it
