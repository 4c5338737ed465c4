r"""Scores made of scores: a composite of several benchmarks, and edge results that follow from one another.

Question
    A system is faster in one benchmark and slower in another: what is it as a whole? And which results follow from
    a run in another scenario?
Model
    .. math:: S = \prod_b \left( \frac{t_b^{ref}}{t_b} \right)^{w_b / \sum w}, \qquad
        l_{multi} = 8\, l_{single}^{(99)}, \qquad r_{offline} = \frac{8}{\bar l_{multi}} \;\text{or}\;
        \frac{1}{\bar l_{single}}

    A weighted geometric mean of ratios ranks systems alike, whatever the reference. A system that may not run a
    scenario may infer it: eight samples one after the other are a MultiStream query, and samples one after the other
    are an Offline run.
Assumes
    Ratios of times to the same target; at the edge, a system that gains nothing from batches.
Breaks when
    A benchmark is missing: it has no ratio, and leaving it out changes what is scored.
Source
    MLCommons, MLPerf Training Rules, at commit d73e20f of mlcommons/training_policies (May 2026): weighted geometric
    mean. MLPerf Inference Rules, at commit ac93e89 of mlcommons/inference_policies (July 2026): inferred results, with
    the example of 25 ms, 200 ms and 40 samples a second.
Oracle
    The rules' example; products of powers by hand; ratios of composites do not change with the reference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate

__all__ = ["composite_score", "inferred_results"]


def composite_score(reference: ArrayLike, result: ArrayLike, weights: ArrayLike | None = None) -> float:
    """How much faster than the reference, over all benchmarks.

    Parameters
    ----------
    reference, result : (n,) array_like
        Times of the reference and of the system, in one unit. [min]
    weights : (n,) array_like, optional
        Of the benchmarks; equal if not given. [1]

    Returns
    -------
    float
        Weighted geometric mean of the ratios. [1]

    Raises
    ------
    ValueError
        If a time or a weight is not positive, or one is missing.

    Examples
    --------
    >>> composite_score([10.0, 10.0], [5.0, 20.0])
    1.0
    """
    ours, theirs = np.asarray(result, dtype=float), np.asarray(reference, dtype=float)
    weighted = np.ones(ours.shape) if weights is None else np.asarray(weights, dtype=float)
    validate.require_positive(reference=theirs, result=ours, weights=weighted)
    if not theirs.shape == ours.shape == weighted.shape:
        raise ValueError("every benchmark has a reference, a result and a weight")
    return float(np.exp(np.average(np.log(theirs / ours), weights=weighted)))


def inferred_results(p99_single_s: float, mean_single_s: float, mean_multi_s: float | None = None) -> dict[str, float]:
    """Results of other edge scenarios that follow from measured latencies.

    Parameters
    ----------
    p99_single_s, mean_single_s : float
        99th percentile and mean of the latency in SingleStream. [s]
    mean_multi_s : float, optional
        Mean latency of a MultiStream query of eight samples, where it was run. [s]

    Returns
    -------
    dict of str to float
        `multi_stream_s`, the 99th percentile of a MultiStream query [s]; `offline_per_s`, samples a second [1/s].

    Raises
    ------
    ValueError
        If a latency is not positive.

    Examples
    --------
    >>> inferred_results(0.025, 0.025)
    {'multi_stream_s': 0.2, 'offline_per_s': 40.0}
    """
    validate.require_positive(p99_single_s=p99_single_s, mean_single_s=mean_single_s)
    if mean_multi_s is not None:
        validate.require_positive(mean_multi_s=mean_multi_s)
    offline = 1 / mean_single_s if mean_multi_s is None else 8 / mean_multi_s
    return {"multi_stream_s": 8 * p99_single_s, "offline_per_s": offline}
