r"""Error budgets: how fast a promise is being spent, and when to wake somebody.

Question
    99.9 % of the requests of 30 days may not fail. An hour ago 2 % of them began to. Is that worth a page?
Model
    .. math:: b = \frac{\text{failed} / \text{all}}{1 - s}, \qquad
        b_{\text{alert}} = \frac{\text{share of the budget} \times \text{period}}{\text{window}}, \qquad
        \text{alert} \iff b_{\text{long}} > b_{\text{alert}} \wedge b_{\text{short}} > b_{\text{alert}}

    An objective :math:`s` leaves a budget of :math:`1 - s`. At a burn rate of 1 the budget lasts exactly for the
    period. An alert says that a given share of it is gone within its long window; the short window, a twelfth of it,
    ends the alert soon after the trouble has ended.
Assumes
    Enough requests: a single failure among ten burns a budget of 0.1 % a hundred times too fast.
Breaks when
    Traffic is low, or the objective cannot be met by the parts (`series_availability`).
Source
    Google, The Site Reliability Workbook, chapter 5, "Alerting on SLOs", table 5-8.
Oracle
    The table's own rates: 14.4, 6 and 1 for 2 % in an hour, 5 % in six hours, 10 % in three days of 30 days; a budget
    spent request by request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions.units import Array

__all__ = ["alert_burn_rate", "alerts_that_fire", "burn_rate"]


def burn_rate(failed: ArrayLike, requests: ArrayLike, objective: float) -> Array:
    """How many times as fast as allowed the budget is spent; the counts broadcast.

    Parameters
    ----------
    failed : (...) array_like
        Requests that failed, or were too slow. [1]
    requests : (...) array_like
        All requests. [1]
    objective : float
        Share of the requests that must not fail, between 0 and 1. [1]

    Returns
    -------
    (...) ndarray
        Burn rate; 0 where there was no request. [1]

    Raises
    ------
    ValueError
        If more failed than there were, a count is negative, or the objective is not between 0 and 1.

    Examples
    --------
    >>> burn_rate([0, 10, 200], 10_000, 0.999).round(6)
    array([ 0.,  1., 20.])
    """
    bad, count = np.asarray(failed, dtype=float), np.asarray(requests, dtype=float)
    if not (np.all((bad >= 0) & (bad <= count)) and 0 < objective < 1):
        raise ValueError("no more fail than there are, and an objective lies between 0 and 1")
    return np.asarray(bad / np.where(count > 0, count, 1.0) / (1 - objective))


def alert_burn_rate(budget_share: ArrayLike, window_s: ArrayLike, period_s: float) -> Array:
    """Burn rate at which a share of the budget is gone within a window; the first two arguments broadcast.

    Parameters
    ----------
    budget_share : (...) array_like
        Share of the budget, more than 0, at most 1. [1]
    window_s : (...) array_like
        Length of the window. [s]
    period_s : float
        Period of the objective. [s]

    Returns
    -------
    (...) ndarray
        Burn rate above which to alert. [1]

    Raises
    ------
    ValueError
        If a share is not between 0 and 1, or a window is not positive or longer than the period.

    Examples
    --------
    2 % in an hour, 5 % in six, 10 % in three days, of 30 days:

    >>> alert_burn_rate([0.02, 0.05, 0.1], [3600, 6 * 3600, 3 * 86_400], 30 * 86_400).round(6)
    array([14.4,  6. ,  1. ])
    """
    share, window = np.asarray(budget_share, dtype=float), np.asarray(window_s, dtype=float)
    if not (np.all((share > 0) & (share <= 1)) and np.all((window > 0) & (window <= period_s))):
        raise ValueError("a share lies between 0 and 1, and a window within the period")
    return np.asarray(share * period_s / window)


def alerts_that_fire(
    failed: ArrayLike, requests: ArrayLike, objective: float, alerts: Sequence[Mapping[str, float]], step_s: float
) -> list[bool]:
    """Which alerts fire at the end of a record, each by its long and its short window.

    Parameters
    ----------
    failed, requests : (n,) array_like
        Requests that failed, and all, in each step of the record; the last step is now. [1]
    objective : float
        Share of the requests that must not fail, between 0 and 1. [1]
    alerts : sequence of mapping
        `burn_rate` [1], `long_window_s` and `short_window_s` [s] of each.
    step_s : float
        Length of a step. [s]

    Returns
    -------
    list of bool
        Whether each alert fires.

    Raises
    ------
    ValueError
        If more failed than there were, or the objective is not between 0 and 1.

    Examples
    --------
    Every fiftieth request of the last hour failed, in steps of five minutes:

    >>> page = {"burn_rate": 14.4, "long_window_s": 3600, "short_window_s": 300}
    >>> alerts_that_fire([0] * 12 + [20] * 12, [1000] * 24, 0.999, [page], 300)
    [True]
    """
    bad, count = np.asarray(failed, dtype=float), np.asarray(requests, dtype=float)

    def burnt(window_s: float) -> float:
        steps = max(1, round(window_s / step_s))
        return float(burn_rate(np.sum(bad[-steps:]), np.sum(count[-steps:]), objective))

    return [min(burnt(alert["long_window_s"]), burnt(alert["short_window_s"])) > alert["burn_rate"] for alert in alerts]
