r"""Energy, delay, and their products: which of several designs is best, and by which measure.

Question
    Several designs, or one design at several clocks, do the same work. Which is most efficient, and is that a question
    with one answer?
Model
    .. math:: E = P t, \qquad \mathrm{EDP} = E t, \qquad \mathrm{ED^2P} = E t^2, \qquad \frac{\text{work}}{E}

    Lowering the voltage of one design lowers :math:`E` with :math:`V^2` and raises :math:`t` about with
    :math:`1 / V`: :math:`E` alone always says "slower", and :math:`E t^2` hardly moves, so it compares designs rather
    than operating points. A design is on the frontier if no other is as good in both time and energy and better in one.
Assumes
    All do the same work, and power is a mean over the whole of it, everything that the work needs included.
Breaks when
    Work differs, a deadline makes time worthless below it, or a design waits: then idle power belongs to the task.
Source
    Horowitz, Indermaur, Gonzalez, "Low-Power Digital Design", IEEE Symposium on Low Power Electronics 1994; Gonzalez,
    Horowitz, "Energy dissipation in general purpose microprocessors", IEEE JSSC 31(9), 1996, pp. 1277-1284.
Oracle
    Dominance, pair by pair; voltage scaling leaves ED2P as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["design_table"]


def design_table(time_s: ArrayLike, power_w: ArrayLike, work: float) -> dict[str, Array]:
    """Energy measures of designs that do the same work.

    Parameters
    ----------
    time_s : (n,) array_like
        Time of each design for the work. [s]
    power_w : (n,) array_like
        Its mean power meanwhile. [W]
    work : float
        Tokens, frames, instructions of the work. [1]

    Returns
    -------
    dict of str to ndarray
        Columns `energy_j` [J], `edp_j_s` [J s], `ed2p_j_s2` [J s^2], `work_per_j` [1/J] and `on_frontier`, whether no
        other is as good in both time and energy and better in one.

    Raises
    ------
    ValueError
        If a time, a power or the work is not positive.

    Examples
    --------
    >>> table = design_table([1.0, 2.0, 2.0], [8.0, 3.0, 4.5], work=12)
    >>> table["energy_j"], table["ed2p_j_s2"], table["on_frontier"]
    (array([8., 6., 9.]), array([ 8., 24., 36.]), array([ True,  True, False]))
    """
    seconds, watts = np.asarray(time_s, dtype=float), np.asarray(power_w, dtype=float)
    if not (np.all(seconds > 0) and np.all(watts > 0) and work > 0):
        raise ValueError("times, powers and the work must be positive")
    joules = seconds * watts
    no_worse = (seconds <= seconds[:, np.newaxis]) & (joules <= joules[:, np.newaxis])
    better = (seconds < seconds[:, np.newaxis]) | (joules < joules[:, np.newaxis])
    return {
        "energy_j": joules,
        "edp_j_s": joules * seconds,
        "ed2p_j_s2": joules * seconds**2,
        "work_per_j": work / joules,
        "on_frontier": ~np.any(no_worse & better, axis=1),
    }
