r"""What a token costs: machines paid off, energy, people, over the tokens that were sold.

Question
    A fleet is bought, runs for some years and is partly used. What does it cost, and what does a million tokens cost?
Model
    .. math:: C = K + Y \left( E \, c_E + r K \right), \qquad c_{Mtok} = \frac{10^6 \, C}{\Theta}

    :math:`K` is what machines cost, paid off in a straight line over the years :math:`Y` that they serve; they draw
    :math:`E` kilowatt-hours a year at the facility's meter at :math:`c_E` each, and a share :math:`r` of their price a
    year goes to space, spares and people. :math:`\Theta` tokens are delivered in these years, at the utilisation that
    there is and not the one that was hoped for.
Assumes
    No interest, no resale, constant prices and load.
Breaks when
    Machines are rented by the hour (then the hour's price takes the place of :math:`C`), or capital costs money.
Source
    Barroso, Hölzle, Ranganathan, "The Datacenter as a Computer", 3rd edition, 2018, chapter 6 (capital and operational
    expenses, depreciation in a straight line); the sum is written out here.
Oracle
    By hand: 2.50 USD an hour at 2,500 tokens a second are 0.27778 USD a million; bookings added up month by month.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["million_tokens_usd", "ownership_usd"]


def ownership_usd(
    capital_usd: ArrayLike,
    years: ArrayLike,
    energy_kwh_per_year: ArrayLike,
    usd_per_kwh: ArrayLike,
    running_share_per_year: ArrayLike = 0.0,
) -> Array:
    """Cost of a fleet over its years; the arguments broadcast.

    Parameters
    ----------
    capital_usd : (...) array_like
        Price of all machines. [USD]
    years : (...) array_like
        How long they serve. [year]
    energy_kwh_per_year : (...) array_like
        Energy at the facility's meter. [kWh/year]
    usd_per_kwh : (...) array_like
        Its price. [USD/kWh]
    running_share_per_year : (...) array_like
        Space, spares and people a year, as a share of the machines' price. [1/year]

    Returns
    -------
    (...) ndarray
        Cost. [USD]

    Raises
    ------
    ValueError
        If the price or the years are not positive.

    Examples
    --------
    >>> float(ownership_usd(1000.0, 3, energy_kwh_per_year=500, usd_per_kwh=0.1, running_share_per_year=0.05))
    1300.0
    """
    validate.require_positive(capital_usd=capital_usd, years=years)
    capital = np.asarray(capital_usd, dtype=float)
    yearly_usd = (
        np.asarray(energy_kwh_per_year) * np.asarray(usd_per_kwh) + np.asarray(running_share_per_year) * capital
    )
    return np.asarray(capital + np.asarray(years) * yearly_usd)


def million_tokens_usd(cost_usd: ArrayLike, tokens: ArrayLike) -> Array:
    """Cost of a million tokens; the arguments broadcast.

    Parameters
    ----------
    cost_usd : (...) array_like
        Cost of some time. [USD]
    tokens : (...) array_like
        Tokens delivered in that time. [1]

    Returns
    -------
    (...) ndarray
        Cost of a million of them. [USD]

    Raises
    ------
    ValueError
        If there are no tokens.

    Examples
    --------
    An hour at 2.50 USD and 2,500 tokens a second:

    >>> round(float(million_tokens_usd(2.5, 2500 * 3600)), 5)
    0.27778
    """
    validate.require_positive(tokens=tokens)
    return np.asarray(np.asarray(cost_usd, dtype=float) / np.asarray(tokens) * 1e6)
