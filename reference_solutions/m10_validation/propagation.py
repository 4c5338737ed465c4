r"""Propagation of uncertainty: from what was read off instruments to what was wanted.

Question
    The energy of a request is a difference of two powers, times a time, over a count. Each was measured with an
    uncertainty, two of them with the same meter. How sure is the result?
Model
    .. math:: u_c^2(y) = \sum_i c_i^2 u_i^2 + 2 \sum_{i<j} c_i c_j u_i u_j r_{ij}, \qquad
        c_i = \frac{\partial f}{\partial x_i}, \qquad U = k\,u_c

    .. math:: E = \frac{(P - P_0)\,t}{n}

    Sensitivities :math:`c_i`, standard uncertainties :math:`u_i`, correlations :math:`r_{ij}`. The expanded uncertainty
    with :math:`k = 2` has a level of confidence of about 95 %. What one meter reads too high in both powers cancels in
    their difference: there correlation helps.
Assumes
    A function that is nearly linear over the uncertainties.
Breaks when
    Uncertainties are as large as the difference itself, or inputs may be zero in a denominator: then draw
    (JCGM 101:2008, Monte Carlo).
Source
    JCGM 100:2008 (GUM), equations (10) and (13), 5.1.2 and 5.2.2; the expanded uncertainty in 6.2.1.
Oracle
    Relative variances that add for products; full correlation by hand; drawn inputs (Monte Carlo); derivatives by
    differences.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["combined_uncertainty", "net_energy"]


def combined_uncertainty(
    sensitivities: ArrayLike, uncertainties: ArrayLike, correlations: ArrayLike | None = None
) -> float:
    """Combined standard uncertainty of a result.

    Parameters
    ----------
    sensitivities : (n,) array_like
        Partial derivatives of the result by each input, in units of the result over that of the input.
    uncertainties : (n,) array_like
        Standard uncertainties of the inputs, each in its unit.
    correlations : (n, n) array_like, optional
        Correlations of the inputs; none, if not given. [1]

    Returns
    -------
    float
        In the unit of the result.

    Raises
    ------
    ValueError
        If an uncertainty is negative.

    Examples
    --------
    >>> combined_uncertainty([1.0, -1.0], [3.0, 4.0])
    5.0
    >>> combined_uncertainty([1.0, -1.0], [3.0, 4.0], [[1, 1], [1, 1]])
    1.0
    """
    u = np.asarray(uncertainties, dtype=float)
    if np.any(u < 0):
        raise ValueError("uncertainties must not be negative")
    parts = np.asarray(sensitivities, dtype=float) * u
    matrix = np.eye(u.size) if correlations is None else np.asarray(correlations, dtype=float)
    return float(np.sqrt(parts @ matrix @ parts))


def net_energy(
    busy_w: float,
    idle_w: float,
    time_s: float,
    requests: int,
    u_busy_w: float,
    u_idle_w: float,
    u_time_s: float,
    correlation: float = 0.0,
) -> dict[str, Any]:
    """Energy of a request above idle, with its uncertainty, and what that is made of.

    Parameters
    ----------
    busy_w, idle_w : float
        Mean power under load and idle. [W]
    time_s : float
        Duration of the load. [s]
    requests : int
        Requests served in that time, counted exactly. [1]
    u_busy_w, u_idle_w : float
        Standard uncertainties of the powers. [W]
    u_time_s : float
        Standard uncertainty of the duration. [s]
    correlation : float
        Of the errors of the two powers, from -1 to 1. [1]

    Returns
    -------
    dict
        `energy_j`, `standard_j`, and `expanded_j` with k = 2 [J]; `parts`: shares of the variance by "busy", "idle",
        "time" and "covariance", which add up to 1 and may be negative [1].

    Raises
    ------
    ValueError
        If busy is not more than idle, time or requests are not positive, an uncertainty is negative, all three are
        zero, or the correlation is none.

    Examples
    --------
    >>> found = net_energy(300.0, 100.0, 60.0, 1000, 4.0, 3.0, 0.0)
    >>> found["energy_j"], round(found["standard_j"], 6), round(found["parts"]["busy"], 6)
    (12.0, 0.3, 0.64)
    """
    if not (busy_w > idle_w and time_s > 0 and requests > 0 and -1 <= correlation <= 1):
        raise ValueError("there must be more power than idle, a time, a request, and a correlation from -1 to 1")
    if min(u_busy_w, u_idle_w, u_time_s) < 0 or max(u_busy_w, u_idle_w, u_time_s) == 0:
        raise ValueError("uncertainties must not be negative, and not all zero")
    busy, idle = time_s / requests * u_busy_w, -time_s / requests * u_idle_w  # c_i u_i of each input [J]
    time = (busy_w - idle_w) / requests * u_time_s
    covariance = 2 * busy * idle * correlation
    variance = busy**2 + idle**2 + time**2 + covariance
    parts = {"busy": busy**2, "idle": idle**2, "time": time**2, "covariance": covariance}
    return {
        "energy_j": (busy_w - idle_w) * time_s / requests,
        "standard_j": float(np.sqrt(variance)),
        "expanded_j": float(2 * np.sqrt(variance)),
        "parts": {name: float(part / variance) for name, part in parts.items()},
    }
