r"""Early stopping: how few queries are enough, and what must be thrown away for it.

Question
    A run has 1,000 queries. Is it long enough to say that 99 % of *all* queries are in time; and where it is a latency
    that is reported, which of the measured ones may be?
Model
    A system with a share of exactly :math:`p` in time would show at most :math:`t` late ones among :math:`n` with
    probability

    .. math:: P(K \le t) = I_p(n - t,\, t + 1), \qquad K \sim \mathrm{Binomial}(n, 1 - p).

    A run convinces if this is at most :math:`1 - c`. In Server :math:`t` is what was late: the run is enough from the
    first such :math:`n` on. In the streams it is turned around: :math:`t` is the largest for which the run would still
    convince; the :math:`t - 1` slowest are discarded, and the slowest that is left is the estimate.
Assumes
    Independent queries. The tolerance of the rules, :math:`d`, is 0, the confidence :math:`c` is 0.99.
Breaks when
    Lateness comes in clumps, as behind a queue. Looking again and again until a run convinces is no test, either.
Source
    MLCommons, MLPerf Inference Rules, at commit ac93e89 of mlcommons/inference_policies (July 2026), appendix on early
    stopping.
Oracle
    LoadGen's own early stopping, compiled (102 rows), and what it wrote of eight runs; least counts of 64 and 662.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["early_stopping", "least_queries"]


def least_queries(over: int, percentile: float, confidence: float = 0.99) -> int:
    """Queries from which on a run convinces, if so many of them are late.

    Parameters
    ----------
    over : int
        Queries that are late. [1]
    percentile : float
        Share of all queries that must be in time, more than 0 and less than 1. [1]
    confidence : float
        How sure that must be, more than 0 and less than 1. [1]

    Returns
    -------
    int
        Late ones and those in time. [1]

    Raises
    ------
    ValueError
        If a share is none, or there are fewer than no late ones.

    Examples
    --------
    >>> [least_queries(over, 0.99) for over in (0, 1, 2)]
    [459, 662, 838]
    """
    if not 0 < percentile < 1 or not 0 < confidence < 1 or over < 0:
        raise ValueError("percentile and confidence lie between 0 and 1")
    totals = np.arange(over + 1, int(3 * (over + 10) / (1 - percentile)) + 2)
    return int(totals[np.argmax(special.bdtr(over, totals, 1 - percentile) <= 1 - confidence)])


def early_stopping(
    latency_s: ArrayLike, percentile: float, limit_s: float, confidence: float = 0.99
) -> dict[str, float]:
    """What early stopping says of the latencies of a run, as a Server run and as a stream.

    Parameters
    ----------
    latency_s : (n,) array_like
        Latencies of its queries, in any order. [s]
    percentile : float
        Share of all queries that must be in time, more than 0 and less than 1. [1]
    limit_s : float
        Which latency is still in time. [s]
    confidence : float
        How sure that must be, more than 0 and less than 1. [1]

    Returns
    -------
    dict of str to float
        Server: `over`, queries that were late, and `missing`, queries that must follow until the run convinces, if
        all of them are in time; 0 if it does. Streams: `discarded`, how many of the slowest are thrown away, and
        `estimate_s`, the slowest of the others; 0 and infinity if the run is too short for an estimate.

    Raises
    ------
    ValueError
        If there is no latency, or a share is none.

    Examples
    --------
    >>> early_stopping([0.01] * 99 + [0.05], 0.9, limit_s=0.02)
    {'over': 1, 'missing': 0, 'discarded': 2, 'estimate_s': 0.01}
    """
    ordered = np.sort(np.asarray(latency_s, dtype=float))
    if ordered.size == 0 or not 0 < percentile < 1 or not 0 < confidence < 1:
        raise ValueError("there must be a latency; percentile and confidence lie between 0 and 1")
    over, missing = int(np.sum(ordered > limit_s)), 0
    while special.bdtr(over, ordered.size + missing, 1 - percentile) > 1 - confidence:
        missing += 1
    late = np.arange(ordered.size)
    convincing = late[special.bdtr(late, ordered.size, 1 - percentile) <= 1 - confidence]
    most = int(convincing[-1]) if convincing.size else 0
    return {
        "over": over,
        "missing": missing,
        "discarded": max(0, most - 1),
        "estimate_s": float(ordered[ordered.size - most]) if most else np.inf,
    }
