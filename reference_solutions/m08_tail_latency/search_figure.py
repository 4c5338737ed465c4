r"""A search with many leaves, three ways of answering it, and one picture of their tails.

Question
    A request waits for all of its leaves; or each leaf is hedged; or the fastest 95 of 100 answers are enough. Which of
    them keeps the 99th percentile, and by how much?
Model
    .. math:: P_{\text{all}}(T > t) = 1 - (1 - \bar F(t))^N, \qquad
        P_{\text{hedged}}(T > t) = 1 - (1 - \bar F_h(t))^N, \qquad
        P_{k}(T > t) = \sum_{i < k} \binom{N}{i} (1 - \bar F(t))^i\,\bar F(t)^{N - i}

    :math:`\bar F(t)` is the share of a leaf's answers that take longer than :math:`t`, :math:`\bar F_h` the same with a
    copy. The picture has the time across and the share of late requests upwards, on a logarithmic axis: there a promise
    of 99 % is a height, and where a line falls below it is the percentile.
Assumes
    Leaves alike and independent.
Breaks when
    Leaves of one request are slow together: then waiting for fewer of them helps less than the picture says.
Source
    Dean, Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013, pp. 74-80.
Oracle
    scipy's binomial distribution; requests drawn in the test.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from reference_solutions.units import Array

__all__ = ["search_figure"]


def search_figure(times_s: Array, single: Array, hedged: Array, fan_out: int, needed: int) -> dict[str, Any]:
    """Shares of late requests against time, for three ways of answering, as plain data.

    Parameters
    ----------
    times_s : (n,) ndarray
        Rising times. [s]
    single : (n,) ndarray
        Share of a leaf's answers that take longer than each time. [1]
    hedged : (n,) ndarray
        The same for a leaf with a copy. [1]
    fan_out : int
        Leaves of a request. [1]
    needed : int
        Answers that are enough, where not all are waited for. [1]

    Returns
    -------
    dict
        `title`; `x` and `y` with `label`, `scale`, `limits`; `series` of three lines, without the points below 1e-4;
        `marks` where each line reaches 1 %; `left_out`: labels of those that never do.

    Examples
    --------
    Leaves that are late with 5, 0.1 and 0.01 % after 10, 20 and 50 ms:

    >>> t, late = np.array([0.01, 0.02, 0.05]), np.array([0.05, 0.001, 0.0001])
    >>> plain = search_figure(t, late, late**2, fan_out=100, needed=95)
    >>> [(mark["label"], mark["x"]) for mark in plain["marks"]]
    [('all leaves', 50.0), ('all leaves, hedged', 20.0), ('95 of 100', 20.0)]
    """
    late = {
        "all leaves": 1 - (1 - single) ** fan_out,
        "all leaves, hedged": 1 - (1 - hedged) ** fan_out,
        f"{needed} of {fan_out}": special.bdtr(needed - 1, fan_out, 1 - single),
    }
    time_ms = 1e3 * np.asarray(times_s)
    series, marks, left_out = [], [], []
    for label, share in late.items():
        seen = share >= 1e-4  # a logarithmic axis has no zero
        series.append({"label": label, "kind": "line", "x": time_ms[seen].tolist(), "y": share[seen].tolist()})
        in_time = time_ms[share <= 0.01]
        if in_time.size:
            marks.append({"label": label, "x": float(in_time[0]), "y": 0.01})
        else:
            left_out.append(label)
    return {
        "title": "Requests that are late",
        "x": {"label": "time [ms]", "scale": "linear", "limits": [float(time_ms[0]), float(time_ms[-1])]},
        "y": {"label": "share of requests that take longer [1]", "scale": "log", "limits": [1e-4, 1.0]},
        "series": series,
        "marks": marks,
        "left_out": left_out,
    }
