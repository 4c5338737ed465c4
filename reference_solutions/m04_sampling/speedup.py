r"""What sampling saves, and what keeps it from saving more.

Question
    A hundred thousandth of a program is simulated in detail. Why is the simulation not a hundred thousand times faster?
Model
    .. math:: S = \frac{N / d}{n (U + W) / d + (N - n (U + W)) / f} \;\le\; \frac{f}{d}

    :math:`n` units of :math:`U` instructions with :math:`W` of warming are simulated in detail at the rate :math:`d`;
    everything between them is gone through at the rate :math:`f` of functional warming. That part is Amdahl's: however
    few units there are, the speed-up stays below :math:`f / d`.
Assumes
    One machine, one run; the rates do not depend on the program.
Breaks when
    Units are simulated side by side from checkpoints: then nothing lies between them, and storage is the price.
Source
    Wunderlich et al., "SMARTS", ISCA 2003 (functional warming takes most of the time); Amdahl, AFIPS 1967.
Oracle
    Closed form in fractions; instructions stepped through one unit at a time.
"""

from __future__ import annotations

from reference_solutions import validate

__all__ = ["sampling_speedup"]


def sampling_speedup(
    instructions: float, units: float, unit: float, warm_up: float, detailed_per_s: float, functional_per_s: float
) -> float:
    """How much faster a sampled simulation is than one of everything in detail.

    Parameters
    ----------
    instructions : float
        Of the whole program. [1]
    units : float
        Units in the sample. [1]
    unit, warm_up : float
        Instructions of a unit, and of the detailed warming before it. [1]
    detailed_per_s, functional_per_s : float
        Rates of detailed simulation, and of functional warming between units. [1/s]

    Returns
    -------
    float
        Time of all in detail over time of the sample. [1]

    Raises
    ------
    ValueError
        If a number is not positive (but for a warming of 0), or the sample is longer than the program.

    Examples
    --------
    >>> round(sampling_speedup(1e9, 10_000, 1000, 2000, detailed_per_s=1e5, functional_per_s=5e6), 2)
    20.24
    """
    validate.require_positive(instructions=instructions, units=units, unit=unit)
    validate.require_positive(detailed_per_s=detailed_per_s, functional_per_s=functional_per_s)
    in_detail = units * (unit + warm_up)
    if warm_up < 0 or in_detail > instructions:
        raise ValueError("a warming is not negative, and a sample not longer than its program")
    sampled_s = in_detail / detailed_per_s + (instructions - in_detail) / functional_per_s
    return instructions / detailed_per_s / sampled_s
