r"""The bill of a token: its part of the machine, its part of the electricity, and what idle time adds.

Question
    A machine costs so much, draws so much busy and idle, and is busy a part of the time. What do a million tokens cost,
    and how many joules is one?
Model
    .. math:: \Theta = 3600 \, r u, \qquad c_{cap} = \frac{K}{8760\, Y}, \qquad
        P = \mathrm{PUE} \, (u P_{busy} + (1 - u) P_{idle}), \qquad
        c_{Mtok} = \frac{10^6}{\Theta} \left( c_{cap} + \frac{P}{1000} c_E \right), \qquad e = \frac{P}{r u}

    An hour delivers :math:`\Theta` tokens at a rate :math:`r` and a utilisation :math:`u`; capital is paid off in a
    straight line over the years :math:`Y`, hour by hour, whether anybody asks or not.
Assumes
    A year of 8,760 hours, no interest; power is that of idle but for the busy part of the time.
Breaks when
    Input and output tokens are sold at different prices, or the rate depends on who else is served.
Source
    Barroso, Hölzle, Ranganathan, "The Datacenter as a Computer", 3rd edition, 2018, chapters 5 (PUE) and 6 (costs); the
    sum is written out here.
Oracle
    The catalogue's example (2.50 USD an hour, 2,500 tokens a second: 0.27778 USD a million); `ownership_usd` over all
    years; an hour's joules counted second by second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["token_bill"]


def token_bill(
    machine_usd: ArrayLike,
    years: ArrayLike,
    idle_w: ArrayLike,
    busy_w: ArrayLike,
    pue: ArrayLike,
    usd_per_kwh: ArrayLike,
    tokens_per_s: ArrayLike,
    utilisation: ArrayLike,
) -> dict[str, Array]:
    """Cost and energy of tokens; the arguments broadcast.

    Parameters
    ----------
    machine_usd : (...) array_like
        Price of the machine. [USD]
    years : (...) array_like
        How long it serves. [year]
    idle_w, busy_w : (...) array_like
        What it draws, idle and busy. [W]
    pue : (...) array_like
        Power of the facility over that of its machines, at least 1. [1]
    usd_per_kwh : (...) array_like
        Price of electricity. [USD/kWh]
    tokens_per_s : (...) array_like
        Tokens while it is busy. [1/s]
    utilisation : (...) array_like
        Share of the time that it is busy, more than 0, at most 1. [1]

    Returns
    -------
    dict of str to ndarray
        `capital_usd` and `energy_usd` of a million tokens, and their sum, `million_usd` [USD]; `token_j`, energy of
        a token at the facility's meter [J].

    Raises
    ------
    ValueError
        If years or rate are not positive, the utilisation is no such share, or the PUE is less than 1.

    Examples
    --------
    >>> bill = token_bill(2.5 * 8760, 1, 0, 0, 1, 0.1, 2500, 1)
    >>> round(float(bill["million_usd"]), 5)
    0.27778
    """
    share, rate, lasts = (np.asarray(one, dtype=float) for one in (utilisation, tokens_per_s, years))
    if not np.all((share > 0) & (share <= 1)) or not np.all(rate > 0) or not np.all(lasts > 0):
        raise ValueError("years and rate are positive, and the utilisation is a share")
    if not np.all(np.asarray(pue) >= 1):
        raise ValueError("a facility draws what its machines do, at least")
    facility_w = np.asarray(pue) * (share * np.asarray(busy_w) + (1 - share) * np.asarray(idle_w))
    millions_per_h = 3600 * rate * share / 1e6
    capital = np.asarray(machine_usd) / (8760 * lasts) / millions_per_h
    energy = facility_w / 1000 * np.asarray(usd_per_kwh) / millions_per_h
    return {
        "capital_usd": capital,
        "energy_usd": energy,
        "million_usd": capital + energy,
        "token_j": facility_w / (rate * share),
    }
