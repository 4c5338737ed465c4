r"""Which latency, and which percentile: two conventions in each, and they decide who is valid.

Question
    A tool prints a 90th percentile. From when to when was it measured, and which of the sorted latencies is it?
Model
    .. math:: l_k = c_k - s_k, \qquad \hat x_p = l_{(\lceil pn \rceil)}, \qquad
        \hat x_p^{\mathrm{LoadGen}} = l_{(\lfloor pn \rfloor + 1)}

    A latency begins when the query was *scheduled*, and not when it was issued late. The nearest rank is the smallest
    latency that a share :math:`p` does not exceed; LoadGen's summary takes the one after it where :math:`pn` is whole.
Assumes
    Every query is answered.
Breaks when
    A percentile is read as more than one query's luck: early stopping says how far to trust it.
Source
    MLCommons, MLPerf Inference Rules, at commit ac93e89 of mlcommons/inference_policies (July 2026): latency from when
    a query was scheduled to when its answer is there. LoadGen's rank is what version 6.0.17 does (see Oracle).
Oracle
    Counting by hand; traces of two runs of LoadGen 6.0.17, with the six percentiles of its log; a run with 100 queries
    of 20, 40 ... 2,000 ms, whose summary says 1,020 ms for the 50th and 1,820 ms for the 90th percentile.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["latency_percentiles"]


def latency_percentiles(
    scheduled_s: ArrayLike, issued_s: ArrayLike, completed_s: ArrayLike, percentile: float
) -> dict[str, float]:
    """Percentile of latencies by both conventions, and what it would be from when queries were issued.

    Parameters
    ----------
    scheduled_s, issued_s, completed_s : (n,) array_like
        When each query was due, was handed over, and was answered. [s]
    percentile : float
        Share of the queries, more than 0 and less than 1. [1]

    Returns
    -------
    dict of str to float
        `nearest_rank_s` and `loadgen_s` of the latencies from schedule to answer; `from_issue_s`, the nearest rank
        of the times from issue to answer. [s]

    Raises
    ------
    ValueError
        If there is no query, one is issued before it is due or answered before it is issued, or the percentile is no
        such share.

    Examples
    --------
    >>> seen = latency_percentiles([0, 1, 2, 3], [0, 1, 2, 4], [1, 3, 4.5, 7], 0.5)
    >>> seen["nearest_rank_s"], seen["loadgen_s"], seen["from_issue_s"]
    (2.0, 2.5, 2.0)
    """
    scheduled, issued, completed = (np.asarray(one, dtype=float) for one in (scheduled_s, issued_s, completed_s))
    if scheduled.size == 0 or not 0 < percentile < 1:
        raise ValueError("there must be a query, and a percentile lies between 0 and 1")
    if np.any(issued < scheduled) or np.any(completed < issued):
        raise ValueError("a query is due, then issued, then answered")
    ordered, count = np.sort(completed - scheduled), scheduled.size
    rank = int(np.ceil(percentile * count - 1e-9))  # 0.07 * 100 is a little more than 7 in floats
    return {
        "nearest_rank_s": float(ordered[rank - 1]),
        "loadgen_s": float(ordered[int(np.floor(percentile * count + 1e-9))]),
        "from_issue_s": float(np.sort(completed - issued)[rank - 1]),
    }
