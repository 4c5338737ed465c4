r"""How long a battery lasts that feeds a mean power and empties by itself a little.

Question
    A device works for a part of the day and sleeps for the rest. How long does its battery last?
Model
    .. math:: \frac{dE}{dt} = -\frac{P}{\eta} - k E, \quad E(0) = u C
        \quad \Rightarrow \quad t = \frac{1}{k} \ln\left( 1 + \frac{k\, u\, C\, \eta}{P} \right)
        \xrightarrow{k \to 0} \frac{u\, C\, \eta}{P}

    Of the capacity :math:`C` a share :math:`u` may be used (age, cold and the cut-off take the rest). A converter of
    efficiency :math:`\eta` passes the mean power :math:`P` on; a share :math:`k` of what is left leaks away a second.
Assumes
    Power varies faster than the battery empties, so that its mean counts; the usable share does not depend on it.
Breaks when
    Peaks pull the voltage below the cut-off, or the load is so heavy that the capacity itself shrinks (Peukert).
Source
    A first-order balance of charge, our own; the shares are a case's data.
Oracle
    The balance integrated step by step; without self-discharge, energy over power.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["battery_life_s"]


def battery_life_s(
    capacity_j: ArrayLike, usable_share: ArrayLike, efficiency: ArrayLike, power_w: ArrayLike,
    self_discharge_per_s: ArrayLike = 0.0,
) -> Array:  # fmt: skip
    """Time until a battery is empty; the arguments broadcast.

    Parameters
    ----------
    capacity_j : (...) array_like
        Energy of a full one. [J]
    usable_share : (...) array_like
        What of it may be used. [1]
    efficiency : (...) array_like
        Of the converter between battery and device. [1]
    power_w : (...) array_like
        Mean power of the device. [W]
    self_discharge_per_s : (...) array_like
        Share of what is left that leaks away. [1/s]

    Returns
    -------
    (...) ndarray
        Time. [s]

    Raises
    ------
    ValueError
        If capacity or power is not positive, or a share is none.

    Examples
    --------
    Fifty watt-hours at five watts, a tenth of it lost in the converter:

    >>> float(battery_life_s(50 * 3600.0, 1.0, 0.9, 5.0)) / 3600
    9.0
    """
    validate.require_positive(capacity_j=capacity_j, power_w=power_w, usable_share=usable_share, efficiency=efficiency)
    leak = np.asarray(self_discharge_per_s, dtype=float)
    if np.any(np.asarray(usable_share) > 1) or np.any(np.asarray(efficiency) > 1) or np.any(leak < 0):
        raise ValueError("usable_share and efficiency are at most 1, and a battery does not charge itself")
    plain_s = np.asarray(usable_share) * np.asarray(capacity_j, dtype=float) * np.asarray(efficiency) / power_w
    way: Array = leak * plain_s
    shorter = np.divide(np.log1p(way), way, out=np.ones(np.shape(way)), where=way > 0)
    return np.asarray(plain_s * shorter)
