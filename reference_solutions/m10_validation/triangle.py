r"""The triangle check: simulator, counters and application must tell one story.

Question
    A simulator, the machine's counters and the application each say how fast the machine is. Do they agree, and if
    not, which of them is to be doubted?
Model
    .. math:: x = \frac{\mathrm{IPC} \cdot f \cdot c}{n}, \qquad
        \text{two sides agree} \iff |x_1 - x_2| \le k \sqrt{u_1^2 + u_2^2}

    All three are brought into one unit, requests per second: instructions per cycle, times the clock :math:`f` and the
    cores :math:`c`, over the instructions :math:`n` of a request. Each side has a standard uncertainty :math:`u`. If
    exactly one pair agrees, the third side is the odd one out. If two pairs agree and one does not, or none does, the
    check decides nothing: the side in the middle agrees with both of its neighbours, and nobody is outvoted.
Assumes
    Uncertainties that are standard deviations and independent; the same region of interest on all three sides.
Breaks when
    Two sides share a mistake, such as the instructions of a request, which stand in both of the first: they agree, and
    are wrong together, and the honest third is suspected.
Source
    The rule of comparison is that of independent standard uncertainties: JCGM 100:2008 (GUM), 5.1.2, equation (10), for
    a difference, with a coverage factor k as in 6.2.1. The triangle is the usual practice of performance validation.
Oracle
    A planted fault of each side; agreement of drawn honest sides as often as normal errors promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["triangle_check"]


def triangle_check(
    simulated_ipc: float,
    counted_ipc: float,
    clock_hz: float,
    cores: int,
    instructions_per_request: float,
    served_per_s: float,
    relative_u: Sequence[float],
    k: float = 2.0,
) -> dict[str, Any]:
    """Throughput by simulator, counters and application, which of them agree, and whom to doubt.

    Parameters
    ----------
    simulated_ipc, counted_ipc : float
        Instructions per cycle of a core, by simulator and by counters. [1]
    clock_hz : float
        Clock of a core. [Hz]
    cores : int
        Cores that serve requests. [1]
    instructions_per_request : float
        Instructions that a request takes. [1]
    served_per_s : float
        What the application counted: requests per second, of all cores. [1/s]
    relative_u : sequence of float
        Relative standard uncertainty of the throughput by simulator, counters, application. [1]
    k : float
        Coverage factor of the comparison. [1]

    Returns
    -------
    dict
        `per_s`: three throughputs, by simulator, counters, application [1/s]; `agree`: whether simulator and counters,
        counters and application, simulator and application agree; `suspect`: "simulator", "counters", "application",
        "none", or "undecided".

    Raises
    ------
    ValueError
        If a quantity or `k` is not positive, or an uncertainty is negative.

    Examples
    --------
    >>> found = triangle_check(2.2, 1.5, 2e9, 4, 6e6, 1990.0, relative_u=[0.05, 0.01, 0.01])
    >>> [round(x) for x in found["per_s"]], found["agree"], found["suspect"]
    ([2933, 2000, 1990], [False, True, False], 'simulator')
    """
    if min(simulated_ipc, counted_ipc, clock_hz, cores, instructions_per_request, served_per_s, k) <= 0:
        raise ValueError("quantities and the coverage factor must be positive")
    if min(relative_u) < 0:
        raise ValueError("uncertainties must not be negative")
    per_request = clock_hz * cores / instructions_per_request  # requests/s at one instruction per cycle
    per_s = np.array([simulated_ipc * per_request, counted_ipc * per_request, served_per_s])
    u = np.array(relative_u) * per_s
    pairs = [(0, 1), (1, 2), (0, 2)]
    agree = [bool(abs(per_s[i] - per_s[j]) <= k * np.hypot(u[i], u[j])) for i, j in pairs]
    suspect = "none" if all(agree) else "undecided"
    if sum(agree) == 1:  # the one that is not in the pair that agrees
        suspect = ["application", "simulator", "counters"][agree.index(True)]
    return {"per_s": per_s.tolist(), "agree": agree, "suspect": suspect}
