r"""Validation by workloads that the model has not seen.

Question
    A model was fitted to the workloads that it then explains. What does it say about the next one: is its error noise,
    a fault of the model, or was it asked beyond what it was fitted to?
Model
    .. math:: \hat t = \frac{W}{\pi} + \frac{Q}{\beta}, \qquad
        \min_{1/\pi,\,1/\beta} \sum_{j \ne i} \left( \frac{\hat t_j - t_j}{t_j} \right)^2, \qquad
        E_i = \frac{\hat t_i - t_i}{t_i}, \qquad u_{\mathrm{val}}^2 = u_{\mathrm{in}}^2 + u_D^2

    Time of compute and of memory, in turn; both rates fitted to all workloads but one, then the one that was left out
    is predicted. Its arithmetic intensity :math:`W / Q` must lie within that of the others, or the prediction is an
    extrapolation. Otherwise an error of up to :math:`2 u_{\mathrm{val}}` cannot be told from the noise of inputs
    (:math:`u_{\mathrm{in}}`) and measurement (:math:`u_D`), and a larger one is the model's.
Assumes
    Relative errors of equal weight; a domain that one number, the intensity, describes.
Breaks when
    Compute and memory overlap (then the larger counts, not the sum): workloads in the middle are predicted too slow.
    An error within the noise is not a proof: with much noise every model passes.
Source
    ASME V&V 20-2009 (comparison error E = S - D against the validation uncertainty); leaving one out: Stone,
    "Cross-validatory choice and assessment of statistical predictions", Journal of the Royal Statistical Society B
    36(2), 1974.
Oracle
    Normal equations solved in fractions; exact data, whose errors vanish; a planted fault, which must be found; drawn
    noise, which must be called noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["left_out_table"]


def left_out_table(
    flops: ArrayLike, traffic_bytes: ArrayLike, measured_s: ArrayLike, u_measured: ArrayLike, u_input: float = 0.0
) -> dict[str, Any]:
    """Each workload predicted by a model that was fitted to all others.

    Parameters
    ----------
    flops : (n,) array_like
        Floating-point operations of each workload. [FLOP]
    traffic_bytes : (n,) array_like
        Bytes that each moves from and to memory. [B]
    measured_s : (n,) array_like
        Its measured time. [s]
    u_measured : (n,) array_like
        Relative standard uncertainty of that time. [1]
    u_input : float
        Relative standard uncertainty of a prediction by what goes into it. [1]

    Returns
    -------
    dict
        Columns `predicted_s` [s], `error`, relative to the measured time [1], `u_val` [1], and `verdict`: "outside",
        "noise" or "model".

    Raises
    ------
    ValueError
        If there are fewer than four workloads, they do not pair up, a quantity is not positive, or an uncertainty is
        negative.

    Examples
    --------
    A second for ten operations and a second for each byte, but for the third workload, which takes a quarter longer:

    >>> table = left_out_table([10, 40, 20, 20, 30], [1, 1, 1, 2, 1], [2.0, 5.0, 3.75, 4.0, 4.0], [0.01] * 5)
    >>> round(float(table["error"][2]), 3), table["verdict"][2], table["verdict"][1]
    (-0.2, 'model', 'outside')
    """
    work, traffic, t, u = (np.asarray(column, dtype=float) for column in (flops, traffic_bytes, measured_s, u_measured))
    if t.size < 4 or not work.shape == traffic.shape == t.shape == u.shape:
        raise ValueError("there must be four workloads or more, with all quantities of each")
    if min(work.min(), traffic.min(), t.min()) <= 0 or min(u.min(), u_input) < 0:
        raise ValueError("quantities must be positive, uncertainties not negative")
    intensity, features = work / traffic, np.stack([work, traffic], axis=1)
    u_val = np.sqrt(u**2 + u_input**2)
    predicted, verdict = [], []
    for i in range(t.size):
        others = np.arange(t.size) != i
        relative = features[others] / t[others, np.newaxis]
        seconds = np.linalg.lstsq(relative, np.ones(t.size - 1), rcond=None)[0]  # of an operation, and of a byte
        predicted.append(features[i] @ seconds)
        inside = intensity[others].min() <= intensity[i] <= intensity[others].max()
        small = abs(predicted[i] - t[i]) <= 2 * u_val[i] * t[i]
        verdict.append("outside" if not inside else "noise" if small else "model")
    return {
        "predicted_s": np.array(predicted),
        "error": np.array(predicted) / t - 1,
        "u_val": u_val,
        "verdict": verdict,
    }
