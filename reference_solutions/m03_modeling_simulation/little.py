r"""Little's law as a check of a simulation's books: in any window, nothing may be left over.

Question
    A run reports how many customers there were, how many came, and how long they stayed. Do the three agree?
Model
    .. math:: L \, T = N \, W + I - O

    In a window of length :math:`T` the mean number in the system is :math:`L`; :math:`N` customers arrive and stay for
    :math:`W` on average. Both sides count customer-seconds. Who came before the window has stayed in it for :math:`I`
    altogether; who came in it stays on after it for :math:`O`. If the window begins and ends empty, both vanish and
    :math:`L = \lambda W` is exact, for any arrivals, services and order: an identity, no limit theorem.
Assumes
    A complete log: every arrival has its departure.
Breaks when
    Customers are lost from the log, counted twice, or those still inside are left out: then the books do not close,
    which is what the check is for.
Source
    Little, "A proof for the queuing formula: L = lambda W", Operations Research 9(3), 1961, pp. 383-387; for the finite
    window see Little, Graves, "Little's law", in *Building Intuition*, Springer 2008 (not re-read; derived here).
Oracle
    The area under the step function of arrivals and departures, integrated event by event; the identity on drawn logs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["little_audit"]


def little_audit(arrival_s: ArrayLike, departure_s: ArrayLike, from_s: float, until_s: float) -> dict[str, float]:
    """The books of a window: L T = N W + carried in - carried out.

    Parameters
    ----------
    arrival_s, departure_s : (n,) array_like
        When each customer came and left, in any order of customers. [s]
    from_s, until_s : float
        The window; who arrives at its beginning is in it, who arrives at its end is not. [s]

    Returns
    -------
    dict of str to float
        `mean_in_system` [1]; `arrival_per_s`, of those who arrive in the window [1/s]; `mean_time_s`, that these stay
        altogether, 0 if there are none; `carried_in_s`, time in the window of all who came before it; `carried_out_s`,
        time after the window of all who arrived in it [s].

    Raises
    ------
    ValueError
        If the log is not in pairs, somebody leaves before arriving, or the window has no length.

    Examples
    --------
    >>> books = little_audit([0, 2, 3], [4, 5, 9], from_s=1, until_s=6)
    >>> books["mean_in_system"] * 5, books["arrival_per_s"] * 5 * books["mean_time_s"]
    (9.0, 9.0)
    >>> books["carried_in_s"], books["carried_out_s"]
    (3.0, 3.0)
    """
    arrival, departure = np.asarray(arrival_s, dtype=float), np.asarray(departure_s, dtype=float)
    if arrival.shape != departure.shape or not np.all(departure >= arrival) or not until_s > from_s:
        raise ValueError("a departure for each arrival, not before it, and a window that has a length")
    inside_s = np.maximum(np.minimum(departure, until_s) - np.maximum(arrival, from_s), 0.0)
    arrives = (arrival >= from_s) & (arrival < until_s)
    stays_s = departure[arrives] - arrival[arrives]
    return {
        "mean_in_system": float(np.sum(inside_s) / (until_s - from_s)),
        "arrival_per_s": float(np.sum(arrives) / (until_s - from_s)),
        "mean_time_s": float(np.mean(stays_s)) if stays_s.size else 0.0,
        "carried_in_s": float(np.sum(inside_s[arrival < from_s])),
        "carried_out_s": float(np.sum(np.maximum(departure[arrives] - until_s, 0.0))),
    }
