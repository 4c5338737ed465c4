r"""Goodput against the interval between checkpoints, as data of a picture.

Question
    How flat is the optimum, and where do Young's and Daly's intervals lie on it?
Model
    The two lines are the first-order and the exact goodput of `checkpointing`,

    .. math:: 1 - \frac{\delta}{\tau} - \frac{\tau / 2 + R}{M}, \qquad
        \frac{\tau}{M e^{R/M} \left( e^{(\tau + \delta)/M} - 1 \right)};

    marks lie on the exact one, at both intervals.
Assumes
    What `checkpointing` does.
Breaks when
    The first-order line falls below 0: it says nothing there, and is left out.
Source
    As `checkpointing`: Young, CACM 17(9), 1974; Daly, Future Generation Computer Systems 22(3), 2006.
Oracle
    `checkpointing`, other code with oracles of its own, point by point.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference_solutions.units import Array

__all__ = ["goodput_figure"]


def goodput_figure(interval_s: Array, checkpoint_s: float, restart_s: float, mtbf_s: float) -> dict[str, Any]:
    """Two lines and two marks.

    Parameters
    ----------
    interval_s : (n,) ndarray
        Rising times of progress between two checkpoints. [s]
    checkpoint_s : float
        For which time a checkpoint holds the job up; less than twice the time between failures. [s]
    restart_s : float
        From a failure until the job goes on. [s]
    mtbf_s : float
        Mean time between the job's failures. [s]

    Returns
    -------
    dict
        `title`; `x`, `y` with `label`, `scale`, `limits`; `series`; `marks`; `left_out`.

    Examples
    --------
    >>> figure = goodput_figure(np.array([300.0, 3000.0]), 60.0, 120.0, 21_600.0)
    >>> [round(mark["x"]) for mark in figure["marks"]], [round(y, 3) for y in figure["series"][1]["y"]]
    ([1610, 1570], [0.822, 0.908])
    """
    tau = np.asarray(interval_s, dtype=float)
    first = 1 - checkpoint_s / tau - (tau / 2 + restart_s) / mtbf_s
    young_s = float(np.sqrt(2 * checkpoint_s * mtbf_s))
    xi = checkpoint_s / (2 * mtbf_s)
    daly_s = young_s * (1 + np.sqrt(xi) / 3 + xi / 9) - checkpoint_s

    at = np.append(tau, [young_s, daly_s])
    exact = at / (mtbf_s * np.exp(restart_s / mtbf_s) * np.expm1((at + checkpoint_s) / mtbf_s))
    shown = first >= 0
    return {
        "title": "Goodput against the interval between checkpoints",
        "x": {"label": "interval [s]", "scale": "log", "limits": [float(tau[0]), float(tau[-1])]},
        "y": {"label": "goodput [1]", "scale": "linear", "limits": [0.0, 1.0]},
        "series": [
            {"label": "first order", "kind": "line", "x": tau[shown].tolist(), "y": first[shown].tolist()},
            {"label": "exact", "kind": "line", "x": tau.tolist(), "y": exact[:-2].tolist()},
        ],
        "marks": [
            {"label": "Young", "x": young_s, "y": float(exact[-2])},
            {"label": "Daly", "x": float(daly_s), "y": float(exact[-1])},
        ],
        "left_out": [],
    }
