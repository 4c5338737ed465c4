r"""Power at the facility's meter, and the energy of a token.

Question
    Accelerators and hosts draw power, cooling comes on top. What does the meter show, and what is a token's part?
Model
    .. math:: P = \mathrm{PUE} \left( G \left( P_i + u (P_{max} - P_i) \right) + H P_h \right), \qquad
        E_{tok} = \frac{P}{\theta}

    An accelerator that is busy for a share :math:`u` of the time draws between its idle power :math:`P_i` and its
    limit. Each of :math:`H` hosts draws :math:`P_h`. PUE is the facility's power over that of its computers, 1 at best.
    :math:`\theta` tokens leave a second.
Assumes
    Power is linear in how busy the accelerators are; PUE is constant over load and weather.
Breaks when
    A power cap binds, or batches differ: a busy accelerator that waits for memory draws less than one that computes.
Source
    Fan, Weber, Barroso, "Power provisioning for a warehouse-sized computer", ISCA 2007 (power linear in utilisation);
    ISO/IEC 30134-2 (PUE); Barroso, Hölzle, Ranganathan, "The Datacenter as a Computer", 3rd edition, 2018, chapter 5.
Oracle
    By hand; energy integrated over a drawn schedule of busy and idle seconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["facility_power_w", "token_energy_j"]


def facility_power_w(
    devices: ArrayLike,
    device_power_w: ArrayLike,
    idle_power_w: ArrayLike,
    busy_share: ArrayLike,
    hosts: ArrayLike,
    host_power_w: ArrayLike,
    pue: ArrayLike,
) -> Array:
    """Power at the facility's meter; the arguments broadcast.

    Parameters
    ----------
    devices : (...) array_like of int
        Accelerators. [1]
    device_power_w, idle_power_w : (...) array_like
        What one draws when busy, and when idle. [W]
    busy_share : (...) array_like
        Share of the time that it is busy. [1]
    hosts : (...) array_like of int
        Host machines. [1]
    host_power_w : (...) array_like
        What one draws, its fans included. [W]
    pue : (...) array_like
        Power usage effectiveness. [1]

    Returns
    -------
    (...) ndarray
        Power. [W]

    Raises
    ------
    ValueError
        If PUE is below one, a share is none, or idle power is above the limit.

    Examples
    --------
    Eight of 700 W that idle at 100 W, half of the time busy, in a host of 2,000 W, and a quarter for cooling:

    >>> float(facility_power_w(8, 700, 100, 0.5, 1, 2000, 1.25))
    6500.0
    """
    share, limit, idle = (np.asarray(value, dtype=float) for value in (busy_share, device_power_w, idle_power_w))
    if np.any(np.asarray(pue) < 1) or np.any((share < 0) | (share > 1)) or np.any(idle > limit):
        raise ValueError("PUE is at least one, a share at most one, and idle power below the limit")
    accelerators_w = np.asarray(devices) * (idle + share * (limit - idle))
    return np.asarray(np.asarray(pue) * (accelerators_w + np.asarray(hosts) * np.asarray(host_power_w)))


def token_energy_j(power_w: ArrayLike, tokens_per_s: ArrayLike) -> Array:
    """Energy of a token; the arguments broadcast.

    Parameters
    ----------
    power_w : (...) array_like
        Power of everything that serves. [W]
    tokens_per_s : (...) array_like
        Tokens that leave. [1/s]

    Returns
    -------
    (...) ndarray
        Energy. [J]

    Raises
    ------
    ValueError
        If no tokens leave.

    Examples
    --------
    >>> float(token_energy_j(6500.0, 2600.0))
    2.5
    """
    validate.require_positive(tokens_per_s=tokens_per_s)
    return np.asarray(np.asarray(power_w, dtype=float) / np.asarray(tokens_per_s))
