r"""A power model held against silicon: which energies to adjust, within which limits, and what is left.

Question
    A model knows the power of each unit, and a meter knows the power of the whole chip for a few workloads. By what
    factor is each unit wrong, and how good is the corrected model on a workload that it has not seen?
Model
    .. math:: \min_{l \le s_u \le h} \; \sum_{w \in A} \left( \frac{\sum_u s_u p_{wu} + q_w - m_w}{m_w} \right)^2
        + r \sum_u (s_u - 1)^2

    :math:`p_{wu}` is the table's power of unit :math:`u` in workload :math:`w`, :math:`q_w` what is known otherwise
    (leakage), :math:`m_w` the measured total. Few anchors :math:`A`, many units: there is no unique answer without the
    last term, which leaves a unit at the table's value unless the anchors say otherwise. The limits keep a unit that
    can hardly be seen from explaining what another one did.
Assumes
    Errors of a unit are one factor for all workloads; meters err by a share of what they show.
Breaks when
    The error is in the activity, not in the energy; or anchors exercise the same units in the same proportions: then
    the fit is good, and the held-out workload is not.
Source
    Li, Ahn, Strong, Brockman, Tullsen, Jouppi, "McPAT", MICRO 2009, pp. 469-480, for the model that is calibrated;
    the procedure is bounded ridge regression (Hoerl, Kennard, Technometrics 12(1), 1970, for the last term).
Oracle
    Conditions of Karush, Kuhn and Tucker; a general optimiser; planted factors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from reference_solutions.units import Array

__all__ = ["calibrated_scales"]


def calibrated_scales(
    unit_w: ArrayLike,
    other_w: ArrayLike,
    measured_w: ArrayLike,
    anchors: Sequence[int],
    low: float = 0.5,
    high: float = 2.0,
    ridge: float = 0.01,
) -> dict[str, Array]:
    """Factor for each unit of a power model, from the total power of a few workloads.

    Parameters
    ----------
    unit_w : (workloads, units) array_like
        Power of each unit by the model. [W]
    other_w : (workloads,) array_like
        What is not in question: leakage, input and output. [W]
    measured_w : (workloads,) array_like
        Power that was measured. [W]
    anchors : sequence of int
        Rows to calibrate on; the others are held out. [1]
    low, high : float
        Least and largest factor, on either side of 1. [1]
    ridge : float
        Weight of a factor's distance from 1. [1]

    Returns
    -------
    dict of str to ndarray
        `scales`, a factor for each unit [1]; `errors`, what the corrected model says of each workload, over what was
        measured, less 1 [1].

    Raises
    ------
    ValueError
        If there is no anchor, a measured power or the ridge is not positive, or the limits do not enclose 1.

    Examples
    --------
    One unit that draws a third more than the table says:

    >>> found = calibrated_scales([[3.0], [6.0]], [1.0, 1.0], [5.0, 9.0], anchors=[0], ridge=1e-9)
    >>> found["scales"].round(4), abs(found["errors"]).round(4)
    (array([1.3333]), array([0., 0.]))
    """
    watts, others, measured = (np.asarray(value, dtype=float) for value in (unit_w, other_w, measured_w))
    rows = np.asarray(anchors, dtype=int)
    if rows.size < 1 or not np.all(measured > 0) or not ridge > 0 or not 0 < low < 1 < high:
        raise ValueError("an anchor at least, measured powers and a ridge above 0, and limits on either side of 1")
    units = watts.shape[1]
    seen = np.vstack([watts[rows] / measured[rows, np.newaxis], np.sqrt(ridge) * np.eye(units)])
    wanted = np.concatenate([1 - others[rows] / measured[rows], np.full(units, np.sqrt(ridge))])
    scales = optimize.lsq_linear(seen, wanted, bounds=(low, high), method="bvls").x
    return {"scales": scales, "errors": (watts @ scales + others) / measured - 1}
