r"""Choosing a level of fidelity: the cheapest model whose error the question can bear.

Question
    A cycle-level simulator errs by 5 % and simulates 200,000 instructions a second; an interval model errs by 12 % and
    is fifty times as fast. Which of them for a study of 400 design points by Friday?
Model
    .. math:: T = T_0 + \left\lceil \frac{n}{H} \right\rceil \frac{I}{v}, \qquad
        \text{slowdown} = \frac{v_{native}}{v}

    A level costs :math:`T_0` to set up; then :math:`n` design points of :math:`I` instructions each run on :math:`H`
    hosts, in rounds, at :math:`v` simulated instructions a second. A level is worth looking at if no other is at least
    as accurate *and* at least as quick, and better in one of the two (Pareto). It is feasible if it meets tolerance and
    deadline; the quickest feasible one is chosen: more fidelity than the question needs is paid for in design points.
Assumes
    The error is known (against hardware, or the next level up), and is the same for all design points.
Breaks when
    A level does not model what the question is about: then its error there is not the error of its average benchmark.
Source
    The trade-off is the subject of Eeckhout, *Computer Architecture Performance Evaluation Methods*, Synthesis
    Lectures, Morgan & Claypool 2010 (not re-read); the rules are stated here as we use them.
Oracle
    Every level tried by hand, pair by pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["fidelity_table"]


def fidelity_table(
    levels: Mapping[str, ArrayLike],
    native_per_s: float,
    instructions: float,
    points: int,
    hosts: int,
    deadline_s: float,
    tolerance: float,
) -> dict[str, Any]:
    """What a study takes at each level of fidelity, and which level to choose.

    Parameters
    ----------
    levels : mapping of str to (n,) array_like
        Columns `level` (names), `error` (relative), `instructions_per_s` and `setup_s`. [1, 1/s, s]
    native_per_s : float
        Instructions a second of the real machine. [1/s]
    instructions : float
        Instructions that each design point runs. [1]
    points, hosts : int
        Design points, and hosts that run one each at a time. [1]
    deadline_s : float
        Time that the study may take, set-up included. [s]
    tolerance : float
        Largest relative error that the question can bear. [1]

    Returns
    -------
    dict of str to (n,) ndarray
        `level`; `study_s` [s]; `slowdown` [1]; `pareto`, `feasible` and `chosen`, truth values: at most one is chosen,
        the quickest feasible; of equally quick ones the one with the smaller error, then the first.

    Raises
    ------
    ValueError
        If a speed, the instructions, points or hosts are not positive, or an error or a set-up time is negative.

    Examples
    --------
    >>> levels = {"level": ["interval", "cycle"], "error": [0.12, 0.05]}
    >>> levels |= {"instructions_per_s": [1e7, 2e5], "setup_s": [3600, 3600]}
    >>> table = fidelity_table(levels, 1e9, 1e9, points=400, hosts=40, deadline_s=86_400, tolerance=0.15)
    >>> table["study_s"].tolist(), table["chosen"].tolist()
    ([4600.0, 53600.0], [True, False])
    """
    names = ("error", "instructions_per_s", "setup_s")
    error, speed, setup_s = (np.asarray(levels[name], dtype=float) for name in names)
    if not (np.all(speed > 0) and min(native_per_s, instructions, points, hosts) > 0):
        raise ValueError("speeds, instructions, points and hosts are positive")
    if np.any(error < 0) or np.any(setup_s < 0):
        raise ValueError("errors and set-up times are not negative")
    study_s = setup_s + np.ceil(points / hosts) * instructions / speed
    as_good = (error[:, None] <= error) & (study_s[:, None] <= study_s)  # row: by whom, column: who is beaten
    better = (error[:, None] < error) | (study_s[:, None] < study_s)
    feasible = (error <= tolerance) & (study_s <= deadline_s)
    chosen = np.zeros(error.size, dtype=bool)
    if np.any(feasible):
        chosen[np.lexsort([error, np.where(feasible, study_s, np.inf)])[0]] = True
    return {
        "level": np.asarray(levels["level"]),
        "study_s": study_s,
        "slowdown": native_per_s / speed,
        "pareto": ~np.any(as_good & better, axis=0),
        "feasible": feasible,
        "chosen": chosen,
    }
