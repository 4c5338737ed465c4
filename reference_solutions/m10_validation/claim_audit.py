r"""A vendor's claim, audited: which runs count, was it the same work, and is the speed-up beyond doubt?

Question
    "1.4 times as fast", says the vendor, and hands over runs, flags and counters. Does the claim hold, is it refuted,
    can nobody tell, or was something else measured?
Model
    .. math:: \rho = \frac{\bar x_{\mathrm{old}}}{\bar x_{\mathrm{new}}}, \qquad
        (\bar x_{\mathrm{old}} - \rho\, \bar x_{\mathrm{new}})^2
        \le t_\nu^2\,(v_{\mathrm{old}} + \rho^2 v_{\mathrm{new}}), \qquad
        |N_{\mathrm{old}} - N_{\mathrm{new}}| \le 2 \sqrt{u_{\mathrm{old}}^2 + u_{\mathrm{new}}^2}

    Runs during which the clock was throttled do not count. Both sides must have executed the same number of
    instructions, as far as multiplexed counters can tell (their scaled counts :math:`N` have uncertainties :math:`u`
    of turns that were not seen). The claim holds if Fieller's lower limit reaches it, and is refuted if the upper
    limit does not. For the next measurement, the fewest runs with
    :math:`t_{2n-2}\, c \sqrt{2/n} \le h`, requests with :math:`q^n \le \alpha`, and turns with
    :math:`\frac{s}{\bar c} \sqrt{(1 - m/M)/m} \le r`.
Assumes
    Independent runs; turns like a random choice among all; the same machine but for what is sold.
Breaks when
    The vendor chose the program, the input or the baseline: no statistics of the runs can show that.
Source
    Fieller, "Some problems in interval estimation", Journal of the Royal Statistical Society B 16(2), 1954; Welch,
    Biometrika 34(1-2), 1947; perf_event_open(2), Linux manual pages; order statistics as in quantile_verdict.
Oracle
    `interval_table`, `NetCounter` and `quantile_verdict`; plans found by counting upwards; planted claims.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import special

__all__ = ["claim_audit", "remeasure_file"]


def claim_audit(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Runs that count, instructions of both sides, speed-up with its interval, and the verdict.

    Parameters
    ----------
    scenario : mapping
        `claim`, the speed-up [1]; `old` and `new`, each with `ms` of its runs, `throttled` flags, `turns` of the
        counter and `counted`, thousands of instructions in the turns that were counted.

    Returns
    -------
    dict
        `kept`: runs that count, by side [1]; `instructions`: scaled counts, by side, in thousands; `same_work`;
        `speedup`, `low`, `high` [1]; `verdict`: "holds", "refuted", "open" or "other work".

    Examples
    --------
    >>> cool, hot = [False] * 3, [False, False, False, True]
    >>> old = {"ms": [10.1, 9.9, 10.0, 14.0], "throttled": hot, "turns": 4, "counted": [50, 51, 52]}
    >>> new = {"ms": [8.0, 8.1, 7.9], "throttled": cool, "turns": 4, "counted": [51, 50, 53]}
    >>> audit = claim_audit({"claim": 1.2, "old": old, "new": new})
    >>> audit["kept"], audit["same_work"], round(audit["low"], 3), audit["verdict"]
    ({'old': 3, 'new': 3}, True, 1.218, 'holds')
    """
    kept, instructions, squares = {}, {}, 0.0
    for side in ("old", "new"):
        runs = scenario[side]
        kept[side] = np.array(runs["ms"])[~np.array(runs["throttled"])]
        counted, turns = np.array(runs["counted"]), runs["turns"]
        instructions[side] = float(turns * counted.mean())
        squares += turns**2 * counted.var(ddof=1) / counted.size * (1 - counted.size / turns)
    same_work = bool(abs(instructions["old"] - instructions["new"]) <= 2 * np.sqrt(squares))
    (m1, v1, n1), (m2, v2, n2) = ((x.mean(), x.var(ddof=1) / x.size, x.size) for x in kept.values())
    t = special.stdtrit((v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1)), 0.975)
    g, ratio = t**2 * v2 / m2**2, m1 / m2
    half = t / m2 * np.sqrt((1 - g) * v1 + ratio**2 * v2)
    low, high = float((ratio - half) / (1 - g)), float((ratio + half) / (1 - g))
    verdict = "holds" if low >= scenario["claim"] else "refuted" if high < scenario["claim"] else "open"
    return {
        "kept": {side: int(runs.size) for side, runs in kept.items()},
        "instructions": instructions,
        "same_work": same_work,
        "speedup": float(ratio),
        "low": low,
        "high": high,
        "verdict": verdict if same_work else "other work",
    }


def remeasure_file(scenario: Mapping[str, Any]) -> str:
    """What the next measurement must have at least, as the text of a JSON file.

    Parameters
    ----------
    scenario : mapping
        `old` and `new` as for `claim_audit`; `wanted` with `half_width`, relative, of the speed-up; `quantile` and
        `confidence` of an upper limit on a latency; `count_u`, relative, of the instructions. [1]

    Returns
    -------
    str
        `runs_per_side`, `requests` and `turns`.

    Examples
    --------
    >>> side = {"ms": [98.0, 100.0, 102.0], "throttled": [False] * 3, "turns": 50, "counted": [95, 100, 105]}
    >>> wanted = {"half_width": 0.01, "quantile": 0.99, "confidence": 0.95, "count_u": 0.01}
    >>> remeasure_file({"old": side, "new": side, "wanted": wanted})
    '{"runs_per_side": 32, "requests": 299, "turns": 17}'
    """
    wanted, sides, spreads, turns = scenario["wanted"], (scenario["old"], scenario["new"]), [], []
    for side in sides:
        runs, counted = np.array(side["ms"])[~np.array(side["throttled"])], np.array(side["counted"])
        spreads.append(runs.std(ddof=1) / runs.mean())
        share = (wanted["count_u"] * counted.mean() / counted.std(ddof=1)) ** 2
        turns.append(int(np.ceil(1 / (share + 1 / side["turns"]))))
    runs_per_side = len(sides)  # two at least
    while (
        special.stdtrit(2 * runs_per_side - 2, 0.975) * max(spreads) * np.sqrt(2 / runs_per_side) > wanted["half_width"]
    ):
        runs_per_side += 1
    requests = np.log(1 - wanted["confidence"]) / np.log(wanted["quantile"])
    return json.dumps({"runs_per_side": runs_per_side, "requests": int(np.ceil(requests)), "turns": max(turns)})
