r"""Buying machines for tiers: what each offer may be asked for, how many are needed, and what a token costs then.

Question
    Three machines are on offer, two tiers must be served within their limits, and the accuracy kept. Which offer costs
    least for a million tokens, and is it the one with the best price for its offline rate?
Model
    .. math:: n_j = \left\lceil \frac{\lambda_j}{g_j (1 - h)} \right\rceil + k, \qquad
        u_j = \frac{\lambda_j}{n_j g_j}, \qquad
        C = \sum_j n_j \left( \frac{K}{Y} + 8.76\, c_E\, \mathrm{PUE}\, (u_j P_b + (1 - u_j) P_i) \right)

    :math:`g_j` is a tier's rate on a machine (`tier_rates`), :math:`\lambda_j` what is asked of it, :math:`h` the share
    that stays free, :math:`k` the machines that may fail; tiers do not share machines. A year's cost :math:`C` is
    divided by the tokens of a year. An offer below the accuracy's floor is out, whatever it costs.
Assumes
    Load that is the same all year; power between idle and busy in proportion to the load.
Breaks when
    Tiers share machines, demand has a night, or the sweep's traffic is not yours.
Source
    MLCommons, MLPerf Inference Rules, at commit ac93e89 of mlcommons/inference_policies (July 2026): accuracy of 99 and
    99.9 %, bounds on TTFT and TPOT. Costs as on the page of `token_bill`.
Oracle
    Plain loops over offers and tiers; `replicas_for_rate` and `ownership_usd`, put together by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["procurement"]


def procurement(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Work out what each offer costs, and which one to buy.

    Parameters
    ----------
    scenario : mapping
        `tiers`, each with `requests_per_s` [1/s], `ttft_s`, `tpot_s` [s] and `tokens` of a request; `accuracy_floor`,
        `headroom` [1]; `spares`; `years`; `pue`; `usd_per_kwh`; `offers`, each with `machine_usd`, `idle_w`, `busy_w`,
        `accuracy`, `offline_per_s` and a `sweep` of `requests_per_s`, `ttft_p99_s`, `tpot_p99_s`.

    Returns
    -------
    dict
        By offer: `tier_per_s`, by tier the rate of a machine [1/s]; `machines`, all of them [1]; `million_usd`, cost of
        a million tokens [USD]. `choice`, the cheapest that keeps the accuracy; `slide_choice`, the one with the lowest
        price of a machine for its offline rate, whatever its accuracy.

    Raises
    ------
    ValueError
        If an offer does not serve a tier at all, or none keeps the accuracy.

    Examples
    --------
    >>> sweep = [{"requests_per_s": 2.0, "ttft_p99_s": 0.1, "tpot_p99_s": 0.02}]
    >>> offer = {"machine_usd": 8760.0, "idle_w": 0, "busy_w": 0, "accuracy": 1.0, "offline_per_s": 4.0, "sweep": sweep}
    >>> tier = {"requests_per_s": 4.0, "ttft_s": 0.2, "tpot_s": 0.05, "tokens": 100}
    >>> bought = procurement({"tiers": {"chat": tier}, "accuracy_floor": 0.99, "headroom": 0.0, "spares": 1, "years": 1,
    ...                       "pue": 1.0, "usd_per_kwh": 0.1, "offers": {"elm": offer}})
    >>> bought["machines"], round(bought["million_usd"]["elm"], 4), bought["choice"]
    ({'elm': 3}, 2.0833, 'elm')
    """
    tiers, offers = scenario["tiers"], scenario["offers"]
    tokens_per_s = sum(tier["requests_per_s"] * tier["tokens"] for tier in tiers.values())
    rates: dict[str, dict[str, float]] = {}
    machines: dict[str, int] = {}
    costs: dict[str, float] = {}
    for name, offer in offers.items():
        sweep = sorted(offer["sweep"], key=lambda point: float(point["requests_per_s"]))
        rates[name], machines[name], usd_per_h = {}, 0, 0.0
        for tier_name, tier in tiers.items():
            kept = [one["ttft_p99_s"] <= tier["ttft_s"] and one["tpot_p99_s"] <= tier["tpot_s"] for one in sweep]
            passed = int(np.sum(np.cumprod(kept)))
            if not passed:
                raise ValueError("a tier is not served at all")
            rate = rates[name][tier_name] = sweep[passed - 1]["requests_per_s"]
            needed = tier["requests_per_s"] / (rate * (1 - scenario["headroom"]))
            count = int(np.ceil(needed - 1e-9)) + scenario["spares"]
            busy = tier["requests_per_s"] / (count * rate)
            facility_w = scenario["pue"] * (busy * offer["busy_w"] + (1 - busy) * offer["idle_w"])
            capital_usd_per_h = offer["machine_usd"] / (8760 * scenario["years"])
            machines[name] += count
            usd_per_h += count * (capital_usd_per_h + facility_w / 1000 * scenario["usd_per_kwh"])
        costs[name] = usd_per_h / (3600 * tokens_per_s) * 1e6
    able = [name for name, offer in offers.items() if offer["accuracy"] >= scenario["accuracy_floor"]]
    if not able:
        raise ValueError("no offer is accurate enough")
    return {
        "tier_per_s": rates,
        "machines": machines,
        "million_usd": costs,
        "choice": min(able, key=lambda name: costs[name]),
        "slide_choice": min(offers, key=lambda name: offers[name]["machine_usd"] / offers[name]["offline_per_s"]),
    }
