r"""Energy as it is measured: a counter that wraps, power that is sampled, and what idling would have taken.

Question
    A register counts energy in units that it must be asked for, and begins again at 0 when it is full. How much energy
    was it between two readings, and when can nobody tell?
Model
    .. math:: E = 2^{-u} \sum_i \left( (r_{i+1} - r_i) \bmod 2^{32} \right), \qquad
        t_{wrap} = \frac{2^{32 - u}}{P}

    Bits 12 to 8 of MSR_RAPL_POWER_UNIT hold :math:`u`. The difference modulo :math:`2^{32}` is right if the counter
    wrapped once at most: over a gap in which it can count :math:`2^{32}` or more at the largest power that the package
    can draw, a whole turn may be missing, and no reading shows it.
Assumes
    Readings carry the time at which the register was read; nobody resets it.
Breaks when
    Power exceeds the limit that was assumed, the machine slept in between, or readings come closer together than the
    register is updated (about a millisecond).
Source
    Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3, "RAPL Interfaces": MSR_RAPL_POWER_UNIT and
    MSR_PKG_ENERGY_STATUS. Its default is u = 16, 15.3 microjoules; some models have 14, 61 microjoules.
Oracle
    A counter driven by a known power, read now and then; 655 and 2,621 s for a turn at 100 W.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate

__all__ = ["EnergyCounter", "sampled_energy_j"]


class EnergyCounter:
    """Energy and mean power from readings of a counter of 32 bits.

    Parameters
    ----------
    power_unit : int
        Value of MSR_RAPL_POWER_UNIT; bits 12 to 8 are the exponent of the energy unit. [1]
    most_w : float
        Largest power that the package can draw. [W]

    Raises
    ------
    ValueError
        If the largest power is not positive.

    Examples
    --------
    Units of 2^-16 J, and a wrap between the readings:

    >>> counter = EnergyCounter(0xA1003, most_w=200.0)
    >>> counter.record(0.0, 2**32 - 65536)
    >>> counter.record(2.0, 5 * 65536)
    >>> counter.energy_j, counter.mean_power_w, counter.above_idle_j(1.0)
    (6.0, 3.0, 4.0)
    """

    def __init__(self, power_unit: int, most_w: float) -> None:
        if not most_w > 0:
            raise ValueError("most_w must be positive")
        self._unit_j = 0.5 ** ((power_unit >> 8) & 31)
        self._most_w = most_w
        self._readings: list[tuple[float, int]] = []
        self._units = 0

    @property
    def energy_j(self) -> float:
        """Energy between the first reading and the last one. [J]"""
        return self._units * self._unit_j

    @property
    def mean_power_w(self) -> float:
        """Mean power meanwhile; 0 before there are two readings. [W]"""
        if len(self._readings) < 2:
            return 0.0
        return self.energy_j / (self._readings[-1][0] - self._readings[0][0])

    def record(self, time_s: float, raw: int) -> None:
        """Take a reading; what is refused changes nothing.

        Parameters
        ----------
        time_s : float
            When it was taken. [s]
        raw : int
            What the counter showed. [1]

        Raises
        ------
        ValueError
            If it is no number of 32 bits, it is not later than the last one, or so much later that the counter may have
            gone round once more.
        """
        if not 0 <= raw < 2**32:
            raise ValueError("the counter has 32 bits")
        if self._readings:
            gap_s, units = time_s - self._readings[-1][0], (raw - self._readings[-1][1]) % 2**32
            if gap_s <= 0 or gap_s * self._most_w >= 2**32 * self._unit_j:
                raise ValueError("a reading is later than the last one, and before the counter can have gone round")
            self._units += units
        self._readings.append((time_s, raw))

    def above_idle_j(self, idle_w: float) -> float:
        """Energy beyond what idling would have taken, between the first reading and the last one.

        Parameters
        ----------
        idle_w : float
            Idle power. [W]

        Returns
        -------
        float
            Energy; negative if less was drawn. [J]
        """
        if len(self._readings) < 2:
            return 0.0
        return self.energy_j - idle_w * (self._readings[-1][0] - self._readings[0][0])


def sampled_energy_j(time_s: ArrayLike, power_w: ArrayLike, idle_w: float = 0.0) -> float:
    """Energy from samples of power, by trapezoids, beyond what idling takes.

    Parameters
    ----------
    time_s : (n,) array_like
        Rising times. [s]
    power_w : (n,) array_like
        Power at each. [W]
    idle_w : float
        Idle power. [W]

    Returns
    -------
    float
        Energy. [J]

    Raises
    ------
    ValueError
        If times do not rise.

    Examples
    --------
    >>> sampled_energy_j([0.0, 1.0, 3.0], [100.0, 200.0, 200.0], idle_w=50.0)
    400.0
    """
    times, watts = np.asarray(time_s, dtype=float), np.asarray(power_w, dtype=float)
    validate.require_positive(steps_s=np.diff(times))
    return float(np.sum(np.diff(times) * ((watts[1:] + watts[:-1]) / 2 - idle_w)))
