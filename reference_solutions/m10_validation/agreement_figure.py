r"""A simulator and a machine in one picture: ratios against size, with limits of agreement.

Question
    A dozen kernels, from microseconds to milliseconds: how far is it off on the next one, does that depend on
    how long it runs, and which kernels are odd?
Model
    .. math:: d_i = \ln \frac{s_i}{m_i}, \qquad e^{\bar d}, \qquad e^{\bar d \pm 1.96\, s_d}, \qquad
        e^{\bar d \pm (1.96 + t_{n-1} \sqrt{3 / n})\, s_d}

    Limits of agreement of the logarithms are limits of the ratios of simulated to measured times. A picture has the
    ratio upwards and the size of both (their geometric mean) across, both logarithmic: a simulator that is right is a
    line at 1, and a slope shows a bias that depends on size. The outer lines are as far as the limits may reach, since
    n kernels only tell so much.
Assumes
    Ratios whose spread does not depend on the size; kernels that stand for those to come.
Breaks when
    The ratio has a slope: limits over all sizes are then too wide for most and too narrow for some.
Source
    Bland, Altman, "Statistical methods for assessing agreement between two methods of clinical measurement", Lancet
    1986, pp. 307-310: differences against means, and logarithms where differences grow.
Oracle
    `limits_of_agreement` of the logarithms; scipy's t interval; kernels by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["agreement_figure"]


def agreement_figure(
    kernels: Sequence[str], simulated_us: ArrayLike, measured_us: ArrayLike, confidence: float = 0.95
) -> dict[str, Any]:
    """Ratios of simulated to measured times against the size of both, as plain data.

    Parameters
    ----------
    kernels : (n,) sequence of str
        Names.
    simulated_us, measured_us : (n,) array_like
        Times; NaN or 0 where there is none. [us]
    confidence : float
        Of the outer lines, between 0 and 1. [1]

    Returns
    -------
    dict
        `title`; `x` and `y` with `label`, `scale`, `limits`; `series`: points "kernels" and the lines "bias", "lower
        limit", "upper limit", "lower limit, at least", "upper limit, at most"; `marks`: kernels beyond the limits;
        `left_out`: kernels without a positive time on both sides.

    Raises
    ------
    ValueError
        If fewer than three kernels can be drawn.

    Examples
    --------
    >>> plain = agreement_figure(["a", "b", "c", "d"], [1.1, 22.0, np.nan, 330.0], [1.0, 20.0, 3.0, 300.0])
    >>> plain["left_out"], round(plain["series"][1]["y"][0], 6)
    (['c'], 1.1)
    """
    simulated, measured = np.asarray(simulated_us, dtype=float), np.asarray(measured_us, dtype=float)
    drawn = (simulated > 0) & (measured > 0)
    n = int(drawn.sum())
    if n < 3:
        raise ValueError("three kernels with both times are the least that can be drawn")
    ratio, size = simulated[drawn] / measured[drawn], np.sqrt(simulated[drawn] * measured[drawn])
    bias, spread = np.log(ratio).mean(), np.log(ratio).std(ddof=1)
    outer = 1.96 + special.stdtrit(n - 1, (1 + confidence) / 2) * np.sqrt(3 / n)
    heights = {
        "bias": bias,
        "lower limit": bias - 1.96 * spread,
        "upper limit": bias + 1.96 * spread,
        "lower limit, at least": bias - outer * spread,
        "upper limit, at most": bias + outer * spread,
    }
    names = [name for name, seen in zip(kernels, drawn, strict=True) if seen]
    ends = [float(size.min() / 1.5), float(size.max() * 1.5)]
    lines = [
        {"label": label, "kind": "line", "x": ends, "y": [float(np.exp(height))] * 2}
        for label, height in heights.items()
    ]
    beyond = (ratio < np.exp(heights["lower limit"])) | (ratio > np.exp(heights["upper limit"]))
    highest = max(float(ratio.max()), float(np.exp(heights["upper limit, at most"])))
    lowest = min(float(ratio.min()), float(np.exp(heights["lower limit, at least"])))
    return {
        "title": "Simulator against machine",
        "x": {"label": "size, geometric mean of both times [us]", "scale": "log", "limits": ends},
        "y": {"label": "simulated over measured [1]", "scale": "log", "limits": [lowest / 1.1, highest * 1.1]},
        "series": [{"label": "kernels", "kind": "points", "x": size.tolist(), "y": ratio.tolist()}, *lines],
        "marks": [
            {"label": name, "x": float(x), "y": float(y)}
            for name, x, y, odd in zip(names, size, ratio, beyond, strict=True)
            if odd
        ],
        "left_out": [name for name, seen in zip(kernels, drawn, strict=True) if not seen],
    }
