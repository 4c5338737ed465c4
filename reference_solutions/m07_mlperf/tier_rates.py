r"""Tiers of a service on one measured sweep: what each may be asked for, and what that is of the offline rate.

Question
    A vendor shows one number, the offline rate. Your users are of three kinds, each with limits on the first token and
    on those that follow. Which rate does a machine serve to each of them?
Model
    .. math:: g_j = \max \{ \lambda_i : \mathrm{TTFT}_{0.99}(\lambda_k) \le a_j \;\wedge\;
        \mathrm{TPOT}_{0.99}(\lambda_k) \le b_j \;\; \forall\, \lambda_k \le \lambda_i \}

    A sweep measures both percentiles at rising rates. A tier's rate is the highest up to which *all* of them pass: a
    lucky measurement behind a miss does not count. What it is of the offline rate is what the promise costs.
Assumes
    The sweep's traffic is shaped like the tier's, and runs were long enough for their percentiles.
Breaks when
    The sweep is coarse: the border lies between two of its rates. `goodput_rate_per_s` finds it by simulation.
Source
    MLCommons, MLPerf Inference Rules, at commit ac93e89 of mlcommons/inference_policies (July 2026): Server as the
    highest rate within bounds, and the bounds on TTFT and TPOT (Llama 2 70B: 2,000 and 200 ms, interactive 450 and 40).
Oracle
    Every rate tried, one after the other; sweeps of a simulated replica, against bisection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["tier_rates"]


def tier_rates(
    rate_per_s: ArrayLike,
    ttft_p99_s: ArrayLike,
    tpot_p99_s: ArrayLike,
    tiers: Mapping[str, Sequence[float]],
    offline_per_s: float,
) -> dict[str, Array]:
    """Rate that a machine serves to each tier.

    Parameters
    ----------
    rate_per_s : (n,) array_like
        Rates of the sweep, in any order. [1/s]
    ttft_p99_s, tpot_p99_s : (n,) array_like
        99th percentiles at each: of the first token, and of the time between tokens. [s]
    tiers : mapping of str to (float, float)
        By a tier's name its limits on both. [s]
    offline_per_s : float
        What the machine does where nobody waits. [1/s]

    Returns
    -------
    dict of str to ndarray
        A row for each tier, in the order given: `tier`, its name; `rate_per_s`, 0 if even the lowest rate misses
        [1/s]; `of_offline`, that as a share of the offline rate [1].

    Raises
    ------
    ValueError
        If there is no rate, or the offline rate is not positive.

    Examples
    --------
    >>> tiers = {"chat": (0.45, 0.04), "fast": (0.3, 0.04)}
    >>> seen = tier_rates([1, 2, 3], [0.2, 0.4, 0.3], [0.02, 0.03, 0.05], tiers, offline_per_s=4)
    >>> seen["rate_per_s"], seen["of_offline"]
    (array([2., 1.]), array([0.5 , 0.25]))
    """
    rates = np.asarray(rate_per_s, dtype=float)
    if rates.size == 0 or not offline_per_s > 0:
        raise ValueError("a sweep has rates, and offline something is done")
    order = np.argsort(rates)
    first, between = np.asarray(ttft_p99_s, dtype=float)[order], np.asarray(tpot_p99_s, dtype=float)[order]
    served = []
    for ttft_limit_s, tpot_limit_s in tiers.values():
        passed = int(np.sum(np.cumprod((first <= ttft_limit_s) & (between <= tpot_limit_s))))
        served.append(rates[order][passed - 1] if passed else 0.0)
    found = np.array(served)
    return {"tier": np.array(list(tiers)), "rate_per_s": found, "of_offline": found / offline_per_s}
