r"""What a multiplexed counter saw, scaled, less what measuring cost, and how sure that is.

Question
    An event was on the counters for some of the turns only, and each start and stop of the measurement counts events of
    its own. How many did the program itself cause, and within which uncertainty?
Model
    .. math:: \hat N = M \bar c - p\,\bar e, \qquad
        u^2 = M^2 \frac{s_c^2}{m} \left(1 - \frac{m}{M}\right) + p^2 \frac{s_e^2}{k}

    The event was counted in :math:`m` of :math:`M` turns of equal length, :math:`\bar c` a turn with variance
    :math:`s_c^2`. Turns that were counted are no guess: with :math:`m = M` nothing of the first term is left.
    :math:`p` is how often the measurement was started and stopped, :math:`\bar e` the mean of :math:`k` measurements of
    nothing.
Assumes
    Counted turns are like a random choice among all; the cost of measuring inside the program is that around nothing.
Breaks when
    Phases keep step with the rotation; an interrupt lands a few instructions after its cause (skid moves counts from
    one region to the next, and no subtraction brings them back).
Source
    perf_event_open(2), Linux manual pages (time_enabled, time_running); Weaver, Terpstra, Moore, "Non-determinism and
    overcount on modern hardware performance counter implementations", ISPASS 2013 (overhead, overcount). The variance
    is that of simple random sampling from a finite population (Cochran, Sampling Techniques).
Oracle
    All choices of turns, enumerated: their estimates have the true total as their mean and the formula's variance as
    theirs; scaled counts of module 2.
"""

from __future__ import annotations

import numpy as np

__all__ = ["NetCounter"]


class NetCounter:
    """An event that shares its counter with others, and is charged for measuring.

    Parameters
    ----------
    probes : int
        How often the measurement is started and stopped within the program. [1]

    Attributes
    ----------
    scaled : float
        Events in all turns, counted and not; NaN before a turn was counted. [1]
    net : float
        The same without what the probes cost; NaN before there is a calibration as well. [1]
    uncertainty : float
        Standard uncertainty of the net count; NaN before two turns were counted and two calibrations made. [1]

    Raises
    ------
    ValueError
        If the number of probes is negative.

    Examples
    --------
    >>> counter = NetCounter(probes=10)
    >>> for count in (1000, None, 1200, None):
    ...     counter.turn(count)
    >>> for count in (18, 22):
    ...     counter.calibrate(count)
    >>> counter.scaled, counter.net, round(counter.uncertainty, 1)
    (4400.0, 4200.0, 283.5)
    """

    def __init__(self, probes: int) -> None:
        if probes < 0:
            raise ValueError("the number of probes must not be negative")
        self._probes = probes
        self._turns = 0
        self._counts: list[float] = []
        self._empty: list[float] = []

    def turn(self, count: float | None = None) -> None:
        """Let a turn pass.

        Parameters
        ----------
        count : float, optional
            Events counted in it; None while the counter was with another group. [1]
        """
        self._turns += 1
        if count is not None:
            self._counts.append(count)

    def calibrate(self, count: float) -> None:
        """Take a measurement of nothing into account.

        Parameters
        ----------
        count : float
            Events between a start and the stop right after it. [1]
        """
        self._empty.append(count)

    @property
    def scaled(self) -> float:
        """Events in all turns, counted and not."""
        return self._turns * float(np.mean(self._counts)) if self._counts else float("nan")

    @property
    def net(self) -> float:
        """Events of the program itself."""
        return self.scaled - self._probes * float(np.mean(self._empty)) if self._empty else float("nan")

    @property
    def uncertainty(self) -> float:
        """Standard uncertainty of the net count."""
        if min(len(self._counts), len(self._empty)) < 2:
            return float("nan")
        unseen = 1 - len(self._counts) / self._turns
        turns = self._turns**2 * np.var(self._counts, ddof=1) / len(self._counts) * unseen
        probes = self._probes**2 * np.var(self._empty, ddof=1) / len(self._empty)
        return float(np.sqrt(turns + probes))
