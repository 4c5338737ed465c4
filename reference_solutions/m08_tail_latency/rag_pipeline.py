r"""A retrieval pipeline under a promise: how many replicas at each tier, and copies or not.

Question
    Four tiers in a row, one of them spread over shards; prices, loads, and 100 ms for 99 of 100 requests. What is the
    cheapest plan that keeps the promise, and when do we want to be told that it is not being kept?
Model
    .. math:: m = \frac{1 - q}{n}, \qquad x = \ln\frac{1}{1 - (1 - m)^{1/N}}, \qquad
        t = \frac{x}{\mu - \lambda / c}, \qquad t_h = \frac{1}{2}\left( \frac{x}{\mu - \lambda'} + \Delta \right)

    Each of :math:`n` tiers may miss its part of the budget with :math:`m` (Boole's inequality), each of :math:`N`
    shards of a tier so seldom that all of them together miss with :math:`m`. A tier's requests are spread at
    random over :math:`c` replicas, M/M/1 queues whose response time is exponential: :math:`x` means of it are its
    quantile. With copies after :math:`\Delta` a replica gets :math:`\lambda'` requests and copies
    (`hedged_arrivals_per_s`). Times are booked in tenths of a millisecond, upwards. The cheapest choice is found
    tier by tier: for each time that is spent, only the cheapest way to spend it can be part of the best plan.
Assumes
    Independent shards; arrivals at random, spread at random; prices by the hour.
Breaks when
    Shards of a request are slow together (then Boole's inequality over the shards, :math:`m / N`, still holds, and is
    hardly larger), replicas share a queue (then waits are shorter), or requests are not alike.
Source
    Dean, Barroso, "The Tail at Scale", CACM 56(2), 2013, pp. 74-80; Google, The Site Reliability Workbook, chapter 5,
    for the alerts; the search is dynamic programming (a multiple-choice knapsack).
Oracle
    Every combination of replicas, tried one by one; closed forms of one tier; simulated M/M/1 replicas; the Workbook's
    burn rates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from reference_solutions.m08_tail_latency.hedging_load import hedged_arrivals_per_s

__all__ = ["burn_alert_file", "pipeline_plan"]


def pipeline_plan(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Cheapest replicas of each tier, copies or not, that keep the promise.

    Parameters
    ----------
    scenario : mapping
        `arrival_per_s`, `budget_ms`, `quantile`; `tiers`, each with its `tier`, `service_ms`, `usd_per_hour` of a
        replica, `shards`, and the `replicas` on offer; `hedge` with `delay_ms` and `usd_per_hour` of all copies.

    Returns
    -------
    dict
        `booked_ms`: for each tier, and for a tier of shards with ", hedged" as well, the time to book with each number
        of replicas, infinite where there is no steady state [ms]; `replicas` of each tier [1], `hedged`, `p99_ms`, the
        sum of the times booked [ms], and `usd_per_hour` of the plan [USD/h].

    Raises
    ------
    ValueError
        If no choice of replicas keeps the promise.

    Examples
    --------
    One tier without shards, and 10 ms for half of the requests:

    >>> tier = {"tier": "embed", "service_ms": 5.0, "usd_per_hour": 2, "shards": 1, "replicas": [1, 2, 3]}
    >>> plan = pipeline_plan({"arrival_per_s": 150, "budget_ms": 10, "quantile": 0.5, "tiers": [tier]})
    >>> plan["booked_ms"], plan["replicas"], plan["usd_per_hour"]
    ({'embed': [13.9, 5.6, 4.7]}, {'embed': 2}, 4)
    """
    miss = (1 - scenario["quantile"]) / len(scenario["tiers"])  # of each tier: together they miss as often as they may
    booked_ms: dict[str, Any] = {}
    cheapest: dict[float, Any] = {0: {"usd": 0, "hedged": False, "replicas": {}}}  # by tenths of a ms that are spent
    for tier in scenario["tiers"]:
        replicas, service_per_s = np.array(tier["replicas"]), 1e3 / tier["service_ms"]
        means = -np.log(1 - (1 - miss) ** (1 / tier["shards"]))
        grown: dict[float, Any] = {}
        for hedged in (False, True) if tier["shards"] > 1 else (False,):
            delay_s = scenario["hedge"]["delay_ms"] / 1e3 if hedged else np.inf
            copies = scenario["hedge"]["usd_per_hour"] if hedged else 0
            busy_per_s = hedged_arrivals_per_s(scenario["arrival_per_s"] / replicas, service_per_s, delay_s)
            single_s = np.where(busy_per_s < service_per_s, means / (service_per_s - busy_per_s), np.inf)
            tenths = np.ceil(1e4 * np.where(single_s > delay_s, (single_s + delay_s) / 2, single_s))
            booked_ms[tier["tier"] + (", hedged" if hedged else "")] = (tenths / 10).tolist()
            for count, time in zip(replicas.tolist(), tenths.tolist(), strict=True):
                for spent, before in cheapest.items():
                    if spent + time > 10 * scenario["budget_ms"]:
                        continue
                    plan = {
                        "usd": before["usd"] + count * tier["shards"] * tier["usd_per_hour"] + copies,
                        "hedged": before["hedged"] or hedged,
                        "replicas": {**before["replicas"], tier["tier"]: count},
                    }
                    known = grown.get(spent + time, plan)
                    grown[spent + time] = min(known, plan, key=lambda one: (one["usd"], one["hedged"]))
        cheapest = grown
    spent = min(cheapest, key=lambda time: (cheapest[time]["usd"], time))
    return {
        "booked_ms": booked_ms,
        "replicas": cheapest[spent]["replicas"],
        "hedged": cheapest[spent]["hedged"],
        "p99_ms": spent / 10,
        "usd_per_hour": cheapest[spent]["usd"],
    }


def burn_alert_file(scenario: Mapping[str, Any]) -> str:
    """The alerts on a latency objective, as the text of a JSON file.

    Parameters
    ----------
    scenario : mapping
        `quantile`, and `alerting` with `period_days` and `alerts`: `severity`, `budget_share` and `window_h` of each.

    Returns
    -------
    str
        `objective`, `period_days`, and `alerts`, each with `severity`, `long_window_h`, `short_window_min`, `burn_rate`
        and `late_share`, the share of late requests at that rate.

    Examples
    --------
    >>> page = {"severity": "page", "budget_share": 0.02, "window_h": 1}
    >>> text = burn_alert_file({"quantile": 0.99, "alerting": {"period_days": 30, "alerts": [page]}})
    >>> {name: round(value, 4) for name, value in json.loads(text)["alerts"][0].items() if name != "severity"}
    {'long_window_h': 1, 'short_window_min': 5.0, 'burn_rate': 14.4, 'late_share': 0.144}
    """
    alerts = []
    for wish in scenario["alerting"]["alerts"]:
        burn_rate = wish["budget_share"] * 24 * scenario["alerting"]["period_days"] / wish["window_h"]
        alerts.append(
            {
                "severity": wish["severity"],
                "long_window_h": wish["window_h"],
                "short_window_min": wish["window_h"] * 60 / 12,
                "burn_rate": burn_rate,
                "late_share": burn_rate * (1 - scenario["quantile"]),
            }
        )
    period_days = scenario["alerting"]["period_days"]
    return json.dumps({"objective": scenario["quantile"], "period_days": period_days, "alerts": alerts})
